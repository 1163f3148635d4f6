"""Title, key figures, proof, representation, rules and costs of a study of sites as written text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from instances.corridors import corridors
from optimizer.report.charts import Bullet, bars
from optimizer.report.figures import Table
from optimizer.report.sections import Head, Tile, audit_words, course
from optimizer.report.sites.text import SITE_TEXT, site_text
from optimizer.report.text import NONE, THIN_SPACE, number, percent, significant, small, text, text_or_key
from optimizer.results.sites.colors import zone_names
from optimizer.results.sites.corridors import BESIDE, LINE, corridor_table
from optimizer.results.sites.figures import costs, measures, representation
from optimizer.results.sites.indices import indices
from optimizer.results.terms import term

if TYPE_CHECKING:
    from optimizer.report.sites.page import SiteReport
    from optimizer.results.sites.plan import Selection
    from optimizer.results.terms import Lang

NO_BREAK = "\u00a0"
MOST_TARGETS, MOST_RULES = 60, 60
"""Rows shown; all are in the tables."""
UNLIMITED = ("contiguity", "feature_contiguity", "whole_group", "mandatory_allocation", "corridor")
"""Rules whose value, if any, is no limit."""
SENSES = {">=": "≥", "<=": "≤", "==": "="}


def head(report: SiteReport) -> Head:
    """Return the title block."""
    sites, lang = report.selection.sites, report.lang
    status = str(report.summary.get("status", "error"))
    facts = (
        site_text(lang, "units_in_all", units=number(sites.n_units, 0), features=number(len(sites.features), 0)),
        site_text(lang, f"decision_{sites.settings.decision}"),
        audit_words(report.audit, lang, "audit_ok", "audit_bad"),
    )
    good = status in ("optimal", "feasible") and bool(report.audit.get("passed"))
    return Head(text_or_key(lang, "status", status), good, facts)


def objective_words(lang: Lang, kind: object) -> str:
    """Return what an objective, or several joined by +, asks for."""
    known = [(f"kind_{one}", one) for one in str(kind).split("+")]
    return site_text(lang, "and").join(
        site_text(lang, key) if key in SITE_TEXT else one.replace("_", " ") for key, one in known
    )


def tiles(report: SiteReport) -> tuple[Tile, ...]:
    """Return the key figures."""
    selection, lang, summary = report.selection, report.lang, report.summary
    sites = selection.sites
    count, cost = int(selection.chosen.sum()), float(sites.cost @ selection.values)
    whole = float(sites.cost.reshape(sites.n_units, -1).max(axis=1).sum())
    table = representation(selection)
    asked = table[table["target"] != ""]
    met = int(asked["met"].astype(bool).sum())
    gap = site_text(lang, "tile_gap_remark", gap=small(summary.get("gap")))
    kind = objective_words(lang, summary.get("objective_kind"))
    return (
        Tile(f"{site_text(lang, 'tile_objective')} · {kind}", significant(summary.get("objective"), 6), "", gap),
        Tile(
            site_text(lang, "tile_chosen"), number(count, 0), "",
            site_text(lang, "tile_share", share=percent(count / max(sites.n_units, 1), 1)),
        ),
        Tile(
            site_text(lang, "tile_cost"), significant(cost, 6), "",
            site_text(lang, "tile_cost_share", share=percent(cost / whole, 1)) if whole > 0 else "",
        ),
        Tile(
            site_text(lang, "tile_targets"), number(met, 0) if len(asked) else NONE, "",
            site_text(lang, "tile_of", targets=number(len(asked), 0)) if len(asked) else site_text(lang, "tile_none"),
        ),
    )  # fmt: skip


def proof(report: SiteReport) -> tuple[tuple[str, str], ...]:
    """Return what proves the answer, as pairs of name and value."""
    summary, lang = report.summary, report.lang
    rows = {
        "objective_of": objective_words(lang, summary.get("objective_kind")),
        "objective": significant(summary.get("objective"), 9),
        f"bound_{summary.get('sense', 'minimise')}": significant(summary.get("bound"), 9),
        "gap": small(summary.get("gap")),
        "gap_abs": significant(summary.get("gap_abs"), 3),
        **course(summary, report.audit, report.instance.hash, lang),
    }
    return tuple((site_text(lang, key), value) for key, value in rows.items())


def stages(report: SiteReport) -> Table | None:
    """Return the objectives that were taken in order; None where there is one."""
    found, lang = report.summary.get("stages") or [], report.lang
    if len(found) < 2:
        return None
    rows = tuple(
        (
            objective_words(lang, one.get("kind")),
            significant(one.get("objective"), 8),
            small(one.get("gap")),
            percent(one.get("tolerance"), 2),
        )
        for one in found
    )
    heads = (site_text(lang, "stage"), site_text(lang, "stage_value"), text(lang, "gap"))
    return Table((*heads, site_text(lang, "stage_tolerance")), rows)


@dataclass(frozen=True)
class Represented:
    """A target or feature; places of the bar and the target in percent of what all units hold."""

    name: str
    target: str
    held: str
    shortfall: str
    share: str
    bullet: Bullet | None
    met: bool | None


@dataclass(frozen=True)
class Representation:
    """Rows, those that are missing most first, and how many more there are."""

    rows: tuple[Represented, ...]
    more: int


def represented(selection: Selection, lang: Lang) -> Representation:
    """Return what is held against the targets."""
    table = representation(selection)
    lacking = (table["shortfall"] / table["value"].abs().where(table["value"] != 0)).fillna(0.0)
    table = table.iloc[np.argsort(-lacking.to_numpy(), kind="stable")]
    shown = table.head(MOST_TARGETS)
    rows = tuple(_represented(row, lang) for row in shown.to_dict("records"))
    return Representation(rows, len(table) - len(shown))


def _represented(row: dict[Any, Any], lang: Lang) -> Represented:
    name = str(row[f"name_{lang}"] or row["feature"])
    if row["target"] and row["target"] != row["feature"]:
        name = f"{name} · {row['target']}"
    unit = f"{NO_BREAK}{term('unit', row['unit_of_amount'], lang)}" if row["unit_of_amount"] else ""
    asked = not pd.isna(row["value"])
    whole = float(row["whole"])
    bullet = None
    if whole > 0 and row["held"] >= 0 and not (asked and row["value"] < 0):
        places = [min(one / whole, 1.0) * 100 for one in (row["held"], row["value"] if asked else 0.0)]
        bullet = Bullet(places[0], places[1], None)
    sense = SENSES.get(row["sense"], "")
    return Represented(
        name=name,
        target=f"{sense}{THIN_SPACE}{significant(row['value'], 6)}{unit}" if asked else NONE,
        held=significant(row["held"], 6) + unit,
        shortfall=significant(row["shortfall"], 4) if asked else NONE,
        share=percent(float(row["share"]), 1),
        bullet=bullet,
        met=bool(row["met"]) if asked else None,
    )


@dataclass(frozen=True)
class RuleRow:
    """A rule with its limit, what the plan has, its worth, and whether the audit found it kept."""

    name: str
    id: str
    about: str
    limit: str
    value: str
    worth: str
    holds: bool


def rule_rows(report: SiteReport) -> tuple[RuleRow, ...]:
    """Return the rules beside the targets, those that bind first."""
    rules = report.rules[report.rules["rule"] != "target"]
    rules = rules.sort_values("binding", ascending=False, kind="stable").head(MOST_RULES)
    return tuple(_rule_row(row, report.lang) for row in rules.to_dict("records"))


def _rule_row(row: dict[Any, Any], lang: Lang) -> RuleRow:
    about = [str(row[name]) for name in ("management_zone", "feature", "layer", "group") if row[name]]
    penalty = str(row["rule"]).endswith("penalty")
    sense = "×" if penalty else SENSES.get(str(row["sense"]), "")
    limited = row["rule"] not in UNLIMITED
    worth = row["worth"]
    return RuleRow(
        name=term("rule", row["rule"], lang),
        id=str(row["id"]),
        about=" · ".join(one for one in about if one != "*") or NONE,
        limit=f"{sense}{THIN_SPACE}{significant(row['bound'], 6)}" if limited else NONE,
        value=significant(row["value"], 6),
        worth=significant(worth, 4, signed=True) if not pd.isna(worth) else NONE,
        holds=bool(row["holds"]),
    )


def cost_table(report: SiteReport) -> Table:
    """Return units, area and cost by management zone, and every layer of values."""
    lang, table = report.lang, costs(report.selection)
    names = dict(zip(report.selection.sites.zones, zone_names(report.selection.sites, lang), strict=True))
    layers = [name for name in table.columns if name not in ("management_zone", "units", "share", "cost", "area_ha")]
    columns = ["units", "area_ha", "cost", *layers]
    heads = [site_text(lang, "management_zone"), *(site_text(lang, name) for name in columns[:3]), *layers]
    rows = tuple(
        (
            names.get(row["management_zone"], site_text(lang, "in_all")),
            number(row["units"], 0),
            *(significant(row[name], 6) for name in columns[1:]),
        )
        for row in table.to_dict("records")
    )
    strong = frozenset({len(rows) - 1}) if len(rows) > 1 else frozenset()
    scaled = tuple(bars(table["cost"].tolist())) if strong else ()
    return Table(tuple(map(str, heads)), rows, scaled, strong)


def measure_table(report: SiteReport) -> Table | None:
    """Return lengths, reserves and connectivity; None where nothing says how units lie."""
    lang, table = report.lang, measures(report.selection)
    if table.empty:
        return None
    names = dict(zip(report.selection.sites.zones, zone_names(report.selection.sites, lang), strict=True))
    rows = tuple(
        (
            " · ".join(one for one in (site_text(lang, f"measure_{row['measure']}"), str(row["layer"])) if one),
            names.get(row["management_zone"], site_text(lang, "in_all")),
            significant(row["value"], 6),
        )
        for row in table.to_dict("records")
    )
    heads = (site_text(lang, "measure"), site_text(lang, "management_zone"), text(lang, "reached"))
    return Table(heads, rows)


def index_table(report: SiteReport) -> Table | None:
    """Return landscape indices today and with the plan; None where nothing says what is habitat."""
    lang, table = report.lang, indices(report.selection)
    if table.empty:
        return None
    rows = tuple(
        (site_text(lang, f"index_{row['index']}"), *(significant(row[name], 6) for name in ("before", "after")))
        for row in table.to_dict("records")
    )
    return Table(tuple(site_text(lang, name) for name in ("index", "before", "after")), rows)


def corridor_rows(selection: Selection, lang: Lang) -> Table | None:
    """Return what each corridor connects and takes; None where none is asked for."""
    table = corridor_table(selection)
    rows = []
    for corridor in corridors(selection.sites):
        mine = table[table["corridor"] == corridor.id]
        counts = [number(int((mine["part"] == part).sum()), 0) for part in (LINE, BESIDE)]
        rows.append((corridor.id, " — ".join(corridor.names), *counts, significant(mine["cost"].sum(), 6)))
    heads = ("corridor_name", "corridor_joins", "corridor_line", "corridor_beside", "cost")
    return Table(tuple(site_text(lang, name) for name in heads), tuple(rows)) if rows else None
