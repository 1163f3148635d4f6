"""Everything a study of sites writes for people: CSV tables, workbook, GeoPackage and report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from optimizer.results.sites.corridors import corridor_table
from optimizer.results.sites.figures import costs, measures, representation, units_table
from optimizer.results.sites.geopackage import write_site_geopackage
from optimizer.results.sites.indices import indices
from optimizer.results.sites.rules import site_rules_table
from optimizer.results.sites.shapes import placed, unit_shapes
from optimizer.results.sites.sheets import site_sheets
from optimizer.results.tables import write_csv
from optimizer.results.workbook import write_workbook

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.report.text import Lang
    from optimizer.results.sites.plan import Selection
    from optimizer.results.solution import Solution


def write_site_tables(
    folder: Path,
    instance: Instance,
    selection: Selection,
    solved: tuple[Program, Solution],
    summary: dict[str, Any],
    lang: Lang,
) -> None:
    """Write the tables as CSV and tables.xlsx, plan.gpkg and report.html; `audit.json` must be there."""
    from optimizer.report.sites.page import SiteReport, write_site_report  # what draws takes long to load

    audit = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    shapes = unit_shapes(instance)
    tables = selection_tables(selection) | {"rules": site_rules_table(selection.sites, *solved, audit)}
    tables["selection"] = placed(tables["selection"], selection, shapes)
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
    write_workbook(folder / "tables.xlsx", site_sheets(instance, tables, summary))
    write_site_geopackage(folder / "plan.gpkg", selection, shapes)
    report = SiteReport(instance, summary, selection, tables["rules"], audit, shapes, {}, lang)
    write_site_report(folder / "report.html", report)


def selection_tables(selection: Selection) -> dict[str, pd.DataFrame]:
    """Return the tables that follow from a selection: the units, representation, costs and measures.

    Where the instance has them, corridors and landscape indices too.
    """
    more = {"corridors": corridor_table(selection), "indices": indices(selection)}
    return {
        "selection": units_table(selection),
        "representation": representation(selection),
        "costs": costs(selection),
        "measures": measures(selection),
        **{name: table for name, table in more.items() if len(table)},
    }
