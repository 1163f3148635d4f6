"""Land and energy planned together, and one after the other, on the same data.

    python benchmarks/sequence.py
    python benchmarks/sequence.py --instance my_county --gap 1e-6 --csv sequence.csv

*Land first*: the land plan alone; its changes are kept, and the energy plan takes what stays as it is and its own
service land. *Energy first*: the energy plan alone on the land that is there, by its own rules; its arrays, strips and
service land are kept, and the land plan does with the rest what its rules ask. *Together*: one plan. All three are
plans of the same Program, so their objectives compare. Seconds are processor time with one thread.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.assemble import assemble, land_block
from formulations.energy.template import ENERGY
from instances.instance import load
from instances.land import codes_of
from optimizer.methods import direct, highs
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from instances.instance import Instance

SLACK = 1e-6
"""Room around shares of land that are kept, since solvers keep rows to a tolerance."""

LOTS = "minimum_lot"
"""Rule of land that a plan of energy alone keeps for its service land."""

PROJECTS = "restoration_project"

TINY = 1e-9
"""Shares below this are none."""

TIE_BREAK = 0.01
"""Tonnes a hectare by which a plan of energy alone prefers to take no more land than it needs."""


@dataclass(frozen=True)
class Sorts:
    """Which columns and rows of the joint Program belong to what, (columns,) and (rows,)."""

    overlay: NDArray[np.bool_]
    service: NDArray[np.bool_]
    change: NDArray[np.bool_]
    network: NDArray[np.bool_]
    energy_rows: NDArray[np.bool_]
    lot_rows: NDArray[np.bool_]

    @classmethod
    def of(cls, program: Program, facility: int) -> Sorts:
        """Return the sorts; `facility` is the code of the class that plant converts land to."""
        moves, others = program.moves, program.n_columns - len(program.moves)
        none = np.zeros(others, dtype=bool)
        service = np.append(moves.converts & (moves.target == facility), none)
        overlay = np.append(moves.overlay > 0, none)
        network = np.zeros(program.n_columns, dtype=bool)
        for family in program.columns:
            start = program.offsets[family.family]
            network[start : start + len(family)] = family.family.startswith(ENERGY)
        energy, lots = np.zeros((2, program.n_rows), dtype=bool)
        for quota, start in zip(program.quotas, program.row_starts, strict=False):
            energy[start : start + len(quota)] = quota.rule.startswith(ENERGY)
            lots[start : start + len(quota)] = quota.rule == LOTS
        return cls(overlay, service, np.append(moves.converts, none) & ~service, network, energy, lots)


@dataclass(frozen=True)
class Way:
    """A way to plan: its values over the joint Program, None where none was found, its gap, seconds and bound."""

    name: str
    values: NDArray[np.float64] | None
    gap: float
    seconds: float
    bound: float = np.nan


def main() -> None:
    """Run the three ways and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instance", default="weihai")
    parser.add_argument("--gap", type=float, default=1e-6, help="relative to what the plan moves")
    parser.add_argument("--time-limit", type=float, default=900.0, help="seconds for each of their solves")
    parser.add_argument("--csv", type=Path)
    asked = parser.parse_args()
    instance = load(asked.instance)
    options = SolveOptions(gap=asked.gap, threads=1, time_limit_s=asked.time_limit)
    program = assemble(land_block(instance))
    network = instance.network
    assert network is not None
    classes = instance.require_land().classes["class"].astype(str)
    sorts = Sorts.of(program, int(codes_of(pd.Series([network.settings.facility_class]), classes)[0]))
    joint = together(program, options)
    ways = [land_first(instance, program, sorts, options), energy_first(program, sorts, options, joint.values), joint]
    table = pd.DataFrame([described(way, program, sorts) for way in ways])
    print(table.T.to_string(header=False))
    if asked.csv is not None:
        table.to_csv(asked.csv, index=False)


