"""The least cost of a network, written out plainly from the rows of its tables; nothing of it is the formulations'.

Every build of circuits is tried out; for each, one program with a variable per stage, snapshot and thing is solved by
scipy. Angles stand where the formulations have cycles or big M, every repetition of a day where seasonal storage has
powers, the network that is left after each outage where they have factors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from collections.abc import Iterator

    Row = dict[str, Any]
    Terms = list[tuple[int, float]]

INF = math.inf


class Linear:
    """A mixed-integer program that is written variable by variable and row by row."""

    def __init__(self) -> None:
        """Begin without variables."""
        self.low: list[float] = []
        self.high: list[float] = []
        self.cost: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[Terms, float, float]] = []

    def variable(self, low: float = 0.0, high: float = INF, cost: float = 0.0, whole: bool = False) -> int:
        """Add a variable; returns its place."""
        for values, value in ((self.low, low), (self.high, high), (self.cost, cost), (self.whole, int(whole))):
            values.append(value)
        return len(self.low) - 1

    def row(self, terms: Terms, low: float = -INF, high: float = INF) -> None:
        """Add a row."""
        self.rows.append((terms, low, high))

    def least(self) -> float:
        """Return the optimum, infinite where there is none."""
        entries = [(k, place, value) for k, (terms, _, _) in enumerate(self.rows) for place, value in terms]
        at, place, value = zip(*entries, strict=True)
        matrix = sp.csr_array((value, (at, place)), shape=(len(self.rows), len(self.low)))
        limits = LinearConstraint(matrix, [low for _, low, _ in self.rows], [high for *_, high in self.rows])
        bounds = Bounds(np.array(self.low), np.array(self.high))
        options = {"mip_rel_gap": 1e-9}
        answer = milp(self.cost, constraints=limits, bounds=bounds, integrality=self.whole, options=options)
        assert answer.status in (0, 2, 4), answer.message
        return float(answer.fun) if answer.status == 0 else INF


@dataclass(frozen=True)
class Study:
    """Tables of a network, the years of its stages and what a unit of cost and of emissions weighs."""

    tables: dict[str, list[dict[str, Any]]]
    years: tuple[int, ...] = (0,)
    lengths: tuple[float, ...] = (1.0,)
    dc: bool = True
    segments: int = 3
    weights: tuple[float, float] = (1.0, 0.0)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table."""
        return self.tables.get(table, [])

    def curve(self, name: Any) -> list[float]:
        """Return a profile by snapshot."""
        found = {row["snapshot"]: row["value"] for row in self.rows("profiles") if row["profile"] == name}
        return [found[one["snapshot"]] if name else 1.0 for one in self.rows("snapshots")]

    def of_year(self, table: str, key: str, year: int) -> list[dict[str, Any]]:
        """Return the rows that hold in a stage: those of its year before those of year 0."""
        found: dict[Any, dict[str, Any]] = {}
        for row in self.rows(table):
            own = row.get("year", 0)
            if own == year or (own == 0 and found.get(row[key], {}).get("year", 0) == 0):
                found[row[key]] = row
        return list(found.values())

    def builds(self) -> Iterator[list[list[int]]]:
        """Yield circuits of each candidate by stage: never fewer, none before its first year."""
        options = []
        for row in self.rows("candidates"):
            stages = [range(row.get("max_additions", 1) + 1) for _ in self.years]
            first = row.get("first_year", 0) if len(self.years) > 1 else 0
            options.append(
                [
                    list(one)
                    for one in product(*stages)
                    if all(a <= b for a, b in pairwise(one))
                    and all(n == 0 or year >= first for n, year in zip(one, self.years, strict=True))
                ]
            )
        yield from (list(one) for one in product(*options))

    def least(self) -> float:
        """Return the least of what is minimised over all builds."""
        return min(Model(self, build).least() for build in self.builds())


