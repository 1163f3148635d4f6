"""A joint Program taken in stages: what is decided first is held, rules that are not yet asked for are left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.energy.template import ENERGY
from formulations.program import INFINITY, Quota
from instances.land import codes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from instances.instance import Instance

LOTS = "minimum_lot"
"""Columns that open a lot for new land; service land of plant may open one as well."""

KEPT = "kept"
"""Rule of the rows that hold what was decided."""

ROOM = 1e-5
"""Part of a piece of land by which a share that is held may move, and of a limit by which it counts as kept.

Solvers keep rows to a tolerance: held exactly, what one solve decided may be infeasible to the next."""


@dataclass(frozen=True)
class Sorts:
    """What the columns of a joint Program decide, (columns,) each."""

    overlay: NDArray[np.bool_]
    """Land under arrays, turbines and strips."""
    service: NDArray[np.bool_]
    """Land converted for plant and towers."""
    change: NDArray[np.bool_]
    """Land converted for anything else."""
    network: NDArray[np.bool_]
    """Plant, circuits and what they do by the hour."""
    choice: NDArray[np.bool_]
    """Whole decisions about land: projects, units, linked quota; not lots."""

    @classmethod
    def of(cls, instance: Instance, program: Program) -> Sorts:
        """Return the sorts of the Program of an instance with land and a network."""
        assert instance.network is not None
        classes = instance.require_land().classes["class"].astype(str)
        facility = int(codes_of(pd.Series([instance.network.settings.facility_class]), classes)[0])
        moves, none = program.moves, np.zeros(program.n_columns - len(program.moves), dtype=bool)
        service = np.append(moves.converts & (moves.target == facility), none)
        network, lots = (_of_families(program, name) for name in (ENERGY, LOTS))
        apart = np.append(np.zeros(len(moves), dtype=bool), ~none) & ~network & ~lots
        return cls(
            overlay=np.append(moves.overlay > 0, none),
            service=service,
            change=np.append(moves.converts, none) & ~service,
            network=network,
            choice=apart & program.integer,
        )

    @property
    def energy(self) -> NDArray[np.bool_]:
        """Whatever is decided for energy."""
        return self.overlay | self.service | self.network


def _of_families(program: Program, begin: str) -> NDArray[np.bool_]:
    """Return which columns belong to families whose names begin so, (columns,)."""
    found = np.zeros(program.n_columns, dtype=bool)
    for family in program.columns:
        if family.family.startswith(begin):
            found[program.offsets[family.family] :][: len(family)] = True
    return found


def held(program: Program, which: NDArray[np.bool_], values: NDArray[np.float64]) -> Program:
    """Return the Program with some columns, (columns,), held at values, (columns,).

    Shares of land have `ROOM` on either side where they are not 0; whole numbers and what is not land are held exactly.
    """
    moves, count = program.moves, len(program.moves)
    some, share = which[:count], np.clip(values[:count], 0.0, moves.upper)
    slack = np.where(moves.whole | (share <= 0.0), 0.0, ROOM)
    upper = np.where(some, np.minimum(share + slack, moves.upper), moves.upper)
    at = np.flatnonzero(some & (share > slack))
    columns = []
    for family in program.columns:
        own = slice(program.offsets[family.family], program.offsets[family.family] + len(family))
        low, high = (np.where(which[own], values[own], bound) for bound in (family.lower, family.upper))
        columns.append(replace(family, lower=low, upper=high))
    kept = _at_least(program, at, (share - slack)[at])
    return replace(program, moves=replace(moves, upper=upper), columns=tuple(columns), quotas=(*program.quotas, kept))


def _at_least(program: Program, at: NDArray[np.int64], share: NDArray[np.float64]) -> Quota:
    """Return rows that give some moves at least a share of their land."""
    count, names = len(at), [program.move_name(int(move)) for move in at]
    return Quota(
        rule=KEPT,
        index=at,
        weight=np.ones(count),
        cell=np.arange(count),
        rollup=sp.csr_array(sp.eye_array(count)),
        lower=share * program.moves.area_of(at),
        upper=np.full(count, INFINITY),
        labels=pd.DataFrame({"id": names}),
        unit="ha",
    )


def without_network(program: Program) -> Program:
    """Return the Program without the rules of its network but those that tie it to land."""
    kept = tuple(quota for quota in program.quotas if len(quota.index) or not quota.rule.startswith(ENERGY))
    return replace(program, quotas=kept)


def not_asking(program: Program, sorts: Sorts) -> Program:
    """Return the Program of a plan of energy alone: nothing else changes, and nothing else is asked of land.

    Lower limits go where land as it is has no room above them, upper ones where it exceeds them.
    So targets of growth, restoration and cropland go, and balances such as new land for cropland that is lost or built
    land that is used again, which the land plan settles; caps on change stay, and the least lots of service land.
    """
    present = np.zeros(program.n_columns)
    present[program.moves.start[:-1]] = 1.0
    quotas = []
    for quota in program.quotas:
        if not quota.rule.startswith(ENERGY) and quota.rule != LOTS:
            rows = program.quota_rows(quota)
            amount = rows @ present[: rows.shape[1]]
            room = ROOM * (1.0 + np.abs(amount))
            lower = np.where(amount <= quota.lower + room, -INFINITY, quota.lower)
            quota = replace(quota, lower=lower, upper=np.where(amount > quota.upper + room, INFINITY, quota.upper))
        quotas.append(quota)
    idle = held(program, sorts.change | sorts.choice, np.zeros(program.n_columns))
    return replace(idle, quotas=tuple(quotas))
