"""Dispatch by technology in representative days, with the level of storage and the price below it (分时出力图)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.report.drawing import INK, Drawing, Item
from optimizer.report.network.timeline import WIDTH, Axis, backdrop, day_labels, timeline
from optimizer.report.network.view import scaled
from optimizer.report.sites.maps import Entry
from optimizer.results.network.tables import dispatch

if TYPE_CHECKING:
    from optimizer.report.network.timeline import Timeline
    from optimizer.report.network.view import NetworkView

_TOP, _HIGH, _LOW, _BETWEEN, _FOOT = 26.0, 270.0, 84.0, 34.0, 24.0
CHARGING, CURTAILED, PRICE = "#9cc3b1", "#dcdcd2", "#8a4f9e"
_BESIDE = ("charging", "curtailed", "load")
_SEEN = 1e-6


def dispatch_drawing(view: NetworkView, stage: int) -> Drawing:
    """Return the figure of a stage."""
    line = timeline(view.plan.network)
    items: list[Item] = []
    bottom = _TOP + _HIGH
    items += _stack(view, stage, line)
    holds, price = view.stores, view.price
    if len(holds.units) and holds.level[stage].any():
        level = holds.level[stage].sum(axis=1)
        scale, unit = scaled(float(level.max()), "MWh")
        axis = Axis(0.0, float(level.max()) * scale * 1.05, bottom + _BETWEEN, bottom + _BETWEEN + _LOW)
        items += [
            *backdrop(line.spans(), axis.top, axis.bottom),
            *axis.items(line.spans(), view.t("axis_level", unit=unit)),
        ]
        shape = line.area(axis.y(np.zeros(len(line.left))), axis.y(line.drawn(level) * scale), view.colors["storage"])
        items += [shape] if shape is not None else []
        bottom = axis.bottom
    if price is not None and np.isfinite(price[stage]).all() and price[stage].any():
        values = line.drawn(price[stage])
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
        axis = Axis(low, high + 0.05 * ((high - low) or 1.0), bottom + _BETWEEN, bottom + _BETWEEN + _LOW)
        items += [*backdrop(line.spans(), axis.top, axis.bottom)]
        items += axis.items(line.spans(), view.t("axis_price", unit=view.price_unit))
        items += line.lines(axis.y(values), PRICE, 1.6)
        bottom = axis.bottom
    items += day_labels(line, bottom + 17, view.t("days", days="{days}"), view.lang)
    return Drawing(WIDTH, bottom + _FOOT, tuple(items))


def _stack(view: NetworkView, stage: int, line: Timeline) -> list[Item]:
    """Return the stack of technologies with charging below zero, curtailment and the load."""
    found = {name: line.drawn(one[stage]) for name, one in dispatch(view.supply, view.stores, view.load).items()}
    load, order = found["load"], [name for name in view.colors if name in found]
    positive = sum((np.maximum(found[name], 0.0) for name in order), np.zeros(len(load)))
    curtailed, charging = found.get("curtailed", 0 * load), found.get("charging", 0 * load)
    high = max(float((positive + curtailed).max(initial=0.0)), float(load.max(initial=0.0)))
    low = float(charging.min(initial=0.0))
    scale, unit = scaled(max(high, -low), "MW")
    axis = Axis(low * scale * 1.04, (high or 1.0) * scale * 1.04, _TOP, _TOP + _HIGH)
    items: list[Item] = [*backdrop(line.spans(), axis.top, axis.bottom)]
    items += axis.items(line.spans(), view.t("axis_power", unit=unit))
    below = np.zeros(len(load))
    layers = [*((np.maximum(found[name], 0.0), view.colors[name]) for name in order), (curtailed, CURTAILED)]
    for values, color in layers:
        shape = line.area(axis.y(below * scale), axis.y((below + values) * scale), color)
        items += [shape] if shape is not None else []
        below = below + values
    shape = line.area(axis.y(charging * scale), axis.y(0 * charging), CHARGING)
    items += [shape] if shape is not None else []
    items += line.lines(axis.y(load * scale), INK, 1.8)
    return items


def dispatch_legend(view: NetworkView) -> tuple[Entry, ...]:
    """Return the colours of the technologies that give power in any stage, from above, and of what is beside them."""
    found = dispatch(view.supply, view.stores, view.load)
    entries = [
        Entry(color, view.technology(name))
        for name, color in reversed(view.colors.items())
        if name in found and np.abs(found[name]).max(initial=0.0) > _SEEN
    ]
    beside = dict(zip(_BESIDE, (CHARGING, CURTAILED, INK), strict=True))
    entries += [
        Entry(color, view.technology(name))
        for name, color in beside.items()
        if name in found and np.abs(found[name]).max(initial=0.0) > _SEEN
    ]
    return tuple(entries)
