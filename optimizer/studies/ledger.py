r"""Ledger of measures (措施减排账): what each adds in the order given, what it does alone, what all do together.

Every line is a sum of solves with whole coefficients, :math:`\sum_s c_s z_s`: a step is the solve with the measure less
the one before it; the interaction is what all do together less the sum of what each does alone,

.. math:: (z_n - z_0) - \sum_i (z_i^{\text{alone}} - z_0)

With values v and bounds B of the solves the line is known as far as they are proven: :math:`z_s` lies between the two,
so the ends take the one or the other by the sign of :math:`c_s`. What a plan is not asked to minimise (a component of
its carbon account, its cost) is told of the plan found; other plans as good may differ in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.studies.scenarios import alone_names, step_names
from optimizer.studies.solving import SCENARIOS
from optimizer.studies.tasks import Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optimizer.studies.file import LedgerEntry, MeasureEntry
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

LEDGERS = "ledgers"
"""Folder of a study."""

MONEY = "10k CNY"
"""Unit of costs wherever there is land."""

TOTAL, MINIMISED = "total", "objective"
"""Figures that carry proven ends: what is minimised, with and without what no decision changes."""


@dataclass(frozen=True)
class Line:
    """A line of a ledger: `kind` is start, step, alone, sum, together or interaction; `weights` by scenario."""

    kind: str
    measure: str
    title_zh: str
    title_en: str
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Account:
    """What one solve came to: by figure its value and unit, and the least and greatest that are proven of it."""

    status: str
    values: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    proven: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def run_ledger(
    entry: LedgerEntry, start: Scenario, measures: Mapping[str, MeasureEntry], root: Path, at: Runner
) -> None:
    """Write the ledger of an entry, whose scenarios are solved, into its folder."""
    lines = ledger_lines(entry, start.name, measures)
    needed = dict.fromkeys(name for line in lines for name in line.weights)
    arguments = {"root": root.absolute() / SCENARIOS, "lines": lines}
    stated = {"lines": [[line.kind, line.title_zh, line.title_en, dict(line.weights)] for line in lines]}
    after = tuple(f"{SCENARIOS}/{name}" for name in needed)
    at.run([Task(f"{LEDGERS}/{entry.name}", write_ledger, arguments, stated, after)])


def ledger_lines(entry: LedgerEntry, start: str, measures: Mapping[str, MeasureEntry]) -> tuple[Line, ...]:
    """Return the lines of a ledger that begins at the scenario `start`."""
    steps, alone = step_names(entry), alone_names(entry)
    lines = [Line("start", "", "起始情景", "where it starts", {start: 1.0})]
    for kind, ends, before in (("step", steps, (start, *steps[:-1])), ("alone", alone, [start] * len(alone))):
        for name, then, now in zip(entry.measures, ends, before, strict=True):
            one = measures[name]
            lines.append(Line(kind, name, one.title("zh"), one.title("en"), {then: 1.0, now: -1.0}))
    together = {steps[-1]: 1.0, start: -1.0}
    apart = dict.fromkeys(alone, 1.0) | {start: -float(len(alone))}
    lines.append(Line("sum", "", "各措施单独效果之和", "sum of each alone", apart))
    lines.append(Line("together", "", "全部措施", "all together", together))
    both = {name: together.get(name, 0.0) - apart.get(name, 0.0) for name in (*together, *apart)}
    left = {name: weight for name, weight in both.items() if weight}
    lines.append(Line("interaction", "", "相互作用", "interaction", left))
    return tuple(lines)


def write_ledger(folder: Path, root: Path, lines: tuple[Line, ...]) -> dict[str, Any]:
    """Write the table of a ledger as CSV and Parquet; `root` holds the scenarios."""
    accounts = {name: read_account(root / name) for line in lines for name in line.weights}
    table = ledger_table(lines, accounts)
    write_both(folder, "ledger", table)
    lacking = {name: account.status for name, account in accounts.items() if not account.values}
    stated = {"measures": sum(line.kind == "step" for line in lines), "without_plan": lacking}
    write_json(folder / "result.json", stated)
    return stated


def read_account(folder: Path) -> Account:
    """Return what the solve in a folder came to; without figures where it has no plan."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    value, bound = summary.get("objective"), summary.get("bound")
    if value is None:
        return Account(summary["status"])
    unit, constant = str(summary.get("objective_unit", "")), float(summary.get("objective_constant") or 0.0)
    values = {TOTAL: (value + constant, unit), MINIMISED: (float(value), unit), "constant": (constant, unit)}
    ends = (-np.inf, np.inf) if bound is None else (min(value, bound), max(value, bound))
    proven = {TOTAL: (ends[0] + constant, ends[1] + constant), MINIMISED: ends, "constant": (constant, constant)}
    money = (
        unit if summary["options"].get("objective") == "cost" else "money" if summary["kind"] == "network" else MONEY
    )
    for name, amount in summary["objectives"].items():
        values[f"plan:{name}"] = (float(amount), "tCO2e" if name == "emissions" else money)
    return Account(summary["status"], values | _carbon(folder), proven)


def _carbon(folder: Path) -> dict[str, tuple[float, str]]:
    """Return the carbon account of a plan: components of land, and emissions of supply by technology."""
    found: dict[str, tuple[float, str]] = {}
    for file, column, name in (("ledger.csv", "component", "ledger"), ("network_supply.csv", "technology", "supply")):
        if (folder / file).is_file():
            sums = pd.read_csv(folder / file).groupby(column)["cumulative_tco2e"].sum()
            found |= {f"{name}:{part}": (float(amount), "tCO2e") for part, amount in sums.items()}
    return found


def ledger_table(lines: tuple[Line, ...], accounts: Mapping[str, Account]) -> pd.DataFrame:
    """Return one row a line and figure: its amount, and the least and the greatest that are proven, NaN where none are.

    A component that a plan does not have counts as 0; a line whose scenarios are not all solved has no amount.
    """
    units = {name: unit for one in accounts.values() for name, (_, unit) in one.values.items()}
    rows = []
    for line in lines:
        lacking = [f"{name}: {accounts[name].status}" for name in line.weights if not accounts[name].values]
        about = {"kind": line.kind, "measure": line.measure, "title_zh": line.title_zh, "title_en": line.title_en}
        for figure, unit in units.items():
            amount, least, greatest = (np.nan,) * 3 if lacking else _amounts(line, figure, accounts)
            row = about | {"figure": figure, "unit": unit, "amount": amount, "least": least, "greatest": greatest}
            rows.append(row | {"lacking": "; ".join(lacking)})
    return pd.DataFrame(rows)


def _amounts(line: Line, figure: str, accounts: Mapping[str, Account]) -> tuple[float, float, float]:
    """Return the amount of a line in a figure, and its ends."""
    amount = sum(weight * accounts[name].values.get(figure, (0.0, ""))[0] for name, weight in line.weights.items())
    ends = [(weight, accounts[name].proven.get(figure)) for name, weight in line.weights.items()]
    if any(one is None for _, one in ends):
        return amount, np.nan, np.nan
    either = [sorted((weight * one[0], weight * one[1])) for weight, one in ends if one is not None]
    return amount, sum(low for low, _ in either), sum(high for _, high in either)
