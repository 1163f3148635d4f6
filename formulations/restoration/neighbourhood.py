"""Which units and variables are neighbours: what neighbour counts, contiguity and connectivity share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.sites import Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

ADJACENCY = "adjacency"
"""Layer of neighbours where a line names none: 1 for each shared border."""


def once(pairs: Pairs) -> Pairs:
    """Return each pair of units once, the lower code first; the first value that is stated counts."""
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    key = low.astype(np.int64) * (int(high.max(initial=0)) + 1) + high
    _, first = np.unique(key, return_index=True)
    return Pairs(low[first], high[first], pairs.value[first])


def edges(block: SiteBlock, record: Record) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the neighbours by the layer of a line, each pair once; pairs of value 0 are none."""
    pairs = once(block.sites.connectivity(layer_of(record)))
    real = (pairs.left != pairs.right) & (pairs.value != 0)
    return pairs.left[real], pairs.right[real]


def layer_of(record: Record) -> str:
    """Return the layer of neighbours that a line names."""
    return str(record["layer"]) or ADJACENCY
