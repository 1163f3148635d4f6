"""Which rules a quota that lacks clashes with: an infeasible set of rules that has no rule to spare.

The multipliers of the relaxation name a first set. Only its rows are kept, so that almost all land merges;
HiGHS's IIS thins the rows of that small LP, a deletion filter over rules does the rest. Where only whole
numbers stand in the way the filter works on the mixed-integer model, and kinds of whole decisions are left out
in turn to see which of them matter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.land import WHOLE_PARCEL
from optimizer.methods import highs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.infeasibility.explanation import Method
    from optimizer.infeasibility.relaxation import Elastic, Relaxed
    from optimizer.infeasibility.rows import QuotaRows, Unit

IIS_NONZEROS = 200_000
"""Greatest LP that is given to HiGHS's IIS."""

IIS_PART = 0.15
"""Part of the time left that one IIS may take."""

ALMOST = 0.9
"""Part of a shortfall that is granted: the rules in conflict make up the rest, so that small parts do not count."""

SPLIT = 1e-6
"""Distance from a whole number from which a decision counts as split."""


@dataclass(frozen=True)
class Conflict:
    """Quota rows that cannot all hold with the ties kept, and the whole decisions or ties that matter.

    Attributes
    ----------
    rows
        Relaxable rows, the one that lacks among them.
    decisions
        Rules that bind single decisions, with the names of those decisions.
    """

    rows: NDArray[np.int64]
    decisions: dict[str, tuple[str, ...]]
    irreducible: bool
    method: Method


def linear_conflict(elastic: Elastic, found: Relaxed, row: int) -> Conflict:
    """Return what `row` clashes with where the LP relaxation is infeasible."""
    pushed = _push(elastic, found, row)
    rows = _but_for_the_last(elastic.rows, found, row)
    chosen = np.arange(len(rows)) if pushed is None or pushed.duals is None else np.flatnonzero(pushed.duals)
    if pushed is not None and pushed.duals is not None:
        part = np.abs(pushed.duals[chosen]) * rows.scale[chosen]
        chosen = _without_the_least(chosen[np.argsort(part)], row, rows, elastic)
    chosen, method = _iis(rows, np.union1d(chosen, [row]), elastic)
    units = _by_unit(rows, chosen)
    kept, irreducible = sifted(
        units, (rows.unit_of(row),), _test(rows, units, elastic, integers=False), elastic.deadline
    )
    left = np.sort(np.concatenate([units[unit] for unit in kept]))
    decisions: dict[str, tuple[str, ...]] = {}
    for rule, name in kept:
        if not name.startswith("#"):
            decisions[rule] = (*decisions.get(rule, ()), name)
    return Conflict(left[rows.relaxable[left]], decisions, irreducible, method)


def whole_conflict(elastic: Elastic, found: Relaxed, row: int) -> Conflict:
    """Return what `row` clashes with where only whole numbers stand in the way."""
    rows = _but_for_the_last(elastic.rows, found, row)
    ties = np.flatnonzero(~rows.relaxable)
    candidates = np.flatnonzero(rows.relaxable)
    near = np.array([one for one in candidates.tolist() if rows.label(one)["region"] == rows.label(row)["region"]])
    if _infeasible(rows, [near, ties], elastic, integers=True):
        candidates = near
    units = {rows.unit_of(int(one)): np.array([one]) for one in candidates}
    units["", "ties"] = ties
    always = (rows.unit_of(row), ("", "ties"))
    kept, irreducible = sifted(units, always, _test(rows, units, elastic, integers=True), elastic.deadline)
    left = np.sort(np.concatenate([units[unit] for unit in kept]))
    decisions = _whole_decisions(rows, left, elastic)
    return Conflict(left[rows.relaxable[left]], decisions, irreducible, "deletion")


def _push(elastic: Elastic, found: Relaxed, row: int) -> Relaxed | None:
    """Relax the row as little as possible where the others give way as far as they do."""
    priced = np.zeros(len(elastic.rows), dtype=bool)
    priced[row] = True
    return elastic.least(np.where(priced, np.inf, found.shortfall), priced)


def _but_for_the_last(rows: QuotaRows, found: Relaxed, row: int) -> QuotaRows:
    """Return the rows relaxed as found, the lacking one by a little less: the conflict then makes up all of it."""
    shortfall = found.shortfall.copy()
    shortfall[row] *= ALMOST
    return rows.loosened(shortfall)


def _without_the_least(chosen: NDArray[np.int64], row: int, rows: QuotaRows, elastic: Elastic) -> NDArray[np.int64]:
    """Leave out as many of the first rows as can be spared; `chosen` is ordered by what they take part with."""
    others = chosen[chosen != row]
    spared, most = 0, len(others)
    while spared < most:
        middle = (spared + most + 1) // 2
        if _infeasible(rows, [others[middle:], np.array([row])], elastic, integers=False):
            spared = middle
        else:
            most = middle - 1
    return others[spared:]


