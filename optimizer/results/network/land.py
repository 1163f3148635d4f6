"""Land that sites and corridors take of a land plan, by technology and class; what is converted beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.overlays import overlay_names

if TYPE_CHECKING:
    from optimizer.results.network.reading import NetworkPlan

COLUMNS = ("technology", "name", "class", "period", "area_ha")


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
