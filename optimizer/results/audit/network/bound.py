"""The network's part of a bound, evaluated anew from multipliers: no plan can be cheaper.

sum over rows of (multiplier above 0 x lower limit, below 0 x upper limit)
+ sum over columns of the least of (price less what its rows are worth) x column within its limits

Columns without a limit get the one that any plan no dearer than the written one keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.results.audit.network.connections import ROWS, add_connections
from optimizer.results.audit.network.flows import circuits_left, grid_without
from optimizer.results.audit.network.laws import Laws
from optimizer.results.audit.network.outages import ROWS as OPEN_OUTAGES
from optimizer.results.audit.network.outages import add_open_outages
from optimizer.results.audit.network.plant import share_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.results.audit.network.system import Rows, System
    from optimizer.results.audit.network.whole import Parts
    from optimizer.results.audit.worths import Worths

BEGIN = "energy:"
"""What the rules of a network begin with in the table of multipliers."""
CYCLE, LINE_LAW, CIRCUIT_LAW = "kvl", "line_law", ("candidate_law_most", "candidate_law_least")
OUTAGES = ("contingency_most", "contingency_least")
ON_LAND = ("site_land", "strip_land", "facility_land", "overlay_reach")
"""Rules between a network and the land it is planned with, priced with the land."""

ROUND_OFF = 1e-13
"""Part of the sum of |terms| by which the price of a column without a limit may miss 0."""
ROUNDS, ROOM = 8, 1e-6
"""Passes in search of limits, and the part by which these are widened against round-off."""


@dataclass
class Priced:
    """Multipliers on the rows of a system, `worth` (rows,), and how many lines name no row of it."""

    worth: np.ndarray
    unknown: int = 0
    taken: np.ndarray = field(default_factory=lambda: np.zeros(0))
    """What multipliers of other rows (on land) take from the price of each column, (columns,)."""


@dataclass(frozen=True)
class Part:
    """A part of a bound, the sum of magnitudes behind it, and multipliers that name no row."""

    value: float
    size: float
    unknown: int


def price_rows(parts: Parts, worths: Worths) -> Priced:
    """Match the multipliers of a network's rows with those of its system; laws are added as they are named."""
    system, own = parts.system, worths.take(worths.of_family(BEGIN))
    rule = np.array([own.rules[code].removeprefix(BEGIN) for code in own.rule], dtype=object)
    names = np.array(own.table.text("id"), dtype=object)
    laws = Laws(parts)
    if system.network.direct_current:
        _add_laws(parts, laws, {str(one): set(names[rule == one]) for one in dict.fromkeys(rule)})
    if ROWS & set(rule):
        add_connections(parts)
    year, snapshot = own.table.integers("period"), np.array(own.table.text("snapshot", ""), dtype=object)
    worth, unknown = np.zeros(system.n_rows), 0
    for name in dict.fromkeys(rule):
        some = np.flatnonzero(rule == name)
        if name in ON_LAND:
            continue
        rows = system.rows.get(str(name))
        if rows is None:
            unknown += len(some)
            continue
        place = _places(system, rows, names[some], year[some], snapshot[some])
        unknown += int((place < 0).sum())
        np.add.at(worth, place[place >= 0], own.worth[some[place >= 0]])
    return Priced(worth, unknown)


def _places(system: System, rows: Rows, names: np.ndarray, year: np.ndarray, snapshot: np.ndarray) -> np.ndarray:
    """Return the place of each named row in the system, -1 where there is none."""
    member = {name: k for k, name in enumerate(rows.members)}
    copies = {system.times.where(rows.scope, copy): copy for copy in range(rows.lower.shape[0])}
    if rows.scope == "day":  # multipliers name days, not snapshots
        copies = {(when[0], _day(system, when[1])): copy for when, copy in copies.items()}
    found = np.full(len(names), -1)
    for k, (name, when, at) in enumerate(zip(names, year.tolist(), snapshot, strict=True)):
        of, copy = member.get(name), copies.get((when, at))
        if of is not None and copy is not None:
            found[k] = rows.first + copy * len(rows.members) + of
    return found


def _day(system: System, snapshot: str) -> str:
    table = system.network["snapshots"]
    return str(table["day"][list(table["snapshot"]).index(snapshot)])


def _add_laws(parts: Parts, laws: Laws, named: dict[str, set[str]]) -> None:
    """Add the rows of laws; `named` are the rows by rule that multipliers name."""
    system = parts.system
    if CYCLE in named:
        read = {words: laws.cycle(words) for words in sorted(named[CYCLE])}
        known = {words: cycle for words, cycle in read.items() if cycle is not None}
        rows = system.add_rows(CYCLE, "hour", list(known), "MW", 0.0, 0.0)
        lines = list(system.network["lines"]["line"])
        for row, cycle in enumerate(known.values()):
            for k, value in laws.drops(cycle):
                laws.add_net(rows, row, lines[k], value)
    if LINE_LAW in named:
        laws.add_lines()
    if named.keys() & set(CIRCUIT_LAW):
        laws.add_circuits()
    if named.keys() & OPEN_OUTAGES:
        add_open_outages(laws)
    for rule, way in zip(OUTAGES, (1.0, -1.0), strict=True):
        if rule in named:
            _add_outages(parts, laws, rule, way, [case for case in _cases(laws) if case.name in named[rule]])


@dataclass(frozen=True)
class _Case:
    """What a line carries after an outage: `left` of its own flow, and `taken` of that of the line that fails."""

    name: str
    line: int
    failing: int
    left: float
    taken: float


