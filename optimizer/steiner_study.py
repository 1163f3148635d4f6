"""Trees that connect buses at least cost (斯坦纳树), where nothing else in the study asks for or costs anything.

Candidates become nodes that are bought, and the engine for corridors finds the tree: by recursion over sets of
terminals, or by dual ascent and branch and cut. A study is of this kind if, connections left aside, building nothing is
feasible and costs nothing, and any first circuits may be added at their own cost alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.energy.assemble import assemble_network
from formulations.energy.dc_candidates import CIRCUITS
from formulations.energy.template import ENERGY
from instances.network.connections import Connections
from optimizer.methods.corridors import Network as Tree
from optimizer.methods.corridors import networks, node_graph, steiner
from optimizer.results.solution import LEAST_BASE, Solution, Termination, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from instances.instance import Instance
    from instances.network import Network
    from optimizer.methods.corridors import CorridorResult
    from optimizer.results.solution import SolveOptions

NAME = "steiner"
BOUND_BY = {"dynamic programming": "recursion", "branch and cut": "separators"}
REASON = {
    "zh": "斯坦纳树：按端点子集递推，或以分离割分支定界",
    "en": "a tree of least cost: recursion over sets of terminals, or branch and cut with separators",
}
ROUND_OFF = 1e-9


def tree_program(instance: Instance, method: str) -> Program | None:
    """Return the Program of a study without its connections, if its trees are all that it asks for; otherwise None.

    `method` must be left open.
    """
    network = instance.require_network()
    if network["connections"].empty or method != "auto" or len(network.stage_years) > 1:
        return None
    tables = {**network.tables, "connections": network["connections"].iloc[:0]}
    program = assemble_network(replace(instance, network=replace(network, tables=tables)))
    return program if _is_free(program) else None


def _is_free(program: Program) -> bool:
    """Whether nothing costs below zero, and zeros with any choice of first circuits keep every row and limit."""
    first = _first_circuits(program)
    matrix = program.matrix()
    if first is None or (matrix.cost < 0).any() or (matrix.lower > 0).any() or (matrix.upper < 0).any():
        return False
    least, most = (sided[:, first].sum(axis=1) for sided in (matrix.rows.minimum(0.0), matrix.rows.maximum(0.0)))
    scale = ROUND_OFF * (1.0 + abs(matrix.rows).max(axis=1).toarray().ravel())
    kept = (matrix.row_lower - scale <= np.asarray(least).ravel()) & (
        np.asarray(most).ravel() <= matrix.row_upper + scale
    )
    return bool(kept.all() and (matrix.upper[first] >= 1).all())


def _first_circuits(program: Program) -> NDArray[np.int64] | None:
    """Return the column of the first circuit of each candidate that has one, in order; None without candidates."""
    family = next((one for one in program.columns if one.family == ENERGY + CIRCUITS), None)
    if family is None:
        return None
    number = family.labels["name"].str.rsplit(" ", n=1).str[1].to_numpy()
    return program.offsets[family.family] + np.flatnonzero(number == "1")


def solve_trees(network: Network, program: Program, options: SolveOptions) -> Solution:
    """Choose circuits that connect what must hang together, with a bound; `program` is that of `tree_program`.

    Raises DisconnectedCoresError where candidates cannot connect a connection.
    """
    connections = Connections.of(network)
    first = _first_circuits(program)
    assert first is not None
    offered = np.flatnonzero(network["candidates"]["max_additions"].to_numpy() > 0)
    column = first[np.searchsorted(offered, connections.candidate)]
    shares = np.zeros(program.n_columns)
    bound, by = 0.0, "recursion"
    if connections.wanted:
        result = _tree(connections, program.cost[column], options)
        if result is None:
            return Solution(Termination.TIME_LIMIT, NAME)
        groups = len(connections.named)
        shares[column[result.nodes[result.nodes >= groups] - groups]] = 1.0
        bound, by = result.bound, BOUND_BY[result.method]
    objective = float(program.cost @ shares)
    base = max(abs(objective), LEAST_BASE)
    ended = Termination.GAP_PROVEN if within(objective, bound, options.gap, base) else Termination.TIME_LIMIT
    return Solution(ended, NAME, shares, objective, min(bound, objective), by, base)


def _tree(connections: Connections, price: NDArray[np.float64], options: SolveOptions) -> CorridorResult | None:
    """Return the nodes of least price that connect: groups of buses, which cost nothing, then candidates (edges,)."""
    groups = len(connections.named)
    edge = groups + np.arange(len(price))
    graph = node_graph(
        np.concatenate([np.zeros(groups), price]),
        np.concatenate([connections.start, connections.end]),
        np.concatenate([edge, edge]),
    )
    trees = [Tree(one.name, [np.array([group]) for group in one.groups]) for one in connections.wanted]
    if len(trees) == 1:
        return steiner(graph, trees[0].cores, None, options.gap, options.time_limit_s)
    return networks(graph, trees, options.gap, options.time_limit_s)
