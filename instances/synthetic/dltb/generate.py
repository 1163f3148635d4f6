"""Draw a made survey database and write it, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas
import numpy as np
import pyogrio
import shapely

from instances.readers.dltb.crs import ellipsoidal_area_m2, parse
from instances.synthetic.dltb.attributes import draw_attributes
from instances.synthetic.dltb.control import draw_control_lines
from instances.synthetic.dltb.example import example_config
from instances.synthetic.dltb.fabric import draw_fabric
from instances.synthetic.dltb.flaws import Flaws, add_flaws
from instances.synthetic.dltb.surface import draw_surface
from instances.synthetic.whole_folder import whole_folder

if TYPE_CHECKING:
    import pandas as pd

Driver = Literal["GPKG", "ESRI Shapefile", "OpenFileGDB"]
LEAST_PARCELS = 100
MOST_PARCELS = 2_000_000
CRS = "EPSG:4529"
CORNER_M = (41_450_000.0, 4_120_000.0)
"""South-west corner in zone 41, near 37.2 N 122.4 E."""
PRECISION_M = 1e-4


def generate_dltb(
    folder: Path,
    parcels: int,
    seed: int,
    driver: Driver = "GPKG",
    encoding: str = "GBK",
    flaws: Flaws | None = None,
) -> Path:
    """Write a made survey database to `folder`, with a configuration `dltb.toml` for its import.

    Parameters
    ----------
    folder
        Folder to make; it must not exist.
    parcels
        About how many parcels.
    seed
        The same seed makes the same database.
    driver
        GPKG and OpenFileGDB give one file `survey`, ESRI Shapefile a file for each layer.
    encoding
        Code page of Shapefiles.
    flaws
        Shares of flawed parcels; None takes the usual ones.

    Raises
    ------
    FileExistsError
        Where the folder exists.
    ValueError
        Where an option is out of range.
    """
    folder = Path(folder)
    with whole_folder(folder) as partial:
        write_dltb(partial, parcels, seed, driver, encoding, flaws)
    return folder


def write_dltb(
    folder: Path, parcels: int, seed: int, driver: Driver, encoding: str = "GBK", flaws: Flaws | None = None
) -> int:
    """Write a made survey database into an empty folder; returns its number of records. See `generate_dltb`.

    Raises ValueError for an option out of range.
    """
    if not LEAST_PARCELS <= parcels <= MOST_PARCELS:
        raise ValueError(f"parcels must be {LEAST_PARCELS} to {MOST_PARCELS:,}, not {parcels}")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    layers = _draw(np.random.default_rng(seed), parcels, flaws or Flaws())
    for name, (table, shapes) in layers.items():
        _write(folder, name, table, shapes, driver, encoding)
    (folder / "dltb.toml").write_text(example_config(layers["DLTB"][0]), encoding="utf-8")
    return len(layers["DLTB"][0])


def _draw(rng: np.random.Generator, parcels: int, flaws: Flaws) -> dict[str, tuple[pd.DataFrame, Any]]:
    fabric = draw_fabric(rng, parcels)
    surface, farmland = draw_surface(rng, fabric.side_m), draw_surface(rng, fabric.side_m)
    placed = _placed(_rounded(fabric.shapes))
    area = ellipsoidal_area_m2(placed, parse(CRS, "generator"))
    table = draw_attributes(rng, fabric, surface, area)
    layers = draw_control_lines(rng, fabric, surface, farmland, table["DLBM"].to_numpy())
    layers = {name: _on_site(lines, shapes) for name, (lines, shapes) in layers.items()}
    layers["DLTB"] = add_flaws(rng, table, placed, flaws)
    return layers


def _on_site(lines: pd.DataFrame, shapes: Any) -> tuple[pd.DataFrame, Any]:
    """Return the polygons of a layer in the system of the survey, without those that are nothing but rounding."""
    rounded = _rounded(shapes)
    held = shapely.area(rounded) > 0
    return lines[held].reset_index(drop=True), _placed(rounded[held])


def _rounded(shapes: Any) -> Any:
    return shapely.set_precision(shapes, PRECISION_M)


def _placed(shapes: Any) -> Any:
    return shapely.transform(shapes, lambda xy: xy + CORNER_M)


def _write(folder: Path, name: str, table: pd.DataFrame, shapes: Any, driver: Driver, encoding: str) -> None:
    narrow = {column: "int32" for column in table.select_dtypes("int64").columns}  # a .gdb has no 64-bit integers
    frame = geopandas.GeoDataFrame(table.astype(narrow), geometry=shapes, crs=CRS)
    kind = "Polygon" if driver == "ESRI Shapefile" else "MultiPolygon"
    options: dict[str, Any] = {"driver": driver, "geometry_type": kind, "promote_to_multi": kind == "MultiPolygon"}
    if driver == "ESRI Shapefile":
        pyogrio.write_dataframe(frame, folder / f"{name}.shp", encoding=encoding, **options)
        return
    file = "survey.gpkg" if driver == "GPKG" else "survey.gdb"
    pyogrio.write_dataframe(frame, folder / file, layer=name, **options)
