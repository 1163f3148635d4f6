"""Land that sites and corridors take of a land plan, by technology and class: what they cover and what they convert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.overlays import overlay_names

if TYPE_CHECKING:
    from optimizer.results.network.reading import NetworkPlan

COLUMNS = ("technology", "name", "class", "period", "area_ha")

SERVICE = "service"
"""What stands for a technology where land is converted for service buildings, foundations and tower feet."""


def land_table(plan: NetworkPlan, moves: pd.DataFrame) -> pd.DataFrame:
    """Return hectares that sites and corridors take by present class: covered, and converted as `SERVICE`."""
    return pd.concat([overlay_table(plan, moves), service_table(plan, moves)], ignore_index=True)


def service_table(plan: NetworkPlan, moves: pd.DataFrame) -> pd.DataFrame:
    """Return hectares that change to the class of facilities near what is built, by class and period.

    Where the plan turns land there to that class for other ends, these hectares are among them: both are one class.
    """
    to, source = moves["to"].astype(str), moves["from"].astype(str)
    near = moves["zone"].astype(str).isin(_serving(plan))
    taken = moves[near & (to == plan.network.settings.facility_class) & (source != to) & (moves["area_ha"] > 0)]
    if taken.empty or not sum(facility_ha(plan)) > 0:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.DataFrame(
        {
            "technology": SERVICE,
            "name": "",
            "class": taken["from"].astype(str),
            "period": taken["period"],
            "area_ha": taken["area_ha"],
        }
    )
    return table.groupby(list(COLUMNS[:-1]), as_index=False, sort=False, observed=True)[["area_ha"]].sum()


def _serving(plan: NetworkPlan) -> set[str]:
    """Return the zones of sites and segments, which may hold what serves them."""
    return {str(zone) for name in ("site_zones", "segment_zones") for zone in plan.network[name]["zone"]}


def overlay_table(plan: NetworkPlan, moves: pd.DataFrame) -> pd.DataFrame:
    """Return hectares that each site and the corridors' strip cover by class and period in which that begins.

    The land keeps its class; `moves` is `plan/moves.parquet`.
    """
    covered = moves[(moves["overlay"].astype(str) != "") & (moves["area_ha"] > 0)]
    if covered.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    names, technology = overlay_names(plan.network.tables)
    table = pd.DataFrame(
        {
            "technology": covered["overlay"].astype(str).map(dict(zip(names, technology, strict=True))),
            "name": covered["overlay"].astype(str),
            "class": covered["to"].astype(str),
            "period": covered["period"],
            "area_ha": covered["area_ha"],
        }
    )
    return table.groupby(list(COLUMNS[:-1]), as_index=False, sort=False, observed=True)[["area_ha"]].sum()


def facility_ha(plan: NetworkPlan) -> tuple[float, float]:
    """Return hectares that service buildings and foundations of sites, and tower feet, convert by the last stage."""
    sites, table = plan.network["sites"], plan.network["segment_zones"]
    built = np.nan_to_num(plan.once("site", "capacity_mw", sites["site"]))[-1]
    segments = plan.network["segments"]["segment"].astype(str)
    opened = pd.Series(np.nan_to_num(plan.once("segment", "opened", segments))[-1], index=segments)
    feet = table["segment"].astype(str).map(opened).fillna(0.0) * table["tower_ha"] if len(table) else pd.Series([0.0])
    return float(built @ sites["facility_ha_per_mw"].to_numpy(dtype=float)), float(feet.sum())