def _cases(laws: Laws) -> Iterator[_Case]:
    """Yield every line that an outage leaves, with what the network that is left lets it take over."""
    network = laws.parts.system.network
    table, lines = network["lines"], list(network["lines"]["line"])
    some = laws.lines[~laws.open[laws.lines]]
    for name, line in zip(network["contingencies"]["contingency"], network["contingencies"]["line"], strict=True):
        failing = lines.index(line) if line in lines else -1
        if failing not in some:
            continue
        sent = np.zeros((1, len(network.bus)))
        sent[0, network.at_bus(table, "from_bus")[failing]] += 1.0
        sent[0, network.at_bus(table, "to_bus")[failing]] -= 1.0
        taken = grid_without(laws, failing, some).solve(sent)[0] / table["circuits"][failing]
        left = circuits_left(laws, failing)
        for n, k in enumerate(some.tolist()):
            if left[k] > 0:
                yield _Case(f"{name} {lines[k]}", k, failing, float(left[k]), float(taken[n]))


def _add_outages(parts: Parts, laws: Laws, rule: str, way: float, cases: list[_Case]) -> None:
    """Add the limits of lines after outages in one direction; a limit that is a number is a lower one backwards."""
    system, table = parts.system, parts.system.network["lines"]
    lines, use = list(table["line"]), table["maximum_share"] * table["circuits"]
    existing, added = share_of(table["capacity_mw"], use), system.columns.get("line_added")
    rows = system.add_rows(rule, "hour", [case.name for case in cases], "MW")
    for row, case in enumerate(cases):
        most = float(existing[case.line]) * case.left
        grows = added is not None and lines[case.line] in added.members
        sign = way if grows else 1.0
        if sign == way:
            rows.upper[:, row] = most
        else:
            rows.lower[:, row] = -most
        laws.add_net(rows, row, lines[case.line], sign * case.left)
        laws.add_net(rows, row, lines[case.failing], sign * case.taken)
        if added is not None and grows:
            place, so_far = added.place(lines[case.line]), system.times.so_far("hour")
            rows.add(added, [row], [place], [-case.left * use[case.line]], so_far)


def prices(system: System, weights: tuple[float, float]) -> np.ndarray:
    """Return what a unit of each column costs in what is minimised, (columns,)."""
    carbon, money = weights
    return carbon * system.gathered("emissions") + money * system.gathered("cost")


def evaluate(parts: Parts, priced: Priced, weights: tuple[float, float], objective: float) -> Part:
    """Return what multipliers prove of the network; no plan counts that costs more of it than `objective`."""
    system = parts.system
    matrix, cost = system.matrix(), prices(system, weights)
    low, high = system.limits()
    worth = np.concatenate([priced.worth, np.zeros(system.n_rows - len(priced.worth))])
    limit = np.where(worth > 0, low, high)
    worth = np.where(np.isfinite(limit), worth, 0.0)
    rows = worth * np.where(worth != 0, limit, 0.0)
    taken = matrix.T @ worth
    size = np.abs(cost) + abs(matrix).T @ np.abs(worth)
    if len(priced.taken):
        taken, size = taken + priced.taken, size + np.abs(priced.taken)
    reduced = cost - taken
    lower, upper = system.gathered("lower"), system.gathered("upper")
    at = np.where(reduced > 0, lower, upper)
    if (np.isinf(at) & (reduced != 0)).any():
        lower, upper = implied(matrix, cost, (low, high), (lower, upper), objective)
        at = np.where(reduced > 0, lower, upper)
    none = np.isinf(at) & (np.abs(reduced) <= ROUND_OFF * size)
    least = np.where((reduced == 0) | none, 0.0, reduced * np.where(reduced == 0, 0.0, at))
    return Part(
        float(rows.sum() + least.sum()),
        float(np.abs(rows).sum() + np.abs(least[np.isfinite(least)]).sum()),
        priced.unknown,
    )


def implied(
    matrix: sp.csr_array,
    cost: np.ndarray,
    rows: tuple[np.ndarray, np.ndarray],
    columns: tuple[np.ndarray, np.ndarray],
    objective: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits of all columns; those without one get what rows and the cost of the plan leave them.

    In a row all of whose other columns are limited, what these leave at most is a limit.
    """
    lower, upper = columns[0].copy(), columns[1].copy()
    above = sp.csr_array(sp.vstack([sp.csr_array(cost[None, :]), matrix, -matrix]))
    most = np.concatenate([[objective], rows[1], -rows[0]])
    bounded = np.isfinite(most)
    entries = sp.coo_array(above[bounded])
    most, count = most[bounded], int(bounded.sum())
    for _ in range(ROUNDS):
        at = np.where(entries.data > 0, lower[entries.col], upper[entries.col])
        open_ = np.isinf(at)
        with np.errstate(invalid="ignore"):
            least = np.where(open_, 0.0, entries.data * at)
        number = np.bincount(entries.row, open_, minlength=count)
        total = np.bincount(entries.row, least, minlength=count)
        alone = number[entries.row] - open_ == 0
        reach = (most[entries.row] - total[entries.row] + least) / entries.data
        reach = reach + ROOM * (1.0 + np.abs(reach)) * np.sign(entries.data)
        before = int(np.isinf(lower).sum() + np.isinf(upper).sum())
        for sign, limit, keep in ((1.0, upper, np.minimum), (-1.0, lower, np.maximum)):
            some = alone & (np.sign(entries.data) == sign) & np.isinf(limit[entries.col])
            keep.at(limit, entries.col[some], reach[some])
        if before == int(np.isinf(lower).sum() + np.isinf(upper).sum()):
            break
    return lower, upper
