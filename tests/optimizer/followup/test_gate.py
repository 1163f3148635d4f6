"""The gate against cases worked by hand: compensation balance, permanent farmland, planned land, land that lacks."""

from __future__ import annotations

import numpy as np
import pytest

from instances.faults import InstanceError
from optimizer.followup.gate import Asking, Verdict, decide
from optimizer.followup.gate_files import write_gate
from optimizer.followup.gate_tables import gate_tables
from optimizer.results.solution import SolveOptions
from tests import build
from tests.optimizer.followup import cases

EXACT = SolveOptions(gap=1e-9, threads=1)


def decided(given, pieces, use="ind", **more):
    asked = cases.project(given, use)
    taken = cases.takes(given, pieces)
    found = decide(given, asked, taken, Asking(solve=EXACT, lang="en", **more))
    return found, gate_tables(given, asked, taken, found, "en")


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
    given = cases.given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {}))
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
    given = cases.given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {}))
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
    tables = gate_tables(given, asked, taken, found, "zh")
    (tmp_path / "out").mkdir()
    assert write_gate(tmp_path / "out", given, asked, taken, found, tables, "cost", "zh") == []
    assert (tmp_path / "out" / "compensated" / "plan" / "moves.parquet").is_file()
    assert (tmp_path / "out" / "adapted" / "audit.json").is_file()
    assert "补偿后准入" in (tmp_path / "out" / "gate.html").read_text(encoding="utf-8")


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
    given = cases.given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {}))
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
