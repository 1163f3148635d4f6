"""Sections of the page on analyses, from tables made by hand: names, what is proven, and what is not."""

import json

import numpy as np
import pandas as pd
import pytest

from optimizer.studies.compare.analysis_sections import analysis_sections
from optimizer.studies.compare.gather import gather
from optimizer.studies.compare.sections import View
from tests.optimizer.studies.compare.by_hand import STUDY, write_study

REGRET = """
[[regret]]
name = "demand"
[[regret.case]]
name = "low"
demand = [{ id = "growth", scale = 0.5 }]
[[regret.case]]
name = "high"
demand = [{ id = "growth", scale = 1.5 }]
"""
WORTH = """
[[worth]]
name = "line"
line = ["red_line"]
curve = [1.2]
"""
RANGES = """
[[ranges]]
name = "land"
measures = ["area:0301@n"]
"""
FRONT = """
[[front]]
name = "f"
objectives = ["emissions", "cost", "changed"]
"""


def part(tmp_path, section, place, facts, lang="en", **frames):
    """Return the one part of a page whose study has one section, of which tables and facts are written by hand."""
    folder = write_study(tmp_path)
    (folder / "study.toml").write_text(STUDY + section, encoding="utf-8")
    (folder / place).mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / place / f"{name}.parquet", index=False)
    (folder / place / "result.json").write_text(json.dumps(facts), encoding="utf-8")
    ended = {"scenarios/as-is": (), "scenarios/less": (), place: ()}
    ((_, (found,)),) = analysis_sections(View(gather(folder, ended), {}, lang, (), None), None)
    return found


def words(grid):
    return [[(cell.value, cell.note) for cell in row] for row in grid.rows]


def test_where_no_plan_meets_every_demand_the_page_says_so(tmp_path):
    rows = {"plan": ["low", "high"], "low": [0.0, 4.0], "high": [np.nan, 0.0], "greatest": [np.nan, np.nan]}
    facts = {"status": "infeasible", "bound": None}
    found = part(tmp_path, REGRET, "regret/demand/table", facts, regret=pd.DataFrame(rows))
    assert "No plan meets the demand of every state of the world (proven)." in found.about
    assert "below" not in found.about
    assert words(found.grids[0])[0][1:] == [("0", ""), ("–", "does not meet this demand"), ("–", "")]
    assert not found.grids[0].strong


@pytest.mark.parametrize(("bound", "told"), [(3.0, True), (None, False)])
def test_a_bound_of_regrets_is_told_where_there_is_one(tmp_path, bound, told):
    rows = {"plan": ["nominal", "minimax"], "low": [0.0, 3.0], "high": [9.0, 3.0], "greatest": [9.0, 3.0]}
    facts = {"status": "feasible", "bound": bound, "rules_at_nominal": ["carbon_cap", "peak"]}
    found = part(tmp_path, REGRET, "regret/demand/table", facts, "zh", regret=pd.DataFrame(rows))
    assert ("没有方案的最大后悔能低于 3 吨 CO₂e" in found.about) == told
    assert "按系数表中的值计算" in found.about
    assert "carbon_cap" not in found.about
    assert found.grids[0].strong == {1}


def test_the_curve_of_a_line_lies_where_the_line_came_to(tmp_path):
    """20 ha were to grow by a fifth; whole zones made it a half."""
    rows = {
        "limit": "red_line",
        "value": 20.0,
        "unit": "ha",
        "scale": [0.99, 1.01, 1.2],
        "near": [True, True, False],
        "reached": [20.0, 20.0, 30.0],
        "status": ["failed", "failed", "optimal"],
        "objective": [np.nan, np.nan, 260.0],
        "slope": [np.nan, np.nan, 6.0],
        "slope_least": np.nan,
        "slope_greatest": np.nan,
        "multiplier": np.nan,
    }
    found = part(tmp_path, WORTH, "worth/line", {}, worth=pd.DataFrame(rows))
    assert "red_line: 1.5 · 260" in found.charts[0]
    assert "red_line: 1.2" not in found.charts[0]


@pytest.mark.parametrize(("lang", "told"), [("zh", "乔木林地面积 · 北县"), ("en", "Woods area · North")])
def test_classes_and_regions_of_measures_have_their_names(tmp_path, lang, told):
    land = tmp_path / "instances" / "as-is" / "land"
    land.mkdir(parents=True)
    regions = "region,parent,level,name_zh,name_en\nn,,county,北县,North\n"
    classes = "class,scheme,code,name_zh,name_en,group\n0301,third_survey,0301,乔木林地,Woods,forest\n"
    (land / "regions.csv").write_text(regions, encoding="utf-8")
    (land / "classes.csv").write_text(classes, encoding="utf-8")
    figures = dict.fromkeys(("best_plan", "least", "least_bound", "greatest", "greatest_bound"), 1.0)
    frame = pd.DataFrame([{"measure": "area:0301@n", "unit": "ha", **figures}])
    found = part(tmp_path, RANGES, "ranges/land/table", {}, lang, ranges=frame)
    assert found.grids[0].rows[0][0].value == told


def test_one_point_says_no_more_than_the_bounds(tmp_path):
    names = ["emissions", "cost", "changed"]
    own = {name: 1.0 for name in names} | {f"{name} bound": 0.9 for name in names}
    frame = pd.DataFrame([{"point": "000", **own, "gap": 0.1, "knee": 0}])
    found = part(tmp_path, FRONT, "fronts/f/table", {"objectives": names, "missing_ends": 0}, front=frame)
    assert found.about == "As far as the bounds prove, the goals do not conflict: the front is one point."
