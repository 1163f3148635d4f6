"""Loading of the busiest lines by snapshot, as a table of colours (线路负载图)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.report.drawing import INK, SOFT, Box, Drawing, Item, Label, shortened
from optimizer.report.network.timeline import WIDTH, day_labels, timeline
from optimizer.report.sites.maps import Entry
from optimizer.report.text import number, percent

if TYPE_CHECKING:
    from optimizer.report.network.timeline import Timeline
    from optimizer.report.network.view import NetworkView
    from optimizer.results.network.reading import Values

MOST_LINES = 24
"""Lines that are drawn."""
_NAMES, _FIGURES, _ROW, _TOP = 210.0, 120.0, 17.0, 26.0
_STEPS = 8
_LETTERS = 13
"""Letters of the name of a bus that fit."""
LOW, HIGH, FULL = "#f4eedf", "#c98a3a", "#8c2d19"


def loading_drawing(view: NetworkView, stage: int) -> Drawing | None:
    """Return the figure of a stage; None where nothing carries power."""
    carries, network = view.wires, view.plan.network
    loading = carries.loading[stage]
    held = np.flatnonzero(np.isfinite(loading).all(axis=0) & (carries.limit[stage] > 0))
    if not len(held):
        return None
    hours = network.weight_h
    mean = hours @ np.nan_to_num(loading[:, held]) / (hours.sum() or 1.0)
    shown = held[np.argsort(-mean, kind="stable")][:MOST_LINES]
    line = _narrowed(timeline(network))
    last = WIDTH - _FIGURES
    items: list[Item] = [
        Label(last + 52, _TOP - 8, view.t("loading_full"), "end", 11.5, SOFT),
        Label(WIDTH - 4, _TOP - 8, view.t("loading_peak"), "end", 11.5, SOFT),
    ]
    for row, code in enumerate(shown):
        y = _TOP + row * _ROW
        unit = carries.units.iloc[code]
        new = unit["component"] == "candidate"
        ends = (shortened(view.named("buses", unit[one]), _LETTERS) for one in ("from_bus", "to_bus"))
        name = " — ".join(ends)
        items.append(Label(_NAMES - 8, y + 12.5, name, "end", 11.5, INK, bold=new))
        items += _cells(line, line.drawn(loading[:, code]), y)
        full = float(hours @ (loading[:, code] >= 1 - 1e-4))
        items.append(Label(last + 52, y + 12.5, number(full, 0), "end", 11.5, SOFT))
        items.append(Label(WIDTH - 4, y + 12.5, percent(float(loading[:, code].max()), 0), "end", 11.5, SOFT))
    bottom = _TOP + len(shown) * _ROW
    items += day_labels(line, bottom + 17, view.t("days", days="{days}"), view.lang)
    return Drawing(WIDTH, bottom + 24, tuple(items))


def _narrowed(line: Timeline) -> Timeline:
    """Return the axis between names and figures."""
    left, right = float(line.left[0]), float(line.right[-1])
    scale = (WIDTH - _FIGURES - _NAMES) / (right - left)
    return type(line)(
        _NAMES + (line.left - left) * scale, _NAMES + (line.right - left) * scale, line.panels, line.merged
    )


def _cells(line: Timeline, values: Values, y: float) -> list[Item]:
    """Return boxes of one row; neighbours of one colour are one box, a single snapshot is a bar to scale."""
    if len(values) == 1:
        whole = float(line.right[0] - line.left[0])
        share = min(float(values[0]), 1.0)
        return [Box(float(line.left[0]), y, whole * share, _ROW - 2, FULL if values[0] >= 1 - 1e-4 else HIGH)]
    step = np.where(values >= 1 - 1e-4, _STEPS, np.minimum((values * _STEPS).astype(int), _STEPS - 1))
    items: list[Item] = []
    for panel in line.panels:
        first = panel.first
        for at in range(panel.first + 1, panel.last + 1):
            if at == panel.last or step[at] != step[first]:
                left, right = float(line.left[first]), float(line.right[at - 1])
                items.append(Box(left, y, right - left, _ROW - 2, _color(int(step[first]))))
                first = at
    return items


def _color(step: int) -> str:
    if step == _STEPS:
        return FULL
    part = step / (_STEPS - 1)
    ends = ([int(one[k : k + 2], 16) for k in (1, 3, 5)] for one in (LOW, HIGH))
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(*ends, strict=True))


def loading_legend() -> tuple[Entry, ...]:
    """Return the scale."""
    return Entry(f"linear-gradient(90deg,{LOW},{HIGH})", "0", "< 100 %"), Entry(FULL, "100 %")
