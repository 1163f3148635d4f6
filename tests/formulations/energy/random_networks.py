"""Random networks of a few buses that hold some of everything, by seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.formulations.energy.networks import network_of
from tests.formulations.energy.plain_study import Study

if TYPE_CHECKING:
    from instances.network import Network

STATED = {"source": "made", "status": "made"}
RULES = (
    ("emission_cap", "<=", "tCO2e"),
    ("renewable_share", ">=", "share"),
    ("self_sufficiency", ">=", "share"),
    ("curtailment_cap", "<=", "share"),
    ("capacity_target", ">=", "MW"),
    ("import_cap", "<=", "share"),
    ("import_cap", "<=", "MWh"),
    ("curtailment_cap", "<=", "MWh"),
    ("emission_cap", ">=", "tCO2e"),
)


class _Draw:
    """Random rows; `random` decides on everything."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.buses = [f"b{k}" for k in range(int(self.random.integers(2, 5)))]
        self.stages = int(self.random.choice([1, 1, 2]))
        self.profiles: list[str] = ["p0", "p1", "p2"]

    def yes(self, chance: float = 0.5) -> bool:
        return bool(self.random.random() < chance)

    def number(self, low: float, high: float, digits: int = 1) -> float:
        return float(np.round(self.random.uniform(low, high), digits))

    def bus(self) -> str:
        return str(self.random.choice(self.buses))

    def profile(self, chance: float = 0.7) -> str:
        return str(self.random.choice(self.profiles)) if self.yes(chance) else ""

    def ends(self) -> dict[str, str]:
        start, end = self.random.choice(self.buses, 2, replace=False)
        return {"from_bus": str(start), "to_bus": str(end)}

    def snapshots(self) -> list[dict[str, Any]]:
        """Return one or two days whose repetitions are whole."""
        found = []
        for day in range(int(self.random.integers(1, 3))):
            count, step = int(self.random.integers(1, 4)), float(self.random.choice([1.0, 2.0, 6.0]))
            repeats = int(self.random.integers(1, 6))
            for k in range(count):
                row = {"snapshot": f"d{day}h{k}", "day": f"d{day}", "step_h": step, "weight_h": step * repeats}
                found.append(row | ({"cost_weight_h": self.number(1, 9)} if self.yes(0.2) else {}))
        return found

    def curves(self, snapshots: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {"profile": name, "snapshot": row["snapshot"], "value": self.number(0, 1, 2)}
            for name in self.profiles
            for row in snapshots
        ]

    def grows(self, chance: float = 0.4, most: float = 90.0) -> dict[str, Any]:
        """Return that a capacity is chosen, within limits or none."""
        if not self.yes(chance):
            return {}
        row = {"extendable": 1, "capital_cost": self.number(5, 60)}
        row |= {"minimum_mw": self.number(0, 6)} if self.yes(0.4) else {}
        return row | ({"maximum_mw": self.number(20, most)} if self.yes(0.7) else {})

    def generators(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [
            {"generator": f"dear {bus}", "bus": bus, "technology": "dear", "capacity_mw": 500.0}
            | {"marginal_cost": 40.0, "emission_tco2_per_mwh": 1.0}
            for bus in self.buses
        ]
        for k in range(int(self.random.integers(1, 4))):
            green = self.yes()
            row = {"generator": f"g{k}", "bus": self.bus(), "technology": "wind" if green else "gas"}
            row |= {"capacity_mw": self.number(5, 80), "marginal_cost": self.number(0, 12), "renewable": int(green)}
            row |= {"emission_tco2_per_mwh": 0.0 if green else self.number(0.2, 0.9)}
            row |= {"profile": self.profile()} if green else {}
            row |= {"minimum_share": self.number(0.1, 0.4)} if self.yes(0.25) else {}
            found.append(row | self.grows())
        return found

    def sites(self) -> list[dict[str, Any]]:
        found = []
        for k in range(int(self.random.integers(0, 3))):
            kind = str(self.random.choice(["solar", "wind", "storage"]))
            row = {"site": f"s{k}", "technology": kind, "bus": self.bus(), "potential_mw": self.number(10, 60)}
            row |= {"capital_cost": self.number(5, 60), "marginal_cost": self.number(0, 2)}
            row |= {"fixed_cost": self.number(20, 200)} if self.yes(0.5) else {}
            row |= {"minimum_mw": self.number(2, 9)} if self.yes(0.3) else {}
            if kind == "storage":
                row |= {"efficiency": self.number(0.6, 1, 2), "hours": 4.0 if self.yes() else 0.0, "energy_cost": 1.5}
            else:
                row |= {"profile": self.profile()}
            found.append(row)
        return found

    def storage(self) -> list[dict[str, Any]]:
        found = []
        for k in range(int(self.random.integers(0, 3))):
            row = {"storage": f"e{k}", "bus": self.bus(), "energy_mwh": self.number(10, 200)}
            row |= {"power_mw": self.number(3, 40)} if self.yes(0.8) else {}
            row |= {"efficiency_in": self.number(0.7, 1, 2), "efficiency_out": self.number(0.7, 1, 2)}
            row |= {"standing_loss": self.number(0, 0.05, 3)} if self.yes() else {}
            row |= {"seasonal": int(self.yes()), "marginal_cost": self.number(0, 1)}
            if "power_mw" in row and self.yes(0.5):
                row |= self.grows(1.0) | {"energy_cost": self.number(0.1, 3)}
                row |= {"hours": self.number(1, 8)} if self.yes() else {"minimum_mwh": self.number(0, 9)}
                row |= {"maximum_mwh": self.number(50, 300)} if self.yes() else {}
                row |= {"energy_mwh": row["hours"] * row["power_mw"]} if "hours" in row else {}
            found.append(row)
        return found

    def lines(self, safe: bool) -> list[dict[str, Any]]:
        """Return lines; a ring of all buses where one may fail."""
        some = [self.ends() for _ in range(int(self.random.integers(1, 4)))]
        if safe and len(self.buses) > 2:
            ring = zip(self.buses, [*self.buses[1:], self.buses[0]], strict=True)
            some = [{"from_bus": i, "to_bus": j} for i, j in ring] + some[:1]
        found = []
        for k, ends in enumerate(some):
            row: dict[str, Any] = {"line": f"l{k}", **ends, "capacity_mw": self.number(10, 60)}
            row |= {"reactance_ohm": self.number(0.1, 0.9, 3)} if safe or self.yes(0.85) else {}
            row |= {"circuits": int(self.random.integers(1, 4))} if self.yes(0.4) else {}
            row |= {"maximum_share": self.number(0.5, 1, 2)} if self.yes(0.3) else {}
            row |= {"loss_share": self.number(0.01, 0.1, 3)} if self.yes(0.25) else {}
            row |= {"resistance_ohm": self.number(0.01, 0.3, 3)} if self.yes(0.25) else {}
            grown = self.grows(0.3)
            found.append(row | grown | ({"maximum_mw": self.number(65, 120)} if grown else {}))
        return found

    def links(self) -> list[dict[str, Any]]:
        found = []
        for k in range(int(self.random.integers(0, 3))):
            row: dict[str, Any] = {"link": f"k{k}", **self.ends(), "capacity_mw": self.number(5, 40)}
            row |= {"minimum_share": float(self.random.choice([-1.0, -0.5, 0.0, 0.0, 0.2]))}
            row |= {"maximum_share": self.number(0.5, 1, 2)} if self.yes(0.3) else {}
            row |= {"loss_share": self.number(0.01, 0.1, 3), "loss_per_1000km": 0.05} if self.yes(0.4) else {}
            row |= {"length_km": self.number(50, 900, 0), "marginal_cost": self.number(0, 1) * self.yes()}
            found.append(row | self.grows(0.4))
        return found

    def candidates(self) -> list[dict[str, Any]]:
        found = []
        for k in range(int(self.random.choice([0, 0, 1, 2, 2]))):
            row: dict[str, Any] = {"candidate": f"c{k}", **self.ends(), "capacity_mw": self.number(10, 60)}
            row |= {"reactance_ohm": self.number(0.1, 0.9, 3)} if self.yes(0.8) else {}
            row |= {"cost": self.number(20, 900), "max_additions": int(self.random.integers(1, 3))}
            row |= {"loss_share": self.number(0.01, 0.1, 3)} if self.yes(0.25) else {}
            row |= {"resistance_ohm": self.number(0.01, 0.3, 3)} if self.yes(0.25) else {}
            row |= {"marginal_cost": self.number(0, 1)} if self.yes(0.25) else {}
            row |= {"first_year": 2040} if self.stages > 1 and self.yes(0.3) else {}
            found.append(row | ({"corridor": f"r{k}"} if self.yes() else {}))
        return found

    def rules(self) -> list[dict[str, Any]]:
        found = []
        for k in range(int(self.random.choice([0, 1, 1, 2]))):
            name, sense, unit = RULES[int(self.random.integers(len(RULES)))]
            value = self.number(0.05, 0.5, 2) if unit == "share" else self.number(1, 900)
            if name == "capacity_target":
                value = self.number(1, 20)
            row = {"id": f"r{k}", "rule": name, "sense": sense, "value": value, "unit": unit, **STATED}
            row |= {"technology": str(self.random.choice(["wind", "gas"]))} if name == "capacity_target" else {}
            found.append(row | ({"year": 2040} if self.stages > 1 and self.yes() else {}))
        kinds = [row["rule"] for row in found]
        return found if len(set(kinds)) == len(kinds) else found[:1]

    def yearly(self, rows: list[dict[str, Any]], **change: float) -> list[dict[str, Any]]:
        """Let some rows differ in the second stage."""
        if self.stages < 2:
            return rows
        later = [row | {"year": 2040} | {name: row[name] * by for name, by in change.items()} for row in rows]
        return rows + [row for row in later if self.yes()]

    def study(self) -> Study:
        safe = self.yes(0.35)
        snapshots = self.snapshots()
        lines, candidates = self.lines(safe), self.candidates()
        loads = [
            {"load": f"d {bus}", "bus": bus, "peak_mw": self.number(5, 40), "profile": self.profile()}
            for bus in self.buses
        ]
        imports = [
            {"bus": bus, "capacity_mw": self.number(5, 40), "price": self.number(1, 30)}
            | {"emission_tco2_per_mwh": self.number(0.1, 0.9, 2)}
            for bus in self.buses
            if self.yes(0.4)
        ]
        tables = {
            "buses": [{"bus": bus, "voltage_kv": 10.0} for bus in self.buses],
            "snapshots": snapshots,
            "profiles": self.curves(snapshots),
            "generators": self.generators(),
            "sites": self.sites(),
            "storage": self.storage(),
            "lines": lines,
            "links": self.links(),
            "candidates": candidates,
            "loads": self.yearly(loads, peak_mw=1.3),
            "imports": self.yearly(imports, capacity_mw=0.7, emission_tco2_per_mwh=0.5, price=1.2),
            "rules": self.rules(),
            "segments": [{"segment": f"t{k}", "length_km": 1.0, "cost": self.number(5, 300)} for k in range(3)],
            "corridors": [
                {"corridor": row["corridor"], "segment": segment}
                for row in candidates
                if "corridor" in row
                for segment in self.random.choice(["t0", "t1", "t2"], 2, replace=False).tolist()
            ],
        }
        if safe:
            failing = [row["line"] for row in lines if self.yes(0.4)]
            tables["contingencies"] = [{"contingency": f"n {line}", "line": line} for line in failing]
        if candidates and self.yes(0.3):
            some = self.random.choice(self.buses, 2, replace=False).tolist()
            tables["connections"] = [{"connection": "k", "bus": bus} for bus in some]
            if self.stages > 1 and self.yes():
                tables["connections"][1] |= {"first_year": 2040}
        years, lengths = ((2030, 2040), (5.0, 10.0)) if self.stages > 1 else ((0,), (1.0,))
        weights = [(1.0, 0.0), (1.0, 20.0)][int(self.yes(0.3))]
        return Study(tables, years, lengths, self.yes(0.8), 3, weights)


def made(seed: int) -> Study:
    """Return a random study."""
    return _Draw(seed).study()


def network_from(study: Study) -> Network:
    """Return the network of a study as the package reads it."""
    given = {}
    for name, rows in study.tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        if rows:
            given[name] = {column: [row.get(column) for row in rows] for column in columns}
    return network_of("dc" if study.dc else "transport", study.years, study.lengths, **given)
