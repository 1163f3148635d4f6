"""Square grids of zones for rules on how land lies: zone `rc` stands in row r and column c, cells are 10 ha."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CELL_HA = 10.0
SIDE_M = 100.0


def cells(rows: int, columns: int, held: Mapping[str, str] | None = None, **own: Any) -> dict[str, dict[str, Any]]:
    """Return zones of one class each, `crop` unless `held` says otherwise, that change as a whole."""
    names = [f"{r}{c}" for r, c in product(range(rows), range(columns))]
    return {name: {(held or {}).get(name, "crop"): CELL_HA, "whole": 1} | own for name in names}


def edges(rows: int, columns: int, metres: float = SIDE_M) -> dict[tuple[str, str], float]:
    """Return the table of neighbours of a grid."""
    found = {}
    for r, c in product(range(rows), range(columns)):
        if c + 1 < columns:
            found[f"{r}{c}", f"{r}{c + 1}"] = metres
        if r + 1 < rows:
            found[f"{r}{c}", f"{r + 1}{c}"] = metres
    return found


def perimeter_km(table: Mapping[tuple[str, str], float], chosen: set[str]) -> float:
    """Return the border of some zones."""
    return sum(metres for (a, b), metres in table.items() if (a in chosen) != (b in chosen)) / 1000
