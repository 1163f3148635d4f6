"""Power flow by the audit itself: flows follow from what buses feed in, before and after an outage.

Angles solve B theta = injections; B is made of the susceptances of what stands, V^2/x a circuit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged
from optimizer.results.audit.network.laws import Laws
from optimizer.results.audit.network.plan import described
from optimizer.results.audit.network.plant import share_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.results.audit.network.plan import Values
    from optimizer.results.audit.network.whole import Parts

LAW, OUTAGE = "kvl", "contingency"


@dataclass(frozen=True)
class Grid:
    """What carries power by the law: arrays (branches,); ends are places of buses, stiffness is MW a radian."""

    names: list[str]
    start: np.ndarray
    end: np.ndarray
    stiffness: np.ndarray
    buses: int

    def solve(self, injected: np.ndarray) -> np.ndarray:
        """Return flows (snapshots, branches) from what each bus feeds in, (snapshots, buses)."""
        count = len(self.names)
        ends = np.concatenate([self.start, self.end])
        sign = np.repeat([1.0, -1.0], count)
        incidence = sp.csr_array((sign, (np.tile(np.arange(count), 2), ends)), shape=(count, self.buses))
        matrix = sp.csc_array(incidence.T @ sp.diags_array(self.stiffness) @ incidence)
        graph: nx.Graph = nx.Graph()
        graph.add_nodes_from(range(self.buses))
        live = self.stiffness > 0
        graph.add_edges_from(zip(self.start[live].tolist(), self.end[live].tolist(), strict=True))
        ground = [min(group) for group in nx.connected_components(graph)]
        free = np.setdiff1d(np.arange(self.buses), ground)
        angle = np.zeros((self.buses, len(injected)))
        if len(free):
            angle[free] = splu(matrix[free][:, free]).solve(np.ascontiguousarray(injected[:, free].T))
        return np.asarray((sp.diags_array(self.stiffness) @ incidence @ angle).T)

    def injections(self, flows: np.ndarray) -> np.ndarray:
        """Return what buses feed into these branches, (snapshots, buses)."""
        found = np.zeros((self.buses, len(flows)))
        np.add.at(found, self.start, flows.T)
        np.subtract.at(found, self.end, flows.T)
        return found.T


def line_flows(parts: Parts, values: Values) -> np.ndarray:
    """Return the net flow of every line, (hours, lines)."""
    names = list(parts.system.network["lines"]["line"])
    flows = np.zeros((parts.system.times.copies("hour"), len(names)))
    for k, name in enumerate(names):
        for columns, place, sign in parts.lines.of[name]:
            flows[:, k] += sign * values[columns.name][:, place]
    return flows


def flow_checks(parts: Parts, values: Values) -> list[Check]:
    """Check that power divides by the law over lines and circuits that stand, also after an outage."""
    if not parts.system.network.direct_current:
        return []
    laws = Laws(parts)
    flows = line_flows(parts, values)
    found = [*_law(parts, values, laws, flows), *_angles(parts, values, laws, flows)]
    return [*found, *_outages(parts, values, laws, flows)]


def _standing(parts: Parts, values: Values, laws: Laws, stage: int, flows: np.ndarray) -> tuple[Grid, np.ndarray]:
    """Return lines and candidates with reactance that stand in a stage, and their flows (snapshots, branches)."""
    network, times = parts.system.network, parts.system.times
    lines, candidates = network["lines"], network["candidates"]
    hours = slice(stage * times.within["hour"], (stage + 1) * times.within["hour"])
    some = laws.lines
    names = [f"line {name}" for name in lines["line"][some]]
    start, end = network.at_bus(lines, "from_bus")[some], network.at_bus(lines, "to_bus")[some]
    stiff, held = laws.stiffness[some], flows[hours, some]
    if parts.circuits is not None:
        count = np.rint(values.circuits()[stage])
        built = np.flatnonzero(laws.alternating & (count > 0))
        every = values.written.of("candidate", "flow_mw", values.written.names["candidate"])
        names += [f"candidate {name}" for name in candidates["candidate"][built]]
        start = np.concatenate([start, network.at_bus(candidates, "from_bus")[built]])
        end = np.concatenate([end, network.at_bus(candidates, "to_bus")[built]])
        stiff = np.concatenate([stiff, network.susceptance(candidates)[built] * count[built]])
        held = np.concatenate([held, every[hours, built]], axis=1)
    return Grid(names, start, end, stiff, len(network.bus)), held


def _room(parts: Parts, laws: Laws, flows: np.ndarray) -> float:
    """Return by how much flows may miss the law: of their own size, and of what a circuit not there leaves free."""
    free = 0.0
    if parts.circuits is not None:
        table = parts.system.network["candidates"]
        free = float((parts.system.network.susceptance(table) * laws.width).max(initial=0.0))
    return RELATIVE * max(10.0 * float(np.abs(flows).max(initial=0.0)), 2.0 * free, 1.0)


def _law(parts: Parts, values: Values, laws: Laws, flows: np.ndarray) -> Iterator[Check]:
    for stage in range(parts.system.times.stages):
        grid, held = _standing(parts, values, laws, stage, flows)
        if not len(grid.names):
            continue
        own = grid.solve(grid.injections(held))
        off = np.abs(own - held)
        at, k = np.unravel_index(int(np.argmax(off)), off.shape)
        room = _room(parts, laws, held)
        hour = int(at) + stage * parts.system.times.within["hour"]
        subject = described(parts.system, grid.names[k], "hour", hour) if off.max() > room else ""
        words = f"flow is said to be {held[at, k]:.9g} MW, by the law {own[at, k]:.9g} MW"
        yield judged(LAW, LAW, subject, float(off.max()), room, "MW", words)


def _angles(parts: Parts, values: Values, laws: Laws, flows: np.ndarray) -> Iterator[Check]:
    """Check angles, where a plan states them, against the flows of what stands between their buses."""
    angle = values.written.found.get(("bus", "angle_rad"))
    if angle is None:
        return
    times, worst = parts.system.times, (0.0, "")
    room = _room(parts, laws, flows)
    for stage in range(times.stages):
        grid, held = _standing(parts, values, laws, stage, flows)
        hours = slice(stage * times.within["hour"], (stage + 1) * times.within["hour"])
        across = angle[hours][:, grid.start] - angle[hours][:, grid.end]
        off = np.nan_to_num(np.abs(grid.stiffness * across - held))
        if off.size and off.max() > worst[0]:
            hour, k = np.unravel_index(int(np.argmax(off)), off.shape)
            worst = (float(off.max()), described(parts.system, grid.names[k], "hour", hours.start + int(hour)))
    subject = worst[1] if worst[0] > room else ""
    yield judged(f"{LAW}.angles", LAW, subject, worst[0], room, "MW", "stated angles explain the flows")


def _outages(parts: Parts, values: Values, laws: Laws, flows: np.ndarray) -> Iterator[Check]:
    """Check flows after each outage by a power flow over what is left, circuits that are built among it."""
    network = parts.system.network
    table = network["contingencies"]
    for name, line in zip(table["contingency"], table["line"], strict=True):
        places = np.flatnonzero(network["lines"]["line"] == line)
        if not len(places) or places[0] not in laws.lines:
            words = f"outage of line {line}: it has no reactance, so the audit knows no power flow after it"
            yield count_check(OUTAGE, OUTAGE, name, 1, words, "outages")
            continue
        for stage in range(parts.system.times.stages):
            yield _outage(parts, values, laws, flows, (name, int(places[0]), stage))


def _outage(parts: Parts, values: Values, laws: Laws, flows: np.ndarray, case: tuple[str, int, int]) -> Check:
    """Judge one outage in one stage: contingency, place of the line and stage are given."""
    name, failing, stage = case
    network = parts.system.network
    table, candidates = network["lines"], network["candidates"]
    grid, held = _standing(parts, values, laws, stage, flows)
    installed = values.written.of("line", "capacity_mw", list(table["line"]))[stage]
    left = circuits_left(laws, failing)[laws.lines]
    limit = share_of(installed, table["maximum_share"] * table["circuits"])[laws.lines] * left
    stiff = grid.stiffness.copy()
    stiff[: len(left)] *= left
    if parts.circuits is not None:
        count = np.rint(values.circuits()[stage])
        built = np.flatnonzero(laws.alternating & (count > 0))
        limit = np.concatenate([limit, candidates["capacity_mw"][built] * count[built]])
    own = replace(grid, stiffness=stiff)
    fed = own.injections(held)
    after = own.solve(fed)
    unmet = float(np.abs(own.injections(after) - fed).max(initial=0.0))
    year, room = network.years[stage], _room(parts, laws, flows)
    when = f", {year}" if year else ""
    if unmet > room:
        words = f"without a circuit of {table['line'][failing]} there is no way for {unmet:.9g} MW"
        return judged(OUTAGE, OUTAGE, f"{name}{when}", unmet, room, "MW", words)
    off = np.abs(after) - limit
    at, k = np.unravel_index(int(np.argmax(off)), off.shape)
    excess = float(off[at, k])
    hour = int(at) + stage * parts.system.times.within["hour"]
    subject = described(parts.system, f"{name}: {grid.names[k]}", "hour", hour) if excess > room else f"{name}{when}"
    words = f"{after[at, k]:.9g} MW after the outage, at most {limit[k]:.9g} MW asked"
    return judged(OUTAGE, OUTAGE, subject, excess, room, "MW", words)


def circuits_left(laws: Laws, failing: int) -> np.ndarray:
    """Return the part of each line's circuits that an outage leaves, (lines,)."""
    count = laws.parts.system.network["lines"]["circuits"]
    left = np.ones(len(count))
    left[failing] = (count[failing] - 1.0) / count[failing]
    return left


def grid_without(laws: Laws, failing: int, some: np.ndarray) -> Grid:
    """Return lines, by place, with one circuit of a line missing."""
    network = laws.parts.system.network
    table = network["lines"]
    start, end = network.at_bus(table, "from_bus")[some], network.at_bus(table, "to_bus")[some]
    stiff = laws.stiffness[some] * circuits_left(laws, failing)[some]
    return Grid(list(table["line"][some]), start, end, stiff, len(network.bus))
