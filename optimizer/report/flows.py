"""The flow diagram of transitions: what the land that changes was, and what it becomes (地类流向图)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.report.drawing import INK, SOFT, Band, Box, Drawing, Item, Label, shortened, text_width
from optimizer.report.text import number, text
from optimizer.results.colors import BLANK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from optimizer.results.terms import Lang

MOST = 14
"""Classes shown on a side; the smallest further ones are gathered."""
_NODE, _BETWEEN, _LABELS, _TOP = 14.0, 520.0, 270.0, 34.0
_SCALED, _SLOT, _SPACE = 420.0, 17.0, 5.0
_OTHER = ""


@dataclass(frozen=True)
class Names:
    """Names and colours of the classes by code, in their order."""

    names: Mapping[str, str]
    colors: Mapping[str, str]

    def name(self, kind: str, lang: Lang) -> str:
        """Return the name of a class, or of the gathered rest."""
        return shortened(self.names.get(kind, kind)) if kind != _OTHER else text(lang, "other_classes")

    def color(self, kind: str) -> str:
        """Return the colour of a class."""
        return self.colors.get(kind, BLANK)


@dataclass(frozen=True)
class _Node:
    """A class on one side: its area, and where its bar begins and ends."""

    kind: str
    area: float
    top: float
    bottom: float
    middle: float


def _gathered(moved: pd.DataFrame, side: str) -> pd.Series:
    """Return a side's classes with the smallest beyond `MOST` gathered."""
    sums = moved.groupby(side)["area_ha"].sum().sort_values(ascending=False, kind="stable")
    if len(sums) <= MOST:
        return moved[side]
    return moved[side].where(moved[side].isin(sums.index[: MOST - 1]), _OTHER)


def _stack(sums: pd.Series, order: Sequence[str], scale: float) -> tuple[dict[str, _Node], float]:
    """Place the bars of a side one below the other; return them and the lower end."""
    nodes, y = {}, _TOP
    for kind in order:
        if kind not in sums.index:
            continue
        height = float(sums[kind]) * scale
        slot = max(height, _SLOT)
        top = y + (slot - height) / 2
        nodes[kind] = _Node(kind, float(sums[kind]), top, top + height, y + slot / 2)
        y += slot + _SPACE
    return nodes, y


def _bands(
    moved: pd.DataFrame, sides: tuple[dict[str, _Node], ...], places: tuple[float, float], lang: Lang, of: Names
) -> list[Item]:
    """Return the ribbons between two places, those of a bar in the order of the bars on the other side."""
    left, right = sides
    area = {(a, b): c for a, b, c in zip(moved["from"], moved["to"], moved["area_ha"], strict=True)}
    scale = _SCALED / sum(area.values())
    starts, ends = ({kind: node.top for kind, node in side.items()} for side in sides)
    bands: list[Item] = []
    for source in left:
        for target in right:
            height = area.get((source, target), 0.0) * scale
            if not height:
                continue
            start, end = starts[source], ends[target]
            starts[source], ends[target] = start + height, end + height
            hectares = text(lang, "hectares", area=number(area[source, target], 1))
            title = f"{of.name(source, lang)} → {of.name(target, lang)}: {hectares}"
            spans = (start, start + height), (end, end + height)
            bands.append(Band(*places, *spans, of.color(target), title))
    return bands


def _labels(nodes: dict[str, _Node], lang: Lang, of: Names) -> dict[str, str]:
    """Return what stands beside each bar: name and hectares."""
    return {
        kind: f"{of.name(kind, lang)}  {number(node.area, 0 if node.area >= 10 else 1)}" for kind, node in nodes.items()
    }


def flow_drawing(long: pd.DataFrame, of: Names, lang: Lang) -> Drawing | None:
    """Return the diagram of a transitions table (from, to, area_ha); None where nothing changes.

    Bar heights and ribbons are on one scale; ribbons have the colour of what the land becomes, as on the
    map of change. Land that stays is left out.
    """
    moved = long[(long["from"] != long["to"]) & (long["area_ha"] > 0)].astype({"from": str, "to": str})
    if moved.empty:
        return None
    moved = moved.assign(**{side: _gathered(moved, side) for side in ("from", "to")})
    moved = moved.groupby(["from", "to"], as_index=False)[["area_ha"]].sum()
    total = float(moved["area_ha"].sum())
    scale, order = _SCALED / total, [*of.names, _OTHER]
    left, lower = _stack(moved.groupby("from")["area_ha"].sum(), order, scale)
    right, low = _stack(moved.groupby("to")["area_ha"].sum(), order, scale)
    heads = text(lang, "flow_from", area=number(total, 0)), text(lang, "flow_to")
    labels = _labels(left, lang, of), _labels(right, lang, of)
    wide = [
        max(_LABELS, *map(text_width, [head, *side.values()])) + 14 for head, side in zip(heads, labels, strict=True)
    ]
    first, last = wide[0], wide[0] + _BETWEEN
    items: list[Item] = [
        Label(first, 14, heads[0], "end", 13, INK, bold=True),
        Label(last, 14, heads[1], "start", 13, INK, bold=True),
        *_bands(moved, (left, right), (first + _NODE, last - _NODE), lang, of),
    ]
    for nodes, words, bar, edge, anchor in (
        (left, labels[0], first, first - 8, "end"),
        (right, labels[1], last - _NODE, last + 8, "start"),
    ):
        for kind, node in nodes.items():
            items.append(Box(bar, node.top, _NODE, node.bottom - node.top, of.color(kind)))
            items.append(Label(edge, node.middle + 4.5, words[kind], anchor, 12.5, SOFT if kind == _OTHER else INK))
    return Drawing(last + wide[1], max(lower, low) + 4, tuple(items))
