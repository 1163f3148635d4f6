"""Curves of cost and benefit against every plan of six units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from instances.faults import InstanceError
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from optimizer.sites.curve import curve
from optimizer.sites.source import load_sites
from tests.optimizer.sites.every_plan import every_plan, utility
from tests.six_units import rule, six, units

if TYPE_CHECKING:
    from tests.six_units import SiteDraft

QUICK = SolveOptions(gap=1e-6, time_limit_s=30)


def test_targets_from_nothing_to_all(tmp_path):
    """A part of the targets is an instance of its own, of which every plan is tried."""
    found = curve(load_sites(six().write(tmp_path / "six")), QUICK, Silent(), 4).table
    assert list(found)[:2] == ["targets", "value"]
    for part, value, bound in zip(found["targets"], found["value"], found["bound"], strict=True):
        draft = six()
        draft.tables["features"] = [one | {"target": one["target"] * part} for one in draft.tables["features"]]
        best = min(every_plan(draft.write(tmp_path / f"part{part}")).values())
        assert value == pytest.approx(best, abs=1e-6)
        assert bound <= value + 1e-9
    assert found["value"].is_monotonic_increasing


@pytest.mark.parametrize("kind", ["maximum_utility", "minimum_shortfall"])
def test_budgets_from_nothing_to_all(tmp_path, kind):
    def study(budget: float) -> SiteDraft:
        if kind == "maximum_utility":
            return utility(budget)
        return six(rule("budget", budget), objectives=[{"kind": kind}])

    found = curve(load_sites(study(5).write(tmp_path / "six")), QUICK, Silent(), 3).table
    assert found["budget"].tolist() == pytest.approx([0, 7, 14, 21])
    for budget, value in zip(found["budget"], found["value"], strict=True):
        plans = every_plan(study(budget).write(tmp_path / f"at{budget}")).values()
        best = max(plans) if kind == "maximum_utility" else min(plans)
        assert value == pytest.approx(best, abs=1e-6)
    assert (found["cost"] <= found["budget"] + 1e-9).all()


def test_a_budget_below_what_is_locked_in_has_no_plan(tmp_path):
    draft = utility(5)
    draft.tables["units"] = units(u4={"status": "locked_in"})
    found = curve(load_sites(draft.write(tmp_path / "six")), QUICK, Silent(), 2, most=8).table
    assert found["value"].isna().tolist() == [True, False, False]


def test_without_budget_or_targets_there_is_no_curve(tmp_path):
    draft = six(objectives=[{"kind": "maximum_utility"}])
    draft.tables["features"] = [one | {"target": 0} for one in draft.tables["features"]]
    with pytest.raises(InstanceError, match="neither a budget nor targets"):
        curve(load_sites(draft.write(tmp_path / "six")), QUICK, Silent(), 2)
    with pytest.raises(InstanceError, match="studies with a budget"):
        curve(load_sites(six().write(tmp_path / "set")), QUICK, Silent(), 2, most=9)