@dataclass
class Model:
    """The program of a study whose circuits are given."""

    study: Study
    build: list[list[int]]
    linear: Linear = field(default_factory=Linear)
    at: dict[tuple[Any, int, int], list[tuple[int, float]]] = field(default_factory=dict)
    """What is fed in at a bus, by bus, stage and snapshot."""
    plant: list[dict[str, Any]] = field(default_factory=list)
    """Outputs with what rules count of them."""
    built_mw: list[tuple[str, list[tuple[list[tuple[int, float]], float]]]] = field(default_factory=list)
    """Capacities by technology and stage: terms and constant."""
    before: dict[tuple[Any, int, int], list[tuple[int, float]]] = field(default_factory=dict)
    """Net flow of every wire with a law, by wire, stage and snapshot."""
    limit: dict[tuple[Any, int], tuple[list[tuple[int, float]], float]] = field(default_factory=dict)
    """Greatest flow of every wire with a law over its circuits, by wire and stage."""
    sites: dict[Any, list[list[tuple[int, float]]]] = field(default_factory=dict)
    """Capacity of each site by stage."""
    opened: dict[Any, list[list[tuple[int, float]]]] = field(default_factory=dict)
    """Whether each segment is open, by stage."""
    constant: float = 0.0

    def __post_init__(self) -> None:
        self.snapshots = self.study.rows("snapshots")
        self.stages = range(len(self.study.years))
        self.hours = [(p, t) for p in self.stages for t in range(len(self.snapshots))]

    # ---- what everything is made of

    def _operation(self, p: int, t: int, price: float, tonnes: float = 0.0) -> float:
        """Return what one MW of an hour weighs."""
        snapshot, (money, carbon) = self.snapshots[t], self.study.weights
        of_cost = snapshot.get("cost_weight_h", 0.0) or snapshot["weight_h"]
        return self.study.lengths[p] * (money * price * of_cost + carbon * tonnes * snapshot["weight_h"])

    def _feed(self, bus: Any, p: int, t: int, place: int, value: float) -> None:
        self.at.setdefault((bus, p, t), []).append((place, value))

    def _capacity(
        self, existing: float, least: float, most: float, price: float
    ) -> list[tuple[list[tuple[int, float]], float]]:
        """Return the capacity of each stage as terms and a constant."""
        money = self.study.weights[0]
        found, so_far = [], []
        for p in self.stages:
            low = least - existing if p == 0 else 0.0
            so_far = [*so_far, (self.linear.variable(low, INF, money * price), 1.0)]
            self.linear.row(so_far, -INF, most - existing)
            found.append((so_far, existing))
        return found

    def _fixed(self, capacity: float) -> list[tuple[list[tuple[int, float]], float]]:
        return [([], capacity) for _ in self.stages]

    def _within(
        self, terms: list[tuple[int, float]], capacity: tuple[list[tuple[int, float]], float], share: float, sense: str
    ) -> None:
        """Hold terms to at most (`<`) or at least (`>`) a share of a capacity."""
        own, constant = capacity
        if share == 0.0:
            own, constant = [], 0.0
        body = [*terms, *((place, -share * value) for place, value in own)]
        limit = share * constant
        self.linear.row(body, *((-INF, limit) if sense == "<" else (limit, INF)))

    def least(self) -> float:
        """Return the least of what is minimised; infinite where nothing is possible."""
        return self.linear.least() + self.constant if self.write() else INF

    def write(self) -> bool:
        """Write everything; tells whether the circuits join what must hang together."""
        if not self._connected():
            return False
        self._generators()
        self._imports()
        self._sites()
        for row in self.study.rows("storage"):
            self._store(row)
        self._wires()
        self._corridors()
        self._balance()
        for rule in self.study.rows("rules"):
            self._rule(rule)
        if self.study.dc:
            for outage in self.study.rows("contingencies"):
                self._outage(outage["line"])
        return True

    # ---- plant

    def _generators(self) -> None:
        for row in self.study.rows("generators"):
            capacity = self._fixed(row["capacity_mw"])
            if row.get("extendable", 0):
                limits = row.get("minimum_mw", 0.0), row.get("maximum_mw", INF), row.get("capital_cost", 0.0)
                capacity = self._capacity(row["capacity_mw"], *limits)
            curve = self.study.curve(row.get("profile", ""))
            tonnes, share = row.get("emission_tco2_per_mwh", 0.0), row.get("minimum_share", 0.0)
            power = {}
            for p, t in self.hours:
                price = self._operation(p, t, row.get("marginal_cost", 0.0), tonnes)
                power[p, t] = self.linear.variable(0.0, INF, price)
                self._within([(power[p, t], 1.0)], capacity[p], curve[t], "<")
                self._within([(power[p, t], 1.0)], capacity[p], curve[t] * share, ">")
                self._feed(row["bus"], p, t, power[p, t], 1.0)
            self.built_mw.append((row["technology"], capacity))
            green = bool(row.get("renewable", 0))
            self.plant.append(
                {"power": power, "tonnes": [tonnes] * len(self.stages), "green": green, "own": True}
                | {"capacity": capacity, "curve": curve}
            )

    def _imports(self) -> None:
        for bus in dict.fromkeys(row["bus"] for row in self.study.rows("imports")):
            held = [
                next((row for row in self.study.of_year("imports", "bus", year) if row["bus"] == bus), None)
                for year in self.study.years
            ]
            tonnes = [row["emission_tco2_per_mwh"] if row else 0.0 for row in held]
            power = {}
            for p, t in self.hours:
                row = held[p] or {"capacity_mw": 0.0}
                price = self._operation(p, t, row.get("price", 0.0), tonnes[p])
                power[p, t] = self.linear.variable(0.0, row["capacity_mw"], price)
                self._feed(bus, p, t, power[p, t], 1.0)
            self.plant.append({"power": power, "tonnes": tonnes, "green": False, "own": False})

    def _sites(self) -> None:
        money = self.study.weights[0]
        for row in self.study.rows("sites"):
            stored = row["technology"] == "storage"
            hours = row.get("hours", 0.0) if stored else 0.0
            price = row.get("capital_cost", 0.0) + hours * row.get("energy_cost", 0.0)
            capacity = self._capacity(0.0, 0.0, row["potential_mw"], price)
            if row.get("fixed_cost", 0.0) or row.get("minimum_mw", 0.0):
                opened: list[tuple[int, float]] = []
                for p in self.stages:
                    new = self.linear.variable(0.0, 1.0, money * row.get("fixed_cost", 0.0), whole=True)
                    opened = [*opened, (new, 1.0)]
                    self.linear.row(opened, 0.0, 1.0)
                    own = capacity[p][0]
                    for value, sense in ((row["potential_mw"], "<"), (row.get("minimum_mw", 0.0), ">")):
                        self._within(own, (opened, 0.0), value, sense)
            self.built_mw.append((row["technology"], capacity))
            self.sites[row["site"]] = [terms for terms, _ in capacity]
            if stored:
                root = math.sqrt(row.get("efficiency", 1.0))
                same = {"efficiency_in": root, "efficiency_out": root, "extendable": 1, "energy_mwh": 0.0}
                kept = {name: row[name] for name in ("bus", "hours", "energy_cost", "marginal_cost") if name in row}
                self._store({**same, **kept, "maximum_mwh": INF}, capacity)
                continue
            curve = self.study.curve(row.get("profile", ""))
            power = {}
            for p, t in self.hours:
                power[p, t] = self.linear.variable(0.0, INF, self._operation(p, t, row.get("marginal_cost", 0.0)))
                self._within([(power[p, t], 1.0)], capacity[p], curve[t], "<")
                self._feed(row["bus"], p, t, power[p, t], 1.0)
            self.plant.append(
                {"power": power, "tonnes": [0.0] * len(self.stages), "green": True, "own": True}
                | {"capacity": capacity, "curve": curve}
            )

    # ---- storage

    def _store(self, row: dict[str, Any], power: Any = None) -> None:
        """Add a store: every repetition of a representative day is written out where it is seasonal."""
        grows, hours = bool(row.get("extendable", 0)), row.get("hours", 0.0)
        present = row.get("power_mw", INF)
        if power is None:
            power = self._fixed(present)
            if grows and present < INF:
                price = row.get("capital_cost", 0.0) + hours * row.get("energy_cost", 0.0)
                least, most = row.get("minimum_mw", 0.0), row.get("maximum_mw", INF)
                if hours > 0:
                    least = max(least, row.get("minimum_mwh", 0.0) / hours)
                    most = min(most, row.get("maximum_mwh", INF) / hours)
                power = self._capacity(present, least, most, price)
            self.built_mw.append(("storage", power))
        energy = self._fixed(row["energy_mwh"])
        if grows and hours > 0:
            energy = [([(k, hours * v) for k, v in terms], hours * constant) for terms, constant in power]
        elif grows:
            limits = row.get("minimum_mwh", 0.0), row.get("maximum_mwh", INF), row.get("energy_cost", 0.0)
            energy = self._capacity(row["energy_mwh"], *limits)
        for p in self.stages:
            flows = []
            for t in range(len(self.snapshots)):
                charge = self.linear.variable()
                discharge = self.linear.variable(0.0, INF, self._operation(p, t, row.get("marginal_cost", 0.0)))
                for one in (charge, discharge):
                    if power[p][1] < INF:
                        self._within([(one, 1.0)], power[p], 1.0, "<")
                self._feed(row["bus"], p, t, charge, -1.0)
                self._feed(row["bus"], p, t, discharge, 1.0)
                flows.append((charge, discharge))
            for cycle in self._cycles(bool(row.get("seasonal", 0))):
                self._levels(row, cycle, flows, energy[p])

    def _cycles(self, seasonal: bool) -> list[list[int]]:
        """Return the snapshots that a store passes through, each list in a circle."""
        days: dict[Any, list[int]] = {}
        for t, snapshot in enumerate(self.snapshots):
            days.setdefault(snapshot.get("day", ""), []).append(t)
        if not seasonal or len(days) == 1:
            return list(days.values())
        year: list[int] = []
        for of_day in days.values():
            length = sum(self.snapshots[t].get("step_h", 1.0) for t in of_day)
            repeats = sum(self.snapshots[t]["weight_h"] for t in of_day) / length
            assert abs(repeats - round(repeats)) < 1e-9
            year += of_day * round(repeats)
        return [year]

    def _levels(self, row: dict[str, Any], cycle: list[int], flows: list[tuple[int, int]], energy: Any) -> None:
        levels = [self.linear.variable() for _ in cycle]
        for k, t in enumerate(cycle):
            step, (charge, discharge) = self.snapshots[t].get("step_h", 1.0), flows[t]
            kept = (1.0 - row.get("standing_loss", 0.0)) ** step
            into, out = step * row.get("efficiency_in", 1.0), step / row.get("efficiency_out", 1.0)
            change = [(levels[k], 1.0), (charge, -into), (discharge, out)]
            before = levels[k - 1]
            body = [*change, (before, -kept)] if before != levels[k] else [(levels[k], 1.0 - kept), *change[1:]]
            self.linear.row(body, 0.0, 0.0)
            if energy[1] < INF:
                self._within([(levels[k], 1.0)], energy, 1.0, "<")

    # ---- wires

    def _wires(self) -> None:
        kv = {row["bus"]: row.get("voltage_kv", 0.0) for row in self.study.rows("buses")}
        self.wires: dict[Any, tuple[Any, Any, list[float], list[float]]] = {}
        for row in self.study.rows("lines"):
            count = row.get("circuits", 1)
            capacity = self._chosen(row)
            use = row.get("maximum_share", 1.0) * count
            curve = _over(row.get("resistance_ohm", 0.0), kv[row["from_bus"]] ** 2 * count)
            most = use * (row.get("maximum_mw", INF) if row.get("extendable", 0) else row["capacity_mw"])
            key = ("line", row["line"])
            self._law(key, row, kv, [count] * len(self.stages))
            for p in self.stages:
                terms, constant = capacity[p]
                self.limit[key, p] = ([(k, v * use) for k, v in terms], constant * use)
            self._flow(key, row, capacity, (-use, use), row.get("loss_share", 0.0), 0.0, (curve, most))
        for row in self.study.rows("links"):
            loss = row.get("loss_share", 0.0) + row.get("loss_per_1000km", 0.0) * row.get("length_km", 0.0) / 1000
            shares = row.get("minimum_share", 0.0), row.get("maximum_share", 1.0)
            key, price = ("link", row["link"]), row.get("marginal_cost", 0.0)
            self._flow(key, row, self._chosen(row), shares, loss, price, (0.0, INF))
        for row, build in zip(self.study.rows("candidates"), self.build, strict=True):
            money, most = self.study.weights[0], row["capacity_mw"]
            self.constant += money * row["cost"] * build[-1]
            key = ("candidate", row["candidate"])
            self._law(key, row, kv, build)
            for p in self.stages:
                self.limit[key, p] = ([], most * build[p])
            curve = _over(row.get("resistance_ohm", 0.0), kv[row["from_bus"]] ** 2)
            # Circuits are alike but for losses by the square, which each has by itself.
            for c in range(row.get("max_additions", 1)):
                stands = [([], most * float(n > c)) for n in build]
                self._flow(
                    key,
                    row,
                    stands,
                    (-1.0, 1.0),
                    row.get("loss_share", 0.0),
                    row.get("marginal_cost", 0.0),
                    (curve, most),
                    equal=c,
                )
        if self.study.dc:
            self._angles()

    def _chosen(self, row: dict[str, Any]) -> Any:
        if not row.get("extendable", 0):
            return self._fixed(row["capacity_mw"])
        limits = row.get("minimum_mw", 0.0), row.get("maximum_mw", INF), row.get("capital_cost", 0.0)
        return self._capacity(row["capacity_mw"], *limits)

    def _law(self, key: Any, row: dict[str, Any], kv: dict[Any, float], circuits: list[int]) -> None:
        reactance = row.get("reactance_ohm", 0.0)
        if self.study.dc and reactance > 0:
            one = kv[row["from_bus"]] ** 2 / reactance
            self.wires[key] = (
                row["from_bus"],
                row["to_bus"],
                [one * n for n in circuits],
                [float(n) for n in circuits],
            )

    def _flow(
        self,
        key: Any,
        row: dict[str, Any],
        capacity: Any,
        shares: tuple[float, float],
        loss: float,
        price: float,
        square: tuple[float, float],
        equal: int = 0,
    ) -> None:
        """Add flows between shares of a capacity, what they lose, and what they cost."""
        split = shares[0] < 0 and (loss > 0 or price != 0)
        curve, most = square
        for p, t in self.hours:
            cost = self._operation(p, t, price)
            ways = [(1.0, row["from_bus"], row["to_bus"])]
            ways += [(-1.0, row["to_bus"], row["from_bus"])] if split else []
            net, lost = [], []
            if curve > 0:
                lost = [(self.linear.variable(0.0, curve * most**2), 1.0)]
                for bus in (row["from_bus"], row["to_bus"]):
                    self._feed(bus, p, t, lost[0][0], -0.5)
            for sign, start, end in ways:
                one = self.linear.variable(0.0 if split else -INF, INF, cost)
                self._feed(start, p, t, one, -1.0)
                self._feed(end, p, t, one, 1.0 - loss)
                net.append((one, sign))
                limit = -shares[0] if sign < 0 else shares[1]
                self._within([(one, 1.0), *lost], capacity[p], limit, "<")
                if not split:
                    self._within([(one, 1.0), *((k, -v) for k, v in lost)], capacity[p], shares[0], ">")
            if curve > 0:
                stands = 1.0 if key[0] != "candidate" else capacity[p][1] / most
                for k in range(1, self.study.segments + 1):
                    at = k / self.study.segments * most
                    for way in (1.0, -1.0):
                        body = [*lost, *((place, -way * 2 * curve * at * sign) for place, sign in net)]
                        self.linear.row(body, -curve * at**2 * stands, INF)
            if key in self.wires:
                self.before.setdefault((key, p, t), []).extend(net)
                if key[0] == "candidate" and equal and capacity[p][1] > 0:
                    # Parallel circuits carry the same.
                    first = self._first[key, p, t]
                    self.linear.row([*net, *((place, -sign) for place, sign in first)], 0.0, 0.0)
                elif key[0] == "candidate" and not equal:
                    self._first[key, p, t] = net

    @property
    def _first(self) -> dict[Any, list[tuple[int, float]]]:
        return self.__dict__.setdefault("_first_circuits", {})

    def _angles(self) -> None:
        for p, t in self.hours:
            angle = {bus: self.linear.variable(-INF, INF) for wire in self.wires.values() for bus in wire[:2]}
            for key, (start, end, stiff, _) in self.wires.items():
                if stiff[p] > 0:
                    net = self.before[key, p, t]
                    self.linear.row([*net, (angle[start], -stiff[p]), (angle[end], stiff[p])], 0.0, 0.0)

    def _outage(self, line: Any) -> None:
        """Add the network that is left when one circuit of a line fails: the same is fed in, flows obey the law."""
        failing = ("line", line)
        if failing not in self.wires:
            return
        for p, t in self.hours:
            angle = {bus: self.linear.variable(-INF, INF) for wire in self.wires.values() for bus in wire[:2]}
            fed: dict[Any, list[tuple[int, float]]] = {}
            for key, (start, end, stiff, count) in self.wires.items():
                left = (count[p] - (key == failing)) / count[p] if count[p] else 0.0
                net = self.before[key, p, t]
                after = self.linear.variable(-INF, INF) if left > 0 else None
                for bus, sign in ((start, 1.0), (end, -1.0)):
                    terms = fed.setdefault(bus, [])
                    terms += [(place, -sign * value) for place, value in net]
                    terms += [(after, sign)] if after is not None else []
                if after is not None:
                    b = stiff[p] * left
                    self.linear.row([(after, 1.0), (angle[start], -b), (angle[end], b)], 0.0, 0.0)
                    self._within([(after, 1.0)], self.limit[key, p], left, "<")
                    self._within([(after, 1.0)], self.limit[key, p], -left, ">")
            for terms in fed.values():
                self.linear.row(terms, 0.0, 0.0)

    # ---- what holds the whole together

    def _corridors(self) -> None:
        money = self.study.weights[0]
        for row in self.study.rows("segments"):
            so_far: list[tuple[int, float]] = []
            for _ in self.stages:
                so_far = [*so_far, (self.linear.variable(0.0, 1.0, money * row.get("cost", 0.0), whole=True), 1.0)]
                self.opened.setdefault(row["segment"], []).append(so_far)
                self.linear.row(so_far, 0.0, 1.0)
        for row, build in zip(self.study.rows("candidates"), self.build, strict=True):
            for other in self.study.rows("corridors"):
                if other["corridor"] == row.get("corridor", "") != "":
                    for p in self.stages:
                        if build[p]:
                            self.linear.row(self.opened[other["segment"]][p], 1.0, INF)

    def _balance(self) -> None:
        for p, t in self.hours:
            drawn = {row["bus"]: 0.0 for row in self.study.rows("buses")}
            for row in self.study.of_year("loads", "load", self.study.years[p]):
                drawn[row["bus"]] += row["peak_mw"] * self.study.curve(row.get("profile", ""))[t]
            for bus, load in drawn.items():
                terms = self.at.get((bus, p, t), [])
                if terms or load:
                    self.linear.row(terms or [(self.linear.variable(0.0, 0.0), 1.0)], load, load)

    def _connected(self) -> bool:
        """Tell whether the buses of each connection hang together in every stage."""
        for p in self.stages:
            graph: nx.Graph = nx.Graph()
            graph.add_nodes_from(row["bus"] for row in self.study.rows("buses"))
            for row in [*self.study.rows("lines"), *self.study.rows("links")]:
                least = row.get("minimum_mw", 0.0) if row.get("extendable", 0) else row["capacity_mw"]
                if least > 0:
                    graph.add_edge(row["from_bus"], row["to_bus"])
            for row, build in zip(self.study.rows("candidates"), self.build, strict=True):
                if build[p]:
                    graph.add_edge(row["from_bus"], row["to_bus"])
            joined: dict[Any, Any] = {}
            for row in self.study.rows("connections"):
                if row.get("first_year", 0) <= self.study.years[p]:
                    head = joined.setdefault(row["connection"], row["bus"])
                    if not nx.has_path(graph, head, row["bus"]):
                        return False
        return True

    def _rule(self, rule: dict[str, Any]) -> None:
        for p, year in enumerate(self.study.years):
            if rule.get("year", 0) not in (0, year):
                continue
            load = sum(
                row["peak_mw"] * value * snapshot["weight_h"]
                for row in self.study.of_year("loads", "load", year)
                for value, snapshot in zip(self.study.curve(row.get("profile", "")), self.snapshots, strict=True)
            )
            terms, value = self._counted(rule, p, load)
            ends = {"<=": (-INF, value), ">=": (value, INF), "==": (value, value)}
            self.linear.row(terms or [(self.linear.variable(0.0, 0.0), 1.0)], *ends[rule["sense"]])

    def _counted(self, rule: dict[str, Any], p: int, load: float) -> tuple[list[tuple[int, float]], float]:
        """Return what a rule counts, and its limit."""
        name, value, share = rule["rule"], float(rule["value"]), rule["unit"] == "share"
        weight = [snapshot["weight_h"] for snapshot in self.snapshots]
        energy = [(one, [(one["power"][p, t], weight[t]) for t in range(len(self.snapshots))]) for one in self.plant]
        if name == "emission_cap":
            return [(k, v * one["tonnes"][p]) for one, terms in energy for k, v in terms], value
        if name == "import_cap":
            return [pair for one, terms in energy if not one["own"] for pair in terms], value * (load if share else 1.0)
        if name == "self_sufficiency":
            return [pair for one, terms in energy if one["own"] for pair in terms], value * load
        if name == "renewable_share":
            return [pair for one, terms in energy if one["green"] for pair in terms], value * load
        if name == "capacity_target":
            wanted = rule.get("technology", "")
            some = [capacity[p] for kind, capacity in self.built_mw if wanted in ("", kind)]
            return [pair for terms, _ in some for pair in terms], value - sum(constant for _, constant in some)
        assert name == "curtailment_cap"
        part, terms_, limit = (value if share else 0.0), [], (0.0 if share else value)
        for one, terms in energy:
            if one["green"]:
                hours = sum(a * w for a, w in zip(one["curve"], weight, strict=True)) * (1.0 - part)
                own, constant = one["capacity"][p]
                terms_ += [(k, v * hours) for k, v in own] + [(k, -v) for k, v in terms]
                limit -= constant * hours
        return terms_, limit


def _over(value: float, by: float) -> float:
    return value / by if value else 0.0