def together(program: Program, options: SolveOptions) -> Way:
    """Return the joint plan."""
    began = time.process_time()
    solution = direct.solve(program, options, Silent())
    return Way("together", solution.shares, solution.gap or 0.0, time.process_time() - began)


def land_first(instance: Instance, program: Program, sorts: Sorts, options: SolveOptions) -> Way:
    """Return the plan of land alone, then of energy with the changes of land kept."""
    began = time.process_time()
    alone = assemble(land_block(replace(instance, network=None)))
    solution = direct.solve(alone, options, Silent())
    kept = _carried(alone, solution.require_shares(), program)
    held = sorts.change.copy()
    held[len(program.moves) :] = program.integer[len(program.moves) :] & ~sorts.network[len(program.moves) :]
    held &= _lots_apart(program)
    matrix = _held(_widened(program.matrix(), kept), held, kept)
    return _finished("land first", program, matrix, options, began)


def energy_first(program: Program, sorts: Sorts, options: SolveOptions, joint: NDArray[np.float64] | None) -> Way:
    """Return the plan of energy alone on the land that is there, then of land with what energy takes kept.

    Restoration projects open as in the joint plan, without which the search for a plan of land takes very long; so
    the sequence may lose a little less than this plan says, and the gap is that of this choice.
    """
    began = time.process_time()
    matrix = program.matrix()
    dropped = ~(sorts.energy_rows | sorts.lot_rows)
    dropped[: program.moves.n_groups] = False
    own = _held(_without(matrix, dropped), sorts.change, np.zeros(program.n_columns))
    takes = np.append(program.moves.area_ha, np.zeros(program.n_columns - len(program.moves)))
    own = replace(own, cost=own.cost + TIE_BREAK * takes * (sorts.overlay | sorts.service))
    first = _solved(own, program, options)
    if first.values is None:
        return Way("energy first", None, np.nan, time.process_time() - began)
    values = np.where(matrix.integer, np.round(first.values), first.values)
    values[np.abs(values) < TINY] = 0.0
    taken = sorts.network | sorts.overlay | sorts.service
    rest = _held(_without(_widened(matrix, values), sorts.energy_rows), taken, values)
    if joint is not None and PROJECTS in program.offsets:
        start = program.offsets[PROJECTS]
        projects = np.zeros(program.n_columns, dtype=bool)
        projects[start : start + next(len(one) for one in program.columns if one.family == PROJECTS)] = True
        rest = _held(rest, projects, np.round(joint))
    return _finished("energy first", program, rest, options, began)


def _finished(name: str, program: Program, matrix: Matrix, options: SolveOptions, began: float) -> Way:
    answer = _solved(matrix, program, options)
    seconds, bound = time.process_time() - began, np.nan if answer.bound is None else answer.bound
    if answer.values is None:
        return Way(name, None, np.nan, seconds, bound)
    moved = float(np.abs(program.cost * answer.values).sum())
    return Way(name, answer.values, max((float(program.cost @ answer.values) - bound) / moved, 0.0), seconds, bound)


def _carried(alone: Program, shares: NDArray[np.float64], program: Program) -> NDArray[np.float64]:
    """Return what a plan of land alone changes as values over the joint Program; all else is 0."""
    keys = ["zone", "source", "target", "period"]
    small, large = (pd.DataFrame({key: getattr(one.moves, key) for key in keys}) for one in (alone, program))
    large["place"] = np.arange(len(large))
    large = large[(program.moves.overlay == 0) & program.moves.converts]
    small["share"] = shares[: len(small)]
    found = small[alone.moves.converts].merge(large, on=keys, how="left", validate="one_to_one")
    values = np.zeros(program.n_columns)
    values[found["place"].to_numpy()] = found["share"]
    for family in alone.columns:
        start = alone.offsets[family.family]
        place = program.offsets[family.family]
        values[place : place + len(family)] = shares[start : start + len(family)]
    return values


