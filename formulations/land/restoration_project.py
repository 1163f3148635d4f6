r"""Restoration projects (生态修复工程): opened or not, within an area, after their prerequisites.

.. math::

    m_p\, r_{p,t} &\le \sum_{(z,i,j)\in p} x_{z,i,j,t} \le M_p\, r_{p,t} \\
    x_{z,i,j,t} &\le \min(s_{p,z} A^0_{z,i}, M_p)\, r_{p,t} \\
    \sum_t r_{p,t} &\le 1 \\
    \sum_{\tau\le t} r_{p,\tau} &\le \sum_{\tau\le t} r_{q,\tau}\quad q \text{ a prerequisite of } p \\
    r_{p,t} &\in \{0,1\}

A project governs the changes of its zones into its classes: they happen in the one period in which it is
opened, or not at all. m and M: least and greatest area, ha; s: share of the zone that lies in the project.
Its fixed cost counts once. Source: the instance's projects table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.moves import Candidates, Governance
from formulations.program import INFINITY, Columns, Quota
from formulations.rule import Part, Rule
from instances.land import codes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from instances.restoration import Project

FAMILY = "restoration_project"


def governance(options: Candidates, projects: Sequence[Project]) -> Governance | None:
    """Return which project governs each change, None where there are no projects."""
    if not projects:
        return None
    land = options.land
    zone_project = np.full((len(land.zones), len(land.classes)), -1, dtype=np.int32)
    share = np.ones((len(land.zones), len(land.classes)))
    for number, project in enumerate(projects):
        zones = codes_of(pd.Series(list(project.zones)), land.zones["zone"])
        classes = codes_of(pd.Series(project.to), land.classes["class"])
        cells = np.ix_(zones, classes)
        zone_project[cells] = number
        share[cells] = np.array(list(project.zones.values()))[:, None]
    return Governance(zone_project[options.zone], share[options.zone])


def build(block: LandBlock) -> Part:
    """Return one binary a project and period, and the rows that tie it to its moves."""
    if not block.projects:
        return Part()
    periods = block.up_to(block.n_periods)
    labels = pd.DataFrame(
        [(project.name, block.settings.time.periods[t - 1]) for project in block.projects for t in periods],
        columns=["project", "period"],
    )
    count = len(labels)
    fixed = np.repeat([project.cost_wanyuan for project in block.projects], len(periods))
    columns = Columns(FAMILY, labels, np.zeros(count), np.ones(count), True, "1", {"cost": fixed})
    moves = block.moves
    index = np.flatnonzero(moves.changes & (moves.project >= 0))
    cell = moves.project[index].astype(np.int64) * len(periods) + moves.period[index] - 1
    most = np.repeat([project.max_area_ha for project in block.projects], len(periods))
    opened = block.opened_by(FAMILY, index, cell, columns, most)
    return Part(columns=(columns,), quotas=(_areas(block, labels, index, cell, most), opened, _order(block, labels)))


def _areas(
    block: LandBlock,
    labels: pd.DataFrame,
    index: NDArray[np.int64],
    cell: NDArray[np.int64],
    most: NDArray[np.float64],
) -> Quota:
    count = len(labels)
    least = np.repeat([project.min_area_ha for project in block.projects], block.n_periods)
    return Quota(
        rule=FAMILY,
        index=index,
        weight=np.ones(len(index)),
        cell=cell,
        rollup=sp.csr_array(sp.vstack([sp.eye_array(count), sp.eye_array(count)])),
        lower=np.concatenate([np.zeros(count), np.full(count, -INFINITY)]),
        upper=np.concatenate([np.full(count, INFINITY), np.zeros(count)]),
        labels=pd.concat([labels.assign(part="least"), labels.assign(part="most")], ignore_index=True),
        unit="ha",
        terms={FAMILY: sp.csr_array(sp.vstack([sp.diags_array(-least), sp.diags_array(-most)]))},
    )


def _order(block: LandBlock, labels: pd.DataFrame) -> Quota:
    """Each project opens once at most, and no sooner than what it needs."""
    periods = block.n_periods
    position = {project.name: number * periods for number, project in enumerate(block.projects)}
    rows, tags = [], []
    for project in block.projects:
        row = np.zeros(len(labels))
        row[position[project.name] : position[project.name] + periods] = 1.0
        rows.append(row)
        tags.append({"project": project.name, "period": block.settings.time.periods[-1], "part": "once"})
        for needed in project.prerequisites:
            for t in block.up_to(periods):
                row = np.zeros(len(labels))
                row[position[project.name] : position[project.name] + t] += 1.0
                row[position[needed] : position[needed] + t] -= 1.0
                rows.append(row)
                year = block.settings.time.periods[t - 1]
                tags.append({"project": project.name, "period": year, "part": "after", "needs": needed})
    upper = np.array([1.0 if tag["part"] == "once" else 0.0 for tag in tags])
    terms = {FAMILY: sp.csr_array(np.array(rows))}
    return Quota.of_columns(FAMILY, np.full(len(rows), -INFINITY), upper, pd.DataFrame(tags), "1", terms)


RULE = Rule(FAMILY, "生态修复工程", build)
