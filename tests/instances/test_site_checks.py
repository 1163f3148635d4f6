"""Each thing that can be wrong with a prioritisation gives its message, and a sound one gives none."""

from __future__ import annotations

import pytest

from instances.faults import InstanceError
from instances.instance import load
from instances.site_checks import site_warnings
from tests.instances.site_case import AMOUNTS, BOUNDARY, FEATURES, UNITS, ZONES, read, write


def faults(folder, **case):
    with pytest.raises(InstanceError) as caught:
        read(folder, **case)
    return [str(fault) for fault in caught.value.faults]


def with_first(rows, **values):
    return [rows[0] | values, *rows[1:]]


def rule(name, **values):
    return [{"id": "r", "rule": name} | values]


SOUND = {
    "plain": {},
    "outer edge": {"boundary": [*BOUNDARY, {"unit_a": "u1", "unit_b": "u1", "length_m": 30}]},
    "locked in and bounded": {
        "units": with_first(UNITS, status="locked_in"),
        "bounds": [{"unit": "u1", "lower": 0.5, "upper": 1}],
    },
    "target of all there is": {"features": with_first(FEATURES, target=4)},
    "zones": {"management_zones": ZONES, "amounts": with_first(AMOUNTS, management_zone="strict")},
    "corridor": {
        "unit_groups": [{"group": "west", "unit": "u1"}, {"group": "east", "unit": "u4"}],
        "rules": rule("corridor", group="west;east"),
    },
    "known layers": {"rules": rule("linear_constraint", layer="area_ha", value=3)},
    "shared border as connectivity": {"rules": rule("connectivity_penalty", layer="adjacency", value=3)},
}


@pytest.mark.parametrize("case", SOUND.values(), ids=SOUND)
def test_a_sound_prioritisation_has_no_fault(tmp_path, case):
    assert read(tmp_path, **case).require_sites().n_units == 4


