"""Sections of the page on analyses: fronts, alternatives, ranges, robust plans, regrets, worths."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.report.text import NONE, number, percent, significant, small
from optimizer.results.terms import term
from optimizer.studies.compare import analyses, plots
from optimizer.studies.compare.grids import Cell, Grid
from optimizer.studies.compare.maps import frequency_panel
from optimizer.studies.compare.sections import axis, kind_words
from optimizer.studies.compare.text import say, status_words
from optimizer.studies.compare.words import goal_title

if TYPE_CHECKING:
    import pandas as pd
    from markupsafe import Markup

    from instances.instance import Instance
    from optimizer.results.terms import Lang
    from optimizer.studies.compare.gather import Analysis
    from optimizer.studies.compare.maps import Panel
    from optimizer.studies.compare.sections import View

MOST_ROWS, MOST_LIMITS = 30, 12
"""Rows of a table, and limits whose curves are drawn."""


@dataclass(frozen=True)
class Part:
    """An entry of a section: its title, words, charts, tables and map; `file` holds all of its table."""

    title: str
    about: str = ""
    charts: tuple[Markup, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    grids: tuple[Grid, ...] = ()
    panel: Panel | None = None
    file: str = ""


def analysis_sections(view: View, instance: Instance | None) -> list[tuple[str, list[Part]]]:
    """Return the sections that have anything: key of the title, parts."""
    makers = {
        "fronts": (analyses.fronts, _front),
        "alternatives": (analyses.alternatives, lambda one, v: _alternatives(one, v, instance)),
        "ranges": (analyses.ranges, _ranges),
        "robust": (analyses.robust, _robust),
        "regret": (analyses.regret, _regret),
        "worth": (analyses.worth, _worth),
    }
    sections = []
    for key, (find, make) in makers.items():
        parts = [part for one in find(view.study) if (part := make(one, view)) is not None]
        if parts:
            sections.append((key, parts))
    return sections


def _title(one: Analysis, view: View) -> str:
    """Return the title of an entry, with its scenario where that is not the reference."""
    scenario = getattr(one.entry, "scenario", "")
    title = one.entry.title(view.lang)
    if not scenario or scenario == view.reference:
        return title
    return f"{title} · {say(view.lang, 'scenario_of', title=view.study.titles(view.lang)[scenario])}"


def _front(one: Analysis, view: View) -> Part | None:
    frame, lang = one.frame("front"), view.lang
    if frame is None or frame.empty:
        return None
    names, units = one.facts()["objectives"], analyses.front_units(one)
    scales = {}
    for name in names:
        scales[name] = view.amount_unit(float(frame[name].abs().max()), units.get(name, ""))
    axes = {name: axis(goal_title(name, lang, view.called), scales[name][1]) for name in names}
    values = {name: frame[[name, f"{name}{analyses.BOUND}"]].to_numpy(dtype=float) * scales[name][0] for name in names}
    knee = frame["knee"].to_numpy() == 1
    charts = tuple(
        plots.front(
            np.column_stack([values[a][:, 0], values[b][:, 0]]),
            np.column_stack([values[a][:, 1], values[b][:, 1]]),
            knee,
            (axes[a], axes[b]),
            say(lang, "knee"),
            joined=len(names) == 2,
        )
        for a, b in combinations(names, 2)
        if len(frame) > 1
    )
    rows = []
    for place, (point, gap) in enumerate(zip(frame["point"], frame["gap"], strict=True)):
        cells = [Cell(str(point), say(lang, "knee") if knee[place] else "")]
        for name in names:
            own, bound = values[name][place]
            cells.append(Cell(significant(own, 7), f"{say(lang, 'bound')} {significant(bound, 7)}"))
        rows.append((*cells, Cell(small(gap))))
    grid = Grid((say(lang, "point"), *axes.values(), say(lang, "gap")), 1, tuple(rows[:MOST_ROWS]))
    lacking = one.facts().get("missing_ends", 0)
    about = say(lang, "front_about" if len(frame) > 1 or lacking else "front_one")
    if lacking:
        about += " " + say(lang, "front_lacking", lacking=lacking)
    return Part(_title(one, view), about, charts, grids=(grid,), file=f"front_{one.entry.name}")


def _alternatives(one: Analysis, view: View, instance: Instance | None) -> Part:
    lang, facts = view.lang, one.facts()
    within = percent(facts.get("within", 0.0), 1)
    about = say(lang, "alternatives_about", plans=facts.get("plans", 0), within=within)
    zones, chosen = one.frame("zones"), one.frame("decisions")
    grids = [_plan_grid(one, view)]
    if chosen is not None and len(chosen):
        grids.append(_choice_grid(chosen, lang))
    panel = None
    if zones is not None and len(zones):
        must, cannot = ((zones["verdict"] == word).sum() for word in ("must change", "cannot change"))
        about += " " + say(lang, "zone_counts", must=must, cannot=cannot, open=len(zones) - must - cannot)
        if instance is not None and instance.land is not None:
            panel = frequency_panel(instance, zones, lang)
    kept = tuple(grid for grid in grids if grid.rows)
    return Part(_title(one, view), about, grids=kept, panel=panel, file=f"alternatives_decisions_{one.entry.name}")


def _plan_grid(one: Analysis, view: View) -> Grid:
    """Return one row an alternative: what it costs, and how far it is from those before."""
    lang, plans, length = view.lang, analyses.alternative_plans(one), analyses.distance_unit(one)
    greatest = float(plans["objective"].abs().max()) if len(plans) else 0.0
    scale, unit = amount(view, one, greatest)
    far = term("unit", length, lang) if length else ""
    distance = say(lang, "distance" if length else "distance_decisions")
    heads = [say(lang, "plan"), say(lang, "status"), axis(say(lang, "objective"), unit)]
    heads += [axis(words, far) for words in (distance, say(lang, "distance_bound"), say(lang, "differs"))]
    rows = tuple(
        (
            Cell(row["plan"]),
            Cell(status_words(row["status"], lang)),
            Cell(significant(row["objective"] * scale, 7)),
            *(Cell(significant(row[name], 7)) for name in ("distance", "distance_bound", "differs")),
            Cell(say(lang, row["audit"])),
        )
        for row in plans.to_dict("records")
    )
    return Grid((*heads, say(lang, "audit")), 2, rows)


def _choice_grid(chosen: pd.DataFrame, lang: Lang) -> Grid:
    """Return what is chosen by plans, proven ones first."""
    ranked = chosen.assign(proven=chosen["verdict"] == "").sort_values(
        ["proven", "share_of_plans"], ascending=[True, False], kind="stable"
    )
    rows = tuple(
        (
            Cell(kind_words(row["kind"], lang)),
            Cell(str(row["name"])),
            Cell(percent(row["share_of_plans"], 0)),
            Cell(say(lang, row["verdict"]) if row["verdict"] else ""),
        )
        for row in ranked.head(MOST_ROWS).to_dict("records")
    )
    heads = tuple(say(lang, head) for head in ("kind", "name", "share_of_plans", "verdict"))
    return Grid(heads, 2, rows, more=max(len(chosen) - MOST_ROWS, 0))


def _ranges(one: Analysis, view: View) -> Part | None:
    frame, lang = one.frame("ranges"), view.lang
    if frame is None or frame.empty:
        return None
    rows = []
    for row in frame.to_dict("records"):
        places = {name: row[name] for name in ("least_bound", "least", "greatest", "greatest_bound")}
        written = [
            Cell(significant(row[name], 6), f"{say(lang, 'bound')} {significant(row[f'{name}_bound'], 6)}")
            for name in ("least", "greatest")
        ]
        known = all(isinstance(value, float) and np.isfinite(value) for value in (*places.values(), row["best_plan"]))
        bar = plots.span(plots.Span(value=row["best_plan"], **places)) if known else ""
        measured = goal_title(row["measure"], lang, view.called)
        words = (Cell(measured), Cell(term("unit", row["unit"], lang) if row["unit"] else ""))
        rows.append((*words, Cell(significant(row["best_plan"], 6)), *written, Cell(bar, look="chartcell")))
    heads = (*(say(lang, head) for head in ("measure", "unit", "best_plan", "least", "greatest")), "")
    within = percent(one.entry.within, 1)  # type: ignore[attr-defined]
    about = say(lang, "ranges_about", within=within)
    return Part(_title(one, view), about, grids=(Grid(heads, 2, tuple(rows)),), file=f"ranges_{one.entry.name}")


def _robust(one: Analysis, view: View) -> Part | None:
    frame, samples, lang = one.frame("robust"), one.frame("samples"), view.lang
    if frame is None or frame.empty:
        return None
    facts, names = one.facts(), ("nominal", "worst", "worst_bound", "mean", "p95")
    scale, unit = amount(view, one, float(frame[list(names)].abs().max().max()))
    own = frame[frame["budget"].notna()]  # the others are plans that the study was given
    place = np.arange(len(own), dtype=float)  # budgets may be far apart: their order, not their size, is the axis
    marks = list(zip(place, [significant(float(value)) for value in own["budget"]], strict=True))

    def line(name: str) -> np.ndarray:
        return np.column_stack([place, own[name].to_numpy(dtype=float) * scale])

    drawn = [
        plots.Curve(say(lang, "nominal"), line("nominal")),
        plots.Curve(say(lang, "worst"), line("worst"), line("worst_bound")),
        plots.Curve(say(lang, "mean"), line("mean")),
    ]
    within = f"[{unit}]"
    charts = [plots.curves(drawn, (say(lang, "budget"), within), marks)] if len(own) else []
    if samples is not None and len(samples):
        boxes = [(str(name), samples[name].to_numpy(dtype=float) * scale) for name in samples.columns]
        charts.append(plots.distributions(boxes, (say(lang, "plan_of_budget"), f"{say(lang, 'sampled')} {within}")))
    demand = ("met", "short_ha") if "met" in frame else ()
    rows = tuple(
        (
            Cell(str(row["plan"]), "" if row["audit"] else say(lang, "breaks_rules")),
            *(Cell(significant(float(row[name]) * scale, 7)) for name in names),
            *(Cell(percent(row[name], 1) if name == "met" else significant(row[name])) for name in demand),
        )
        for row in frame.to_dict("records")
    )
    heads = (say(lang, "plan_of_budget"), *(f"{say(lang, name)} {within}" for name in names))
    heads += tuple(say(lang, name) for name in demand)
    about = say(lang, "robust_about", factors=len(facts.get("factors", ())), samples=number(facts.get("samples"), 0))
    if demand:
        about += " " + say(lang, "robust_demand", demands=len(facts.get("demands", ())))
    about += _held(facts, lang)
    legend = tuple((plots.COLORS[k], curve.name) for k, curve in enumerate(drawn))
    grids = (Grid(heads, 1, rows),)
    return Part(_title(one, view), about, tuple(charts), legend, grids, file=f"robust_{one.entry.name}")


def amount(view: View, one: Analysis, greatest: float) -> tuple[float, str]:
    """Return by what amounts of what an analysis' scenario optimises are multiplied, and what they are then in."""
    return view.amount_unit(greatest, analyses.unit_of(view.study, one))


