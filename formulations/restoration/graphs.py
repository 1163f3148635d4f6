"""Graphs of the chosen units: what contiguity, reserves and separate areas share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from formulations.restoration.lines import in_zones
from formulations.restoration.neighbourhood import edges, layer_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock


@dataclass(frozen=True)
class Graph:
    """Variables that choose nodes, (k,), the node of each, and edges between nodes."""

    variable: NDArray[np.int64]
    node: NDArray[np.int32]
    n_nodes: int
    left: NDArray[np.int32]
    right: NDArray[np.int32]


def graphs(block: SiteBlock, record: Record) -> list[Graph]:
    """Return the graphs that a line speaks of: one for each set of management zones that may hang together.

    Management zones that `zone_pairs` of the layer ties together, directly or through others, are one set; by default
    each is its own. Where any two management zones of a set are tied, the nodes are units; otherwise they are
    variables, so that a unit connects only what it may.
    """
    sites = block.sites
    inside = np.flatnonzero(in_zones(block, record)[: sites.n_zones])
    tied = sites.zone_weights(layer_of(record)) != 0
    tied = tied | tied.T
    left, right = edges(block, record)
    links = nx.from_numpy_array(tied[np.ix_(inside, inside)])
    found = []
    for part in sorted(map(sorted, nx.connected_components(links))):
        zones = inside[part]
        among = tied[np.ix_(zones, zones)]
        graph = _of_units(block, zones, left, right) if among.all() else _of_variables(block, zones, among, left, right)
        found.append(graph)
    return found


def union(parts: list[Graph]) -> Graph:
    """Return graphs side by side as one, without an edge between them."""
    starts = np.cumsum([0, *(part.n_nodes for part in parts)]).astype(np.int32)
    return Graph(
        variable=np.concatenate([part.variable for part in parts]),
        node=np.concatenate([part.node + start for part, start in zip(parts, starts, strict=False)]),
        n_nodes=int(starts[-1]),
        left=np.concatenate([part.left + start for part, start in zip(parts, starts, strict=False)]),
        right=np.concatenate([part.right + start for part, start in zip(parts, starts, strict=False)]),
    )


def _of_units(block: SiteBlock, zones: NDArray[np.int64], left: NDArray[np.int32], right: NDArray[np.int32]) -> Graph:
    units = np.arange(block.sites.n_units)
    variable = (units[:, None] * block.sites.n_zones + zones).ravel()
    return Graph(variable, np.repeat(units, len(zones)).astype(np.int32), len(units), left, right)


def _of_variables(
    block: SiteBlock,
    zones: NDArray[np.int64],
    among: NDArray[np.bool_],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
) -> Graph:
    units, size = np.arange(block.sites.n_units), len(zones)
    variable = (units[:, None] * block.sites.n_zones + zones).ravel()
    first, second = np.nonzero(among)
    ends = [(side[:, None] * size + zone).ravel().astype(np.int32) for side, zone in ((left, first), (right, second))]
    return Graph(variable, np.arange(len(variable), dtype=np.int32), len(variable), ends[0], ends[1])
