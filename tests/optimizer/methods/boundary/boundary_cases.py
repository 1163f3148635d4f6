"""Random boundary problems and answers from elsewhere."""

from __future__ import annotations

import itertools

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizer.methods.boundary import BoundaryProblem, in_or_out


def grid_edges(height, width):
    index = np.arange(height * width, dtype=np.int32).reshape(height, width)
    left = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    return left, np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])


def simple(seed, height, width, budget=False):
    """Cover rows over a grid, and a budget where asked."""
    rng = np.random.default_rng(seed)
    nodes, rows = height * width, int(rng.integers(1, 4))
    amounts = np.round(rng.random((rows, nodes)) * (rng.random((rows, nodes)) < 0.7), 2)
    lower = rng.uniform(0.1, 0.7, rows) * amounts.sum(axis=1)
    upper = np.full(rows, np.inf)
    if budget:
        amounts = np.vstack([amounts, np.ones(nodes)])
        lower, upper = np.append(lower, -np.inf), np.append(upper, 0.8 * nodes)
    left, right = grid_edges(height, width)
    cost = np.round(rng.normal(0.5, 1.0, nodes), 2)
    return in_or_out(cost, amounts, lower, upper, left, right, rng.uniform(0.0, 1.0, len(left)))


def many_options(seed, height, width, perimeter=False):
    """Several options on either side, locked nodes, ranged rows and equations, a limit on the perimeter."""
    rng = np.random.default_rng(seed)
    nodes, rows = height * width, 3
    node, inside = [], []
    for n in range(nodes):
        locked = rng.random() < 0.1
        sides = [bool(rng.integers(2))] if locked else [False, True]
        for side in sides:
            count = int(rng.integers(1, 3))
            node += [n] * count
            inside += [side] * count
    options = len(node)
    table = np.round(rng.normal(0.2, 1.0, (options, rows)) * (rng.random((options, rows)) < 0.6), 1)
    first = np.searchsorted(node, np.arange(nodes))
    known = table[first].sum(axis=0)
    lower = np.array([known[0] - 1.0, -np.inf, known[2] - 0.5])
    upper = np.array([known[0] + 2.0, known[1] + 1.0, np.inf])
    left, right = grid_edges(height, width)
    borders = None
    if perimeter:
        table = np.hstack([table, np.zeros((options, 1))])
        side = np.array(inside)[first]
        now = int((side[left] != side[right]).sum())
        lower, upper = np.append(lower, -np.inf), np.append(upper, max(now - 2.0, 2.0))
        lengths = np.zeros((len(left), rows + 1))
        lengths[:, -1] = 1.0
        borders = sp.csr_array(lengths)
    return BoundaryProblem(
        nodes=nodes,
        node=np.array(node, np.int32),
        inside=np.array(inside),
        cost=np.round(rng.normal(0.0, 1.0, options), 2),
        coefficients=sp.csr_array(table),
        row_lower=lower,
        row_upper=upper,
        left=left,
        right=right,
        capacity=rng.uniform(0.0, 1.0, len(left)),
        border_coefficients=borders,
    )


def brute_force(problem):
    """Least objective over all choices, infinite where none is allowed."""
    table = problem.coefficients.toarray()
    by_node = [np.flatnonzero(problem.node == n) for n in range(problem.nodes)]
    best = np.inf
    for choice in itertools.product(*by_node):
        taken = np.array(choice)
        cut = problem.inside[taken][problem.left] != problem.inside[taken][problem.right]
        held = table[taken].sum(axis=0)
        if problem.border_coefficients is not None:
            held = held + problem.border_coefficients.toarray()[cut].sum(axis=0)
        if (held >= problem.row_lower - 1e-9).all() and (held <= problem.row_upper + 1e-9).all():
            best = min(best, problem.cost[taken].sum() + problem.capacity[cut].sum())
    return best


def by_milp(problem):
    """Least objective by scipy's MIP with one column an option and one a border; infinite where none is allowed."""
    options, edges = len(problem.node), len(problem.left)
    one = sp.coo_array((np.ones(options), (problem.node, np.arange(options))), shape=(problem.nodes, options))
    side = sp.csr_array(one @ sp.diags_array(problem.inside.astype(float)))
    away = side[problem.left] - side[problem.right]
    eye = sp.eye_array(edges)
    borders = problem.border_coefficients
    borders = sp.csr_array((edges, len(problem.row_lower))) if borders is None else borders
    constraints = [
        LinearConstraint(sp.csr_array(sp.hstack([one, sp.csr_array((problem.nodes, edges))])), 1.0, 1.0),
        LinearConstraint(sp.csr_array(sp.hstack([away, eye])), 0.0, np.inf),
        LinearConstraint(sp.csr_array(sp.hstack([-away, eye])), 0.0, np.inf),
        LinearConstraint(
            sp.csr_array(sp.hstack([problem.coefficients.T, borders.T])), problem.row_lower, problem.row_upper
        ),
    ]
    answer = milp(
        np.concatenate([problem.cost, problem.capacity]),
        integrality=np.concatenate([np.ones(options), np.zeros(edges)]),
        bounds=Bounds(0.0, 1.0),
        constraints=constraints,
        options={"mip_rel_gap": 0.0},
    )
    return answer.fun if answer.x is not None else np.inf


def proven_by_hand(problem, multipliers, flow):
    """The bound of multipliers and flows, written out node by node."""
    table = problem.coefficients.toarray()
    total = 0.0
    for y, low, high in zip(multipliers, problem.row_lower, problem.row_upper, strict=True):
        total += y * low if y > 0 else (y * high if y < 0 else 0.0)
    most = problem.capacity.copy()
    if problem.border_coefficients is not None:
        most = most - problem.border_coefficients.toarray() @ multipliers
    assert (np.abs(flow) <= most * (1 + 1e-12) + 1e-12).all()
    for n in range(problem.nodes):
        leaving = flow[problem.left == n].sum() - flow[problem.right == n].sum()
        options = np.flatnonzero(problem.node == n)
        priced = problem.cost[options] - table[options] @ multipliers
        total += min(priced - leaving * problem.inside[options])
    return total
