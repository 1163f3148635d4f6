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
    entries = [(k, names[name], value) for k, row in enumerate(rows) for name, value in row[0].items() if value]
    place, column, value = zip(*entries, strict=True) if entries else ((), (), ())
    matrix = sp.csr_array((value, (place, column)), shape=(len(rows), len(names)))
    found = milp(
        [cost.get(name, 0.0) for name in names],
        integrality=kinds,
        bounds=Bounds(0, limits),
        constraints=LinearConstraint(matrix, [row[1] for row in rows], [row[2] for row in rows]),
        options={"mip_rel_gap": 0.0},
    )
    if found.status not in (0, 2):
        raise RuntimeError(found.message)
    return found.fun - study.present_border() if found.status == 0 else None


def options(study):
    """What each zone and each project may do: nothing, or one move in one period; all zones whole, no linked quota."""
    choices = []
    for key, area in study.area.items():
        free = [m for m in study.moves if m[1:3] == key and study.most(m) >= area >= study.lot(key[0])]
        choices.append([(None, 0.0), *((m, area) for m in free)])
    return choices + [[(None, 0.0), *((("r", name, t), 1.0) for t in study.periods)] for name in study.projects]


def by_force(study):
    rows, cost = study.rows(borders=False), study.objective()
    low, high = (np.array([row[k] for row in rows]) for k in (1, 2))
    activity, spent = np.zeros((1, len(rows))), np.zeros(1)
    taken = np.zeros((1, 0), dtype=np.int64)
    for choice in options(study):
        steps = np.array([[terms.get(name, 0.0) * area for terms, _, _ in rows] for name, area in choice])
        prices = np.array([cost.get(name, 0.0) * area for name, area in choice])
        activity = (activity[:, None, :] + steps[None]).reshape(-1, len(rows))
        spent = (spent[:, None] + prices[None]).ravel()
        step = np.tile(np.arange(len(choice)), len(taken))
        taken = np.hstack([np.repeat(taken, len(choice), axis=0), step[:, None]])
    slack = 1e-7 * np.maximum(np.abs(np.where(np.isfinite(low), low, high)), 1.0)
    fits = ((activity >= low - slack) & (activity <= high + slack)).all(axis=1)
    spent, taken = spent[fits], taken[fits]
    if not len(spent):
        return None
    spent, lies_well = _placed(study, spent, taken)
    return float(spent[lies_well].min()) if lies_well.any() else None


def _placed(study, spent, taken):
    """Add the penalties on borders to what combinations cost, and tell which of them lie as quotas ask."""
    chosen, spent, fits = options(study), spent.copy(), np.ones(len(spent), dtype=bool)
    on = [row for row in study.tables["quotas"] if row["rule"] not in study.off]
    limits = [row for row in on if row["rule"] == "perimeter_limit"]
    patches = [row for row in on if row["rule"] in ("contiguity", "minimum_patch")]
    penalties, before = study.penalties(), study.present_border()
    if not (limits or patches or penalties):
        return spent, fits
    best = np.inf
    for k in np.argsort(spent, kind="stable"):
        if spent[k] - before > best:
            fits[k] = False  # no border is shorter than none
            continue
        plan = dict(choice[step] for choice, step in zip(chosen, taken[k], strict=True))
        for row in limits:
            fits[k] &= study.border_km(row, plan) <= row["value"] + 1e-9
        for row in patches:
            new = {m[1] for m in plan if m and m[0] == "x" and study.joins(m, row["group"])}
            fits[k] &= study.together(row, new)
        spent[k] += sum(rate * study.border_km(row, plan) for rate, row in penalties) - before
        best = min(best, spent[k] if fits[k] else best)
    return spent, fits
