r"""Lines and links as transport 线路与联络线（运输模型）: what is sent is limited, and part of it is lost.

.. math:: |f_{l,t}| \le s_l n_l K_{l,p}, \qquad \text{without losses};\qquad
          0 \le f^\pm_{l,t} \le s_l n_l K_{l,p}, \quad f = f^+ - f^-, \quad \text{received} = (1 - \lambda_l) f^\pm

:math:`f` (MW) flow from the first to the second bus, :math:`K` (MW) capacity of a circuit, :math:`n` circuits,
:math:`s` share that may be used, :math:`\lambda` share lost, which is lost in the direction of flow: each direction has
its column. Links have shares :math:`\underline s \le f / K \le \overline s` and may cost money per MWh sent. Lines
without reactance, and all in the transport model, are free to divide power; the others obey `kvl` or `dc_candidates`.
Lines with resistance lose with the square of the flow as well (`losses`). The multiplier of a limit is what one more MW
on the line would save in that snapshot; zero: the line is not full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.energy.capacity import add_capacity
from formulations.energy.dispatch import numbers, operating_cost
from formulations.energy.losses import Resistive, add_losses, add_tangents

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from formulations.energy.balance import Terminals
    from formulations.energy.template import Template

LINE, LINK = "line", "link"


@dataclass(frozen=True)
class Flows:
    """Net flow of each line or link, and the most it may be, as numbers or Pyomo expressions by name."""

    net: dict[str, Any]
    most: dict[str, Any]


@dataclass(frozen=True)
class _Wires:
    """What lines and links have in common, arrays (members,); `backward` is the greatest flow against the direction."""

    kind: str
    members: NDArray[np.object_]
    buses: tuple[NDArray[np.object_], NDArray[np.object_]]
    forward: NDArray[np.float64]
    backward: NDArray[np.float64]
    capacity: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    extendable: NDArray[np.bool_]
    loss: NDArray[np.float64]
    price: NDArray[np.float64]
    marginal: NDArray[np.float64]
    curve: NDArray[np.float64]
    """Part of the square of the flow that is lost, 1/MW."""

    @classmethod
    def of(cls, table: pd.DataFrame, kind: str, **more: NDArray[np.float64]) -> _Wires:
        """Read what both tables have; `more` are the other arrays."""
        extendable = table["extendable"].to_numpy() == 1
        capacity = numbers(table, "capacity_mw")
        return cls(
            kind=kind,
            members=table[kind].astype(str).to_numpy(dtype=object),
            buses=(
                table["from_bus"].astype(str).to_numpy(dtype=object),
                table["to_bus"].astype(str).to_numpy(dtype=object),
            ),
            capacity=capacity,
            least=np.where(extendable, numbers(table, "minimum_mw"), capacity),
            most=np.where(extendable, numbers(table, "maximum_mw"), capacity),
            extendable=extendable,
            price=numbers(table, "capital_cost"),
            **more,
        )


def add_lines(template: Template, terminals: Terminals) -> Flows:
    """Add flow and capacity of existing lines."""
    table = template.calendar.network["lines"]
    use = numbers(table, "maximum_share") * numbers(table, "circuits")
    more = {
        "forward": use,
        "backward": use,
        "loss": numbers(table, "loss_share"),
        "marginal": np.zeros(len(table)),
        "curve": template.calendar.network.loss_curve("lines") / numbers(table, "circuits"),
    }
    return _add(template, terminals, _Wires.of(table, LINE, **more))


def add_links(template: Template, terminals: Terminals) -> Flows:
    """Add flow and capacity of controlled links."""
    table = template.calendar.network["links"]
    loss = numbers(table, "loss_share") + numbers(table, "loss_per_1000km") * numbers(table, "length_km") / 1000.0
    more = {
        "forward": numbers(table, "maximum_share"),
        "backward": -numbers(table, "minimum_share"),
        "loss": loss,
        "marginal": numbers(table, "marginal_cost"),
        "curve": np.zeros(len(table)),
    }
    return _add(template, terminals, _Wires.of(table, LINK, **more))


def _add(template: Template, terminals: Terminals, wires: _Wires) -> Flows:
    """Add columns of both kinds of flow, connect them, and keep those of chosen capacity within it."""
    if not len(wires.members):
        return Flows({}, {})
    split = (wires.backward > 0) & ((wires.loss > 0) | (wires.marginal != 0))
    net: dict[str, Any] = {}
    signed = _columns(template, wires, ~split, "flow", wires.forward, wires.backward)
    forward = _columns(template, wires, split, "flow_forward", wires.forward, np.zeros(len(split)))
    backward = _columns(template, wires, split, "flow_backward", wires.backward, np.zeros(len(split)))
    for chosen, variable, (start, end) in (
        (~split, signed, wires.buses),
        (split, forward, wires.buses),
        (split, backward, wires.buses[::-1]),
    ):
        if variable is not None:
            terminals.connect(start[chosen], variable.values(), np.full(int(chosen.sum()), -1.0))
            terminals.connect(end[chosen], variable.values(), 1.0 - wires.loss[chosen])
    for member, two in zip(wires.members.tolist(), split.tolist(), strict=True):
        net[member] = forward[member] - backward[member] if two else signed[member]
    most: dict[str, Any] = dict(zip(wires.members.tolist(), times(wires.capacity, wires.forward).tolist(), strict=True))
    resistive = _resistive(wires)
    lost = add_losses(template, terminals, resistive)
    add_tangents(template, resistive, lost, net)
    installed = _installed(template, wires)
    _keep(template, wires, split, (signed, forward, backward), installed, lost)
    share = dict(zip(wires.members.tolist(), wires.forward.tolist(), strict=True))
    return Flows(net, most | {member: share[member] * capacity for member, capacity in installed.items()})


def _resistive(wires: _Wires) -> Resistive:
    some = wires.curve > 0
    limit = times(np.where(wires.extendable, wires.most, wires.capacity), wires.forward)
    ends = wires.buses[0][some].tolist(), wires.buses[1][some].tolist()
    return Resistive(wires.kind, tuple(wires.members[some]), ends, wires.curve[some], limit[some])


def _columns(
    template: Template,
    wires: _Wires,
    chosen: NDArray[np.bool_],
    quantity: str,
    upper: NDArray[np.float64],
    lower: NDArray[np.float64],
) -> Any:
    """Add flows of some wires between -`lower` and `upper` times capacity; None where there are none."""
    if not chosen.any():
        return None
    # A share that must flow, of a capacity that is chosen, is at least that share of the least capacity.
    least, most = wires.least[chosen], wires.most[chosen]
    low, high = lower[chosen], upper[chosen]
    costs = wires.marginal[chosen]
    return template.columns(
        "hour",
        f"{wires.kind}_{quantity}",
        tuple(wires.members[chosen]),
        "MW",
        -times(np.where(low < 0, least, most), low),
        times(most, high),
        cost={"cost": operating_cost(template, costs)} if costs.any() else None,
    )


def times(limit: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return limit times share, 0 where the share is 0 and there is no limit."""
    return np.where(share != 0, limit * np.where(share != 0, share, 1.0), 0.0)


