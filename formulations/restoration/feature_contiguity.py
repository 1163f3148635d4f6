r"""Feature contiguity (对象连片): the units that are used for a feature are connected with each other.

.. math::

    u_{f,i,z} \le x_{i,z}, \qquad h_t = \sum_{i,z} r_{t,i,z}\, u_{f,i,z}, \qquad
    \{(i,z): u_{f,i,z} = 1\} \text{ connected}

u: whether a chosen unit is used for feature f; its targets count only those, and others may be chosen besides. A unit
may connect others and hold nothing of the feature itself. What is connected is told as for `contiguity`. The Program
keeps it as a graph (`formulations.connected`). Source: prioritizr, `add_feature_contiguity_constraints`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Columns
from formulations.restoration.graphs import graphs
from formulations.restoration.lines import of_features
from formulations.restoration.reserves import pieces
from formulations.restoration.rule import SitePart, SiteRule
from formulations.restoration.used import RULE as NAME
from formulations.restoration.used import USED, used_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.connected import Connected
    from formulations.program import Quota
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock


def build(block: SiteBlock) -> SitePart:
    """Return the columns of use, their rows, and one graph for each line, feature and set of management zones."""
    features = used_features(block)
    if not len(features):
        return SitePart()
    columns = _columns(block, features)
    found = [graph for record in block.records(NAME) for graph in _line(block, record, features)]
    return SitePart(columns=(columns,), quotas=(_rows(block, columns),), connected=tuple(found))


def _columns(block: SiteBlock, features: NDArray[np.int64]) -> Columns:
    variables = block.variable_labels(np.tile(np.arange(block.n), len(features)))
    names = block.sites.features["feature"].to_numpy()[np.repeat(features, block.n)]
    upper = np.tile(block.limits[1], len(features))
    labels = pd.DataFrame({"feature": names}).join(variables)
    return Columns(USED, labels, np.zeros(len(upper)), upper, integer=True, unit="1")


def _rows(block: SiteBlock, columns: Columns) -> Quota:
    """Return u - x <= 0 for each column."""
    count = len(columns)
    variable = np.arange(count) % block.n
    rows = sp.csr_array((np.full(count, -1.0), variable, np.arange(count + 1)), shape=(count, block.n))
    terms = {USED: sp.csr_array(sp.eye_array(count))}
    low, high = np.full(count, -INFINITY), np.zeros(count)
    return block.row_family(NAME, rows, low, high, columns.labels, "1", terms)


def _line(block: SiteBlock, record: Record, features: NDArray[np.int64]) -> list[Connected]:
    """Return the graphs of a line; the nodes of each are chosen by the columns of use of one feature.

    Those columns are the first family after the moves.
    """
    named = of_features(block, record)
    found = []
    for slot in np.flatnonzero(named[features]):
        name = block.sites.features["feature"].iloc[features[slot]]
        first = block.first_family + slot * block.n
        for graph in graphs(block, record):
            connected = pieces(block, record, graph, most=1)
            found.append(replace(connected, index=first + graph.variable, label={**connected.label, "feature": name}))
    return found


RULE = SiteRule(NAME, "对象连片", build)
