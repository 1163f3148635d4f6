"""Title, key figures, proof, areas and transitions as written text, ready for the template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.report.charts import Bar, bars, heat
from optimizer.report.text import NONE, number, percent, significant, small, text, text_or_key
from optimizer.results.colors import class_colors
from optimizer.results.terms import term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimizer.report.page import ReportInput
    from optimizer.results.terms import Lang

_SEEN_HA = 0.005
"""Hectares below which a flow is written as nothing."""


@dataclass(frozen=True)
class Head:
    """Title block: state of the solution in a word, and the line under the title."""

    status: str
    good: bool
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Tile:
    """A key figure."""

    name: str
    value: str
    unit: str
    remark: str = ""


def _amount(
    report: ReportInput, value: object, unit: str, figures: int = 6, *, signed: bool = False
) -> tuple[str, str]:
    """Write an amount and its unit: emissions in the unit of the page, the rest as it comes."""
    if isinstance(value, float | int) and unit == "tCO2e":
        scale, name = report.emission
        return _tiny(value * scale) or significant(value * scale, figures, signed=signed), name
    return significant(value, figures, signed=signed), term("unit", unit, report.lang) if unit else ""


def _tiny(value: float) -> str:
    """Return an amount of less than a millionth as such; empty for any other."""
    return "< 10⁻⁶" if 0 < value < 1e-6 else ""


def audit_words(audit: Mapping[str, Any], lang: Lang, ok: str, bad: str) -> str:
    """Return the verdict of an audit; `ok` and `bad` are the sentences for either."""
    checks, failed = audit.get("checks"), audit.get("failed")
    failed = len(failed) if isinstance(failed, list | tuple) else failed
    if checks is None:
        return text(lang, "audit_none")
    key = ok if audit.get("passed") else bad
    return text(lang, key, checks=number(checks, 0), failed=number(failed, 0))


def head(report: ReportInput) -> Head:
    """Return the title block."""
    settings, lang = report.instance.settings, report.lang
    status = str(report.summary.get("status", "error"))
    carbon, periods = settings.carbon, " · ".join(map(str, settings.time.periods))
    facts = (
        text(lang, "span", base=carbon.base_year, end=carbon.end_year, periods=periods),
        text(lang, "mode", mode=text(lang, carbon.mode), activity=text(lang, carbon.existing_activity)),
        audit_words(report.audit, lang, "audit_ok", "audit_bad"),
    )
    good = status in ("optimal", "feasible") and bool(report.audit.get("passed"))
    return Head(text_or_key(lang, "status", status), good, facts)


def _sink(report: ReportInput) -> tuple[object, object]:
    rows = report.indicators
    row = rows[rows["code"] == "sink_total"].iloc[:1]
    return (None, None) if row.empty else (float(row["present"].iloc[0]), float(row["value"].iloc[0]))


def tiles(report: ReportInput) -> tuple[Tile, ...]:
    """Return the key figures."""
    summary, lang = report.summary, report.lang
    carbon, unit = report.instance.settings.carbon, str(summary.get("objective_unit") or "")
    value, shown = _amount(report, summary.get("objective"), unit, signed=True)
    gap_abs = " ".join(_amount(report, summary.get("gap_abs"), unit, 3))
    coded = report.coded
    changed, total = float(coded.area_ha[coded.changes].sum()), float(coded.area_ha.sum())
    present, after = _sink(report)
    return (
        Tile(
            text(lang, "tile_objective" if unit == "tCO2e" else "tile_cost"),
            value,
            shown,
            text(lang, "tile_span", base=carbon.base_year, end=carbon.end_year),
        ),
        Tile(text(lang, "tile_gap"), small(summary.get("gap")), "", text(lang, "tile_absolute", gap_abs=gap_abs)),
        Tile(
            text(lang, "tile_changed"),
            number(changed, 0),
            term("unit", "ha", lang),
            text(lang, "tile_share", share=percent(changed / total if total else 0.0, 2)),
        ),
        Tile(
            text(lang, "tile_sink"), f"{significant(present)} → {significant(after)}", term("unit", "1e4 tCO2/yr", lang)
        ),
    )


def pairs(summary: Mapping[str, Any], lang: Lang, name: str, digits: int) -> str:
    """Return seconds or sizes of a summary in one line, the total last."""
    values = summary.get(name) or {}
    keep = {key: value for key, value in values.items() if value and key != "total"}
    keep |= {key: values[key] for key in ("total",) if values.get(key)}
    return " · ".join(f"{text_or_key(lang, name, key)} {number(value, digits)}" for key, value in keep.items())


def named(summary: Mapping[str, Any], lang: Lang, what: str) -> str:
    """Return how the page calls a key of the summary."""
    key = str(summary.get(what) or "")
    return text_or_key(lang, what, key) if key else NONE


def course(summary: Mapping[str, Any], audit: Mapping[str, Any], own_hash: str, lang: Lang) -> dict[str, str]:
    """Return how an answer was found and checked, by key: what the proof of every kind of study ends with.

    `own_hash` is the hash of the instance as it is now, for summaries without one.
    """
    notes = text(lang, "between_notes").join(str(note.get(lang, "")) for note in summary.get("notes") or ())
    versions = " · ".join(f"{name} {version}" for name, version in (summary.get("versions") or {}).items())
    return {
        "bound_by": named(summary, lang, "bound_by"),
        "method": named(summary, lang, "method"),
        **({"notes": notes} if notes else {}),
        "termination": named(summary, lang, "termination"),
        "audit": audit_words(audit, lang, "audit_passed", "audit_failed"),
        "seconds": pairs(summary, lang, "seconds", 2),
        "size": pairs(summary, lang, "size", 0),
        "versions": versions,
        "hash": str(summary.get("instance_hash") or own_hash),
    }


@dataclass(frozen=True)
class AuditCount:
    """How many checks the audit made of a rule, in words."""

    rule: str
    count: str
    passed: bool


def audit_counts(audit: Mapping[str, Any], lang: Lang) -> tuple[AuditCount, ...]:
    """Return the checks of the audit by rule; empty where only their number is known."""
    counts = audit.get("rules") or {}
    rows = []
    for rule, made in counts.items():
        checks, failed = number(made["checks"], 0), number(made["failed"], 0)
        key = "audit_count_failed" if made["failed"] else "audit_count"
        rows.append(
            AuditCount(_check_name(rule, lang), text(lang, key, checks=checks, failed=failed), not made["failed"])
        )
    return tuple(rows)


def _check_name(rule: str, lang: Lang) -> str:
    known = term("check", rule, lang)
    return known if known != rule.replace(":", " ").replace("_", " ") else term("rule", rule, lang)


def proof(report: ReportInput) -> tuple[tuple[str, str], ...]:
    """Return what proves the answer, as pairs of name and value."""
    summary, lang = report.summary, report.lang
    unit = str(summary.get("objective_unit") or "")
    figures = {"objective": 8, "bound": 8, "gap_abs": 3}
    amounts = {name: " ".join(_amount(report, summary.get(name), unit, count)) for name, count in figures.items()}
    constant = " ".join(_amount(report, summary.get("objective_constant"), unit))
    rows = {
        "objective": amounts["objective"],
        "bound": amounts["bound"],
        "gap_abs": amounts["gap_abs"],
        "gap": small(summary.get("gap")),
        "objective_constant": constant,
        **course(summary, report.audit, report.instance.hash, lang),
    }
    return tuple((text(lang, key), value) for key, value in rows.items())


@dataclass(frozen=True)
class AreaRow:
    """A class in the legend: colour, name, hectares before and after."""

    code: int
    color: str
    name: str
    before: str
    after: str
    change: str
    bar: Bar


def class_names(report: ReportInput, lang: Lang | None = None) -> list[str]:
    """Return what the page, or a page in another language, calls each class."""
    lang = lang or report.lang
    classes, other = report.instance.require_land().classes, {"zh": "en", "en": "zh"}[lang]
    own, second = classes[f"name_{lang}"].astype(str), classes[f"name_{other}"].astype(str)
    return [a or b or str(c) for a, b, c in zip(own, second, classes["class"], strict=True)]


def area_rows(report: ReportInput) -> list[AreaRow]:
    """Return hectares by class before and after."""
    before, after = (report.coded.class_areas(after=late).sum(axis=0) for late in (False, True))
    names, colors = class_names(report), class_colors(report.coded.land)
    held = [code for code in range(len(names)) if before[code] or after[code]]
    scaled = bars([after[code] - before[code] for code in held])
    return [
        AreaRow(
            code,
            colors[code],
            names[code],
            number(before[code]),
            number(after[code]),
            number(after[code] - before[code], signed=True),
            bar,
        )
        for code, bar in zip(held, scaled, strict=True)
    ]


@dataclass(frozen=True)
class HeatCell:
    """A cell of the transition matrix; `depth` between 0 and 1."""

    value: str
    depth: float = 0.0
    diagonal: bool = False


@dataclass(frozen=True)
class HeatMatrix:
    """Transition matrix over the classes that change on either side."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...], str], ...]
    """Name, cells and sum of what leaves."""
    sums: tuple[str, ...]
    total: str


