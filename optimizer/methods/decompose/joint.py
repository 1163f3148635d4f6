r"""Land and a network in one plan: the network stands exactly beside the land that follows prices.

1. **Prices.** An LP over the whole network and the land nearest to a tie, everything else as it follows the last
   prices, gives new prices; a pass over all land at these gives a bound and shows which land is near a tie now:

   .. math:: L(y) \le \text{LP of everything} \le \text{LP over open land}

   Land once open stays so, so both ends meet; the first prices come from a sample of the land.
2. **Joint core.** Whole numbers, dispatch and open land are decided together; then they are held while all land
   answers, which gives the plan.
3. **Master.** Where the bound of the prices leaves a gap, the master holds the network whole, land as the least that
   all passes allow (`lagrangian.py`). Its bound is one for everything; land answers its whole numbers too, which may
   give a better plan and gives a further cut where it counts.

For rows that no land fills the multipliers are those of the same LP, so that all multipliers together prove the bound.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import ENERGY
from optimizer.methods import highs
from optimizer.methods.decompose.bundle import typical_prices
from optimizer.methods.decompose.lagrangian import Lagrangian
from optimizer.methods.decompose.open_matrix import Open, open_matrix
from optimizer.methods.decompose.passes import Passes
from optimizer.methods.decompose.pieces import together
from optimizer.methods.decompose.strips import Strips
from optimizer.results.solution import departure_base, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.methods.decompose.bundle import Bundle, Raised
    from optimizer.methods.decompose.primal import Primal
    from optimizer.methods.decompose.setup import Setup
    from optimizer.results.solution import SolveOptions

REACH = 1.0
"""How far, in typical prices, an LP over open land may lead from the best prices so far."""

LACKING = 1e-6
"""What a row may lack, in its unit, and still be kept."""

SAMPLE = 3000
"""Standing groups in the sample that the first prices come from."""

FOR_A_ROW = 40
"""Groups in the sample for each row of a site or of its facilities, where there are so many."""

COUPLED = (ENERGY + "site_land", ENERGY + "facility_land")

EVEN = 0.5
"""Where between two groups of a sample the first one stands."""

OPEN_LAND = 4000
"""Standing groups that each LP opens, those nearest to a tie in each block."""

WIDER = 3.0
"""How many times as much land is open where it could not keep every row."""

DEAR = 1e3
"""Price of what a row of a sample lacks, as a multiple of typical prices."""

ROUNDS = 8
"""LPs over open land at most."""

MASTERS = 6
"""Times at most that the master and the land answer each other."""

ANSWERS = 2
"""LPs that answer the whole columns of a master."""

CORE_NODES = 500

SAFETY = 0.9

LEAST_GAIN = 0.05
"""Part of the allowed gap by which plan and bound must come nearer for a further round."""

BOUND_PART, MASTER_PART = 0.1, 0.4
"""Parts of the allowed gap left to prices, and to the search of the master."""

SEARCH_PART = 0.5
"""Part of the time left that one search of the master may take."""


def has_network(program: Program) -> bool:
    """Whether a network is planned with the land of a Program."""
    return len(program.moves) > 0 and any(family.family.startswith(ENERGY) for family in program.columns)


@dataclass(frozen=True)
class Joined:
    """What came out: the plan (None: none found), its objective, and the bound of the master where it is the better."""

    shares: NDArray[np.float64] | None
    objective: float
    bound: float


@dataclass(frozen=True)
class _Relaxed:
    """The LP over open land: its value, multipliers of the coupled rows, its matrix and values, and what was open."""

    value: float
    y: NDArray[np.float64]
    values: NDArray[np.float64]
    matrix: Matrix
    opened: Open
    follows: NDArray[np.float64]


class Joint:
    """The search of one Program."""

    def __init__(
        self, setup: Setup, passes: Passes, bundle: Bundle, primal: Primal, options: SolveOptions, deadline: float
    ) -> None:
        self._setup, self._passes, self._bundle, self._primal = setup, passes, bundle, primal
        self._options, self._deadline = options, deadline
        self._program, self._pricing = setup.pricing.program, setup.pricing
        self._wanted = np.zeros(len(passes.groups), dtype=bool)
        self._near = np.zeros(len(passes.groups.moves), dtype=bool)
        self._met = [bundle.best]
        self._wider = 1.0
        self._from = bundle.best
        self._whole = np.flatnonzero(self._program.integer[setup.side_columns])
        self._found = Joined(None, np.inf, -np.inf)
        self._strips = Strips(self._pricing)
        groups = passes.groups
        self._strip_place = np.flatnonzero(np.isin(groups.moves, self._strips.moves))
        self._strip_owner = np.searchsorted(groups.start, self._strip_place, side="right") - 1
        self._some_whole = bool(self._program.moves.whole.any())

    def solve(self) -> Joined:
        """Return the best plan found and the bound of the master."""
        self._prices()
        if not len(self._whole):
            for _ in range(ANSWERS):
                self._plan(self._relax(self._bundle.best, None))
                if self._found.shares is not None:
                    break
                self._wider *= WIDER
            return self._found
        self._core()
        master = Lagrangian(self._setup, self._passes)
        for _ in range(MASTERS):
            if self._done() or time.perf_counter() > self._deadline:
                break
            tolerance = MASTER_PART * self._allowed()
            answer = master.solve(self._bundle.visits, tolerance, self._options, self._share_of_time())
            before = self._found
            if answer.bound is not None:
                self._found = replace(before, bound=max(before.bound, answer.bound))
            if self._done() or answer.values is None:
                break
            self._answer_to(np.round(answer.values[self._whole]))
            better = before.objective - self._found.objective + self._found.bound - before.bound
            if np.isfinite(before.objective) and better <= LEAST_GAIN * self._allowed():
                break
        return self._found

    def _share_of_time(self) -> float:
        """Return the seconds that one search may take."""
        left = max(self._deadline - time.perf_counter(), 0.0)
        return left if np.isinf(left) else SEARCH_PART * left

    def _allowed(self) -> float:
        """Return the gap that is allowed, absolute."""
        shares = self._found.shares
        if shares is None:
            return self._options.gap * max(abs(self._bundle.best.bound), self._bundle.best.at.moved, 1.0)
        return self._options.gap * departure_base(self._program, shares)

    def _done(self) -> bool:
        if self._found.shares is None:
            return False
        bound = max(self._found.bound, self._bundle.best.bound)
        return within(
            self._found.objective, bound, self._options.gap, departure_base(self._program, self._found.shares)
        )

    def _prices(self) -> None:
        """Raise the bound until the LP over open land leaves nothing beyond what is tolerated."""
        if self._options.multipliers is None:
            self._met.append(self._bundle.visit(self._sampled()))
        for _ in range(ROUNDS):
            if time.perf_counter() > self._deadline:
                return
            best = self._from = self._bundle.best
            opened, follows = self._open(best)
            matrix, first = open_matrix(self._passes, opened, follows), len(opened.pieces)
            answer = self._solved(self._elastic(matrix, first, best.y, REACH))
            if answer.values is None or answer.duals is None:
                return
            y = self._bundle.admissible(answer.duals[first : first + self._pricing.n_rows])
            trial = self._bundle.visit(y)
            self._met.append(trial)
            value = float(self._program.cost @ follows) + float(matrix.cost @ answer.values[: len(matrix.cost)])
            lacking = answer.values[len(matrix.cost) :].max(initial=0.0) > LACKING
            if not lacking and value - self._bundle.best.bound <= BOUND_PART * self._allowed():
                return
            if trial.bound < best.bound:
                self._met.append(self._bundle.visit((y + best.y) / 2))
            if lacking and self._bundle.best is best:
                self._wider *= WIDER

    def _sampled(self) -> NDArray[np.float64]:
        """Return multipliers of an LP over the network and a sample of the land, strips left out and priced after."""
        groups = self._passes.groups
        rate = self._rates()
        some = bool((rate < 1.0).any())
        kept = np.flatnonzero(np.diff(np.floor(np.cumsum(rate) + EVEN), prepend=0.0))
        small = Passes(self._pricing, groups.some(kept, 1.0 / rate[kept]), (), self._passes.threads)
        count = len(small.groups)
        pieces = together(small, np.ones(count, dtype=bool), np.ones(len(small.groups.moves), dtype=bool))
        pieces = replace(pieces, area=small.groups.area, whole=np.zeros(count, dtype=bool))
        follows = np.zeros(self._program.n_columns)
        for answer in self._bundle.best.at.answers:
            follows[answer.moves[0]] = answer.moves[1]
        opened = Open(self._program, pieces, self._setup.side_columns, ())
        matrix = open_matrix(small, opened, follows)
        if some:
            strips = count + self._strips.rows
            lower, upper = matrix.row_lower.copy(), matrix.row_upper.copy()
            lower[strips], upper[strips] = -np.inf, np.inf
            matrix = replace(matrix, row_lower=lower, row_upper=upper)
        solved = self._solved(self._elastic(matrix, count, np.zeros(self._pricing.n_rows), DEAR))
        if solved.duals is None:
            return self._bundle.best.y
        y = solved.duals[count : count + self._pricing.n_rows]
        return self._strips.priced(self._bundle.admissible(y)) if some else y

    def _rates(self) -> NDArray[np.float64]:
        """Return the part of the standing groups that the sample holds, group by group.

        More of those that fill a row which few can fill, such as facilities near one site.
        """
        groups, program = self._passes.groups, self._program
        rate = np.full(len(groups), min(SAMPLE / max(len(groups), 1), 1.0))
        for quota in program.quotas:
            if quota.rule not in COUPLED:
                continue
            owner = groups.member_of[program.moves.group_of(np.asarray(quota.index, dtype=np.int64))]
            pairs = np.unique(np.stack([owner, quota.cell])[:, owner >= 0], axis=1)
            able = np.bincount(pairs[1], minlength=quota.rollup.shape[1])
            np.maximum.at(rate, pairs[0], np.minimum(FOR_A_ROW / able[pairs[1]], 1.0))
        return rate

    def _relax(self, raised: Raised, held: NDArray[np.float64] | None) -> _Relaxed | None:
        """Solve the LP over what is open; `held` are values of the network's whole columns, None: they may divide."""
        opened, follows = self._open(raised)
        matrix = self._held(open_matrix(self._passes, opened, follows), opened, held)
        return self._lp(matrix, opened, follows)

    def _open(self, raised: Raised) -> tuple[Open, NDArray[np.float64]]:
        """Open the network, land near a tie at `raised` and states of blocks; the rest stays as in the last LP."""
        primal, passes = self._primal, self._passes
        if len(passes.groups) <= SAMPLE:
            wanted, near = np.ones_like(self._wanted), np.ones_like(self._near)
        else:
            n_blocks = self._pricing.n_blocks
            wanted, slack = primal.nearest(raised.y, np.full(n_blocks, self._wider * OPEN_LAND / n_blocks))
            wanted |= self._wanted
            wanted[self._strip_owner] = True
            near = passes.near(raised.y, wanted, slack) | passes.near(self._from.y, wanted, slack) | self._near
            near[self._strip_place] = True
        self._wanted, self._near = wanted, near
        pairs = zip(passes.blocks, self._from.at.answers, strict=True)
        blocks = tuple((block, ~answer.exact) for block, answer in pairs)
        every = np.ones(self._pricing.n_blocks, dtype=bool)
        states = primal.states(self._from, [(met.at, every) for met in self._met], blocks)
        follows = primal.follow(self._from, wanted, blocks, states)
        return Open(self._program, together(passes, wanted, near), self._setup.side_columns, blocks, states), follows

    def _held(self, matrix: Matrix, opened: Open, held: NDArray[np.float64] | None) -> Matrix:
        """Return the matrix with the whole columns of the network at given values."""
        if held is None:
            return matrix
        at = len(opened.pieces.moves) + self._whole
        lower, upper, integer = matrix.lower.copy(), matrix.upper.copy(), matrix.integer.copy()
        lower[at] = upper[at] = held
        integer[at] = False
        return replace(matrix, lower=lower, upper=upper, integer=integer)

    def _lp(self, matrix: Matrix, opened: Open, follows: NDArray[np.float64]) -> _Relaxed | None:
        """Solve a relaxation; None where what is open cannot keep every row."""
        answer = self._solved(matrix)
        if answer.values is None or answer.duals is None:
            return None
        first = len(opened.pieces)
        y = self._bundle.admissible(answer.duals[first : first + self._pricing.n_rows])
        value = float(self._program.cost @ follows) + float(matrix.cost @ answer.values)
        return _Relaxed(value, y, answer.values, matrix, opened, follows)

    def _solved(self, matrix: Matrix) -> highs.Answer:
        solver = highs.load(matrix, integers=False)
        highs.configure(solver, self._options, self._deadline - time.perf_counter())
        highs.choose_lp(solver, matrix)
        return highs.run(solver)

    def _elastic(self, matrix: Matrix, first: int, y: NDArray[np.float64], reach: float) -> Matrix:
        """Return the matrix with columns that make up for what rows of land lack or have too much of.

        They cost what keeps multipliers within `reach` typical prices of `y`.
        """
        rows = np.flatnonzero(self._passes.filled)
        far, count = reach * typical_prices(self._passes)[rows], len(rows)
        entries = (np.repeat([1.0, -1.0], count), (first + np.tile(rows, 2), np.arange(2 * count)))
        more = sp.csr_array(entries, shape=(matrix.rows.shape[0], 2 * count))
        return replace(
            matrix,
            rows=sp.csr_array(sp.hstack([matrix.rows, more], format="csr")),
            lower=np.concatenate([matrix.lower, np.zeros(2 * count)]),
            upper=np.concatenate([matrix.upper, np.full(2 * count, np.inf)]),
            cost=np.concatenate([matrix.cost, far + y[rows], far - y[rows]]),
            integer=np.concatenate([matrix.integer, np.zeros(2 * count, dtype=bool)]),
        )

    def _answer_to(self, held: NDArray[np.float64]) -> None:
        """Let land and dispatch answer whole columns of the network: a plan, and cuts where they count."""
        for _ in range(ANSWERS):
            relaxed = self._relax(self._bundle.best, held)
            if relaxed is None:
                return
            met = self._bundle.visit(relaxed.y)
            self._met.append(met)
            self._plan(relaxed, held)
            if self._done() or time.perf_counter() > self._deadline:
                return

    def _plan(self, relaxed: _Relaxed | None, held: NDArray[np.float64] | None = None) -> None:
        """Keep the plan that an LP stands for, whole land made whole, where it is the best so far."""
        if relaxed is None:
            return
        opened, shares, values = relaxed.opened, relaxed.follows.copy(), relaxed.values
        if self._some_whole:
            pieces = self._primal.cut(opened.free, values[: len(opened.free.moves)], shares)
            opened = replace(opened, free=pieces)
            matrix = self._held(open_matrix(self._passes, opened, shares), opened, held)
            enough = self._bundle.best.bound + self._allowed() - float(self._program.cost @ shares)
            found = self._primal.decided(opened, matrix, enough)
            if found is None:
                return
            values = found
        self._keep(self._primal.written(opened, values, shares))

    def _keep(self, shares: NDArray[np.float64]) -> None:
        objective = float(self._program.cost @ shares)
        if objective < self._found.objective:
            self._found = replace(self._found, shares=shares, objective=objective)

    def _core(self) -> None:
        """Decide whole numbers, dispatch and open land together, then let all land answer."""
        opened, follows = self._open(self._bundle.best)
        matrix = open_matrix(self._passes, opened, follows)
        matrix = replace(matrix, integer=matrix.integer & self._of_network(opened, matrix))
        solver = highs.load(matrix)
        highs.configure(solver, self._options, self._share_of_time())
        highs.choose_heuristics(solver, matrix)
        goal = self._bundle.best.bound + SAFETY * self._allowed() - float(self._program.cost @ follows)
        highs.stop_at(solver, goal, CORE_NODES)
        answer = highs.run(solver)
        if answer.values is None:
            return
        if not self._some_whole:
            self._keep(self._primal.written(opened, answer.values, follows))
        if not self._done():
            self._answer_to(np.round(answer.values[len(opened.pieces.moves) + self._whole]))

    def _of_network(self, opened: Open, matrix: Matrix) -> NDArray[np.bool_]:
        """Mark the columns of the network; land that changes as a whole is made whole after."""
        marked = np.zeros(len(matrix.cost), dtype=bool)
        first = len(opened.pieces.moves)
        marked[first : first + len(self._setup.side_columns)] = True
        return marked
