"""Chosen units that hang together: every choice of small graphs tried, flows, and grids that no flow could do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optimizer.methods import choose, connected, direct, resolve_method
from optimizer.methods.connected import regions, search
from optimizer.methods.connected.graph import graph_of
from optimizer.methods.connected.plain import plain_of
from optimizer.methods.connected.search import Search
from optimizer.methods.connected.starts import joined, large
from optimizer.methods.connected.tree import Tree
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions, Status, Termination
from tests.formulations.restoration.enumeration import Small
from tests.formulations.restoration.site_tables import program_of, sites
from tests.optimizer.methods.connected.connected_cases import by, graph_case, grid_case
from tests.seeds import first_of

if TYPE_CHECKING:
    from formulations.program import Program
    from optimizer.methods.connected.graph import Graph
    from optimizer.results.solution import Solution

PIECES = {
    "contiguity": [by("contiguity")],
    "feature_contiguity": [by("feature_contiguity", feature="f0")],
    "maximum_reserves": [by("maximum_reserves", value=2)],
    "minimum_reserve": [by("minimum_reserve", value=3.0)],
    "contiguity and least size": [by("contiguity"), by("minimum_reserve", value=6.0)],
}

AREAS = {
    "separate_areas": [by("separate_areas", feature="f0", value=2, factor=0.3)],
    "few reserves, separate areas": [
        by("maximum_reserves", value=3),
        by("separate_areas", feature="f1", value=2, factor=0.3),
    ],
}

GAP = 1e-7


@pytest.fixture
def no_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connected, "FLOW_EDGES", -1)


def solve(program: Program, gap: float = GAP, seconds: float = 120.0) -> Solution:
    return connected.solve(program, SolveOptions(gap=gap, time_limit_s=seconds, threads=1), Silent(), direct.solve)


def program(tables: dict[str, Any]) -> Program:
    return program_of(sites("minimum_set", **tables))


def graphs(of: Program) -> list[Graph]:
    return [graph_of(demand, of.matrix().upper) for demand in of.connected]


@pytest.mark.usefixtures("no_flow")
@pytest.mark.parametrize("seed", first_of(range(4), 1))
@pytest.mark.parametrize("rules", [*PIECES, *AREAS])
def test_every_choice_of_a_small_graph_tried(rules, seed):
    tables = graph_case(seed, {**PIECES, **AREAS}[rules])
    best, found = Small("minimum_set", [""], tables).best(), solve(program(tables))
    if best is None:
        assert found.termination is Termination.INFEASIBLE
    else:
        assert found.objective == pytest.approx(best, abs=1e-6)
        assert found.status(GAP) is Status.OPTIMAL


@pytest.fixture
def wide_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SMALL", 1.0)
    monkeypatch.setattr(regions, "LARGEST", 1.0)


@pytest.mark.usefixtures("no_flow", "wide_regions")
@pytest.mark.parametrize("seed", first_of(range(8), 2))
@pytest.mark.parametrize("rules", ["contiguity", "feature_contiguity", "contiguity and least size"])
def test_separators_of_nodes_lose_no_plan(rules, seed):
    tables = graph_case(seed, PIECES[rules])
    best, found = Small("minimum_set", [""], tables).best(), solve(program(tables))
    if best is None:
        assert found.termination is Termination.INFEASIBLE
    else:
        assert found.objective == pytest.approx(best, abs=1e-6)
        assert found.status(GAP) is Status.OPTIMAL


@pytest.mark.usefixtures("no_flow", "wide_regions")
@pytest.mark.parametrize("seed", first_of(range(4), 1))
def test_separators_of_nodes_bound_no_higher_than_the_flow(seed):
    given = program(grid_case(5, seed, PIECES["contiguity"], share=0.3))
    exact, found = direct.solve(given, SolveOptions(gap=1e-6, threads=1), Silent()), solve(given, 1e-6)
    assert found.objective == pytest.approx(exact.objective, rel=1e-5)
    assert found.status(1e-6) is Status.OPTIMAL


def test_a_region_without_which_no_plan_is_good_is_the_smallest():
    """Of regions around the middle of a square, the bound being their number of nodes."""
    (graph,) = graphs(program(grid_case(5, 0, PIECES["contiguity"])))
    steps = regions.rings(graph, 12)
    assert steps.reshape(5, 5)[2].tolist() == [2, 1, 0, 1, 2]
    ((nodes, bound),) = regions.needed(graph, [steps], lambda nodes: float(len(nodes)), enough=4.0)
    assert nodes.tolist() == [7, 11, 12, 13, 17]
    assert bound == 5.0


@pytest.mark.usefixtures("no_flow")
@pytest.mark.parametrize("rules", ["contiguity", "maximum_reserves", "minimum_reserve"])
def test_as_the_flow_on_a_grid(rules):
    given = program(grid_case(5, 3, PIECES[rules], share=0.3))
    exact, found = direct.solve(given, SolveOptions(gap=1e-6, threads=1), Silent()), solve(given, 1e-6)
    assert found.objective == pytest.approx(exact.objective, rel=1e-5)
    assert found.status(1e-6) is Status.OPTIMAL


@pytest.mark.usefixtures("no_flow")
def test_with_borders_that_cost_a_plan_grows_by_rows():
    rules = [by("contiguity"), by("boundary_penalty", value=0.5, factor=1.0)]
    given = program(grid_case(4, 1, rules, share=0.3))
    exact, found = direct.solve(given, SolveOptions(gap=1e-6, threads=1), Silent()), solve(given, 1e-6)
    assert plain_of(given, given.matrix(), graphs(given)) is None
    assert found.objective == pytest.approx(exact.objective, rel=1e-5)


@pytest.mark.long
@pytest.mark.parametrize(
    "rules",
    [
        by("contiguity"),
        pytest.param(by("maximum_reserves", value=3), marks=pytest.mark.long),
        pytest.param(by("minimum_reserve", value=8.0), marks=pytest.mark.long),
        by("separate_areas", feature="f0", value=2, factor=0.2),
    ],
    ids=lambda rule: rule["rule"],
)
@pytest.mark.long
def test_larger_grids_end_in_time_with_a_lawful_plan_and_a_bound(rules):
    given = program(grid_case(20, 5, [rules]))
    began = time.perf_counter()
    found = solve(given, gap=1e-6, seconds=3.0)
    assert time.perf_counter() - began < 20.0
    matrix, shares = given.matrix(), found.require_shares()
    held = matrix.rows @ shares
    assert (held >= matrix.row_lower - 1e-6).all()
    assert (held <= matrix.row_upper + 1e-6).all()
    assert all(graph.is_lawful(shares) for graph in graphs(given))
    relaxed = direct.solve(program(grid_case(20, 5, [])), SolveOptions(gap=1e-3, threads=1), Silent())
    assert found.bound is not None
    assert relaxed.bound is not None
    assert found.objective is not None
    assert relaxed.bound * (1 - 2e-3) <= found.bound <= found.objective


@pytest.mark.usefixtures("no_flow")
def test_the_same_twice():
    given = program(grid_case(5, 2, PIECES["contiguity"]))
    first, second = solve(given, 0.02), solve(given, 0.02)
    assert np.array_equal(first.require_shares(), second.require_shares())
    assert first.bound == second.bound


@pytest.mark.usefixtures("no_flow")
def test_no_time_leaves_no_plan_and_no_wrong_word():
    found = solve(program(grid_case(6, 2, PIECES["contiguity"])), seconds=0.0)
    assert found.termination is Termination.TIME_LIMIT
    assert found.shares is None


def test_units_that_cannot_be_joined_are_infeasible():
    tables = graph_case(0, PIECES["contiguity"])
    tables["boundary"] = []
    tables["units"] = [{**unit, "status": "locked_in"} for unit in tables["units"]]
    given = program(tables)
    search_ = Search(given, SolveOptions(gap=GAP, time_limit_s=20.0, threads=1), Silent())
    assert search_.run().termination is Termination.INFEASIBLE


def test_small_ones_are_a_flow_and_others_are_not():
    small, large_ = program(graph_case(0, PIECES["contiguity"])), program(grid_case(20, 0, PIECES["contiguity"]))
    assert connected.is_small(small)
    assert not connected.is_small(large_)
    assert "flow" in resolve_method("auto", small).reason["en"]
    assert "cuts" in resolve_method("auto", large_).reason["en"]
    assert choose("auto", small)(small, SolveOptions(gap=GAP), Silent()).objective is not None


def test_units_that_no_link_reaches_are_separated():
    given = program(graph_case(7, PIECES["contiguity"]))
    (graph,) = graphs(given)
    count = given.n_columns
    tree = Tree(graph, count, count + Tree.columns(graph))
    point = np.zeros(tree.width)
    point[graph.incidence.indices] = 1.0
    cuts = tree.cuts(point)
    assert cuts is not None
    assert (cuts @ point < 0).all()


def test_pieces_are_joined_over_the_cheapest_way_and_small_ones_dropped():
    """A row of five: the ends are joined through the middle; a single one is below two."""
    tables = grid_case(5, 0, PIECES["contiguity"])
    (graph,) = graphs(program(tables))
    ends = np.zeros(25, dtype=bool)
    ends[[0, 4, 5]] = True
    weight = np.full(25, 10.0)
    weight[[1, 2, 3]] = 1.0
    assert np.flatnonzero(joined(graph, ends, weight, 1)).tolist() == [0, 1, 2, 3, 4, 5]
    assert np.array_equal(joined(graph, ends, weight, 2), ends)
    assert np.flatnonzero(large(graph, ends, np.ones(25), 2.0)).tolist() == [0, 5]
