"""Reading the tables of an instance folder: NAME.parquet, NAME.gpkg or NAME.csv.

Geometry is left on disk until a map or a GeoPackage is asked for; a million polygons cost
more to read than everything else together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pyarrow.parquet as pq
import pyogrio

from instances.faults import Fault, InstanceError
from instances.validate import check_table

if TYPE_CHECKING:
    from pathlib import Path

    from instances.schema import Table

SUFFIXES = (".parquet", ".gpkg", ".csv")


def find_table(folder: Path, table: Table) -> Path | None:
    """Return the file that holds the table, None where there is none; two files for one table are a fault."""
    found = [folder / table.part / f"{table.name}{suffix}" for suffix in SUFFIXES]
    found = [path for path in found if path.is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise InstanceError([Fault(str(found[0].parent), f"{names} both hold table {table.name}", "keep one of them")])
    return found[0] if found else None


def _read_attributes(path: Path, table: Table) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    if path.suffix == ".gpkg":
        return pyogrio.read_dataframe(path, layer=table.name, read_geometry=False)
    schema = pq.read_schema(path)
    names = [name for name in schema.names if name not in ("geometry", "bbox")]
    return pq.read_table(path, columns=names).to_pandas()


def read_table(folder: Path, table: Table) -> tuple[pd.DataFrame, list[Fault]]:
    """Read and check one table; returns the clean frame and the faults found in it.

    An absent optional table is an empty frame with the right columns.
    """
    path = find_table(folder, table)
    if path is None:
        empty = pd.DataFrame({column.name: pd.Series(dtype=object) for column in table.columns})
        clean, faults = check_table(table, empty, table.name)
        if not table.optional:
            where = str(folder / table.part / table.name)
            faults = [Fault(where, "table is missing", f"add {table.name}.csv, .parquet or .gpkg: {table.about}")]
        return clean, faults
    try:
        frame = _read_attributes(path, table)
    except (OSError, ValueError, UnicodeDecodeError, pyogrio.errors.DataSourceError) as error:
        hint = "save it anew; CSV must be UTF-8 with a header line"
        return pd.DataFrame(), [Fault(str(path), f"cannot be read: {error}", hint)]
    return check_table(table, frame, str(path))


def read_geometry(folder: Path, table: Table) -> geopandas.GeoDataFrame:
    """Read key and geometry of a table; raises InstanceError where the file has no geometry."""
    path = find_table(folder, table)
    key = table.key[0]
    if path is None or path.suffix == ".csv":
        place = str(path or folder / table.part / table.name)
        raise InstanceError([Fault(place, "has no geometry", "store it as GeoParquet or GeoPackage")])
    if path.suffix == ".gpkg":
        return geopandas.read_file(path, layer=table.name, columns=[key])
    try:
        return geopandas.read_parquet(path, columns=[key, "geometry"])
    except ValueError as error:
        raise InstanceError([Fault(str(path), "has no geometry", "store it as GeoParquet")]) from error
