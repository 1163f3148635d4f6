"""The network on the page of a land plan: land it takes, supply apart from land; nothing where there is none."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pytest
import shapely

from instances.instance import load
from optimizer.report.network.page import joint_network
from optimizer.report.page import ReportInput, render
from optimizer.report.reread import read_report
from optimizer.solve import StudyOptions, solve
from tests.build import draft, quota

if TYPE_CHECKING:
    from pathlib import Path

MADE = {"source": "made", "status": "made"}


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two squares of bare land: 5 ha become forest, 2 MW of sun (40 MW/km2, dear coal) cover 5 of the others."""
    root = tmp_path_factory.mktemp("joint")
    made = draft(
        {"a": {"bare": 10}, "b": {"bare": 6}},
        {"bare>wood": {"restoration": 1}},
        quotas=[quota("floor", 5, "forest")],
    )
    made.settings["objective"] = {"kind": "cost"}
    made.settings["instance"]["crs"] = "EPSG:4550"
    tables = {
        "buses": [{"bus": "n", "voltage_kv": 110, "x_m": 500, "y_m": 500}],
        "snapshots": [{"snapshot": "s", "weight_h": 8760}],
        "loads": [{"load": "l", "bus": "n", "peak_mw": 2}],
        "generators": [
            {
                "generator": "coal",
                "bus": "n",
                "technology": "coal",
                "capacity_mw": 10,
                "marginal_cost": 0.04,
                "emission_tco2_per_mwh": 1,
            }
        ],
        "sites": [
            {
                "site": "pv",
                "technology": "solar",
                "bus": "n",
                "potential_mw": 50,
                "density_mw_per_km2": 40,
                "capital_cost": 1,
            }
        ],
        "site_zones": [{"site": "pv", "zone": "a", "share": 1}, {"site": "pv", "zone": "b", "share": 0.5}],
        "imports": [{"bus": "n", "capacity_mw": 1, "emission_tco2_per_mwh": 0.5, "price": 0.1}],
        "overlays": [{"technology": "solar", "class": "bare", "allowed": 1, "sink_kept": 1, **MADE}],
    }
    made.tables |= {f"network/{name}": rows for name, rows in tables.items()}
    folder = made.write(root / "instance")
    path = folder / "land" / "zones.csv"
    zones = pd.read_csv(path, dtype={"zone": str})
    shapes = [shapely.box(1000 * at, 0, 1000 * (at + 1), 1000) for at in range(len(zones))]
    path.unlink()
    geopandas.GeoDataFrame(zones, geometry=shapes, crs="EPSG:4550").to_parquet(path.with_suffix(".parquet"))
    solve(folder, root / "plan", StudyOptions(lang="en"))
    return root


def read(solved: Path, lang: str) -> ReportInput:
    return read_report(load(solved / "instance"), solved / "plan", lang)


@pytest.mark.parametrize(("lang", "solar", "total"), [("en", "solar", "Total"), ("zh", "光伏", "合计")])
def test_land_taken_is_told_by_class_and_technology(solved: Path, lang: str, solar: str, total: str) -> None:
    parts = joint_network(read(solved, lang))
    assert parts is not None
    assert parts.land is not None
    assert parts.land.table is not None
    assert parts.land.table.heads[1:] == (solar, total)
    (bare, whole) = parts.land.table.rows
    assert bare[1:] == ("5.0", "5.0")
    assert whole == (total, "5.0", "5.0")


def test_supply_stands_apart_with_a_memo_against_imports(solved: Path) -> None:
    """2 MW all year: without the sun, imports at 0.5 t/MWh would emit 8760 t; nothing is emitted."""
    parts = joint_network(read(solved, "en"))
    assert parts is not None
    assert parts.supply is not None
    assert parts.supply.rows[0][0] == "solar"
    assert len(parts.memo) == 1
    assert "8\u202f760 tCO₂e; the plan emits 0 tCO₂e" in parts.memo[0]


def test_the_page_of_land_alone_has_no_network(solved: Path) -> None:
    report = read(solved, "en")
    both, alone = render(report), render(dataclasses.replace(report, network=None))
    assert "Energy and the network" in both
    assert "Energy and the network" not in alone
    assert both.count("<section>") == alone.count("<section>") + 1
    assert not re.search("[\u4e00-\u9fff]", both.split("</style>")[1])


def test_binding_rules_name_land_and_not_the_machinery(solved: Path) -> None:
    rules = read(solved, "en").rules
    told = rules[rules["rule"].astype(str).str.startswith("energy:")]
    assert set(told["rule"]) == {"energy:site_land"}
    assert set(told["rule_zh"]) == {"电网：场址用地"}


def test_layers_and_sheets_join_those_of_the_land(solved: Path) -> None:
    sites = geopandas.read_file(solved / "plan" / "plan.gpkg", layer="sites")
    assert sites["capacity_mw"].tolist() == pytest.approx([2.0])
    (middle,) = sites.geometry
    assert middle.x == pytest.approx((500 + 0.5 * 1500) / 1.5)  # the zones by the share that lies in the site
    sheets = pd.read_excel(solved / "plan" / "tables.xlsx", sheet_name=None)
    assert sheets["占用土地 Land taken"].iloc[0, -1] == pytest.approx(5.0)
    assert (solved / "plan" / "network_supply.csv").is_file()
