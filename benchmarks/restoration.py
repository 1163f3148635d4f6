"""Prioritisations side by side with HiGHS: objective, bound, gap, seconds and memory, one process a run.

    python benchmarks/restoration.py --grids FOLDER
    python benchmarks/restoration.py set-1000000x100 boundary-1000000x100 --routes sanqu

Grids of 1,024, 10,000 and 99,856 units with ten features are read from `--grids` (`grid_32x32.csv`, ...: a square grid
row by row, columns `cost` and f1, f2, ...); larger ones are those of `sanqu new-sites`. Targets are 20 %; a border is 1
for each shared edge, an outer edge counts half, the penalty is 10; a
budget is a tenth of the cost of all units, or 4 % (`scarce`). HiGHS
gets the same rows without what states that a unit is taken or left out: one column a unit and one a border.

The first solve of a process also loads compiled code; the second does not. Writes `table.csv`, `table.md` and
`figure.png` to `--out`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comparison.runner import ROOT, THREADS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formulations.program import Matrix, Program

TARGET, PENALTY, EDGE_FACTOR = 0.2, 10.0, 0.5

BUDGETS = {"shortfall": 0.1, "scarce": 0.04}
"""Parts of the cost of all units: the first suffices for all targets, the second does not."""

SPARE_S = 300.0
"""Seconds beside the time limit that reading, building and ending may take before a run is stopped from outside."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What is asked of a grid: `kind` is set, shortfall, scarce or boundary; `wanted_s` is the time it should take."""

    kind: str
    units: int
    features: int
    gap: float
    wanted_s: float | None = None

    @property
    def name(self) -> str:
        """Name on the command line."""
        return f"{self.kind}-{self.units}" + (f"x{self.features}" if self.features != 10 else "")


CASES = {
    case.name: case
    for case in (
        Case("set", 10_000, 10, 1e-5),
        Case("set", 99_856, 10, 1e-6, 2.0),
        Case("shortfall", 10_000, 10, 1e-4, 2.0),
        Case("shortfall", 99_856, 10, 1e-4, 10.0),
        Case("scarce", 10_000, 10, 1e-4),
        Case("scarce", 99_856, 10, 1e-4),
        Case("boundary", 1_024, 10, 1e-3, 20.0),
        Case("boundary", 10_000, 10, 2e-3, 2.0),
        Case("boundary", 99_856, 10, 2e-3, 5.0),
        Case("boundary", 1_000_000, 10, 1e-3, 30.0),
        Case("set", 1_000_000, 100, 5e-4),
        Case("boundary", 1_000_000, 100, 1e-3),
    )
}

HEADER = (
    "| case | route | gap asked | objective | bound | gap | build s | first solve s | second solve s "
    "| processor s | peak GB | wanted s | |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
)


def stated(case: Case, grids: Path) -> Program:
    """Return a case as a Program."""
    from formulations.restoration.assemble import assemble_sites
    from formulations.restoration.site_block import SiteBlock
    from instances.settings import Prioritisation, SiteObjective
    from instances.sites import Sites

    objective = SiteObjective(kind="minimum_shortfall" if case.kind in BUDGETS else "minimum_set")
    tables = {name: table.copy() for name, table in _tables(case, grids).items()}
    return assemble_sites(SiteBlock(Sites(tables, Prioritisation(objective=(objective,)))))


def _tables(case: Case, grids: Path) -> dict[str, Any]:
    from instances.prioritisation import Problem
    from instances.synthetic.sites import SiteOptions, boundary, in_memory

    side = round(case.units**0.5)
    path = next((p for p in grids.glob(f"grid_{side}x{side}.csv*") if case.features == 10), None)
    options = SiteOptions(case.units, case.features)
    cost, names, amounts = in_memory(options) if path is None else _read(path)
    problem = Problem(cost, names, amounts).targets(relative=TARGET)
    if case.kind == "boundary":
        problem = problem.boundary_penalty(PENALTY, EDGE_FACTOR, boundary(options))
    if case.kind in BUDGETS:
        problem = problem.budget(BUDGETS[case.kind] * float(cost.sum())).minimum_shortfall()
    return dict(problem.sites().tables)


