"""Writing a table of an analysis: as CSV for people, as Parquet in full precision for tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.results.tables import write_csv

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def write_both(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write `NAME.csv`, safe to open in a spreadsheet, and `NAME.parquet` into a folder."""
    write_csv(folder / f"{name}.csv", table)
    table.to_parquet(folder / f"{name}.parquet", index=False)
