"""`Program.to_pyomo`: reads like the mathematics, and has the optimum of the Program."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.factory import SolverFactory

from instances.instance import load
from tests.build import instance_of, outcome, program_of, quota
from tests.end_to_end.random_instances import make
from tests.end_to_end.test_random_instances import AUDITED


def solved(model: pyo.ConcreteModel) -> float:
    """Solve by Pyomo's own interface to HiGHS."""
    SolverFactory("highs").solve(model, rel_gap=0.0, threads=1)
    return pyo.value(model.objective)


def test_tiny_has_the_optimum_worked_out_by_hand():
    model = program_of(load("tiny")).to_pyomo()
    assert solved(model) == pytest.approx(990)
    assert pyo.value(model.x["N1", "crop", "urban", 2040]) == pytest.approx(10)
    assert pyo.value(model.restoration_project["p1", 2040]) == pytest.approx(1)


@pytest.mark.parametrize("seed", AUDITED[:10])
def test_random_instances_have_the_same_optimum(seed):
    instance = make(seed).instance()
    program = program_of(instance)
    direct = outcome(instance, program).objective
    assert direct is not None
    assert solved(program.to_pyomo()) == pytest.approx(direct, rel=1e-6, abs=1e-6)


def test_rows_and_columns_are_named_and_in_hectares():
    zones = {"a": {"bare": 4.0}, "b": {"bare": 6.0, "whole": 1}}
    model = program_of(instance_of(zones, "bare>ind", quotas=[quota("growth_demand", 5, "industry")])).to_pyomo()
    assert set(model.x) == {(z, "bare", *to) for z in "ab" for to in (("bare", 0), ("ind", 2030))}
    assert model.x["a", "bare", "ind", 2030].ub == 4.0
    assert str(model.balance["a", "bare"].expr) == "x[a,bare,bare,0] + x[a,bare,ind,2030]  ==  4.0"
    assert str(model.whole_parcel["b", "bare", "ind", 2030].expr) == (
        "x[b,bare,ind,2030]  ==  6.0*whole[b,bare,ind,2030]"
    )
    (row,) = model.rules.growth_demand.values()
    assert row.index() == ("growth_demand_0", "all", "industry", 2030)
    assert (row.lower, row.upper) == (5.0, None)
    assert str(row.body) == "x[a,bare,ind,2030] + x[b,bare,ind,2030]"
