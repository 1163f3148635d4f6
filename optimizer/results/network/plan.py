"""The network's part of a plan: component, name, period, snapshot, quantity, value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.results.network.values import NetworkValues

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from instances.network import Network
    from optimizer.results.network.prices import Marginals

FILE = "network.parquet"

COLUMNS = ("component", "name", "period", "snapshot", "quantity", "value")

BY_HOUR = {
    "generator_power": ("generator", "power_mw"),
    "site_power": ("site", "power_mw"),
    "import_power": ("import", "power_mw"),
    "line_flow": ("line", "flow_mw"),
    "line_flow_forward": ("line", "flow_forward_mw"),
    "line_flow_backward": ("line", "flow_backward_mw"),
    "line_loss": ("line", "loss_mw"),
    "link_flow": ("link", "flow_mw"),
    "link_flow_forward": ("link", "flow_forward_mw"),
    "link_flow_backward": ("link", "flow_backward_mw"),
    "storage_charge": ("storage", "charge_mw"),
    "storage_discharge": ("storage", "discharge_mw"),
    "storage_level": ("storage", "level_mwh"),
    "site_storage_charge": ("site", "charge_mw"),
    "site_storage_discharge": ("site", "discharge_mw"),
    "site_storage_level": ("site", "level_mwh"),
    "angle": ("bus", "angle_rad"),
}
"""Component and quantity of families with a value for every snapshot."""


def network_table(
    network: Network, program: Program, shares: NDArray[np.float64], margin: Marginals | None = None
) -> pd.DataFrame:
    """Return the table of a plan from values of the Program's columns, with prices and worths where they are known."""
    values = NetworkValues(network, program, shares)
    parts = [*_capacities(values), *_opened(values), *_hours(values), *_circuits(values), *_curtailed(values)]
    parts += _starts(values)
    if margin is not None and margin.prices is not None:
        parts.append(_table(network, "bus", network["buses"]["bus"], "price", margin.prices))
    if margin is not None and len(network["rules"]):
        parts.append(_by_stage(network, "rule", network["rules"]["id"], "worth", margin.limits))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def write_network(table: pd.DataFrame, folder: Path) -> None:
    """Write the table into the plan folder."""
    table.to_parquet(folder / FILE, index=False)


