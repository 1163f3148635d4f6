"""How far targets fall short, relative to the target: what the shortfall objectives and limits share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.restoration.site_block import SiteBlock


def floors(block: SiteBlock) -> NDArray[np.int64]:
    """Return the targets, by number, that something must be held of: those with the sense >= or ==."""
    return np.flatnonzero(block.sites.targets.sense != "<=")


def scales(block: SiteBlock) -> NDArray[np.float64]:
    """Return what the shortfall of each target is relative to, (targets,): the target, 1 where that is 0."""
    value = np.abs(block.sites.targets.value)
    return np.where(value > 0, value, 1.0)


def least_held(block: SiteBlock) -> NDArray[np.float64]:
    """Return the least that any choice can hold of each target, (targets,): 0 where no amount is negative."""
    rows = block.sites.targets.rows
    taken = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    return np.bincount(taken, np.minimum(rows.data, 0.0), minlength=rows.shape[0]).astype(float)


def largest(block: SiteBlock) -> NDArray[np.float64]:
    """Return the largest relative shortfall that any choice can have, (targets,): 1 where no amount is negative."""
    return np.maximum((block.sites.targets.value - least_held(block)) / scales(block), 0.0)
