"""Routes against networkx on the same grid, with the rule of steps written out plainly."""

import networkx as nx
import numpy as np
import pytest

from instances.faults import InstanceError
from instances.siting.config import Lines
from instances.siting.routes import along, alternatives, cheapest, near, steps, ways

CELL_M = (50.0, 100.0)


def plain_graph(cost, shut):
    """Return the grid as a graph; diagonals need both cells beside them."""
    graph = nx.Graph()
    rows, columns = cost.shape
    for r in range(rows):
        for c in range(columns):
            for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
                s, d = r + down, c + across
                if not (0 <= s < rows and 0 <= d < columns) or shut[r, c] or shut[s, d]:
                    continue
                if down and across and (shut[r, d] or shut[s, c]):
                    continue
                km = np.hypot(down * CELL_M[0], across * CELL_M[1]) / 1000
                graph.add_edge(r * columns + c, s * columns + d, cost=km * (cost[r, c] + cost[s, d]) / 2)
    return graph


@pytest.fixture(params=range(8))
def field(request):
    rng = np.random.default_rng(request.param)
    return rng.uniform(1, 5, (14, 11)), rng.random((14, 11)) < 0.25


def test_routes_cost_what_networkx_finds(field):
    cost, shut = field
    grid, graph = steps(cost, shut, CELL_M), plain_graph(cost, shut)
    open_ = np.flatnonzero(~shut.ravel())
    for start, end in [(open_[0], open_[-1]), (open_[3], open_[-8])]:
        found = cheapest(grid, int(start), int(end))
        if start not in graph or end not in graph or not nx.has_path(graph, start, end):
            assert found is None
            continue
        assert found.cost == pytest.approx(nx.dijkstra_path_length(graph, start, end, weight="cost"), rel=1e-12)
        way = found.cells.tolist()
        assert (way[0], way[-1]) == (start, end)
        assert nx.path_weight(graph, way, "cost") == pytest.approx(found.cost, rel=1e-12)


def test_no_route_clips_a_shut_corner():
    shut = np.array([[0, 1], [0, 0]], dtype=bool)
    found = cheapest(steps(np.ones((2, 2)), shut, (100.0, 100.0)), 0, 3)
    assert found.cells.tolist() == [0, 2, 3]
    assert found.km == pytest.approx(0.2)


def test_alternatives_are_distinct_and_not_too_dear():
    cost, shut = np.ones((21, 41)), np.zeros((21, 41), dtype=bool)
    shut[5:16, 20] = True  # a wall with a way round either end
    grid = steps(cost, shut, (100.0, 100.0))
    lines = Lines(alternatives=2, stretch=1.5, apart_m=300, overlap=0.5)
    start, end = 10 * 41, 10 * 41 + 40
    found = alternatives(grid, start, end, lines, "A and B", set())
    assert len(found) == 2
    first, second = found
    assert first.cost <= second.cost <= 1.5 * first.cost
    assert near(grid, first, 300)[second.cells].mean() <= 0.5
    across = [route.cells[(route.cells % 41) == 20] // 41 for route in found]
    assert {bool((rows < 5).all()) for rows in across} == {True, False}


def test_equally_cheap_routes_keep_to_steps_already_taken():
    grid = steps(np.ones((5, 9)), np.zeros((5, 9), dtype=bool), (100.0, 100.0))
    taken = ways(np.array([2 * 9 + 0, 1 * 9 + 1, 0 * 9 + 2, *range(3, 7), 1 * 9 + 7, 2 * 9 + 8]))
    found = alternatives(grid, 2 * 9, 2 * 9 + 8, Lines(alternatives=1), "A and B", taken)
    assert found[0].cost == pytest.approx(0.8)  # straight on is cheaper, taken or not
    bent = ways(np.array([3, 4, 14, 24]))
    found = alternatives(grid, 3, 24, Lines(alternatives=1), "A and B", bent)
    assert found[0].cells.tolist() == [3, 4, 14, 24]


def test_a_route_follows_others_where_sharing_pays():
    grid = steps(np.ones((5, 21)), np.zeros((5, 21), dtype=bool), (100.0, 100.0))
    trunk = ways(np.arange(21))
    own = alternatives(grid, 4 * 21, 4 * 21 + 20, Lines(alternatives=1), "A and B", set())
    found = along(grid, 4 * 21, 4 * 21 + 20, trunk, 0.5, own)
    assert len(ways(found.cells) & trunk) >= 10
    assert along(grid, 4 * 21, 4 * 21 + 20, ways(own[0].cells), 0.5, own) is None


def test_no_way_through_is_told():
    shut = np.zeros((3, 3), dtype=bool)
    shut[:, 1] = True
    with pytest.raises(InstanceError, match="no route joins A and B"):
        alternatives(steps(np.ones((3, 3)), shut, CELL_M), 0, 2, Lines(), "A and B", set())
