"""Wide corridors as a plain flow from the first core area, solved by SciPy: shares nothing with the engine's bounds."""

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp


def least_cost(graph, network):
    """Return the least cost of nodes that connect one network's core areas; single-cell cores cost nothing."""
    contracted = network.contracted(graph)
    left, right = contracted.graph.ends()
    cores, lines, links, cells = contracted.cores, len(contracted.node), len(left), len(graph)
    held = np.unique(np.concatenate(network.cores))
    cost = np.where(graph.for_sale, graph.cost, 0.0)
    cost[held] = 0.0
    rows, lower, upper = [], [], []

    def add(columns, values, low, high):
        rows.append((columns, values))
        lower.append(low)
        upper.append(high)

    discs = sp.csr_array(network.discs)
    for line, node in enumerate(contracted.node):
        for cell in discs.indices[discs.indptr[node] : discs.indptr[node + 1]]:
            add([cell, cells + line], [1, -1], 0, np.inf)
    first = cells + lines
    for link in np.flatnonzero(right >= cores):
        add([cells + right[link] - cores, first + link], [cores - 1, -1], 0, np.inf)
    for node in range(1, cores + lines):
        into, out = np.flatnonzero(right == node), np.flatnonzero(left == node)
        wanted = 1 if node < cores else 0
        add([*(first + into), *(first + out)], [1] * len(into) + [-1] * len(out), wanted, wanted)
    place = np.repeat(np.arange(len(rows)), [len(columns) for columns, _ in rows])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    size = first + links
    matrix = sp.csr_array((values, (place, columns)), shape=(len(rows), size))
    most, whole = np.ones(size), np.ones(size)
    most[first:], whole[first:] = cores - 1, 0
    found = milp(
        np.concatenate([cost, np.zeros(lines + links)]),
        constraints=LinearConstraint(matrix, lower, upper),
        bounds=Bounds(0, most),
        integrality=whole,
        options={"mip_rel_gap": 0},
    )
    return found.fun
