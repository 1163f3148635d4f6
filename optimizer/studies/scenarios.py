"""From the entries of a study file to its scenarios: what each one changes of the base, and whom it begins from.

A ledger becomes scenarios too: its measures one after another on top of the scenario it starts from, and each alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from instances.faults import Fault, InstanceError
from instances.scenarios.derive import Changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optimizer.studies.file import LedgerEntry, ScenarioEntry, StudyFile

BASE = "base"
"""Scenario without changes, where a study names none."""


@dataclass(frozen=True)
class Scenario:
    """One scenario of a study.

    `parent` is the scenario whose plan its solve begins from, "" where it begins from nothing; `ledger` and `step` say
    what it stands for where a ledger asked for it.
    """

    name: str
    title_zh: str
    title_en: str
    parent: str
    changes: Changes
    ledger: str = ""
    step: str = ""

    def title(self, lang: str) -> str:
        """Return the title in a language."""
        return (self.title_zh if lang == "zh" else self.title_en) or self.name


def scenarios(study: StudyFile, place: str) -> tuple[Scenario, ...]:
    """Return all scenarios, each after the one it begins from.

    Raises InstanceError for scenarios and measures that are not there, and for scenarios that start from each other.
    """
    entries = {entry.name: entry for entry in study.scenario}
    faults = _unknown(study, entries, place)
    if faults:
        raise InstanceError(faults)
    found: dict[str, Scenario] = {}
    if not entries:
        found[BASE] = Scenario(BASE, "基准", "base", "", Changes())
    for name in entries:
        _add(name, entries, study, found, place, ())
    first = found.get(study.study.reference) or next(iter(found.values()))
    for ledger in study.ledger:
        start = found.get(ledger.parent, first)
        for one in _of_ledger(ledger, study, start):
            if one.name in found:
                hint = "rename one of them"
                message = f"the ledger {ledger.name} needs the name {one.name}, which is another scenario's"
                raise InstanceError([Fault(place, message, hint, column=f"ledger.{ledger.name}")])
            found[one.name] = one
    return tuple(found.values())


def reference(study: StudyFile, all_of_them: Sequence[Scenario], place: str) -> Scenario:
    """Return the scenario that others are compared with; raises InstanceError where there is none of its name."""
    name = study.study.reference or all_of_them[0].name
    for scenario in all_of_them:
        if scenario.name == name:
            return scenario
    hint = f"known are {', '.join(one.name for one in all_of_them)}"
    raise InstanceError([Fault(place, f"no scenario is called {name}", hint, column="study.reference")])


def _unknown(study: StudyFile, entries: Mapping[str, ScenarioEntry], place: str) -> list[Fault]:
    measures = [measure.name for measure in study.measure]
    known = list(entries) or [BASE]
    faults = []
    for kind, entry in [("scenario", one) for one in study.scenario] + [("ledger", one) for one in study.ledger]:
        where = f"{kind}.{entry.name}"
        if entry.parent and entry.parent not in known:
            hint = f"known are {', '.join(known)}"
            faults.append(Fault(place, f"no scenario is called {entry.parent}", hint, column=f"{where}.from"))
        lacking = [name for name in entry.measures if name not in measures]
        if lacking:
            hint = f"known are {', '.join(measures) or 'none'}"
            faults.append(Fault(place, f"no measure is called {', '.join(lacking)}", hint, column=f"{where}.measures"))
    return faults


def _add(
    name: str,
    entries: Mapping[str, ScenarioEntry],
    study: StudyFile,
    found: dict[str, Scenario],
    place: str,
    on_the_way: tuple[str, ...],
) -> None:
    """Add a scenario after the one that it starts from."""
    if name in found:
        return
    if name in on_the_way:
        circle = " from ".join((*on_the_way[on_the_way.index(name) :], name))
        hint = "let one of them start from the base"
        raise InstanceError([Fault(place, f"scenarios start from each other: {circle}", hint, column="scenario.from")])
    entry = entries[name]
    changes = Changes()
    if entry.parent:
        _add(entry.parent, entries, study, found, place, (*on_the_way, name))
        changes = found[entry.parent].changes
    for measure in entry.measures:
        changes = changes.then(_measure(study, measure))
    whole = changes.then(entry.changes)
    found[name] = Scenario(name, entry.title_zh, entry.title_en, entry.parent, whole)


def _measure(study: StudyFile, name: str) -> Changes:
    return next(measure.changes for measure in study.measure if measure.name == name)


def step_names(ledger: LedgerEntry) -> tuple[str, ...]:
    """Return the scenarios of a ledger in which its measures are added one after another."""
    return tuple(f"{ledger.name}.{number}-{name}" for number, name in enumerate(ledger.measures, start=1))


def alone_names(ledger: LedgerEntry) -> tuple[str, ...]:
    """Return the scenarios of a ledger in which each measure stands alone; the first of them is its first step."""
    return (step_names(ledger)[0], *(f"{ledger.name}.only-{name}" for name in ledger.measures[1:]))


def _of_ledger(ledger: LedgerEntry, study: StudyFile, start: Scenario) -> list[Scenario]:
    """Return the scenarios that a ledger needs: measures added one by one, and each measure alone."""
    measures = {measure.name: measure for measure in study.measure}
    result, before = [], start
    for name, step in zip(ledger.measures, step_names(ledger), strict=True):
        zh, en = (measures[name].title(lang) for lang in ("zh", "en"))
        changes = before.changes.then(measures[name].changes)
        before = Scenario(step, f"累计至：{zh}", f"up to: {en}", before.name, changes, ledger.name, name)
        result.append(before)
    for name, alone in zip(ledger.measures[1:], alone_names(ledger)[1:], strict=True):
        zh, en = (measures[name].title(lang) for lang in ("zh", "en"))
        changes = start.changes.then(measures[name].changes)
        result.append(Scenario(alone, f"仅：{zh}", f"only: {en}", start.name, changes, ledger.name, name))
    return result
