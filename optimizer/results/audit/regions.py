"""The administrative tree (行政区层级), numbered so that the regions below one another follow each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from optimizer.results.audit.files import Names, RawTable


@dataclass(frozen=True)
class Regions:
    """Regions in depth-first order: the subtree of code g is the codes g .. end[g] - 1; the root has code 0."""

    names: Names
    parent: np.ndarray
    end: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def subtree(self, region: int) -> slice:
        """Return the codes of a region and everything below it."""
        return slice(region, int(self.end[region]))

    def children(self, region: int) -> np.ndarray:
        """Return the codes directly below a region."""
        return np.flatnonzero(self.parent == region)


def read_regions(table: RawTable) -> Regions:
    """Read the tree and number it depth first; more than one root, or a circle, is refused.

    Raises AuditInputError for these.
    """
    names, parents = table.text("region"), table.text("parent", "")
    if len(set(names)) != len(names):
        raise table.error("column region names something twice")
    below: dict[str, list[str]] = {}
    for name, over in zip(names, parents, strict=True):
        below.setdefault(over, []).append(name)
    if len(below.get("", ())) != 1:
        raise table.error("exactly one region without a parent is needed")
    order: list[str] = []
    stack = list(below[""])
    while stack:
        order.append(stack.pop())
        stack.extend(reversed(below.get(order[-1], [])))
    if len(order) != len(names):
        raise table.error(f"region {sorted(set(names) - set(order))[0]!r} does not hang under the root")
    place = {name: code for code, name in enumerate(order)}
    above = dict(zip(names, parents, strict=True))
    parent = np.array([place.get(above[name], -1) for name in order])
    size = np.ones(len(order), dtype=np.int64)
    for code in range(len(order) - 1, 0, -1):
        size[parent[code]] += size[code]
    return Regions(Names(pa.array(order, pa.string())), parent, np.arange(len(order)) + size)
