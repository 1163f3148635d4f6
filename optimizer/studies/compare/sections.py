"""Sections of the page on scenarios: what is compared, how it ended, indicators, ledger, land, network, decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.program import ENERGY
from optimizer.report.text import NONE, emission_unit, number, significant, small, text
from optimizer.results.terms import term
from optimizer.studies.compare.grids import FIGURES, Cell, Grid, figure_grid
from optimizer.studies.compare.text import TEXT, say, status_words
from optimizer.studies.compare.words import beyond, changes_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from instances.land import Land
    from optimizer.results.terms import Lang
    from optimizer.studies.compare.gather import Gathered
    from optimizer.studies.compare.table import Compared

ACCOUNT = ("carbon.", "objective.")
"""Settings that say what is added up in the objective."""

MOST_ROWS = 40
"""Rows that the page shows of long tables."""


@dataclass(frozen=True)
class View:
    """What every section needs: the study, its tables by name, language, and the scenarios that are shown."""

    study: Gathered
    tables: dict[str, Compared]
    lang: Lang
    shown: tuple[tuple[str, str], ...]
    land: Land | None

    def frame(self, name: str) -> pd.DataFrame | None:
        """Return a table by name; None where it is not there."""
        found = self.tables.get(name)
        return None if found is None else found.table

    @property
    def reference(self) -> str:
        """Name of the reference."""
        return self.study.reference.name

    def called(self, kind: str, code: str) -> str:
        """Return what a `region` or a `class` is called."""
        return self.study.called(kind, code, self.lang)

    def amount_unit(self, greatest: float, unit: str) -> tuple[float, str]:
        """Return what amounts of a unit are multiplied by so that they are short, and what they are then in."""
        if unit == "tCO2e":
            return emission_unit(self.lang, greatest)
        return 1.0, term("unit", unit, self.lang) if unit else ""


@dataclass(frozen=True)
class Described:
    """A scenario in words."""

    title: str
    name: str
    parent: str
    changes: tuple[str, ...]


def described(view: View) -> list[Described]:
    """Return what each scenario is: what it changes beyond the one that it starts from."""
    lang, titles, found = view.lang, view.study.titles(view.lang), []
    words = {one.name: changes_in_words(one.scenario.changes, lang, view.called) for one in view.study.outcomes}
    for one in view.study.outcomes:
        scenario = one.scenario
        parent = say(lang, "starts_from", title=titles[scenario.parent]) if scenario.parent else ""
        lines = beyond(words[one.name], words.get(scenario.parent, ())) or [say(lang, "no_changes")]
        found.append(Described(scenario.title(lang), one.name, parent, tuple(lines)))
    return found


def outcome_grid(view: View) -> Grid:
    """Return how the scenarios ended, and what is proven of their difference to the reference.

    The unit of amounts stands in the heads, or in a column of its own where scenarios have several.
    """
    lang, table = view.lang, view.tables["scenarios"].table
    amounts = pd.to_numeric(table["objective"], errors="coerce").abs().groupby(table["unit"]).max()
    scales = {str(unit): view.amount_unit(float(most), str(unit)) for unit, most in amounts.items()}
    units = {words for unit, (_, words) in scales.items() if unit}
    several = len(units) > 1
    unit = "" if several else "".join(units)
    heads = [say(lang, "scenario"), say(lang, "status"), *([say(lang, "unit")] if several else [])]
    heads += [axis(say(lang, head), unit) for head in ("objective", "bound")]
    heads += [say(lang, "gap"), say(lang, "audit")]
    heads += [axis(say(lang, head), unit) for head in ("difference", "interval")]
    rows = [_outcome_row(row, view, *scales[row["unit"]], several) for row in table.to_dict("records")]
    return Grid(tuple(heads), 3 if several else 2, tuple(rows))


def axis(title: str, unit: str) -> str:
    """Return the words of an axis or a head: what, and its unit."""
    return f"{title} [{unit}]" if unit else title


def _outcome_row(row: Mapping[Any, Any], view: View, scale: float, unit: str, several: bool) -> tuple[Cell, ...]:
    lang, status = view.lang, str(row["status"])
    title, reference = view.study.titles(lang)[row["scenario"]], row["scenario"] == view.reference
    passed = row["audit"]
    least, most = row["difference_least"], row["difference_greatest"]
    return (
        Cell(title, say(lang, "reference") if reference else ""),
        Cell(status_words(status, lang), look="" if status in ("optimal", "feasible") else "bad"),
        *((Cell(unit),) if several else ()),
        Cell(_scaled(row["objective"], scale, 8)),
        Cell(_scaled(row["bound"], scale, 8)),
        Cell(small(row["gap"])),
        Cell(say(lang, passed) if passed else NONE, look="bad" if passed == "failed" else ""),
        Cell(_scaled(row["difference"], scale, 6, signed=True)),
        Cell(NONE if not _is(least) else f"{_end(least, scale)} … {_end(most, scale)}", look=_side(least, most)),
    )


def _is(value: object) -> bool:
    return isinstance(value, float) and not np.isnan(value)


def _end(value: float, scale: float) -> str:
    if np.isinf(value):
        return "\u2212∞" if value < 0 else "+∞"
    return significant(value * scale, 6, signed=True)


def _side(least: object, most: object) -> str:
    """Return how an interval of differences looks: surely below zero, surely above, or neither."""
    if not (isinstance(least, float) and isinstance(most, float)) or np.isnan(least):
        return ""
    return "below" if most < 0 else "above" if least > 0 else ""


def _scaled(value: object, scale: float, figures: int, *, signed: bool = False) -> str:
    return significant(value * scale, figures, signed=signed) if isinstance(value, float) else NONE


def other_accounts(view: View) -> list[str]:
    """Return a sentence for each plan whose objective is made by other settings than that of the reference."""
    own, titles, found = view.study.reference.scenario.changes.settings, view.study.titles(view.lang), []
    for one in view.study.outcomes:
        theirs = one.scenario.changes.settings
        keys = [key for key in {**own, **theirs} if key.startswith(ACCOUNT) and own.get(key) != theirs.get(key)]
        if one.has_plan and keys:
            found.append(say(view.lang, "other_account", title=titles[one.name], keys=", ".join(keys)))
    return found


def why_of(record: Mapping[str, Any], lang: Lang) -> tuple[str, ...]:
    """Return why the solve of a record has no plan, in words, as far as it is known."""
    found = record.get("explanation", {}).get(lang) or ()
    ended = str(record.get("termination", ""))
    return tuple(found) or ((text(lang, f"termination_{ended}"),) if ended else ())


def why_not(view: View) -> list[tuple[str, tuple[str, ...]]]:
    """Return scenarios without a plan, and what is known of why."""
    titles = view.study.titles(view.lang)
    return [
        (titles[one.name], (*(fault[view.lang] for fault in one.faults), *why_of(one.record, view.lang)))
        for one in view.study.outcomes
        if not one.has_plan
    ]


def indicator_grid(view: View) -> Grid | None:
    """Return the indicators of the whole area."""
    table = view.frame("indicators")
    if table is None or view.land is None:
        return None
    root = str(view.land.regions["region"].iloc[view.land.root])
    table = table[table["region"] == root]
    heads = [say(view.lang, head) for head in ("indicator", "unit", "present")]

    def label(row: pd.Series) -> list[str]:
        unit = "%" if row["unit"] == "share" else term("unit", row["unit"], view.lang)
        return [row[f"name_{view.lang}"], unit, significant(float(row["present"]) * _percent(row), 6)]

    return figure_grid(table, heads, label, view.shown, view.reference, 2, _percent)


def _percent(row: pd.Series) -> float:
    return 100.0 if row["unit"] == "share" else 1.0


def ledger_grid(view: View) -> tuple[Grid, str] | None:
    """Return cumulative emissions by component, with the unit in words."""
    table = view.frame("ledger")
    if table is None:
        return None
    sums = table.groupby("component", sort=False).sum(numeric_only=True).reset_index()
    names = [name for name, _ in view.shown]
    scale, unit = view.amount_unit(float(sums[names].abs().to_numpy().max(initial=0.0)), "tCO2e")
    grid = figure_grid(
        sums,
        [say(view.lang, "component")],
        lambda row: [term("component", row["component"], view.lang)],
        view.shown,
        view.reference,
        1,
        lambda row: scale,
        say(view.lang, "total"),
    )
    return grid, unit


def land_grid(view: View) -> Grid | None:
    """Return the area of each group at the end."""
    table = view.frame("land_by_group")
    if table is None:
        return None
    heads = [say(view.lang, "group"), say(view.lang, "present")]
    return figure_grid(
        table,
        heads,
        lambda row: [row[f"name_{view.lang}"], significant(row["present_ha"], FIGURES)],
        view.shown,
        view.reference,
        1,
    )


def network_grid(view: View) -> Grid | None:
    """Return supply and costs of the network."""
    table = view.frame("network")
    if table is None:
        return None
    names = [name for name, _ in view.shown]
    table = table[(table[names].abs() > 0).any(axis=1)]
    several = table["period"].nunique() > 1

    def label(row: pd.Series) -> list[str]:
        kind = "cost_item" if row["quantity"] == "cost" else "technology"
        words = [say(view.lang, f"quantity_{row['quantity']}"), term(kind, row["item"], view.lang)]
        return [*words, *([str(row["period"])] if several else []), term("unit", row["unit"], view.lang)]

    heads = ["name", "item", *(["period"] if several else []), "unit"]
    return figure_grid(table, [say(view.lang, head) for head in heads], label, view.shown, view.reference, len(heads))


@dataclass(frozen=True)
class Decisions:
    """How many units, projects and circuits all plans choose, how many only some do, and a table of these."""

    everywhere: int
    some: int
    grid: Grid | None


def decisions(view: View) -> Decisions | None:
    """Return what plans agree and differ on beside land."""
    table = view.frame("decisions")
    if table is None or not view.shown:
        return None
    plans = sum(one.has_plan for one in view.study.named)
    some = table[table["chosen_in"] < plans]
    rows = tuple(
        (
            Cell(kind_words(row["kind"], view.lang)),
            Cell(str(row["name"])),
            Cell(f"{row['chosen_in']} / {plans}"),
            *(Cell(significant(float(row[name]), 4) if row[name] else "") for name, _ in view.shown),
        )
        for row in some.head(MOST_ROWS).to_dict("records")
    )
    heads = [*(say(view.lang, one) for one in ("kind", "name", "chosen_in")), *(title for _, title in view.shown)]
    grid = Grid(tuple(heads), 2, rows, more=max(len(some) - MOST_ROWS, 0)) if rows else None
    return Decisions(len(table) - len(some), len(some), grid)


def kind_words(kind: str, lang: Lang) -> str:
    """Return what kind of thing is chosen."""
    kind = kind.removeprefix(ENERGY)
    known = f"kind_{kind}"
    return say(lang, known) if known in TEXT else term("network_component", kind, lang)


def agreement_grid(view: View) -> Grid | None:
    """Return zones and areas by how scenarios agree on them."""
    table = view.frame("agreement")
    if table is None:
        return None
    heads = ["agreement", "zones", "area_ha", "common_ha", "differing_ha"]
    rows = tuple(
        (
            Cell(_agreed(row["agreement"], view.lang)),
            Cell(number(row["zones"], 0)),
            *(Cell(number(row[name])) for name in heads[2:]),
        )
        for row in table.to_dict("records")
    )
    return Grid(("", *(say(view.lang, head) for head in heads[1:])), 1, rows)


def _agreed(verdict: str, lang: Lang) -> str:
    return say(lang, verdict).rstrip(":")


def transition_grid(view: View) -> Grid | None:
    """Return hectares by from and to, those first that the reference changes most."""
    table = view.frame("transitions")
    if table is None or view.land is None:
        return None
    classes = view.land.classes
    names = dict(zip(classes["class"].astype(str), classes[f"name_{view.lang}"].astype(str), strict=True))
    table = table[table["common_ha"] + table["differing_ha"] >= 0.005]
    columns: Sequence[str] = [name for name, _ in view.shown if name in table]
    rows = tuple(
        (
            *(Cell(names.get(row[side]) or row[side]) for side in ("from", "to")),
            *(Cell(number(row[name])) for name in (*columns, "common_ha", "differing_ha")),
        )
        for row in table.head(MOST_ROWS).to_dict("records")
    )
    titles = dict(view.shown)
    heads = [say(view.lang, "from"), say(view.lang, "to"), *(titles[name] for name in columns)]
    heads += [say(view.lang, "common_ha"), say(view.lang, "differing_ha")]
    return Grid(tuple(heads), 2, rows, more=max(len(table) - MOST_ROWS, 0))
