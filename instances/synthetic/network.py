"""Made networks: buses on a plane, lines between neighbours, seasons and hours, wind, sun, storage and candidates.

Feasible by construction: at every load stands a dear engine that could feed all of it. Wind blows harder in winter and
by night, sun shines by day and longer in summer, demand peaks in the evening; each bus has its own weather, smooth in
time. Figures are made, of the size of a 220 kV grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd
from scipy.spatial import Delaunay

from instances.network.write import write_network
from instances.settings import About, NetworkSettings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

HOURS = 8760.0
SPACING_M = 40_000.0
VOLTAGE_KV = 220.0
OHM_PER_KM = 0.3
CIRCUIT_MW = 300.0
LINES_A_BUS = 1.6
LINE_COST = 0.02
"""10k CNY a MW, km and year."""

ENGINE_COST = 0.5
"""10k CNY a MWh: ten times the dearest coal."""


@dataclass(frozen=True)
class NetworkOptions:
    """What a made network holds.

    Attributes
    ----------
    days, hours
        Representative days of a year, and snapshots of each; together days x hours.
    candidates
        Corridors in which whole circuits may be built, up to two in each; 0 = none.
    extendable
        Whether wind, sun, storage and lines may be extended.
    size
        How many times as large demand, plants and circuits are as usual.
    box
        West, south, east and north of where the buses lie, m; without one the plane grows with them.
    """

    buses: int
    days: int = 4
    hours: int = 24
    candidates: int = 0
    extendable: bool = True
    seed: int = 0
    size: float = 1.0
    box: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        if self.buses < 4:
            raise ValueError("a made network has at least 4 buses")
        if self.days < 1 or self.hours < 1:
            raise ValueError("days and hours must be at least 1")
        most = 2 * self.buses - 3  # pairs of neighbours in any triangulation
        if not 0 <= self.candidates <= most:
            raise ValueError(f"{self.buses} buses have at most {most} candidates")


def write_made_network(folder: Path, options: NetworkOptions, name: str) -> None:
    """Write a made network as an instance; the same options make the same one."""
    count = options.days * options.hours
    about = About(
        name=name,
        title_zh=f"合成电网（{options.buses} 个节点，{count} 个时段）",
        title_en=f"Made network of {options.buses} buses, {count} snapshots",
        provenance="made",
    )
    write_network(folder, about, NetworkSettings(horizon_h=HOURS), made_network(options))


def made_network(options: NetworkOptions) -> dict[str, pd.DataFrame]:
    """Return the tables of a made network, by name."""
    random = np.random.default_rng(options.seed)
    far = SPACING_M * np.sqrt(options.buses)
    west, south, east, north = options.box or (0.0, 0.0, far, far)
    place = random.uniform((west, south), (east, north), size=(options.buses, 2))
    buses = pd.DataFrame({"bus": [f"b{row + 1}" for row in range(options.buses)], "voltage_kv": VOLTAGE_KV})
    buses = buses.assign(x_m=place[:, 0].round(), y_m=place[:, 1].round())
    pairs = _neighbours(place)
    grid, rest = pairs[: int(LINES_A_BUS * options.buses)], pairs[int(LINES_A_BUS * options.buses) :]
    peak = (options.size * random.lognormal(np.log(150), 0.6, options.buses)).round(1)
    curves = _curves(options, random)
    tables = {
        "buses": buses,
        "snapshots": _snapshots(options),
        "lines": _lines(options, buses["bus"], grid, place),
        "loads": _loads(buses["bus"], peak),
        "generators": _generators(options, buses["bus"], peak, random),
    }
    if options.extendable:
        tables["storage"] = _storage(options, buses["bus"], random)
    if options.candidates:
        tables["candidates"] = _candidates(options, buses["bus"], np.concatenate([rest, grid]), place)
    snapshot = tables["snapshots"]["snapshot"]
    tables["profiles"] = pd.DataFrame(
        {
            "profile": np.repeat(np.array(list(curves), dtype=object), len(snapshot)),
            "snapshot": np.tile(snapshot, len(curves)),
            "value": np.concatenate(list(curves.values())).round(4),
        }
    )
    return tables


def _neighbours(place: Values) -> NDArray[np.int64]:
    """Return pairs of neighbours (pairs, 2): first a tree that spans all buses, then the others, short ones first."""
    triangles = Delaunay(place).simplices
    sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    pairs = np.unique(np.sort(sides, axis=1), axis=0).astype(np.int64)
    pairs = pairs[np.argsort(_km(pairs, place), kind="stable")]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from((int(a), int(b), km) for (a, b), km in zip(pairs, _km(pairs, place), strict=True))
    tree = {(min(edge), max(edge)) for edge in nx.minimum_spanning_edges(graph, data=False)}
    spans = np.array([(int(a), int(b)) in tree for a, b in pairs])
    return np.concatenate([pairs[spans], pairs[~spans]])


def _km(pairs: NDArray[np.int64], place: Values) -> Values:
    return np.hypot(*(place[pairs[:, 0]] - place[pairs[:, 1]]).T) / 1000


def _snapshots(options: NetworkOptions) -> pd.DataFrame:
    day, hour = np.divmod(np.arange(options.days * options.hours), options.hours)
    return pd.DataFrame(
        {
            "snapshot": [f"d{d + 1}h{h + 1}" for d, h in zip(day, hour, strict=True)],
            "weight_h": HOURS / len(day),
            "step_h": 24 / options.hours,
            "day": [f"d{d + 1}" for d in day],
            "order": np.arange(len(day)),
        }
    )


def _circuit(options: NetworkOptions, bus: pd.Series, pairs: NDArray[np.int64], place: Values) -> pd.DataFrame:
    """Return ends, reactance and capacity of one circuit for each pair of buses."""
    km = _km(pairs, place)
    ends = {"from_bus": bus.take(pairs[:, 0]).to_numpy(), "to_bus": bus.take(pairs[:, 1]).to_numpy()}
    return pd.DataFrame({**ends, "reactance_ohm": (OHM_PER_KM * km).round(4), "capacity_mw": options.size * CIRCUIT_MW})


def _lines(options: NetworkOptions, bus: pd.Series, pairs: NDArray[np.int64], place: Values) -> pd.DataFrame:
    table = _circuit(options, bus, pairs, place)
    table.insert(0, "line", table["from_bus"] + "-" + table["to_bus"])
    if options.extendable and not options.candidates:
        table["extendable"], table["minimum_mw"] = 1, table["capacity_mw"]
        table["capital_cost"] = (LINE_COST * _km(pairs, place)).round(4)
    return table


def _candidates(options: NetworkOptions, bus: pd.Series, pairs: NDArray[np.int64], place: Values) -> pd.DataFrame:
    """Return corridors of up to two circuits: pairs that have none first, then beside lines."""
    pairs = pairs[: options.candidates]
    table = _circuit(options, bus, pairs, place)
    table.insert(0, "candidate", "new " + table["from_bus"] + "-" + table["to_bus"])
    cost = (LINE_COST * options.size * CIRCUIT_MW * _km(pairs, place)).round(1)
    return table.assign(cost=cost, max_additions=2)


def _loads(bus: pd.Series, peak: Values) -> pd.DataFrame:
    profile = [f"demand {row % 3 + 1}" for row in range(len(bus))]
    return pd.DataFrame({"load": "demand " + bus, "bus": bus, "peak_mw": peak, "profile": profile})


def _generators(options: NetworkOptions, bus: pd.Series, peak: Values, random: np.random.Generator) -> pd.DataFrame:
    """Return coal at a fifth of the buses, wind and sun at two fifths each, and an engine everywhere."""
    count = len(bus)
    coal, wind, sun = (random.permutation(count)[: max(1, count * share // 5)] for share in (1, 2, 2))
    parts = [
        _plant("coal", bus, coal, random.uniform(0.025, 0.045, len(coal)), 0.85, 3 * peak.mean(), 0.0),
        _plant("wind", bus, wind, np.zeros(len(wind)), 0.0, options.size * 100.0, 45.0),
        _plant("solar", bus, sun, np.zeros(len(sun)), 0.0, options.size * 100.0, 25.0),
        _plant("engine", bus, np.arange(count), np.full(count, ENGINE_COST), 0.6, peak, 0.0),
    ]
    table = pd.concat(parts, ignore_index=True)
    weather = table["technology"].isin(["wind", "solar"])
    table["profile"] = table["generator"].where(weather, "")
    table["renewable"] = weather.astype(int)
    if options.extendable:
        table["extendable"] = weather.astype(int)
        table["maximum_mw"] = np.where(weather, options.size * 600.0, np.nan)
    return table


def _plant(
    technology: str,
    bus: pd.Series,
    at: NDArray[np.int64],
    cost: Values,
    emission: float,
    size: Values | float,
    capital: float,
) -> pd.DataFrame:
    name = bus.take(at).to_numpy()
    return pd.DataFrame(
        {
            "generator": [f"{technology} {one}" for one in name],
            "bus": name,
            "technology": technology,
            "capacity_mw": np.round(size, 1),
            "capital_cost": capital,
            "marginal_cost": np.round(cost, 5),
            "emission_tco2_per_mwh": emission,
        }
    )


def _storage(options: NetworkOptions, bus: pd.Series, random: np.random.Generator) -> pd.DataFrame:
    """Return a battery that may be extended at a fifth of the buses."""
    name = bus.take(random.permutation(len(bus))[: max(1, len(bus) // 5)]).to_numpy()
    return pd.DataFrame(
        {
            "storage": [f"battery {one}" for one in name],
            "bus": name,
            "power_mw": 0.0,
            "energy_mwh": 0.0,
            "efficiency_in": 0.95,
            "efficiency_out": 0.95,
            "extendable": 1,
            "maximum_mw": options.size * 300.0,
            "hours": 4.0,
            "capital_cost": 40.0,
        }
    )


def _curves(options: NetworkOptions, random: np.random.Generator) -> dict[str, Values]:
    """Return three curves of demand, and one of wind and of sun for each bus, between 0 and 1, by name."""
    season = np.repeat(np.arange(options.days) / options.days, options.hours)  # 0 is midwinter
    clock = np.tile(np.arange(options.hours) * 24 / options.hours, options.days)
    winter = np.cos(2 * np.pi * season)
    curves = {}
    for number, evening in enumerate((18, 19, 20), start=1):
        shape = 0.65 + 0.2 * np.cos(2 * np.pi * (clock - evening) / 24) + 0.1 * winter
        curves[f"demand {number}"] = np.clip(shape, 0, 1)
    height = np.clip(np.cos(2 * np.pi * (clock - 12) / 24) - 0.25 * winter, 0, None)
    for row in range(options.buses):
        cloud = _smooth(len(clock), random)
        curves[f"solar b{row + 1}"] = np.clip(0.75 * height * (0.6 + 0.4 * cloud), 0, 1)
        night = 0.08 * np.cos(2 * np.pi * clock / 24)
        curves[f"wind b{row + 1}"] = np.clip(
            0.3 + 0.08 * winter + night + 0.6 * (_smooth(len(clock), random) - 0.5), 0, 1
        )
    return curves


def _smooth(count: int, random: np.random.Generator) -> Values:
    """Return noise between 0 and 1 that changes over some hours."""
    noise = np.convolve(random.uniform(0, 1, count + 5), np.ones(6) / 6, mode="valid")
    return np.clip(0.5 + 2 * (noise - 0.5), 0, 1)
