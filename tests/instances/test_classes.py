"""Land classes, groups and mapping, against facts.md section 1 (`domain/facts.md`)."""

from __future__ import annotations

import re

import pytest

from instances.classes import (
    GroupTree,
    base_code,
    code_chain,
    load_classes,
    load_groups,
    map_code,
    mapped_codes,
    shipped_table,
)
from instances.schema import table

SURVEY = {
    "00": "0303 0304 0306 0402 0603 1105 1106 1108",
    "01": "0101 0102 0103",
    "02": "0201 0202 0203 0204",
    "03": "0301 0302 0305 0307",
    "04": "0401 0403 0404",
    "05": "05H1 0508",
    "06": "0601 0602",
    "07": "0701 0702",
    "08": "08H1 08H2 0809 0810",
    "09": "",
    "10": "1001 1002 1003 1004 1005 1006 1007 1008 1009",
    "11": "1101 1102 1103 1104 1107 1109 1110",
    "12": "1201 1202 1203 1204 1205 1206 1207",
}
LEAVES = (
    "cropland orchard farm_facility farm_road forest grass wetland water commerce industry mining housing_urban "
    "housing_rural public park special transport hydraulic unused marine"
)


def _row(scheme: str, code: str) -> dict[str, str]:
    classes = load_classes(scheme)
    return classes[classes["code"] == code].iloc[0].to_dict()


def test_survey_classes_are_those_of_the_work_classification() -> None:
    classes = load_classes("third_survey")
    for parent, codes in SURVEY.items():
        assert list(classes.loc[classes["parent"] == parent, "code"]) == codes.split()
    assert list(classes.loc[classes["level"] == 1, "code"]) == list(SURVEY)


def test_2023_guide_has_24_first_level_classes() -> None:
    classes = load_classes("gbt2023")
    assert list(classes.loc[classes["level"] == 1, "code"]) == [f"{n:02d}" for n in range(1, 25)]


@pytest.mark.parametrize(
    ("code", "survey", "guide"),
    [
        ("0303", "红树林地", "灌木林地"),
        ("0601", "工业用地", "农村道路"),
        ("1101", "河流水面", "物流仓储用地"),
        ("05", "商业服务业用地", "湿地"),
        ("0402", "沼泽草地", "人工牧草地"),
        ("1202", "设施农用地", "公路用地"),
    ],
)
def test_schemes_reuse_digits(code: str, survey: str, guide: str) -> None:
    assert _row("third_survey", code)["name_zh"] == survey
    assert _row("gbt2023", code)["name_zh"] == guide


@pytest.mark.parametrize("scheme", ["third_survey", "gbt2023"])
def test_every_class_is_sound(scheme: str) -> None:
    classes = load_classes(scheme)
    tree = load_groups()
    assert classes["code"].is_unique
    assert set(classes["parent"]) <= {"", *classes["code"]}
    assert classes["group"].map(tree.is_node).all()
    assert set(classes["setting"]) <= set(table("land", "classes").column("setting").values)
    assert classes["color"].map(lambda color: bool(re.fullmatch("#[0-9a-f]{6}", color))).all()
    assert set(classes["status"]) <= {"published", "recalled"}
    assert (classes[["name_zh", "name_en", "source"]] != "").all(axis=None)
    built = classes["group"].map(lambda group: tree.is_within(group, "built"))
    assert (classes.loc[~built, "setting"] == "").all()


@pytest.mark.parametrize("scheme", ["third_survey", "gbt2023"])
def test_only_mixed_first_level_classes_name_an_inner_group(scheme: str) -> None:
    classes = load_classes(scheme)
    inner = classes[~classes["group"].map(load_groups().is_leaf)]
    assert list(inner["code"]) == ["07"]


@pytest.mark.parametrize(
    ("code", "group", "setting"),
    [
        ("0603", "wetland", ""),
        ("1006", "farm_road", ""),
        ("1107", "water", ""),
        ("1109", "hydraulic", "linear"),
        ("1202", "farm_facility", ""),
        ("1203", "unused", ""),
        ("0508", "commerce", "urban"),
        ("0601", "industry", "urban"),
        ("0602", "mining", "mining"),
        ("0701", "housing_urban", "urban"),
        ("0702", "housing_rural", "rural"),
        ("0810", "park", "urban"),
        ("1004", "transport", "urban"),
        ("1003", "transport", "linear"),
    ],
)
def test_survey_groups_and_settings(code: str, group: str, setting: str) -> None:
    row = _row("third_survey", code)
    assert (row["group"], row["setting"]) == (group, setting)


@pytest.mark.parametrize("code", ["18", "19", "20", "21", "22", "24"])
def test_marine_classes(code: str) -> None:
    assert _row("gbt2023", code)["group"] == "marine"


