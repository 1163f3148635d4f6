"""The gate against cases worked by hand: compensation balance, permanent farmland, planned land, land that lacks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formulations.linear import linear_row, with_rows
from instances.faults import InstanceError
from optimizer.followup.broken import Meter
from optimizer.followup.differences import quotas_between
from optimizer.followup.gate import Asking, Verdict, decide
from optimizer.followup.gate_files import said, write_gate
from optimizer.followup.gate_tables import gate_tables
from optimizer.followup.given import given_plan, with_stays
from optimizer.infeasibility.rows import QuotaRows
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from tests import build
from tests.optimizer.followup import cases

EXACT = SolveOptions(gap=1e-9, threads=1)


def decided(given, pieces, use="ind", **more):
    asked = cases.project(given, use)
    taken = cases.takes(given, pieces)
    found = decide(given, asked, taken, Asking(solve=EXACT, lang="en", **more))
    return found, gate_tables(asked, taken, found, "en")


def test_lost_cropland_is_replaced_where_that_costs_least(tmp_path):
    """4 ha of field: the village gives 3 ha at 2, waste 1 ha at 3; the project itself costs 4 x 10."""
    given = cases.plan(tmp_path, {})
    found, tables = decided(given, {"field crop": 4.0})
    assert found.verdict is Verdict.COMPENSATED
    assert cases.by_name(tables.compensation) == {"village vil>crop": 3.0, "waste bare>crop": 1.0}
    assert tables.figures["compensated"]["cost_wanyuan"] == pytest.approx(40 + 3 * 2 + 1 * 3)
    assert found.compensation_bound == pytest.approx(49, rel=1e-6)
    assert tables.quotas.loc[tables.quotas["broken_new"], "rule"].tolist() == ["compensation"]
    assert tables.quotas["slack_new"].min() == pytest.approx(-4.0)


def test_the_plan_stays_as_it_is(tmp_path):
    """The plan has taken the village for itself, so the project must take waste and grass."""
    given = cases.plan(tmp_path, {"village vil>crop 2030": 3.0, "field crop>ind 2030": 3.0})
    found, tables = decided(given, {"field crop": 6.0})
    assert found.verdict is Verdict.COMPENSATED
    assert cases.by_name(tables.compensation) == {"waste bare>crop": 2.0, "meadow grass>crop": 1.0}
    assert tables.figures["compensated"]["cost_wanyuan"] == pytest.approx(3 * 10 + 2 * 3 + 7)


def test_what_the_plan_foresees_is_admissible_and_costs_nothing_more(tmp_path):
    """Land that the plan gives to the same use in the same period is the project's."""
    given = cases.plan(tmp_path, {"village vil>crop 2030": 3.0, "field crop>ind 2030": 3.0})
    found, tables = decided(given, {"field crop": 3.0})
    assert found.verdict is Verdict.ADMISSIBLE
    assert tables.compensation.empty
    assert tables.figures["alone"] == {"emissions_tco2e": 0.0, "cost_wanyuan": 0.0, "objective": 0.0}


def test_permanent_farmland_bars_it_and_its_carbon_is_told(tmp_path):
    """Crop holds 100 tCO2 in its soil and living matter, industry 40: 60 a hectare go at once where all is living."""
    factors = {
        ("crop", "stock"): 100.0,
        ("ind", "stock"): 40.0,
        ("crop", "soil_share"): 0.0,
        ("ind", "soil_share"): 0.0,
    }
    given = cases.plan(tmp_path, {}, factors=factors)
    found, tables = decided(given, {"kept crop": 2.0, "waste bare": 1.0})
    assert found.verdict is Verdict.BARRED
    assert tables.barred[["rule", "zone", "area_ha"]].to_numpy().tolist() == [["permanent_farmland", "kept", 2.0]]
    assert found.compensated is None
    flows = float(tables.carbon["alone"].sum())
    same = cases.plan(tmp_path / "free", {}, factors=factors, rules_off=["permanent_farmland"])
    free, told = decided(same, {"kept crop": 2.0, "waste bare": 1.0})
    assert free.verdict is Verdict.COMPENSATED
    assert flows == pytest.approx(float(told.carbon["alone"].sum()))


