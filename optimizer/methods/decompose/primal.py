"""A plan near the multipliers: what they leave undecided is decided by a small MIP, all else follows them.

At good multipliers nearly every group has one clearly cheapest move. The groups nearest to a tie, block by block, stay
open with their near moves; so do blocks whose binaries are nearly tied, and the columns beside the moves. The bound
does not come from here, so nothing needs a proof: what is left open only has to contain a plan good enough.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods import highs
from optimizer.methods.decompose.block import owner_of_column, owner_of_group
from optimizer.methods.decompose.combine import Combine
from optimizer.methods.decompose.open_matrix import Open, open_matrix
from optimizer.methods.decompose.pieces import Members, Pieces, together
from optimizer.methods.decompose.rounding import Rounding
from optimizer.methods.decompose.settle import Settle
from optimizer.methods.decompose.states import states_of

if TYPE_CHECKING:
    from highspy import Highs
    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.methods.decompose.block import Answers, Blocks
    from optimizer.methods.decompose.bundle import Raised
    from optimizer.methods.decompose.oracle import Pass
    from optimizer.methods.decompose.passes import Passes
    from optimizer.methods.decompose.states import States
    from optimizer.results.solution import SolveOptions

    Mixed = list[tuple[NDArray[np.float64], NDArray[np.bool_]]]

PER_ROW = 16
"""Open groups for each coupled row that a block touches, ..."""

LEAST_OPEN = 5000
"""... and in all at least."""

ENOUGH_WAYS = 60
"""Open moves that change a row, below which more are looked for among all groups."""

MOST_OPEN = 60_000
"""Open groups in all at most: the relaxation over them must stay cheap."""

OPEN_BLOCKS = 40
"""Blocks of each sort left open, those whose binaries are nearest to a tie."""

MOST_MOVES = 100_000
"""Moves of the blocks left open, at most: the others choose among states."""

NODES = 50
"""Branch-and-bound nodes for a small MIP."""

MOST_SEARCHED = 30_000
"""Whole columns up to which branch and bound is tried."""

KEPT = 5e-7
"""What a row may be missed by, in its unit: half of what HiGHS allows itself."""

ROUND_OFF = 1e-6
"""A column this near to a bound stands at it."""

TRIED = 4
"""How many times as many groups as wanted are looked at for the nearest of each block."""


class Primal:
    """Makes plans from multipliers; `side` are the columns beside the moves that belong to no block."""

    def __init__(self, passes: Passes, side: NDArray[np.int64], options: SolveOptions, deadline: float) -> None:
        self._passes, self._options, self._deadline, self._side = passes, options, deadline, side
        self._program = passes.pricing.program
        moves = self._program.moves
        self._all_whole = bool(moves.whole[moves.start[passes.groups.first]].all())
        self.exhausted = False
        """Whether more open groups would not help: all are, or sets of the nearest were looked through."""
        self._members = Members(passes) if passes.groups.merged else None

    def plan(self, raised: Raised, mixed: Mixed, factor: float, target: float) -> NDArray[np.float64] | None:
        """Return the columns of a plan, (columns,), None where none was found.

        `mixed` are multipliers whose answers together keep the rows, each with the blocks (of the pricing) that use
        them. `factor` tells how many times the usual number of groups and blocks stay open; the search ends once the
        objective is `target` or better.
        """
        wanted, slack = self._wanted(raised.y, factor)
        self.exhausted = bool(wanted.all())
        near = self._passes.near(raised.y, wanted, slack)
        if self._all_whole:
            self._enrich(raised.y, wanted, near)
        met = self._meet(raised, mixed, wanted, near) if self._passes.blocks else []
        pieces, best = together(self._passes, wanted, near), None
        for most in (0, round(OPEN_BLOCKS * factor)):
            pairs = zip(self._passes.blocks, raised.at.answers, strict=True)
            opened = tuple((block, self.opened(block, answer, most, factor)) for block, answer in pairs)
            states = self.states(raised, met, opened)
            if most == 0 and not states:
                continue
            shares = self._attempt(raised, wanted, pieces, opened, states, target)
            if shares is not None and (best is None or self._program.cost @ shares < self._program.cost @ best):
                best = shares
            if best is not None and self._program.cost @ best <= target:
                break
        return best

    def _attempt(
        self,
        raised: Raised,
        wanted: NDArray[np.bool_],
        pieces: Pieces,
        opened: tuple[tuple[Blocks, NDArray[np.bool_]], ...],
        states: tuple[States, ...],
        target: float,
    ) -> NDArray[np.float64] | None:
        """Return a plan with some blocks open and others choosing among states, None where none was found."""
        shares = self.follow(raised, wanted, opened, states)
        if self._members is not None:
            matrix = open_matrix(self._passes, Open(self._program, pieces, self._side, opened, states), shares)
            relaxed = self._run(matrix, relax=True).values
            if relaxed is None:
                return None
            pieces = self.cut(pieces, relaxed[: len(pieces.moves)], shares)
        return self._decide(Open(self._program, pieces, self._side, opened, states), shares, target)

    def opened(self, block: Blocks, answer: Answers, most: int, factor: float) -> NDArray[np.bool_]:
        """Mark the blocks that are decided anew: those nearest to a tie whose moves are not too many."""
        order = by_regret(block, answer)[:most]
        marked = ~answer.exact
        moves = np.bincount(owner_of_group(block), np.diff(self._program.moves.start)[block.groups], len(marked))
        marked[order[np.cumsum(moves[order]) <= factor * MOST_MOVES]] = True
        return marked

    def _meet(
        self, raised: Raised, mixed: Mixed, wanted: NDArray[np.bool_], near: NDArray[np.bool_]
    ) -> list[tuple[Pass, NDArray[np.bool_]]]:
        """Open the groups that the passes of a mix take otherwise; return the passes, each with its blocks."""
        groups = self._passes.groups
        place = np.empty(len(self._program.moves), dtype=np.int64)
        place[groups.moves] = np.arange(len(groups.moves))
        met = []
        for y, used in mixed:
            at = raised.at if np.array_equal(y, raised.y) else self._passes(y)
            other = np.flatnonzero((at.best != raised.at.best) & used[groups.block])
            wanted[other] = near[place[at.best[other]]] = near[place[raised.at.best[other]]] = True
            met.append((at, used))
        return met

    def states(
        self,
        raised: Raised,
        met: list[tuple[Pass, NDArray[np.bool_]]],
        opened: tuple[tuple[Blocks, NDArray[np.bool_]], ...],
    ) -> tuple[States, ...]:
        """Return the states of all blocks that are not open, of the families that have alternatives."""
        pricing, found = self._passes.pricing, []
        for number, (block, is_open) in enumerate(opened):
            others = self._passes.alternatives(number, raised.y)
            if not others or is_open.all():
                continue
            region = pricing.block[block.unit]
            answers = [raised.at.answers[number], *others, *(at.answers[number] for at, _ in met)]
            every = np.ones(len(is_open), dtype=bool)
            marks = [every] * (1 + len(others)) + [used[region] for _, used in met]
            marked = [mark & answer.exact & ~is_open for mark, answer in zip(marks, answers, strict=True)]
            found.append(states_of(pricing, block, answers, marked))
        return tuple(found)

    def _wanted(self, y: NDArray[np.float64], factor: float) -> tuple[NDArray[np.bool_], float]:
        """Mark the standing groups nearest to a tie, block by block; return how near the farthest is, per hectare."""
        passes = self._passes
        rows = np.bincount(passes.pair_block, minlength=passes.pricing.n_blocks)
        quota = factor * np.maximum(PER_ROW * rows, LEAST_OPEN / passes.pricing.n_blocks)
        return self.nearest(y, quota * min(1.0, MOST_OPEN / quota.sum()))

    def nearest(self, y: NDArray[np.float64], quota: NDArray[np.float64]) -> tuple[NDArray[np.bool_], float]:
        """Mark the `quota` standing groups nearest to a tie of each block; return how near the farthest is."""
        passes, groups = self._passes, self._passes.groups
        second = passes.second(y)
        total = min(len(groups), int(TRIED * quota.sum()))
        if total == len(groups):
            tried = np.arange(len(groups))
        else:
            tried = np.flatnonzero(second <= np.partition(second, total)[total])
        order = tried[np.lexsort((second[tried], groups.block[tried]))]
        block = groups.block[order]
        rank = np.arange(len(order)) - np.searchsorted(block, block, side="left")
        chosen = order[rank < quota[block]]
        chosen = chosen[np.isfinite(second[chosen])]
        wanted = np.zeros(len(groups), dtype=bool)
        wanted[chosen] = True
        return wanted, float(second[chosen].max(initial=0.0))

    def _enrich(self, y: NDArray[np.float64], wanted: NDArray[np.bool_], near: NDArray[np.bool_]) -> None:
        """Open more groups for rows that hardly any open one can change; else nothing could put them right."""
        pricing, groups = self._passes.pricing, self._passes.groups
        moves = np.flatnonzero(near)
        group = np.searchsorted(groups.start, moves, side="right") - 1
        first = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1]) if len(group) else np.zeros(0, dtype=np.int64)
        head = groups.kind[moves[first]][np.cumsum(np.isin(np.arange(len(group)), first)) - 1]
        differs = abs(pricing.weights[:, groups.kind[moves]] - pricing.weights[:, head])
        ways = np.diff(sp.csr_array(differs > 0).indptr)
        flips = self._passes.flips(y, np.flatnonzero((ways < ENOUGH_WAYS) & (y != 0)), ENOUGH_WAYS)
        wanted[flips.group] = near[flips.best] = near[flips.move] = True

    def follow(
        self,
        raised: Raised,
        wanted: NDArray[np.bool_],
        blocks: tuple[tuple[Blocks, NDArray[np.bool_]], ...],
        states: tuple[States, ...],
    ) -> NDArray[np.float64]:
        """Return the columns that follow the multipliers, (columns,); zero where anything is open or chooses."""
        program, groups = self._program, self._passes.groups
        shares = np.zeros(program.n_columns)
        free = np.flatnonzero(groups.member_of >= 0)
        settled = free[~wanted[groups.member_of[free]]]
        standing = groups.member_of[settled]
        offset = raised.at.best - program.moves.start[groups.first]
        shares[program.moves.start[settled] + offset[standing]] = 1.0
        chosen = np.concatenate([np.zeros(0, dtype=np.int64), *(family.columns for family in states)])
        for (block, opened), answer in zip(blocks, raised.at.answers, strict=True):
            loose = opened.copy()
            loose[owner_of_column(block)[np.isin(block.columns, chosen)]] = True
            moves, part = answer.moves
            is_open = np.zeros(program.moves.n_groups, dtype=bool)
            is_open[block.groups] = loose[owner_of_group(block)]
            kept = ~is_open[program.moves.group_of(moves)]
            shares[moves[kept]] = part[kept]
            kept = ~loose[owner_of_column(block)]
            shares[block.columns[kept]] = answer.binaries[kept]
        return shares

    def cut(self, pieces: Pieces, values: NDArray[np.float64], shares: NDArray[np.float64]) -> Pieces:
        """Lay whole members out; return those near a cut, and the divisible pieces, which stay together."""
        if self._members is None:
            return pieces
        moves, groups = self._program.moves, self._passes.groups
        whole = moves.whole[moves.start[groups.first[pieces.standing]]]
        kept = np.repeat(whole, np.diff(pieces.start))
        singles = self._members.lay_out(pieces.take(np.flatnonzero(whole)), values[kept], shares, keep_cuts=True)
        return singles.joined(pieces.take(np.flatnonzero(~whole)))

    def _decide(self, opened: Open, shares: NDArray[np.float64], target: float) -> NDArray[np.float64] | None:
        """Decide what is open and write it."""
        matrix = open_matrix(self._passes, opened, shares)
        values = self.decided(opened, matrix, target - float(self._program.cost @ shares))
        return None if values is None else self.written(opened, values, shares)

    def decided(self, opened: Open, matrix: Matrix, target: float) -> NDArray[np.float64] | None:
        """Return values of what is open that keep whole land whole, None where none were found."""
        values = self._rounded(opened, matrix, target)
        if values is None and matrix.integer.sum() <= MOST_SEARCHED:
            values = self._searched(matrix, target)
        return values

    def written(self, opened: Open, values: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Write what is open over the columns of all else; `values` are those of its matrix."""
        pieces, count = opened.pieces, len(opened.pieces.moves)
        land = tidy_pieces(pieces, values[:count])
        beside = values[count : count + len(opened.columns)]
        beside = np.where(self._program.integer[opened.columns], np.round(beside), beside)
        alone = pieces.group >= 0
        single = np.repeat(alone, np.diff(pieces.start))
        shares[pieces.moves[single]] = land[single]
        shares[opened.columns] = beside
        first = count + len(beside)
        for family in opened.states:
            family.spread(values[first : first + len(family)], shares)
            first += len(family)
        if self._members is not None and not alone.all():
            self._members.lay_out(pieces.take(np.flatnonzero(~alone)), land[~single], shares, keep_cuts=False)
        return shares

    def _rounded(self, opened: Open, matrix: Matrix, target: float) -> NDArray[np.float64] | None:
        """Make the relaxation whole without branching; None where that fails or columns beside the moves are whole."""
        pieces, count = opened.pieces, len(opened.pieces.moves)
        if matrix.integer[count:].any():
            return None
        relaxed = self._run(matrix, relax=True)
        if relaxed.values is None or relaxed.duals is None:
            return None
        if not pieces.whole.all():
            values = self._absorbed(pieces, matrix, relaxed.values)
            if values is not None:
                return values if keeps_rows(matrix, values) else None
        enough = max(target - float(matrix.cost @ relaxed.values), 1e-9 * abs(target))
        rounding = Rounding(matrix, pieces, relaxed.values, relaxed.duals)
        soft = absorbing(matrix, relaxed.values, len(pieces), count)[rounding.ranges.number]
        land = Combine(rounding, soft, self._options.seed).search(enough, self._deadline)
        self.exhausted |= land is not None
        if land is not None and soft.any():
            return self._beside(matrix, land)
        if land is None:
            rounding = Rounding(matrix, pieces, relaxed.values, relaxed.duals)
            land = Settle(rounding, self._options.seed).search(enough, self._deadline)
        if land is None:
            return None
        values = np.concatenate([land, relaxed.values[count:]])
        return values if keeps_rows(matrix, values) else None

    def _beside(self, matrix: Matrix, land: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the land with the best columns beside it, None where there are none."""
        lower, upper = matrix.lower.copy(), matrix.upper.copy()
        lower[: len(land)] = upper[: len(land)] = land
        values = self._run(replace(matrix, lower=lower, upper=upper), relax=True).values
        return values if values is not None and keeps_rows(matrix, values) else None

    def _absorbed(self, pieces: Pieces, matrix: Matrix, relaxed: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Round the whole pieces and let divisible land take up what that changes; None where it cannot."""
        count = len(pieces.moves)
        largest = np.lexsort((-relaxed[:count], pieces.of_move))[pieces.start[:-1]]
        whole = pieces.whole[pieces.of_move]
        rounded = np.zeros(count)
        rounded[largest] = 1.0
        lower, upper = matrix.lower.copy(), matrix.upper.copy()
        lower[:count][whole] = upper[:count][whole] = rounded[whole]
        return self._run(replace(matrix, lower=lower, upper=upper), relax=True).values

    def _searched(self, matrix: Matrix, target: float) -> NDArray[np.float64] | None:
        """Decide by branch and bound."""
        return self._run(matrix, target).values

    def _run(self, matrix: Matrix, target: float = -np.inf, relax: bool = False) -> highs.Answer:
        solver = self._loaded(matrix, relax)
        highs.stop_at(solver, target, NODES)
        return highs.run(solver)

    def _loaded(self, matrix: Matrix, relax: bool) -> Highs:
        solver = highs.load(matrix, integers=not relax)
        highs.configure(solver, self._options, self._deadline - time.perf_counter())
        return solver


def absorbing(matrix: Matrix, relaxed: NDArray[np.float64], first: int, count: int) -> NDArray[np.bool_]:
    """Mark the rows, (rows,), from `first` on that a column beside the `count` moves keeps whatever the land changes.

    Such a column is divisible, between its bounds and in no other row.
    """
    beside = sp.csc_array(matrix.rows[first:, count:])
    inside = (relaxed[count:] > matrix.lower[count:] + ROUND_OFF) & (relaxed[count:] < matrix.upper[count:] - ROUND_OFF)
    able = np.flatnonzero(inside & ~matrix.integer[count:] & (np.diff(beside.indptr) == 1))
    marked = np.zeros(beside.shape[0], dtype=bool)
    marked[beside.indices[beside.indptr[able]]] = True
    return marked


def keeps_rows(matrix: Matrix, values: NDArray[np.float64]) -> bool:
    """Whether values keep every row."""
    activity = matrix.rows @ values
    room = KEPT + 1e-12 * (abs(matrix.rows) @ np.abs(values))
    return bool((activity >= matrix.row_lower - room).all() and (activity <= matrix.row_upper + room).all())


def by_regret(block: Blocks, answer: Answers) -> NDArray[np.int64]:
    """Return the blocks in the order of what another value of a binary adds, no plans first, (blocks,)."""
    regret = np.full(len(block.unit), np.inf)
    np.minimum.at(regret, owner_of_column(block), answer.regret)
    regret[~answer.exact] = -1.0
    return np.argsort(regret, kind="stable")


def tidy_pieces(pieces: Pieces, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shares, (moves of the pieces,), with whole ones whole, crumbs swept up and every piece adding to one."""
    of_move = pieces.of_move
    shares = np.clip(np.where(pieces.whole[of_move], np.round(values), values), 0.0, 1.0)
    shares[shares < 1e-9] = 0.0
    total = np.bincount(of_move, shares, minlength=len(pieces))
    return shares / np.where(total > 0, total, 1.0)[of_move]
