"""Portfolios against every plan of six units."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from instances.faults import InstanceError
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from optimizer.sites.portfolio import portfolio, write_portfolio
from optimizer.sites.source import load_sites
from tests.optimizer.sites.every_plan import every_plan, utility
from tests.six_units import rule, six

QUICK = SolveOptions(gap=1e-6, time_limit_s=30)
CASES = {
    "set": six(),
    "borders": six(rule("boundary_penalty", 0.05, factor=0.5)),
    "contiguity": six(rule("contiguity")),
    "utility": utility(7),
}


def names(found) -> list[str]:
    """Units of each plan, as in "126"."""
    return ["".join(plan.selection.table()["unit"]) for plan in found.plans]


@pytest.mark.parametrize("case", CASES)
def test_the_best_plans_in_order(tmp_path, case):
    instance = load_sites(CASES[case].write(tmp_path / "six"))
    plans = every_plan(tmp_path / "six")
    down = case == "utility"
    found = portfolio(instance, "top", 6, QUICK, Silent())
    assert [plan.objective for plan in found.plans] == pytest.approx(sorted(plans.values(), reverse=down)[:6], abs=1e-6)
    assert len(set(names(found))) == 6
    assert all(
        plans[name] == pytest.approx(plan.objective) for name, plan in zip(names(found), found.plans, strict=True)
    )
    assert not found.complete
    assert write_portfolio(instance, found, tmp_path / "plans") == []


def test_a_list_of_all_plans_is_complete(tmp_path):
    """With 9 to spend only 1 + 2 + 6 and 1 + 3 + 5 meet both targets."""
    instance = load_sites(six(rule("budget", 9)).write(tmp_path / "six"))
    plans = every_plan(tmp_path / "six")
    found = portfolio(instance, "top", 10, QUICK, Silent())
    assert found.complete
    assert sorted(names(found)) == sorted(plans) == ["126", "135"]
    share = found.frequency().set_index("unit")["share"]
    assert share.to_dict() == {"1": 1, "2": 0.5, "3": 0.5, "4": 0, "5": 0.5, "6": 0.5}


@pytest.mark.parametrize("case", ["set", "borders", "utility"])
def test_plans_near_the_optimum(tmp_path, case):
    instance = load_sites(CASES[case].write(tmp_path / "six"))
    best = next(iter(portfolio(instance, "top", 1, QUICK, Silent()).plans)).objective
    found = portfolio(instance, "gap", 4, QUICK, Silent(), within=0.25)
    assert len(set(names(found))) == len(found.plans) >= 2
    assert all(abs(plan.objective - best) <= 0.25 * abs(best) + 1e-6 for plan in found.plans)
    assert write_portfolio(instance, found, tmp_path / "plans") == []


def test_extra_plans_lie_apart(tmp_path):
    instance = load_sites(six().write(tmp_path / "six"))
    found = portfolio(instance, "extra", 4, QUICK, Silent(), differ=2)
    chosen = [plan.selection.chosen for plan in found.plans]
    assert len(chosen) == 4
    assert min(int((one != other).sum()) for one, other in combinations(chosen, 2)) >= 2


def test_shuffled_units_give_plans_of_the_study(tmp_path):
    instance = load_sites(six().write(tmp_path / "six"))
    plans = every_plan(tmp_path / "six")
    found = portfolio(instance, "shuffle", 4, QUICK, Silent())
    assert sum(plan.times for plan in found.plans) == 4
    assert all(plans[name] == pytest.approx(min(plans.values())) for name in names(found))
    assert write_portfolio(instance, found, tmp_path / "plans") == []


def test_the_same_seed_gives_the_same_plans(tmp_path):
    instance = load_sites(six().write(tmp_path / "six"))
    first, second = (portfolio(instance, "gap", 3, QUICK, Silent(), within=0.3) for _ in range(2))
    assert names(first) == names(second)
    assert np.isfinite(first.listed()[["objective", "bound", "gap"]].to_numpy(dtype=float)).all()


def test_shares_of_units_are_refused(tmp_path):
    draft = six()
    draft.restoration["decision"] = "proportion"
    with pytest.raises(InstanceError, match="shares are decided"):
        portfolio(load_sites(draft.write(tmp_path / "six")), "top", 2, QUICK, Silent())