def test_what_lacks_is_said_where_no_plan_admits_it(tmp_path):
    """10 ha of field against 3 + 2 of new cropland where grass may not become crop: 5 ha lack."""
    moves = {pair: more for pair, more in cases.MOVES.items() if pair != "grass>crop"}
    build.build(tmp_path / "case", cases.ZONES, moves, quotas=[build.quota("compensation", 1.0)])
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {}))
    found, _ = decided(given, {"field crop": 10.0})
    assert found.verdict is Verdict.IMPOSSIBLE
    assert "requisition-compensation" in " ".join(found.lacking)
    assert "5 ha" in " ".join(found.lacking)


def test_a_project_takes_land_that_the_plan_gives_elsewhere(tmp_path):
    """Waste that the plan reclaims becomes industry: the field's loss must then be replaced anew."""
    given = cases.plan(tmp_path, {"waste bare>crop 2030": 2.0, "field crop>ind 2030": 2.0})
    found, tables = decided(given, {"waste bare": 1.0})
    assert found.verdict is Verdict.ADAPTED
    assert cases.by_name(tables.displaced) == {"waste bare>crop": 1.0}
    assert found.compensated is not None
    assert cases.by_name(tables.compensation) == {"village vil>crop": 1.0}


def test_part_of_a_whole_parcel_is_refused(tmp_path):
    zones = cases.ZONES | {"waste": {"bare": 2.0, "whole": 1}}
    build.build(tmp_path / "case", zones, cases.MOVES)
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {}))
    found, tables = decided(given, {"waste bare": 1.0})
    assert found.verdict is Verdict.BARRED
    assert tables.barred["rule"].tolist() == ["whole_parcel"]
    assert decided(given, {"waste bare": 2.0})[0].verdict is Verdict.ADMISSIBLE


def test_the_whole_plan_may_adapt(tmp_path):
    """Emissions are the objective: what adapts is never worse than what only adds."""
    factors = {("crop", "stock"): 100.0, ("grass", "stock"): 150.0, ("bare", "stock"): 10.0, ("vil", "stock"): 10.0}
    given = cases.plan(
        tmp_path, {"meadow grass>crop 2030": 2.0, "field crop>ind 2030": 2.0}, factors=factors, objective="emissions"
    )
    found, tables = decided(given, {"field crop": 4.0}, least="emissions")
    assert found.compensated is not None
    assert found.adapted is not None
    added, free = (tables.figures[way]["objective"] for way in ("compensated", "adapted"))
    assert free <= added + 1e-9
    assert found.adapted_bound <= given.program.cost @ found.adapted + 1e-6


def test_a_plan_that_breaks_rules_is_refused(tmp_path):
    given = cases.plan(tmp_path, {"field crop>ind 2030": 2.0})
    with pytest.raises(InstanceError, match="breaks quotas"):
        decided(given, {"waste bare": 1.0})
    barred = cases.plan(tmp_path / "more", {"kept crop>ind 2030": 2.0})
    with pytest.raises(InstanceError, match="rules bar"):
        decided(barred, {"waste bare": 1.0})


def test_every_plan_is_written_and_passes_its_audit(tmp_path):
    given = cases.plan(tmp_path, {"village vil>crop 2030": 1.0, "field crop>ind 2030": 1.0})
    asked, taken = cases.project(given), cases.takes(given, {"field crop": 4.0})
    found = decide(given, asked, taken, Asking(solve=EXACT))
    tables = gate_tables(asked, taken, found, "zh")
    (tmp_path / "out").mkdir()
    assert write_gate(tmp_path / "out", asked, taken, found, tables, "cost", "zh").failures == []
    assert (tmp_path / "out" / "compensated" / "plan" / "moves.parquet").is_file()
    assert (tmp_path / "out" / "adapted" / "audit.json").is_file()
    assert "补偿后准入" in (tmp_path / "out" / "gate.html").read_text(encoding="utf-8")


def test_the_quotas_that_barred_land_would_break_are_told(tmp_path):
    """2 ha of permanent farmland and 1 ha of field lose 3 ha that the balance asks back, though a rule bars two."""
    given = cases.plan(tmp_path, {"village vil>crop 2030": 1.0, "field crop>ind 2030": 1.0})
    found, tables = decided(given, {"kept crop": 2.0, "field crop": 2.0})
    assert found.verdict is Verdict.BARRED
    balance = tables.quotas.set_index("rule").loc["compensation"]
    assert balance["broken_new"]
    assert balance["slack_new"] == pytest.approx(-3.0)  # a hectare of field is what the plan builds on
    assert tables.figures["alone"]["cost_wanyuan"] is None


