r"""Restoration sites inside a land plan (修复选址与用地方案联合): planning units beside the moves of land.

.. math::

    1 - \bar{o}_i \le \sum_z x_{i,z} \le 1\quad\forall i,\qquad
    \underline{x}_{i,z} \le x_{i,z} \le \bar{x}_{i,z}

:math:`x_{i,z}` are columns of the family `selection`; all rules of a study of sites hold over them, under names that
begin with `site:`. What they restore is land: `unit_land` ties them to its moves. The objective is that of the land;
the cost of units is part of its cost, penalties go to emissions or to cost as `[restoration] penalty_unit` says, and
targets are limits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import Columns, Quota
from formulations.restoration import RULES, targets
from formulations.restoration.rule import PENALTIES, SitePart, joined
from formulations.restoration.site_block import SiteBlock
from formulations.restoration.unit_land import SELECTION, unit_land
from formulations.rule import Part
from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from instances.sites import Sites

SITE = "site:"
"""Rules that are on units, not on land, begin so in a joint study."""

ONCE = "unit_once"
"""Rule of the rows that take each unit once at most, or at all."""

OBJECTIVES = {"tCO2e": "emissions", "10k CNY": "cost"}
"""Objective that penalties go to, by their unit."""


@dataclass(frozen=True)
class SelectionBlock(SiteBlock):
    """Planning units whose variables are the first family of columns beside the moves of land."""

    first: int = 0
    """Column of the Program at which the selection begins: the number of moves."""
    region: str = ""
    """The region that holds all land: rows that stand for a line of the tables are said of it, by the last period."""
    period: int = 0

    @property
    def as_choices(self) -> bool:
        """Units are no choice groups here."""
        return False

    @property
    def column(self) -> NDArray[np.int32]:
        """Column of the Program that each variable is, (variables,)."""
        return np.arange(self.first, self.first + self.n, dtype=np.int32)

    @property
    def first_family(self) -> int:
        """Column of the Program at which the families beside the selection begin."""
        return self.first + self.n

    def row_family(
        self,
        rule: str,
        matrix: sp.csr_array,
        lower: NDArray[np.float64],
        upper: NDArray[np.float64],
        labels: pd.DataFrame,
        unit: str,
        terms: Mapping[str, sp.csr_array] | None = None,
    ) -> Quota:
        """Make a family of rows from a matrix over variables, (rows, variables), and other columns by family."""
        if "id" in labels:
            labels = labels.assign(region=self.region, period=self.period)
        terms = {SELECTION: matrix, **(terms or {})}
        return Quota.of_columns(f"{SITE}{rule}", lower, upper, labels.reset_index(drop=True), unit, terms)

    def own_rows(self) -> SitePart:
        """Return the rows that limits of single columns cannot say."""
        part = super().own_rows()
        if self.sites.n_zones == 1:
            return part
        units, zones = self.sites.n_units, self.sites.n_zones
        rows = sp.csr_array(
            (np.ones(self.n), np.arange(self.n), np.arange(0, self.n + 1, zones)), shape=(units, self.n)
        )
        labels = pd.DataFrame({"unit": self.sites.units.to_numpy()})
        once = self.row_family(ONCE, rows, 1.0 - self.out_upper, np.ones(units), labels, "1")
        return replace(part, quotas=(*part.quotas, once))

    def selection(self, linear: Mapping[str, NDArray[np.float64]]) -> Columns:
        """Return the columns that choose units, at the costs given by objective."""
        lower, upper = self.limits
        if self.sites.n_zones == 1:
            lower = np.maximum(lower, 1.0 - self.out_upper)
        labels = self.variable_labels(np.arange(self.n))
        return Columns(SELECTION, labels, lower, upper, integer=self.whole, unit="1", cost=dict(linear))


def selection_part(block: LandBlock, sites: Sites) -> Part:
    """Return the columns that choose units, the rules on them, and the rows that tie them to land.

    Raises InstanceError for a rule that only a study of sites alone knows.
    """
    root = str(block.land.regions["region"].iloc[block.land.root])
    chosen = SelectionBlock(sites, len(block.moves), root, block.settings.time.periods[-1])
    if strange := sorted({name for name in sites.tables["rules"]["rule"].astype(str)} - set(RULES)):
        why = f"rule {', '.join(strange)} is for a study of sites alone"
        raise InstanceError([Fault("restoration/rules", why, "take it out, or take the land part out")])
    rules = [rule for name, rule in RULES.items() if chosen.records(name)]
    part = joined([*(rule.build(chosen) for rule in rules), chosen.own_rows(), targets.build(chosen)])
    columns, costs = _priced(part, chosen)
    return Part(
        columns=(chosen.selection(costs), *columns),
        quotas=(*part.quotas, *unit_land(block, sites)),
        connected=part.connected,
    )


def _priced(part: SitePart, block: SelectionBlock) -> tuple[Sequence[Columns], dict[str, NDArray[np.float64]]]:
    """Return the families beside the selection, and costs of the selection, by objective of the land."""
    name = OBJECTIVES[block.sites.settings.penalty_unit]
    columns = [
        replace(family, cost={name: family.cost[PENALTIES]}) if PENALTIES in family.cost else family
        for family in part.columns
    ]
    costs = {"cost": block.sites.cost}
    if PENALTIES in part.linear:
        costs[name] = costs.get(name, np.zeros(block.n)) + part.linear[PENALTIES]
    return columns, costs
