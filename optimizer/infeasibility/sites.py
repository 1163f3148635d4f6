"""Why no selection of sites meets every rule: which targets and limits lack how much, and what they clash with.

Rows that stand for one line of the tables (targets, budgets, linear constraints, counts) may give way; the least that
they give in all, each relative to its own size, tells what lacks. A deletion filter over rules and locks then finds
what a row that lacks clashes with. What ties units together (neighbours, connection) never gives way by parts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.flow import PREFIX, flow_rows, is_flow
from formulations.program import INFINITY
from formulations.restoration import RULES
from formulations.restoration.assemble import KEPT
from formulations.restoration.site_block import LIMITS, MANDATORY
from optimizer.infeasibility.conflict import ALMOST, sifted
from optimizer.infeasibility.relaxation import NEGLIGIBLE, Relaxed, fewest, freely
from optimizer.infeasibility.site_words import LOCKED_IN, LOCKED_OUT, SiteClash, SiteExplanation, SiteRef
from optimizer.methods import highs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.program import Matrix, Program, Quota
    from formulations.restoration.site_block import SiteBlock
    from optimizer.infeasibility.rows import Unit
    from optimizer.results.solution import SolveOptions

MOST_SECONDS = 50.0
"""An explanation takes no longer than this, whatever the time limit of the solve."""

FIRST_PART = 0.4
"""Part of the time for the least relaxation."""

FEW_WHOLE = 5_000
"""Whole-number columns up to which shortfalls are worked out with them at once, not by the relaxation."""

TARGET = "target"
BOUNDS = "bounds"
"""Table of shares; its limits are rows, and limits of columns."""

YIELDING = (TARGET, "budget", "linear_constraint", "group_count", "shortfall_limit", KEPT)
"""Rules each row of which stands for a line of the tables."""


def explain_sites(block: SiteBlock, program: Program, options: SolveOptions) -> SiteExplanation:
    """Say which targets, limits and locks clash, and by how much; empty where a plan exists."""
    began = time.perf_counter()
    deadline = began + min(options.time_limit_s, MOST_SECONDS)
    case = _Case(block, program, options, deadline)
    found = case.relaxed()
    if found is None:  # even without targets and limits there is no plan: what is left clashes by itself
        clash = case.clash(None, 0.0)
        return SiteExplanation((clash,), certain=True, seconds=time.perf_counter() - began)
    rows = np.flatnonzero(found.shortfall)
    clashes = tuple(case.after(found).clash(int(row), float(found.shortfall[row])) for row in rows)
    return SiteExplanation(clashes, found.proven, found.certain, time.perf_counter() - began)


@dataclass(frozen=True)
class _Case:
    """The rows of a Program, those that may give way, and what else binds; solved until a moment."""

    block: SiteBlock
    program: Program
    options: SolveOptions
    deadline: float
    loosened: NDArray[np.float64] | None = None

    @cached_property
    def stated(self) -> Program:
        """The Program with what must hang together as a flow."""
        return flow_rows(self.program)

    @cached_property
    def matrix(self) -> Matrix:
        """The flattened Program without an objective, its rows as loose as they are so far."""
        matrix = self.stated.matrix()
        matrix = replace(matrix, cost=np.zeros(len(matrix.cost)))
        if self.loosened is None:
            return matrix
        lower, upper = matrix.row_lower.copy(), matrix.row_upper.copy()
        lower[self.first :] -= self.loosened
        upper[self.first :] += self.loosened
        return replace(matrix, row_lower=lower, row_upper=upper)

    @property
    def first(self) -> int:
        """Position of the first quota row."""
        return self.stated.moves.n_groups

    @cached_property
    def yielding(self) -> NDArray[np.bool_]:
        """Whether each quota row may give way, (quota rows,)."""
        parts = [np.full(len(quota), quota.rule in YIELDING) for quota in self.stated.quotas]
        return np.concatenate([np.zeros(0, dtype=bool), *parts])

    @cached_property
    def scale(self) -> NDArray[np.float64]:
        """What a shortfall of each quota row is measured against: its bound, else what it could reach."""
        lower, upper = self.matrix.row_lower[self.first :], self.matrix.row_upper[self.first :]
        bound = np.where(np.isfinite(lower), np.abs(lower), np.where(np.isfinite(upper), np.abs(upper), 0.0))
        reach = np.asarray(abs(self.matrix.rows[self.first :]).sum(axis=1)).ravel()
        return np.where(bound > 0, bound, np.maximum(reach, 1.0))

    def relaxed(self) -> Relaxed | None:
        """Return the least shortfalls, of the relaxation where many units may not even be split; None without any."""
        few = int(self.matrix.integer.sum()) <= FEW_WHOLE
        for integers in (True,) if few else (False, True):
            elastic = _Elastic(self, integers)
            found = elastic.least(freely(self.yielding))
            if found is None or found.shortfall.any():
                return found and fewest(found, self.scale, elastic.least, elastic.deadline)
        return found

    def after(self, found: Relaxed) -> _Case:
        """Return the rows as loose as they have to be."""
        return replace(self, loosened=found.shortfall)

    def clash(self, row: int | None, shortfall: float) -> SiteClash:
        """Return what a row that lacks clashes with; without a row what clashes by itself."""
        case: _Case = self
        held: tuple[Unit, ...] = ()
        if row is not None and self.loosened is not None:
            less = self.loosened.copy()
            less[row] *= ALMOST
            case, held = replace(self, loosened=less), (self._unit_of(row),)
        units = case.units(with_yielding=row is not None)
        kept, irreducible = sifted(list(units), held, lambda chosen: case.infeasible(units, chosen), self.deadline)
        others = tuple(case.reference(unit, units[unit]) for unit in kept if unit not in held)
        if row is None:
            return SiteClash(conflicting=others, irreducible=irreducible)
        own = case.reference(held[0], units[held[0]])
        return SiteClash(own, shortfall, others, irreducible)

    def units(self, *, with_yielding: bool) -> dict[Unit, NDArray[np.int64]]:
        """Return what is left out as one: the rows of each line of the tables, and the columns of each kind of lock."""
        found: dict[Unit, list[int]] = {}
        for number in range(len(self.yielding)):
            unit = self._unit_of(number)
            if unit[0] and (with_yielding or not self.yielding[number]):
                found.setdefault(unit, []).append(number)
        if len(self._bounded):
            found.setdefault((BOUNDS, ""), [])
        locks = {unit: columns for unit, columns in self._locks().items() if len(columns)}
        return {unit: np.array(rows, dtype=np.int64) for unit, rows in found.items()} | locks

    @cached_property
    def _bounded(self) -> NDArray[np.int64]:
        """Columns that the table of bounds limits: what may be chosen, and what may be left out, of its units."""
        sites, moves = self.block.sites, self.program.moves
        units = np.unique(sites.unit_codes(sites.tables[BOUNDS]["unit"]))
        units = units[sites.status[units] != LOCKED_OUT]
        variables = (units[:, None] * sites.n_zones + np.arange(sites.n_zones)).ravel()
        free = np.zeros(0, np.int64) if self.block.records(MANDATORY) else units[~sites.locked_in[units]]
        columns = np.concatenate([self.block.column[variables].astype(np.int64), moves.start[:-1][free]])
        most = np.concatenate([np.full(len(variables), sites.most_share), np.ones(len(free))])
        return columns[moves.upper[columns] < most]

    def _locks(self) -> dict[Unit, NDArray[np.int64]]:
        """Return the columns that each kind of lock closes."""
        moves, sites = self.program.moves, self.block.sites
        stays = moves.start[:-1]
        closed = moves.upper[stays] == 0
        out = np.repeat(sites.status == LOCKED_OUT, sites.n_zones)
        return {
            (LOCKED_IN, ""): stays[closed & sites.locked_in],
            (MANDATORY, ""): stays[closed & ~sites.locked_in] if self.block.records(MANDATORY) else stays[:0],
            (LOCKED_OUT, ""): self.block.column[out].astype(np.int64),
        }

    def _unit_of(self, number: int) -> Unit:
        """Return what a quota row is named by; an empty rule where it only ties columns together."""
        quota, place = self.locate(number)
        if is_flow(quota.rule):
            connected = self.program.connected[int(quota.rule.removeprefix(PREFIX).split(":")[1])]
            return connected.rule, str(connected.label["id"])
        if quota.rule == LIMITS:
            return BOUNDS, ""
        if quota.rule in RULES or quota.rule in YIELDING:
            label = quota.labels.iloc[place]
            name = str(label["id"]) if "id" in quota.labels else ""
            return quota.rule, f"{name}: {label['group']}" if quota.rule == "group_count" else name
        return "", ""

    def locate(self, number: int) -> tuple[Quota, int]:
        """Return the family of a quota row and its place there."""
        starts = self.stated.row_starts - self.first
        family = int(np.searchsorted(starts, number, side="right")) - 1
        return self.stated.quotas[family], number - int(starts[family])

    def infeasible(self, units: dict[Unit, NDArray[np.int64]], chosen: Sequence[Unit]) -> bool | None:
        """Whether some rules and locks cannot all hold; None where time ran out."""
        matrix = self.matrix
        lower, upper = matrix.row_lower.copy(), matrix.row_upper.copy()
        columns = matrix.upper.copy()
        for unit, members in units.items():
            if unit in chosen:
                continue
            if unit[0] in (LOCKED_IN, LOCKED_OUT, MANDATORY):
                columns[members] = 1.0
            else:
                lower[self.first + members], upper[self.first + members] = -INFINITY, INFINITY
            if unit[0] == BOUNDS:
                columns[self._bounded] = 1.0
        solver = highs.load(replace(matrix, row_lower=lower, row_upper=upper, upper=columns))
        highs.configure(solver, self.options, (self.deadline - time.perf_counter()) / 4)
        answer = highs.run(solver)
        if highs.is_infeasible(answer):
            return True
        return None if answer.values is None else False

    def reference(self, unit: Unit, members: NDArray[np.int64]) -> SiteRef:
        """Return a rule or lock in planning terms."""
        rule, name = unit
        if rule in (LOCKED_IN, LOCKED_OUT, MANDATORY):
            return SiteRef(rule, name, count=len(members))
        if rule not in YIELDING:
            return SiteRef(rule, name)
        number = int(members[0])
        matrix = self.stated.matrix()
        lower, upper = float(matrix.row_lower[self.first + number]), float(matrix.row_upper[self.first + number])
        sense = "==" if lower == upper else ">=" if np.isfinite(lower) else "<="
        return SiteRef(rule, name, sense, lower if np.isfinite(lower) else upper)


class _Elastic:
    """A solver that holds the rows with a slack column on every side of those that may give way."""

    def __init__(self, case: _Case, integers: bool) -> None:
        matrix, first = case.matrix, case.first
        low = np.flatnonzero(case.yielding & np.isfinite(matrix.row_lower[first:]))
        high = np.flatnonzero(case.yielding & np.isfinite(matrix.row_upper[first:]))
        self._row_of = np.concatenate([low, high])
        sign = np.concatenate([np.ones(len(low)), -np.ones(len(high))])
        self.deadline = time.perf_counter() + FIRST_PART * (case.deadline - time.perf_counter())
        self._case, self._columns = case, len(matrix.cost)
        self._solver = highs.load(_with_slack(matrix, first + self._row_of, sign * case.scale[self._row_of]), integers)

    def least(self, limit: NDArray[np.float64]) -> Relaxed | None:
        """Return the least shortfall where no row gives way by more than its limit; None where there is none."""
        count, case = len(self._row_of), self._case
        columns = np.arange(self._columns, self._columns + count)
        highs.change_columns(self._solver, columns, (limit / case.scale)[self._row_of], np.ones(count))
        highs.configure(self._solver, case.options, self.deadline - time.perf_counter())
        answer = highs.run(self._solver)
        if answer.values is None:
            return None
        slack = answer.values[columns]
        slack[slack <= NEGLIGIBLE] = 0.0
        proven = answer.status == highs.Status.kOptimal
        return Relaxed(
            shortfall=np.bincount(self._row_of, weights=slack, minlength=len(case.yielding)) * case.scale,
            values=answer.values[: self._columns],
            duals=None,
            proven=proven,
            certain=(proven and bool(slack.any())) or (answer.bound or 0.0) > NEGLIGIBLE,
        )


def _with_slack(matrix: Matrix, row: NDArray[np.int64], size: NDArray[np.float64]) -> Matrix:
    """Return a matrix with a column for each slack: its row, and what one unit of it adds there."""
    count = len(row)
    slack = sp.csr_array(sp.coo_array((size, (row, np.arange(count))), shape=(matrix.rows.shape[0], count)))
    return replace(
        matrix,
        rows=sp.csr_array(sp.hstack([matrix.rows, slack], format="csr")),
        lower=np.concatenate([matrix.lower, np.zeros(count)]),
        upper=np.concatenate([matrix.upper, np.full(count, INFINITY)]),
        cost=np.concatenate([matrix.cost, np.ones(count)]),
        integer=np.concatenate([matrix.integer, np.zeros(count, dtype=bool)]),
    )
