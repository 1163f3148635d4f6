"""What costs nothing is neither built without a reason nor sooner than it is of use: hand cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formulations.energy.assemble import program_of
from optimizer.methods import METHODS, highs
from optimizer.methods.needless import postponed, without_needless
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from tests.formulations.energy.networks import THREE, network_of, plant, values

YEARS = {"years": (2025, 2030), "lengths": (5.0, 5.0)}
OPTIONS = SolveOptions(gap=1e-9, threads=1)


def trunk(**more):
    """Clean power at a; coal at b and c; a trunk and two branches. c draws nothing before 2030, b nothing at all."""
    return network_of(
        "transport",
        **YEARS,
        buses=THREE,
        generators=plant(
            generator=["hydro", "coal b", "coal c"],
            bus=["a", "b", "c"],
            capacity_mw=[100, 100, 100],
            emission_tco2_per_mwh=[0, 1, 1],
        ),
        loads={"load": ["c"], "bus": ["c"], "year": [2030], "peak_mw": [10]},
        candidates={
            "candidate": ["ab", "ac"],
            "from_bus": ["a", "a"],
            "to_bus": ["b", "c"],
            "capacity_mw": [10, 10],
            "max_additions": [2, 2],
            "cost": [5, 5],
            "corridor": ["to b", "to c"],
        },
        corridors={"corridor": ["to b", "to b", "to c", "to c"], "segment": ["trunk", "b", "trunk", "c"]},
        segments={"segment": ["trunk", "b", "c"], "length_km": [9, 1, 1], "cost": [50, 10, 10]},
        **more,
    )


def opened(program, shares):
    """Return what is open, with its period."""
    found = set()
    for family in ("candidate_circuits", "segment_opening"):
        columns = next(one for one in program.columns if one.family == f"energy:{family}")
        at = program.offsets[columns.family] + np.arange(len(columns))
        for name, period in columns.labels.loc[shares[at] > 0.5, ["name", "period"]].itertuples(index=False):
            found.add((name, int(period)))
    return found


def everything(program, circuits=2025):
    """Return a plan that opens all in the first period, circuits in one."""
    matrix = program.matrix()
    whole = np.where(matrix.integer, 1.0, 0.0)
    for family in program.columns:
        if family.integer:
            at = program.offsets[family.family] + np.arange(len(family))
            of_circuits = family.family == "energy:candidate_circuits"
            whole[at] = family.labels["period"].to_numpy() == (circuits if of_circuits else 2025)
    held = replace(
        matrix, lower=np.where(matrix.integer, whole, matrix.lower), upper=np.where(matrix.integer, whole, matrix.upper)
    )
    answer = highs.run(highs.load(held))
    assert answer.values is not None
    return answer.values


def test_what_is_open_for_nothing_is_closed_and_the_rest_comes_when_it_is_of_use():
    """Only c's load of 2030 asks for clean power: one circuit of ac, the trunk and c's branch, all in 2030."""
    program = program_of(trunk(), {"emissions": 1.0})
    plan = everything(program)
    assert len(opened(program, plan)) == 7
    found = without_needless(program, program.matrix(), plan, OPTIONS, np.inf)
    assert {period for _, period in opened(program, found)} == {2030}
    assert opened(program, found) >= {("trunk", 2030), ("c", 2030)}
    assert len(opened(program, found)) == 3
    assert program.cost @ found == pytest.approx(0.0)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_opens_without_need(method):
    program = program_of(trunk(), {"emissions": 1.0})
    solution = METHODS[method](program, OPTIONS, Silent())
    assert solution.objective == pytest.approx(0.0)
    assert len(opened(program, solution.require_shares())) == 3
    assert {period for _, period in opened(program, solution.require_shares())} == {2030}


def test_what_costs_money_is_left_as_it_was_found():
    """At least cost a circuit costs: taking it back is the search's own affair."""
    program = program_of(trunk(), {"cost": 1.0})
    plan = everything(program)
    assert without_needless(program, program.matrix(), plan, OPTIONS, np.inf) is plan


def test_what_costs_money_comes_no_sooner_than_it_is_of_use():
    """Circuits are built in 2030, so the segments below them open then: for the same money, and nothing else moves."""
    program = program_of(trunk(), {"cost": 1.0})
    matrix, plan = program.matrix(), everything(program, circuits=2030)
    assert {period for _, period in opened(program, plan)} == {2025, 2030}
    found = postponed(program, matrix, plan)
    assert {name for name, _ in opened(program, found)} == {name for name, _ in opened(program, plan)}
    assert {period for _, period in opened(program, found)} == {2030}
    assert program.cost @ found == pytest.approx(program.cost @ plan)
    assert (matrix.rows @ found <= matrix.row_upper + 1e-9).all()
    assert (matrix.rows @ found >= matrix.row_lower - 1e-9).all()


def test_free_plant_is_no_larger_than_it_must_be():
    """10 MW are drawn and solar costs no emissions: 10 MW of the 50 that may stand, though nothing is whole."""
    network = network_of(
        "transport",
        buses={"bus": ["a"], "voltage_kv": [10]},
        generators=plant(
            generator=["sun", "coal"],
            bus=["a", "a"],
            capacity_mw=[0, 100],
            extendable=[1, 0],
            maximum_mw=[50, 0],
            capital_cost=[3, 0],
            emission_tco2_per_mwh=[0, 1],
        ),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [10]},
    )
    program = program_of(network, {"emissions": 1.0})
    solution = METHODS["direct"](program, OPTIONS, Silent())
    assert max(values(program, solution, "generator_added").values()) == pytest.approx(10)
