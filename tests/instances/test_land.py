import numpy as np
import pandas as pd
import pytest

from instances.land import codes_of
from tests.build import CLASSES, build

ZONES = {
    "a": {"region": "n", "vil": 10, "crop": 4, "built_kind": "village"},
    "b": {"region": "s1", "vil": 6, "ind": 3, "built_kind": "town"},
    "c": {"region": "s", "vil": 2, "ind": 1, "road": 5},
    "d": {"region": "s", "ind": 7, "built_kind": "mining"},
}
REGIONS = {"s1": "s", "all": "", "n": "all", "s": "all"}


@pytest.fixture
def land(tmp_path):
    return build(tmp_path, ZONES, regions=REGIONS).require_land()


@pytest.mark.parametrize(
    ("values", "keys", "codes"),
    [
        (["b", "x", "a"], ["a", "b"], [1, -1, 0]),
        (["2", "1"], [1, 2], [1, 0]),  # text on one side (CSV), whole numbers on the other (Parquet)
        ([2, 1], ["1", "2"], [1, 0]),
    ],
)
def test_codes_are_positions(values, keys, codes):
    assert codes_of(pd.Series(values), pd.Series(keys)).tolist() == codes


@pytest.mark.parametrize(
    ("region", "inside"),
    [("all", {"all", "n", "s", "s1"}), ("s", {"s", "s1"}), ("s1", {"s1"})],
)
def test_a_region_holds_all_below_it_in_any_order_of_the_table(land, region, inside):
    held = land.regions["region"][land.subtree[land.region_code(region)]]
    assert set(held) == inside


@pytest.mark.parametrize(("region", "area"), [("all", 38), ("n", 14), ("s", 24), ("s1", 9)])
def test_land_of_a_region(land, region, area):
    assert land.region_area_ha(land.region_code(region)) == area


def test_the_root_has_no_parent(land):
    assert land.regions["region"][land.root] == "all"


def test_cover_is_ordered_by_zone_and_class(tmp_path):
    instance = build(tmp_path, {"a": {"vil": 2, "crop": 3, "bare": 0}})
    zone, kind, area = instance.require_land().cover
    assert zone.tolist() == [0, 0]
    assert [list(CLASSES)[k] for k in kind] == ["crop", "vil"]
    assert area.tolist() == [3, 2]


@pytest.mark.parametrize(
    ("group", "classes"),
    [
        ("cropland", {"crop", "paddy"}),
        ("housing", {"city", "vil"}),
        ("built", {"ind", "city", "vil", "road"}),
        ("vil", {"vil"}),  # a class is a group of one
    ],
)
def test_members_of_a_group(land, group, classes):
    assert set(np.array(list(CLASSES))[land.member(group)]) == classes


@pytest.mark.parametrize(
    ("group", "classes"),
    [("built_urban", {"ind", "city"}), ("built_rural", {"vil"})],  # roads are neither
)
def test_new_land_is_urban_or_rural_by_its_class(land, group, classes):
    assert set(np.array(list(CLASSES))[land.new_member(group)]) == classes


@pytest.mark.parametrize(
    ("group", "area"),
    [
        ("built_rural", 10 + 2),  # the village of a, and of c, where the zone says nothing
        ("built_urban", 9 + 1),  # all that is built in the town b, and c's industry; d is mining, neither
        ("housing_rural", 10 + 6 + 2),  # the group of the class, wherever it lies
        ("built", 34),
    ],
)
def test_present_land_is_urban_or_rural_by_czcsxm(land, group, area):
    assert land.present_ha(group) == area


def test_present_land_of_a_region(land):
    assert land.present_ha("ind", land.region_code("s")) == 3 + 1 + 7


def test_an_unknown_region_is_refused(land):
    with pytest.raises(KeyError, match="unknown region 'west'"):
        land.region_code("west")


@pytest.mark.parametrize(
    ("group", "known"), [("built_rural", True), ("housing", True), ("vil", True), ("green", False)]
)
def test_what_a_quota_may_name(land, group, known):
    assert land.knows_group(group) is known


def test_codes_of_many_texts_among_few_keys():
    """Many values go another way than few; the answer is the same, missing and unknown ones included."""
    keys = pd.Series(["b", "a", "丙"])
    few = pd.Series(["a", "x", "丙", None, "b"], dtype="str")
    assert codes_of(few, keys).tolist() == [1, -1, 2, -1, 0]
    assert codes_of(pd.concat([few] * 9), keys).tolist() == [1, -1, 2, -1, 0] * 9
