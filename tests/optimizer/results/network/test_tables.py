"""Tables of a network plan against a case worked by hand, and their sums against what was minimised."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from instances.instance import load
from instances.synthetic.network import NetworkOptions, write_made_network
from optimizer.results.network.crossings import crossing_words, summed
from optimizer.results.network.geopackage import NEW
from optimizer.results.network.reading import read_network_plan
from optimizer.results.network.tables import network_tables
from optimizer.solve import solve
from optimizer.study import StudyOptions
from tests.optimizer.results.network.hand_case import (
    COAL_MWH,
    DAY,
    FACTOR,
    FUEL,
    INVESTED,
    LEFT_MWH,
    NIGHT,
    PERIODS,
    WIND_MWH,
    write_hand_case,
)

if TYPE_CHECKING:
    from pathlib import Path


def solved(root: Path, settings: str = "") -> dict[str, pd.DataFrame]:
    """Solve the case in `root`/in to `root`/out and return its tables."""
    folder = write_hand_case(root / "in", settings)
    outcome = solve(folder, root / "out", StudyOptions(lang="en"))
    assert outcome.summary["status"] == "optimal"
    plan = read_network_plan(load(folder), root / "out")
    assert plan is not None
    return network_tables(plan)


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the case and its results."""
    root = tmp_path_factory.mktemp("hand")
    solved(root)
    return root


@pytest.fixture(scope="module")
def tables(hand: Path) -> dict[str, pd.DataFrame]:
    plan = read_network_plan(load(hand / "in"), hand / "out")
    assert plan is not None
    return network_tables(plan)


