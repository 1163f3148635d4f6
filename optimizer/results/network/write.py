"""Everything a network plan writes for people: CSV tables, workbook, GeoPackage and report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.results.network.geopackage import write_network_geopackage
from optimizer.results.network.reading import NetworkPlan
from optimizer.results.network.sheets import network_sheets
from optimizer.results.network.tables import network_tables
from optimizer.results.tables import audit_of, write_csv
from optimizer.results.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from instances.instance import Instance
    from optimizer.results.terms import Lang


def write_network_tables(
    folder: Path, instance: Instance, plan: pd.DataFrame, summary: dict[str, Any], lang: Lang
) -> None:
    """Write the tables as CSV and tables.xlsx, plan.gpkg, figures and report.html of a study of the network alone."""
    from optimizer.report.network.page import NetworkReport, write_alone_figures, write_network_report

    read = NetworkPlan(instance.require_network(), plan)
    tables = network_tables(read)
    write_network_csv(folder, tables)
    write_workbook(folder / "tables.xlsx", network_sheets(instance, tables, summary))
    write_network_geopackage(folder / "plan.gpkg", instance, read)
    report = NetworkReport(instance, summary, read, audit_of(folder, summary), lang)
    write_alone_figures(folder / "figures", report)
    write_network_report(folder / "report.html", report)


def write_network_csv(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table as network_NAME.csv."""
    for name, table in tables.items():
        write_csv(folder / f"network_{name}.csv", table)
