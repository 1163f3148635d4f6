r"""Extra constraints of a user: a Pyomo Block over land columns, compiled once into rows of the Program.

.. math:: l \le \sum_m a_m x_m + \sum_p b_p r_p + \sum_k c_k v_k \le h

:math:`x` are hectares of moves, :math:`r` opened projects, :math:`v` variables of the Block's own. The rows
are of the rule `user:<name>` and keep the names of their constraints; own variables are columns of the
families `user:<name>` and `user:<name>:whole`. Costs may lie on own variables only: objectives of the Block
that are called `emissions` (tCO2e) or `cost` (10k CNY).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.common.errors import PyomoException
from pyomo.repn import generate_standard_repn
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from formulations.land_view import LandView
from formulations.program import INFINITY, USER, Columns, Quota
from instances.faults import Fault, InstanceError, raise_if_any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program

WHOLE = ":whole"
"""Ends the family of a Block's own whole-number variables."""

BlockFunction = Callable[[pyo.Block, LandView], object]
"""What a user writes: makes constraints, and variables of its own, on the block."""


def attach(program: Program, land: LandBlock, function: BlockFunction, name: str) -> Program:
    """Return the Program with the constraints that `function(block, land)` makes.

    Raises InstanceError where a constraint is not linear, can never hold or uses what is not offered;
    whatever `function` raises goes through.
    """
    rule = USER + name
    if any(quota.rule == rule for quota in program.quotas):
        raise InstanceError([Fault(name, "two sets of extra constraints have this name", "rename one of the files")])
    model = pyo.ConcreteModel()
    model.seen, model.extra = pyo.Block(), pyo.Block()
    view = LandView(program, land, model.seen)
    function(model.extra, view)
    _refuse_what_is_not_linear(model, name)
    costs = _costs(model, view, program, name)
    return _Compiled.of(model, view, costs, name).added_to(program, land, rule)


def _constraints(model: pyo.ConcreteModel) -> list[Any]:
    return list(model.extra.component_data_objects(pyo.Constraint, active=True))


def _name(component: Any, model: pyo.ConcreteModel) -> str:
    return str(component.getname(fully_qualified=True, relative_to=model.extra))


def _refuse_what_is_not_linear(model: pyo.ConcreteModel, name: str) -> None:
    faults = [
        Fault(name, f"constraint {_name(one, model)} is not linear", "sums of constant times variable only")
        for one in _constraints(model)
        if one.body.polynomial_degree() not in (0, 1)
    ]
    touched = [one for one in model.seen.component_data_objects(pyo.Var) if one.fixed or one.has_lb() or one.has_ub()]
    if touched:
        faults.append(Fault(name, "a land column was fixed or given bounds", "write a constraint instead"))
    raise_if_any(faults)


def _costs(model: pyo.ConcreteModel, view: LandView, program: Program, name: str) -> dict[str, dict[int, float]]:
    """Return by objective what each own variable costs, and take the objectives off the model."""
    costs: dict[str, dict[int, float]] = {}
    faults = []
    for one in list(model.extra.component_data_objects(pyo.Objective, active=True)):
        kind, repn = one.local_name, generate_standard_repn(one.expr, quadratic=False)
        if kind not in program.objectives:
            known = " or ".join(program.objectives)
            faults.append(Fault(name, f"objective {kind} is not known", f"call it {known}"))
        elif not one.is_minimizing():
            faults.append(Fault(name, f"objective {kind} maximises", "what counts is minimised: turn the sign"))
        elif not repn.is_linear():
            faults.append(Fault(name, f"objective {kind} is not linear", "sums of constant times variable only"))
        elif any(id(var) in view.seen for var in repn.linear_vars):
            hint = "tie an own variable to the land by a constraint and give it the cost"
            faults.append(Fault(name, f"objective {kind} prices land columns", hint))
        else:
            costs[kind] = {id(var): float(cost) for var, cost in zip(repn.linear_vars, repn.linear_coefs, strict=True)}
            view.priced += repn.linear_vars
        one.deactivate()
    raise_if_any(faults)
    return costs


