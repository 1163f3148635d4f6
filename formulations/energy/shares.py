r"""Limits on the network as a whole: emissions, shares of renewables, self-sufficiency, curtailment, capacity, imports.

With :math:`E_k = \sum_t w_t p_{k,t}` (MWh a year) energy, :math:`w` (h) weights, :math:`D` load of the year, R
renewable plant, :math:`A` (MWh) what is available:

.. math::

    \text{emission\_cap: } \sum_g \epsilon_g E_g + \sum_b \epsilon_{b,p} E_b \le v \qquad
    \text{renewable\_share: } \sum_{R} E \ge v D \qquad
    \text{self\_sufficiency: } \sum_{\text{plant}} E \ge v D

    \text{curtailment\_cap: } \sum_{R} (A - E) \le v \sum_{R} A \qquad
    \text{capacity\_target: } \sum_{\text{technology}} K \ge v \qquad
    \text{import\_cap: } \sum_b E_b \le v \text{ or } v D

in the sense that the row of the table states, for a stage or every stage. Electricity counts once: plant where it
burns, imports at the grid factor of the year. A multiplier is what the last tonne, MWh or MW of the limit is worth a
stage; zero: the limit does not bind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from formulations.energy.dispatch import names, numbers
from formulations.energy.template import Means
from formulations.program import INFINITY

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from formulations.energy.template import Template

RULES = ("emission_cap", "renewable_share", "self_sufficiency", "curtailment_cap", "capacity_target", "import_cap")

_ENDS = {"<=": ("",), ">=": ("",), "==": ("least", "most")}


def add_shares(template: Template) -> None:
    """Add the rules that the table states."""
    table = template.calendar.network["rules"]
    if table.empty:
        return
    year = _Year(template)
    for rule in RULES:
        some = table[table["rule"] == rule]
        if len(some):
            _add(template, rule, some, year)


def _add(template: Template, rule: str, table: pd.DataFrame, year: _Year) -> None:
    """Add the rows of one rule; equalities are two rows, since a row may hold in one stage only."""
    records = {
        f"{record['id']} {end}".rstrip(): (record, end)
        for record in table.to_dict("records")
        for end in _ENDS[str(record["sense"])]
    }
    limit = template.stand_in(
        "stage", f"{rule}_limit", tuple(records), constant=np.array([year.limit(*one) for one in records.values()]).T
    )

    def row(key: Any) -> Any:
        record, end = records[key]
        body = year.body(record)
        return body <= limit[key] if record["sense"] == "<=" or end == "most" else body >= limit[key]

    template.rows("stage", rule, tuple(records), str(table["unit"].iloc[0]), row)


class _Year:
    """Sums over the year of a stage that rules limit."""

    def __init__(self, template: Template) -> None:
        self._template, self._calendar = template, template.calendar
        self._network = template.calendar.network
        self._energy = {kind: self._sum(kind) for kind in ("generator_power", "site_power", "import_power")}
        self._demand_mwh = np.array(
            [
                self._network.demand_mw(stage).sum(axis=0) @ self._network.weight_h
                for stage in range(self._calendar.stages)
            ]
        )

    def _sum(self, family: str) -> Any:
        if family not in self._template.families:
            return {}
        members = self._template.families[family].members
        variable = self._template.hour.component(family)
        return self._template.stand_in("stage", f"{family}_of_year", members, Means(variable, self._calendar.yearly))

    def limit(self, record: Mapping[Hashable, Any], end: str) -> NDArray[np.float64]:
        """Return the limit of a rule in each stage, (stages,); without limit where it does not hold."""
        value = float(record["value"])
        of_load = record["rule"] in ("renewable_share", "self_sufficiency") or record["unit"] == "share"
        limits = np.full(self._calendar.stages, value)
        if record["rule"] == "curtailment_cap" and record["unit"] == "share":
            limits = np.zeros(self._calendar.stages)
        elif of_load:
            limits = value * self._demand_mwh
        holds = (np.array(self._network.stage_years) == record["year"]) | (record["year"] == 0)
        unlimited = INFINITY if record["sense"] == "<=" or end == "most" else -INFINITY
        return np.where(holds, limits, unlimited)

    def body(self, record: Mapping[Hashable, Any]) -> Any:
        """Return what a rule limits."""
        rule = record["rule"]
        if rule == "emission_cap":
            return self._emissions()
        if rule == "import_cap":
            return _total(self._energy["import_power"], None)
        if rule == "capacity_target":
            return self._capacity(str(record["technology"]))
        if rule == "self_sufficiency":
            return _total(self._energy["generator_power"], None) + _total(self._energy["site_power"], None)
        renewable = self._renewable()
        taken = pyo.quicksum(_total(self._energy[kind], members) for kind, members in renewable.items())
        if rule == "renewable_share":
            return taken
        part = float(record["value"]) if record["unit"] == "share" else 0.0
        return (1.0 - part) * self._available(renewable) - taken

    def _renewable(self) -> dict[str, list[str]]:
        generators = self._network["generators"]
        sites = self._template.families.get("site_power")
        return {
            "generator_power": list(names(generators[generators["renewable"] == 1], "generator")),
            "site_power": list(map(str, sites.members)) if sites else [],
        }

    def _emissions(self) -> Any:
        generators = self._network["generators"]
        factor = dict(zip(names(generators, "generator"), numbers(generators, "emission_tco2_per_mwh"), strict=True))
        return pyo.quicksum(f * self._energy["generator_power"][g] for g, f in factor.items() if f) + self._imported()

    def _imported(self) -> Any:
        """Return the emissions of imports, whose factor changes with the stage."""
        if not self._energy["import_power"]:
            return 0.0
        if self._template.stage.component("import_emissions") is None:
            buses = list(self._energy["import_power"])
            held = [self._network.at_stage("imports", s).set_index("bus") for s in range(self._calendar.stages)]
            factor = np.array(
                [one["emission_tco2_per_mwh"].reindex(buses).fillna(0.0).to_numpy(dtype=float) for one in held]
            )
            power = self._template.hour.component("import_power")
            means = Means(power, self._calendar.yearly, factor)
            self._template.stand_in("stage", "import_emissions", tuple(buses), means)
        return _total(self._template.stage.component("import_emissions"), None)

    def _capacity(self, technology: str) -> Any:
        """Return MW of a technology, of all where none is named: generators, sites, storage."""
        network = self._network
        parts: list[Any] = []
        storage = network["storage"].assign(technology="storage", capacity_mw=network["storage"]["power_mw"])
        sites = network["sites"].assign(capacity_mw=0.0, extendable=1)
        for kind, label, table in (
            ("generator", "generator", network["generators"]),
            ("site", "site", sites),
            ("storage_power", "storage", storage),
        ):
            some = table[(table["technology"] == technology) | (technology == "")]
            fixed = some[some["extendable"] == 0]
            parts.append(float(fixed["capacity_mw"].sum()))
            chosen = names(some[some["extendable"] == 1], label)
            if chosen:
                name = f"{kind}_of_stage"
                installed = self._template.stage.component(name)
                if installed is None:
                    installed = self._template.capacities[kind].stand_in("stage", name)
                parts.append(_total(installed, chosen))
        return pyo.quicksum(parts)

    def _available(self, renewable: dict[str, list[str]]) -> Any:
        """Return MWh of the year that renewable plant could give."""
        parts: list[Any] = []
        for kind, table, label in (("generator", "generators", "generator"), ("site", "sites", "site")):
            frame = self._network[table]
            some = frame[frame[label].astype(str).isin(renewable[f"{kind}_power"])]
            hours = self._network.curves(some["profile"]) @ self._network.weight_h
            hours_of = dict(zip(names(some, label), hours.tolist(), strict=True))
            fixed = some[some["extendable"] == 0] if kind == "generator" else some.iloc[:0]
            for name, capacity in zip(names(fixed, label), fixed.get("capacity_mw", []), strict=False):
                parts.append(hours_of.pop(name) * float(capacity))
            if hours_of:
                name = f"{kind}_for_curtailment"
                installed = self._template.stage.component(name)
                if installed is None:
                    installed = self._template.capacities[kind].stand_in("stage", name)
                parts += [value * installed[member] for member, value in hours_of.items()]
        return pyo.quicksum(parts)


def _total(variables: Any, members: Iterable[str] | None) -> Any:
    """Return the sum of some variables, of all where `members` is None."""
    if not variables:
        return 0.0
    return pyo.quicksum(variables[one] for one in (variables if members is None else members))
