"""Networks beside PyPSA: build and solve seconds, memory and objective, the same made network in both.

    python benchmarks/energy.py
    python benchmarks/energy.py --buses 100 --snapshots 500 --power-flow transport
    python benchmarks/energy.py --folder ../shared/data/pypsa/ac-dc-meshed

Every run is a process of its own. Lines, wind, sun and storage may be extended; storage runs through all snapshots as
one year, which is what PyPSA's storage units do. PyPSA writes its model through linopy's direct interface to HiGHS,
with the options HiGHS has by itself (`pypsa`) and with either of its interior points (`pypsa-ipx`, `pypsa-hipo`).
`--folder` takes a network of PyPSA's instead, imported here; in the transport model its lines are links there. Seconds
are processor time with one thread; importing libraries and making the tables are not counted. A run is ended after
`--limit` seconds of processor time, with them; the peak of memory is that of the process.
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
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from instances.instance import load
from instances.network import Network
from instances.readers.pypsa import import_pypsa
from instances.schema import tables as declared
from instances.settings import NetworkSettings
from instances.synthetic.network import NetworkOptions, made_network
from instances.validate import check_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

CASES = ((100, 500, "transport"), (100, 500, "dc"), (300, 96, "transport"), (300, 96, "dc"))
LAWS = ("transport", "dc")
DAY_H = 24
LIMIT_S = 900


@dataclass(frozen=True)
class Case:
    """A made network, or PyPSA's of a folder, with the law of its flows."""

    buses: int
    snapshots: int
    power_flow: str
    seed: int
    folder: Path | None = None

    @property
    def name(self) -> str:
        """What a row is called."""
        return self.folder.name if self.folder else f"{self.buses} x {self.snapshots}"

    def network(self) -> Network:
        """Return the network as this project has it."""
        if self.folder:
            return imported(self.folder, self.power_flow)
        return made(self.buses, self.snapshots, self.power_flow, self.seed)

    def peer(self) -> Any:
        """Return the network as PyPSA has it."""
        logging.disable(logging.WARNING)
        warnings.simplefilter("ignore")
        return as_pypsa(self.folder, self.power_flow) if self.folder else to_pypsa(self.network())

    def arguments(self) -> list[str]:
        """Return the arguments that ask for this case."""
        of = ["--folder", self.folder] if self.folder else ["--buses", self.buses, "--snapshots", self.snapshots]
        return [*map(str, of), "--power-flow", self.power_flow, "--seed", str(self.seed)]


