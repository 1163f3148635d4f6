r"""Ecological corridor (生态廊道): core areas are connected through chosen units, as wide as asked.

.. math::

    y^n_i \le \sum_{z} x_{u,z} \quad \forall u \in D^n(i) \setminus C, \qquad
    \{i: y^n_i = 1\} \cup \{\text{core areas of } n\} \text{ connected}

:math:`y^n`: whether corridor n (a line of the rules table) runs through unit i; :math:`D^n(i)`: the units within so
many rings of neighbours of i, itself among them; C: the units of all core areas, which are there whether they are
chosen or not. A core area is one node. Where the line names a layer, it is added to what is minimised for each chosen
unit: the resistance that a corridor meets. Several corridors share what is chosen. The Program keeps connection as a
graph (`formulations.connected`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.connected import Connected
from formulations.program import INFINITY, Columns
from formulations.restoration.lines import label, layer
from formulations.restoration.rule import PENALTIES, SitePart, SiteRule
from formulations.restoration.used import used_features
from instances.corridors import RULE as NAME
from instances.corridors import beside, core_units, corridors, within_rings

if TYPE_CHECKING:
    from formulations.program import Quota
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock
    from instances.corridors import Corridor


def build(block: SiteBlock) -> SitePart:
    """Return columns, rows and graph of each corridor; raises InstanceError where shares of units are decided."""
    first = block.first_family + len(used_features(block)) * block.n
    columns, quotas, connected = [], [], []
    for corridor, record in zip(corridors(block.sites), block.records(NAME), strict=True):
        block.require_whole(record)
        family = _columns(block, corridor)
        columns.append(family)
        quotas.append(_rows(block, corridor, family))
        connected.append(_graph(block, corridor, record, first))
        first += len(family)
    named = [layer(block, record) for record in block.records(NAME) if record["layer"]]
    linear = {PENALTIES: np.sum(named, axis=0)} if named else {}
    return SitePart(columns=tuple(columns), quotas=tuple(quotas), connected=tuple(connected), linear=linear)


def _columns(block: SiteBlock, corridor: Corridor) -> Columns:
    """Return a column a unit, then one a core area, which is 1."""
    sites, parts = block.sites, corridor.parts()
    open_ = (block.limits[1] * corridor.inside).reshape(-1, sites.n_zones).max(axis=1) > 0
    open_ = (open_ | core_units(sites)) & ~corridor.core(sites.n_units)
    names = pd.concat([sites.units.astype(str), pd.Series([name for name, _ in parts])], ignore_index=True)
    lower = np.repeat([0.0, 1.0], [sites.n_units, len(parts)])
    upper = np.concatenate([open_.astype(float), np.ones(len(parts))])
    return Columns(f"{NAME}:{corridor.id}", pd.DataFrame({"unit": names}), lower, upper, integer=True, unit="1")


def _rows(block: SiteBlock, corridor: Corridor, family: Columns) -> Quota:
    """Return y_i - x_u <= 0 for each unit u that the corridor needs where it runs through i."""
    sites = block.sites
    reach = within_rings(sites, corridor.rings).tocoo()
    line, need = reach.coords[0], reach.coords[1]
    kept = (family.upper[line] > 0) & ~core_units(sites)[need]
    line, need = line[kept], need[kept]
    zones = np.flatnonzero(corridor.inside[: sites.n_zones])
    variable = (need[:, None] * sites.n_zones + zones).ravel()
    count, row = len(line), np.repeat(np.arange(len(line)), len(zones))
    rows = sp.csr_array((np.full(len(row), -1.0), (row, variable)), shape=(count, block.n))
    terms = {family.family: sp.csr_array((np.ones(count), (np.arange(count), line)), shape=(count, len(family)))}
    labels = pd.DataFrame({"id": corridor.id, "unit": sites.units.take(need)})
    return block.row_family(NAME, rows, np.full(count, -INFINITY), np.zeros(count), labels, "1", terms)


def _graph(block: SiteBlock, corridor: Corridor, record: Record, first: int) -> Connected:
    """Return the graph of units and core areas; `first` is the column of the first unit."""
    units, parts = block.sites.n_units, corridor.parts()
    node = np.arange(units)
    for place, (_, core) in enumerate(parts):
        node[core] = units + place
    left, right = (node[side] for side in beside(block.sites))
    apart = left != right
    count = units + len(parts)
    return Connected(
        rule=NAME,
        label=label(record),
        kind="pieces",
        n_nodes=count,
        index=first + np.arange(count, dtype=np.int64),
        node=np.arange(count, dtype=np.int32),
        weight=np.ones(count),
        left=left[apart].astype(np.int32),
        right=right[apart].astype(np.int32),
        most=1,
    )


RULE = SiteRule(NAME, "廊道", build)
