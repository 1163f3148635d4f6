r"""Minimum lots as blocks: a zone whose changes are large enough, or are not done.

At prices a zone with groups i (areas :math:`a_i`), lots j = (new class, period) and least lot l decides

.. math:: \min \sum_{ij} c_{ij} x_{ij} + \sum_j d_j b_j,\quad \sum_j x_{ij} = a_i,\quad
    l\,b_j \le \sum_i x_{ij},\quad x_{ij} \le \bar x_{ij} b_j

where staying is a j without a lot. If every group's cheapest answer makes lots that are large enough, it is the
minimum. Otherwise the sets of opened lots are searched by branch and bound: a node says which lots are opened and
which are barred, its bound is the cheapest transport of land that gives every opened lot l (successive shortest
paths), and it branches on a lot begun but too small. This is exact for any number of groups; beyond `NODES` nodes a
zone keeps the bound of its root, and says that it is not exact. A zone that changes as a whole holds one class and
chooses one option.

The rows `least` and `open` of the zones kept are private.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formulations.land.minimum_lot import FAMILY
from optimizer.methods.decompose.block import Answers, Blocks, moves_of_groups, whole_shares
from optimizer.methods.decompose.kernels_lots import evaluate_lots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program, Quota

NODES = 2_000
"""Nodes of the search in a zone, at most."""


@dataclass(frozen=True)
class LotBlocks(Blocks):
    """One block a zone with minimum lots, see `Blocks`.

    Attributes
    ----------
    first_move
        Where each group begins in `moves`, (groups + 1,); its stay comes first.
    lot
        Lot of each move, counted within its zone, -1 for stays, (moves,).
    limit
        Greatest share of each move, (moves,).
    area
        Hectares of each group.
    least
        Least hectares of each lot, (columns,).
    whole
        Whether each zone changes as a whole, (zones,).
    """

    first_move: NDArray[np.int64]
    lot: NDArray[np.int32]
    limit: NDArray[np.float64]
    area: NDArray[np.float64]
    least: NDArray[np.float64]
    whole: NDArray[np.bool_]

    def evaluate(
        self, priced_moves: NDArray[np.float64], priced_binaries: NDArray[np.float64], threads: int = 1
    ) -> Answers:
        """Return the cheapest answer of every zone at priced costs of shares, (moves,), and lots, (columns,)."""
        zones, lots = len(self.whole), len(self.columns)
        value, exact = np.empty(zones), np.empty(zones, dtype=np.bool_)
        share, opened, regret = np.zeros(len(self.moves)), np.zeros(lots), np.empty(lots)
        first = self.first_group, self.first_column, self.first_move
        land = self.lot, self.limit, self.area, self.least, self.whole
        evaluate_lots(priced_moves, priced_binaries, first, land, NODES, (value, exact, share, opened, regret))
        taken = np.flatnonzero(share)
        return Answers(value, (self.moves[taken], share[taken]), opened, regret, exact)


def lot_blocks(program: Program, taken: NDArray[np.int64]) -> LotBlocks | None:
    """Return the zones with minimum lots as blocks, None where there are none.

    `taken` are groups that other blocks hold: zones with one of them are released. So are zones where a group may
    change without a lot, or that change as a whole with several groups; the rules of land make none.
    """
    parts = {quota.labels["part"].iloc[0]: n for n, quota in enumerate(program.quotas) if quota.rule == FAMILY}
    if not parts:
        return None
    least, opened = program.quotas[parts["least"]], program.quotas[parts["open"]]
    zone_of_lot = np.zeros(len(least), dtype=np.int64)
    zone_of_lot[least.cell] = program.moves.zone[least.index]
    zone_of_lot = np.unique(zone_of_lot, return_inverse=True)[1]
    group, zone_of_group = _groups(program, least, zone_of_lot)
    kept = _keep(program, least, group, zone_of_group, taken)
    if not kept.any():
        return None
    order = np.argsort(zone_of_group, kind="stable")
    order = order[kept[zone_of_group[order]]]
    groups = group[order]
    lots = np.argsort(zone_of_lot, kind="stable")
    lots = lots[kept[zone_of_lot[lots]]]
    first_group, first_lot = _first(zone_of_group[order]), _first(zone_of_lot[lots])
    moves, first_move = moves_of_groups(program.moves, groups)
    unit, offset = groups[first_group[:-1]], program.offsets[FAMILY]
    rows = (
        (parts["least"], np.flatnonzero(kept[zone_of_lot])),
        (parts["open"], np.flatnonzero(kept[zone_of_lot[opened.terms[FAMILY].indices]])),
    )
    whole = program.moves.whole[moves]
    return LotBlocks(
        groups=groups,
        moves=moves,
        columns=lots + offset,
        private_rows=np.concatenate([program.row_starts[number] + inside for number, inside in rows]),
        unit=unit,
        unit_of_column=np.repeat(unit, np.diff(first_lot)),
        released=np.flatnonzero(~kept[zone_of_lot]) + offset,
        first_group=first_group,
        first_column=first_lot,
        first_move=first_move,
        lot=_lot_of_move(program, least, lots, first_lot)[moves],
        limit=whole_shares(program.moves.upper[moves], whole),
        area=program.moves.group_area_ha[groups],
        least=-least.terms[FAMILY].diagonal()[lots],
        whole=whole[first_move[first_group[:-1]]],
    )


def _first(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each run of a sorted array begins, and one past the last."""
    return np.concatenate([[0], np.flatnonzero(np.diff(owner)) + 1, [len(owner)]])


def _groups(
    program: Program, least: Quota, zone_of_lot: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups with moves into lots, each once, and their zones."""
    group = program.moves.group[least.index]
    order = np.argsort(group, kind="stable")
    group, first = np.unique(group[order], return_index=True)
    return group, zone_of_lot[least.cell[order[first]]]


def _keep(
    program: Program,
    least: Quota,
    group: NDArray[np.int64],
    zone: NDArray[np.int64],
    taken: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Return which zones are blocks, (zones,)."""
    moves = program.moves
    stay = moves.start[group]
    lots = np.bincount(moves.group[least.index], minlength=moves.n_groups)[group]
    odd = (lots != np.diff(moves.start)[group] - 1) | (moves.upper[stay] < 1.0)
    zones = zone.max() + 1
    groups = np.bincount(zone, minlength=zones)
    wholes = np.bincount(zone, moves.whole[stay], minlength=zones)
    kept = (wholes == 0) | (groups == 1)
    kept[zone[odd | np.isin(group, taken)]] = False
    return kept


def _lot_of_move(
    program: Program, least: Quota, lots: NDArray[np.int64], first_lot: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Return the place of each move's lot within its zone, -1 where it has none in a block, (moves of the Program,)."""
    place = np.full(len(least), -1, dtype=np.int32)
    place[lots] = np.arange(len(lots)) - np.repeat(first_lot[:-1], np.diff(first_lot))
    lot = np.full(len(program.moves), -1, dtype=np.int32)
    lot[least.index] = place[least.cell]
    return lot
