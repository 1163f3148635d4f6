r"""Minimum lots (最小转换面积): a change is large enough to be worth doing, or is not done.

.. math::

    l_z\, b_{z,j,t} \le \sum_{i\ne j} x_{z,i,j,t},\quad x_{z,i,j,t} \le A^0_{z,i}\, b_{z,j,t},\quad b_{z,j,t}\in\{0,1\}

for zones with `min_lot_ha` = l > 0; classes of one zone may make up a lot together. Source: the
instance's zones table. These rows carry no worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Columns, Quota
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock

FAMILY = "minimum_lot"


def build(block: LandBlock) -> Part:
    """Return one binary and two rows for each zone, new class and period with a least lot."""
    moves = block.moves
    lot = block.land.zones["min_lot_ha"].to_numpy()
    index = np.flatnonzero(moves.converts & (lot[moves.zone] > 0))
    if FAMILY in block.rules_off or not len(index):
        return Part()
    key = np.stack([moves.zone[index], moves.target[index], moves.period[index]])
    lots, cell = np.unique(key, axis=1, return_inverse=True)
    count = lots.shape[1]
    labels = pd.DataFrame(
        {
            "zone": block.land.zones["zone"].to_numpy()[lots[0]],
            "to": block.land.classes["class"].to_numpy()[lots[1]],
            "period": np.array(block.settings.time.periods)[lots[2] - 1],
        }
    )
    columns = Columns(FAMILY, labels, np.zeros(count), np.ones(count), integer=True, unit="1")
    cell = cell.ravel().astype(np.int64)
    least = Quota(
        rule=FAMILY,
        index=index,
        weight=np.ones(len(index)),
        cell=cell,
        rollup=sp.csr_array(sp.eye_array(count)),
        lower=np.zeros(count),
        upper=np.full(count, INFINITY),
        labels=labels.assign(part="least"),
        unit="ha",
        terms={FAMILY: sp.csr_array(sp.diags_array(-lot[lots[0]]))},
    )
    opened = block.opened_by(FAMILY, index, cell, columns, np.full(count, INFINITY))
    return Part(columns=(columns,), quotas=(least, opened))


RULE = Rule(FAMILY, "最小转换面积", build)
