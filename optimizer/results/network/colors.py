"""Colours and order of technologies, for figures, maps and styles (技术配色)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

IMPORT, STORAGE, CORRIDOR = "import", "storage", "corridor"
"""Names of what is no technology of a table of its own."""

COLORS = {
    "nuclear": "#b98ab8",
    "coal": "#4f4a45",
    "thermal": "#5d564f",
    "oil": "#7b6657",
    "gas": "#c0835a",
    "chp": "#96705a",
    "waste": "#8c8c5e",
    "biomass": "#7f9a4b",
    "geothermal": "#a8574a",
    IMPORT: "#a9b2b0",
    "hydro": "#3d7ea6",
    "wind": "#6fb0c9",
    "solar": "#e6b83c",
    STORAGE: "#5c9b7e",
    CORRIDOR: "#b4543c",
}
"""Colours of technologies, those that run all day first: the order in which they are stacked."""

LIKE = {
    "pv": "solar",
    "photovolt": "solar",
    "ccgt": "gas",
    "ocgt": "gas",
    "lignite": "coal",
    "diesel": "oil",
    "water": "hydro",
    "ror": "hydro",
    "battery": STORAGE,
    "engine": "oil",
}
"""Words in the names of technologies, and the technology whose colour they have."""

OTHERS = ("#9c6b8f", "#6b7f9c", "#b0a15a", "#7d5ba6", "#5aa0a0", "#a65b5b")
"""Colours of technologies that none of these names, one after another."""


def _known(technology: str) -> str | None:
    name = technology.lower()
    if name in COLORS:
        return name
    within = next((one for one in COLORS if one in name), None)
    return within or next((one for word, one in LIKE.items() if word in name), None)


def technology_colors(technologies: Iterable[str]) -> dict[str, str]:
    """Return a colour for each technology, in the order in which they are stacked: steady ones first."""
    names = list(dict.fromkeys(technologies))
    known = {name: one for name in names if (one := _known(name)) is not None}
    order = list(COLORS)
    found = {name: COLORS[known[name]] for name in sorted(known, key=lambda name: order.index(known[name]))}
    others = [name for name in names if name not in found]
    return {name: OTHERS[place % len(OTHERS)] for place, name in enumerate(others)} | found
