"""What a scenario changes, what is measured, and whose plan a row speaks of, in words of either language."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from instances import schema
from optimizer.report.text import MINUS
from optimizer.results.terms import term
from optimizer.studies.entries import MOST
from optimizer.studies.measures import AREA, TITLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from instances.scenarios.changes import Change, LineMove
    from instances.scenarios.derive import Changes
    from optimizer.results.terms import Lang

    Named = Callable[[str, str], str]

REGION, CLASS = "region", "class"
"""What `named(REGION, code)` and `named(CLASS, code)` tell the name of; the code where it has none."""

LINES: dict[str, dict[Lang, str]] = {
    "red_line": {"zh": "生态保护红线", "en": "ecological red line"},
    "farmland": {"zh": "永久基本农田", "en": "permanent basic farmland"},
    "boundary": {"zh": "城镇开发边界", "en": "urban development boundary"},
}


def _as_written(_kind: str, code: str) -> str:
    return code


def changes_in_words(changes: Changes, lang: Lang, named: Named = _as_written) -> list[str]:
    """Return what a scenario changes of the base, a line each; `named` says what a `region` or a `class` is called."""
    zh = lang == "zh"
    lines = [f"{'设置' if zh else 'setting'} {key} = {_value(value)}" for key, value in changes.settings.items()]
    for rules, words in (
        (changes.rules_off, "停用规则" if zh else "rule off:"),
        (changes.rules_on, "启用规则" if zh else "rule on:"),
    ):
        lines += [f"{words} {term('rule', rule, lang)}" for rule in rules]
    lines += [_line(move, lang, named) for move in changes.lines]
    return lines + [_change(change, lang, named) for change in changes.tables]


def beyond(lines: Sequence[str], inherited: Sequence[str]) -> list[str]:
    """Return the lines of a scenario less those of the one that it starts from, each as often as that one has it."""
    left, own = Counter(inherited), []
    for line in lines:
        if left[line]:
            left[line] -= 1
        else:
            own.append(line)
    return own


def _line(move: LineMove, lang: Lang, named: Named) -> str:
    moved, region = f"{move.by * 100:+g} %".replace("-", MINUS), named(REGION, move.region)
    where = (f"（{region}）" if lang == "zh" else f" in {region}") if move.region else ""
    return f"{LINES[move.line][lang]}{where} {moved}"


def _change(change: Change, lang: Lang, named: Named) -> str:
    zh = lang == "zh"
    declared = schema.table(*change.table.split("/"))
    table = declared.about_zh if zh else change.table
    where = [
        f"{_column(change, name, lang)} = {_meant(change, name, value, lang, named)}"
        for name, value in change.where.items()
    ]
    rows = ("，" if zh else ", ").join(where)
    within = f"（{rows}）" if zh and rows else f" [{rows}]" if rows else ""
    return f"{table}{within}{'：' if zh else ': '}{_done(change, lang, named)}"


def _column(change: Change, name: str, lang: Lang) -> str:
    """Return what a column is called: in Chinese by its meaning."""
    if lang == "en" or name not in [column.name for column in change.declared.columns]:
        return name
    return change.declared.column(name).about_zh


def _meant(change: Change, column: str, value: object, lang: Lang, named: Named) -> str:
    """Return the value of a row in words where it names a region, a class, a rule, a factor or a group."""
    if isinstance(value, list | tuple):
        return " / ".join(_meant(change, column, one, lang, named) for one in value)
    refers = next((one.refers_to for one in change.declared.columns if one.name == column), "")
    if column == REGION or refers == "classes.class":
        return named(REGION if column == REGION else CLASS, str(value))
    if column == "group":
        return _group_title(str(value), lang, named)
    return term(column, value, lang) if column in ("rule", "factor", "end_use") else _value(value)


def _group_title(code: str, lang: Lang, named: Named) -> str:
    """Return what a group of classes is called, or the one class of that code."""
    name = named(CLASS, code)
    return term("group", code, lang) if name == code else name


def _done(change: Change, lang: Lang, named: Named) -> str:
    zh, value = lang == "zh", getattr(change, change.action)
    if change.action == "drop":
        return "删除" if zh else "dropped"
    if change.action == "append":
        return f"增加 {len(value)} 行" if zh else f"{len(value)} row{'s' * (len(value) > 1)} added"
    name = _column(change, change.column, lang)
    if change.action == "add":
        return f"{name} {'+' if value >= 0 else MINUS} {_value(abs(value))}"
    if change.action == "set":
        return f"{name} = {_meant(change, change.column, value, lang, named)}"
    return f"{name} × {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return " / ".join(map(_value, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def goal_title(name: str, lang: Lang, named: Named = _as_written) -> str:
    """Return a goal or a measure in words; one that is to be as large as it goes says so.

    `named` says what a `region` or a `class` is called.
    """
    own = name.removeprefix(MOST)
    if own.startswith(AREA):
        group, _, region = own.removeprefix(AREA).partition("@")
        title = _group_title(group, lang, named) + ("面积" if lang == "zh" else " area")
        title += f" · {named(REGION, region)}" if region else ""
    else:
        title = TITLES[own][lang] if own in TITLES else term("component", own, lang)
    if own == name:
        return title
    return f"{title}（越大越好）" if lang == "zh" else f"{title} (more is better)"


PLANS: dict[str, dict[Lang, str]] = {
    "nominal": {"zh": "名义最优方案", "en": "nominal best"},
    "minimax": {"zh": "最小最大后悔方案", "en": "least greatest regret"},
}


def plan_title(name: str, cases: dict[str, str], lang: Lang) -> str:
    """Return whose plan a row of regrets is: nominal, of least greatest regret, or the best of a case."""
    if name in PLANS and name not in cases:
        return PLANS[name][lang]
    title = cases.get(name, name)
    return f"“{title}”下的最优方案" if lang == "zh" else f"best in “{title}”"
