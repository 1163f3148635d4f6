"""Draw the land: a grid of unequal cells, smooth random fields, and from them classes and control lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft
from scipy.spatial import cKDTree

from instances.synthetic.catalogue import LAND_TYPES, LandType

if TYPE_CHECKING:
    from instances.synthetic.options import Options

Array = np.ndarray
SIDE_M = (70.0, 141.0)
"""Least and greatest side of a cell; cells are 0.49 to 1.99 ha."""
ORIGIN_M = (400_000.0, 4_100_000.0)
PIECES = (1, 2, 3)
PIECES_SHARE = (0.25, 0.5, 0.25)
"""How many classes a zone holds that is not whole: two on average."""
CORE, GENERAL = 1, 2


@dataclass(frozen=True)
class Landscape:
    """Arrays of the drawn land, one entry a zone, and below them one entry a (zone, class) with area."""

    types: tuple[LandType, ...]
    columns: int
    x_m: Array
    y_m: Array
    region: Array
    area_ha: Array
    red_line: Array
    farmland: Array
    boundary: Array
    slope_class: Array
    grade: Array
    potential_grade: Array
    built_kind: Array
    retirement: Array
    afforestable: Array
    whole: Array
    cost_factor: Array
    urbanity: Array
    cover_zone: Array
    cover_class: Array
    cover_area_ha: Array

    @property
    def zones(self) -> int:
        """Number of zones."""
        return len(self.region)

    def class_of(self, name: str) -> int:
        """Return the number of the class called `name`, -1 where the instance lacks it."""
        return next((k for k, land in enumerate(self.types) if land.name == name), -1)

    def per_class(self, attribute: str) -> Array:
        """Return an attribute of every class as an array."""
        return np.array([getattr(land, attribute) for land in self.types])

    def in_group(self, *groups: str) -> Array:
        """Mark the classes of the named leaf groups."""
        return np.isin(self.per_class("group"), groups)

    def corners(self, start: int, stop: int) -> tuple[Array, Array, Array, Array]:
        """Return west, south, east and north of the cells `start` to `stop`, in metres."""
        row, column = np.divmod(np.arange(start, stop), self.columns)
        return self.x_m[column], self.y_m[row], self.x_m[column + 1], self.y_m[row + 1]


def smooth_field(rng: np.random.Generator, shape: tuple[int, int], length: float) -> Array:
    """Return a field of mean 0 and deviation 1 that is correlated over about `length` cells."""
    size = tuple(fft.next_fast_len(max(n, 8), real=True) for n in shape)
    noise = fft.rfft2(rng.standard_normal(size, dtype=np.float32), workers=2)
    wave = np.hypot(fft.fftfreq(size[0])[:, None], fft.rfftfreq(size[1])[None, :]).astype(np.float32)
    noise *= (1.0 + (wave * np.float32(2 * math.pi * length)) ** 2) ** np.float32(-1.1)
    field = fft.irfft2(noise, s=size, workers=2)
    field -= field.mean()
    return (field / field.std())[: shape[0], : shape[1]]


def top(score: Array, count: int, among: Array) -> Array:
    """Mark the `count` entries of highest score among those marked."""
    marked = np.zeros(len(score), dtype=bool)
    candidates = np.flatnonzero(among)
    count = min(count, len(candidates))
    if count:
        values = score[candidates]
        marked[candidates[np.argpartition(values, len(values) - count)[len(values) - count :]]] = True
    return marked


def draw_landscape(options: Options) -> Landscape:
    """Draw every zone and its cover; the same options give the same arrays."""
    rng = np.random.default_rng([options.seed, 1])
    types = LAND_TYPES[: options.classes]
    n = options.zones
    columns = math.ceil(math.sqrt(n))
    shape = (math.ceil(n / columns), columns)
    x_m, y_m = (_grid_lines(rng, cells, origin) for cells, origin in zip(shape[::-1], ORIGIN_M, strict=True))
    row, column = np.divmod(np.arange(n), columns)
    area = np.diff(x_m)[column] * np.diff(y_m)[row] / 1e4
    length = min(columns, 400) / 12
    fields = [smooth_field(rng, shape, scale * length).ravel()[:n] for scale in (2, 1.5, 1, 1, 0.3)]
    elevation, urbanity, wetness, soil, _ = fields
    primary = _primary_class(rng, types, fields)
    everything = np.ones(n, dtype=bool)
    slope = _by_quantile(elevation + 0.5 * rng.standard_normal(n, dtype=np.float32), (0.45, 0.7, 0.85, 0.95)) + 1
    boundary = top(urbanity, round(0.45 * n), everything)
    wild = ~boundary & ~np.array([land.built for land in types])[primary]
    core = top(elevation + wetness, round(0.03 * n), wild)
    general = top(elevation + wetness + fields[4], round(0.1 * n), wild & ~core)
    cropland = np.array([land.group == "cropland" for land in types])
    protected = wild & ~core & ~general & cropland[primary] & (slope <= 3)
    quality = np.clip(8 - 2.5 * soil + rng.standard_normal(n, dtype=np.float32), 1, 15).astype(np.int8)
    whole = rng.permutation(n) < round(options.whole * n)
    cover_zone, cover_class, cover_area = _cover(rng, primary, area, whole, options.classes)
    return Landscape(
        types=types,
        columns=columns,
        x_m=x_m,
        y_m=y_m,
        region=_regions(rng, row, column, options.leaf_regions),
        area_ha=area,
        red_line=np.where(core, CORE, np.where(general, GENERAL, 0)).astype(np.int8),
        farmland=top(soil, round(0.4 * protected.sum()), protected),
        boundary=boundary,
        slope_class=slope.astype(np.int8),
        grade=np.where(_holds(cover_zone, cover_class, cropland, n), quality, 0).astype(np.int8),
        potential_grade=np.where((slope <= 4) & (soil > -1.5), np.minimum(quality + 1, 15), 0).astype(np.int8),
        built_kind=_built_kind(types, cover_zone, cover_class, urbanity),
        retirement=(slope >= 4) & cropland[primary],
        afforestable=wetness + 0.3 * elevation > -1.1,
        whole=whole,
        cost_factor=np.exp(0.35 * fields[4] + 0.2 * rng.standard_normal(n)),
        urbanity=urbanity,
        cover_zone=cover_zone,
        cover_class=cover_class,
        cover_area_ha=cover_area,
    )


def _grid_lines(rng: np.random.Generator, cells: int, origin: float) -> Array:
    """Return the cells + 1 lines of one direction; sides are whole centimetres so that areas add up."""
    return origin + np.concatenate([[0.0], np.cumsum(np.round(rng.uniform(*SIDE_M, cells), 2))])


def _regions(rng: np.random.Generator, row: Array, column: Array, regions: int) -> Array:
    """Give each cell to the nearest of `regions` seed cells, so that no region is empty."""
    seeds = np.sort(rng.choice(len(row), regions, replace=False))
    tree = cKDTree(np.column_stack([row[seeds], column[seeds]]))
    region: Array = np.asarray(tree.query(np.column_stack([row, column]), workers=2)[1], dtype=np.int32)
    region[seeds] = np.arange(regions)
    return region


def _by_quantile(values: Array, shares: tuple[float, ...]) -> Array:
    return np.searchsorted(np.quantile(values, shares), values).astype(np.int8)


def _primary_class(rng: np.random.Generator, types: tuple[LandType, ...], fields: list[Array]) -> Array:
    """Let the classes take their share of the land in turn, each where its score is highest."""
    n = len(fields[0])
    shares = np.array([land.share for land in types])
    shares /= shares.sum()
    order = np.argsort([land.rank for land in types], kind="stable")
    primary = np.full(n, order[-1], dtype=np.int8)
    free = np.ones(n, dtype=bool)
    for k in order[:-1]:
        score = 0.25 * rng.standard_normal(n, dtype=np.float32)
        for weight, field in zip(types[k].place, fields, strict=True):
            score += np.float32(weight) * field
        taken = top(score, round(shares[k] * n), free)
        primary[taken] = k
        free &= ~taken
    return primary


def _cover(rng: np.random.Generator, primary: Array, area: Array, whole: Array, classes: int) -> tuple[Array, ...]:
    """Split each cell among one to three classes; the parts add to the cell.

    The second class is that of the next cell where it differs, the third any other.
    """
    n = len(primary)
    pieces = np.where(whole, 1, rng.choice(PIECES, n, p=PIECES_SHARE)).astype(np.int8)
    following = np.roll(primary, -1)
    other = rng.integers(0, classes - 1, n, dtype=np.int8)
    other += other >= primary
    second = np.where(following != primary, following, other)
    third = rng.integers(0, classes - 2, n, dtype=np.int8)
    third += third >= np.minimum(primary, second)
    third += third >= np.maximum(primary, second)
    rest = np.where(pieces > 1, np.round(area * rng.uniform(0.15, 0.45, n), 4), 0.0)
    last = np.where(pieces > 2, np.round(rest * rng.uniform(0.2, 0.6, n), 4), 0.0)
    start = np.concatenate([[0], np.cumsum(pieces)[:-1]])
    rows = int(pieces.sum())
    classes_of, areas = np.empty(rows, dtype=np.int8), np.empty(rows)
    classes_of[start], areas[start] = primary, area - rest
    for place, class_of, part in ((1, second, rest - last), (2, third, last)):
        holders = pieces > place
        classes_of[start[holders] + place], areas[start[holders] + place] = class_of[holders], part[holders]
    return np.repeat(np.arange(n, dtype=np.int32), pieces), classes_of, areas


def _holds(cover_zone: Array, cover_class: Array, classes: Array, zones: int) -> Array:
    """Mark the zones that hold land of the marked classes."""
    found = np.zeros(zones, dtype=bool)
    found[cover_zone[classes[cover_class]]] = True
    return found


def _built_kind(types: tuple[LandType, ...], cover_zone: Array, cover_class: Array, urbanity: Array) -> Array:
    """Return 0 none, 1 city, 2 town, 3 village: urban land by its setting or by urbanity."""
    built = np.array([land.built for land in types])
    urban = np.array([land.built and land.setting == "urban" for land in types])
    has_built = _holds(cover_zone, cover_class, built, len(urbanity))
    has_urban = _holds(cover_zone, cover_class, urban, len(urbanity))
    kind = np.where(has_urban, np.where(urbanity > 1, 1, 2), 3)
    return np.where(has_built, kind, 0).astype(np.int8)
