"""Write rectangles as GeoParquet without a Python object for each: 4,000,000 zones in seconds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Corners = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""West, south, east and north of each rectangle."""

_WKB = np.dtype(
    [("order", "u1"), ("type", "<u4"), ("rings", "<u4"), ("points", "<u4"), ("xy", "<f8", (5, 2))],
)
"""Well-known binary of a polygon with one ring of five points, 93 bytes without padding."""


def rectangles(corners: Corners) -> pa.Array:
    """Return the rectangles as well-known binary; rings run counter-clockwise."""
    west, south, east, north = corners
    wkb = np.zeros(len(west), dtype=_WKB)
    wkb["order"], wkb["type"], wkb["rings"], wkb["points"] = 1, 3, 1, 5
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    for point, (x, y) in enumerate(ring):
        wkb["xy"][:, point, 0], wkb["xy"][:, point, 1] = x, y
    offsets = np.arange(len(wkb) + 1, dtype=np.int32) * _WKB.itemsize
    return pa.BinaryArray.from_buffers(
        pa.binary(), len(wkb), [None, pa.py_buffer(offsets), pa.py_buffer(wkb.tobytes())]
    )


def write_geoparquet(path: Path, chunks: Iterable[tuple[pa.Table, Corners]], crs: str) -> None:
    """Write tables with the rectangles that belong to them, one row group a chunk.

    A chunk has at most 20 million rows, because the offsets of its binary column are 32 bits.
    """
    column = {"encoding": "WKB", "geometry_types": ["Polygon"], "crs": CRS.from_user_input(crs).to_json_dict()}
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}}
    writer: pq.ParquetWriter | None = None
    try:
        for table, corners in chunks:
            full = table.append_column("geometry", rectangles(corners))
            full = full.replace_schema_metadata({"geo": json.dumps(geo)})
            if writer is None:
                text = [name for name in table.column_names if pa.types.is_string(table.schema.field(name).type)]
                writer = pq.ParquetWriter(path, full.schema, compression="zstd", use_dictionary=text)
            writer.write_table(full)
    finally:
        if writer is not None:
            writer.close()
