"""What a network costs and emits: of all stages together, by year, and what its objective leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.network.plant import chosen, share_of
from optimizer.results.audit.network.resistance import thrown_away

if TYPE_CHECKING:
    from optimizer.results.audit.network.plan import Values
    from optimizer.results.audit.network.tables import Network
    from optimizer.results.audit.network.whole import Parts


@dataclass(frozen=True)
class Sums:
    """Objective, cost (money) and emissions (tCO2e) of a network plan; sizes are sums of |terms|.

    `years` holds emissions of the year of each stage, of plant and of imports apart, and what lines lose beyond what
    the square of their flow makes them lose, as tangents tell it (MWh).
    """

    value: float
    size: float
    cost: float
    cost_size: float
    emissions: float
    emissions_size: float
    constant: float
    constant_size: float
    unit: str
    money: str
    years: dict[str, float]


def sums_of(parts: Parts, values: Values) -> Sums:
    """Recompute what a plan costs and emits."""
    system, network = parts.system, parts.system.network
    every = values.all()
    cost, emissions = system.gathered("cost") * every, system.gathered("emissions") * every
    carbon, money = network.weights
    constant, constant_size = existing_cost(network)
    terms = carbon * emissions + money * cost
    return Sums(
        value=float(terms.sum()),
        size=float(np.abs(terms).sum()),
        cost=float(cost.sum()),
        cost_size=float(np.abs(cost).sum()),
        emissions=float(emissions.sum()),
        emissions_size=float(np.abs(emissions).sum()),
        constant=money * constant,
        constant_size=abs(money) * constant_size,
        unit={(1.0, 0.0): "tCO2e", (0.0, 1.0): network.money}.get((carbon, money), ""),
        money=network.money,
        years=_years(parts, values) | {"lost_beyond_tangents_mwh": thrown_away(parts, values)},
    )


def _years(parts: Parts, values: Values) -> dict[str, float]:
    """Return the emissions of the year of each stage, tCO2e."""
    system, found = parts.system, dict[str, float]()
    for name, columns in (("plant", parts.generators), ("imports", parts.imports)):
        if columns is not None:
            emitted = columns.emissions * values[columns.name]
            by_stage = emitted.reshape(system.times.stages, -1).sum(axis=1) / system.network.lengths
            years = zip(system.network.years, by_stage.tolist(), strict=True)
            found |= {f"emissions_{name}{f'_{year}' if year else ''}": value for year, value in years}
    return found


def existing_cost(network: Network) -> tuple[float, float]:
    """Return what the present capacity of everything extendable would cost, and the sum of |terms|.

    The objective counts what is added; PyPSA counts all, and names this difference.
    """
    terms = [np.zeros(0)]
    for name in ("generators", "lines", "links"):
        table = network[name].take(chosen(network[name]))
        terms.append(share_of(table["capacity_mw"], table["capital_cost"]))
    table = network["storage"].take(chosen(network["storage"]))
    limited = np.where(np.isfinite(table["power_mw"]), table["power_mw"], 0.0)
    terms.append(limited * (table["capital_cost"] + table["hours"] * table["energy_cost"]))
    terms.append((table["energy_mwh"] * table["energy_cost"])[table["hours"] == 0])
    every = np.concatenate(terms)
    return float(every.sum()), float(np.abs(every).sum())
