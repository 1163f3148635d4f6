"""What a network emits in a year of its stages, for the rows that hold the annual inventory of a joint study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.land.peak import NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formulations.program import Columns, Quota
    from instances.network import Network


def with_supply(quotas: Sequence[Quota], columns: Sequence[Columns], network: Network) -> list[Quota]:
    """Return the quotas, those of the peak with what the network emits in the years that they compare."""
    return [_with_supply(quota, columns, network) if quota.rule == NAME else quota for quota in quotas]


def _with_supply(quota: Quota, columns: Sequence[Columns], network: Network) -> Quota:
    years = list(network.stage_years)
    later = np.array([years.index(int(year)) for year in quota.labels["period"]])
    factor = np.zeros((len(quota), len(years)))
    factor[np.arange(len(quota)), later] = 1.0
    factor[np.arange(len(quota)), later - 1] = quota.labels["fall"].to_numpy(dtype=float) - 1.0
    factor /= np.array(network.stage_lengths)
    terms = {}
    for family in columns:
        emitted = family.cost.get("emissions")
        if emitted is not None and emitted.any():
            stage = np.searchsorted(years, family.labels["period"].to_numpy(dtype=np.int64))
            terms[family.family] = sp.csr_array(factor[:, stage] * emitted)
    return replace(quota, terms={**quota.terms, **terms})
