"""The configuration that goes with a made survey: quotas sized by what was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.classes import load_classes, load_groups

if TYPE_CHECKING:
    import pandas as pd

GROWTH, KEPT_CROPLAND, MORE_BUILT = 0.03, 0.995, 1.01
SHARES = (
    ("floor", "forest", ">=", 1.0),
    ("floor", "wetland", ">=", 1.0),
    ("floor", "water", ">=", 0.98),
    ("floor", "housing_rural", ">=", 0.97),
    ("floor", "industry", ">=", 0.99),
    ("loss_cap", "cropland", "<=", 0.01),
    ("loss_cap", "orchard", "<=", 0.03),
    ("loss_cap", "water", "<=", 0.02),
    ("loss_cap", "housing_rural", "<=", 0.03),
    ("gain_cap", "forest", "<=", 0.02),
    ("gain_cap", "grass", "<=", 0.02),
    ("gain_cap", "wetland", "<=", 0.02),
)
HEAD = """# Import of a made third-survey database: sanqu import dltb FOLDER INSTANCE --config FOLDER/dltb.toml
# Every key is explained in docs/howto/third-survey.md. The quotas are made for the show.
# 合成三调数据库导入配置；指标为示例。

more_classes = ["0301", "0601", "0701", "1106"]

[instance]
title_zh = "合成县三调数据"
title_en = "Made third-survey database"
base_year = 2020
end_year = 2035
provenance = "made by: sanqu new-dltb"
synthetic_geography = true

[zones]
aggregate = "parcels"      # parcels | village | township | grid
region = "township"        # county | township | village

[slivers]
area_m2 = 100.0
width_m = 1.0
"""


def example_config(parcels: pd.DataFrame) -> str:
    """Return `dltb.toml` for a made layer DLTB."""
    classes = load_classes("third_survey").set_index("code")["group"]
    group = parcels["DLBM"].str[:4].map(classes)
    hectares = (parcels["TBDLMJ"] / 1e4).groupby(group).sum()
    built = set(load_groups().leaves_of("built"))
    urban = float(hectares.get("housing_urban", 0.0))
    rows = [
        ("cropland", "cropland_retention", "", ">=", KEPT_CROPLAND * float(hectares.get("cropland", 0.0)), "ha"),
        ("balance", "compensation", "", "==", 1.0, "1"),
        ("homes", "growth_demand", "housing_urban", ">=", GROWTH * urban, "ha"),
        ("built", "construction_total", "", "<=", MORE_BUILT * float(hectares[hectares.index.isin(built)].sum()), "ha"),
    ]
    rows += [(f"{rule}_{name}", rule, name, sense, value, "share") for rule, name, sense, value in SHARES]
    blocks = [
        f'[[quotas]]\nid = "{name}"\nrule = "{rule}"\ngroup = "{group}"\nsense = "{sense}"\n'
        f'value = {round(value, 2)}\nunit = "{unit}"\nsource = "made for the show"\nstatus = "made"\n'
        for name, rule, group, sense, value, unit in rows
    ]
    return "\n".join([HEAD, *blocks])
