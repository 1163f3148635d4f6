"""Chosen units that hang together: branch and cut, plans by annealing, and the ways of its easier kinds. 连通约束.

A Program knows the graphs of `Connected` but no row of them. Small ones are stated as a flow and solved as they are.
Of the others, `pieces` are searched by branch and cut here; where only a least weight of pieces is asked of a Program
with other columns, it is a demand on patches; `areas` are laid out around the plan of the Program without them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods import contiguity, direct
from optimizer.methods.connected import areas
from optimizer.methods.connected.graph import graph_of
from optimizer.methods.connected.plain import plain_of
from optimizer.methods.connected.search import NAME, Search

if TYPE_CHECKING:
    from formulations.program import Program
    from optimizer.methods.connected.graph import Graph
    from optimizer.progress import Progress
    from optimizer.results.solution import Solution, SolveOptions

Method = Callable[["Program", "SolveOptions", "Progress"], "Solution"]

__all__ = ["FLOW_EDGES", "NAME", "is_small", "solve"]

FLOW_EDGES = 150
"""Edges of all graphs, each as often as areas are asked of it, up to which a flow is solved as it stands."""


def is_small(program: Program) -> bool:
    """Whether the demands of a Program are stated as a flow."""
    return sum(len(demand.left) * max(demand.count, 1) for demand in program.connected) <= FLOW_EDGES


def solve(program: Program, options: SolveOptions, progress: Progress, inner: Method) -> Solution:
    """Solve a Program whose chosen units must hang together; `inner` solves Programs that ask for nothing of it."""
    if not program.connected:
        return inner(program, options, progress)
    if is_small(program):
        return direct.solve(program, options, progress)
    if any(demand.kind == "areas" for demand in program.connected):
        return areas.solve(
            program,
            options,
            lambda other, asked: solve(other, asked, progress, inner),
            lambda other, asked: direct.solve(other, asked, progress),
        )
    upper = program.matrix().upper
    graphs = tuple(graph_of(demand, upper) for demand in program.connected)
    if all(_is_patches(graph) for graph in graphs) and plain_of(program, program.matrix(), graphs) is None:
        patches = tuple(graph.patches() for graph in graphs)
        asked = replace(program, connected=(), patches=(*program.patches, *patches))
        return contiguity.solve(asked, replace(options, start=None), progress, inner)
    return Search(program, options, progress).run()


def _is_patches(graph: Graph) -> bool:
    """Whether a demand is on the least weight of pieces alone, and a node weighs the same whatever chooses it."""
    weight = graph.weight.tocsr()
    heaviest = weight.max(axis=1).toarray().ravel()
    per_node = np.bincount(graph.incidence.tocoo().coords[0], minlength=len(graph))
    return not np.isfinite(graph.demand.most) and bool(
        np.allclose(np.asarray(weight.sum(axis=1)).ravel(), heaviest * per_node)
    )
