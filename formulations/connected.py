"""Chosen nodes that hang together (连通约束): a graph, and the columns that choose its nodes.

Connection is a matter of paths, which rows state only by the thousand. So the Program keeps the graph, and a method
adds the separating rows that its plans violate; `Program.matrix()` knows nothing of them. For small graphs
`formulations.flow.flow_rows` states them exactly as a flow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Kind = Literal["pieces", "areas"]


@dataclass(frozen=True)
class Connected:
    r"""One demand on the connected pieces of the chosen nodes.

    A node is chosen where one of its columns is 1; at most one of them is. The chosen nodes and the edges between them
    fall into connected pieces :math:`P`, each of weight :math:`w(P) = \sum_{k \in P} w_k u_k`.

    - `pieces`: there are at most `most` pieces, and each has :math:`w(P) \ge` `least`.
    - `areas`: at least `count` pieces have :math:`w(P) \ge` `least`.

    Attributes
    ----------
    rule, label
        Rule that asks for it, and the label of its record: `id`, and what else applies.
    kind
        `pieces` or `areas`.
    n_nodes
        Number of nodes, chosen ones and others.
    index, node
        Columns of the Program that choose a node, (k,), and the node each chooses.
    weight
        What each column adds to the weight of its piece, (k,), not negative.
    left, right
        Nodes joined by an edge, (edges,).
    most
        Greatest number of pieces, infinite where any number may be; counts for `pieces`.
    least
        Least weight of a piece; 0 asks nothing for `pieces`.
    count
        Least number of pieces, for `areas`.

    | rule | kind | columns | most | least | count |
    |---|---|---|---|---|---|
    | contiguity | pieces | units in the management zones | 1 | 0 | 0 |
    | feature_contiguity | pieces | `used` columns of a feature | 1 | 0 | 0 |
    | maximum_reserves | pieces | units | value | 0 | 0 |
    | minimum_reserve | pieces | units | infinite | value | 0 |
    | separate_areas | areas | units | infinite | share of the target | value |
    """

    rule: str
    label: Mapping[str, object]
    kind: Kind
    n_nodes: int
    index: NDArray[np.int64]
    node: NDArray[np.int32]
    weight: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    most: float = np.inf
    least: float = 0.0
    count: int = 0

    def chosen(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether values of all columns choose each node, (nodes,)."""
        return np.bincount(self.node, values[self.index], minlength=self.n_nodes) > 0.5

    def taken(self, place: NDArray[np.int64]) -> Connected:
        """Return the same over other columns; `place` is the new position of each column, (columns,)."""
        return replace(self, index=place[self.index])
