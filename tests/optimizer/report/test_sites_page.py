"""The report of a study of sites: what it says, in either language, alone and offline."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from instances.faults import InstanceError
from instances.instance import load
from optimizer.report.sites.page import render_sites
from optimizer.report.sites.reread import read_site_report
from optimizer.report.sites.text import SITE_TEXT
from optimizer.results.sites.figures import costs, measures, representation
from optimizer.results.sites.plan import selection_of
from optimizer.results.sites.shapes import unit_shapes
from optimizer.solve import StudyOptions, solve
from tests.six_units import rule, six, units

if TYPE_CHECKING:
    from pathlib import Path

ZONES = [
    {"management_zone": "use", "name_zh": "利用", "name_en": "used"},
    {"management_zone": "keep", "name_zh": "保护", "name_en": "kept"},
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A solved study with a budget, a border penalty, two management zones and locks."""
    root = tmp_path_factory.mktemp("sites")
    draft = six(
        rule("budget", 18, id="money"),
        rule("boundary_penalty", 0.05, id="border"),
        units=units(u3={"status": "locked_out"}, u1={"status": "locked_in"}),
        management_zones=ZONES,
    )
    solve(draft.write(root / "instance"), root / "plan", StudyOptions(lang="en"))
    return root


def page(study: Path, lang: str) -> str:
    return render_sites(read_site_report(load(study / "instance"), study / "plan", lang))


def test_it_stands_alone(study):
    text = page(study, "en")
    assert "http" not in re.sub(r"xmlns=\S+", "", text)
    assert text.count("data:image/png") == 1


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            ("Six units", "first", "second", "used", "kept", "locked in", "locked out", "money", "budget", "border"),
        ),
        ("zh", ("六个单元", "甲", "乙", "利用", "保护", "锁定选入", "锁定排除", "资金", "边界惩罚", "已证明最优")),
    ],
)
def test_it_says_what_is_chosen_and_why(study, lang, words):
    text = page(study, lang)
    assert all(word in text for word in words), [word for word in words if word not in text]


def test_english_holds_no_chinese(study):
    assert not re.search("[\u4e00-\u9fff]", page(study, "en").split("</style>")[1])


def test_both_languages_have_every_string():
    assert all(zh and en for zh, en in SITE_TEXT.values())


def test_studies_after_the_solve_are_shown(study):
    """Of three plans one leaves out u2; unit u6 has no replacement, u1 has one that costs 2.5."""
    plan = study / "plan"
    before = page(study, "en").count("data:image/png")
    measures = {
        "replacement": [2.5, 0.0, np.inf],
        "replacement_lower": [2.5, 0, 7],
        "replacement_upper": [2.5, 0, np.inf],
    }
    pd.DataFrame({"unit": list("126"), **measures}).to_csv(plan / "importance.csv", index=False)
    points = {"budget": [0.0, 9.0, 18.0], "value": [8.0, np.nan, 2.0], "bound": [8.0, 3.0, 2.0]}
    pd.DataFrame(points).to_csv(plan / "curve.csv", index=False)
    (plan / "portfolio").mkdir()
    pd.DataFrame({"unit": list("123"), "share": [1.0, 2 / 3, 0.0]}).to_csv(plan / "portfolio/portfolio.csv")
    pd.DataFrame({"plan": [1], "objective": [8.5], "units": [3]}).to_csv(plan / "portfolio/plans.csv", index=False)
    text = page(study, "en")
    assert text.count("data:image/png") == before + 2
    shown = ("map_replacement", "irreplaceable", "curve", "column_budget", "never_chosen", "column_plan")
    assert all(SITE_TEXT[key][1] in text for key in shown)
    assert all(cell in text for cell in ("<td>2.5 – 2.5</td>", "<td>7 – ∞</td>", "<td>8.5</td>"))
    assert text.count('class="dot"') == 2  # no dot where no plan was found
    assert not re.search("[\u4e00-\u9fff]", text.split("</style>")[1])
    shutil.rmtree(plan / "portfolio")
    for name in ("importance", "curve"):
        (plan / f"{name}.csv").unlink()


def test_without_places_there_is_no_map(tmp_path):
    tables = [{key: value for key, value in unit.items() if key not in "xy"} for unit in units()]
    draft = six(units=tables)
    solve(draft.write(tmp_path / "instance"), tmp_path / "plan", StudyOptions(lang="en"))
    assert SITE_TEXT["no_map"][1] in (tmp_path / "plan" / "report.html").read_text(encoding="utf-8")
    assert not (tmp_path / "plan" / "plan.gpkg").exists()


def test_a_plan_of_another_instance_is_refused(study, tmp_path):
    other = six().write(tmp_path / "other")
    with pytest.raises(InstanceError, match="another instance"):
        read_site_report(load(other), study / "plan", "en")


def test_polygons_are_taken_where_they_are_stored(tmp_path):
    folder = six().write(tmp_path / "six")
    table = pd.DataFrame(units())
    shapes = shapely.points(table["x"], table["y"]).tolist()
    frame = geopandas.GeoDataFrame(table, geometry=[one.buffer(40) for one in shapes], crs="EPSG:4550")
    frame["unit"] = frame["unit"].astype(str)
    (folder / "restoration" / "units.csv").unlink()
    frame.iloc[::-1].to_parquet(folder / "restoration" / "units.parquet", index=False)
    found = unit_shapes(load(folder))
    assert found.iloc[0].centroid.x == pytest.approx(table["x"].iloc[-1])
    squares = unit_shapes(load(six().write(tmp_path / "plain")))
    assert squares.area.tolist() == [pytest.approx(10_000)] * 6


def test_figures_by_hand(tmp_path):
    """Of 1, 2 and 6: 4 of `a`, 3 of `b`; border 60 + 40; two reserves, the larger of 20 ha."""
    sites = load(six().write(tmp_path / "six")).require_sites()
    selection = selection_of(sites, np.array([1, 1, 0, 0, 0, 1.0]))
    table = representation(selection)
    assert table["held"].tolist() == [4, 3]
    assert table["share"].tolist() == [pytest.approx(4 / 6), pytest.approx(3 / 6)]
    assert costs(selection)[["units", "cost", "area_ha"]].to_numpy().tolist() == [[3, 9, 30]]
    lengths = measures(selection).set_index("measure")["value"]
    assert lengths.to_dict() == {"border": 100, "outer_border": 50, "reserves": 2, "largest_reserve": 20}
