r"""What a kilometre of line costs in each cell of a grid: land cover, slope, control lines (阻力面).

.. math:: c = b\,m_{class}\,m_{slope} + \sum_r \pi_r\,s_r

:math:`b` cost of a km on easy land, :math:`m` multipliers (mean over the land of the cell), :math:`\pi_r` price of a km
through the lines of role r, :math:`s_r` the share of the cell inside them, exactly. A cell is shut where any land
within half a strip of a forbidden role lies in it, so that no strip whose middle runs through open cells touches it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import shapely

from instances.classes import load_groups, shipped_table
from instances.faults import Fault, InstanceError, raise_if_any
from instances.readers.raster.split import lay
from instances.readers.raster.vectors import to_pixels
from instances.siting.eligibility import widened
from instances.siting.overlay import shares_in

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from instances.siting.config import RouteConfig
    from instances.siting.ground import Ground

MAX_CELLS = 4_000_000
"""Most cells of a friction grid that is laid over zones."""

LEAST_COVER = 0.5
"""Share of a cell that must be land of the zones for a line to cross it."""


@dataclass(frozen=True)
class Surface:
    """A grid over which lines run.

    Attributes
    ----------
    transform
        Takes (column, row) to coordinates in `crs`, in metres.
    multiplier
        Of cost by land cover and slope, (rows, columns), NaN where there is no land.
    price_per_km
        Of crossings that have a price, (rows, columns), money/km.
    forbidden, priced
        Geometry of the roles that are forbidden, and of those that have a price.
    """

    crs: CRS
    transform: rasterio.Affine
    multiplier: NDArray[np.float64] = field(repr=False)
    price_per_km: NDArray[np.float64] = field(repr=False)
    forbidden: dict[str, shapely.Geometry] = field(repr=False)
    priced: dict[str, shapely.Geometry] = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.multiplier.shape[0], self.multiplier.shape[1]

    def centres(self, cell: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the coordinates of the centres of cells, given as flat indices, (cells, 2)."""
        row, column = np.divmod(cell, self.shape[1])
        t = self.transform
        return np.column_stack([t.c + t.a * (column + 0.5), t.f + t.e * (row + 0.5)])

    def cell_of(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the cell of each point, -1 outside the grid, (points,)."""
        t = self.transform
        column, row = np.floor((x - t.c) / t.a).astype(np.int64), np.floor((y - t.f) / t.e).astype(np.int64)
        inside = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        return np.where(inside, row * self.shape[1] + column, -1)

    def shut(self, width_m: float) -> NDArray[np.bool_]:
        """Return the cells that a strip of a width may not run through, (rows, columns)."""
        shut = np.isnan(self.multiplier)
        for shape in self.forbidden.values():
            shut |= _share(widened(shape, width_m / 2), self.transform, self.shape) > 0
        return shut

    def cost_per_km(self, base: float) -> NDArray[np.float64]:
        """Return what a km costs in each cell, price of crossings included, (rows, columns)."""
        return base * self.multiplier + self.price_per_km


def _share(shape: shapely.Geometry, transform: rasterio.Affine, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the share of each cell that lies in a geometry, (rows, columns)."""
    layer = lay(to_pixels(np.array([shape], dtype=object), transform), size)
    share = (layer.whole > 0).astype(float)
    np.add.at(share, layer.pixel, shapely.area(layer.part))
    return np.minimum(share, 1.0).reshape(size)


def surface(ground: Ground, config: RouteConfig) -> Surface:
    """Return the grid over which lines run.

    Raises InstanceError where a crossing names a role that no layer has, a class has no multiplier, or the raster is
    not in metres.
    """
    raise_if_any(
        Fault("config", f"no layer has the role {one.role!r}", "add it as [[layer]]", column="crossing")
        for one in config.crossing
        if not ground.has_role(one.role)
    )
    of_piece = piece_multipliers(ground, config)
    if ground.grid is not None:
        transform, multiplier = _of_pixels(ground, of_piece)
    else:
        transform, multiplier = _of_cells(ground, of_piece, config.lines.cell_m)
    price = np.zeros(multiplier.shape)
    geometry: dict[str, dict[str, shapely.Geometry]] = {"forbidden": {}, "priced": {}}
    for crossing in config.crossing:
        shape = ground.in_role(crossing.role)
        geometry[crossing.rule][crossing.role] = shape
        if crossing.rule == "priced":
            if shapely.area(shape) == 0:
                message = f"layers of role {crossing.role!r} hold points or lines, whose crossing has no length"
                raise InstanceError([Fault("config", message, "give polygons, or forbid it", column="crossing")])
            price += crossing.price_per_km * _share(shape, transform, (multiplier.shape[0], multiplier.shape[1]))
    return Surface(ground.crs, transform, multiplier, price, geometry["forbidden"], geometry["priced"])


def piece_multipliers(ground: Ground, config: RouteConfig) -> NDArray[np.float64]:
    """Return the multiplier of each piece: the mean over its classes, times that of its slope, (pieces,)."""
    table = shipped_table("siting_friction")
    rows = table[table["kind"] == "class"]
    of_class = dict(zip(rows["of"].astype(str), rows["multiplier"].astype(float), strict=True))
    for name in config.friction:
        ground.in_group(name)
    known = {**of_class, **config.friction}
    tree = load_groups()
    kinds = zip(ground.classes["class"].astype(str), ground.classes["group"].astype(str), strict=True)
    by_class = np.array([next(known[at] for at in (name, group, *tree.ancestors(group)) if at in known)
                         for name, group in kinds])  # fmt: skip
    total = ground.area_ha.sum(axis=1)
    mean = np.divide(ground.area_ha @ by_class, total, out=np.ones(len(total)), where=total > 0)
    slopes = table[table["kind"] == "slope"]
    limits, factors = slopes["of"].astype(float).to_numpy(), slopes["multiplier"].astype(float).to_numpy()
    percent = 100 * np.tan(np.radians(np.nan_to_num(ground.slope_deg)))
    return np.asarray(mean * np.concatenate([[1.0], factors])[np.searchsorted(limits, percent, side="right")])


def _of_pixels(ground: Ground, of_piece: NDArray[np.float64]) -> tuple[rasterio.Affine, NDArray[np.float64]]:
    assert ground.grid is not None
    if not ground.grid.crs.is_projected:
        hint = "warp it with gdalwarp to a CRS in metres"
        raise InstanceError([Fault("config", "lines need a land cover in metres, not in degrees", hint)])
    multiplier = np.full(ground.grid.shape, np.nan)
    multiplier.ravel()[ground.pixel] = of_piece
    return ground.grid.transform, multiplier


def _of_cells(
    ground: Ground, of_piece: NDArray[np.float64], side: float
) -> tuple[rasterio.Affine, NDArray[np.float64]]:
    """Lay cells over the zones; a cell has the mean of the land in it."""
    west, south, east, north = shapely.total_bounds(ground.shape)
    west, north = np.floor(west / side) * side, np.ceil(north / side) * side
    size = int(np.ceil((north - south) / side)), int(np.ceil((east - west) / side))
    if size[0] * size[1] > MAX_CELLS:
        message = f"cells of {side:g} m make a grid of {size[1]:,} x {size[0]:,}, over {MAX_CELLS:,} cells"
        raise InstanceError([Fault("config", message, "choose larger cells", column="lines.cell_m")])
    row, column = np.divmod(np.arange(size[0] * size[1]), size[1])
    boxes = shapely.box(west + column * side, north - (row + 1) * side, west + (column + 1) * side, north - row * side)
    cell, piece, area = shares_in(boxes, ground.shape)
    held = np.bincount(cell, area, minlength=len(boxes))
    weighted = np.bincount(cell, area * of_piece[piece], minlength=len(boxes))
    land = held >= LEAST_COVER * side * side
    multiplier = np.where(land, weighted / np.where(land, held, 1.0), np.nan)
    return rasterio.transform.from_origin(west, north, side, side), multiplier.reshape(size)


@dataclass(frozen=True)
class LineClass:
    """Figures of a voltage class; costs in money (a km), `shared_share` the part that lines on one strip share."""

    width_m: float
    capacity_mw: float
    cost_per_km: float
    reactance_ohm_per_km: float
    tower_spacing_m: float
    tower_foot_m2: float
    shared_share: float


def line_classes(config: RouteConfig) -> dict[str, LineClass]:
    """Return the voltage classes by name: the shipped ones, and those of the config, which go before.

    Raises InstanceError where the config names a class that is not shipped and does not say all of it.
    """
    numbers = [one.name for one in fields(LineClass)]
    found: dict[str, dict[str, float]] = {
        str(row["voltage_class"]): {name: float(row[name]) for name in numbers}
        for row in shipped_table("siting_lines").to_dict("records")
    }
    for one in config.voltage:
        given = one.model_dump(exclude={"voltage_class"}, exclude_none=True)
        whole = {**found.get(one.voltage_class, {}), **given}
        if lacking := [name for name in numbers if name not in whole]:
            message = f"voltage class {one.voltage_class} is not shipped and lacks {', '.join(lacking)}"
            raise InstanceError([Fault("config", message, f"shipped are {', '.join(found)}", column="voltage")])
        found[one.voltage_class] = whole
    share = config.lines.cost_share
    return {
        name: replace(made, cost_per_km=made.cost_per_km * share)
        for name, made in ((name, LineClass(**row)) for name, row in found.items())
    }
