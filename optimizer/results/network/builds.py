"""What a plan builds between buses: circuits, capacity, and segments of routes, with length, cost and crossings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.results.network.costs import wire_cost
from optimizer.results.network.crossings import summed
from optimizer.results.network.rows import by_stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimizer.results.network.figures import Wires
    from optimizer.results.network.reading import NetworkPlan

BUILT = 1e-6
"""MW or circuits below which nothing is built."""


def corridor_facts(plan: NetworkPlan) -> pd.DataFrame:
    """Return length (km), cost of the segments and crossings of each corridor, by its name.

    Crossings of its segments are summed; a segment that several corridors share counts in each of them.
    """
    rows = plan.network["corridors"].merge(plan.network["segments"], on="segment")
    facts = rows.groupby("corridor")[["length_km", "cost"]].sum()
    return facts.assign(crossings=rows.groupby("corridor")["crossings"].agg(summed).reindex(facts.index))


def _words(texts: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(str(text) for text in texts))


def builds_table(plan: NetworkPlan, carries: Wires) -> pd.DataFrame:
    """Return what is built between buses, by the stage that builds it: circuits and capacity with length and cost."""
    network = plan.network
    before = np.concatenate(
        [
            (network["lines"]["capacity_mw"] * network["lines"]["circuits"]).to_numpy(dtype=float),
            network["links"]["capacity_mw"].to_numpy(dtype=float),
            np.zeros(len(network["candidates"])),
        ]
    )
    added = np.diff(np.vstack([before, carries.capacity]), axis=0)
    whole = (carries.units["component"] == "candidate").to_numpy()
    circuits = np.diff(np.vstack([np.zeros(len(before)), carries.circuits]), axis=0) * whole
    lines, candidates = network["lines"], network["candidates"]
    own_km = np.concatenate(
        [np.full(len(lines), np.nan), network["links"]["length_km"].replace(0, np.nan), np.full(whole.sum(), np.nan)]
    )
    corridor = np.array([""] * len(before), dtype=object)
    corridor[whole] = candidates["corridor"].astype(str)
    facts = corridor_facts(plan).reindex(corridor)
    units = carries.units.assign(
        corridor=corridor,
        route_cost=facts["cost"].to_numpy(dtype=float),
        length_km=np.where(np.isnan(own_km), facts["length_km"].to_numpy(dtype=float), own_km),
        crossings=facts["crossings"].fillna("").to_numpy(dtype=object),
    )
    table = by_stage(plan, units, circuits=circuits, added_mw=added, cost=wire_cost(plan, carries))
    built = (table["added_mw"].abs() > BUILT) | (table["circuits"] > BUILT)
    table = table[built].reset_index(drop=True)
    return table.assign(circuits=table["circuits"].round().where(table["component"] == "candidate"))


def segments_table(plan: NetworkPlan) -> pd.DataFrame:
    """Return the segments of routes that are opened, in the stage that opens them, and what they cross."""
    segments = plan.network["segments"]
    opened = plan.once("segment", "opened", segments["segment"])
    if not len(segments) or np.isnan(opened).all():
        return pd.DataFrame()
    new = np.diff(np.vstack([np.zeros(len(segments)), np.nan_to_num(opened)]), axis=0)
    of = plan.network["corridors"].groupby("segment")["corridor"].agg(_words)
    units = segments[["segment", "length_km", "width_m", "cost", "crossings"]].reset_index(drop=True)
    units.insert(1, "corridors", of.reindex(units["segment"]).fillna("").to_numpy(dtype=object))
    table = by_stage(plan, units, opened=new)
    return table[table["opened"] > BUILT].drop(columns="opened").reset_index(drop=True)
