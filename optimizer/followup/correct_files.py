"""What a correction leaves behind: the rules that were broken, steps with their effect, the corrected plan, audited."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.followup import planned_network
from optimizer.followup.correct import MENDED
from optimizer.followup.differences import broken, moved
from optimizer.followup.found import write_found
from optimizer.followup.headings import class_names, headed, region_names, unit_words
from optimizer.followup.page import Told, write_page
from optimizer.results.audit import audit
from optimizer.results.extra import write_extra
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.rules import objective_unit
from optimizer.results.tables import write_csv
from optimizer.results.terms import term
from optimizer.study import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from instances.land import Land
    from optimizer.followup.correct import Correction
    from optimizer.followup.given import Given
    from optimizer.results.terms import Lang

TITLES: dict[str, tuple[str, str]] = {
    "title": ("方案纠错", "Correction of a plan"),
    "broken": ("原方案违反的规则（独立核验）", "Rules that the drawn plan breaks, by the audit"),
    "given_back": ("被禁止的转换，恢复现状", "Changes that rules bar, given back to present use"),
    "steps": ("纠正步骤", "Steps, each with what it leads to"),
    "moves": ("各单元的调整", "What changes"),
    "left": ("纠正后仍违反的指标", "Quotas that are still broken"),
}


NETWORK = (
    "电网保持原方案不变，上述界限均就用地的改动而言。",
    "The network stays as it is in the plan: bounds are of what changes of land can bring.",
)

LEAST_HA = 5e-4
"""Hectares from which a change is told to people: less is what solvers leave over. The CSV has all."""

CHINESE = (
    (r"^.* \((\d+) such changes, ([\d.,]+) ha\)$", r"此类转换 \1 处，共 \2 ha"),
    (r", at least (.*) asked$", r"，要求不少于 \1"),
    (r", at most (.*) asked$", r"，要求不超过 \1"),
    (r"\bzone (\S+?)(?=,|$)", r"单元 \1"),
    (r"\bgrade (\d+)", r"\1 等"),
    (r", ", "，"),
)
"""Patterns of the audit's sentences, and the same in Chinese."""


def drawn_checks(given: Given, found: Correction, folder: Path) -> pd.DataFrame:
    """Write the drawn plan into `folder`, whole; return the checks of the audit that it fails."""
    program = given.program
    values = np.concatenate([given.shares, found.drawn.values[len(given.shares) :]])
    plan = plan_of(given.model.instance, program, values)
    beside = _outside(given)
    moves = pd.concat([plan.moves, beside], ignore_index=True) if len(beside) else plan.moves
    write_plan(replace(plan, moves=moves), folder)
    write_extra(program, values, folder)
    network = given.model.instance.network
    if network is not None:
        from optimizer.results.network.plan import network_table, write_network  # Pyomo is loaded only here

        write_network(network_table(network, program, values), folder)
    report = audit(given.model.instance.folder, folder)
    rows = [one for one in report.to_dict()["failures"] if one["rule"] != "summary"]
    return pd.DataFrame(rows, columns=["name", "rule", "subject", "amount", "unit", "message"])


def _words(text: str, land: Land, lang: Lang) -> str:
    """Return what the audit says of a subject, or an amount, with names; in Chinese as far as it follows a pattern."""
    region, to = ("region", "to") if lang == "en" else ("行政区", "转为")
    regions, classes = region_names(land, lang), class_names(land, lang)
    text = re.sub(r"\bregion (\S+?)(?=,|$)", lambda one: f"{region} {regions.get(one[1], one[1])}", text)
    text = re.sub(
        r"(\S+) to (\S+)$", lambda one: f"{classes.get(one[1], one[1])} {to} {classes.get(one[2], one[2])}", text
    )
    text = re.sub(r", (\w+)$", lambda one: f", {classes.get(one[1]) or term('group', one[1], lang)}", text)
    for pattern, words in CHINESE if lang == "zh" else ():
        text = re.sub(pattern, words, text)
    return text


