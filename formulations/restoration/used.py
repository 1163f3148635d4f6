"""Which units are used for a feature whose units must hang together: the columns of `feature_contiguity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.land import codes_of
from instances.sites import EVERY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.restoration.site_block import SiteBlock

RULE = "feature_contiguity"

USED = "used"
"""Family of binaries, one a variable for each of these features, feature-major."""


def used_features(block: SiteBlock) -> NDArray[np.int64]:
    """Return the codes of the features with a target whose units must hang together, in order."""
    names = {str(record["feature"]) for record in block.records(RULE)}
    if not names:
        return np.zeros(0, dtype=np.int64)
    features, targeted = block.sites.features["feature"], np.unique(block.sites.targets.feature)
    if EVERY in names or "" in names:
        return targeted
    named = codes_of(features[features.isin(names)], features)
    return np.intersect1d(targeted, named)
