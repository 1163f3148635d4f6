"""Monitoring against cases worked by hand: what happened, what is still to come, and facts that no rule allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from instances.faults import InstanceError
from optimizer.followup.differences import broken, changes_table
from optimizer.followup.given import given_plan, groups_of, moves_of, with_stays
from optimizer.followup.happened import BARRED, EARLY, PLANNED, UNPLANNED, happened
from optimizer.followup.monitor import monitor
from optimizer.followup.monitor_files import carbon, drift, write_monitored
from optimizer.followup.observed import read_observed
from optimizer.results.solution import SolveOptions, Termination
from tests import build
from tests.optimizer.followup import cases

EXACT = SolveOptions(gap=1e-9, threads=1)

KEEP = [build.quota("cropland_retention", 20.0, period=2040)]
"""All of the 20 ha of cropland, by the end."""

PLAN = {
    "field crop>ind 2030": 2.0,
    "village vil>crop 2030": 2.0,
    "field crop>ind 2040": 1.0,
    "waste bare>crop 2040": 1.0,
}


def watched(folder, land, year, changes=None, **more):
    """Return a plan over two periods and what was observed of some zones: {zone: {class: ha}}."""
    given = cases.plan(folder, PLAN if changes is None else changes, periods=(2030, 2040), **{"quotas": KEEP} | more)
    rows = [(zone, kind, area) for zone, classes in land.items() for kind, area in classes.items()]
    path = folder / "observed.csv"
    pd.DataFrame(rows, columns=["zone", "class", "area_ha"]).to_csv(path, index=False)
    return given, read_observed(path, given.model.instance, year)


def flows_of(given, observed):
    names = given.program.names
    found = happened(given, observed)
    return {
        (names.zones[row.zone], names.classes[row.source], names.classes[row.target], row.period, row.kind): round(
            row.area_ha, 6
        )
        for row in found.itertuples(index=False)
    }


def test_what_was_planned_explains_what_is_seen(tmp_path):
    given, observed = watched(tmp_path, {"field": {"crop": 8, "ind": 2}, "village": {"vil": 1, "crop": 2}}, 2030)
    assert flows_of(given, observed) == {
        ("field", "crop", "ind", 1, PLANNED): 2.0,
        ("village", "vil", "crop", 1, PLANNED): 2.0,
    }


def test_early_unplanned_and_barred_changes_are_told_apart(tmp_path):
    land = {"field": {"crop": 7, "ind": 3}, "meadow": {"grass": 19, "crop": 1}, "kept": {"crop": 9.5, "ind": 0.5}}
    given, observed = watched(tmp_path, land, 2030)
    found = flows_of(given, observed)
    assert found["field", "crop", "ind", 1, PLANNED] == 2.0
    assert found["field", "crop", "ind", 1, EARLY] == 1.0
    assert found["meadow", "grass", "crop", 1, UNPLANNED] == 1.0
    assert found["kept", "crop", "ind", 1, BARRED] == 0.5
    assert found["village", "vil", "crop", 1, PLANNED] == 2.0  # not observed: taken to have followed the plan


def test_decisions_taken_are_held_and_the_rest_is_solved_again(tmp_path):
    """Six hectares were built, none reclaimed: six must come from village, waste and grass by 2040."""
    given, observed = watched(tmp_path, {"field": {"crop": 4, "ind": 6}, "village": {"vil": 3}}, 2035)
    found = monitor(given, observed, tmp_path / "instance", EXACT)
    assert found.solution.shares is not None
    assert not (tmp_path / "instance").exists()
    cost = float(given.program.cost_of("cost") @ found.solution.shares)
    assert cost == pytest.approx(6 * 10 + 3 * 2 + 2 * 3 + 1 * 7)


def test_what_was_built_early_is_not_built_again(tmp_path):
    """The hectare due in 2040 is there in 2030: 3 ha of field built, 2 of village and 1 of waste reclaimed, no more."""
    given, observed = watched(tmp_path, {"field": {"crop": 7, "ind": 3}}, 2030)
    found = monitor(given, observed, tmp_path / "instance", EXACT)
    assert float(given.program.cost @ found.onward) == pytest.approx(3 * 10 + 2 * 2 + 1 * 3)
    assert broken(given.program, found.onward).empty


def test_a_closed_period_cannot_be_mended(tmp_path):
    """At the end of 2030 the cropland of 2030 is history; a year before, it can still be made good."""
    land = {"field": {"crop": 4, "ind": 6}, "village": {"vil": 3}}
    keep = [build.quota("cropland_retention", 20.0, period=2030)]
    given, observed = watched(tmp_path / "late", land, 2030, quotas=keep)
    found = monitor(given, observed, tmp_path / "instance", EXACT, lang="en")
    assert found.solution.termination is Termination.INFEASIBLE
    assert "6 ha" in found.lacking[0]
    given, observed = watched(tmp_path / "soon", land, 2029, quotas=keep)
    assert monitor(given, observed, tmp_path / "instance", EXACT).solution.shares is not None


def test_no_rule_is_said_to_mend_what_is_history(tmp_path):
    """6 ha of cropland lack since 2030. Grass within the red line could have become some: it no longer can."""
    keep = [build.quota("cropland_retention", 20.0, period=2030)]
    zones = cases.ZONES | {"meadow": {"grass": 20.0, "red_line": "general"}}
    build.build(tmp_path / "case", zones, cases.MOVES, quotas=keep, periods=(2030, 2040))
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", PLAN))
    path = tmp_path / "observed.csv"
    path.write_text("zone,class,area_ha\nfield,crop,4\nfield,ind,6\nvillage,vil,3\n", encoding="utf-8")
    found = monitor(given, read_observed(path, given.model.instance, 2030), tmp_path / "instance", EXACT, lang="en")
    assert "6 ha" in found.lacking[0]
    assert not any("withholds" in line or "lifting" in line for line in found.lacking)


def test_barred_facts_make_an_instance_of_their_own(tmp_path):
    given, observed = watched(tmp_path, {"kept": {"crop": 9.5, "ind": 0.5}}, 2030)
    out = tmp_path / "out"
    out.mkdir()
    found = monitor(given, observed, out / "instance", EXACT)
    told = write_monitored(out, found, observed, "zh")
    assert told.failures == []
    assert told.lines
    assert told.tables
    zone = found.now.model.instance.require_land().tables["cover"].set_index(["zone", "class"])["area_ha"]
    assert zone["kept", "ind"] == pytest.approx(0.5)
    assert (out / "replanned" / "plan" / "moves.parquet").is_file()
    assert (out / "monitoring.html").is_file()


def test_carbon_of_what_happened_is_told(tmp_path):
    """Crop holds 100 tCO2 a hectare, industry 40: the plan loses 3 x 60, half a hectare of farmland 30 beside."""
    factors = {("crop", "stock"): 100.0, ("ind", "stock"): 40.0, ("vil", "stock"): 100.0, ("bare", "stock"): 100.0}
    factors |= {(kind, "soil_share"): 0.0 for kind in ("crop", "ind", "vil", "bare")}
    quotas = [build.quota("cropland_retention", 19.5, period=2040)]
    given, observed = watched(
        tmp_path, {"kept": {"crop": 9.5, "ind": 0.5}}, 2030, quotas=quotas, factors=factors, objective="emissions"
    )
    found = monitor(given, observed, tmp_path / "instance", EXACT)
    sums = carbon(found).drop(columns="component").sum()
    assert sums["plan"] == pytest.approx(3 * 60)
    assert sums["barred"] == pytest.approx(0.5 * 60)
    assert sums["onward"] == pytest.approx(3.5 * 60)
    assert sums["replanned"] == pytest.approx(2 * 60 + 0.5 * 60)  # a hectare of later building is given up


def test_part_of_a_whole_parcel_is_a_fact_where_nobody_planned_it(tmp_path):
    zones = cases.ZONES | {"waste": {"bare": 2.0, "whole": 1}, "field": {"crop": 10.0, "grade": 5, "whole": 1}}
    build.build(tmp_path / "case", zones, cases.MOVES)
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {"waste bare>ind 2030": 2.0}))
    text = "zone,class,area_ha\nwaste,bare,1\nwaste,ind,1\nfield,crop,9\nfield,ind,1\n"
    (tmp_path / "observed.csv").write_text(text, encoding="utf-8")
    observed = read_observed(tmp_path / "observed.csv", given.model.instance, 2029)
    kinds = {key[0]: key[-1] for key in flows_of(given, observed)}
    assert kinds == {"waste": PLANNED, "field": BARRED}
    found = monitor(given, observed, tmp_path / "instance", EXACT)
    assert cases.by_name(changes_table(found.now.program, found.solution.shares)) == {"waste bare>ind": 2.0}


def test_unplanned_change_fills_what_the_plan_leaves_of_a_move(tmp_path):
    """A project reaches half of the meadow, 10 ha; 6 are planned, 12 seen: 4 are allowed, 2 are beyond its reach."""
    given = cases.plan(tmp_path, {}, quotas=[])
    moves = given.program.moves
    narrow = np.where(moves.changes & (moves.source == 5), 0.5, moves.upper)
    kinds, zones = given.program.names.classes.tolist(), given.program.names.zones.tolist()
    assert kinds[5] == "grass"
    group = groups_of(given.program, np.array([zones.index("meadow")]), np.array([5]))
    move = moves_of(given.program, group, np.array([kinds.index("crop")]), np.array([1]))
    shares = np.zeros(len(moves))
    shares[move] = 0.3
    program = replace(given.program, moves=replace(moves, upper=narrow))
    model = replace(given.model, program=program, block=replace(given.block, moves=program.moves))
    half = replace(given, model=model, shares=with_stays(program, shares))
    (tmp_path / "observed.csv").write_text("zone,class,area_ha\nmeadow,grass,8\nmeadow,crop,12\n", encoding="utf-8")
    observed = read_observed(tmp_path / "observed.csv", given.model.instance, 2030)
    areas = {key[-1]: area for key, area in flows_of(half, observed).items()}
    assert areas == {PLANNED: 6.0, UNPLANNED: 4.0, BARRED: 2.0}


def test_drift_is_observed_less_planned(tmp_path):
    given, observed = watched(tmp_path, {"field": {"crop": 9, "ind": 1}}, 2030)
    found = monitor(given, observed, tmp_path / "instance", EXACT)
    by_region, zones = drift(found, observed)
    row = zones.set_index(["zone", "class"]).loc[("field", "ind")]
    assert row[["base_ha", "planned_ha", "planned_end_ha", "observed_ha", "drift_ha"]].tolist() == [0, 2, 2, 1, -1]
    assert by_region.set_index("class").loc["crop", "drift_ha"] == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_that_is_followed_changes_nothing(tmp_path, seed):
    """Land observed as the solved plan has it by some year: no drift, nothing broken, the same objective."""
    random = np.random.default_rng(seed)
    quotas = [
        build.quota("cropland_retention", 20.0, period=2030),
        build.quota("cropland_retention", 20.0, period=2040),
        build.quota("growth_demand", float(random.integers(1, 5)), "industry", period=2030),
        build.quota("growth_demand", float(random.integers(5, 8)), "industry", period=2040),
    ]
    instance = build.build(tmp_path / "case", cases.ZONES, cases.MOVES, quotas=quotas, periods=(2030, 2040))
    best = build.solve(instance)
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {k: v for k, v in best.changes.items()}))
    moves = given.program.moves
    kind = np.where(moves.period == 1, moves.target, moves.source)
    table = pd.DataFrame(
        {
            "zone": given.program.names.zones.to_numpy()[moves.zone],
            "class": given.program.names.classes.to_numpy()[kind],
            "area_ha": given.shares * moves.area_ha,
        }
    )
    table[table["area_ha"] > 0].to_csv(tmp_path / "observed.csv", index=False)
    observed = read_observed(tmp_path / "observed.csv", instance, 2030)
    found = monitor(given, observed, tmp_path / "instance", EXACT)
    assert drift(found, observed)[1].empty
    assert set(found.flows["kind"]) <= {PLANNED}
    assert float(given.program.cost @ found.solution.shares) == pytest.approx(best.objective, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "year", "message"),
    [
        ("zone,class,area_ha\nfield,crop,9\n", 2030, "9 ha observed, it has 10 ha"),
        ("zone,class,area_ha\nfield,gold,10\n", 2030, "'gold' is not in the instance"),
        ("zone,class,area_ha\nnowhere,crop,10\n", 2030, "'nowhere' is not in the instance"),
        ("zone,class,area_ha\nfield,crop,much\n", 2030, "is no area"),
        ("zone,class,area_ha\nfield,crop,-10\n", 2030, "is no area"),
        ("zone,class\nfield,crop\n", 2030, "no column area_ha"),
        ("zone,class,area_ha\n", 2030, "has no rows"),
        ("zone,class,area_ha\nfield,crop,10\n", 2020, "no year of the plan"),
        ("zone,class,area_ha\nfield,crop,10\n", 2050, "no year of the plan"),
    ],
)
def test_observed_land_that_cannot_be_used_is_refused(tmp_path, text, year, message):
    cases.compensated(tmp_path / "case")
    given = given_plan(tmp_path / "case", cases.drawn(tmp_path / "plan", {}))
    path = tmp_path / "observed.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError, match=message):
        read_observed(path, given.model.instance, year)
