"""Borders that cost or are limited, against hand calculation and every selection of small grids."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from formulations.merge import merge
from tests.build import draft, outcome, program_of, quota, rows_of, solve
from tests.grid import CELL_HA, cells, edges, perimeter_km

if TYPE_CHECKING:
    from instances.instance import Instance

GRID = edges(3, 3)


def penalty(value: float, group: str = "built", unit: str = "10k CNY/km", **more: Any) -> dict[str, Any]:
    return quota("compactness", value, group, unit=unit, **more)


def limit(value: float, group: str = "built", **more: Any) -> dict[str, Any]:
    return quota("perimeter_limit", value, group, **more)


def grid(*quotas: dict[str, Any], moves: str = "crop>ind", held: dict[str, str] | None = None, **more: Any) -> Instance:
    own = {"neighbours": GRID} | more
    return draft(cells(3, 3, held, **own.pop("own", {})), moves, quotas=quotas, **own).instance()


def test_a_square_in_a_corner_has_the_shortest_border():
    found = solve(grid(quota("growth_demand", 40, "industry"), penalty(10)))
    assert found.objective == pytest.approx(40 + 10 * 0.4)
    assert perimeter_km(GRID, {move.split()[0] for move in found.changes}) == pytest.approx(0.4)


def test_a_plan_that_changes_nothing_costs_nothing():
    found = solve(grid(penalty(10), held={"00": "ind", "22": "ind"}))
    assert found.objective == pytest.approx(0)
    assert found.solution.base == 1.0
    assert found.others["boundary:built 00 01"] == 1.0


def test_a_shorter_border_is_a_gain():
    """The hole in the middle costs 10 to fill and saves four sides."""
    held = {name: "ind" for name in cells(3, 3) if name != "11"}
    found = solve(grid(penalty(100), held=held))
    assert found.changes == {"11 crop>ind 2030": CELL_HA}
    assert found.objective == pytest.approx(10 - 100 * 0.4)
    assert found.solution.base == pytest.approx(10 + 100 * 0.4)


def test_the_unit_says_which_objective_pays():
    exactly = quota("growth_demand", 40, "industry"), quota("ceiling", 40, "industry")
    quotas = *exactly, penalty(10, unit="tCO2e/km"), penalty(3)
    weighted = {"kind": "weighted", "emission_weight": 2.0, "cost_weight": 5.0}
    assert solve(grid(*quotas)).objective == pytest.approx(40 + 3 * 0.4)
    assert solve(grid(*quotas, objective="emissions")).objective == pytest.approx(10 * 0.4)
    assert solve(grid(*quotas, objective=weighted)).objective == pytest.approx(2 * 4 + 5 * (40 + 1.2))


@pytest.mark.parametrize("seed", range(4))
def test_every_selection_of_a_grid(seed):
    """Penalty and limit together, cells of unequal cost and sides of unequal length, some land built before."""
    rng = np.random.default_rng(seed)
    table = {pair: float(metres) for pair, metres in zip(edges(3, 3), rng.integers(50, 200, 12), strict=True)}
    costs = {(name, "ind"): float(cost) for name, cost in zip(cells(3, 3), rng.uniform(0, 6, 9), strict=True)}
    held = {"00": "ind", "12": "ind"} if seed % 2 else {}
    most, rate, least = float(rng.uniform(0.5, 1.0)), float(rng.uniform(0, 60)), 2 + seed % 3
    instance = draft(
        cells(3, 3, held),
        "crop>ind",
        quotas=[quota("growth_demand", CELL_HA * least, "industry"), penalty(rate), limit(most)],
        zone_costs=costs,
        neighbours=table,
    ).instance()
    before = set(held)
    best = np.inf
    free = [name for name in cells(3, 3) if name not in held]
    for count in range(least, len(free) + 1):
        for chosen in combinations(free, count):
            border = perimeter_km(table, before | set(chosen))
            cost = sum(CELL_HA * (1 + costs[name, "ind"]) for name in chosen)
            if border <= most:
                best = min(best, cost + rate * (border - perimeter_km(table, before)))
    found = solve(instance)
    if np.isinf(best):
        assert found.objective is None
    else:
        assert found.objective == pytest.approx(best)


def test_what_leaves_the_group_counts_too():
    found = solve(grid(penalty(1000), moves="ind>crop", held={"11": "ind"}, zone_costs={("11", "crop"): 2.0}))
    assert found.objective == pytest.approx(30 - 1000 * 0.4)


def test_restored_land_has_its_own_border():
    """The only wood at present does not count: restored land is none of it, and two corners cost twice."""
    moves = {"crop>wood": {"restoration": 1}, "bare>wood": {}}
    held = {"01": "wood", "12": "bare"}
    instance = grid(quota("restoration_area", 20), penalty(50, "restored"), moves=moves, held=held)
    found = solve(instance)
    chosen = {move.split()[0] for move in found.changes}
    assert found.objective == pytest.approx(20 + 50 * 0.3)
    assert perimeter_km(GRID, chosen) == pytest.approx(0.3)
    border = program_of(instance).boundaries[0]
    assert not border.base.any()
    assert set(border.node.tolist()).isdisjoint({1, 5})


def test_shares_of_mixed_zones_are_exact():
    """Two zones, 10 and 20 ha: the border counts by the difference of built shares."""
    zones = {"a": {"crop": 6, "ind": 4}, "b": {"crop": 20}}
    instance = draft(
        zones, "crop>ind", quotas=[quota("growth_demand", 8, "industry"), penalty(1000)], neighbours={("a", "b"): 100}
    ).instance()
    found = solve(instance)
    assert found.changes == {"b crop>ind 2030": 8.0}
    assert found.objective == pytest.approx(8 - 1000 * 0.1 * 0.4)
    assert found.others.get("boundary:built a b", 0.0) == 0.0


def test_several_periods_count_where_they_end():
    quotas = [quota("growth_demand", 20, "industry", period=2030), quota("growth_demand", 40, "industry"), penalty(10)]
    found = solve(grid(*quotas, periods=(2030, 2040)))
    assert found.objective == pytest.approx(40 + 10 * 0.4)


def test_a_region_counts_the_edges_inside_it():
    zones = cells(3, 3)
    for name, content in zones.items():
        content["region"] = "n" if name[0] == "0" else "s"
    regions = {"all": "", "n": "all", "s": "all"}
    instance = draft(
        zones, "crop>ind", quotas=[penalty(5, region="n"), limit(0.2, region="all")], neighbours=GRID, regions=regions
    ).instance()
    program = program_of(instance)
    assert len(program.boundaries) == 1
    border = program.boundaries[0]
    priced = program.columns[0].cost["cost"] > 0
    assert {(int(a), int(b)) for a, b in zip(border.left[priced], border.right[priced], strict=True)} == {
        (0, 1),
        (1, 2),
    }
    alone = draft(zones, "crop>ind", quotas=[penalty(5, region="n")], neighbours=GRID, regions=regions).instance()
    assert len(program_of(alone).boundaries[0]) == 2


def test_edges_that_cannot_change_are_part_of_the_limit_only():
    zones = cells(1, 4, {"00": "ind", "01": "wood"})
    instance = draft(zones, "crop>ind", quotas=[limit(0.2)], neighbours=edges(1, 4)).instance()
    border = program_of(instance).boundaries[0]
    assert (border.left.tolist(), border.right.tolist()) == ([1, 2], [2, 3])
    (row,) = rows_of(instance, "perimeter_limit")
    assert row.terms == {"boundary:built 01 02": 0.1, "boundary:built 02 03": 0.1}
    assert row.upper == pytest.approx(0.1)
    assert row.label["base"] == pytest.approx(0.1)


def test_a_limit_on_land_that_never_changes_is_met_or_not():
    zones = cells(1, 2, {"00": "ind", "01": "wood"})
    for most, there in ((0.1, True), (0.05, False)):
        instance = draft(zones, "crop>ind", quotas=[limit(most)], neighbours=edges(1, 2)).instance()
        assert not program_of(instance).boundaries
        assert (solve(instance).objective is not None) == there


def test_rows_hold_the_column_above_both_differences():
    instance = draft(cells(1, 2, {"00": "ind"}), "crop>ind", quotas=[penalty(1)], neighbours=edges(1, 2)).instance()
    first, second = rows_of(instance, "boundary:built")
    assert first.terms == {"boundary:built 00 01": 1.0, "01 crop>ind 2030": 1.0}
    assert (first.lower, first.label) == (1.0, {"zone_a": "00", "zone_b": "01"})
    assert second.terms == {"boundary:built 00 01": 1.0, "01 crop>ind 2030": -1.0}
    assert (second.lower, second.label) == (-1.0, {"zone_a": "01", "zone_b": "00"})


def test_land_on_a_border_is_never_merged():
    zones = {name: content | {"whole": 0} for name, content in cells(3, 3).items()} | {
        f"x{k}": {"crop": 5} for k in range(4)
    }
    instance = draft(
        zones, "crop>ind", quotas=[quota("growth_demand", 35, "industry"), penalty(10)], neighbours=GRID
    ).instance()
    program = program_of(instance)
    merged = merge(program)
    assert merged.program.moves.n_groups == 10
    border = merged.program.boundaries[0]
    assert (merged.program.moves.zone[border.index] == border.node).all()
    values = np.random.default_rng(0).uniform(size=len(merged.program.moves))
    values[::2] = 1 - values[1::2]
    assert border.widths(values) == pytest.approx(program.boundaries[0].widths(merged.expand(values)))
    assert outcome(instance, program).objective == pytest.approx(35)


def test_both_rules_can_be_switched_off():
    quotas = quota("growth_demand", 40, "industry"), penalty(10), limit(0.4)
    instance = grid(*quotas)
    limited = program_of(instance, "compactness")
    assert [columns.family for columns in limited.columns] == ["boundary:built"]
    assert solve(instance, "compactness").objective == pytest.approx(40)
    assert not program_of(instance, "compactness", "perimeter_limit").boundaries


def test_groups_have_a_border_each():
    instance = grid(penalty(1), penalty(2, "forest"), limit(9), moves="crop>ind crop>wood")
    program = program_of(instance)
    assert [border.family for border in program.boundaries] == ["boundary:built", "boundary:forest"]
    assert [len(border.index) for border in program.boundaries] == [9, 9]
