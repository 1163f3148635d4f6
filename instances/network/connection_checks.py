"""Checks of connections: each joins something, and what may be built can join it in time.

连通要求检查。
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from instances.faults import Fault
from instances.network.connections import Connections
from instances.places import line_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from instances.network.connections import Connection
    from instances.network.network import Network


def connection_faults(folder: Path, network: Network) -> Iterator[Fault]:
    """Return connections of one bus alone, and those that cannot hang together; one message a connection."""
    place, table = place_of(folder, "network", "connections"), network["connections"]
    if table.empty:
        return
    size = table.groupby(table["connection"].astype(str), sort=False)["bus"].nunique()
    for name in size.index[size < 2]:
        row = int(np.flatnonzero(table["connection"].astype(str) == name)[0])
        yield Fault(place, f"connection {name} names one bus alone", "add a bus", line_of(place, row), "bus")
    connections = Connections.of(network)
    for one in connections.wanted:
        for stage, year in enumerate(network.stage_years):
            if apart := _apart(network, connections, one, stage):
                when = f" by {year}" if year else ""
                message = f"connection {one.name}: nothing leads from bus {one.buses[0]} to bus {apart}{when}"
                yield Fault(place, message, "add a line, link or candidate between them", column="bus")
                break


def _apart(network: Network, connections: Connections, one: Connection, stage: int) -> str:
    """Return the first bus that cannot be joined with the head of a connection in a stage; empty if all can."""
    first = network["candidates"]["first_year"].to_numpy()[connections.candidate]
    open_ = (first <= network.stage_years[stage]) | (len(network.stage_years) == 1)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_node(int(one.groups[0]))
    graph.add_edges_from(zip(connections.start[open_].tolist(), connections.end[open_].tolist(), strict=True))
    reached = nx.node_connected_component(graph, int(one.groups[0]))
    joined = one.joined(network.stage_years)[stage]
    return next((bus for bus, group, here in zip(one.buses, one.groups.tolist(), joined, strict=True)
                 if here and group not in reached), "")  # fmt: skip
