"""Copies of the bundled `tiny` instance with other quotas, each with a clash that was worked out by hand."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import geopandas
import pandas as pd

from formulations.assemble import assemble, land_block
from instances.instance import library, load
from optimizer.infeasibility import explain
from optimizer.results.solution import SolveOptions

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from optimizer.infeasibility import Explanation

COLUMNS = ["rule", "region", "group", "grade", "sense", "value", "unit"]


def quota_table(text: str) -> pd.DataFrame:
    """Read lines `rule region group sense value unit [grade]`, - for no group; ids are rule and line."""
    rows = []
    for number, line in enumerate(text.strip().splitlines()):
        rule, region, group, sense, value, unit, *grade = line.split("|")[0].split()
        rows.append(
            {
                "id": f"{rule}-{number}",
                "rule": rule,
                "region": region,
                "period": 0,
                "group": group.replace("-", ""),
                "grade": int(grade[0]) if grade else 0,
                "sense": sense,
                "value": float(value),
                "unit": unit.replace("10kCNY", "10k CNY"),
                "source": "test",
                "status": "made",
            }
        )
    return pd.DataFrame(rows)


def tiny_with(
    folder: Path,
    quotas: str,
    zones: dict[str, dict[str, object]] | None = None,
    restoration_cost: float = 0.0,
) -> Instance:
    """Write a copy of `tiny` with these quotas instead of its own, and some zones changed."""
    copy = folder / "instance"
    shutil.copytree(library()["tiny"], copy)
    quota_table(quotas).to_csv(copy / "land" / "quotas.csv", index=False)
    if zones:
        table = geopandas.read_parquet(copy / "land" / "zones.parquet")
        for zone, values in zones.items():
            for column, value in values.items():
                if column not in table:
                    table[column] = type(value)()
                table.loc[table["zone"] == zone, column] = value
        table.to_parquet(copy / "land" / "zones.parquet")
    if restoration_cost:
        path = copy / "land" / "transitions.csv"
        table = pd.read_csv(path, keep_default_na=False)
        table["cost_wanyuan_per_ha"] = restoration_cost * table["restoration"]
        table.to_csv(path, index=False)
    return load(copy)


def explanation_of(instance: Instance, seconds: float = 60.0) -> Explanation:
    """Explain an instance as it stands."""
    block = land_block(instance)
    return explain(instance, block, assemble(block), SolveOptions(time_limit_s=seconds))
