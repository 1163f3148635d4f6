r"""The Program as a named Pyomo model, for reading, checking and solving elsewhere.

.. math::

    \min\ \sum c\,x + \sum d\,v \quad\text{s.t.}\quad \sum_{j,t} x_{z,i,j,t} = A_{z,i},\qquad l \le a^T x + b^T v \le h

`x[zone, from, to, period]` are hectares (period: the end year, 0 for what stays); other families are
variables of their own name, `rules.<rule>[...]` the rows. A parcel that changes as a whole has a binary
`whole`. Every row and column is an object: made for models that one can read, not for a million columns.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from formulations.program import Columns, Matrix, Program

LABELS = ("id", "region", "group", "grade", "project", "needs", "zone", "to", "period", "snapshot", "part")
"""Fields of a row's label that make up its index, in this order."""

Key = tuple[Any, ...]


def to_pyomo(program: Program) -> pyo.ConcreteModel:
    """Return the Program as a ConcreteModel with the same optimum; the constant stays out of the objective."""
    model = pyo.ConcreteModel(name="Sanqu")
    matrix = program.matrix()
    columns = _moves(model, program)
    for family in program.columns:
        columns += _family(model, family)
    scale = np.concatenate([program.moves.area_ha, np.ones(len(columns) - len(program.moves))])
    _balance(model, program, columns)
    _rules(model, program, matrix, columns, scale)
    cost = matrix.cost / scale
    terms = [(float(cost[k]), columns[k]) for k in np.flatnonzero(cost)]
    model.objective = pyo.Objective(expr=_linear(terms), sense=pyo.minimize)
    return model


def move_keys(program: Program, moves: NDArray[np.int64]) -> list[tuple[str, str, str, int]]:
    """Return zone, from, to and end year of some moves; `@` and its name follow the class that an overlay lies on.

    The year is 0 for what stays or has no period.
    """
    table, names = program.moves, program.names
    zones, classes = names.zones.to_numpy(), names.classes.astype(str).to_numpy()
    years = np.array([0, *(names.periods or (0,))])
    under = np.array([f"@{name}" if name else "" for name in names.overlays], dtype=object)[table.overlay[moves]]
    parts = (classes[table.source[moves]], classes[table.target[moves]] + under, years[table.period[moves]])
    return list(zip(map(str, zones[table.zone[moves]].tolist()), *(part.tolist() for part in parts), strict=True))


def _moves(model: pyo.ConcreteModel, program: Program) -> list[Any]:
    """Make `x` in hectares, and the binaries of whole parcels."""
    moves = program.moves
    keys = move_keys(program, np.arange(len(moves)))
    most = dict(zip(keys, (moves.upper * moves.area_ha).tolist(), strict=True))
    model.x = pyo.Var(keys, bounds=lambda _, *key: (0.0, most[key]))
    whole = [keys[k] for k in np.flatnonzero(moves.whole)]
    area = dict(zip(keys, moves.area_ha.tolist(), strict=True))
    limit = dict(zip(keys, np.floor(moves.upper + 1e-9).tolist(), strict=True))
    model.whole = pyo.Var(whole, domain=pyo.Binary, bounds=lambda _, *key: (0, limit[key]))
    model.whole_parcel = pyo.Constraint(whole, rule=lambda m, *key: m.x[key] == area[key] * m.whole[key])
    return [model.x[key] for key in keys]


def _family(model: pyo.ConcreteModel, family: Columns) -> list[Any]:
    """Make the variables of another family, indexed by their labels."""
    keys = [tuple(label) for label in family.labels.itertuples(index=False, name=None)]
    domain = pyo.Integers if family.integer else pyo.Reals
    lower = dict(zip(keys, map(_finite, family.lower.tolist()), strict=True))
    upper = dict(zip(keys, map(_finite, family.upper.tolist()), strict=True))
    variable = pyo.Var(keys, domain=domain, bounds=lambda _, *key: (lower[key], upper[key]))
    model.add_component(family.family, variable)
    return [variable[key] for key in keys]


def _balance(model: pyo.ConcreteModel, program: Program, columns: list[Any]) -> None:
    """Every hectare of a piece of land stays or changes once."""
    moves = program.moves
    first = {key[:2]: group for group, key in enumerate(move_keys(program, moves.start[:-1]))}

    def balance(_: object, zone: str, source: str) -> object:
        group = first[zone, source]
        land = columns[moves.start[group] : moves.start[group + 1]]
        return _linear((1.0, column) for column in land) == float(moves.group_area_ha[group])

    model.balance = pyo.Constraint(list(first), rule=balance)


def _rules(
    model: pyo.ConcreteModel, program: Program, matrix: Matrix, columns: list[Any], scale: NDArray[np.float64]
) -> None:
    """Make the rows of every rule, indexed by what is not empty of their labels."""
    model.rules = pyo.Block()
    seen: Counter[tuple[str, Key]] = Counter()
    for quota, start in zip(program.quotas, program.row_starts[:-1].tolist(), strict=True):
        if model.rules.component(quota.rule) is None:
            model.rules.add_component(quota.rule, pyo.Constraint(pyo.Any))
        rows = model.rules.component(quota.rule)
        for place, label in enumerate(quota.labels.to_dict("records")):
            key = _index(label)
            seen[quota.rule, key] += 1
            if seen[quota.rule, key] > 1:
                key = (*key, seen[quota.rule, key])
            rows[key] = _row(matrix, start + place, columns, scale)


def _index(label: Mapping[Any, object]) -> Key:
    told = [label[name] for name in LABELS if name in label]
    return tuple(value for value in told if value == value and value not in ("", None)) or ("all",)


def _row(matrix: Matrix, row: int, columns: list[Any], scale: NDArray[np.float64]) -> object:
    first, last = matrix.rows.indptr[row : row + 2]
    held = matrix.rows.indices[first:last]
    values = matrix.rows.data[first:last] / scale[held]
    body = _linear((value, columns[k]) for value, k in zip(values.tolist(), held.tolist(), strict=True) if value)
    lower, upper = _finite(float(matrix.row_lower[row])), _finite(float(matrix.row_upper[row]))
    if isinstance(body, float):
        kept = (lower is None or lower <= 0.0) and (upper is None or upper >= 0.0)
        return pyo.Constraint.Feasible if kept else pyo.Constraint.Infeasible
    return pyo.inequality(lower, body, upper) if lower != upper else body == lower


def _linear(terms: Iterable[tuple[float, Any]]) -> Any:
    """Return a sum of coefficient times variable; 0.0 where there are none."""
    parts = list(terms)
    if not parts:
        return 0.0
    return pyo.quicksum(value * column for value, column in parts)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
