"""Quotas on stocks and changes of area (指标): one row per region, period and group of quotas.csv."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.results.audit.check import Check, row_check
from optimizer.results.audit.files import AuditInputError
from optimizer.results.audit.flows import Flows

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from optimizer.results.audit.carbon import Account
    from optimizer.results.audit.groups import Group
    from optimizer.results.audit.plan import Plan
    from optimizer.results.audit.restoration import Projects
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables, Quota


@dataclass(frozen=True)
class Books:
    """What quotas are read against: the instance, the plan, its flows, the carbon account."""

    land: LandTables
    settings: Settings
    plan: Plan
    projects: Projects
    flows: Flows
    account: Account

    def here(self, row: Quota) -> Flows:
        """Return the flows in the region of a quota."""
        return self.flows.within(self.land.regions.subtree(row.region))

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

    def linked(self, row: Quota) -> tuple[np.ndarray, np.ndarray]:
        """Return L and LC used in the region of a quota and all below it, each [period, grade], ha."""
        inside = self.land.regions.subtree(row.region)
        return self.plan.quota_ha[inside].sum(axis=0), self.plan.cropland_ha[inside].sum(axis=0)

    def subject(self, row: Quota, period: int, more: str = "") -> str:
        """Return the words for a row: quota, region, year, group."""
        words = (f"{row.id}: region {self.land.regions.names.label(row.region)}", f"{self.settings.periods[period]}")
        return ", ".join((*words, *((row.group,) if row.group else ()), *((more,) if more else ())))

    def check(self, row: Quota, period: int, value: float, sense: str, bound: float, scale: float, unit: str) -> Check:
        """Judge a row under the name of its rule."""
        return row_check(row.rule, row.rule, self.subject(row, period), value, sense, bound, scale, unit)


def _stock_row(books: Books, row: Quota, group: Group, sense: str, bound: float) -> list[Check]:
    flows = books.here(row)
    past = flows.until(row.period)
    won, lost = flows.area(past & flows.into(group)), flows.area(past & flows.out_of(group))
    present = books.stock(row, group)
    return [books.check(row, row.period, present + won - lost, sense, bound, present + won + lost, "ha")]


def _of_present(books: Books, row: Quota, group: Group) -> float:
    return row.value * books.stock(row, group) if row.unit == "share" else row.value


def _retention(books: Books, row: Quota) -> list[Check]:
    """耕地保有量: cropland at the end of the period >= value."""
    return _stock_row(books, row, books.land.groups.find("cropland"), ">=", row.value)


def _floor(books: Books, row: Quota) -> list[Check]:
    """保有量下限: the group at the end of the period >= value, or that share of its present stock."""
    group = books.group(row)
    return _stock_row(books, row, group, ">=", _of_present(books, row, group))


def _ceiling(books: Books, row: Quota) -> list[Check]:
    """上限: the group at the end of the period <= value, or that share of its present stock."""
    group = books.group(row)
    return _stock_row(books, row, group, "<=", _of_present(books, row, group))


def _total(books: Books, row: Quota) -> list[Check]:
    """建设用地总规模: built land at the end of the period <= value."""
    return _stock_row(books, row, books.group(row), "<=", row.value)


def _intensity(books: Books, row: Quota) -> list[Check]:
    """开发强度: built land at the end of the period <= value x the land of the region."""
    everything = float(books.account.present[books.land.regions.subtree(row.region)].sum())
    return _stock_row(books, row, books.group(row), "<=", row.value * everything)


def _increment(books: Books, row: Quota) -> list[Check]:
    """新增建设用地: arrivals in built land from outside <= value + linked quota used so far."""
    flows = books.here(row)
    won = flows.area(flows.until(row.period) & flows.into(books.group(row)))
    linked = float(books.linked(row)[0][: row.period + 1].sum())
    return [books.check(row, row.period, won, "<=", row.value + linked, won + linked, "ha")]


def _growth(books: Books, row: Quota) -> list[Check]:
    """增长需求: arrivals in the group less departures from it, greenfield or redeveloped, >= value."""
    flows, group = books.here(row), books.group(row)
    past = flows.until(row.period)
    won, lost = flows.area(past & flows.into(group)), flows.area(past & flows.out_of(group))
    return [books.check(row, row.period, won - lost, ">=", row.value, won + lost, "ha")]


def _redevelopment(books: Books, row: Quota) -> list[Check]:
    """存量比例: arrivals from built land >= value x all arrivals; built itself counts changes within it."""
    flows, group, built = books.here(row), books.group(row), books.land.groups.node("built")
    from_built = built[flows.source]
    arrivals = built[flows.to] if group.name == "built" else flows.into(group)
    past = flows.until(row.period) & arrivals & (flows.source != flows.to)
    again, every = flows.area(past & from_built), flows.area(past)
    return [books.check(row, row.period, again, ">=", row.value * every, again + row.value * every, "ha")]


def _period_cap(books: Books, row: Quota, chosen: Callable[[Flows, Group], np.ndarray]) -> list[Check]:
    flows, group = books.here(row), books.group(row)
    bound, moved = _of_present(books, row, group), chosen(flows, group)
    periods = range(len(books.settings.periods)) if row.any_period else (row.period,)
    areas = [(period, flows.area(moved & (flows.period == period))) for period in periods]
    return [books.check(row, period, area, "<=", bound, area, "ha") for period, area in areas]


def _loss_cap(books: Books, row: Quota) -> list[Check]:
    """减少量上限: what leaves the group in one period <= value, or that share of its present stock."""
    return _period_cap(books, row, Flows.out_of)


def _gain_cap(books: Books, row: Quota) -> list[Check]:
    """增加量上限: what enters the group in one period <= value, or that share of its present stock."""
    return _period_cap(books, row, Flows.into)


def _restored(books: Books, row: Quota) -> list[Check]:
    """新增生态修复面积: area of restoration changes so far >= value."""
    flows = books.here(row)
    area = flows.area(flows.until(row.period) & flows.restoration)
    return [books.check(row, row.period, area, ">=", row.value, area, "ha")]


ROWS: dict[str, Callable[[Books, Quota], list[Check]]] = {
    "cropland_retention": _retention,
    "floor": _floor,
    "ceiling": _ceiling,
    "construction_total": _total,
    "construction_increment": _increment,
    "construction_intensity": _intensity,
    "growth_demand": _growth,
    "redevelopment_share": _redevelopment,
    "loss_cap": _loss_cap,
    "gain_cap": _gain_cap,
    "restoration_area": _restored,
}
