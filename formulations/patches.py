"""New land that must hang together (新增用地成片): a graph of cells, and the columns that change them.

Connection is a matter of paths, which rows state only by the thousand. So the Program keeps the graph, and a
method adds the separating rows that its plans violate; `Program.matrix()` knows nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Patches:
    """One quota on how new land of a group lies. Nodes are zones, by their code in the zones table.

    Attributes
    ----------
    rule, label
        `contiguity` or `minimum_patch`, and the label of the quota.
    index, node
        Columns of the Program that make a node new land of the group, (k,), and the node each makes so. At most
        one column of a node is 1.
    anchor
        Existing land of the group, (nodes,).
    area_ha
        Area of the whole zone, (nodes,).
    left, right
        Nodes that share a border, (edges,).
    least_ha
        Least area of a patch of new land, 0 for none.
    attach
        Whether every new zone is connected, through new or existing land of the group, to existing land.
    """

    rule: str
    label: Mapping[str, object]
    index: NDArray[np.int64]
    node: NDArray[np.int32]
    anchor: NDArray[np.bool_]
    area_ha: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    least_ha: float
    attach: bool

    def taken(self, place: NDArray[np.int64]) -> Patches:
        """Return the patches over other columns; `place` is the new position of each column, (columns,)."""
        return replace(self, index=place[self.index])
