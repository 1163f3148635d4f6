"""Zones that share a border (相邻单元): who needs the table, and what may be wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.row_faults import row_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from instances.faults import Fault
    from instances.land import Land
    from instances.settings import Settings

NEIGHBOUR_RULES = ("compactness", "perimeter_limit", "contiguity", "minimum_patch")
"""Rules on how land lies; their quotas need the table."""


def needs_neighbours(quotas: pd.DataFrame, settings: Settings) -> list[str]:
    """Return the rules that are used and need to know which zones share a border."""
    used = set(quotas["rule"]) - set(settings.instance.rules_off)
    return [rule for rule in NEIGHBOUR_RULES if rule in used]


def neighbour_faults(place: str, land: Land) -> Iterator[Fault]:
    """Find pairs that are no pair, or stand twice, and borders without length; `place` is the file."""
    table = land.tables["neighbours"]
    if table.empty:
        return
    first, second, length = land.neighbours
    low, high = np.minimum(first, second), np.maximum(first, second)
    key = low.astype(np.int64) * len(land.zones) + high
    order = np.argsort(key, kind="stable")
    again = np.zeros(len(key), dtype=bool)
    again[order[1:]] = key[order[1:]] == key[order[:-1]]
    checks = (
        (first == second, "zone {a} is no neighbour of itself", "delete the row", "zone_b"),
        (again & (first != second), "{a} and {b} stand twice", "each pair may occur once, either way round", "zone_a"),
        (
            length <= 0,
            "{a} and {b} share no border",
            "length_m must be above 0; delete pairs that touch in a point",
            "length_m",
        ),
    )
    for wrong, words, hint, column in checks:

        def told(row: int, words: str = words) -> str:
            return words.format(a=table["zone_a"].iloc[row], b=table["zone_b"].iloc[row])

        yield from row_faults(place, np.flatnonzero(wrong), told, hint, column)
