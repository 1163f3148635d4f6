r"""Moving a control line: zones at its edge, taken whole, until what lies inside has grown or shrunk by the part asked.

The next zone is that with the greatest share of its border on the side it moves to,
:math:`\sum_{n\ \text{there}} \ell_{zn} / \sum_n \ell_{zn}`, so that the line stays even; of two alike the first in the
table. A zone that would lead further from the area asked is passed over. The core of the red line stays.

移动控制线：沿边界逐个整体划入或划出空间单元，直至面积按要求增减。
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.land import codes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.scenarios.changes import LineMove

CORE = "core"


def moved(
    zones: pd.DataFrame, area_ha: NDArray[np.float64], borders: pd.DataFrame, move: LineMove, place: str
) -> pd.Series:
    """Return the column of the line after its move.

    `zones` may hold only those that may change their side or neighbour them; `borders` is (zone_a, zone_b, length_m).
    Raises InstanceError where the line has no land inside, no neighbour is left before the area is reached, or none is
    small enough for the line to move at all.
    """
    values = zones[move.line]
    within = inside(values, move.line)
    target = abs(move.by) * float(area_ha[within].sum())
    if not within.any():
        zh = "没有单元在控制线内（无法移动）"
        raise InstanceError([Fault(place, "no zone lies inside the line", "it cannot be moved", None, move.line, zh)])
    there = within if move.by > 0 else ~within
    free = ~there & ((values.astype(str) != CORE).to_numpy() if move.line == "red_line" else True)
    taken, reached = _walk(there, free, area_ha, _neighbours(zones, borders), target)
    if reached < target and not _closest(reached, target, area_ha, free & ~taken):
        message = f"only {reached:,.0f} of {target:,.0f} ha lie next to the line"
        zh = f"控制线旁只有 {reached:,.0f} 公顷，不足 {target:,.0f} 公顷（请少移一些）"
        raise InstanceError([Fault(place, message, "move it less far", None, move.line, zh)])
    if move.by and not taken.any():
        message = f"{target:,.4g} ha are less than half of each zone next to the line, so it would stay where it is"
        zh = f"{target:,.4g} 公顷不到控制线旁任何单元的一半，线不会移动（请多移一些）"
        raise InstanceError([Fault(place, message, "move it further", None, move.line, zh)])
    result = values.copy()
    result[taken] = _value(values, move)
    return result


def inside(values: pd.Series, line: str) -> NDArray[np.bool_]:
    """Return which zones lie inside a line, by its column, (zones,)."""
    if line != "red_line":
        marked: NDArray[np.bool_] = (pd.to_numeric(values, errors="coerce") == 1).to_numpy(dtype=bool)
        return marked
    words = values.astype(str).to_numpy()
    return (words != "") & (words != "nan") & (words != "None")


def _value(values: pd.Series, move: LineMove) -> object:
    if move.line == "red_line":
        return "general" if move.by > 0 else ""
    number = int(move.by > 0)
    return number if np.issubdtype(values.to_numpy().dtype, np.number) else str(number)


def _neighbours(zones: pd.DataFrame, borders: pd.DataFrame) -> list[list[tuple[int, float]]]:
    """Return the neighbours of each zone, and the length shared with each."""
    one, other = (codes_of(borders[name], zones["zone"]) for name in ("zone_a", "zone_b"))
    found: list[list[tuple[int, float]]] = [[] for _ in range(len(zones))]
    for a, b, length in zip(one.tolist(), other.tolist(), borders["length_m"].tolist(), strict=True):
        if a >= 0 and b >= 0:
            found[a].append((b, length))
            found[b].append((a, length))
    return found


def _walk(
    there: NDArray[np.bool_],
    free: NDArray[np.bool_],
    area_ha: NDArray[np.float64],
    neighbours: list[list[tuple[int, float]]],
    target: float,
) -> tuple[NDArray[np.bool_], float]:
    """Return the zones that change their side, and their area."""
    side, taken, reached = there.copy(), np.zeros(len(there), dtype=bool), 0.0
    border = np.array([sum(length for _, length in near) for near in neighbours])

    def share(zone: int) -> float:
        return sum(length for other, length in neighbours[zone] if side[other]) / border[zone]

    edge = {zone for zone in np.flatnonzero(free & (border > 0)).tolist() if share(zone) > 0}
    heap = [(-share(zone), zone) for zone in edge]
    heapq.heapify(heap)
    while heap and reached < target:
        known, zone = heapq.heappop(heap)
        if side[zone] or -known < share(zone):  # an entry made before a neighbour changed its side
            continue
        if reached + area_ha[zone] - target > target - reached:
            continue
        side[zone] = taken[zone] = True
        reached += float(area_ha[zone])
        for other, _ in neighbours[zone]:
            if free[other] and not side[other]:
                heapq.heappush(heap, (-share(other), other))
    return taken, reached


def _closest(reached: float, target: float, area_ha: NDArray[np.float64], left: NDArray[np.bool_]) -> bool:
    """Whether what was reached is as close as whole zones allow: each that is left would overshoot by more."""
    return bool(left.any()) and bool((area_ha[left] > 2 * (target - reached)).all())
