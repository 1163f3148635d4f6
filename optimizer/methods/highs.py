"""The one place that touches HiGHS: arrays in, arrays out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np

if TYPE_CHECKING:
    import scipy.sparse as sp
    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.results.solution import SolveOptions

Status = highspy.HighsModelStatus
Solver = highspy.Highs

ROWWISE = int(highspy.MatrixFormat.kRowwise)
MANY_NONZEROS = 20_000
"""Entries of a network's matrix from which interior points are sooner than simplex."""

FACTORED_NONZEROS = 400_000
"""Entries from which factoring each step (HiPO) is sooner than conjugate gradients on a basis (IPX).

Measured on made networks, processor: 29 against 18 s at 250,000 entries, 70 against 81 s at 500,000, and 132 against
325 s at 770,000."""

FEW = 0.2
"""Share of whole-number columns below which they count as few."""

MINIMISE = int(highspy.ObjSense.kMinimize)

FIRST_LOOK, LEAST_CLOSED = 2_000, 0.1
"""Nodes after which the pace of a search is first measured, and the part of the gap that twice as many must close.

At that pace ten doublings would be left: a thousand times the nodes so far."""


@dataclass(frozen=True)
class Answer:
    """What HiGHS says: its model status, values and duals where it has them, and its MIP bound.

    `slow` tells that the search was ended since it closed its gap too slowly.
    """

    status: highspy.HighsModelStatus
    values: NDArray[np.float64] | None
    duals: NDArray[np.float64] | None
    bound: float | None
    seconds: float
    slow: bool = False


class _Pace:
    """Ends a search once twice the nodes have closed less than a tenth of the gap; one without a plan goes on."""

    def __init__(self, solver: highspy.Highs) -> None:
        self.slow = False
        self._next, self._left = FIRST_LOOK, np.inf
        solver.cbMipInterrupt += self._look

    def _look(self, event: highspy.HighsCallbackEvent) -> None:
        if not self.slow and event.data_out.mip_node_count >= self._next:
            left = event.data_out.mip_primal_bound - event.data_out.mip_dual_bound
            self.slow = np.isfinite(self._left) and left > (1 - LEAST_CLOSED) * self._left
            self._next, self._left = 2 * self._next, left
        if self.slow:
            event.interrupt()


def load(matrix: Matrix, integers: bool = True) -> highspy.Highs:
    """Return a solver that holds the matrix; `integers` False gives the LP relaxation.

    Raises ValueError where a number is not finite that must be.
    """
    if not (np.isfinite(matrix.cost).all() and np.isfinite(matrix.rows.data).all()):
        raise ValueError("a cost or coefficient is not a number")
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_ipm_solver", "ipx")  # what HiGHS would choose depends on the packages installed
    rows, columns = matrix.rows.shape
    kinds = matrix.integer.astype(np.int32) if integers else np.zeros(columns, dtype=np.int32)
    status = solver.passModel(
        columns,
        rows,
        matrix.rows.nnz,
        ROWWISE,
        MINIMISE,
        0.0,
        matrix.cost,
        matrix.lower,
        matrix.upper,
        matrix.row_lower,
        matrix.row_upper,
        matrix.rows.indptr.astype(np.int32, copy=False),
        matrix.rows.indices.astype(np.int32, copy=False),
        matrix.rows.data,
        kinds,
    )
    if status == highspy.HighsStatus.kError:
        raise ValueError("HiGHS refused the model; a bound or coefficient is not a number")
    return solver


def configure(solver: highspy.Highs, options: SolveOptions, seconds_left: float) -> None:
    """Set gap, time limit, threads and seed; the clock of a solver that is used again runs on."""
    solver.setOptionValue("mip_rel_gap", options.gap)
    solver.setOptionValue("time_limit", solver.getRunTime() + max(seconds_left, 0.0))
    solver.setOptionValue("threads", max(options.threads, 1))
    solver.setOptionValue("random_seed", options.seed)


def few_integers(matrix: Matrix) -> bool:
    """Whether nearly all columns are continuous."""
    return bool(matrix.integer.mean() < FEW)


def choose_heuristics(solver: highspy.Highs, matrix: Matrix) -> None:
    """Leave out sub-MIP heuristics where nearly all columns are continuous.

    Each presolves the whole continuous part anew (three quarters of the time on Weihai), while rounding
    the few whole columns already finds good plans. Where most columns are whole they are needed.
    """
    if few_integers(matrix):
        solver.setOptionValue("mip_heuristic_run_rins", False)
        solver.setOptionValue("mip_heuristic_run_rens", False)


