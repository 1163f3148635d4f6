"""The power system of the bundled Weihai instances: figures of the facts, eligible land, routes that hold together."""

from __future__ import annotations

import geopandas
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from instances.instance import library, load
from instances.library.build_weihai import HOME
from instances.library.weihai_energy import network_tables
from instances.library.weihai_energy_hours import load_mwh
from instances.library.weihai_energy_routes import WIDTH_M

ENERGY = HOME.with_name("weihai-energy")
PERIODS = (2025, 2030, 2035)


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(HOME / "network" / f"{name}.csv", dtype={"class": str, "as_class": str}, keep_default_na=False)


@pytest.fixture(scope="module")
def zones() -> geopandas.GeoDataFrame:
    return geopandas.read_parquet(HOME / "land" / "zones.parquet").set_index("zone")


@pytest.fixture(scope="module")
def segments() -> geopandas.GeoDataFrame:
    return geopandas.read_parquet(HOME / "network" / "segments.parquet").set_index("segment")


def test_both_instances_load() -> None:
    joint, alone = load("weihai"), load("weihai-energy")
    assert joint.land is not None
    assert alone.land is None
    assert joint.require_network().n_buses == alone.require_network().n_buses == 14
    assert joint.require_network().stage_years == alone.require_network().stage_years == PERIODS
    assert set(library()) >= {"weihai", "weihai-energy"}


def test_load_is_the_bought_electricity_of_the_account() -> None:
    """34.2 Mt of the outlook in 2019, 46.6 % power and heat, 60 % of it electricity, 0.6410 t/MWh."""
    kaya = 282.24 * (320 / 282.24) ** (2 / 18) * 9.90 * (22 / 9.90) ** (2 / 18) * 1.25 * (0.41 / 1.25) ** (2 / 18) * 1e4
    assert load_mwh(2019) == pytest.approx(0.466 * 0.6 * kaya / 0.6410)
    assert load_mwh(2019) == pytest.approx(14.9e6, rel=5e-3)
    weight = _table("snapshots").set_index("snapshot")["weight_h"]
    curve = _table("profiles").query("profile == 'load'").set_index("snapshot")["value"]
    for year in PERIODS:
        peak = _table("loads").query(f"year == {year}")["peak_mw"].sum()
        assert peak * (weight * curve).sum() == pytest.approx(load_mwh(2019) * 1.02 ** (year - 2019), rel=1e-4)


@pytest.mark.parametrize(("profile", "hours"), [("solar", 1358.0), ("wind", 1940.0)])
def test_full_load_hours_are_the_published_ones(profile: str, hours: float) -> None:
    weight = _table("snapshots").set_index("snapshot")["weight_h"]
    curve = _table("profiles").query(f"profile == '{profile}'").set_index("snapshot")["value"]
    assert (weight * curve).sum() == pytest.approx(hours, rel=1e-3)
    assert weight.sum() == 8760


def test_the_grid_factor_declines_from_the_published_one() -> None:
    factors = _table("imports").sort_values("year")["emission_tco2_per_mwh"].tolist()
    assert factors[0] <= 0.6410
    assert factors == sorted(factors, reverse=True)


@pytest.mark.parametrize("name", sorted(path.stem for path in (HOME / "network").glob("*.csv")))
def test_every_row_has_a_source_and_a_status(name: str) -> None:
    table = _table(name)
    assert (table["source"] != "").all()
    assert table["status"].isin(("published", "computed", "recalled", "assumed", "made")).all()


def test_plant_lies_on_no_protected_land(zones: geopandas.GeoDataFrame) -> None:
    inside = zones.loc[_table("site_zones")["zone"]]
    assert (inside["red_line"] == "").all()
    assert (inside["farmland"] == 0).all()
    crossed = zones.loc[_table("segment_zones")["zone"]]
    assert (crossed["red_line"] != "core").all()


def test_arrays_never_lie_on_cropland_or_forest() -> None:
    table = _table("overlays")
    under = set(table.query("technology == 'solar'")["class"])
    assert not under & {"0102", "0103", "0301", "0305", "0307", "02"}
    barred = table[table["technology"] != "corridor"]
    assert (barred[["in_red_line", "in_farmland"]] == 0).all(axis=None)


