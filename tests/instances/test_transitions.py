"""Default transitions, against facts.md section 4 rule 2 and the traps of section 2."""

from __future__ import annotations

import pandas as pd
import pytest

from instances.classes import base_code, load_classes, load_groups
from instances.schema import table
from instances.transitions import Rule, class_exceptions, default_transitions, group_matrix

MATRIX = group_matrix()
TREE = load_groups()
ECOLOGICAL = TREE.leaves_of("ecological")


def _classes(*entries: str, scheme: str = "third_survey") -> pd.DataFrame:
    """Classes given as `code` of a shipped scheme, named by their code."""
    table = load_classes(scheme)
    chosen = table[table["code"].isin(entries)]
    return chosen.assign(**{"class": chosen["code"]})[["class", "scheme", "code", "name_zh", "name_en", "group"]]


def _rule(classes: pd.DataFrame, old: str, new: str) -> pd.Series:
    rows = default_transitions(classes)
    return rows[(rows["from"] == old) & (rows["to"] == new)].iloc[0]


def test_matrix_names_every_pair_of_leaf_groups() -> None:
    assert set(MATRIX) == {(a, b) for a in TREE.leaves for b in TREE.leaves if a != b}


@pytest.mark.parametrize(
    ("old", "new", "condition", "restoration"),
    [
        ("cropland", "housing_urban", "", 0),
        ("cropland", "industry", "", 0),
        ("cropland", "forest", "retirement", 1),
        ("cropland", "wetland", "retirement", 1),
        ("orchard", "cropland", "", 0),
        ("housing_rural", "cropland", "", 0),
        ("housing_rural", "forest", "", 1),
        ("mining", "cropland", "", 0),
        ("mining", "wetland", "", 1),
        ("unused", "cropland", "", 0),
        ("unused", "grass", "", 1),
        ("unused", "industry", "", 0),
        ("grass", "forest", "afforestable", 1),
        ("unused", "forest", "afforestable", 1),
        ("forest", "transport", "", 0),
        ("industry", "housing_urban", "", 0),
        ("cropland", "housing_rural", "", 0),
    ],
)
def test_allowed(old: str, new: str, condition: str, restoration: int) -> None:
    rule = MATRIX[old, new]
    assert (rule.allowed, rule.condition, rule.restoration) == (1, condition, restoration)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cropland", "orchard"),
        ("forest", "orchard"),
        ("unused", "orchard"),
        ("forest", "cropland"),
        ("water", "cropland"),
        ("wetland", "industry"),
        ("wetland", "cropland"),
        ("cropland", "unused"),
        ("industry", "unused"),
        ("marine", "industry"),
        ("forest", "housing_rural"),
        ("grass", "housing_rural"),
        ("industry", "housing_rural"),
        ("housing_urban", "forest"),
        ("housing_urban", "commerce"),
        ("transport", "park"),
        ("hydraulic", "cropland"),
    ],
)
def test_barred(old: str, new: str) -> None:
    assert MATRIX[old, new].allowed == 0


def test_nothing_becomes_orchard_unused_or_sea() -> None:
    assert not [pair for pair, rule in MATRIX.items() if rule.allowed and pair[1] in ("orchard", "unused", "marine")]


def test_restoration_only_into_nature_and_never_from_water() -> None:
    restoring = [pair for pair, rule in MATRIX.items() if rule.restoration]
    assert restoring
    assert all(new in ECOLOGICAL and old not in (*ECOLOGICAL[:1], "water", "wetland") for old, new in restoring)
    assert all(rule.restoration for (_, new), rule in MATRIX.items() if rule.allowed and new in ECOLOGICAL)


def test_cropland_returns_to_nature_only_by_retirement() -> None:
    rules = [rule for (old, new), rule in MATRIX.items() if old == "cropland" and new in ECOLOGICAL]
    assert {rule.condition for rule in rules} == {"retirement"}


def test_every_rule_has_words_and_a_status_and_conditions_are_zone_columns() -> None:
    flags = {column.name for column in table("land", "zones").columns if column.kind == "flag"}
    for rule in [*MATRIX.values(), *(entry.rule for entry in class_exceptions())]:
        assert rule.reason
        assert rule.source
        assert rule.status in ("assumed", "recalled")
        assert rule.condition in ("", *flags)
        assert rule.cost_wanyuan_per_ha > 0 or not rule.allowed


