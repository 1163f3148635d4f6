"""Sections of the page on scenarios, from records made by hand: units, faults in both languages, names of regions."""

import json

import pytest

from instances.faults import Fault
from optimizer.studies.compare.analyses import unit_of
from optimizer.studies.compare.gather import Analysis, gather
from optimizer.studies.compare.page import _head
from optimizer.studies.compare.sections import described, outcome_grid, why_not
from optimizer.studies.entries import FrontEntry
from optimizer.studies.manifest import Manifest
from optimizer.studies.tasks import Ended
from tests.optimizer.studies.compare.by_hand import view, write_study


def cells(grid):
    return [[cell.value for cell in row] for row in grid.rows]


def test_one_unit_stands_in_the_heads(folder):
    grid = outcome_grid(view(folder, "en"))
    assert [head for head in grid.heads if "[t CO₂e]" in head] == [
        "Value [t CO₂e]",
        "Bound [t CO₂e]",
        "Less the reference [t CO₂e]",
        "Difference of optima (proven) [t CO₂e]",
    ]
    assert cells(grid)[1][2:4] == ["150", "120"]


def test_several_units_stand_in_each_row(tmp_path):
    plans = {"as-is": (2e8, 1.9e8, "tCO2e"), "less": (1500.0, 1200.0, "10k CNY")}
    grid = outcome_grid(view(write_study(tmp_path, plans), "en"))
    assert grid.heads[2] == "Unit"
    assert not any("[" in head for head in grid.heads)
    first, second = cells(grid)
    assert first[2:5] == ["kt CO₂e", "200\u202f000", "190\u202f000"]
    assert second[2:5] == ["10k CNY", "1\u202f500", "1\u202f200"]  # not in thousands, as tonnes are
    assert second[7] == "–"  # tonnes less yuan is nothing


def test_figures_of_an_analysis_are_in_the_unit_of_its_own_scenario(tmp_path):
    plans = {"as-is": (2e8, 1.9e8, "tCO2e"), "less": (1500.0, 1200.0, "10k CNY")}
    study = gather(write_study(tmp_path, plans))
    entry = FrontEntry(name="f", scenario="less", objectives=("emissions", "cost"))
    assert unit_of(study, Analysis("front", entry, tmp_path)) == "10k CNY"
    assert unit_of(study, Analysis("front", entry.model_copy(update={"scenario": ""}), tmp_path)) == "tCO2e"


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("zh", "scenarios/less: land/zones.csv，第 3 行，列 area：太小（请改大）"),
        ("en", "scenarios/less: land/zones.csv, row 3, column area: is small (enlarge it)"),
    ],
)
def test_faults_are_told_in_the_language_of_the_page(folder, lang, told):
    fault = Fault("land/zones.csv", "is small", "enlarge it", 3, "area", "太小（请改大）")
    manifest = Manifest(folder, {}, {})
    manifest.end(Ended("scenarios/less", faults=(fault,)))
    written = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    written["tasks"]["scenarios/as-is"] = {"state": "done"}
    (folder / "manifest.json").write_text(json.dumps(written), encoding="utf-8")
    assert why_not(view(folder, lang)) == [("less", (told,))]


def test_a_fault_without_chinese_words_keeps_its_english_ones():
    assert Fault("a.csv", "is small", "enlarge it", 3).told("zh") == "a.csv，第 3 行：is small（enlarge it）"


def test_a_plan_of_an_analysis_that_fails_its_audit_is_told_at_the_head(folder):
    assert _head(gather(folder), "en").status == "every plan passed the independent audit"
    ended = {"scenarios/as-is": (), "scenarios/less": (), "fronts/f/points/000": ()}
    (folder / "fronts" / "f" / "points" / "000").mkdir(parents=True)
    record = {"record": {"audit_passed": False}}
    (folder / "fronts" / "f" / "points" / "000" / "task.json").write_text(json.dumps(record))
    assert _head(gather(folder, ended), "en").status == "1 plans failed the independent audit"


def test_regions_have_their_names(folder):
    regions = folder / "instances" / "as-is" / "land" / "regions.csv"
    regions.parent.mkdir(parents=True)
    regions.write_text("region,parent,level,name_zh,name_en\nn,,county,北县,North\n", encoding="utf-8")
    path = folder / "study.toml"
    change = '[[scenario.change]]\ntable = "land/quotas"\nwhere = { region = "n" }\ncolumn = "value"\nscale = 2\n'
    path.write_text(path.read_text(encoding="utf-8") + change, encoding="utf-8")
    assert described(view(folder, "zh"))[1].changes == ("规划指标（行政区 = 北县）：数值 × 2",)
    assert described(view(folder, "en"))[1].changes == ("land/quotas [region = North]: value × 2",)
