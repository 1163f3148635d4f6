r"""Losses that grow with the square of the flow 二次网损的分段线性近似, bounded from below by tangents.

.. math::

    w_{l,t} \ge \pm 2 \rho_l p_k f_{l,t} - \rho_l p_k^2\, u_l, \qquad p_k = \tfrac{k}{n} F_l,\ k = 1 \dots n,
    \qquad 0 \le w_{l,t} \le \rho_l F_l^2, \qquad |f_{l,t}| + w_{l,t} \le F_{l,p}

:math:`w` (MW) loss, half of it drawn at either end, :math:`f` (MW) flow in the middle of the line, :math:`F` its limit
(the greatest there may be, where it is chosen), :math:`\rho = R / (V^2 n_l)` (1/MW) resistance of all circuits over
the square of the voltage, n segments (`[network] loss_segments`), u 1, for a circuit that may be built whether it
stands. Tangents as by Neumann, Hagenmeyer and Brown, Assessments of linear power flow and transmission loss
approximations in coordinated capacity expansion problems, Applied Energy 314 (2022), and as PyPSA's
`transmission_losses`. Each tangent touches the parabola, so losses of a plan are at least `1 - (F / (2 n f))^2` of
those by the square where :math:`f > F/n`. The multiplier of a tangent is what a MW lost there costs; zero: another
tangent holds, or nothing flows.

Nothing bounds w from above but the loss at full flow: a plan could throw energy away in a line. That pays only where
power is worth less than nothing at an end, as where plant must run and cannot be curtailed, or where a load there
would relieve another line of the mesh. The audit counts what is lost beyond the tangents; where that is not nothing,
let plant be curtailed, or give the line a `loss_share`, which is lost in proportion to the flow and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from formulations.energy.balance import Terminals
    from formulations.energy.template import Template


@dataclass(frozen=True)
class Resistive:
    """What loses with the square of its flow: `curve` (1/MW) times flow squared, arrays (members,).

    `kind` begins the names of its columns and rows; `limit` (MW) is the greatest flow.
    """

    kind: str
    members: tuple[Hashable, ...]
    ends: tuple[Sequence[str], Sequence[str]]
    curve: NDArray[np.float64]
    limit: NDArray[np.float64]


def add_losses(template: Template, terminals: Terminals, of: Resistive) -> dict[Hashable, Any]:
    """Add the loss of each member, half at either end.

    Raises InstanceError where a flow has no limit, so that there are no tangents.
    """
    if not of.members:
        return {}
    if np.isinf(of.limit).any():
        unlimited = ", ".join(str(of.members[k]) for k in np.flatnonzero(np.isinf(of.limit))[:3])
        hint = "state maximum_mw, or no resistance: losses by the square need a limit of the flow"
        raise InstanceError([Fault(f"network/{of.kind}s", f"no greatest capacity: {unlimited}", hint)])
    loss = template.columns("hour", f"{of.kind}_loss", of.members, "MW", 0.0, of.curve * of.limit**2)
    for buses in of.ends:
        terminals.connect(buses, loss.values(), np.full(len(of.members), -0.5))
    return dict(loss)


def add_tangents(
    template: Template,
    of: Resistive,
    loss: Mapping[Hashable, Any],
    net: Mapping[Any, Any],
    stands: Mapping[Any, Any] | None = None,
) -> None:
    """Add that losses are no less than the tangents say, in either direction of the net flow."""
    if not of.members:
        return
    segments = template.calendar.network.settings.loss_segments
    tangents = {}
    for member, curve, limit in zip(of.members, of.curve.tolist(), of.limit.tolist(), strict=True):
        named = member if isinstance(member, tuple) else (member,)
        for k in range(1, segments + 1):
            touches = k / segments * limit
            tangents[*named, k] = member, 2.0 * curve * touches, curve * touches**2

    def row(key: tuple[Hashable, ...], sign: float) -> Any:
        member, slope, offset = tangents[key]
        return loss[member] >= sign * slope * net[member] - offset * (1.0 if stands is None else stands[member])

    for way, sign in (("forward", 1.0), ("backward", -1.0)):
        template.rows("hour", f"{of.kind}_loss_{way}", tuple(tangents), "MW", lambda key, s=sign: row(key, s))
