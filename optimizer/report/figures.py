"""Indicators and the ledger as written text, ready for the template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instances.carbon import CarbonAccount
from optimizer.report.charts import Bar, Bullet, Series, bars, bullet, lines
from optimizer.report.text import NONE, THIN_SPACE, number, significant, text
from optimizer.results import ledger
from optimizer.results.indicators import COMPUTED
from optimizer.results.present import present_uptake
from optimizer.results.terms import term

if TYPE_CHECKING:
    from markupsafe import Markup

    from optimizer.report.page import ReportInput
    from optimizer.results.terms import Lang

MOST_REGIONS = 12
ROUNDING = 1e-6
"""A target is met up to this part of it: stated targets are rounded."""


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
    bullet: Bullet | None


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
    rows = rows.assign(met=rows["gap"] >= -ROUNDING * rows["target"].abs().clip(lower=1.0))
    return [
        IndicatorRow(
            code=row["code"] if "-" in row["code"] else "",
            name=row[f"name_{report.lang}"],
            unit="%" if row["unit"] == "share" else term("unit", row["unit"], report.lang),
            direction={1: "↑", -1: "↓"}.get(row["direction"], ""),
            present=_written(row["present"], row["unit"]),
            value=_written(row["value"], row["unit"]),
            target=_written(row["target"], row["unit"]),
            gap=_written(max(row["gap"], 0.0) if row["met"] else row["gap"], row["unit"], signed=True),
            met=None if np.isnan(row["gap"]) else bool(row["met"]),
            note=row[note],
            bullet=bullet(row["present"], row["value"], row["target"]),
        )
        for row in rows.to_dict("records")
    ]


def region_names(report: ReportInput) -> dict[str, str]:
    """Return what the page calls each region."""
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
    names = region_names(report)
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
        return region_names(report).get(str(key), str(key))
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


def adds_up(report: ReportInput) -> bool:
    """Whether the plan's part of the ledger is the objective: not so where money or a user's own costs count."""
    value, total = report.summary.get("objective"), ledger.objective(report.ledger)
    emissions = report.summary.get("objective_unit") == "tCO2e"
    return emissions and value is not None and abs(value - total) <= 1e-6 * max(abs(value), abs(total), 1.0)


def plan_components(report: ReportInput, lang: Lang) -> list[tuple[str, float]]:
    """Return the cumulative amount of each component that the plan moves, in the emission unit of `lang`."""
    sums = ledger.by(report.ledger, "component").set_index("component")["cumulative_tco2e"]
    scale = report.emission_in(lang)[0]
    return [(term("component", key, lang), float(sums[key]) * scale) for key in ledger.PLAN_COMPONENTS if key in sums]


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
    carbon = CarbonAccount.of(report.instance)
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
