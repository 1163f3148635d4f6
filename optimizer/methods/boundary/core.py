"""The core: regions of nodes that are still undecided, chosen again by a small MIP while all else is held.

Nodes on which good choices agree stay as the plan has them. Neighbours on which every good choice takes the same
side form a region that goes in or out as a whole; nodes of small reduced cost are regions of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from formulations.program import Matrix
from optimizer.methods import highs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optimizer.methods.boundary.problem import BoundaryProblem


def regions(
    problem: BoundaryProblem, choices: Sequence[NDArray[np.int32]], loose: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the region of each node, -1 where all choices agree and the node is not loose, (nodes,)."""
    sides = np.array([problem.sides(choice) for choice in choices])
    open_nodes = loose | (sides != sides[0]).any(axis=0)
    alike = ~(loose[problem.left] | loose[problem.right]) & open_nodes[problem.left] & open_nodes[problem.right]
    for side in sides:
        alike &= side[problem.left] == side[problem.right]
    joined = sp.coo_array(
        (np.ones(int(alike.sum())), (problem.left[alike], problem.right[alike])), shape=(problem.nodes,) * 2
    )
    _, label = connected_components(joined, directed=False)
    found = np.full(problem.nodes, -1, np.int64)
    found[open_nodes] = np.unique(label[open_nodes], return_inverse=True)[1]
    return found


def loosest(reduced: NDArray[np.float64], most: int) -> NDArray[np.bool_]:
    """Return which nodes to set loose: the `most` of least reduced cost, (nodes,)."""
    loose = np.zeros(len(reduced), bool)
    loose[np.argsort(np.abs(reduced), kind="stable")[:most]] = True
    return loose & np.isfinite(reduced)


def rechosen(
    problem: BoundaryProblem,
    plan: NDArray[np.int32],
    other: NDArray[np.int32],
    region: NDArray[np.int64],
    gap_abs: float,
    enough: float,
    seconds: float,
    nodes: int,
    seed: int,
) -> NDArray[np.int32]:
    """Return the best plan found in which each region is as in `plan` or takes the options `other`, (nodes,).

    A plan of an objective of `enough` ends the search.
    """
    matrix, first = _matrix(problem, plan, other, region)
    solver = highs.load(matrix)
    for name, value in {
        "mip_rel_gap": 0.0,
        "mip_abs_gap": gap_abs,
        "time_limit": max(seconds, 0.01),
        "mip_max_nodes": nodes,
        "threads": 1,
        "random_seed": seed,
    }.items():
        solver.setOptionValue(name, value)
    start = np.zeros(len(matrix.cost))
    ties = matrix.row_lower[len(problem.row_lower) :].reshape(2, -1)
    start[first:] = np.abs(ties[0])
    highs.start_from(solver, start)
    solver.setOptionValue("objective_target", enough - problem.objective(plan) + float(matrix.cost @ start))
    solver.run()
    values = np.array(solver.getSolution().col_value)
    if len(values) != len(matrix.cost):
        return plan
    flipped = np.append(values[:first] > 0.5, False)
    found = np.where(flipped[region], other, plan)
    return found if problem.is_feasible(found) and problem.objective(found) < problem.objective(plan) else plan


def _matrix(
    problem: BoundaryProblem, plan: NDArray[np.int32], other: NDArray[np.int32], region: NDArray[np.int64]
) -> tuple[Matrix, int]:
    """Return the MIP, with one column a region (1: `other`) and one a border, and the first border's position.

    Sides are s = base + sign * z with z the column of a node's region; a border costs w >= |s_l - s_r|. Borders of
    the same two regions that start alike share a column.
    """
    count = int(region.max()) + 1
    inner = np.flatnonzero(region >= 0)
    of = sp.csr_array((np.ones(len(inner)), (region[inner], inner)), shape=(count, problem.nodes))
    base = problem.sides(plan).astype(int)
    sign = np.where(region >= 0, problem.sides(other) - base, 0)
    at = np.where(sign != 0, region, -1)
    left, right = problem.left, problem.right
    edges = np.flatnonzero((at[left] != at[right]) | (sign[left] != sign[right]))
    left, right = left[edges], right[edges]
    away = base[left] - base[right]
    kinds = np.stack([at[left], at[right], sign[left], sign[right], away])
    kinds, merged = np.unique(kinds, axis=1, return_inverse=True)
    borders = sp.csr_array(
        (np.ones(len(edges)), (merged.ravel(), np.arange(len(edges)))), shape=(kinds.shape[1], len(edges))
    )
    held = problem.activity(plan)
    touched = sp.csr_array((len(held), kinds.shape[1]))
    if problem.border_coefficients is not None:
        table = sp.csr_array(problem.border_coefficients[edges])
        touched = sp.csr_array((borders @ table).T)
        held = held - table.T @ (away != 0).astype(float)
    changed = sp.csr_array(problem.coefficients[other]) - sp.csr_array(problem.coefficients[plan])
    top = sp.hstack([sp.csr_array((of @ changed).T), touched])
    slack = problem.tolerance() / 2
    tied = _ties(kinds, count)
    away = kinds[4].astype(float)
    return Matrix(
        rows=sp.csr_array(sp.vstack([top, tied])),
        row_lower=np.concatenate([problem.row_lower - held - slack, away, -away]),
        row_upper=np.concatenate([problem.row_upper - held + slack, np.full(2 * len(away), np.inf)]),
        lower=np.zeros(count + len(away)),
        upper=np.ones(count + len(away)),
        cost=np.concatenate([of @ (problem.cost[other] - problem.cost[plan]), borders @ problem.capacity[edges]]),
        integer=np.arange(count + len(away)) < count,
    ), count


def _ties(kinds: NDArray[np.int64], count: int) -> sp.csr_array:
    """Return the rows w - (s_l - s_r) >= away and w + (s_l - s_r) >= -away over regions and borders."""
    many = kinds.shape[1]
    border = np.arange(many)
    ends = np.concatenate([kinds[0], kinds[1]])
    moved = sp.csr_array(
        (np.concatenate([kinds[2], -kinds[3]]).astype(float), (np.concatenate([border, border]), np.maximum(ends, 0))),
        shape=(many, count),
    )
    whole = sp.eye_array(many, format="csr")
    return sp.csr_array(sp.block_array([[-moved, whole], [moved, whole]]))
