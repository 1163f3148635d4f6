"""Writing a restoration instance: `instance.toml` and one file a table.

Short tables are CSV, which can be read and corrected by hand; long ones and those with polygons are Parquet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import pyarrow as pa
import pyarrow.parquet as pq

from instances.toml_text import toml_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from instances.settings import About, Prioritisation

LONG = 50_000
"""Rows from which a table is written as Parquet."""


def write_settings(folder: Path, about: About, restoration: Prioritisation) -> None:
    """Write `instance.toml`: only what differs from the defaults."""
    lines = ["[instance]", *_lines(about.model_dump(exclude_defaults=True)), "", "[restoration]"]
    lines += _lines(restoration.model_dump(exclude={"objective"}, exclude_defaults=True))
    for objective in restoration.objective:
        lines += ["", "[[restoration.objective]]", *_lines(objective.model_dump(exclude_defaults=True))]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {toml_value(value)}" for key, value in values.items()]


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables of the restoration part that have rows."""
    part = folder / "restoration"
    part.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        if len(frame):
            write_table(part, name, frame)


def write_table(part: Path, name: str, frame: pd.DataFrame) -> None:
    """Write one table into the folder of its part."""
    if isinstance(frame, geopandas.GeoDataFrame):
        frame.to_parquet(part / f"{name}.parquet", index=False)
    elif len(frame) < LONG:
        frame.to_csv(part / f"{name}.csv", index=False, encoding="utf-8")
    else:
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        text = [f.name for f in table.schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        pq.write_table(table, part / f"{name}.parquet", compression="zstd", use_dictionary=text)
