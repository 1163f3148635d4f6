"""Facts about Weihai that no decision changes: regions, published totals, the 2035 outlook, activity, indicators."""

from __future__ import annotations

import pandas as pd

from instances.library.weihai_cover import PUBLISHED_WANMU, SPLITS, WANMU_HA, class_totals
from instances.library.weihai_geography import DISTRICT_SHARE, DISTRICTS, LAND_AREA_HA

ROOT = "weihai"
P1 = "P1 陈可欣 et al. 2022, 规划师 (5): 134-141"
P3 = "P3 2023 report on technical standards of territorial planning for the dual-carbon goals"
V6 = "V6 Weihai third-survey bulletin 2022-01-13"
V7 = "V7 Shandong yearbook 2014"

KAYA = {
    "population": ("10k", {2017: 282.24, 2035: 320.0}, ""),
    "gdp_per_capita": ("10k CNY", {2017: 9.90, 2035: 22.0}, ""),
    "carbon_intensity": (
        "t/10k CNY",
        {2017: 1.25, 2035: 0.41},
        "printed once as 万元/吨, which is inverted; t per 10k CNY is meant (facts 2, error 2)",
    ),
}
"""The 2035 outlook of P1: unit, value by year, note."""

PUBLISHED_EMISSIONS = {2017: 3481.0, 2035: 2917.0}
PUBLISHED_SINK = {"orchard": 52.0, "wetland": 12.0, "water": 8.0, "forest": 82.0, "all": 154.0}
SINK_TARGET = 191.0
BASE_YEAR, END_YEAR = 2019, 2035
POPULATION_SHARE = {"huancui": 0.43, "wendeng": 0.17, "rongcheng": 0.245, "rushan": 0.155}
"""Population by district as a share of the city's: recalled from the 2020 census, rounded."""

NAMES = {
    "weihai": ("威海市", "Weihai"),
    "huancui": ("环翠区", "Huancui"),
    "wendeng": ("文登区", "Wendeng"),
    "rongcheng": ("荣成市", "Rongcheng"),
    "rushan": ("乳山市", "Rushan"),
}

POWER_AND_HEAT, INDUSTRY, TRANSPORT = 0.466, 0.373, 0.078
"""National shares of CO2 (P3, published); what is left over goes to living, services and farming."""

ELECTRIC_PART = 0.6
"""Part of power and heat that is bought electricity (scope 2); heat is made in the city and stays in scope 1.

Assumed: with the published factor of Shandong it makes 14.9 TWh in 2019, and about 15 are recalled."""

BOUGHT, HEAT = POWER_AND_HEAT * ELECTRIC_PART, POWER_AND_HEAT * (1.0 - ELECTRIC_PART)
_HEAT = "heat made in the city, 40 % of power and heat, assumed"

NATIONAL = f"national shares of {P3}: power and heat 46.6 %, industry 37.3 %, transport 7.8 %"
ACTIVITY = (
    (
        "industry",
        "energy",
        1,
        "industry",
        INDUSTRY * 0.75 + HEAT * 0.68,
        f"a quarter of industry taken as processes, assumed; with 68 % of the {_HEAT}",
    ),
    (
        "industry",
        "industrial_processes",
        1,
        "industry",
        INDUSTRY * 0.25,
        "a quarter of industry taken as processes, assumed",
    ),
    ("industry", "energy", 2, "industry", BOUGHT * 0.68, "68 % of power to industry, recalled"),
    ("transport", "energy", 1, "transport", TRANSPORT, ""),
    ("services", "energy", 2, "commerce", BOUGHT * 0.10, "10 % of power to commerce, assumed"),
    ("public_services", "energy", 2, "public", BOUGHT * 0.065, "6.5 % of power to public services, assumed"),
    ("living", "energy", 2, "housing", BOUGHT * 0.14, "14 % of power to households, recalled"),
    ("farming", "energy", 2, "housing_rural", BOUGHT * 0.015, "1.5 % of power to farming, recalled"),
    ("services", "energy", 1, "commerce", 0.013 + HEAT * 0.10, f"split of the remaining 8.3 % assumed; {_HEAT}"),
    ("public_services", "energy", 1, "public", 0.010 + HEAT * 0.065, f"split of the remaining 8.3 % assumed; {_HEAT}"),
    ("living", "energy", 1, "housing", 0.045 + HEAT * 0.14, f"split of the remaining 8.3 % assumed; {_HEAT}"),
    ("farming", "energy", 1, "housing_rural", 0.015 + HEAT * 0.015, f"split of the remaining 8.3 % assumed; {_HEAT}"),
)
"""End use, sector, scope, group of built land, share of the city, how the share was set."""


def regions() -> pd.DataFrame:
    """Return the city and its four districts."""
    rows = [("weihai", "", "city"), *((name, ROOT, "county") for name in DISTRICTS)]
    return pd.DataFrame(
        [(name, parent, level, *NAMES[name]) for name, parent, level in rows],
        columns=["region", "parent", "level", "name_zh", "name_en"],
    )


