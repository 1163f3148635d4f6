"""Indicators, the ledger and binding rules as written text, ready for the template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from instances.carbon import CarbonAccount
from optimizer.report.charts import Bar, Series, bars, lines
from optimizer.report.text import NONE, THIN_SPACE, number, significant, text
from optimizer.results import ledger
from optimizer.results.indicators import COMPUTED
from optimizer.results.present import present_uptake
from optimizer.results.terms import term

if TYPE_CHECKING:
    from markupsafe import Markup

    from optimizer.report.page import ReportInput

MOST_REGIONS = 12
MOST_RULES = 40


@dataclass(frozen=True)
class Table:
    """Heads and rows of a plain table; `strong` marks rows of sums."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[Bar, ...] = ()
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator against its target; `met` is None without a target."""

    code: str
    name: str
    unit: str
    direction: str
    present: str
    value: str
    target: str
    gap: str
    met: bool | None
    note: str


def _written(value: float, unit: str, *, signed: bool = False) -> str:
    shown = value * (100.0 if unit == "share" else 1.0)
    if 0 < abs(shown) < 0.1:
        return significant(shown, 3, signed=signed) if abs(shown) > 1e-6 else number(0.0, 2)
    return number(shown, 1 if unit == "ha" else 2, signed=signed)


def indicator_rows(report: ReportInput) -> list[IndicatorRow]:
    """Return the computed indicators of the whole instance."""
    rows = report.indicators
    root = str(report.coded.land.regions["region"].iloc[report.coded.land.root])
    rows = rows[(rows["region"] == root) & (rows["status"] == COMPUTED)]
    note = "note_zh" if report.lang == "zh" and "note_zh" in rows else "note"
    return [
        IndicatorRow(
            code=row["code"] if "-" in row["code"] else "",
            name=row[f"name_{report.lang}"],
            unit="%" if row["unit"] == "share" else term("unit", row["unit"], report.lang),
            direction={1: "↑", -1: "↓"}.get(row["direction"], ""),
            present=_written(row["present"], row["unit"]),
            value=_written(row["value"], row["unit"]),
            target=_written(row["target"], row["unit"]),
            gap=_written(row["gap"], row["unit"], signed=True),
            met=None if np.isnan(row["gap"]) else bool(row["gap"] >= -1e-6 * max(abs(row["target"]), 1.0)),
            note=row[note],
        )
        for row in rows.to_dict("records")
    ]


def _region_names(report: ReportInput) -> dict[str, str]:
    regions = report.instance.require_land().regions
    names = regions[f"name_{report.lang}"].astype(str)
    return {str(key): name or str(key) for key, name in zip(regions["region"], names, strict=True)}


def regional_indicators(report: ReportInput) -> Table | None:
    """Return computed indicators by region, before and after; None with one region, or too many to print."""
    rows = report.indicators
    root = str(report.coded.land.regions["region"].iloc[report.coded.land.root])
    rows = rows[(rows["region"] != root) & (rows["status"] == COMPUTED)]
    regions = list(dict.fromkeys(rows["region"]))
    if not 1 < len(regions) <= MOST_REGIONS:
        return None
    names = _region_names(report)
    written = []
    for _, group in rows.groupby("code", sort=False):
        cells = {
            row["region"]: f"{_written(row['present'], row['unit'])} → {_written(row['value'], row['unit'])}"
            for row in group.to_dict("records")
        }
        first = group.iloc[0]
        unit = "%" if first["unit"] == "share" else term("unit", first["unit"], report.lang)
        name = f"{first[f'name_{report.lang}']}{THIN_SPACE}({unit})"
        written.append((name, *(cells.get(region, NONE).replace(f"{NONE} → ", "") for region in regions)))
    heads = (text(report.lang, "indicator"), *(names.get(region, region) for region in regions))
    return Table(heads, tuple(written))


def outside_indicators(report: ReportInput) -> tuple[str, ...]:
    """Return the names of indicators that need outside data."""
    rows = report.indicators
    return tuple(dict.fromkeys(rows.loc[rows["status"] != COMPUTED, f"name_{report.lang}"]))


def _ledger_table(report: ReportInput, column: str) -> Table:
    sums = ledger.by(report.ledger, column)
    names = [_key_name(report, column, key) for key in sums[column]]
    amounts = sums[list(ledger.AMOUNTS)].to_numpy(dtype=float) * report.emission[0]
    rows = [(name, *(number(value, 2) for value in row)) for name, row in zip(names, amounts, strict=True)]
    return Table(_ledger_heads(report, column), tuple(rows), tuple(bars(list(amounts[:, 2]))))


def _key_name(report: ReportInput, column: str, key: object) -> str:
    if column == "region":
        return _region_names(report).get(str(key), str(key))
    return term(column, key, report.lang)


def _ledger_heads(report: ReportInput, column: str) -> tuple[str, ...]:
    carbon, lang = report.instance.settings.carbon, report.lang
    years = {"base": carbon.base_year, "end": carbon.end_year}
    return (text(lang, column), *(text(lang, key, **years) for key in ("present_annual", "end_annual", "cumulative")))


def _component_table(report: ReportInput) -> Table:
    """Return components with their sums; bars compare the plan's own components only."""
    sums = ledger.by(report.ledger, "component").set_index("component")
    scale = report.emission[0]
    rows: list[tuple[str, ...]] = []
    values: list[float] = []
    strong = []
    parts = (("plan_total", ledger.PLAN_COMPONENTS), ("constant_total", ledger.CONSTANT_COMPONENTS))
    for total, components in parts:
        chosen = sums[sums.index.isin(components)] * scale
        own = total == "plan_total"
        for key, row in zip(chosen.index, chosen.to_numpy(dtype=float), strict=True):
            rows.append((term("component", key, report.lang), *(number(value, 2) for value in row)))
            values.append(float(row[2]) if own else 0.0)
        strong.append(len(rows))
        rows.append((text(report.lang, total), *(number(value, 2) for value in chosen.sum().to_numpy(dtype=float))))
        values.append(float(chosen.sum().to_numpy(dtype=float)[2]) if own else 0.0)
    return Table(_ledger_heads(report, "component"), tuple(rows), tuple(bars(values)), frozenset(strong))


