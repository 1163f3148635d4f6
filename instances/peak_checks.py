"""Checks of quotas on single years: the peak of emissions (碳达峰) and its height, on an account that knows years."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.faults import Fault
from instances.places import line_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from instances.land import Land
    from instances.settings import Settings

YEARLY = "tCO2e/yr"
"""Unit of quotas on the inventory of a year."""


def peak_faults(place: str, land: Land, settings: Settings, supplied: bool) -> Iterator[Fault]:
    """Find peaks without a later period, and quotas on years in an account of stocks, or of a part of what is supplied.

    `supplied` tells that a network supplies the whole area. Rules that are switched off ask for no curve.
    """
    root, last = str(land.regions["region"].iloc[land.root]), settings.time.periods[-1]
    for row, record in enumerate(land.quotas.to_dict("records")):
        peak = record["rule"] == "peak"
        if (not peak and record["unit"] != YEARLY) or record["rule"] in settings.instance.rules_off:
            continue
        name, line = f"quota {record['id']}", line_of(place, row)
        if peak and record["period"] in (0, last):
            hint = f"name the year by which emissions peak, one of {', '.join(map(str, settings.time.periods[:-1]))}"
            yield Fault(place, f"{name}: no period ends after {last}", hint, line, "period")
        if peak and record["value"] >= 1:
            yield Fault(place, f"{name}: a fall by {record['value']:g} leaves nothing", "below 1", line, "value")
        if settings.carbon.mode == "stock":
            message = f"{name}: the stock account knows no yearly sinks, so there is no curve of years"
            yield Fault(place, message, 'set [carbon] mode = "flux"', line, "rule")
        if supplied and str(record["region"]) != root:
            message = f"{name}: the network supplies {root} as a whole; what it emits belongs to no part of it"
            yield Fault(place, message, f"state it for {root}", line, "region")


def height_warnings(folder: Path, land: Land, settings: Settings) -> list[Fault]:
    """Return peaks whose year has no cap of its own: a plan may meet them by emitting more in that year."""
    if {"peak", "carbon_cap"} & set(settings.instance.rules_off):
        return []
    place, table = place_of(folder, "land", "quotas"), land.quotas
    caps = table[(table["rule"] == "carbon_cap") & (table["unit"] == YEARLY)]
    capped = set(zip(caps["region"], caps["period"], strict=True))
    found = []
    for row, record in enumerate(table.to_dict("records")):
        region, year = record["region"], record["period"]
        if record["rule"] == "peak" and (region, year) not in capped:
            message = f"quota {record['id']}: nothing says how high the peak may be, and a higher {year} meets it too"
            hint = f"state a carbon_cap of {region} for {year} in {YEARLY}"
            found.append(Fault(place, message, hint, line_of(place, row), "value"))
    return found
