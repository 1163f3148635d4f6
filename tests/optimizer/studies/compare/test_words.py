"""What a scenario changes, in words of both languages."""

import pandas as pd
import pytest

from instances.scenarios.changes import Change, LineMove
from instances.scenarios.derive import Changes
from optimizer.studies.compare.sections import kind_words
from optimizer.studies.compare.table import Compared, sheets
from optimizer.studies.compare.words import changes_in_words, goal_title, plan_title

QUOTA = Change(table="land/quotas", where={"rule": "growth_demand"}, column="value", scale=0.9)


def test_a_scaled_quota():
    changes = Changes(tables=(QUOTA,))
    assert changes_in_words(changes, "zh") == ["规划指标（规则 = 增长需求）：数值 × 0.9"]
    assert changes_in_words(changes, "en") == ["land/quotas [rule = growth demand]: value × 0.9"]


def test_lines_settings_rules_and_rows():
    changes = Changes(
        settings={"carbon.mode": "stock"},
        rules_off=("growth_demand",),
        lines=(LineMove(line="red_line", by=-0.05),),
        tables=(Change(table="land/quotas", where={"id": "x"}, drop=True),),
    )
    assert changes_in_words(changes, "en") == [
        "setting carbon.mode = stock",
        "rule off: growth demand",
        "ecological red line \u22125 %",
        "land/quotas [id = x]: dropped",
    ]
    assert changes_in_words(changes, "zh")[2] == "生态保护红线 \u22125 %"


def test_a_shifted_value_has_its_sign():
    shifted = Changes(tables=(Change(table="land/quotas", where={"id": "x"}, column="value", add=-1.0),))
    assert changes_in_words(shifted, "en") == ["land/quotas [id = x]: value \u2212 1"]


def test_goals_and_plans():
    assert goal_title("most:area:forest", "zh") == "林地面积（越大越好）"
    assert goal_title("cropland_lost", "en") == "cropland lost"
    assert plan_title("minimax", {"low": "低"}, "zh") == "最小最大后悔方案"
    assert plan_title("low", {"low": "low sinks"}, "en") == "best in “low sinks”"


def test_sheets_have_names_that_a_spreadsheet_allows():
    empty = pd.DataFrame({"zone": ["a"]})
    long = "a name that is much longer than a sheet's may be: [x]"
    found = sheets([Compared("one", long, long, empty, {}), Compared("two", long, long, empty, {})])
    names = [sheet.name for sheet in found]
    assert len(set(names)) == 2
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in names)


def test_a_class_and_a_region_have_their_names():
    names = {("class", "0301"): "乔木林地", ("region", "n"): "北县"}

    def named(kind, code):
        return names.get((kind, code), code)

    assert goal_title("area:0301@n", "zh", named) == "乔木林地面积 · 北县"
    assert goal_title("area:forest", "zh", named) == "林地面积"
    sinks = Change(table="land/factors", where={"class": ("0301", "0401")}, column="value", scale=0.9)
    moved = Change(table="land/quotas", where={"group": "0301"}, column="region", set="n")
    assert changes_in_words(Changes(tables=(sinks, moved)), "zh", named) == [
        "碳汇与碳储量系数（地类 = 乔木林地 / 0401）：数值 × 0.9",
        "规划指标（类组 = 乔木林地）：行政区 = 北县",
    ]


@pytest.mark.parametrize(
    "family",
    [
        *("selection", "restoration_project", "minimum_lot"),
        *("energy:site_opening", "energy:segment_opening", "energy:candidate_circuits"),
    ],
)
def test_what_plans_may_choose_otherwise_has_a_name_in_chinese(family):
    assert not any(letter.isascii() for letter in kind_words(family, "zh"))
    assert kind_words(family, "en") != kind_words(family, "zh")