def _regret(one: Analysis, view: View) -> Part | None:
    frame, lang = one.frame("regret"), view.lang
    if frame is None or frame.empty:
        return None
    cases = [name for name in frame.columns if name not in ("plan", "greatest")]
    titles, greatest = analyses.regret_plans(one), float(frame[cases].max().max())
    scale, unit = amount(view, one, greatest)
    named = {case.name: case.title(lang) for case in one.entry.case}  # type: ignore[attr-defined]
    rows = []
    for row in frame.to_dict("records"):
        cells = [
            Cell(significant(_none_below(row[case], greatest) * scale, 5), look=_heat(row[case], greatest))
            if np.isfinite(row[case])
            else Cell(NONE, say(lang, "demand_unmet"))
            for case in cases
        ]
        total = Cell(significant(_none_below(row["greatest"], greatest) * scale, 5), look="total")
        rows.append((Cell(titles[str(row["plan"])][lang]), *cells, total))
    best = frozenset(np.flatnonzero(frame["greatest"] == frame["greatest"].min())[:1].tolist())
    heads = ("", *(named.get(case, case) for case in cases), f"{say(lang, 'greatest_regret')} [{unit}]")
    grids = (Grid(heads, 1, tuple(rows), best),)
    return Part(_title(one, view), _regret_words(one, lang, scale, unit), grids=grids, file=f"regret_{one.entry.name}")


