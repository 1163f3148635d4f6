"""The tree of regions of a made instance: a root, middle regions where there are many leaves, and the leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAVES_WITHOUT_MIDDLE = 7
LEAVES_A_MIDDLE = 8


@dataclass(frozen=True)
class RegionTree:
    """Names of all regions, root first, their parents (index, -1 for the root) and the names of the leaves."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    leaves: tuple[str, ...]
    middle_of_leaf: np.ndarray

    def inner(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each middle region with the numbers of its leaves."""
        for middle in range(len(self.names) - 1 - len(self.leaves)):
            yield self.names[1 + middle], np.flatnonzero(self.middle_of_leaf == middle)

    def table(self) -> pd.DataFrame:
        """Return `regions`."""
        middles = len(self.names) - 1 - len(self.leaves)
        levels = ["province" if middles else "city", *["city"] * middles, *["county"] * len(self.leaves)]
        zh = {"province": "合成省", "city": "合成市", "county": "合成县"}
        return pd.DataFrame(
            {
                "region": self.names,
                "parent": ["" if parent < 0 else self.names[parent] for parent in self.parents],
                "level": levels,
                "name_zh": [f"{zh[level]}{name[1:]}" for level, name in zip(levels, self.names, strict=True)],
                "name_en": [f"Made {level} {name[1:]}" for level, name in zip(levels, self.names, strict=True)],
            }
        )


def region_tree(leaves: int) -> RegionTree:
    """Return a tree with `leaves` leaves; more than seven are held by middle regions of up to eight."""
    names = tuple(f"r{leaf + 1:04d}" for leaf in range(leaves))
    if leaves <= LEAVES_WITHOUT_MIDDLE:
        return RegionTree(("r0000", *names), (-1, *[0] * leaves), names, np.zeros(leaves, dtype=np.intp))
    middle_of_leaf = np.arange(leaves) // LEAVES_A_MIDDLE
    middles = int(middle_of_leaf[-1]) + 1
    middle_names = tuple(f"m{middle + 1:04d}" for middle in range(middles))
    parents = (-1, *[0] * middles, *(middle_of_leaf + 1).tolist())
    return RegionTree(("r0000", *middle_names, *names), parents, names, middle_of_leaf)
