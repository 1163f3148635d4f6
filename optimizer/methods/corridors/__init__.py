"""Corridors between core areas: exact trees over subsets, separators by maximum flow, branch and cut. 生态廊道."""

from __future__ import annotations

from optimizer.methods.corridors.build import Network
from optimizer.methods.corridors.engine import CorridorResult, budgeted, networks, steiner
from optimizer.methods.corridors.graph import (
    BudgetTooSmallError,
    CorridorError,
    DisconnectedCoresError,
    NodeGraph,
    node_graph,
)
from optimizer.methods.corridors.raster import discs, resistance_graph, step_graph

__all__ = [
    "BudgetTooSmallError",
    "CorridorError",
    "CorridorResult",
    "DisconnectedCoresError",
    "Network",
    "NodeGraph",
    "budgeted",
    "discs",
    "networks",
    "node_graph",
    "resistance_graph",
    "steiner",
    "step_graph",
]
