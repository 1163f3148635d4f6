"""Land that a plan leaves open: pieces of one group, or of all alike groups together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.decompose import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.decompose.passes import Passes

PER_CUT = 6
"""Members left open on either side of where the line of alike members is cut."""


@dataclass(frozen=True)
class Pieces:
    """Open land: each piece divides itself among its moves.

    Attributes
    ----------
    group
        Group of the Program that a piece is, -1 where it is all members of a standing group together, (pieces,).
    standing
        Standing group it belongs to, -1 for a group within a block, (pieces,).
    area, whole
        Hectares, and whether one move takes all, (pieces,).
    start, moves
        Its moves are `moves[start[k]:start[k + 1]]`, columns of the Program (of the first member, where together).
    """

    group: NDArray[np.int64]
    standing: NDArray[np.int64]
    area: NDArray[np.float64]
    whole: NDArray[np.bool_]
    start: NDArray[np.int64]
    moves: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.area)

    @property
    def of_move(self) -> NDArray[np.int64]:
        """Piece of each move."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def take(self, kept: NDArray[np.int64]) -> Pieces:
        """Return some of the pieces."""
        length = np.diff(self.start)[kept]
        start = np.concatenate([[0], np.cumsum(length)])
        moves = self.moves[np.repeat(self.start[kept] - start[:-1], length) + np.arange(start[-1])]
        return Pieces(self.group[kept], self.standing[kept], self.area[kept], self.whole[kept], start, moves)

    def joined(self, other: Pieces) -> Pieces:
        """Return both side by side."""
        return Pieces(
            np.concatenate([self.group, other.group]),
            np.concatenate([self.standing, other.standing]),
            np.concatenate([self.area, other.area]),
            np.concatenate([self.whole, other.whole]),
            np.concatenate([self.start, self.start[-1] + other.start[1:]]),
            np.concatenate([self.moves, other.moves]),
        )


def together(passes: Passes, wanted: NDArray[np.bool_], near: NDArray[np.bool_]) -> Pieces:
    """Return the wanted standing groups with their near moves, all members of each together."""
    groups, moves = passes.groups, passes.pricing.program.moves
    standing = np.flatnonzero(wanted)
    kept = np.flatnonzero(near)
    owner = np.searchsorted(groups.start, kept, side="right") - 1
    length = np.bincount(owner, minlength=len(groups))[standing]
    first = groups.first[standing]
    alone = np.bincount(groups.member_of[groups.member_of >= 0], minlength=len(groups))[standing] == 1
    return Pieces(
        group=np.where(alone, first, -1),
        standing=standing,
        area=groups.area[standing],
        whole=moves.whole[moves.start[first]] & alone,
        start=np.concatenate([[0], np.cumsum(length)]),
        moves=groups.moves[kept],
    )


class Members:
    """The members of standing groups, to lay plans of pieces out on the land."""

    def __init__(self, passes: Passes) -> None:
        self._groups, self._moves = passes.groups, passes.pricing.program.moves
        free = np.flatnonzero(self._groups.member_of >= 0)
        standing = self._groups.member_of[free]
        self._order = free[np.argsort(standing, kind="stable")]
        self._start = np.concatenate([[0], np.cumsum(np.bincount(standing, minlength=len(self._groups)))])

    def lay_out(
        self, pieces: Pieces, values: NDArray[np.float64], shares: NDArray[np.float64], keep_cuts: bool
    ) -> Pieces:
        """Write the shares of all members of pieces that are together; `values` are shares of the pieces' moves.

        With `keep_cuts`, whole members at a cut and those near it are not written but returned as pieces of their own.
        """
        moves, groups = self._moves, self._groups
        length = np.diff(self._start)[pieces.standing]
        start = np.concatenate([[0], np.cumsum(length)])
        members = self._order[np.repeat(self._start[pieces.standing] - start[:-1], length) + np.arange(start[-1])]
        most = len(members) + len(pieces.moves) + 1
        column, share = np.empty(most, dtype=np.int64), np.empty(most)
        split = np.empty((most, 2), dtype=np.int64)
        hectares = values * pieces.area[pieces.of_move]
        whole = moves.whole[moves.start[groups.first[pieces.standing]]]
        count = kernels.fill(
            len(pieces),
            start,
            members,
            moves.group_area_ha,
            pieces.start,
            hectares,
            whole,
            column,
            share,
            split,
        )
        column, share, member, cut = column[:count], share[:count], split[:count, 0], split[:count, 1] > 0
        piece = np.searchsorted(pieces.start, column, side="right") - 1
        offset = pieces.moves[column] - moves.start[groups.first[pieces.standing[piece]]]
        loose = _near_cuts(piece, cut, column) & whole[piece] if keep_cuts else np.zeros(count, dtype=bool)
        shares[(moves.start[member] + offset)[~loose]] = share[~loose]
        return self._singles(pieces, piece[loose], member[loose])

    def _singles(self, pieces: Pieces, piece: NDArray[np.int64], member: NDArray[np.int64]) -> Pieces:
        """Return members as pieces of their own, with the moves of the pieces they were in."""
        moves, first = self._moves, self._groups.first[pieces.standing[piece]]
        copies = pieces.take(piece)
        shift = np.repeat(moves.start[member] - moves.start[first], np.diff(copies.start))
        return Pieces(
            group=member,
            standing=copies.standing,
            area=moves.group_area_ha[member],
            whole=np.ones(len(member), dtype=bool),
            start=copies.start,
            moves=copies.moves + shift,
        )


def _near_cuts(piece: NDArray[np.int64], cut: NDArray[np.bool_], column: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the parts that are cut, and those a few places beside a cut or a change of move within a piece."""
    turn = np.zeros(len(cut), dtype=bool)
    turn[1:] = (column[1:] != column[:-1]) & (piece[1:] == piece[:-1])
    at = np.flatnonzero(cut | turn)
    marked = np.zeros(len(cut), dtype=bool)
    for step in range(-PER_CUT, PER_CUT + 1):
        there = at + step
        inside = (there >= 0) & (there < len(cut))
        marked[there[inside]] |= piece[there[inside]] == piece[at[inside]]
    return marked
