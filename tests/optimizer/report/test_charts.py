import re

import pytest

from optimizer.report.charts import Bar, Series, bars, bullet, heat, lines


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


def test_a_bullet_is_on_a_scale_of_its_own():
    found = bullet(50.0, 100.0, 80.0)
    assert [found.present, found.value, found.target] == pytest.approx([50 / 1.04, 100 / 1.04, 80 / 1.04])
    assert bullet(float("nan"), 100.0, 80.0).present is None


@pytest.mark.parametrize("values", [(1.0, -1.0, 2.0), (1.0, 1.0, float("nan")), (0.0, 0.0, 0.0)])
def test_no_bullet_below_zero_or_without_target(values):
    assert bullet(*values) is None


def test_years_are_marked_without_crowding():
    drawn = lines(range(2020, 2036), [Series("a", "activity", [1.0] * 16)], "t")
    marked = [int(year) for year in re.findall(r'class="year"[^>]*>(\d+)', drawn)]
    assert sorted(marked) == [2020, 2023, 2025, 2027, 2029, 2031, 2033, 2035]
