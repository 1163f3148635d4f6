"""A made network on made land: sites that reach zones, candidate lines whose strips cross them, imports that decline.

Sites are windows of the grid of zones and may overlap, so that technologies, restoration and towns compete for the same
hectare. A candidate needs the trunks of both its ends and the span between them, so that lines from one bus share
ground. Nothing has to be built: engines feed every load, so every made study has a plan. Figures are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.synthetic.network import HOURS, NetworkOptions, made_network
from instances.write_sites import write_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.synthetic.landscape import Landscape
    from instances.synthetic.options import Options

    Values = NDArray[np.float64]

PEAK_MW_PER_HA = 0.003
"""Peak demand, about that of a prefecture with industry."""

USUAL_PEAK_MW = 180.0
"""Mean peak of a bus of a made network of size 1."""

SITES_A_BUS, CANDIDATES_A_BUS = 5 / 2, 5 / 3
TECHNOLOGIES = ("solar", "solar", "solar", "wind", "wind", "storage")
DENSITY = {"solar": 40.0, "wind": 20.0, "storage": 0.0}
CAPITAL = {"solar": 300.0, "wind": 550.0, "storage": 120.0}
"""10k CNY a MW."""

FACILITY_HA_PER_MW = {"solar": 0.05, "wind": 0.1, "storage": 0.0}
FIXED_COST = 500.0
"""10k CNY a site, at size 1."""

FACILITY_CLASS = "urban_housing"
WIDTH_M, TOWER_SHARE, KM_COST = 40.0, 0.01, 100.0
TRUNK = 0.35
"""Part of the way to the next bus that a trunk covers."""

TIGHT = 0.7
"""Capacity of the lines as part of the usual, so that more are wanted."""

YEARS_OF_OPERATION = 10.0
"""Annual costs of a made network that one payment stands for."""

NO_SOLAR = ("cropland", "forest", "wetland", "urban_housing", "rural_housing", "orchard")
NO_WIND = ("wetland", "urban_housing", "rural_housing")


def write_joint(land: Landscape, options: Options, part: Path) -> None:
    """Write the tables of the network of a made instance into the folder `part`."""
    part.mkdir()
    for name, frame in joint_tables(land, options).items():
        if len(frame):
            write_table(part, name, frame.replace(np.inf, np.nan))


def joint_tables(land: Landscape, options: Options) -> dict[str, pd.DataFrame]:
    """Return the tables of a network of `options.network` buses on made land, by name."""
    random = np.random.default_rng([options.seed, 6])
    size = PEAK_MW_PER_HA * land.area_ha.sum() / (USUAL_PEAK_MW * options.network)
    box = (land.x_m[0], land.y_m[0], land.x_m[-1], land.y_m[-1])
    candidates = min(round(CANDIDATES_A_BUS * options.network), 2 * options.network - 3)
    tables = made_network(NetworkOptions(options.network, 4, options.hours, candidates, False, options.seed, size, box))
    plants = tables["generators"]
    tables["generators"] = plants[~plants["technology"].isin(["wind", "solar"])].reset_index(drop=True)
    tables["candidates"]["cost"] *= YEARS_OF_OPERATION
    tables["lines"]["capacity_mw"] *= TIGHT
    tables["imports"] = _imports(tables["buses"]["bus"], options, size)
    tables["sites"], tables["site_zones"] = _sites(land, tables["buses"], size, random)
    tables |= _corridors(land, tables["buses"], tables["candidates"], size)
    tables["overlays"] = _overlays(land)
    return tables


def _imports(bus: pd.Series, options: Options, size: float) -> pd.DataFrame:
    """Return a tie at the first bus, whose factor declines from period to period."""
    years = options.period_ends
    factor = np.linspace(0.6, 0.3, len(years)).round(4)
    return pd.DataFrame(
        {"bus": bus.iloc[0], "year": years, "capacity_mw": 200.0 * size, "emission_tco2_per_mwh": factor, "price": 0.04}
    )


def _sites(
    land: Landscape, buses: pd.DataFrame, size: float, random: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sites and the zones they reach: windows near the buses, whose outermost zones lie in them by half."""
    rows = -(-land.zones // land.columns)
    count = round(SITES_A_BUS * len(buses))
    side = max(int(np.sqrt(0.3 * land.zones / count)), 1)
    sites, zones = [], []
    for number in range(count):
        technology, bus = TECHNOLOGIES[number % len(TECHNOLOGIES)], buses.iloc[number % len(buses)]
        name, density = f"{technology} {number + 1}", DENSITY[technology]
        column = int(np.searchsorted(land.x_m, bus["x_m"])) + int(random.integers(-2 * side, 2 * side + 1))
        row = int(np.searchsorted(land.y_m, bus["y_m"])) + int(random.integers(-2 * side, 2 * side + 1))
        # The last row of the grid may be short of zones.
        ends = ((column, land.columns), (row, max(rows - 1, 1)))
        column, row = (min(max(at, 0), max(most - side, 0)) for at, most in ends)
        reached, share = _window(land, row, column, side)
        area = float((land.area_ha[reached] * share).sum())
        potential = 100.0 * size if technology == "storage" else min(0.3 * density * area / 100, 300.0 * size)
        if technology != "storage":
            zones.append(pd.DataFrame({"site": name, "zone": (reached + 1).astype(str), "share": share}))
        sites.append(_site(name, technology, str(bus["bus"]), potential, size))
    return pd.DataFrame(sites), pd.concat(zones, ignore_index=True)


def _site(name: str, technology: str, bus: str, potential: float, size: float) -> dict[str, object]:
    storage = technology == "storage"
    return {
        "site": name,
        "technology": technology,
        "bus": bus,
        "potential_mw": round(potential, 3),
        "minimum_mw": 0.0 if storage else round(0.05 * potential, 3),
        "fixed_cost": 0.0 if storage else round(FIXED_COST * size, 3),
        "capital_cost": CAPITAL[technology],
        "profile": "" if storage else f"{technology} {bus}",
        "density_mw_per_km2": DENSITY[technology],
        "facility_ha_per_mw": FACILITY_HA_PER_MW[technology],
        "hours": 4.0 if storage else 0.0,
        "efficiency": 0.9 if storage else 1.0,
    }


def _window(land: Landscape, row: int, column: int, side: int) -> tuple[NDArray[np.int64], Values]:
    """Return the zones of a window of the grid, and the share of each that lies in it."""
    across, down = np.meshgrid(np.arange(column, column + side), np.arange(row, row + side))
    edge = (across == column) | (across == column + side - 1) | (down == row) | (down == row + side - 1)
    share = np.where(edge & (side > 2), 0.5, 1.0)
    there = (across < land.columns) & (down * land.columns + across < land.zones)
    return (down * land.columns + across)[there].astype(np.int64), share[there]


def _corridors(land: Landscape, buses: pd.DataFrame, candidates: pd.DataFrame, size: float) -> dict[str, pd.DataFrame]:
    """Return corridors, segments and their zones, and candidates with the corridor of each.

    All trunks of a bus lead towards the middle of the buses, so that candidates share them.
    """
    place = {str(bus): np.array([x, y]) for bus, x, y in buses[["bus", "x_m", "y_m"]].itertuples(index=False)}
    middle = np.mean(list(place.values()), axis=0)
    gates = {bus: at + TRUNK * (middle - at) for bus, at in place.items()}
    ways = {f"trunk {bus}": (at, gates[bus]) for bus, at in place.items()}
    corridors, names = [], []
    for start, end in candidates[["from_bus", "to_bus"]].astype(str).itertuples(index=False):
        span = f"span {start}-{end}"
        ways[span] = (gates[start], gates[end])
        names.append(f"{start}-{end}")
        corridors += [(names[-1], part) for part in (f"trunk {start}", span, f"trunk {end}")]
    opened = {segment for _, segment in corridors}
    ways = {name: way for name, way in ways.items() if name in opened}
    length = {name: float(np.hypot(*(b - a))) for name, (a, b) in ways.items()}
    segments = [
        {"segment": name, "length_km": km / 1000, "width_m": WIDTH_M, "cost": round(KM_COST * size * km / 1000, 3)}
        for name, km in length.items()
    ]
    strips = pd.concat([_strip(land, name, *way) for name, way in ways.items()], ignore_index=True)
    return {
        "corridors": pd.DataFrame(corridors, columns=["corridor", "segment"]),
        "segments": pd.DataFrame(segments).round({"length_km": 4}),
        "segment_zones": strips,
        "candidates": candidates.assign(corridor=names),
    }


def _strip(land: Landscape, segment: str, start: Values, end: Values) -> pd.DataFrame:
    """Return the zones that a straight strip crosses and the hectares in each, half of a zone at most."""
    far = float(np.hypot(*(end - start)))
    steps = max(int(far / 10.0), 1)
    points = start + (np.arange(steps) + 0.5)[:, None] / steps * (end - start)
    column = np.clip(np.searchsorted(land.x_m, points[:, 0]) - 1, 0, land.columns - 1)
    row = np.clip(np.searchsorted(land.y_m, points[:, 1]) - 1, 0, None)
    zone = row * land.columns + column
    crossed, times = np.unique(zone[zone < land.zones], return_counts=True)
    area = np.minimum(times * far / steps * WIDTH_M / 1e4, 0.4 * land.area_ha[crossed]).round(4)
    towers = (TOWER_SHARE * area).round(5)
    table = pd.DataFrame({"segment": segment, "zone": (crossed + 1).astype(str), "area_ha": area, "tower_ha": towers})
    return table[table["area_ha"] > 0]


def _overlays(land: Landscape) -> pd.DataFrame:
    """Return which class may carry what: arrays on open land, wind and strips on more."""
    names = [kind.name for kind in land.types]
    frames = []
    for technology, barred, kept in (("solar", NO_SOLAR, 0.8), ("wind", NO_WIND, 0.95), ("corridor", (), 0.9)):
        table = pd.DataFrame({"technology": technology, "class": names, "sink_kept": kept})
        table["allowed"] = (~table["class"].isin(barred)).astype(int)
        table["in_red_line"] = table["in_farmland"] = int(technology == "corridor")
        table["as_class"] = ""
        if technology == "corridor" and {"forest", "grass"} <= set(names):
            table.loc[table["class"] == "forest", "as_class"] = "grass"
        frames.append(table)
    return pd.concat(frames, ignore_index=True).assign(source="synthetic", status="made")


def network_toml() -> str:
    """Return the section of `instance.toml`."""
    return (
        f'\n[network]\nmoney = "10k CNY"\npower_flow = "dc"\nfacility_class = "{FACILITY_CLASS}"\nhorizon_h = {HOURS}\n'
    )
