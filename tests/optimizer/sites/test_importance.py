"""Importance of units: every plan of six units tried, prioritizr's scores on 90 units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.prioritisation import Problem
from instances.synthetic.sites import SiteOptions, in_memory
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.sites.plan import read_selection, selection_of
from optimizer.results.solution import SolveOptions
from optimizer.sites.ferrier import ferrier
from optimizer.sites.importance import importance
from optimizer.sites.model import model_of
from optimizer.sites.prices import bounds_without, prices
from optimizer.sites.rank import rank
from optimizer.sites.repair import repairs
from optimizer.sites.replacement import Study, replacement
from optimizer.sites.richness import rescaled, richness
from optimizer.sites.source import load_sites
from tests.optimizer.sites import sim90
from tests.optimizer.sites.every_plan import every_plan, utility
from tests.six_units import rule, six, units, write_selection

needs_shared = pytest.mark.skipif(not sim90.DATA.is_dir(), reason="the shared data are not here")
QUICK = SolveOptions(time_limit_s=20)
CASES = {
    "set": six(),
    "borders": six(rule("boundary_penalty", 0.05, factor=0.5)),
    "contiguity": six(rule("contiguity")),
    "shortfall": six(rule("budget", 5), objectives=[{"kind": "minimum_shortfall"}]),
    "utility": utility(7),
    "locked in": six(units=units(u4={"status": "locked_in"})),
    "linear penalty": six(rule("linear_penalty", 0.2, layer="area_ha")),
    "soft and limited": six(
        rule("budget", 5),
        objectives=[{"kind": "minimum_shortfall"}],
        targets=[{"target": "few a", "feature": "a", "sense": "<=", "value": 4}],
    ),
    "rare": six(targets=[{"target": "all a", "feature": "a", "value": 6}]),
}


@pytest.mark.parametrize("most", [6, 0], ids=["solved", "bounds"])
@pytest.mark.parametrize("case", CASES)
def test_replacement_costs_are_those_of_every_plan(tmp_path, case, most):
    instance = load_sites(CASES[case].write(tmp_path / "six"))
    model, plans = model_of(instance), every_plan(tmp_path / "six")
    worth = {name: model.sign * value for name, value in plans.items()}
    best = min(worth, key=worth.__getitem__)
    chosen = [str(k) in best for k in range(1, 7)]
    found = replacement(model, selection_of(model.sites, np.array(chosen, dtype=float)), QUICK, Silent(), most)
    for place in np.flatnonzero(chosen):
        unit = str(place + 1)
        others = [value for name, value in worth.items() if unit not in name]
        true = min(others) - worth[best] if others else np.inf
        assert found.lower[place] <= true + 1e-6 <= found.upper[place] + 2e-6
        if most:
            assert found.value[place] == pytest.approx(true, abs=1e-6)
            assert found.exact[place]
            kept = [v for name, v in worth.items() if set(best) - {unit} <= set(name) and unit not in name]
            assert found.kept[place] == pytest.approx(min(kept) - worth[best] if kept else np.inf, abs=1e-6)
    assert not found.value[~np.array(chosen)].any()


def test_bounds_without_solving_hold_where_each_unit_is_solved_anew(tmp_path):
    """60 units, 3 features: HiGHS without each unit of the plan, and how far the estimates are from that."""
    cost, names, amounts = in_memory(SiteOptions(60, 3, 1))
    instance = load_sites(Problem(cost, names, amounts).targets(relative=0.3).write(tmp_path / "made"))
    model = model_of(instance)
    best = model.solve(SolveOptions(gap=1e-9), method=direct.NAME)
    selection = model.selection(best)
    found = replacement(model, selection, QUICK, Silent(), 0, best.objective)
    true = np.zeros(60)
    for unit in np.flatnonzero(selection.chosen):
        other = model.solve(SolveOptions(gap=1e-9), model.without(model.upper, int(unit)), method=direct.NAME)
        true[unit] = np.inf if other.objective is None else other.objective - best.objective
    assert (found.lower <= true + 1e-6).all()
    assert (found.upper >= true - 1e-6).all()
    priced = prices(model, QUICK)
    relaxed = bounds_without(model, np.flatnonzero(selection.chosen), QUICK, 20.0)
    assert (relaxed >= priced.bound + priced.rise[selection.chosen] - 1e-6).all()
    assert (relaxed <= best.objective + true[selection.chosen] + 1e-6).all()


def test_a_plan_that_breaks_a_rule_has_no_importance(tmp_path):
    instance = load_sites(six().write(tmp_path / "six"))
    model = model_of(instance)
    with pytest.raises(InstanceError, match="does not keep the rules"):
        replacement(model, selection_of(model.sites, np.eye(6)[0]), QUICK, Silent())


def test_a_repair_is_a_plan(tmp_path):
    """Without 1, the rest of 1, 2 and 6 lacks 2 of `a`: 3 costs 3, two more than 1."""
    model = model_of(load_sites(six().write(tmp_path / "six")))
    selection = selection_of(model.sites, np.array([1, 1, 0, 0, 0, 1.0]))
    more = repairs(model, selection, np.zeros(6))
    assert more[:2].tolist() == [3 - 1, 3 - 2]
    assert more[5] == pytest.approx(3 + 5 - 6)


def test_rarity_by_hand(tmp_path):
    """Of `a` units hold 2 at most and 6 in all, of `b` 3 and 6: unit 3 holds 2/2/6 + 1/3/6."""
    sites = load_sites(six().write(tmp_path / "six")).require_sites()
    scores = richness(sites)
    assert scores[2] == pytest.approx(1 / 6 + 1 / 18)
    assert rescaled(scores, np.arange(6) != 2)[[2, 3]].tolist() == [0, 0]
    assert rescaled(scores, np.arange(6) != 2).max() == 1


def test_ranks_by_hand(tmp_path):
    """1, 2 and 6 cost 9: 3 buys 1 and 2, which meet `a`; 6 buys nothing more; 9 buys unit 6 too."""
    instance = load_sites(six().write(tmp_path / "six"))
    selection = selection_of(instance.require_sites(), np.array([1, 1, 0, 0, 0, 1.0]))
    found = rank(instance, selection, QUICK, Silent(), 3)
    assert found == pytest.approx([1, 1, 0, 0, 0, 1 / 3])


@needs_shared
def test_scores_of_prioritizr(tmp_path):
    table = sim90.scores()
    selection = sim90.plan(sim90.problem())
    assert np.asarray(ferrier(selection).sum(axis=0)).ravel() == pytest.approx(table["ferrier_total"], abs=1e-9)
    wide = sim90.plan(sim90.problem(more=10))
    assert rescaled(richness(wide.sites), wide.chosen)[:90] == pytest.approx(
        table["rarity_weighted_richness"], abs=1e-7
    )
    instance = load_sites(sim90.problem().write(tmp_path / "sim"))
    assert rank(instance, selection, QUICK, Silent(), 5) == pytest.approx(table["rank"], abs=1e-9)


@needs_shared
def test_replacement_costs_of_prioritizr(tmp_path):
    """prioritizr keeps the rest of the plan, and stretches what that costs.

    The true costs of the units in order of the plan are at least these, and at most what keeps the rest.
    """
    table = sim90.scores()
    instance = load_sites(sim90.problem().write(tmp_path / "sim"))
    selection = sim90.plan(sim90.problem())
    study = Study(model_of(instance), selection, QUICK, sim90.expected()["objective"])
    for unit in np.flatnonzero(selection.chosen):
        study.keep_the_rest(int(unit), 20.0)
    found = study.result()
    assert rescaled(found.kept, selection.chosen) == pytest.approx(table["replacement"], abs=1e-7)
    true = [0.684677, 0.684677, 2.664017, 1.078568, 0.684677, 1.164017, 1.250854, 1.601776, 0.697525, 1.700134]
    assert (found.lower[selection.chosen] <= np.array(true) + 1e-5).all()
    assert (found.upper[selection.chosen] >= np.array(true) - 1e-5).all()


def test_all_measures_together(tmp_path):
    instance = load_sites(six().write(tmp_path / "six"))
    plan = write_selection(tmp_path / "plan", {"1": 1, "2": 1, "6": 1})
    found = importance(instance, plan, "all", QUICK, Silent(), steps=3)
    assert found.table["unit"].tolist() == list("123456")
    assert set(found.table) >= {"replacement", "rarity", "ferrier", "rank"}
    assert not found.left_out
    total = found.by_target.groupby("unit")["score"].sum()
    chosen = read_selection(instance.require_sites(), plan).chosen
    assert found.table["ferrier"][chosen].to_numpy() == pytest.approx(total.to_numpy())
    zoned = six(management_zones=[{"management_zone": "use"}, {"management_zone": "keep"}]).write(tmp_path / "zoned")
    pd.DataFrame({"unit": list("126"), "management_zone": "use"}).to_csv(tmp_path / "zoned.csv", index=False)
    found = importance(load_sites(zoned), tmp_path / "zoned.csv", "all", QUICK, Silent(), steps=3)
    assert len(found.left_out) == 1
    assert "several management zones" in found.left_out[0]
