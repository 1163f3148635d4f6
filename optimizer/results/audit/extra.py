"""Extra constraints of a user (用户约束): the written rows, evaluated anew over the areas of the written plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged, row_check
from optimizer.results.audit.files import Names, RawTable, read_table
from optimizer.results.audit.worths import PROJECTS

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.figures import Objective
    from optimizer.results.audit.plan import Plan
    from optimizer.results.audit.restoration import Projects
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables

_RULE = "user"
_LAND = "land"


@dataclass(frozen=True)
class Extra:
    """Checks of the extra rows, and what the user's own columns cost by objective: sums, and sums of |terms|."""

    checks: tuple[Check, ...]
    cost: dict[str, float]
    size: dict[str, float]

    def added_to(self, own: Objective, settings: Settings) -> Objective:
        """Return the recomputed objective with the cost of the user's columns."""
        if not any(self.size.values()):
            return own
        carbon, money = settings.weights
        return replace(
            own,
            value=own.value + carbon * self.cost["emissions"] + money * self.cost["cost"],
            departures=own.departures + abs(carbon) * self.size["emissions"] + abs(money) * self.size["cost"],
            parts={**own.parts, "user_emissions": self.cost["emissions"], "user_cost": self.cost["cost"]},
        )


def extra_checks(
    folder: Path, options: dict[str, Any], land: LandTables, plan: Plan, projects: Projects, settings: Settings
) -> Extra:
    """Check every row of `extra_rows.parquet`; where options name files of constraints it must be there."""
    checks: list[Check] = []
    rows = extra_table(folder, "extra_rows")
    if options.get("extra"):
        words = "summary.json names files of extra constraints, so plan/extra_rows.parquet must hold their rows"
        checks.append(count_check("user.rows", _RULE, "", int(rows is None), words, "files"))
    columns = extra_table(folder, "extra_columns")
    values, cost, size = {}, {"emissions": 0.0, "cost": 0.0}, {"emissions": 0.0, "cost": 0.0}
    if columns is not None:
        held = columns.numbers("value")
        for name in cost:
            terms = columns.numbers(name) * held
            cost[name], size[name] = float(terms.sum()), float(np.abs(terms).sum())
        values = dict(zip(zip(columns.text("family"), columns.text("column"), strict=True), held.tolist(), strict=True))
        checks += _column_checks(columns, held)
    if rows is not None:
        sums, sizes, more = _sums(extra_table(folder, "extra_terms"), len(rows), land, plan, projects, settings, values)
        checks += [*more, *_row_checks(rows, sums, sizes)]
    return Extra(tuple(checks), cost, size)


def extra_table(folder: Path, name: str) -> RawTable | None:
    """Read one of the tables of extra constraints; None where the plan has none."""
    path = folder / f"{name}.parquet"
    return read_table(path) if path.is_file() else None


def _column_checks(columns: RawTable, values: np.ndarray) -> list[Check]:
    lower, upper = columns.numbers("lower", finite=False), columns.numbers("upper", finite=False)
    whole, checks = columns.flags("whole"), []
    for k, (family, name) in enumerate(zip(columns.text("family"), columns.text("column"), strict=True)):
        value = float(values[k])
        missed = max(lower[k] - value, value - upper[k], abs(value - round(value)) if whole[k] else 0.0)
        message = f"{name} is {value:.9g}, {'a whole number ' * bool(whole[k])}from {lower[k]:g} to {upper[k]:g}"
        rule = family.removesuffix(":whole")
        checks.append(judged(f"user.{name}", rule, name, missed, RELATIVE * max(abs(value), 1.0), "", message))
    return checks


def _row_checks(rows: RawTable, sums: np.ndarray, sizes: np.ndarray) -> list[Check]:
    """Judge `lower <= sum <= upper`; both sides carry the row's constant, so that they read as they were written."""
    lower, upper = rows.numbers("lower", finite=False), rows.numbers("upper", finite=False)
    base, number = rows.numbers("base"), rows.integers("number")
    checks = []
    for k, (rule, name, unit) in enumerate(zip(rows.text("rule"), rows.text("name"), rows.text("unit"), strict=True)):
        value, size = sums[number[k]] + base[k], sizes[number[k]]
        equal = lower[k] == upper[k]
        sides = [("==", lower[k])] if equal else [(">=", lower[k]), ("<=", upper[k])]
        checks += [
            row_check(f"user.{name}", rule, name, value, sense, bound + base[k], size, "" if unit == "1" else unit)
            for sense, bound in sides
            if np.isfinite(bound)
        ]
    return checks


