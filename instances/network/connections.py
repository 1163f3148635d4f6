"""Connections: buses that must hang together through what is there and what is built, as a graph of groups of buses.

连通要求。Buses that lines and links join already are one group; candidates lead from group to group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from instances.network.network import Network


@dataclass(frozen=True)
class Connection:
    """Groups of buses that must hang together, each from a year on.

    Attributes
    ----------
    name
        As in table `connections`.
    groups
        Groups to be joined, each once, that which belongs to it first at the head, (terminals,).
    buses
        A bus of each, for its name, (terminals,).
    first_year
        End year of the first period in which each belongs to it; 0 = from the first, (terminals,).
    """

    name: str
    groups: NDArray[np.int64]
    buses: tuple[str, ...]
    first_year: NDArray[np.int64]

    def joined(self, years: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return whether each terminal belongs to it in each stage, (stages, terminals)."""
        return np.array(years)[:, None] >= self.first_year


@dataclass(frozen=True)
class Connections:
    """Every connection of a network, and the graph that candidates may join them by.

    Attributes
    ----------
    wanted
        Connections of two groups and more; what lines and links join already asks for nothing.
    group
        Group of each bus, (buses,).
    named
        First bus of each group, for its name, (groups,).
    candidate
        Row of each candidate that leads from one group to another and may be built, (edges,).
    start, end
        Groups at its ends, (edges,).
    """

    wanted: tuple[Connection, ...]
    group: NDArray[np.int64]
    named: tuple[str, ...]
    candidate: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, network: Network) -> Connections:
        """Read the connections of a network."""
        group = _groups(network)
        candidates = network["candidates"]
        ends = [group[network.bus_codes(candidates[name])] for name in ("from_bus", "to_bus")]
        open_ = np.flatnonzero((candidates["max_additions"].to_numpy() > 0) & (ends[0] != ends[1]))
        wanted = tuple(one for one in _read(network, group) if len(one.groups) > 1)
        first = np.unique(group, return_index=True)[1]
        named = tuple(network["buses"]["bus"].astype(str).iloc[first])
        return cls(wanted, group, named, open_, ends[0][open_], ends[1][open_])


def _groups(network: Network) -> NDArray[np.int64]:
    """Return the group of each bus: those joined by lines and links whose least capacity is above zero."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(network.n_buses))
    for name in ("lines", "links"):
        frame = network[name]
        least = np.where(frame["extendable"] == 1, frame["minimum_mw"], frame["capacity_mw"]).astype(float)
        there = least * (frame["circuits"].to_numpy(dtype=float) if name == "lines" else 1.0) > 0
        ends = (network.bus_codes(frame[column])[there].tolist() for column in ("from_bus", "to_bus"))
        graph.add_edges_from(zip(*ends, strict=True))
    group = np.empty(network.n_buses, dtype=np.int64)
    for number, members in enumerate(nx.connected_components(graph)):
        group[list(members)] = number
    return group


def _read(network: Network, group: NDArray[np.int64]) -> Iterator[Connection]:
    """Return each connection with the groups of its buses, the earliest year of each."""
    table = network["connections"]
    of_bus = group[network.bus_codes(table["bus"])]
    years, names = table["first_year"].to_numpy(dtype=np.int64), table["bus"].astype(str).to_numpy(dtype=object)
    of_row = table["connection"].astype(str).to_numpy(dtype=object)
    for name in dict.fromkeys(of_row):
        rows = np.flatnonzero(of_row == name)
        rows = rows[np.argsort(years[rows], kind="stable")]
        once = rows[np.sort(np.unique(of_bus[rows], return_index=True)[1])]
        yield Connection(name, of_bus[once], tuple(names[once].tolist()), years[once])
