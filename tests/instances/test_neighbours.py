"""Zones that share a border: what is wrong with a table, and borders measured in polygons."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from instances.faults import InstanceError
from instances.instance import load
from instances.readers.borders import shared_borders
from instances.synthetic import generate
from tests.build import draft, quota
from tests.grid import cells, edges

if TYPE_CHECKING:
    from pathlib import Path

USED = [quota("compactness", 5, "built", unit="10k CNY/km")]


def borders(*boxes: tuple[float, float, float, float], crs: int | None = 4549) -> dict[tuple[str, str], float]:
    """Return the borders of boxes (west, south, east, north) named a, b, c, ..."""
    names = [chr(ord("a") + k) for k in range(len(boxes))]
    frame = geopandas.GeoDataFrame({"zone": names}, geometry=[shapely.box(*box) for box in boxes], crs=crs)
    return {(row.zone_a, row.zone_b): row.length_m for row in shared_borders(frame).itertuples()}


def faults(made, folder: Path) -> list[str]:
    with pytest.raises(InstanceError) as caught:
        made.load(folder)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("pair", "metres", "words"),
    [
        (("00", "09"), 10, "row 6, column zone_b: 09 is not in zones.zone"),
        (("00", "00"), 10, "row 6, column zone_b: zone 00 is no neighbour of itself"),
        (("01", "00"), 10, "row 6, column zone_a: 01 and 00 stand twice (each pair may occur once, either way round)"),
        (("00", "11"), 0, "row 6, column length_m: 00 and 11 share no border"),
        (("00", "11"), -1, "row 6, column length_m: -1.0 must not be below 0"),
    ],
)
def test_a_wrong_pair_is_told(tmp_path, pair, metres, words):
    table = edges(2, 2) | {pair: metres}
    (fault,) = faults(draft(cells(2, 2), "crop>ind", neighbours=table), tmp_path)
    assert "neighbours.csv" in fault
    assert words in fault


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (quota("compactness", 5, "", unit="10k CNY/km"), "compactness needs a group"),
        (quota("compactness", 5, "towns", unit="10k CNY/km"), "'towns' is neither a group nor a class"),
        (quota("compactness", 5, "built", unit="km"), "compactness takes tCO2e/km or 10k CNY/km"),
        (quota("compactness", -5, "built", unit="10k CNY/km"), "-5 must not be negative"),
        (quota("perimeter_limit", 5, "built", period=2025), "perimeter_limit counts land when every period is over"),
        (quota("contiguity", 1, "restored"), "'restored' is neither a group nor a class"),
        (quota("contiguity", 2, "built"), "contiguity is on or not stated"),
        (quota("minimum_patch", 2, "built") | {"sense": "<="}, "minimum_patch takes >="),
    ],
)
def test_a_wrong_quota_is_told(tmp_path, row, words):
    made = draft(cells(2, 2), "crop>ind", quotas=[row], neighbours=edges(2, 2), periods=(2025, 2030))
    (fault,) = faults(made, tmp_path)
    assert words in fault


def test_without_polygons_the_table_is_needed(tmp_path):
    made = draft(cells(2, 2), "crop>ind", quotas=USED)
    (fault,) = faults(made, tmp_path)
    assert "neighbours: table is missing: which zones share a border decides compactness" in fault
    assert "add neighbours.csv" in fault
    off = draft(cells(2, 2), "crop>ind", quotas=USED, rules_off=["compactness"])
    assert off.load(tmp_path / "off").land.tables["neighbours"].empty


def test_with_polygons_the_table_is_measured(tmp_path):
    folder = draft(cells(2, 2), "crop>ind", quotas=USED).write(tmp_path)
    zones = pd.read_csv(folder / "land/zones.csv", dtype=str)
    shapes = [
        shapely.box(100 * int(z[1]), 50 * int(z[0]), 100 * int(z[1]) + 100, 50 * int(z[0]) + 50) for z in zones.zone
    ]
    geopandas.GeoDataFrame(zones, geometry=shapes, crs=4549).to_parquet(folder / "land/zones.parquet")
    (folder / "land/zones.csv").unlink()
    text = (folder / "instance.toml").read_text().replace("[instance]", '[instance]\ncrs = "EPSG:4549"')
    (folder / "instance.toml").write_text(text)
    instance = load(folder)
    table = instance.land.tables["neighbours"]
    assert sorted(zip(table["zone_a"], table["zone_b"], table["length_m"], strict=True)) == [
        ("00", "01", 50),
        ("00", "10", 100),
        ("01", "11", 100),
        ("10", "11", 50),
    ]
    assert instance.measured_neighbours() is table


def test_cells_that_touch_in_a_corner_share_nothing():
    assert borders((0, 0, 10, 10), (10, 10, 20, 20)) == {}


def test_corners_in_the_middle_of_a_side():
    found = borders((0, 0, 30, 10), (0, 10, 10, 20), (10, 10, 30, 20))
    assert found == pytest.approx({("a", "b"): 10, ("a", "c"): 20, ("b", "c"): 10}, abs=0.02)


@pytest.mark.parametrize("shift", [-0.005, 0.005, 0.5], ids=["gap", "sliver", "overlap"])
def test_slivers_count_as_one_border(shift):
    """Two boxes side by side, 1 km of border, that overlap or leave a gap."""
    found = borders((0, 0, 100, 1000), (100 - shift, 0, 200, 1000))
    assert found == pytest.approx({("a", "b"): 1000}, abs=3 * max(shift, 0.02))


def test_a_gap_is_no_border():
    assert borders((0, 0, 100, 1000), (100.1, 0, 200, 1000)) == {}


def test_an_island_in_a_hole():
    lake = shapely.box(4, 4, 6, 8)
    land = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [lake.exterior])
    frame = geopandas.GeoDataFrame({"zone": ["land", "lake"]}, geometry=[land, lake], crs=4549)
    (row,) = shared_borders(frame).itertuples()
    assert (row.zone_a, row.zone_b, row.length_m) == ("land", "lake", pytest.approx(12))


def test_degrees_are_measured_on_the_ellipsoid():
    found = borders((120, 37, 120.01, 37.01), (120.01, 37, 120.02, 37.01), crs=4326)
    _, _, metres = Geod(ellps="WGS84").inv(120.01, 37, 120.01, 37.01)
    assert found == pytest.approx({("a", "b"): metres}, rel=1e-6)


def test_a_hundred_thousand_cells_take_seconds():
    side = 316
    x, y = (100.0 * part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side)))
    frame = geopandas.GeoDataFrame({"zone": np.arange(side**2)}, geometry=shapely.box(x, y, x + 100, y + 100), crs=4549)
    began = time.process_time()
    table = shared_borders(frame)
    assert time.process_time() - began < 10
    assert len(table) == 2 * side * (side - 1)
    assert table["length_m"].to_numpy() == pytest.approx(100.0)


def test_a_made_instance_states_what_its_polygons_show(tmp_path):
    """The last row of cells is not full."""
    folder = generate(tmp_path / "made", 60, 3, neighbours=True, compactness=2.0)
    stated = pd.read_parquet(folder / "land/neighbours.parquet")
    measured = shared_borders(geopandas.read_parquet(folder / "land/zones.parquet"))
    key = ["zone_a", "zone_b"]
    both = stated.merge(measured, on=key, suffixes=("", "_own"), how="outer")
    assert len(both) == len(stated) == len(measured)
    assert both["length_m"].to_numpy() == pytest.approx(both["length_m_own"].to_numpy(), abs=0.02)
    quotas = load(folder).land.quotas
    row = quotas[quotas["rule"] == "compactness"].iloc[0]
    assert (row["group"], row["value"], row["unit"]) == ("built", 2.0, "10k CNY/km")
