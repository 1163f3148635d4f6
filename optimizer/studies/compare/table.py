"""A table of the comparison with heads in both languages: a CSV file, a sheet, and what the page shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.results.workbook import Head, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


LONGEST_NAME = 31
"""Letters that a spreadsheet allows in the name of a sheet."""

HEADS = {
    "scenario": Head("情景", "scenario"),
    "title_zh": Head("名称", "title, Chinese"),
    "title_en": Head("", "title, English"),
    "from": Head("承自", "starts from"),
    "changes_zh": Head("改动", "changes, Chinese"),
    "changes_en": Head("", "changes, English"),
    "status": Head("状态", "status"),
    "objective": Head("目标值", "objective"),
    "unit": Head("单位", "unit"),
    "bound": Head("界", "bound"),
    "gap": Head("相对差距", "gap"),
    "status_zh": Head("状态名称", "status, Chinese"),
    "agreement_zh": Head("一致性说明", "agreement, Chinese"),
    "sector_zh": Head("部门名称", "sector, Chinese"),
    "end_use_zh": Head("用途名称", "end use, Chinese"),
    "from_zh": Head("现状地类名称", "present class, Chinese"),
    "from_en": Head("", "present class, English"),
    "to_zh": Head("规划地类名称", "planned class, Chinese"),
    "to_en": Head("", "planned class, English"),
    "gained_zh": Head("转入地类名称", "class gained, Chinese"),
    "gained_en": Head("", "class gained, English"),
    "audit": Head("独立核验", "audit"),
    "difference": Head("与参照之差", "less the reference"),
    "difference_least": Head("最优值之差：至少", "difference of optima, at least"),
    "difference_greatest": Head("最优值之差：至多", "difference of optima, at most"),
    "explanation_zh": Head("说明", "explanation, Chinese"),
    "explanation_en": Head("", "explanation, English"),
    "code": Head("指标代码", "code"),
    "name_zh": Head("名称", "name, Chinese"),
    "name_en": Head("", "name, English"),
    "region": Head("行政区", "region"),
    "region_zh": Head("行政区名称", "region, Chinese"),
    "parent_zh": Head("上级名称", "parent, Chinese"),
    "present": Head("现状", "present"),
    "component": Head("分项", "component"),
    "component_zh": Head("分项名称", "component, Chinese"),
    "component_en": Head("", "component, English"),
    "sector": Head("清单部门", "inventory sector"),
    "end_use": Head("终端用途或用地", "end use or land"),
    "scope": Head("范围", "scope"),
    "group": Head("类组", "group"),
    "class": Head("地类", "class"),
    "present_ha": Head("现状面积", "present area", "ha"),
    "quantity": Head("数量", "quantity"),
    "quantity_zh": Head("数量名称", "quantity, Chinese"),
    "item": Head("项目", "item"),
    "period": Head("期末年", "end of period"),
    "kind": Head("类别", "kind"),
    "name": Head("名称", "name"),
    "chosen_in": Head("选用的情景数", "scenarios that choose it"),
    "zone": Head("空间单元", "zone"),
    "area_ha": Head("面积", "area", "ha"),
    "changed_in": Head("改变的情景数", "scenarios that change it"),
    "gained": Head("各情景一致的转入地类", "class gained in all that change it"),
    "common_ha": Head("各情景相同的改变", "change common to all", "ha"),
    "differing_ha": Head("仅部分情景的改变", "change in some only", "ha"),
    "to": Head("规划地类", "planned class"),
    "agreement": Head("一致性", "agreement"),
    "zones": Head("单元数", "zones"),
    "point": Head("点", "point"),
    "folder": Head("文件夹", "folder"),
    "depth": Head("到端点连线的距离", "distance from the line through the ends"),
    "knee": Head("拐点", "knee"),
    "between": Head("与下一点之间可能的改进（占两端距离）", "what a plan before the next may gain (part of the range)"),
    "share_of_plans": Head("选用的方案比例", "share of plans"),
    "changed_ha": Head("平均改变面积", "area changed on average", "ha"),
    "least_found_ha": Head("所得方案中最小", "least found", "ha"),
    "greatest_found_ha": Head("所得方案中最大", "greatest found", "ha"),
    "least_proven_ha": Head("证明的下限", "least proven", "ha"),
    "greatest_proven_ha": Head("证明的上限", "greatest proven", "ha"),
    "verdict": Head("已证明", "proven"),
    "plan": Head("方案", "plan"),
    "by": Head("证明方式", "proven by"),
    "distance": Head("此前方案所无的用途", "uses that those before have not"),
    "distance_bound": Head("其上界", "no plan has more"),
    "differs": Head("与最近方案的差异", "differs from the nearest by"),
    "measure": Head("量", "measure"),
    "measure_zh": Head("量的名称", "measure, Chinese"),
    "best_plan": Head("最优方案", "best plan"),
    "least": Head("最小", "least"),
    "least_bound": Head("最小值的界", "bound of the least"),
    "greatest": Head("最大", "greatest"),
    "greatest_bound": Head("最大值的界", "bound of the greatest"),
    "budget": Head("不确定预算", "budget of uncertainty"),
    "nominal": Head("名义值", "nominal"),
    "worst": Head("最坏情形", "worst case"),
    "worst_bound": Head("最坏情形的界", "bound of the worst case"),
    "mean": Head("抽样均值", "mean of the samples"),
    "met": Head("满足需求的抽样比例", "part of the samples whose demand is met"),
    "short_ha": Head("抽样平均缺口", "short of the demand on average", "ha"),
    "p95": Head("抽样 95 分位", "95th percentile of the samples"),
    "limit": Head("限值编号", "limit"),
    "value": Head("数值", "value"),
    "scale": Head("倍数", "scale"),
    "reached": Head("实际限值", "limit as solved"),
    "near": Head("用于斜率", "used for slopes"),
    "slope": Head("斜率", "slope"),
    "slope_least": Head("斜率：至少", "slope, at least"),
    "slope_greatest": Head("斜率：至多", "slope, at most"),
    "figure": Head("数目", "figure"),
    "amount": Head("数额", "amount"),
    "lacking": Head("缺少方案的情景", "scenarios without a plan"),
    "multiplier": Head("松弛乘子", "multiplier of the relaxation"),
}
"""Heads of columns by name; another column is its own head."""


@dataclass(frozen=True)
class Compared:
    """A table: `name` is its file (`csv/NAME.csv`); `heads` are those of columns that are none of `HEADS`.

    `label` is the name of its sheet, both titles where it is empty.
    """

    name: str
    title_zh: str
    title_en: str
    table: pd.DataFrame
    heads: Mapping[str, Head]
    label: str = ""

    def head(self, column: str) -> Head:
        """Return the head of a column."""
        return self.heads.get(column) or HEADS.get(column) or Head("", column)


def sheets(tables: Sequence[Compared]) -> list[Sheet]:
    """Return a sheet a table, under names that a spreadsheet allows, no two alike."""
    taken: set[str] = set()
    found = []
    for one in tables:
        name = _sheet_name(one.label or f"{one.title_zh} {one.title_en}", taken)
        heads = [one.head(str(column)) for column in one.table.columns]
        found.append(Sheet(name, heads, one.table, f"csv/{one.name}.csv"))
    return found


def _sheet_name(title: str, taken: set[str]) -> str:
    """Return a title without letters that sheets may not have, cut short, numbered where it is taken."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", title).strip()
    name, number = plain[:LONGEST_NAME].strip(), 1
    while name.lower() in taken:
        number += 1
        name = f"{plain[: LONGEST_NAME - len(str(number)) - 1].strip()} {number}"
    taken.add(name.lower())
    return name
