"""Everything a solve writes for people: CSV tables, the GeoPackage and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.report.page import ReportInput, write_report
from optimizer.results.geopackage import write_geopackage
from optimizer.results.indicators import indicators
from optimizer.results.ledger import ledger
from optimizer.results.rules import rules_table
from optimizer.results.transitions import transitions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.report.text import Lang
    from optimizer.results.plan import Plan
    from optimizer.results.solution import Solution


def write_tables(
    folder: Path,
    instance: Instance,
    program: Program,
    solution: Solution,
    plan: Plan,
    summary: dict[str, Any],
    lang: Lang,
) -> None:
    """Write transitions, indicators, rules and ledger as CSV, plan.gpkg and report.html."""
    tables = {
        "transitions": transitions(instance, plan.moves),
        "indicators": indicators(instance, plan.moves),
        "rules": rules_table(program, solution),
        "ledger": ledger(instance, plan.moves),
    }
    for name, table in tables.items():
        _write_csv(folder / f"{name}.csv", table)
    write_geopackage(folder / "plan.gpkg", instance, plan.moves)
    report = ReportInput(
        instance=instance,
        summary=summary,
        moves=plan.moves,
        audit=summary["audit"],
        lang=lang,
        **tables,
    )
    write_report(folder / "report.html", report)


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write with a byte-order mark, without which Excel misreads Chinese."""
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
