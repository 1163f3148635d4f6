from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from optimizer.results import workbook
from optimizer.results.workbook import Head, Sheet, write_workbook

RISKY = ["=1+1", '=HYPERLINK("http://x","y")', "+1", "-cmd", "@SUM(A1)", "http://x.example", "plain", "a\x07b", "007"]


@pytest.fixture
def page(tmp_path: Path):
    table = pd.DataFrame(
        {
            "name": RISKY,
            "area": [1234.5, 0.0, float("nan"), 1e-6, -2.0, 0.25, 3.0, 4.0, 5.0],
            "year": [2035, 0, 1, 2, 3, 4, 5, 6, 7],
            "binds": [True, False] + [False] * 7,
        }
    )
    heads = [Head("名称", "name"), Head("面积", "area", "ha"), Head("年", "year"), Head("起约束作用", "binds")]
    path = tmp_path / "t.xlsx"
    write_workbook(path, [Sheet("表 Table", heads, table)])
    return openpyxl.load_workbook(path)["表 Table"]


def test_heads_hold_both_languages_and_the_unit(page):
    assert [cell.value for cell in page[1]] == ["名称\nname", "面积\narea\n[ha]", "年\nyear", "起约束作用\nbinds"]
    assert page.freeze_panes == "B2"


def test_text_is_never_a_formula_or_a_link(page):
    cells = [row[0] for row in page.iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells] == ["s"] * len(RISKY)
    assert [cell.value for cell in cells[:7]] == RISKY[:7]
    assert cells[-1].value == "007"
    assert all(cell.hyperlink is None for cell in cells)
    assert [bool(cell.quotePrefix) for cell in cells[:7]] == [True] * 5 + [False] * 2


def test_numbers_stay_numbers_and_gaps_stay_empty(page):
    values = [row[1].value for row in page.iter_rows(min_row=2)]
    assert values[0] == 1234.5
    assert values[2] is None
    assert values[3] == 1e-6
    assert page["B2"].number_format == "#,##0.00"
    assert page["B5"].number_format == "0.00E+00"
    assert page["C2"].number_format == "0"
    assert page["D2"].value is True


def test_columns_are_as_wide_as_what_they_hold(page):
    assert page.column_dimensions["A"].width > 25
    assert page.column_dimensions["C"].width < 12


def test_a_table_too_long_for_a_sheet_says_what_is_left_out_and_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_CELLS", 7)
    table = pd.DataFrame({"name": list("abcde"), "area": range(5)})
    heads = [Head("名称", "name"), Head("面积", "area", "ha")]
    path = tmp_path / "long.xlsx"
    write_workbook(path, [Sheet("长 Long", heads, table, "plan/moves.parquet"), Sheet("短 Short", heads, table[:3])])
    long, short = (openpyxl.load_workbook(path)[name] for name in ("长 Long", "短 Short"))
    assert "The first 3 of 5 rows; all are in plan/moves.parquet." in long["A1"].value
    assert [[cell.value for cell in row] for row in long.iter_rows(min_row=3)] == [["a", 0], ["b", 1], ["c", 2]]
    assert long["B2"].value == "面积\narea\n[ha]"
    assert long.auto_filter.ref == "A2:B5"
    assert [cell.value for cell in short["A"]] == ["名称\nname", "a", "b", "c"]
