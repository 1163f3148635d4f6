r"""Dispatch of generators, curtailment and imports 出力、弃电与外购电.

.. math:: \underline s_g\, a_{g,t} K_{g,p} \le p_{g,t} \le a_{g,t} K_{g,p}

:math:`p` (MW) output, :math:`a` (0..1) availability in the snapshot, :math:`K` (MW) capacity, :math:`\underline s`
least share (1: output is fixed). What is available and not taken is curtailed. Where capacity is given, both are limits
of the column; rows exist only where it is chosen, and the multiplier of the upper one is what a further available MW is
worth. Imports: :math:`0 \le m_{b,t} \le \overline m_{b,p}` at the price and grid emission factor of the stage's year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.energy.capacity import add_capacity

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from formulations.energy.balance import Terminals
    from formulations.energy.capacity import Capacity
    from formulations.energy.template import Template

GENERATOR = "generator"
SITE = "site"
IMPORT = "import"


def names(table: pd.DataFrame, column: str) -> tuple[str, ...]:
    """Return the names in a column."""
    return tuple(table[column].astype(str))


def numbers(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as numbers, (rows,)."""
    return np.asarray(table[column], dtype=float)


def operating_cost(template: Template, marginal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return money per MW of output in each hour, (hours, members), from money per MWh."""
    return np.outer(template.calendar.year_cost_h, marginal)


def at_most(capacity: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return share times capacity, 0 where the share is 0 and the capacity has no limit."""
    return np.where(share > 0, capacity * np.where(share > 0, share, 1.0), 0.0)


def add_generators(template: Template, terminals: Terminals) -> None:
    """Add output and capacity of generators."""
    calendar, table = template.calendar, template.calendar.network["generators"]
    if table.empty:
        return
    extendable = table["extendable"].to_numpy() == 1
    available = calendar.in_stages(calendar.network.curves(table["profile"]).T)
    existing, share = numbers(table, "capacity_mw"), numbers(table, "minimum_share")
    most = np.where(extendable, numbers(table, "maximum_mw"), existing)
    least = np.where(extendable, numbers(table, "minimum_mw"), existing)
    emission = np.outer(calendar.year_energy_h, numbers(table, "emission_tco2_per_mwh"))
    power = template.columns(
        "hour",
        "generator_power",
        names(table, "generator"),
        "MW",
        least * share * available,
        at_most(most, available),
        cost={"cost": operating_cost(template, numbers(table, "marginal_cost")), "emissions": emission},
    )
    terminals.connect(names(table, "bus"), power.values(), np.ones(len(table)))
    if not extendable.any():
        return
    some = table[extendable]
    capacity = add_capacity(
        template,
        GENERATOR,
        names(some, "generator"),
        numbers(some, "capacity_mw"),
        numbers(some, "minimum_mw"),
        numbers(some, "maximum_mw"),
        numbers(some, "capital_cost"),
    )
    within_capacity(template, GENERATOR, capacity, power, available[:, extendable], share[extendable])


def within_capacity(
    template: Template,
    kind: str,
    capacity: Capacity,
    power: Any,
    available: NDArray[np.float64],
    share: NDArray[np.float64],
) -> None:
    """Add rows that keep output between the least share of what is available and all of it."""
    offered = capacity.stand_in("hour", kind + "_available", available)
    least = dict(zip(capacity.members, share.tolist(), strict=True))

    def upper(member: str) -> Any:
        return power[member] <= offered[member]

    def lower(member: str) -> Any:
        return power[member] >= least[member] * offered[member]

    template.rows("hour", kind + "_output", capacity.members, "MW", upper)
    bound = [member for member in capacity.members if least[member] > 0]
    if bound:
        template.rows("hour", kind + "_least_output", bound, "MW", lower)


def add_imports(template: Template, terminals: Terminals) -> None:
    """Add power bought from outside, at the buses that may have it in any stage."""
    calendar, network = template.calendar, template.calendar.network
    table = network["imports"]
    if table.empty:
        return
    buses = tuple(dict.fromkeys(names(table, "bus")))
    held = [network.at_stage("imports", stage).set_index("bus") for stage in range(calendar.stages)]

    def by_hour(column: str) -> NDArray[np.float64]:
        rows = [one[column].reindex(list(buses)).fillna(0.0).to_numpy(dtype=float) for one in held]
        return np.asarray(np.repeat(rows, network.n_snapshots, axis=0))

    price = calendar.year_cost_h[:, None] * by_hour("price")
    emission = calendar.year_energy_h[:, None] * by_hour("emission_tco2_per_mwh")
    power = template.columns(
        "hour", "import_power", buses, "MW", 0.0, by_hour("capacity_mw"), cost={"cost": price, "emissions": emission}
    )
    terminals.connect(buses, power.values(), np.ones(len(buses)))
