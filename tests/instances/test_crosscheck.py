import pytest

from instances.faults import InstanceError
from tests.build import draft, quota

ZONES = {"a": {"crop": 10, "bare": 2}, "b": {"wood": 5}}
MOVES = {"crop>wood": {"restoration": 1}, "crop>ind": {}}
PROJECTS = {"p": {"members": "u", "to": "wood"}, "q": {"members": "v", "to": "grass"}}
UNITS = {"u": {"a": 1.0}, "v": {"b": 1.0}}
REGIONS = {"all": "", "n": "all", "s": "all"}


def make(**more):
    options = {"factors": {("crop", "stock"): 100}, "projects": PROJECTS, "units": UNITS, "regions": REGIONS} | more
    return draft(ZONES, MOVES, **options)


def faults(made, folder):
    with pytest.raises(InstanceError) as caught:
        made.load(folder)
    return [str(fault) for fault in caught.value.faults]


def loads(made, folder):
    """Whether the instance is read with every quota it was given."""
    return len(made.load(folder).require_land().quotas) == len(made.tables["quotas"])


def test_a_sound_instance_has_no_fault(tmp_path):
    assert loads(make(quotas=[quota("floor", 3, "forest")]), tmp_path)


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "words"),
    [
        ("zones", 0, "region", "west", "zones.csv, row 2, column region: west is not in regions.region"),
        ("cover", 1, "class", "corn", "cover.csv, row 3, column class: corn is not in classes.class"),
        ("cover", 0, "zone", "zz", "column zone: zz is not in zones.zone"),
        ("regions", 0, "parent", "n", "exactly one region without a parent, found none"),
        ("regions", 1, "parent", "", "exactly one region without a parent, found all, n"),
        ("regions", 1, "parent", "n", "regions lie in each other: n"),
        ("classes", 0, "group", "built", "'built' is not a leaf group"),
        ("classes", 0, "class", "forest", "class forest has the name of a group"),
        ("classes", 11, "class", "built_urban", "class built_urban has the name of a group"),
        ("zones", 0, "area_ha", 13, "zone a: cover adds to 12.0000 ha, not 13.0000 ha"),
        ("zones", 0, "whole", 1, "zone a changes as a whole but holds 2 classes"),
        ("transitions", 0, "to", "crop", "crop to crop is no change"),
        ("transitions", 0, "condition", "soil", "zones has no column 'soil'"),
        ("transitions", 1, "restoration", 1, "crop to ind cannot be a restoration"),
        ("factors", 0, "region", "west", "west is not in regions.region (or use *)"),
        ("factors", 0, "unit", "t", "'t' is no unit of stock"),
        ("factors", 0, "value", -1, "stock -1 must not be negative"),
        ("projects", 0, "members", "x", "project p: x is not in units.unit"),
        ("projects", 0, "to", "corn", "project p: corn is not in classes.class"),
        ("projects", 0, "prerequisites", "r", "project p: r is not in projects.project"),
        ("projects", 0, "prerequisites", "p", "prerequisites form a ring: p"),
        ("projects", 0, "min_area_ha", 2000, "project p: the minimum area is above the maximum"),
        ("unit_zone", 0, "zone", "zz", "zz is not in zones.zone"),
    ],
)
def test_what_does_not_fit_together_is_named(tmp_path, table, row, column, value, words):
    made = make()
    if words.startswith("class forest"):
        made.tables["cover"] = [record for record in made.tables["cover"] if record["class"] != "crop"]
        made.tables["transitions"] = made.tables["factors"] = []
    made.tables[table][row] = made.tables[table][row] | {column: value}
    assert any(words in fault for fault in faults(made, tmp_path))


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


def test_linked_quotas_side_by_side_are_fine(tmp_path):
    both = [quota("linked_quota", 1, region="n"), quota("linked_quota", 1, region="s")]
    assert loads(make(quotas=both), tmp_path)


def test_no_land_serves_two_projects_for_a_class(tmp_path):
    made = make(units={"u": {"a": 1.0}, "v": {"a": 1.0}})
    made.tables["projects"][1]["to"] = "grass;wood"
    assert any("projects p and q both restore zone a to wood" in fault for fault in faults(made, tmp_path))


def test_shares_of_activity_add_to_one(tmp_path):
    made = make(activity=[{"region": "n", "group": "built", "share": 0.5}])
    assert any("shares add to 0.500000, not 1" in fault for fault in faults(made, tmp_path))


@pytest.mark.parametrize("value", ["maybe", "", 2])
def test_a_condition_is_0_or_1_throughout(tmp_path, value):
    made = make()
    made.tables["zones"] = [row | {"soil": 1} for row in made.tables["zones"]]
    made.tables["zones"][1]["soil"] = value
    made.tables["transitions"][0]["condition"] = "soil"
    assert any("'soil' of zones is not 0 or 1 throughout" in fault for fault in faults(made, tmp_path))


def test_an_instance_without_land_is_refused(tmp_path):
    made = make()
    made.tables["cover"] = [row | {"area_ha": 0} for row in made.tables["cover"]]
    assert any("all areas are zero" in fault for fault in faults(made, tmp_path))


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