def ledger_tables(report: ReportInput) -> tuple[Table, ...]:
    """Return the ledger by component, sector, end use, scope and (where they are few) region."""
    if report.ledger.empty:
        return ()
    columns = ["sector", "end_use", "scope"]
    if 1 < report.ledger["region"].nunique() <= MOST_REGIONS:
        columns.append("region")
    return (_component_table(report), *(_ledger_table(report, column) for column in columns))


def pathway(report: ReportInput) -> Markup | None:
    """Return the projected emissions of activity and the present sinks by year; None without activity."""
    carbon = CarbonAccount(report.instance.require_land(), report.instance.settings)
    span = report.instance.settings.carbon
    years = list(range(span.base_year, span.end_year + 1))
    scale, lang = report.emission[0], report.lang
    activity = carbon.demand.annual(np.array(years, dtype=float)) * scale
    if not activity.any():
        return None
    sink = float(present_uptake(carbon).sum()) * scale
    series = [
        Series(term("component", "activity", lang), "activity", [float(value) for value in activity]),
        Series(term("component", "land_sink", lang), "sink", [-sink] * len(years)),
    ]
    return lines(years, series, f"{report.emission[1]} / {'年' if lang == 'zh' else 'yr'}")


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
    order = (
        pd.to_numeric(binding["worth"], errors="coerce").abs().fillna(0.0).sort_values(ascending=False, kind="stable")
    )
    shown = binding.loc[order.index].head(MOST_RULES)
    unit = term("unit", str(report.summary.get("objective_unit") or ""), lang)
    regions = _region_names(report)
    rows = tuple(_rule_row(row, regions, report) for row in shown.to_dict("records"))
    names = ("rule", "region", "period", "group", "unit", "limit", "reached", "slack")
    heads = (*(text(lang, name) for name in names), text(lang, "worth", unit=unit), text(lang, "id"))
    more = len(binding) - len(shown)
    return BindingRules(Table(heads, rows), count, text(lang, "rules_more", more=more) if more else "")


def _rule_row(row: dict[Any, Any], regions: dict[str, str], report: ReportInput) -> tuple[str, ...]:
    sense = {">=": "≥", "<=": "≤", "==": "="}.get(str(row["sense"]), "")
    group = "" if pd.isna(row["group"]) else str(row["group"])
    period = pd.to_numeric(row["period"], errors="coerce")
    return (
        term("rule", row["rule"], report.lang),
        regions.get(str(row["region"]), "" if pd.isna(row["region"]) else str(row["region"])),
        NONE if pd.isna(period) or period == 0 else str(int(period)),
        term("group", group, report.lang) if group else NONE,
        term("unit", row["unit"], report.lang),
        f"{sense}{THIN_SPACE}{significant(_float(row['bound']), 6)}",
        significant(_float(row["value"]), 6),
        significant(_float(row["slack"]), 4),
        significant(_float(row["worth"]), 4),
        str(row["id"]),
    )


def _float(value: object) -> float | None:
    number_ = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
    return None if pd.isna(number_) else float(number_)