def _lots_apart(program: Program) -> NDArray[np.bool_]:
    """Return all columns but those of minimum lots, which service land may open as well."""
    apart = np.ones(program.n_columns, dtype=bool)
    for family in program.columns:
        if family.family == LOTS:
            apart[program.offsets[LOTS] : program.offsets[LOTS] + len(family)] = False
    return apart


def _widened(matrix: Matrix, values: NDArray[np.float64]) -> Matrix:
    """Return the matrix with room in its rows for the tolerance with which values keep them."""
    room = SLACK * (1.0 + abs(matrix.rows) @ np.abs(values))
    return replace(matrix, row_lower=matrix.row_lower - room, row_upper=matrix.row_upper + room)


def _held(matrix: Matrix, some: NDArray[np.bool_], values: NDArray[np.float64]) -> Matrix:
    """Return the matrix with some columns held at values."""
    room = np.where(matrix.integer | (values <= 0.0), 0.0, SLACK)
    lower = np.where(some, np.maximum(values - room, matrix.lower), matrix.lower)
    upper = np.where(some, np.minimum(values + room, matrix.upper), matrix.upper)
    return replace(matrix, lower=np.minimum(lower, upper), upper=upper)


def _without(matrix: Matrix, rows: NDArray[np.bool_]) -> Matrix:
    """Return the matrix without some rows."""
    kept = ~rows
    return replace(matrix, rows=matrix.rows[kept], row_lower=matrix.row_lower[kept], row_upper=matrix.row_upper[kept])


def _relaxed(matrix: Matrix, options: SolveOptions) -> highs.Answer:
    """Solve a matrix without whole numbers."""
    solver = highs.load(matrix, integers=False)
    highs.configure(solver, options, options.time_limit_s)
    return highs.run(solver)


def _solved(matrix: Matrix, program: Program, options: SolveOptions) -> highs.Answer:
    """Solve a matrix until the gap, relative to the cost moved in its relaxation."""
    base = _relaxed(matrix, options)
    solver = highs.load(matrix)
    highs.configure(solver, options, options.time_limit_s)
    highs.choose_heuristics(solver, matrix)
    solver.setOptionValue("mip_rel_gap", 0.0)
    if base.values is not None:
        moved = float(np.abs(program.cost * base.values).sum())
        solver.setOptionValue("mip_abs_gap", max(options.gap * moved, 1e-9))
    return highs.run(solver)


def described(way: Way, program: Program, sorts: Sorts) -> dict[str, object]:
    """Return a row of the table: emissions by part, new plant, circuits, land, gap, seconds."""
    if way.values is None:
        bound = f"none found, at least {way.bound / 1e3:.2f}" if np.isfinite(way.bound) else "none"
        return {"way": way.name, "both, kt": bound, "processor seconds": round(way.seconds)}
    emitted = program.cost_of("emissions") * way.values
    land = len(program.moves)
    area = np.append(program.moves.area_ha, np.zeros(program.n_columns - land)) * way.values
    return {
        "way": way.name,
        "supply, kt": round(emitted[sorts.network].sum() / 1e3, 2),
        "land, kt": round(emitted[~sorts.network].sum() / 1e3, 2),
        "both, kt": round(emitted.sum() / 1e3, 2),
        "new plant, MW": round(_total(program, way, "energy:site_added"), 1),
        "circuits": round(_total(program, way, "energy:candidate_circuits")),
        "service land, ha": round(area[sorts.service].sum(), 1),
        "land that changes, ha": round(area[sorts.change].sum()),
        "gap": f"{way.gap:.1e}",
        "processor seconds": round(way.seconds),
    }


def _total(program: Program, way: Way, family: str) -> float:
    start = program.offsets[family]
    length = next(len(one) for one in program.columns if one.family == family)
    assert way.values is not None
    return float(way.values[start : start + length].sum())


if __name__ == "__main__":
    main()
