"""Write the generated sections of the documentation.

    python docs/build.py           writes them
    python docs/build.py --check   says which are stale, exit code 1

A page holds a section between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``; what stands outside
is written by hand. Tables come from `instances.schema`, the mathematics from the docstrings of the rules.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from maths import (
    code,
    corridors,
    dual_bound,
    energy,
    followed,
    joint,
    landscape,
    prioritised,
    rules,
    sites,
    studies,
    whole,
)

from formulations import extra, program
from formulations.land import RULES
from instances import carbon, demand, schema
from instances.classes import shipped_table
from instances.quota_checks import GROUPED, QUOTA_FORM
from optimizer.infeasibility import relaxation
from optimizer.methods import least_change, needless
from optimizer.results import terms, why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parent.parent
SECTION = re.compile(r"<!-- begin (?P<name>\w+) -->\n.*?<!-- end (?P=name) -->", re.DOTALL)
PARTS = {"land": "land 用地", "restoration": "restoration 生态修复", "network": "network 电网"}
FIXED_GROUP = {
    "cropland_retention": "cropland",
    "compensation": "cropland",
    "compensation_grade": "cropland",
    "compensation_bank": "cropland",
    "construction_total": "built",
    "construction_increment": "built",
    "construction_intensity": "built",
}
"""Groups that a rule takes by itself."""


def row(cells: Iterable[object]) -> str:
    """Return one line of a Markdown table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    names = list(head)
    return "\n".join([row(names), row("---" for _ in names), *(row(cells) for cells in rows)])


# --- instance format ---------------------------------------------------------------------------------------


def default_of(column: schema.Column) -> str:
    """Return what an absent cell stands for."""
    if column.required:
        return "required"
    return code(f"{column.default:g}") if isinstance(column.default, (int, float)) else code(column.default) or "empty"


def values_of(column: schema.Column) -> str:
    """Return which values a column takes."""
    if column.values:
        return ", ".join(code(value) or "empty" for value in column.values)
    if column.refers_to:
        return f"in {code(column.refers_to)}"
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return "0 or 1" if column.kind == "flag" else ""


def table_section(entry: schema.Table) -> str:
    """Return the description of one table."""
    facts = [f"key {', '.join(map(code, entry.key))}", "optional" if entry.optional else "required"]
    if entry.geometry:
        facts.append("may carry geometry")
    head = ("column", "type", "unit", "default", "values", "meaning", "说明")
    rows = ((code(c.name), c.kind, c.unit, default_of(c), values_of(c), c.about, c.about_zh) for c in entry.columns)
    title = f"#### {code(f'{entry.part}/{entry.name}')}"
    return f"{title}\n\n{entry.about}. {entry.about_zh}\n\n{'; '.join(facts)}\n\n{table(head, rows)}"


def tables() -> str:
    """Return every table of every part."""
    sections = []
    for part, entries in schema.tables().items():
        sections.append(f"### {PARTS[part]}")
        sections += map(table_section, entries)
    return "\n\n".join(sections)


def group_tree() -> str:
    """Return the tree of groups, with the names of each group."""
    rows = shipped_table("groups").to_dict("records")
    parent = {str(entry["group"]): str(entry["parent"]) for entry in rows}
    inner = set(parent.values())
    return table(
        ("group", "above it", "classes name it", "meaning", "中文"),
        (
            (code(e["group"]), code(e["parent"]), "" if e["group"] in inner else "yes", e["name_en"], e["name_zh"])
            for e in rows
        ),
    )


def quota_forms() -> str:
    """Return which sense, unit and group each rule takes in the quotas table."""
    names = {rule.name: rule.name_zh for rule in RULES}

    def group(rule: str) -> str:
        return "required" if rule in GROUPED else code(FIXED_GROUP.get(rule, ""))

    rows = (
        (
            code(rule),
            names.get(rule) or terms.term("rule", rule, "zh"),
            code(" ".join(senses)),
            ", ".join(units),
            group(rule),
        )
        for rule, (senses, units) in QUOTA_FORM.items()
    )
    return table(("rule", "中文", "sense", "unit", "group"), rows)


# --- glossary and provenance -------------------------------------------------------------------------------


