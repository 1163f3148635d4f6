"""Everything a solve writes for people: CSV tables, workbook, GeoPackage, figures and report."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from optimizer.report.page import ReportInput, write_report
from optimizer.report.pictures import write_figures
from optimizer.results.geopackage import write_geopackage
from optimizer.results.indicators import indicators
from optimizer.results.ledger import ledger
from optimizer.results.rules import rules_table
from optimizer.results.sheets import sheets
from optimizer.results.transitions import transitions
from optimizer.results.workbook import write_workbook

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.report.text import Lang
    from optimizer.results.plan import Plan
    from optimizer.results.solution import Solution


FORMULA = re.compile(r"[=+\-@\t\r].*[^\W\d]", re.DOTALL)
"""What a spreadsheet may take for a formula: one of these signs first, and a letter somewhere after it."""


def write_tables(
    folder: Path,
    instance: Instance,
    program: Program,
    solution: Solution,
    plan: Plan,
    summary: dict[str, Any],
    lang: Lang,
) -> None:
    """Write the tables as CSV and tables.xlsx, plan.gpkg, figures and report.html.

    `audit.json`, where the folder holds it, gives the report the counts of the audit by rule.
    """
    tables = plan_tables(instance, plan.moves) | {"rules": rules_table(program, solution)}
    for name in ("transitions", "indicators", "rules", "ledger"):
        write_csv(folder / f"{name}.csv", tables[name])
    write_workbook(folder / "tables.xlsx", sheets(instance, tables, plan.moves, summary))
    write_geopackage(folder / "plan.gpkg", instance, plan.moves)
    report = ReportInput(
        instance=instance,
        summary=summary,
        moves=plan.moves,
        audit=audit_of(folder, summary),
        lang=lang,
        **tables,
    )
    write_figures(folder / "figures", report)
    write_report(folder / "report.html", report)


def plan_tables(instance: Instance, moves: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that follow from a plan's moves: transitions, indicators, ledger."""
    return {
        "transitions": transitions(instance, moves),
        "indicators": indicators(instance, moves),
        "ledger": ledger(instance, moves),
    }


def audit_of(folder: Path, summary: dict[str, Any]) -> dict[str, Any]:
    """Return what the report shows of the audit: `audit.json` if it is there, else what the summary repeats."""
    path = folder / "audit.json"
    if path.is_file():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: found.get(name) for name in ("passed", "checks", "failed", "rules")}
    return dict(summary.get("audit") or {})


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write with a byte-order mark, without which Excel misreads Chinese, and no cell that it would run."""
    text = table.select_dtypes(exclude="number").columns
    table = table.assign(**{str(name): table[name].map(inert) for name in text})
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def inert(value: object) -> object:
    """Return text that a spreadsheet would run as a formula with an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value
