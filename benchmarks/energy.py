"""Networks beside PyPSA: build and solve seconds, memory and objective, the same made network in both.

    python benchmarks/energy.py
    python benchmarks/energy.py --buses 100 --snapshots 500 --power-flow transport

Every run is a process of its own. Lines, wind, sun and storage may be extended; storage runs through all snapshots as
one year, which is what PyPSA's storage units do. PyPSA writes its model through linopy's direct interface to HiGHS,
with the options HiGHS has by itself (`pypsa`) and with interior points (`pypsa-ipm`). Seconds are processor time with
one thread; importing libraries and making the tables are not counted. A run is ended after `--limit` seconds of
processor time, with them; the peak of memory is that of the process.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from instances.network import Network
from instances.schema import tables as declared
from instances.settings import NetworkSettings
from instances.synthetic.network import NetworkOptions, made_network
from instances.validate import check_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

CASES = ((100, 500, "transport"), (100, 500, "dc"), (300, 96, "transport"), (300, 96, "dc"))
DAY_H = 24
LIMIT_S = 900


def made(buses: int, snapshots: int, power_flow: str, seed: int) -> Network:
    """Return a made network whose snapshots follow one another hour by hour."""
    days = -(-snapshots // DAY_H)
    tables = made_network(NetworkOptions(buses=buses, days=days, seed=seed))
    kept = tables["snapshots"].iloc[:snapshots]
    tables["snapshots"] = kept.assign(day="", step_h=1.0, weight_h=8760.0 / snapshots)
    profiles = tables["profiles"]
    tables["profiles"] = profiles[profiles["snapshot"].isin(kept["snapshot"])]
    return Network(_checked(tables), NetworkSettings(power_flow=power_flow))


def _checked(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return all tables with the defaults of what is not stated."""
    found = {}
    for table in declared()["network"]:
        frame = tables.get(table.name)
        if frame is None:
            frame = next(iter(tables.values())).iloc[:0].reindex(columns=[column.name for column in table.columns])
        text = frame.astype(object).where(frame.notna(), "").map(str)
        found[table.name], faults = check_table(table, text, table.name)
        if faults:
            raise ValueError("; ".join(map(str, faults)))
    return found


def run_sanqu(network: Network) -> None:
    """Build and solve with this project."""
    from formulations.energy.assemble import program_of
    from optimizer.methods import direct
    from optimizer.progress import Silent
    from optimizer.results.solution import SolveOptions

    began = time.process_time()
    program = program_of(network, {"cost": 1.0})
    built = time.process_time()
    found = {"build": built - began, **_size(program.matrix().rows)}
    _tell(found)
    began = time.process_time()
    solution = direct.solve(program, SolveOptions(threads=1), Silent())
    _tell({**found, "solve": time.process_time() - began, "objective": solution.objective or np.nan})


