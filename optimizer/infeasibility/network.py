r"""Why no plan of a network exists, alone or with land 不可行原因: what lacks, why, and what could give way instead.

Rows that stand for a load, a line of the tables or a bus to be joined may give way. The least that they give in all,
each relative to its own size, tells what lacks:

.. math:: \min \sum_r \pi_r (s_r^+ + s_r^-) \quad\text{s.t.}\quad l_r \le (A u)_r + s_r^+ - s_r^- \le h_r

A load left unserved weighs :math:`\pi = 10\,w_t/D` a MW, :math:`w_t` hours of the snapshot and :math:`D` (MWh) load of
the year: a limit gives way before light goes out. Then each of the others that take part is asked how far it alone
would have to give way, whole decisions kept whole: those of which that is not proven in time are not told of. The
relaxation is tried first; where it has a plan, whole numbers stand in the way.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.infeasibility.network_reach import causes
from optimizer.infeasibility.network_rows import rows_of, told
from optimizer.infeasibility.network_words import NetworkExplanation
from optimizer.methods import highs

if TYPE_CHECKING:
    import highspy
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Matrix, Program
    from instances.network import Network
    from optimizer.infeasibility.network_rows import Row
    from optimizer.results.solution import SolveOptions

MOST_SECONDS = 60.0
"""An explanation takes no longer than this, whatever the time limit of the solve."""

MOST_LINES, MOST_INSTEAD = 10, 6
"""Shortfalls that are told, the largest; and limits of which it is worked out how far each alone would give way."""

PART = 1e-3
"""Part of a row's size that is a unit of its shortfall."""

NEGLIGIBLE = 1e-4
"""Shortfall, in such units, that solvers cannot tell from none."""

DARK = 10.0
"""Weight of a year's load left unserved, where a limit missed by all of it weighs 1."""


def explain_network(
    network: Network, program: Program, options: SolveOptions, block: LandBlock | None = None
) -> NetworkExplanation:
    """Say what lacks most where rules clash; nothing where a plan exists or none was found in time.

    `block` is the land that the network is planned with; lines of its quotas may give way too.
    """
    deadline = time.perf_counter() + min(options.time_limit_s, MOST_SECONDS)
    case = _Elastic(network, program, options, deadline, tuple(rows_of(network, program, block)))
    found = case.nearest()
    if found is None:
        return NetworkExplanation(proven=False, certain=False)
    lacking = found.groups()
    if not lacking:
        return NetworkExplanation()
    clashes = told(network, found.by_group(lacking), block)
    instead = [
        one
        for group in case.others(found, lacking)
        if (alone := case.least({group}, integers=bool(case.matrix.integer.any()))) is not None and alone.proven
        for one in told(network, {group: alone.by_group([group])[group]}, block, whole=True)
    ]
    return NetworkExplanation(
        clashes=tuple(clashes[:MOST_LINES]),
        causes=tuple(causes(network, clashes, block)),
        instead=tuple(instead[:MOST_INSTEAD]),
        more=max(len(clashes) - MOST_LINES, 0),
        proven=found.proven,
        certain=found.certain,
    )


@dataclass(frozen=True)
class _Found:
    """Amounts by which rows give way, (rows that may,), above 0 where they fall short; and row multipliers of an LP.

    `proven`: they are the least. `certain`: without any there is no plan.
    """

    rows: tuple[Row, ...]
    amount: NDArray[np.float64]
    duals: NDArray[np.float64] | None
    proven: bool
    certain: bool

    def groups(self) -> list[str]:
        """Return the groups of rows that give way."""
        return list(dict.fromkeys(self.rows[k].group for k in np.flatnonzero(self.amount)))

    def by_group(self, groups: list[str]) -> dict[str, list[tuple[Row, float]]]:
        """Return rows that give way with their amounts, by group."""
        found: dict[str, list[tuple[Row, float]]] = {group: [] for group in groups}
        for k in np.flatnonzero(self.amount):
            if self.rows[k].group in found:
                found[self.rows[k].group].append((self.rows[k], float(self.amount[k])))
        return found


