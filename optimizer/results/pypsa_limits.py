"""What of a network PyPSA's folder cannot hold; it is refused, since PyPSA would find another optimum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault
from instances.places import line_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from instances.network import Network

WITHIN_RULE = "emission_cap"
"""The one rule that PyPSA has: a global constraint on primary energy."""


def without_counterpart(folder: Path, network: Network) -> Iterator[Fault]:
    """Return what PyPSA has no counterpart for, each with its row."""
    lines, links, candidates = (network[name] for name in ("lines", "links", "candidates"))
    both = (links["minimum_share"] < 0).to_numpy()
    square = "losses by the square of the flow are not written for PyPSA"
    lossy, paid = "PyPSA has no losses in both directions", "PyPSA has no cost of flow in both directions"
    split, without = "make two links of it", "leave out resistance_ohm"
    found = (
        ("lines", "loss_share", lines["loss_share"] > 0, lossy, split),
        ("candidates", "loss_share", candidates["loss_share"] > 0, lossy, split),
        ("links", "loss_share", (network.link_efficiency < 1) & both, lossy, split),
        ("lines", "resistance_ohm", lines["resistance_ohm"] > 0, square, without),
        ("candidates", "resistance_ohm", candidates["resistance_ohm"] > 0, square, without),
        ("links", "marginal_cost", (links["marginal_cost"] != 0) & both, paid, split),
        ("candidates", "marginal_cost", candidates["marginal_cost"] > 0, paid, split),
    )
    for table, column, wrong, message, hint in found:
        place, names = place_of(folder, "network", table), network[table].iloc[:, 0].astype(str).tolist()
        for row in np.flatnonzero(wrong).tolist():
            name = f"{table.removesuffix('s')} {names[row]}"
            yield Fault(place, f"{name}: {message}", hint, line_of(place, row), column)
    yield from _as_a_whole(folder, network)


def _as_a_whole(folder: Path, network: Network) -> Iterator[Fault]:
    place = place_of(folder, "network", "rules")
    for row, record in enumerate(network["rules"].to_dict("records")):
        if record["rule"] != WITHIN_RULE:
            message = f"rule {record['id']}: PyPSA has no {record['rule']}"
            yield Fault(place, message, "delete the row", line_of(place, row), "rule")
    stored = len(network["storage"]) or (network["sites"]["technology"] == "storage").any()
    if stored and network.day_codes.max() > 0:
        message = "storage closes each representative day; in PyPSA it runs through all snapshots"
        yield Fault(place_of(folder, "network", "snapshots"), message, "solve without days", column="day")
    if len(network["contingencies"]):
        message = "PyPSA's folder holds no outages to withstand"
        yield Fault(place_of(folder, "network", "contingencies"), message, "delete the table")