def choose_lp(solver: highspy.Highs, matrix: Matrix) -> None:
    """Solve the LP of a large network by interior points and crossover, four times as fast as by simplex there.

    Snapshots that only capacity and storage tie together make it long and degenerate.
    """
    if matrix.rows.nnz >= FACTORED_NONZEROS:
        solver.setOptionValue("solver", "hipo")
    elif matrix.rows.nnz >= MANY_NONZEROS:
        solver.setOptionValue("solver", "ipx")


def choose_simplex(solver: highspy.Highs) -> None:
    """Let the next solves of a relaxation go on from the basis of the last."""
    solver.setOptionValue("solver", "simplex")


def stop_at(solver: highspy.Highs, objective: float, nodes: int) -> None:
    """Let a search end as soon as its plan is as good as `objective`, or after some nodes."""
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("objective_target", objective)
    solver.setOptionValue("mip_max_nodes", nodes)


def stop_above(solver: highspy.Highs, objective: float) -> None:
    """Let the next solves of a relaxation end as soon as their dual objective passes `objective`."""
    solver.setOptionValue("objective_bound", objective)


def start_from(solver: highspy.Highs, values: NDArray[np.float64]) -> None:
    """Give a MIP start."""
    solver.setSolution(len(values), np.arange(len(values), dtype=np.int32), values)


def run(solver: highspy.Highs, patient: bool = True) -> Answer:
    """Solve; Ctrl-C stops it and keeps the best plan, as does a slow search where it is not `patient`."""
    began = time.perf_counter()
    pace = None if patient else _Pace(solver)
    solver.HandleKeyboardInterrupt = True
    solver.solve()
    info = solver.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    has_duals = info.dual_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    solution = solver.getSolution()
    is_mip = info.mip_node_count >= 0
    return Answer(
        status=solver.getModelStatus(),
        values=np.array(solution.col_value) if feasible else None,
        duals=np.array(solution.row_dual) if has_duals else None,
        bound=info.mip_dual_bound if is_mip and np.isfinite(info.mip_dual_bound) else None,
        seconds=time.perf_counter() - began,
        slow=pace is not None and pace.slow,
    )


def dual_bound(matrix: Matrix, duals: NDArray[np.float64]) -> float:
    r"""Return the bound that any row multipliers y prove, whatever solver they came from.

    .. math:: \sum_r (y_r^+ l_r - y_r^- h_r) + \sum_c \min_{\underline u_c \le u \le \bar u_c} (c - A^T y)_c\, u

    A multiplier on an absent bound counts as zero.
    """
    y = np.where((duals > 0) & np.isinf(matrix.row_lower), 0.0, duals)
    y = np.where((y < 0) & np.isinf(matrix.row_upper), 0.0, y)
    limits = np.where(y > 0, matrix.row_lower, np.where(y < 0, matrix.row_upper, 0.0))
    reduced = matrix.cost - matrix.rows.T @ y
    at = np.where(reduced > 0, matrix.lower, np.where(reduced < 0, matrix.upper, 0.0))
    return float(y @ limits + reduced @ at)


def change_columns(
    solver: highspy.Highs, columns: NDArray[np.int64], upper: NDArray[np.float64], cost: NDArray[np.float64]
) -> None:
    """Set the upper bounds (lower bounds 0) and costs of some columns; the next solve starts from the last basis."""
    indices, count = columns.astype(np.int32), len(columns)
    solver.changeColsBounds(count, indices, np.zeros(count), upper)
    solver.changeColsCost(count, indices, cost)


def hold_columns(solver: highspy.Highs, columns: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    """Fix some columns; the next solve starts from the last basis."""
    solver.changeColsBounds(len(columns), columns.astype(np.int32), values, values)


def add_rows(solver: highspy.Highs, rows: sp.csr_array, lower: NDArray[np.float64]) -> None:
    """Add rows of at least `lower`; the next solve of a relaxation starts from the last basis."""
    starts, columns = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
    count = len(lower)
    solver.addRows(count, lower, np.full(count, np.inf), rows.nnz, starts, columns, rows.data)


IRREDUCIBLE = int(highspy.IisStrategy.kIisStrategyIrreducible)


def iis(matrix: Matrix, seconds_left: float) -> NDArray[np.int64] | None:
    """Return the rows of an irreducible infeasible set of the LP relaxation, (some,); None where HiGHS found none."""
    solver = load(matrix, integers=False)
    solver.setOptionValue("iis_strategy", IRREDUCIBLE)
    solver.setOptionValue("iis_time_limit", max(seconds_left, 0.0))
    status, found = solver.getIis()
    rows = np.array(found.row_index_, dtype=np.int64)
    return rows if status == highspy.HighsStatus.kOk and found.valid_ and len(rows) else None


def is_infeasible(answer: Answer) -> bool:
    """Whether HiGHS proved that no values meet every row."""
    return answer.status in (Status.kInfeasible, Status.kUnboundedOrInfeasible)
