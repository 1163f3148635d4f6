r"""Capacity that is chosen 装机与容量: what exists, and what each stage adds.

.. math:: K_{k,p} = K^0_k + \sum_{q \le p} \Delta_{k,q}, \qquad \underline K_k \le K_{k,p} \le \overline K_k

:math:`K` (MW or MWh) capacity of k in stage p, :math:`K^0` what exists; :math:`\Delta` additions: the first stage's may
be negative down to the minimum, later ones not. With one stage both limits are limits of the column, not rows. An
addition costs what it costs per unit (money/MW or money/MWh), once. The multiplier of the upper limit is what a further
MW of room would save; zero: no more would be built.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.energy.template import Means
from formulations.program import INFINITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyomo.environ as pyo
    from numpy.typing import ArrayLike, NDArray

    from formulations.energy.calendar import Scope
    from formulations.energy.template import Template


@dataclass(frozen=True)
class Capacity:
    """Additions to some capacities, (members,), and what exists of them."""

    template: Template
    members: tuple[str, ...]
    added: pyo.Var
    existing: NDArray[np.float64]

    def stand_in(self, scope: Scope, name: str, factor: ArrayLike = 1.0) -> pyo.Var:
        """Return the capacity so far, times a factor (copies, members)."""
        constant = np.asarray(factor, dtype=float) * self.existing
        means = Means(self.added, self.template.calendar.so_far(scope), factor)
        return self.template.stand_in(scope, name, self.members, means, constant=constant)


def add_capacity(
    template: Template,
    name: str,
    members: Sequence[str],
    existing: ArrayLike,
    least: ArrayLike,
    most: ArrayLike,
    price: ArrayLike,
    unit: str = "MW",
) -> Capacity:
    """Add the columns of a kind of capacity, and rows over stages where there are several."""
    members, stages = tuple(members), template.calendar.stages
    existing, least, most = (np.asarray(one, dtype=float) for one in (existing, least, most))
    lower, upper = np.zeros((stages, len(members))), np.tile(most - least, (stages, 1))
    lower[0], upper[0] = least - existing, most - existing
    added = template.columns("stage", name + "_added", members, unit, lower, upper, cost={"cost": price})
    found = template.capacities[name] = Capacity(template, members, added, existing)
    limited = [member for member, limit in zip(members, most, strict=True) if limit < INFINITY]
    if stages > 1 and limited:
        installed = found.stand_in("stage", name + "_installed")
        limit = dict(zip(members, most.tolist(), strict=True))

        def row(member: str) -> Any:
            return installed[member] <= limit[member]

        template.rows("stage", name + "_limit", limited, unit, row)
    return found
