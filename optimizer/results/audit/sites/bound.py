"""The bound of a study of sites, evaluated anew from the written multipliers: no selection can be better.

sum over rows of (multiplier above 0 x lower limit, below 0 x upper limit)
+ sum over units of the least priced cost of what may be chosen
+ the least priced cost of every other decision within its limits
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from optimizer.results.audit.check import Check, count_check, judged
from optimizer.results.audit.files import Names, RawTable, read_table
from optimizer.results.audit.sites.figures import number_of
from optimizer.results.audit.sites.objective import recompute
from optimizer.results.audit.sites.pair_prices import BORDER, BOTH, PAIRED, Flows, add_penalties, add_products
from optimizer.results.audit.sites.priced_rows import ROWS, WORDS, Line
from optimizer.results.audit.sites.prices import Prices, Weights

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.sites.books import Books
    from optimizer.results.audit.sites.objective import Objective

FILE, KEPT = "multipliers.parquet", "objective_kept"
RELATIVE = 1e-9
"""Part of the size of the objective by which a claim may lie above what is proven."""
ROUND_OFF = 1e-13
"""Part of the magnitudes that add up to a bound which adding them up may lose."""
_WORDS = {
    "highs": "the bound stands as HiGHS reported it",
    "core": "the bound stands as HiGHS reported it for the units left open, with the test on those fixed",
    "master": "the bound stands as HiGHS reported it for the master problem",
    "branch": "the bound stands as the search over branches reported it",
    "landscape": "the bound stands as the search over the landscape reported it",
    "separators": "the bound stands as branch and cut with separators reported it",
    "recursion": "the bound stands as the exact recursion over sets of core areas reported it",
}


@dataclass(frozen=True)
class Proven:
    """A bound of what is minimised, the sum of magnitudes behind it, and multipliers that name no row."""

    value: float
    size: float
    unknown: int


def bound_checks(books: Books, summary: dict[str, Any], own: Objective, folder: Path) -> list[Check]:
    """Judge the bound of summary.json by what proves it; `folder` holds the multipliers."""
    by, claimed = summary.get("bound_by"), number_of(summary, "bound")
    if claimed != claimed:
        return []
    if by != "dual":
        words = _WORDS.get(str(by), "nothing is said of what proves the bound") + "; it is not evaluated anew"
        return [judged("bound", "summary", "", 0.0, 0.0, "", words)]
    path = folder / FILE
    if not path.is_file():
        words = "the bound is said to follow from multipliers, and there are none"
        return [count_check("bound.multipliers", "summary", "", 1, words, "files")]
    proven = evaluate(books, summary, read_table(path))
    sign = -1.0 if own.maximise else 1.0
    message = f"the multipliers prove {sign * proven.value:.12g}, summary.json claims {claimed:.12g}"
    tolerance = RELATIVE * max(own.size, abs(own.value), 1.0) + ROUND_OFF * proven.size
    words = "every multiplier must name a row that is known"
    return [
        count_check("bound.rows", "summary", "", proven.unknown, words),
        judged("bound", "summary", "", sign * claimed - proven.value, tolerance, "", message),
    ]


def evaluate(books: Books, summary: dict[str, Any], table: RawTable) -> Proven:
    """Return the bound that multipliers prove."""
    kept = table.data.filter(pc.equal(table.data["rule"], KEPT)) if table.has("rule") else table.data.slice(0, 0)
    weights, constant = _weights(books, summary, _lines(RawTable(table.path, kept)))
    prices = Prices.of(books, weights)
    prices.constant += constant
    price_rows(prices, weights.penalties, table)
    value, size = prices.least()
    return Proven(value, size, prices.unknown)


def price_rows(prices: Prices, penalties: float, table: RawTable) -> None:
    """Add penalties at their weight to the prices, and price every row that multipliers name."""
    books = prices.books
    rules = Names(pc.unique(table.data["rule"]) if table.has("rule") else pa.array([], pa.string()))
    rule, worth = table.codes("rule", rules), table.numbers("worth")
    named = [rules.label(code) for code in range(len(rules))]
    on_pairs = np.array([name.startswith((BORDER, BOTH)) for name in named], dtype=bool)[rule]
    products, families = add_penalties(books, prices, penalties), _families(books)
    for line in _lines(RawTable(table.path, table.data.take(np.flatnonzero(~on_pairs)))):
        if line.rule != KEPT and not (line.rule in ROWS and ROWS[line.rule](prices, line)):
            prices.unknown += 1
    for name, pairs in products.items():
        parts = [
            _flows(books, table, np.flatnonzero(rule == code), families[label][1], worth)
            for code, label in enumerate(named)
            if families.get(label, ("", 0))[0] == name
        ]
        add_products(prices, pairs, _joined(parts))
    prices.unknown += sum(int((rule == code).sum()) for code, label in enumerate(named) if _stray(label, families))


def _stray(label: str, families: dict[str, tuple[str, int]]) -> bool:
    """Whether a rule states products of a penalty that is not there."""
    return label.startswith((BORDER, BOTH)) and label not in families


def _flows(books: Books, table: RawTable, places: np.ndarray, zone: int, worth: np.ndarray) -> Flows:
    """Return the multipliers of some rows on pairs; `zone` is -1 where rows name the management zones."""
    sites, count = books.sites, books.sites.shape[1]
    some = RawTable(table.path, table.data.take(places))
    ends = []
    for side in ("a", "b"):
        unit = some.codes(f"unit_{side}", sites.units).astype(np.int64)
        of_zone = np.full(len(unit), zone)
        if zone < 0:
            of_zone = some.codes(f"management_zone_{side}", sites.zones).astype(np.int64)
        ends.append(unit * count + of_zone)
    return Flows(ends[0], ends[1], worth[places], worth[places] * (0.5 if zone < 0 else 1.0))


def _joined(parts: list[Flows]) -> Flows:
    none = Flows(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    names = ("first", "second", "worth", "flow")
    return Flows(*(np.concatenate([getattr(one, name) for one in [none, *parts]]) for name in names))


def _lines(table: RawTable) -> list[Line]:
    columns = [table.text(name, "") for name in WORDS]
    return [Line(worth, *words) for worth, *words in zip(table.numbers("worth").tolist(), *columns, strict=True)]


def _weights(books: Books, summary: dict[str, Any], lines: list[Line]) -> tuple[Weights, float]:
    """Return the weights of all objectives: of those in order, the ones before count as far as their rows are priced.

    The second value is what the limits of these rows add.
    """
    weights, constant = Weights.of(books, books.settings.last), 0.0
    stages = summary.get("stages") or []
    for line in lines:
        if line.rule != KEPT or line.worth >= 0:
            continue
        for aim, stage in zip(books.settings.aims[:-1], stages, strict=False):
            if aim.kind == line.id:
                sign = -1.0 if recompute(books, (aim,)).maximise else 1.0
                best = sign * number_of(stage, "objective")
                weights = weights.plus(Weights.of(books, (aim,)), -line.worth)
                constant += line.worth * (best + aim.tolerance * abs(best))
    return weights, constant


def _families(books: Books) -> dict[str, tuple[str, int]]:
    """Return penalty and management zone (-1: rows name it) of each rule that states products."""
    found: dict[str, tuple[str, int]] = {}
    for name in (rule.id for rule in books.rules if rule.rule in PAIRED):
        found[f"{BOTH}{name}"] = (name, -1)
        for zone in range(books.sites.shape[1]):
            label = books.sites.zones.label(zone)
            found[f"{BORDER}{name}:{label}" if label else f"{BORDER}{name}"] = (name, zone)
    return found
