"""Studies whose answers follow by hand: limits of shares, products of shares, caps beside what must hang together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from instances.faults import InstanceError
from instances.instance import load
from instances.prioritisation import Problem
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve
from tests.six_units import SiteDraft, rule, six, units

if TYPE_CHECKING:
    from pathlib import Path

EXACT = SolveOptions(gap=0.0)


def optimum(tmp_path: Path, draft: SiteDraft, tables: bool = False) -> float:
    """Solve a draft; the audit must pass."""
    outcome = solve(draft.write(tmp_path / "instance"), tmp_path / "plan", StudyOptions(solve=EXACT, tables=tables))
    assert outcome.audit_passed, outcome.failures
    return float(outcome.summary["objective"])


def aim(kind: str, **more: Any) -> list[dict[str, Any]]:
    return [{"kind": kind, **more}]


def test_bounds_do_not_open_what_is_locked_out(tmp_path):
    """Without unit 1 the targets cost 2 + 3 + 5 = 10."""
    bounds = [{"unit": "1", "lower": 0, "upper": 1}]
    assert optimum(tmp_path, six(units=units(u1={"status": "locked_out"}), bounds=bounds)) == pytest.approx(10)


def test_bounds_do_not_lift_the_upper_limit(tmp_path):
    """Of `a` each unit gives at most 1: 1 + 1 of 1 and 2 costs 0.5 + 1, whatever the bound of unit 1 says."""
    features = [{"feature": "a", "target": 2}, {"feature": "b", "target": 0}]
    draft = six(features=features, bounds=[{"unit": "1", "lower": 0, "upper": 1}])
    draft = replace(draft, restoration={"decision": "semicontinuous", "upper_limit": 0.5})
    assert optimum(tmp_path, draft, tables=True) == pytest.approx(0.5 + 1.0)


def test_shares_that_are_punished_together_count_by_what_they_cannot_avoid(tmp_path):
    """Up to 1 in all, shares of units 1 and 2 need not overlap, and the penalty is not paid."""
    features = [{"feature": "a", "target": 4}, {"feature": "b", "target": 0}]
    links = [{"layer": "near", "unit_a": "1", "unit_b": "2", "value": 1}]
    draft = six(rule("connectivity_penalty", -10, layer="near"), features=features, connectivity=links)
    draft = replace(draft, restoration={"decision": "proportion"})
    # In full, 1 and 2 cost 3 + 10; 1 and 3 cost 4, and no share of 2 may take the place of 3 without the penalty.
    assert optimum(tmp_path, draft) == pytest.approx(4.0)


def test_a_bound_from_multipliers_of_products_in_several_zones(tmp_path):
    """Rewards between two management zones: the audit proves the bound from multipliers (checked by `optimum`)."""
    zones = [{"management_zone": name} for name in "pq"]
    pairs = [{"layer": "near", "zone_a": a, "zone_b": b, "value": 1} for a, b in ("pq", "qp", "pp", "qq")]
    links = [{"layer": "near", "unit_a": a, "unit_b": b, "value": 2} for a, b in ("21", "13", "32", "65")]
    draft = six(
        rule("connectivity_penalty", 1.5, layer="near"),
        management_zones=zones,
        zone_pairs=pairs,
        connectivity=links,
        features=[{"feature": "a", "target": 0}, {"feature": "b", "target": 3}],
    )
    draft = replace(draft, restoration={"decision": "proportion"})
    # Units half in p and half in q meet in all four pairs of zones, half each: a link earns 2 x 1.5 x 2 = 6. Units 1, 2
    # and 3 cost 6 and earn 18; of `b` 2 are left for 5 and 6, of which equal shares s hold 5 s and cost 11 s - 6 s.
    assert optimum(tmp_path, draft) == pytest.approx(6 - 18 + 2)


def test_a_cap_counts_units_that_are_not_used_for_the_feature(tmp_path):
    """With at most 4 of `a` the three units that hold it cannot all be chosen, used or not."""
    targets = [{"target": "cap", "feature": "a", "sense": "<=", "value": 4}]
    draft = six(
        rule("budget", 21),
        rule("feature_contiguity", feature="a"),
        objectives=aim("maximum_utility"),
        targets=targets,
    )
    # Connected and 4 of `a`: 1 and 2, or 2 and 3 (which holds 1 of `b`, weight 2): 4 + 2 x (1 + 2 + 3) = 16.
    assert optimum(tmp_path, draft) == pytest.approx(16.0)


def test_targets_beyond_reach_are_no_fault_where_a_shortfall_is_measured_too(tmp_path):
    """Nothing but a shortfall follows from a target of 60: 1 - 6 / 60, and the cost of units 1, 2 and 3."""
    features = [{"feature": "a", "target": 60, "weight": 100}, {"feature": "b", "target": 0}]
    goals = [*aim("minimum_shortfall"), *aim("minimum_set")]
    assert optimum(tmp_path, six(features=features, objectives=goals)) == pytest.approx(90.0 + 6.0)


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (
            six(
                features=[{"feature": "a", "target": 4, "weight": -1}, {"feature": "b"}],
                objectives=aim("minimum_shortfall"),
            ),
            "weight -1 of a must not be negative",
        ),
        (six(objectives=aim("minimum_set", weight=-1)), "greater than or equal to 0"),
        (
            six(
                rule("connectivity_penalty", 1, layer="near"),
                connectivity=[
                    {"layer": "near", "unit_a": "1", "unit_b": "2", "value": 1},
                    {"layer": "near", "unit_a": "2", "unit_b": "1", "value": 3},
                ],
            ),
            "near is not symmetric: 2 and 1 differ",
        ),
        (
            replace(
                six(bounds=[{"unit": "1", "lower": 0.8, "upper": 1}]),
                restoration={"decision": "semicontinuous", "upper_limit": 0.5},
            ),
            "lower 0.8 is above upper 0.5",
        ),
        (six(rule("no_such_rule")), "no rule"),
    ],
)
def test_what_would_give_wrong_answers_is_refused(tmp_path, draft, words):
    with pytest.raises(InstanceError) as caught:
        load(draft.write(tmp_path / "instance"))
    assert [str(fault) for fault in caught.value.faults if words in str(fault)], caught.value.faults


def test_a_symmetric_matrix_keeps_its_diagonal():
    problem = Problem([1.0, 1.0], ["a"], np.ones((2, 1))).targets(absolute=1).minimum_set()
    held = problem.connectivity_penalty(1, "near", np.array([[2.0, 3.0], [3.0, 0.0]])).sites().tables["connectivity"]
    assert sorted(held["value"]) == [2.0, 3.0]
    with pytest.raises(InstanceError, match="not symmetric"):
        problem.connectivity_penalty(1, "near", np.array([[0.0, 3.0], [1.0, 0.0]]))


def clashes(tmp_path: Path, draft: SiteDraft) -> list[str]:
    """Return why a draft has no plan."""
    return list(solve(draft.write(tmp_path / "instance"), tmp_path / "plan", StudyOptions(lang="en")).explanation["en"])


@pytest.mark.parametrize(
    ("sense", "bounds", "words"),
    [
        ("<=", [{"unit": "1", "lower": 1}, {"unit": "4", "lower": 1}], "(at most 1) is exceeded by 1"),
        (">=", [{"unit": "1", "upper": 0}, {"unit": "4", "upper": 0}], "(at least 1) lacks 1"),
    ],
)
def test_bounds_are_named_where_a_limit_clashes_with_them(tmp_path, sense, bounds, words):
    """Group west is 1 and 4: both are bound in, or both out."""
    features = [{"feature": "b", "target": 3}, {"feature": "a", "target": 2}]
    draft = six(rule("group_count", 1, group="west", sense=sense), bounds=bounds, features=features)
    (line,) = clashes(tmp_path, draft)
    assert words in line
    assert line.endswith("it clashes with: limits of units.")


def test_bounds_on_shares_are_named_where_a_limit_clashes_with_them(tmp_path):
    """0.8 of 1 and 0.7 of 4 are 0.5 above one unit of the group."""
    bounds = [{"unit": "1", "lower": 0.8}, {"unit": "4", "lower": 0.7}]
    draft = six(rule("group_count", 1, group="west"), bounds=bounds)
    draft.restoration = {"decision": "proportion"}
    assert [line.split("west ")[1] for line in clashes(tmp_path, draft)] == [
        "(at most 1) is exceeded by 0.5; it clashes with: limits of units."
    ]
