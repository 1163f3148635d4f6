import openpyxl
import pytest

SHEETS = [
    "摘要 Summary",
    "转移 Transitions",
    "矩阵 Matrix",
    "指标 Indicators",
    "规则 Rules",
    "碳账 Ledger",
    "变化单元 Zones that change",
    "规划指标 Quotas",
    "系数 Factors",
    "参数 Parameters",
    "地类 Classes",
    "背景 Context",
    "活动 Activity",
    "指标目标 Targets",
    "修复工程 Projects",
]


@pytest.fixture(scope="module")
def book(solved):
    return openpyxl.load_workbook(solved / "tables.xlsx")


def rows(page):
    return [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]


def test_every_table_is_there_with_frozen_heads(book):
    assert book.sheetnames == SHEETS
    assert all(page.freeze_panes in ("A2", "B2") for page in book)


def test_heads_are_in_both_languages_with_units(book):
    heads = [cell.value for cell in book["转移 Transitions"][1]]
    assert heads[0] == "现状地类\npresent class"
    assert heads[-1] == "面积\narea\n[ha]"
    assert "数值\nvalue" in [cell.value for cell in book["规划指标 Quotas"][1]]


def test_the_optimum_of_tiny_by_hand(book):
    # docs/tiny.md: the objective is 990; 8 ha of bare land become forest and 5 ha urban
    assert dict(rows(book["摘要 Summary"]))["objective"] == pytest.approx(990)
    moved = {(row[0], row[3]): row[6] for row in rows(book["转移 Transitions"])}
    assert moved["bare", "forest"] == pytest.approx(8)
    assert moved["bare", "urban"] == pytest.approx(5)
    matrix = book["矩阵 Matrix"]
    heads = [str(cell.value).split(" ")[0] for cell in matrix[1]]
    bare = next(row for row in rows(matrix) if row[0] == "bare")
    assert bare[heads.index("forest")] == pytest.approx(8)


def test_zones_that_change(book):
    zones = {row[0]: row for row in rows(book["变化单元 Zones that change"])}
    # S4 is a core red line and N2 permanent farmland: nothing changes there
    assert not {"S4", "N2"} & set(zones)
    # N6: 4 ha of bare land, all of it to forest
    assert zones["N6"][2:] == [4, 4, 1, "bare", "forest", "forest"]


def test_sources_come_with_their_status(book):
    quotas = book["规划指标 Quotas"]
    heads = [str(cell.value).split("\n")[1] for cell in quotas[1]]
    assert {"source", "status"} <= set(heads)
    assert {row[heads.index("status")] for row in rows(quotas)} == {"made"}
