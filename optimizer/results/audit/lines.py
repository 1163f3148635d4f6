"""Quota rows as the audit reads them: weights per hectare of any change, other terms, and a limit.

A plan is checked by weight x area over its changes; a bound is proven by minus multiplier x weight over all
changes that are permitted. Both read the same lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from optimizer.results.audit.check import Check, row_check
from optimizer.results.audit.files import AuditInputError
from optimizer.results.audit.flows import Kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optimizer.results.audit.carbon import Account
    from optimizer.results.audit.flows import Flows
    from optimizer.results.audit.groups import Group
    from optimizer.results.audit.joint import Joint
    from optimizer.results.audit.network.land import Energy
    from optimizer.results.audit.plan import Plan
    from optimizer.results.audit.restoration import Projects
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables, Quota

Weight = Callable[[Kinds], np.ndarray]
"""Weight of each of some changes, per hectare or per 10k CNY of cost."""

Reads = Literal["", "grade_lost", "grade_won", "governed"]
"""What a weight asks of the site beside region and kind of built land."""


@dataclass(frozen=True)
class Books:
    """What quotas are read against: the instance, its projects, the carbon account, sites and network."""

    land: LandTables
    settings: Settings
    projects: Projects
    account: Account
    joint: Joint | None = None
    energy: Energy | None = None

    def group(self, row: Quota, default: str = "built") -> Group:
        """Return the group of a quota."""
        try:
            return self.land.groups.find(row.group or default)
        except AuditInputError as error:
            raise AuditInputError(self.land.folder / "quotas", f"quota {row.id!r}: {error}") from error

    def stock(self, row: Quota, group: Group) -> float:
        """Return the present area of a group in the region, ha."""
        area = self.account.present[self.land.regions.subtree(row.region)].sum(axis=0)
        return float(area[group.present].sum())

    def subject(self, row: Quota, period: int, more: str = "") -> str:
        """Return the words for a row: quota, region, year, group."""
        words = (f"{row.id}: region {self.land.regions.names.label(row.region)}", f"{self.settings.periods[period]}")
        return ", ".join((*words, *((row.group,) if row.group else ()), *((more,) if more else ())))


@dataclass(frozen=True)
class Made:
    """A plan with its changes summed into flows."""

    plan: Plan
    flows: Flows


@dataclass(frozen=True)
class Sum:
    """A weighted sum over changes; of their cost instead of their area where `money`.

    `reads` names what the weight looks at beside region, built kind, classes and period.
    """

    weight: Weight
    money: bool = False
    reads: Reads = ""


@dataclass(frozen=True)
class Linked:
    """Linked quota L or its cropland LC in some periods and grades, times a coefficient."""

    taken: Literal["quota", "cropland"]
    periods: slice
    grades: slice
    coefficient: float


@dataclass(frozen=True)
class Line:
    """One row: base + sums + linked + openings (projects, periods) + units (units, management zones) against a limit.

    `supply` lists periods with the coefficient of what the network, where there is one, emits in a year of each.

    `part` and `grade` tell rows of one quota and period apart, as in the table of multipliers; `more` is said
    of the row in words.
    """

    name: str
    quota: Quota
    period: int
    sense: str
    limit: float
    unit: str
    sums: tuple[Sum, ...] = ()
    base: float = 0.0
    linked: tuple[Linked, ...] = ()
    openings: np.ndarray | None = None
    units: np.ndarray | None = None
    supply: tuple[tuple[int, float], ...] = ()
    part: str = ""
    grade: int = 0
    more: str = ""


def measured(books: Books, made: Made, line: Line) -> tuple[float, float]:
    """Return the left side of a line in a plan, and the sum of its |terms|."""
    inside = books.land.regions.subtree(line.quota.region)
    flows = made.flows.within(inside)
    value, size = line.base, abs(line.base)
    for one in line.sums:
        weight = one.weight(flows)
        value += float((weight * (flows.cost if one.money else flows.area_ha)).sum())
        size += float((np.abs(weight) * (flows.cost_abs if one.money else flows.area_ha)).sum())
    for part in line.linked:
        area = made.plan.quota_ha if part.taken == "quota" else made.plan.cropland_ha
        term = part.coefficient * float(area[inside, part.periods, part.grades].sum())
        value, size = value + term, size + abs(term)
    if line.openings is not None:
        term = float((line.openings * made.plan.opened).sum())
        value, size = value + term, size + abs(term)
    if line.units is not None and books.joint is not None:
        terms = line.units * books.joint.books.plan.share
        value, size = value + float(terms.sum()), size + float(np.abs(terms).sum())
    if books.energy is not None:
        for period, coefficient in line.supply:
            terms = coefficient * books.energy.emitted(period)
            value, size = value + float(terms.sum()), size + float(np.abs(terms).sum())
    return value, size


def line_checks(books: Books, made: Made, lines: Iterable[Line]) -> list[Check]:
    """Judge lines; of those with one name, quota and period the worst against its own tolerance is shown."""
    worst: dict[tuple[str, str, int], tuple[float, Check]] = {}
    for line in lines:
        value, size = measured(books, made, line)
        subject = books.subject(line.quota, line.period, line.more)
        check = row_check(line.name, line.quota.rule, subject, value, line.sense, line.limit, size, line.unit)
        signed = value - line.limit if line.sense == "<=" else line.limit - value
        key, off = (line.name, line.quota.id, line.period), signed / check.tolerance
        if key not in worst or not off <= worst[key][0]:
            worst[key] = (off, check)
    return [check for _, check in worst.values()]
