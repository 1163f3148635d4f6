"""Control lines of a made survey: they follow parcels only in part, so that an import has to cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from shapely.affinity import translate

from instances.synthetic.dltb.attributes import COUNTY, town_radius, unit_codes
from instances.synthetic.dltb.surface import CELLS_A_SIDE, slope_polygons, square_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.synthetic.dltb.fabric import Fabric
    from instances.synthetic.dltb.surface import Surface

BOUNDARY_RADIUS = 1.7
"""Radius of the urban boundary over that of built land."""
RED_LINE_FROM_DEG = 15.0
DIGITISED_OFF_M = (0.35, 0.25)
"""Farmland was digitised on another map, so its edges lie beside those of the parcels."""
FARMLAND_FROM = -0.6
CORNERS = 48

Layers = dict[str, tuple[pd.DataFrame, "NDArray[Any]"]]


def draw_control_lines(
    rng: np.random.Generator, fabric: Fabric, surface: Surface, farmland: Surface, code: NDArray[Any]
) -> Layers:
    """Return the layers XZQ, CZKFBJ, STBHHX, YJJBNTTB and PDT: attributes and polygons."""
    urban = _boundaries(rng, fabric)
    built = shapely.union_all(urban)
    general, core = _red_line(surface, fabric, built)
    barred = shapely.union_all([built, *general, *core])
    fields = _farmland(fabric, farmland, code, barred)
    slopes = slope_polygons(surface, fabric.side_m)
    kinds = ["核心保护区"] * len(core) + ["一般控制区"] * len(general)
    classes = [value for value, shapes in slopes for _ in shapes]
    return {
        "XZQ": _regions(fabric),
        "CZKFBJ": (pd.DataFrame({"BSM": _ids(urban, 5), "KFBJMC": "合成县城镇开发边界"}), urban),
        "STBHHX": (pd.DataFrame({"BSM": _ids(kinds, 6), "HXLX": kinds}), np.concatenate([core, general])),
        "YJJBNTTB": (pd.DataFrame({"BSM": _ids(fields, 7), "YSDM": "2005010300"}), fields),
        "PDT": (pd.DataFrame({"BSM": _ids(classes, 8), "PDJB": classes}), np.concatenate([s for _, s in slopes])),
    }


def _ids(rows: Any, kind: int) -> list[str]:
    return [f"{COUNTY}{kind}{number:09d}" for number in range(1, len(rows) + 1)]


def _boundaries(rng: np.random.Generator, fabric: Fabric) -> NDArray[Any]:
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    rings = []
    for town in fabric.towns:
        sway = 1 + 0.15 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.02 * rng.standard_normal(CORNERS)
        reach = BOUNDARY_RADIUS * town_radius(fabric) * sway
        rings.append(town + reach[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))
    square = shapely.box(0, 0, fabric.side_m, fabric.side_m)
    return np.asarray(shapely.get_parts(shapely.intersection(shapely.union_all(shapely.polygons(rings)), square)))


def _red_line(surface: Surface, fabric: Fabric, built: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the general and the core parts: hills, rounded, away from towns; the core lies inside."""
    step = fabric.side_m / CELLS_A_SIDE
    cells, degrees = square_cells(surface, np.arange(CELLS_A_SIDE + 1) * step)
    hills = shapely.union_all(cells[degrees > RED_LINE_FROM_DEG])
    rounded = shapely.buffer(shapely.buffer(hills, -0.55 * step), 0.4 * step, quad_segs=6)
    general = shapely.difference(rounded, shapely.buffer(built, 0.2 * step))
    core = shapely.buffer(general, -1.5 * step, quad_segs=6)
    return shapely.get_parts(shapely.difference(general, core)), shapely.get_parts(core)


def _farmland(fabric: Fabric, farmland: Surface, code: NDArray[Any], barred: Any) -> NDArray[Any]:
    """Return permanent farmland: the cropland of each village where it lies together, clear of the other lines."""
    centre = shapely.get_coordinates(shapely.point_on_surface(fabric.shapes))
    chosen = np.char.startswith(code.astype(str), "010") & (farmland.at(centre) > FARMLAND_FROM)
    united = [
        shapely.union_all(fabric.shapes[rows])
        for rows in pd.Series(np.flatnonzero(chosen)).groupby(fabric.village[chosen]).agg(list)
    ]
    if not united:
        return np.array([], dtype=object)
    moved = np.array([translate(shape, *DIGITISED_OFF_M) for shape in united], dtype=object)
    parts = shapely.get_parts(shapely.difference(moved, barred))
    return np.asarray(parts[shapely.get_dimensions(parts) == 2])


def _regions(fabric: Fabric) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Return the townships with their polygons."""
    town = fabric.township[fabric.village]
    held = np.unique(town)
    shapes = np.array([shapely.union_all(fabric.shapes[town == number]) for number in held], dtype=object)
    codes, _ = unit_codes(fabric)
    first = {int(number): codes[fabric.township == number][0][:9] for number in held}
    table = pd.DataFrame(
        {
            "BSM": _ids(held, 1),
            "XZQDM": [first[int(number)] + "000" for number in held],
            "XZQMC": [f"合成县第{number + 1}镇" for number in held],
        }
    )
    return table, shapes
