"""Blocks that choose among answers: what states use, how they mix, and plans whose optimum is worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formulations.program import Objective
from optimizer.methods.decompose import primal
from optimizer.methods.decompose.alike import alike
from optimizer.methods.decompose.bundle import Bundle
from optimizer.methods.decompose.passes import Passes
from optimizer.methods.decompose.primal import Primal
from optimizer.methods.decompose.setup import set_up
from optimizer.methods.decompose.states import rows_of, states_of
from optimizer.results.solution import SolveOptions
from tests.build import column_names, instance_of, program_of, quota

ZONES = {"a": {"bare": 10}, "b": {"bare": 10}, "c": {"bare": 5, "whole": 1}}
UNITS = {"u1": {"a": 1}, "u2": {"b": 1}, "u3": {"c": 1}}
P = {"members": "u1", "to": "wood", "min_area_ha": 5, "max_area_ha": 10, "cost_wanyuan": 3}
Q = P | {"members": "u2"}


def made(projects, gains, quotas=()):
    """Return a Program in which a hectare of each move costs what `gains` says, beside the projects' own costs."""
    instance = instance_of(ZONES, "bare>wood", projects=projects, units=UNITS, quotas=quotas)
    program = program_of(instance)
    names = column_names(instance, program)
    per_ha = np.array([gains.get(name, 0.0) for name in names[: len(program.moves)]])
    objective = Objective("cost", per_ha, program.objectives["cost"].unit)
    return replace(program, objectives={"cost": objective}, minimise={"cost": 1.0})


def taken_apart(program):
    setup = set_up(program, 1)
    return setup, Passes(setup.pricing, alike(setup.pricing, setup.free, 1), setup.blocks, 1)


def planned(program):
    """Return the objective of the plan near the best multipliers, and the bound."""
    setup, passes = taken_apart(program)
    bundle = Bundle(passes, setup.side)
    raised = bundle.raise_to(lambda best: 1e-9, np.inf)
    plan = Primal(passes, setup.side_columns, SolveOptions(gap=1e-9), np.inf).plan(raised, bundle.mixed(), 1.0, -1e9)
    matrix = program.matrix()
    activity = matrix.rows @ plan
    assert (activity >= matrix.row_lower - 1e-9).all()
    assert (activity <= matrix.row_upper + 1e-9).all()
    return float(program.cost @ plan), raised.bound


@pytest.fixture
def states_only(monkeypatch):
    """Leave no project open."""
    monkeypatch.setattr(primal, "OPEN_BLOCKS", 0)


@pytest.mark.usefixtures("states_only")
@pytest.mark.parametrize(("gain", "expected"), [(-4, -29), (-1, 0)])
def test_states_keep_prerequisites(gain, expected):
    """Project q gains on 10 ha for 3, but needs p, which costs 5 x 1 + 3: with 40 both open, with 10 neither."""
    projects = {"p": P, "q": Q | {"prerequisites": "p"}}
    gains = {"a bare>wood 2030": 1, "b bare>wood 2030": gain}
    objective, bound = planned(made(projects, gains))
    assert objective == pytest.approx(expected)
    assert bound == pytest.approx(expected)


def test_a_block_that_no_state_fits_is_decided_anew():
    """Of 10 ha at -4 a ceiling allows 7: -28 and 3 to open; at multipliers the project takes 10 or none."""
    program = made({"q": Q}, {"b bare>wood 2030": -4}, [quota("ceiling", 7, "forest")])
    objective, bound = planned(program)
    assert objective == pytest.approx(-25)
    assert bound == pytest.approx(-25.9)  # seven tenths of -40 + 3


def test_states_use_what_their_land_uses():
    """Two states of q with 10 and 5 ha: 30 and 70 in a hundred are 6.5 ha for 6.5 x -4 and 3."""
    quotas = [quota("ceiling", 7, "forest")]
    program = made({"p": P, "q": Q}, {"b bare>wood 2030": -4}, quotas)
    setup, _ = taken_apart(program)
    (block,) = setup.blocks
    names = [program.column_name(int(column)) for column in block.columns]
    opened = np.where(np.array(names) == "restoration_project(q, 2030)", -50.0, 50.0)
    answers = [block.evaluate(np.where(program.moves.changes[block.moves], sign, 0.0), opened) for sign in (-1.0, 1.0)]
    only_q = np.array([False, True])
    states = states_of(setup.pricing, block, answers, [only_q, only_q])
    assert (states.blocks.tolist(), states.cost.tolist()) == ([1], [-40, -20])
    shares = np.zeros(program.n_columns)
    shares[states.columns] = 1.0
    binaries = shares.copy()
    states.spread(np.array([0.3, 0.7]), shares)
    assert program.cost @ shares == pytest.approx(6.5 * -4 + 3)
    land = setup.pricing.activity(shares) - setup.pricing.activity(binaries)
    assert states.usage @ [0.3, 0.7] == pytest.approx(land)
    rows, bounds = rows_of(program, (states,), states.columns, before=0)
    assert rows @ [1.0, 0.3, 0.7] == pytest.approx(bounds)


def test_crumbs_of_states_with_other_binaries_are_swept_up():
    setup, passes = taken_apart(made({"q": Q}, {"b bare>wood 2030": -4}))
    (block,) = setup.blocks
    states = states_of(
        setup.pricing, block, passes.alternatives(0, np.zeros(setup.pricing.n_rows)), [np.ones(1, bool)] * 2
    )
    shares = np.zeros(passes.pricing.program.n_columns)
    states.spread(np.array([1e-7, 1.0]), shares)  # the second is closed
    assert passes.pricing.program.cost @ shares == 0.0
    shares[block.columns] = 1.0
    states.spread(np.array([1.0, 1e-7]), shares)
    assert passes.pricing.program.cost @ shares == pytest.approx(-37)


def test_land_that_changes_as_a_whole_takes_one_state():
    setup, passes = taken_apart(made({"q": Q | {"members": "u2;u3"}}, {}))
    states = states_of(
        setup.pricing, setup.blocks[0], passes.alternatives(0, np.zeros(setup.pricing.n_rows)), [np.ones(1, bool)] * 2
    )
    assert states.whole.all()
