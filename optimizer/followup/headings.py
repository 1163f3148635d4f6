"""Headings of the tables of what follows a plan, and names of rules and components, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.results.terms import term

if TYPE_CHECKING:
    import pandas as pd

    from instances.land import Land
    from optimizer.results.terms import Lang

HEADINGS: dict[str, tuple[str, str]] = {
    "zone": ("单元", "zone"),
    "region": ("行政区", "region"),
    "class": ("地类", "class"),
    "from": ("现状地类", "from"),
    "to": ("转为", "to"),
    "converts": ("是否转换", "converts"),
    "period": ("期末年", "period"),
    "overlay": ("叠加", "overlay"),
    "area_ha": ("面积 ha", "ha"),
    "rule": ("规则", "rule"),
    "fact": ("触发因素", "what triggers it"),
    "source": ("来源", "source"),
    "id": ("编号", "id"),
    "group": ("类组", "group"),
    "grade": ("等别", "grade"),
    "part": ("部分", "part"),
    "sense": ("关系", "sense"),
    "bound": ("限值", "bound"),
    "asked": ("要求", "asked"),
    "unit": ("单位", "unit"),
    "value": ("数值", "value"),
    "short": ("缺口", "short by"),
    "value_old": ("原方案值", "in the plan"),
    "slack_old": ("原余量", "slack in the plan"),
    "broken_old": ("原已违反", "broken before"),
    "value_new": ("新值", "after"),
    "slack_new": ("新余量", "slack after"),
    "broken_new": ("违反", "broken"),
    "component": ("分项", "component"),
    "alone": ("仅加入项目 tCO2e", "project alone, tCO2e"),
    "compensated": ("含补偿 tCO2e", "with compensation, tCO2e"),
    "adapted": ("全方案重新优化 tCO2e", "whole plan adapted, tCO2e"),
    "plan": ("原方案 tCO2e", "the plan, tCO2e"),
    "barred": ("其中被禁止的转换 tCO2e", "barred changes, tCO2e"),
    "onward": ("其余按原方案 tCO2e", "the rest as planned, tCO2e"),
    "replanned": ("新方案 tCO2e", "new plan, tCO2e"),
    "emissions_tco2e": ("排放 tCO2e", "tCO2e"),
    "cost_wanyuan": ("成本 万元", "10k CNY"),
    "way": ("方式", "way"),
    "objective": ("目标值变化", "change of the objective"),
    "base_ha": ("基年 ha", "base year, ha"),
    "planned_ha": ("规划应达 ha", "planned by now, ha"),
    "planned_end_ha": ("本期末规划 ha", "planned by the end of the period, ha"),
    "observed_ha": ("实测 ha", "observed, ha"),
    "drift_ha": ("偏差 ha", "drift, ha"),
    "kind": ("类别", "kind"),
    "step": ("步骤", "step"),
    "short_after": ("剩余缺口（相对）", "shortfall left, relative"),
    "emissions_after": ("此后排放 tCO2e", "emissions after, tCO2e"),
    "cost_after": ("此后成本 万元", "cost after, 10k CNY"),
    "amount": ("超出", "missed by"),
    "message": ("说明", "message"),
}


PARTS: dict[str, tuple[str, str]] = {"least": ("下限", "at least"), "most": ("上限", "at most")}
"""What the area of a project is limited by."""


def headed(table: pd.DataFrame, land: Land, lang: Lang) -> pd.DataFrame:
    """Return a table for people: headings, names of classes, regions, rules and components; empty columns left out."""
    english = lang == "en"
    shown = table.copy()
    classes = class_names(land, lang)
    if "zone" in shown:
        shown["zone"] = shown["zone"].astype(str)  # a code, even where it looks like a number
    for name in ("from", "to", "class"):
        if name in shown:
            shown[name] = shown[name].astype(str).map(lambda one: classes.get(one, one))
    if "region" in shown:
        regions = region_names(land, lang)
        shown["region"] = shown["region"].astype(str).map(lambda one: regions.get(one, one))
    for name in ("rule", "component", "group"):
        if name in shown:  # a quota may be of one class in place of a group
            known = classes if name == "group" else {}
            shown[name] = [
                known.get(one) or ("" if one == "" else term(name, one, lang)) for one in shown[name].astype(str)
            ]
    if "unit" in shown:
        shown["unit"] = [unit_words(str(one), lang) for one in shown["unit"]]
    if "part" in shown:
        shown["part"] = [PARTS[one][english] if one in PARTS else one for one in shown["part"].astype(str)]
    for flag in shown.select_dtypes(bool):
        shown[flag] = shown[flag].map({True: "yes" if english else "是", False: ""})
    empty = [name for name in shown if len(shown) and (shown[name].astype(str) == "").all()]
    shown = shown.drop(columns=[*empty, *(name for name in ("rule_zh",) if name in shown)])
    return shown.rename(columns={name: HEADINGS[name][english] for name in shown if name in HEADINGS})


def unit_words(unit: str, lang: Lang) -> str:
    """Return a unit of a quota or an objective for people; hectares and tonnes have one sign in both languages."""
    return unit if unit in ("ha", "tCO2e") else term("unit", unit, lang)


def class_names(land: Land, lang: Lang) -> dict[str, str]:
    """Return the name of each class with its code."""
    return _names(land.classes, "class", lang)


def region_names(land: Land, lang: Lang) -> dict[str, str]:
    """Return the name of each region with its code."""
    return _names(land.regions, "region", lang)


def _names(table: pd.DataFrame, key: str, lang: Lang) -> dict[str, str]:
    column = "name_zh" if lang == "zh" else "name_en"
    return {
        str(code): (str(name) if str(name).lower() == str(code).lower() else f"{name} {code}") if name else str(code)
        for code, name in zip(table[key], table[column], strict=True)
    }
