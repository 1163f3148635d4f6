"""Clashes that only the lie of new land makes (连片布局与最小地块): quotas that could be met if it lay anywhere.

The least relaxation is solved by the method of separating rows, with a slack column on each quota row. Which quotas
and which rules on patches a row that lacks clashes with is sifted in the same way. Cells that no lawful set holds
(out of reach, or on an island too small) tell how much land such a rule withholds by itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import Columns, Objective
from optimizer.infeasibility.conflict import ALMOST, sifted
from optimizer.infeasibility.explanation import Clash, Explanation, RuleRef, Withheld
from optimizer.infeasibility.references import reference
from optimizer.infeasibility.relaxation import NEGLIGIBLE, Relaxed, fewest, freely
from optimizer.infeasibility.rows import QuotaRows
from optimizer.methods import contiguity, direct
from optimizer.methods.contiguity.cells import cells_of
from optimizer.progress import Silent
from optimizer.results.solution import Termination

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.patches import Patches
    from formulations.program import Program
    from optimizer.infeasibility.rows import Unit
    from optimizer.results.solution import SolveOptions

FAMILY = "shortfall"
"""Columns by which quota rows give way."""

GAP = 1e-6
"""Part of a quota to which shortfalls are exact."""

PATCHES = "patches"
"""Units of a conflict that are rules on patches begin so; their number follows."""

FIRST_PART = 0.4
"""Part of the time for the least relaxation."""


def layout_clashes(program: Program, block: LandBlock, options: SolveOptions, deadline: float) -> Explanation:
    """Say which quotas clash with the rules on how new land lies, of a Program that has a plan without these."""
    now = time.perf_counter()
    case = Layout(QuotaRows.of(program), options, now + FIRST_PART * (deadline - now))
    found = case.least(freely(case.rows.relaxable))
    if found is None:
        return Explanation(proven=False, certain=False)
    found = fewest(found, case.rows.scale, case.least, case.deadline)
    case = replace(case, deadline=deadline)
    clashes: dict[str, Clash] = {}
    for row in np.flatnonzero(found.shortfall)[np.argsort(-found.shortfall[found.shortfall > 0], kind="stable")]:
        name = str(case.rows.label(int(row))["id"])
        if name not in clashes:
            clashes[name] = _clash(case, found, block, int(row))
    return Explanation(tuple(clashes.values()), proven=found.proven, certain=found.certain)


@dataclass(frozen=True)
class Layout:
    """Quota rows and rules on patches of a Program, solved until a moment."""

    rows: QuotaRows
    options: SolveOptions
    deadline: float

    def least(self, limit: NDArray[np.float64], priced: NDArray[np.bool_] | None = None) -> Relaxed | None:
        """Return the least shortfall where no row gives way by more than its limit; None where none was found.

        Only `priced` rows, by default all, count in what is least.
        """
        rows, row_of, sign = self.rows, *_sides(self.rows)
        cost = np.ones(len(row_of)) if priced is None else priced[row_of].astype(float)
        program = _with_slack(rows, row_of, sign, limit, cost)
        left = max(self.deadline - time.perf_counter(), 0.0)
        asked = replace(self.options, gap=GAP, time_limit_s=left, multipliers=None)
        solution = contiguity.solve(program, asked, Silent(), direct.solve)
        if solution.shares is None:
            return None
        slack = solution.shares[-len(row_of) :].copy()
        slack[slack <= max(NEGLIGIBLE, GAP)] = 0.0
        proven = solution.termination is Termination.GAP_PROVEN
        return Relaxed(
            shortfall=np.bincount(row_of, weights=slack, minlength=len(rows)) * rows.scale,
            values=solution.shares[: rows.program.n_columns],
            duals=None,
            proven=proven,
            certain=(proven and bool(slack.any())) or (solution.bound or 0.0) > GAP,
        )

    def infeasible(self, kept: NDArray[np.int64], patches: Sequence[Patches]) -> bool | None:
        """Whether some rows and rules on patches cannot all hold; None where time ran out."""
        program = replace(self.rows.program, patches=tuple(patches))
        small = QuotaRows(program, self.rows.matrix).keep(kept)
        asked = replace(self.options, time_limit_s=max(self.deadline - time.perf_counter(), 0.0), multipliers=None)
        if patches:
            solution = contiguity.solve(small, asked, Silent(), direct.solve)
        else:
            solution = direct.solve(small, asked, Silent())
        if solution.shares is not None:
            return False
        return True if solution.termination is Termination.INFEASIBLE else None


def _sides(rows: QuotaRows) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the row of each slack and its sign, one for each limit of a row that may give way."""
    low = np.flatnonzero(rows.relaxable & np.isfinite(rows.lower))
    high = np.flatnonzero(rows.relaxable & np.isfinite(rows.upper))
    return np.concatenate([low, high]), np.concatenate([np.ones(len(low)), -np.ones(len(high))])


