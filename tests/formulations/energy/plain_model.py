"""The least cost of a network, written out plainly from the rows of its tables; nothing of it is the formulations'.

Every build of circuits is tried out; for each, one program with a variable per stage, snapshot and thing is solved by
scipy. Angles stand where the formulations have cycles or big M, every repetition of a day where seasonal storage has
powers, the network that is left after each outage where they have factors.
"""

from __future__ import annotations

from typing import Any

import networkx as nx

from tests.formulations.energy.plain_plant import Plant
from tests.formulations.energy.plain_study import INF, Study, Terms
from tests.formulations.energy.plain_wires import Wires


def least(study: Study) -> float:
    """Return the least of what is minimised over all builds of circuits."""
    return min(Model(study, build).least() for build in study.builds())


class Model(Plant, Wires):
    """The program of a study whose circuits are given."""

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

    def _corridors(self) -> None:
        money = self.study.weights[0]
        for row in self.study.rows("segments"):
            so_far: Terms = []
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

    def _counted(self, rule: dict[str, Any], p: int, load: float) -> tuple[Terms, float]:
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
