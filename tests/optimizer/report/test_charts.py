import pytest

from optimizer.report.charts import Bar, Series, bars, heat, lines


def test_bars_share_one_scale_around_zero():
    assert bars([3.0, -1.0]) == [Bar(25.0, 75.0, False), Bar(0.0, 25.0, True)]


@pytest.mark.parametrize("values", [[], [0.0, 0.0]])
def test_nothing_to_show(values):
    assert bars(values) == [Bar(0.0, 0.0, False)] * len(values)


@pytest.mark.parametrize(("value", "depth"), [(1000, 1), (100, 2 / 3), (1, 0.05), (0, 0)])
def test_heat_falls_by_decades(value, depth):
    assert heat(value, 1000) == pytest.approx(depth)


def test_lines_are_named_and_escaped():
    drawn = lines([2020, 2021], [Series("<b>", "activity", [10.0, 20.0])], "t/yr")
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert 'points="64.0' in drawn
