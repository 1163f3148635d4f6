"""The carbon ledger of a plan: every tonne by component, sector, end use, scope and region.

Emissions are positive. What no decision changes (`activity`, `land_sink`) adds up to the objective
constant, what the plan's moves do adds up to the objective "emissions". 碳账本：分部门、终端用途、范围与地区。
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.carbon import COMPONENTS, CarbonAccount
from instances.overlays import overlay_emissions, overlay_names
from optimizer.results.account import Account, AccountTable, account, account_tables
from optimizer.results.coded import code_moves
from optimizer.results.present import COLUMNS, LAND_SECTOR, activity_rows, activity_table, land_sink_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from instances.instance import Instance
    from instances.land import Floats, Land
    from instances.settings import Settings
    from optimizer.results.coded import CodedMoves

__all__ = ["Account", "AccountTable", "account", "account_tables", "by", "constant", "ledger", "objective", "rows_of"]

CONSTANT_COMPONENTS = ("activity", "land_sink")
OVERLAY = "overlay"
"""Land under arrays and strips, which keeps its class."""

SUPPLY = "supply"
"""Electricity from the network that is planned with the land."""

PLAN_COMPONENTS = (*COMPONENTS, OVERLAY, SUPPLY)
AMOUNTS = ("present_annual", "end_annual", "cumulative_tco2e")
KEYS = COLUMNS[:5]

_ONE_OFF = ("stock_loss", "stock_gain", "embodied")
_OF_SOURCE = ("stock_loss", "lost_sink")
"""Components that belong to the class that was there; the others belong to the class that comes."""


def ledger(instance: Instance, moves: pd.DataFrame, supply: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the carbon ledger of a plan; `supply` is the table of the network's supply where one is planned.

    Columns: component, sector (inventory sector), end_use (for land the class group), scope (1
    direct, 2 purchased energy, 3 embodied in materials, 0 not divided), region (a leaf),
    present_annual (base year, tCO2e/yr), end_annual (what the end year itself emits, tCO2e/yr; 0
    for one-off amounts), cumulative_tco2e (over the span, one-off amounts once).
    """
    rows = rows_of(instance, instance.settings, code_moves(instance, moves))
    return rows if supply is None else pd.concat([rows, _supply_rows(instance, supply)], ignore_index=True)


def _supply_rows(instance: Instance, supply: pd.DataFrame) -> pd.DataFrame:
    """Return what the network's supply emits, by technology: bought power, which the land's activity leaves out."""
    land = instance.require_land()
    last = supply["emission_tco2e"].where(supply["period"] == supply["period"].max(), 0.0)
    by_kind = supply.assign(end_annual=last).groupby("technology", as_index=False, sort=False)
    rows = by_kind[["end_annual", "cumulative_tco2e"]].sum().rename(columns={"technology": "end_use"})
    root = str(land.regions["region"].iloc[land.root])
    rows = rows.assign(component=SUPPLY, sector="energy", scope=2, region=root, present_annual=0.0)
    return rows.loc[rows["cumulative_tco2e"] != 0, list(COLUMNS)]


def rows_of(instance: Instance, settings: Settings, coded: CodedMoves) -> pd.DataFrame:
    """Return the ledger of coded moves under given settings."""
    carbon = CarbonAccount(instance.require_land(), settings, instance.network is not None)
    flows = coded.flows()
    parts = [activity_rows(carbon), land_sink_rows(carbon), *_plan_rows(carbon, flows)]
    if instance.network is not None:
        parts.append(_overlay_rows(carbon, instance.network.tables, coded))
    rows = pd.concat([part for part in parts if len(part)] or [parts[0]], ignore_index=True)
    return rows.groupby(list(KEYS), as_index=False, sort=False, observed=True)[list(AMOUNTS)].sum()


