r"""Which changes explain what was observed: planned ones first, then others that rules allow, then barred ones.

.. math::

    \min \sum_{z,i,j} w_{z,i,j} f_{z,i,j} \quad\text{s.t.}\quad
    A_{z,i} - \sum_j f_{z,i,j} + \sum_j f_{z,j,i} = O_{z,i},\qquad \sum_j f_{z,i,j} \le A_{z,i}

:math:`A` (ha) land of the base year, :math:`O` (ha) land observed, :math:`f` (ha) what became of it, :math:`w` 0 for
what was planned (up to the hectares planned), larger for other changes, largest for changes that a rule bars. Observed
areas tell net changes only; among the flows that explain them these depart least from the plan and from the rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Matrix
from optimizer.followup.given import groups_of, moves_of
from optimizer.methods import highs
from optimizer.results.solution import SolveOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.followup.given import Given
    from optimizer.followup.observed import Observed

PLANNED, EARLY, UNPLANNED, BARRED = "planned", "planned_later", "unplanned", "barred"

WEIGHTS = {PLANNED: 0.0, EARLY: 0.01, UNPLANNED: 1.0, BARRED: 100.0}

LEAST_HA = 1e-6
"""Hectares by which observed land differs from that of the base year only in rounding."""

PART = 1e-6
"""Part of a parcel that counts as none."""


def happened(given: Given, observed: Observed) -> pd.DataFrame:
    """Return what became of land by the year: zone, source, target (codes), period and due (from 1), kind, area_ha.

    `kind` is planned, planned_later (for a later period, `due`), unplanned or barred. Zones that were not observed are
    taken to have followed the plan in periods that have ended.
    """
    present = _present(given)
    change = np.where(observed.seen[:, None], observed.area_ha - present, 0.0)
    change[np.abs(change) <= LEAST_HA] = 0.0
    planned = _planned(given, observed)
    flows = pd.concat([planned, _others(given, observed, change, planned)], ignore_index=True)
    unseen = ~observed.seen[flows["zone"]]
    as_planned = flows[unseen & (flows["period"] <= observed.done) & (flows["kind"] == PLANNED)]
    kept = flows[~unseen].reset_index(drop=True)
    area = _least(kept, present, change)
    found = pd.concat([kept.assign(area_ha=area), as_planned.assign(area_ha=as_planned["most"])], ignore_index=True)
    found = found[found["area_ha"] > LEAST_HA].drop(columns="most").reset_index(drop=True)
    return found.assign(kind=np.where(_torn(given, found), BARRED, found["kind"]))


def _torn(given: Given, flows: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each flow is unplanned and takes part of a parcel that changes only as a whole: rules bar that."""
    moves = given.program.moves
    group = groups_of(given.program, flows["zone"].to_numpy(), flows["source"].to_numpy())
    part = flows["area_ha"].to_numpy(dtype=float) < moves.group_area_ha[group] * (1 - PART)
    unplanned = (flows["kind"] == UNPLANNED).to_numpy()
    return unplanned & part & moves.whole[moves.start[group]]


def _present(given: Given) -> NDArray[np.float64]:
    """Return the land of the base year, (zones, classes)."""
    zone, kind, area = given.block.land.cover
    shape = len(given.block.land.zones), len(given.block.land.classes)
    return np.bincount(zone * shape[1] + kind, weights=area, minlength=shape[0] * shape[1]).astype(float).reshape(shape)


def _planned(given: Given, observed: Observed) -> pd.DataFrame:
    """Return what the plan does; of later periods it counts as done early, in the current one."""
    moves = given.program.moves
    rows = np.flatnonzero(moves.converts & (given.shares > 0))
    late = moves.period[rows] > observed.current
    return pd.DataFrame(
        {
            "zone": moves.zone[rows].astype(np.int64),
            "source": moves.source[rows].astype(np.int64),
            "target": moves.target[rows].astype(np.int64),
            "period": np.minimum(moves.period[rows], observed.current).astype(np.int64),
            "due": moves.period[rows].astype(np.int64),
            "most": given.shares[rows] * moves.area_ha[rows],
            "kind": np.where(late, EARLY, PLANNED),
        }
    )


def _others(given: Given, observed: Observed, change: NDArray[np.float64], planned: pd.DataFrame) -> pd.DataFrame:
    """Return every change from a class that shrank into one that grew: unplanned where a move exists, else barred.

    Unplanned are at most the hectares that a move may take besides what is planned of it.
    """
    program = given.program
    zone, source = np.nonzero(change < 0)
    gains = change > 0
    many = gains[zone].sum(axis=1)
    row = np.repeat(np.arange(len(zone)), many)
    target = np.nonzero(gains[zone])[1]
    zone, source = zone[row], source[row]
    group = groups_of(program, zone, source)
    period = np.full(len(zone), observed.current)
    move = moves_of(program, group, target, period)
    moves = program.moves
    may = move >= 0
    own = [planned[name].to_numpy() for name in ("zone", "source", "target", "period")]
    taken = moves_of(program, groups_of(program, own[0], own[1]), own[2], own[3])
    room = moves.upper * moves.area_ha - np.bincount(taken, planned["most"], len(moves))
    most = np.where(may, np.maximum(room, 0.0)[np.maximum(move, 0)], 0.0)
    free = pd.DataFrame({"zone": zone, "source": source, "target": target, "period": period, "most": most})
    free["due"], free["kind"] = period, UNPLANNED
    barred = free.assign(most=INFINITY, kind=BARRED)
    return pd.concat([free[may], barred], ignore_index=True)


def _least(flows: pd.DataFrame, present: NDArray[np.float64], change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the hectares of each flow."""
    if flows.empty:
        return np.zeros(0)
    classes, count = present.shape[1], len(flows)
    out = flows["zone"].to_numpy() * classes + flows["source"].to_numpy()
    into = flows["zone"].to_numpy() * classes + flows["target"].to_numpy()
    places, where = np.unique(np.concatenate([out, into]), return_inverse=True)
    leave, come = where[:count], where[count:]
    column = np.arange(count)
    shape = (len(places), count)
    losses = sp.csr_array((np.ones(count), (leave, column)), shape=shape)
    net = sp.csr_array((np.ones(count), (come, column)), shape=shape) - losses
    wanted = change.ravel()[places]
    matrix = Matrix(
        rows=sp.csr_array(sp.vstack([net, losses], format="csr")),
        row_lower=np.concatenate([wanted, np.full(len(places), -INFINITY)]),
        row_upper=np.concatenate([wanted, present.ravel()[places]]),
        lower=np.zeros(count),
        upper=flows["most"].to_numpy(dtype=float),
        cost=np.array([WEIGHTS[kind] for kind in flows["kind"]]),
        integer=np.zeros(count, dtype=bool),
    )
    solver = highs.load(matrix, integers=False)
    highs.configure(solver, SolveOptions(), INFINITY)
    answer = highs.run(solver)
    if answer.values is None:
        raise ValueError(f"no changes of land explain what was observed: {answer.status}")
    return np.maximum(answer.values, 0.0)
