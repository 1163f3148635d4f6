"""The restoration part of an instance as arrays, straight from the files: units, what they hold, rules on them.

Everything by unit and management zone is (units, zones); an instance without management zones has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from optimizer.results.audit.files import Names, RawTable, find_table, need_table

if TYPE_CHECKING:
    from pathlib import Path

EVERY = "*"
COST, AREA, ONE, ADJACENCY = "cost", "area_ha", "one", "adjacency"
STATUS = ("free", "locked_in", "locked_out")


@dataclass(frozen=True)
class Pairs:
    """Values from one unit to another, as stated."""

    left: np.ndarray
    right: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class Target:
    """A target in the unit of its feature; `zones` tells which management zones count, `whole` what all units hold."""

    name: str
    feature: int
    zones: np.ndarray
    sense: str
    value: float
    weight: float
    whole: float


@dataclass(frozen=True)
class Rule:
    """One row of rules.csv."""

    id: str
    rule: str
    zone: str
    feature: str
    layer: str
    group: str
    sense: str
    value: float
    factor: float


@dataclass(frozen=True)
class Amounts:
    """How much of a feature a unit holds in a management zone, one entry each."""

    feature: np.ndarray
    unit: np.ndarray
    zone: np.ndarray
    value: np.ndarray

    def by_variable(self, feature: int, shape: tuple[int, int]) -> np.ndarray:
        """Return the amounts of one feature, (units, zones)."""
        mine = self.feature == feature
        found = np.zeros(shape)
        np.add.at(found, (self.unit[mine], self.zone[mine]), self.value[mine])
        return found


@dataclass(frozen=True)
class SiteTables:
    """The whole restoration part."""

    folder: Path
    units: Names
    zones: Names
    status: np.ndarray
    stated: dict[str, np.ndarray]
    centres: np.ndarray
    layers: dict[str, tuple[np.ndarray, np.ndarray]]
    lower: np.ndarray
    upper: np.ndarray
    features: Names
    weight: np.ndarray
    amounts: Amounts
    targets: tuple[Target, ...]
    borders: Pairs
    outer: np.ndarray
    links: dict[str, Pairs]
    zone_pairs: dict[str, np.ndarray]
    groups: dict[str, np.ndarray]
    branches: dict[str, tuple[float, frozenset[int]]]
    rules: tuple[Rule, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Units and management zones."""
        return len(self.units), len(self.zones)

    def layer(self, name: str) -> np.ndarray | None:
        """Return a layer, (units, zones); None where there is none of that name."""
        base = np.ones(self.shape[0]) if name == ONE else self.stated.get(name)
        if name not in self.layers:
            return None if base is None else np.tile(base[:, None], (1, self.shape[1]))
        values, given = self.layers[name]
        rest = base if name == COST and base is not None else np.zeros(self.shape[0])
        return np.where(given, values, rest[:, None])

    def zones_of(self, names: str) -> np.ndarray | None:
        """Return which management zones are named (`*`: all), (zones,); None where one is unknown."""
        if names in (EVERY, ""):
            return np.ones(self.shape[1], dtype=bool)
        codes = [self.zones.code(name) for name in split(names)]
        if min(codes, default=-1) < 0:
            return None
        found = np.zeros(self.shape[1], dtype=bool)
        found[codes] = True
        return found

    def connected(self, layer: str) -> Pairs | None:
        """Return the pairs of a connectivity layer (the shared borders where none is named); None if unknown."""
        if layer in self.links:
            return self.links[layer]
        if layer in ("", ADJACENCY):
            return Pairs(self.borders.left, self.borders.right, np.ones(len(self.borders.left)))
        return None

    def pair_weights(self, layer: str) -> np.ndarray:
        """Return the weights of pairs of management zones, (zones, zones)."""
        return self.zone_pairs.get(layer, np.eye(self.shape[1]))

    def groups_named(self, names: str) -> dict[str, np.ndarray] | None:
        """Return the groups named (`*`: each), None where one is unknown."""
        wanted = tuple(self.groups) if names in (EVERY, "") else split(names)
        if not set(wanted) <= set(self.groups):
            return None
        return {name: self.groups[name] for name in wanted}


def once(pairs: Pairs) -> Pairs:
    """Return each pair of units once, whichever way round it is stated; the first value counts."""
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    _, first = np.unique(np.stack([low, high]), axis=1, return_index=True)
    return Pairs(low[first], high[first], pairs.value[first])


def split(names: str) -> tuple[str, ...]:
    """Split names separated by semicolons."""
    return tuple(name.strip() for name in names.split(";") if name.strip())


