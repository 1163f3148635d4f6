r"""Connections 连通: buses that must hang together through what is there and what is built.

.. math::

    \sum_{a \in \delta^-(v)} x^t_{a,p} - \sum_{a \in \delta^+(v)} x^t_{a,p} = j_{t,p}\,[v = t] \quad (v \ne r), \qquad
    0 \le x^t_{a,p} \le y_{a,p}, \qquad y_{ij,p} + y_{ji,p} \le u_{k,1,p}

Buses that existing lines and links join are one node v; r is the node of the connection's first bus. :math:`j` is 1
where terminal t belongs to the connection in stage p, and then one unit :math:`x^t` runs from r to t over directed
candidates a, which the tree takes as :math:`y`; :math:`u` first circuit of candidate k. Only :math:`u` is whole: where
it is, some unit reaches every terminal, and the tree is there. The relaxation is as strong as all cuts of directed
edges between r and a terminal (Wong 1984). A connection is about what is built, whatever flows there. The
multiplier of a terminal's row is what joining it costs in the relaxation; zero: the others' tree reaches it anyway.

Source: Wong (1984), A dual ascent approach for Steiner tree problems on a directed graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from formulations.energy.dispatch import names
from instances.network.connections import Connections

if TYPE_CHECKING:
    from formulations.energy.dc_candidates import Circuits
    from formulations.energy.template import Template

Arc = tuple[str, str, str]
"""Connection, candidate, and `>` along its direction or `<` against it."""


def add_connections(template: Template, circuits: Circuits | None) -> None:
    """Add what joins the buses of each connection."""
    connections = Connections.of(template.calendar.network)
    if not connections.wanted:
        return
    ends = _ends(template, connections)
    heads = {one.name: connections.named[one.groups[0]] for one in connections.wanted}
    goals = {
        (one.name, bus): connections.named[group]
        for one in connections.wanted
        for bus, group in zip(one.buses[1:], one.groups[1:], strict=True)
    }
    arcs = tuple((name, *arc) for name in heads for arc in ends if ends[arc][1] != heads[name])
    units = tuple((*goal, *arc[1:]) for goal in goals for arc in arcs if _serves(goal, arc, goals[goal], ends))
    joined = _joined(template, connections)
    tree = template.columns("stage", "connection_tree", arcs, "1", 0.0, 1.0)
    unit = template.columns("stage", "connection_unit", units, "1", 0.0, joined(units))
    template.rows("stage", "connection_link", units, "1", lambda one: unit[one] <= tree[one[0], one[2], one[3]])
    if circuits is not None:
        _built(template, circuits, [(name, one) for name in heads for one, way in ends if way == ">"], tree)
    at: dict[tuple[str, str, str], list[Any]] = {(*goal, there): [] for goal, there in goals.items()}
    for one in units:
        for place, sign in zip(ends[one[2], one[3]], (-1.0, 1.0), strict=True):
            at.setdefault((one[0], one[1], place), []).append(sign * unit[one])
    arrives = template.stand_in("stage", "joined", tuple(goals), constant=joined(tuple(goals)))

    def row(place: tuple[str, str, str]) -> Any:
        return pyo.quicksum(at[place]) == (arrives[place[:2]] if goals[place[:2]] == place[2] else 0.0)

    template.rows("stage", "connection", [place for place in at if place[2] != heads[place[0]]], "1", row)


def _ends(template: Template, connections: Connections) -> dict[tuple[str, str], tuple[str, str]]:
    """Return from where to where each candidate leads, along its direction and against it."""
    named = names(template.calendar.network["candidates"], "candidate")
    ends: dict[tuple[str, str], tuple[str, str]] = {}
    for k, start, end in zip(connections.candidate, connections.start, connections.end, strict=True):
        one, two = connections.named[start], connections.named[end]
        ends[named[k], ">"], ends[named[k], "<"] = (one, two), (two, one)
    return ends


def _serves(goal: tuple[str, str], arc: Arc, there: str, ends: dict[tuple[str, str], tuple[str, str]]) -> bool:
    """Tell whether a unit may take an arc: one of its connection that does not lead away from its goal."""
    return goal[0] == arc[0] and ends[arc[1:]][0] != there


def _joined(template: Template, connections: Connections) -> Any:
    """Return a function from units or terminals to whether each belongs to its connection, (stages, members)."""
    belongs = {
        (one.name, bus): column
        for one in connections.wanted
        for bus, column in zip(one.buses, one.joined(template.calendar.network.stage_years).T, strict=True)
    }
    stages = template.calendar.stages
    return lambda members: np.array([belongs[one[:2]] for one in members], dtype=float).reshape(len(members), stages).T


def _built(template: Template, circuits: Circuits, pairs: list[tuple[str, str]], tree: Any) -> None:
    """Add rows: the tree takes a candidate in one direction, and only where it is built."""
    built = circuits.built["stage"]

    def row(pair: tuple[str, str]) -> Any:
        taken = [tree[*pair, way] for way in "><" if (*pair, way) in tree]
        return pyo.quicksum(taken) <= built[pair[1], 1]

    template.rows("stage", "connection_built", pairs, "1", row)
