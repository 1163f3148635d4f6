"""Plant and storage of a network, written out plainly: generators, imports, sites, stores."""

from __future__ import annotations

import math
from typing import Any

from tests.formulations.energy.plain_sheet import Sheet
from tests.formulations.energy.plain_study import INF, Terms


class Plant(Sheet):
    """What feeds in and stores."""

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
                opened: Terms = []
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
