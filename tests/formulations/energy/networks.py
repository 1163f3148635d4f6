"""Small networks for tests: tables from a few columns, the rest as the schema's defaults; solved by HiGHS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.energy.assemble import program_of
from instances import schema
from instances.network import Network
from instances.settings import NetworkSettings
from instances.validate import check_table
from optimizer.methods import highs
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from formulations.program import Program
    from optimizer.results.solution import Solution

Table = dict[str, list[Any]]


def tables_of(**given: Table) -> dict[str, pd.DataFrame]:
    """Return all tables of a network; those not given are empty."""
    given.setdefault("snapshots", {"snapshot": ["t1"], "weight_h": [1.0]})
    found = {}
    for table in schema.tables()["network"]:
        columns = given.get(table.name, {column.name: [] for column in table.columns})
        frame = pd.DataFrame(columns, dtype=object).map(lambda cell: "" if cell is None else str(cell))
        found[table.name], faults = check_table(table, frame, table.name)
        assert not faults, faults
    return found


def network_of(
    power_flow: str = "dc", years: tuple[int, ...] = (0,), lengths: tuple[float, ...] = (1.0,), **given: Table
) -> Network:
    """Return a network."""
    settings = NetworkSettings(power_flow=power_flow, horizon_h=0)
    return Network(tables_of(**given), settings, years, lengths)


def solved(network: Network, kind: str = "cost", method: Any = None) -> tuple[Program, Solution]:
    """Return the Program of a network and the Solution of `direct`."""
    from optimizer.methods import direct

    program = program_of(network, {kind: 1.0})
    return program, (method or direct).solve(program, SolveOptions(gap=1e-9, threads=1), Silent())


def values(program: Program, solution: Solution, family: str) -> Mapping[tuple[str, int, str], float]:
    """Return the values of a family by name, period and snapshot."""
    name = f"energy:{family}"
    columns = next(one for one in program.columns if one.family == name)
    start = program.offsets[name]
    shares = solution.require_shares()[start : start + len(columns)]
    return dict(zip(columns.labels.itertuples(index=False, name=None), shares.tolist(), strict=True))


def optimum(program: Program) -> float:
    """Return the optimum as HiGHS finds it, without anything around it."""
    solver = highs.load(program.matrix())
    answer = highs.run(solver)
    assert answer.values is not None
    return float(np.dot(program.cost, answer.values))


TWO = {"bus": ["a", "b"], "voltage_kv": [10, 10]}
THREE = {"bus": ["a", "b", "c"], "voltage_kv": [10, 10, 10]}
TRIANGLE = {
    "line": ["ab", "bc", "ac"],
    "from_bus": ["a", "b", "a"],
    "to_bus": ["b", "c", "c"],
    "reactance_ohm": [1, 1, 1],
    "capacity_mw": [100, 100, 60],
}


def plant(**more: list) -> dict[str, list]:
    """Return one generator a name, dear enough to tell apart."""
    return {"technology": ["gas"] * len(more["generator"]), **more}


def triangle(power_flow: str, **more: dict[str, list]) -> tuple:
    """Return a cheap plant at a, a dear one at c, and 120 MW at c."""
    return solved(
        network_of(
            power_flow,
            buses=THREE,
            generators=plant(
                generator=["cheap", "dear"], bus=["a", "c"], capacity_mw=[500, 500], marginal_cost=[1, 10]
            ),
            loads={"load": ["l"], "bus": ["c"], "peak_mw": [120]},
            **{"lines": TRIANGLE, **more},
        )
    )