def test_group_tree_is_that_of_the_contract() -> None:
    tree = load_groups()
    assert sorted(tree.leaves) == sorted(LEAVES.split())
    assert tree.leaves_of("ecological") == ("forest", "grass", "wetland", "water")
    assert tree.leaves_of("agricultural") == ("cropland", "orchard", "farm_facility", "farm_road")
    assert tree.leaves_of("housing") == ("housing_urban", "housing_rural")
    assert tree.leaves_of("forest") == ("forest",)
    assert len(tree.leaves_of("built")) == 10
    assert tree.ancestors("housing_rural") == ("housing", "built", "all")
    assert tree.ancestors("all") == ()
    assert tree.is_node("built")
    assert not tree.is_node("green")


@pytest.mark.parametrize(
    ("parents", "message"),
    [
        ((("all", ""), ("a", "all"), ("a", "all")), "listed twice"),
        ((("all", ""), ("other", "")), "exactly one"),
        ((("all", ""), ("a", "b"), ("b", "a")), "listed above"),
    ],
)
def test_unsound_group_tree_is_refused(parents: tuple[tuple[str, str], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GroupTree(parents)


def test_unknown_group_is_named() -> None:
    with pytest.raises(KeyError, match="green"):
        load_groups().leaves_of("green")


@pytest.mark.parametrize(
    ("code", "first_level"),
    [
        ("0603", "10"),
        ("0508", "11"),
        ("0809", "13"),
        ("0810", "14"),
        ("1006", "06"),
        ("1109", "13"),
        ("1202", "06"),
        ("05H1", "09"),
        ("0303", "05"),
        ("1108", "05"),
        ("0601", "10"),
        ("0702", "07"),
        ("08H2", "08"),
        ("09", "15"),
        ("1003", "12"),
        ("1101", "17"),
        ("1207", "23"),
    ],
)
def test_first_level_of_the_2023_guide(code: str, first_level: str) -> None:
    assert code_chain("gbt2023", map_code(code, "third_survey", "gbt2023"))[-1] == first_level


def test_every_survey_class_is_mapped_to_a_known_class() -> None:
    table = shipped_table("mapping")
    assert set(table["from_code"]) == set(load_classes("third_survey")["code"])
    assert set(table["to_code"]) <= set(load_classes("gbt2023")["code"])
    assert set(table["relation"]) <= {"exact", "parent", "split"}
    rows = table.groupby("from_code")["to_code"].count()
    split = table.groupby("from_code")["relation"].first() == "split"
    assert (rows[split] > 1).all()
    assert (rows[~split] == 1).all()
    assert (table.loc[table["relation"] == "split", "note"] != "").all()


@pytest.mark.parametrize(("code", "target"), [("0303", "0507"), ("0204", "02"), ("0201K", "0201"), ("0810A", "14")])
def test_map_code(code: str, target: str) -> None:
    assert map_code(code, "third_survey", "gbt2023") == target


@pytest.mark.parametrize(("code", "target"), [("0507", "0303"), ("060102", "1006"), ("1003", "0603"), ("0303", "0305")])
def test_map_code_backwards(code: str, target: str) -> None:
    assert map_code(code, "gbt2023", "third_survey") == target


@pytest.mark.parametrize("code", ["16", "18", "19", "20", "21", "22", "24", "1802"])
def test_classes_without_a_survey_parent(code: str) -> None:
    with pytest.raises(ValueError, match="no counterpart"):
        map_code(code, "gbt2023", "third_survey")


def test_split_class_gives_its_parts_or_asks_for_subclasses() -> None:
    assert mapped_codes("0204", "third_survey", "gbt2023") == ("0204", "0205")
    with pytest.raises(ValueError, match="divided among 05, 10"):
        map_code("00", "third_survey", "gbt2023")


@pytest.mark.parametrize(
    ("code", "scheme", "message"),
    [("0304X", "third_survey", "no class"), ("05H1", "gbt2023", "no class"), ("01", "gbt2020", "no scheme")],
)
def test_unknown_code_or_scheme_is_named(code: str, scheme: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        map_code(code, scheme, "third_survey")


def test_chain_follows_the_class_table_and_not_the_digits() -> None:
    assert code_chain("third_survey", "0402") == ("0402", "00")
    assert code_chain("third_survey", "0301K") == ("0301", "03")


@pytest.mark.parametrize(("code", "base"), [("0201K", "0201"), ("08H2A", "08H2"), ("05H1", "05H1"), ("0101", "0101")])
def test_base_code(code: str, base: str) -> None:
    assert base_code(code) == base


def test_loaded_table_may_be_changed_without_harm() -> None:
    table = shipped_table("groups")
    table.loc[:, "group"] = "x"
    assert load_groups().is_node("forest")
    assert shipped_table("groups")["group"].iloc[0] == "all"
