"""A chart of points joined by a line, as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from optimizer.report.charts import ticks
from optimizer.report.text import significant

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH, _HEIGHT = 1080, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 26, 40


def scatter(points: NDArray[np.float64], x: str, y: str) -> Markup:
    """Return a chart of points, (points, 2), joined from left to right; `x` and `y` name the axes."""
    points = points[np.argsort(points[:, 0], kind="stable")]
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    size = np.array([_WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM])

    def place(point: NDArray[np.float64]) -> tuple[float, float]:
        across, up = (point - low) / span * size
        return round(_LEFT + float(across), 1), round(_HEIGHT - _BOTTOM - float(up), 1)

    parts = [
        Markup('<text class="unit" x="0" y="12">{}</text>').format(y),
        Markup('<text class="tick" x="{}" y="{}">{}</text>').format(_WIDTH - _RIGHT, _HEIGHT - 4, x),
    ]
    for tick in ticks(float(high[1]), float(low[1])):
        at = place(np.array([low[0], tick]))[1]
        line = '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick" x="{}" y="{}">{}</text>'
        parts.append(Markup(line).format(_LEFT, _WIDTH - _RIGHT, at, at, _LEFT - 8, at + 4, significant(tick, 5)))
    for tick in ticks(float(high[0]), float(low[0])):
        at = place(np.array([tick, low[1]]))[0]
        label = '<text class="year" x="{}" y="{}">{}</text>'
        parts.append(Markup(label).format(at, _HEIGHT - _BOTTOM + 16, significant(tick, 5)))
    places = [place(point) for point in points]
    path = " ".join(f"{across},{up}" for across, up in places)
    parts.append(Markup('<polyline class="line sink" points="{}"/>').format(path))
    dot = '<circle cx="{}" cy="{}" r="3.2" fill="#2c5e4c"><title>{} · {}</title></circle>'
    for (across, up), point in zip(places, points, strict=True):
        parts.append(Markup(dot).format(across, up, significant(point[0], 6), significant(point[1], 6)))
    body = Markup("").join(parts)
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img">{}</svg>').format(_WIDTH, _HEIGHT, body)
