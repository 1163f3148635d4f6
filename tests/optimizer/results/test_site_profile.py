"""The profile of a prioritisation says what hand calculation says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from typer.testing import CliRunner

from instances.prioritisation import Problem
from optimizer.cli import app
from optimizer.results.site_profile import site_profile, under_budget
from tests.instances.site_case import FEATURES, write

COST = [4.0, 3.0, 2.0, 1.0, 5.0]
HELD = np.array([[2.0, 0], [2, 0], [0, 2], [0, 3], [0, 0]])


def problem():
    return Problem(COST, ["bird", "fern"], HELD).minimum_shortfall()


def test_a_budget_bounds_what_can_be_held():
    sites = problem().targets(absolute=[4, 5]).budget(5).sites()
    assert under_budget(sites, "cost", 5, "*").tolist() == [2 + 2 * 2 / 4, 5]  # unit 2 whole, half of unit 1
    found = site_profile(sites).beyond
    assert found.to_dict("records") == [
        {"target": "bird", "sense": ">=", "asked": 4.0, "reach": 3.0, "missing": 1.0, "because": "budget1"}
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_is_the_best_of_shares(seed):
    rng = np.random.default_rng(seed)
    cost, held = rng.normal(2, 2, 12), rng.random((12, 3)) * (rng.random((12, 3)) < 0.6) + 0.01
    sites = Problem(cost, ["a", "b", "c"], held).targets(relative=0.5).locked_in([1]).minimum_shortfall().sites()
    budget = float(np.maximum(cost, 0).sum() / 2)
    best = [-linprog(-row, A_ub=[cost], b_ub=[budget], bounds=[(1, 1)] + [(0, 1)] * 11).fun for row in held.T]
    bound = under_budget(sites, "cost", budget, "*")
    assert (bound >= np.array(best) - 1e-9).all()
    if (cost >= 0).all():
        np.testing.assert_allclose(bound, best)


def test_what_is_locked_cannot_be_reached():
    sites = problem().targets(absolute=[4, 4]).locked_out([1]).sites()
    found = site_profile(sites).beyond
    assert found[["target", "asked", "reach", "missing", "because"]].values.tolist() == [
        ["bird", 4.0, 2.0, 2.0, "locked units"]
    ]


def test_units_that_are_of_no_use():
    found = site_profile(problem().targets(absolute=[1, 1]).sites()).useless.set_index("reason")
    assert found.loc["adds to no target", ["units", "cost", "examples"]].tolist() == [1, 5.0, "5"]
    assert found.loc["dearer than a unit that holds the same", ["units", "examples"]].tolist() == [1, "1"]


def test_a_feature_of_one_unit():
    held = np.array([[1.0, 0], [1, 0], [0, 2]])
    problem = Problem([1, 1, 1], ["bird", "fern"], held).targets(relative=0.5).minimum_shortfall()
    found = site_profile(problem.sites()).rare
    assert found.values.tolist() == [["fern", 3]]


def test_numbers_far_apart():
    sites = Problem([1.0, 2e7], ["bird"], [[1.0], [1.0]]).targets(relative=0.5).sites()
    assert site_profile(sites).badly_scaled
    chain = np.array([[0.0, 1], [1, 0]])
    near = Problem([1.0, 2.0], ["bird"], [[1.0], [1.0]]).boundary_penalty(1, boundary=chain)
    far = Problem([1.0, 2.0], ["bird"], [[1.0], [1.0]]).boundary_penalty(1e-9, boundary=chain)
    assert not site_profile(near.sites()).badly_scaled
    assert site_profile(far.sites()).badly_scaled


def test_everything_locked():
    made = problem().targets(relative=0.1)
    assert not site_profile(made.sites()).all_locked
    assert site_profile(made.locked_in(np.ones(5, dtype=bool)).sites()).all_locked


@pytest.mark.parametrize(("lang", "words"), [("zh", "无法达到的目标"), ("en", "Targets beyond reach")])
def test_the_command(tmp_path, lang, words):
    folder = write(tmp_path, "minimum_shortfall", features=[FEATURES[0] | {"target": 5}, FEATURES[1]])
    run = CliRunner().invoke(app, ["check", str(folder), "--lang", lang])
    assert run.exit_code == 0, run.output
    assert words in run.output
    assert "warning: " in run.output
