"""What the restoration sites of Weihai hold, cost and share: features, amounts, borders, rules.

Amounts are hectares computed from the synthetic cover; targets, costs and rules are assumed and say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd

from instances.library.weihai_restoration import KINDS, places, restorable_ha
from instances.problem_tables import measured_boundary

if TYPE_CHECKING:
    from instances.library.weihai_restoration import Kind

ASSUMED = "set for Weihai in instances/library/weihai_sites.py; assumed"
COMPUTED = "hectares of the synthetic cover that the transition table lets restore"

SITE_WANYUAN, SITE_WANYUAN_PER_HA = 10.0, 0.05
"""Survey, design and care of a site, 10k CNY: for each, and for each hectare that could be restored (assumed)."""

LEAST_UNIT_HA = 4.0
"""Restorable land from which a zone is a planning unit of the study of sites alone."""


@dataclass(frozen=True)
class Held:
    """Restorable hectares of every zone by feature, (zones, features), and the names of the features."""

    names: tuple[str, ...]
    area_ha: np.ndarray

    def of_units(self, unit_zone: pd.DataFrame, zones: pd.Series) -> pd.DataFrame:
        """Return the amounts of units: each holds its share of what its zones hold."""
        place = pd.Index(zones).get_indexer(pd.Index(unit_zone["zone"]))
        held = self.area_ha[place] * unit_zone["share"].to_numpy()[:, None]
        table = pd.DataFrame(held, columns=list(self.names)).groupby(unit_zone["unit"].to_numpy(), sort=False).sum()
        long = table.rename_axis("unit").reset_index().melt("unit", var_name="feature", value_name="amount")
        return long[long["amount"] > 0].round({"amount": 4}).sort_values(["feature", "unit"]).reset_index(drop=True)


def held(
    zones: pd.DataFrame, cover: pd.DataFrame, allowed: set[tuple[str, str]], at: dict[str, np.ndarray] | None = None
) -> Held:
    """Return what zones hold of each kind of restoration, and in stream zones of all of them.

    `at` tells by kind in which zones it counts, (zones,); by default wherever it may lie.
    """
    where = at or {kind.name: places(kind, zones) for kind in KINDS}
    areas = [restorable_ha(kind, zones, cover, allowed) * where[kind.name] for kind in KINDS]
    sources = cover[cover["class"].isin({source for kind in KINDS for source in kind.sources})]
    any_kind = zones["zone"].map(sources.groupby("zone")["area_ha"].sum()).fillna(0.0).to_numpy()
    retention = any_kind * (zones["stream"] == 1).to_numpy()
    return Held((*(kind.name for kind in KINDS), "retention"), np.column_stack([*areas, retention]))


def features(target: float) -> pd.DataFrame:
    """Return the features with one relative target for the four kinds, and half of it for water retention."""
    rows = [(k.name, k.name_zh, k.name_en, "ha", target, "relative", 1.0, COMPUTED, "computed") for k in KINDS]
    rows.append(
        (
            "retention",
            "水源涵养（代用）",
            "Water retention (proxy)",
            "ha",
            target / 2,
            "relative",
            1.0,
            "restorable land in zones with a stream stands for what holds water back",
            "made",
        )
    )
    columns = ["feature", "name_zh", "name_en", "unit_of_amount", "target", "target_kind", "weight", "source", "status"]
    return pd.DataFrame(rows, columns=columns)


def site_costs(amounts: pd.DataFrame, units: pd.Series) -> np.ndarray:
    """Return what survey, design and care of each unit cost, (units,), 10k CNY."""
    area = amounts[amounts["feature"] != "retention"].groupby("unit")["amount"].sum()
    return np.round(SITE_WANYUAN + SITE_WANYUAN_PER_HA * units.map(area).fillna(0.0).to_numpy(), 2)


def works_costs(zones: pd.DataFrame, area: np.ndarray, moves: pd.DataFrame) -> np.ndarray:
    """Return what restoring zones costs, (zones,), 10k CNY: hectares of each kind at the mean cost of its changes."""
    allowed = moves[moves["allowed"] == 1].set_index(["from", "to"])["cost_wanyuan_per_ha"]
    each = np.array([_mean_cost(kind, allowed) for kind in KINDS])
    factor = zones["cost_factor"].to_numpy()
    return np.round(SITE_WANYUAN + factor * (area[:, : len(KINDS)] @ each), 2)


def _mean_cost(kind: Kind, cost: pd.Series) -> float:
    pairs = [(i, j) for i in kind.sources for j in kind.targets if (i, j) in cost.index]
    return float(np.mean([cost[pair] for pair in pairs]))


def borders(units: geopandas.GeoDataFrame) -> pd.DataFrame:
    """Return the borders that units share, and the rest of each unit's outline, m."""
    return measured_boundary(units).round({"length_m": 2})


def rules(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    """Return the rules table from id, rule, value and factor."""
    table = pd.DataFrame(rows, columns=["id", "rule", "value", "factor"])
    return table.assign(source=ASSUMED, status="assumed")


def zone_units(
    zones: geopandas.GeoDataFrame, found: Held, moves: pd.DataFrame
) -> tuple[geopandas.GeoDataFrame, pd.DataFrame]:
    """Return a unit for each zone with land enough to restore, and its amounts."""
    rich = found.area_ha[:, : len(KINDS)].sum(axis=1) >= LEAST_UNIT_HA
    mine, area = zones[rich].reset_index(drop=True), found.area_ha[rich]
    cost = works_costs(mine, area, moves)
    frame = {"unit": mine["zone"], "cost": cost, "area_ha": mine["area_ha"].round(4), "status": "free"}
    units = geopandas.GeoDataFrame(frame, geometry=mine.geometry, crs=zones.crs)
    alone = pd.DataFrame({"unit": mine["zone"], "zone": mine["zone"], "share": 1.0})
    return units, Held(found.names, area).of_units(alone, mine["zone"])