def made(buses: int, snapshots: int, power_flow: str, seed: int) -> Network:
    """Return a made network whose snapshots follow one another hour by hour."""
    days = -(-snapshots // DAY_H)
    tables = made_network(NetworkOptions(buses=buses, days=days, seed=seed))
    kept = tables["snapshots"].iloc[:snapshots]
    tables["snapshots"] = kept.assign(day="", step_h=1.0, weight_h=8760.0 / snapshots)
    profiles = tables["profiles"]
    tables["profiles"] = profiles[profiles["snapshot"].isin(kept["snapshot"])]
    return Network(_checked(tables), NetworkSettings.model_validate({"power_flow": power_flow}))


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


def imported(folder: Path, power_flow: str) -> Network:
    """Return the network of PyPSA's CSV folder as this project imports it."""
    with tempfile.TemporaryDirectory() as place:
        import_pypsa(folder, Path(place) / "case", "case")
        network = load(Path(place) / "case").require_network()
    settings = network.settings.model_copy(update={"power_flow": power_flow})
    return Network(network.tables, settings)


def as_pypsa(folder: Path, power_flow: str) -> Any:
    """Return the network of PyPSA's CSV folder as PyPSA reads it; without the voltage law its lines are links."""
    import pypsa

    peer = pypsa.Network(str(folder))
    if power_flow == "transport":
        lines = peer.lines.copy()
        peer.remove("Line", lines.index)
        same = {name: lines[name] for name in ("bus0", "bus1", "carrier", "capital_cost")}
        limits = {f"p_{name}": lines[f"s_{name}"] for name in ("nom", "nom_extendable", "nom_min", "nom_max")}
        peer.add(
            "Link", lines.index.tolist(), p_min_pu=-lines["s_max_pu"], p_max_pu=lines["s_max_pu"], **same, **limits
        )
    return peer


def run_pypsa(peer: Any, **options: str) -> None:
    """Build and solve with PyPSA, linopy and HiGHS with some of its options."""
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
    peer.set_snapshots(snapshots.tolist())
    peer.snapshot_weightings["objective"] = network.cost_weight_h
    peer.snapshot_weightings["generators"] = network.weight_h
    peer.snapshot_weightings["stores"] = network.step_h
    peer.add("Bus", network["buses"]["bus"].astype(str).tolist(), v_nom=network.voltage_kv)
    generators, storage = network["generators"].set_index("generator"), network["storage"].set_index("storage")
    loads, lines = network["loads"].set_index("load"), network["lines"].set_index("line")
    curves = _series(network, generators, "profile")
    peer.add(
        "Generator",
        generators.index.tolist(),
        bus=generators["bus"],
        p_nom=generators["capacity_mw"],
        p_nom_extendable=generators["extendable"] == 1,
        p_nom_min=generators["minimum_mw"],
        p_nom_max=generators["maximum_mw"],
        capital_cost=generators["capital_cost"],
        marginal_cost=generators["marginal_cost"],
        p_max_pu=curves,
    )
    peer.add(
        "Load", loads.index.tolist(), bus=loads["bus"], p_set=_series(network, loads, "profile") * loads["peak_mw"]
    )
    _add_lines(peer, lines, network.settings.power_flow == "dc")
    peer.add(
        "StorageUnit",
        storage.index.tolist(),
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


def _add_lines(peer: Any, lines: pd.DataFrame, with_law: bool) -> None:
    """Add lines, as links of both directions where they obey no law."""
    kind, size = ("Line", "s_nom") if with_law else ("Link", "p_nom")
    limits = {
        size: lines["capacity_mw"],
        f"{size}_extendable": lines["extendable"] == 1,
        f"{size}_min": lines["minimum_mw"],
        f"{size}_max": lines["maximum_mw"],
    }
    of_kind = {"x": lines["reactance_ohm"]} if with_law else {"p_min_pu": -1.0}
    ends = {"bus0": lines["from_bus"], "bus1": lines["to_bus"]}
    peer.add(kind, lines.index.tolist(), capital_cost=lines["capital_cost"], **ends, **limits, **of_kind)


def _series(network: Network, table: pd.DataFrame, column: str) -> pd.DataFrame:
    import pandas as pd

    snapshots = network["snapshots"]["snapshot"].astype(str)
    return pd.DataFrame(network.curves(table[column]).T, index=snapshots.to_numpy(), columns=table.index)


RUNS: dict[str, Callable[[Any], None]] = {
    "sanqu": run_sanqu,
    "pypsa-ipx": partial(run_pypsa, solver="ipx"),
    "pypsa-hipo": partial(run_pypsa, solver="hipo"),
    "pypsa": run_pypsa,
}
"""Ways to build and solve, by name."""


def main() -> None:
    """Run the cases, or one route of one case in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buses", type=int)
    parser.add_argument("--snapshots", type=int)
    parser.add_argument("--folder", type=Path, help="PyPSA's CSV folder in place of a made network")
    parser.add_argument("--power-flow", choices=LAWS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=LIMIT_S, help="seconds of processor time for each run")
    parser.add_argument("--route", choices=RUNS, help="one route, in this process")
    asked = parser.parse_args()
    cases = [Case(*one, asked.seed) for one in CASES]
    if asked.buses or asked.folder:
        laws = [asked.power_flow] if asked.power_flow else LAWS
        cases = [Case(asked.buses or 0, asked.snapshots or 0, law, asked.seed, asked.folder) for law in laws]
    if asked.route:
        RUNS[asked.route](cases[0].network() if asked.route == "sanqu" else cases[0].peer())
        return
    print("| buses x snapshots | law | route | rows | columns | build s | solve s | together s | peak GB | objective |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for case in cases:
        results = {}
        for route in RUNS:
            results[route] = _apart(route, case, asked.limit)
            print(_line(case, route, results[route], asked.limit), flush=True)
        objectives = np.array([found["objective"] for found in results.values() if "objective" in found] or [np.nan])
        print(f"relative difference of the objectives: {np.ptp(objectives) / np.abs(objectives).max():.1e}")


def _apart(route: str, case: Case, limit: int) -> dict[str, float]:
    """Run a route in a process of its own, ended after `limit` seconds of processor time; returns what it told."""
    told = [*case.arguments(), "--route", route]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as wrong:
        # A second more for SIGKILL: Python leaves SIGXCPU alone, so the first limit ends the process.
        command = ["prlimit", f"--cpu={limit}:{limit + 1}", sys.executable, __file__, *told]
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


def _line(case: Case, route: str, found: dict[str, float], limit: int) -> str:
    told = [case.name, case.power_flow, route]
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
