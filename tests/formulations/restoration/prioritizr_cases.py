"""The small problems of prioritizr's tests as Sites: their inputs, as tables of a restoration instance.

A case stores costs, amounts, targets, limits, penalties and constraints. Four things it stores only inside the compiled
problem (`milp`), and they are read out of it as follows; the problem itself is never solved:

- who borders whom, of boundary penalties: each product column couples two units, and the coefficients state the length;
- the connectivity of asymmetric penalties, and the weights of pairs of management zones where they are not stored;
- neighbours, of neighbour constraints: units that count for each other;
- adjacency, of contiguity constraints: the two units that each edge column joins.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from tests.formulations.restoration.site_tables import Rows, sites

if TYPE_CHECKING:
    from instances.sites import Sites

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "prioritizr" / "cases"

OBJECTIVES = {
    "minimum set objective": "minimum_set",
    "minimum shortfall objective": "minimum_shortfall",
    "minimum largest shortfall objective": "minimum_largest_shortfall",
    "maximum utility objective": "maximum_utility",
    "maximum coverage objective": "maximum_cover",
    "maximum representation objective": "maximum_features",
    "minimum penalties objective": "minimum_penalties",
}

TIE_BREAK = 0.01
"""What prioritizr takes off maximised objectives for cost, relative to all costs."""


@dataclass(frozen=True)
class Case:
    """A stored case."""

    raw: dict[str, Any]

    @property
    def n_units(self) -> int:
        return int(self.raw["n_pu"])

    @property
    def n_zones(self) -> int:
        return int(self.raw["n_zones"])

    @property
    def verified(self) -> dict[str, Any]:
        return self.raw["verified"]

    @property
    def objective(self) -> dict[str, Any]:
        return self.raw["structure"]["objective"]

    @property
    def penalties(self) -> list[dict[str, Any]]:
        return self.raw["structure"]["penalties"]

    @property
    def constraints(self) -> list[dict[str, Any]]:
        return self.raw["structure"]["constraints"]

    def matrix(self) -> sp.csr_array:
        """Return the compiled rows, from which neighbours are read."""
        stored = self.raw["milp"]["A"]
        entries = (stored["x"], (stored["i"], stored["j"]))
        return sp.csr_array(sp.coo_array(entries, shape=(stored["nrow"], stored["ncol"])))

    def rows(self, name: str) -> sp.csr_array:
        """Return the compiled rows of one kind."""
        return self.matrix()[np.flatnonzero(np.array(self.raw["milp"]["row_ids"]) == name)]

    def columns(self, name: str) -> np.ndarray:
        """Return the positions of the compiled columns of one kind."""
        return np.flatnonzero(np.array(self.raw["milp"]["col_ids"]) == name)


def case_ids() -> list[str]:
    """Return the names of all cases; none where the data is absent."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def read_case(name: str) -> Case:
    """Read one case."""
    return Case(json.loads((FOLDER / f"{name}.json").read_text()))


def sites_of(case: Case) -> Sites:
    """Return a case as Sites."""
    kind = OBJECTIVES[case.objective["name"]]
    names = _zone_names(case)
    tables: dict[str, Rows] = {
        "units": [{"unit": f"u{i}"} for i in range(case.n_units)],
        "management_zones": [{"management_zone": name} for name in names] if case.n_zones > 1 else [],
        "layers": _costs(case, names),
        "features": _features(case),
        "amounts": _amounts(case, names),
        "targets": _targets(case, names),
        "bounds": _bounds(case, names),
        "boundary": [],
        "connectivity": [],
        "zone_pairs": [],
        "rules": _budgets(case, names),
    }
    for penalty in case.penalties:
        _PENALTIES[penalty["name"]](case, names, penalty["data"], tables)
    for constraint in case.constraints:
        if constraint["name"] in _CONSTRAINTS:
            _CONSTRAINTS[constraint["name"]](case, names, constraint["data"], tables)
    settings = {
        "decision": "proportion" if case.raw["structure"]["decisions"].startswith("proportion") else "binary",
        "cost_tie_break": TIE_BREAK if kind.startswith("maximum") else 0.0,
    }
    return sites(kind, **tables, **settings)


def _zone_names(case: Case) -> list[str]:
    return [f"z{zone}" for zone in range(1, case.n_zones + 1)] if case.n_zones > 1 else [""]


def _costs(case: Case, names: list[str]) -> Rows:
    return [
        {"layer": "cost", "unit": f"u{i}", "management_zone": name, "value": cost or 0.0}
        for i, row in enumerate(case.raw["costs"])
        for name, cost in zip(names, row, strict=True)
    ]


