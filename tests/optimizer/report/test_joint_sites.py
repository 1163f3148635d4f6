import dataclasses
import re

import geopandas
import pandas as pd
import pytest
import shapely

from instances.instance import load
from optimizer.report.joint_sites import joint_sites
from optimizer.report.page import ReportInput, render
from optimizer.report.reread import read_report
from optimizer.results.sites.shapes import joint_shapes
from optimizer.solve import StudyOptions, solve
from tests.formulations.restoration.joint_land import joint


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """The land of `joint` on a line of squares: unit u2 (cost 2, half of b and all of c) is enough for 5 ha."""
    root = tmp_path_factory.mktemp("joint")
    made = joint(rules=[{"rule": "budget", "value": 4.0}])
    made.tables["features"][0] |= {"name_zh": "鸟", "name_en": "bird"}
    folder = made.write(root / "instance")
    path = folder / "land" / "zones.csv"
    zones = pd.read_csv(path, dtype={"zone": str})
    shapes = [shapely.box(1000 * at, 0, 1000 * (at + 1), 1000) for at in range(len(zones))]
    path.unlink()
    geopandas.GeoDataFrame(zones, geometry=shapes, crs="EPSG:4550").to_parquet(path.with_suffix(".parquet"))
    solve(folder, root / "plan", StudyOptions(lang="en"))
    return root


def read(solved, lang: str) -> ReportInput:
    return read_report(load(solved / "instance"), solved / "plan", lang)


@pytest.mark.parametrize(("lang", "name", "rule"), [("zh", "鸟", "资金"), ("en", "bird", "budget")])
def test_targets_limits_and_chosen_units_are_shown(solved, lang, name, rule):
    """u2 holds 2 of the 1 asked for and costs 2 of 4; at least the 5 ha asked for are restored in it."""
    shown = joint_sites(read(solved, lang))
    assert (shown.chosen, shown.units, shown.cost) == ("1", "2", "2")
    (target,) = shown.represented.rows
    assert (target.name, target.target[0], target.held, target.met) == (name, "≥", "2", True)
    assert shown.limits.rows == ((rule, "budget_1", "≤\u202f4", "2"),)
    ((unit, _, restored, cost),) = shown.table.rows
    assert (unit, cost) == ("u2", "2")
    assert float(restored) >= 5


def test_units_without_polygons_are_drawn_where_they_stand(solved):
    report = read(solved, "en")
    shapes = joint_shapes(report.instance)
    assert shapes.area.tolist() == [1e6, 2e6]
    shown = joint_sites(report).map
    assert shown.scale == ("500 m", pytest.approx(500 / 3060))
    assert shown.legend[0].name == "chosen"


def test_the_page_has_one_more_map_and_no_chinese(solved):
    report = read(solved, "en")
    with_sites, without = render(report), render(dataclasses.replace(report, selection=None))
    assert with_sites.count("data:image/png") == without.count("data:image/png") + 1
    assert "Restoration sites" not in without
    assert not re.search("[\u4e00-\u9fff]", with_sites.split("</style>")[1])


def test_units_stand_in_the_geopackage_and_the_workbook(solved):
    units = geopandas.read_file(solved / "plan" / "plan.gpkg", layer="units")
    assert units[["unit", "chosen", "amount", "cost"]].to_numpy().tolist() == [["u1", 0, 0.0, 3.0], ["u2", 1, 1.0, 2.0]]
    assert units.crs == "EPSG:4550"
    sheets = pd.read_excel(solved / "plan" / "tables.xlsx", sheet_name=None)
    chosen = sheets["修复选址 Selection"]
    assert "修复目标 Representation" in sheets
    assert chosen.iloc[0, 0] == "u2"
    assert chosen.iloc[0, -2:].tolist() == [2000, 500]  # the middle of zones b and c
