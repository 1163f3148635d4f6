"""Maps pixel by pixel, against shapely asked for every pixel's centre."""

import io
import itertools

import numpy as np
import pytest
import shapely
from matplotlib.image import imread

from optimizer.report import maps, pixels

SIZE = (60, 40)


def unchanged(points):
    return points


def by_brute_force(shapes):
    x, y = np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5)
    found = np.full((SIZE[1], SIZE[0]), -1)
    for zone, shape in enumerate(shapes):
        if shape is not None:
            found[shapely.contains_xy(shape, x, y)] = zone
    return found


@pytest.fixture
def shapes():
    """Stars with and without holes, one of two parts, one without a polygon, one empty, one beyond the picture."""
    rng = np.random.default_rng(3)
    turn = np.sort(rng.random((6, 30)), axis=1) * 2 * np.pi
    radius = 4 + 6 * rng.random((6, 30))
    centre = np.stack([rng.random(6) * 60, rng.random(6) * 40], axis=1)
    stars = [
        shapely.Polygon(c + (r * np.stack([np.cos(t), np.sin(t)])).T)
        for c, r, t in zip(centre, radius, turn, strict=True)
    ]
    holed = shapely.box(5.2, 5.2, 25.1, 25.3).difference(shapely.box(9.9, 9.7, 20.2, 14.4))
    both = shapely.MultiPolygon([shapely.box(40.3, 1.1, 44.4, 8.8), shapely.box(50.3, 1.1, 54.4, 8.8)])
    return np.array([*stars, holed, None, both, shapely.Polygon(), shapely.box(55.2, 30.1, 99, 99)], dtype=object)


def test_each_pixel_shows_the_zone_at_its_centre(shapes):
    assert (pixels.zone_of_pixel(shapes, unchanged, SIZE) == by_brute_force(shapes)).all()


def test_zones_that_tile_the_ground_leave_no_pixel_out():
    """Cuts lie on and between centres; no pixel is lost or taken twice."""
    cuts = [0.0, 0.5, 3.5, 7.25, 20.0, 60.0]
    tiles = np.array([shapely.box(a, 0, b, 40) for a, b in itertools.pairwise(cuts)])
    seen = pixels.zone_of_pixel(tiles, unchanged, SIZE)
    # the zone of column c is the one with cuts[k] <= c + 0.5 < cuts[k + 1]
    assert (seen == np.searchsorted(cuts, np.arange(60) + 0.5, side="right") - 1).all()


def test_no_polygon_at_all():
    assert (pixels.zone_of_pixel(np.array([None, shapely.Point(1, 1)]), unchanged, SIZE) == -1).all()


def test_outlines_lie_on_edges_of_regions_and_not_around_slivers():
    zone = np.zeros((40, 60), dtype=np.int32)
    zone[:, 30:] = 1
    zone[:, 10] = -1  # a road between zones of one region
    zone[20, 45] = -1  # and a hole of one pixel
    lines = pixels.outlines(zone, np.array([0, 1]))
    inner = lines[5:35]
    assert set(np.flatnonzero(inner.any(axis=0))) == {0, 29, 30, 59}
    assert inner[:, [0, 29, 30, 59]].all()


def test_many_zones_are_painted_by_pixel_in_the_same_colours(monkeypatch):
    rng = np.random.default_rng(1)
    x, y = (part.ravel() for part in np.meshgrid(np.arange(8.0), np.arange(6.0)))
    boxes, region = shapely.box(x, y, x + 1, y + 1), np.zeros(48, dtype=int)
    colors = rng.integers(0, 256, (48, 3)) / 255
    shown = {}
    for large in (10, 1000):
        monkeypatch.setattr(maps, "LARGE", large)
        shown[large] = imread(io.BytesIO(maps.Canvas(boxes, region).paint(colors)))[..., :3]
    by_pixel, by_outline = shown[10], shown[1000]
    assert by_pixel.shape == by_outline.shape
    canvas = maps.Canvas(boxes, region)
    column, row = np.floor(canvas.pixels(np.stack([x + 0.5, y + 0.5], axis=1))).astype(int).T
    assert by_pixel[row, column] == pytest.approx(colors, abs=1 / 255)
    assert by_pixel[row, column] == pytest.approx(by_outline[row, column], abs=1 / 255)