def _features(case: Case) -> Rows:
    weights = case.raw["structure"]["weights"].get("weights") or [[1.0]] * case.raw["n_features"]
    return [{"feature": f"f{k + 1}", "weight": row[0]} for k, row in enumerate(weights)]


def _amounts(case: Case, names: list[str]) -> Rows:
    return [
        {"unit": f"u{j}", "feature": f"f{i + 1}", "management_zone": name, "amount": x}
        for name, stored in zip(names, case.raw["rij_by_zone"].values(), strict=True)
        for i, j, x in zip(stored["i"], stored["j"], stored["x"], strict=True)
    ]


def _targets(case: Case, names: list[str]) -> Rows:
    weights = case.raw["structure"]["weights"].get("weights")
    return [
        {
            "target": f"t{number}",
            "feature": f"f{target['feature']}",
            "management_zones": ";".join(names[int(zone) - 1] for zone in target["zone"].split("+")) or "*",
            "sense": target["sense"],
            "value": target["value"],
            "weight": weights[number][0] if weights else 1.0,
        }
        for number, target in enumerate(case.raw["targets"])
    ]


def _bounds(case: Case, names: list[str]) -> Rows:
    """Return limits of units as compiled: they are inputs, after units that the study does not have are dropped."""
    milp, count = case.raw["milp"], case.n_units * case.n_zones
    limits = zip(milp["lb"][:count], milp["ub"][:count], strict=True)
    return [
        {"unit": f"u{v % case.n_units}", "management_zone": names[v // case.n_units], "lower": low, "upper": high}
        for v, (low, high) in enumerate(limits)
        if (low, high) != (0, 1)
    ]


def _budgets(case: Case, names: list[str]) -> Rows:
    data = case.objective["data"]
    if not data:
        return []
    budget = data["budget"]
    if isinstance(budget, list):
        return [
            {"rule": "budget", "management_zone": name, "value": value}
            for name, value in zip(names, budget, strict=True)
        ]
    return [{"rule": "budget", "value": budget}]


def _layer(case: Case, names: list[str], name: str, stored: dict[str, Any]) -> Rows:
    """Return a layer by unit and management zone; cells after the last unit are empty."""
    return [
        {"layer": name, "unit": f"u{i}", "management_zone": names[j], "value": x}
        for i, j, x in zip(stored["i"], stored["j"], stored["x"], strict=True)
        if i < case.n_units
    ]


def _linear_penalty(case: Case, names: list[str], data: dict[str, Any], tables: dict[str, Rows]) -> None:
    tables["layers"] += _layer(case, names, "penalty", data["data"])
    rates = data["penalty"] if isinstance(data["penalty"], list) else [data["penalty"]]
    tables["rules"] += [
        {"rule": "linear_penalty", "layer": "penalty", "management_zone": name or "*", "value": rate}
        for name, rate in zip(names, rates, strict=True)
    ]


def _linear_constraint(case: Case, names: list[str], data: dict[str, Any], tables: dict[str, Rows]) -> None:
    tables["layers"] += _layer(case, names, "limited", data["data"])
    limit = {"sense": data["sense"], "value": data["threshold"]}
    tables["rules"].append({"rule": "linear_constraint", "layer": "limited", **limit})


def _connectivity(case: Case, names: list[str], data: dict[str, Any], tables: dict[str, Rows]) -> None:
    stored = data["data"]
    cells = sorted(set(stored["i"]) | set(stored["j"]))
    unit = {cell: f"u{k}" for k, cell in enumerate(cells)}
    assert len(cells) == case.n_units
    tables["connectivity"] += [
        {"layer": "near", "unit_a": unit[i], "unit_b": unit[j], "value": x}
        for i, j, x in zip(stored["i"], stored["j"], stored["x"], strict=True)
    ]
    tables["zone_pairs"] += _zone_pairs("near", names, data["zones"])
    tables["rules"].append({"rule": "connectivity_penalty", "layer": "near", "value": data["penalty"]})


def _zone_pairs(layer: str, names: list[str], weights: list[list[float]]) -> Rows:
    if len(names) == 1:
        return []
    return [
        {"layer": layer, "zone_a": a, "zone_b": b, "value": weights[k][m]}
        for k, a in enumerate(names)
        for m, b in enumerate(names)
    ]


def _ends(case: Case, first: str, second: str, edge: str) -> np.ndarray:
    """Return both variables of each compiled edge column, (edges, 2): those tied to it by rows of two kinds."""
    count, edges = case.n_units * case.n_zones, case.columns(edge)
    found = np.full((len(edges), 2), -1)
    for side, kind in enumerate((first, second)):
        block = case.rows(kind)
        variable, column = block[:, :count].tocoo(), block[:, edges].tocoo()
        of_row = dict(zip(variable.coords[0], variable.coords[1], strict=True))
        for row, position in zip(*column.coords, strict=True):
            found[position, side] = of_row[row]
    assert (found >= 0).all()
    return found


def _own_cost(case: Case) -> np.ndarray:
    """Return what penalties add to the cost of each compiled unit column, as something that is minimised."""
    count = case.n_units * case.n_zones
    stated = np.array(case.raw["milp"]["obj"][:count])
    cost = np.array([[x or 0.0 for x in row] for row in case.raw["costs"]]).T.ravel()
    if case.raw["milp"]["modelsense"] == "max":
        return -stated - TIE_BREAK * cost / cost.sum()
    return stated - cost if OBJECTIVES[case.objective["name"]] == "minimum_set" else stated


def _asymmetric(case: Case, names: list[str], data: dict[str, Any], tables: dict[str, Rows]) -> None:
    pairs = _ends(case, "ac1", "ac2", "ac")
    value = -np.array(case.raw["milp"]["obj"])[case.columns("ac")] / data["penalty"]
    leaving = np.bincount(pairs[:, 0], value * data["penalty"], minlength=case.n_units * case.n_zones)
    assert np.allclose(leaving, _own_cost(case))
    units, zones = pairs % case.n_units, pairs // case.n_units
    known = pd.DataFrame({"a": units[:, 0], "b": units[:, 1], "value": value}).drop_duplicates()
    tables["connectivity"] += [
        {"layer": "flow", "unit_a": f"u{row.a}", "unit_b": f"u{row.b}", "value": row.value}
        for row in known.itertuples()
    ]
    if case.n_zones > 1:
        tied = np.zeros((case.n_zones, case.n_zones))
        tied[zones[:, 0], zones[:, 1]] = 1.0
        tables["zone_pairs"] += _zone_pairs("flow", names, tied.tolist())
    tables["rules"].append({"rule": "asymmetric_connectivity_penalty", "layer": "flow", "value": data["penalty"]})


def _boundary(case: Case, names: list[str], data: dict[str, Any], tables: dict[str, Rows]) -> None:
    rate, edge = data["penalty"], np.atleast_1d(data["edge_factor"])[0]
    read = _knapsack_borders if data["formulation"] == "knapsack" else _simple_borders
    shared, outer = read(case, rate, edge)
    tables["boundary"] += [
        {"unit_a": f"u{a}", "unit_b": f"u{b}", "length_m": length} for (a, b), length in shared.items()
    ]
    tables["boundary"] += [
        {"unit_a": f"u{a}", "unit_b": f"u{a}", "length_m": length} for a, length in enumerate(outer) if length > 1e-9
    ]
    tables["zone_pairs"] += _zone_pairs("boundary", names, data["zones"])
    tables["rules"].append({"rule": "boundary_penalty", "value": rate, "factor": edge})


def _simple_borders(case: Case, rate: float, edge: float) -> tuple[dict[tuple[int, int], float], np.ndarray]:
    """Return shared borders and outer edges from product columns, whose cost is -2 x rate x length."""
    pairs = _ends(case, "b1", "b2", "b")
    sign = -1.0 if case.raw["milp"]["modelsense"] == "max" else 1.0
    length = sign * np.array(case.raw["milp"]["obj"])[case.columns("b")] / (-2 * rate)
    first = (pairs < case.n_units).all(axis=1)  # management zones have the same borders
    shared = {(int(a), int(b)): x for (a, b), x in zip(pairs[first], length[first], strict=True) if x}
    around = np.zeros(case.n_units)
    for (a, b), x in shared.items():
        around[[a, b]] += x
    return shared, (_own_cost(case)[: case.n_units] / rate - around) / edge


def _knapsack_borders(case: Case, rate: float, edge: float) -> tuple[dict[tuple[int, int], float], np.ndarray]:
    """Return shared borders and outer edges from rows that state the border of a unit with its neighbours."""
    block = case.rows("b1")[: case.n_units, : case.n_units].tocoo()
    sign = -1.0 if case.raw["milp"]["modelsense"] == "max" else 1.0
    shared = {
        (int(a), int(b)): abs(x / rate) for a, b, x in zip(*block.coords, sign * block.data, strict=True) if a < b and x
    }
    return shared, _own_cost(case)[: case.n_units] / (rate * edge)


def _neighbours(case: Case, names: list[str], data: dict[str, Any], tables: dict[str, Rows]) -> None:
    count = case.n_units * case.n_zones
    block = case.rows("n")[:, :count].tocoo()
    near = {
        tuple(sorted((int(a) % case.n_units, int(b) % case.n_units)))
        for a, b, x in zip(*block.coords, block.data, strict=True)
        if x > 0
    }
    tables["connectivity"] += [
        {"layer": "near", "unit_a": f"u{a}", "unit_b": f"u{b}", "value": 1} for a, b in sorted(near)
    ]
    tables["zone_pairs"] += _zone_pairs("near", names, data["zones"])
    tables["rules"] += [
        {"rule": "neighbours", "layer": "near", "management_zone": name or "*", "value": k, "factor": data["clamp"]}
        for name, k in zip(names, np.atleast_1d(data["k"]).tolist(), strict=True)
    ]


def _contiguity(case: Case, names: list[str], data: dict[str, Any], tables: dict[str, Rows]) -> None:
    pairs = _ends(case, "c1", "c2", "c") % case.n_units
    near = sorted({tuple(sorted(map(int, pair))) for pair in pairs if pair[0] != pair[1]})
    tables["connectivity"] += [{"layer": "near", "unit_a": f"u{a}", "unit_b": f"u{b}", "value": 1} for a, b in near]
    tables["zone_pairs"] += _zone_pairs("near", names, data["zones"])
    tables["rules"].append({"rule": "contiguity", "layer": "near"})


def _feature_contiguity(case: Case, names: list[str], data: dict[str, Any], tables: dict[str, Rows]) -> None:
    """Add one layer of neighbours a feature; with several management zones it is read from the compiled edges."""
    for feature in range(case.raw["n_features"]):
        layer = f"near{feature + 1}"
        if data:
            stored = data["data"][feature]
            near = sorted({tuple(sorted(pair)) for pair in zip(stored["i"], stored["j"], strict=True)})
            tied = data["zones"]
        else:
            near, tied = _feature_edges(case, feature)
        tables["connectivity"] += [{"layer": layer, "unit_a": f"u{a}", "unit_b": f"u{b}", "value": 1} for a, b in near]
        tables["zone_pairs"] += _zone_pairs(layer, names, tied)
        rule = {"rule": "feature_contiguity", "feature": f"f{feature + 1}", "layer": layer}
        tables["rules"].append(rule)


def _feature_edges(case: Case, feature: int) -> tuple[list[tuple[int, ...]], list[list[float]]]:
    """Return pairs of units and weights of management zones; columns are ordered by zone, feature and unit."""
    count, units = case.n_units * case.n_zones, case.n_units
    size = count * case.raw["n_features"]
    edges, used = case.columns("fc"), slice(count, count + size)
    near, tied = set(), np.zeros((case.n_zones, case.n_zones))
    ends: dict[int, set[int]] = {}
    for kind in ("fc1", "fc2"):
        block = case.rows(kind)
        for row in range(block.shape[0]):
            (place,) = block[[row]][:, used].tocoo().coords[1].tolist()
            for edge in block[[row]][:, edges].tocoo().coords[1].tolist():
                ends.setdefault(edge, set()).add(place)
    for pair in ends.values():
        zone = [place // (units * case.raw["n_features"]) for place in pair]
        if {place // units % case.raw["n_features"] for place in pair} == {feature}:
            near.add(tuple(sorted(place % units for place in pair)))
            tied[zone, zone[::-1]] = 1.0
    return sorted(pair for pair in near if len(set(pair)) > 1), np.maximum(tied, np.eye(case.n_zones)).tolist()


_PENALTIES = {
    "linear penalties": _linear_penalty,
    "connectivity penalties": _connectivity,
    "neighbor penalties": _connectivity,
    "asymmetric connectivity penalties": _asymmetric,
    "boundary penalties": _boundary,
}

_CONSTRAINTS = {
    "linear constraints": _linear_constraint,
    "neighbor constraints": _neighbours,
    "contiguity constraints": _contiguity,
    "feature contiguity constraints": _feature_contiguity,
    "mandatory allocation constraints": lambda case, names, data, tables: tables["rules"].append(
        {"rule": "mandatory_allocation"}
    ),
}
"""Constraints beside limits of units, which `_bounds` reads."""
