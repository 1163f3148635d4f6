"""Tables of the analyses of a study: fronts, alternatives, ranges, robust plans, regrets, worths."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from optimizer.results.workbook import Head
from optimizer.studies.alternatives import ALTERNATIVES
from optimizer.studies.compare.table import HEADS, Compared
from optimizer.studies.compare.words import REGION, goal_title, plan_title
from optimizer.studies.fronts import FRONTS
from optimizer.studies.ledger import LEDGERS
from optimizer.studies.pathway import PATHWAY
from optimizer.studies.ranges import RANGES
from optimizer.studies.regret import REGRET
from optimizer.studies.robust import ROBUST
from optimizer.studies.transmission import TRANSMISSION
from optimizer.studies.worth import WORTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optimizer.results.terms import Lang
    from optimizer.studies.compare.gather import Analysis, Gathered

LANGS: tuple[Lang, Lang] = ("zh", "en")

BOUND = " bound"
"""End of the column that holds the bound of a goal of a front."""

TRANSMITTED = {
    "parent": Head("上级", "parent"),
    "level": Head("级别", "level"),
    "used": Head("方案用量", "used by the plan"),
    "extra": Head("余量份额", "share of what is left"),
    "split": Head("分解值", "split"),
    "given": Head("原下达值", "as given"),
}
"""Heads of the table of a quota that is handed down; figures are in the unit of the quota."""

_YEARLY = "tCO2e/yr"
_PATHWAY = {
    "year": Head("年份", "year"),
    "city_total": Head("全市活动排放", "city total", _YEARLY),
    "present_sinks": Head("现状碳汇", "present sinks", _YEARLY),
    "land_change": Head("用地变化", "change of land", _YEARLY),
    "supply": Head("电力供应", "supply", _YEARLY),
    "annual": Head("年净排放", "annual", _YEARLY),
    "one_off": Head("一次性储量变化", "one-off stocks", "tCO2e"),
    "cumulative": Head("累计", "cumulative", "tCO2e"),
    "peak_year": Head("达峰年", "peak year"),
    "peak_annual": Head("峰值", "peak", _YEARLY),
    "end_annual": Head("末年", "end year", _YEARLY),
    "falls_after": Head("此后逐年不升", "rises in no year after"),
    "falls_by_period": Head("此后逐期不升", "rises from no period to the next after"),
    "period": Head("期末年", "period ends"),
    "zero_year": Head("首次归零年", "first year at zero"),
}


def analysis_tables(study: Gathered) -> list[Compared]:
    """Return the tables of all analyses that are there."""
    found: list[Compared] = []
    for one in fronts(study):
        found += _named(one, "front", "前沿", "Front", one.frame("front"), front_heads(one, study))
    for one in alternatives(study):
        heads = {"objective": _in("objective", unit_of(study, one))}
        heads |= {name: _in(name, distance_unit(one)) for name in ("distance", "distance_bound", "differs")}
        found += _named(one, "alternatives", "备选方案", "Alternatives", alternative_plans(one), heads)
        for table, (zh, en) in {"zones": ("备选单元", "Alt zones"), "decisions": ("备选选址", "Alt sites")}.items():
            found += _named(one, f"alternatives_{table}", zh, en, one.frame(table), {})
    for one in ranges(study):
        found += _named(one, "ranges", "范围", "Ranges", range_frame(one, study), {})
    for one in robust(study):
        unit = unit_of(study, one)
        found += _named(one, "robust", "稳健", "Robust", one.frame("robust"), robust_heads(one, unit))
        found += _named(one, "robust_samples", "稳健抽样", "Robust samples", one.frame("samples"), _budgets(one, unit))
    for one in regret(study):
        heads = regret_heads(one, unit_of(study, one))
        found += _named(one, "regret", "后悔值", "Regret", one.frame("regret"), heads)
    for one in worth(study):
        heads = worth_heads(unit_of(study, one))
        found += _named(one, "worth", "约束价值", "Worth", one.frame("worth"), heads)
    for one in ledgers(study):
        found += _named(one, "measures", "措施减排账", "Measures", one.frame("ledger"), {})
    for one in pathways(study):
        found += _named(one, "pathway", "路径", "Pathway", one.frame("curve"), _PATHWAY)
        found += _named(one, "peaks", "达峰", "Peaks", one.frame("peaks"), _PATHWAY)
    for one in transmissions(study):
        found += _named(one, "transmission", "指标分解", "Transmission", split_frame(one, study), TRANSMITTED)
    return found


def unit_of(study: Gathered, one: Analysis) -> str:
    """Return the unit of what the scenario of an analysis optimises."""
    return study.about(one.entry).unit


def distance_unit(one: Analysis) -> str:
    """Return the unit of distances between alternatives: hectares, or none where choices are counted."""
    land = getattr(one.entry, "differ", "") == "land" and one.frame("zones") is not None
    return "ha" if land else ""


def _finder(kind: str, folder: str, table: str = "table") -> Callable[[Gathered], list[Analysis]]:
    return lambda study: study.analyses(kind, folder, table)


fronts = _finder("front", FRONTS)
alternatives = _finder("alternatives", ALTERNATIVES)
ranges = _finder("ranges", RANGES)
robust = _finder("robust", ROBUST)
regret = _finder("regret", REGRET)
worth = _finder("worth", WORTH, "")
ledgers = _finder("ledger", LEDGERS, "")
pathways = _finder("pathway", PATHWAY)
transmissions = _finder("transmission", TRANSMISSION, "split")
"""Each returns the analyses of its section whose tables are there."""


def _named(
    one: Analysis, file: str, zh: str, en: str, frame: pd.DataFrame | None, heads: dict[str, Head]
) -> list[Compared]:
    """Return the table of an analysis under its name; nothing where there is none."""
    if frame is None or frame.empty:
        return []
    entry = one.entry
    titles = (f"{zh} {entry.title('zh')}", f"{en} {entry.title('en')}")
    return [Compared(f"{file}_{entry.name}", *titles, frame, heads, f"{zh} {en} {entry.name}")]


def _in(column: str, unit: str) -> Head:
    """Return the head of a column with a unit."""
    return Head(HEADS[column].zh, HEADS[column].en, unit)


def front_units(one: Analysis) -> dict[str, str]:
    """Return the unit of each goal of a front."""
    frame = one.frame("front")
    if frame is None or frame.empty:
        return {}
    path = one.folder.parent / "points" / str(frame["point"].iloc[0]) / "point.json"
    units: dict[str, str] = json.loads(path.read_text(encoding="utf-8")).get("units", {}) if path.is_file() else {}
    return units


def front_heads(one: Analysis, study: Gathered) -> dict[str, Head]:
    """Return the heads of goals and of their bounds."""
    units, heads = front_units(one), {}
    for name in one.facts().get("objectives", ()):
        zh, en = (goal_title(name, lang, partial(study.called, lang=lang)) for lang in LANGS)
        heads[name] = Head(zh, en, units.get(name, ""))
        heads[f"{name}{BOUND}"] = Head(f"{zh}：界", f"{en}: bound", units.get(name, ""))
    return heads


def alternative_plans(one: Analysis) -> pd.DataFrame:
    """Return one row an alternative: what it costs, how different it is from those before, and how any could be."""
    rows = []
    for number in range(1, one.entry.number + 1):  # type: ignore[attr-defined]
        folder = one.folder.parent / "plans" / f"{number:03d}"
        path = folder / "alternative.json"
        if path.is_file():
            told = json.loads(path.read_text(encoding="utf-8"))
            audit = "passed" if told.get("audit_passed") else "failed"
            names = ("status", "objective", "distance", "distance_bound", "differs")
            figures = {name: told.get(name) for name in names}
            rows.append({"plan": folder.name, **figures, "audit": audit})
    return pd.DataFrame(rows)


def range_frame(one: Analysis, study: Gathered) -> pd.DataFrame | None:
    """Return the table of ranges with its measures in words."""
    frame = one.frame("ranges")
    if frame is not None:
        words = [goal_title(name, "zh", partial(study.called, lang="zh")) for name in frame["measure"]]
        frame.insert(1, "measure_zh", words)
    return frame


def split_frame(one: Analysis, study: Gathered) -> pd.DataFrame | None:
    """Return the table of a quota that is handed down with the names of regions."""
    frame = one.frame("split")
    if frame is not None:
        for name in ("parent", "region"):
            place = list(frame.columns).index(name) + 1
            frame.insert(place, f"{name}_zh", [study.called(REGION, code, "zh") for code in frame[name]])
    return frame


def robust_heads(one: Analysis, unit: str) -> dict[str, Head]:
    """Return the heads of a table of robust plans."""
    frame = one.frame("robust")
    heads = {name: _in(name, unit) for name in ("nominal", "worst", "worst_bound", "mean", "p95", "least", "greatest")}
    for name in () if frame is None else frame.columns:
        if str(name).startswith("worst at "):
            budget = str(name).removeprefix("worst at ")
            heads[str(name)] = Head(f"预算 {budget} 下的最坏情形", str(name), unit)
    return heads


def _budgets(one: Analysis, unit: str) -> dict[str, Head]:
    frame = one.frame("samples")
    names: Sequence[str] = [] if frame is None else [str(name) for name in frame.columns]
    own = {f"{budget:g}" for budget in one.entry.budgets}  # type: ignore[attr-defined]
    return {
        name: Head(f"预算 {name} 的方案", f"plan of budget {name}", unit) if name in own else Head(name, name, unit)
        for name in names
    }


def worth_heads(unit: str) -> dict[str, Head]:
    """Return the heads of a table of worths; slopes are for a unit of each limit, which stands in its row."""
    slopes = {
        name: Head(f"{HEADS[name].zh}（每单位限值）", f"{HEADS[name].en} (a unit of the limit)", unit)
        for name in ("slope", "slope_least", "slope_greatest", "multiplier")
    }
    return slopes | {"objective": _in("objective", unit), "unit": Head("限值单位", "unit of the limit")}


def regret_heads(one: Analysis, unit: str) -> dict[str, Head]:
    """Return the heads of the states of the world."""
    heads = {case.name: Head(case.title("zh"), case.title("en"), unit) for case in one.entry.case}  # type: ignore[attr-defined]
    return heads | {"greatest": Head("最大后悔", "greatest regret", unit)}


def regret_plans(one: Analysis) -> dict[str, dict[str, str]]:
    """Return whose plan each row of regrets is, in both languages, by the name of the row."""
    frame = one.frame("regret")
    cases = {lang: {case.name: case.title(lang) for case in one.entry.case} for lang in ("zh", "en")}  # type: ignore[attr-defined]
    names = [] if frame is None else [str(name) for name in frame["plan"]]
    return {
        name: {"zh": plan_title(name, cases["zh"], "zh"), "en": plan_title(name, cases["en"], "en")} for name in names
    }