def _regret_words(one: Analysis, lang: Lang, scale: float, unit: str) -> str:
    """Return what is proven of all plans: their least greatest regret, or that none meets the demand of every state."""
    facts, words = one.facts(), say(lang, "regret_about")
    if facts.get("status") == "infeasible":
        words += " " + say(lang, "regret_impossible")
    elif facts.get("bound") is not None:
        words += " " + say(lang, "regret_bound", bound=f"{significant(facts['bound'] * scale, 5)} {unit}")
    return words + _held(facts, lang)


def _held(facts: dict[str, Any], lang: Lang) -> str:
    """Return which rules hold at the factors of the table alone, as a sentence; empty for none."""
    rules = [term("rule", rule, lang) for rule in facts.get("rules_at_nominal", ())]
    named = ("、" if lang == "zh" else ", ").join(rules)
    return f" {say(lang, 'rules_at_nominal', rules=named)}" if rules else ""


def _none_below(value: float, greatest: float) -> float:
    """Return a regret, 0 for what is left of round-off."""
    return 0.0 if abs(value) <= 1e-9 * max(abs(greatest), 1e-9) else float(value)


def _heat(value: float, greatest: float) -> str:
    """Return the class of a cell by its depth, in fifths of the greatest."""
    part = 0.0 if greatest <= 0 else min(max(value / greatest, 0.0), 1.0)
    return f"heat{round(part * 5)}"


