"""Corridors and landscape indices as they are written: tables, lines on the map, report in both languages."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import geopandas
import numpy as np
import pandas as pd
import pytest

from instances.instance import load
from optimizer.report.sites.page import render_sites
from optimizer.report.sites.reread import read_site_report
from optimizer.results.sites.corridors import corridor_table, ways
from optimizer.results.sites.indices import indices
from optimizer.results.sites.plan import selection_of
from optimizer.solve import StudyOptions, solve
from tests.six_units import rule, six

if TYPE_CHECKING:
    from pathlib import Path

GROUPS = [{"group": name, "unit": unit} for name, unit in (("hill", "1"), ("hill", "4"), ("shore", "6"), ("wood", "3"))]
HABITAT = [{"layer": "habitat", "unit": unit, "value": 1} for unit in "146"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hill (1 and 4) to shore (6) through 2 and 3, one more ring for the other: all but 6 and the cores is bought."""
    root = tmp_path_factory.mktemp("corridors")
    draft = six(
        rule("corridor", 0, group="hill;shore", id="blue"),
        rule("corridor", 1, group="hill;wood", id="green"),
        features=[],
        amounts=[],
        unit_groups=GROUPS,
        layers=HABITAT,
    )
    outcome = solve(draft.write(root / "instance"), root / "plan", StudyOptions(lang="en"))
    assert outcome.audit_passed, outcome.failures
    return root


def test_tables(study):
    """2 with its neighbours 1, 3 (core) and 5 carries the green line; the blue one may end at 5."""
    table = pd.read_csv(study / "plan" / "corridors.csv", encoding="utf-8-sig", dtype={"unit": str})
    green = table[table["corridor"] == "green"].set_index("part")["unit"]
    assert (green["line"], green["beside"]) == ("2", "5")
    assert table["cost"].sum() > 0
    chosen = pd.read_csv(study / "plan" / "selection.csv", encoding="utf-8-sig", dtype=str)
    assert dict(zip(chosen["unit"], chosen["corridor"], strict=True))["5"] == "blue;green"
    index = pd.read_csv(study / "plan" / "indices.csv", encoding="utf-8-sig").set_index("index")
    assert index.loc["habitat", ["before", "after"]].tolist() == [30, 50]
    assert index.loc["patches", ["before", "after"]].tolist() == [2, 1]
    assert index.loc["mesh", "before"] == pytest.approx((20**2 + 10**2) / 60)
    assert index.loc["mesh", "after"] == pytest.approx(50**2 / 60)


def test_lines_on_the_map(study):
    lines = geopandas.read_file(study / "plan" / "plan.gpkg", layer="corridors").set_index("corridor")
    assert lines.geom_type.isin(["LineString", "MultiLineString"]).all()
    assert lines.loc["green"].geometry.length == pytest.approx(200)


def test_lines_have_a_style_of_their_own(study):
    with closing(sqlite3.connect(study / "plan" / "plan.gpkg")) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert set(styles) == {"units", "corridors"}
    renderer = ElementTree.fromstring(styles["corridors"].split("\n", 1)[1]).find("renderer-v2")
    assert renderer.get("attr") == "corridor"
    assert {symbol.get("type") for symbol in renderer.iter("symbol")} == {"line"}
    assert [one.get("value") for one in renderer.iter("category")] == ["blue", "green"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("corridor blue", "hill — shore", "effective mesh size", "core areas", "41.6667")),
        ("zh", ("廊道 blue", "生态廊道", "有效网格面积", "生态源地", "景观指数")),
    ],
)
def test_report(study, lang, words):
    text = render_sites(read_site_report(load(study / "instance"), study / "plan", lang))
    assert [word for word in words if word not in text] == []


def test_nothing_is_told_where_nothing_is_asked(tmp_path):
    sites = load(six().write(tmp_path / "instance")).require_sites()
    selection = selection_of(sites, np.ones(6))
    assert corridor_table(selection).empty
    assert indices(selection).empty


def test_core_areas_that_are_cut_off_are_left_out(tmp_path):
    draft = six(rule("corridor", 0, group="hill;shore", id="blue"), unit_groups=GROUPS)
    sites = load(draft.write(tmp_path / "instance")).require_sites()
    (way,) = ways(selection_of(sites, np.array([0, 1, 0, 0, 0, 0])))
    assert len(way.steps) == len(way.line) == 0
