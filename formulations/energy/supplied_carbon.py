"""What a network emits, in the rows of a joint study that hold the carbon of the whole area: caps and the peak."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.land import carbon_cap, peak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.program import Columns, Quota
    from instances.network import Network

RULES = (carbon_cap.NAME, peak.NAME)


def with_supply(quotas: Sequence[Quota], columns: Sequence[Columns], network: Network, root: str) -> list[Quota]:
    """Return the quotas, those on the carbon of the whole area with what the network emits in the same time.

    What it emits belongs to no part of the area: rows of regions below `root` stay as they are.
    """
    return [_with_supply(quota, columns, network, root) if quota.rule in RULES else quota for quota in quotas]


def _with_supply(quota: Quota, columns: Sequence[Columns], network: Network, root: str) -> Quota:
    years = list(network.stage_years)
    factor = _stages_counted(quota, network) * (quota.labels["region"].astype(str) == root).to_numpy()[:, None]
    if not factor.any():
        return quota
    terms = {}
    for family in columns:
        emitted = family.cost.get("emissions")
        if emitted is not None and emitted.any():
            stage = np.searchsorted(years, family.labels["period"].to_numpy(dtype=np.int64))
            terms[family.family] = sp.csr_array(factor[:, stage] * emitted)
    return replace(quota, terms={**quota.terms, **terms})


def _stages_counted(quota: Quota, network: Network) -> NDArray[np.float64]:
    """Return how much of what each stage emits counts in each row, (rows, stages)."""
    years = list(network.stage_years)
    last = np.array([years.index(int(year)) for year in quota.labels["period"]])
    if quota.unit != carbon_cap.ANNUAL:
        return (np.arange(len(years)) <= last[:, None]).astype(float)
    of_year = np.zeros((len(quota), len(years)))
    rows = np.arange(len(quota))
    of_year[rows, last] = 1.0
    if quota.rule == peak.NAME:
        of_year[rows, last - 1] = quota.labels["fall"].to_numpy(dtype=float) - 1.0
    return of_year / np.array(network.stage_lengths)
