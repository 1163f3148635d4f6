"""Uncertain growth demand: protected by budgets, drawn, and as states of the world; by hand and against all plans."""

import json

import numpy as np
import pandas as pd
import pytest

from instances.scenarios.derive import Changes
from optimizer.studies.asked import Asked
from optimizer.studies.demands import demands, meets
from optimizer.studies.entries import CaseEntry, DemandEntry, DemandScale, RegretEntry, RobustEntry, ScaleEntry
from optimizer.studies.models import model_of
from optimizer.studies.regret import cost_in, run_regret
from optimizer.studies.robust import run_robust
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from tests.build import draft, quota
from tests.optimizer.studies.whole_parcels import FACTORS, TRANSITIONS, every_plan

EXACT = Asked(gap=0.0)
BASE = Scenario("base", "", "", "", Changes())
UNSURE = (DemandEntry(id="growth*", low=0.5, high=1.5),)


def studied(tmp_path, made):
    """Solve the base of a study; return its root, its runner and the folder of the base."""
    folder, root = made.write(tmp_path / "land"), tmp_path / "study"
    at = Runner(root)
    at.run([instance_task(BASE, folder, "hash"), solve_task(BASE, root, EXACT, "en", tables=False)])
    return root, at, folder


@pytest.fixture
def four(tmp_path):
    """10 ha of crops, of which 4 must become industry, at 1 a hectare."""
    return studied(tmp_path, draft({"a": {"crop": 10}}, "crop>ind", quotas=[quota("growth_demand", 4.0, "industry")]))


def test_a_budget_asks_for_its_part_of_the_most_that_may_be_demanded(four):
    root, at, folder = four
    budgets = (0.0, 0.5, 1.0, 3.0)
    entry = RobustEntry(name="r", demand=UNSURE, budgets=budgets, samples=400)
    table = run_robust(entry, BASE, EXACT, root, at)
    assert table["nominal"].tolist() == pytest.approx([4.0, 5.0, 6.0, 6.0])
    assert table["worst_bound"].tolist() == pytest.approx([4.0, 5.0, 6.0, 6.0])
    assert table["mean"].tolist() == pytest.approx(table["nominal"].tolist())  # demand changes no account
    drawn = 4.0 * demands(model_of(folder).block, UNSURE, "").draws(400, 0)[:, 0]
    assert (drawn.min(), drawn.max()) == pytest.approx((2.0, 6.0), abs=0.1)
    built = np.array([4.0, 5.0, 6.0, 6.0])[:, None]
    assert table["met"].tolist() == pytest.approx((drawn <= built).mean(axis=1).tolist())
    assert table["short_ha"].tolist() == pytest.approx(np.maximum(drawn - built, 0.0).mean(axis=1).tolist())


def test_a_drawn_plan_is_held_against_the_same_demands(four, tmp_path):
    root, at, _ = four
    plan = tmp_path / "drawn"
    plan.mkdir()
    (plan / "moves.csv").write_text("zone,from,to,period,area_ha\na,crop,ind,2030,6\n", encoding="utf-8")
    entry = RobustEntry(name="r", demand=UNSURE, budgets=(), plans=(str(plan),), samples=50)
    table = run_robust(entry, BASE, EXACT, root, at)
    assert table[["nominal", "met", "short_ha"]].to_numpy().tolist() == [[6.0, 1.0, 0.0]]


def test_a_plan_that_does_not_meet_the_demand_of_a_state_has_no_regret_there(four):
    root, at, _ = four
    cases = (
        CaseEntry(name="low", demand=(DemandScale(id="growth*", scale=0.5),)),
        CaseEntry(name="high", demand=(DemandScale(id="growth*", scale=1.5),)),
    )
    table = run_regret(RegretEntry(name="g", case=cases), BASE, EXACT, root, at).set_index("plan")
    assert table.loc["minimax"].tolist() == pytest.approx([4.0, 0.0, 4.0])  # 6 ha, where 2 would do
    assert table.loc["high"].tolist() == pytest.approx([4.0, 0.0, 4.0])
    assert table.loc["nominal", "low"] == pytest.approx(2.0)
    assert table.loc[["nominal", "low"], ["high", "greatest"]].isna().all(axis=None)
    told = json.loads((root / "regret" / "g" / "table" / "result.json").read_text())
    assert told["bound"] == pytest.approx(4.0)
    assert told["audit_passed"]
    assert all(one.record.get("audit_passed", True) for one in at.ended.values())


@pytest.mark.parametrize("seed", range(2))
def test_the_plan_of_least_regret_over_demands_and_sinks_is_that_of_all_plans(tmp_path, seed):
    random = np.random.default_rng(seed)
    zones = {
        f"z{k}": {str(random.choice(["crop", "grass"])): float(random.integers(2, 12)), "whole": 1} for k in range(6)
    }
    area = sum(next(iter(content.values())) for content in zones.values())
    demand = quota("growth_demand", round(area / 3, 1), "industry")
    made = draft(zones, TRANSITIONS, quotas=[demand], factors=FACTORS, mode="flux", objective="emissions")
    root, at, _ = studied(tmp_path, made)
    cases = tuple(
        CaseEntry(name=name, scale=(ScaleEntry(factor="sink", scale=sink),), demand=(DemandScale(id="*", scale=more),))
        for name, sink, more in (("low", 3.0, 0.6), ("high", 0.3, 1.4))
    )
    table = run_regret(RegretEntry(name="g", case=cases), BASE, EXACT, root, at).set_index("plan")
    states = [model_of(root / "instances" / f"base.g.{case.name}") for case in cases]
    plans = every_plan(states[0].program)  # the least demand bars the fewest
    values = [plans @ cost_in(state, case, "") for state, case in zip(states, cases, strict=True)]
    able = [np.array([meets(state.program, plan) for plan in plans]) for state in states]
    assert able[0].all()
    assert 0 < able[1].sum() < len(plans)
    regret = np.max([value - value[ok].min() for value, ok in zip(values, able, strict=True)], axis=0)
    assert table.loc["minimax", "greatest"] == pytest.approx(regret[able[1]].min(), rel=1e-6, abs=1e-6)
    rows = pd.read_parquet(root / "regret" / "g" / "table" / "regret.parquet").set_index("plan")
    assert np.isnan(rows.loc["low", "high"]) or rows.loc["low", "high"] >= -1e-9
