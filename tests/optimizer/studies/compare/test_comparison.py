"""The comparison of a small study, whole: page, workbook and CSV, on plans worked out by hand in docs/tiny.md."""

import re

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from instances.faults import InstanceError
from optimizer.cli import app
from optimizer.studies.compare.gather import gather
from optimizer.studies.run import run_study

STUDY = """
[study]
name = "small"
title_zh = "小研究"
title_en = "A small study"
base = "tiny"
gap = 1e-9

[[scenario]]
name = "as-is"
title_zh = "基准"
title_en = "as it is"

[[scenario]]
name = "less"
title_zh = "=SUM(A1)"
title_en = "less growth <b>"
from = "as-is"
change = [{ table = "land/quotas", where = { id = "growth-north" }, column = "value", add = -1.0 }]

[[scenario]]
name = "too-much"
title_en = "too much"
change = [{ table = "land/quotas", where = { rule = "growth_demand" }, column = "value", scale = 20.0 }]

[[measure]]
name = "less-growth"
change = [{ table = "land/quotas", where = { id = "growth-south" }, column = "value", add = -1.0 }]

[[ledger]]
name = "one"
measures = ["less-growth"]

[[front]]
name = "carbon-cropland"
objectives = ["emissions", "cropland_lost"]
points = 3

[[alternatives]]
name = "near"
within = 0.1
number = 1

[[ranges]]
name = "forest"
within = 0.05
measures = ["area:forest"]

[[robust]]
name = "sinks"
uncertain = [{ factor = "sink", low = 0.7, high = 1.4 }]
budgets = [0, 1]
samples = 20

[[regret]]
name = "cases"
[[regret.case]]
name = "low"
scale = [{ factor = "sink", scale = 0.5 }]
[[regret.case]]
name = "high"
scale = [{ factor = "sink", scale = 2.0 }]

[[worth]]
name = "retention"
where = { id = "retention" }
"""

SECTIONS = ("措施减排账", "帕累托前沿", "近优备选方案", "近优范围", "稳健方案", "最小最大后悔", "约束的价值")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("compared")
    (root / "study.toml").write_text(STUDY, encoding="utf-8")
    run_study(root / "study.toml", root / "out", "zh", workers=1)
    return root / "out"


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "comparison" / "study.html").read_text(encoding="utf-8")


def csv(folder, name):
    return pd.read_csv(folder / "comparison" / "csv" / f"{name}.csv", encoding="utf-8-sig")


def test_one_hectare_less_of_growth_saves_130_tonnes(folder):
    # docs/tiny.md: the last hectare of growth in the north costs 130 t
    table = csv(folder, "scenarios").set_index("scenario")
    assert table.loc["as-is", "objective"] == pytest.approx(990.0)
    assert table.loc["less", ["difference", "difference_least", "difference_greatest"]].tolist() == pytest.approx(
        [-130.0] * 3
    )
    assert pd.isna(table.loc["too-much", "difference"])
    assert table.loc["too-much", "status"] == "infeasible"


def test_ledger_and_land_differ_by_as_much(folder):
    ledger = csv(folder, "ledger")
    assert ledger["less - as-is"].sum() == pytest.approx(-130.0)
    land = csv(folder, "land_by_group").set_index("group")
    assert land["less - as-is"].sum() == pytest.approx(0.0, abs=1e-9)
    assert land.loc["housing_urban", "less - as-is"] == pytest.approx(-1.0)


def test_no_cell_is_run_by_a_spreadsheet(folder):
    text = (folder / "comparison" / "csv" / "scenarios.csv").read_text(encoding="utf-8-sig")
    assert ",'=SUM(A1)," in text
    book = openpyxl.load_workbook(folder / "comparison" / "study.xlsx")
    cells = [cell for row in book["情景 Scenarios"].iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert "=SUM(A1)" in [cell.value for cell in cells]


def test_the_workbook_has_a_sheet_for_every_csv_with_frozen_heads_in_both_languages(folder):
    book = openpyxl.load_workbook(folder / "comparison" / "study.xlsx")
    assert len(book.sheetnames) == len(list((folder / "comparison" / "csv").iterdir()))
    for sheet in book:
        assert sheet.freeze_panes in ("A2", "B2")
    heads = [cell.value for cell in book["碳账 Carbon ledger"][1]]
    assert "基准\nas it is\n[tCO2e]" in heads
    heads = [cell.value for cell in book["前沿 Front carbon-cropland"][1]]
    assert "减少的耕地\ncropland lost\n[ha]" in heads


def test_the_page_stands_alone(page):
    assert "http" not in page
    assert "<script" not in page
    assert "<link" not in page
    assert all(source.startswith("data:image/png;base64,") for source in re.findall(r'(?:src|href)="([^"]*)"', page))


def test_the_page_shows_every_analysis_and_why_a_scenario_has_no_plan(page):
    for words in SECTIONS:
        assert f"<h2>{words}</h2>" in page
    assert "无可行方案" in page
    assert "growth_demand" in page or "增长需求" in page
    assert page.count('class="chart"') == 4  # front, robust, samples, worth
    assert "少增长" not in page


def test_the_same_study_in_english_in_a_folder_of_its_own(folder, tmp_path):
    done = CliRunner().invoke(app, ["study", "report", str(folder), "--lang", "en", "--out", str(tmp_path / "en")])
    assert done.exit_code == 0, done.output
    english = (tmp_path / "en" / "study.html").read_text(encoding="utf-8")
    assert "Where plans agree and differ" in english
    assert "less growth &lt;b&gt;" in english
    told = re.sub(r'<style>.*?</style>|<p class="warning">.*?</p>', "", english, flags=re.DOTALL)
    assert not re.search(r"[\u4e00-\u9fff]", told)
    assert "growth_demand in" in told or "growth demand" in told  # why there is no plan, too


def test_a_new_title_writes_the_comparison_again_and_nothing_else(folder, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace("小研究", "新题目"), encoding="utf-8")
    ended = run_study(path, folder, "zh", workers=1)
    assert [name for name, one in ended.items() if not one.kept] == ["comparison"]
    assert "新题目" in (folder / "comparison" / "study.html").read_text(encoding="utf-8")


def test_a_folder_that_is_no_study_is_refused(tmp_path):
    with pytest.raises(InstanceError, match="is no folder of a study"):
        gather(tmp_path)
