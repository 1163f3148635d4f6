r"""Circuits that may be built 直流潮流与候选线路（析取约束）: the law holds for a circuit once it is there.

.. math::

    f_{l,t} = n_l B_l (\theta_i - \theta_j), \qquad
    |f_{k,c,t} - B_k (\theta_i - \theta_j)| \le M_k (1 - u_{k,c,p}), \qquad |f_{k,c,t}| \le F_k u_{k,c,p},
    \qquad u_{k,c+1} \le u_{k,c}

:math:`\theta` (rad) angle by bus and snapshot, :math:`f` (MW), :math:`B = V^2/x` (MW per radian), :math:`u` binary:
circuit c of candidate k stands in stage p; parallel circuits are alike, so they come in order. :math:`M_k = B_k D_k`
with :math:`D_k` the widest angle between its ends that any built network allows: the shortest path over lines that
exist, each as long as its limit over its susceptance; where none joins the ends, the widest angles within every part
of the existing network plus the widest candidates that join parts (`widest_angles`). Candidates without reactance,
and all in the transport model, carry what is sent. Sending may cost money per MWh. Circuits with resistance lose with
the square of their flow as well (`losses`). Multipliers are those of the relaxation, with shares of circuits: that of a
limit is what a further MW of the circuit would save, that of the law what dividing by reactance costs; zero: neither is
in the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import scipy.sparse as sp
from scipy.sparse import csgraph

from formulations.energy.dispatch import names, numbers, operating_cost
from formulations.energy.losses import Resistive, add_losses, add_tangents
from formulations.energy.template import Means
from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.energy.balance import Terminals
    from formulations.energy.template import Template
    from formulations.energy.transport import Flows
    from instances.network import Network

CIRCUITS = "candidate_circuits"

Circuit = tuple[str, int]


@dataclass(frozen=True)
class Circuits:
    """Every circuit that may be built: name and number, row of its candidate, and its flow."""

    members: tuple[Circuit, ...]
    candidate: NDArray[np.int64]
    built: dict[str, Any]
    """Whether each stands so far, by scope."""
    net: dict[Circuit, Any]


def add_circuits(template: Template, terminals: Terminals) -> Circuits | None:
    """Add circuits, their order and their flows; None without candidates."""
    network, calendar = template.calendar.network, template.calendar
    table = network["candidates"]
    count = table["max_additions"].to_numpy(dtype=np.int64)
    if not count.sum():
        return None
    candidate = np.repeat(np.arange(len(table)), count)
    named = names(table, "candidate")
    number = np.concatenate([np.arange(1, most + 1) for most in count])
    members = tuple((named[k], int(c)) for k, c in zip(candidate, number, strict=True))
    years = np.array(network.stage_years)[:, None]
    allowed = years >= table["first_year"].to_numpy()[candidate]
    if calendar.stages == 1:
        allowed = np.ones_like(allowed)
    cost = {"cost": numbers(table, "cost")[candidate]}
    added = template.columns("stage", CIRCUITS, members, "1", 0.0, allowed, integer=True, cost=cost)
    built = {
        scope: template.stand_in(scope, f"circuit_stands_{scope}", members, Means(added, calendar.so_far(scope)))
        for scope in ("stage", "hour")
    }
    _order(template, members, built["stage"])
    net = _flows(template, terminals, members, candidate, built["hour"])
    return Circuits(members, candidate, built, net)


def _order(template: Template, members: tuple[Circuit, ...], built: Any) -> None:
    """Build parallel circuits one after another, each once."""
    later = [(name, c) for name, c in members if c > 1]
    if later:
        template.rows("stage", "circuit_order", later, "1", lambda one: built[one] <= built[one[0], one[1] - 1])
    if template.calendar.stages > 1:
        template.rows("stage", "circuit_once", members, "1", lambda one: built[one] <= 1)


def _flows(
    template: Template,
    terminals: Terminals,
    members: tuple[Circuit, ...],
    candidate: NDArray[np.int64],
    built: Any,
) -> dict[Circuit, Any]:
    """Add the flow of each circuit, in two directions where energy is lost or sending it costs."""
    table = template.calendar.network["candidates"].iloc[candidate]
    limit, loss = numbers(table, "capacity_mw"), numbers(table, "loss_share")
    most = dict(zip(members, limit.tolist(), strict=True))
    ends = names(table, "from_bus"), names(table, "to_bus")
    price = numbers(table, "marginal_cost")
    split = (loss > 0) | (price > 0)
    net: dict[Circuit, Any] = {}
    resistive = _resistive(template, members, candidate)
    lost = add_losses(template, terminals, resistive)
    for name, chosen, directions in (
        ("candidate_flow", ~split, (1,)),
        ("candidate_flow_forward", split, (1,)),
        ("candidate_flow_backward", split, (-1,)),
    ):
        places = np.flatnonzero(chosen)
        if not len(places):
            continue
        some = tuple(members[k] for k in places)
        lower = -limit[places] if name == "candidate_flow" else 0.0
        cost = {"cost": operating_cost(template, price[places])} if price[places].any() else None
        flow = template.columns("hour", name, some, "MW", lower, limit[places], cost=cost)
        start, end = ends if directions == (1,) else ends[::-1]
        terminals.connect([start[k] for k in places], flow.values(), np.full(len(places), -1.0))
        terminals.connect([end[k] for k in places], flow.values(), 1.0 - loss[places])

        def within(one: Circuit, f: Any, sign: float) -> Any:
            return sign * f[one] + lost.get(one, 0.0) <= most[one] * built[one]

        template.rows("hour", name + "_most", some, "MW", partial(within, f=flow, sign=1.0))
        if name == "candidate_flow":
            template.rows("hour", name + "_least", some, "MW", partial(within, f=flow, sign=-1.0))
        for one in some:
            net[one] = net.get(one, 0.0) + directions[0] * flow[one]
    add_tangents(template, resistive, lost, net, built)
    return net


def _resistive(template: Template, members: tuple[Circuit, ...], candidate: NDArray[np.int64]) -> Resistive:
    network = template.calendar.network
    curve, table = network.loss_curve("candidates")[candidate], network["candidates"].iloc[candidate]
    some = np.flatnonzero(curve > 0)
    start, end = names(table, "from_bus"), names(table, "to_bus")
    ends = [start[k] for k in some], [end[k] for k in some]
    return Resistive(
        "candidate", tuple(members[k] for k in some), ends, curve[some], numbers(table, "capacity_mw")[some]
    )


def add_angles(
    template: Template, flows: Flows, circuits: Circuits, lines: NDArray[np.int64], alternating: NDArray[np.bool_]
) -> None:
    """Add angles, the law for lines (by place) that candidates may join, and that for circuits with reactance.

    `alternating` tells the candidates that have one, (candidates,).
    """
    network = template.calendar.network
    width = widest_angles(network, lines, alternating)
    buses, limits = _angle_limits(network, lines, alternating, width)
    angle = template.columns("hour", "angle", buses, "rad", -limits, limits)
    table = network["lines"].iloc[lines]
    stiff = network.susceptance("lines")[lines] * numbers(table, "circuits")
    of_line = {
        name: (start, end, float(b))
        for name, start, end, b in zip(
            names(table, "line"), names(table, "from_bus"), names(table, "to_bus"), stiff, strict=True
        )
    }

    def line_law(name: str) -> Any:
        start, end, b = of_line[name]
        return flows.net[name] == b * (angle[start] - angle[end])

    if of_line:
        template.rows("hour", "line_law", tuple(of_line), "MW", line_law)
    candidates, stiffness = network["candidates"], network.susceptance("candidates")
    start, end = names(candidates, "from_bus"), names(candidates, "to_bus")
    own = {
        one: (start[k], end[k], float(stiffness[k]), float(stiffness[k] * width[k]))
        for one, k in zip(circuits.members, circuits.candidate, strict=True)
        if alternating[k]
    }
    built = circuits.built["hour"]

    def apart(one: Circuit) -> tuple[Any, Any]:
        i, j, b, most = own[one]
        return circuits.net[one] - b * (angle[i] - angle[j]), most * (1 - built[one])

    def above(one: Circuit) -> Any:
        return apart(one)[0] <= apart(one)[1]

    def below(one: Circuit) -> Any:
        return apart(one)[0] >= -apart(one)[1]

    template.rows("hour", "candidate_law_most", tuple(own), "MW", above)
    template.rows("hour", "candidate_law_least", tuple(own), "MW", below)


def widest_angles(network: Network, lines: NDArray[np.int64], alternating: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the widest angle between the ends of each candidate, rad, (candidates,).

    A path of a built network between its ends bounds the angle. Where existing lines do not join them it passes each
    part of the existing network once at most. Parts that no circuit joins are free to turn against each other.

    Raises InstanceError where a line whose capacity is chosen has no limit, so that none can be told.
    """
    table, candidates = network["lines"].iloc[lines], network["candidates"]
    capacity = np.where(table["extendable"] == 1, table["maximum_mw"], table["capacity_mw"]).astype(float)
    if np.isinf(capacity).any():
        unlimited = ", ".join(names(table[np.isinf(capacity)], "line")[:3])
        hint = "state maximum_mw: the law for candidates beside it needs a limit"
        raise InstanceError([Fault("network/lines", f"no greatest capacity: {unlimited}", hint, column="maximum_mw")])
    wide = capacity * numbers(table, "maximum_share") / network.susceptance("lines")[lines]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(network.n_buses))
    for i, j, length in zip(
        network.bus_codes(table["from_bus"]), network.bus_codes(table["to_bus"]), wide, strict=True
    ):
        if not graph.has_edge(i, j) or graph.edges[i, j]["length"] > length:
            graph.add_edge(int(i), int(j), length=float(length))
    between = _paths(graph)
    part = np.empty(network.n_buses, dtype=np.int64)
    for number, of_part in enumerate(nx.connected_components(graph)):
        part[list(of_part)] = number
    stiffness = network.susceptance("candidates")
    start, end = network.bus_codes(candidates["from_bus"]), network.bus_codes(candidates["to_bus"])
    own = np.divide(numbers(candidates, "capacity_mw"), stiffness, out=np.zeros(len(candidates)), where=stiffness > 0)
    across = _across(between, part, part[start], part[end], np.where(alternating, own, 0.0))
    joined = between[start, end]
    return np.where(np.isfinite(joined), joined, across[part[start]])


