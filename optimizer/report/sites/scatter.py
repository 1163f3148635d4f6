"""A chart of points joined by a line, with the proven bound of each point, as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from optimizer.report.charts import ticks
from optimizer.report.text import significant

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH, _HEIGHT = 1080, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 30, 46


def scatter(points: NDArray[np.float64], names: tuple[str, str], bound: NDArray[np.float64] | None = None) -> Markup:
    """Return a chart of points, (points, 2), joined from left to right; `names` are those of the axes.

    `bound`, (points,), is drawn as a broken line; it may have gaps (NaN). The upward axis begins at zero where all
    values lie on one side of it.
    """
    order = np.argsort(points[:, 0], kind="stable")
    points = points[order]
    limit = np.full(len(points), np.nan) if bound is None else np.asarray(bound, dtype=float)[order]
    seen = np.concatenate([points[:, 1], limit[np.isfinite(limit)]])
    low = np.array([points[0, 0], min(float(seen.min()), 0.0)])
    high = np.array([points[-1, 0], max(float(seen.max()), 0.0)])
    span = np.where(high > low, high - low, 1.0)
    size = np.array([_WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM])

    def place(across: float, up: float) -> tuple[float, float]:
        x, y = (np.array([across, up]) - low) / span * size
        return round(_LEFT + float(x), 1), round(_HEIGHT - _BOTTOM - float(y), 1)

    parts = [
        Markup('<text class="unit" x="0" y="12">{}</text>').format(names[1]),
        Markup('<text class="tick" x="{}" y="{}">{}</text>').format(_WIDTH - _RIGHT, _HEIGHT - 6, names[0]),
    ]
    for tick in ticks(float(high[1]), float(low[1])):
        at = place(low[0], tick)[1]
        line = '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick" x="{}" y="{}">{}</text>'
        parts.append(Markup(line).format(_LEFT, _WIDTH - _RIGHT, at, at, _LEFT - 8, at + 4, significant(tick, 5)))
    for tick in ticks(float(high[0]), float(low[0])):
        at = place(tick, low[1])[0]
        label = '<text class="year" x="{}" y="{}">{}</text>'
        parts.append(Markup(label).format(at, _HEIGHT - _BOTTOM + 18, significant(tick, 5)))
    bounded = np.isfinite(limit)
    if bounded.any():
        path = _path([place(x, y) for x, y in zip(points[bounded, 0], limit[bounded], strict=True)])
        parts.append(Markup('<polyline class="line bound" points="{}"/>').format(path))
    places = [place(x, y) for x, y in points]
    parts.append(Markup('<polyline class="line sink" points="{}"/>').format(_path(places)))
    dot = '<circle class="dot" cx="{}" cy="{}" r="3.2"><title>{} · {}</title></circle>'
    for (x, y), point in zip(places, points, strict=True):
        parts.append(Markup(dot).format(x, y, significant(point[0], 6), significant(point[1], 6)))
    body = Markup("").join(parts)
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img">{}</svg>').format(_WIDTH, _HEIGHT, body)


def _path(places: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)
