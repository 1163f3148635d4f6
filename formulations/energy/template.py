r"""What repeats is written once, in Pyomo, and repeated by arrays.

A network study has the same rows in every snapshot; only limits and a few coefficients (availability, load) differ.
So each scope (hour, day, stage) is one Pyomo Block, whose rows read like the textbook. What differs from copy to copy,
or lies in other copies, enters as a **stand-in**: a variable :math:`s` that is not a column but means

.. math:: s_{u,j} = \sum_v L_{u,v}\, f_{u,j}\, x_{v,j} + c_{u,j}

for copy u and member j: the sum of another variable over the copies that :math:`L` names, times a factor, plus a
constant. `demand[b]` stands for the load of the snapshot, `available[g]` for profile times capacity installed so far,
`level_before[s]` for the level of the hour before, `energy[g]` for the year's sum. The blocks are compiled once by
`LinearStandardFormCompiler`; then rows are repeated and stand-ins put in, which takes milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from formulations.energy.tile import Linked, Rows, repeat_rows
from formulations.program import ENERGY, INFINITY, Columns, Quota
from formulations.rule import Part

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from formulations.energy.calendar import Calendar, Scope
    from formulations.energy.capacity import Capacity


@dataclass(frozen=True)
class _Family:
    """Columns that are written once: limits and prices are (copies, members)."""

    scope: Scope
    members: tuple[Hashable, ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: bool
    unit: str
    cost: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Means:
    """A term of a stand-in: `link` (copies, copies of the variable) and `factor`, broadcast to (copies, members)."""

    variable: pyo.Var
    link: sp.csr_array
    factor: ArrayLike = 1.0


@dataclass(frozen=True)
class _StandIn:
    scope: Scope
    members: tuple[Hashable, ...]
    terms: tuple[Means, ...]
    constant: NDArray[np.float64]


@dataclass
class Template:
    """The Pyomo model of a network, with what its stand-ins mean; rows are added to `hour`, `day` and `stage`."""

    calendar: Calendar
    model: pyo.ConcreteModel = field(default_factory=pyo.ConcreteModel)
    families: dict[str, _Family] = field(default_factory=dict)
    _stand_ins: dict[str, _StandIn] = field(default_factory=dict)
    _units: dict[str, str] = field(default_factory=dict)
    capacities: dict[str, Capacity] = field(default_factory=dict)
    """Capacities that are chosen, by kind."""

    def __post_init__(self) -> None:
        """Make the blocks."""
        self.hour, self.day, self.stage = pyo.Block(), pyo.Block(), pyo.Block()
        self.model.hour, self.model.day, self.model.stage = self.hour, self.day, self.stage

    def _block(self, scope: Scope) -> pyo.Block:
        return {"hour": self.hour, "day": self.day, "stage": self.stage}[scope]

    def _shape(self, scope: Scope, members: Sequence[Hashable]) -> tuple[int, int]:
        return self.calendar.copies(scope), len(members)

    def _variable(self, scope: Scope, name: str, members: Sequence[Hashable]) -> pyo.Var:
        variable = pyo.Var(list(members), dense=True)
        self._block(scope).add_component(name, variable)
        return variable

    def columns(
        self,
        scope: Scope,
        name: str,
        members: Sequence[Hashable],
        unit: str,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = INFINITY,
        integer: bool = False,
        cost: Mapping[str, ArrayLike] | None = None,
    ) -> pyo.Var:
        """Add a family of columns; limits and costs broadcast to (copies, members).

        `cost` is by objective, of the whole stage: money or tCO2e per unit of the column.
        """
        shape = self._shape(scope, members)
        self.families[name] = _Family(
            scope=scope,
            members=tuple(members),
            lower=np.broadcast_to(np.asarray(lower, dtype=float), shape),
            upper=np.broadcast_to(np.asarray(upper, dtype=float), shape),
            integer=integer,
            unit=unit,
            cost={kind: np.broadcast_to(np.asarray(of, dtype=float), shape) for kind, of in (cost or {}).items()},
        )
        return self._variable(scope, name, members)

    def stand_in(
        self, scope: Scope, name: str, members: Sequence[Hashable], *terms: Means, constant: ArrayLike = 0.0
    ) -> pyo.Var:
        """Add a stand-in; the members of a term's variable that it means are those of the same name."""
        constants = np.broadcast_to(np.asarray(constant, dtype=float), self._shape(scope, members))
        self._stand_ins[name] = _StandIn(scope, tuple(members), terms, constants)
        return self._variable(scope, name, members)

    def rows(self, scope: Scope, name: str, members: Sequence[Hashable], unit: str, rule: Any) -> None:
        """Add a family of rows; `rule(member)` returns a linear relation of variables and stand-ins."""
        kept = pyo.Constraint(list(members), rule=lambda _, *key: rule(key[0] if len(key) == 1 else key))
        self._block(scope).add_component(name, kept)
        self._units[name] = unit

    def compiled(self) -> Part:
        """Return the columns and rows of all copies."""
        return Part(columns=tuple(self._columns()), quotas=tuple(self._quotas()))

    def _labels(self, scope: Scope, members: Sequence[Hashable]) -> pd.DataFrame:
        """Return name, period and snapshot of each copy and member, (copies x members) rows."""
        network, calendar = self.calendar.network, self.calendar
        stages = calendar.stage_of(scope)
        snapshots = network["snapshots"]
        within = {
            "stage": [""],
            "day": list(snapshots["day"].astype(str)[calendar.first_of_day]),
            "hour": list(snapshots["snapshot"].astype(str)),
        }[scope]
        names = [" ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in members]
        period = np.array(network.stage_years)[stages]
        return pd.DataFrame(
            {
                "name": np.tile(np.array(names, dtype=object), len(stages)),
                "period": np.repeat(period, len(names)),
                "snapshot": np.repeat(np.tile(np.array(within, dtype=object), calendar.stages), len(names)),
            }
        )

    def _columns(self) -> list[Columns]:
        return [
            Columns(
                family=ENERGY + name,
                labels=self._labels(one.scope, one.members),
                lower=one.lower.ravel(),
                upper=one.upper.ravel(),
                integer=one.integer,
                unit=one.unit,
                cost={kind: of.ravel() for kind, of in one.cost.items()},
            )
            for name, one in self.families.items()
            if one.members
        ]

    def _quotas(self) -> list[Quota]:
        if not any(True for _ in self.model.component_data_objects(pyo.Constraint)):
            return []
        form = LinearStandardFormCompiler().write(self.model, mixed_form=True, set_sense=None)
        matrix = sp.csr_array(form.A)
        owner = [(one.parent_component().local_name, one.index()) for one in form.columns]
        by_rule: dict[str, list[int]] = {}
        for place, row in enumerate(form.rows):
            by_rule.setdefault(row.constraint.parent_component().local_name, []).append(place)
        right = np.asarray(form.rhs, dtype=float)
        return [self._quota(name, places, form.rows, matrix, right, owner) for name, places in by_rule.items()]

    def _quota(
        self,
        name: str,
        places: list[int],
        rows: Sequence[Any],
        matrix: sp.csr_array,
        right: NDArray[np.float64],
        owner: Sequence[tuple[str, Hashable]],
    ) -> Quota:
        scope: Scope = rows[places[0]].constraint.parent_block().local_name
        kinds = np.array([rows[k].bound_type for k in places])
        part = sp.coo_array(matrix[places])
        linked = self._linked(scope, part, owner)
        copies = self.calendar.copies(scope)
        repeated = repeat_rows(Rows(len(places), copies), linked)
        shift = np.tile(right[places], copies) - repeated.constant
        labels = self._labels(scope, [rows[k].constraint.index() for k in places])
        labels.insert(1, "region", "")
        lower = np.where(np.tile(kinds <= 0, copies), shift, -INFINITY)
        upper = np.where(np.tile(kinds >= 0, copies), shift, INFINITY)
        binds = np.isfinite(lower) | np.isfinite(upper)
        blocks = repeated.blocks
        if not binds.all():
            lower, upper, labels = lower[binds], upper[binds], labels[binds].reset_index(drop=True)
            blocks = {family: sp.csr_array(block[binds]) for family, block in blocks.items()}
        terms = {ENERGY + family: block for family, block in blocks.items()}
        labels = labels.rename(columns={"name": "id"})
        return Quota.of_columns(ENERGY + name, lower, upper, labels, self._units[name], terms)

    def _linked(self, scope: Scope, part: sp.coo_array, owner: Sequence[tuple[str, Hashable]]) -> list[Linked]:
        """Return the entries of some rows by the variable they belong to, stand-ins by what they mean."""
        names = np.array([name for name, _ in owner], dtype=object)[part.col]
        found = []
        for name in dict.fromkeys(names.tolist()):
            chosen = names == name
            members = [owner[k][1] for k in part.col[chosen].tolist()]
            row, value = part.row[chosen], part.data[chosen]
            if name in self.families:
                link = self.calendar.now(scope, self.families[name].scope)
                found.append(self._link(name, members, row, value, link, None))
                continue
            stand_in = self._stand_ins[name]
            place = {member: k for k, member in enumerate(stand_in.members)}
            own = np.array([place[member] for member in members])
            shape = stand_in.constant.shape
            found.append(Linked(None, row, value, constant=stand_in.constant[:, own]))
            for term in stand_in.terms:
                factor = np.broadcast_to(np.asarray(term.factor, dtype=float), shape)[:, own]
                found.append(self._link(term.variable.local_name, members, row, value, term.link, factor))
        return found

    def _link(
        self,
        family: str,
        members: Sequence[Hashable],
        row: NDArray[np.int32],
        value: NDArray[np.float64],
        link: sp.csr_array,
        factor: NDArray[np.float64] | None,
    ) -> Linked:
        place = {member: k for k, member in enumerate(self.families[family].members)}
        there = np.array([place.get(member, -1) for member in members])
        kept = there >= 0
        width = len(place)
        chosen = None if factor is None else factor[:, kept]
        return Linked(family, row[kept], value[kept], there[kept], width, link, chosen)