def run_pypsa(network: Network, **options: str) -> None:
    """Build and solve with PyPSA, linopy and HiGHS with some of its options."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    peer = to_pypsa(network)
    began = time.process_time()
    model = peer.optimize.create_model()
    built = time.process_time()
    found = {"build": built - began, **_size(model.matrices.A)}
    _tell(found)
    began = time.process_time()
    model.solve(solver_name="highs", io_api="direct", threads=1, log_to_console=False, output_flag=False, **options)
    _tell({**found, "solve": time.process_time() - began, "objective": float(model.objective.value)})


def _size(rows: Any) -> dict[str, float]:
    return {"rows": rows.shape[0], "columns": rows.shape[1], "nonzeros": rows.nnz}


def _tell(found: dict[str, float]) -> None:
    """Write what is known so far as a line, so that it is there if the run is ended."""
    print(json.dumps(found), flush=True)


def to_pypsa(network: Network) -> Any:
    """Return the network as PyPSA has it."""
    import pypsa

    peer = pypsa.Network()
    snapshots = network["snapshots"]["snapshot"].astype(str)
    peer.set_snapshots(snapshots.to_numpy())
    peer.snapshot_weightings["objective"] = network.cost_weight_h
    peer.snapshot_weightings["generators"] = network.weight_h
    peer.snapshot_weightings["stores"] = network.step_h
    peer.add("Bus", network["buses"]["bus"].astype(str), v_nom=network.voltage_kv)
    generators, storage = network["generators"].set_index("generator"), network["storage"].set_index("storage")
    loads, lines = network["loads"].set_index("load"), network["lines"].set_index("line")
    curves = _series(network, generators, "profile")
    peer.add(
        "Generator",
        generators.index,
        bus=generators["bus"],
        p_nom=generators["capacity_mw"],
        p_nom_extendable=generators["extendable"] == 1,
        p_nom_min=generators["minimum_mw"],
        p_nom_max=generators["maximum_mw"],
        capital_cost=generators["capital_cost"],
        marginal_cost=generators["marginal_cost"],
        p_max_pu=curves,
    )
    peer.add("Load", loads.index, bus=loads["bus"], p_set=_series(network, loads, "profile") * loads["peak_mw"])
    kind, more = ("Line", {"x": lines["reactance_ohm"]}) if network.settings.power_flow == "dc" else ("Link", {})
    size = "s_nom" if kind == "Line" else "p_nom"
    peer.add(
        kind,
        lines.index,
        bus0=lines["from_bus"],
        bus1=lines["to_bus"],
        capital_cost=lines["capital_cost"],
        **{
            size: lines["capacity_mw"],
            f"{size}_extendable": lines["extendable"] == 1,
            f"{size}_min": lines["minimum_mw"],
            f"{size}_max": lines["maximum_mw"],
        },
        **(more if kind == "Line" else {"p_min_pu": -1.0}),
    )
    peer.add(
        "StorageUnit",
        storage.index,
        bus=storage["bus"],
        p_nom=storage["power_mw"],
        p_nom_extendable=storage["extendable"] == 1,
        p_nom_max=storage["maximum_mw"],
        capital_cost=storage["capital_cost"],
        max_hours=storage["hours"],
        efficiency_store=storage["efficiency_in"],
        efficiency_dispatch=storage["efficiency_out"],
        cyclic_state_of_charge=True,
    )
    return peer


def _series(network: Network, table: pd.DataFrame, column: str) -> pd.DataFrame:
    import pandas as pd

    snapshots = network["snapshots"]["snapshot"].astype(str)
    return pd.DataFrame(network.curves(table[column]).T, index=snapshots.to_numpy(), columns=table.index)


RUNS: dict[str, Callable[[Network], None]] = {
    "sanqu": run_sanqu,
    "pypsa-ipm": partial(run_pypsa, solver="ipm"),
    "pypsa": run_pypsa,
}
"""Ways to build and solve, by name."""


def main() -> None:
    """Run the cases, or one route of one case in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buses", type=int)
    parser.add_argument("--snapshots", type=int)
    parser.add_argument("--power-flow", choices=("dc", "transport"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=LIMIT_S, help="seconds of processor time for each run")
    parser.add_argument("--route", choices=RUNS, help="one route, in this process")
    asked = parser.parse_args()
    if asked.route:
        network = made(asked.buses, asked.snapshots, asked.power_flow, asked.seed)
        RUNS[asked.route](network)
        return
    cases = [case for case in CASES if asked.buses is None] or [
        (asked.buses, asked.snapshots, asked.power_flow or "dc")
    ]
    print("| buses x snapshots | law | route | rows | columns | build s | solve s | together s | peak GB | objective |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for case in cases:
        results = {}
        for route in RUNS:
            results[route] = _apart(route, *case, asked.seed, asked.limit)
            print(_line(case, route, results[route], asked.limit), flush=True)
        objectives = [found["objective"] for found in results.values() if "objective" in found] or [np.nan]
        print(f"relative difference of the objectives: {max(objectives) / min(objectives) - 1:.1e}")


def _apart(route: str, buses: int, snapshots: int, power_flow: str, seed: int, limit: int) -> dict[str, float]:
    """Run a route in a process of its own, ended after `limit` seconds of processor time; returns what it told."""
    told = ["--buses", buses, "--snapshots", snapshots, "--power-flow", power_flow, "--seed", seed, "--route", route]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as wrong:
        # A second more for SIGKILL: Python leaves SIGXCPU alone, so the first limit ends the process.
        command = ["prlimit", f"--cpu={limit}:{limit + 1}", sys.executable, __file__, *map(str, told)]
        process = subprocess.Popen(command, stdout=out, stderr=wrong, text=True)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        wrong.seek(0)
        if process.returncode not in (0, -signal.SIGXCPU, -signal.SIGKILL):
            raise SystemExit(wrong.read())
        lines = [line for line in out.read().splitlines() if line.startswith("{")]
    found: dict[str, float] = json.loads(lines[-1]) if lines else {}
    return {**found, "peak_gb": used.ru_maxrss / 2**20}


def _line(case: tuple[int, int, str], route: str, found: dict[str, float], limit: int) -> str:
    buses, snapshots, law = case
    told = [f"{buses} x {snapshots}", law, route]
    told += [f"{found[name]:,.0f}" if name in found else "" for name in ("rows", "columns")]
    told.append(f"{found['build']:.2f}" if "build" in found else "")
    if "solve" in found:
        told += [f"{found['solve']:.2f}", f"{found['build'] + found['solve']:.2f}"]
    else:
        told += ["not ended", f"over {limit:,}"]
    told += [f"{found['peak_gb']:.2f}", f"{found['objective']:,.4f}" if "objective" in found else ""]
    return f"| {' | '.join(told)} |"


if __name__ == "__main__":
    main()
