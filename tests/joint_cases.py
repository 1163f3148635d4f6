"""Land with a small network, worked out by hand: what the tests of joint studies begin from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.build import draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.build import Draft

HOURS = 8760.0
YEARS = 10
"""Years of the one period, 2020 to 2030."""

Record = dict[str, Any]


def a_year(cost: float, hours: float = HOURS, years: int = YEARS) -> float:
    """Return the price of a MWh at which a MW, used for so many hours of so many years, costs `cost`."""
    return cost / (hours * years)


def joint(
    zones: Mapping[str, Mapping[str, Any]],
    moves: str | Mapping[str, Mapping[str, Any]],
    tables: Mapping[str, Sequence[Record]],
    *,
    network: Mapping[str, Any] | None = None,
    **more: Any,
) -> Draft:
    """Return the draft of land with one bus `n`, one snapshot of the year, and what `tables` add."""
    made = draft(zones, moves, **more)
    made.settings["network"] = {"horizon_h": 0, **(network or {})}
    usual: dict[str, Sequence[Record]] = {
        "buses": [{"bus": "n", "voltage_kv": 110}],
        "snapshots": [{"snapshot": "s", "weight_h": HOURS}],
    }
    for name, rows in {**usual, **tables}.items():
        made.tables[f"network/{name}"] = [dict(row) for row in rows]
    return made


def solar(name: str = "pv", **more: Any) -> Record:
    """Return a site of 2.5 ha and 1 a MW."""
    return {
        "site": name,
        "technology": "solar",
        "bus": "n",
        "potential_mw": 50,
        "density_mw_per_km2": 40,
        "capital_cost": 1,
    } | more


def plant(cost: float, **more: Any) -> Record:
    """Return a plant at which a MW of the whole time costs `cost`."""
    return {
        "generator": "coal",
        "bus": "n",
        "technology": "coal",
        "capacity_mw": 100,
        "marginal_cost": a_year(cost),
    } | more


def may(technology: str, *kinds: str, **more: Any) -> list[Record]:
    """Return rows that let a technology lie on classes."""
    row = {"technology": technology, "allowed": 1, "sink_kept": 1, "source": "x", "status": "made"}
    return [row | {"class": kind} | more for kind in kinds]
