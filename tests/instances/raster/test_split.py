"""Exact splitting against areas known by geometry."""

import numpy as np
import pytest
import shapely

from instances.readers.raster.split import Pieces, cut, disjoint, lay, whole_pixels


def areas(pieces: Pieces, name: str, shape: tuple[int, int]) -> np.ndarray:
    inside = pieces.codes[name] > 0
    return np.bincount(pieces.pixel[inside], weights=pieces.share[inside], minlength=shape[0] * shape[1])


def test_a_triangle_over_two_by_two_pixels():
    triangle = shapely.Polygon([(0, 0), (2, 0), (0, 2)])
    pieces = cut(whole_pixels(4), "line", lay(np.array([triangle]), (2, 2)), 2)
    # the diagonal runs through the corners: one pixel whole, two halved, one untouched
    assert areas(pieces, "line", (2, 2)) == pytest.approx([1, 0.5, 0.5, 0])
    assert len(pieces.pixel) == 6


@pytest.mark.parametrize("side", [5, 40, 90])
def test_a_circle_with_a_hole_in_many_tiles(side):
    ring = shapely.Point(side / 2, side / 2).buffer(side * 0.4, quad_segs=90)
    ring = ring.difference(shapely.Point(side / 2, side / 2).buffer(side * 0.2, quad_segs=90))
    pieces = cut(whole_pixels(side * side), "line", lay(np.array([ring]), (side, side)), side)
    inside = pieces.codes["line"] == 1
    assert pieces.share[inside].sum() == pytest.approx(ring.area, rel=1e-9)
    per_pixel = np.bincount(pieces.pixel, weights=pieces.share)
    assert np.allclose(per_pixel, 1.0, rtol=0, atol=1e-12)


def test_two_lines_give_four_pieces():
    left, lower = shapely.box(0, 0, 0.3, 1), shapely.box(0, 0, 1, 0.4)
    pieces = whole_pixels(1)
    for name, shape in (("left", left), ("lower", lower)):
        pieces = cut(pieces, name, lay(np.array([shape]), (1, 1)), 1)
    found = {
        (int(a), int(b)): share
        for a, b, share in zip(pieces.codes["left"], pieces.codes["lower"], pieces.share, strict=True)
    }
    assert found == pytest.approx({(1, 1): 0.12, (1, 0): 0.18, (0, 1): 0.28, (0, 0): 0.42})


def test_several_polygons_in_one_pixel():
    strips = np.array([shapely.box(0, 0, 0.2, 1), shapely.box(0.2, 0, 0.5, 1)])
    pieces = cut(whole_pixels(1), "strip", lay(strips, (1, 1)), 1)
    assert dict(zip(pieces.codes["strip"].tolist(), pieces.share, strict=True)) == pytest.approx(
        {1: 0.2, 2: 0.3, 0: 0.5}
    )


def test_the_first_of_two_overlapping_polygons_keeps_the_land():
    shapes = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1), shapely.box(2, 0, 4, 1)])
    apart, twice = disjoint(shapes)
    assert shapely.area(apart) == pytest.approx([2, 1, 1])
    assert twice == pytest.approx(2)
