"""Random small prioritisations: the Program's optimum is that of trying every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.results.solution import Termination
from tests.formulations.restoration.enumeration import Small
from tests.formulations.restoration.site_tables import Rows, program_of, sites, solve, value
from tests.seeds import first_of

SEEDS = first_of(range(4), 2)

LINEAR = {"layer": "burden", "value": 0.7}

BUDGET = {"rule": "budget", "value": 14.0}

ONE_ZONE: dict[str, tuple[str, Rows]] = {
    "minimum_set": ("minimum_set", []),
    "budget": ("minimum_set", [{"rule": "budget", "value": 25.0}]),
    "minimum_shortfall": ("minimum_shortfall", [BUDGET]),
    "minimum_largest_shortfall": ("minimum_largest_shortfall", [BUDGET]),
    "maximum_features": ("maximum_features", [BUDGET]),
    "maximum_branches": ("maximum_branches", [BUDGET]),
    "maximum_utility": ("maximum_utility", [BUDGET]),
    "maximum_cover": ("maximum_cover", [{"rule": "budget", "value": 9.0}]),
    "minimum_penalties": ("minimum_penalties", [{"rule": "linear_penalty", **LINEAR}]),
    "linear_constraint": (
        "minimum_set",
        [{"rule": "linear_constraint", "layer": "burden", "sense": "<=", "value": 16.0}],
    ),
    "linear_constraint_least": (
        "minimum_set",
        [{"rule": "linear_constraint", "layer": "burden", "sense": ">=", "value": 20.0}],
    ),
    "linear_penalty": ("minimum_set", [{"rule": "linear_penalty", **LINEAR}]),
    "linear_penalty_maximised": ("maximum_utility", [BUDGET, {"rule": "linear_penalty", **LINEAR}]),
    "boundary_penalty": ("minimum_set", [{"rule": "boundary_penalty", "value": 1.5, "factor": 0.5}]),
    "boundary_penalty_negative": ("minimum_set", [{"rule": "boundary_penalty", "value": -1.5, "factor": 0.5}]),
    "boundary_penalty_shortfall": (
        "minimum_shortfall",
        [BUDGET, {"rule": "boundary_penalty", "value": 0.1, "factor": 1.0}],
    ),
    "connectivity_penalty": ("minimum_set", [{"rule": "connectivity_penalty", "layer": "links", "value": 2.0}]),
    "connectivity_penalty_negative": (
        "minimum_set",
        [{"rule": "connectivity_penalty", "layer": "links", "value": -2.0}],
    ),
    "asymmetric": (
        "minimum_set",
        [{"rule": "asymmetric_connectivity_penalty", "layer": "links", "value": 1.2}],
    ),
    "neighbours": ("minimum_set", [{"rule": "neighbours", "value": 2, "factor": 0.0}]),
    "neighbours_clamped": ("minimum_set", [{"rule": "neighbours", "value": 3, "factor": 1.0}]),
    "group_count": ("minimum_set", [{"rule": "group_count", "group": "a", "sense": "<=", "value": 1}]),
    "group_count_least": ("minimum_set", [{"rule": "group_count", "group": "a", "sense": ">=", "value": 2}]),
    "whole_group": ("minimum_set", [{"rule": "whole_group", "group": "a"}]),
    "shortfall_limit": (
        "minimum_shortfall",
        [{"rule": "budget", "value": 18.0}, {"rule": "shortfall_limit", "value": 0.6}],
    ),
    "contiguity": ("minimum_set", [{"rule": "contiguity"}]),
    "feature_contiguity": ("minimum_set", [{"rule": "feature_contiguity", "feature": "f0"}]),
    "feature_contiguity_of_two": (
        "minimum_set",
        [{"rule": "feature_contiguity", "feature": "f0"}, {"rule": "feature_contiguity", "feature": "f1"}],
    ),
    "minimum_reserve": ("minimum_set", [{"rule": "minimum_reserve", "value": 5.0}]),
    "maximum_reserves": ("minimum_set", [{"rule": "maximum_reserves", "value": 2}]),
    "separate_areas": ("minimum_set", [{"rule": "separate_areas", "feature": "f0", "value": 2, "factor": 0.3}]),
    "reserves": (
        "minimum_set",
        [{"rule": "minimum_reserve", "value": 3.0}, {"rule": "maximum_reserves", "value": 1}],
    ),
}
"""Objective and rules of each check with one management zone."""

TWO_ZONES: dict[str, tuple[str, Rows]] = {
    "minimum_set": ("minimum_set", []),
    "budget_by_zone": (
        "minimum_shortfall",
        [
            {"rule": "budget", "value": 5.0, "management_zone": "p"},
            {"rule": "budget", "value": 4.0, "management_zone": "q"},
        ],
    ),
    "maximum_cover": ("maximum_cover", [{"rule": "budget", "value": 9.0}]),
    "mandatory_allocation": ("minimum_set", [{"rule": "mandatory_allocation"}]),
    "boundary_penalty": ("minimum_set", [{"rule": "boundary_penalty", "value": 1.5, "factor": 0.5}]),
    "connectivity_penalty": ("minimum_set", [{"rule": "connectivity_penalty", "layer": "links", "value": 2.0}]),
    "connectivity_penalty_negative": (
        "minimum_set",
        [{"rule": "connectivity_penalty", "layer": "links", "value": -2.0}],
    ),
    "asymmetric": (
        "minimum_set",
        [{"rule": "asymmetric_connectivity_penalty", "layer": "links", "value": 1.2}],
    ),
    "neighbours": ("minimum_set", [{"rule": "neighbours", "value": 1, "factor": 0.0}]),
    "whole_group": ("minimum_set", [{"rule": "whole_group", "group": "a"}]),
    "contiguity": ("minimum_set", [{"rule": "contiguity"}]),
    "minimum_reserve": ("minimum_set", [{"rule": "minimum_reserve", "value": 4.0}]),
    "maximum_reserves": ("minimum_set", [{"rule": "maximum_reserves", "value": 2}]),
    "separate_areas": ("minimum_set", [{"rule": "separate_areas", "feature": "f0", "value": 2, "factor": 0.3}]),
}
"""Objective and rules of each check with two management zones."""

TIED = [
    {"layer": layer, "zone_a": a, "zone_b": b, "value": weight}
    for layer in ("boundary", "links")
    for a, b, weight in (("p", "p", 1.0), ("q", "q", 0.5), ("p", "q", 0.4), ("q", "p", 0.4))
]
"""Weights of pairs of management zones that also tie different ones."""


def small(seed: int, objective: str, rules: Rows, zones: list[str], wide: int, **tables: Rows) -> Small:
    """Return a random prioritisation on a grid of two rows."""
    rng = np.random.default_rng(seed)
    count = 2 * wide
    units = [f"u{i}" for i in range(count)]
    cells = [(i, j) for i in range(2) for j in range(wide)]
    pairs = [
        (a, b)
        for a in range(count)
        for b in range(a + 1, count)
        if abs(cells[a][0] - cells[b][0]) + abs(cells[a][1] - cells[b][1]) == 1
    ]
    held = [(f"f{k}", unit, zone) for k in range(3) for unit in units for zone in zones if rng.random() < 0.6]
    status = np.full(count, "free", dtype=object)
    status[rng.integers(count)] = "locked_out"
    status[rng.integers(count)] = "locked_in"
    filled: dict[str, Rows] = {
        "units": [
            {"unit": unit, "cost": float(rng.integers(1, 9)), "area_ha": float(rng.integers(1, 4)), "status": kind}
            for unit, kind in zip(units, status, strict=True)
        ],
        "management_zones": [{"management_zone": zone} for zone in zones if zone],
        "features": [{"feature": f"f{k}", "weight": float(rng.integers(1, 4))} for k in range(3)],
        "amounts": [
            {"feature": feature, "unit": unit, "management_zone": zone, "amount": float(rng.integers(1, 6))}
            for feature, unit, zone in held
        ],
        "layers": [
            {"layer": "burden", "unit": unit, "management_zone": zone, "value": float(rng.integers(0, 8))}
            for unit in units
            for zone in zones
        ],
        "boundary": [
            *({"unit_a": units[a], "unit_b": units[b], "length_m": float(rng.integers(1, 5))} for a, b in pairs),
            *({"unit_a": unit, "unit_b": unit, "length_m": float(rng.integers(0, 3))} for unit in units),
        ],
        "connectivity": [
            {"layer": "links", "unit_a": units[a], "unit_b": units[b], "value": float(rng.integers(1, 4))}
            for a in range(count)
            for b in range(a + 1, count)
            if rng.random() < 0.3
        ],
        "unit_groups": [{"group": "a", "unit": unit} for unit in units[1:4]],
        "branches": [
            {"branch": name, "feature": feature, "weight": weight}
            for name, feature, weight in (("b0", "f0", 1.5), ("b1", "f1", 1.0), ("b2", "f1", 2.0), ("b2", "f2", 2.0))
        ],
        "rules": rules,
        **tables,
    }
    total = {f"f{k}": sum(row["amount"] for row in filled["amounts"] if row["feature"] == f"f{k}") for k in range(3)}
    filled["targets"] = [
        {
            "target": f"t{k}",
            "feature": feature,
            "management_zones": "*",
            "sense": "<=" if k == 2 else ">=",
            "value": round(total[feature] * (0.9 if k == 2 else 0.45), 1),
            "weight": float(rng.integers(1, 4)),
        }
        for k, feature in enumerate(total)
        if objective not in ("maximum_utility", "maximum_cover")
    ]
    return Small(objective, zones, filled)


def check(case: Small, **settings: Any) -> None:
    program = program_of(sites(case.objective, **case.tables, **settings))
    solution, best = solve(program), case.best()
    if best is None:
        assert solution.termination is Termination.INFEASIBLE
    else:
        assert value(program, solution) == pytest.approx(best, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ONE_ZONE)
@pytest.mark.parametrize("seed", SEEDS)
def test_one_management_zone(name: str, seed: int) -> None:
    objective, rules = ONE_ZONE[name]
    check(small(seed, objective, rules, [""], wide=4))


@pytest.mark.parametrize("name", TWO_ZONES)
@pytest.mark.parametrize("seed", SEEDS)
def test_two_management_zones(name: str, seed: int) -> None:
    objective, rules = TWO_ZONES[name]
    check(small(seed, objective, rules, ["p", "q"], wide=3))


@pytest.mark.parametrize(
    "name", ["boundary_penalty", "connectivity_penalty", "connectivity_penalty_negative", "asymmetric"]
)
@pytest.mark.parametrize("seed", SEEDS)
def test_tied_management_zones(name: str, seed: int) -> None:
    objective, rules = TWO_ZONES[name]
    check(small(seed, objective, rules, ["p", "q"], wide=3, zone_pairs=TIED))
