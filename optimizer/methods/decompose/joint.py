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

from formulations.pooled import STRIP_LAND
from formulations.program import ENERGY
from optimizer.methods import highs
from optimizer.methods.decompose.joint_sample import DEAR, elastic, sampled_prices
from optimizer.methods.decompose.lagrangian import Lagrangian
from optimizer.methods.decompose.open_matrix import Open, open_matrix
from optimizer.methods.decompose.pieces import together
from optimizer.results.solution import departure_base, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.methods.decompose.bundle import Bundle, Raised
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

LACKING = 1e-6
"""What a row may lack, in its unit, and still be kept."""

ALL_OPEN = 3000
"""Standing groups up to which every LP opens all of them."""

OPEN_LAND, OPEN_PART = 4000, 0.05
"""Standing groups that each LP opens, those nearest to a tie in each block: so many, or that part of all."""

LEARNT = 4000
"""Standing groups that an LP opens since they answer otherwise at its prices, at most: those that lose most."""

MOST_MOVES = 100_000
"""Moves of land near a tie that an LP opens anew at most."""

FILLERS, MORE = 1000, 2
"""Standing groups opened to raise, and as many to lower, what each row lacks; how many times as many the next time."""

TAKEN = 1e-6
"""Part of a group above which an LP takes a move."""

WIDER = 3.0
"""How many times as much land is open where it could not keep every row."""

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


def _under_strips(program: Program) -> NDArray[np.int64]:
    """Return the moves that lie under a strip."""
    return np.concatenate(
        [np.zeros(0, dtype=np.int64), *(quota.index for quota in program.quotas if quota.rule == STRIP_LAND)]
    ).astype(np.int64)


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
        self._reach = REACH
        self._fill = FILLERS
        self._from = bundle.best
        self._whole = np.flatnonzero(self._program.integer[setup.side_columns])
        self._found = Joined(None, np.inf, -np.inf)
        groups = passes.groups
        self._strip_place = np.flatnonzero(np.isin(groups.moves, _under_strips(self._program)))
        self._strip_owner = np.searchsorted(groups.start, self._strip_place, side="right") - 1
        self._place = np.empty(len(self._program.moves), dtype=np.int64)
        self._place[groups.moves] = np.arange(len(groups.moves))
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
            self._met.append(
                self._bundle.visit(sampled_prices(self._setup, self._passes, self._bundle.best, self._solved))
            )
        for _ in range(ROUNDS):
            if time.perf_counter() > self._deadline:
                return
            best = self._from = self._bundle.best
            opened, follows = self._open(best)
            matrix, first = open_matrix(self._passes, opened, follows), len(opened.pieces)
            made_up = elastic(self._passes, matrix, first, best.y, self._reach)
            answer = self._solved(made_up)
            if answer.values is None or answer.duals is None:
                return
            held_back = self._fillers(answer.values[len(matrix.cost) :])
            rise = float(self._program.cost @ follows) + float(made_up.cost @ answer.values) - best.bound
            if rise <= BOUND_PART * self._allowed():
                if not held_back:
                    self._narrow(opened, answer.values)
                    return
                self._reach *= FURTHER
                continue
            y = self._bundle.admissible(answer.duals[first : first + self._pricing.n_rows])
            trial = self._bundle.visit(y)
            self._met.append(trial)
            self._learn(trial)
            if trial.bound < best.bound + GOOD * rise:
                self._reach *= NEARER
            elif held_back:
                self._reach *= FURTHER

    def _fillers(self, made_up: NDArray[np.float64]) -> bool:
        """Open the land that could fill, at least loss, the rows that an LP had to make up for; tell if there are any.

        `made_up` are the values of the columns that do so.
        """
        lacking = np.flatnonzero(self._passes.filled)[made_up.reshape(2, -1).max(axis=0, initial=0.0) > LACKING]
        if not len(lacking):
            return False
        flips = self._passes.flips(self._from.y, lacking, self._fill)
        self._fill *= MORE
        self._wanted[flips.group] = True
        self._near[flips.best] = self._near[flips.move] = True
        return True

    def _relax(self, raised: Raised, held: NDArray[np.float64] | None) -> _Relaxed | None:
        """Solve the LP over what is open; `held` are values of the network's whole columns, None: they may divide.

        Where open land cannot keep every row, prices at which it nearly does open the land that can.
        """
        for _ in range(REPAIRS):
            opened, follows = self._open(raised)
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
            self._learn(raised)
        return None

    def _learn(self, trial: Raised) -> None:
        """Open the land that answers otherwise at some prices, with both answers: what an LP there would buy."""
        pricing, place = self._pricing, self._place
        other = np.flatnonzero(trial.at.best != self._from.at.best)
        there, here = trial.at.best[other], self._from.at.best[other]
        if len(other) > LEARNT:
            cost, price = pricing.cost_at(trial.y), pricing.prices(trial.y)
            lost = cost[here] - cost[there] - (price[pricing.kind[here]] - price[pricing.kind[there]])
            most = np.argpartition(-lost * self._passes.groups.area[other], LEARNT)[:LEARNT]
            other, there, here = other[most], there[most], here[most]
        self._wanted[other] = True
        self._near[place[there]] = self._near[place[here]] = True

    def _narrow(self, opened: Open, values: NDArray[np.float64]) -> None:
        """Leave open, of land, what an LP takes otherwise than its prices do; what is near a tie comes anew."""
        pieces = opened.free
        taken = values[: len(pieces.moves)] > TAKEN
        moves, standing = pieces.moves[taken], pieces.standing[pieces.of_move[taken]]
        best = self._from.at.best
        self._wanted[:] = self._near[:] = False
        self._wanted[standing[moves != best[standing]]] = True
        kept = self._wanted[standing]
        self._near[self._place[moves[kept]]] = self._near[self._place[best[self._wanted]]] = True

    def _open(self, raised: Raised) -> tuple[Open, NDArray[np.float64]]:
        """Open the network, land near a tie at `raised` and states of blocks; the rest stays as in the last LP."""
        primal, passes = self._primal, self._passes
        if len(passes.groups) <= ALL_OPEN:
            wanted, near = np.ones_like(self._wanted), np.ones_like(self._near)
        else:
            n_blocks, count = self._pricing.n_blocks, self._wider * max(OPEN_LAND, OPEN_PART * len(passes.groups))
            tied, slack = primal.nearest(raised.y, np.full(n_blocks, count / n_blocks))
            tied[self._strip_owner] = True
            near = self._near | self._tied_moves(raised.y, tied, slack)
            wanted = self._wanted | tied
            near[self._strip_place] = True
        self._wanted, self._near = wanted, near
        pairs = zip(passes.blocks, self._from.at.answers, strict=True)
        blocks = tuple((block, ~answer.exact) for block, answer in pairs)
        every = np.ones(self._pricing.n_blocks, dtype=bool)
        states = primal.states(self._from, [(met.at, every) for met in self._met], blocks)
        follows = primal.follow(self._from, wanted, blocks, states)
        return Open(self._program, together(passes, wanted, near), self._setup.side_columns, blocks, states), follows

    def _tied_moves(self, y: NDArray[np.float64], groups: NDArray[np.bool_], slack: float) -> NDArray[np.bool_]:
        """Mark the moves of some groups that are within `slack` per hectare of the best, or nearer where too many are.

        Whatever an LP holds against the last prices: their best moves are among them.
        """
        near = self._passes.near(y, groups, slack)
        while near.sum() > MOST_MOVES:
            slack /= 2
            near = self._passes.near(y, groups, slack)
        return near | self._passes.near(self._from.y, groups, 0.0)

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