def _installed(template: Template, wires: _Wires) -> dict[str, Any]:
    """Add capacities that are chosen, and return them by member."""
    some = wires.extendable
    if not some.any():
        return {}
    members = tuple(wires.members[some])
    limits = (wires.capacity[some], wires.least[some], wires.most[some], wires.price[some])
    installed = add_capacity(template, wires.kind, members, *limits).stand_in("hour", wires.kind + "_capacity")
    return dict(installed)


def _keep(
    template: Template,
    wires: _Wires,
    split: NDArray[np.bool_],
    flows: tuple[Any, Any, Any],
    installed: Mapping[str, Any],
    lost: Mapping[Any, Any],
) -> None:
    """Keep flows within capacities that are chosen, and with what is lost by resistance within any."""
    some = wires.extendable | (wires.curve > 0)
    forward = dict(zip(wires.members.tolist(), wires.forward.tolist(), strict=True))
    backward = dict(zip(wires.members.tolist(), wires.backward.tolist(), strict=True))
    capacity = dict(zip(wires.members.tolist(), wires.capacity.tolist(), strict=True)) | dict(installed)
    two = dict(zip(wires.members.tolist(), split.tolist(), strict=True))
    signed, ahead, behind = flows

    def upper(member: str) -> Any:
        return (ahead if two[member] else signed)[member] + lost.get(member, 0.0) <= forward[member] * capacity[member]

    def lower(member: str) -> Any:
        limit = backward[member] * capacity[member]
        if two[member]:
            return behind[member] + lost.get(member, 0.0) <= limit
        return signed[member] - lost.get(member, 0.0) >= -limit

    if some.any():
        template.rows("hour", wires.kind + "_forward", tuple(wires.members[some]), "MW", upper)
    bounded = tuple(wires.members[some & (wires.backward != 0)])
    if bounded:
        template.rows("hour", wires.kind + "_backward", bounded, "MW", lower)
