"""Strips and towers, by hand and against shapely's union."""

import numpy as np
import pytest
import shapely

from instances.siting.strips import strips, towers


def test_a_straight_strip_is_length_times_width():
    found, twice = strips(np.array([shapely.LineString([(0, 0), (1000, 0)])]), np.array([40.0]))
    assert shapely.area(found).sum() == pytest.approx(40_000)
    assert twice == 0


def test_land_where_strips_meet_counts_once():
    lines = np.array([shapely.LineString(xy) for xy in ([(-500, 0), (500, 0)], [(0, -500), (0, 500)])])
    found, twice = strips(lines, np.array([40.0, 20.0]))
    assert twice == pytest.approx(40 * 20 / 1e4)
    assert shapely.area(found).tolist() == pytest.approx([40_000, 20_000 - 800])
    wide = [line.buffer(width / 2, cap_style="flat") for line, width in zip(lines, (40, 20), strict=True)]
    assert shapely.area(found).sum() == pytest.approx(shapely.union_all(wide).area)


def test_towers_stand_no_further_apart_than_asked():
    line = shapely.LineString([(0, 0), (600, 0), (600, 400)])
    assert len(towers(line, 250)) == 4
    assert shapely.get_x(towers(line, 250)).tolist() == pytest.approx([0, 250, 500, 600])
    assert len(towers(shapely.LineString([(0, 0), (0, 10)]), 250)) == 1
