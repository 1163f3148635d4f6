import io
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from optimizer.report.drawing import Band, Box, Drawing, Label, Picture, Shape, drawable, png, shortened, svg

RED = Drawing(100, 50, (Box(0, 0, 50, 50, "#ff0000"), Label(60, 30, "a\x00$b$ <&>")))


def test_a_figure_file_is_xml_even_with_odd_names():
    root = ElementTree.fromstring(svg(RED, alone=True))
    assert root.find("{http://www.w3.org/2000/svg}text").text == "a$b$ <&>"


def test_png_paints_boxes_where_they_lie_at_200_dpi():
    seen = imread(io.BytesIO(png(Drawing(100, 50, (Box(0, 0, 50, 25, "#ff0000"),)))))[..., :3]
    assert seen.shape == (100, 200, 3)
    assert seen[20, 40].tolist() == [1, 0, 0]
    assert seen[20, 160].tolist() == [1, 1, 1]
    assert seen[80, 40].tolist() == [1, 1, 1]


def test_a_picture_keeps_its_upper_left_corner():
    inner = png(Drawing(50, 50, (Box(0, 0, 50, 25, "#0000ff"),)))
    seen = imread(io.BytesIO(png(Drawing(50, 50, (Picture(0, 0, 50, 50, inner),)))))[..., :3]
    assert seen[20, 50].tolist() == [0, 0, 1]
    assert seen[80, 50].tolist() == [1, 1, 1]


def test_bands_and_holes_are_closed_paths():
    ring = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    drawn = svg(Drawing(9, 9, (Band(0, 10, (0, 1), (2, 3), "#123456", "t"), Shape((ring, ring / 2), "#654321"))))
    assert 'd="M0,0.00C5,0.00 5,2.00 10,2.00L10,3.00C5,3.00 5,1.00 0,1.00Z"' in drawn
    assert drawn.count("M") == 3
    assert "evenodd" in drawn


@pytest.mark.parametrize(("text", "known"), [("dry cropland", True), ("旱地", False), ("", False), ("CO₂e −1", True)])
def test_what_the_shipped_font_can_write(text, known):
    assert drawable(text) is known


def test_long_names_are_cut():
    assert shortened("x" * 60) == "x" * 43 + "…"
