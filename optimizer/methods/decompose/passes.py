r"""A dual pass: every block's cheapest answer at given multipliers, and what it uses of each coupled row.

.. math:: \varphi_b(y) = \min_{u\in X_b}\ (c - A^T y)^T u,\qquad
    \varphi_b(y') \le c^T u_b - y'^T A u_b\quad\text{for every } y'

The second line is the cut that a pass gives for each block, with :math:`u_b` its cheapest answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from optimizer.methods.decompose import kernels, kernels_flips
from optimizer.methods.decompose.oracle import Pass, Sizes
from optimizer.methods.decompose.threads import share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optimizer.methods.decompose.alike import Groups
    from optimizer.methods.decompose.block import Answers, Blocks
    from optimizer.methods.decompose.pricing import Local, Pricing


@dataclass(frozen=True)
class Flips:
    """Standing groups that could leave their best move for another; both moves as places in `Groups.moves`."""

    group: NDArray[np.int64]
    best: NDArray[np.int64]
    move: NDArray[np.int64]


class Passes:
    """The oracle of the dual: evaluates multipliers.

    What is used is added up by *item* (hectares of a kind, binaries of blocks, weighted hectares of cells of rows
    that are priced move by move) and turned into (block, row) pairs by one sparse product.
    """

    def __init__(self, pricing: Pricing, groups: Groups, blocks: Sequence[Blocks], threads: int) -> None:
        self.pricing, self.groups, self.blocks, self.threads = pricing, groups, tuple(blocks), threads
        self._land = tuple(pricing.land(block.moves) for block in self.blocks)
        self._matrix, self.pair_block, self.pair_row = _pairs(pricing, self.blocks)
        self.filled = np.zeros(pricing.n_rows, dtype=bool)
        """Which coupled rows land or blocks fill, (coupled rows,); the others tie columns beside them only."""
        self.filled[self.pair_row] = True
        local = ((family.weight[groups.moves], family.cell[groups.moves]) for family in pricing.local)
        # A budget of projects weighs nothing outside them.
        self._local = tuple((weight, cell) if weight.any() else None for weight, cell in local)

    def __call__(self, y: NDArray[np.float64]) -> Pass:
        """Evaluate the multipliers of the coupled rows."""
        pricing, groups = self.pricing, self.groups
        count, kinds = pricing.n_blocks, pricing.n_kinds
        best, (value, spent, moved, use) = self._sweep(y)
        items = [use]
        answers = []
        for number, block in enumerate(self.blocks):
            answer = block.evaluate(*self._priced(number, y), self.threads)
            answers.append(answer)
            unit = pricing.block[block.unit]
            value += np.bincount(unit, answer.value, minlength=count)
            taken, shares = answer.moves
            hectares = shares * pricing.program.moves.area_ha[taken]
            items[0] += np.bincount(pricing.kind[taken], hectares, minlength=kinds)
            binaries = pricing.program.cost[block.columns] * answer.binaries
            cost = np.concatenate([pricing.cost[taken] * hectares, binaries])
            owner = np.concatenate([pricing.block_of_kind[pricing.kind[taken]], pricing.block[block.unit_of_column]])
            spent += np.bincount(owner, cost, minlength=count)
            moved += np.bincount(owner, np.abs(cost), minlength=count)
            items.append(answer.binaries)
        items += [self._cells(number, best, answers) for number in range(len(pricing.local))]
        usage = self._matrix @ np.concatenate(items)
        return Pass(value, spent, usage, float(moved.sum()), groups.moves[best], tuple(answers))

    @cached_property
    def sizes(self) -> Sizes:
        """Typical sizes of costs and weights."""
        pricing, groups = self.pricing, self.groups
        sample = np.abs(groups.cost[:: max(len(groups.cost) // 20_000, 1)])
        weights = sp.csr_array(abs(pricing.weights))
        local = np.zeros((2, pricing.n_rows))
        for family in pricing.local:
            amount = np.abs(family.weight[family.weight != 0])
            local[:, np.diff(family.rollup.indptr) > 0] = [[amount.sum()], [len(amount)]] if len(amount) else 1.0
        return Sizes(
            cost=np.array([sample.sum(), (sample > 0).sum()]),
            weight=np.stack([np.asarray(weights.sum(axis=1)).ravel(), np.diff(weights.indptr)]),
            local=local,
        )

    @property
    def dearest(self) -> float:
        """No plan of the land and the blocks costs more."""
        groups, program = self.groups, self.pricing.program
        dearest = np.maximum.reduceat(groups.cost, groups.start[:-1]) if len(groups) else np.zeros(0)
        total = float(dearest @ groups.area)
        for block in self.blocks:
            land = np.abs(self.pricing.cost[block.moves]) * program.moves.area_of(block.moves)
            total += float(land.sum() + np.abs(program.cost[block.columns]).sum())
        return total

    def second(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each standing group loses, per hectare, by its second-best move."""
        groups, price, cost = self.groups, self.pricing.prices(y), self._cost(y)
        second = np.empty(len(groups))
        share(
            lambda a, b: kernels.regrets(a, b, groups.start, cost, groups.kind, price, second),
            len(groups),
            self.threads,
        )
        return second

    def near(self, y: NDArray[np.float64], wanted: NDArray[np.bool_], slack: float) -> NDArray[np.bool_]:
        """Mark the moves of wanted standing groups that are within `slack` per hectare of the best."""
        groups, price, cost = self.groups, self.pricing.prices(y), self._cost(y)
        marked = np.zeros(len(groups.moves), dtype=bool)
        share(
            lambda a, b: kernels.near_moves(a, b, groups.start, cost, groups.kind, price, wanted, slack, marked),
            len(groups),
            self.threads,
        )
        return marked

    def flips(self, y: NDArray[np.float64], rows: NDArray[np.int64], most: int) -> Flips:
        """Return the flips of least regret that raise or lower some coupled rows, `most` of either sort for each."""
        groups, pricing = self.groups, self.pricing
        weights = sp.csc_array(pricing.weights[rows])
        regrets = np.full((2 * len(rows), most), np.inf)
        found = np.zeros((2 * len(rows), most, 3), dtype=np.int64)
        args = (groups.start, groups.area, self._cost(y), groups.kind, pricing.prices(y))
        ends, rows_of_kind = (one.astype(np.int64, copy=False) for one in (weights.indptr, weights.indices))
        kernels_flips.cheapest_flips(*args, ends, rows_of_kind, weights.data, regrets, found)
        group, best, move = found[np.isfinite(regrets)].T
        return Flips(group, best, move)

    def _cost(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the cost of the standing groups' moves less what is priced move by move."""
        cost = self.groups.cost
        for entries, family in zip(self._local, self.pricing.local, strict=True):
            if entries is not None:
                weight, cell = entries
                cost = cost - weight * (family.rollup.T @ y)[cell]
        return cost

    def _sweep(self, y: NDArray[np.float64]) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
        pricing, groups = self.pricing, self.groups
        price, cost = pricing.prices(y), self._cost(y)
        best = np.empty(len(groups), dtype=np.int64)

        def work(first: int, last: int) -> list[NDArray[np.float64]]:
            sums = [np.zeros(pricing.n_blocks) for _ in range(3)]
            use = np.zeros(pricing.n_kinds)
            kernels.sweep(
                first, last, groups.start, groups.area, groups.block, cost, groups.kind, price, best, *sums, use
            )
            return [*sums, use]

        parts = share(work, len(groups), self.threads)
        sums = [np.sum(side, axis=0) for side in zip(*parts, strict=True)]
        if any(entries is not None for entries in self._local):
            plain = groups.cost[best] * groups.area
            sums[1] = np.bincount(groups.block, plain, minlength=pricing.n_blocks)
            sums[2] = np.bincount(groups.block, np.abs(plain), minlength=pricing.n_blocks)
        return best, sums

    def alternatives(self, number: int, y: NDArray[np.float64]) -> tuple[Answers, ...]:
        """Return other answers of a family of blocks at some multipliers that are worth a choice."""
        return self.blocks[number].alternatives(*self._priced(number, y), self.threads)

    def _priced(self, number: int, y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the priced costs of the moves and the binaries of a family of blocks."""
        columns = self.blocks[number].columns
        others = columns - len(self.pricing.program.moves)
        worth = self.pricing.terms[:, others].T @ y
        return self.pricing.priced(y, self._land[number]), self.pricing.program.cost[columns] - worth

    def _cells(self, number: int, best: NDArray[np.int64], answers: Sequence[Answers]) -> NDArray[np.float64]:
        """Return what is used of each (block, cell) of a family that is priced move by move."""
        pricing, groups = self.pricing, self.groups
        family = pricing.local[number]
        cells, entries = family.rollup.shape[1], self._local[number]
        total = np.zeros(pricing.n_blocks * cells)
        if entries is not None:
            weight, cell = entries
            where = groups.block.astype(np.int64) * cells + cell[best]
            total += np.bincount(where, weight[best] * groups.area, minlength=len(total))
        for answer in answers:
            taken, shares = answer.moves
            amount = family.weight[taken] * shares * pricing.program.moves.area_ha[taken]
            owner = pricing.block_of_kind[pricing.kind[taken]].astype(np.int64)
            total += np.bincount(owner * cells + family.cell[taken], amount, minlength=len(total))
        return total


def _pairs(pricing: Pricing, blocks: Sequence[Blocks]) -> tuple[sp.csr_array, NDArray[np.int64], NDArray[np.int64]]:
    """Return items to (block, row) pairs: the matrix, and block and row of each pair."""
    kinds = sp.coo_array(pricing.weights)
    parts: list[tuple[NDArray[Any], ...]] = [
        (kinds.data, kinds.row, pricing.block_of_kind[kinds.col].astype(np.int64), kinds.col.astype(np.int64))
    ]
    items = pricing.n_kinds
    for block in blocks:
        terms = sp.coo_array(pricing.terms[:, block.columns - len(pricing.program.moves)])
        parts.append((terms.data, terms.row, pricing.block[block.unit_of_column][terms.col], items + terms.col))
        items += len(block.columns)
    for family in pricing.local:
        parts.append(_local_pairs(family, pricing.n_blocks, items))
        items += pricing.n_blocks * family.rollup.shape[1]
    data, row, owner, item = (np.concatenate(side) for side in zip(*parts, strict=True))
    codes, pair = np.unique(owner.astype(np.int64) * max(pricing.n_rows, 1) + row, return_inverse=True)
    matrix = sp.csr_array(sp.coo_array((data, (pair.ravel(), item)), shape=(len(codes), items)))
    return matrix, codes // max(pricing.n_rows, 1), codes % max(pricing.n_rows, 1)


def _local_pairs(family: Local, n_blocks: int, items: int) -> tuple[NDArray[Any], ...]:
    rollup = sp.coo_array(family.rollup)
    cells = family.rollup.shape[1]
    owner = np.repeat(np.arange(n_blocks), len(rollup.data))
    item = items + owner * cells + np.tile(rollup.col, n_blocks)
    return np.tile(rollup.data, n_blocks), np.tile(rollup.row, n_blocks), owner, item
