"""Rows that sum a layer over the chosen units: what budgets and linear constraints share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.block import bounds
from formulations.restoration.lines import label, layer, value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formulations.program import Quota
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock


def layer_rows(block: SiteBlock, rule: str, records: Sequence[Record], default: str = "") -> Quota:
    """Return one row a line: the sum of its layer in its management zones against its value."""
    rows = sp.vstack([sp.csr_array(layer(block, record, default)[None, :]) for record in records], format="csr")
    limits = np.array([bounds(str(record["sense"]), value(record)) for record in records])
    labels = pd.DataFrame([label(record) for record in records])
    return block.row_family(rule, sp.csr_array(rows), limits[:, 0], limits[:, 1], labels, "")