def _worth(one: Analysis, view: View) -> Part | None:
    frame, lang = one.frame("worth"), view.lang
    if frame is None or frame.empty:
        return None
    own = view.study.about(one.entry).record.get("objective")
    scale, unit = amount(view, one, float(frame["objective"].abs().max()))
    rows, drawn = [], []
    for name, part in frame.groupby("limit", sort=False):
        rows.append(_worth_row(str(name), part, lang, scale))
        solved = part.dropna(subset=["objective"])
        reached = solved["reached"] / solved["value"]  # a control line moves by whole zones, not by what was asked
        points = [*zip(reached, solved["objective"], strict=True), *([(1.0, own)] if own is not None else [])]
        if len(points) > 1:
            drawn.append(plots.Curve(str(name), np.array(sorted(points), dtype=float) * np.array([1.0, scale])))
    drawn = drawn[:MOST_LIMITS]
    axes = (say(lang, "limit_scale"), axis(say(lang, "objective"), unit))
    charts = (plots.curves(drawn, axes, size=(1080, 330)),) if drawn else ()
    each = say(lang, "per_unit")
    heads = (
        say(lang, "limit"),
        say(lang, "limit_value"),
        *(f"{say(lang, head)} [{unit}{each}]" for head in ("slope_below", "slope_above", "multiplier")),
    )
    legend = tuple((plots.COLORS[k % len(plots.COLORS)], curve.name) for k, curve in enumerate(drawn))
    grid = Grid(heads, 1, tuple(rows[:MOST_ROWS]), more=max(len(rows) - MOST_ROWS, 0))
    return Part(_title(one, view), say(lang, "worth_about"), charts, legend, (grid,), file=f"worth_{one.entry.name}")


def _worth_row(name: str, part: pd.DataFrame, lang: Lang, scale: float) -> tuple[Cell, ...]:
    near = part[part["near"]]
    cells = []
    for side in (near[near["scale"] < 1], near[near["scale"] > 1]):
        row: dict[Any, Any] = side.iloc[0].to_dict() if len(side) else {}
        if row.get("slope") is None or not np.isfinite(row["slope"]):
            cells.append(Cell(status_words(str(row.get("status", "failed")), lang)))
            continue
        ends = [significant(row[end] * scale, 4) for end in ("slope_least", "slope_greatest")]
        cells.append(Cell(significant(row["slope"] * scale, 5), f"({ends[0]} … {ends[1]})"))
    multiplier, limit_unit = part["multiplier"].iloc[0], str(part["unit"].iloc[0])
    unit = "" if limit_unit in ("", "1") else term("unit", limit_unit, lang)
    return (
        Cell(name),
        Cell(significant(float(part["value"].iloc[0]), 6), unit),
        *cells,
        Cell(significant(float(multiplier) * scale, 5)),
    )
