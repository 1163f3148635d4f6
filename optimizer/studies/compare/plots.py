"""Charts of a study as inline SVG: fronts, ranges, robust plans, samples, worths; text stays text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from optimizer.report.charts import ticks
from optimizer.report.text import significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COLORS = ("#2c5e4c", "#b4543c", "#3b6ea5", "#a8842c", "#7a5296", "#5a6b73", "#8a5a3c", "#3c8f8f")
"""Colours of lines, in order."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 20, 26, 44


@dataclass
class Axes:
    """A frame with two axes that shapes are drawn into; `low` and `high` are the ends of both, across and up."""

    low: tuple[float, float]
    high: tuple[float, float]
    names: tuple[str, str]
    size: tuple[int, int] = (520, 330)
    room: int = 0
    parts: list[Markup] = field(default_factory=list)

    def place(self, across: float, up: float) -> tuple[float, float]:
        """Return where a point lies on the picture."""
        inner = (self.size[0] - _LEFT - _RIGHT - self.room, self.size[1] - _TOP - _BOTTOM)
        shares = [
            (value - low) / ((high - low) or 1.0)
            for value, low, high in zip((across, up), self.low, self.high, strict=True)
        ]
        return round(_LEFT + shares[0] * inner[0], 1), round(self.size[1] - _BOTTOM - shares[1] * inner[1], 1)

    def grid(self, marks: Sequence[tuple[float, str]] | None = None) -> None:
        """Draw the axes with a few round values; `marks` are those across where they are given."""
        right = self.size[0] - _RIGHT - self.room
        self.parts.append(Markup('<text class="unit" x="0" y="12">{}</text>').format(self.names[1]))
        label = '<text class="tick" x="{}" y="{}">{}</text>'
        self.parts.append(Markup(label).format(right, self.size[1] - 6, self.names[0]))
        for tick in ticks(self.high[1], self.low[1]):
            at = self.place(self.low[0], tick)[1]
            line = '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick" x="{}" y="{}">{}</text>'
            self.parts.append(Markup(line).format(_LEFT, right, at, at, _LEFT - 8, at + 4, significant(tick, 6)))
        across = [(tick, significant(tick, 6)) for tick in ticks(self.high[0], self.low[0])] if marks is None else marks
        for tick, words in across:
            at = self.place(tick, self.low[1])[0]
            shown = '<text class="year" x="{}" y="{}">{}</text>'
            self.parts.append(Markup(shown).format(at, self.size[1] - _BOTTOM + 18, words))

    def line(self, points: NDArray[np.float64], color: str, title: str = "", dash: str = "") -> None:
        """Draw a line through points, (points, 2); those without a value break it off."""
        kept = points[np.isfinite(points).all(axis=1)]
        path = " ".join(f"{x},{y}" for x, y in (self.place(*point) for point in kept))
        shape = '<polyline class="line" points="{}" stroke="{}"{}>{}</polyline>'
        broken = Markup(' stroke-dasharray="{}"').format(dash) if dash else ""
        self.parts.append(Markup(shape).format(path, color, broken, _tip(title)))

    def dot(self, across: float, up: float, color: str, title: str = "", radius: float = 4.0) -> None:
        """Draw a point."""
        if not (np.isfinite(across) and np.isfinite(up)):
            return
        shape = '<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="#fff">{}</circle>'
        self.parts.append(Markup(shape).format(*self.place(across, up), radius, color, _tip(title)))

    def text(self, across: float, up: float, words: str, color: str = "#1c2320", right: float = 9.0) -> None:
        """Write beside a point."""
        x, y = self.place(across, up)
        shape = '<text x="{}" y="{}" style="fill:{}">{}</text>'
        self.parts.append(Markup(shape).format(x + right, y - 7, color, words))

    def box(self, across: tuple[float, float], up: tuple[float, float], color: str, title: str = "") -> None:
        """Draw a filled box between two places across and two up."""
        (x0, y1), (x1, y0) = self.place(across[0], up[0]), self.place(across[1], up[1])
        shape = '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" fill-opacity=".55">{}</rect>'
        height = round(max(y1 - y0, 0.6), 1)
        self.parts.append(Markup(shape).format(x0, y0, round(max(x1 - x0, 0.6), 1), height, color, _tip(title)))

    def svg(self) -> Markup:
        """Return the chart."""
        shape = '<svg class="chart" viewBox="0 0 {} {}" style="max-width:{}px" role="img">{}</svg>'
        return Markup(shape).format(*self.size, self.size[0], Markup("").join(self.parts))


def _tip(title: str) -> Markup:
    return Markup("<title>{}</title>").format(title) if title else Markup("")


