import pytest

from tests.build import quota
from tests.instances.land_case import faults, loads, make


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (quota("floor", 3, "forest") | {"sense": "<="}, "floor takes >="),
        (quota("floor", 3, "forest", unit="share") | {"unit": "km2"}, "floor takes ha or share"),
        (quota("floor", 3, "forest", period=2027), "2027 ends no period (use 2030 or 0)"),
        (quota("floor", 3), "floor needs a group"),
        (quota("floor", 3, "green"), "'green' is neither a group nor a class"),
        (quota("floor", 3, "projects"), "'projects' is neither a group nor a class"),  # only a budget knows it
        (quota("floor", -3, "forest"), "-3 must not be negative"),
    ],
)
def test_a_quota_that_makes_no_sense_is_refused(tmp_path, row, words):
    assert any(words in fault for fault in faults(make(quotas=[row]), tmp_path))


@pytest.mark.parametrize("group", ["", "projects"])
def test_a_budget_may_name_the_projects(tmp_path, group):
    assert loads(make(quotas=[quota("budget", 3, group)]), tmp_path)


def test_a_carbon_cap_may_be_negative(tmp_path):
    assert loads(make(quotas=[quota("carbon_cap", -3)]), tmp_path)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([quota("floor", 5, "forest"), quota("ceiling", 4, "forest")], "at least 5 and at most 4 ha"),
        ([quota("cropland_retention", 9), quota("ceiling", 8, "cropland")], "at least 9 and at most 8 ha"),
        ([quota("linked_quota", 1), quota("linked_quota", 1, region="n")], "cover the same land"),  # nested
        ([quota("linked_quota", 1), quota("linked_quota", 2)], "cover the same land"),  # twice
        ([quota("carbon_cap", 5), quota("carbon_cap", 3, region="n"), quota("carbon_cap", 3, region="s")], "add to 6"),
    ],
)
def test_quotas_that_contradict_each_other_are_refused(tmp_path, rows, words):
    assert any(words in fault for fault in faults(make(quotas=rows), tmp_path))


@pytest.mark.parametrize(
    ("rows", "off"),
    [
        ([quota("floor", 5, "forest"), quota("ceiling", 4, "forest")], "floor"),
        ([quota("cropland_retention", 9), quota("ceiling", 8, "cropland")], "ceiling"),
        ([quota("linked_quota", 1), quota("linked_quota", 2)], "linked_quota"),
        ([quota("compensation_bank", 3)], "compensation_bank"),
        ([quota("carbon_cap", 5, unit="tCO2e/yr")], "carbon_cap"),  # of a year, in an account of stocks
        (
            [quota("carbon_cap", 5), quota("carbon_cap", 3, region="n"), quota("carbon_cap", 3, region="s")],
            "carbon_cap",
        ),
    ],
)
def test_a_rule_that_is_switched_off_contradicts_nothing(tmp_path, rows, off):
    assert loads(make(quotas=rows, rules_off=[off]), tmp_path)


def test_linked_quotas_side_by_side_are_fine(tmp_path):
    both = [quota("linked_quota", 1, region="n"), quota("linked_quota", 1, region="s")]
    assert loads(make(quotas=both), tmp_path)


@pytest.mark.parametrize("bank", [{"region": "n"}, {"region": "all", "grade": 5}])
def test_a_bank_that_no_compensation_draws_on_is_named(tmp_path, bank):
    made = make(quotas=[quota("compensation", 1), quota("compensation_bank", 3, **bank)])
    assert "draws on this bank" in faults(made, tmp_path)[0]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"region": "n"}, "would count it twice"),
        ({"group": "built"}, "would count it twice"),
        ({"group": "built_urban", "region": "s"}, "carries no activity"),
    ],
)
def test_growth_within_growth_is_refused_where_it_is_the_reference(tmp_path, other, words):
    growth = [quota("growth_demand", 2, "industry") | {"id": "one"}]
    growth.append(quota("growth_demand", 1, "industry") | {"id": "two"} | other)
    assert len(make(quotas=growth).load(tmp_path / "top_down").require_land().quotas) == 2
    made = make(quotas=growth)
    made.settings["carbon"]["existing_activity"] = "bottom_up"
    assert words in "".join(faults(made, tmp_path / "bottom_up"))
