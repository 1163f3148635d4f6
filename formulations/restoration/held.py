r"""What the chosen units hold towards targets: the left side of all rows about targets.

.. math:: h_t = \sum_{i,z} r_{t,i,z}\, x_{i,z}

r is what a unit holds in a management zone that counts for target t. Where the units of a feature must hang together
(`feature_contiguity`), only those count for what must be held at least that are used for it: u instead of x,
:math:`u \le x`. What must not be exceeded counts all that is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.restoration.used import USED, used_features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.program import Quota
    from formulations.restoration.site_block import SiteBlock

UNIT = "amount"
"""Unit of rows about targets: that of each feature's amounts."""


def held_rows(
    block: SiteBlock,
    rule: str,
    which: NDArray[np.int64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    terms: Mapping[str, sp.csr_array] | None = None,
    all_chosen: bool = False,
) -> Quota:
    """Return one row a target, lower <= h_t + terms <= upper; `which` are the targets, by number.

    With `all_chosen` units count whether they are used for a feature or not.
    """
    targets, n = block.sites.targets, block.n
    rows = targets.rows if len(which) == len(targets) else sp.csr_array(targets.rows[which])
    if not rows.data.all():
        rows = rows.copy()
        rows.eliminate_zeros()
    together = used_features(block)[: 0 if all_chosen else None]
    more = dict(terms or {})
    if len(together):
        place = np.full(len(block.sites.features), -1)
        place[together] = np.arange(len(together))
        slot = np.repeat(place[targets.feature[which]], np.diff(rows.indptr))
        by_use = slot >= 0
        row = np.repeat(np.arange(len(which)), np.diff(rows.indptr))
        entries = (rows.data[by_use], (row[by_use], slot[by_use] * n + rows.indices[by_use]))
        more[USED] = sp.csr_array(sp.coo_array(entries, shape=(len(which), len(together) * n)))
        entries = (rows.data[~by_use], (row[~by_use], rows.indices[~by_use]))
        rows = sp.csr_array(sp.coo_array(entries, shape=rows.shape))
    return block.row_family(rule, rows, lower, upper, target_labels(block, which), UNIT, more)


def target_labels(block: SiteBlock, which: NDArray[np.int64]) -> pd.DataFrame:
    """Return name and feature of some targets."""
    targets, features = block.sites.targets, block.sites.features["feature"]
    return pd.DataFrame(
        {
            "id": targets.name.iloc[which].to_numpy(),
            "feature": features.iloc[targets.feature[which]].to_numpy(),
            "value": targets.value[which],
        }
    )
