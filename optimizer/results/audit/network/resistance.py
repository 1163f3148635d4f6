"""Losses by the square of the flow, as tangents bound them from below; half is drawn at either end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optimizer.results.audit.network.plan import Values
    from optimizer.results.audit.network.system import Columns, System
    from optimizer.results.audit.network.tables import Network, Table
    from optimizer.results.audit.network.whole import Parts
    from optimizer.results.audit.network.wires import Wires


@dataclass(frozen=True)
class Lost:
    """What a kind of wires loses: columns, the part of the square of the flow (1/MW) and the greatest flow (MW)."""

    columns: Columns
    curve: np.ndarray
    limit: np.ndarray

    def tangents(self, segments: int) -> list[tuple[str, int, float, float]]:
        """Return name (with the number of the tangent), place, slope and offset of each tangent."""
        found = []
        for k, name in enumerate(self.columns.members):
            for number in range(1, segments + 1):
                at = float(self.limit[k]) * number / segments
                curve = float(self.curve[k])
                found.append((f"{name} {number}", k, 2.0 * curve * at, curve * at**2))
        return found


def curves(network: Network, table: Table) -> np.ndarray:
    """Return the part of the square of a circuit's flow that is lost, R/V^2 (1/MW), by row.

    Raises AuditInputError where a bus without voltage is the start of what has a resistance.
    """
    voltage = network["buses"]["voltage_kv"][network.at_bus(table, "from_bus")]
    if (dead := (voltage == 0) & (table["resistance_ohm"] > 0)).any():
        bus = table["from_bus"][int(np.argmax(dead))]
        raise network.error("buses", f"bus {bus!r} has no voltage, and what starts there has a resistance")
    return np.array([r / (v * v) if r > 0 else 0.0 for r, v in zip(table["resistance_ohm"], voltage, strict=True)])


def add_lost(system: System, wires: Wires, names: list[str], curve: np.ndarray, limit: np.ndarray) -> None:
    """Add what is lost by wires of which some have a curve above 0, arrays (names,).

    A flow without limit has no tangents, which is an AuditInputError.
    """
    some = np.flatnonzero(curve > 0)
    if not len(some):
        return
    members = [names[k] for k in some]
    if np.isinf(limit[some]).any():
        name = members[int(np.argmax(np.isinf(limit[some])))]
        raise system.network.error(f"{wires.kind}s", f"{wires.kind} {name} has a resistance and no greatest capacity")
    most = curve[some] * limit[some] ** 2
    columns = system.add_columns(f"{wires.kind}_loss", "hour", members, "MW", 0.0, most)
    wires.lost = Lost(columns, curve[some], limit[some])


def add_tangents(system: System, wires: Wires, built: Columns | None = None) -> None:
    """Add that losses are no less than their tangents, in either direction; circuits not `built` lose nothing."""
    if wires.lost is None:
        return
    tangents, now = wires.lost.tangents(system.network.loss_segments), system.times.now("hour", "hour")
    for way, sign in (("forward", 1.0), ("backward", -1.0)):
        offset = np.array([one[3] for one in tangents])
        names = [one[0] for one in tangents]
        rows = system.add_rows(f"{wires.kind}_loss_{way}", "hour", names, "MW", upper=0.0 if built else offset)
        every, place = range(len(tangents)), [one[1] for one in tangents]
        rows.add(wires.lost.columns, every, place, -np.ones(len(tangents)), now)
        for row, (_, k, slope, _) in enumerate(tangents):
            for columns, at, direction in wires.of[wires.lost.columns.members[k]]:
                rows.add(columns, [row], [at], [sign * direction * slope], now)
        if built is not None:
            standing = [built.place(wires.lost.columns.members[k]) for k in place]
            rows.add(built, every, standing, -offset, system.times.so_far("hour"))


def thrown_away(parts: Parts, values: Values) -> float:
    """Return what a plan loses beyond the tangents, MWh over all stages: energy that nothing but a line takes."""
    system, total = parts.system, 0.0
    hours = np.outer(system.network.lengths, system.network["snapshots"]["weight_h"]).ravel()
    for wires in parts.wires:
        if wires.lost is None:
            continue
        least = np.zeros(wires.lost.columns.lower.shape)
        tangents = wires.lost.tangents(system.network.loss_segments)
        for _, k, slope, offset in tangents:
            flow = np.zeros(len(least))
            for columns, at, direction in wires.of[wires.lost.columns.members[k]]:
                flow += direction * values[columns.name][:, at]
            least[:, k] = np.maximum(least[:, k], slope * np.abs(flow) - offset)
        total += float(hours @ np.maximum(values[wires.lost.columns.name] - least, 0.0).sum(axis=1))
    return total
