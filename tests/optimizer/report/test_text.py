import re

import pytest

from optimizer.report.text import TEXT, emission_unit, number, percent, significant, small, text


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (1234567.891, 1, "1\u202f234\u202f567.9"),
        (-0.04, 1, "0.0"),  # never a negative zero
        (-12.5, 1, "\u221212.5"),
        (None, 1, "\u2013"),
        (float("nan"), 0, "\u2013"),
        (999.96, 1, "1\u202f000.0"),
    ],
)
def test_numbers(value, digits, written):
    assert number(value, digits) == written


def test_signed_numbers_show_gains():
    assert number(3.0, 0, signed=True) == "+3"
    assert number(0.0, 0, signed=True) == "0"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.920000, "0.92"), (1, "1"), (123456.7, "123\u202f457"), (0, "0"), (0.0012345, "0.001234"), (560.0, "560")],
)
def test_significant_figures_without_idle_zeros(value, written):
    assert significant(value) == written


@pytest.mark.parametrize(("value", "written"), [(0, "0"), (2e-5, "2.0×10⁻⁵"), (0.0123, "1.2\u202f%"), (None, "\u2013")])
def test_gaps(value, written):
    assert small(value) == written


def test_percentages():
    assert percent(0.1234) == "12.3\u202f%"


def test_both_languages_ask_for_the_same_values():
    fields = re.compile(r"{(\w+)}")
    for key, (zh, en) in TEXT.items():
        assert sorted(fields.findall(zh)) == sorted(fields.findall(en)), key


def test_unknown_strings_are_errors():
    with pytest.raises(KeyError):
        text("zh", "nothing of the kind")


@pytest.mark.parametrize(
    ("lang", "greatest", "unit"),
    [("zh", 99999, (1, "吨 CO₂e")), ("zh", 1e5, (1e-4, "万吨 CO₂e")), ("en", 1e6, (1e-3, "kt CO₂e"))],
)
def test_emission_unit_suits_the_size(lang, greatest, unit):
    assert emission_unit(lang, greatest) == unit
