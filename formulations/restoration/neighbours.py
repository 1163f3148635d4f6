r"""Neighbours (邻居数): a chosen unit has at least k chosen neighbours.

.. math:: \sum_{j,y:\ j \sim i,\ W_{z,y} \ne 0} x_{j,y} \ge k_{i,z}\, x_{i,z}\qquad \forall i, z

j ~ i: neighbours by the layer of the line, by default units that share a border; W: pairs of management zones
(`zone_pairs` of the same layer), by default each only with itself; k: value of the line. With factor 1 units that have
fewer neighbours which may be chosen need only those; with factor 0 such units cannot be chosen. Source: prioritizr,
`add_neighbor_constraints`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import INFINITY
from formulations.restoration.lines import factor, in_zones, number
from formulations.restoration.neighbourhood import edges, layer_of
from formulations.restoration.rule import SitePart, SiteRule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Quota
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "neighbours"


def build(block: SiteBlock) -> SitePart:
    """Return one row a variable for each line."""
    return SitePart(quotas=tuple(_line(block, record) for record in block.records(NAME)))


def _line(block: SiteBlock, record: Record) -> Quota:
    units = block.sites.n_units
    left, right = edges(block, record)
    ends = (np.concatenate([left, right]), np.concatenate([right, left]))
    units_near = sp.csr_array(sp.coo_array((np.ones(2 * len(left)), ends), shape=(units, units)))
    zones_near = sp.csr_array((block.sites.zone_weights(layer_of(record)) != 0).astype(float))
    near = sp.csr_array(sp.kron(units_near, zones_near, format="csr"))
    which = np.flatnonzero(in_zones(block, record))
    need = np.full(block.n, float(number(record)))
    if factor(record):
        need = np.minimum(need, _available(block, units_near, zones_near))
    rows = sp.csr_array(near[which] - sp.csr_array(sp.diags_array(need))[which])
    rows.eliminate_zeros()
    labels = block.variable_labels(which).assign(id=str(record["id"]))
    count = len(which)
    return block.row_family(NAME, rows, np.zeros(count), np.full(count, INFINITY), labels, "1")


def _available(block: SiteBlock, units_near: sp.csr_array, zones_near: sp.csr_array) -> NDArray[np.float64]:
    """Return the number of neighbours of each variable that may be chosen, each unit once, (variables,)."""
    zones = block.sites.n_zones
    may = (block.limits[1] > 0).astype(float).reshape(-1, zones)
    unit_may = (may @ zones_near.T.toarray() > 0).astype(float)
    return np.asarray(units_near @ unit_may).ravel()


RULE = SiteRule(NAME, "邻居数", build)
