r"""Which targets are reached: what the objectives that count them share.

.. math:: h_t \ge \underline{h}_t + (T_t - \underline{h}_t)\, y_t, \qquad y_t \in \{0, 1\}

:math:`\underline{h}` is the least that any choice can hold: 0 where no amount is negative. A target with the sense <=
is a limit, and always reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import INFINITY, Columns
from formulations.restoration.held import held_rows, target_labels
from formulations.restoration.shortfall import floors, least_held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.program import Quota
    from formulations.restoration.site_block import SiteBlock


def reached(block: SiteBlock, rule: str, family: str, cost: Mapping[str, NDArray[np.float64]]) -> tuple[Columns, Quota]:
    """Return one binary a target, and one row for each that something must be held of."""
    targets, which = block.sites.targets, floors(block)
    count = len(targets)
    labels = target_labels(block, np.arange(count))
    columns = Columns(family, labels, np.zeros(count), np.ones(count), integer=True, unit="1", cost=cost)
    least = np.minimum(least_held(block), targets.value)[which]
    entries = (least - targets.value[which], which, np.arange(len(which) + 1))
    terms = {family: sp.csr_array(entries, shape=(len(which), count))}
    return columns, held_rows(block, rule, which, least, np.full(len(which), INFINITY), terms)
