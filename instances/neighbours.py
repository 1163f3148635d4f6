"""Zones that share a border (相邻单元): who needs the table, and what may be wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault
from instances.places import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from instances.land import Land
    from instances.settings import Settings

NEIGHBOUR_RULES = ("compactness", "perimeter_limit", "contiguity", "minimum_patch")
"""Rules on how land lies; their quotas need the table."""

MAX_PAIRS = 20
"""Wrong pairs that are told one by one."""


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
        rows = np.flatnonzero(wrong)
        for row in rows[:MAX_PAIRS]:
            pair = {"a": table["zone_a"].iloc[row], "b": table["zone_b"].iloc[row]}
            yield Fault(place, words.format(**pair), hint, line_of(place, int(row)), column)
        if len(rows) > MAX_PAIRS:
            yield Fault(place, f"{len(rows) - MAX_PAIRS:,} more such pairs", hint, column=column)
