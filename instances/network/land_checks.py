"""Checks of a network beside land: what it takes of the zones, and the unit of money that both share.

电网与用地联合时的检查。
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault
from instances.land import codes_of
from instances.overlays import CORRIDOR, overlay_names, permitted
from instances.places import place_of
from instances.row_faults import row_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from instances.land import Land
    from instances.network.network import Network

MONEY_OF_LAND = "10k CNY"

ROUND_OFF = 1e-6
"""Part of a strip that may be wanting."""


def network_land_faults(folder: Path, network: Network, land: Land) -> list[Fault]:
    """Return what keeps a network and the land of one instance from being planned together."""
    return [*_settings(folder, network, land), *_homeless(folder, network), *_strips(folder, network, land)]


def _settings(folder: Path, network: Network, land: Land) -> Iterator[Fault]:
    place, settings = str(folder / "instance.toml"), network.settings
    if settings.money != MONEY_OF_LAND:
        message = f"beside land the money must be {MONEY_OF_LAND}, not {settings.money}"
        yield Fault(place, message, "convert the costs of the network", column="network.money")
    classes = land.classes["class"].astype(str).tolist()
    converts = (network["sites"]["facility_ha_per_mw"] > 0).any() or (network["segment_zones"]["tower_ha"] > 0).any()
    if settings.facility_class and settings.facility_class not in classes:
        hint = f"one of {', '.join(classes)}"
        yield Fault(
            place, f"{settings.facility_class} is no class of the instance", hint, column="network.facility_class"
        )
    elif converts and not settings.facility_class:
        message = "sites or segments convert land, and nothing says to which class"
        yield Fault(place, message, f"one of {', '.join(classes)}", column="network.facility_class")


def _homeless(folder: Path, network: Network) -> Iterator[Fault]:
    """Find sites that need land and lie in no zone."""
    place, sites = place_of(folder, "network", "sites"), network["sites"]
    housed = sites["site"].astype(str).isin(network["site_zones"]["site"].astype(str))
    needing = (sites["density_mw_per_km2"] > 0) | (sites["facility_ha_per_mw"] > 0)
    rows = np.flatnonzero(needing & ~housed)

    def words(row: int) -> str:
        return f"site {sites['site'].iloc[row]} takes land and lies in no zone"

    hint = "add its zones to site_zones, or set its density to 0"
    yield from row_faults(place, rows, words, hint, "site", "sites that take land and lie in no zone")


def _strips(folder: Path, network: Network, land: Land) -> Iterator[Fault]:
    """Find strips larger than their zone, and tower feet larger than their strip."""
    place, table = place_of(folder, "network", "segment_zones"), network["segment_zones"]
    if table.empty:
        return
    area, tower = (table[name].to_numpy(dtype=float) for name in ("area_ha", "tower_ha"))
    zone = land.zone_area_ha[codes_of(table["zone"], land.zones["zone"])]

    def beyond(row: int) -> str:
        return f"{_crossing(table, row)}: {area[row]:g} ha of strip, and the zone has {zone[row]:g} ha"

    def heavy(row: int) -> str:
        feet = f"tower feet of {tower[row]:g} ha are larger than the strip of {area[row]:g} ha"
        return f"{_crossing(table, row)}: {feet}"

    rows = np.flatnonzero(area > zone * (1 + ROUND_OFF))
    yield from row_faults(place, rows, beyond, "areas are in ha", "area_ha", "strips larger than their zone")
    rows = np.flatnonzero(tower > area)
    rest = "tower feet larger than their strip"
    yield from row_faults(place, rows, heavy, "correct one of them", "tower_ha", rest)


def _crossing(table: pd.DataFrame, row: int) -> str:
    return f"segment {table['segment'].iloc[row]} in zone {table['zone'].iloc[row]}"


def closed_segments(folder: Path, network: Network, land: Land) -> list[Fault]:
    """Return the segments that can never be opened: some zone holds less land that may bear a strip than theirs."""
    place, table = place_of(folder, "network", "segment_zones"), network["segment_zones"]
    if table.empty:
        return []
    names, technology = overlay_names(network.tables)
    zone, kind, area = land.cover
    may = permitted(land, network["overlays"], technology)(zone, kind, np.full(len(zone), names.index(CORRIDOR)))
    room = np.bincount(zone[may], area[may], minlength=len(land.zones))[codes_of(table["zone"], land.zones["zone"])]
    strip = table["area_ha"].to_numpy(dtype=float)

    def words(row: int) -> str:
        land_of_it = f"{strip[row]:g} ha of strip, and {room[row]:g} ha of land that may bear it"
        return f"{_crossing(table, row)}: {land_of_it}; it stays closed"

    rows, hint = np.flatnonzero(strip * (1 - ROUND_OFF) > room), "lead it elsewhere, or allow its classes in overlays"
    return list(row_faults(place, rows, words, hint, "area_ha", "segments that stay closed"))
