"""Land and energy planned together, and one after the other, on the same data.

    python benchmarks/sequence.py
    python benchmarks/sequence.py --instance my_county --gap 1e-6 --out plans
    python benchmarks/sequence.py --ways land_first energy_first --pace 1.5

*Land first*: the land plan alone; its changes are kept, and energy takes what stays as it is and its own service land.
*Energy first*: the energy plan alone on the land that is there, within the caps on change of land; what it takes is
kept, and the land plan does with the rest what its rules ask. *Together*: one plan; its search begins from the better
of the two. All are plans of the same Program, so their objectives compare; each is written to a folder and audited as a
joint plan. `--losses` scales the caps on what each class may lose, `--pace` those on new solar, wind and storage.

The bound of a sequence is that of its last stage: no plan that keeps what was decided first lies below it. Seconds are
processor time with one thread.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from staging import Sorts, held, not_asking, without_network

from formulations.assemble import assemble, land_block
from instances.instance import library, load
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.network.plan import network_table, write_network
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.rules import objective_unit
from optimizer.results.solution import SolveOptions
from optimizer.study import audited, write_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.results.solution import Solution

LAND_GAP = 1e-4
"""Gap of the land plan alone, relative to what land moves: a ten-thousandth of what the joint plan moves."""


@dataclass(frozen=True)
class Study:
    """An instance with land and a network, and its Program."""

    instance: Instance
    block: LandBlock
    options: SolveOptions
    known: list[Solution] = field(default_factory=list)
    """Plans found so far."""

    @cached_property
    def program(self) -> Program:
        """The joint Program."""
        return assemble(self.block)

    @cached_property
    def sorts(self) -> Sorts:
        """What its columns decide."""
        return Sorts.of(self.instance, self.program)

    def solved(self, program: Program, gap: float | None = None) -> Solution:
        """Solve a stage, to the study's own gap unless another is given."""
        options = self.options if gap is None else replace(self.options, gap=gap)
        began = time.process_time()
        solution = direct.solve(program, options, Silent())
        told = "no plan" if solution.objective is None else f"{solution.objective:,.1f}, gap {solution.gap:.1e}"
        print(f"  {solution.termination}: {told}, {time.process_time() - began:.0f} s of processor", flush=True)
        return solution

    @cached_property
    def land_alone(self) -> Solution:
        """The land plan alone, as values of the joint Program in which energy does nothing."""
        nothing = self.sorts.overlay | self.sorts.network
        idle = held(without_network(self.program), nothing, np.zeros(self.program.n_columns))
        return self.solved(idle, LAND_GAP)


def together(study: Study) -> Solution:
    """Return the joint plan; the search begins from the best plan in sequence, where one was found before."""
    best = min(study.known, key=lambda plan: plan.objective or np.inf, default=None)
    start = None if best is None else best.shares
    return replace(study, options=replace(study.options, start=start)).solved(study.program)


def land_first(study: Study) -> Solution:
    """Return the plan of energy in which the changes of the land plan alone are kept."""
    decided = study.sorts.change | study.sorts.choice
    return study.solved(held(study.program, decided, study.land_alone.require_shares()))


def energy_first(study: Study) -> Solution:
    """Return the plan of land in which what the energy plan alone takes is kept."""
    alone = study.solved(not_asking(study.program, study.sorts))
    return study.solved(held(without_network(study.program), study.sorts.energy, alone.require_shares()))


WAYS: dict[str, Callable[[Study], Solution]] = {way.__name__: way for way in (land_first, energy_first, together)}


