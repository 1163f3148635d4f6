"""Restoration sites that are chosen with the land: what they hold and cost, against targets and budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.in_land import SITE
from optimizer.report.figures import Table
from optimizer.report.text import THIN_SPACE, significant, text
from optimizer.results.terms import term

if TYPE_CHECKING:
    from optimizer.report.page import ReportInput

_SENSES = {">=": "≥", "<=": "≤", "==": "="}


def site_table(report: ReportInput) -> Table | None:
    """Return targets and sums over chosen units with their limits; None where land is planned alone."""
    rules, restoration = report.rules, report.instance.restoration
    mine = rules[rules["rule"].astype(str).str.startswith(SITE)]
    if mine.empty or restoration is None:
        return None
    features = restoration.tables["features"]
    names = dict(zip(features["feature"].astype(str), features[f"name_{report.lang}"].astype(str), strict=True))
    units = dict(zip(features["feature"].astype(str), features["unit_of_amount"].astype(str), strict=True))
    rows = [
        (
            term("rule", str(row["rule"]).removeprefix(SITE), report.lang),
            names.get(str(row["id"])) or str(row["id"]),
            units.get(str(row["id"]), ""),
            f"{_SENSES[str(row['sense'])]}{THIN_SPACE}{significant(float(row['bound']), 6)}",
            significant(float(row["value"]), 6),
        )
        for row in mine.to_dict("records")
    ]
    heads = ("rule", "sites_what", "unit", "limit", "reached")
    return Table(tuple(text(report.lang, name) for name in heads), tuple(rows))
