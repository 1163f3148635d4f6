r"""Land and a network in one plan: the network stands exactly beside the land that follows prices.

1. **Prices.** An LP over the whole network and the land nearest to a tie, everything else as it follows the last
   prices, gives new prices; a pass over all land at these gives a bound and shows which land is near a tie now:

   .. math:: L(y) \le \text{LP of everything} \le \text{LP over open land}

   Land once open stays so (`open_land.py`), so both ends meet; the first prices come from a sample of the land.
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

from formulations.program import ENERGY
from optimizer.methods import highs
from optimizer.methods.decompose.joint_sample import DEAR, elastic, sampled_prices
from optimizer.methods.decompose.lagrangian import Lagrangian
from optimizer.methods.decompose.open_land import OpenLand
from optimizer.methods.decompose.open_matrix import open_matrix
from optimizer.results.solution import departure_base, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.methods.decompose.bundle import Bundle, Raised
    from optimizer.methods.decompose.open_matrix import Open
    from optimizer.methods.decompose.passes import Passes
    from optimizer.methods.decompose.primal import Primal
    from optimizer.methods.decompose.setup import Setup
    from optimizer.results.solution import SolveOptions

REACH, FURTHER, NEARER = 1.0, 4.0, 0.5
"""How far, in typical prices or parts of a price, an LP over open land may lead from the best prices so far.

Further where it is held back by that, since an hectare under arrays may be worth much more than its conversion costs;
less far after prices that gained little."""

GOOD = 0.1
"""Part of the forecast rise of the bound that counts as a gain."""

MUCH_LAND = 10
"""Columns for each of the network from which an LP is one of land, which simplex solves sooner.

250,000 on 7,065 of Weihai's network: 6 s of processor."""

ROUNDS = 25
"""LPs over open land at most."""

MASTERS = 6
"""Times at most that the master and the land answer each other."""

ANSWERS = 2
"""Plans of the land that answer the whole columns of a master."""

REPAIRS = 4
"""Times at most that land is opened which could keep the rows that open land does not."""

CORE_NODES = 500

SAFETY = 0.9

LEAST_GAIN = 0.05
"""Part of the allowed gap by which plan and bound must come nearer for a further round."""

BOUND_PART, MASTER_PART = 0.3, 0.4
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
    """The LP over open land: multipliers of the coupled rows, its values, what was open, and what the rest does."""

    y: NDArray[np.float64]
    values: NDArray[np.float64]
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
        self._land = OpenLand(setup, passes, primal, bundle.best)
        self._reach = REACH
        self._whole = np.flatnonzero(self._program.integer[setup.side_columns])
        self._found = Joined(None, np.inf, -np.inf)
        self._some_whole = bool(self._program.moves.whole.any())

    def solve(self) -> Joined:
        """Return the best plan found and the bound of the master."""
        self._prices()
        if not len(self._whole):
            for _ in range(ANSWERS):
                self._plan(self._relax(self._bundle.best, None))
                if self._found.shares is not None:
                    break
                self._land.widen()
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
            y = sampled_prices(self._setup, self._passes, self._bundle.best, self._solved)
            self._land.meet(self._bundle.visit(y))
        for _ in range(ROUNDS):
            if time.perf_counter() > self._deadline:
                return
            best = self._land.best = self._bundle.best
            opened, follows = self._land.open(best)
            matrix, first = open_matrix(self._passes, opened, follows), len(opened.pieces)
            made_up = elastic(self._passes, matrix, first, best.y, self._reach)
            answer = self._solved(made_up)
            if answer.values is None or answer.duals is None:
                return
            held_back = self._land.fill(answer.values[len(matrix.cost) :])
            rise = float(self._program.cost @ follows) + float(made_up.cost @ answer.values) - best.bound
            if rise <= BOUND_PART * self._allowed():
                if not held_back:
                    self._land.narrow(opened, answer.values)
                    return
                self._reach *= FURTHER
                continue
            y = self._bundle.admissible(answer.duals[first : first + self._pricing.n_rows])
            trial = self._bundle.visit(y)
            self._land.meet(trial)
            self._land.learn(trial)
            if trial.bound < best.bound + GOOD * rise:
                self._reach *= NEARER
            elif held_back:
                self._reach *= FURTHER

    def _relax(self, raised: Raised, held: NDArray[np.float64] | None) -> _Relaxed | None:
        """Solve the LP over what is open; `held` are values of the network's whole columns, None: they may divide.

        Where open land cannot keep every row, prices at which it nearly does open the land that can.
        """
        for _ in range(REPAIRS):
            opened, follows = self._land.open(raised)
            matrix = self._held(open_matrix(self._passes, opened, follows), opened, held)
            relaxed = self._lp(matrix, opened, follows)
            if relaxed is not None or time.perf_counter() > self._deadline:
                return relaxed
            first, nothing = len(opened.pieces), np.zeros(self._pricing.n_rows)
            answer = self._solved(elastic(self._passes, matrix, first, nothing, DEAR))
            if answer.duals is None:
                return None
            y = self._bundle.admissible(answer.duals[first : first + self._pricing.n_rows])
            raised = self._bundle.visit(y)
            self._land.learn(raised)
        return None

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
        return _Relaxed(y, answer.values, opened, follows)

    def _solved(self, matrix: Matrix) -> highs.Answer:
        solver = highs.load(matrix, integers=False)
        highs.configure(solver, self._options, self._deadline - time.perf_counter())
        if len(matrix.cost) < MUCH_LAND * len(self._setup.side_columns):
            highs.choose_lp(solver, matrix)
        return highs.run(solver)

    def _answer_to(self, held: NDArray[np.float64]) -> None:
        """Let land and dispatch answer whole columns of the network: a plan, and cuts where they count."""
        for _ in range(ANSWERS):
            relaxed = self._relax(self._bundle.best, held)
            if relaxed is None:
                return
            met = self._bundle.visit(relaxed.y)
            self._land.meet(met)
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
        opened, follows = self._land.open(self._bundle.best)
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
