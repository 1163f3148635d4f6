r"""Capacity of sites 场址装机: solar, wind and storage that may be built at a place, up to its potential.

.. math::

    \underline K_s o_{s,p} \le K_{s,p} \le \overline K_s o_{s,p}, \qquad o_{s,p} = \sum_{q \le p} \delta_{s,q} \le 1

:math:`K` (MW) capacity so far, :math:`\overline K` (MW) potential of the land, :math:`\underline K` least capacity of a
site that is opened; :math:`\delta` binary: the site is opened in stage q, at its fixed cost. Without fixed cost and
least capacity there is no binary, and the potential is a limit of the column. The multiplier of the potential is what a
further MW of suitable land is worth; zero: the site is not full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.energy.capacity import Capacity, add_capacity
from formulations.energy.dispatch import SITE, at_most, names, numbers, operating_cost, within_capacity
from formulations.energy.template import Means

if TYPE_CHECKING:
    import pandas as pd

    from formulations.energy.balance import Terminals
    from formulations.energy.template import Template

STORAGE = "storage"


def add_sites(template: Template, terminals: Terminals) -> Capacity | None:
    """Add capacity of every site, and output of solar and wind; returns the capacities, None without sites."""
    table = template.calendar.network["sites"]
    if table.empty:
        return None
    zero = np.zeros(len(table))
    stored_h = np.where(table["technology"] == STORAGE, numbers(table, "hours"), 0.0)
    price = numbers(table, "capital_cost") + stored_h * numbers(table, "energy_cost")
    capacity = add_capacity(template, SITE, names(table, "site"), zero, zero, numbers(table, "potential_mw"), price)
    _opened(template, table, capacity)
    _output(template, table, capacity, terminals)
    return capacity


def _opened(template: Template, table: pd.DataFrame, capacity: Capacity) -> None:
    """Add the binaries of sites that cost something to open, or must be of some size."""
    some = table[(table["fixed_cost"] > 0) | (table["minimum_mw"] > 0)]
    if some.empty:
        return
    sites = names(some, "site")
    opening = template.columns(
        "stage", "site_opening", sites, "1", 0.0, 1.0, integer=True, cost={"cost": numbers(some, "fixed_cost")}
    )
    so_far = template.calendar.so_far("stage")
    is_open = template.stand_in("stage", "site_is_open", sites, Means(opening, so_far))
    installed = template.stand_in("stage", "site_installed_if_open", sites, Means(capacity.added, so_far))
    most = dict(zip(sites, numbers(some, "potential_mw").tolist(), strict=True))
    least = dict(zip(sites, numbers(some, "minimum_mw").tolist(), strict=True))

    def upper(site: str) -> Any:
        return installed[site] <= most[site] * is_open[site]

    def lower(site: str) -> Any:
        return installed[site] >= least[site] * is_open[site]

    template.rows("stage", "site_potential", sites, "MW", upper)
    template.rows("stage", "site_least", [site for site in sites if least[site] > 0], "MW", lower)
    if template.calendar.stages > 1:
        template.rows("stage", "site_opened_once", sites, "1", lambda site: is_open[site] <= 1)


def _output(template: Template, table: pd.DataFrame, capacity: Capacity, terminals: Terminals) -> None:
    plant = (table["technology"] != STORAGE).to_numpy()
    if not plant.any():
        return
    some, calendar = table[plant], template.calendar
    available = calendar.in_stages(calendar.network.curves(some["profile"]).T)
    sites = names(some, "site")
    power = template.columns(
        "hour",
        "site_power",
        sites,
        "MW",
        0.0,
        at_most(numbers(some, "potential_mw"), available),
        cost={"cost": operating_cost(template, numbers(some, "marginal_cost"))},
    )
    terminals.connect(names(some, "bus"), power.values(), np.ones(len(some)))
    chosen = Capacity(template, sites, capacity.added, np.zeros(len(sites)))
    within_capacity(template, SITE, chosen, power, available, np.zeros(len(sites)))
