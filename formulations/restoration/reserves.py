"""Connected pieces of the chosen units, as the Program keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.connected import Connected
from formulations.restoration.lines import label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.restoration.graphs import Graph
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock


def pieces(
    block: SiteBlock,
    record: Record,
    graph: Graph,
    most: float = np.inf,
    least: float = 0.0,
    weight: NDArray[np.float64] | None = None,
) -> Connected:
    """Return a graph with limits on number and weight of its connected pieces.

    `weight` is (variables,). Raises InstanceError where shares of units are decided.
    """
    block.require_whole(record)
    return Connected(
        rule=str(record["rule"]),
        label=label(record),
        kind="pieces",
        n_nodes=graph.n_nodes,
        index=block.column[graph.variable].astype(np.int64),
        node=graph.node,
        weight=np.ones(len(graph.variable)) if weight is None else weight[graph.variable],
        left=graph.left,
        right=graph.right,
        most=most,
        least=least,
    )