def glossary_terms() -> str:
    """Return the names that tables and reports use, by kind."""
    rows = pd.read_csv(ROOT / "optimizer/results/terms.csv", dtype=str, keep_default_na=False)
    kept = rows[~rows["kind"].isin(["unit", "verdict", "indicator_status"])]
    return table(("kind", "key", "English", "中文"), ((r.kind, code(r.key), r.en, r.zh) for r in kept.itertuples()))


def corrections() -> str:
    """Return the errors found in sources, with what is loaded instead."""
    rows = shipped_table("corrections").to_dict("records")
    return table(
        ("item", "printed", "loaded", "unit", "reason", "source"),
        (
            (code(e["item"]), e["printed"], e["corrected"] or "nothing", e["unit"], e["reason"], e["source"])
            for e in rows
        ),
    )


def statuses() -> str:
    """Return how many rows of each shipped table have each status."""
    siting = ("siting_criteria", "siting_friction", "siting_lines", "siting_overlays")
    names = ("classes", "factors", "parameters", "transitions", "transition_exceptions", *siting)
    order = ("published", "computed", "recalled", "assumed", "made")
    counts = {name: shipped_table(name)["status"].value_counts() for name in names}
    return table(
        ("table", *order),
        (
            (code(f"instances/tables/{name}.csv"), *(int(count.get(status, 0)) for status in order))
            for name, count in counts.items()
        ),
    )


def siting_criteria() -> str:
    """Return the criteria of eligible land."""
    rows = shipped_table("siting_criteria").to_dict("records")
    head = ("technology", "criterion", "条件", "of", "value", "status", "source")
    return table(
        head,
        (
            (
                row["technology"],
                code(row["criterion"]),
                row["name_zh"],
                row["of"],
                f"{row['value']} {row['unit']}".strip(),
                row["status"],
                row["source"],
            )
            for row in rows
        ),
    )


def siting_lines() -> str:
    """Return the figures of the voltage classes."""
    names = ("voltage_class", "width_m", "capacity_mw", "cost_per_km", "reactance_ohm_per_km", "tower_spacing_m")
    names += ("tower_foot_m2", "shared_share", "status", "source")
    return table(names, ([row[name] for name in names] for row in shipped_table("siting_lines").to_dict("records")))


def siting_friction() -> str:
    """Return the multipliers of the cost of lines."""
    names = ("kind", "of", "multiplier", "status", "source")
    return table(names, ([row[name] for name in names] for row in shipped_table("siting_friction").to_dict("records")))


SECTIONS: dict[str, Callable[[], str]] = {
    "tables": tables,
    "groups": group_tree,
    "quotas": quota_forms,
    "program": whole(program),
    "carbon": whole(carbon, demand),
    "rules": rules,
    "extra": whole(extra),
    "least_change": whole(least_change, needless),
    "relaxation": whole(relaxation),
    "why": whole(why),
    "dual_bound": dual_bound,
    "sites": sites,
    "corridors": corridors,
    "joint": joint,
    "landscape": landscape,
    "energy": energy,
    "prioritised": prioritised,
    "studies": studies,
    "followed": followed,
    "terms": glossary_terms,
    "corrections": corrections,
    "statuses": statuses,
    "siting_criteria": siting_criteria,
    "siting_lines": siting_lines,
    "siting_friction": siting_friction,
}
"""What stands between the markers, by name."""


def refreshed(text: str) -> str:
    """Return a page with its generated sections made anew."""

    def anew(found: re.Match[str]) -> str:
        name = found["name"]
        return f"<!-- begin {name} -->\n<!-- written by docs/build.py -->\n\n{SECTIONS[name]()}\n\n<!-- end {name} -->"

    return SECTION.sub(anew, text)


def pages() -> list[Path]:
    """Return the pages that hold generated sections."""
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if SECTION.search(page.read_text(encoding="utf-8"))]


def main(arguments: list[str]) -> int:
    """Write or check every page; returns the exit code."""
    stale = []
    for page in pages():
        old = page.read_text(encoding="utf-8")
        new = refreshed(old)
        if new != old:
            stale.append(page.relative_to(ROOT))
            if "--check" not in arguments:
                page.write_text(new, encoding="utf-8")
    for page in stale:
        print(f"{'stale' if '--check' in arguments else 'written'}: {page}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
