"""Quotas that clash only with how new land must lie; cells are 10 ha, amounts worked out by hand in the comments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from formulations.assemble import assemble, land_block
from optimizer.infeasibility import Explanation, RuleRef, explain
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions
from optimizer.solve import solve as solve_folder
from tests.build import Draft, draft, quota
from tests.grid import cells, edges

if TYPE_CHECKING:
    from pathlib import Path

ATTACH = quota("contiguity", 1, "built")


def grow(hectares: float) -> dict[str, Any]:
    return quota("growth_demand", hectares, "industry", period=2030)


def row_of_cells(*quotas: dict[str, Any], held: dict[str, str] | None = None, count: int = 6) -> Draft:
    """One row of cells `00`, `01`, ... that are cropland unless `held` says otherwise."""
    return draft(cells(1, count, held), "crop>ind", quotas=quotas, neighbours=edges(1, count))


def explained(made: Draft) -> Explanation:
    instance = made.instance()
    block = land_block(instance)
    return explain(instance, block, assemble(block), SolveOptions(threads=1))


def test_demand_beyond_what_can_be_reached():
    # 00 is built, 03 is water: 01 and 02 can be reached, 04 and 05 cannot; 40 ha of crop, 20 of them in reach
    explanation = explained(row_of_cells(grow(30), ATTACH, held={"00": "ind", "03": "pond"}))
    [clash] = explanation.clashes
    assert (clash.rule, clash.shortfall) == ("growth_demand", pytest.approx(10))
    assert clash.conflicting == (RuleRef("contiguity", "all", group="built"),)
    [kept] = clash.withheld
    assert (kept.rule, kept.area_ha, kept.relief) == ("contiguity", pytest.approx(20), pytest.approx(10))
    assert explanation.proven
    assert explanation.certain
    assert not explanation.whole_numbers
    assert explanation.lines("en") == [
        "name by 2030: growth demand for industry of 30 ha lacks 10 ha; it clashes with the contiguity of "
        "new land (built land); the contiguity of new land withholds 20 ha (lifting it would close the gap)."
    ]
    [zh] = explanation.lines("zh")
    assert "连片布局" in zh
    assert "缺10" in zh
    assert "占住20" in zh


def test_a_patch_beyond_the_land_that_may_be_built():
    # islands of 2, 1 and 1 cells: none has 30 ha, so nothing at all may be built
    made = row_of_cells(grow(20), quota("minimum_patch", 30, "built"), held={"02": "pond", "04": "pond"})
    [clash] = explained(made).clashes
    assert clash.shortfall == pytest.approx(20)
    assert [(one.rule, one.bound) for one in clash.conflicting] == [("minimum_patch", 30)]
    assert clash.withheld[0].area_ha == pytest.approx(40)


def test_cells_on_the_way_and_a_cap_on_all_built_land():
    # only 05 may pay: 01 to 04 lie in a region of their own that must keep its crop; with the cap at 10 + 20 the way
    # of four cells to 05 is too long
    zones = cells(1, 6, {"00": "ind"})
    zones["05"]["region"] = "far"
    quotas = [quota("growth_demand", 10, "industry", "far", 2030), quota("construction_total", 30, "built"), ATTACH]
    made = draft(zones, "crop>ind", quotas=quotas, neighbours=edges(1, 6), regions={"all": "", "far": "all"})
    [clash] = explained(made).clashes
    assert {one.rule for one in clash.conflicting} | {clash.rule} == {
        "growth_demand",
        "construction_total",
        "contiguity",
    }
    # the demand lacks all of its 10 ha, or the total all of 60 - 30: a whole of either, and 10/10 = 30/30
    assert clash.shortfall in (pytest.approx(10), pytest.approx(30))
    assert clash.withheld == ()


def test_both_rules_on_patches_take_part():
    # 01 and 02 lie beside built land and are too few, 04 to 06 are enough and lie apart
    quotas = [grow(20), ATTACH, quota("minimum_patch", 30, "built")]
    [clash] = explained(row_of_cells(*quotas, held={"00": "ind", "03": "pond"}, count=7)).clashes
    assert clash.shortfall == pytest.approx(20)
    assert {one.rule for one in clash.conflicting} == {"contiguity", "minimum_patch"}
    # by itself contiguity shuts out 04 to 06, the least patch 01 and 02; without either there is a plan
    told = {one.rule: (one.area_ha, one.relief) for one in clash.withheld}
    assert told == {"contiguity": pytest.approx((30, 20)), "minimum_patch": pytest.approx((20, 20))}


def test_a_clash_without_them_is_told_as_ever():
    [clash] = explained(row_of_cells(grow(70), ATTACH, held={"00": "ind"})).clashes
    assert (clash.shortfall, clash.conflicting) == (pytest.approx(20), ())


def test_a_plan_that_lies_well_is_no_clash():
    assert not explained(row_of_cells(grow(20), ATTACH, held={"00": "ind"}))


def test_the_command_tells_it(tmp_path: Path):
    source = row_of_cells(grow(30), ATTACH, held={"00": "ind", "03": "pond"}).write(tmp_path / "row")
    outcome = solve_folder(source, tmp_path / "plan", StudyOptions(lang="en", solve=SolveOptions(threads=1)))
    assert outcome.summary["status"] == "infeasible"
    assert "contiguity" in outcome.explanation["en"][0]
    written = json.loads((tmp_path / "plan" / "summary.json").read_text(encoding="utf-8"))
    assert written["explanation"]["clashes"][0]["conflicting"][0]["rule"] == "contiguity"
