"""Indices of small landscapes worked out by hand."""

import networkx as nx
import numpy as np
import pytest

from instances.faults import InstanceError
from optimizer.methods.landscape import (
    Landscape,
    diameter,
    grid_landscape,
    iic,
    largest_patch,
    mesh,
    number_of_patches,
    patch_areas,
    patches,
)

HABITAT = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 0, 1, 1]], bool)


def test_patches_of_a_grid():
    land = grid_landscape(HABITAT)
    assert number_of_patches(land) == 4
    assert sorted(patch_areas(land)) == [1, 1, 2, 2]
    assert mesh(land) == pytest.approx((1 + 1 + 4 + 4) / 12)
    assert largest_patch(land) == 2
    count, patch = patches(land)
    assert count == 4
    assert (patch.reshape(3, 4) >= 0).tolist() == HABITAT.tolist()


def test_corners_join_where_eight_cells_are_neighbours():
    habitat = np.array([[1, 0, 1], [0, 1, 0]], bool)
    assert number_of_patches(grid_landscape(habitat)) == 3
    assert number_of_patches(grid_landscape(habitat, neighbours=8)) == 1


def test_cells_outside_neither_count_nor_join():
    inside = np.array([[1, 0, 1]], bool)
    land = grid_landscape(np.ones((1, 3), bool), inside, cell_width=2.0, cell_height=3.0)
    assert land.units == 2
    assert number_of_patches(land) == 2
    assert mesh(land) == pytest.approx(2 * 36 / 12)
    assert land.points.tolist() == [[0, 0], [4, 0]]


def test_indices_with_a_selection():
    land = grid_landscape(HABITAT)
    selected = np.zeros((3, 4), bool)
    selected[0, 2] = selected[1, 2] = True
    present = land.habitat | selected.ravel()
    assert number_of_patches(land, present) == 2
    assert mesh(land, present) == pytest.approx((49 + 1) / 12)
    assert largest_patch(land, present) == 7


def test_landscape_without_habitat():
    land = grid_landscape(np.zeros((2, 2), bool))
    assert (number_of_patches(land), mesh(land), largest_patch(land)) == (0, 0.0, 0.0)
    assert iic(land, 1.0) == 0.0


def test_integral_index_of_connectivity_of_three_patches_in_a_row():
    """Areas 1, 2, 3; links 1-2 and 2-3: 1 + 4 + 9 + 2 (1 2 / 2 + 2 3 / 2 + 1 3 / 3) = 24, over 10 squared."""
    land = Landscape(
        area=np.array([1.0, 2.0, 3.0]),
        habitat=np.ones(3, bool),
        left=np.zeros(0, np.int32),
        right=np.zeros(0, np.int32),
        points=np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]),
        total_area=10.0,
    )
    assert iic(land, 1.0) == pytest.approx(24 / 100)
    assert iic(land, 0.5) == pytest.approx(14 / 100)
    assert iic(land, 2.0) == pytest.approx((14 + 2 + 6 + 3) / 100)
    assert mesh(land) == pytest.approx(1.4)


def test_integral_index_of_connectivity_against_networkx():
    land = grid_landscape(np.random.default_rng(3).random((12, 12)) < 0.3)
    count, patch = patches(land)
    area = patch_areas(land)
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    held = np.flatnonzero(patch >= 0)
    for one in held:
        for other in held[np.hypot(*(land.points[held] - land.points[one]).T) <= 2.0]:
            graph.add_edge(int(patch[one]), int(patch[other]))
    links = dict(nx.all_pairs_shortest_path_length(graph))
    expected = sum(area[i] * area[j] / (1 + far) for i, reached in links.items() for j, far in reached.items())
    assert count > 10
    assert iic(land, 2.0) == pytest.approx(expected / 144**2)


def test_graph_of_units():
    land = Landscape(
        area=np.array([2.0, 3.0, 4.0, 5.0]),
        habitat=np.array([True, False, True, True]),
        left=np.array([0, 1], np.int32),
        right=np.array([1, 2], np.int32),
    )
    assert sorted(patch_areas(land)) == [2, 4, 5]
    assert sorted(patch_areas(land, np.ones(4, bool))) == [5, 9]
    with pytest.raises(InstanceError, match="no centres"):
        diameter(land, land.habitat)


def test_diameter():
    land = grid_landscape(np.ones((3, 4), bool), cell_width=10.0)
    selected = np.zeros((3, 4), bool)
    assert diameter(land, selected.ravel()) == 0.0
    selected[0, 0] = True
    assert diameter(land, selected.ravel()) == 0.0
    selected[0, 3] = True
    assert diameter(land, selected.ravel()) == pytest.approx(30.0)
    selected[2, 0] = True  # right angle: the far sides span the circle
    assert diameter(land, selected.ravel()) == pytest.approx(np.hypot(30.0, 20.0))
    equilateral = Landscape(
        area=np.ones(3),
        habitat=np.ones(3, bool),
        left=np.zeros(0, np.int32),
        right=np.zeros(0, np.int32),
        points=np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]]),
    )
    assert diameter(equilateral, np.ones(3, bool)) == pytest.approx(2 / np.sqrt(3))


GOOD = {
    "area": np.ones(2),
    "habitat": np.ones(2, bool),
    "left": np.array([0], np.int32),
    "right": np.array([1], np.int32),
}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"area": np.array([1.0, 0.0])}, "above 0"),
        ({"area": np.array([1.0, np.nan])}, "above 0"),
        ({"habitat": np.ones(3, bool)}, "each of 2 units"),
        ({"left": np.array([0, 1], np.int32)}, "differ in length"),
        ({"right": np.array([2], np.int32)}, "outside 0 to 1"),
        ({"right": np.array([0], np.int32)}, "its own neighbour"),
        ({"points": np.zeros((3, 2))}, "centre"),
        ({"total_area": 0.0}, "total area"),
    ],
)
def test_bad_landscape(wrong, says):
    with pytest.raises(InstanceError, match=says):
        Landscape(**{**GOOD, **wrong})


def test_bad_grid():
    with pytest.raises(InstanceError, match="not one grid"):
        grid_landscape(np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(InstanceError, match="use 4 or 8"):
        grid_landscape(np.ones((2, 2)), neighbours=6)
