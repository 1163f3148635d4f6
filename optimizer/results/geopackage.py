"""plan.gpkg: zones before and after, and what changes, for QGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pyogrio

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance


def write_geopackage(path: Path, instance: Instance, moves: pd.DataFrame) -> None:
    """Write layers `before`, `after` (hectares by class, dominant class) and `changes` (one feature a move).

    Nothing is written for an instance whose zones have no polygons.
    """
    if not instance.has_geometry():
        return
    shapes = instance.zone_geometry()
    crs = instance.settings.instance.crs
    if shapes.crs is None and crs:
        shapes = shapes.set_crs(crs)
    region = instance.require_land().zones.set_index("zone")["region"]
    for layer, side in (("before", "from"), ("after", "to")):
        areas = moves.pivot_table(index="zone", columns=side, values="area_ha", aggfunc="sum", fill_value=0.0)
        table = areas.add_prefix("ha_").assign(dominant=areas.idxmax(axis=1), region=region.reindex(areas.index))
        _write(path, layer, shapes, table.reset_index())
    changes = moves[(moves["period"] > 0) & (moves["area_ha"] > 0)]
    _write(path, "changes", shapes, changes.reset_index(drop=True))


def _write(path: Path, layer: str, shapes: geopandas.GeoDataFrame, table: pd.DataFrame) -> None:
    place = pd.Index(shapes["zone"].astype(str)).get_indexer(table["zone"].astype(str))
    geometry = shapes.geometry.iloc[place].to_numpy()
    frame = geopandas.GeoDataFrame(table.rename_axis(columns=None), geometry=geometry, crs=shapes.crs)
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", geometry_type=None if len(frame) else "Polygon")
