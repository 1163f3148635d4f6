"""plan.gpkg: zones before and after, and what changes, with styles for QGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pyogrio

from optimizer.results.colors import class_colors
from optimizer.results.qgis_styles import Category, LayerStyle, write_styles

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
    write_styles(path, _styles(instance, moves))


def _styles(instance: Instance, moves: pd.DataFrame) -> list[LayerStyle]:
    """Return a style for each layer, over the classes that hold land before or after."""
    land = instance.require_land()
    table = land.classes[["class", "name_zh", "name_en"]].astype(str)
    held = set(moves["from"].astype(str)) | set(moves["to"].astype(str))
    categories = [
        Category(code, " ".join(name for name in (zh, en) if name) or code, color)
        for code, zh, en, color in zip(
            table["class"], table["name_zh"], table["name_en"], class_colors(land), strict=True
        )
        if code in held
    ]
    return [
        LayerStyle("before", "dominant", "现状主导地类 dominant class at present", categories),
        LayerStyle("after", "dominant", "规划主导地类 dominant class under the plan", categories),
        LayerStyle("changes", "to", "转入地类 class that the land becomes", categories),
    ]


def _write(path: Path, layer: str, shapes: geopandas.GeoDataFrame, table: pd.DataFrame) -> None:
    place = pd.Index(shapes["zone"].astype(str)).get_indexer(table["zone"].astype(str))
    geometry = shapes.geometry.iloc[place].to_numpy()
    frame = geopandas.GeoDataFrame(table.rename_axis(columns=None), geometry=geometry, crs=shapes.crs)
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", geometry_type=None if len(frame) else "Polygon")