@dataclass(frozen=True)
class Terms:
    """Terms of the extra rows: row and coefficient; codes of the move where `on_land`, else family and column.

    `period` is an index, -1 for a stay and -2 for an unknown year. Of land that is not `known` codes may be -1.
    """

    number: np.ndarray
    coefficient: np.ndarray
    on_land: np.ndarray
    zone: np.ndarray
    source: np.ndarray
    to: np.ndarray
    period: np.ndarray
    known: np.ndarray
    table: RawTable

    def others(self) -> list[tuple[int, str, str]]:
        """Return place, family and column of the terms that are not on land."""
        places = np.flatnonzero(~self.on_land & self.known)
        if not len(places):
            return []
        families, names = self.table.text("family"), self.table.text("column")
        return [(k, families[k], names[k]) for k in places.tolist()]


def read_terms(table: RawTable, count: int, land: LandTables, settings: Settings) -> Terms:
    """Read the terms of `count` rows."""
    number, years = table.integers("number"), table.numbers("period")
    on_land = table.codes("family", Names(pa.array([_LAND]))) == 0
    zone = table.codes("zone", land.zones.names)
    source, to = table.codes("from", land.class_names), table.codes("to", land.class_names)
    period = np.full(len(years), -2)
    for index, year in enumerate((0, *settings.periods), start=-1):
        period[years == year] = index
    known = (number >= 0) & (number < count)
    known &= ~on_land | ((zone >= 0) & (source >= 0) & (to >= 0) & (period >= -1))
    return Terms(number, table.numbers("coefficient"), on_land, zone, source, to, period, known, table)


def _sums(
    table: RawTable | None,
    count: int,
    land: LandTables,
    plan: Plan,
    projects: Projects,
    settings: Settings,
    values: dict[tuple[str, str], float],
) -> tuple[np.ndarray, np.ndarray, list[Check]]:
    """Return the sum of coefficient x amount of every row, the sum of |terms|, and whether all terms are known."""
    if table is None:
        return np.zeros(count), np.zeros(count), []
    terms = read_terms(table, count, land, settings)
    known, own = terms.known.copy(), terms.on_land & terms.known
    amount = np.zeros(len(known))
    amount[own] = _areas(plan, len(land.class_names), len(settings.periods))(
        *(codes[own] for codes in (terms.zone, terms.source, terms.to, terms.period))
    )
    for k, family, name in terms.others():
        found = _other(family, name, int(terms.period[k]), plan, projects, values)
        known[k] = found is not None
        amount[k] = found or 0.0
    parts = np.where(known, terms.coefficient * amount, 0.0)
    place = np.where(known, terms.number, 0)
    words = "every term of extra_terms.parquet must name a row, and a move or column that is known"
    return (
        np.bincount(place, parts, minlength=count),
        np.bincount(place, np.abs(parts), minlength=count),
        [count_check("user.terms", _RULE, "", int((~known).sum()), words)],
    )


def _areas(plan: Plan, classes: int, periods: int) -> Any:
    """Return a function from move codes to the hectares of the plan."""
    moves = plan.moves

    def key(zone: np.ndarray, source: np.ndarray, to: np.ndarray, period: np.ndarray) -> np.ndarray:
        pair = (zone.astype(np.int64) * classes + source) * classes + to
        return pair * (periods + 2) + period + 2

    keys, place = np.unique(key(moves.zone, moves.source, moves.to, moves.period), return_inverse=True)
    area = np.bincount(place.ravel(), moves.area_ha, minlength=len(keys))

    def areas(zone: np.ndarray, source: np.ndarray, to: np.ndarray, period: np.ndarray) -> np.ndarray:
        wanted = key(zone, source, to, period)
        if not len(keys):
            return np.zeros(len(wanted))
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[found] == wanted, area[found], 0.0)

    return areas


def _other(
    family: str, name: str, period: int, plan: Plan, projects: Projects, values: dict[tuple[str, str], float]
) -> float | None:
    """Return the value of a column beside the land, None for an unknown one."""
    if family == PROJECTS:
        code = projects.names.code(name)
        return None if code < 0 or period < 0 else float(plan.opened[code, period])
    return values.get((family, name))
