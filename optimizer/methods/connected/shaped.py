r"""Lawful plans of any Program by rows: each graph's plan grows from one node, drawn around a point.

The nodes are put in an order, near the point first. A node other than the first may be chosen where an earlier
neighbour is:

.. math:: u_n \le \sum_{m \in N(n),\ m \prec n} u_m, \qquad \sum_m w_m u_m \ge L\, u_1

so the chosen nodes are one piece, of at least the least weight L. What other orders would allow is not seen: the plan
is good, and proves nothing.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods import highs
from optimizer.methods.connected.graph import HALF
from optimizer.methods.connected.starts import joined
from optimizer.methods.corridors import kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.methods.connected.graph import Graph
    from optimizer.results.solution import SolveOptions

STEP = 1e-3
"""What a node costs at least, relative to the dearest."""

GAP = 0.5
"""Part of the asked gap that the plan may stay behind the best of its kind."""


def shaped(
    own: Matrix,
    graphs: Sequence[Graph],
    values: NDArray[np.float64],
    known: NDArray[np.float64] | None,
    options: SolveOptions,
    deadline: float,
) -> NDArray[np.float64] | None:
    """Return a plan near values and near a known plan, None where none was found in time."""
    rows = [own.rows]
    lower, upper = [own.row_lower], [own.row_upper]
    near = values if known is None else np.maximum(values, known)
    for graph in graphs:
        if np.isfinite(graph.demand.most) and len(graph):
            led = _led(graph, np.clip(graph.incidence @ near, 0.0, 1.0), graph.incidence @ np.abs(own.cost))
            rows.append(led)
            lower.append(np.zeros(led.shape[0]))
            upper.append(np.full(led.shape[0], np.inf))
    whole = replace(
        own,
        rows=sp.csr_array(sp.vstack(rows, format="csr")),
        row_lower=np.concatenate(lower),
        row_upper=np.concatenate(upper),
    )
    solver = highs.load(whole)
    highs.configure(solver, replace(options, gap=GAP * options.gap), deadline - time.perf_counter())
    highs.choose_heuristics(solver, whole)
    return highs.run(solver).values


def _led(graph: Graph, point: NDArray[np.float64], cost: NDArray[np.float64]) -> sp.csr_array:
    """Return the rows of one graph, (rows, columns), of at least 0."""
    weight = cost * (1.0 - point) + STEP * max(float(cost.max(initial=0.0)), 1.0)
    chosen = joined(graph, point > HALF, weight, 1)
    if not chosen.any():
        chosen[int(np.argmax(point))] = True
    weight = np.where(chosen, STEP * weight.min(), weight)
    first = int(np.argmax(np.where(chosen, point, -1.0)))
    value = np.full(len(graph), np.inf)
    value[first] = 0.0
    kernels.spread_out(graph.start, graph.beside, weight, value, np.full(len(graph), kernels.NONE, dtype=np.int32))
    rank = np.empty(len(graph), dtype=np.int64)
    rank[np.lexsort((np.arange(len(graph)), value))] = np.arange(len(graph))
    left, right = graph.ends()
    earlier = (rank[right] < rank[left]) & np.isfinite(value[left])
    shape = (len(graph), len(graph))
    leads = sp.csr_array((np.ones(int(earlier.sum())), (left[earlier], right[earlier])), shape=shape)
    rows = (leads - sp.eye_array(len(graph), format="csr"))[np.arange(len(graph)) != first] @ graph.incidence
    if graph.demand.least <= 0:
        return sp.csr_array(rows)
    every = sp.csr_array(graph.weight.sum(axis=0)[None, :]) - graph.demand.least * graph.incidence[[first]]
    return sp.csr_array(sp.vstack([rows, every], format="csr"))
