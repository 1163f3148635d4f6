"""Build a Sanqu instance from the land allocation problem of the GeoDMS documentation.

Each of the 33 free cells becomes a whole zone of 1 ha of class `free`; becoming living, working
or nature earns its suitability (a negative cost). Claims become floors and ceilings. A cell may
stay free only where every suitability is below the threshold, so `free` has a ceiling of as many
hectares as there are such cells.
"""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pandas as pd
import shapely

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY.parent / "shared" / "data" / "geodms"
USES = ("living", "working", "nature")
OPTIMUM = -205.0
CELL_M = 100.0
SOURCE = "GeoDMS documentation, land allocation with regional claims"

TOML = """[instance]
name = "geodms"
title_zh = "土地配置对照例"
title_en = "GeoDMS land allocation"
crs = "EPSG:4550"
provenance = "GeoDMS documentation; a grid without a place"
synthetic_geography = true

[carbon]
base_year = 2020
end_year = 2030

[time]
periods = [2030]

[objective]
kind = "cost"
"""

CLASSES = (
    ("free", "1201", "空闲地", "Free", "unused", ""),
    ("living", "0701", "城镇住宅用地", "Living", "housing_urban", "urban"),
    ("working", "0601", "工业用地", "Working", "industry", "urban"),
    ("nature", "0404", "其他草地", "Nature", "grass", ""),
)


def missing_data() -> str:
    """Return why the instance cannot be built, empty where it can."""
    return "" if (DATA / "cells.csv").is_file() else f"GeoDMS example is not beside the repository: {DATA}"


def cells() -> pd.DataFrame:
    """Return the free cells with their suitabilities, working region and published use."""
    table = pd.read_csv(DATA / "cells.csv")
    return table[table["free"] == 1].reset_index(drop=True)


def may_stay(table: pd.DataFrame) -> pd.Series:
    """Mark the cells that may be left without a use: every suitability is below the threshold."""
    threshold = json.loads((DATA / "expected.json").read_text("utf-8"))["threshold"]
    return (table[[f"suit_{use}" for use in USES]] < threshold).all(axis=1)


def build(folder: Path) -> Path:
    """Write the instance into `folder` and return it.

    The ceiling on `free` counts hectares and does not name cells; `test_geodms` checks that the
    optimum leaves just the cells that may stay.
    """
    land = folder / "land"
    land.mkdir(parents=True)
    table = cells()
    (folder / "instance.toml").write_text(TOML, encoding="utf-8")
    _zones(table).to_parquet(land / "zones.parquet", index=False)
    tables = {
        "cover": pd.DataFrame({"zone": table["cell"], "class": "free", "area_ha": 1.0}),
        "classes": pd.DataFrame(CLASSES, columns=["class", "code", "name_zh", "name_en", "group", "setting"]).assign(
            scheme="third_survey"
        ),
        "transitions": pd.DataFrame({"from": "free", "to": USES}).assign(
            allowed=1, reason="use of a free cell", source=SOURCE, status="published"
        ),
        "factors": pd.DataFrame(
            columns=["class", "region", "factor", "value", "unit", "source", "status"], dtype=object
        ),
        "quotas": _quotas(table),
        "regions": _regions(),
        "zone_costs": table.melt("cell", [f"suit_{use}" for use in USES], "to", "cost_wanyuan_per_ha")
        .rename(columns={"cell": "zone"})
        .assign(
            to=lambda t: t["to"].str.removeprefix("suit_"), cost_wanyuan_per_ha=lambda t: -t["cost_wanyuan_per_ha"]
        ),
    }
    for name, frame in tables.items():
        frame.to_csv(land / f"{name}.csv", index=False)
    return folder


def _zones(table: pd.DataFrame) -> geopandas.GeoDataFrame:
    west, north = table["col"] * CELL_M, -table["row"] * CELL_M
    zones = pd.DataFrame({"zone": table["cell"], "region": [f"region{r}" for r in table["working_region"]]})
    zones = zones.assign(boundary=1, whole=1)
    boxes = shapely.box(west, north - CELL_M, west + CELL_M, north)
    return geopandas.GeoDataFrame(zones, geometry=boxes, crs="EPSG:4550")


def _regions() -> pd.DataFrame:
    rows = [("all", "", "city", "全域", "All"), ("region0", "all", "county", "区零", "Region 0")]
    rows.append(("region1", "all", "county", "区一", "Region 1"))
    return pd.DataFrame(rows, columns=["region", "parent", "level", "name_zh", "name_en"])


def _quotas(table: pd.DataFrame) -> pd.DataFrame:
    claims = json.loads((DATA / "expected.json").read_text("utf-8"))["claims"]
    bounds = [("all", use, claims[use.title()]) for use in ("living", "nature")]
    bounds += [(region, "working", claims["Working"][region]) for region in ("region0", "region1")]
    rows = [("all", "free", "ceiling", "<=", int(may_stay(table).sum()))]
    for region, use, claim in bounds:
        rows.append((region, use, "floor", ">=", claim["min"]))
        rows.append((region, use, "ceiling", "<=", claim["max"]))
    quotas = pd.DataFrame(rows, columns=["region", "group", "rule", "sense", "value"])
    quotas["id"] = quotas["rule"] + "-" + quotas["group"] + "-" + quotas["region"]
    return quotas.assign(period=0, unit="ha", source=SOURCE, status="published")