def test_costs_are_few() -> None:
    assert len({rule.cost_wanyuan_per_ha for rule in MATRIX.values()}) <= 12


def test_expanded_to_the_classes_of_an_instance() -> None:
    classes = _classes("0102", "0103", "0301", "0701", "0702")
    rows = default_transitions(classes)
    assert list(rows.columns) == [column.name for column in table("land", "transitions").columns]
    assert len(rows) == 5 * 4
    assert rows["allowed"].isin([0, 1]).all()
    assert _rule(classes, "0102", "0301")["condition"] == "retirement"
    assert _rule(classes, "0702", "0102")["allowed"] == 1
    assert _rule(classes, "0301", "0102")["allowed"] == 0


def test_classes_of_one_group_are_not_exchanged() -> None:
    row = _rule(_classes("0101", "0102"), "0101", "0102")
    assert row["allowed"] == 0
    assert "one group" in row["reason"]


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("1104", "0102", 1),
        ("1101", "0102", 0),
        ("1206", "0102", 1),
        ("1207", "0102", 0),
        ("1207", "1108", 0),
        ("1206", "1108", 1),
        ("0602", "1108", 1),
        ("0602", "0303", 0),
        ("0602", "1105", 0),
        ("0602", "1104", 0),
        ("0602", "1102", 1),
        ("0602", "0603", 0),
        ("1203", "0404", 0),
    ],
)
def test_classes_that_differ_from_their_group(old: str, new: str, allowed: int) -> None:
    assert _rule(_classes(old, new), old, new)["allowed"] == allowed


@pytest.mark.parametrize(("old", "new", "allowed"), [("1704", "0102", 1), ("1002", "0507", 0), ("1002", "0504", 1)])
def test_exceptions_reach_the_2023_guide_through_the_mapping(old: str, new: str, allowed: int) -> None:
    assert _rule(_classes(old, new, scheme="gbt2023"), old, new)["allowed"] == allowed


def test_scheme_of_the_instance_uses_its_groups() -> None:
    classes = pd.DataFrame(
        {"class": ["crop", "wood"], "scheme": "own", "code": ["0303", "1"], "group": ["cropland", "forest"]}
    )
    assert _rule(classes, "crop", "wood")["condition"] == "retirement"


@pytest.mark.parametrize(
    ("names", "groups", "message"),
    [
        (["a", "a"], ["cropland", "forest"], "listed twice"),
        (["a", "b"], ["cropland", "housing"], "'housing', which is not one of"),
        (["a", "b"], ["cropland", "woods"], "'woods', which is not one of"),
    ],
)
def test_unsound_classes_are_refused(names: list[str], groups: list[str], message: str) -> None:
    classes = pd.DataFrame({"class": names, "scheme": "own", "code": ["1", "2"], "group": groups})
    with pytest.raises(ValueError, match=message):
        default_transitions(classes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((1, 0.0, 0, "", "", "s", "assumed"), "needs a reason"),
        ((0, 0.0, 1, "", "because", "s", "assumed"), "barred transition"),
        ((0, 3.0, 0, "", "because", "s", "assumed"), "barred transition"),
    ],
)
def test_unsound_rule_is_refused(values: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Rule(*values)


def test_exceptions_name_known_codes_and_groups() -> None:
    assert {entry.side for entry in class_exceptions()} == {"from", "to"}
    assert all(TREE.is_node(entry.other_group) for entry in class_exceptions())
    assert {base_code(entry.code) for entry in class_exceptions()} <= set(load_classes("third_survey")["code"])


@pytest.mark.parametrize(("code", "allowed"), [("0301K", 1), ("0301", 0), ("0305", 0)])
def test_land_surveyed_as_reversible_may_return_to_cropland(code: str, allowed: int) -> None:
    classes = pd.DataFrame(
        {"class": ["old", "new"], "scheme": "third_survey", "code": [code, "0103"], "group": ["forest", "cropland"]}
    )
    assert _rule(classes, "old", "new")["allowed"] == allowed
