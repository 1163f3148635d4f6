"""The multipliers beside a selection, matched with the rows that the tables stand for, one function a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.sites.lie import Lattice
from optimizer.results.audit.sites.tables import ADJACENCY

if TYPE_CHECKING:
    from collections.abc import Callable

    from optimizer.results.audit.sites.prices import Prices
    from optimizer.results.audit.sites.tables import Rule, Target

INFINITY = float("inf")
WORDS = ("rule", "id", "group", "feature", "branch", "unit", "management_zone")


@dataclass(frozen=True)
class Line:
    """A multiplier and the words that tell its row from others."""

    worth: float
    rule: str
    id: str
    group: str
    feature: str
    branch: str
    unit: str
    management_zone: str


def limits(sense: str, value: float) -> tuple[float, float]:
    """Return lower and upper limit of a row."""
    return (-INFINITY if sense == "<=" else value, INFINITY if sense == ">=" else value)


def _target(prices: Prices, line: Line) -> Target | None:
    found = [target for target in prices.books.sites.targets if target.name == line.id]
    return found[0] if found else None


def _rule(prices: Prices, line: Line) -> Rule | None:
    found = [rule for rule in prices.books.rules if (rule.rule, rule.id) == (line.rule, line.id)]
    return found[0] if found else None


def _variable(prices: Prices, line: Line) -> tuple[int, int] | None:
    """Return unit and management zone of a row of one variable; None where they are not there."""
    sites = prices.books.sites
    unit = sites.units.code(line.unit)
    zone = 0 if sites.shape[1] == 1 else sites.zones.code(line.management_zone)
    return (unit, zone) if unit >= 0 and zone >= 0 else None


def _scale(target: Target) -> float:
    return abs(target.value) or 1.0


def _hold(prices: Prices, line: Line) -> bool:
    target = _target(prices, line)
    if target is None:
        return False
    soft = prices.books.soft
    lower, upper = limits(target.sense, target.value)
    prices.hold(prices.row(line.worth, -INFINITY if soft else lower, upper), target)
    return True


def _shortfall(prices: Prices, line: Line) -> bool:
    target = _target(prices, line)
    if target is None:
        return False
    worth = prices.row(line.worth, target.value, INFINITY)
    prices.hold(worth, target)
    prices.take(("shortfall", target.name), worth * _scale(target))
    return True


def _largest(prices: Prices, line: Line) -> bool:
    target = _target(prices, line)
    if target is None:
        return False
    worth = prices.row(line.worth, target.value, INFINITY)
    prices.hold(worth, target)
    prices.take("largest", worth * _scale(target) / target.weight)
    return True


def _limit(prices: Prices, line: Line) -> bool:
    """Price the row of a target that a limit on shortfalls makes; of several limits the loosest is taken."""
    target = _target(prices, line)
    if target is None:
        return False
    books = prices.books
    values = [
        rule.value for rule in books.rules if rule.rule == line.rule and target.feature in (books.features(rule) or ())
    ]
    if not values or target.weight <= 0:
        return False
    lower = target.value - _scale(target) * max(values) / target.weight
    prices.hold(prices.row(line.worth, lower, INFINITY), target)
    return True


def _reached(prices: Prices, line: Line, family: str) -> bool:
    target = _target(prices, line)
    if target is None:
        return False
    least = min(prices.books.least_held(target), target.value)
    worth = prices.row(line.worth, least, INFINITY)
    prices.hold(worth, target)
    prices.take((family, target.name), worth * (least - target.value))
    return True


def _features(prices: Prices, line: Line) -> bool:
    return _reached(prices, line, "reached")


def _branches(prices: Prices, line: Line) -> bool:
    if line.id:
        return _reached(prices, line, "reached_by_branches")
    found = prices.books.sites.branches.get(line.branch)
    if found is None:
        return False
    worth = prices.row(line.worth, 0.0, INFINITY)
    prices.take(("branch", line.branch), -worth)
    for target in prices.books.sites.targets:
        if target.feature in found[1]:
            prices.take(("reached_by_branches", target.name), worth)
    return True


def _cover(prices: Prices, line: Line) -> bool:
    sites = prices.books.sites
    feature = sites.features.code(line.feature)
    zone = 0 if sites.shape[1] == 1 else sites.zones.code(line.management_zone)
    if feature < 0 or zone < 0:
        return False
    worth = prices.row(line.worth, 0.0, INFINITY)
    amounts = sites.amounts
    mine = (amounts.feature == feature) & (amounts.zone == zone) & (amounts.value > 0)
    prices.unit[np.unique(amounts.unit[mine]), zone] -= worth
    prices.take(("covered", feature, zone), -worth)
    return True


def _layer(prices: Prices, line: Line) -> bool:
    rule, sites = _rule(prices, line), prices.books.sites
    if rule is None:
        return False
    layer, zones = sites.layer(rule.layer or "cost"), sites.zones_of(rule.zone)
    if layer is None or zones is None:
        return False
    lower, upper = limits(rule.sense, rule.value)
    prices.unit -= prices.row(line.worth, lower, upper) * layer * zones
    return True


def _group(prices: Prices, line: Line) -> bool:
    rule, sites = _rule(prices, line), prices.books.sites
    zones = None if rule is None else sites.zones_of(rule.zone)
    if rule is None or zones is None or line.group not in sites.groups:
        return False
    lower, upper = limits(rule.sense, rule.value)
    units = np.unique(sites.groups[line.group])
    prices.unit[units] -= prices.row(line.worth, lower, upper) * zones
    return True


def _whole_group(prices: Prices, line: Line) -> bool:
    """Price a row that ties a unit to the first of its group; with several such groups it does not tell which."""
    rule, place = _rule(prices, line), _variable(prices, line)
    groups = None if rule is None else prices.books.sites.groups_named(rule.group)
    if groups is None or place is None:
        return False
    firsts = {int(units.min()) for units in groups.values() if place[0] in units and place[0] != units.min()}
    if len(firsts) != 1:
        return False
    prices.unit[firsts.pop(), place[1]] -= line.worth
    prices.unit[place] += line.worth
    return True


def _neighbours(prices: Prices, line: Line) -> bool:
    rule, place, sites = _rule(prices, line), _variable(prices, line), prices.books.sites
    lattice = None if rule is None else Lattice.of(sites, rule, rule.layer)
    if rule is None or place is None or lattice is None:
        return False
    unit, zone = place
    near = sites.pair_weights(rule.layer or ADJACENCY)[zone] != 0
    pairs = lattice.pairs
    around = np.concatenate([pairs.right[pairs.left == unit], pairs.left[pairs.right == unit]])
    free = (prices.books.upper[around][:, near] > 0).any(axis=1)
    need = min(rule.value, int(free.sum())) if rule.factor else rule.value
    worth = prices.row(line.worth, 0.0, INFINITY)
    prices.unit[place] += worth * need
    prices.unit[np.ix_(around, np.flatnonzero(near))] -= worth
    return True


def _used(prices: Prices, line: Line) -> bool:
    place, feature = _variable(prices, line), prices.books.sites.features.code(line.feature)
    if place is None or feature not in prices.used:
        return False
    worth = prices.row(line.worth, -INFINITY, 0.0)
    prices.used[feature][place] -= worth
    prices.unit[place] += worth
    return True


def _lower(prices: Prices, line: Line) -> bool:
    """Price a row that keeps a share above its lower limit, or at 0 or between the least share and its limit."""
    place, settings = _variable(prices, line), prices.books.settings
    if place is None:
        return False
    if settings.decision != "semicontinuous" or settings.least_share == 0:
        prices.unit[place] -= prices.row(line.worth, float(prices.books.sites.lower[place]), INFINITY)
        return True
    share = settings.least_share if line.worth > 0 else float(prices.books.upper[place])
    prices.unit[place] -= line.worth
    prices.open[place] += line.worth * share
    return True


ROWS: dict[str, Callable[[Prices, Line], bool]] = {
    "target": _hold,
    "minimum_shortfall": _shortfall,
    "minimum_largest_shortfall": _largest,
    "maximum_features": _features,
    "maximum_branches": _branches,
    "maximum_cover": _cover,
    "shortfall_limit": _limit,
    "budget": _layer,
    "linear_constraint": _layer,
    "group_count": _group,
    "whole_group": _whole_group,
    "neighbours": _neighbours,
    "feature_contiguity": _used,
    "unit_limits": _lower,
}
"""What prices the rows of each rule; false where a line names no row."""
