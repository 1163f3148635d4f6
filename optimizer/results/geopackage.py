"""plan.gpkg: zones before and after, and what changes, with styles for QGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pyogrio

from optimizer.results.coded import code_moves
from optimizer.results.colors import class_colors
from optimizer.results.qgis_styles import Category, LayerStyle, write_styles
from optimizer.results.sites.geopackage import site_styles, write_units
from optimizer.results.sites.shapes import joint_shapes

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from instances.land import Ints
    from optimizer.results.coded import CodedMoves
    from optimizer.results.network.reading import NetworkPlan
    from optimizer.results.sites.plan import Selection


def write_geopackage(
    path: Path,
    instance: Instance,
    moves: pd.DataFrame,
    selection: Selection | None = None,
    network: NetworkPlan | None = None,
) -> None:
    """Write layers `before`, `after` (hectares by class, dominant class) and `changes` (one feature a move).

    With a selection of restoration sites, `units` (and `corridors`) too; with a network its layers. Nothing is written
    for an instance whose zones have no polygons.
    """
    if not instance.has_geometry():
        return
    shapes = instance.zone_geometry()
    crs = instance.settings.instance.crs
    if shapes.crs is None and crs:
        shapes = shapes.set_crs(crs)
    coded = code_moves(instance, moves)
    for layer, after in (("before", False), ("after", True)):
        zones, table = _areas(coded, after=after)
        _write(path, layer, shapes.iloc[zones], table)
    rows = np.flatnonzero((coded.period > 0) & (coded.area_ha > 0))
    _write(path, "changes", shapes.iloc[coded.zone[rows]], moves.iloc[rows])
    styles = _styles(coded)
    shapes_of_units = None if selection is None else joint_shapes(instance)
    if selection is not None and shapes_of_units is not None:
        write_units(path, selection, shapes_of_units)
        styles += site_styles(selection)
    if network is not None:
        from optimizer.results.network.geopackage import write_network_layers  # loaded only where there is one

        styles += write_network_layers(path, instance, network)
    write_styles(path, styles)


def _areas(coded: CodedMoves, *, after: bool) -> tuple[Ints, pd.DataFrame]:
    """Return the zones that hold land, and for each its hectares by class, its dominant class and its region."""
    land, areas = coded.land, coded.zone_areas(after=after)
    names = land.classes["class"].astype(str).to_numpy()
    held = [kind for kind in np.argsort(names) if areas[:, kind].any()]
    zones = np.flatnonzero(np.bincount(coded.zone, minlength=len(areas)))
    areas = areas[zones][:, held]
    columns = {"zone": land.zones["zone"].to_numpy()[zones]}
    columns |= {f"ha_{names[kind]}": areas[:, place] for place, kind in enumerate(held)}
    columns["dominant"] = names[held][areas.argmax(axis=1)]
    columns["region"] = land.zones["region"].to_numpy()[zones]
    return zones, pd.DataFrame(columns)


def _styles(coded: CodedMoves) -> list[LayerStyle]:
    """Return a style for each layer, over the classes that hold land before or after."""
    land = coded.land
    table = land.classes[["class", "name_zh", "name_en"]].astype(str)
    kinds = set(table["class"].iloc[np.union1d(coded.source, coded.target)])
    categories = [
        Category(code, " ".join(name for name in (zh, en) if name) or code, color)
        for code, zh, en, color in zip(
            table["class"], table["name_zh"], table["name_en"], class_colors(land), strict=True
        )
        if code in kinds
    ]
    return [
        LayerStyle("before", "dominant", "现状主导地类 dominant class at present", categories),
        LayerStyle("after", "dominant", "规划主导地类 dominant class under the plan", categories),
        LayerStyle("changes", "to", "转入地类 class that the land becomes", categories),
    ]


def _write(path: Path, layer: str, shapes: geopandas.GeoDataFrame, table: pd.DataFrame) -> None:
    """Write a layer; `shapes` has the polygon of each row. By Arrow it takes half the time of row by row."""
    frame = geopandas.GeoDataFrame(table.reset_index(drop=True), geometry=shapes.geometry.to_numpy(), crs=shapes.crs)
    kind = None if len(frame) else "Polygon"
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", geometry_type=kind, use_arrow=True)
