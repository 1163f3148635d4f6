"""A land cover of 4 x 3 pixels of 100 m in EPSG:3035, its lower left corner at (4000000, 3000000)."""

import warnings
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
import shapely

from instances.readers.raster.run import import_raster

WEST, SOUTH, STEP = 4_000_000.0, 3_000_000.0, 100.0
VALUES = np.array([[1, 1, 2, 2], [1, 1, 2, 9], [3, 3, 2, 255]], dtype=np.uint8)
CLASSES = """value,class,scheme,code,name_zh,name_en,group,setting
1,field,own,f,田,field,cropland,
2,wood,own,w,林,wood,forest,
3,town,own,t,城,town,housing_urban,urban
9,,own,x,未知,unknown,unused,
"""
CONFIG = """
[instance]
name = "made"
[carbon]
base_year = 2020
end_year = 2035
[time]
periods = [2035]
[land_cover]
file = "cover.tif"
classes = "classes.csv"
[cells]
{cells}
[region]
region = "made"
{region}
{overlays}
"""


def write_raster(path: Path, values: np.ndarray, **options) -> Path:
    """Write a GeoTIFF with the made grid, unless told otherwise."""
    about = {
        "crs": "EPSG:3035",
        "transform": rasterio.transform.from_origin(WEST, SOUTH + STEP * values.shape[0], STEP, STEP),
        "nodata": 255 if values.dtype == np.uint8 else None,
        **options,
    }
    shape = {"height": values.shape[0], "width": values.shape[1]}
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype=values.dtype, **shape, **about) as out:
        out.write(values, 1)
    return path


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Return a rectangle given in pixels from the lower left corner of the raster."""
    return shapely.box(WEST + west * STEP, SOUTH + south * STEP, WEST + east * STEP, SOUTH + north * STEP)


class Study:
    """A folder with a land cover, a class table and a config; `run` imports it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cells, self.region, self.overlays = "size_m = 100", "", ""
        write_raster(folder / "cover.tif", VALUES)
        (folder / "classes.csv").write_text(CLASSES, encoding="utf-8")

    def shapes(self, file: str, shapes: list, crs: str | None = "EPSG:3035", **columns) -> None:
        frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:3035")
        frame = frame.to_crs(crs) if crs else frame.set_crs(None, allow_override=True)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")
            frame.to_file(self.folder / file, layer="shapes", driver="GPKG" if file.endswith("gpkg") else "GeoJSON")

    def overlay(self, text: str) -> None:
        self.overlays += f"[[overlay]]\n{text}\n"

    def config(self) -> str:
        return CONFIG.format(cells=self.cells, region=self.region, overlays=self.overlays)

    def run(self, source: Path | None = None, config: str = ""):
        text = config or self.config()
        (self.folder / "raster.toml").write_text(text, encoding="utf-8")
        target = self.folder / "instance"
        target.mkdir()
        report = import_raster(source or self.folder, target)
        return report, geopandas.read_parquet(target / "land" / "zones.parquet").set_index("zone")


@pytest.fixture
def study(tmp_path) -> Study:
    return Study(tmp_path)


@pytest.fixture
def rectangle():
    return box


@pytest.fixture
def raster_file():
    return write_raster