def test_potential_is_the_density_times_the_eligible_land() -> None:
    """Potentials are never greater than the land under the overlay can hold."""
    cover = pd.read_csv(HOME / "land" / "cover.csv", dtype={"class": str})
    overlays, members = _table("overlays"), _table("site_zones")
    for site in _table("sites").query("density_mw_per_km2 > 0").to_dict("records"):
        on = overlays.query(f"technology == '{site['technology']}'")["class"]
        lies = members.loc[members["site"] == site["site"], "zone"]
        area = cover[cover["zone"].isin(lies) & cover["class"].isin(on)]["area_ha"].sum()
        assert site["potential_mw"] == pytest.approx(area / 100 * site["density_mw_per_km2"], abs=0.06)


def test_each_corridor_leads_from_bus_to_bus(segments: geopandas.GeoDataFrame) -> None:
    buses = _table("buses")
    places = dict(zip(buses["bus"], buses[["x_m", "y_m"]].to_numpy(dtype=float), strict=True))
    ends = _table("candidates").drop_duplicates("corridor").set_index("corridor")
    for corridor, rows in _table("corridors").groupby("corridor"):
        graph: nx.Graph = nx.Graph()
        for line in segments.loc[rows["segment"], "geometry"]:
            graph.add_edge(line.coords[0], line.coords[-1])
        assert nx.is_connected(graph)
        nodes = np.array(list(graph))
        for side in ("from_bus", "to_bus"):
            at = places[str(ends[side][corridor])]
            assert np.linalg.norm(nodes - at, axis=1).min() < 600  # a cell of 400 m


def test_some_segment_serves_several_corridors() -> None:
    assert _table("corridors").groupby("segment").size().max() >= 3


def test_reactance_follows_the_route(segments: geopandas.GeoDataFrame) -> None:
    length = _table("corridors").assign(km=lambda rows: rows["segment"].map(segments["length_km"]))
    of_corridor = length.groupby("corridor")["km"].sum()
    candidates = _table("candidates").set_index("corridor").drop(index="")
    np.testing.assert_allclose(candidates["reactance_ohm"], 0.30 * of_corridor[candidates.index], atol=0.01)


def test_strips_are_the_exact_intersections(zones: geopandas.GeoDataFrame, segments: geopandas.GeoDataFrame) -> None:
    """All strips together, without double counting, are the union of the buffered lines inside the land."""
    strips = segments.geometry.buffer(WIDTH_M / 2, cap_style="flat")
    union = shapely.union_all(strips.to_numpy())
    land = shapely.union_all(zones.geometry.to_numpy())
    table = _table("segment_zones")
    assert table["area_ha"].sum() == pytest.approx(union.intersection(land).area / 1e4, rel=2e-3)
    for row in table.sample(20, random_state=1).to_dict("records"):
        own = strips[row["segment"]].intersection(zones.geometry[row["zone"]]).area / 1e4
        assert row["area_ha"] <= own + 1e-6
    assert (table["tower_ha"] <= table["area_ha"]).all()


def test_the_study_alone_has_the_same_power_system() -> None:
    for path in (ENERGY / "network").glob("*.csv"):
        assert path.read_bytes() == (HOME / "network" / path.name).read_bytes(), path.name
    for name in ("site_zones", "segment_zones", "overlays"):
        assert not (ENERGY / "network" / f"{name}.csv").exists()


def test_load_follows_the_districts_of_the_account() -> None:
    """A district without bought electricity has no load."""
    activity = pd.DataFrame(
        {"region": ["huancui", "wendeng", "rongcheng", "rushan"], "scope": 2, "share": [0.3, 0, 0, 0]}
    )
    table = network_tables(activity)["loads"].set_index(["load", "year"])["peak_mw"]
    assert table["city_rs1"].sum() == 0
    assert table["city_hc1"][2030] == pytest.approx(1.5 * table["city_hc2"][2030], rel=1e-4)


def test_there_is_land_for_every_strip() -> None:
    """In each zone the strips of all segments fit on classes that may lie under a line: each corridor can be built."""
    cover = pd.read_csv(HOME / "land" / "cover.csv", dtype={"class": str})
    under = _table("overlays").query("technology == 'corridor'")["class"]
    there = cover[cover["class"].isin(under)].groupby("zone")["area_ha"].sum()
    asked = _table("segment_zones").groupby("zone")["area_ha"].sum()
    assert (asked <= 0.5 * there.reindex(asked.index).fillna(0.0)).all()
