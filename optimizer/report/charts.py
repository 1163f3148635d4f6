"""Small charts as inline SVG and as bars in table cells; text stays text, so that no font is needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from optimizer.report.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Bar:
    """A bar in a cell, from the zero line: offsets in percent of the cell, and its side."""

    left: float
    width: float
    negative: bool


def bars(values: Sequence[float]) -> list[Bar]:
    """Return bars on one common scale that holds zero and every value."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    span = high - low
    if not values or span == 0:
        return [Bar(0.0, 0.0, False) for _ in values]
    zero = -low / span * 100
    return [
        Bar(zero - width if value < 0 else zero, width, value < 0)
        for value in values
        for width in [abs(value) / span * 100]
    ]


@dataclass(frozen=True)
class Bullet:
    """A value against its target in a cell, in percent of the cell from zero; `present` may be absent."""

    value: float
    target: float
    present: float | None


def bullet(present: float, value: float, target: float) -> Bullet | None:
    """Return the places of value, target and present on a scale of their own; None where one is below zero."""
    shown = [value, target] if math.isnan(present) else [value, target, present]
    greatest = max(shown) * 1.04
    if not all(math.isfinite(one) and one >= 0 for one in shown) or greatest == 0:
        return None
    places = [one / greatest * 100 for one in shown]
    return Bullet(places[0], places[1], places[2] if len(places) > 2 else None)


def heat(value: float, greatest: float) -> float:
    """Return the depth of a heat cell between 0 and 1, on a logarithmic scale over three decades."""
    if value <= 0 or greatest <= 0:
        return 0.0
    return min(max(1 + math.log10(value / greatest) / 3, 0.05), 1.0)


@dataclass(frozen=True)
class Series:
    """A line of a chart: its name, its class in the style sheet, and one value a year."""

    name: str
    style: str
    values: Sequence[float]


_WIDTH, _HEIGHT = 1080, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 250, 18, 30


def ticks(high: float, low: float) -> list[float]:
    """Return a few round values between two values."""
    span = (high - low) or 1.0
    step = 10 ** math.floor(math.log10(span))
    step = next(step * k for k in (0.2, 0.5, 1, 2, 5) if span / (step * k) <= 5)
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def lines(years: Sequence[int], series: Sequence[Series], unit: str) -> Markup:
    """Return a line chart by year as SVG, each line named at its right end."""
    values = [value for one in series for value in one.values]
    low, high = min(0.0, *values), max(0.0, *values) * 1.04
    across = (_WIDTH - _LEFT - _RIGHT) / max(years[-1] - years[0], 1)
    down = (_HEIGHT - _TOP - _BOTTOM) / ((high - low) or 1.0)

    def x(year: float) -> float:
        return round(_LEFT + (year - years[0]) * across, 1)

    def y(value: float) -> float:
        return round(_HEIGHT - _BOTTOM - (value - low) * down, 1)

    parts = [Markup('<text class="unit" x="0" y="11">{}</text>').format(unit)]
    for tick in ticks(high, low):
        line = '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick" x="{}" y="{}">{}</text>'
        style = "zero" if tick == 0 else "grid"
        places = (_LEFT, _WIDTH - _RIGHT, y(tick), y(tick), _LEFT - 8, y(tick) + 4)
        parts.append(Markup(line).format(style, *places, number(tick, 0)))
    every = max(1, math.ceil(len(years) / 9))
    marked = list(years[::-1][::every])
    marked[-1] = years[0]
    for year in marked:
        parts.append(Markup('<text class="year" x="{}" y="{}">{}</text>').format(x(year), _HEIGHT - 8, year))
    used: list[float] = []
    for one in series:
        points = " ".join(f"{x(year)},{y(value)}" for year, value in zip(years, one.values, strict=True))
        place = y(one.values[-1]) + 4
        while any(abs(place - other) < 17 for other in used):
            place -= 17
        used.append(place)
        label = '<polyline class="{}" points="{}"/><text class="{}" x="{}" y="{}">{} <tspan>{}</tspan></text>'
        style = escape(one.style)
        shown = number(one.values[-1], 1)
        parts.append(
            Markup(label).format(f"line {style}", points, f"name {style}", x(years[-1]) + 8, place, one.name, shown)
        )
    body = Markup("").join(parts)
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img">{}</svg>').format(_WIDTH, _HEIGHT, body)