def by(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return the ledger summed by one or more of its columns, in the order of first appearance."""
    return rows.groupby(list(columns), as_index=False, sort=False)[list(AMOUNTS)].sum()


def objective(rows: pd.DataFrame) -> float:
    """Return what the plan's moves emit over the span, tCO2e."""
    return _sum(rows, PLAN_COMPONENTS)


def constant(rows: pd.DataFrame) -> float:
    """Return what no decision changes over the span, tCO2e."""
    return _sum(rows, CONSTANT_COMPONENTS)


def _sum(rows: pd.DataFrame, components: Iterable[str]) -> float:
    return float(rows.loc[rows["component"].isin(list(components)), "cumulative_tco2e"].sum())


def _amounts(carbon: CarbonAccount, flows: pd.DataFrame) -> dict[str, tuple[Floats, Floats]]:
    """End-year and cumulative emissions of each flow by component, tCO2e.

    The end year's emission of a flux is what accrues between the year before and the end year.
    """
    end = carbon.settings.carbon.end_year
    at = (
        carbon.factor_set[flows["region"].to_numpy()],
        flows["source"].to_numpy(),
        flows["target"].to_numpy(),
        flows["period"].to_numpy() - 1,
    )
    area = flows["area_ha"].to_numpy()
    until, before = carbon.components(end), carbon.components(end - 1)
    amounts = {}
    for name in COMPONENTS:
        total = until[name][at] * area
        annual = np.zeros_like(total) if name in _ONE_OFF else total - before[name][at] * area
        amounts[name] = (annual, total)
    return amounts


def _plan_rows(carbon: CarbonAccount, flows: pd.DataFrame) -> list[pd.DataFrame]:
    if flows.empty:
        return []
    land = carbon.land
    region = land.regions["region"].astype(str).to_numpy()[flows["region"]]
    parts = []
    for name, (annual, total) in _amounts(carbon, flows).items():
        if not total.any() and not annual.any():
            continue
        side = "source" if name in _OF_SOURCE else "target"
        rows = pd.DataFrame({"region": region, "class": flows[side].to_numpy(), "end_annual": annual})
        rows = rows.assign(component=name, present_annual=0.0, cumulative_tco2e=total)
        described = _added(carbon, rows) if name == "added_activity" else _described(land, name, rows)
        described = described[(described["cumulative_tco2e"] != 0) | (described["end_annual"] != 0)]
        parts.append(described[list(COLUMNS)])
    return parts


def _overlay_rows(carbon: CarbonAccount, tables: Mapping[str, pd.DataFrame], coded: CodedMoves) -> pd.DataFrame:
    """Return what arrays and strips do to the carbon of land that keeps its class."""
    under = np.flatnonzero((coded.overlay > 0) & (coded.area_ha > 0))
    land, end = carbon.land, carbon.settings.carbon.end_year
    _, technology = overlay_names(tables)
    at = (
        coded.overlay[under] - 1,
        carbon.factor_set[coded.region[under]],
        coded.source[under],
        coded.period[under] - 1,
    )
    area = coded.area_ha[under]
    total, before = (
        overlay_emissions(carbon, tables["overlays"], technology, carbon.per_ha(year), carbon.years_acting(year))[at]
        * area
        for year in (end, end - 1)
    )
    region = land.regions["region"].astype(str).to_numpy()[coded.region[under]]
    rows = pd.DataFrame({"region": region, "class": coded.source[under], "end_annual": total - before})
    rows = rows.assign(component=OVERLAY, present_annual=0.0, cumulative_tco2e=total)
    rows = _described(land, OVERLAY, rows)
    return rows.loc[(rows["cumulative_tco2e"] != 0) | (rows["end_annual"] != 0), list(COLUMNS)]


def _described(land: Land, component: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Give land components their sector, end use and scope; embodied carbon is made elsewhere, scope 3."""
    if component == "embodied":
        return rows.assign(sector="industrial_processes", end_use="construction", scope=3)
    return rows.assign(sector=LAND_SECTOR, end_use=land.classes["group"].to_numpy()[rows["class"]], scope=1)


def _added(carbon: CarbonAccount, rows: pd.DataFrame) -> pd.DataFrame:
    """Divide added activity like the present activity of the groups that the new class belongs to."""
    land = carbon.land
    table = activity_table(carbon)
    table = table.groupby(["end_use", "sector", "scope", "group"], as_index=False, sort=False)[["share"]].sum()
    table["density"] = table["share"] / table["group"].map(land.present_ha)
    pairs = pd.DataFrame(
        [(kind, row) for row, group in enumerate(table["group"]) for kind in np.flatnonzero(land.member(group))],
        columns=["class", "row"],
    )
    pairs = pairs.join(table[["end_use", "sector", "scope", "density"]], on="row")
    pairs["part"] = pairs["density"] / pairs.groupby("class")["density"].transform("sum")
    divided = rows.merge(pairs, on="class")
    for name in ("end_annual", "cumulative_tco2e"):
        divided[name] = divided[name] * divided["part"]
    return divided
