"""Whole columns of a user stand in a master with Lagrangian cuts; its bound is worked out by hand."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from formulations.assemble import assemble, land_block
from formulations.extra import attach
from optimizer.methods import METHODS
from optimizer.methods.decompose.alike import alike
from optimizer.methods.decompose.bundle import Bundle
from optimizer.methods.decompose.lagrangian import master_bound
from optimizer.methods.decompose.passes import Passes
from optimizer.methods.decompose.setup import set_up
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from tests.build import instance_of

ZONES = {"a": {"bare": 4.0, "region": "n"}, "b": {"bare": 6.0, "region": "n", "cost_factor": 2.0}}


@pytest.fixture
def program():
    """Wood costs 1 (a) and 2 (b) a hectare; 5 ha are wanted, or a nursery for 9 that stands for 8 of them."""
    instance = instance_of(ZONES, "bare>ind bare>wood", regions={"all": "", "n": "all"})

    def extra(block, land):
        block.nursery = pyo.Var(domain=pyo.Binary)
        block.goal = pyo.Constraint(expr=land.total(target="wood") + 8 * block.nursery >= 5)
        block.cost = pyo.Objective(expr=9 * block.nursery)

    block = land_block(instance)
    return attach(assemble(block), block, extra, "mine")


def raised(program):
    setup = set_up(program, 1)
    free = np.ones(program.moves.n_groups, dtype=bool)
    passes = Passes(setup.pricing, alike(setup.pricing, free, 1), (), 1)
    bundle = Bundle(passes, setup.side)
    bundle.raise_to(lambda best: 1e-9, np.inf)
    return setup, passes, bundle


def test_multipliers_alone_take_the_nursery_by_parts(program):
    """4 ha of a for 4, an eighth of the nursery for 9 / 8."""
    assert raised(program)[2].best.bound == pytest.approx(4 + 9 / 8)


def test_the_master_keeps_it_whole(program):
    """Without it 4 ha of a and 1 of b cost 6, with it 9; the land without it gives the cut at 2 a hectare."""
    setup, passes, bundle = raised(program)
    bound = master_bound(setup, passes, bundle.visits, 1e-9, SolveOptions(), np.inf)
    assert bound == pytest.approx(6)


def test_the_master_says_nothing_where_no_column_is_whole():
    instance = instance_of(ZONES, "bare>ind bare>wood", regions={"all": "", "n": "all"})
    setup, passes, bundle = raised(assemble(land_block(instance)))
    assert master_bound(setup, passes, bundle.visits, 1e-9, SolveOptions(), np.inf) is None


def free_in_both_ways(block, land):
    """4 ha of wood, all of a, at 1 a hectare."""
    block.beyond = pyo.Var()
    block.tie = pyo.Constraint(expr=land.total(target="wood") - 5 == block.beyond)
    block.least = pyo.Constraint(expr=block.beyond >= -1)


def falling_without_end(block, land):
    """4 ha of a at 1 and 3 bought at 1.5; b, at 2, is dearer."""
    block.bought = pyo.Var(bounds=(None, 3))
    block.goal = pyo.Constraint(expr=land.total(target="wood") + block.bought >= 7)
    block.cost = pyo.Objective(expr=1.5 * block.bought)


@pytest.mark.parametrize(("extra", "least"), [(free_in_both_ways, 4.0), (falling_without_end, 8.5)])
def test_columns_without_a_least_value(extra, least):
    instance = instance_of(ZONES, "bare>ind bare>wood", regions={"all": "", "n": "all"})
    block = land_block(instance)
    program = attach(assemble(block), block, extra, "mine")
    assert raised(program)[2].best.bound == pytest.approx(least)
    found = METHODS["decompose"](program, SolveOptions(gap=1e-6), Silent())
    assert (found.objective, found.bound) == (pytest.approx(least), pytest.approx(least))


def test_decompose_finds_and_proves_the_optimum(program):
    found = METHODS["decompose"](program, SolveOptions(gap=1e-6), Silent())
    assert found.objective == pytest.approx(6)
    assert (found.bound, found.bound_by) == (pytest.approx(6), "master")