def _table(
    network: Network, component: str, names: Sequence[str] | pd.Series, quantity: str, values: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the rows of values (hours, names)."""
    snapshots = network["snapshots"]["snapshot"].astype(str).to_numpy(dtype=object)
    table = _by_stage(network, component, names, quantity, values)
    stages, count = len(network.stage_years), len(names)
    return table.assign(
        period=np.repeat(np.array(network.stage_years), len(snapshots) * count),
        snapshot=np.repeat(np.tile(snapshots, stages), count),
    )


def _by_stage(
    network: Network, component: str, names: Sequence[str] | pd.Series, quantity: str, values: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the rows of values (stages, names)."""
    count = len(names)
    return pd.DataFrame(
        {
            "component": component,
            "name": np.tile(np.array([str(name) for name in names], dtype=object), len(values)),
            "period": np.repeat(np.resize(np.array(network.stage_years), len(values)), count),
            "snapshot": "",
            "quantity": quantity,
            "value": values.ravel() + 0.0,
        }
    )


def _capacities(values: NetworkValues) -> Iterator[pd.DataFrame]:
    """Tell every capacity, chosen or not, and energy of storage."""
    network = values.network
    for component, name in (("generator", "generators"), ("line", "lines"), ("link", "links")):
        table = network[name]
        if len(table):
            capacity = values.capacity(component, table[component], table["capacity_mw"])
            yield _by_stage(network, component, table[component], "capacity_mw", capacity)
    sites, storage = network["sites"], network["storage"]
    if len(sites):
        capacity = values.capacity("site", sites["site"], 0.0 * sites["potential_mw"])
        yield _by_stage(network, "site", sites["site"], "capacity_mw", capacity)
        stores = (sites["technology"] == "storage").to_numpy()
        if stores.any():
            some = sites[stores]
            sized = values.capacity("site_storage_energy", some["site"], 0.0 * some["potential_mw"])
            energy = sized + capacity[:, stores] * some["hours"].to_numpy(dtype=float)
            yield _by_stage(network, "site", some["site"], "energy_mwh", energy)
    if len(storage):
        power = values.capacity("storage_power", storage["storage"], storage["power_mw"])
        sized = values.capacity("storage_energy", storage["storage"], storage["energy_mwh"])
        hours = (storage["hours"] * (storage["extendable"] == 1)).to_numpy(dtype=float)
        energy = np.where(hours > 0, np.where(hours > 0, power, 0.0) * hours, sized)
        yield _by_stage(network, "storage", storage["storage"], "capacity_mw", power)
        yield _by_stage(network, "storage", storage["storage"], "energy_mwh", energy)


def _opened(values: NetworkValues) -> Iterator[pd.DataFrame]:
    """Tell which sites and segments are open, and which corridors, all of whose segments are."""
    network = values.network
    for component, family in (("site", "site_opening"), ("segment", "segment_opening")):
        members, opened = values.so_far(family)
        if members:
            yield _by_stage(network, component, members, "opened", opened)
    members, opened = values.so_far("segment_opening")
    corridors = network["corridors"].groupby("corridor")["segment"].apply(list)
    if members and len(corridors):
        place = {member: k for k, member in enumerate(members)}
        whole = [opened[:, [place[str(one)] for one in segments]].min(axis=1) for segments in corridors]
        yield _by_stage(network, "corridor", list(corridors.index), "opened", np.array(whole).T)


def _hours(values: NetworkValues) -> Iterator[pd.DataFrame]:
    """Tell what has a value for every snapshot; flows in two directions also as their difference."""
    for family, (component, quantity) in BY_HOUR.items():
        members, found = values.of(family)
        if members:
            yield _table(values.network, component, members, quantity, found)
    for component in ("line", "link"):
        members, forward = values.of(f"{component}_flow_forward")
        if members:
            net = forward - values.of(f"{component}_flow_backward")[1]
            yield _table(values.network, component, members, "flow_mw", net)


def _circuits(values: NetworkValues) -> Iterator[pd.DataFrame]:
    """Tell circuits of each candidate so far, and the flow of all of them."""
    network = values.network
    candidates = network["candidates"]["candidate"].astype(str)
    place = {name: k for k, name in enumerate(candidates)}
    members, built = values.so_far("candidate_circuits")
    if not members:
        return
    total = np.zeros((len(built), len(candidates)))
    np.add.at(total.T, [place[_candidate(one)] for one in members], built.T)
    yield _by_stage(network, "candidate", candidates, "circuits", total)
    flows = np.zeros((len(built) * network.n_snapshots, len(candidates)))
    for family, sign in (("candidate_flow", 1.0), ("candidate_flow_forward", 1.0), ("candidate_flow_backward", -1.0)):
        circuits, flow = values.of(family)
        if not circuits:
            continue
        of = [place[_candidate(one)] for one in circuits]
        np.add.at(flows.T, of, sign * flow.T)
        if family != "candidate_flow":
            one_way = np.zeros_like(flows)
            np.add.at(one_way.T, of, flow.T)
            some = sorted(set(of))
            direction = family.removeprefix("candidate_")
            yield _table(network, "candidate", candidates.iloc[some], f"{direction}_mw", one_way[:, some])
    yield _table(network, "candidate", candidates, "flow_mw", flows)
    circuits, loss = values.of("candidate_loss")
    if circuits:
        lost = np.zeros_like(flows)
        np.add.at(lost.T, [place[_candidate(one)] for one in circuits], loss.T)
        some = sorted({place[_candidate(one)] for one in circuits})
        yield _table(network, "candidate", candidates.iloc[some], "loss_mw", lost[:, some])


def _candidate(circuit: str) -> str:
    """Return the candidate of a circuit by the name of its column."""
    return circuit.rsplit(" ", 1)[0]


def _curtailed(values: NetworkValues) -> Iterator[pd.DataFrame]:
    """Tell what renewable plant could give and does not."""
    network, stages = values.network, len(values.network.stage_years)
    generators, sites = network["generators"], network["sites"]
    for component, table, existing in (
        ("generator", generators[generators["renewable"] == 1], "capacity_mw"),
        ("site", sites[sites["technology"] != "storage"], None),
    ):
        if table.empty:
            continue
        present = table[existing] if existing else 0.0 * table["potential_mw"]
        capacity = values.by_hour(values.capacity(component, table[component], present))
        available = capacity * np.tile(network.curves(table["profile"]).T, (stages, 1))
        members, power = values.of(f"{component}_power")
        place = {member: k for k, member in enumerate(members)}
        taken = power[:, [place[str(name)] for name in table[component]]]
        yield _table(network, component, table[component], "curtailed_mw", np.maximum(available - taken, 0.0))


def _starts(values: NetworkValues) -> Iterator[pd.DataFrame]:
    """Tell the level with which seasonal storage begins each representative day, at its first snapshot."""
    members, start = values.of("storage_start")
    if not members:
        return
    network = values.network
    codes = network.day_codes
    first = [int(np.flatnonzero(codes == day)[0]) for day in range(codes.max() + 1)]
    table = _by_stage(network, "storage", members, "start_mwh", start)
    snapshots = network["snapshots"]["snapshot"].astype(str).to_numpy(dtype=object)[first]
    stages = len(network.stage_years)
    yield table.assign(
        period=np.repeat(np.array(network.stage_years), len(first) * len(members)),
        snapshot=np.repeat(np.tile(snapshots, stages), len(members)),
    )
