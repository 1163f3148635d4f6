r"""What a plan builds and runs of its network, read back as values of columns (规划电网读入).

The table of a plan tells capacities and openings so far, :math:`K_{k,p}`; columns are what each period adds:

.. math:: \Delta_{k,1} = K_{k,1} - K^0_k, \qquad \Delta_{k,p} = K_{k,p} - K_{k,p-1}

:math:`K^0` what exists. Power, flows and levels are columns as they are told; of parallel circuits, which are told as
one, each that stands has the same part. What no table tells (flows after outages, trees that join buses) is left open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.program import ENERGY
from instances.faults import Fault, InstanceError
from optimizer.results.network.reading import FILE, NetworkPlan

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Columns, Program
    from instances.network import Network
    from optimizer.followup.given import Given
    from optimizer.results.terms import Lang


@dataclass(frozen=True)
class _Said:
    """Where a plan tells a family: component and quantity, the table of its members, the column of what exists."""

    component: str
    quantity: str
    table: str
    existing: str = ""


SAID = {
    "generator_added": _Said("generator", "capacity_mw", "generators", "capacity_mw"),
    "line_added": _Said("line", "capacity_mw", "lines", "capacity_mw"),
    "link_added": _Said("link", "capacity_mw", "links", "capacity_mw"),
    "site_added": _Said("site", "capacity_mw", "sites"),
    "site_opening": _Said("site", "opened", "sites"),
    "site_storage_energy_added": _Said("site", "energy_mwh", "sites"),
    "segment_opening": _Said("segment", "opened", "segments"),
    "storage_power_added": _Said("storage", "capacity_mw", "storage", "power_mw"),
    "storage_energy_added": _Said("storage", "energy_mwh", "storage", "energy_mwh"),
}
"""Families of columns that add up over the periods to what a plan tells."""

CIRCUITS = "candidate_circuits"

BY_CIRCUIT = {
    "candidate_flow": "flow_mw",
    "candidate_flow_forward": "flow_forward_mw",
    "candidate_flow_backward": "flow_backward_mw",
    "candidate_loss": "loss_mw",
}
"""Quantities of families with a value for every circuit and snapshot."""

OFF = 1e-6
"""Part of an amount (at least of 1) by which it may lie beyond its limits: rounding."""

UNKNOWN = (
    "方案未附电网：以与其用地相配的最优电网代之。",
    "No network is written with the plan: the best beside its land stands for it.",
)
"""What is said of a joint plan that tells nothing of its network."""


def planned_network(network: Network | None, program: Program, folder: Path) -> NDArray[np.float64]:
    """Return values of the network's columns, (columns,), from the plan in a folder.

    NaN for all other columns, and where the plan says nothing. Raises InstanceError where it builds what may not be.
    """
    found, path = np.full(program.n_columns, np.nan), folder / FILE.rsplit("/", 1)[-1]
    if network is None or not path.is_file():
        return found
    from optimizer.results.network.values import NetworkValues  # Pyomo is loaded only where there is a network

    plan, values = NetworkPlan(network, pd.read_parquet(path)), NetworkValues(network, program, found)
    for family in program.columns:
        kind = family.family.removeprefix(ENERGY)
        told = _told(plan, kind, values.of(kind)[0]) if family.family.startswith(ENERGY) else None
        if told is not None:
            start = program.offsets[family.family]
            found[start : start + len(family)] = _within(family, told.ravel(), path)
    return found


def _told(plan: NetworkPlan, kind: str, members: tuple[str, ...]) -> NDArray[np.float64] | None:
    """Return what a plan tells of a family, (copies, members), NaN where it does not; None of other families."""
    from optimizer.results.network.plan import BY_HOUR

    if kind in SAID or kind == CIRCUITS:
        sums = _so_far(plan, kind, pd.Series(members)) if kind in SAID else _standing(plan, members)
        return np.diff(np.vstack([np.zeros(len(members)), sums]), axis=0)
    if kind in BY_CIRCUIT:
        standing = _standing(plan, members)
        names, place = _candidates(members)
        count = np.array([standing[:, place == k].sum(axis=1) for k in range(len(names))]).T[:, place]
        part = np.divide(standing, count, out=np.zeros_like(standing), where=standing > 0)
        return plan.in_time("candidate", BY_CIRCUIT[kind], names.to_series())[:, :, place] * part[:, None, :]
    if kind in BY_HOUR:
        return plan.in_time(*BY_HOUR[kind], pd.Series(members))
    return None


def _within(family: Columns, values: NDArray[np.float64], path: Path) -> NDArray[np.float64]:
    """Return the values of a family, (columns of the family,), within its limits; rounding may lie beyond them."""
    whole = np.round(values) if family.integer else values
    kept = np.clip(whole, family.lower, family.upper)
    off = np.flatnonzero(np.abs(whole - kept) > OFF * np.maximum(np.abs(whole), 1.0))
    if len(off):
        name, year = (family.labels[key].iloc[off[0]] for key in ("name", "period"))
        words = f"{family.family.removeprefix(ENERGY)} of {name} in {year} is {values[off[0]]:.6g}, beyond its limits"
        raise InstanceError([Fault(str(path), words, "solve the instance again")])
    return np.asarray(kept, dtype=np.float64)


def _so_far(plan: NetworkPlan, kind: str, members: pd.Series) -> NDArray[np.float64]:
    """Return what is added up to each stage, (stages, members); NaN where the plan does not say."""
    said = SAID[kind]
    sums = plan.once(said.component, said.quantity, members)
    table = plan.network[said.table]
    table = table.set_axis(table[said.component].astype(str)).reindex(members)
    if kind == "site_storage_energy_added":  # beside it, energy that comes with power
        return sums - plan.once(said.component, "capacity_mw", members) * table["hours"].to_numpy(dtype=float)
    return sums - table[said.existing].to_numpy(dtype=float) if said.existing else sums


def _candidates(members: tuple[str, ...]) -> tuple[pd.Index, NDArray[np.int64]]:
    """Return the candidates of some circuits, and the place of that of each circuit, (circuits,)."""
    of = pd.Index([member.rsplit(" ", 1)[0] for member in members])
    return of.unique(), of.unique().get_indexer(of).astype(np.int64)


def _standing(plan: NetworkPlan, members: tuple[str, ...]) -> NDArray[np.float64]:
    """Return whether each circuit stands by each stage, (stages, circuits): parallel ones are built in their order."""
    names, place = _candidates(members)
    count = plan.once("candidate", "circuits", names.to_series())[:, place]
    number = np.array([float(member.rsplit(" ", 1)[1]) for member in members])
    return np.where(np.isnan(count), np.nan, count > number - 0.5)


def told(given: Given, held: tuple[str, str], lang: Lang) -> list[str]:
    """Return sentences on the network of a joint study: `held` (zh, en), and where the one comes from that is held."""
    english = lang == "en"
    if given.block.network is None:
        return []
    if not np.isnan(given.network).all():
        return [held[english]]
    return [held[english], UNKNOWN[english]]
