r"""Storage 储能: what is charged, kept and taken out, within a day or across the year.

.. math::

    e_t = (1 - \sigma)^{h_t} e_{t^-} + \eta^{in} h_t c_t - h_t d_t / \eta^{out},
    \qquad 0 \le c, d \le K_p, \qquad 0 \le e \le E_p

:math:`e` (MWh) level at the end of the snapshot, :math:`c, d` (MW) charge and discharge at the bus, :math:`h` (h)
length, :math:`\sigma` (1/h) standing loss, :math:`\eta` efficiencies, :math:`K` (MW) power, :math:`E` (MWh) energy,
which may be chosen, or be hours times power (limits of energy are limits of power then). Intraday storage ends each
representative day as it began. Seasonal storage runs through the days in the order of the calendar, each repeated
:math:`N` times before the next: see `seasonal`. The multiplier of a level's change is what a MWh is worth in the store
in that hour (zero: it is worth nothing there); that of a limit is what a further MW or MWh of the store would save.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.energy.capacity import Capacity, add_capacity
from formulations.energy.dispatch import names, numbers, operating_cost
from formulations.energy.seasonal import add_seasons
from formulations.energy.template import Means
from formulations.program import INFINITY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.energy.balance import Terminals
    from formulations.energy.template import Template

STORAGE = "storage"

_NUMBERS = (
    "power_mw",
    "energy_mwh",
    "efficiency_in",
    "efficiency_out",
    "standing_loss",
    "minimum_mw",
    "maximum_mw",
    "minimum_mwh",
    "maximum_mwh",
    "hours",
    "capital_cost",
    "energy_cost",
    "marginal_cost",
)


@dataclass(frozen=True)
class Stores:
    """Stores of one kind, arrays (members,) by column of table `storage`; `kind` begins the names of their columns."""

    kind: str
    members: tuple[str, ...]
    buses: tuple[str, ...]
    extendable: NDArray[np.bool_]
    seasonal: NDArray[np.bool_]
    values: dict[str, NDArray[np.float64]]

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return a column as numbers."""
        return self.values[name]

    def some(self, chosen: NDArray[np.bool_]) -> Stores:
        """Return the stores of a mask."""
        return replace(
            self,
            members=tuple(np.array(self.members, dtype=object)[chosen]),
            buses=tuple(np.array(self.buses, dtype=object)[chosen]),
            extendable=self.extendable[chosen],
            seasonal=self.seasonal[chosen],
            values={name: of[chosen] for name, of in self.values.items()},
        )


def add_storage(template: Template, terminals: Terminals) -> None:
    """Add the stores of table `storage`."""
    table = template.calendar.network["storage"]
    if table.empty:
        return
    stores = Stores(
        STORAGE,
        names(table, "storage"),
        names(table, "bus"),
        table["extendable"].to_numpy() == 1,
        table["seasonal"].to_numpy() == 1,
        {name: numbers(table, name) for name in _NUMBERS},
    )
    power = None
    some = stores.some(stores.extendable & np.isfinite(stores["power_mw"]))
    if some.members:
        price = some["capital_cost"] + some["hours"] * some["energy_cost"]
        hours = np.where(some["hours"] > 0, some["hours"], 1.0)
        tied = some["hours"] > 0
        least = np.maximum(some["minimum_mw"], np.where(tied, some["minimum_mwh"] / hours, 0.0))
        most = np.minimum(some["maximum_mw"], np.where(tied, some["maximum_mwh"] / hours, INFINITY))
        power = add_capacity(template, "storage_power", some.members, some["power_mw"], least, most, price)
    _operate(template, terminals, stores, power)


def add_site_storage(template: Template, terminals: Terminals, sites: Capacity | None) -> None:
    """Add the stores of table `sites`: their power is the capacity of the site, losses lie half on either way."""
    table = template.calendar.network["sites"]
    table = table[table["technology"] == STORAGE]
    if table.empty or sites is None:
        return
    count = len(table)
    zero, root = np.zeros(count), np.sqrt(numbers(table, "efficiency"))
    values = {name: zero for name in _NUMBERS} | {
        "maximum_mw": numbers(table, "potential_mw"),
        "maximum_mwh": np.full(count, INFINITY),
        "efficiency_in": root,
        "efficiency_out": root,
        "hours": numbers(table, "hours"),
        "energy_cost": numbers(table, "energy_cost"),
        "marginal_cost": numbers(table, "marginal_cost"),
    }
    members, yes = names(table, "site"), np.ones(count, dtype=bool)
    stores = Stores("site_storage", members, names(table, "bus"), yes, ~yes, values)
    _operate(template, terminals, stores, Capacity(template, members, sites.added, zero))


