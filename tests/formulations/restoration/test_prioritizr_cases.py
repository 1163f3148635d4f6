"""The 131 small problems of prioritizr's tests: its inputs, our formulation, the verified optima."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from formulations.program import INFINITY, Columns, Program
from formulations.restoration.assemble import assemble_sites
from formulations.restoration.site_block import SiteBlock
from tests.formulations.restoration.prioritizr_cases import FOLDER, Case, case_ids, read_case, sites_of
from tests.formulations.restoration.site_tables import program_of, selection, solve, value

if TYPE_CHECKING:
    from instances.sites import Sites

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared data is not here")

OPEN_SECONDS = 1.0
"""Time for a case whose optimum nobody has proven."""

CONNECTED_UNITS = [53, 61, 62, 69, 76, 77, 78, 85, 86]
"""Units of the first contiguity case that are connected, and meet its targets at less cost than its stored optimum."""

OPEN = (
    "add_boundary_penalties_knapsack__03",
    "add_boundary_penalties_simple__04",
    "add_connectivity_penalties__05",
    "add_contiguity_constraints__03",
    "add_neighbor_constraints__04",
    "add_neighbor_penalties__05",
)
"""Cases whose optimum nobody has proven; named here, since to read all cases takes longer than to solve most."""

PROVEN = [name for name in case_ids() if name not in OPEN]

HEAVY = ("add_boundary_penalties_simple__01", "add_boundary_penalties_simple__02")
"""Cases that take seconds; another one with borders is in every run."""


def near(amount: float) -> object:
    return pytest.approx(amount, rel=1e-6, abs=1e-6)


def posed(case: Case, given: Sites) -> Program:
    """Return the Program of a case; prioritizr's contiguity asks more than that units are connected."""
    if any(row["name"] == "contiguity constraints" for row in case.constraints):
        return ascending(given)
    return program_of(given)


def ascending(given: Sites) -> Program:
    """Return the Program with the condition that prioritizr states for contiguity, in place of contiguity.

    Of the chosen units of a set of management zones all but one have a chosen neighbour of a higher number. Such units
    are connected, but not all connected units are such: it depends on how units are numbered.
    """
    block = SiteBlock(given)
    program = replace(assemble_sites(block), connected=())
    low, high = np.sort(np.stack([given.connectivity("near").left, given.connectivity("near").right]), axis=0)
    up = sp.csr_array(sp.coo_array((np.ones(len(low)), (low, high)), shape=(given.n_units, given.n_units)))
    tied = given.zone_weights("near") != 0
    rows = sp.csr_array(sp.eye_array(block.n) - sp.kron(up, tied.astype(float)))
    labels = block.variable_labels(np.arange(block.n))
    columns = Columns("last", labels, np.zeros(block.n), np.ones(block.n), integer=True, unit="1")
    sets = np.array(sorted(map(sorted, nx.connected_components(nx.from_numpy_array(tied)))), dtype=object)
    in_set = np.array([[zone in members for zone in range(given.n_zones)] for members in sets], dtype=float)
    one = sp.csr_array(np.tile(in_set, given.n_units))
    none, ends = np.zeros(block.n), np.ones(len(sets))
    own = {"last": sp.csr_array(-sp.eye_array(block.n))}
    identity = sp.csr_array(sp.eye_array(block.n))
    quotas = (
        block.row_family("ascending", rows, none - INFINITY, none, labels, "1", own),
        block.row_family("ascending", identity, none, none + INFINITY, labels, "1", own),
        block.row_family(
            "ascending", sp.csr_array(one.shape), ends, ends, pd.DataFrame({"id": range(len(sets))}), "1", {"last": one}
        ),
    )
    return replace(program, columns=(*program.columns, columns), quotas=(*program.quotas, *quotas))


def test_all_cases_are_there() -> None:
    assert len(PROVEN) == 125
    assert {*case_ids()} == {*PROVEN, *OPEN}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] * (name in HEAVY)) for name in PROVEN])
def test_objective_is_the_verified_optimum_and_the_solution_where_it_is_unique(name: str) -> None:
    case = read_case(name)
    given = sites_of(case)
    program = posed(case, given)
    solution = solve(program)
    optimum = case.verified["optimum"]
    assert value(program, solution) == near(optimum)
    assert solution.bound == near(solution.objective)
    if case.verified["unique_planning_unit_solution"] and case.raw["objective_value"] == near(optimum):
        stored = np.nan_to_num(np.array(case.raw["solution"], dtype=float)).reshape(given.n_units, given.n_zones)
        assert selection(given, solution) == pytest.approx(stored, abs=1e-6)


@pytest.mark.parametrize("name", OPEN if case_ids() else ())
def test_bounds_of_open_cases_are_consistent(name: str) -> None:
    case = read_case(name)
    assert case.verified["optimum"] is None
    program = posed(case, sites_of(case))
    solution = solve(program, time_limit_s=OPEN_SECONDS)
    room = 1e-6 * abs(case.verified["incumbent"])
    assert solution.bound is not None
    assert solution.bound <= case.verified["incumbent"] + room
    if solution.objective is not None:
        assert solution.objective >= case.verified["bound"] - room


def test_connected_units_may_cost_less_than_those_that_prioritizr_calls_contiguous() -> None:
    case = read_case("add_contiguity_constraints__01")
    given = sites_of(case)
    (connected,) = assemble_sites(SiteBlock(given)).connected
    graph = nx.Graph(zip(connected.left.tolist(), connected.right.tolist(), strict=True))
    chosen = np.isin(np.arange(given.n_units), CONNECTED_UNITS)
    assert nx.is_connected(graph.subgraph(CONNECTED_UNITS))
    assert (given.targets.rows @ chosen >= given.targets.value).all()
    assert given.cost @ chosen == pytest.approx(1783.8804, abs=1e-4)
    assert given.cost @ chosen < case.verified["optimum"] - 1
