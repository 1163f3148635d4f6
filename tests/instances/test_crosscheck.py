import pytest

from tests.build import quota
from tests.instances.land_case import faults, loads, make


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
