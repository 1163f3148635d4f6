import numpy as np
import pytest

from tests.build import column_names, instance_of, program_of, quota

ZONES = {"a": {"bare": 10, "crop": 5}, "b": {"bare": 4, "min_lot_ha": 2}}
MOVES = {"bare>wood": {"restoration": 1, "cost": 3}, "crop>ind": {"cost": 2}}
PROJECTS = {"p": {"members": "u", "to": "wood", "cost_wanyuan": 7, "max_area_ha": 5}}
UNITS = {"u": {"a": 1}}


@pytest.fixture
def instance():
    quotas = [quota("growth_demand", 1, "industry"), quota("floor", 2, "forest")]
    factors = {("crop", "stock"): 100, ("crop", "soil_share"): 0}
    objective = {"kind": "weighted", "emission_weight": 2, "cost_weight": 10}
    return instance_of(
        ZONES, MOVES, quotas=quotas, projects=PROJECTS, units=UNITS, factors=factors, objective=objective
    )


def test_land_comes_first_then_the_other_columns(instance):
    assert column_names(instance, program_of(instance)) == [
        "a crop>crop 0",
        "a crop>ind 2030",
        "a bare>bare 0",
        "a bare>wood 2030",
        "b bare>bare 0",
        "b bare>wood 2030",
        "restoration_project p 2030",
        "minimum_lot b wood 2030",
    ]


def test_every_group_is_used_up(instance):
    """One row a choice group: shares of all its moves, the stay included, add to one."""
    matrix = program_of(instance).matrix()
    assert matrix.rows[[0, 1, 2]].toarray()[:, :6].tolist() == [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1],
    ]
    assert matrix.row_lower[:3].tolist() == matrix.row_upper[:3].tolist() == [1, 1, 1]


def test_costs_are_hectares_times_the_weighted_objectives(instance):
    """crop>ind loses 100 tCO2/ha: 5 x (2 x 100 + 10 x 2); the project costs 10 x 7, a lot nothing."""
    assert program_of(instance).matrix().cost.tolist() == [0, 1100, 0, 300, 0, 120, 70, 0]


def test_binaries_lie_between_zero_and_one(instance):
    matrix = program_of(instance).matrix()
    assert matrix.integer.tolist() == [False] * 6 + [True] * 2
    assert (matrix.lower == 0).all()
    assert (matrix.upper == 1).all()


def test_rows_are_counted(instance):
    program = program_of(instance)
    assert program.n_rows == program.matrix().rows.shape[0] == program.row_starts[-1]
    assert program.n_columns == program.matrix().rows.shape[1]


def test_the_land_matrix_is_that_part_of_the_rows(instance):
    program = program_of(instance)
    rows = program.matrix().rows.toarray()
    for quota_, start in zip(program.quotas, program.row_starts[:-1], strict=True):
        land = quota_.land_matrix(program.moves.area_ha).toarray()
        assert np.array_equal(rows[start : start + len(quota_), : len(program.moves)], land)


def test_a_constant_is_weighted_and_stays_out_of_the_costs():
    """Forest of 4 ha takes up 3 tCO2/ha/yr for ten years: -120, of which the objective knows nothing."""
    options = {"factors": {("wood", "sink"): 3}, "mode": "flux"}
    objective = {"kind": "weighted", "emission_weight": 0.5, "cost_weight": 1}
    program = program_of(instance_of({"a": {"wood": 4}}, "", objective=objective, **options))
    assert program.constant == pytest.approx(-60)
    assert program.cost.tolist() == [0]
