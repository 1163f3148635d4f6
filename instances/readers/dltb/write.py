"""Writing the instance: tables, `instance.toml`, and the account of the import."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas
import pandas as pd

from instances.factors import default_factors
from instances.readers.dltb.classes import class_table, transition_table

if TYPE_CHECKING:
    from pathlib import Path

    from pyproj import CRS

    from instances.readers.dltb.account import Account
    from instances.readers.dltb.config import Config
    from instances.readers.dltb.zones import Zones


def write_instance(
    folder: Path,
    name: str,
    config: Config,
    zones: Zones,
    regions: pd.DataFrame,
    crs: CRS,
    account: Account,
    differences: pd.DataFrame,
) -> None:
    """Write every file of the instance into an empty folder; the account goes to `import/`."""
    land, notes = folder / "land", folder / "import"
    land.mkdir()
    notes.mkdir()
    frame = geopandas.GeoDataFrame(zones.zones, geometry=zones.shapes, crs=crs)
    frame.to_parquet(land / "zones.parquet", compression="zstd", index=False)
    zones.cover.to_parquet(land / "cover.parquet", compression="zstd", index=False)
    classes = class_table(zones.cover["class"].unique(), config.more_classes)
    tables = {
        land / "classes.csv": classes,
        land / "transitions.csv": transition_table(classes),
        land / "factors.csv": default_factors(classes),
        land / "regions.csv": regions,
        notes / "account.csv": account.table(),
        notes / "differences.csv": differences,
        notes / "refused.csv": account.refused(),
    }
    if config.quotas:
        root = regions["region"].iloc[0]
        rows = [{**quota.model_dump(), "region": quota.region or root} for quota in config.quotas]
        tables[land / "quotas.csv"] = pd.DataFrame(rows)
    for path, table in tables.items():
        table.to_csv(path, index=False, lineterminator="\n")
    (folder / "instance.toml").write_text(_toml(name, config, crs, account), encoding="utf-8")


def _toml(name: str, config: Config, crs: CRS, account: Account) -> str:
    about = config.instance
    authority = crs.to_authority()
    provenance = about.provenance or (
        f"third-survey database, {account.total('read'):,.2f} ha read, {account.total('refused'):,.2f} ha refused"
        " (import/account.csv)"
    )
    title = about.name or name
    texts = {
        "name": title,
        "title_zh": about.title_zh or title,
        "title_en": about.title_en or title,
        "crs": ":".join(authority) if authority else crs.to_wkt(),
        "provenance": provenance,
    }
    lines = ["[instance]", *(f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in texts.items())]
    lines += [
        f"synthetic_geography = {str(about.synthetic_geography).lower()}",
        f"rules_off = {json.dumps(list(config.rules_off))}",
        "",
        "[carbon]",
        f"base_year = {about.base_year}",
        f"end_year = {about.end_year}",
        f'mode = "{about.mode}"',
        "",
        "[time]",
        f"periods = {list(about.ends)}",
        "",
    ]
    return "\n".join(lines)
