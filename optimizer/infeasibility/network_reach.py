"""What stands behind a shortfall of a network: supply that can be built, lines into a bus, land that sites may take.

Each is a figure of the tables by itself, so that it is said only where it alone does not suffice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.overlays import CORRIDOR
from instances.land import codes_of
from optimizer.infeasibility.network_words import Apart, Limit, Power, Said, amount, in_year
from optimizer.results.terms import term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from instances.network import Network
    from optimizer.infeasibility.network_words import Told

    Floats = NDArray[np.float64]

RENEWABLE, TARGET = "renewable_share", "capacity_target"
MOST_TOLD = 6
"""Buses, sites or segments that are told of; the rest are left out."""
ROOM = 1 - 1e-6
LITTLE = 1e-3
"""Part of a site's potential that its land may lack without a word: potentials are stated rounded."""


def causes(network: Network, clashes: Sequence[Told], block: LandBlock | None) -> Iterator[Told]:
    """Yield what the tables tell of the things that lack."""
    potential = site_potential(network, block)
    short = [one for one in clashes if isinstance(one, Power) and not one.surplus]
    for period in dict.fromkeys(one.period for one in short):
        stage = network.stage_years.index(period)
        whole = _supply(network, stage, potential)
        if whole is not None:
            yield whole
        else:
            buses = [one for one in short if one.period == period][:MOST_TOLD]
            yield from filter(None, (_into(network, stage, potential, one) for one in buses))
    for one in clashes:
        if isinstance(one, Limit) and one.sense != "<=" and one.rule in (RENEWABLE, TARGET):
            yield from _reach(network, potential, one)
    if block is not None:
        yield from _sites_on_land(network, potential, _technologies(network, clashes))
    if block is not None and any(isinstance(one, Power | Apart) for one in clashes):
        yield from _closed_segments(network, block)


def site_potential(network: Network, block: LandBlock | None) -> Floats:
    """Return MW that each site may carry (sites,): its potential, and with land no more than that bears."""
    sites = network["sites"]
    potential = sites["potential_mw"].to_numpy(dtype=float)
    if block is None or block.overlays is None:
        return potential
    moves, overlays = block.moves, block.overlays
    under = np.flatnonzero(moves.overlay > 0)
    # Variants of one group and overlay in several periods are the same hectares.
    key = moves.group_of(under) * (len(overlays.names) + 1) + moves.overlay[under]
    _, first = np.unique(key, return_index=True)
    some = under[first]
    area = np.bincount(moves.overlay[some], moves.upper[some] * moves.area_of(some), minlength=len(overlays.names) + 1)
    of = codes_of(sites["site"].astype(str), _series(overlays.names))
    density = sites["density_mw_per_km2"].to_numpy(dtype=float)
    carried = np.where(of >= 0, density * area[of + 1] / 100.0, np.inf)
    return np.minimum(potential, np.where(density > 0, carried, np.inf))


def _both(values: Sequence[float], unit: str) -> tuple[list[str], list[str]]:
    """Return figures with their unit in Chinese and in English."""
    return [amount(value, unit, "zh") for value in values], [amount(value, unit, "en") for value in values]


def _series(names: Sequence[str]) -> pd.Series:
    return pd.Series(list(names), dtype=str)


def _most(table: pd.DataFrame, present: str = "capacity_mw") -> Floats:
    """Return the greatest MW that rows of a table may have."""
    return np.where(table["extendable"] == 1, table["maximum_mw"], table[present]).astype(float)


def _feeds(network: Network, stage: int, potential: Floats) -> Iterator[tuple[pd.Series, Floats]]:
    """Yield buses and greatest MW by snapshot (rows, snapshots) of plant, sites, imports and storage."""
    generators, sites = network["generators"], network["sites"]
    imports, storage = network.at_stage("imports", stage), network["storage"]
    for table, most, curves in (
        (generators, _most(generators), network.curves(generators["profile"])),
        (sites, potential, network.curves(sites["profile"])),
        (imports, imports["capacity_mw"].to_numpy(dtype=float), np.ones((len(imports), network.n_snapshots))),
        (storage, _most(storage, "power_mw"), np.ones((len(storage), network.n_snapshots))),
    ):
        yield table["bus"], np.where(curves > 0, most[:, None] * np.where(curves > 0, curves, 1.0), 0.0)


