"""Sections of the page on ledgers of measures, pathways, and quotas that are handed down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.report.charts import ticks
from optimizer.report.text import significant
from optimizer.results.terms import term
from optimizer.studies.compare import analyses, plots
from optimizer.studies.compare.analysis_sections import MOST_ROWS, Part, amount
from optimizer.studies.compare.gather import Analysis
from optimizer.studies.compare.grids import Cell, Grid
from optimizer.studies.compare.sections import axis
from optimizer.studies.compare.table import HEADS
from optimizer.studies.compare.text import level_words, say, status_words
from optimizer.studies.compare.words import REGION
from optimizer.studies.ledger import MINIMISED
from optimizer.studies.transmission import TRANSMISSION

if TYPE_CHECKING:
    from optimizer.report.text import Lang
    from optimizer.studies.compare.sections import View

STRONG = ("start", "sum", "together", "interaction")
"""Lines of a ledger that stand out."""

SUMS = STRONG[1:]
"""Lines that are of no single measure."""


FALLS = ("falls_by_period", "falls_after")
"""What is told of a curve after its peak; the rule `peak` is about the first."""


def ledger_part(one: Analysis, view: View) -> Part | None:
    """Return a ledger of measures: what each line adds to what is minimised, with its proven ends."""
    frame, lang = one.frame("ledger"), view.lang
    if frame is None or frame.empty:
        return None
    frame = frame[frame["figure"] == MINIMISED]
    scale, unit = amount(view, one, float(frame["amount"].abs().max()))
    rows, strong = [], []
    for place, row in enumerate(frame.to_dict("records")):
        known = np.isfinite(row["least"]) and np.isfinite(row["greatest"])
        ends = [significant(row[end] * scale, 6, signed=True) for end in ("least", "greatest")]
        value = significant(row["amount"] * scale, 6, signed=row["kind"] != "start")
        note = f"({ends[0]} … {ends[1]})" if known and row["kind"] != "start" else _lacking(row["lacking"], view)
        rows.append(
            (
                Cell(say(lang, f"line_{row['kind']}")),
                Cell(row[f"title_{lang}"] if row["kind"] not in SUMS else ""),
                Cell(value, note),
            )
        )
        strong += [place] if row["kind"] in STRONG else []
    heads = (say(lang, "line"), say(lang, "measure"), axis(say(lang, "effect"), unit))
    grid = Grid(heads, 2, tuple(rows), frozenset(strong))
    return Part(one.entry.title(lang), say(lang, "ledgers_about"), grids=(grid,), file=f"measures_{one.entry.name}")


def _lacking(told: str, view: View) -> str:
    """Return which scenarios of a line have no plan, and how their solves ended, in words."""
    titles = view.study.titles(view.lang)
    pairs = [one.rpartition(": ")[::2] for one in told.split("; ") if one]
    return "; ".join(f"{titles.get(name, name)}: {status_words(status, view.lang)}" for name, status in pairs)


def pathway_part(one: Analysis, view: View) -> Part | None:
    """Return the emissions curve of every scenario, and when each peaks."""
    frame, peaks, lang = one.frame("curve"), one.frame("peaks"), view.lang
    if frame is None or frame.empty or peaks is None:
        return None
    scale, unit = view.amount_unit(float(frame["annual"].abs().max()), "tCO2e")
    titles = view.study.titles(lang)
    drawn = [
        plots.Curve(titles.get(str(name), str(name)), part[["year", "annual"]].to_numpy(dtype=float) * [1.0, scale])
        for name, part in frame.groupby("scenario", sort=False)
    ]
    words = axis(say(lang, "annual"), unit + say(lang, "per_year"))
    years = frame["year"].to_numpy(dtype=float)
    marks = [(year, f"{year:.0f}") for year in ticks(years.max(), years.min())]
    chart = plots.curves(drawn, (say(lang, "year"), words), marks, size=(1080, 340))
    legend = tuple((plots.COLORS[k % len(plots.COLORS)], curve.name) for k, curve in enumerate(drawn))
    rows = tuple(
        (
            Cell(titles.get(str(row["scenario"]), str(row["scenario"]))),
            Cell(f"{row['peak_year']:.0f}"),
            Cell(significant(row["peak_annual"] * scale, 6)),
            *(_whether(bool(row[name]), lang) for name in FALLS),
            Cell(f"{row['zero_year']:.0f}" if _is_year(row["zero_year"]) else "\u2013"),
            Cell(significant(row["end_annual"] * scale, 6)),
            Cell(significant(row["cumulative"] * scale, 6)),
        )
        for row in peaks.to_dict("records")
    )
    heads = ("scenario", "peak_year", "peak_annual", *FALLS, "zero_year", "end_annual", "cumulative")
    grid = Grid(tuple(say(lang, head) for head in heads), 1, rows)
    return Part(one.entry.title(lang), say(lang, "pathway_about"), (chart,), legend, (grid,), file="")


def _whether(holds: bool, lang: Lang) -> Cell:
    return Cell(say(lang, "yes" if holds else "no"), look="" if holds else "bad")


def transmission_part(one: Analysis, view: View) -> Part | None:
    """Return how a quota is handed down, what plans come to under it, and what that saves against the quotas given."""
    frame, lang = one.frame("split"), view.lang
    if frame is None or frame.empty:
        return None
    about = say(lang, "transmission_about", rule=term("rule", one.entry.rule, lang))  # type: ignore[attr-defined]
    about += _under_it(one, view)
    columns = [name for name in ("region", "parent", "level", "used", "given", "split") if name in frame]
    shown = [analyses.TRANSMITTED.get(name) or HEADS[name] for name in columns]
    heads = tuple(head.zh if lang == "zh" else head.en for head in shown)
    rows = tuple(
        (
            *(Cell(view.called(REGION, str(row[name]))) for name in columns[:2]),
            Cell(level_words(str(row["level"]), lang)),
            *(Cell(significant(row[name], 7)) for name in columns[3:]),
        )
        for row in frame.head(MOST_ROWS).to_dict("records")
    )
    grid = Grid(heads, 3, rows, more=max(len(frame) - MOST_ROWS, 0))
    return Part(one.entry.title(lang), about, grids=(grid,), file=f"transmission_{one.entry.name}")


def _under_it(one: Analysis, view: View) -> str:
    """Return what plans come to with and without a split, and what it saves; nothing where the run has not shown it."""
    if view.study.ended.get(f"{TRANSMISSION}/{one.entry.name}/result") != ():
        return ""
    told, lang, words = Analysis(one.kind, one.entry, one.folder.parent / "result").facts(), view.lang, ""
    if told.get("free_objective") is None:
        return ""
    scale, unit = amount(view, one, abs(float(told["free_objective"])))
    if told.get("split_objective") is not None:
        ends = {name: significant(told[f"{name}_objective"] * scale, 6) for name in ("split", "free")}
        words += " " + say(lang, "transmission_cut" if told.get("cut") else "transmission_shown", unit=unit, **ends)
    if told.get("saving") is not None:
        ends = {name: significant(told[name] * scale, 6) for name in ("saving", "saving_least", "saving_greatest")}
        words += " " + say(lang, "transmission_saves", unit=unit, **ends)
    return words


def _is_year(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def measure_sections(view: View) -> list[tuple[str, list[Part]]]:
    """Return the sections that have anything: key of the title, parts."""
    found = []
    for key, find, make in (
        ("ledgers", analyses.ledgers, ledger_part),
        ("pathways", analyses.pathways, pathway_part),
        ("transmissions", analyses.transmissions, transmission_part),
    ):
        parts = [part for one in find(view.study) if (part := make(one, view)) is not None]
        if parts:
            found.append((key, parts))
    return found