def _read(path: Path) -> tuple[Any, list[str], Any]:
    import pandas as pd

    table = pd.read_csv(path)
    names = [name for name in table if name.startswith("f")]
    return table["cost"].to_numpy(dtype=float), names, table[names].to_numpy(dtype=float)


def solve_here(program: Program, case: Case, limit: float) -> Record:
    """Solve as `sanqu solve` does."""
    from optimizer.methods import METHODS, resolve_method
    from optimizer.progress import Silent
    from optimizer.results.solution import SolveOptions

    choice = resolve_method("auto", program)
    solution = METHODS[choice.name](program, SolveOptions(gap=case.gap, time_limit_s=limit), Silent())
    note = "; ".join(note["en"] for note in solution.notes)
    return {
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "method": solution.method,
        "status": str(solution.status(case.gap)),
        "note": note,
    }


def compact(program: Program) -> Matrix:
    """Return the matrix without stays and choice groups: of each unit only whether it is taken."""
    import numpy as np
    import scipy.sparse as sp

    from formulations.program import Matrix

    full, moves = program.matrix(), program.moves
    kept = np.ones(program.n_columns, dtype=bool)
    kept[moves.start[:-1]] = False
    rows = sp.csc_array(full.rows[moves.n_groups :])[:, np.flatnonzero(kept)]
    return Matrix(
        rows=sp.csr_array(rows),
        row_lower=full.row_lower[moves.n_groups :],
        row_upper=full.row_upper[moves.n_groups :],
        lower=full.lower[kept],
        upper=full.upper[kept],
        cost=full.cost[kept],
        integer=full.integer[kept],
    )


def solve_highs(program: Program, case: Case, limit: float) -> Record:
    """Give the whole matrix to HiGHS."""
    from optimizer.methods import highs

    solver = highs.load(compact(program))
    for option, value in {"mip_rel_gap": case.gap, "time_limit": limit, "threads": 1}.items():
        solver.setOptionValue(option, value)
    solver.run()
    info = solver.getInfo()
    objective, bound = info.objective_function_value, info.mip_dual_bound
    found = info.primal_solution_status == 2
    gap = (objective - bound) / max(abs(objective), 1e-9) if found else None
    proven = gap is not None and gap <= case.gap
    return {
        "objective": objective if found else None,
        "bound": bound,
        "gap": gap,
        "method": "highs",
        "status": "optimal" if proven else "feasible" if found else "no_plan",
        "note": "",
    }


ROUTES = {"sanqu": solve_here, "highs": solve_highs}


