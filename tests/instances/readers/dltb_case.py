"""Hand-made survey databases of a few squares, whose tables say other areas than their polygons."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pyogrio
import shapely

from instances.readers.dltb import import_dltb

if TYPE_CHECKING:
    from pathlib import Path

    from instances.readers.dltb import Imported

WEST, SOUTH = 41_460_000.0, 4_120_000.0
CRS = "EPSG:4529"
FIELDS = ("BSM", "DLBM", "TBMJ", "TBDLMJ", "KCDLBM", "KCMJ", "ZLDWDM", "ZLDWMC", "GDPDJB", "GDDB", "CZCSXM")
ROWS = (
    ("a", "0103", 10_000.0, 9_000.0, "1203", 1_000.0, "3710020012010000000", "第一村", "2", 6, ""),
    ("b", "0702", 20_000.0, 20_000.0, "", 0.0, "3710020012010000000", "第一村", "", 0, "203"),
    ("c", "0201K", 8_000.0, 8_000.0, "", 0.0, "3710020012020000000", "第二村", "", 0, ""),
    ("d", "0701", 10_000.0, 10_000.0, "", 0.0, "3710020022010000000", "第三村", "", 0, "201A"),
)
"""Four squares of 1 ha side by side, 4.8 ha by the tables."""


def square(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle in metres from the south-west corner of the case."""
    return shapely.box(WEST + west, SOUTH + south, WEST + east, SOUTH + north)


def squares(count: int = 4) -> list[shapely.Polygon]:
    """Squares of 1 ha from west to east."""
    return [square(100 * k, 0, 100 * k + 100, 100) for k in range(count)]


def parcels(shapes: list | None = None, rows: tuple = ROWS, crs: str | None = CRS) -> geopandas.GeoDataFrame:
    """Layer DLTB."""
    table = pd.DataFrame(rows, columns=list(FIELDS))
    return geopandas.GeoDataFrame(table, geometry=shapes or squares(len(rows)), crs=crs)


def layer(shapes: list, crs: str | None = CRS, **columns: list) -> geopandas.GeoDataFrame:
    """Any other layer."""
    return geopandas.GeoDataFrame({"BSM": list(range(len(shapes))), **columns}, geometry=shapes, crs=crs)


def write(folder: Path, **layers: geopandas.GeoDataFrame) -> Path:
    """Write layers into a GeoPackage in a new folder; returns the folder."""
    folder.mkdir()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        for name, frame in layers.items():
            pyogrio.write_dataframe(frame, folder / "survey.gpkg", layer=name, driver="GPKG")
    return folder


def run(source: Path, folder: Path, toml: str = "") -> Imported:
    """Import with a configuration written as TOML."""
    folder.mkdir()
    config = folder.parent / f"{folder.name}.toml"
    config.write_text(toml, encoding="utf-8")
    return import_dltb(source, folder, config)


def zones(folder: Path) -> pd.DataFrame:
    """Zones of an imported instance, by name."""
    return geopandas.read_parquet(folder / "land/zones.parquet").set_index("zone")


def cover(folder: Path) -> dict[tuple[str, str], float]:
    """Cover of an imported instance by zone and class."""
    table = pd.read_parquet(folder / "land/cover.parquet")
    return {(z, c): a for z, c, a in zip(table["zone"], table["class"], table["area_ha"], strict=True)}


def entry(made: Imported, stage: str, item: str) -> tuple[int, float]:
    """Count and hectares of a line of the account."""
    table = made.account.table()
    row = table[(table["stage"] == stage) & (table["item"] == item)]
    assert len(row) == 1, (stage, item, table)
    return int(row["count"].iloc[0]), float(row["area_ha"].iloc[0])
