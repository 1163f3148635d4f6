"""Why a change is barred: the rule, what about the zone triggers it, and the source that states it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from instances.land import codes_of

if TYPE_CHECKING:
    import pandas as pd

    from formulations.block import LandBlock
    from optimizer.results.terms import Lang

SOURCE = re.compile(r"Source:\s+(.*?)(?:\n\s*\n|$)", re.DOTALL)

TRIGGERS = {
    "red_line": "red_line",
    "permanent_farmland": "farmland",
    "slope": "slope_class",
    "urban_boundary": "boundary",
}
"""The column of the zones table that a permission rule looks at."""

MATRIX = "transition_matrix"


@dataclass(frozen=True)
class Barred:
    """One reason for which some classes are out of reach: the rule, the fact that triggers it, its source."""

    rule: str
    fact: str
    source: str
    classes: tuple[str, ...]


def barred(
    block: LandBlock, zone: int, source: str, classes: dict[str, tuple[str, ...]], lang: Lang
) -> tuple[Barred, ...]:
    """Return the reasons for which a piece of land may not become some classes, alike ones together."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for target, rules in classes.items():
        for rule in rules:
            fact, stated = _matrix(block, zone, source, target, lang) if rule == MATRIX else _line(block, zone, rule)
            found.setdefault((rule, fact, stated), []).append(target)
    return tuple(Barred(*key, tuple(targets)) for key, targets in found.items())


def stated_source(rule: str) -> str:
    """Return the source that the docstring of a rule names; empty where it names none."""
    try:
        text = import_module(f"formulations.land.{rule}").__doc__ or ""
    except ModuleNotFoundError:
        return ""
    found = SOURCE.search(text)
    return "" if found is None else " ".join(found[1].split()).rstrip(".")


def _line(block: LandBlock, zone: int, rule: str) -> tuple[str, str]:
    column = TRIGGERS.get(rule, "")
    row = block.land.zones.iloc[zone]
    fact = f"{column} = {row[column]}" if column in row else ""
    return fact, stated_source(rule)


def _matrix(block: LandBlock, zone: int, source: str, target: str, lang: Lang) -> tuple[str, str]:
    """Return what the transition matrix says of a change, and the source of the row that says it."""

    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    row = _transition(block, source, target)
    if row is None:
        return say("转换表中没有这一转换", "the transitions table does not offer it"), "transitions"
    stated = ", ".join(str(row[name]) for name in ("source", "status") if str(row[name]))
    reason = str(row["reason"])
    if row["allowed"] != 1:
        return say("转换表不允许", "the transitions table forbids it") + (f": {reason}" if reason else ""), stated
    condition, zones = str(row["condition"]), block.land.zones
    if condition and float(zones[condition].iloc[zone]) != 1:
        needed = say(f"需要 {condition} = 1", f"needs {condition} = 1")
        return needed + (f" ({reason})" if reason else ""), stated
    grade = say("达不到任何耕地等别", "the site reaches no grade of cropland")
    return f"potential_grade = {zones['potential_grade'].iloc[zone]}: {grade}", stated


def _transition(block: LandBlock, source: str, target: str) -> pd.Series | None:
    table, names = block.land.tables["transitions"], block.land.classes["class"]
    wanted = names.astype(str).tolist()
    here = (codes_of(table["from"], names) == wanted.index(source)) & (
        codes_of(table["to"], names) == wanted.index(target)
    )
    return table[here].iloc[0] if here.any() else None