def test_barred_land_that_was_planned_for_else_is_counted_once(tmp_path):
    """Industry on 6 of 10 ha of crop beyond the boundary, of which 8 become grass: 60 tCO2 are lost a hectare."""
    factors = {("crop", "stock"): 100.0, ("ind", "stock"): 40.0, ("grass", "stock"): 100.0}
    factors |= {(kind, "soil_share"): 0.0 for kind in ("crop", "ind", "grass")}
    moves = cases.MOVES | {"crop>grass": {"cost": 1.0}}
    build.build(tmp_path / "case", cases.ZONES | {"kept": {"crop": 10.0, "boundary": 0}}, moves, factors=factors)
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {"kept crop>grass 2030": 8.0}))
    found, tables = decided(given, {"kept crop": 6.0})
    assert found.verdict is Verdict.BARRED
    assert cases.by_name(tables.displaced) == {"kept crop>grass": 4.0}
    assert float(tables.carbon["alone"].sum()) == pytest.approx(6 * 60.0)


def test_a_lot_that_is_given_up_leaves_other_quotas_their_own_values(tmp_path):
    """4 ha of the field become industry, a lot of at least 3, and then no more: each quota keeps its line.

    8 asked of industry, 12 of cropland: 4 and 16 ha there with the lot, 0 and 20 without.
    """
    zones = cases.ZONES | {"field": {"crop": 10.0, "grade": 5, "min_lot_ha": 3.0}}
    quotas = [build.quota("cropland_retention", 12.0), build.quota("growth_demand", 8.0, "industry")]
    build.build(tmp_path / "case", zones, cases.MOVES, quotas=quotas)
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {"field crop>ind 2030": 4.0}))
    meter = Meter(QuotaRows.of(given.program), EXACT)
    old = meter.measure(given.shares).values
    new = meter.measure(with_stays(given.program, np.zeros(len(given.program.moves)))).values
    for first, second in ((old, new), (new, old)):
        table = quotas_between(given.program, first, second).set_index("rule")
        now = (16.0, 4.0) if second is old else (20.0, 0.0)
        assert tuple(table.loc[["cropland_retention", "growth_demand"], "value_new"]) == pytest.approx(now)
        assert table.loc["minimum_lot", "value_old" if second is new else "value_new"] == pytest.approx(4.0)


def test_a_small_change_of_a_large_quota_is_told(tmp_path):
    """A tenth of a hectare of a million, and no more than the village's 3 ha makes good."""
    zones = cases.ZONES | {"meadow": {"grass": 1e6}}
    quotas = [build.quota("floor", 9e5, "grass")]
    build.build(tmp_path / "case", zones, cases.MOVES | {"grass>ind": {"cost": 1.0}}, quotas=quotas)
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {}))
    _, tables = decided(given, {"meadow grass": 0.1})
    assert tables.quotas["slack_new"].tolist() == pytest.approx([1e5 - 0.1])


def test_land_that_has_the_use_already_must_keep_it(tmp_path):
    """The plan reclaims the whole village; a project on 2 ha of it as a village takes that back, and 2 ha lack."""
    given = cases.plan(tmp_path, {"village vil>crop 2030": 3.0, "field crop>ind 2030": 3.0})
    found, tables = decided(given, {"village vil": 2.0}, use="vil")
    assert found.verdict is Verdict.ADAPTED
    assert cases.by_name(tables.displaced) == {"village vil>crop": 2.0}
    assert cases.by_name(tables.compensation) == {"waste bare>crop": 2.0}
    assert not tables.land["converts"].any()
    kept = by_class(found.compensated, given)
    assert kept["vil"] == pytest.approx(2.0)


def test_a_plan_with_part_of_a_whole_parcel_is_refused(tmp_path):
    zones = cases.ZONES | {"waste": {"bare": 2.0, "whole": 1}}
    build.build(tmp_path / "case", zones, cases.MOVES)
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {"waste bare>ind 2030": 1.0}))
    with pytest.raises(InstanceError, match="only as a whole"):
        decided(given, {"field crop": 1.0})


