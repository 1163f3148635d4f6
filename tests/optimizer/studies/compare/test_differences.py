"""Figures side by side, and what bounds prove of the difference of two optima, by hand."""

import math

import pandas as pd

from optimizer.studies.compare.differences import proven_difference, side_by_side


def test_optima_of_two_minimised_scenarios_lie_apart_by_what_both_bounds_prove():
    # z' in [90, 100], z in [70, 80]: z' - z is between 90 - 80 and 100 - 70
    assert proven_difference(100.0, 90.0, 80.0, 70.0) == (10.0, 30.0)


def test_a_maximised_value_lies_below_its_bound():
    # z' in [100, 120], z in [80, 85]
    assert proven_difference(100.0, 120.0, 80.0, 85.0) == (15.0, 40.0)


def test_without_a_bound_nothing_is_proven():
    assert proven_difference(100.0, None, 80.0, 70.0) == (-math.inf, math.inf)


def table(rows):
    return pd.DataFrame(rows, columns=["part", "value"])


def test_rows_of_one_key_are_added_up_and_differences_follow():
    parts = {"a": table([("x", 1.0), ("x", 2.0), ("y", 5.0)]), "b": table([("x", 7.0), ("z", 4.0)])}
    found = side_by_side(parts, ["part"], "value", "a", 0.0)
    assert found["part"].tolist() == ["x", "y", "z"]
    assert found["a"].tolist() == [3.0, 5.0, 0.0]
    assert found["b"].tolist() == [7.0, 0.0, 4.0]
    assert found["b - a"].tolist() == [4.0, -5.0, 4.0]


def test_what_a_scenario_does_not_have_stays_empty_where_that_is_not_zero():
    parts = {"a": table([("x", 1.0)]), "b": table([("y", 2.0)])}
    found = side_by_side(parts, ["part"], "value", "a")
    assert found["b"].isna().tolist() == [True, False]
    assert found["b - a"].isna().all()


def test_without_a_plan_of_the_reference_there_are_no_differences():
    found = side_by_side({"b": table([("x", 1.0)])}, ["part"], "value", "a")
    assert found.columns.tolist() == ["part", "b"]


def test_round_off_is_no_difference():
    parts = {"a": table([("x", 0.1 + 0.2)]), "b": table([("x", 0.3)])}
    assert side_by_side(parts, ["part"], "value", "a")["b - a"].tolist() == [0.0]
