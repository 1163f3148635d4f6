"""Minimum lots whose rows have no multipliers: what a zone must do once a lot is large enough or is not there.

A zone with one piece of land needs nothing but a look at its area. Where several pieces make up lots together,
the cheapest moves are taken first; where a lot begun so comes out too small, it is tried opened and barred, and so
on (branch and bound). Opened lots are filled along cheapest paths, which is a minimum cost flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optimizer.results.audit.choices import Pieces

MOST_NODES = 20_000
"""Nodes tried in one zone; beyond, the cost with lots of any size stands for it."""

_SMALL = 1e-11
"""Part of a zone's area that counts as nothing."""
_ROUND_OFF = 1e-12
"""Part of the greatest price by which a path must be cheaper: there and back costs nothing, but for rounding."""
_FREE, _OPENED, _BARRED = 0, 1, 2


def reachable(pieces: Pieces, starts: np.ndarray) -> np.ndarray:
    """Return the area that each lot could have at most, (zones, classes, periods); zones begin at `starts`."""
    offered = np.where(np.isfinite(pieces.price), (pieces.area_ha[:, None] * pieces.share)[:, :, None], 0.0)
    return np.add.reduceat(offered, starts, axis=0)


@dataclass(frozen=True)
class Zone:
    """Pieces of a zone: `area` (pieces,); `price` per hectare and `room` in ha of options, (pieces, options).

    The first option is to stay, each other one a lot.
    """

    area: np.ndarray
    price: np.ndarray
    room: np.ndarray
    least_ha: float

    @classmethod
    def of(cls, pieces: Pieces, rows: slice, least_ha: float) -> Zone:
        """Return the zone of some rows, without lots that no piece gains by."""
        stay, area = pieces.stay[rows, None], pieces.area_ha[rows]
        price = pieces.price[rows].reshape(len(area), -1)
        share = np.repeat(pieces.share[rows], pieces.price.shape[2], axis=1)
        useful = (price < stay).any(axis=0)
        price = np.concatenate([stay, price[:, useful]], axis=1)
        room = np.concatenate([area[:, None], area[:, None] * share[:, useful]], axis=1)
        return cls(area, price, np.where(np.isfinite(price), room, 0.0), least_ha)

    @property
    def small(self) -> float:
        """Hectares that count as nothing."""
        return _SMALL * float(self.area.sum())


def zone_cost(zone: Zone) -> float:
    """Return the least priced cost of a zone."""
    best, root, nodes = np.inf, -np.inf, 0
    stack = [np.zeros(zone.price.shape[1], dtype=np.int8)]
    while stack:
        state = stack.pop()
        bound, amount = _node(zone, state)
        nodes += 1
        if nodes == 1:
            root = bound
        if nodes > MOST_NODES:
            return root
        if bound >= best:
            continue
        begun = (state == _FREE) & (amount > zone.small) & (amount < zone.least_ha - zone.small)
        begun[0] = False
        if not begun.any():
            best = bound
            continue
        lot = int(np.argmax(np.where(begun, amount, -1.0)))
        for choice in (_BARRED, _OPENED):
            child = state.copy()
            child[lot] = choice
            stack.append(child)
    return best


def _node(zone: Zone, state: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the least cost with opened lots large enough, barred ones empty, others of any size; and all sizes."""
    price = np.where(state == _BARRED, np.inf, zone.price)
    there = np.zeros(price.shape)
    for row, order in enumerate(np.argsort(price, axis=1, kind="stable")):
        left = zone.area[row]
        for option in order:
            there[row, option] = min(left, zone.room[row, option]) if np.isfinite(price[row, option]) else 0.0
            left -= there[row, option]
            if left <= 0:
                break
    for lot in np.flatnonzero(state == _OPENED):
        while there[:, lot].sum() < zone.least_ha - zone.small:
            if not _push(zone, price, there, state, int(lot)):
                return np.inf, there.sum(axis=0)
    return float((np.where(there > 0, price, 0.0) * there).sum()), there.sum(axis=0)


def _push(zone: Zone, price: np.ndarray, there: np.ndarray, state: np.ndarray, target: int) -> bool:
    """Move area along the cheapest path from an option with some to spare to `target`; False where there is none."""
    count, size = price.shape[1], there.sum(axis=0)
    step, piece = _steps(zone, price, there)
    distance, follow = np.full(count, np.inf), np.full(count, target)
    distance[target] = 0.0
    least_gain = _ROUND_OFF * float(np.abs(step[np.isfinite(step)]).max(initial=0.0))
    for _ in range(count - 1):
        for a, b in product(range(count), repeat=2):
            there_by = step[a, b] + distance[b]
            if a != target and there_by < distance[a] - (least_gain if distance[a] < np.inf else 0.0):
                distance[a], follow[a] = there_by, b
    spare = np.where(state == _OPENED, size - zone.least_ha, size)
    spare[target] = 0.0
    distance[spare <= zone.small] = np.inf
    at = int(np.argmin(distance))
    if not np.isfinite(distance[at]):
        return False
    amount = min(zone.least_ha - size[target], spare[at])
    path: list[tuple[int, int, int]] = []
    while at != target:
        if len(path) == count:
            raise ArithmeticError("a path of a minimum lot runs in a circle")
        row, after = int(piece[at, follow[at]]), int(follow[at])
        amount = min(amount, there[row, at], zone.room[row, after] - there[row, after])
        path.append((row, at, after))
        at = after
    for row, a, b in path:
        there[row, a] -= amount
        there[row, b] += amount
    return True


def _steps(zone: Zone, price: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a hectare costs that changes from one option to another, and which piece does it for that."""
    count = price.shape[1]
    step, piece = np.full((count, count), np.inf), np.zeros((count, count), dtype=int)
    for a, b in product(range(count), repeat=2):
        free = (there[:, a] > zone.small) & (zone.room[:, b] - there[:, b] > zone.small) & np.isfinite(price[:, b])
        rows = np.flatnonzero(free)
        if a != b and len(rows):
            each = price[rows, b] - price[rows, a]
            step[a, b], piece[a, b] = each.min(), rows[np.argmin(each)]
    return step, piece
