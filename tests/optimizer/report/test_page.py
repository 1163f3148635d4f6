import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from optimizer.report.page import render, write_report


class Outline(HTMLParser):
    """Collects addresses and checks that every tag is closed."""

    VOID = ("meta", "img", "line", "polyline", "br")

    def __init__(self):
        super().__init__()
        self.open, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in self.VOID

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_stands_alone(weihai, report, lang):
    page = render(report(weihai, lang))
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert len(outline.addresses) == 3
    assert all(address.startswith("data:image/png;base64,") for address in outline.addresses)
    assert not re.search(r"https?://|url\(|@import|<script", page)
    assert len(page) < 15e6


def test_chinese_page(weihai, report):
    page = render(report(weihai, "zh"))
    for words in (
        "威海（公布总量，合成地理）",
        "已证明最优",
        "独立核验 212 项全部通过",
        "合成数据",
        "耕地保有量",
        "abc123",
    ):
        assert words in page


def test_english_page_has_english_words_only(weihai, report):
    page = render(report(weihai, "en"))
    assert "Proven optimal" in page
    assert "dry cropland" in page
    left = page[: page.index("Provenance")].split("</style>")[1]
    assert not re.search(r"[\u4e00-\u9fff]", left)


def test_the_unreproducible_target_shows_its_gap(weihai, report):
    page = render(report(weihai, "zh"))
    row = re.search(r"土地碳汇总量.*?</tr>", page, re.S)
    assert row
    assert "191.00" in row[0]
    assert "未达标" in row[0]


def test_user_text_is_escaped(copied, report):
    def poison(folder):
        toml = folder / "instance.toml"
        text = toml.read_text(encoding="utf-8")
        toml.write_text(re.sub(r'title_zh = ".*"', 'title_zh = "<script>alert(1)</script>"', text), encoding="utf-8")
        classes = folder / "land" / "classes.csv"
        table = pd.read_csv(classes, dtype=str, keep_default_na=False)
        table.loc[table["class"] == "0103", "name_zh"] = "<i>旱地</i>"
        table.to_csv(classes, index=False)

    page = render(report(copied(poison)))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<i>旱地" not in page


def test_without_geometry_there_are_no_maps(copied, report):
    def flatten(folder):
        zones = folder / "land" / "zones.parquet"
        pd.read_parquet(zones).drop(columns="geometry").to_csv(folder / "land" / "zones.csv", index=False)
        zones.unlink()

    page = render(report(copied(flatten)))
    assert "<img" not in page
    assert "没有空间单元的几何数据" in page


def test_a_plan_that_changes_nothing(weihai, report):
    page = render(report(weihai, "en", changes=0))
    assert "The plan changes no land." in page


def test_failures_are_said_plainly(weihai, report):
    given = report(weihai, "en", status="feasible", objective=None, gap=None)
    given.audit.update(passed=False, failed=["balance"])
    page = render(given)
    assert "1 of 212 checks failed" in page
    assert 'class="bad"' in page


def test_only_binding_rules_are_listed(weihai, report):
    page = render(report(weihai, "zh"))
    assert "共 2 条，1 条起约束作用" in page
    assert "12.5" in page
    assert "&lt;b&gt;f1" in page
    assert "c1" not in page.split("起约束作用的规则")[1].split("假定与来源")[0]


def test_written_to_a_file(weihai, report, tmp_path):
    path = tmp_path / "report.html"
    write_report(path, report(weihai))
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("change", "said"), [({}, True), ({"objective": 5.0}, False), ({"objective_unit": "10k CNY"}, False)]
)
def test_the_ledger_adds_up_to_the_objective_only_where_it_does(weihai, report, change, said):
    assert ("add up to the objective" in render(report(weihai, "en", **change))) is said
