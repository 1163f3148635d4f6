import numpy as np
import pytest

from formulations.assemble import land_block
from tests.build import barred_by, instance_of, moves_of

ZONES = {"a": {"crop": 10, "bare": 4}, "b": {"bare": 6, "red_line": "core"}}


@pytest.fixture
def instance():
    return instance_of(ZONES, "bare>wood bare>ind crop>ind", periods=(2025, 2030))


def test_groups_are_ordered_with_the_stay_first(instance):
    moves = land_block(instance).moves
    assert moves.start.tolist() == [0, 3, 8, 9]  # crop: 1 + 1 x 2, bare: 1 + 2 x 2, the core: its stay alone
    assert moves.period.tolist() == [0, 1, 2, 0, 1, 2, 1, 2, 0]
    assert moves.group_area_ha.tolist() == [10, 4, 6]


def test_each_move_knows_its_group(instance):
    moves = land_block(instance).moves
    assert moves.group.tolist() == [0] * 3 + [1] * 5 + [2]
    assert moves.area_ha.tolist() == [10] * 3 + [4] * 5 + [6]


def test_only_stays_do_not_change(instance):
    moves = land_block(instance).moves
    assert np.flatnonzero(~moves.changes).tolist() == moves.start[:-1].tolist()
    assert (moves.source[~moves.changes] == moves.target[~moves.changes]).all()


def test_classes_without_area_make_no_group():
    moves = land_block(instance_of({"a": {"crop": 10, "bare": 0}}, "bare>wood crop>wood")).moves
    assert moves.n_groups == 1


@pytest.mark.parametrize(
    ("move", "rules"),
    [
        ("a crop>ind", ()),
        ("a crop>wood", ("transition_matrix",)),
        ("b bare>wood", ("red_line",)),
        ("b bare>grass", ("transition_matrix", "red_line")),  # every reason, in the order of the rules
    ],
)
def test_the_reasons_are_kept(instance, move, rules):
    assert barred_by(instance, move) == rules


def test_a_rule_switched_off_gives_no_reason(instance):
    assert "b bare>wood" in moves_of(instance, "red_line")
    assert "red_line" not in land_block(instance, ["red_line"]).moves.permissions
