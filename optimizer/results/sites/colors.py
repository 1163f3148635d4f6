"""Colours and names of management zones, for maps, charts and styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from instances.sites import Sites
    from optimizer.results.terms import Lang

PALETTE = ("#2c5e4c", "#c08a2d", "#4a6fa5", "#a4573d", "#7a5c8e", "#5b8c5a", "#8c8c3a", "#3f8f97")
"""One colour a management zone, again from the start where there are more."""

CORRIDORS = ("#1f6fb2", "#d98c1f", "#8a4f9e", "#b23a6b")
"""Colours of the lines of corridors, one after another."""

CHOSEN = {"zh": "选中", "en": "chosen"}
"""What a management zone without a name is called."""


def zone_colors(sites: Sites) -> tuple[str, ...]:
    """Return a colour for each management zone."""
    return tuple(PALETTE[zone % len(PALETTE)] for zone in range(sites.n_zones))


def zone_names(sites: Sites, lang: Lang) -> tuple[str, ...]:
    """Return what each management zone is called."""
    table = sites.tables["management_zones"]
    if not len(table):
        return (CHOSEN[lang],)
    own, second = (table[f"name_{one}"].astype(str) for one in (("zh", "en") if lang == "zh" else ("en", "zh")))
    codes = table["management_zone"].astype(str)
    return tuple(a or b or code for a, b, code in zip(own, second, codes, strict=True))
