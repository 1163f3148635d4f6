"""Robust plans, regret and draws of factors, against all plans of whole parcels and sums done by hand."""

import json
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.scenarios.derive import Changes
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.start import read_values
from optimizer.studies.asked import Asked
from optimizer.studies.entries import CaseEntry, RegretEntry, RobustEntry, ScaleEntry, UncertainEntry
from optimizer.studies.models import model_of
from optimizer.studies.regret import cost_in, run_regret
from optimizer.studies.robust import at_worst, robust, run_robust, worst_case
from optimizer.studies.runners import Runner
from optimizer.studies.sampling import Joined, copied, draws, evaluated, sampled
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from optimizer.studies.uncertainty import deviations, emissions, raise_if_not_linear, scaled, uncertain, weight_of
from tests.build import draft, quota
from tests.optimizer.studies.whole_parcels import every_plan, write_parcels

EXACT = Asked(gap=0.0)
BASE = Scenario("base", "", "", "", Changes())
SINKS = (UncertainEntry(factor="sink", low=0.4, high=1.6), UncertainEntry(factor="stock", low=0.8, high=1.3))
BUDGETS = (0.0, 1.0, 1.5, 5.0)


@pytest.fixture(params=range(2))
def solved(tmp_path, request):
    """A study whose base is solved: root, runner, model, all plans."""
    folder, root = write_parcels(tmp_path / "land", request.param), tmp_path / "study"
    at = Runner(root)
    at.run([instance_task(BASE, folder, "hash"), solve_task(BASE, root, EXACT, "en", tables=False)])
    model = model_of(folder)
    return root, at, model, every_plan(model.program)


def worst_by_enumeration(low, high, budget):
    """The worst that some of the factors can do: every set of them at their worse end, one of them in part."""
    worse = np.maximum(np.maximum(low, high), 0.0)
    whole, part = int(budget), budget - int(budget)
    found = 0.0
    for number in range(min(whole, len(worse)) + 1):
        for chosen in combinations(range(len(worse)), number):
            rest = [k for k in range(len(worse)) if k not in chosen]
            more = max((worse[k] for k in rest), default=0.0) * part
            found = max(found, sum(worse[list(chosen)]) + more)
    return found


def test_a_robust_plan_is_the_best_against_the_worst(solved):
    root, at, model, plans = solved
    table = run_robust(RobustEntry(name="r", uncertain=SINKS, budgets=BUDGETS, samples=20), BASE, EXACT, root, at)
    ends = deviations(model.block, uncertain(model.block, SINKS, ""))
    count = len(model.program.moves)
    for budget, row in zip(BUDGETS, table.to_dict("records"), strict=True):
        every = [
            float(model.program.cost @ plan)
            + worst_by_enumeration(ends["low"] @ plan[:count], ends["high"] @ plan[:count], budget)
            for plan in plans
        ]
        assert row["worst"] == pytest.approx(min(every), rel=1e-7)
        assert row["worst_bound"] == pytest.approx(min(every), rel=1e-6)
        assert row[f"worst at {budget:g}"] == pytest.approx(row["worst"], rel=1e-9)
    nominal = json.loads((root / "scenarios" / "base" / "summary.json").read_text())["objective"]
    assert table["nominal"].iloc[0] == pytest.approx(nominal, rel=1e-9)
    assert (table["nominal"] >= nominal - 1e-6).all()


def test_the_plan_of_each_budget_is_least_at_its_own(solved):
    root, at, _, _ = solved
    table = run_robust(RobustEntry(name="r", uncertain=SINKS, budgets=BUDGETS, samples=5), BASE, EXACT, root, at)
    for place, budget in enumerate(BUDGETS):
        column = table[f"worst at {budget:g}"]
        assert column.iloc[place] == pytest.approx(column.min(), rel=1e-9)


