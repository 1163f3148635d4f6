"""The optimum of a reference `Study` by `scipy.optimize.milp`, and by trying every combination of whole zones.

Both return the least objective, None where no plan meets every rule.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

INF = math.inf


def by_milp(study):
    rows, upper = study.rows(), {m: study.most(m) for m in study.moves}
    lots = {}
    for m in study.moves:
        if study.whole(m[1]):
            rows.append(({m: 1.0, ("w", m): -study.area[m[1:3]]}, 0.0, 0.0))
        if study.lot(m[1]):
            lots.setdefault(("b", m[1], m[3], m[4]), []).append(m)
    for lot, made_up in lots.items():
        together = {m: 1.0 for m in made_up}
        rows.append((together | {lot: -study.lot(lot[1])}, 0.0, INF))
        rows.append((together | {lot: -sum(upper[m] for m in made_up)}, -INF, 0.0))
    cost = study.objective()
    names = {name: k for k, name in enumerate(dict.fromkeys([*cost, *(n for terms, _, _ in rows for n in terms)]))}
    if not names:
        return 0.0 if all(low <= 0 <= high for _, low, high in rows) else None
    kinds = [name[0] in ("r", "w", "b") for name in names]
    limits = [1.0 if name[0] in ("r", "w", "b") else upper.get(name, INF) for name in names]
    matrix = sp.lil_array((len(rows), len(names)))
    for k, (terms, _, _) in enumerate(rows):
        for name, value in terms.items():
            matrix[k, names[name]] = value
    found = milp(
        [cost.get(name, 0.0) for name in names],
        integrality=kinds,
        bounds=Bounds(0, limits),
        constraints=LinearConstraint(matrix.tocsr(), [row[1] for row in rows], [row[2] for row in rows]),
        options={"mip_rel_gap": 0.0},
    )
    if found.status not in (0, 2):
        raise RuntimeError(found.message)
    return found.fun if found.status == 0 else None


def options(study):
    """What each zone and each project may do: nothing, or one move in one period; all zones whole, no linked quota."""
    choices = []
    for key, area in study.area.items():
        free = [m for m in study.moves if m[1:3] == key and study.most(m) >= area >= study.lot(key[0])]
        choices.append([(None, 0.0), *((m, area) for m in free)])
    return choices + [[(None, 0.0), *((("r", name, t), 1.0) for t in study.periods)] for name in study.projects]


def by_force(study):
    rows, cost = study.rows(), study.objective()
    low, high = (np.array([row[k] for row in rows]) for k in (1, 2))
    activity, spent = np.zeros((1, len(rows))), np.zeros(1)
    for choice in options(study):
        steps = np.array([[terms.get(name, 0.0) * area for terms, _, _ in rows] for name, area in choice])
        prices = np.array([cost.get(name, 0.0) * area for name, area in choice])
        activity = (activity[:, None, :] + steps[None]).reshape(-1, len(rows))
        spent = (spent[:, None] + prices[None]).ravel()
    slack = 1e-7 * np.maximum(np.abs(np.where(np.isfinite(low), low, high)), 1.0)
    fits = ((activity >= low - slack) & (activity <= high + slack)).all(axis=1)
    return float(spent[fits].min()) if fits.any() else None
