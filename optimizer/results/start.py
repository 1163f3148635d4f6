"""Values of all columns beside a plan, under keys that another Program can find them by, to begin a solve from.

`start.parquet` holds `key` and `value` of every column that is not 0. The key of a move is a hash of zone, classes,
period and overlay; that of another column one of its family and labels. Columns that the other Program does not have
are passed over, those that it has besides begin at 0, or at their lower limit.

`start_rows.parquet` holds the same of the multipliers of the quota rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.results.solution import Solution, SolveOptions
    from optimizer.study import StudyOptions

VALUES, ROWS = "start.parquet", "start_rows.parquet"

MIX = np.uint64(0x9E3779B97F4A7C15)
"""Odd number of Fibonacci hashing: spreads what is added to a hash over all its bits."""


def beginning(program: Program, options: StudyOptions) -> SolveOptions:
    """Return the options of a solve, with values and multipliers of the plan that it is to begin from, if any."""
    if options.start is None:
        return options.solve
    start, multipliers = read_values(program, options.start), read_multipliers(program, options.start)
    return replace(options.solve, start=start, multipliers=multipliers)


def keep_start(program: Program, solution: Solution, options: StudyOptions, folder: Path) -> None:
    """Keep a plan for later solves to begin from, where that is asked for."""
    if options.keep_start:
        write_start(program, solution.require_shares(), solution.duals, folder)


def write_start(program: Program, shares: NDArray[np.float64], duals: NDArray[np.float64] | None, folder: Path) -> None:
    """Write the values of a plan, (columns,), and its multipliers, (rows,), where there are any."""
    _write(folder / VALUES, column_keys(program), shares)
    if duals is not None:
        _write(folder / ROWS, row_keys(program), duals[program.moves.n_groups :])


def read_values(program: Program, folder: Path) -> NDArray[np.float64] | None:
    """Return values for the columns of a Program, (columns,), from those of another plan; None where none are kept.

    Whether they keep the rows is not looked at.
    """
    found = _read(folder / VALUES, column_keys(program))
    if found is None:
        return None
    values, known = found
    count, moves = len(program.moves), program.moves
    stays = moves.start[:-1]
    total = np.add.reduceat(np.where(known[:count], values[:count], 0.0), stays)
    values[stays] += np.maximum(1.0 - total, 0.0)  # land that the other plan gave to moves that are not there stays
    lower = np.concatenate([np.zeros(count), *(family.lower for family in program.columns)])
    upper = np.concatenate([moves.upper, *(family.upper for family in program.columns)])
    return np.clip(values, lower, upper)


def read_multipliers(program: Program, folder: Path) -> NDArray[np.float64] | None:
    """Return multipliers for the rows of a Program, (rows,), from those of another solve; None where none are kept."""
    found = _read(folder / ROWS, row_keys(program))
    return None if found is None else np.concatenate([np.zeros(program.moves.n_groups), found[0]])


def column_keys(program: Program) -> NDArray[np.uint64]:
    """Return a key for each column, (columns,)."""
    moves, names = program.moves, program.names
    zone, kind = _hash(names.zones), _hash(names.classes)
    year = _hash(pd.Series([0, *(names.periods or ("once",))]).astype(str))  # a study of sites has no years
    overlay = _hash(pd.Series(list(names.overlays), dtype=object))
    key = zone[moves.zone]
    for part in (kind[moves.source], kind[moves.target], year[moves.period], overlay[moves.overlay]):
        key = _joined(key, part)
    return np.concatenate([key, *(_of_labels(family.family, family.labels) for family in program.columns)])


def row_keys(program: Program) -> NDArray[np.uint64]:
    """Return a key for each row of the quotas, (quota rows,)."""
    parts = [_of_labels(quota.rule, quota.labels) for quota in program.quotas]
    return np.concatenate([np.zeros(0, dtype=np.uint64), *parts])


def _of_labels(family: str, labels: pd.DataFrame) -> NDArray[np.uint64]:
    key = np.full(len(labels), _hash(pd.Series([family]))[0])
    for name in labels:
        key = _joined(key, _hash(labels[name]))
    return key


def _hash(column: pd.Series) -> NDArray[np.uint64]:
    codes, words = pd.factorize(column.astype(str))
    return pd.util.hash_array(np.asarray(words, dtype=object), categorize=False)[codes].astype(np.uint64)


def _joined(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = (one ^ (one >> np.uint64(29))) * MIX + other
    return np.asarray(mixed, dtype=np.uint64)


def _write(path: Path, keys: NDArray[np.uint64], values: NDArray[np.float64]) -> None:
    used = np.flatnonzero(values)
    pd.DataFrame({"key": keys[used], "value": values[used]}).to_parquet(path, index=False)


def _read(path: Path, keys: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """Return the value under each key, 0 where there is none, and which keys there are."""
    if not path.is_file():
        return None
    table = pd.read_parquet(path).drop_duplicates("key").sort_values("key")
    there = table["key"].to_numpy(dtype=np.uint64)
    if not len(there):
        return np.zeros(len(keys)), np.zeros(len(keys), dtype=bool)
    place = np.minimum(np.searchsorted(there, keys), len(there) - 1)
    known = there[place] == keys
    return np.where(known, table["value"].to_numpy()[place], 0.0), known
