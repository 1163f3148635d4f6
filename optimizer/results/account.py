"""The present carbon account of an instance, with no plan: sinks, the KAYA identity and activity.

Published figures (`context` items `published_sink:<group>` and `published_emissions`) stand beside
the computed ones; where they cannot be reproduced the account says so. 现状碳核算。
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.carbon import CarbonAccount
from instances.demand import KAYA_ITEMS
from optimizer.results.present import activity_rows, present_uptake
from optimizer.results.terms import term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from instances.instance import Instance
    from instances.land import Land
    from optimizer.results.terms import Lang

WAN = 1e4
"""Tonnes in 万t."""
REPRODUCED = 0.05
"""Relative difference up to which a published figure counts as reproduced."""
_SINK_UNITS = {"1e4 tCO2/yr": 1e4, "tCO2/yr": 1.0}
_PUBLISHED_SINK = "published_sink:"


@dataclass(frozen=True)
class Account:
    """The present account; emissions positive, uptake given as positive numbers in its own columns.

    Attributes
    ----------
    classes
        class, group, area_ha, sink_tco2_per_ha (mean over regions), uptake_tco2.
    groups
        group, area_ha, uptake_tco2, greatest_tco2 (all its land at the greatest coefficient of its
        classes), published_tco2, published_year, verdict, note. Last row `all`.
    kaya
        year, population, gdp_per_capita, carbon_intensity, kaya_tco2, published_tco2, anchor.
    activity
        Ledger rows of existing activity.
    """

    classes: pd.DataFrame
    groups: pd.DataFrame
    kaya: pd.DataFrame
    activity: pd.DataFrame
    base_year: int


@dataclass(frozen=True)
class AccountTable:
    """A table to be printed: a title, a frame with units in its heads, and a remark (may be empty)."""

    title: str
    frame: pd.DataFrame
    note: str = ""


def account(instance: Instance) -> Account:
    """Return the present account of an instance."""
    carbon = CarbonAccount.of(instance)
    return Account(
        classes=_class_sinks(carbon),
        groups=_group_sinks(carbon),
        kaya=_kaya(carbon),
        activity=activity_rows(carbon),
        base_year=instance.settings.carbon.base_year,
    )


def _class_sinks(carbon: CarbonAccount) -> pd.DataFrame:
    land = carbon.land
    area, uptake = land.class_area_ha.sum(axis=0), present_uptake(carbon).sum(axis=0)
    mean = np.divide(uptake, area, out=np.zeros_like(uptake), where=area > 0)
    frame = land.classes[["class", "name_zh", "name_en", "group"]].reset_index(drop=True)
    return frame.assign(area_ha=area, sink_tco2_per_ha=mean, uptake_tco2=uptake)


def _group_sinks(carbon: CarbonAccount) -> pd.DataFrame:
    land = carbon.land
    areas, sink = land.class_area_ha, carbon.factor("sink")[carbon.factor_set]
    uptake = sink * areas
    groups = [leaf for leaf in land.groups.leaves if land.member(leaf).any()]
    rows = []
    for group in groups:
        member = land.member(group)
        greatest = float((areas[:, member].sum(axis=1) * sink[:, member].max(axis=1)).sum())
        rows.append((group, float(areas[:, member].sum()), float(uptake[:, member].sum()), greatest))
    frame = pd.DataFrame(rows, columns=["group", "area_ha", "uptake_tco2", "greatest_tco2"])
    total = frame.drop(columns="group").sum().to_dict()
    frame = pd.concat([frame, pd.DataFrame([{"group": "all", **total}])], ignore_index=True)
    return _beside_published(frame, land, carbon.settings.carbon.base_year)


def _beside_published(frame: pd.DataFrame, land: Land, base_year: int) -> pd.DataFrame:
    """Set published sinks beside the computed ones; later targets are left out."""
    context = land.tables["context"]
    root = str(land.regions["region"].iloc[land.root])
    chosen = context["item"].str.startswith(_PUBLISHED_SINK) & (context["region"].astype(str) == root)
    rows = context[chosen & (context["year"] <= base_year) & context["unit"].isin(list(_SINK_UNITS))]
    rows = rows.sort_values("year").assign(group=rows["item"].str.removeprefix(_PUBLISHED_SINK))
    rows = rows.groupby("group", as_index=False).last()
    rows = rows.assign(
        published_tco2=rows["value"].astype(float) * rows["unit"].map(_SINK_UNITS).astype(float),
        published_year=rows["year"],
    )
    joined = frame.merge(rows[["group", "published_tco2", "published_year", "note"]], on="group", how="left")
    figures = joined[["uptake_tco2", "greatest_tco2", "published_tco2"]].to_numpy(dtype=float)
    verdicts = [_verdict(*row) for row in figures]
    return joined.assign(verdict=verdicts, note=joined["note"].fillna(""))


def _verdict(computed: float, greatest: float, published: float) -> str:
    if np.isnan(published):
        return ""
    if abs(computed - published) <= REPRODUCED * abs(published):
        return "reproduced"
    return "not reproducible" if published > greatest * (1 + REPRODUCED) else "differs"


def _kaya(carbon: CarbonAccount) -> pd.DataFrame:
    """KAYA in every anchor year and in the base and end years, which may lie between anchors."""
    land, settings = carbon.land, carbon.settings.carbon
    context = land.tables["context"]
    root = str(land.regions["region"].iloc[land.root])
    own = context[context["region"].astype(str) == root]
    anchors = set(own.loc[own["item"].isin([*KAYA_ITEMS, "emissions"]), "year"].astype(int))
    columns = ["year", "anchor", *KAYA_ITEMS, "kaya_tco2", "published_tco2"]
    if not anchors:
        return pd.DataFrame(columns=columns)
    printed = {item: own[own["item"] == item].set_index("year")["value"] for item in KAYA_ITEMS}
    printed_totals = own[own["item"] == "published_emissions"]
    scale = np.where(printed_totals["unit"] == "1e4 tCO2", WAN, 1.0)
    published = dict(zip(printed_totals["year"], printed_totals["value"].astype(float) * scale, strict=True))
    rows = []
    for year in sorted(anchors | {settings.base_year, settings.end_year}):
        factors = {item: values.to_dict().get(year, np.nan) for item, values in printed.items()}
        kaya = {"kaya_tco2": carbon.demand.kaya(year), "published_tco2": published.get(year, np.nan)}
        rows.append({"year": year, "anchor": year in anchors, **factors, **kaya})
    return pd.DataFrame(rows, columns=columns)


_WORDS: Mapping[str, tuple[str, str]] = {
    "sinks_by_group": ("现状碳汇（按类组，{year}年面积）", "Sinks of present land by group ({year})"),
    "sinks_by_class": ("现状碳汇（按地类）", "Sinks of present land by class"),
    "kaya": ("卡亚恒等式：人口 × 人均GDP × 碳强度", "KAYA: population x GDP per person x carbon intensity"),
    "activity_end_use": ("{year}年活动排放（按终端用途）", "Emissions of activity in {year} by end use"),
    "activity_sector": ("{year}年活动排放（按清单部门）", "Emissions of activity in {year} by inventory sector"),
    "activity_scope": ("{year}年活动排放（按范围）", "Emissions of activity in {year} by scope"),
    "group": ("类组", "group"),
    "class": ("地类", "class"),
    "area": ("面积 ha", "area ha"),
    "sink": ("系数 tCO2/ha/年", "sink tCO2/ha/yr"),
    "uptake": ("碳汇 万tCO2/年", "uptake 1e4 tCO2/yr"),
    "greatest": ("系数上限 万tCO2/年", "at greatest coefficient 1e4 tCO2/yr"),
    "published": ("公布值 万tCO2/年", "published 1e4 tCO2/yr"),
    "difference": ("差异 %", "difference %"),
    "verdict": ("判断", "verdict"),
    "year": ("年份", "year"),
    "population": ("人口 万人", "population 10k"),
    "gdp_per_capita": ("人均GDP 万元", "GDP per person 10k CNY"),
    "carbon_intensity": ("碳强度 t/万元", "intensity t/10k CNY"),
    "kaya_total": ("卡亚值 万tCO2/年", "KAYA 1e4 tCO2/yr"),
    "emission": ("排放 万tCO2/年", "emission 1e4 tCO2/yr"),
    "share": ("占比 %", "share %"),
    "end_use": ("终端用途", "end use"),
    "sector": ("部门", "sector"),
    "scope": ("范围", "scope"),
    "mismatch": (
        "{name}：公布 {published:.1f}，按系数计算 {computed:.1f}，全部土地取最大系数也只有 {greatest:.1f}。{note}",
        "{name}: published {published:.1f}, computed {computed:.1f}, at most {greatest:.1f} with all land at the "
        "greatest coefficient. {note}",
    ),
}


def _word(lang: Lang, key: str, **values: object) -> str:
    return _WORDS[key][0 if lang == "zh" else 1].format(**values)


def _heads(lang: Lang, columns: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame({_word(lang, key): values for key, values in columns.items()})


def account_tables(instance: Instance, lang: Lang = "zh") -> list[AccountTable]:
    """Return the present account as tables to print, titles and heads in the language asked for."""
    found = account(instance)
    tables = [_group_table(found, lang), _class_table(found, lang)]
    if len(found.kaya):
        tables.append(_kaya_table(found, lang))
    if len(found.activity):
        tables += [_activity_table(found, lang, column) for column in ("end_use", "sector", "scope")]
    return tables


def _difference(computed: pd.Series, published: pd.Series) -> pd.Series:
    return ((computed / published - 1) * 100).round(1)


def _group_table(found: Account, lang: Lang) -> AccountTable:
    rows = found.groups
    names = [term("group", group, lang) for group in rows["group"]]
    frame = _heads(
        lang,
        {
            "group": names,
            "area": rows["area_ha"].round(1),
            "uptake": (rows["uptake_tco2"] / WAN).round(2),
            "greatest": (rows["greatest_tco2"] / WAN).round(2),
            "published": rows["published_tco2"] / WAN,
            "difference": _difference(rows["uptake_tco2"], rows["published_tco2"]),
            "verdict": [term("verdict", verdict, lang) for verdict in rows["verdict"]],
        },
    )
    doubtful = rows[~rows["verdict"].isin(["", "reproduced"])]
    lines = [
        _word(
            lang,
            "mismatch",
            name=term("group", row["group"], lang),
            published=row["published_tco2"] / WAN,
            computed=row["uptake_tco2"] / WAN,
            greatest=row["greatest_tco2"] / WAN,
            note=row["note"],
        )
        for row in doubtful.to_dict("records")
    ]
    return AccountTable(_word(lang, "sinks_by_group", year=found.base_year), frame, "\n".join(lines))


def _class_table(found: Account, lang: Lang) -> AccountTable:
    rows = found.classes
    frame = _heads(
        lang,
        {
            "class": rows["class"].astype(str) + " " + rows[f"name_{lang}"],
            "area": rows["area_ha"].round(1),
            "sink": rows["sink_tco2_per_ha"].round(4),
            "uptake": (rows["uptake_tco2"] / WAN).round(2),
        },
    )
    return AccountTable(_word(lang, "sinks_by_class"), frame)


def _kaya_table(found: Account, lang: Lang) -> AccountTable:
    rows = found.kaya
    frame = _heads(
        lang,
        {
            "year": rows["year"],
            **{item: rows[item] for item in KAYA_ITEMS},
            "kaya_total": (rows["kaya_tco2"] / WAN).round(1),
            "published": rows["published_tco2"] / WAN,
            "difference": _difference(rows["kaya_tco2"], rows["published_tco2"]),
        },
    )
    return AccountTable(_word(lang, "kaya"), frame)


def _activity_table(found: Account, lang: Lang, column: str) -> AccountTable:
    sums = found.activity.groupby(column, as_index=False, sort=False)["present_annual"].sum()
    emission = sums["present_annual"] / WAN
    share = emission / emission.sum() * 100
    names = [term(column, key, lang) for key in sums[column]]
    frame = _heads(lang, {column: names, "emission": emission.round(1), "share": share.round(1)})
    return AccountTable(_word(lang, f"activity_{column}", year=found.base_year), frame)
