"""Why no plan of a network exists: where power is short or too much, and which limits cannot be kept.

Balances and limits that stand for a row of the tables may give way; the least that they give in all, each relative to
its own size, tells what lacks. 不可行原因。
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.energy.balance import RULE as BALANCE
from formulations.energy.shares import RULES
from formulations.energy.template import ENERGY
from optimizer.methods import highs
from optimizer.results.terms import term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.results.solution import SolveOptions
    from optimizer.results.terms import Lang

MOST_SECONDS = 60.0
"""An explanation takes no longer than this, whatever the time limit of the solve."""

MOST_LINES = 10
"""Shortfalls that are told; the largest."""

NEGLIGIBLE = 1e-6


@dataclass(frozen=True)
class Lack:
    """What a balance or a limit lacks in the plan that comes nearest; at a balance, above 0: power is short."""

    rule: str
    id: str
    period: int
    snapshot: str
    amount: float
    unit: str

    def line(self, lang: Lang) -> str:
        """Return one sentence."""
        when = " ".join(part for part in (str(self.period or ""), self.snapshot) if part)
        if self.rule == BALANCE:
            zh, en = ("缺电", "is short of") if self.amount > 0 else ("余电无法消纳", "cannot take")
            words = {
                "zh": f"节点 {self.id} {when} {zh} {abs(self.amount):,.6g} {self.unit}",
                "en": f"bus {self.id} {when} {en} {abs(self.amount):,.6g} {self.unit}",
            }
            return words[lang]
        name, amount = term("rule", self.rule, lang), f"{abs(self.amount):,.6g} {self.unit}"
        return f"{name} {self.id} {when} 差 {amount}" if lang == "zh" else f"{name} {self.id} {when} misses by {amount}"


@dataclass(frozen=True)
class NetworkExplanation:
    """What lacks, the largest first; `proven` where no plan exists, `certain` where the least was found."""

    clashes: tuple[Lack, ...]
    more: int = 0
    proven: bool = True
    certain: bool = True

    def lines(self, lang: Lang) -> list[str]:
        """Return the explanation in sentences."""
        found = [lack.line(lang) for lack in self.clashes]
        if self.more:
            found.append(f"另有 {self.more} 处" if lang == "zh" else f"and {self.more} more")
        return found

    def to_dict(self) -> dict[str, object]:
        """Return the explanation for summary.json."""
        return {"lacking": [asdict(lack) for lack in self.clashes], "more": self.more, "certain": self.certain}


def explain_network(program: Program, options: SolveOptions) -> NetworkExplanation:
    """Say what lacks most where the rules of a network clash; nothing where a plan exists or none was found in time."""
    matrix, yielding = program.matrix(), _yielding(program)
    elastic = _elastic(matrix, yielding)
    solver = highs.load(elastic)
    highs.configure(solver, options, min(options.time_limit_s, MOST_SECONDS))
    answer = highs.run(solver)
    if answer.values is None:
        return NetworkExplanation((), proven=highs.is_infeasible(answer), certain=False)
    count = len(yielding)
    given = answer.values[program.n_columns :]
    amount = given[:count] - given[count:]
    lacks = []
    for place in np.argsort(-np.abs(amount), kind="stable"):
        if abs(amount[place]) <= NEGLIGIBLE:
            break
        rule, label, unit = program.row_label(int(yielding[place]))
        lacks.append(
            Lack(
                rule.removeprefix(ENERGY),
                str(label["id"]),
                int(str(label["period"])),
                str(label["snapshot"]),
                float(amount[place]),
                unit,
            )
        )
    return NetworkExplanation(tuple(lacks[:MOST_LINES]), max(len(lacks) - MOST_LINES, 0), proven=bool(lacks))


def _yielding(program: Program) -> NDArray[np.int64]:
    """Return the rows that may give way."""
    wanted = {ENERGY + rule for rule in (BALANCE, *RULES)}
    rows = [
        np.arange(start, start + len(quota))
        for quota, start in zip(program.quotas, program.row_starts[:-1].tolist(), strict=True)
        if quota.rule in wanted
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *rows])


def _elastic(matrix: Matrix, yielding: NDArray[np.int64]) -> Matrix:
    """Return the problem of least shortfall: rows that may give way have a column each way, relative to their size."""
    count, columns = len(yielding), matrix.rows.shape[1]
    one = sp.csr_array((np.ones(count), (yielding, np.arange(count))), shape=(matrix.rows.shape[0], count))
    bound = np.where(np.isfinite(matrix.row_lower), matrix.row_lower, matrix.row_upper)[yielding]
    price = 1.0 / np.maximum(np.abs(bound), 1.0)
    return replace(
        matrix,
        rows=sp.csr_array(sp.hstack([matrix.rows, one, -one], format="csr")),
        lower=np.concatenate([matrix.lower, np.zeros(2 * count)]),
        upper=np.concatenate([matrix.upper, np.full(2 * count, np.inf)]),
        cost=np.concatenate([np.zeros(columns), price, price]),
        integer=np.concatenate([matrix.integer, np.zeros(2 * count, dtype=bool)]),
    )
