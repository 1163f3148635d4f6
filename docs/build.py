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

from formulations import extra, overlays, program
from formulations.energy import (
    balance,
    capacity,
    connection,
    contingency,
    contingency_candidates,
    corridor_opening,
    dc_candidates,
    dispatch,
    kvl,
    land_coupling,
    losses,
    seasonal,
    shares,
    site_capacity,
    storage,
    template,
    transport,
)
from formulations.land import PERMISSIONS, RULES
from formulations.restoration import corridor, in_land, unit_land
from instances import carbon, demand, schema
from instances.classes import shipped_table
from instances.crosscheck import GROUPED, QUOTA_FORM
from optimizer.infeasibility import relaxation
from optimizer.methods import highs, implied, least_change, needless
from optimizer.methods.corridors import model as corridor_model
from optimizer.methods.landscape import indices, search
from optimizer.results import terms, why
from optimizer.results.network import prices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

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


def code(text: object) -> str:
    """Return text as inline code, nothing for nothing."""
    return f"`{text}`" if str(text) else ""


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


# --- mathematics -------------------------------------------------------------------------------------------


def formula(lines: list[str]) -> str:
    """Return a block of mathematics as GitHub reads it."""
    body = "\n".join(lines).strip()
    if re.search(r"(?<!\\)&|\\\\", body):
        body = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
    return f"```math\n{body}\n```"


def prose(text: str) -> str:
    """Return a docstring's prose with its inline mathematics and code as Markdown."""
    text = re.sub(r":math:`([^`]*)`", r"$\1$", text)
    return re.sub(r"``([^`]*)``", r"`\1`", text)


def blocks(docstring: str) -> Iterator[str]:
    """Yield the paragraphs and formulas of a docstring."""
    text: list[str] = []
    maths: list[str] | None = None
    for line in [*docstring.strip().split("\n"), ".. end"]:
        if maths is not None and line.strip() and not line.startswith(" "):
            yield formula(maths)
            maths = None
        if line.startswith(".. "):
            yield prose("\n".join(text).strip())
            text, maths = [], [line.removeprefix(".. math::").strip()]
        elif maths is not None:
            maths += [line.strip()] if line.strip() else []
        else:
            text.append(line)


def markdown(module: ModuleType, skip_first: bool = False) -> str:
    """Return the docstring of a module as Markdown; `skip_first` leaves out its first line."""
    docstring = module.__doc__ or ""
    if skip_first:
        docstring = docstring.partition("\n")[2]
    return "\n\n".join(block for block in blocks(docstring) if block)


def rule_modules() -> dict[str, list[tuple[str, str]]]:
    """Return the rules, name and Chinese name, by the module that holds them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for permission in PERMISSIONS:
        found.setdefault(permission.bars.__module__, []).append((permission.name, permission.name_zh))
    for rule in RULES:
        found.setdefault(rule.build.__module__, []).append((rule.name, rule.name_zh))
    return found


def rules() -> str:
    """Return every rule with its mathematics."""
    sections = []
    for module, names in rule_modules().items():
        title = ", ".join(f"{code(name)} {name_zh}" for name, name_zh in names)
        sections.append(f"### {title}\n\n{markdown(sys.modules[module])}")
    return "\n\n".join(sections)


def whole(*modules: ModuleType) -> Callable[[], str]:
    """Return a section made of the docstrings of modules."""
    return lambda: "\n\n".join(map(markdown, modules))


def of_function(function: Callable[..., object]) -> str:
    """Return the docstring of a function as Markdown."""
    lines = (function.__doc__ or "").split("\n")
    return "\n\n".join(block for block in blocks("\n".join(line.removeprefix("    ") for line in lines)) if block)


def landscape() -> str:
    """Return the landscape indices and how units are chosen by them."""
    words = [of_function(function).replace("Return the", "The", 1) for function in (indices.mesh, indices.iic)]
    found = [markdown(indices), *words, markdown(search)]
    return "\n\n".join(found)


def energy() -> str:
    """Return the network, a section a file."""
    titles = {
        balance: "Balance 节点平衡",
        dispatch: "Dispatch 出力",
        capacity: "Capacity 容量",
        site_capacity: "Sites 场址",
        storage: "Storage 储能",
        seasonal: "Seasonal storage 跨季储能",
        transport: "Transport 运输模型",
        losses: "Losses 二次网损",
        kvl: "Voltage law 基尔霍夫电压定律",
        dc_candidates: "Circuits that may be built 候选线路",
        corridor_opening: "Corridors 走廊",
        connection: "Connections 连通",
        contingency: "Outages N-1",
        contingency_candidates: "Outages beside candidates 候选线路的 N-1",
        shares: "Limits on the whole 总体约束",
        overlays: "Overlays 叠加",
        land_coupling: "Network and land 能源与用地耦合",
        template: "Written once 模板与复制",
        implied: "Limits for the bound 隐含上限",
        prices: "Nodal prices 节点电价",
    }
    return "\n\n".join(f"### {title}\n\n{markdown(module)}" for module, title in titles.items())


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
    "dual_bound": lambda: of_function(highs.dual_bound),
    "corridors": whole(corridor, corridor_model),
    "joint": whole(in_land, unit_land),
    "landscape": landscape,
    "energy": energy,
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
