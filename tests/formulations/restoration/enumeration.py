"""Every choice of a small prioritisation, tried one by one: the answer that a Program must give.

It reads the rows that a test states, not the Program nor Sites; rules and objectives are written a second time, as
plainly as they are said.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import networkx as nx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.formulations.restoration.site_tables import Rows

ROUND_OFF = 1e-9


@dataclass
class Small:
    """A prioritisation of a few units: tables as rows, and the kind of objective."""

    objective: str
    zones: list[str]
    tables: dict[str, Rows] = field(default_factory=dict)

    def rows(self, table: str, **fit: Any) -> Rows:
        return [row for row in self.tables.get(table, []) if all(row.get(key) == value for key, value in fit.items())]

    @property
    def units(self) -> list[str]:
        return [row["unit"] for row in self.rows("units")]

    def choices(self) -> Iterator[dict[str, str]]:
        """Yield every choice that obeys the rules: the management zone of each chosen unit."""
        for options in itertools.product([None, *self.zones], repeat=len(self.units)):
            chosen = {unit: zone for unit, zone in zip(self.units, options, strict=True) if zone is not None}
            if self.allowed(chosen):
                yield chosen

    def best(self) -> float | None:
        """Return the best objective, None where no choice obeys the rules."""
        pick = max if self.objective.startswith("maximum") else min
        sign = -1 if pick is max else 1
        values = [self.measure(chosen) + sign * self.penalties(chosen) for chosen in self.choices()]
        return pick(values) if values else None

    # What a choice holds and costs

    def held(self, chosen: dict[str, str], target: dict[str, Any]) -> float:
        zones = self.zones if target["management_zones"] == "*" else target["management_zones"].split(";")
        return sum(
            row["amount"]
            for row in self.rows("amounts", feature=target["feature"])
            if chosen.get(row["unit"]) == row.get("management_zone", "") and chosen[row["unit"]] in zones
        )

    def layer(self, name: str, chosen: dict[str, str], zone: str = "*") -> float:
        total = 0.0
        for unit, where in chosen.items():
            if zone not in ("*", where):
                continue
            stated = [
                row["value"] for row in self.rows("layers", layer=name, unit=unit) if row["management_zone"] == where
            ]
            (own,) = self.rows("units", unit=unit)
            total += stated[0] if stated else own.get(name, 0.0)
        return total

    def shortfall(self, chosen: dict[str, str], target: dict[str, Any]) -> float:
        return max(0.0, 1 - self.held(chosen, target) / target["value"])

    def is_met(self, chosen: dict[str, str], target: dict[str, Any]) -> bool:
        held, value = self.held(chosen, target), target["value"]
        if target["sense"] == "<=":
            return held <= value + ROUND_OFF
        return held >= value - ROUND_OFF

    # Objectives

    def measure(self, chosen: dict[str, str]) -> float:
        targets = self.rows("targets")
        floors = [target for target in targets if target["sense"] == ">="]
        if self.objective == "minimum_set":
            return self.layer("cost", chosen)
        if self.objective == "minimum_shortfall":
            return sum(target["weight"] * self.shortfall(chosen, target) for target in floors)
        if self.objective == "minimum_largest_shortfall":
            return max((target["weight"] * self.shortfall(chosen, target) for target in floors), default=0.0)
        if self.objective == "maximum_features":
            return sum(target["weight"] for target in targets if self.is_met(chosen, target))
        if self.objective == "maximum_branches":
            reached = {target["feature"] for target in targets if self.is_met(chosen, target)}
            met = {row["branch"]: row["weight"] for row in self.rows("branches") if row["feature"] in reached}
            return sum(met.values())
        if self.objective == "minimum_penalties":
            return 0.0
        return self._worth(chosen)

    def _worth(self, chosen: dict[str, str]) -> float:
        weight = {row["feature"]: row["weight"] for row in self.rows("features")}
        held = [row for row in self.rows("amounts") if chosen.get(row["unit"]) == row.get("management_zone", "")]
        if self.objective == "maximum_utility":
            return sum(weight[row["feature"]] * row["amount"] for row in held)
        covered = {(row["feature"], row.get("management_zone", "")) for row in held if row["amount"] > 0}
        return sum(weight[feature] for feature, _ in covered)

    # Penalties

    def penalties(self, chosen: dict[str, str]) -> float:
        total = 0.0
        for rule in self.rows("rules"):
            total += getattr(self, f"_{rule['rule']}", lambda *_: 0.0)(chosen, rule)
        return total

    def _linear_penalty(self, chosen: dict[str, str], rule: dict[str, Any]) -> float:
        return rule["value"] * self.layer(rule["layer"], chosen, rule.get("management_zone", "*"))

    def _weight(self, layer: str, zone: str | None, other: str | None) -> float:
        if zone is None or other is None:
            return 0.0
        stated = self.rows("zone_pairs", layer=layer)
        if not stated:
            return float(zone == other)
        return sum(row["value"] for row in stated if (row["zone_a"], row["zone_b"]) == (zone, other))

    def _boundary_penalty(self, chosen: dict[str, str], rule: dict[str, Any]) -> float:
        total = 0.0
        for row in self.rows("boundary"):
            one, two = chosen.get(row["unit_a"]), chosen.get(row["unit_b"])
            own = [self._weight("boundary", zone, zone) for zone in (one, two)]
            if row["unit_a"] == row["unit_b"]:
                total += rule["factor"] * row["length_m"] * own[0]
            else:
                total += row["length_m"] * (sum(own) - 2 * self._weight("boundary", one, two))
        return rule["value"] * total

    def _connectivity_penalty(self, chosen: dict[str, str], rule: dict[str, Any]) -> float:
        pairs = self.rows("connectivity", layer=rule["layer"])
        return -rule["value"] * sum(
            row["value"] * self._weight(rule["layer"], chosen.get(row["unit_a"]), chosen.get(row["unit_b"]))
            for row in pairs
        )

    def _asymmetric_connectivity_penalty(self, chosen: dict[str, str], rule: dict[str, Any]) -> float:
        total = 0.0
        for row in self.rows("connectivity", layer=rule["layer"]):
            one, two = chosen.get(row["unit_a"]), chosen.get(row["unit_b"])
            leads = sum(self._weight(rule["layer"], one, zone) for zone in self.zones)
            total += row["value"] * (leads - self._weight(rule["layer"], one, two))
        return rule["value"] * total

    # Constraints

    def allowed(self, chosen: dict[str, str]) -> bool:
        soft = self.objective in (
            "minimum_shortfall",
            "minimum_largest_shortfall",
            "maximum_features",
            "maximum_branches",
        )
        for row in self.rows("units"):
            if row.get("status") == "locked_in" and row["unit"] not in chosen:
                return False
            if row.get("status") == "locked_out" and row["unit"] in chosen:
                return False
        for target in self.rows("targets"):
            if (target["sense"] == "<=" or not soft) and not self.is_met(chosen, target):
                return False
        return all(
            getattr(self, f"_obeys_{rule['rule']}", lambda *_: True)(chosen, rule) for rule in self.rows("rules")
        )

    def _obeys_budget(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        return self.layer("cost", chosen, rule.get("management_zone", "*")) <= rule["value"] + ROUND_OFF

    def _obeys_linear_constraint(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        return fits(self.layer(rule["layer"], chosen, rule.get("management_zone", "*")), rule)

    def _obeys_mandatory_allocation(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        return len(chosen) == len(self.units)

    def _obeys_group_count(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        return fits(sum(row["unit"] in chosen for row in self.rows("unit_groups", group=rule["group"])), rule)

    def _obeys_whole_group(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        return len({chosen.get(row["unit"]) for row in self.rows("unit_groups", group=rule["group"])}) == 1

    def _obeys_shortfall_limit(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        floors = [target for target in self.rows("targets") if target["sense"] == ">="]
        return all(target["weight"] * self.shortfall(chosen, target) <= rule["value"] + ROUND_OFF for target in floors)

    def _obeys_neighbours(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        for unit, zone in chosen.items():
            around = [b if a == unit else a for a, b in self._borders() if unit in (a, b)]
            near = sum(chosen.get(other) == zone for other in around)
            open_ = sum(self.rows("units", unit=other)[0].get("status") != "locked_out" for other in around)
            need = min(rule["value"], open_) if rule.get("factor") else rule["value"]
            if near < need:
                return False
        return True

    def _borders(self) -> list[tuple[str, str]]:
        return [(row["unit_a"], row["unit_b"]) for row in self.rows("boundary") if row["unit_a"] != row["unit_b"]]

    def pieces(self, chosen: dict[str, str]) -> list[dict[str, str]]:
        """Return the connected pieces of a choice, of one management zone each."""
        graph = nx.Graph()
        graph.add_nodes_from(chosen)
        graph.add_edges_from(
            (a, b) for a, b in self._borders() if a in chosen and b in chosen and chosen[a] == chosen[b]
        )
        return [{unit: chosen[unit] for unit in piece} for piece in nx.connected_components(graph)]

    def _obeys_contiguity(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        found = [zone for piece in self.pieces(chosen) for zone in set(piece.values())]
        return len(found) == len(set(found))

    def _obeys_feature_contiguity(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        targets = self.rows("targets", feature=rule["feature"])
        return any(all(self.is_met(piece, target) for target in targets) for piece in [*self.pieces(chosen), {}])

    def _obeys_minimum_reserve(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        return all(self.layer("area_ha", piece) >= rule["value"] - ROUND_OFF for piece in self.pieces(chosen))

    def _obeys_maximum_reserves(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        return len(self.pieces(chosen)) <= rule["value"]

    def _obeys_separate_areas(self, chosen: dict[str, str], rule: dict[str, Any]) -> bool:
        pieces = self.pieces(chosen)
        for target in self.rows("targets", feature=rule["feature"]):
            least = rule["factor"] * target["value"]
            if sum(self.held(piece, target) >= least - ROUND_OFF for piece in pieces) < rule["value"]:
                return False
        return True


def fits(amount: float, rule: dict[str, Any]) -> bool:
    """Whether an amount obeys the limit of a rule."""
    if rule["sense"] == "==":
        return math.isclose(amount, rule["value"], abs_tol=ROUND_OFF)
    return amount <= rule["value"] + ROUND_OFF if rule["sense"] == "<=" else amount >= rule["value"] - ROUND_OFF
