"""Duration curves of load, of what wind and sun leave of it, and of the price (持续曲线)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.report.charts import ticks
from optimizer.report.drawing import INK, SOFT, Drawing, Item, Label, Line
from optimizer.report.network.timeline import GRID
from optimizer.report.network.view import scaled
from optimizer.report.text import significant

if TYPE_CHECKING:
    from optimizer.report.network.view import NetworkView
    from optimizer.results.network.reading import Values

STAGES = ("#2c5e4c", "#b4543c", "#3d6fa6", "#8a4f9e", "#b08a2e")
"""Colours of stages, one after another."""
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 530.0, 290.0, 60.0, 12.0, 48.0, 40.0
_LEGEND, _A_ROW = 17.0, 4
_WEATHER = ("wind", "solar")
MOST_POINTS = 600


@dataclass(frozen=True)
class Curve:
    """A curve: its name, colour, values of the snapshots, and whether it is broken."""

    name: str
    color: str
    values: Values
    broken: bool = False


def duration_drawings(view: NetworkView) -> list[Drawing]:
    """Return the curves of load and, where prices are known, of the price."""
    feeds, hours = view.supply, view.plan.network.weight_h
    technology = feeds.units["technology"].str.lower()
    weather = technology.str.contains("|".join(_WEATHER)).to_numpy(dtype=bool)
    curves = []
    scale, unit = scaled(float(view.load.max(initial=0.0)), "MW")
    for stage in range(len(view.plan.years)):
        color = STAGES[stage % len(STAGES)]
        load = view.load[stage] * scale
        curves.append(Curve(_name(view, "curve_load", stage), color, load))
        if weather.any():
            left = load - feeds.power[stage][:, weather].sum(axis=1) * scale
            curves.append(Curve(_name(view, "curve_net", stage), color, left, broken=True))
    drawings = [_drawn(view.t("duration_load", unit=unit), curves, hours, view.t("axis_hours"))]
    price = view.price
    if price is not None and np.isfinite(price).all() and price.any():
        curves = [
            Curve(view.stage_name(stage), STAGES[stage % len(STAGES)], price[stage])
            for stage in range(len(view.plan.years))
        ]
        drawings.append(_drawn(view.t("duration_price", unit=view.price_unit), curves, hours, view.t("axis_hours")))
    return drawings


def _name(view: NetworkView, key: str, stage: int) -> str:
    return " ".join(one for one in (view.t(key), view.stage_name(stage)) if one)


def duration(values: Values, hours: Values) -> Values:
    """Return the steps of a duration curve, (points, 2): hours so far and value, the greatest first."""
    order = np.argsort(-values, kind="stable")
    until = np.concatenate([[0.0], np.cumsum(hours[order])])
    if len(order) > MOST_POINTS:
        some = np.unique(np.linspace(0, len(order) - 1, MOST_POINTS).round().astype(int))
        return np.column_stack([until[some], values[order][some]])
    x = np.column_stack([until[:-1], until[1:]]).ravel()
    return np.column_stack([x, np.repeat(values[order], 2)])


def _drawn(title: str, curves: list[Curve], hours: Values, across: str) -> Drawing:
    named = [curve for curve in curves if curve.name]
    top = _TOP + _LEGEND * max((len(named) - 1) // _A_ROW, 0)
    seen = np.concatenate([curve.values for curve in curves])
    low, high = min(0.0, float(seen.min())), max(0.0, float(seen.max()))
    high += 0.04 * ((high - low) or 1.0)
    whole = float(hours.sum()) or 1.0
    size = np.array([(_WIDTH - _LEFT - _RIGHT) / whole, (_HEIGHT - top - _BOTTOM) / (high - low)])
    origin = np.array([0.0, low])

    def placed(points: Values) -> Values:
        return np.array([_LEFT, _HEIGHT - _BOTTOM]) + (points - origin) * size * np.array([1.0, -1.0])

    items: list[Item] = [Label(0, 13, title, "start", 12.5, INK)]
    for tick in ticks(high, low):
        ends = placed(np.array([[0.0, tick], [whole, tick]]))
        items.append(Line(ends, INK if tick == 0 else GRID, 0.8))
        items.append(Label(_LEFT - 7, float(ends[0, 1]) + 4, significant(tick, 5), "end", 11.5, SOFT))
    for tick in ticks(whole, 0.0):
        at = placed(np.array([[tick, low]]))[0]
        items.append(Label(float(at[0]), _HEIGHT - _BOTTOM + 17, significant(tick, 5), "middle", 11.5, SOFT))
    items.append(Label(_WIDTH - _RIGHT, _HEIGHT - 4, across, "end", 11.5, SOFT))
    for curve in curves:
        steps = placed(duration(curve.values, hours))
        items.append(Line(steps, curve.color, 1.8, curve.name, "5 3" if curve.broken else ""))
    items += _legend(named)
    return Drawing(_WIDTH, _HEIGHT, tuple(items))


def _legend(curves: list[Curve]) -> list[Item]:
    """Return names of the curves in lines above them."""
    items: list[Item] = []
    step = (_WIDTH - _LEFT) / _A_ROW
    for place, curve in enumerate(curves):
        row, column = divmod(place, _A_ROW)
        x, y = _LEFT + column * step, 31.0 + row * _LEGEND
        items.append(Line(np.array([[x, y], [x + 18, y]]), curve.color, 2.2, "", "5 3" if curve.broken else ""))
        items.append(Label(x + 23, y + 4, curve.name, "start", 11.5, SOFT))
    return items
