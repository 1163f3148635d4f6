import numpy as np
import pytest

from formulations.merge import merge
from tests.build import instance_of, outcome, program_of, quota

ALIKE = {f"z{k}": {"bare": 2.0 + k} for k in range(5)}
QUOTAS = [quota("growth_demand", 7, "industry")]


def merged_groups(zones, moves="bare>ind", **more):
    return merge(program_of(instance_of(zones, moves, quotas=QUOTAS, **more))).program.moves.n_groups


def test_alike_land_becomes_one_group_with_the_area_of_all():
    merged = merge(program_of(instance_of(ALIKE, "bare>ind", quotas=QUOTAS)))
    assert merged.program.moves.group_area_ha.tolist() == [2 + 3 + 4 + 5 + 6]
    assert merged.member_of.tolist() == [0] * 5


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"region": "n"}, {"quotas": [quota("floor", 0, "unused", region="n")]}),  # a row tells it apart
        ({"cost_factor": 2.0}, {}),  # an objective does
        ({"red_line": "core"}, {}),  # other moves
        ({"whole": 1}, {}),  # it changes as a whole
        ({"min_lot_ha": 1.0}, {}),  # it has a lot of its own
    ],
)
def test_land_that_differs_stays_apart(change, more):
    zones = {"a": {"bare": 5}, "b": {"bare": 5} | change, "c": {"bare": 5}}
    regions = {"all": "", "n": "all"}
    quotas = [*QUOTAS, *more.get("quotas", [])]
    program = program_of(instance_of(zones, "bare>ind", regions=regions, quotas=quotas))
    assert merge(program).member_of.tolist() == [0, 1, 0]


def test_regions_that_no_row_tells_apart_merge():
    zones = {"a": {"bare": 5, "region": "n"}, "b": {"bare": 5, "region": "n"}}
    assert merged_groups(zones, regions={"all": "", "n": "all"}) == 1


def test_the_share_of_a_project_keeps_land_apart():
    projects, units = {"p": {"members": "u", "to": "ind"}}, {"u": {"z0": 0.5, "z1": 1.0, "z2": 1.0}}
    zones = {name: {"bare": 5} for name in ("z0", "z1", "z2")}
    program = program_of(instance_of(zones, "bare>ind", quotas=QUOTAS, projects=projects, units=units))
    member = merge(program).member_of
    assert member[0] != member[1]


def test_an_expanded_plan_keeps_every_row_and_cost():
    program = program_of(instance_of(ALIKE, "bare>ind bare>wood", quotas=[*QUOTAS, quota("floor", 5, "forest")]))
    merged = merge(program)
    small = np.array([8 / 20, 7 / 20, 5 / 20])  # stay, industry, forest
    large = merged.expand(small)
    rows, expected = program.matrix().rows @ large, merged.program.matrix().rows @ small
    assert rows[:5] == pytest.approx(np.ones(5))
    assert rows[5:] == pytest.approx(expected[1:])
    assert program.cost @ large == pytest.approx(merged.program.cost @ small)


def test_members_are_filled_one_after_another():
    """At most one zone is cut at each border between two moves."""
    program = program_of(instance_of(ALIKE, "bare>ind", quotas=QUOTAS))
    large = merge(program).expand(np.array([13 / 20, 7 / 20]))
    shares = large[1::2]
    assert ((shares > 1e-9) & (shares < 1 - 1e-9)).sum() <= 1


def test_where_shares_are_limited_members_take_the_same():
    projects, units = {"p": {"members": "u", "to": "ind"}}, {"u": {"z0": 0.5, "z1": 0.5}}
    zones = {"z0": {"bare": 4}, "z1": {"bare": 4}}
    program = program_of(instance_of(zones, "bare>ind", projects=projects, units=units))
    merged = merge(program)
    columns = merged.program.n_columns
    values = np.zeros(columns)
    values[: len(merged.program.moves)] = np.tile([0.6, 0.4], merged.program.moves.n_groups)
    large = merged.expand(values)
    assert (large[: len(program.moves)] <= program.moves.upper + 1e-12).all()


def test_multipliers_of_groups_divide_by_area():
    program = program_of(instance_of(ALIKE, "bare>ind", quotas=QUOTAS))
    duals = merge(program).expand_duals(np.array([20.0, 3.0]))
    assert duals.tolist() == [2, 3, 4, 5, 6, 3]


def test_the_optimum_is_the_same():
    instance = instance_of(ALIKE, "bare>ind", quotas=QUOTAS)
    assert outcome(instance, program_of(instance)).objective == pytest.approx(7)