def _with_slack(
    rows: QuotaRows,
    row_of: NDArray[np.int64],
    sign: NDArray[np.float64],
    limit: NDArray[np.float64],
    cost: NDArray[np.float64],
) -> Program:
    """Return the Program whose rows give way by columns that are all it counts."""
    program, count = rows.program, len(row_of)
    entries = sp.csr_array((sign * rows.scale[row_of], (row_of, np.arange(count))), shape=(len(rows), count))
    quotas = tuple(
        replace(quota, terms={**quota.terms, FAMILY: sp.csr_array(entries[first : first + len(quota)])})
        for quota, first in zip(program.quotas, rows.starts, strict=False)
    )
    columns = Columns(
        family=FAMILY,
        labels=pd.DataFrame({"row": row_of}),
        lower=np.zeros(count),
        upper=(limit / rows.scale)[row_of],
        integer=False,
        unit="1",
        cost={FAMILY: cost},
    )
    least = Objective(FAMILY, np.zeros(len(program.moves)), "1")
    return replace(
        program,
        columns=(*program.columns, columns),
        quotas=quotas,
        objectives={FAMILY: least},
        minimise={FAMILY: 1.0},
    )


def _clash(case: Layout, found: Relaxed, block: LandBlock, row: int) -> Clash:
    """Explain one row that gives way."""
    shortfall = found.shortfall.copy()
    shortfall[row] *= ALMOST
    units, loosened = _units(case.rows), case.rows.loosened(shortfall)
    ties = np.flatnonzero(~case.rows.relaxable)
    every = case.rows.program.patches
    trial = replace(case, rows=loosened)

    def infeasible(chosen: Sequence[Unit]) -> bool | None:
        rows = [np.array([units[unit]]) for unit in chosen if unit[0] != PATCHES]
        return trial.infeasible(
            np.concatenate([ties, *rows]), [every[units[unit]] for unit in chosen if unit[0] == PATCHES]
        )

    kept, irreducible = sifted(units, (case.rows.unit_of(row),), infeasible, case.deadline)
    numbers = [units[unit] for unit in kept if unit[0] == PATCHES]
    own = reference(case.rows, block, row)
    others = [units[unit] for unit in kept if unit[0] != PATCHES and units[unit] != row]
    quotas = {str(case.rows.label(k)["id"]): reference(case.rows, block, k) for k in others}
    return Clash.of(
        str(case.rows.label(row)["id"]),
        own,
        float(found.shortfall[row]),
        conflicting=(*quotas.values(), *(_stated(every[k]) for k in numbers)),
        withheld=_withheld(case, found, row, numbers),
        irreducible=irreducible,
        method="deletion",
    )


def _units(rows: QuotaRows) -> dict[Unit, int]:
    """Return what may be left out of a conflict: rows by their number, rules on patches by theirs."""
    units = {rows.unit_of(int(row)): int(row) for row in np.flatnonzero(rows.relaxable)}
    return units | {(PATCHES, f"#{k}"): k for k in range(len(rows.program.patches))}


def _stated(patches: Patches) -> RuleRef:
    """Return a rule on patches in planning terms."""
    label, least = patches.label, patches.least_ha
    named = RuleRef(patches.rule, str(label["region"]), group=str(label["group"]))
    return replace(named, unit="ha", sense=">=", bound=least) if least else named


def _withheld(case: Layout, found: Relaxed, row: int, numbers: Sequence[int]) -> tuple[Withheld, ...]:
    """Return the rules on patches that shut land out by themselves, those that shut out most first."""
    program = case.rows.program
    limit, own = found.shortfall.copy(), np.zeros(len(case.rows), dtype=bool)
    limit[row], own[row] = np.inf, True
    told = []
    for number in numbers:
        cells = cells_of(program.patches[number], program.n_columns)
        area = float(cells.area_ha[cells.dead].sum())
        if not area:
            continue
        rest = tuple(one for k, one in enumerate(program.patches) if k != number)
        told.append(Withheld(cells.patches.rule, area, relief=_relief(case, rest, limit, own, found.shortfall[row])))
    return tuple(sorted(told, key=lambda one: -one.area_ha))


def _relief(
    case: Layout, rest: tuple[Patches, ...], limit: NDArray[np.float64], own: NDArray[np.bool_], shortfall: float
) -> float | None:
    """Return how far a shortfall falls where only the `rest` of the rules on patches hold."""
    if not rest:
        return float(shortfall)
    freed = replace(case, rows=QuotaRows(replace(case.rows.program, patches=rest), case.rows.matrix))
    least = freed.least(limit, own) if time.perf_counter() < case.deadline else None
    return None if least is None else max(float(shortfall - least.shortfall[own].sum()), 0.0)