def _at_buses(network: Network, stage: int, potential: Floats) -> Floats:
    """Return the greatest MW that can be fed in at each bus, (buses, snapshots)."""
    total = np.zeros((network.n_buses, network.n_snapshots))
    for buses, power in _feeds(network, stage, potential):
        np.add.at(total, network.bus_codes(buses), power)
    return total


def _supply(network: Network, stage: int, potential: Floats) -> Said | None:
    """Return that load exceeds all that can be built, where it does."""
    load = network.demand_mw(stage).sum(axis=0)
    most = _at_buses(network, stage, potential).sum(axis=0)
    worst = int(np.argmax(load - most))
    if load[worst] * ROOM <= most[worst]:
        return None
    when = str(network["snapshots"]["snapshot"].iloc[worst])
    period = network.stage_years[stage]
    zh, en = _both([float(load[worst]), float(most[worst]), float(load[worst] - most[worst])], "MW")
    return Said(
        f"{in_year(period, 'zh')}时段 {when} 负荷 {zh[0]}，"
        f"现有与可建电源、场址、外购和储能合计至多 {zh[1]}，缺 {zh[2]}",
        f"{in_year(period, 'en')}at {when} the load is {en[0]}; plant, sites, imports and storage that stand or can "
        f"be built give {en[1]} at most, {en[2]} short",
    )


def _into(network: Network, stage: int, potential: Floats, short: Power) -> Said | None:
    """Return that a bus can neither make nor take in what it draws, where it is so."""
    code = int(network.bus_codes(_series([short.bus]))[0])
    when = network["snapshots"]["snapshot"].astype(str).tolist().index(short.snapshot)
    load = float(network.demand_mw(stage)[code, when])
    own = float(_at_buses(network, stage, potential)[code, when])
    lines = 0.0
    for name, count in (("lines", "circuits"), ("links", ""), ("candidates", "max_additions")):
        table = network[name]
        most = _most(table) if name != "candidates" else table["capacity_mw"].to_numpy(dtype=float)
        most = most * (table[count].to_numpy(dtype=float) if count else 1.0)
        ends = [network.bus_codes(table[end]) == code for end in ("from_bus", "to_bus")]
        lines += float(most[ends[0] | ends[1]].sum())
    if load * ROOM <= own + lines:
        return None
    year = short.period
    zh, en = _both([load, own, lines], "MW")
    return Said(
        f"{in_year(year, 'zh')}节点 {short.bus} 负荷 {zh[0]}，本地供电至多 {zh[1]}，接入线路（含可建）至多 {zh[2]}",
        f"{in_year(year, 'en')}bus {short.bus} draws {en[0]}; it makes {en[1]} itself at most, and its "
        f"lines, with all that can be built, carry {en[2]}",
    )


def _reach(network: Network, potential: Floats, one: Limit) -> Iterator[Said]:
    """Yield the most of a renewable share or of a technology that can be built, where that is less than asked."""
    generators, sites, storage = network["generators"], network["sites"], network["storage"]
    if one.rule == TARGET:
        kinds = (generators["technology"], sites["technology"], _series(["storage"] * len(storage)))
        most = np.concatenate([_most(generators), potential, _most(storage, "power_mw")])
        some = np.concatenate([(kind.astype(str) == one.technology).to_numpy() for kind in kinds])
        total, unit = float(most[some | (one.technology == "")].sum()), "MW"
        asked = one.bound
    else:
        stage = network.stage_years.index(one.period)
        clean, fields = (generators["renewable"] == 1).to_numpy(), (sites["technology"] != "storage").to_numpy()
        hours = [network.curves(table["profile"]) @ network.weight_h for table in (generators, sites)]
        most_mw = _most(generators)[clean]
        total = float(most_mw @ hours[0][clean] + potential[fields] @ hours[1][fields])
        asked, unit = one.bound * float(network.demand_mw(stage).sum(axis=0) @ network.weight_h), "MWh"
    if not total < asked * ROOM:
        return
    year, of = one.period, term("technology", one.technology, "zh") if one.technology else ""
    english = f" of {term('technology', one.technology, 'en')}" if one.technology else ""
    zh, en = _both([asked, total], unit)
    yield Said(
        f"{in_year(year, 'zh')}{one.id} 需要{of} {zh[0]}，现有与可建的全部用上也只有 {zh[1]}",
        f"{in_year(year, 'en')}{one.id} needs {en[0]}{english}; all that stands or can be built gives {en[1]}",
    )


