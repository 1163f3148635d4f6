"""Alike land merged: choice groups that no row and no objective can tell apart become one.

Two groups are alike where their moves are the same classes and periods, with the same weight per
hectare in every quota, the same cost per hectare and the same limits. Only areas differ, and hectares
simply add: the merged Program has the same optimum, and every plan of it expands to a plan of the
original. Groups that change as a whole, or lie on a border that counts, are never merged: there the place matters.
同质图斑合并（等价变换）。
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.moves import Moves
    from formulations.program import Program

MIXES = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
"""Odd multipliers of two independent 64-bit hashes; alike means equal in both."""


@dataclass(frozen=True)
class Merged:
    """A merged Program and the way back.

    Attributes
    ----------
    program
        The smaller Program.
    member_of
        Merged group of each original group, (groups,).
    """

    program: Program
    original: Program
    member_of: NDArray[np.int64]

    def expand(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the original columns, (columns,), for values of the merged ones.

        The members of a merged group are filled one after another, so that few zones change and those
        that do change much; where a limit on shares binds, all members take the same shares.
        """
        small, large = self.program.moves, self.original.moves
        if not len(large):
            return shares
        land = shares[: len(small)]
        even = land[self._counterpart()]
        filled = self._fill(land)
        limited = np.zeros(small.n_groups, dtype=bool)
        limited[small.group[small.upper < 1.0]] = True
        use_even = limited[self.member_of][large.group]
        return np.concatenate([np.where(use_even, even, filled), shares[len(small) :]])

    def shrink(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the merged columns for values of the original ones, (columns,): hectares of alike land add up."""
        small, large = self.program.moves, self.original.moves
        hectares = np.bincount(self._counterpart(), shares[: len(large)] * large.area_ha, minlength=len(small))
        return np.concatenate([hectares / small.area_ha, shares[len(large) :]])

    def expand_duals(self, duals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the row multipliers of the original, (rows,): those of a group divide by area."""
        small, large = self.program.moves, self.original.moves
        part = large.group_area_ha / small.group_area_ha[self.member_of]
        return np.concatenate([duals[: small.n_groups][self.member_of] * part, duals[small.n_groups :]])

    def _counterpart(self) -> NDArray[np.int64]:
        """Return the merged move of each original move, (moves,)."""
        small, large = self.program.moves, self.original.moves
        offset = np.arange(len(large)) - large.start[large.group]
        return small.start[self.member_of[large.group]] + offset

    def _fill(self, land: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lay members and moves of each merged group side by side on one line and cut it at both."""
        small, large = self.program.moves, self.original.moves
        order = np.argsort(self.member_of, kind="stable")
        stay_last = np.lexsort((~small.changes, small.group))
        hectares = (land * small.area_ha)[stay_last]
        member, move, length = laid(large.group_area_ha[order], self.member_of[order], hectares, small.group[stay_last])
        member, move = order[member], stay_last[move]
        column = large.start[member] + move - small.start[small.group[move]]
        return np.bincount(column, length / large.group_area_ha[member], minlength=len(large)).astype(float)


def laid(
    room: NDArray[np.float64], pool: NDArray[np.int64], amount: NDArray[np.float64], of_pool: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Lay the members and the amounts of each pool side by side on one line and cut it at both.

    Parameters
    ----------
    room, pool
        Hectares and pool of each member, (members,), ordered by pool.
    amount, of_pool
        Hectares and pool of each amount, (amounts,), ordered by pool; scaled to the room of the pool.

    Returns
    -------
    Member, amount and length of each piece.
    """
    count = int(max(pool.max(initial=-1), of_pool.max(initial=-1))) + 1
    whole, given = np.bincount(pool, room, minlength=count), np.bincount(of_pool, amount, minlength=count)
    ends = np.cumsum(room)
    if not len(ends) or ends[-1] <= 0:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    scale = np.divide(whole, given, out=np.zeros(count), where=given > 0)
    amount_ends = np.cumsum(amount * scale[of_pool])
    amount_ends *= ends[-1] / amount_ends[-1] if amount_ends[-1] > 0 else 0.0
    cuts = np.sort(np.concatenate([ends, amount_ends]))
    length = np.diff(cuts, prepend=0.0)
    middle = cuts - length / 2
    real = length > 0
    member = np.minimum(np.searchsorted(ends, middle[real]), len(ends) - 1)
    piece = np.minimum(np.searchsorted(amount_ends, middle[real]), len(amount) - 1)
    kept = pool[member] == of_pool[piece]
    return member[kept], piece[kept], length[real][kept]


def merge(program: Program) -> Merged:
    """Merge the groups of a Program that are alike."""
    moves = program.moves
    if not len(moves):
        return Merged(program, program, np.zeros(0, dtype=np.int64))
    keys = np.stack([signatures(program, mix) for mix in MIXES])
    tag = np.where(alone(program), np.arange(moves.n_groups) + 1, 0).astype(np.uint64)
    _, first, member_of = np.unique(np.vstack([keys, tag]), axis=1, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    member_of, first = rank[member_of.ravel()], np.sort(first)
    return Merged(_take(program, first, member_of), program, member_of)


def alone(program: Program) -> NDArray[np.bool_]:
    """Whether each group stays by itself, (groups,): it changes as a whole, or a border or patch knows its place."""
    moves = program.moves
    kept = moves.whole[moves.start[:-1]].copy()
    for boundary in program.boundaries:
        kept[moves.group[boundary.index]] = True
    for index in (*(graph.index for graph in program.patches), *(graph.index for graph in program.connected)):
        kept[moves.group[index[index < len(moves)]]] = True
    return kept


def _hash(values: NDArray[np.generic], mix: np.uint64) -> NDArray[np.uint64]:
    """Scramble 64-bit patterns (splitmix64)."""
    bits = np.ascontiguousarray(values).view(np.uint64) if values.dtype.itemsize == 8 else values.astype(np.uint64)
    bits = (bits + np.uint64(1)) * mix
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def signatures(program: Program, mix: np.uint64) -> NDArray[np.uint64]:
    """Return a hash of everything that rows and objectives see of each group, (groups,)."""
    moves = program.moves
    identity = (moves.target.astype(np.uint64) << np.uint64(8)) | moves.period.astype(np.uint64)
    identity |= moves.overlay.astype(np.uint64) << np.uint64(24)
    identity[~moves.changes] = 0
    column = _hash(identity, mix) + _hash(moves.upper + 0.0, mix)
    for number, objective in enumerate(program.objectives.values()):
        column += _hash(_hash(objective.per_ha + 0.0, mix) + np.uint64(number), mix)
    for number, quota in enumerate(program.quotas):
        seen = _hash(quota.weight + 0.0, mix) + _hash(quota.cell.astype(np.uint64), mix)
        np.add.at(column, quota.index, _hash(seen + np.uint64(number + 100), mix))  # a move may lie in many cells
    return np.add.reduceat(_hash(column, mix), moves.start[:-1])


def _take(program: Program, first: NDArray[np.int64], member_of: NDArray[np.int64]) -> Program:
    """Keep one group of each kind, with the area of all."""
    moves = program.moves
    kept = np.zeros(moves.n_groups, dtype=bool)
    kept[first] = True
    columns = np.flatnonzero(kept[moves.group])
    place = np.full(len(moves), -1, dtype=np.int64)
    place[columns] = np.arange(len(columns))
    area = np.bincount(member_of, weights=moves.group_area_ha).astype(float)
    quotas = []
    for quota in program.quotas:
        there = place[quota.index]
        inside = there >= 0
        quotas.append(replace(quota, index=there[inside], weight=quota.weight[inside], cell=quota.cell[inside]))
    after = np.concatenate([place, len(columns) + np.arange(program.n_columns - len(moves))])
    return replace(
        program,
        boundaries=tuple(boundary.taken(place) for boundary in program.boundaries),
        patches=tuple(patches.taken(after) for patches in program.patches),
        connected=tuple(connected.taken(after) for connected in program.connected),
        moves=_take_moves(moves, first, columns, area),
        quotas=tuple(quotas),
        objectives={
            name: replace(objective, per_ha=objective.per_ha[columns]) for name, objective in program.objectives.items()
        },
    )


def _take_moves(moves: Moves, first: NDArray[np.int64], columns: NDArray[np.int64], area: NDArray[np.float64]) -> Moves:
    lengths = np.diff(moves.start)[first]
    return replace(
        moves,
        zone=moves.zone[columns],
        source=moves.source[columns],
        target=moves.target[columns],
        period=moves.period[columns],
        upper=moves.upper[columns],
        whole=moves.whole[columns],
        project=moves.project[columns],
        overlay=moves.overlay[columns],
        start=np.concatenate([[0], np.cumsum(lengths)]),
        group_area_ha=area,
        forbidden=moves.forbidden[first],
    )
