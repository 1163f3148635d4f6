"""What is odd about a network but can be solved: units mixed, places outside the land, segments that stay closed.

电网数据的合理性提示。
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault
from instances.network.checks import row_name
from instances.network.land_checks import closed_segments
from instances.places import place_of
from instances.row_faults import row_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from instances.land import Land
    from instances.network.network import Network

MIXED = 300.0
"""A figure this many times the median of its column, or its counterpart, is likely in a unit a thousandth as large."""

BEYOND_LOADS = 30.0
"""No plant, line or store of a system is as many times as large as all its loads together, nor these as its supply."""

FEWEST = 4
"""Rows from which a median says anything."""

GREATEST_LOAD_MW = 2e6
"""No power system draws as much; China's peak of 2024 was 1.45e6 MW (National Energy Administration)."""

GREATEST_EMISSION = 3.0
"""tCO2 a MWh; the worst lignite plants emit 1.5."""

GREATEST_DENSITY = 200.0
"""MW a km2; the densest fixed-tilt arrays reach 100."""

POWERS = (
    ("generators", "capacity_mw"),
    ("lines", "capacity_mw"),
    ("links", "capacity_mw"),
    ("candidates", "capacity_mw"),
    ("sites", "potential_mw"),
    ("storage", "power_mw"),
    ("loads", "peak_mw"),
    ("imports", "capacity_mw"),
)

CEILINGS = (
    ("loads", "peak_mw", GREATEST_LOAD_MW, "more than any power system draws", "is it in kW?"),
    ("generators", "emission_tco2_per_mwh", GREATEST_EMISSION, "more than any plant emits", "is it in kg, or a GWh?"),
    ("imports", "emission_tco2_per_mwh", GREATEST_EMISSION, "more than any grid emits", "is it in kg, or a GWh?"),
    ("sites", "density_mw_per_km2", GREATEST_DENSITY, "more than any array holds", "is it in kW a ha, or W a m2?"),
)
"""Columns with what none of their figures reaches, in words, and what may have happened."""


def network_warnings(
    folder: Path, network: Network, land: Land | None = None, bounds: NDArray[np.float64] | None = None
) -> list[Fault]:
    """Return what is odd: figures that look like another unit, segments that stay closed, buses far from the land.

    `bounds` (west, south, east, north) are those of the land, None where it has no polygons.
    """
    outliers = list(_outliers(folder, network))
    found = [*_ceilings(folder, network), *outliers, *([] if outliers else _supply(folder, network))]
    if land is not None:
        found += closed_segments(folder, network, land)
    if bounds is not None:
        found += _far_away(folder, network, bounds)
    return found


def _ceilings(folder: Path, network: Network) -> Iterator[Fault]:
    for table, column, most, words, hint in CEILINGS:
        values = network[table][column].to_numpy(dtype=float)
        place = place_of(folder, "network", table)

        def told(row: int, table: str = table, values: NDArray[np.float64] = values, words: str = words) -> str:
            return f"{row_name(network, table, row)}: {values[row]:,.6g} is {words}"

        yield from row_faults(place, np.flatnonzero(values > most), told, hint, column)


def _outliers(folder: Path, network: Network) -> Iterator[Fault]:
    """Find powers far above the median of their column, or above all that is drawn; those that are chosen are free."""
    drawn = _peak_mw(network)
    for table, column in POWERS:
        frame = network[table]
        values = frame[column].to_numpy(dtype=float)
        stated = (values > 0) & np.isfinite(values) & ~_chosen(frame)
        middle = float(np.median(values[stated])) if stated.sum() >= FEWEST else np.inf
        beyond = values > (BEYOND_LOADS * drawn if drawn > 0 and table != "loads" else np.inf)
        place = place_of(folder, "network", table)
        beside = np.where(beyond, f"all loads together draw {drawn:,.6g}", f"the median is {middle:,.6g}")

        def told(
            row: int, table: str = table, values: NDArray[np.float64] = values, beside: NDArray[np.str_] = beside
        ) -> str:
            return f"{row_name(network, table, row)}: {values[row]:,.6g} MW, {beside[row]}"

        odd = np.flatnonzero(stated & (beyond | (values > MIXED * middle)))
        yield from row_faults(place, odd, told, "is it in kW?", column)


def _chosen(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows have a capacity that the plan chooses."""
    return frame["extendable"].to_numpy() == 1 if "extendable" in frame else np.zeros(len(frame), dtype=bool)


def _supply(folder: Path, network: Network) -> Iterator[Fault]:
    """Compare what may be supplied with what is drawn; one of both in another unit makes a factor of 1000."""
    total = _peak_mw(network)
    plant = network["generators"]
    most = np.where(_chosen(plant), plant["maximum_mw"], plant["capacity_mw"]).sum()
    bought = max(float(network.at_stage("imports", k)["capacity_mw"].sum()) for k in range(len(network.stage_years)))
    supply = float(most + network["sites"]["potential_mw"].sum() + bought)
    place = place_of(folder, "network", "loads")
    if total <= 0 or supply <= 0 or np.isinf(supply):
        return
    if supply > MIXED * total:
        message = f"supply of {supply:,.6g} MW is more than {MIXED:g} times the peak of {total:,.6g} MW"
        yield Fault(place, message, "are the generators in kW, or the loads in GW?", column="peak_mw")
    elif total > BEYOND_LOADS * supply:
        message = f"the peak of {total:,.6g} MW is more than {BEYOND_LOADS:g} times the supply of {supply:,.6g} MW"
        yield Fault(place, message, "are the loads in kW, or the generators in GW?", column="peak_mw")


def _peak_mw(network: Network) -> float:
    """Return the greatest demand of all buses together, over stages and snapshots, MW."""
    return max(float(network.demand_mw(stage).sum(axis=0).max()) for stage in range(len(network.stage_years)))


def _far_away(folder: Path, network: Network, bounds: NDArray[np.float64]) -> Iterator[Fault]:
    """Find buses farther from the land than the land is wide: coordinates in another reference system."""
    buses, place = network["buses"], place_of(folder, "network", "buses")
    west, south, east, north = bounds
    x, y = buses["x_m"].to_numpy(dtype=float), buses["y_m"].to_numpy(dtype=float)
    beyond = np.maximum.reduce([west - x, x - east, south - y, y - north])

    def words(row: int) -> str:
        return f"bus {buses['bus'].iloc[row]} lies far outside the land"

    far, hint = np.flatnonzero(beyond > max(east - west, north - south)), "are its coordinates in the instance's CRS?"
    yield from row_faults(place, far, words, hint, "x_m", "buses far outside the land")
