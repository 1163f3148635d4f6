import numpy as np
import pytest

from optimizer.methods.corridors import CorridorError, discs, resistance_graph, step_graph


def test_cells_cost_resistance_times_area_and_touch_at_sides_or_corners():
    resistance = np.array([[1.0, 2.0], [np.nan, 4.0]])
    sides, corners = resistance_graph(resistance, 25.0, 4), resistance_graph(resistance, 25.0, 8)
    assert sides.cost.tolist() == [25.0, 50.0, np.inf, 100.0]
    assert sides.beside[sides.start[0] : sides.start[1]].tolist() == [1, 2]
    assert corners.beside[corners.start[0] : corners.start[1]].tolist() == [1, 2, 3]
    assert corners.beside[corners.start[1] : corners.start[2]].tolist() == [0, 2, 3]


def test_disc_is_cut_off_at_the_edge():
    cross = discs((3, 4), 1)
    assert cross[[5]].indices.tolist() == [1, 4, 5, 6, 9]
    assert cross[[0]].indices.tolist() == [0, 1, 4]
    assert np.diff(discs((5, 5), 1.5).indptr)[12] == 9


def test_steps_are_nodes_between_open_cells():
    graph = step_graph(np.array([[1.0, 3.0, np.inf]]), cell_size=10.0, neighbours=4)
    assert graph.cost.tolist() == [0.0, 0.0, np.inf, 20.0]
    assert graph.beside[graph.start[3] :].tolist() == [0, 1]


def test_bad_surfaces():
    with pytest.raises(CorridorError, match="4 or 8 neighbours, not 6"):
        resistance_graph(np.ones((2, 2)), neighbours=6)
    with pytest.raises(CorridorError, match="node 1 has cost -2"):
        step_graph(np.array([[1.0, -2.0]]))
