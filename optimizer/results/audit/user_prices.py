"""Multipliers of a user's rows: prices of single moves and openings, and what the user's own columns cost at least."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.choices import Extra
from optimizer.results.audit.extra import extra_table, read_terms
from optimizer.results.audit.worths import PROJECTS, USER

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.prices import Prices
    from optimizer.results.audit.worths import Worths

_ROUND_OFF = 1e-13
"""Part of the sum of |terms| by which the price of a column without a limit may miss 0."""
_CRUMB = 1e-9


@dataclass
class UserPrices:
    """Prices of single moves, the least cost of own columns, and how many lines name no row."""

    extra: list[Extra] = field(default_factory=list)
    columns: float = 0.0
    unknown: int = 0


def user_prices(books: Books, prices: Prices, worths: Worths, folder: Path) -> UserPrices:
    """Price the user's rows; prices of openings and limits are added to `prices`."""
    found, own = UserPrices(), worths.take(worths.of_family(USER))
    rows = extra_table(folder, "extra_rows")
    if rows is None:
        found.unknown = len(own.worth)
        return found
    number = rows.integers("number")
    worth = np.zeros(len(rows))
    sides = zip(
        rows.text("rule"), rows.numbers("lower", finite=False), rows.numbers("upper", finite=False), strict=True
    )
    limits = {int(k): side for k, side in zip(number, sides, strict=True)}
    named = zip(
        own.table.integers("number").tolist(), [own.rules[code] for code in own.rule], own.worth.tolist(), strict=True
    )
    for k, rule, value in named:
        if k not in limits or limits[k][0] != rule or not 0 <= k < len(rows):
            found.unknown += 1
            continue
        limit = float(limits[k][1 if value > 0 else 2])
        if np.isfinite(limit):
            worth[k] += value
            prices.limit(value, limit)
    _columns(books, found, folder, _price_terms(books, prices, found, folder, worth))
    return found


def _price_terms(
    books: Books, prices: Prices, found: UserPrices, folder: Path, worth: np.ndarray
) -> dict[tuple[str, str], list[float]]:
    """Price moves and openings; return the priced terms of own columns."""
    table = extra_table(folder, "extra_terms")
    if table is None:
        return {}
    terms = read_terms(table, len(worth), books.land, books.settings)
    price = -np.where(terms.known, worth[np.where(terms.known, terms.number, 0)], 0.0) * terms.coefficient
    place = books.land.cover.places(terms.zone, terms.source)
    chosen = np.flatnonzero(terms.on_land & (price != 0) & (place >= 0))
    found.extra.append(Extra(place[chosen], terms.to[chosen], terms.period[chosen], price[chosen]))
    others: dict[tuple[str, str], list[float]] = {}
    for k, family, name in terms.others():
        project = books.projects.names.code(name) if family == PROJECTS else -1
        if project >= 0 and terms.period[k] >= 0:
            prices.openings[project, terms.period[k]] += price[k]
        elif family != PROJECTS:
            others.setdefault((family, name), []).append(float(price[k]))
    return others


def _columns(books: Books, found: UserPrices, folder: Path, terms: dict[tuple[str, str], list[float]]) -> None:
    """Add the least priced cost of own columns within their limits."""
    columns = extra_table(folder, "extra_columns")
    if columns is None:
        return
    carbon, money = books.settings.weights
    lower, upper = columns.numbers("lower", finite=False), columns.numbers("upper", finite=False)
    whole = columns.flags("whole")
    lower = np.where(whole, np.ceil(lower - _CRUMB), lower)
    upper = np.where(whole, np.floor(upper + _CRUMB), upper)
    own = (carbon * columns.numbers("emissions"), money * columns.numbers("cost"))
    for k, key in enumerate(zip(columns.text("family"), columns.text("column"), strict=True)):
        parts = [float(own[0][k]), float(own[1][k]), *terms.get(key, ())]
        price, size = sum(parts), sum(map(abs, parts))
        limit = float(lower[k] if price > 0 else upper[k])
        if price and (np.isfinite(limit) or abs(price) > _ROUND_OFF * size):
            found.columns += price * limit