def _ends(values: NDArray[np.float64], part: float = 0.06, zero: bool = False) -> tuple[float, float]:
    """Return the ends of an axis that holds all values, with some room."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = (high - low) * part or max(abs(high), 1.0) * part
    return low - room, high + room


def front(
    values: NDArray[np.float64],
    bounds: NDArray[np.float64],
    knee: NDArray[np.bool_],
    names: tuple[str, str],
    word: str,
    joined: bool = True,
) -> Markup:
    """Return a front of two goals: values and bounds, (points, 2), the bound of each point tied to it; the knee named.

    The stretch between a point and its bounds is what its proof leaves open. Points are `joined` where the front has
    no further goal.
    """
    both = np.vstack([values, bounds])
    (left, right), (bottom, top) = _ends(both[:, 0]), _ends(both[:, 1])
    axes = Axes((left, bottom), (right, top), names)
    axes.grid()
    if joined:
        axes.line(values[np.argsort(values[:, 0], kind="stable")], "#a9b6ae")
    for own, bound, marked in zip(values, bounds, knee, strict=True):
        axes.line(np.array([[bound[0], own[1]], own, [own[0], bound[1]]]), "#8d9a92", dash="3 2")
        words = f"{significant(own[0], 6)} · {significant(own[1], 6)}"
        axes.dot(own[0], own[1], COLORS[1] if marked else COLORS[0], words, 6.0 if marked else 4.0)
        if marked:
            axes.text(own[0], own[1], word, COLORS[1])
    return axes.svg()


@dataclass(frozen=True)
class Span:
    """What a measure can be: proven ends about found ends, and its value in the best plan."""

    least_bound: float
    least: float
    value: float
    greatest: float
    greatest_bound: float


def span(one: Span) -> Markup:
    """Return a bar on a scale of its own: pale what is not excluded, full what is found, a mark for the best plan."""
    places = np.array([one.least_bound, one.least, one.value, one.greatest, one.greatest_bound], dtype=float)
    low, high = _ends(places, 0.04)
    at = [float(value) for value in (places - low) / (high - low) * 320.0]
    shape = (
        '<svg class="span" viewBox="0 0 320 22" role="img"><line x1="0" x2="320" y1="11" y2="11" stroke="#e7e9e4"/>'
        '<rect x="{}" y="6" width="{}" height="10" fill="#d8e3dc"/>'
        '<rect x="{}" y="6" width="{}" height="10" fill="#7ea792"/>'
        '<line x1="{}" x2="{}" y1="2" y2="20" stroke="#b4543c" stroke-width="2.4"/></svg>'
    )
    wide = [round(max(b - a, 1.5), 1) for a, b in ((at[0], at[4]), (at[1], at[3]))]
    marked = round(at[2], 1)
    return Markup(shape).format(round(at[0], 1), wide[0], round(at[1], 1), wide[1], marked, marked)


@dataclass(frozen=True)
class Curve:
    """A line of a chart: points, (points, 2), with a name; `bound` is drawn as a broken line of the same colour."""

    name: str
    points: NDArray[np.float64]
    bound: NDArray[np.float64] | None = None


def curves(
    lines: Sequence[Curve],
    names: tuple[str, str],
    marks: Sequence[tuple[float, str]] | None = None,
    size: tuple[int, int] = (520, 330),
) -> Markup:
    """Return a chart of lines; `marks` are the values across that are written."""
    every = np.vstack([one.points for one in lines] + [one.bound for one in lines if one.bound is not None])
    (left, right), (bottom, top) = _ends(every[:, 0]), _ends(every[:, 1])
    axes = Axes((left, bottom), (right, top), names, size)
    axes.grid(marks)
    written = dict(marks or ())
    for place, one in enumerate(lines):
        color = COLORS[place % len(COLORS)]
        if one.bound is not None:
            axes.line(one.bound, color, dash="4 3")
        axes.line(one.points, color, one.name)
        for x, y in one.points:
            across = written.get(float(x), f"{x:g}")  # years, and budgets that stand in their order
            axes.dot(float(x), float(y), color, f"{one.name}: {across} · {significant(float(y), 6)}")
    return axes.svg()


_QUARTERS = (0.05, 0.25, 0.5, 0.75, 0.95)


def distributions(samples: Sequence[tuple[str, NDArray[np.float64]]], names: tuple[str, str]) -> Markup:
    """Return one box a plan: 5th to 95th percentile pale, the middle half full, the median a line, both ends dots."""
    low, high = _ends(np.concatenate([values for _, values in samples]))
    axes = Axes((-0.5, low), (len(samples) - 0.5, high), names)
    axes.grid([(float(place), name) for place, (name, _) in enumerate(samples)])
    for place, (name, values) in enumerate(samples):
        color = COLORS[0]
        p05, p25, middle, p75, p95 = (float(one) for one in np.quantile(values, _QUARTERS))
        words = f"{name}: {significant(p05, 5)} – {significant(middle, 5)} – {significant(p95, 5)}"
        axes.box((place - 0.1, place + 0.1), (p05, p95), "#b9cfc3", words)
        axes.box((place - 0.24, place + 0.24), (p25, p75), color, words)
        axes.line(np.array([[place - 0.24, middle], [place + 0.24, middle]]), "#1c2320")
        for end in (values.min(), values.max()):
            axes.dot(place, float(end), "#8d9a92", significant(float(end), 5), 2.6)
    return axes.svg()
