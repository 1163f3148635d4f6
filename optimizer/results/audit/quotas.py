"""Quotas on stocks and changes of area (指标): one line per region, period and group of quotas.csv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.results.audit.flows import Kinds
from optimizer.results.audit.lines import Books, Line, Linked, Sum

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from optimizer.results.audit.groups import Group
    from optimizer.results.audit.lines import Weight
    from optimizer.results.audit.tables import Quota


def _net(group: Group, period: int) -> Weight:
    """Weigh arrivals in a group up to a period by 1, departures by -1."""

    def weight(moves: Kinds) -> np.ndarray:
        return moves.until(period) * (moves.into(group).astype(float) - moves.out_of(group))

    return weight


def _stock_line(books: Books, row: Quota, group: Group, sense: str, limit: float) -> list[Line]:
    sums = (Sum(_net(group, row.period)),)
    return [Line(row.rule, row, row.period, sense, limit, "ha", sums, base=books.stock(row, group))]


def _of_present(books: Books, row: Quota, group: Group) -> float:
    return row.value * books.stock(row, group) if row.unit == "share" else row.value


def _retention(books: Books, row: Quota) -> list[Line]:
    """耕地保有量: cropland at the end of the period >= value."""
    return _stock_line(books, row, books.land.groups.find("cropland"), ">=", row.value)


def _floor(books: Books, row: Quota) -> list[Line]:
    """保有量下限: the group at the end of the period >= value, or that share of its present stock."""
    group = books.group(row)
    return _stock_line(books, row, group, ">=", _of_present(books, row, group))


def _ceiling(books: Books, row: Quota) -> list[Line]:
    """上限: the group at the end of the period <= value, or that share of its present stock."""
    group = books.group(row)
    return _stock_line(books, row, group, "<=", _of_present(books, row, group))


def _total(books: Books, row: Quota) -> list[Line]:
    """建设用地总规模: built land at the end of the period <= value."""
    return _stock_line(books, row, books.group(row), "<=", row.value)


def _intensity(books: Books, row: Quota) -> list[Line]:
    """开发强度: built land at the end of the period <= value x the land of the region."""
    everything = float(books.account.present[books.land.regions.subtree(row.region)].sum())
    return _stock_line(books, row, books.group(row), "<=", row.value * everything)


def _increment(books: Books, row: Quota) -> list[Line]:
    """新增建设用地: arrivals in built land from outside, less linked quota used so far, <= value."""
    group = books.group(row)
    sums = (Sum(lambda moves: moves.until(row.period) & moves.into(group)),)
    linked = (Linked("quota", slice(row.period + 1), slice(None), -1.0),)
    return [Line(row.rule, row, row.period, "<=", row.value, "ha", sums, linked=linked)]


def _growth(books: Books, row: Quota) -> list[Line]:
    """增长需求: arrivals in the group less departures from it, greenfield or redeveloped, >= value."""
    sums = (Sum(_net(books.group(row), row.period)),)
    return [Line(row.rule, row, row.period, ">=", row.value, "ha", sums)]


def _redevelopment(books: Books, row: Quota) -> list[Line]:
    """存量比例: arrivals from built land less value x all arrivals >= 0; built itself counts changes within it."""
    group, built = books.group(row), books.land.groups.node("built")

    def weight(moves: Kinds) -> np.ndarray:
        arrivals = built[moves.to] if group.name == "built" else moves.into(group)
        counted = moves.until(row.period) & arrivals & (moves.source != moves.to)
        return counted * (built[moves.source] - row.value)

    return [Line(row.rule, row, row.period, ">=", 0.0, "ha", (Sum(weight),))]


def _period_cap(books: Books, row: Quota, chosen: Callable[[Kinds, Group], np.ndarray]) -> list[Line]:
    group = books.group(row)
    limit = _of_present(books, row, group)

    def weight(period: int) -> Weight:
        return lambda moves: chosen(moves, group) & (moves.period == period)

    periods = range(len(books.settings.periods)) if row.any_period else (row.period,)
    return [Line(row.rule, row, period, "<=", limit, "ha", (Sum(weight(period)),)) for period in periods]


def _loss_cap(books: Books, row: Quota) -> list[Line]:
    """减少量上限: what leaves the group in one period <= value, or that share of its present stock."""
    return _period_cap(books, row, Kinds.out_of)


def _gain_cap(books: Books, row: Quota) -> list[Line]:
    """增加量上限: what enters the group in one period <= value, or that share of its present stock."""
    return _period_cap(books, row, Kinds.into)


def _restored(_books: Books, row: Quota) -> list[Line]:
    """新增生态修复面积: area of restoration changes so far >= value."""
    sums = (Sum(lambda moves: moves.until(row.period) & moves.restoration),)
    return [Line(row.rule, row, row.period, ">=", row.value, "ha", sums)]


LINES: dict[str, Callable[[Books, Quota], list[Line]]] = {
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
