"""The overlay layers: red line, permanent farmland, urban boundary, slope; and their labels on parcels.

控制线与坡度图层。
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from instances.faults import Fault, InstanceError
from instances.readers.dltb import crs as systems
from instances.readers.dltb import fields, layers
from instances.readers.dltb.dem import slope_polygons
from instances.readers.dltb.pieces import Pieces, label, merged_layer
from instances.row_faults import row_faults

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

    from instances.readers.dltb.account import Account
    from instances.readers.dltb.config import Config
    from instances.readers.dltb.layers import Layer, Place
    from instances.readers.dltb.parcels import Parcels

FLAG_LAYERS = {"YJJBNTTB": "farmland", "CZKFBJ": "boundary"}
STEEP = 5


def read_layer(place: Place, config: Config, crs: CRS) -> Layer:
    """Read a layer and bring it into the system of the parcels."""
    layer = layers.read(place, config)
    return layers.Layer(layer.place, layer.table, systems.transform(layer.shapes, layer.crs, crs), crs, layer.encoding)


def cut(
    pieces: Pieces, parcels: Parcels, found: dict[str, Place], root: Path, config: Config, crs: CRS, account: Account
) -> Pieces:
    """Return pieces with labels `red_line`, `farmland`, `boundary` and `slope_class`."""
    hectares, box = parcels.area_ha, shapely.box(*shapely.total_bounds(parcels.shapes))
    for name, attribute in FLAG_LAYERS.items():
        if name in found:
            shapes = read_layer(found[name], config, crs).shapes
            _note_outside(name, shapes, box, account)
            zones = [(1, merged_layer(shapes))]
            pieces = label(pieces, attribute, zones, 0, hectares, config.slivers, account)
        else:
            pieces = pieces.with_label(attribute, np.zeros(len(pieces), dtype=np.int64))
            account.add("noted", name, 0, 0.0, f"no such layer: {attribute} is 0 everywhere 无此图层")
    pieces = _cut_red_line(pieces, hectares, found.get("STBHHX"), config, crs, box, account)
    return _cut_slope(pieces, parcels, found.get("PDT"), root, config, crs, account)


def _note_outside(name: str, shapes: NDArray[Any], box: Any, account: Account) -> None:
    """Say what of a layer lies elsewhere; raises InstanceError where all of it does."""
    outside = ~shapely.intersects(shapes, box)
    if not len(shapes):
        account.add("noted", name, 0, 0.0, "the layer is empty: no land lies in it 图层为空")
    elif outside.all():
        hint = "check the file and its reference system, or take the layer out of the folder"
        raise InstanceError([Fault(name, "nothing of the layer touches the parcels 图层全部在图斑范围外", hint)])
    elif outside.any():
        rule = "polygons of the layer that lie outside the parcels 图层在图斑范围外"
        account.add("noted", name, int(outside.sum()), 0.0, rule)


def _cut_red_line(
    pieces: Pieces,
    hectares: NDArray[np.float64],
    place: Place | None,
    config: Config,
    crs: CRS,
    box: Any,
    account: Account,
) -> Pieces:
    if place is None:
        account.add("noted", "STBHHX", 0, 0.0, "no such layer: no land lies in the red line 无此图层")
        return pieces.with_label("red_line", np.full(len(pieces), "", dtype=object))
    layer = read_layer(place, config, crs)
    _note_outside("STBHHX", layer.shapes, box, account)
    names = {str(name).upper(): name for name in layer.table.columns}
    field = names.get(config.red_line.field.upper())
    core = np.zeros(len(layer.shapes), dtype=bool)
    if field is None:
        rule = f"no field {config.red_line.field}: all of the red line is general 未分级，按一般控制区"
        account.add("noted", "STBHHX", 0, 0.0, rule)
    else:
        core = fields.text(layer.table[field]).isin(config.red_line.core).to_numpy()
    zones = [("core", merged_layer(layer.shapes[core])), ("general", merged_layer(layer.shapes[~core]))]
    return label(pieces, "red_line", zones, "", hectares, config.slivers, account)


def _cut_slope(
    pieces: Pieces, parcels: Parcels, place: Place | None, root: Path, config: Config, crs: CRS, account: Account
) -> Pieces:
    """Label slope classes: GDPDJB where the parcel has it, else the slope layer or the DEM, else class 1."""
    own = parcels.table["slope"].to_numpy()
    hectares = parcels.area_ha
    zones = _slope_zones(place, root, config, crs, parcels)
    if zones:
        pieces = label(pieces, "slope_class", zones, 0, hectares, config.slivers, account, only=own == 0)
    else:
        pieces = pieces.with_label("slope_class", np.zeros(len(pieces), dtype=np.int64))
    surveyed = own[pieces.parent]
    slope = np.where(surveyed > 0, surveyed, pieces.labels["slope_class"])
    unknown = slope == 0
    if unknown.any():
        area = (hectares[pieces.parent] * pieces.share)[unknown].sum()
        account.add("noted", "slope", unknown.sum(), area, "no slope known: class 1 is taken 无坡度，按1级")
    return pieces.with_label("slope_class", np.where(unknown, 1, slope).astype(np.int64))


def _slope_zones(
    place: Place | None, root: Path, config: Config, crs: CRS, parcels: Parcels
) -> list[tuple[Any, NDArray[Any]]]:
    """Return the polygons of each slope class, the steepest first."""
    if config.slope.dem:
        shapes, classes = slope_polygons(root, config.slope.dem, crs, shapely.total_bounds(parcels.shapes))
    elif place is not None:
        layer = read_layer(place, config, crs)
        names = {str(name).upper(): name for name in layer.table.columns}
        field = names.get(config.slope.field.upper())
        if field is None:
            hint = f"state it as [slope] field; the layer has {', '.join(map(str, layer.table.columns))}"
            raise InstanceError([Fault(str(place), "field is missing", hint, column=config.slope.field)])
        shapes, classes = layer.shapes, pd.to_numeric(layer.table[field], errors="coerce").fillna(0).to_numpy()
        wrong = np.flatnonzero(~np.isin(classes, [1, 2, 3, 4, 5]))
        if len(wrong):
            hint = "1 to 5, as GDPDJB"
            raise InstanceError(row_faults(str(place), wrong, lambda row: "is no slope class", hint, str(field)))
    else:
        return []
    return [(value, merged_layer(shapes[classes == value])) for value in range(STEEP, 0, -1)]
