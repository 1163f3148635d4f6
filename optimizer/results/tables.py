"""Everything a solve writes for people: CSV tables, workbook, GeoPackage, figures and report."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from optimizer.results.geopackage import write_geopackage
from optimizer.results.indicators import indicators
from optimizer.results.ledger import ledger
from optimizer.results.rules import rules_table
from optimizer.results.sheets import sheets
from optimizer.results.sites.plan import joint_selection
from optimizer.results.sites.sheets import joint_sheets
from optimizer.results.transitions import transitions
from optimizer.results.workbook import write_workbook

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.report.text import Lang
    from optimizer.results.network.reading import NetworkPlan
    from optimizer.results.plan import Plan
    from optimizer.results.solution import Solution
    from optimizer.results.workbook import Sheet


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

    The plan must be in `folder` already; `audit.json`, where it is there too, gives the counts of the audit by rule.
    """
    from optimizer.report.page import ReportInput, write_report  # what draws takes long to load
    from optimizer.report.pictures import write_figures

    network = network_plan(instance, folder)
    rules = rules_table(program, solution)
    tables = plan_tables(instance, plan.moves, network) | {"rules": _stated(rules, network)}
    for name in ("transitions", "indicators", "rules", "ledger"):
        write_csv(folder / f"{name}.csv", tables[name])
    selection = joint_selection(instance, folder)
    chosen = [] if selection is None else joint_sheets(instance, selection)
    beside = [] if network is None else _network_sheets(folder, instance, network, plan.moves)
    write_workbook(folder / "tables.xlsx", [*sheets(instance, tables, plan.moves, summary), *chosen, *beside])
    write_geopackage(folder / "plan.gpkg", instance, plan.moves, selection, network)
    report = ReportInput(
        instance=instance,
        summary=summary,
        moves=plan.moves,
        audit=audit_of(folder, summary),
        lang=lang,
        selection=selection,
        network=network,
        **tables,
    )
    write_figures(folder / "figures", report)
    write_report(folder / "report.html", report)


def network_plan(instance: Instance, folder: Path) -> NetworkPlan | None:
    """Return the network's part of the plan; its code is loaded only where there is one."""
    if instance.network is None:
        return None
    from optimizer.results.network.reading import read_network_plan

    return read_network_plan(instance, folder)


def _stated(rules: pd.DataFrame, network: NetworkPlan | None) -> pd.DataFrame:
    """Return the rules with limits on the network as they are stated."""
    if network is None:
        return rules
    from optimizer.results.network.limits import stated_rules

    return stated_rules(rules, network)


def _network_sheets(folder: Path, instance: Instance, network: NetworkPlan, moves: pd.DataFrame) -> list[Sheet]:
    """Write the tables of the network as CSV and return those that the workbook holds."""
    from optimizer.results.network.land import land_table
    from optimizer.results.network.sheets import result_sheets
    from optimizer.results.network.tables import network_tables
    from optimizer.results.network.write import write_network_csv

    tables = network_tables(network) | {"land": land_table(network, moves)}
    write_network_csv(folder, tables)
    return result_sheets(instance, tables, instance.settings.objective.kind)


def plan_tables(instance: Instance, moves: pd.DataFrame, network: NetworkPlan | None = None) -> dict[str, pd.DataFrame]:
    """Return the tables that follow from a plan's moves, and its network: transitions, indicators, ledger."""
    return {
        "transitions": transitions(instance, moves),
        "indicators": indicators(instance, moves),
        "ledger": ledger(instance, moves, _supply(network)),
    }


def _supply(network: NetworkPlan | None) -> pd.DataFrame | None:
    """Return the table of supply of a network's plan."""
    if network is None:
        return None
    from optimizer.results.network.figures import supply
    from optimizer.results.network.tables import supply_table

    return supply_table(network, supply(network))


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
