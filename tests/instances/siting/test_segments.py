"""Routes merged into segments: by hand, and what holds for any routes."""

import itertools

import numpy as np
import pytest

from instances.siting.routes import Route, cheapest, steps, ways
from instances.siting.segments import merged, of_routes


def route(*cells):
    return Route(np.array(cells, dtype=np.int64), 0.0, 0.0)


def test_a_trunk_with_two_branches():
    found = merged({"a": route(0, 5, 6, 7), "b": route(10, 5, 6, 7)})
    assert {(tuple(sorted((one.cells[0], one.cells[-1]))), one.routes) for one in found} == {
        ((0, 5), ("a",)),
        ((5, 10), ("b",)),
        ((5, 7), ("a", "b")),
    }


def test_a_bus_that_routes_pass_divides_a_segment():
    found = merged({"a": route(0, 1, 2, 3, 4), "b": route(0, 1, 2)})
    assert sorted(len(one.cells) for one in found) == [3, 3]


def test_routes_that_cross_share_no_segment():
    found = merged({"a": route(1, 4, 7), "b": route(3, 4, 5)})
    assert [one.routes for one in found].count(("a", "b")) == 0
    assert len(found) == 4


@pytest.mark.parametrize("seed", range(5))
def test_segments_divide_routes_wholly(seed):
    rng = np.random.default_rng(seed)
    grid = steps(rng.uniform(1, 4, (12, 12)), np.zeros((12, 12), dtype=bool), (100.0, 100.0))
    ends = rng.choice(144, (8, 2), replace=False)
    routes = {f"r{k}": cheapest(grid, int(a), int(b)) for k, (a, b) in enumerate(ends)}
    segments = merged(routes)
    steps_of = {one.name: ways(one.cells) for one in segments}
    for one, other in itertools.combinations(steps_of.values(), 2):
        assert not one & other
    for name, chain in of_routes(segments).items():
        assert set().union(*(steps_of[segment] for segment in chain)) == ways(routes[name].cells)
        assert sum(len(steps_of[segment]) for segment in chain) == len(routes[name].cells) - 1
    for one in segments:
        assert one.routes == tuple(name for name, way in routes.items() if steps_of[one.name] <= ways(way.cells))