def _outside(given: Given) -> pd.DataFrame:
    """Return changes that no column stands for, as rows of a plan."""
    program, table = given.program, given.outside
    first = program.moves.start[table["group"].to_numpy(dtype=np.int64)]
    classes = program.names.classes.to_numpy()
    return pd.DataFrame(
        {
            "zone": program.names.zones.to_numpy()[program.moves.zone[first]],
            "from": classes[program.moves.source[first]],
            "to": classes[table["target"].to_numpy(dtype=np.int64)],
            "period": np.array([0, *program.names.periods])[table["period"].to_numpy(dtype=np.int64)],
            "overlay": "",
            "area_ha": table["area_ha"].to_numpy(dtype=float),
        }
    )


def given_back(given: Given, found: Correction) -> pd.DataFrame:
    """Return the land on changes that rules bar, or that tear a whole parcel: zone, from, area_ha."""
    program, group = given.program, np.flatnonzero(found.odd_ha)
    first = program.moves.start[group]
    return pd.DataFrame(
        {
            "zone": program.names.zones.to_numpy()[program.moves.zone[first]],
            "from": program.names.classes.to_numpy()[program.moves.source[first]],
            "area_ha": found.odd_ha[group],
        }
    )


def step_table(given: Given, found: Correction, changes: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return the steps in order: number, zone, what changes there in words, and what the plan then is.

    Step 0 is the plan as it was drawn, with barred land given back.
    """
    names, classes = given.program.names.zones.to_numpy(), class_names(given.block.land, lang)
    start = "the drawn plan, barred land given back" if lang == "en" else "原方案，被禁止的转换恢复现状"
    rows = []
    for number, step in enumerate(found.steps.to_dict("records")):
        zone = names[int(step["zone"])] if number else ""
        parts = [] if number else [start]
        parts += [
            f"{classes[line['from']]} > {classes[line['to']]} {line['period']}: {line['area_ha']:+,.4g} ha"
            for line in changes[changes["zone"] == zone].to_dict("records")
        ]
        rows.append((number, zone, "; ".join(parts), step["short_after"], step["emissions_after"], step["cost_after"]))
    heads = ["step", "zone", "message", "short_after", "emissions_after", "cost_after"]
    return pd.DataFrame(rows, columns=heads)


def said(given: Given, found: Correction, checks: pd.DataFrame, swaps: int, lang: Lang) -> list[str]:
    """Return what was found in sentences."""
    english, count = lang == "en", len(checks)
    if count:
        lines = [
            f"The drawn plan fails {count} checks of the audit." if english else f"原方案有 {count} 项检查未通过。"
        ]
    else:
        lines = ["The drawn plan breaks no rule." if english else "原方案不违反任何规则。"]
    lost, zones = float(found.odd_ha.sum()), len(given_back(given, found)["zone"].unique())
    if lost > 0:
        lines.append(
            f"{lost:,.4g} ha (zones: {zones}) may not change so; they are given back to present use, which is no swap."
            if english
            else f"{zones} 个单元的 {lost:,.4g} ha 为规则禁止的转换，恢复现状，不计入改动个数。"
        )
    if found.values is None and not found.infeasible:
        lines.append("No correction was found within the limits." if english else "限定内未找到纠正方案。")
        return lines
    if found.values is None:
        lines.append(
            f"No plan within {swaps} changed zones keeps projects, lots and whole parcels; try more --swaps."
            if english
            else f"改动 {swaps} 个单元以内，没有满足工程、最小地块与整块转换的方案；请增大 --swaps。"
        )
        return lines
    lines += [*_shortfall(found, swaps, english), _objective(given, found, swaps, lang)]
    lines += planned_network.told(given, NETWORK, lang)
    return [*lines, _proof(given, found, english)]


def _proof(given: Given, found: Correction, english: bool) -> str:
    """Return among which plans the corrected one is proven best."""
    if found.proven:
        return "Proven best of all plans that differ in so few zones." if english else "已证明为改动个数内的最优。"
    total, among = len(given.block.land.zones), found.among
    if among:
        return (
            f"Proven best where only {among:,} of {total:,} zones may change, those that prices favour; "
            "beyond these only the bounds hold."
            if english
            else f"在价格最有利的 {among:,} 个单元（共 {total:,} 个）内已证明为最优；其余单元以上述界限为准。"
        )
    return (
        "Not proven to be the best; the bounds hold for all plans that differ in so few zones."
        if english
        else "未证明为最优；上述界限对改动个数内的一切方案成立。"
    )


def _shortfall(found: Correction, swaps: int, english: bool) -> list[str]:
    """Return what becomes of the sum of relative shortfalls; nothing where the drawn plan has none."""
    if found.drawn.total <= MENDED:
        return []
    zones, before, after = found.changed, found.drawn.total, found.short
    floor = found.least_short
    if floor is None or floor <= MENDED:  # 0 says nothing
        bound = ""
    elif english:
        bound = f"; no change of at most {swaps} zones brings it below {floor:.4g} (proven)"
    else:
        bound = f"；改动至多 {swaps} 个单元都不低于 {floor:.4g}（已证明）"
    return [
        f"With {zones} of {swaps} zones changed, relative shortfalls add up to {after:.4g}, not {before:.4g}{bound}."
        if english
        else f"改动 {zones} 个单元（上限 {swaps} 个），相对缺口之和由 {before:.4g} 降至 {after:.4g}{bound}。"
    ]


def _objective(given: Given, found: Correction, swaps: int, lang: Lang) -> str:
    """Return what becomes of the objective, and what as many zones can bring at most."""
    assert found.values is not None
    english, unit = lang == "en", unit_words(objective_unit(given.program), lang)
    before, after = (float(given.program.cost @ one) for one in (found.drawn.values, found.values))
    if found.bound is None:
        bound = ""
    elif english:
        bound = (
            f"; no change of at most {swaps} zones that breaks as little brings it below {found.bound:,.2f} (proven)"
        )
    else:
        bound = f"；缺口同样小时，改动至多 {swaps} 个单元都不低于 {found.bound:,.2f}（已证明）"
    return (
        f"The objective goes from {before:,.2f} to {after:,.2f} {unit}{bound}."
        if english
        else f"目标值由 {before:,.2f} 变为 {after:,.2f} {unit}{bound}。"
    )


def write_correction(folder: Path, given: Given, found: Correction, swaps: int, lang: Lang) -> Told:
    """Write everything into an empty folder; failures are what the audit of the result finds.

    Quotas that N changed zones could not mend are told in the tables; they are no failure of the correction.
    """
    checks = drawn_checks(given, found, folder / "drawn")
    write_csv(folder / "broken.csv", checks)
    lines, failures = said(given, found, checks, swaps, lang), []
    land = given.block.land
    failed = checks.drop(columns="name").rename(columns={"subject": "id"})
    for name in ("id", "message"):
        failed[name] = [_words(text, land, lang) for text in failed[name]]
    shown = [("broken", failed)]
    record: dict[str, Any] = {
        "swaps": swaps,
        "changed_zones": found.changed,
        "broken_before": found.drawn.total,
        "broken_after": found.short if found.values is not None else None,
        "least_broken": found.least_short,
        "objective_drawn": float(given.program.cost @ found.drawn.values),
        "bound": found.bound,
        "given_back_ha": float(found.odd_ha.sum()),
        "proven": found.proven,
        "proven_among_zones": found.among,
        "audit": None,
    }
    if found.values is not None:
        audited = write_found(given, found.values, folder / "corrected", lang, tables=True)
        record["audit"] = audited.record()
        record["objective"] = audited.objective
        changes = moved(given, found.drawn.values, found.values)
        large = changes[changes["area_ha"].abs() >= LEAST_HA]
        steps, back = step_table(given, found, large, lang), given_back(given, found)
        left = broken(given.program, found.values)
        for name, table in (("given_back", back), ("steps", steps), ("moves", changes), ("left", left)):
            write_csv(folder / f"{name}.csv", table)
            people = large if name == "moves" else table
            shown.append((name, people.drop(columns="source", errors="ignore")))
        failures = list(audited.failures) if found.short <= MENDED else []
    titled = [(TITLES[name][lang == "en"], headed(table, land, lang)) for name, table in shown if len(table)]
    write_json(folder / "correction.json", record)
    told = Told(lines, titled, failures)
    write_page(folder / "correction.html", TITLES["title"][lang == "en"], told, given.model.instance, lang)
    return told
