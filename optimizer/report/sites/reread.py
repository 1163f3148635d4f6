"""What the report of a study of sites shows, read again from a solved folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from instances.faults import Fault, InstanceError
from optimizer.report.reread import HINT, read_summary
from optimizer.report.sites.page import SiteReport
from optimizer.results.sites.plan import read_selection
from optimizer.results.sites.rules import COLUMNS
from optimizer.results.sites.shapes import unit_shapes

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from optimizer.results.terms import Lang

MORE = {
    "importance": "importance.csv",
    "curve": "curve.csv",
    "portfolio": "portfolio/portfolio.csv",
    "plans": "portfolio/plans.csv",
}
"""Tables of the studies after a solve, shown where they are in its folder."""

_NEEDED = ("summary.json", "rules.csv", "audit.json")
_NUMBERS = ("bound", "value", "slack", "worth")
_FLAGS = ("binding", "holds")


def read_site_report(instance: Instance, folder: Path, lang: Lang) -> SiteReport:
    """Return what the report of a solved folder shows, in a language.

    Raises
    ------
    InstanceError
        Where files are missing or unreadable, hold no plan, or come from another instance.
    """
    summary = read_summary(instance, folder, _NEEDED)
    selection = read_selection(instance.require_sites(), folder)
    try:
        audit = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
        rules = _rules(folder / "rules.csv")
        more = {name: _table(folder / path) for name, path in MORE.items() if (folder / path).is_file()}
    except (OSError, ValueError, KeyError) as error:
        raise InstanceError([Fault(str(folder), f"cannot be read: {error}", HINT)]) from error
    return SiteReport(instance, summary, selection, rules, audit, unit_shapes(instance), more, lang)


def _rules(path: Path) -> pd.DataFrame:
    numbers = {name: [""] for name in _NUMBERS}
    texts = {name: str for name in COLUMNS if name not in _NUMBERS}
    table = pd.read_csv(path, encoding="utf-8-sig", dtype=texts, keep_default_na=False, na_values=numbers)
    return table[list(COLUMNS)].assign(**{name: table[name] == "True" for name in _FLAGS})


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, encoding="utf-8-sig", dtype={"unit": str})
