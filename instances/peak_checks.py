"""Checks of quotas on the peak of emissions (碳达峰): a year with periods after it, on an account that knows years."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.faults import Fault
from instances.places import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from instances.land import Land
    from instances.settings import Settings


def peak_faults(place: str, land: Land, settings: Settings, supplied: bool) -> Iterator[Fault]:
    """Find peaks without a later period, in an account of stocks, or of a part where a network supplies the whole."""
    root, last = str(land.regions["region"].iloc[land.root]), settings.time.periods[-1]
    for row, record in enumerate(land.quotas.to_dict("records")):
        if record["rule"] != "peak":
            continue
        name, line = f"quota {record['id']}", line_of(place, row)
        if record["period"] in (0, last):
            hint = f"name the year by which emissions peak, one of {', '.join(map(str, settings.time.periods[:-1]))}"
            yield Fault(place, f"{name}: no period ends after {last}", hint, line, "period")
        if record["value"] >= 1:
            yield Fault(place, f"{name}: a fall by {record['value']:g} leaves nothing", "below 1", line, "value")
        if settings.carbon.mode == "stock":
            message = f"{name}: the stock account knows no yearly sinks, so there is no curve that could peak"
            yield Fault(place, message, 'set [carbon] mode = "flux"', line, "rule")
        if supplied and str(record["region"]) != root:
            message = f"{name}: the network supplies {root} as a whole; what it emits belongs to no part of it"
            yield Fault(place, message, f"state the peak for {root}", line, "region")