def work(case: Case, route: str, grids: Path, limit: float, repeats: int) -> Record:
    """Build and solve in this process."""
    began = time.perf_counter()
    program = stated(case, grids)
    record: Record = {"build_s": time.perf_counter() - began, "columns": program.n_columns, "rows": program.n_rows}
    for name in ("first", "second")[:repeats]:
        began, processor = time.perf_counter(), time.process_time()
        record |= ROUTES[route](program, case, limit)
        record |= {f"{name}_s": time.perf_counter() - began, "processor_s": time.process_time() - processor}
    return record | {"peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def run(case: Case, route: str, given: argparse.Namespace) -> Record:
    """Run a worker process and return its record."""
    repeats = 1 if route == "highs" else 2
    own = ["--grids", str(given.grids), "--time-limit", str(given.time_limit), "--worker", f"{case.name},{route}"]
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": str(ROOT)}
    known: Record = {"case": case.name, "route": route, "gap_asked": case.gap, "wanted_s": case.wanted_s}
    known |= {"units": case.units, "load": os.getloadavg()[0]}
    try:
        ended = subprocess.run(
            [sys.executable, __file__, *own, "--repeats", str(repeats)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=repeats * given.time_limit + SPARE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return known | {"status": "stopped", "note": "did not heed its time limit"}
    if ended.returncode:
        return known | {"status": "failed", "note": (ended.stderr.strip().splitlines() or [""])[-1]}
    return known | json.loads(ended.stdout.splitlines()[-1])


def line(record: Record) -> str:
    """Return one line of the table."""

    def number(name: str, form: str) -> str:
        return "" if record.get(name) is None else format(record[name], form)

    cells = (
        record["case"],
        record["route"] + (f" ({record['method']})" if record["route"] == "sanqu" and "method" in record else ""),
        number("gap_asked", ".0e"),
        number("objective", ",.6g"),
        number("bound", ",.6g"),
        number("gap", ".1e"),
        *(number(name, ".2f") for name in ("build_s", "first_s", "second_s", "processor_s", "peak_gb")),
        number("wanted_s", "g"),
        "; ".join(part for part in (_status(record), record.get("note", "")) if part),
    )
    return f"| {' | '.join(cells)} |"


def _status(record: Record) -> str:
    return "" if record["status"] == "optimal" else f"**{record['status']}**"


def write(records: Sequence[Record], folder: Path) -> None:
    """Write table and figure."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = list(dict.fromkeys(name for record in records for name in record))
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(records)
    (folder / "table.md").write_text("\n".join([*HEADER, *map(line, records)]) + "\n", encoding="utf-8")
    draw(records, folder / "figure.png")


def draw(records: Sequence[Record], path: Path) -> None:
    """Write the figure: seconds of the second solve (HiGHS: its only one) by case; hollow where no proof came."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    cases = list(dict.fromkeys(record["case"] for record in records))
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    for route, colour, marker in (("sanqu", "#1b6ca8", "o"), ("highs", "#d1495b", "s")):
        axes.plot([], [], marker, color=colour, label=route)
        for record in records:
            seconds = record.get("second_s", record.get("first_s"))
            if record["route"] == route and seconds:
                face = colour if record["status"] == "optimal" else "white"
                axes.plot(cases.index(record["case"]), seconds, marker, color=colour, markerfacecolor=face)
    for record in records:
        if record.get("wanted_s"):
            axes.plot(cases.index(record["case"]), record["wanted_s"], "_", color="#3d3d3d", markersize=16)
    axes.plot([], [], "_", color="#3d3d3d", markersize=16, label="wanted")
    axes.set_xticks(range(len(cases)), cases, rotation=30, ha="right")
    axes.set(yscale="log", ylabel="solve, seconds")
    axes.set_title("hollow: the asked gap is not proven", loc="left", size=9, color="#666666")
    axes.grid(which="major", axis="y", color="#dddddd")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    made.add_argument("--grids", type=Path, default=Path("grids"), help="folder of the grids")
    made.add_argument("--routes", default="sanqu,highs")
    made.add_argument("--time-limit", type=float, default=120.0, help="seconds for each solve")
    made.add_argument("--repeats", type=int, default=2, help="solves in a process")
    made.add_argument("--out", type=Path, default=ROOT / "results" / "restoration", help="folder for table and figure")
    made.add_argument("--worker", help=argparse.SUPPRESS)
    given = made.parse_args()
    if given.worker:
        name, route = given.worker.split(",")
        print(json.dumps(work(CASES[name], route, given.grids, given.time_limit, given.repeats)))
        return
    if unknown := [name for name in given.cases if name not in CASES]:
        made.error(f"no case is called {', '.join(unknown)}; known are {', '.join(CASES)}")
    print("\n".join(HEADER))
    records = []
    for name in given.cases or CASES:
        for route in given.routes.split(","):
            records.append(run(CASES[name], route, given))
            print(line(records[-1]), flush=True)
    write(records, given.out)
    print(f"\n{given.out}: table.csv, table.md, figure.png")


if __name__ == "__main__":
    main()
