r"""Nodal balance 节点电量平衡: what is fed in at a bus is what is drawn there, in every snapshot.

.. math:: \sum_{k \text{ at } b} a_k\, p_{k,t} = d_{b,t} \qquad \forall b, t

:math:`p` (MW) powers of everything at bus b, :math:`a` +1 where it feeds in, -1 where it draws, the efficiency where
losses lie between; :math:`d` (MW) load of the snapshot. No load is shed: where supply is short there is no plan. The
multiplier, divided by the hours that the snapshot counts, is the nodal price (money/MWh): what one more MWh of load
would cost; zero means that power would be thrown away there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formulations.energy.template import Template

RULE = "balance"


@dataclass
class Terminals:
    """What is connected to each bus: coefficient and variable, by name of the bus."""

    at: dict[str, list[tuple[float, Any]]] = field(default_factory=dict)

    def connect(self, buses: Iterable[str], variables: Iterable[Any], coefficients: Iterable[float]) -> None:
        """Connect variables to buses; a positive coefficient feeds in."""
        for bus, variable, coefficient in zip(buses, variables, coefficients, strict=True):
            self.at.setdefault(str(bus), []).append((float(coefficient), variable))


def balance(template: Template, terminals: Terminals) -> None:
    """Add a row for each bus at which anything is connected or drawn."""
    network = template.calendar.network
    buses = [str(bus) for bus in network["buses"]["bus"]]
    drawn = np.vstack([network.demand_mw(stage).T for stage in range(template.calendar.stages)])
    kept = [bus for k, bus in enumerate(buses) if bus in terminals.at or drawn[:, k].any()]
    demand = template.stand_in("hour", "demand", buses, constant=drawn)

    def row(bus: str) -> Any:
        return pyo.quicksum(value * power for value, power in terminals.at.get(bus, [])) == demand[bus]

    template.rows("hour", RULE, kept, "MW", row)
