"""Columns and rows of a network, as the audit reads them from the raw tables: one system for plans and for bounds.

A family of columns or rows is written once and holds for every copy of its scope: each stage, each day of each stage,
each snapshot of each stage. Values, limits and costs are (copies, members). The sense of a row is that of the model:
`lower <= sum <= upper`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimizer.results.audit.network.tables import Network

Scope = Literal["stage", "day", "hour"]
Link = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Copies of rows, copies of columns that they meet, and how much of them."""


@dataclass(frozen=True)
class Times:
    """Stages, days and snapshots of a network, and which copies of one meet which of another."""

    network: Network

    @property
    def stages(self) -> int:
        """Number of stages."""
        return len(self.network.years)

    @cached_property
    def within(self) -> dict[Scope, int]:
        """Copies of each scope in one stage."""
        return {"stage": 1, "day": int(self.network.day.max()) + 1, "hour": len(self.network.snapshots)}

    def copies(self, scope: Scope) -> int:
        """Return the number of copies of a scope."""
        return self.stages * self.within[scope]

    def stage_of(self, scope: Scope) -> np.ndarray:
        """Return the stage of each copy, (copies,)."""
        return np.repeat(np.arange(self.stages), self.within[scope])

    def in_stages(self, values: np.ndarray) -> np.ndarray:
        """Repeat values of every snapshot or day, (snapshots, ...), in each stage."""
        return np.concatenate([values] * self.stages)

    def now(self, scope: Scope, other: Scope) -> Link:
        """Return the copy of `other`, no finer than `scope`, that each copy lies in."""
        count = self.copies(scope)
        place = self.stage_of(scope)
        if other == scope:
            place = np.arange(count)
        elif other == "day":
            place = place * self.within["day"] + self.in_stages(self.network.day)
        return np.arange(count), place, np.ones(count)

    def so_far(self, scope: Scope) -> Link:
        """Return the stages up to that of each copy."""
        pairs = [(k, s) for k, stage in enumerate(self.stage_of(scope)) for s in range(stage + 1)]
        row, column = np.array(pairs, dtype=np.int64).T
        return row, column, np.ones(len(row))

    def of_year(self) -> Link:
        """Return the snapshots of each stage by the hours of a year that they stand for."""
        count = self.copies("hour")
        return self.stage_of("hour"), np.arange(count), self.in_stages(self.network["snapshots"]["weight_h"])

    def in_days(self, shift: int) -> Link:
        """Return for each snapshot the one that comes `shift` places later in its day, round and round."""
        target = np.empty(self.within["hour"], dtype=np.int64)
        for day in range(self.within["day"]):
            places = np.flatnonzero(self.network.day == day)
            target[places] = np.roll(places, -shift)
        return self._hours(target)

    def last_of_day(self, scope: Scope) -> Link:
        """Return the last snapshot of each day, or of the day of each snapshot."""
        last = np.array([np.flatnonzero(self.network.day == day)[-1] for day in range(self.within["day"])])
        return self._hours(last if scope == "day" else last[self.network.day])

    def next_day(self) -> Link:
        """Return the day that follows each, the first of the stage after its last."""
        count, total = self.within["day"], self.copies("day")
        stage, day = np.divmod(np.arange(total), count)
        return np.arange(total), stage * count + (day + 1) % count, np.ones(total)

    def _hours(self, within: np.ndarray) -> Link:
        place = (np.arange(self.stages)[:, None] * self.within["hour"] + within).ravel()
        return np.arange(len(place)), place, np.ones(len(place))

    @cached_property
    def is_first(self) -> np.ndarray:
        """Tell which snapshots begin a day, (hours,)."""
        first = np.zeros(self.within["hour"], dtype=bool)
        for day in range(self.within["day"]):
            first[np.argmax(self.network.day == day)] = True
        return self.in_stages(first)

    def where(self, scope: Scope, copy: int) -> tuple[int, str]:
        """Return the year of a copy and the name of its snapshot, that of its first for a day."""
        stage, inside = divmod(copy, self.within[scope])
        if scope == "stage":
            return self.network.years[stage], ""
        names = self.network.snapshots
        return self.network.years[stage], names[
            inside if scope == "hour" else int(np.argmax(self.network.day == inside))
        ]