class _Reader:
    """Reads the tables of a folder against its units and management zones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.table = need_table(folder, "units")
        self.units = self.table.names("unit")
        zones = find_table(folder, "management_zones", required=False)
        self.zones = zones.names("management_zone") if zones is not None and len(zones) else Names(pa.array([""]))

    def optional(self, name: str) -> RawTable | None:
        return find_table(self.folder, name, required=False)

    def unit(self, table: RawTable, column: str = "unit") -> np.ndarray:
        return table.known_codes(column, self.units, "unit").astype(np.int64)

    def spread(self, table: RawTable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return row, unit and management zone; a row without a management zone speaks of all of them."""
        unit, count = self.unit(table), len(self.zones)
        code = self._zone_or_every(table)
        one, all_of = np.flatnonzero(code < count), np.flatnonzero(code == count)
        row = np.concatenate([one, np.repeat(all_of, count)])
        return row, unit[row], np.concatenate([code[one], np.tile(np.arange(count), len(all_of))])

    def _zone_or_every(self, table: RawTable) -> np.ndarray:
        """Return the management zone that each row names, their number where it names none."""
        count = len(self.zones)
        if not table.has("management_zone"):
            return np.full(len(table), count)
        code = table.codes("management_zone", self.zones).astype(np.int64)
        none = table.codes("management_zone", Names(pa.array([""]))) == 0
        if ((code < 0) & ~none).any():
            row = int(np.argmax((code < 0) & ~none))
            raise table.error(f"row {row + 1}: the management zone is not known")
        return np.where(none, count, code)

    def status(self) -> np.ndarray:
        """Return the place of each unit's status in `STATUS`; an empty cell is free."""
        if not self.table.has("status"):
            return np.zeros(len(self.units), dtype=np.int64)
        codes = self.table.codes("status", Names(pa.array([*STATUS, ""]))).astype(np.int64)
        if (codes < 0).any():
            raise self.table.error(f"column status holds a value outside {STATUS}")
        return codes % len(STATUS)

    def layers(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        table = self.optional("layers")
        found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        if table is None:
            return found
        names, values = np.array(table.text("layer"), dtype=object), table.numbers("value")
        row, unit, zone = self.spread(table)
        for name in dict.fromkeys(names.tolist()):
            mine = names[row] == name
            filled, given = (
                np.zeros((len(self.units), len(self.zones))),
                np.zeros((len(self.units), len(self.zones)), bool),
            )
            filled[unit[mine], zone[mine]], given[unit[mine], zone[mine]] = values[row[mine]], True
            found[name] = filled, given
        return found

    def bounds(self, upper_limit: float) -> tuple[np.ndarray, np.ndarray]:
        shape = (len(self.units), len(self.zones))
        lower, upper = np.zeros(shape), np.full(shape, upper_limit)
        table = self.optional("bounds")
        if table is not None:
            row, unit, zone = self.spread(table)
            lower[unit, zone] = table.numbers("lower", 0.0)[row]
            upper[unit, zone] = np.minimum(table.numbers("upper", 1.0)[row], upper_limit)
        return lower, upper

    def amounts(self, features: Names) -> Amounts:
        table = self.optional("amounts")
        if table is None:
            none = np.zeros(0, dtype=np.int64)
            return Amounts(none, none, none, np.zeros(0))
        row, unit, zone = self.spread(table)
        feature = table.known_codes("feature", features, "feature").astype(np.int64)
        return Amounts(feature[row], unit, zone, table.numbers("amount")[row])

    def targets(self, table: RawTable, features: Names, amounts: Amounts) -> tuple[Target, ...]:
        whole = np.zeros((len(features), len(self.zones)))
        np.add.at(whole, (amounts.feature, amounts.zone), amounts.value)
        stated = list(
            zip(
                table.text("feature"),
                range(len(features)),
                [EVERY] * len(features),
                [">="] * len(features),
                table.text("target_kind", "absolute"),
                table.numbers("target", 0.0),
                table.numbers("weight", 1.0),
                strict=True,
            )
        )
        stated = [row for row in stated if row[5] != 0]
        more = self.optional("targets")
        if more is not None:
            stated += list(
                zip(
                    more.text("target"),
                    more.known_codes("feature", features, "feature").tolist(),
                    more.text("management_zones", EVERY),
                    more.text("sense", ">="),
                    more.text("kind", "absolute"),
                    more.numbers("value"),
                    more.numbers("weight", 1.0),
                    strict=True,
                )
            )
        return tuple(self._target(whole, *row) for row in stated)

    def _target(
        self, whole: np.ndarray, name: str, feature: int, zones: str, sense: str, kind: str, value: float, weight: float
    ) -> Target:
        inside = np.ones(len(self.zones), dtype=bool)
        if zones not in (EVERY, ""):
            codes = [self.zones.code(zone) for zone in split(zones)]
            if min(codes) < 0:
                raise self.table.error(f"target {name}: management zones {zones!r} are not known")
            inside = np.isin(np.arange(len(self.zones)), codes)
        held = float(whole[feature][inside].sum())
        return Target(name, feature, inside, sense, value * held if kind == "relative" else value, weight, held)

    def borders(self) -> tuple[Pairs, np.ndarray]:
        table, outer = self.optional("boundary"), np.zeros(len(self.units))
        if table is None:
            return _no_pairs(), outer
        left, right = self.unit(table, "unit_a"), self.unit(table, "unit_b")
        length, own = table.numbers("length_m"), left == right
        np.add.at(outer, left[own], length[own])
        return Pairs(left[~own], right[~own], length[~own]), outer

    def links(self) -> dict[str, Pairs]:
        table = self.optional("connectivity")
        if table is None:
            return {}
        names = np.array(table.text("layer", "connectivity"), dtype=object)
        left, right, value = self.unit(table, "unit_a"), self.unit(table, "unit_b"), table.numbers("value", 1.0)
        return {
            name: Pairs(left[names == name], right[names == name], value[names == name])
            for name in dict.fromkeys(names.tolist())
        }

    def zone_pairs(self) -> dict[str, np.ndarray]:
        table = self.optional("zone_pairs")
        found: dict[str, np.ndarray] = {}
        if table is None:
            return found
        columns = (
            table.text("layer"),
            table.known_codes("zone_a", self.zones, "management zone"),
            table.known_codes("zone_b", self.zones, "management zone"),
            table.numbers("value", 1.0),
        )
        for name, left, right, value in zip(*columns, strict=True):
            found.setdefault(name, np.zeros((len(self.zones), len(self.zones))))[left, right] = value
        return found

    def groups(self) -> dict[str, np.ndarray]:
        table = self.optional("unit_groups")
        if table is None:
            return {}
        names, unit = np.array(table.text("group"), dtype=object), self.unit(table)
        return {name: unit[names == name] for name in dict.fromkeys(names.tolist())}

    def branches(self, features: Names) -> dict[str, tuple[float, frozenset[int]]]:
        table = self.optional("branches")
        found: dict[str, tuple[float, frozenset[int]]] = {}
        if table is None:
            return found
        codes = table.known_codes("feature", features, "feature").tolist()
        for name, feature, weight in zip(table.text("branch"), codes, table.numbers("weight", 1.0), strict=True):
            found[name] = weight, found.get(name, (weight, frozenset()))[1] | {feature}
        return found

    def rules(self) -> tuple[Rule, ...]:
        table = self.optional("rules")
        if table is None:
            return ()
        columns = (
            table.text("id"),
            table.text("rule"),
            table.text("management_zone", EVERY),
            table.text("feature", ""),
            table.text("layer", ""),
            table.text("group", ""),
            table.text("sense", "<="),
            table.numbers("value", 0.0).tolist(),
            table.numbers("factor", 1.0).tolist(),
        )
        return tuple(Rule(*row) for row in zip(*columns, strict=True))


def _no_pairs() -> Pairs:
    return Pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


def read_sites(instance: Path, upper_limit: float) -> SiteTables:
    """Read the restoration part of an instance folder; `upper_limit` is the greatest share of a unit."""
    read = _Reader(instance / "restoration")
    table = read.optional("features")
    features = Names(pa.array([], pa.string())) if table is None else table.names("feature")
    amounts = read.amounts(features)
    targets = () if table is None else read.targets(table, features, amounts)
    status = read.status()
    lower, upper = read.bounds(upper_limit)
    borders, outer = read.borders()
    return SiteTables(
        folder=read.folder,
        units=read.units,
        zones=read.zones,
        status=status,
        stated={COST: read.table.numbers(COST, 0.0), AREA: read.table.numbers(AREA, 0.0)},
        centres=np.column_stack([read.table.numbers(axis, 0.0) for axis in ("x", "y")]),
        layers=read.layers(),
        lower=lower,
        upper=np.where((status == STATUS.index("locked_out"))[:, None], 0.0, upper),
        features=features,
        weight=np.zeros(0) if table is None else table.numbers("weight", 1.0),
        amounts=amounts,
        targets=targets,
        borders=borders,
        outer=outer,
        links=read.links(),
        zone_pairs=read.zone_pairs(),
        groups=read.groups(),
        branches=read.branches(features),
        rules=read.rules(),
    )
