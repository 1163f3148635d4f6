"""Titles of figures fit their frame."""

from optimizer.report.drawing import Drawing, Label, text_width
from optimizer.report.network.pictures import framed


def test_a_title_wider_than_its_figure_widens_the_frame():
    title = "Network, sites and corridors over the planned land; widths and sizes show MW"
    made = framed(title, Drawing(200, 100, ()), ())
    (label,) = [item for item in made.items if isinstance(item, Label)]
    assert made.width >= label.x + text_width(label.text, label.size)


def test_a_short_title_leaves_the_figure_as_wide_as_it_is():
    assert framed("MW", Drawing(200, 100, ()), ()).width == framed("", Drawing(200, 100, ()), ()).width
