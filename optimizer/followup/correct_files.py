"""What a correction leaves behind: the rules that were broken, steps with their effect, the corrected plan, audited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.followup.differences import broken, moved
from optimizer.followup.found import write_found
from optimizer.followup.headings import headed
from optimizer.followup.page import write_page
from optimizer.results.audit import audit
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.tables import write_csv
from optimizer.study import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from optimizer.followup.correct import Correction
    from optimizer.followup.given import Given
    from optimizer.results.terms import Lang

TITLES: dict[str, tuple[str, str]] = {
    "title": ("方案纠错", "Correction of a plan"),
    "broken": ("原方案违反的规则（独立核验）", "Rules that the drawn plan breaks, by the audit"),
    "steps": ("纠正步骤", "Steps, each with what it leads to"),
    "moves": ("各单元的调整", "What changes"),
    "left": ("纠正后仍违反的指标", "Quotas that are still broken"),
}


def drawn_checks(given: Given, found: Correction, folder: Path) -> pd.DataFrame:
    """Write the drawn plan into `folder`, whole; return the checks of the audit that it fails."""
    program = given.program
    values = np.concatenate([given.shares, found.drawn.values[len(given.shares) :]])
    plan = plan_of(given.model.instance, program, values)
    beside = _outside(given)
    moves = pd.concat([plan.moves, beside], ignore_index=True) if len(beside) else plan.moves
    write_plan(replace(plan, moves=moves), folder)
    report = audit(given.model.instance.folder, folder)
    rows = [one for one in report.to_dict()["failures"] if one["rule"] != "summary"]
    return pd.DataFrame(rows, columns=["name", "rule", "subject", "amount", "unit", "message"])


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


def step_table(given: Given, found: Correction, values: NDArray[np.float64]) -> pd.DataFrame:
    """Return the steps in order: number, zone, what changes there in words, and what the plan then is."""
    changes = moved(given, given.shares, values)
    outside = _outside(given)
    names = given.program.names.zones.to_numpy()
    rows = []
    for number, step in enumerate(found.steps.to_dict("records"), 1):
        zone = names[int(step["zone"])]
        parts = [
            f"{line['from']}>{line['to']} {line['period']}: {line['area_ha']:+,.4g} ha"
            for line in changes[changes["zone"] == zone].to_dict("records")
        ]
        parts += [
            f"{line['from']}>{line['to']} {line['period']}: {-line['area_ha']:+,.4g} ha"
            for line in outside[outside["zone"] == zone].to_dict("records")
        ]
        rows.append((number, zone, "; ".join(parts), step["short_after"], step["emissions_after"], step["cost_after"]))
    heads = ["step", "zone", "message", "short_after", "emissions_after", "cost_after"]
    return pd.DataFrame(rows, columns=heads)


def said(found: Correction, checks: pd.DataFrame, swaps: int, lang: Lang) -> list[str]:
    """Return what was found in sentences."""
    english = lang == "en"
    count = len(checks)
    if count:
        lines = [
            f"The drawn plan fails {count} checks of the audit." if english else f"原方案有 {count} 项检查未通过。"
        ]
    else:
        lines = ["The drawn plan breaks no rule." if english else "原方案不违反任何规则。"]
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
    short = found.short
    lines.append(
        f"With {len(found.steps)} changed zones the sum of relative shortfalls falls from {found.drawn.total:.4g} to "
        f"{max(short, 0.0):.4g}."
        if english
        else f"改动 {len(found.steps)} 个单元后，相对缺口之和由 {found.drawn.total:.4g} 降至 {max(short, 0.0):.4g}。"
    )
    if found.left_ha > 1e-6:
        lines.append(
            f"{found.left_ha:,.4g} ha on barred changes go beyond these zones; they are left as they are at present."
            if english
            else f"另有 {found.left_ha:,.4g} ha 被禁止的转换超出改动个数，按现状保留。"
        )
    proven = "Proven best of all plans that differ in so few zones." if english else "已证明为改动个数内的最优。"
    open_ = "Not proven to be the best." if english else "未证明为最优。"
    return [*lines, proven if found.proven else open_]


def write_correction(
    folder: Path, given: Given, found: Correction, swaps: int, lang: Lang
) -> tuple[list[str], list[tuple[str, pd.DataFrame]], list[str]]:
    """Write everything into an empty folder; return sentences, titled tables, and what the audit of the result finds.

    Quotas that N changed zones could not mend are told in the tables; they are no failure of the correction.
    """
    checks = drawn_checks(given, found, folder / "drawn")
    write_csv(folder / "broken.csv", checks)
    lines, failures = said(found, checks, swaps, lang), []
    land = given.block.land
    shown = [("broken", checks.drop(columns="name").rename(columns={"subject": "id"}))]
    record: dict[str, Any] = {
        "swaps": swaps,
        "changed_zones": len(found.steps),
        "broken_before": found.drawn.total,
        "broken_after": found.short if found.values is not None else None,
        "least_broken": found.least_short,
        "bound": found.bound,
        "barred_ha": found.barred_ha,
        "left_ha": found.left_ha,
        "proven": found.proven,
        "audit": None,
    }
    if found.values is not None:
        audited = write_found(given, found.values, folder / "corrected", lang, tables=True)
        record["audit"] = audited.record()
        record["objective"] = audited.objective
        steps, changes = step_table(given, found, found.values), moved(given, given.shares, found.values)
        left = broken(given.program, found.values)
        for name, table in (("steps", steps), ("moves", changes), ("left", left)):
            write_csv(folder / f"{name}.csv", table)
            shown.append((name, table.drop(columns="source", errors="ignore")))
        failures = list(audited.failures) if found.short <= 1e-6 else []
    titled = [(TITLES[name][lang == "en"], headed(table, land, lang)) for name, table in shown if len(table)]
    write_json(folder / "correction.json", record)
    write_page(folder / "correction.html", TITLES["title"][lang == "en"], lines, titled, lang)
    return lines, titled, failures
