"""Figures of records: seconds and peak memory of every route over size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

Record = dict[str, Any]

COLORS = ("#1b6ca8", "#d1495b", "#66a182", "#edae49", "#6f4e9c", "#00798c", "#8d6a4f", "#3d3d3d", "#b565a7", "#2a9d3a")
MARKERS = "osD^vP*X<>"


REACHED = ("optimal", "read", "ended")
"""How a run ends that did what was asked; others are drawn hollow."""


def draw(records: Sequence[Record], path: Path) -> None:
    """Write the figure: seconds on the left, peak memory on the right, cases side by side from small to large."""
    shown = sorted((record for record in records if record.get("total_s")), key=lambda record: int(record["zones"]))
    cases = list(dict.fromkeys(record["case"] for record in shown))
    routes = [route for route in dict.fromkeys(r["route"] for r in records) if any(r["route"] == route for r in shown)]
    width = max(9.0, 4.0 + 1.1 * len(cases))
    figure, (seconds, memory) = plt.subplots(1, 2, figsize=(width, 5), layout="constrained")
    for k, route in enumerate(routes):
        mine = [record for record in shown if record["route"] == route]
        # Routes stand beside each other within a case, so that equal values stay apart.
        places = [cases.index(record["case"]) + 0.7 * ((k + 0.5) / len(routes) - 0.5) for record in mine]
        # The floor builds nothing: its seconds are those of reading alone.
        name = "solve_s" if route == "floor" else "total_s"
        _points(seconds, places, mine, name, 1.0, k)
        _points(memory, places, mine, "peak_mb", 1e-3, k)
        seconds.plot([], [], MARKERS[k % len(MARKERS)], color=COLORS[k % len(COLORS)], label=route)
    for axes, label in ((seconds, "build and solve, seconds (floor: one reading)"), (memory, "peak memory, GB")):
        axes.set_xticks(range(len(cases)), cases, rotation=30, ha="right")
        axes.set_xlim(-0.5, len(cases) - 0.5)
        _dress(axes, label)
    handles, labels = seconds.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=max(1, min(len(labels), 5)), frameon=False)
    seconds.set_title("hollow: the asked gap is not proven", loc="left", size=9, color="#666666")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _points(
    axes: Axes, places: Sequence[float], records: Sequence[Record], name: str, factor: float, number: int
) -> None:
    """Draw a route's points, one a case."""
    color = COLORS[number % len(COLORS)]
    for place, record in zip(places, records, strict=True):
        face = color if record["status"] in REACHED else "white"
        marker = MARKERS[number % len(MARKERS)]
        axes.plot(place, record[name] * factor, marker, color=color, markerfacecolor=face, markersize=6)


def _dress(axes: Axes, label: str) -> None:
    axes.set(yscale="log", ylabel=label)
    low, high = axes.get_ylim()
    if high < 100 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(which="major", color="#dddddd")
    axes.grid(which="minor", axis="y", color="#f2f2f2")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def draw_growth(records: Sequence[Record], fits: Mapping[str, tuple[float, float]], path: Path) -> None:
    """Write the figure of growth: solve seconds over zones, and the power law (factor, exponent) of each route."""
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    shown = [record for record in records if record.get("solve_s")]
    for k, route in enumerate(dict.fromkeys(record["route"] for record in shown)):
        mine = [record for record in shown if record["route"] == route]
        zones = [int(record["zones"]) for record in mine]
        told = route
        if route in fits:
            factor, exponent = fits[route]
            told = f"{route}: zones^{exponent:.2f}"
            ends = [min(zones), max(zones)]
            axes.plot(ends, [factor * size**exponent for size in ends], color=COLORS[k % len(COLORS)], linewidth=1.2)
        _points(axes, zones, mine, "solve_s", 1.0, k)
        axes.plot([], [], MARKERS[k % len(MARKERS)], color=COLORS[k % len(COLORS)], label=told)
    axes.set(xscale="log", xlabel="zones")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title("hollow: the asked gap is not proven, left out of the fit", loc="left", size=9, color="#666666")
    _dress(axes, "solve, seconds")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)
