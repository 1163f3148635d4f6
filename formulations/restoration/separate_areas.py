r"""Targets in separate areas (多处达标): a feature's target is met, and several areas hold a good part of it.

An area is a connected piece of the chosen units. At least `value` of them hold the share `factor` of the target each:

.. math:: \bigl|\{P : \sum_{(i,z) \in P} r_{t,i,z}\, x_{i,z} \ge \phi\, T_t\}\bigr| \ge k

for each target of the feature (`*`: of every feature) with the sense >= or ==. The target itself is a limit of its
own. What is connected is told as for `contiguity`; the areas of all management zones count together. The Program
keeps it as a graph (`formulations.connected`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.restoration.graphs import graphs, union
from formulations.restoration.lines import factor, number, of_features
from formulations.restoration.reserves import pieces
from formulations.restoration.rule import SitePart, SiteRule
from formulations.restoration.shortfall import floors

if TYPE_CHECKING:
    from formulations.connected import Connected
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "separate_areas"


def build(block: SiteBlock) -> SitePart:
    """Return one graph for each line and target."""
    return SitePart(connected=tuple(graph for record in block.records(NAME) for graph in _line(block, record)))


def _line(block: SiteBlock, record: Record) -> list[Connected]:
    targets, graph = block.sites.targets, union(graphs(block, record))
    which = floors(block)
    found = []
    for target in which[of_features(block, record)[targets.feature[which]]]:
        amounts = np.maximum(targets.rows[[target]].toarray().ravel(), 0.0)
        areas = pieces(block, record, graph, least=factor(record) * targets.value[target], weight=amounts)
        label = {**areas.label, "target": targets.name.iloc[target]}
        found.append(replace(areas, kind="areas", count=number(record), label=label))
    return found


RULE = SiteRule(NAME, "多处达标", build)