def test_what_is_not_settled_is_not_said(tmp_path):
    """No time for the addition: a changed plan is found, and nothing is said of what additions could do."""
    given = cases.plan(tmp_path, {})
    asked, taken = cases.project(given), cases.takes(given, {"field crop": 4.0})
    found = decide(given, asked, taken, Asking(solve=EXACT, lang="en"))
    open_ = replace(found, verdict=Verdict.ADAPTED, compensated=None, compensation_bound=None, addition_open=True)
    lines = said(asked, open_, gate_tables(asked, taken, open_, "en"), "cost", "en")
    assert any("not settled" in line for line in lines)
    assert not any("Only" in line or "only" in line for line in lines)


@pytest.mark.parametrize("seed", range(6))
def test_what_a_project_adds_to_the_best_plan_lies_between_the_proven_figures(tmp_path, seed):
    """Best plans with and without the project, each solved by itself to the end; the gate begins from a worse plan."""
    random = np.random.default_rng(seed)
    costs = {
        pair: {"cost": float(random.integers(1, 9))}
        for pair in ("vil>crop", "bare>crop", "grass>crop", "crop>ind", "bare>ind", "grass>ind")
    }
    zones = {
        "f": {"crop": 8.0, "grade": 5},
        "v": {"vil": 2.0, "built_kind": "village"},
        "w": {"bare": 3.0},
        "m": {"grass": 9.0},
    }
    quotas = [build.quota("compensation", 1.0), build.quota("growth_demand", 2.0, "industry")]
    instance = build.build(tmp_path / "case", zones, costs, quotas=quotas)
    best = build.solve(instance)
    lost = float(random.integers(3, 6))
    worse = {"w bare>ind 2030": 2.0} if seed % 2 else {"m grass>ind 2030": 2.0}
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", worse))
    found, _ = decided(replace(given, bound=best.objective), {"f crop": lost})
    plan = direct.solve(forced(given, lost), EXACT, Silent())
    true = plan.objective - best.objective
    low, high = found.worth
    assert low <= true + 1e-6
    assert high == pytest.approx(true, rel=1e-6, abs=1e-6)
    assert found.given.bound == best.objective


def by_class(values, given):
    """Hectares by class once the plan has happened."""
    moves, names = given.program.moves, given.program.names
    area = np.bincount(moves.target, values[: len(moves)] * moves.area_ha, len(names.classes))
    return dict(zip(names.classes, area, strict=True))


def forced(given, lost):
    """The Program in which field f gives so much to industry, stated as a row of its own."""
    program, weights = given.program, np.zeros(given.program.n_columns)
    moves, names = program.moves, program.names
    kinds, zones = names.classes.tolist(), names.zones.tolist()
    own = (moves.zone == zones.index("f")) & (moves.target == kinds.index("ind"))
    weights[: len(moves)] = np.where(own, moves.area_ha, 0.0)
    return with_rows(program, linear_row(program, "forced", "f", weights, lower=lost))


@pytest.mark.parametrize("seed", range(8))
def test_compensation_is_the_least_of_all_plans_that_add_to_the_plan(tmp_path, seed):
    """Against a plain search over a grid of hectares: village, waste and grass in steps of one."""
    random = np.random.default_rng(seed)
    costs = {
        pair: {"cost": float(random.integers(1, 9))} for pair in ("vil>crop", "bare>crop", "grass>crop", "crop>ind")
    }
    zones = {
        "f": {"crop": 8.0, "grade": 5},
        "v": {"vil": 2.0, "built_kind": "village"},
        "w": {"bare": 3.0},
        "m": {"grass": 4.0},
    }
    build.build(tmp_path / "case", zones, costs, quotas=[build.quota("compensation", 1.0)])
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {}))
    lost = int(random.integers(1, 9))
    _, tables = decided(given, {"f crop": float(lost)}, adapt=False)
    price = [costs[pair]["cost"] for pair in ("vil>crop", "bare>crop", "grass>crop")]
    best = min(
        v * price[0] + w * price[1] + m * price[2]
        for v in range(3)
        for w in range(4)
        for m in range(5)
        if v + w + m >= lost
    )
    assert tables.figures["compensated"]["cost_wanyuan"] == pytest.approx(lost * costs["crop>ind"]["cost"] + best)