@dataclass(frozen=True)
class _Compiled:
    """Rows over Pyomo variables: `matrix` is (rows, variables)."""

    variables: list[Any]
    matrix: sp.csr_array
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    base: NDArray[np.float64]
    names: list[str]
    units: list[str]
    view: LandView
    costs: dict[str, dict[int, float]]

    @classmethod
    def of(cls, model: pyo.ConcreteModel, view: LandView, costs: dict[str, dict[int, float]], name: str) -> _Compiled:
        """Compile the Block; a row bounded on both sides is two rows unless the bounds are one."""
        units = _units(model)
        try:
            form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
        except (PyomoException, ValueError) as error:
            words = str(error).replace("extra.", "")
            raise InstanceError([Fault(name, f"cannot be compiled: {words}", "linear constraints only")]) from error
        kinds = np.array([row.bound_type for row in form.rows], dtype=np.int8)
        right = np.asarray(form.rhs, dtype=float)
        plain = [_name(row.constraint, model) for row in form.rows]
        double = {one for one, times in Counter(plain).items() if times > 1}
        ends = {-1: " (least)", 0: "", 1: " (most)"}
        extra = [one for one in view.priced if id(one) not in {id(var) for var in form.columns}]
        return cls(
            variables=[*form.columns, *extra],
            matrix=sp.csr_array(sp.hstack([form.A, sp.csr_array((len(plain), len(extra)))])),
            lower=np.where(kinds <= 0, right, -INFINITY),
            upper=np.where(kinds >= 0, right, INFINITY),
            base=_bounds(form.rows) - right,
            names=[one + (ends[int(k)] if one in double else "") for one, k in zip(plain, kinds, strict=True)],
            units=[units.get(id(row.constraint), "1") for row in form.rows],
            view=view,
            costs=costs,
        )

    def added_to(self, program: Program, land: LandBlock, rule: str) -> Program:
        """Return the Program with these rows and columns."""
        families = tuple(self._family(rule, integer) for integer in (False, True))
        families = tuple(family for family in families if len(family))
        program = replace(program, columns=(*program.columns, *families))
        quotas = [self._quota(program, land, rule, unit) for unit in dict.fromkeys(self.units)]
        return replace(program, quotas=(*program.quotas, *quotas))

    def _own(self, integer: bool) -> list[int]:
        return [
            k
            for k, var in enumerate(self.variables)
            if id(var) not in self.view.seen and (not var.is_continuous()) == integer
        ]

    def _family(self, rule: str, integer: bool) -> Columns:
        own = [self.variables[k] for k in self._own(integer)]
        names = [str(var.getname(fully_qualified=True, relative_to=var.model().extra)) for var in own]
        return Columns(
            family=rule + WHOLE if integer else rule,
            labels=pd.DataFrame({"name": pd.Series(names, dtype=object)}),
            lower=np.array([-INFINITY if var.lb is None else float(var.lb) for var in own]),
            upper=np.array([INFINITY if var.ub is None else float(var.ub) for var in own]),
            integer=integer,
            unit="1",
            cost={kind: np.array([of.get(id(var), 0.0) for var in own]) for kind, of in self.costs.items()},
        )

    def _quota(self, program: Program, land: LandBlock, rule: str, unit: str) -> Quota:
        rows = np.array([k for k, one in enumerate(self.units) if one == unit])
        matrix = sp.csr_array(self.matrix[rows])
        index, weight, cell = self._land(matrix, len(program.moves))
        names = [self.names[k] for k in rows]
        about = {
            "id": names,
            "region": str(land.land.regions["region"].iloc[land.land.root]),
            "period": land.settings.time.periods[-1],
            "group": "",
            "base": self.base[rows],
            "source": f"{rule.removeprefix(USER)}.py",
            "status": "user",
        }
        return Quota(
            rule=rule,
            index=index,
            weight=weight,
            cell=cell,
            rollup=sp.csr_array(sp.eye_array(len(rows))),
            lower=self.lower[rows],
            upper=self.upper[rows],
            labels=pd.DataFrame(about),
            unit=unit,
            terms=self._terms(matrix, program, rule),
        )

    def _land(
        self, matrix: sp.csr_array, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Return move, weight per hectare and row of every land term; a move counts once in a row."""
        keys, weights = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
        entries = matrix.tocoo()
        for row, column, value in zip(entries.row, entries.col, entries.data, strict=True):
            proxy = self.view.seen.get(id(self.variables[column]))
            if proxy is not None and not proxy.family:
                keys.append(int(row) * count + proxy.places)
                weights.append(value * proxy.weights)
        key, place = np.unique(np.concatenate(keys), return_inverse=True)
        weight = np.bincount(place.ravel(), weights=np.concatenate(weights), minlength=len(key)).astype(float)
        kept = weight != 0
        return key[kept] % count, weight[kept], key[kept] // count

    def _terms(self, matrix: sp.csr_array, program: Program, rule: str) -> dict[str, sp.csr_array]:
        """Return the coefficients of other families, (rows, columns of the family)."""
        place = {k: (rule, n) for n, k in enumerate(self._own(False))}
        place |= {k: (rule + WHOLE, n) for n, k in enumerate(self._own(True))}
        for k, var in enumerate(self.variables):
            proxy = self.view.seen.get(id(var))
            if proxy is not None and proxy.family:
                place[k] = (proxy.family, int(proxy.places[0]))
        terms = {}
        columns = matrix.tocsc()
        for family in program.columns:
            chosen = [(k, n) for k, (name, n) in place.items() if name == family.family]
            if chosen:
                wide = sp.lil_array((matrix.shape[0], len(family)))
                for k, n in chosen:
                    wide[:, [n]] = columns[:, [k]].toarray()
                terms[family.family] = sp.csr_array(wide)
        return terms


def _bounds(rows: Iterable[Any]) -> NDArray[np.float64]:
    """Return the bound of each row as it was written; what it lies off the compiled one is the row's constant."""
    ends = (row.constraint.upper if row.bound_type >= 0 else row.constraint.lower for row in rows)
    return np.array([pyo.value(end) for end in ends], dtype=float)


def _units(model: pyo.ConcreteModel) -> dict[int, str]:
    """Return the unit of every constraint that the Block's suffix `unit` names, by itself or as a family."""
    suffix = model.extra.component("unit")
    if not isinstance(suffix, pyo.Suffix):
        return {}
    units = {}
    for one in _constraints(model):
        unit = suffix.get(one) or suffix.get(one.parent_component())
        if unit:
            units[id(one)] = str(unit)
    suffix.deactivate()
    return units