@dataclass(frozen=True)
class _Elastic:
    """A Program whose rows may give way, solved until a moment."""

    network: Network
    program: Program
    options: SolveOptions
    deadline: float
    rows: tuple[Row, ...]

    @cached_property
    def matrix(self) -> Matrix:
        """The problem of least shortfall: a column each way for every row that may give way."""
        plain, count = self.program.matrix(), len(self.rows)
        at = np.array([row.row for row in self.rows], dtype=np.int64)
        one = sp.csr_array((self._unit, (at, np.arange(count))), shape=(plain.rows.shape[0], count))
        return replace(
            plain,
            rows=sp.csr_array(sp.hstack([plain.rows, one, -one], format="csr")),
            lower=np.concatenate([plain.lower, np.zeros(2 * count)]),
            upper=np.concatenate([plain.upper, np.full(2 * count, np.inf)]),
            cost=np.concatenate([np.zeros(len(plain.cost)), np.ones(2 * count)]),
            integer=np.concatenate([plain.integer, np.zeros(2 * count, dtype=bool)]),
        )

    @cached_property
    def _unit(self) -> NDArray[np.float64]:
        """What a unit of shortfall is in the unit of each row: a thousandth of its size, so that costs are near 1."""
        return np.array([PART / row.price for row in self.rows])

    @cached_property
    def _cost(self) -> NDArray[np.float64]:
        return np.where(self._kind == "power", DARK, 1.0)

    @cached_property
    def _kind(self) -> NDArray[np.str_]:
        return np.array([row.kind for row in self.rows])

    @cached_property
    def _solvers(self) -> dict[bool, highspy.Highs]:
        return {}

    def nearest(self) -> _Found | None:
        """Return the least shortfall, of the relaxation where that has one; None where time ran out."""
        every = {row.group for row in self.rows}
        found = self.least(every, integers=False)
        if found is None or not self.matrix.integer.any():
            return found
        whole = self.least(every, integers=True)
        if not found.amount.any():
            return whole
        if whole is None or not whole.proven:  # what the relaxation lacks, whole decisions lack at least
            return replace(found, proven=False)
        return replace(whole, duals=found.duals, certain=True)

    def least(self, free: set[str], integers: bool) -> _Found | None:
        """Return the least shortfall where only the rows of some groups give way; None where there is none."""
        left = self.deadline - time.perf_counter()
        if left <= 0:
            return None
        if integers not in self._solvers:
            self._solvers[integers] = highs.load(self.matrix, integers)
        solver, count = self._solvers[integers], len(self.rows)
        columns = np.arange(self.program.n_columns, self.program.n_columns + 2 * count)
        may = np.array([row.group in free for row in self.rows])
        short = np.where(may, [row.most for row in self.rows], 0.0)
        # Alone loads give way by going without: to take more than is drawn is nothing that a planner can grant.
        over = np.where(may & ((self._kind != "power") | (len(free) > 1)), np.inf, 0.0)
        upper = np.concatenate([short / self._unit, over])
        highs.change_columns(solver, columns, upper, np.tile(self._cost, 2))
        highs.configure(solver, self.options, left / 2)
        answer = highs.run(solver)
        if answer.values is None:
            return None
        given = answer.values[columns]
        part = given[:count] - given[count:]
        part[np.abs(part) <= NEGLIGIBLE] = 0.0
        proven = answer.status == highs.Status.kOptimal
        certain = bool(part.any()) and (proven or (integers and (answer.bound or 0.0) > NEGLIGIBLE))
        duals = None if integers or answer.duals is None else answer.duals
        return _Found(self.rows, part * self._unit, duals, proven, certain)

    def others(self, found: _Found, lacking: list[str]) -> list[str]:
        """Return the groups that take part beside those that lack, the first ones of each kind first."""
        if found.duals is None:
            part = [row for row in self.rows if row.kind != "power"]
        else:
            worth = np.abs(found.duals[[row.row for row in self.rows]]) * self._unit
            part = [row for row, one in zip(self.rows, worth.tolist(), strict=True) if one > NEGLIGIBLE]
        groups = list(dict.fromkeys(row.group for row in part))
        # One of several that lack is asked too whether it alone would do.
        alone = [group for group in groups if len(lacking) > 1 or group not in lacking]
        return alone[: 2 * MOST_INSTEAD]