def test_capacity_energy_and_curtailment(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["capacity"].set_index("name")
    hill, old = table.loc["hill"], table.loc["old"]
    assert (hill["existing_mw"], hill["added_mw"], hill["capacity_mw"]) == pytest.approx((0, 40, 40))
    assert hill["generation_mwh"] == pytest.approx(WIND_MWH)
    assert hill["full_load_h"] == pytest.approx(WIND_MWH / 40)
    assert hill["curtailed_share"] == pytest.approx(LEFT_MWH / (WIND_MWH + LEFT_MWH))
    assert (old["added_mw"], old["generation_mwh"]) == pytest.approx((0, COAL_MWH))
    assert table.loc["dune", "capacity_mw"] == 0


def test_builds_have_the_length_and_crossings_of_their_corridor(tables: dict[str, pd.DataFrame]) -> None:
    (build,) = tables["builds"].to_dict("records")
    assert (build["component"], build["name"], build["circuits"], build["cost"]) == ("candidate", "AB", 1, 7)
    assert (build["length_km"], build["crossings"]) == (7, "red line")
    segments = tables["segments"].set_index("segment")
    assert segments["cost"].to_dict() == {"s1": 2.0, "s2": 1.5}
    assert segments["corridors"].unique().tolist() == ["way"]


def test_supply_costs_and_limits(tables: dict[str, pd.DataFrame]) -> None:
    supply = tables["supply"].set_index("technology")
    assert supply.loc["coal", "emission_tco2e"] == pytest.approx(FACTOR * COAL_MWH)
    assert supply.loc["wind", "share_of_load"] == pytest.approx(WIND_MWH / (30 * (DAY + NIGHT)))
    costs = tables["costs"].set_index("item")
    assert costs["investment"].sum() == pytest.approx(INVESTED)
    assert costs.loc["generators", "operation"] == pytest.approx(FUEL * COAL_MWH)
    (limit,) = tables["limits"].to_dict("records")
    assert limit["reached"] == pytest.approx(WIND_MWH / (30 * (DAY + NIGHT)))
    assert limit["holds"]


def test_what_happens_in_each_snapshot(tables: dict[str, pd.DataFrame]) -> None:
    dispatch = tables["dispatch"].pivot_table(index="snapshot", columns="technology", values="power_mw")
    assert dispatch.loc["noon"].to_dict() == pytest.approx(
        {"coal": 10, "wind": 20, "solar": 0, "curtailed": 0, "load": 30}
    )
    assert dispatch.loc["midnight"].to_dict() == pytest.approx(
        {"coal": 0, "wind": 30, "solar": 0, "curtailed": 10, "load": 30}
    )
    flows = tables["flows"].set_index("snapshot")
    assert flows.loc["noon", ["flow_mw", "loading"]].tolist() == pytest.approx([10, 0.5])
    prices = tables["prices"].set_index(["bus", "snapshot"])["price"]
    assert prices["B", "noon"] == pytest.approx(FUEL)
    assert prices["B", "midnight"] == pytest.approx(0)
    assert tables["bus_prices"].set_index("bus").loc["B", "mean"] == pytest.approx(FUEL * DAY / (DAY + NIGHT))


def test_the_years_of_periods_count(tmp_path: Path) -> None:
    """Two periods of five years: built in the first, the same dispatch in both."""
    tables = solved(tmp_path, PERIODS)
    costs = tables["costs"]
    assert costs["operation"].sum() == pytest.approx(10 * FUEL * COAL_MWH)
    assert costs["investment"].sum() == pytest.approx(INVESTED)
    assert tables["builds"]["period"].tolist() == [2025]
    coal = tables["supply"].set_index(["technology", "period"]).loc["coal"]
    assert coal["cumulative_tco2e"].tolist() == pytest.approx([5 * FACTOR * COAL_MWH] * 2)


def test_costs_and_emissions_add_up_to_what_was_minimised(tmp_path: Path) -> None:
    """On a network with everything that is extendable, storage and circuits included."""
    write_made_network(tmp_path / "in", NetworkOptions(buses=6, days=2, hours=6, candidates=4, seed=2), "made")
    outcome = solve(tmp_path / "in", tmp_path / "out", StudyOptions(lang="zh"))
    costs = pd.read_csv(tmp_path / "out" / "network_costs.csv")
    assert costs["total"].sum() == pytest.approx(outcome.summary["objectives"]["cost"], rel=1e-9)
    supply = pd.read_csv(tmp_path / "out" / "network_supply.csv")
    assert supply["cumulative_tco2e"].sum() == pytest.approx(outcome.summary["objectives"]["emissions"], rel=1e-9)


def test_the_workbook_names_units_and_freezes_its_heads(hand: Path) -> None:
    sheets = pd.read_excel(hand / "out" / "tables.xlsx", sheet_name=None)
    assert "容量\ncapacity\n[MW]" in sheets["电源与储能 Capacity"].columns
    assert "均价\nmean\n[10k CNY/MWh]" in sheets["节点电价 Nodal prices"].columns
    assert sheets["供电与排放 Supply"].iloc[:, 2].tolist() == ["煤电", "风电", "光伏"]


def test_what_flows_by_snapshot_stands_beside_the_layers(hand: Path) -> None:
    for name in ("flows", "prices"):
        there = geopandas.read_file(hand / "out" / "plan.gpkg", layer=name)
        stated = pd.read_csv(hand / "out" / f"network_{name}.csv")
        assert len(there) == len(stated) > 0
        figure = {"flows": "flow_mw", "prices": "price"}[name]
        assert there[figure].tolist() == pytest.approx(stated[figure].tolist(), nan_ok=True)
        assert there["snapshot"].astype(str).tolist() == stated["snapshot"].astype(str).tolist()


def test_layers_open_with_styles_of_their_geometry(hand: Path) -> None:
    path = hand / "out" / "plan.gpkg"
    candidates = geopandas.read_file(path, layer="candidates")
    assert candidates.crs == "EPSG:4550"
    assert candidates[["built", "circuits", "length_km", "cost"]].to_numpy().tolist() == [[1, 1, 7.0, 7.0]]
    assert geopandas.read_file(path, layer="buses").geom_type.unique().tolist() == ["Point"]
    sites = geopandas.read_file(path, layer="sites").set_index("site")
    assert sites["opened"].to_dict() == {"hill": 1, "dune": 0}
    assert sites["curtailed_mwh"].to_dict() == {"hill": pytest.approx(LEFT_MWH), "dune": 0.0}
    with closing(sqlite3.connect(path)) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert set(styles) == {"buses", "candidates", "segments", "sites"}
    assert '<symbol type="marker"' in styles["buses"]
    assert '<symbol type="line"' in styles["candidates"]
    assert "<layerGeometryType>1</layerGeometryType>" in styles["candidates"]


def test_segments_without_a_route_are_parts_of_a_straight_line(hand: Path) -> None:
    """3 and 4 km of the way from A to B, 7 km across and 1 km up."""
    segments = geopandas.read_file(hand / "out" / "plan.gpkg", layer="segments").set_index("segment")
    assert segments["drawn"].tolist() == ["straight", "straight"]
    assert list(segments.loc["s1", "geometry"].coords)[1] == pytest.approx((4e5 + 3000, 4.1e6 + 1000 * 3 / 7))
    assert list(segments.loc["s2", "geometry"].coords)[1] == pytest.approx((4.07e5, 4.101e6))


def test_crossings_are_summed_and_put_into_words() -> None:
    crossed = summed(["red_line 1.5 km; farmland 2 ha", "", "farmland 0.5 ha; by ferry"])
    assert crossed == "red_line 1.5 km; farmland 2.5 ha; by ferry"
    assert crossing_words(crossed, "zh") == "生态保护红线 1.5 公里；永久基本农田 2.5 公顷；by ferry"
    assert crossing_words(crossed, "en") == "ecological red line 1.5 km; permanent basic farmland 2.5 ha; by ferry"


def test_only_renewable_plant_is_curtailed(hand: Path) -> None:
    plan = pd.read_parquet(hand / "out" / "plan" / "network.parquet")
    lost = plan[plan["quantity"] == "curtailed_mw"]
    assert set(lost["name"]) == {"hill", "dune"}


def test_figures_are_files_for_other_documents(hand: Path) -> None:
    """Pictures in English hold lines: the circuit from A to B is red somewhere on the map."""
    names = {"dispatch", "duration-load", "duration-price", "loading", "network-map"}
    files = {path.name for path in (hand / "out" / "figures").iterdir()}
    assert files == {f"{name}.{ending}" for name in names for ending in ("svg", "png")}
    pixels = np.asarray(Image.open(hand / "out" / "figures" / "network-map.png").convert("RGB")).reshape(-1, 3)
    red = np.array([int(NEW[k : k + 2], 16) for k in (1, 3, 5)])
    assert (np.abs(pixels - red).max(axis=1) < 4).sum() > 1000


def test_summary_tells_the_hand_made_optimum(hand: Path) -> None:
    summary = json.loads((hand / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["objective"] == pytest.approx(INVESTED + FUEL * COAL_MWH)
