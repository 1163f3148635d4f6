import io

import numpy as np
import pytest
import shapely
from matplotlib.image import imread

from optimizer.report.maps import Canvas, change_colors, dominant, rgb
from optimizer.results.colors import BLANK, class_colors


def picture(png):
    return imread(io.BytesIO(png))[..., :3]


def test_dominant_class():
    areas = np.array([[1.0, 3.0], [2.0, 1.0], [0.0, 0.0]])
    assert dominant(areas).tolist() == [1, 0, -1]


def test_zones_are_painted_where_they_lie():
    canvas = Canvas(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]), np.array([0, 0]))
    seen = picture(canvas.paint(np.array([[1.0, 0, 0], [0, 0, 1.0]])))
    height, width, _ = seen.shape
    assert width == pytest.approx(2 * height, rel=0.02)
    assert seen[height // 2, width // 4].tolist() == [1, 0, 0]
    assert seen[height // 2, 3 * width // 4].tolist() == [0, 0, 1]


def test_holes_stay_open_and_many_parts_are_one_zone():
    ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    both = shapely.union(ring, shapely.box(4, 0, 7, 3))
    seen = picture(Canvas(np.array([both]), np.array([0])).paint(np.array([[0.0, 1.0, 0]])))
    height, width, _ = seen.shape
    row = seen[height // 2]
    assert row[width * 3 // 14].tolist() == [1, 1, 1]
    assert row[width * 11 // 14].tolist() == [0, 1, 0]


def test_region_borders_close_slivers():
    zones = np.array([shapely.box(0, 0, 0.9999, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 0, 3, 1)])
    assert len(Canvas(zones, np.array([0, 0, 1])).borders) == 2


def test_change_is_deeper_the_more_changes():
    gain = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 4.0]])
    colors = change_colors(gain, np.array([4.0, 4.0, 4.0]), np.array([[1.0, 0, 0], [0, 0, 1.0]]))
    assert colors[0] == pytest.approx(rgb((BLANK,))[0])
    assert colors[2] == pytest.approx([0, 0, 1])
    # a quarter changed: depth 0.25 + 0.75 x 0.5
    assert colors[1] == pytest.approx(rgb((BLANK,))[0] * 0.375 + np.array([0, 0, 1]) * 0.625)


def test_classes_without_a_colour_take_their_groups(copied):
    def blank(folder):
        path = folder / "land" / "classes.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("#3c8f3c", ""), encoding="utf-8")

    land = copied(blank).require_land()
    at = list(land.classes["class"].astype(str)).index("0301")
    assert class_colors(land)[at] == "#4ea24e"
