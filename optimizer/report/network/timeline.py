"""The axis of time of figures: snapshots side by side, a panel for each representative day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.report.charts import ticks
from optimizer.report.drawing import INK, SOFT, Box, Item, Label, Line, Shape, shortened, text_width
from optimizer.report.text import significant
from optimizer.results.terms import term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from instances.network import Network
    from optimizer.results.network.reading import Values
    from optimizer.results.terms import Lang

WIDTH, LEFT, RIGHT, GAP = 1080.0, 66.0, 8.0, 12.0
MOST_PANELS, MOST_SNAPSHOTS = 24, 1_500
"""Days that have panels of their own, and snapshots that are drawn one by one."""
GRID = "#e7e9e4"


@dataclass(frozen=True)
class Panel:
    """A day: its name, the days that it stands for, and the first and last of its snapshots (last excluded)."""

    name: str
    days: float
    first: int
    last: int


@dataclass(frozen=True)
class Timeline:
    """Left and right edge of each drawn snapshot, (drawn,), and the panels; `merged` snapshots are drawn as one."""

    left: Values
    right: Values
    panels: tuple[Panel, ...]
    merged: int = 1

    def drawn(self, values: Values) -> Values:
        """Return values (snapshots,) as they are drawn, (drawn,): means of merged snapshots."""
        if self.merged == 1:
            return values
        starts = np.arange(0, len(values), self.merged)
        counts = np.diff(np.append(starts, len(values)))
        return np.add.reduceat(values, starts) / counts

    def area(self, lower: Values, upper: Values, fill: str) -> Shape | None:
        """Return the steps between two lines of y, (drawn,); None where they are one."""
        if not (np.abs(lower - upper) > 0.05).any():
            return None
        rings = []
        for panel in self.panels:
            part = slice(panel.first, panel.last)
            top, bottom = (self._steps(part, one[part]) for one in (upper, lower))
            rings.append(np.vstack([top, bottom[::-1]]))
        return Shape(rings, fill)

    def lines(self, y: Values, color: str, width: float, dash: str = "") -> Iterator[Line]:
        """Yield the steps of y, (drawn,), a line a panel."""
        for panel in self.panels:
            part = slice(panel.first, panel.last)
            yield Line(self._steps(part, y[part]), color, width, "", dash)

    def _steps(self, part: slice, y: Values) -> Values:
        x = np.column_stack([self.left[part], self.right[part]]).ravel()
        return np.column_stack([x, np.repeat(y, 2)])

    def spans(self) -> list[tuple[float, float]]:
        """Return left and right edge of each panel."""
        return [(float(self.left[panel.first]), float(self.right[panel.last - 1])) for panel in self.panels]


def timeline(network: Network) -> Timeline:
    """Return the axis of a network's snapshots."""
    count, codes = network.n_snapshots, network.day_codes
    starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1])
    names = network["snapshots"]["day"].astype(str).to_numpy()
    if len(starts) > MOST_PANELS or count > MOST_SNAPSHOTS:
        merged = max(1, -(-count // MOST_SNAPSHOTS))
        drawn = -(-count // merged)
        edges = LEFT + (WIDTH - LEFT - RIGHT) * np.arange(drawn + 1) / drawn
        return Timeline(edges[:-1], edges[1:], (Panel("", 0.0, 0, drawn),), merged)
    ends = np.append(starts[1:], count)
    step = np.where(network.step_h > 0, network.step_h, 1.0)
    scale = (WIDTH - LEFT - RIGHT - GAP * (len(starts) - 1)) / step.sum()
    place = np.repeat(np.arange(len(starts)), ends - starts)
    right = LEFT + np.cumsum(step) * scale + GAP * place
    panels = tuple(
        Panel(str(names[a]), float(network.weight_h[a:b].sum() / step[a:b].sum()), int(a), int(b))
        for a, b in zip(starts, ends, strict=True)
    )
    return Timeline(right - step * scale, right, panels)


@dataclass(frozen=True)
class Axis:
    """An axis upwards from `low` to `high` between y `bottom` and `top`."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, values: Values) -> Values:
        """Return the places of values."""
        span = (self.high - self.low) or 1.0
        return self.bottom - (np.asarray(values, dtype=float) - self.low) * (self.bottom - self.top) / span

    def items(self, spans: list[tuple[float, float]], unit: str) -> Iterator[Item]:
        """Yield grid, figures and the name of the axis."""
        yield Label(0, self.top - 9, unit, "start", 12, SOFT)
        for tick in ticks(self.high, self.low):
            at = float(self.y(np.array(tick)))
            for left, right in spans:
                yield Line(np.array([[left, at], [right, at]]), INK if tick == 0 else GRID, 0.8)
            yield Label(LEFT - 8, at + 4, significant(tick, 5), "end", 11.5, SOFT)


def day_labels(line: Timeline, y: float, days: str, lang: Lang) -> Iterator[Label]:
    """Yield the name of each day under its panel; `days` is how the days that it stands for are written."""
    for panel, (left, right) in zip(line.panels, line.spans(), strict=True):
        name = shortened(term("day", panel.name, lang), 18)
        words = " ".join(one for one in (name, days.format(days=significant(panel.days, 3))) if one and panel.days)
        wide = text_width(words, 11.5) <= right - left + GAP
        if panel.name:
            yield Label((left + right) / 2, y, words if wide else name, "middle", 11.5, SOFT)


def backdrop(spans: list[tuple[float, float]], top: float, bottom: float) -> Iterator[Box]:
    """Yield the pale ground of panels."""
    for left, right in spans:
        yield Box(left, top, right - left, bottom - top, "#fafaf7")
