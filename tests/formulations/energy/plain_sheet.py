"""The sheet that a network is written on: what is fed in at each bus, capacities by stage, what things weigh."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.formulations.energy.plain_study import INF, Linear, Study, Terms


@dataclass
class Sheet:
    """What the rows of a program with given circuits are made of."""

    study: Study
    build: list[list[int]]
    linear: Linear = field(default_factory=Linear)
    at: dict[tuple[Any, int, int], Terms] = field(default_factory=dict)
    """What is fed in at a bus, by bus, stage and snapshot."""
    plant: list[dict[str, Any]] = field(default_factory=list)
    """Outputs with what rules count of them."""
    built_mw: list[tuple[str, list[tuple[Terms, float]]]] = field(default_factory=list)
    """Capacities by technology and stage: terms and constant."""
    before: dict[tuple[Any, int, int], Terms] = field(default_factory=dict)
    """Net flow of every wire with a law, by wire, stage and snapshot."""
    first: dict[tuple[Any, int, int], Terms] = field(default_factory=dict)
    """Net flow of the first circuit of every candidate with a law, by wire, stage and snapshot."""
    limit: dict[tuple[Any, int], tuple[Terms, float]] = field(default_factory=dict)
    """Greatest flow of every wire with a law over its circuits, by wire and stage."""
    sites: dict[Any, list[Terms]] = field(default_factory=dict)
    """Capacity of each site by stage."""
    opened: dict[Any, list[Terms]] = field(default_factory=dict)
    """Whether each segment is open, by stage."""
    constant: float = 0.0

    def __post_init__(self) -> None:
        self.snapshots = self.study.rows("snapshots")
        self.stages = range(len(self.study.years))
        self.hours = [(p, t) for p in self.stages for t in range(len(self.snapshots))]

    def _operation(self, p: int, t: int, price: float, tonnes: float = 0.0) -> float:
        """Return what one MW of an hour weighs."""
        snapshot, (money, carbon) = self.snapshots[t], self.study.weights
        of_cost = snapshot.get("cost_weight_h", 0.0) or snapshot["weight_h"]
        return self.study.lengths[p] * (money * price * of_cost + carbon * tonnes * snapshot["weight_h"])

    def _feed(self, bus: Any, p: int, t: int, place: int, value: float) -> None:
        self.at.setdefault((bus, p, t), []).append((place, value))

    def _capacity(self, existing: float, least: float, most: float, price: float) -> list[tuple[Terms, float]]:
        """Return the capacity of each stage as terms and a constant."""
        money = self.study.weights[0]
        found, so_far = [], []
        for p in self.stages:
            low = least - existing if p == 0 else 0.0
            so_far = [*so_far, (self.linear.variable(low, INF, money * price), 1.0)]
            self.linear.row(so_far, -INF, most - existing)
            found.append((so_far, existing))
        return found

    def _fixed(self, capacity: float) -> list[tuple[Terms, float]]:
        return [([], capacity) for _ in self.stages]

    def _within(self, terms: Terms, capacity: tuple[Terms, float], share: float, sense: str) -> None:
        """Hold terms to at most (`<`) or at least (`>`) a share of a capacity."""
        own, constant = capacity
        if share == 0.0:
            own, constant = [], 0.0
        body = [*terms, *((place, -share * value) for place, value in own)]
        limit = share * constant
        self.linear.row(body, *((-INF, limit) if sense == "<" else (limit, INF)))
