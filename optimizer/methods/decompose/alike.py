"""Choice groups as a pass sees them: those that are alike stand for each other.

Two groups are alike where their moves have the same kinds, costs per hectare and limits in the same order: at any
multipliers they choose the same, so a pass looks at one of them with the area of all. Whether a group changes as a
whole does not matter to a pass, but it does to a plan, so whole and divisible groups are kept apart.
同质图斑归并.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.decompose import kernels
from optimizer.methods.decompose.block import whole_shares
from optimizer.methods.decompose.threads import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.decompose.pricing import Pricing

WORTHWHILE = 0.5
"""Share of groups left, at most, for which standing for each other pays."""


@dataclass(frozen=True)
class Groups:
    """Groups that stand for all free groups.

    Attributes
    ----------
    member_of
        Which of them stands for each group of the Program, -1 for those in blocks of their own, (groups,).
    first
        Group of the Program that each is, (standing,).
    start, moves
        Moves of each that may be taken: `moves[start[k]:start[k + 1]]` are moves of the Program.
    area
        Hectares of all it stands for, (standing,).
    block
        Block of each, (standing,).
    cost, kind
        Of the moves, side by side.
    """

    member_of: NDArray[np.int64]
    first: NDArray[np.int64]
    start: NDArray[np.int64]
    moves: NDArray[np.int64]
    area: NDArray[np.float64]
    block: NDArray[np.int32]
    cost: NDArray[np.float64]
    kind: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.first)

    def sample(self, every: int) -> Groups:
        """Return every so many of them, with the area of those left out."""
        kept = np.arange(0, len(self), every)
        return self.some(kept, np.full(len(kept), float(every)))

    def some(self, kept: NDArray[np.int64], times: NDArray[np.float64]) -> Groups:
        """Return some of them, each with so many times its area, (kept,)."""
        place = np.concatenate([[0], np.cumsum(np.diff(self.start)[kept])])
        taken = np.empty(place[-1], dtype=np.int64)
        kernels.take_moves(kept, self.start, place, taken)
        return Groups(
            member_of=self.member_of,
            first=self.first[kept],
            start=place,
            moves=self.moves[taken],
            area=self.area[kept] * times,
            block=self.block[kept],
            cost=self.cost[taken],
            kind=self.kind[taken],
        )

    @property
    def merged(self) -> bool:
        """Whether any stands for several."""
        return len(self) < int((self.member_of >= 0).sum())


def alike(pricing: Pricing, free: NDArray[np.bool_], threads: int) -> Groups:
    """Find which free groups stand for each other; `free` is (groups,)."""
    moves = pricing.program.moves
    groups = np.flatnonzero(free)
    codes = _codes(pricing, groups, threads)
    if codes is None:
        member_of = np.full(moves.n_groups, -1, dtype=np.int64)
        member_of[groups] = np.arange(len(groups))
        return _stand(pricing, member_of, groups, moves.group_area_ha[groups])
    place, firsts = codes
    member_of = np.full(moves.n_groups, -1, dtype=np.int64)
    member_of[groups] = place
    area = np.bincount(place, moves.group_area_ha[groups], minlength=len(firsts)).astype(float)
    return _stand(pricing, member_of, groups[firsts], area)


def _codes(
    pricing: Pricing, groups: NDArray[np.int64], threads: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]] | None:
    """Return which standing group each free one belongs to, and their first members; None where few are alike."""
    moves = pricing.program.moves
    start = np.asarray(moves.start, dtype=np.int64)
    hashes = np.empty(len(moves), dtype=np.uint64)
    share(lambda a, b: kernels.hash_moves(a, b, pricing.kind, pricing.cost, moves.upper, hashes), len(moves), threads)
    for salt, family in enumerate(pricing.local):
        index = np.flatnonzero(family.weight)
        kernels.add_entries(0, len(index), index, family.weight[index], family.cell[index], salt, hashes)
    folded = np.empty(len(groups), dtype=np.uint64)
    share(lambda a, b: kernels.hash_groups(a, b, groups, start, moves.whole, hashes, folded), len(groups), threads)
    codes = np.empty(len(groups), dtype=np.int32)
    firsts = np.empty(int(WORTHWHILE * len(groups)), dtype=np.int64)
    count = kernels.number_alike(folded, codes, firsts)
    return None if count < 0 else (codes, firsts[:count])


def _stand(
    pricing: Pricing, member_of: NDArray[np.int64], first: NDArray[np.int64], area: NDArray[np.float64]
) -> Groups:
    moves = pricing.program.moves
    start = np.asarray(moves.start, dtype=np.int64)
    block = pricing.block[first]
    able = whole_shares(moves.upper, moves.whole) > 0
    if len(first) == moves.n_groups and able.all():
        every = np.arange(len(moves))
        return Groups(member_of, first, start, every, area, block, pricing.cost, pricing.kind)
    place = np.concatenate([[0], np.cumsum(np.diff(start)[first])])
    taken = np.empty(place[-1], dtype=np.int64)
    kernels.take_moves(first, start, place, taken)
    if not able.all():
        kept = able[taken]
        place = np.concatenate([[0], np.cumsum(kept)])[place]
        taken = taken[kept]
    return Groups(member_of, first, place, taken, area, block, pricing.cost[taken], pricing.kind[taken])