WRONG = {
    "negative amount": (
        {"amounts": with_first(AMOUNTS, amount=-2)},
        "amounts.csv, row 2, column amount: amount -2 of bird must not be negative",
    ),
    "feature nowhere": (
        {"features": [*FEATURES, {"feature": "moss", "target": 1}]},
        "features.csv, row 4, column feature: feature moss occurs in no unit",
    ),
    "amounts of nought": (
        {"amounts": [*AMOUNTS[:2], *({**row, "amount": 0} for row in AMOUNTS[2:])]},
        "feature fern occurs in no unit",
    ),
    "target above what exists": (
        {"features": with_first(FEATURES, target=5.5)},
        "features.csv, row 2, column target: target bird: 5.5 nests are asked for, all units hold 4: 1.5 too few "
        "(lower the target or correct the amounts)",
    ),
    "target above what is free": (
        {"units": with_first(UNITS, status="locked_out")},
        "target bird: 3 nests are asked for, units that may be chosen hold 2: 1 too few "
        "(lower the target or free units that are locked out)",
    ),
    "relative target above 1": (
        {"features": with_first(FEATURES, target=1.5, target_kind="relative")},
        "target bird: 6 nests are asked for, all units hold 4: 2 too few",
    ),
    "manual target above what a zone holds": (
        {
            "management_zones": ZONES,
            "amounts": with_first(AMOUNTS, management_zone="strict"),
            "features": [{"feature": "bird"}, {"feature": "fern"}],
            "targets": [{"target": "t", "feature": "bird", "management_zones": "soft", "value": 3}],
        },
        "targets.csv, row 2, column value: target t: 3 are asked for, all units hold 2: 1 too few",
    ),
    "at most less than is locked in": (
        {
            "units": with_first(UNITS, status="locked_in"),
            "targets": [{"target": "t", "feature": "bird", "sense": "<=", "value": 1}],
        },
        "target t: at most 1 nests are allowed, units that are locked in hold 2: 1 too many",
    ),
    "negative target": ({"features": with_first(FEATURES, target=-1)}, "target -1 of bird must not be negative"),
    "target of an unknown zone": (
        {"targets": [{"target": "t", "feature": "bird", "management_zones": "soft", "value": 1}]},
        "target t: soft is not in management_zones.management_zone (or use *)",
    ),
    "boundary with two values": (
        {"boundary": [*BOUNDARY, {"unit_a": "u2", "unit_b": "u1", "length_m": 7}]},
        "boundary.csv, row 5, column unit_b: the boundary is not symmetric: u2 and u1 share 10 one way, 7 the other",
    ),
    "boundary in both orders": (
        {"boundary": [*BOUNDARY, {"unit_a": "u2", "unit_b": "u1", "length_m": 10}]},
        "the border of u2 and u1 is stated in both orders (state each pair once)",
    ),
    "boundary of an unknown unit": (
        {"boundary": [*BOUNDARY, {"unit_a": "u4", "unit_b": "u9", "length_m": 1}]},
        "boundary.csv, row 5, column unit_b: u9 is not in units.unit",
    ),
    "negative boundary": ({"boundary": with_first(BOUNDARY, length_m=-1)}, "-1.0 must not be below 0"),
    "locked out, bounded in": (
        {
            "units": [*UNITS[:3], UNITS[3] | {"status": "locked_out"}],
            "bounds": [{"unit": "u4", "lower": 1, "upper": 1}],
        },
        "bounds.csv, row 2, column lower: unit u4 is locked out in units, but must be chosen by 1 here",
    ),
    "locked in, bounded out": (
        {"units": with_first(UNITS, status="locked_in"), "bounds": [{"unit": "u1", "lower": 0, "upper": 0}]},
        "bounds.csv, row 2, column upper: unit u1 is locked in in units, but may not be chosen here",
    ),
    "lower above upper": (
        {"bounds": [{"unit": "u1", "lower": 0.8, "upper": 0.2}]},
        "unit u1: lower 0.8 is above upper 0.2",
    ),
    "lower bounds of zones above 1": (
        {
            "management_zones": ZONES,
            "bounds": [
                {"unit": "u1", "management_zone": zone["management_zone"], "lower": 0.6, "upper": 1} for zone in ZONES
            ],
        },
        "unit u1: the lower bounds of its management zones add to more than 1",
    ),
    "duplicated unit": ({"units": [*UNITS, UNITS[0]]}, "units.csv, row 6, column unit: unit u1 stands twice"),
    "duplicated feature": ({"features": [*FEATURES, FEATURES[0]]}, "feature bird stands twice"),
    "duplicated amount": ({"amounts": [*AMOUNTS, AMOUNTS[0]]}, "unit u1, feature bird"),
    "amount for all zones and for one": (
        {"management_zones": ZONES, "amounts": [*AMOUNTS, AMOUNTS[0] | {"management_zone": "soft"}]},
        "unit u1, feature bird is stated for all management zones, and again for soft",
    ),
    "no units": ({"units": []}, "restoration/units: table is missing"),
    "zone that nothing names": (
        {"management_zones": ZONES, "amounts": [row | {"management_zone": "strict"} for row in AMOUNTS]},
        "management_zones.csv, row 3: management zone soft is empty: no table names it",
    ),
    "zone that is shut": (
        {
            "management_zones": ZONES,
            "bounds": [{"unit": f"u{k}", "management_zone": "soft", "upper": 0} for k in (1, 2, 3, 4)],
        },
        "management zone soft is empty: no unit may be chosen for it",
    ),
    "branch of two lengths": (
        {
            "branches": [
                {"branch": "b", "feature": "bird", "weight": 1},
                {"branch": "b", "feature": "fern", "weight": 2},
            ]
        },
        "branches.csv, row 3, column weight: branch b has weight 1 and weight 2",
    ),
    "disconnected cores": (
        {
            "boundary": [BOUNDARY[0], BOUNDARY[2]],
            "unit_groups": [{"group": "west", "unit": "u1"}, {"group": "east", "unit": "u4"}],
            "rules": rule("corridor", group="west;east"),
        },
        "row 2, column group: rule r: core areas west and east are disconnected: no path of units joins them",
    ),
    "cores cut apart by a locked unit": (
        {
            "features": [{"feature": "bird"}, {"feature": "fern"}],
            "units": [*UNITS[:2], UNITS[2] | {"status": "locked_out"}, UNITS[3]],
            "unit_groups": [{"group": "west", "unit": "u1"}, {"group": "east", "unit": "u4"}],
            "rules": rule("corridor", group="*"),
        },
        "core areas east and west are disconnected",
    ),
    "one core": (
        {"unit_groups": [{"group": "west", "unit": "u1"}], "rules": rule("corridor", group="west")},
        "a corridor joins two core areas at least",
    ),
    "unknown rule": ({"rules": rule("boundary", value=1)}, "'boundary' is no rule (known are budget,"),
    "unknown layer": (
        {"rules": rule("linear_penalty", layer="noise", value=1)},
        "noise is not in layers.layer (known are area_ha, cost, one)",
    ),
    "unknown connectivity": (
        {"rules": rule("connectivity_penalty", layer="wind", value=1)},
        "wind is not in connectivity.layer (known are adjacency)",
    ),
    "layer where none is read": (
        {"rules": rule("boundary_penalty", layer="cost", value=1)},
        "boundary_penalty reads no layer",
    ),
    "layer left out": (
        {"rules": rule("linear_constraint", value=1)},
        "column layer: rule r: linear_constraint needs a layer",
    ),
    "unknown feature": (
        {"rules": rule("feature_contiguity", feature="moss")},
        "moss is not in features.feature (or use *)",
    ),
    "unknown group": ({"rules": rule("whole_group", group="west")}, "west is not in unit_groups.group"),
    "unknown zone": (
        {"rules": rule("budget", management_zone="soft", value=3)},
        "soft is not in management_zones.management_zone",
    ),
    "sense": ({"rules": rule("budget", sense=">=", value=3)}, "column sense: rule r: budget takes <="),
    "value that is not whole": ({"rules": rule("neighbours", value=1.5)}, "1.5 must be a whole number"),
    "value too small": ({"rules": rule("maximum_reserves", value=0)}, "column value: rule r: 0 must be at least 1"),
    "edge factor": ({"rules": rule("boundary_penalty", value=1, factor=2)}, "2 must lie between 0 and 1"),
    "one core area": (
        {"unit_groups": [{"group": "west", "unit": "u1"}], "rules": rule("corridor", group="west")},
        "a corridor joins two core areas at least (name them with ; between them)",
    ),
    "no whole share between bounds": (
        {"bounds": [{"unit": "u1", "lower": 0.3, "upper": 0.6}]},
        "bounds.csv, row 2, column upper: unit u1: no share from 0.3 to 0.6 can be decided (a whole unit is 0 or 1)",
    ),
    "locked in, and less than whole": (
        {"units": with_first(UNITS, status="locked_in"), "bounds": [{"unit": "u1", "upper": 0}]},
        "unit u1 is locked in in units, but may not be chosen here",
    ),
    "unknown layer of weights": (
        {
            "management_zones": ZONES,
            "amounts": with_first(AMOUNTS, management_zone="strict"),
            "zone_pairs": [{"layer": "bondary", "zone_a": "strict", "zone_b": "strict", "value": 1}],
        },
        "zone_pairs.csv, row 2, column layer: bondary is neither boundary nor a layer of connectivity",
    ),
    "weights that depend on the order": (
        {
            "management_zones": ZONES,
            "amounts": with_first(AMOUNTS, management_zone="strict"),
            "zone_pairs": [
                {"layer": "boundary", "zone_a": "strict", "zone_b": ZONES[1]["management_zone"], "value": 2}
            ],
        },
        "zone_pairs.csv, row 2, column value: boundary: weight 2 of strict with",
    ),
    "no borders": (
        {"boundary": [], "rules": rule("contiguity")},
        "contiguity needs to know which units share",
    ),
}


