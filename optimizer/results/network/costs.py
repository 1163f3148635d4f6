"""What a network plan costs, by item and stage: investment where it is built, operation over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.results.network.figures import WIRES

if TYPE_CHECKING:
    from optimizer.results.network.figures import Stores, Supply, Wires
    from optimizer.results.network.reading import NetworkPlan, Values


def cost_table(plan: NetworkPlan, feeds: Supply, holds: Stores, carries: Wires) -> pd.DataFrame:
    """Return what a plan costs, by item and stage: investment of the stage, and operation over its years.

    The sum is the objective `cost`: capacity that an extendable component has already costs nothing.
    """
    network = plan.network
    generators, sites = network["generators"], network["sites"]
    kind = feeds.units["component"].to_numpy()
    added = np.diff(np.vstack([feeds.existing, feeds.capacity]), axis=0)
    extendable = (generators["capital_cost"] * (generators["extendable"] == 1)).to_numpy(dtype=float)
    on_sites = sites.loc[sites["technology"] != "storage", "capital_cost"].to_numpy(dtype=float)
    operation = year_cost(plan, feeds.power * feeds.price[:, None, :])
    wired = wire_cost(plan, carries)
    component = carries.units["component"].to_numpy()
    per_mwh = np.concatenate(
        [np.zeros(len(network["lines"])), network["links"]["marginal_cost"], network["candidates"]["marginal_cost"]]
    )
    items: dict[str, tuple[Values, Values]] = {
        "generators": (added[:, kind == "generator"] @ extendable, operation[:, kind == "generator"].sum(axis=1)),
        "sites": (
            added[:, kind == "site"] @ on_sites + _opening_cost(plan),
            operation[:, kind == "site"].sum(axis=1),
        ),
        "imports": (np.zeros(len(plan.years)), operation[:, kind == "import"].sum(axis=1)),
        "storage": (_storage_cost(plan, holds), year_cost(plan, holds.discharge * holds.price).sum(axis=1)),
        **{
            name: (
                wired[:, component == one].sum(axis=1),
                year_cost(plan, sent(plan, carries) * per_mwh)[:, component == one].sum(axis=1),
            )
            for one, name in (("line", "lines"), ("link", "links"), ("candidate", "circuits"))
        },
        "segments": (_segment_cost(plan), np.zeros(len(plan.years))),
    }
    periods = list(network.stage_years)
    parts = [
        pd.DataFrame({"item": name, "period": periods, "investment": invested, "operation": running})
        for name, (invested, running) in items.items()
        if invested.any() or running.any()
    ]
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    return table.assign(total=table["investment"] + table["operation"])


def wire_cost(plan: NetworkPlan, carries: Wires) -> Values:
    """Return the investment in lines, links and circuits by the stage that builds them (stages, units)."""
    network = plan.network
    lines, links, candidates = network["lines"], network["links"], network["candidates"]
    amount = np.where((carries.units["component"] == "candidate").to_numpy(), carries.circuits, carries.capacity)
    # Lines pay for the capacity of one circuit, the others for all of them.
    per_line = np.concatenate([lines["circuits"], np.ones(len(links) + len(candidates))])
    before = np.concatenate([lines["capacity_mw"], links["capacity_mw"], np.zeros(len(candidates))])
    price = np.concatenate(
        [
            lines["capital_cost"] * (lines["extendable"] == 1),
            links["capital_cost"] * (links["extendable"] == 1),
            candidates["cost"],
        ]
    )
    added = np.diff(np.vstack([before, amount / per_line]), axis=0)
    return np.where(price > 0, added * price, 0.0)


def year_cost(plan: NetworkPlan, hourly: Values) -> Values:
    """Return money over the years of each stage (stages, ...) of money an hour (stages, snapshots, ...)."""
    in_year = np.tensordot(hourly, plan.network.cost_weight_h, axes=(1, 0))
    return in_year * plan.years.reshape(-1, *[1] * (in_year.ndim - 1))


def sent(plan: NetworkPlan, carries: Wires) -> Values:
    """Return MW that each wire sends, whichever way (stages, snapshots, units)."""
    both = [
        np.concatenate([plan.in_time(one, f"flow_{way}_mw", plan.network[name][one]) for one, name in WIRES], axis=2)
        for way in ("forward", "backward")
    ]
    return np.where(np.isnan(both[0]), carries.flow, np.nan_to_num(both[0]) + np.nan_to_num(both[1]))


def _opening_cost(plan: NetworkPlan) -> Values:
    sites = plan.network["sites"]
    opened = np.nan_to_num(plan.once("site", "opened", sites["site"]))
    return np.diff(np.vstack([np.zeros(len(sites)), opened]), axis=0) @ sites["fixed_cost"].to_numpy(dtype=float)


def _segment_cost(plan: NetworkPlan) -> Values:
    segments = plan.network["segments"]
    opened = np.nan_to_num(plan.once("segment", "opened", segments["segment"]))
    return np.diff(np.vstack([np.zeros(len(segments)), opened]), axis=0) @ segments["cost"].to_numpy(dtype=float)


def _storage_cost(plan: NetworkPlan, holds: Stores) -> Values:
    """Return the investment in power and energy of storage by stage; energy that follows power counts with it."""
    network = plan.network
    storage, sites = network["storage"], network["sites"]
    sites = sites[sites["technology"] == "storage"]
    extendable = np.concatenate([storage["extendable"] == 1, np.ones(len(sites), dtype=bool)])
    power_price = np.concatenate([storage["capital_cost"], sites["capital_cost"]]) * extendable
    energy_price = np.concatenate([storage["energy_cost"], sites["energy_cost"]]) * extendable
    energy_before = np.concatenate([storage["energy_mwh"], np.zeros(len(sites))])
    hours = np.concatenate([storage["hours"], sites["hours"]])
    energy_before = np.where(
        hours > 0, np.where(np.isfinite(holds.existing), holds.existing, 0.0) * hours, energy_before
    )
    total = np.zeros(len(plan.years))
    for price, before, amount in (
        (power_price, holds.existing, holds.capacity),
        (energy_price, energy_before, holds.energy),
    ):
        paid = price > 0
        total = total + np.diff(np.vstack([before[paid], amount[:, paid]]), axis=0) @ price[paid]
    return total