@dataclass(frozen=True)
class Columns:
    """A family of columns; arrays are (copies, members), `first` the place of the first column."""

    name: str
    scope: Scope
    members: tuple[str, ...]
    unit: str
    lower: np.ndarray
    upper: np.ndarray
    cost: np.ndarray
    emissions: np.ndarray
    whole: bool
    first: int

    def __len__(self) -> int:
        return self.lower.size

    def place(self, member: str) -> int:
        """Return the place of a member."""
        return self.members.index(member)


@dataclass
class Rows:
    """A family of rows; limits are (copies, members), `terms` hold row, column and coefficient."""

    rule: str
    scope: Scope
    members: tuple[str, ...]
    unit: str
    lower: np.ndarray
    upper: np.ndarray
    first: int
    terms: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)

    def __len__(self) -> int:
        return self.lower.size

    def add(
        self,
        columns: Columns,
        row: Sequence[int] | np.ndarray,
        member: Sequence[int] | np.ndarray,
        value: object,
        link: Link,
    ) -> None:
        """Add `value` (entries,) or (copies, entries) times columns: entry k is row[k] on member[k], by a link."""
        row, member = np.asarray(row, dtype=np.int64), np.asarray(member, dtype=np.int64)
        of_row, of_column, weight = link
        values = np.broadcast_to(np.asarray(value, dtype=float), (self.lower.shape[0], len(row)))[of_row]
        rows = self.first + of_row[:, None] * len(self.members) + row
        places = columns.first + of_column[:, None] * len(columns.members) + member
        entries = values * weight[:, None]
        kept = entries != 0
        self.terms.append((rows[kept], places[kept], entries[kept]))


class System:
    """All columns and rows of a network."""

    def __init__(self, network: Network) -> None:
        self.network, self.times = network, Times(network)
        self.columns: dict[str, Columns] = {}
        self.rows: dict[str, Rows] = {}
        self.n_columns = self.n_rows = 0

    def add_columns(
        self,
        name: str,
        scope: Scope,
        members: Sequence[str],
        unit: str,
        lower: object = 0.0,
        upper: object = np.inf,
        cost: object = 0.0,
        emissions: object = 0.0,
        whole: bool = False,
    ) -> Columns:
        """Add a family; limits and costs (of the whole stage) broadcast to (copies, members)."""
        shape = (self.times.copies(scope), len(members))
        low, high, money, carbon = (
            np.broadcast_to(np.asarray(one, dtype=float), shape) for one in (lower, upper, cost, emissions)
        )
        found = Columns(name, scope, tuple(members), unit, low, high, money, carbon, whole, self.n_columns)
        self.columns[name] = found
        self.n_columns += len(found)
        return found

    def add_rows(
        self,
        rule: str,
        scope: Scope,
        members: Sequence[str],
        unit: str,
        lower: object = -np.inf,
        upper: object = np.inf,
    ) -> Rows:
        """Add a family of rows without terms."""
        shape = (self.times.copies(scope), len(members))
        low, high = (np.array(np.broadcast_to(np.asarray(one, dtype=float), shape)) for one in (lower, upper))
        found = Rows(rule, scope, tuple(members), unit, low, high, self.n_rows)
        self.rows[rule] = found
        self.n_rows += len(found)
        return found

    def matrix(self) -> sp.csr_array:
        """Return the coefficients, (rows, columns)."""
        terms = [term for rows in self.rows.values() for term in rows.terms]
        if not terms:
            return sp.csr_array((self.n_rows, self.n_columns))
        row, column, value = (np.concatenate(of) for of in zip(*terms, strict=True))
        return sp.csr_array(sp.coo_array((value, (row, column)), shape=(self.n_rows, self.n_columns)))

    def gathered(self, name: str) -> np.ndarray:
        """Return lower, upper, cost or emissions of all columns, (columns,)."""
        parts = [getattr(family, name).ravel() for family in self.columns.values()]
        return np.concatenate([np.zeros(0), *parts])

    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper limits of all rows, (rows,)."""
        low = np.concatenate([np.zeros(0), *(rows.lower.ravel() for rows in self.rows.values())])
        return low, np.concatenate([np.zeros(0), *(rows.upper.ravel() for rows in self.rows.values())])
