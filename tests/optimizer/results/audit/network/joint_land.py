"""Land planned with a network, written to a folder: a solar field, a wind farm and a line compete for four zones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from formulations.assemble import assemble, land_block
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.multipliers import write_multipliers
from optimizer.results.network.plan import network_table, write_network
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.solution import SolveOptions
from tests.build import draft, quota

if TYPE_CHECKING:
    from pathlib import Path

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.results.solution import Solution
    from tests.build import Draft

STATED = {"source": "made", "status": "made"}
YEARS = (2030, 2040)
FACTORS: dict[tuple[str, ...], float] = {
    ("bare", "stock"): 2.0,
    ("grass", "stock"): 20.0,
    ("wood", "stock"): 150.0,
    ("grass", "sink"): 0.5,
    ("wood", "sink"): 8.0,
}


def joint(*, line: bool = False, objective: str = "weighted", share: float = 0.5, **more: Any) -> Draft:
    """Return a study of land and network; with `line` a circuit needs a corridor, which makes whole decisions.

    `share` of zone b lies in reach of the solar field; `more` goes to the draft.
    """
    weighed: dict[str, Any] = {"kind": objective}
    if objective == "weighted":
        weighed |= {"cost_weight": 1.0, "emission_weight": 0.01}
    made = draft(
        {"a": {"bare": 30, "grass": 10}, "b": {"bare": 16}, "c": {"grass": 40}, "d": {"wood": 25, "bare": 5}},
        {"bare>wood": {"restoration": 1, "cost_wanyuan_per_ha": 2}, "bare>ind": {}, "grass>ind": {}, "bare>city": {}}
        | {"grass>city": {"cost_wanyuan_per_ha": 1}},
        quotas=[quota("floor", 35, "forest"), quota("growth_demand", 12, "housing_urban")],
        factors=FACTORS,
        periods=YEARS,
        mode="flux",
        objective=weighed,
        **more,
    )
    made.settings["network"] = {"horizon_h": 0, "facility_class": "ind"}
    for name, rows in network(line, share).items():
        made.tables[f"network/{name}"] = rows
    return made


def network(line: bool, share: float) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of the network."""
    tables: dict[str, list[dict[str, Any]]] = {
        "buses": [{"bus": "n", "voltage_kv": 110}, {"bus": "m", "voltage_kv": 110}],
        "snapshots": [{"snapshot": "day", "weight_h": 4000}, {"snapshot": "night", "weight_h": 4760}],
        "profiles": [
            {"profile": name, "snapshot": snapshot, "value": value}
            for name, values in {"sun": (0.5, 0.0), "wind": (0.3, 0.4)}.items()
            for snapshot, value in zip(("day", "night"), values, strict=True)
        ],
        "loads": [
            {"load": "town", "bus": "n", "peak_mw": 12, "year": 0},
            {"load": "town", "bus": "n", "peak_mw": 16, "year": 2040},
        ],
        "generators": [
            {"generator": "coal", "bus": "n", "technology": "coal", "capacity_mw": 20, "marginal_cost": 0.04}
            | {"emission_tco2_per_mwh": 0.9}
        ],
        "imports": [
            {"bus": "n", "year": 0, "capacity_mw": 5, "emission_tco2_per_mwh": 0.6, "price": 0.05},
            {"bus": "n", "year": 2040, "capacity_mw": 5, "emission_tco2_per_mwh": 0.2, "price": 0.05},
        ],
        "lines": [{"line": "old", "from_bus": "m", "to_bus": "n", "reactance_ohm": 12, "capacity_mw": 6}],
        "sites": [
            {"site": "pv", "technology": "solar", "bus": "n", "potential_mw": 40, "density_mw_per_km2": 40}
            | {"capital_cost": 300, "profile": "sun", "facility_ha_per_mw": 0.02},
            {"site": "farm", "technology": "wind", "bus": "m", "potential_mw": 30, "density_mw_per_km2": 60}
            | {"capital_cost": 500, "profile": "wind", "facility_ha_per_mw": 0.05},
        ],
        "site_zones": [
            {"site": "pv", "zone": "a", "share": 1},
            {"site": "pv", "zone": "b", "share": share},
            {"site": "farm", "zone": "a", "share": 0.6},
            {"site": "farm", "zone": "c", "share": 0.7},
        ],
        "overlays": [
            {"technology": "solar", "class": "bare", "allowed": 1, "sink_kept": 1, **STATED},
            {"technology": "solar", "class": "grass", "allowed": 1, "sink_kept": 0.8, **STATED},
            {"technology": "wind", "class": "grass", "allowed": 1, "sink_kept": 0.9, **STATED},
            {"technology": "wind", "class": "bare", "allowed": 1, "sink_kept": 1, **STATED},
            {"technology": "corridor", "class": "grass", "allowed": 1, "sink_kept": 1, **STATED},
            {"technology": "corridor", "class": "wood", "allowed": 1, "as_class": "grass", "sink_kept": 1, **STATED},
        ],
    }
    if line:
        tables["candidates"] = [
            {"candidate": "new", "from_bus": "m", "to_bus": "n", "reactance_ohm": 9, "capacity_mw": 15, "cost": 50}
            | {"corridor": "east"}
        ]
        tables["segments"] = [{"segment": "s", "length_km": 4, "cost": 20, "width_m": 30, "crossings": ""}]
        tables["corridors"] = [{"corridor": "east", "segment": "s"}]
        tables["segment_zones"] = [
            {"segment": "s", "zone": "c", "area_ha": 8, "tower_ha": 0.1},
            {"segment": "s", "zone": "d", "area_ha": 4, "tower_ha": 0.05},
        ]
    return tables


def solved(folder: Path, made: Draft, method: Any = direct) -> tuple[Path, Path, dict[str, Any]]:
    """Write an instance and its plan, the pages for people left out; returns both folders and the summary."""
    made.write(folder / "instance")
    instance = made.instance()
    program = assemble(land_block(instance))
    solution = method.solve(program, SolveOptions(gap=1e-6, threads=1), Silent())
    return folder / "instance", folder / "out", written(folder / "out", instance, program, solution)


def written(out: Path, instance: Instance, program: Program, solution: Solution) -> dict[str, Any]:
    """Write plan, multipliers and summary of a solved study into a folder; returns the summary."""
    shares = solution.require_shares()
    write_plan(plan_of(instance, program, shares), out / "plan")
    write_network(network_table(instance.require_network(), program, shares), out / "plan")
    write_multipliers(program, solution.duals, out / "plan")
    figures = {name: getattr(solution, name) for name in ("objective", "bound", "bound_by", "gap", "gap_abs")}
    summary = {"kind": "joint", "status": "optimal", "sense": "minimise", **figures}
    summary["objective_constant"] = program.constant
    (out / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return summary