def main() -> None:
    """Run the ways and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instance", default="weihai")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--gap", type=float, default=1e-6, help="relative to what the plan moves")
    parser.add_argument("--time-limit", type=float, default=900.0, help="seconds for each of their solves")
    parser.add_argument("--losses", type=float, default=1.0, help="times the caps on what each class may lose")
    parser.add_argument("--pace", type=float, default=1.0, help="times what may be built new")
    parser.add_argument("--out", type=Path, help="folder for the plans and the table")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = asked.out or Path(scratch)
        out.mkdir(parents=True, exist_ok=True)
        instance = load(_scaled(asked.instance, asked.losses, asked.pace, Path(scratch)))
        options = SolveOptions(gap=asked.gap, threads=1, time_limit_s=asked.time_limit)
        study = Study(instance, land_block(instance), options)
        rows = {name: _row(study, name, out) for name in asked.ways}
        table = pd.DataFrame(rows)
        table.to_csv(out / "sequence.csv", index_label="figure")
        print(table.to_string())


def _scaled(name: str, losses: float, pace: float, scratch: Path) -> Path:
    """Return the folder of an instance, or of a copy of it with other caps on losses of land and on new plant."""
    folder = library().get(name, Path(name))
    if losses == pace == 1.0:
        return folder
    copy = scratch / "instance"
    shutil.copytree(folder, copy)
    quotas = pd.read_csv(copy / "land" / "quotas.csv", dtype=str, keep_default_na=False)
    caps = quotas["rule"] == "loss_cap"
    quotas.loc[caps, "value"] = (quotas.loc[caps, "value"].astype(float) * losses).clip(upper=1.0).astype(str)
    quotas.to_csv(copy / "land" / "quotas.csv", index=False)
    rules = pd.read_csv(copy / "network" / "rules.csv", keep_default_na=False)
    plant = pd.read_csv(copy / "network" / "generators.csv").groupby("technology")["capacity_mw"].sum()
    most = (rules["rule"] == "capacity_target") & (rules["sense"] == "<=")
    stands = rules["technology"].map(plant).fillna(0.0)
    rules.loc[most, "value"] = (stands + pace * (rules["value"] - stands))[most]
    rules.to_csv(copy / "network" / "rules.csv", index=False)
    return copy


def _row(study: Study, name: str, out: Path) -> dict[str, object]:
    """Run one way, write and audit its plan, and return its figures."""
    print(name, flush=True)
    began = time.process_time()
    solution = WAYS[name](study)
    seconds = round(time.process_time() - began)
    if solution.shares is None:
        return {"plan": str(solution.termination), "bound, kt": _kt(solution.bound), "processor seconds": seconds}
    study.known.append(solution)
    audit = written(study, solution, out / name)
    return {
        **figures(study, solution.shares),
        "bound of the last stage, kt": _kt(solution.bound),
        "its gap": f"{solution.gap:.1e}",
        "audit": audit,
        "processor seconds": seconds,
    }


def _kt(tonnes: float | None) -> float:
    return np.nan if tonnes is None else round(tonnes / 1e3, 3)


def written(study: Study, solution: Solution, folder: Path) -> str:
    """Write a plan as a result folder with its audit; return the verdict."""
    program, shares, network = study.program, solution.require_shares(), study.block.network
    assert network is not None
    shutil.rmtree(folder, ignore_errors=True)
    write_plan(plan_of(study.instance, program, shares), folder / "plan")
    write_network(network_table(network, program, shares), folder / "plan")
    summary = {
        "kind": "joint",
        "status": str(solution.status(study.options.gap)),
        "termination": str(solution.termination),
        "sense": "minimise",
        "objective": solution.objective,
        "objective_unit": objective_unit(program),
        "objective_constant": program.constant,
        "bound": solution.bound,
        "bound_by": "highs",
        "gap": solution.gap,
        "gap_abs": solution.gap_abs,
        "options": {"gap": study.options.gap},
    }
    write_json(folder / "summary.json", summary)
    report = audited(study.instance, folder, summary)
    for line in report.lines():
        print("  ", line, flush=True)
    return f"{'passed' if report.passed else 'FAILED'}, {summary['audit']['checks']} checks"


def figures(study: Study, shares: NDArray[np.float64]) -> dict[str, object]:
    """Return emissions by part, cost, plant, circuits and hectares of a plan."""
    program, sorts = study.program, study.sorts
    emitted, spent = (program.cost_of(name) * shares for name in ("emissions", "cost"))
    area = np.append(program.moves.area_ha, np.zeros(program.n_columns - len(program.moves))) * shares
    return {
        "both, kt": _kt(emitted.sum()),
        "supply, kt": _kt(emitted[sorts.network].sum()),
        "land, kt": _kt(emitted[~sorts.network].sum()),
        "of which under and for plant, kt": _kt(emitted[sorts.overlay | sorts.service].sum()),
        "cost of plant and supply, bn CNY": round(spent[sorts.network].sum() / 1e5, 3),
        "cost of land, bn CNY": round(spent[~sorts.network].sum() / 1e5, 3),
        **_plant(study, shares),
        "under plant and strips, ha": round(area[sorts.overlay].sum()),
        "service land, ha": round(area[sorts.service].sum(), 1),
        "other land that changes, ha": round(area[sorts.change].sum()),
    }


def _plant(study: Study, shares: NDArray[np.float64]) -> dict[str, object]:
    """Return new MW by technology, sites, and corridors built by the end of the last period."""
    network, program = study.block.network, study.program
    assert network is not None
    technology = network["sites"].set_index("site")["technology"].astype(str)
    added = _last(program, shares, "energy:site_added")
    built = added[added > 1e-6]
    circuits = _last(program, shares, "energy:candidate_circuits")
    by = built.groupby(technology.reindex(built.index).to_numpy()).sum()
    return {
        **{f"new {kind}, MW": round(float(by.get(kind, 0.0)), 1) for kind in technology.unique()},
        "sites": len(built),
        "circuits": ", ".join(f"{name} x{round(count)}" for name, count in circuits.items() if count > 0.5),
    }


def _last(program: Program, shares: NDArray[np.float64], family: str) -> pd.Series:
    """Return the values of a family that adds up over the periods, by name."""
    columns = next(one for one in program.columns if one.family == family)
    start = program.offsets[family]
    values = pd.Series(shares[start : start + len(columns)], index=columns.labels["name"].astype(str))
    return values.groupby(level=0, sort=False).sum()


if __name__ == "__main__":
    main()
