"""Colours of the land classes, for maps, figures and styles (地类配色)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from instances.classes import shipped_table

if TYPE_CHECKING:
    from instances.land import Land

BLANK = "#e9e7e1"
"""Colour of land that does not change, and of zones without any area."""
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def class_colors(land: Land) -> tuple[str, ...]:
    """Return a colour for each class: its own, else its group's, as #rrggbb."""
    groups = shipped_table("groups").set_index("group")["color"]
    own = zip(land.classes["color"].astype(str), land.classes["group"].astype(str), strict=True)
    candidates = ((color, groups.get(group, "")) for color, group in own)
    return tuple(next((color for color in pair if _COLOR.fullmatch(color)), BLANK) for pair in candidates)
