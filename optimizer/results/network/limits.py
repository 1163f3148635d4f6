"""Limits on the network as a whole against what the plan reaches, by rule and stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from optimizer.results.network.figures import Stores, Supply
    from optimizer.results.network.reading import NetworkPlan

TOLERANCE = 1e-6
"""Part of a limit by which it may be missed."""


def limits(plan: NetworkPlan, feeds: Supply, holds: Stores) -> pd.DataFrame:
    """Return each limit in each stage that it holds in: id, rule, technology, period, sense, bound, reached, holds."""
    years = plan.network.stage_years
    rows = [
        {
            "id": str(rule["id"]),
            "rule": str(rule["rule"]),
            "technology": str(rule["technology"]),
            "period": year,
            "sense": str(rule["sense"]),
            "bound": float(rule["value"]),
            "reached": _reached(plan, feeds, holds, rule, stage),
            "unit": str(rule["unit"]),
        }
        for rule in plan.network["rules"].to_dict("records")
        for stage, year in enumerate(years)
        if rule["year"] in (0, year)
    ]
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows)
    room = TOLERANCE * np.maximum(table["bound"].abs(), 1.0)
    over = (table["sense"] != ">=") & (table["reached"] > table["bound"] + room)
    under = (table["sense"] != "<=") & (table["reached"] < table["bound"] - room)
    return table.assign(holds=~(over | under), source=_sources(plan, table["id"]))


def _sources(plan: NetworkPlan, ids: pd.Series) -> pd.Series:
    rules = plan.network["rules"]
    return ids.map(pd.Series(rules["source"].astype(str).to_numpy(), index=rules["id"].astype(str)))


def _reached(plan: NetworkPlan, feeds: Supply, holds: Stores, rule: dict[Any, Any], stage: int) -> float:
    """Return what the plan has of a rule in a stage, in the unit of the rule."""
    hours = plan.network.weight_h
    energy = hours @ feeds.power[stage]
    load = float(hours @ plan.demand[stage].sum(axis=1))
    kind = feeds.units["component"].to_numpy()
    renewable = feeds.units["renewable"].to_numpy(dtype=bool)
    share = rule["unit"] == "share"
    match rule["rule"]:
        case "emission_cap":
            return float(energy @ feeds.factor[stage])
        case "renewable_share":
            return float(energy[renewable].sum()) / load if load else np.nan
        case "self_sufficiency":
            return float(energy[kind != "import"].sum()) / load if load else np.nan
        case "curtailment_cap":
            lost = float((hours @ feeds.curtailed[stage])[renewable].sum())
            could = float(energy[renewable].sum()) + lost
            return lost / could if share and could else lost
        case "import_cap":
            bought = float(energy[kind == "import"].sum())
            return bought / load if share and load else bought
        case _:
            return _capacity(feeds, holds, str(rule["technology"]), stage)


def _capacity(feeds: Supply, holds: Stores, technology: str, stage: int) -> float:
    """Return MW of a technology, of every one where none is named; imports are none."""
    total = 0.0
    for units, capacity in ((feeds.units, feeds.capacity), (holds.units, holds.capacity)):
        of = (units["component"] != "import").to_numpy()
        if technology:
            of = of & (units["technology"] == technology).to_numpy()
        total += float(capacity[stage, of].sum())
    return total