def _paths(graph: nx.Graph) -> NDArray[np.float64]:
    """Return the length of the shortest path between all nodes, infinite where there is none."""
    count = graph.number_of_nodes()
    rows = np.array([i for i, _ in graph.edges], dtype=np.int64)
    columns = np.array([j for _, j in graph.edges], dtype=np.int64)
    lengths = np.array([float(graph.edges[edge]["length"]) for edge in graph.edges])
    matrix: sp.csr_array[np.float64] = sp.csr_array((lengths, (rows, columns)), shape=(count, count))
    return np.asarray(csgraph.dijkstra(matrix, directed=False))


def _across(
    between: NDArray[np.float64],
    part: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    own: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return by part of the existing network the widest angle over any way through parts that candidates join."""
    count = int(part.max()) + 1
    inside = np.zeros(count)
    finite = np.where(np.isfinite(between), between, 0.0)
    np.maximum.at(inside, part, finite.max(axis=1))
    joins: nx.Graph[int] = nx.Graph()
    joins.add_nodes_from(range(count))
    for i, j, length in zip(start.tolist(), end.tolist(), own.tolist(), strict=True):
        if i != j and length > 0 and (not joins.has_edge(i, j) or joins.edges[i, j]["length"] < length):
            joins.add_edge(i, j, length=length)
    across = np.zeros(count)
    for group in nx.connected_components(joins):
        places = list(group)
        lengths = sorted((data["length"] for *_, data in joins.subgraph(group).edges(data=True)), reverse=True)
        across[places] = inside[places].sum() + sum(lengths[: len(places) - 1])
    return across


def _angle_limits(
    network: Network, lines: NDArray[np.int64], alternating: NDArray[np.bool_], width: NDArray[np.float64]
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the buses that have an angle and its limit: 0 at one bus of each group that circuits may join."""
    table, candidates = network["lines"].iloc[lines], network["candidates"][alternating]
    graph: nx.Graph[str] = nx.Graph()
    for frame in (table, candidates):
        graph.add_edges_from(zip(names(frame, "from_bus"), names(frame, "to_bus"), strict=True))
    total = float(width[alternating].sum()) + float(
        np.sum(
            numbers(table, "maximum_share")
            * np.where(table["extendable"] == 1, table["maximum_mw"], table["capacity_mw"])
            / network.susceptance("lines")[lines]
        )
    )
    limits = dict.fromkeys(graph.nodes, total)
    for group in nx.connected_components(graph):
        limits[min(group)] = 0.0
    return tuple(limits), np.array(list(limits.values()))
