r"""N-1 for a fixed network N-1 校核: when one circuit fails, the others carry its power within their limits.

.. math:: \left| f_{m,t} + \lambda_{m,o} \frac{f_{o,t}}{n_o} \right| \le F_m \qquad \forall m,\ o,\ t

:math:`f` (MW) net flow, o the line of which one of :math:`n` circuits fails, :math:`F` (MW) limit of line m;
:math:`\lambda` line outage distribution factor: the part of the failed circuit's power that m takes over (Wood,
Wollenberg and Sheble, Power Generation, Operation, and Control). For what is left of the line itself
:math:`f_o (n_o - 1)/n_o` takes the place of f and :math:`F_o (n_o - 1)/n_o` that of F. Rows of factors below 1e-6 are
left out: they say no more than the limit itself. The multiplier is what one more MW of the line after that outage
would save; zero: that outage does not bind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.energy.dispatch import names, numbers
from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.energy.template import Template
    from formulations.energy.transport import Flows
    from instances.network import Network

NONE = 1e-6
"""Part of a circuit's power below which a line takes over none."""


def add_contingencies(template: Template, flows: Flows, lines: NDArray[np.int64], others: NDArray[np.int64]) -> None:
    """Add the outages of `lines`, whose network is fixed; those of `others` are added elsewhere. Both by place.

    Raises InstanceError for an outage of another line, or of one that nothing can stand in for.
    """
    network = template.calendar.network
    elsewhere = np.array(names(network["lines"], "line"), dtype=object)[others]
    table = network["contingencies"]
    table = table[~table["line"].astype(str).isin(elsewhere)]
    if table.empty:
        return
    factors = outage_factors(network, lines, names(table, "line"))
    line, circuits = names(network["lines"], "line"), numbers(network["lines"], "circuits")
    cases: dict[tuple[str, str], tuple[float, float, str]] = {}
    for contingency, failing in zip(names(table, "contingency"), names(table, "line"), strict=True):
        out = line.index(failing)
        for k, factor in factors[out].items():
            left = (circuits[out] - 1) / circuits[out] if k == out else 1.0
            if left > 0 and abs(factor) > NONE:
                cases[contingency, line[k]] = (left, factor / circuits[out], failing)

    def after(case: tuple[str, str]) -> tuple[Any, Any]:
        left, factor, failing = cases[case]
        return left * flows.net[case[1]] + factor * flows.net[failing], left * flows.most[case[1]]

    def upper(case: tuple[str, str]) -> Any:
        return after(case)[0] <= after(case)[1]

    def lower(case: tuple[str, str]) -> Any:
        return after(case)[0] >= -after(case)[1]

    template.rows("hour", "contingency_most", tuple(cases), "MW", upper)
    template.rows("hour", "contingency_least", tuple(cases), "MW", lower)


def outage_factors(
    network: Network, lines: NDArray[np.int64], failing_lines: Sequence[str]
) -> dict[int, dict[int, float]]:
    """Return for each line that may lose a circuit what each line takes over of that circuit's power, by place.

    Raises InstanceError for a line of which nothing takes the power over, or without a fixed law.
    """
    table = network["lines"]
    start, end = network.bus_codes(table["from_bus"])[lines], network.bus_codes(table["to_bus"])[lines]
    one = network.susceptance("lines")[lines]
    circuits = numbers(table, "circuits")[lines]
    stiff = one * circuits
    incidence = np.zeros((len(lines), network.n_buses))
    incidence[np.arange(len(lines)), start] = 1.0
    incidence[np.arange(len(lines)), end] -= 1.0
    inverse = np.linalg.pinv(incidence.T * stiff @ incidence)
    place = {int(k): n for n, k in enumerate(lines)}
    found: dict[int, dict[int, float]] = {}
    named = names(table, "line")
    for failing in dict.fromkeys(failing_lines):
        out = named.index(failing)
        if out not in place:
            hint = "choose lines with reactance under power_flow = dc that no candidate joins"
            raise InstanceError([Fault("network/contingencies", f"line {failing} has no fixed law", hint)])
        n = place[out]
        angles = inverse @ incidence[n]
        # What one circuit itself carries of a MW sent between its ends; all of it where nothing stands beside.
        own = one[n] * float(incidence[n] @ angles)
        if own > 1 - NONE:
            hint = "leave it out, or build a second way"
            raise InstanceError([Fault("network/contingencies", f"nothing stands in for line {failing}", hint)])
        share = stiff * (incidence @ angles)
        share[n] *= (circuits[n] - 1) / circuits[n]
        found[out] = {int(k): float(value) / (1 - own) for k, value in zip(lines, share, strict=True)}
    return found
