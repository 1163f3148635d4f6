"""A program written row by row, and the tables of a network that one is written from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]
Terms = list[tuple[int, float]]
INF = math.inf


class Linear:
    """A mixed-integer program that is written variable by variable and row by row."""

    def __init__(self) -> None:
        """Begin without variables."""
        self.low: list[float] = []
        self.high: list[float] = []
        self.cost: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[Terms, float, float]] = []

    def variable(self, low: float = 0.0, high: float = INF, cost: float = 0.0, whole: bool = False) -> int:
        """Add a variable; returns its place."""
        for values, value in ((self.low, low), (self.high, high), (self.cost, cost), (self.whole, int(whole))):
            values.append(value)
        return len(self.low) - 1

    def row(self, terms: Terms, low: float = -INF, high: float = INF) -> None:
        """Add a row."""
        self.rows.append((terms, low, high))

    def least(self) -> float:
        """Return the optimum, infinite where there is none."""
        entries = [(k, place, value) for k, (terms, _, _) in enumerate(self.rows) for place, value in terms]
        at, place, value = zip(*entries, strict=True)
        matrix = sp.csr_array((value, (at, place)), shape=(len(self.rows), len(self.low)))
        limits = LinearConstraint(matrix, [low for _, low, _ in self.rows], [high for *_, high in self.rows])
        bounds = Bounds(np.array(self.low), np.array(self.high))
        options = {"mip_rel_gap": 1e-9}
        answer = milp(self.cost, constraints=limits, bounds=bounds, integrality=self.whole, options=options)
        assert answer.status in (0, 2, 4), answer.message
        return float(answer.fun) if answer.status == 0 else INF


@dataclass(frozen=True)
class Study:
    """Tables of a network, the years of its stages and what a unit of cost and of emissions weighs."""

    tables: dict[str, list[dict[str, Any]]]
    years: tuple[int, ...] = (0,)
    lengths: tuple[float, ...] = (1.0,)
    dc: bool = True
    segments: int = 3
    weights: tuple[float, float] = (1.0, 0.0)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table."""
        return self.tables.get(table, [])

    def curve(self, name: Any) -> list[float]:
        """Return a profile by snapshot."""
        found = {row["snapshot"]: row["value"] for row in self.rows("profiles") if row["profile"] == name}
        return [found[one["snapshot"]] if name else 1.0 for one in self.rows("snapshots")]

    def of_year(self, table: str, key: str, year: int) -> list[dict[str, Any]]:
        """Return the rows that hold in a stage: those of its year before those of year 0."""
        found: dict[Any, dict[str, Any]] = {}
        for row in self.rows(table):
            own = row.get("year", 0)
            if own == year or (own == 0 and found.get(row[key], {}).get("year", 0) == 0):
                found[row[key]] = row
        return list(found.values())

    def builds(self) -> Iterator[list[list[int]]]:
        """Yield circuits of each candidate by stage: never fewer, none before its first year."""
        options = []
        for row in self.rows("candidates"):
            stages = [range(row.get("max_additions", 1) + 1) for _ in self.years]
            first = row.get("first_year", 0) if len(self.years) > 1 else 0
            options.append(
                [
                    list(one)
                    for one in product(*stages)
                    if all(a <= b for a, b in pairwise(one))
                    and all(n == 0 or year >= first for n, year in zip(one, self.years, strict=True))
                ]
            )
        yield from (list(one) for one in product(*options))
