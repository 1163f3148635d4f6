"""A plan that is known: in the columns of merged land, as the start of a method, and refused where it is no plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formulations.merge import merge
from optimizer.methods import contiguity, core, direct
from optimizer.methods.relaxation import relax
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from tests.build import draft, program_of, quota
from tests.grid import cells, edges

GROW = quota("growth_demand", 25, "industry")
EXACT = SolveOptions(gap=1e-9, threads=1)


def program(*quotas, whole=1):
    """Nine cells of cropland, of which three become industry; the cheapest three are alone in what they cost."""
    zones = {name: content | {"whole": whole} for name, content in cells(3, 3).items()}
    costs = {("00", "ind"): 0.1, ("01", "ind"): 0.2, ("02", "ind"): 0.3}
    made = draft(zones, "crop>ind", quotas=[GROW, *quotas], zone_costs=costs, neighbours=edges(3, 3))
    return program_of(made.instance())


def test_hectares_of_alike_land_add_up():
    divisible = program(whole=0)
    merged = merge(divisible)
    assert len(merged.program.moves) < len(divisible.moves)
    shares = direct.solve(divisible, EXACT, Silent()).require_shares()
    small = merged.shrink(shares)
    matrix, whole = merged.program.matrix(), divisible.matrix()
    assert matrix.cost @ small == pytest.approx(whole.cost @ shares)
    assert matrix.rows[-1:] @ small == pytest.approx(whole.rows[-1:] @ shares)
    assert merged.shrink(merged.expand(small)) == pytest.approx(small)


@pytest.mark.parametrize("method", [direct, core])
def test_methods_begin_from_a_plan_and_from_nothing_alike(method):
    asked = program()
    plan = method.solve(asked, EXACT, Silent())
    again = method.solve(asked, replace(EXACT, start=plan.shares), Silent())
    assert again.objective == pytest.approx(plan.objective)
    assert again.bound <= again.objective


@pytest.mark.parametrize("method", [direct, core])
def test_what_is_no_plan_is_no_start(method):
    asked = program()
    flat = relax(asked, EXACT, Silent())
    present = np.zeros(asked.n_columns)
    present[asked.moves.start[:-1]] = 1.0
    assert flat.known(present) is None
    assert flat.known(present[:-1]) is None
    assert flat.known(None) is None
    known = method.solve(asked, EXACT, Silent()).objective
    assert method.solve(asked, replace(EXACT, start=present), Silent()).objective == pytest.approx(known)


def test_a_start_does_not_reach_the_programs_of_contiguity():
    asked = program(quota("contiguity", 1, "built"), quota("minimum_patch", 20, "built"))
    plan = contiguity.solve(asked, EXACT, Silent(), direct.solve)
    again = contiguity.solve(asked, replace(EXACT, start=np.ones(asked.n_columns)), Silent(), direct.solve)
    assert again.objective == (None if plan.objective is None else pytest.approx(plan.objective))
