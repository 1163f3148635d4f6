"""The rules that bind, each with its worth and what that means in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.report.figures import Table, region_names
from optimizer.report.text import NONE, THIN_SPACE, number, significant, text
from optimizer.results.terms import term

if TYPE_CHECKING:
    from optimizer.report.page import ReportInput
    from optimizer.results.terms import Lang

MOST_RULES, MOST_OF_A_RULE = 48, 6
"""Rows shown in all, and of one rule."""
_SENSES = {">=": "≥", "<=": "≤", "==": "="}
_GOALS = {"tCO2e": "goal_emissions", "10k CNY": "goal_cost"}


@dataclass(frozen=True)
class BindingRules:
    """The rules that bind, the dearest first."""

    table: Table | None
    count: str
    more: str


def binding_rules(report: ReportInput) -> BindingRules:
    """Return the rows of the rules table that bind."""
    rules, lang = report.rules, report.lang
    binding = rules[rules["binding"].astype(bool)] if len(rules) else rules
    count = text(lang, "rules_count", rows=number(len(rules), 0), binding=number(len(binding), 0))
    if binding.empty:
        return BindingRules(None, count, "")
    size = pd.to_numeric(binding["worth"], errors="coerce").abs().fillna(0.0)
    shown = _dearest(binding.assign(_size=size))
    unit = term("unit", _unit(report), lang)
    regions = region_names(report)
    rows = tuple(_rule_row(row, regions, report) for row in shown.to_dict("records"))
    names = ("rule", "region", "period", "group", "unit", "limit", "reached")
    heads = (*(text(lang, name) for name in names), text(lang, "worth", unit=unit), text(lang, "worth_means"))
    more = len(binding) - len(shown)
    return BindingRules(
        Table((*heads, text(lang, "id")), rows), count, text(lang, "rules_more", more=more) if more else ""
    )


def _dearest(binding: pd.DataFrame) -> pd.DataFrame:
    """Return the dearest rows of each rule, the rule with the dearest row first.

    Worths of different rules are in different units, so that rows of one rule stay together.
    """
    ordered = binding.sort_values("_size", ascending=False, kind="stable")
    place = {rule: at for at, rule in enumerate(dict.fromkeys(ordered["rule"]))}
    few = ordered.groupby("rule", sort=False).head(MOST_OF_A_RULE)
    return few.sort_values("rule", key=lambda rules: rules.map(place), kind="stable").head(MOST_RULES)


def _unit(report: ReportInput) -> str:
    return str(report.summary.get("objective_unit") or "")


def _rule_row(row: dict[Any, Any], regions: dict[str, str], report: ReportInput) -> tuple[str, ...]:
    region = _text(row["region"])
    period = pd.to_numeric(row["period"], errors="coerce")
    return (
        term("rule", row["rule"], report.lang),
        regions.get(region, region) or NONE,
        NONE if pd.isna(period) or period == 0 else str(int(period)),
        _what(row, report.lang),
        term("unit", row["unit"], report.lang),
        f"{_SENSES.get(str(row['sense']), '')}{THIN_SPACE}{significant(_float(row['bound']), 6)}",
        significant(_float(row["value"]), 6),
        significant(_float(row["worth"]), 4),
        worth_words(row["sense"], str(row["unit"]), _float(row["worth"]), report),
        _text(row["id"]),
    )


def _what(row: dict[Any, Any], lang: Lang) -> str:
    """Return the group of classes and the grade that a row is about."""
    group, grade = _text(row["group"]), _float(row.get("grade"))
    words = [term("group", group, lang)] if group else []
    words += [text(lang, "grade", grade=int(grade))] if grade else []
    return " · ".join(words) or NONE


def worth_words(sense: object, unit: str, worth: float | None, report: ReportInput) -> str:
    """Return the sentence that says what a worth means."""
    if worth is None:
        return NONE
    lang = report.lang
    if abs(worth) < 1e-9:
        return text(lang, "worth_nothing")
    goal = text(lang, _GOALS.get(_unit(report), "goal_other"))
    shifts = sense == "=="
    shown = significant(worth if shifts else abs(worth), 3, signed=shifts)
    if _unit(report) in _GOALS:
        shown += "\u00a0" + term("unit", _unit(report), lang)
    key = "worth_shifts" if shifts else "worth_saves"
    return text(lang, key, unit=term("unit", unit, lang), goal=goal, worth=shown)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _float(value: object) -> float | None:
    found = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
    return None if pd.isna(found) else float(found)
