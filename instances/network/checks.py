"""Checks of a network: what makes it unusable, one message each with the place and what to do.

电网数据检查。What is odd but can be solved is in `plausibility`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from instances import schema
from instances.faults import Fault
from instances.network.connection_checks import connection_faults
from instances.network.network import EVERY_YEAR
from instances.places import line_of, place_of
from instances.row_faults import row_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.network.network import Network

EDGES = ("lines", "links", "candidates")
"""Tables of what joins two buses."""

LEAST_AND_MOST = (
    ("generators", "minimum_mw", "maximum_mw"),
    ("lines", "minimum_mw", "maximum_mw"),
    ("links", "minimum_mw", "maximum_mw"),
    ("links", "minimum_share", "maximum_share"),
    ("sites", "minimum_mw", "potential_mw"),
    ("storage", "minimum_mw", "maximum_mw"),
    ("storage", "minimum_mwh", "maximum_mwh"),
)

POSITIVE = (
    ("snapshots", "weight_h", "leave snapshots that stand for no hours out"),
    ("snapshots", "step_h", "an hour is 1"),
    ("storage", "efficiency_in", "nothing could be charged"),
    ("storage", "efficiency_out", "nothing could be discharged"),
    ("sites", "efficiency", "nothing could be discharged"),
)
"""Columns that must lie above 0, and why or how."""

RULE_FORM = {
    "emission_cap": (("<=",), ("tCO2e",)),
    "renewable_share": ((">=", "<=", "=="), ("share",)),
    "self_sufficiency": ((">=",), ("share",)),
    "curtailment_cap": (("<=",), ("share", "MWh")),
    "capacity_target": ((">=", "<=", "=="), ("MW",)),
    "import_cap": (("<=",), ("share", "MWh")),
}
"""Senses and units that each rule understands."""

GREATEST = 1e12
"""No figure of a network comes near; beyond, a solver cannot compute with it beside the others."""

HORIZON_TOLERANCE = 1e-6
"""Relative difference allowed between the horizon and the sum of the weights."""


def network_faults(folder: Path, network: Network) -> list[Fault]:
    """Return what makes a network unusable; its tables have been checked one by one, and what they refer to."""
    faults = []
    for table in ("buses", "snapshots"):
        if network[table].empty:
            faults.append(
                Fault(place_of(folder, "network", table), "table is empty", "a network needs at least one row")
            )
    faults += _computable(folder, network) if not faults else ()
    if faults:
        return faults
    checks = (_horizon, _positive, _ordered, _stores, _ends, _electrical, _losses, _curves, _years, _rules)
    for check in checks:
        faults += check(folder, network)
    return faults or [*_islands(folder, network), *connection_faults(folder, network)]


def _told(
    folder: Path, table: str, rows: NDArray[np.int64], words: Callable[[int], str], hint: str, column: str
) -> Iterator[Fault]:
    return row_faults(place_of(folder, "network", table), rows, words, hint, column)


def row_name(network: Network, table: str, row: int) -> str:
    """Return the key of a row, as in `line L1`."""
    key = schema.table("network", table).key[0]
    return f"{key} {network[table][key].iloc[row]}"


def _computable(folder: Path, network: Network) -> Iterator[Fault]:
    """Find finite figures that are written for no limit, or by mistake."""
    for table in schema.tables()["network"]:
        for column in [one for one in table.columns if one.kind == "number"]:
            values = network[table.name][column.name].to_numpy(dtype=float)

            def words(row: int, values: NDArray[np.float64] = values) -> str:
                return f"{values[row]:g} is too large to compute with"

            free = column.default == np.inf
            hint = "leave the cell empty where there is no limit" if free else f"at most {GREATEST:g}"
            rows = np.flatnonzero((np.abs(values) > GREATEST) & np.isfinite(values))
            yield from _told(folder, table.name, rows, words, hint, column.name)


def _horizon(folder: Path, network: Network) -> Iterator[Fault]:
    wanted, total = network.settings.horizon_h, float(network.weight_h.sum())
    if wanted and abs(total - wanted) > HORIZON_TOLERANCE * wanted:
        message = f"the weights of the snapshots add to {total:,.6g} h, not to the horizon of {wanted:,.6g} h"
        hint = "scale them, or correct [network] horizon_h (0 = not checked)"
        yield Fault(place_of(folder, "network", "snapshots"), message, hint, column="weight_h")


def _positive(folder: Path, network: Network) -> Iterator[Fault]:
    for table, column, hint in POSITIVE:
        values = network[table][column].to_numpy(dtype=float)

        def words(row: int, table: str = table, column: str = column) -> str:
            return f"{row_name(network, table, row)}: {column} must be above 0"

        yield from _told(folder, table, np.flatnonzero(values <= 0), words, hint, column)


def _ordered(folder: Path, network: Network) -> Iterator[Fault]:
    """Find least values above greatest ones; capacities count only where they can be chosen."""
    for table, low, high in LEAST_AND_MOST:
        frame = network[table]
        least, most = (frame[name].to_numpy(dtype=float) for name in (low, high))
        chosen = frame["extendable"].to_numpy() == 1 if "extendable" in frame and not low.endswith("share") else True

        def words(row: int, table: str = table, low: str = low, high: str = high) -> str:
            values = network[table].iloc[row]
            return f"{row_name(network, table, row)}: {low} {values[low]:g} is above {high} {values[high]:g}"

        yield from _told(folder, table, np.flatnonzero((least > most) & chosen), words, "correct one of them", low)


def _stores(folder: Path, network: Network) -> Iterator[Fault]:
    """Find stores whose energy follows from a power that has no limit, or that states another energy."""
    table = network["storage"]
    power, energy, hours = (table[name].to_numpy(dtype=float) for name in ("power_mw", "energy_mwh", "hours"))
    tied = (table["extendable"].to_numpy() == 1) & (hours > 0)
    made = np.where(np.isfinite(power), power, 0.0) * hours

    def unlimited(row: int) -> str:
        return f"{row_name(network, 'storage', row)}: {hours[row]:g} h of a power without limit"

    rows = np.flatnonzero(tied & np.isinf(power))
    yield from _told(folder, "storage", rows, unlimited, "state power_mw; 0 where there is none yet", "power_mw")

    def differs(row: int) -> str:
        stated = f"{row_name(network, 'storage', row)}: {energy[row]:g} MWh are stated"
        return f"{stated}, {hours[row]:g} h of {power[row]:g} MW are {made[row]:g}"

    rows = np.flatnonzero(tied & np.isfinite(power) & (np.abs(energy - made) > 1e-6 * np.maximum(made, 1.0)))
    yield from _told(folder, "storage", rows, differs, "correct one of them, or hours = 0", "energy_mwh")


def _ends(folder: Path, network: Network) -> Iterator[Fault]:
    """Find lines that end where they begin."""
    for table in EDGES:
        frame = network[table]
        same = frame["from_bus"].astype(str) == frame["to_bus"].astype(str)

        def words(row: int, table: str = table) -> str:
            return f"{row_name(network, table, row)} begins and ends at bus {network[table]['to_bus'].iloc[row]}"

        yield from _told(folder, table, np.flatnonzero(same), words, "correct one of its buses", "to_bus")


def _electrical(folder: Path, network: Network) -> Iterator[Fault]:
    """Find lines without reactance, and buses of lines without voltage, where power divides by reactance."""
    yield from _without_voltage(folder, network)
    if network.settings.power_flow == "transport":
        return
    reactance = network["lines"]["reactance_ohm"].to_numpy(dtype=float)

    def without(row: int) -> str:
        return f"{row_name(network, 'lines', row)}: reactance must be above 0"

    hint = 'state it, make it a link, or set [network] power_flow = "transport"'
    yield from _told(folder, "lines", np.flatnonzero(reactance <= 0), without, hint, "reactance_ohm")


def _without_voltage(folder: Path, network: Network) -> Iterator[Fault]:
    """Find buses without voltage, of lines whose flow or loss follows from it."""
    bare = np.zeros(network.n_buses, dtype=bool)
    needs = ["resistance_ohm"] + ["reactance_ohm"] * (network.settings.power_flow == "dc")
    for table in ("lines", "candidates"):
        frame = network[table]
        starts = network.bus_codes(frame["from_bus"])[(frame[needs].to_numpy(dtype=float) > 0).any(axis=1)]
        bare[starts] |= network.voltage_kv[starts] <= 0

    def dead(row: int) -> str:
        return f"{row_name(network, 'buses', row)}: a line starts here, and the bus has no voltage"

    hint = "power flow and losses need it; for per-unit reactance on 100 MVA write 10"
    yield from _told(folder, "buses", np.flatnonzero(bare), dead, hint, "voltage_kv")


def _losses(folder: Path, network: Network) -> Iterator[Fault]:
    """Find lines and links on which all is lost."""
    lost = {table: network[table]["loss_share"].to_numpy(dtype=float) for table in ("lines", "candidates")}
    lost["links"] = 1 - network.link_efficiency
    for table, share in lost.items():

        def words(row: int, table: str = table, share: NDArray[np.float64] = share) -> str:
            return f"{row_name(network, table, row)}: {share[row]:g} of the energy is lost, nothing arrives"

        hint = "losses are shares: 3 % is 0.03"
        yield from _told(folder, table, np.flatnonzero(share >= 1), words, hint, "loss_share")


def _curves(folder: Path, network: Network) -> Iterator[Fault]:
    """Find curves that lack snapshots."""
    table, snapshots = network["profiles"], network["snapshots"]["snapshot"].astype(str)
    names = table["profile"].astype(str)
    short = names.groupby(names).transform("size").to_numpy() < len(snapshots)

    def words(row: int) -> str:
        held = set(table.loc[names == names.iloc[row], "snapshot"].astype(str))
        lacking = [snapshot for snapshot in snapshots if snapshot not in held]
        more = f" and {len(lacking) - 1:,} more" if len(lacking) > 1 else ""
        return f"profile {names.iloc[row]} lacks snapshot {lacking[0]}{more}"

    first = np.flatnonzero(short & ~names.duplicated())
    yield from _told(folder, "profiles", first, words, "a curve states every snapshot", "snapshot")


def _years(folder: Path, network: Network) -> Iterator[Fault]:
    """Find years that end no period."""
    known = (EVERY_YEAR, *network.stage_years)
    ends = ", ".join(str(year) for year in network.stage_years if year != EVERY_YEAR)
    hint = f"use {ends} or 0" if ends else "use 0, or state the periods under [time]"
    stated = (
        ("loads", "year"),
        ("imports", "year"),
        ("rules", "year"),
        ("candidates", "first_year"),
        ("connections", "first_year"),
    )
    for table, column in stated:
        years = network[table][column].to_numpy(dtype=np.int64)

        def words(row: int, table: str = table, years: NDArray[np.int64] = years) -> str:
            return f"{row_name(network, table, row)}: {years[row]} ends no period"

        yield from _told(folder, table, np.flatnonzero(~np.isin(years, known)), words, hint, column)


def _rules(folder: Path, network: Network) -> Iterator[Fault]:
    place = place_of(folder, "network", "rules")
    plant = {str(name) for table in ("generators", "sites") for name in network[table]["technology"]}
    for row, record in enumerate(network["rules"].to_dict("records")):
        senses, units = RULE_FORM[record["rule"]]
        name, line = f"rule {record['id']}", line_of(place, row)
        if record["sense"] not in senses:
            yield Fault(place, f"{name}: {record['rule']} takes {' or '.join(senses)}", "", line, "sense")
        if record["unit"] not in units:
            yield Fault(place, f"{name}: {record['rule']} takes {' or '.join(units)}", "", line, "unit")
        if record["value"] < 0 and record["rule"] != "emission_cap":
            yield Fault(place, f"{name}: {record['value']:g} must not be negative", "", line, "value")
        if record["unit"] == "share" and record["value"] > 1:
            yield Fault(place, f"{name}: share {record['value']:g} is above 1", "10 % is 0.1", line, "value")
        technology = str(record["technology"])
        if technology and record["rule"] != "capacity_target":
            yield Fault(
                place, f"{name}: {record['rule']} counts every technology", "leave it empty", line, "technology"
            )
        elif technology and technology not in plant:
            hint = f"there are {', '.join(sorted(plant)) or 'none'}"
            yield Fault(place, f"{name}: no generator or site is {technology}", hint, line, "technology")


def _islands(folder: Path, network: Network) -> Iterator[Fault]:
    """Find loads that no supply can reach, over everything that is there or may be built."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(network.n_buses))
    for table in EDGES:
        frame = network[table]
        ends = (network.bus_codes(frame[name]) for name in ("from_bus", "to_bus"))
        graph.add_edges_from(zip(*ends, strict=True))
    supplied = set(_supplied(network).tolist())
    loads = network["loads"]
    drawn = np.flatnonzero(loads["peak_mw"].to_numpy(dtype=float) > 0)
    at = network.bus_codes(loads["bus"])
    island = np.zeros(network.n_buses, dtype=np.int64)
    lit = []
    for number, buses in enumerate(nx.connected_components(graph)):
        island[list(buses)] = number
        lit.append(not supplied.isdisjoint(buses))
    dark = drawn[~np.array(lit)[island[at[drawn]]]]
    first = dark[np.unique(island[at[dark]], return_index=True)[1]]

    def words(row: int) -> str:
        buses = network["buses"]["bus"].astype(str).to_numpy()[island == island[at[row]]]
        names = ", ".join(buses[:5]) + (", ..." if len(buses) > 5 else "")
        return f"load {loads['load'].iloc[row]}: no supply reaches its island (buses {names})"

    hint = "add a generator, site, import, line, link or candidate"
    yield from _told(folder, "loads", first, words, hint, "bus")


def _supplied(network: Network) -> NDArray[np.int64]:
    """Return the buses that something may feed."""
    generators = network["generators"]
    most = np.where(generators["extendable"] == 1, generators["maximum_mw"], generators["capacity_mw"]).astype(float)
    held = [generators["bus"][most > 0]]
    sites, imports = network["sites"], network["imports"]
    held.append(sites["bus"][(sites["technology"] != "storage") & (sites["potential_mw"] > 0)])
    held.append(imports["bus"][imports["capacity_mw"] > 0])
    return np.unique(np.concatenate([network.bus_codes(buses) for buses in held]))