@pytest.mark.parametrize(("case", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_once(tmp_path, case, words):
    assert [fault for fault in faults(tmp_path, **case) if words in fault] != []
    assert len(faults(tmp_path, **case)) == 1


@pytest.mark.parametrize(
    ("kind", "case", "words"),
    [
        ("maximum_branches", {}, "maximum_branches counts the branches of a tree of features, and there is none"),
        ("minimum_penalties", {}, "minimum_penalties has no penalty to minimise"),
        *(
            (kind, {"features": [row | {"target": 0} for row in FEATURES]}, f"{kind} measures how far targets are met")
            for kind in ("minimum_shortfall", "minimum_largest_shortfall", "maximum_features")
        ),
    ],
)
def test_an_objective_with_nothing_to_measure_is_refused(tmp_path, kind, case, words):
    found = faults(tmp_path, objective=kind, **case)
    assert len(found) == 1
    assert words in found[0]


RULES_ON_WHOLE_UNITS = ("contiguity", "feature_contiguity", "minimum_reserve", "maximum_reserves", "separate_areas")


@pytest.mark.parametrize("name", RULES_ON_WHOLE_UNITS)
def test_rules_on_whole_units_are_refused_for_shares(tmp_path, name):
    needed = {"feature": "bird"} if name in ("feature_contiguity", "separate_areas") else {}
    folder = write(tmp_path, rules=rule(name, value=1, **needed))
    toml = folder / "instance.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("[restoration]", '[restoration]\ndecision = "proportion"'))
    with pytest.raises(InstanceError) as caught:
        load(folder)
    (fault,) = caught.value.faults
    assert "rules.csv, row 2, column rule: rule r: " in str(fault)
    assert f"{name} needs units that are taken or left as a whole" in str(fault)


def test_many_wrong_rows_are_summed_up(tmp_path):
    units = [{"unit": f"u{k}", "cost": 1} for k in range(1, 31)]
    amounts = [{"unit": f"u{k}", "feature": "bird", "amount": -1} for k in range(1, 31)]
    found = faults(tmp_path, units=units, amounts=amounts, features=FEATURES[:1])
    assert len(found) == 21
    assert "10 more rows: negative amounts" in found[-1]


def test_a_shortfall_may_remain_where_the_objective_allows_it(tmp_path):
    made = read(tmp_path, "minimum_shortfall", features=with_first(FEATURES, target=5.5))
    warned = [str(fault) for fault in site_warnings(made.folder, made.require_sites())]
    assert len(warned) == 1
    assert "5.5 nests are asked for, all units hold 4: 1.5 too few" in warned[0]
