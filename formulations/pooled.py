r"""Alike land under strips and within reach of a site, pooled: fewer rows, the same optimum.

A zone under a strip has rows of its own (`strip_land`), and one that a site reaches in part a limit of its own
(`overlay_reach`), so :mod:`formulations.merge` tells it apart from every other. Where the zone is one piece of land
that may be split, that is not needed. Of zones z alike in all else, with areas :math:`A_z`:

.. math::

    \sum_z c_{z,p} \ge \sum_z d_{z,p}(o) \quad\text{(strips)}, \qquad
    \sum_z x_z \le \sum_z \sigma_z A_z \quad\text{(reach)}

stand for the rows of each. Every plan of the pool comes down to a plan of the zones: each first takes the strip
:math:`d_z(o) \le A_z` that runs through it, in the order of time, or its part :math:`\sigma_z A_z / \sum \sigma A` of
what the site takes; the rest of the pool is laid on the rest of each zone. Multipliers go back as they are: that of the
pool's row is that of every zone's row. 同质图斑的走廊带与场址约束合并（等价变换）。
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.merge import MIXES, Merged, alone, laid, merge, signatures
from formulations.overlays import REACH
from formulations.program import ENERGY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program, Quota

STRIP_LAND = ENERGY + "strip_land"

UNDER_STRIPS, REACHED = 1, 2
"""Kinds of pools."""

OWN = {STRIP_LAND: UNDER_STRIPS, REACH: REACHED}
"""Rules with rows for single zones, and the kind of pool that joins them."""

FITS = 1e-9
"""Relative excess of the strips of a zone over its area that is round-off."""


@dataclass(frozen=True)
class Pooled:
    """A Program with pools merged, and the way back; it takes the place of a `Merged`.

    Attributes
    ----------
    merged
        The pooled Program and its merged one.
    original
        The Program as it was.
    kind, pool
        Kind of pool of each choice group, 0 for none, and its pool, -1 for none, (groups,).
    row_of
        Row of the pooled Program that holds each row of the original, (rows,).
    """

    merged: Merged
    original: Program
    kind: NDArray[np.int8]
    pool: NDArray[np.int64]
    row_of: NDArray[np.int64]

    @property
    def program(self) -> Program:
        """The smaller Program."""
        return self.merged.program

    def shrink(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the merged columns for values of the original ones, (columns,)."""
        return self.merged.shrink(shares)

    def expand_duals(self, duals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the row multipliers of the original, (rows,)."""
        return self.merged.expand_duals(duals)[self.row_of]

    def expand(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the original columns, (columns,), for values of the merged ones: what is a zone's own comes first."""
        shares = self.merged.expand(shares)
        moves = self.original.moves
        columns = np.flatnonzero(self.pool[moves.group] >= 0)
        group = moves.group[columns]
        slot = _slots(self.pool[group], columns - moves.start[group])
        hectares = shares[columns] * moves.area_ha[columns]
        total = np.bincount(slot, hectares).astype(float)
        own = np.zeros(len(columns))
        for kind, share_out in ((UNDER_STRIPS, self._under_strips), (REACHED, self._reached)):
            some = np.flatnonzero(self.kind[group] == kind)
            if len(some):
                own[some] = share_out(columns[some], slot[some], total, shares)
        rest = np.maximum(total - np.bincount(slot, own), 0.0)
        members = np.unique(group)
        members = members[np.argsort(self.pool[members], kind="stable")]
        room = moves.group_area_ha - np.bincount(group, own, minlength=moves.n_groups)
        first = np.unique(slot, return_index=True)[1]
        order = np.lexsort((~moves.changes[columns[first]], self.pool[group[first]]))
        member, at, length = laid(
            np.maximum(room[members], 0.0), self.pool[members], rest[order], self.pool[group[first]][order]
        )
        offset = (columns - moves.start[group])[first][order][at]
        hectares = np.bincount(moves.start[members[member]] + offset, length, minlength=len(moves))[columns] + own
        expanded = shares.copy()
        expanded[columns] = hectares / moves.area_ha[columns]
        return expanded

    def _reached(
        self,
        columns: NDArray[np.int64],
        slot: NDArray[np.int64],
        total: NDArray[np.float64],
        _shares: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the hectares that each zone bears of what a site takes, (columns,)."""
        moves = self.original.moves
        partial = moves.upper[columns] < 1.0
        most = np.where(partial, moves.upper[columns] * moves.area_ha[columns], 0.0)
        whole = np.bincount(slot, most, minlength=len(total))[slot]
        return np.where(partial, total[slot] * most / np.where(whole > 0.0, whole, 1.0), 0.0)

    def _under_strips(
        self,
        columns: NDArray[np.int64],
        slot: NDArray[np.int64],
        total: NDArray[np.float64],
        shares: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the hectares of its own strips that each zone bears, in the order of time, (columns,)."""
        program, moves = self.original, self.original.moves
        quota = _family(program, STRIP_LAND)
        assert quota is not None
        periods = _size(quota)
        block, group_of = quota.cell // periods, moves.group_of(quota.index.astype(np.int64))
        inside = self.kind[group_of] == UNDER_STRIPS
        asked = np.zeros(len(quota))
        for family, matrix in quota.terms.items():
            start = program.offsets[family]
            asked -= matrix @ shares[start : start + matrix.shape[1]]
        more = np.maximum(np.diff(asked.reshape(-1, periods), axis=1, prepend=0.0), 0.0)
        of_block = np.full(len(more), -1)
        of_block[block[inside]] = group_of[inside]
        # pieces of land to be covered, by pool and then by the period that asks for them
        group, period = np.repeat(of_block, periods), np.tile(np.arange(periods), len(more))
        order = np.flatnonzero((group >= 0) & (more.ravel() > 0))
        order = order[np.lexsort((group[order], period[order], self.pool[group[order]]))]
        strip = np.zeros(len(moves), dtype=bool)
        strip[quota.index[inside]] = True
        under = strip[columns]
        first = np.unique(slot[under], return_index=True)[1]
        of_slot = columns[under][first]
        pool = self.pool[moves.group[of_slot]]
        arranged = np.lexsort((moves.period[of_slot], pool))
        needs = np.bincount(self.pool[group[order]], more.ravel()[order], minlength=int(self.pool.max()) + 1).astype(
            float
        )
        given = _no_more_than(total[slot[under][first]][arranged], pool[arranged], needs)
        piece, at, length = laid(more.ravel()[order], self.pool[group[order]], given, pool[arranged])
        offset = (of_slot - moves.start[moves.group[of_slot]])[arranged][at]
        target = moves.start[group[order][piece]] + offset
        return np.bincount(target, length, minlength=len(moves)).astype(float)[columns]


def pooled(program: Program) -> Pooled | Merged:
    """Return a Program with alike land pooled and merged; only merged where there are no overlays."""
    if not any(quota.rule in OWN for quota in program.quotas):
        return merge(program)
    kind = _kinds(program)
    pool = _pools(program, kind)
    moves = program.moves
    quotas, row_of, first = [], [np.arange(moves.n_groups)], moves.n_groups
    for quota in program.quotas:
        joined, rows = _joined(program, quota, kind, pool) if quota.rule in OWN else (quota, np.arange(len(quota)))
        quotas.append(joined)
        row_of.append(first + rows)
        first += len(joined)
    changed = replace(program, moves=replace(moves, upper=_upper(program, kind, pool)), quotas=tuple(quotas))
    return Pooled(merge(changed), program, kind, pool, np.concatenate(row_of))


def _family(program: Program, rule: str) -> Quota | None:
    return next((quota for quota in program.quotas if quota.rule == rule), None)


def _size(quota: Quota) -> int:
    """Return how many rows belong together: one a period for a zone under strips, one alone for a reach."""
    return 1 if quota.rule == REACH else int(quota.labels["period"].nunique())


def _kinds(program: Program) -> NDArray[np.int8]:
    """Return which groups may be pooled: divisible, alone in their zone's row, with one kind of limit only."""
    moves = program.moves
    partial = moves.upper < 1.0
    limited = np.logical_or.reduceat(partial, moves.start[:-1])
    own_limits = np.logical_or.reduceat(partial & (moves.overlay == 0), moves.start[:-1])
    code = moves.overlay.astype(float)
    least = np.minimum.reduceat(np.where(partial, code, np.inf), moves.start[:-1])
    most = np.maximum.reduceat(np.where(partial, code, -np.inf), moves.start[:-1])
    # where an earlier plan is held, the part that a site reaches differs by period
    reach = np.where(moves.overlay == least[moves.group], moves.upper, np.nan)
    even = np.fmin.reduceat(reach, moves.start[:-1]) == np.fmax.reduceat(reach, moves.start[:-1])
    under, single = _under(program)
    free = ~alone(program)
    kind = np.where(free & limited & ~own_limits & (least == most) & even & ~under, REACHED, 0)
    return np.where(free & single & ~limited, UNDER_STRIPS, kind).astype(np.int8)


def _under(program: Program) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which groups strips run through, and which of them are all the land of their row, with room for them."""
    moves = program.moves
    under = np.zeros(moves.n_groups, dtype=bool)
    single = under.copy()
    quota = _family(program, STRIP_LAND)
    if quota is None:
        return under, single
    size = _size(quota)
    group, block = moves.group_of(quota.index.astype(np.int64)), quota.cell // size
    under[group] = True
    pairs = np.unique(np.column_stack([group, block]), axis=0)
    groups_in = np.bincount(pairs[:, 1], minlength=len(quota) // size)
    blocks_of = np.bincount(pairs[:, 0], minlength=moves.n_groups)
    # the rows of the first period name every segment once: all strips of the zone together
    asked = np.zeros(len(quota))
    for matrix in quota.terms.values():
        asked += np.asarray(abs(matrix).sum(axis=1)).ravel()
    fits = asked[::size][pairs[:, 1]] <= moves.group_area_ha[pairs[:, 0]] * (1 + FITS)
    single[pairs[:, 0]] = fits & (groups_in[pairs[:, 1]] == 1) & (blocks_of[pairs[:, 0]] == 1)
    return under, single


def _pools(program: Program, kind: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the pool of each group, -1 for none: groups of one kind that are alike but for strips and reach."""
    moves = program.moves
    pool = np.full(moves.n_groups, -1)
    some = np.flatnonzero(kind > 0)
    if not len(some):
        return pool
    blurred = np.where((kind[moves.group] == REACHED) & (moves.upper < 1.0), 0.5, moves.upper)
    quotas = tuple(_blurred(quota, moves.group_of(quota.index.astype(np.int64)), kind) for quota in program.quotas)
    alike = replace(program, moves=replace(moves, upper=blurred), quotas=quotas)
    keys = np.vstack([*(signatures(alike, mix)[some] for mix in MIXES), kind[some].astype(np.uint64)])
    pool[some] = np.unique(keys, axis=1, return_inverse=True)[1].ravel()
    return pool


def _blurred(quota: Quota, group: NDArray[np.int64], kind: NDArray[np.int8]) -> Quota:
    """Return a family whose rows do not tell zones of a pool apart."""
    if quota.rule not in OWN:
        return quota
    return replace(quota, cell=np.where(kind[group] == OWN[quota.rule], quota.cell % _size(quota), quota.cell))


def _joined(
    program: Program, quota: Quota, kind: NDArray[np.int8], pool: NDArray[np.int64]
) -> tuple[Quota, NDArray[np.int64]]:
    """Return a family with one block of rows a pool, and the row that holds each row of the original."""
    size = _size(quota)
    count = len(quota) // size
    group, block = program.moves.group_of(quota.index.astype(np.int64)), quota.cell // size
    inside = kind[group] == OWN[quota.rule]
    label = np.arange(count) + int(pool.max()) + 1
    label[block[inside]] = pool[group[inside]]
    _, first, of_block = np.unique(label, return_index=True, return_inverse=True)
    of_block = of_block.ravel()
    rows = of_block[np.arange(len(quota)) // size] * size + np.arange(len(quota)) % size
    some = (first[:, None] * size + np.arange(size)).ravel()
    total = sp.csr_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(some), len(rows)))
    joined = replace(
        quota,
        cell=of_block[block] * size + quota.cell % size,
        rollup=sp.csr_array(sp.kron(sp.eye_array(len(first)), quota.rollup[:size, :size], format="csr")),
        lower=np.bincount(rows, quota.lower).astype(float),
        upper=np.bincount(rows, quota.upper).astype(float),
        labels=quota.labels.iloc[some].reset_index(drop=True),
        terms={family: sp.csr_array(total @ matrix) for family, matrix in quota.terms.items()},
    )
    return joined, rows


def _upper(program: Program, kind: NDArray[np.int8], pool: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the limits of the moves: of what a site reaches, the mean over the pool."""
    moves = program.moves
    upper = moves.upper.copy()
    some = np.flatnonzero((kind[moves.group] == REACHED) & (upper < 1.0))
    if len(some):
        first = np.unique(moves.group[some], return_index=True)[1]
        group = moves.group[some][first]
        area = moves.group_area_ha[group]
        held = np.bincount(pool[group], upper[some][first] * area) / np.maximum(np.bincount(pool[group], area), 1e-300)
        upper[some] = held[pool[moves.group[some]]]
    return upper


def _slots(pool: NDArray[np.int64], offset: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a number for each move of each pool; alike groups have the same moves in the same order."""
    width = int(offset.max(initial=0)) + 1
    return np.unique(pool * width + offset, return_inverse=True)[1].ravel()


def _no_more_than(
    amount: NDArray[np.float64], pool: NDArray[np.int64], most: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the first part of the amounts of each pool, up to what is needed; ordered by pool."""
    ends = np.cumsum(amount)
    begin = np.searchsorted(pool, pool, side="left")
    before = (ends - amount)[begin]
    reached = np.minimum(ends - before, most[pool])
    return reached - np.where(pool == np.append(-1, pool[:-1]), np.append(0.0, reached[:-1]), 0.0)
