"""A made world of 8 x 6 pixels of 100 m in EPSG:3035, its lower left corner at (4000000, 3000000).

4 4 4 4 2 2 4 4      1 field, 2 wood, 3 town, 4 grass; a protected strip stands from column 2.5 to 4
4 4 4 4 2 2 4 4
4 4 4 4 1 1 4 4
4 4 4 4 1 1 4 4
3 3 4 4 1 1 4 4
3 3 4 4 1 1 4 4
"""

import shutil
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
import shapely

from instances.readers.raster.run import import_raster

WEST, SOUTH, STEP = 4_000_000.0, 3_000_000.0, 100.0
COVER = np.array(
    [
        [4, 4, 4, 4, 2, 2, 4, 4],
        [4, 4, 4, 4, 2, 2, 4, 4],
        [4, 4, 4, 4, 1, 1, 4, 4],
        [4, 4, 4, 4, 1, 1, 4, 4],
        [3, 3, 4, 4, 1, 1, 4, 4],
        [3, 3, 4, 4, 1, 1, 4, 4],
    ],
    dtype=np.uint8,
)
CLASSES = """value,class,scheme,code,name_zh,name_en,group,setting
1,field,own,f,田,field,cropland,
2,wood,own,w,林,wood,forest,
3,town,own,t,城,town,housing_urban,urban
4,grass,own,g,草,grass,grass,
"""
GROUND = """
[land_cover]
file = "cover.tif"
classes = "classes.csv"
"""
RED_LINE = """
[[layer]]
role = "red_line"
file = "red.gpkg"
"""
LAND = """
[instance]
name = "made"
crs = "EPSG:3035"
[carbon]
base_year = 2020
end_year = 2035
[time]
periods = [2035]
[land_cover]
file = "cover.tif"
classes = "classes.csv"
[cells]
size_pixels = 2
[region]
region = "made"
[[overlay]]
name = "red"
file = "red.gpkg"
role = "red_line"
"""


def write_raster(path: Path, values: np.ndarray, crs: str = "EPSG:3035", west: float = WEST) -> Path:
    """Write a GeoTIFF with the made grid."""
    place = rasterio.transform.from_origin(west, SOUTH + STEP * values.shape[0], STEP, STEP)
    shape = {"height": values.shape[0], "width": values.shape[1]}
    about = {"driver": "GTiff", "count": 1, "dtype": values.dtype, "crs": crs, "transform": place, "nodata": 255}
    with rasterio.open(path, "w", **shape, **about) as out:
        out.write(values, 1)
    return path


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Return a rectangle given in pixels from the lower left corner of the raster."""
    return shapely.box(WEST + west * STEP, SOUTH + south * STEP, WEST + east * STEP, SOUTH + north * STEP)


def write_layer(path: Path, *shapes: shapely.Geometry, crs: str = "EPSG:3035") -> Path:
    geopandas.GeoSeries(list(shapes), crs="EPSG:3035").to_crs(crs).to_file(path, driver="GPKG")
    return path


@pytest.fixture
def world(tmp_path):
    """Return a folder with land cover, classes and the protected strip."""
    folder = tmp_path / "layers"
    folder.mkdir()
    write_raster(folder / "cover.tif", COVER)
    (folder / "classes.csv").write_text(CLASSES, encoding="utf-8")
    write_layer(folder / "red.gpkg", box(2.5, -1, 4, 7))
    return folder


@pytest.fixture
def config(world):
    """Return a function that writes a config beside the layers."""

    def write(text: str) -> Path:
        path = world / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def grid(tmp_path):
    """Return the folder of a network alone: a hub in the south-east with plant, two villages with load."""
    folder = tmp_path / "grid"
    write_network(folder)
    (folder / "instance.toml").write_text(
        '[instance]\nname = "grid"\ncrs = "EPSG:3035"\n[objective]\nkind = "cost"\n'
        '[network]\npower_flow = "transport"\n',
        encoding="utf-8",
    )
    return folder


def write_network(folder: Path) -> None:
    part = folder / "network"
    part.mkdir(parents=True)

    def place(x: float, y: float) -> str:
        return f"{WEST + x * STEP},{SOUTH + y * STEP}"

    tables = {
        "buses": f"bus,voltage_kv,x_m,y_m\nhub,110,{place(7.5, 0.5)}\nnorth,110,{place(0.5, 5.5)}\n"
        f"south,110,{place(0.5, 3.5)}\n",
        "snapshots": "snapshot,weight_h\nyear,8760\n",
        "generators": "generator,bus,technology,capacity_mw\nplant,hub,coal,50\n"
        "old north,north,coal,1\nold south,south,coal,1\n",
        "loads": "load,bus,peak_mw\nnorth,north,10\nsouth,south,10\n",
        "lines": "line,from_bus,to_bus,reactance_ohm,capacity_mw\nweak,north,south,1,0\nweaker,south,hub,1,0\n",
    }
    for name, text in tables.items():
        (part / f"{name}.csv").write_text(text, encoding="utf-8")


@pytest.fixture
def land(world, tmp_path):
    """Return the folder of an instance with the made world as land and the made network."""
    (world / "raster.toml").write_text(LAND, encoding="utf-8")
    folder = tmp_path / "land"
    folder.mkdir()
    import_raster(world, folder)
    write_network(folder)
    with (folder / "instance.toml").open("a", encoding="utf-8") as out:
        out.write('\n[network]\npower_flow = "transport"\nfacility_class = "town"\n')
    yield folder
    shutil.rmtree(folder)