def _operate(template: Template, terminals: Terminals, stores: Stores, power: Capacity | None) -> None:
    """Add charge, discharge and level, and the rows that link them."""
    kind, members, calendar = stores.kind, stores.members, template.calendar
    fixed_hours = stores.extendable & (stores["hours"] > 0)
    most = np.where(stores.extendable & np.isfinite(stores["power_mw"]), stores["maximum_mw"], stores["power_mw"])
    most_energy = np.where(stores.extendable, stores["maximum_mwh"], stores["energy_mwh"])
    most_energy = np.where(fixed_hours, np.minimum(most_energy, times_hours(most, stores["hours"])), most_energy)
    price = stores["marginal_cost"]
    cost = {"cost": operating_cost(template, price)} if price.any() else None
    charge = template.columns("hour", kind + "_charge", members, "MW", 0.0, most)
    discharge = template.columns("hour", kind + "_discharge", members, "MW", 0.0, most, cost=cost)
    level = template.columns("hour", kind + "_level", members, "MWh", 0.0, most_energy)
    terminals.connect(stores.buses, charge.values(), np.full(len(members), -1.0))
    terminals.connect(stores.buses, discharge.values(), np.ones(len(members)))
    hours = calendar.in_stages(calendar.network.step_h)
    kept = (1.0 - stores["standing_loss"]) ** hours[:, None]
    linked = stores.seasonal & (calendar.days > 1)
    start, before = _levels_before(template, stores, level, kept, linked)
    charged = template.stand_in(
        "hour",
        kind + "_charged",
        members,
        Means(charge, calendar.now("hour", "hour"), hours[:, None] * stores["efficiency_in"]),
    )
    drawn = template.stand_in(
        "hour",
        kind + "_drawn",
        members,
        Means(discharge, calendar.now("hour", "hour"), hours[:, None] / stores["efficiency_out"]),
    )

    def row(member: str) -> Any:
        return level[member] == before[member] + charged[member] - drawn[member]

    template.rows("hour", kind + "_level_change", members, "MWh", row)
    if power is not None:
        _within_power(template, kind, power, charge, discharge)
    energy = _energy(template, stores, power)
    chosen = [member for member, yes in zip(members, stores.extendable, strict=True) if yes]
    if chosen:
        template.rows("hour", kind + "_level_limit", chosen, "MWh", lambda one: level[one] <= energy[one])
    if linked.any():
        add_seasons(template, kind, stores.some(linked), level, start, energy)


def times_hours(power: NDArray[np.float64], hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return MWh of some MW for some hours; no hours make none."""
    return np.where(hours > 0, power * np.where(hours > 0, hours, 1.0), 0.0)


def _levels_before(
    template: Template, stores: Stores, level: Any, kept: NDArray[np.float64], linked: NDArray[np.bool_]
) -> tuple[Any, Any]:
    """Return the levels that linked days start from, and what is left of the level before each snapshot."""
    calendar = template.calendar
    first = calendar.in_stages(calendar.first_of_day)[:, None] & linked
    terms, start = [Means(level, calendar.before, np.where(first, 0.0, kept))], None
    if linked.any():
        members = tuple(np.array(stores.members, dtype=object)[linked])
        most = np.where(stores.extendable, stores["maximum_mwh"], stores["energy_mwh"])[linked]
        start = template.columns("day", stores.kind + "_start", members, "MWh", 0.0, most)
        terms.append(Means(start, calendar.now("hour", "day"), np.where(first, kept, 0.0)))
    return start, template.stand_in("hour", stores.kind + "_level_before", stores.members, *terms)


def _energy(template: Template, stores: Stores, power: Capacity | None) -> dict[str, Any]:
    """Return the energy capacity of each store: a number, a stand-in, or hours times that of its power."""
    energy: dict[str, Any] = dict(zip(stores.members, stores["energy_mwh"].tolist(), strict=True))
    fixed_hours = stores.extendable & (stores["hours"] > 0)
    sized, of_power = stores.some(stores.extendable & ~fixed_hours), stores.some(fixed_hours)
    if sized.members:
        limits = (sized["energy_mwh"], sized["minimum_mwh"], sized["maximum_mwh"], sized["energy_cost"])
        by_itself = add_capacity(template, stores.kind + "_energy", sized.members, *limits, unit="MWh")
        energy |= dict(by_itself.stand_in("hour", stores.kind + "_energy").items())
    if power is not None and of_power.members:
        existing = dict(zip(power.members, power.existing.tolist(), strict=True))
        tied = Capacity(template, of_power.members, power.added, np.array([existing[one] for one in of_power.members]))
        installed = tied.stand_in("hour", stores.kind + "_power_for_energy")
        for member, hours in zip(of_power.members, of_power["hours"].tolist(), strict=True):
            energy[member] = hours * installed[member]
    return energy


def _within_power(template: Template, kind: str, power: Capacity, charge: Any, discharge: Any) -> None:
    installed = power.stand_in("hour", kind + "_power")
    template.rows("hour", kind + "_charge_limit", power.members, "MW", lambda one: charge[one] <= installed[one])
    template.rows("hour", kind + "_discharge_limit", power.members, "MW", lambda one: discharge[one] <= installed[one])