def _iis(rows: QuotaRows, chosen: NDArray[np.int64], elastic: Elastic) -> tuple[NDArray[np.int64], Method]:
    """Thin an infeasible set of rows by HiGHS's IIS; unchanged where that is too large or fails."""
    small = rows.keep(chosen)
    matrix = small.matrix()
    if matrix.rows.nnz > IIS_NONZEROS:
        return chosen, "deletion"
    left = IIS_PART * (elastic.deadline - time.perf_counter())
    found = highs.iis(matrix, left)
    if found is None:
        return chosen, "deletion"
    quota = found[found >= small.moves.n_groups] - small.moves.n_groups
    return np.sort(chosen)[np.sort(quota)], "iis"


def _by_unit(rows: QuotaRows, chosen: NDArray[np.int64]) -> dict[Unit, NDArray[np.int64]]:
    """Gather rows by what they are named by."""
    units: dict[Unit, list[int]] = {}
    for row in chosen:
        units.setdefault(rows.unit_of(int(row)), []).append(int(row))
    return {unit: np.array(members) for unit, members in units.items()}


def _test(
    rows: QuotaRows, units: Mapping[Unit, NDArray[np.int64]], elastic: Elastic, integers: bool
) -> Callable[[Sequence[Unit]], bool | None]:
    """Return the test whether some units cannot all hold."""
    return lambda chosen: _infeasible(rows, [units[unit] for unit in chosen], elastic, integers)


def sifted(
    units: Iterable[Unit],
    held: Sequence[Unit],
    infeasible: Callable[[Sequence[Unit]], bool | None],
    deadline: float,
) -> tuple[list[Unit], bool]:
    """Leave out units, in halves and then one by one, for as long as what remains is infeasible; `held` stay.

    Returns what remains, and whether nothing more can be spared for certain; `infeasible` is None where time ran out.
    """
    listed = list(units)
    always = [unit for unit in listed if unit in held]
    kept = [unit for unit in listed if unit not in held]
    size = len(kept)
    certain = True
    while size >= 1:
        position = 0
        while position < len(kept):
            if time.perf_counter() > deadline:
                return always + kept, False
            trial = kept[:position] + kept[position + size :]
            verdict = infeasible(always + trial)
            certain &= verdict is not None
            if verdict:
                kept = trial
            else:
                position += size
        size = min(size // 2, max(len(kept), 1)) if size > 1 else 0
    return always + kept, certain


def _infeasible(rows: QuotaRows, parts: list[NDArray[np.int64]], elastic: Elastic, integers: bool) -> bool | None:
    """Whether these rows cannot all hold; None where time ran out."""
    return _verdict(rows.keep(np.concatenate(parts)).matrix(), elastic, integers)[0]


def _verdict(matrix: Matrix, elastic: Elastic, integers: bool) -> tuple[bool | None, NDArray[np.float64] | None]:
    solver = highs.load(matrix, integers)
    left = elastic.deadline - time.perf_counter()
    highs.configure(solver, elastic.options, left / 4 if integers else left)
    answer = highs.run(solver)
    if highs.is_infeasible(answer):
        return True, None
    return (None if answer.values is None else False), answer.values


def _whole_decisions(rows: QuotaRows, chosen: NDArray[np.int64], elastic: Elastic) -> dict[str, tuple[str, ...]]:
    """Return the kinds of whole decisions that matter, with those that the LP relaxation would split."""
    small = rows.keep(chosen)
    matrix = small.matrix()
    kinds = _whole_kinds(small, matrix)
    mattering = [kind for kind, columns in kinds.items() if _matters(matrix, columns, elastic)] or list(kinds)
    _, values = _verdict(matrix, elastic, integers=False)
    if values is None:
        return dict.fromkeys(mattering, ())
    distance = np.abs(values - np.round(values))
    return {kind: _names(small, kind, kinds[kind][distance[kinds[kind]] > SPLIT]) for kind in mattering}


def _whole_kinds(program: Program, matrix: Matrix) -> dict[str, NDArray[np.int64]]:
    """Return the whole-number columns by the rule that makes them so."""
    kinds = {WHOLE_PARCEL: np.arange(len(program.moves))}
    for family in program.columns:
        start = program.offsets[family.family]
        kinds[family.family] = np.arange(start, start + len(family))
    whole = {kind: columns[matrix.integer[columns]] for kind, columns in kinds.items()}
    return {kind: columns for kind, columns in whole.items() if len(columns)}


def _matters(matrix: Matrix, columns: NDArray[np.int64], elastic: Elastic) -> bool:
    """Whether there is a plan once these columns may be split."""
    integer = matrix.integer.copy()
    integer[columns] = False
    return _verdict(replace(matrix, integer=integer), elastic, integers=True)[0] is False


def _names(program: Program, kind: str, columns: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the zones, projects or planning units of some columns."""
    if kind == WHOLE_PARCEL:
        return tuple(str(zone) for zone in np.unique(program.moves.zone[columns]))
    family = next(family for family in program.columns if family.family == kind)
    labels = family.labels.iloc[columns - program.offsets[kind]]
    name = next(name for name in ("project", "zone", "region", "unit", "name") if name in labels)
    return tuple(dict.fromkeys(labels[name].astype(str)))