def heat_matrix(report: ReportInput) -> HeatMatrix | None:
    """Return the transition matrix, None where nothing changes."""
    long = report.transitions
    moved = long[(long["from"] != long["to"]) & (long["area_ha"] >= _SEEN_HA)]
    if moved.empty:
        return None
    order = report.instance.require_land().classes["class"].astype(str)
    names = dict(zip(order, class_names(report), strict=True))
    sources = [name for name in order if name in set(moved["from"])]
    targets = [name for name in order if name in set(moved["to"])]
    area = {(a, b): c for a, b, c in zip(long["from"], long["to"], long["area_ha"], strict=True)}
    greatest = float(moved["area_ha"].max())

    def cell(source: str, target: str) -> HeatCell:
        value = float(area.get((source, target), 0.0))
        if source == target:
            return HeatCell(number(value, 0), diagonal=True)
        return HeatCell(number(value) if value >= _SEEN_HA else "", heat(value, greatest))

    leaving, coming = moved.groupby("from")["area_ha"].sum(), moved.groupby("to")["area_ha"].sum()
    return HeatMatrix(
        columns=tuple(names[name] for name in targets),
        rows=tuple((names[one], tuple(cell(one, other) for other in targets), number(leaving[one])) for one in sources),
        sums=tuple(number(coming[name]) for name in targets),
        total=number(float(moved["area_ha"].sum())),
    )