def context() -> pd.DataFrame:
    """Return the published totals, the outlook, and every assumed split of a total."""
    rows: list[tuple[object, ...]] = []
    for item, (unit, values, note) in KAYA.items():
        rows += [(item, ROOT, year, value, unit, P1, "published", note) for year, value in values.items()]
    for year, value in PUBLISHED_EMISSIONS.items():
        note = "printed total; the product of the printed factors differs by 0.3 % in 2017 and -1.0 % in 2035"
        rows.append(("published_emissions", ROOT, year, value, "1e4 tCO2", P1, "published", note))
    rows += [
        (f"published_sink:{group}", ROOT, 2017, value, "1e4 tCO2/yr", P1, "published", _SINK_NOTES[group])
        for group, value in PUBLISHED_SINK.items()
    ]
    target_note = "a target, shown with its gap; conversion alone cannot reach it (facts 2, trap b)"
    rows.append(("published_sink:all", ROOT, END_YEAR, SINK_TARGET, "1e4 tCO2/yr", P1, "published", target_note))
    rows.append(("land_area", ROOT, 2014, LAND_AREA_HA / 100.0, "km2", V7, "published", "year of the yearbook"))
    for name in DISTRICTS:
        area = round(DISTRICT_SHARE[name] * LAND_AREA_HA / 100.0, 2)
        note = "share recalled and rounded; the synthetic districts follow it within a zone"
        rows.append(("land_area", name, 2014, area, "km2", f"share of {V7}", "recalled", note))
        people = round(POPULATION_SHARE[name] * 282.24, 2)
        note = "share recalled from the 2020 census, rounded; applied to the published city total"
        rows.append(("district_population", name, 2017, people, "10k", f"share of {P1}", "recalled", note))
    for total, wanmu in PUBLISHED_WANMU.items():
        rows.append((f"published_area:{total}", ROOT, BASE_YEAR, wanmu, "1e4 mu", V6, "published", "1 mu = 1/15 ha"))
    rows.append(_rest_row())
    areas = class_totals()
    for split in SPLITS:
        whole = split.share == 1.0
        source = f"{V6}: published_area:{split.total}" if split.total != "rest" else "computed rest of the land area"
        note = split.why if whole else f"{split.share:.1%} of {split.total}: {split.why}"
        status = "published" if whole else "assumed"
        rows.append((f"area:{split.code}", ROOT, BASE_YEAR, round(areas[split.code], 2), "ha", source, status, note))
    columns = ["item", "region", "year", "value", "unit", "source", "status", "note"]
    return pd.DataFrame(rows, columns=columns)


def _rest_row() -> tuple[object, ...]:
    rest = LAND_AREA_HA - sum(PUBLISHED_WANMU.values()) * WANMU_HA
    note = "land area less the published classes; taken as class 12 (other land), which is an assumption"
    return ("published_area:rest", ROOT, BASE_YEAR, round(rest, 2), "ha", f"{V7} less {V6}", "computed", note)


_SINK_NOTES = {
    "orchard": "reproduced: 67,240 ha x 2.10 tC x 44/12 = 51.8",
    "wetland": "reproduced with 95 % tidal flat",
    "water": "reproduced with 29 % rivers",
    "forest": "NOT reproducible: the printed coefficients give at most 46.8 for the published area (facts 2)",
    "all": "printed total; about 119 can be reproduced from the printed coefficients",
}


def activity(cover: pd.DataFrame, zones: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Return the shares of the present emissions by end use, sector, scope and district; they add to 1.

    Households and farming follow the recalled population; the rest follows the area of the built group
    that carries it, in the synthetic cover.
    """
    held = cover.merge(zones[["zone", "region"]], on="zone")
    areas = held.groupby([held["class"].map(groups), "region"])["area_ha"].sum()
    rows: list[tuple[object, ...]] = []
    for end_use, sector, scope, group, share, why in ACTIVITY:
        by_people = group.startswith("housing")
        local = pd.Series(POPULATION_SHARE) if by_people else areas[group] / areas[group].sum()
        how = "by recalled population" if by_people else f"by area of {group} in the synthetic cover"
        source = "; ".join(filter(None, (NATIONAL, "applied to Weihai", why, f"districts {how}")))
        rows += [
            (end_use, sector, scope, name, round(share * float(local[name]), 9), group, source, "assumed")
            for name in DISTRICTS
        ]
    columns = ["end_use", "sector", "scope", "region", "share", "group", "source", "status"]
    table = pd.DataFrame(rows, columns=columns)
    table.loc[0, "share"] = round(float(1.0 - table["share"].iloc[1:].sum()), 9)
    return table


def indicators(red_line_ha: float, restoration_ha: float, forest_ha: float, wetland_ha: float) -> pd.DataFrame:
    """Return the targets that are shown with their gap and never enforced."""
    outlook = "computed from the outlook of P1: 1 - 0.41/1.25"
    made = "assumed: the present area in the instance"
    rows = [
        ("sink_total", SINK_TARGET, "1e4 tCO2/yr", f"{P1}; conversion alone cannot reach it (facts 2)", "published"),
        ("A-32", round(1.0 - 0.41 / 1.25, 3), "share", outlook, "computed"),
        ("A-01", round(red_line_ha), "ha", f"{made}; the line is synthetic", "assumed"),
        ("A-06", round(1.02 * wetland_ha), "ha", "assumed: 2 % above the published present area", "assumed"),
        ("B-23", round(1.01 * forest_ha), "ha", "assumed: 1 % above the published present area", "assumed"),
        ("A-29", round(restoration_ha), "ha", "assumed: as the quota restoration_area", "assumed"),
        ("A-24", 0.5, "share", "assumed", "assumed"),
    ]
    return pd.DataFrame(
        [(code, ROOT, END_YEAR, *rest) for code, *rest in rows],
        columns=["code", "region", "year", "value", "unit", "source", "status"],
    )


def kaya_t(year: int) -> float:
    """Return the emissions of a year in tCO2: the product of the three factors, each growing at a constant rate."""
    product = 1.0
    for _unit, values, _note in KAYA.values():
        (first, low), (last, high) = sorted(values.items())
        share = (min(max(year, first), last) - first) / (last - first)
        product *= low * (high / low) ** share
    return product * 1.0e4