@pytest.mark.parametrize("budget", BUDGETS)
def test_any_plan_is_one_to_begin_from(solved, budget):
    """It meets the rows of protection, and what it comes to is its worst case: no plan found later is worse."""
    _, _, model, plans = solved
    ends = deviations(model.block, uncertain(model.block, SINKS, ""))
    counterpart, count = robust(model.program, ends, budget), len(model.program.moves)
    matrix = counterpart.matrix()
    for plan in plans[:: max(len(plans) // 20, 1)]:
        added = ends["low"] @ plan[:count], ends["high"] @ plan[:count]
        begun = np.append(plan, at_worst(*added, budget))
        made = matrix.rows @ begun
        assert (made >= matrix.row_lower - 1e-6).all()
        assert (made <= matrix.row_upper + 1e-6).all()
        worst = float(model.program.cost @ plan) + worst_by_enumeration(*added, budget)
        assert counterpart.cost @ begun == pytest.approx(worst, rel=1e-9)


@pytest.mark.parametrize(("budget", "expected"), [(0, 0.0), (1, 7.0), (1.5, 9.0), (2, 11.0), (9, 12.0)])
def test_a_budget_takes_the_worst_factors_first(budget, expected):
    low, high = np.array([7.0, -1.0, -5.0, 1.0]), np.array([2.0, -1.0, 4.0, -3.0])
    assert worst_case(low, high, budget) == pytest.approx(expected)


def test_draws_lie_between_their_ends_and_are_the_same_for_a_seed(solved):
    _, _, model, _ = solved
    found = uncertain(model.block, SINKS, "")
    drawn = draws(found, 500, 3)
    assert (drawn >= found.low).all()
    assert (drawn <= found.high).all()
    assert np.array_equal(drawn, draws(found, 500, 3))
    assert drawn.mean(axis=0) == pytest.approx((found.low + found.high) / 2, abs=0.06)


def test_what_a_draw_costs_is_worked_out_by_hand(tmp_path):
    """10 ha of grass (1 t a year) become wood (4 t): twenty years from mid-period 2025 to 2030, 5 years of each."""
    factors = {("grass", "sink"): 1.0, ("wood", "sink"): 4.0}
    made = draft({"a": {"grass": 10}}, "grass>wood", factors=factors, mode="flux", objective="emissions")
    model = model_of(made.write(tmp_path / "land"))
    (tmp_path / "drawn").mkdir()
    moves = "zone,from,to,period,area_ha\na,grass,wood,2030,10\n"
    (tmp_path / "drawn" / "moves.csv").write_text(moves, encoding="utf-8")
    plan = evaluated(model, copied(model, tmp_path / "drawn", tmp_path / "copy"))
    found = uncertain(model.block, (UncertainEntry(factor="sink", low=0.0, high=2.0),), "")
    values = plan.value + sampled(Joined.of(model, [plan]), found, 50, 1)[0]
    scales = draws(found, 50, 1)
    grass, wood = (found.names.index(f"sink {name}") for name in ("grass", "wood"))
    by_hand = 10 * 5 * (1.0 * scales[:, grass] - 4.0 * scales[:, wood])
    assert plan.failures == ()
    assert plan.value == pytest.approx(-150.0)
    assert values == pytest.approx(by_hand, rel=1e-9)


def test_a_plan_that_someone_drew_is_held_against_the_same_draws(solved, tmp_path):
    root, at, model, plans = solved
    drawn = tmp_path / "drawn"
    write_plan(plan_of(model.instance, model.program, plans[-1]), drawn)
    entry = RobustEntry(name="r", uncertain=SINKS, budgets=(1.0,), plans=(str(drawn), "base"), samples=30)
    table = run_robust(entry, BASE, EXACT, root, at).set_index("plan")
    assert list(table.index) == ["1", "drawn", "base"]
    assert table.loc["drawn", "nominal"] == pytest.approx(float(model.program.cost @ plans[-1]), rel=1e-9)
    ends = deviations(model.block, uncertain(model.block, SINKS, ""))
    count = len(model.program.moves)
    worst = worst_by_enumeration(ends["low"] @ plans[-1][:count], ends["high"] @ plans[-1][:count], 1.0)
    assert table.loc["drawn", "worst at 1"] == pytest.approx(table.loc["drawn", "nominal"] + worst, rel=1e-9)
    assert table["audit"].all()
    samples = pd.read_parquet(root / "robust" / "r" / "table" / "samples.parquet")
    assert samples["base"].mean() == pytest.approx(table.loc["base", "mean"])
    assert (table["worst at 1"] >= table["nominal"] - 1e-9).all()


def test_the_worst_case_of_a_plan_is_that_of_all_corners_of_the_account(solved):
    """The account is made anew at every corner of the box: no sum of deviations is believed."""
    root, at, model, plans = solved
    table = run_robust(RobustEntry(name="r", uncertain=SINKS, budgets=(2.0,), samples=5), BASE, EXACT, root, at)
    found, count = uncertain(model.block, SINKS, ""), len(model.program.moves)
    nominal = emissions(model.block, model.block.carbon)
    worst = np.full(len(plans), -np.inf)
    for chosen in combinations(range(len(found)), 2):
        for ends in product(("low", "high", "same"), repeat=2):
            scale = np.ones(len(found))
            for k, end in zip(chosen, ends, strict=True):
                scale[k] = {"low": found.low[k], "high": found.high[k], "same": 1.0}[end]
            added = emissions(model.block, scaled(model.block, found.place, scale)) - nominal
            worst = np.maximum(worst, plans @ model.program.cost + plans[:, :count] @ added)
    assert table["worst"].iloc[0] == pytest.approx(worst.min(), rel=1e-9)


def test_stocks_that_may_change_their_order_are_refused(solved):
    _, _, model, _ = solved
    wide = (UncertainEntry(factor="stock", low=0.5, high=1.5),)
    with pytest.raises(InstanceError, match=r"the stock of .* may be above or below that of"):
        raise_if_not_linear(model.block, uncertain(model.block, wide, ""), "")
    one = (UncertainEntry(factor="stock", kind="ind", low=0.0, high=9.0),)
    raise_if_not_linear(model.block, uncertain(model.block, one, ""), "")


def test_factors_that_nothing_counts_are_refused(tmp_path):
    made = draft({"a": {"grass": 10}}, "grass>wood", factors={("grass", "sink"): 1.0}, objective="cost")
    with pytest.raises(InstanceError, match="does not count emissions"):
        weight_of(model_of(made.write(tmp_path / "land")))


def test_factors_that_are_not_there_are_told(solved):
    _, _, model, _ = solved
    with pytest.raises(InstanceError, match="no factor sink of class water"):
        uncertain(model.block, (UncertainEntry(factor="sink", kind="water", low=0.5, high=1.5),), "study.toml")


CASES = (
    CaseEntry(name="low", scale=(ScaleEntry(factor="sink", scale=0.2),)),
    CaseEntry(name="high", scale=(ScaleEntry(factor="sink", scale=3.0),)),
    CaseEntry(name="stocks", scale=(ScaleEntry(factor="stock", kind="grass", scale=1.5),)),
)


def test_the_plan_of_least_regret_is_that_of_all_plans(solved):
    root, at, model, plans = solved
    table = run_regret(RegretEntry(name="g", case=CASES), BASE, EXACT, root, at).set_index("plan")
    values = np.array([plans @ cost_in(model, case, "") for case in CASES])
    regret = (values - values.min(axis=1)[:, None]).max(axis=0)
    assert table.loc["minimax", "greatest"] == pytest.approx(regret.min(), rel=1e-6, abs=1e-6)
    told = json.loads((root / "regret" / "g" / "table" / "result.json").read_text())
    assert told["bound"] == pytest.approx(regret.min(), rel=1e-6, abs=1e-6)
    assert told["audit_passed"]
    assert told["best"] == pytest.approx(values.min(axis=1), rel=1e-7)
    for case in CASES:
        assert table.loc[case.name, case.name] == pytest.approx(0.0, abs=1e-6)
    nominal = read_values(model.program, root / "scenarios" / "base")
    own = [
        float(cost_in(model, case, "") @ nominal) - least for case, least in zip(CASES, values.min(axis=1), strict=True)
    ]
    assert table.loc["nominal", "greatest"] == pytest.approx(max(own), rel=1e-6, abs=1e-6)


def test_the_tables_are_written_for_spreadsheets(solved):
    root, at, _, _ = solved
    run_robust(RobustEntry(name="r", uncertain=SINKS, budgets=(0.0, 2.0), samples=7), BASE, EXACT, root, at)
    folder = root / "robust" / "r" / "table"
    assert len(pd.read_csv(folder / "robust.csv")) == 2
    assert pd.read_parquet(folder / "samples.parquet").shape == (7, 2)


def test_rules_that_hold_emissions_are_told_to_stay_at_the_factors_of_the_table(tmp_path):
    """A cap holds at the factors of the table: where factors are uncertain that is told, else there is nothing to."""
    factors = {("grass", "sink"): 1.0, ("wood", "sink"): 4.0}
    caps = [quota("carbon_cap", 1000.0), quota("floor", 0.0, "forest")]
    made = draft({"a": {"grass": 10}}, "grass>wood", quotas=caps, factors=factors, mode="flux", objective="emissions")
    root = tmp_path / "study"
    at = Runner(root)
    solve = solve_task(BASE, root, EXACT, "en", tables=False)
    at.run([instance_task(BASE, made.write(tmp_path / "land"), "hash"), solve])
    run_robust(RobustEntry(name="r", uncertain=SINKS[:1], budgets=(1.0,), samples=2), BASE, EXACT, root, at)
    run_regret(RegretEntry(name="g", case=CASES[:2]), BASE, EXACT, root, at)
    run_regret(RegretEntry(name="n", case=(CaseEntry(name="a"), CaseEntry(name="b"))), BASE, EXACT, root, at)
    told = {
        place: json.loads((root / place / "table" / "result.json").read_text())["rules_at_nominal"]
        for place in ("robust/r", "regret/g", "regret/n")
    }
    assert told == {"robust/r": ["carbon_cap"], "regret/g": ["carbon_cap"], "regret/n": []}
