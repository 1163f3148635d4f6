"""Land taken by class: covered by arrays, and converted for what serves them; names beside ids in the workbook."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from optimizer.solve import StudyOptions, solve
from tests.joint_cases import joint, may, plant, solar


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """2 MW of sun at 2.5 ha and 0.5 ha of service land each, on 10 ha of bare land; industry is dear."""
    root = tmp_path_factory.mktemp("taken")
    tables = {
        "buses": [{"bus": "n", "voltage_kv": 110, "name_zh": "北站", "name_en": "North"}],
        "loads": [{"load": "l", "bus": "n", "peak_mw": 2}],
        "generators": [plant(30)],
        "sites": [solar(facility_ha_per_mw=0.5, name_zh="南坡", name_en="South slope")],
        "site_zones": [{"site": "pv", "zone": "a"}],
        "overlays": may("solar", "bare"),
    }
    made = joint(
        {"a": {"bare": 10}}, {"bare>ind": {"cost": 1}}, tables, network={"facility_class": "ind"}, objective="cost"
    )
    solve(made.write(root / "instance"), root / "plan", StudyOptions(lang="en"))
    return root / "plan"


def test_service_land_stands_beside_covered_land_by_class(taken):
    table = pd.read_csv(taken / "network_land.csv").groupby(["technology", "class"])["area_ha"].sum()
    assert table.to_dict() == pytest.approx({("solar", "bare"): 5.0, ("service", "bare"): 1.0})


def test_the_page_says_which_class_it_was(taken):
    text = (taken / "report.html").read_text(encoding="utf-8")
    assert "service land" in text
    assert "Of service land 1.00 ha hold service buildings" in text


def test_sheets_name_buses_sites_and_classes(taken):
    book = openpyxl.load_workbook(taken / "tables.xlsx", read_only=True)
    cells = {sheet.title: [row for row in sheet.iter_rows(values_only=True)] for sheet in book}
    site = next(row for row in cells["电源与储能 Capacity"] if row[1] == "pv")
    assert "南坡 South slope" in site
    assert "北站 North" in site
    assert any("北站 North" in row for row in cells["节点电价 Nodal prices"])
    land = cells["占用土地 Land taken"]
    assert "name of the class" in " ".join(str(cell) for cell in land[0])
