"""Networks in folders that hold one of everything, solved once, for tests of their audit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from formulations.energy.assemble import assemble_network, existing_cost, weights
from instances.instance import load
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.multipliers import write_multipliers
from optimizer.results.network.plan import network_table, write_network
from optimizer.results.solution import SolveOptions
from tests.build import write_csv

if TYPE_CHECKING:
    from pathlib import Path

Tables = dict[str, list[dict[str, Any]]]

STATED = {"source": "made", "status": "made"}

YEARS = (2030, 2040)
"""Stages of `staged`."""

HOURS = [
    {"snapshot": f"{day}{hour}", "weight_h": weight, "step_h": 6.0, "day": day}
    for day, weight in (("winter", 600.0), ("summer", 300.0))
    for hour in (1, 2, 3)
]
"""Two days of three snapshots of 6 h, which stand for 100 and 50 days."""

CURVES = {
    "wind": [0.9, 0.5, 0.7, 0.2, 0.4, 0.1],
    "sun": [0.0, 0.3, 0.0, 0.2, 0.9, 0.1],
    "town": [0.7, 1.0, 0.8, 0.5, 0.9, 0.6],
}


def profiles() -> list[dict[str, Any]]:
    """Return the curves as rows."""
    return [
        {"profile": name, "snapshot": row["snapshot"], "value": value}
        for name, values in CURVES.items()
        for row, value in zip(HOURS, values, strict=True)
    ]


def meshed() -> Tables:
    """Return a fixed meshed network without whole decisions: an LP of everything that can be continuous."""
    line = {"capacity_mw": 30.0, "reactance_ohm": 20.0}
    return {
        "buses": [{"bus": b, "voltage_kv": 110.0} for b in ("a", "b", "c", "d")],
        "snapshots": HOURS,
        "profiles": profiles(),
        "generators": [
            {"generator": "coal", "bus": "a", "technology": "coal", "capacity_mw": 120.0, "marginal_cost": 0.04}
            | {"emission_tco2_per_mwh": 0.8, "minimum_share": 0.1},
            {"generator": "run", "bus": "b", "technology": "hydro", "capacity_mw": 6.0, "minimum_share": 1.0}
            | {"profile": "wind", "renewable": 1},
            {"generator": "gas", "bus": "d", "technology": "gas", "capacity_mw": 5.0, "marginal_cost": 0.07}
            | {"extendable": 1, "minimum_mw": 2.0, "maximum_mw": 90.0, "capital_cost": 20.0}
            | {"emission_tco2_per_mwh": 0.4, "minimum_share": 0.2},
            {"generator": "wind", "bus": "c", "technology": "wind", "capacity_mw": 10.0, "profile": "wind"}
            | {"renewable": 1, "extendable": 1, "maximum_mw": 80.0, "capital_cost": 60.0},
        ],
        "sites": [
            {"site": "pv", "technology": "solar", "bus": "b", "potential_mw": 50.0, "profile": "sun"}
            | {"capital_cost": 25.0, "marginal_cost": 0.001},
            {"site": "cell", "technology": "storage", "bus": "b", "potential_mw": 20.0, "hours": 4.0}
            | {"capital_cost": 2.0, "energy_cost": 1.0, "efficiency": 0.81, "marginal_cost": 0.002},
            {"site": "cave", "technology": "storage", "bus": "c", "potential_mw": 10.0, "hours": 0.0}
            | {"capital_cost": 2.0, "energy_cost": 0.5, "efficiency": 0.64},
        ],
        "storage": [
            {"storage": "pump", "bus": "c", "power_mw": 10.0, "energy_mwh": 60.0, "efficiency_in": 0.9}
            | {"efficiency_out": 0.9, "standing_loss": 0.001, "marginal_cost": 0.001},
            {"storage": "salt", "bus": "d", "power_mw": 4.0, "energy_mwh": 2000.0, "efficiency_in": 0.7}
            | {"efficiency_out": 0.8, "standing_loss": 0.0005, "seasonal": 1, "extendable": 1, "maximum_mw": 40.0}
            | {"minimum_mwh": 80.0, "maximum_mwh": 9000.0, "capital_cost": 1.0, "energy_cost": 0.01},
            {"storage": "pack", "bus": "a", "power_mw": 1.0, "energy_mwh": 2.0, "extendable": 1, "maximum_mw": 9.0}
            | {"hours": 2.0, "capital_cost": 2.0, "energy_cost": 1.0},
        ],
        "lines": [
            {"line": "a b", "from_bus": "a", "to_bus": "b", **line, "circuits": 2},
            {"line": "b-c", "from_bus": "b", "to_bus": "c", **line, "maximum_share": 0.8} | {"resistance_ohm": 4.0},
            {"line": "c a", "from_bus": "c", "to_bus": "a", **line, "reactance_ohm": 30.0}
            | {"extendable": 1, "minimum_mw": 20.0, "maximum_mw": 150.0, "capital_cost": 3.0},
            {"line": "c d", "from_bus": "c", "to_bus": "d", **line, "loss_share": 0.02},
            {"line": "d a", "from_bus": "d", "to_bus": "a", **line, "circuits": 2},
        ],
        "links": [
            {"link": "hv", "from_bus": "a", "to_bus": "d", "capacity_mw": 20.0, "minimum_share": -1.0}
            | {"loss_share": 0.01, "loss_per_1000km": 0.03, "length_km": 500.0, "marginal_cost": 0.0005},
            {"link": "one", "from_bus": "b", "to_bus": "d", "capacity_mw": 5.0, "loss_share": 0.02}
            | {"extendable": 1, "maximum_mw": 30.0, "capital_cost": 4.0},
        ],
        "loads": [
            {"load": "town", "bus": "d", "peak_mw": 70.0, "profile": "town", "year": 0},
            {"load": "mill", "bus": "b", "peak_mw": 20.0, "year": 0},
        ],
        "imports": [{"bus": "a", "year": 0, "capacity_mw": 30.0, "emission_tco2_per_mwh": 0.5, "price": 0.03}],
        "contingencies": [{"contingency": "n1", "line": "a b"}, {"contingency": "n2", "line": "c d"}],
        "rules": [
            {"id": "co2", "rule": "emission_cap", "sense": "<=", "value": 150_000.0, "unit": "tCO2e", **STATED},
            {"id": "green", "rule": "renewable_share", "sense": ">=", "value": 0.3, "unit": "share", **STATED},
            {"id": "own", "rule": "self_sufficiency", "sense": ">=", "value": 0.9, "unit": "share", **STATED},
            {"id": "spill", "rule": "curtailment_cap", "sense": "<=", "value": 0.1, "unit": "share", **STATED},
            {"id": "sun", "rule": "capacity_target", "technology": "solar", "sense": ">=", "value": 12.0, "unit": "MW"}
            | STATED,
            {"id": "bought", "rule": "import_cap", "sense": "<=", "value": 20_000.0, "unit": "MWh", **STATED},
        ],
    }


def staged() -> Tables:
    """Return a network of two stages with whole decisions: circuits, corridors, sites that are opened."""
    tables = meshed()
    del tables["contingencies"]
    tables["lines"] = [row for row in tables["lines"] if row["line"] != "c a"]
    tables["sites"][0] |= {"fixed_cost": 30.0, "minimum_mw": 5.0}
    tables["generators"][0] |= {"minimum_share": 0.35}
    tables["loads"] += [{"load": "town", "bus": "d", "peak_mw": 120.0, "profile": "town", "year": 2040}]
    tables["imports"] += [{"bus": "a", "year": 2040, "capacity_mw": 40.0, "emission_tco2_per_mwh": 0.2, "price": 0.05}]
    tables["candidates"] = [
        {"candidate": "x", "from_bus": "a", "to_bus": "c", "reactance_ohm": 25.0, "capacity_mw": 40.0, "cost": 90.0}
        | {"max_additions": 2, "corridor": "west", "first_year": 0, "resistance_ohm": 3.0},
        {"candidate": "y z", "from_bus": "d", "to_bus": "a", "reactance_ohm": 0.0, "capacity_mw": 30.0, "cost": 60.0}
        | {"max_additions": 2, "corridor": "east", "loss_share": 0.03},
        {"candidate": "late", "from_bus": "b", "to_bus": "d", "reactance_ohm": 15.0, "capacity_mw": 50.0, "cost": 40.0}
        | {"max_additions": 1, "corridor": "", "first_year": 2040},
    ]
    tables["segments"] = [
        {"segment": "s1", "length_km": 3.0, "cost": 20.0, "crossings": ""},
        {"segment": "s2", "length_km": 5.0, "cost": 30.0, "crossings": ""},
        {"segment": "s3", "length_km": 9.0, "cost": 90.0, "crossings": ""},
    ]
    tables["corridors"] = [
        {"corridor": "west", "segment": "s1"},
        {"corridor": "west", "segment": "s2"},
        {"corridor": "east", "segment": "s1"},
        {"corridor": "north", "segment": "s3"},
    ]
    tables["rules"][0] |= {"value": 190_000.0}
    tables["rules"][1] |= {"year": 2040}
    tables["rules"] += [
        {"id": "even", "rule": "capacity_target", "technology": "gas", "sense": "==", "value": 30.0, "unit": "MW"}
        | {"year": 2040, **STATED}
    ]
    return tables


def write(folder: Path, tables: Tables, years: tuple[int, ...] = (), **network: Any) -> Path:
    """Write tables as an instance; `network` are settings."""
    part = folder / "network"
    part.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        write_csv(part / f"{name}.csv", list(dict.fromkeys(key for row in rows for key in row)), rows)
    lines = ["[instance]", 'name = "made"', "", "[objective]", 'kind = "weighted"', "cost_weight = 1.0"]
    lines += ["emission_weight = 0.001", "", "[network]", "horizon_h = 0"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in network.items()]
    if years:
        lines += ["", "[carbon]", "base_year = 2025", f"end_year = {years[-1]}"]
        lines += ["", "[time]", f"periods = {list(years)}"]
    (folder / "instance.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def solved(folder: Path, tables: Tables, years: tuple[int, ...] = (), **network: Any) -> tuple[Path, Path]:
    """Write and solve an instance, the pages for people left out; returns its folder and that of the results."""
    return folder / "in", plan_of(write(folder / "in", tables, years, **network), folder / "out")


def plan_of(instance: Path, out: Path) -> Path:
    """Solve an instance with `direct`, and write plan, multipliers and summary; returns the folder of the results."""
    made = load(instance)
    network, program = made.require_network(), assemble_network(made)
    solution = direct.solve(program, SolveOptions(gap=1e-6, threads=1), Silent())
    shares = solution.require_shares()
    (out / "plan").mkdir(parents=True, exist_ok=True)
    write_network(network_table(network, program, shares), out / "plan")
    write_multipliers(program, solution.duals, out / "plan")
    figures = {name: getattr(solution, name) for name in ("objective", "bound", "bound_by", "gap", "gap_abs")}
    summary = {
        "kind": "network",
        "status": "optimal",
        "sense": "minimise",
        **figures,
        "objective_constant": weights(made.settings).get("cost", 0.0) * existing_cost(network),
        "objectives": {name: float(program.cost_of(name) @ shares) for name in program.objectives},
        "options": {"gap": 1e-6},
    }
    (out / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return out