def _technologies(network: Network, clashes: Sequence[Told]) -> set[str]:
    """Return the technologies of which more sites would help."""
    found: set[str] = set()
    for one in clashes:
        every = isinstance(one, Power) or (isinstance(one, Limit) and one.rule != TARGET)
        found |= set(network["sites"]["technology"].astype(str)) if every else set()
        if isinstance(one, Limit) and one.rule == TARGET and one.sense != "<=":
            found.add(one.technology)
    return found


def _sites_on_land(network: Network, potential: Floats, technologies: set[str]) -> Iterator[Said]:
    """Yield the sites whose land, under its rules, bears less than their potential, the most MW first."""
    sites = network["sites"]
    asked = sites["potential_mw"].to_numpy(dtype=float)
    lost = np.where(sites["technology"].astype(str).isin(technologies), asked - potential, 0.0)
    for row in np.argsort(-lost, kind="stable")[:MOST_TOLD]:
        if lost[row] <= LITTLE * max(asked[row], 1.0):
            return
        site, kind = str(sites["site"].iloc[row]), str(sites["technology"].iloc[row])
        zh, en = _both([float(asked[row]), float(potential[row])], "MW")
        yield Said(
            f"{term('technology', kind, 'zh')}场址 {site} 可开发 {zh[0]}，其用地按地类与管控线规则至多承载 {zh[1]}",
            f"site {site} ({term('technology', kind, 'en')}) could have {en[0]}; its land bears {en[1]} at most under "
            "the rules of class and control lines",
        )


def _closed_segments(network: Network, block: LandBlock) -> Iterator[Said]:
    """Yield the segments that cannot be opened since a zone they cross leaves too little land for their strip."""
    table, overlays = network["segment_zones"], block.overlays
    if table.empty or overlays is None:
        return
    moves = block.moves
    strip = np.flatnonzero(moves.overlay == overlays.names.index(CORRIDOR) + 1)
    _, first = np.unique(moves.group_of(strip), return_index=True)
    some = strip[first]
    room = np.bincount(moves.zone[some], moves.upper[some] * moves.area_of(some), minlength=len(block.land.zones))
    zone = codes_of(table["zone"].astype(str), block.land.zones["zone"].astype(str))
    needed = table["area_ha"].to_numpy(dtype=float)
    lacks = needed * ROOM > room[zone] + 1e-9
    segments = table["segment"].astype(str).to_numpy()
    for segment in list(dict.fromkeys(segments[lacks]))[:MOST_TOLD]:
        rows = np.flatnonzero(lacks & (segments == segment))
        worst = rows[np.argmax(needed[rows] - room[zone[rows]])]
        of = network["corridors"].loc[network["corridors"]["segment"].astype(str) == segment, "corridor"]
        ways, name, count = ", ".join(dict.fromkeys(of.astype(str))), str(table["zone"].iloc[worst]), len(rows)
        zh, en = _both([float(needed[worst]), float(room[zone[worst]])], "ha")
        more = (f"，另有 {count - 1} 个单元亦然", f", and so in {count - 1} more") if count > 1 else ("", "")
        yield Said(
            f"走廊区段 {segment}（{ways}）无法开辟：空间单元 {name} 内走廊带需 {zh[0]}，"
            f"地类与管控线规则只允许 {zh[1]}{more[0]}",
            f"segment {segment} ({ways}) cannot be opened: its strip needs {en[0]} of zone {name}, rules of class "
            f"and control lines leave {en[1]}{more[1]}",
        )
