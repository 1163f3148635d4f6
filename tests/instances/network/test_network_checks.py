"""Bad networks: one message each, with file, row, column and what to do."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.instance import library, load
from tests.instances.network_case import TABLES, write_case

PERIODS = "\n[carbon]\nbase_year = 2020\nend_year = 2035\n[time]\nperiods = [2025, 2035]\n"

BAD = [
    # islands without supply
    ({"candidates": None, "sites": None}, "loads", 2, "bus", "town: no supply reaches its island (buses C)"),
    # reactance
    ({"lines": {"reactance_ohm": [-4.0]}}, "lines", 2, "reactance_ohm", "must not be below 0"),
    ({"lines": {"reactance_ohm": [0.0]}}, "lines", 2, "reactance_ohm", "AB: reactance must be above 0"),
    ({"candidates": {"reactance_ohm": [20.0, -1.0]}}, "candidates", 3, "reactance_ohm", "must not be below 0"),
    ({"buses": {"voltage_kv": [0.0, 220.0, 220.0]}}, "buses", 2, "voltage_kv", "bus A: a line starts here"),
    # buses
    ({"candidates": {"to_bus": ["C", "D"]}}, "candidates", 3, "to_bus", "D is not in buses.bus"),
    ({"lines": {"to_bus": ["A"]}}, "lines", 2, "to_bus", "AB begins and ends at bus A"),
    ({"loads": {"bus": ["C", ""]}}, "loads", 3, "bus", "must not be empty"),
    ({"loads": {"bus": ["C", "X"]}}, "loads", 3, "bus", "X is not in buses.bus"),
    # snapshots and curves
    ({"snapshots": {"weight_h": [4380.0, 438.0]}}, "snapshots", None, "weight_h", "add to 4,818 h, not to the horizon"),
    ({"snapshots": {"weight_h": [8760.0, 0.0]}}, "snapshots", 3, "weight_h", "night: weight_h must be above 0"),
    ({"profiles": {"value": [0.3, 1.6, 1.0, 0.2]}}, "profiles", 3, "value", "must not be above 1"),
    ({"profiles": {"value": [0.3, -0.1, 1.0, 0.2]}}, "profiles", 3, "value", "must not be below 0"),
    ({"profiles": {"snapshot": ["day", "dusk", "day", "night"]}}, "profiles", 3, "snapshot", "dusk is not in"),
    ({"generators": {"profile": ["", "breeze"]}}, "generators", 3, "profile", "breeze is not in profiles.profile"),
    # sizes
    ({"generators": {"capacity_mw": [-300.0, 100.0]}}, "generators", 2, "capacity_mw", "must not be below 0"),
    ({"generators": {"minimum_mw": [0, 500]}}, "generators", 3, "minimum_mw", "minimum_mw 500 is above maximum_mw 400"),
    ({"sites": {"minimum_mw": [95.0]}}, "sites", 2, "minimum_mw", "hill: minimum_mw 95 is above potential_mw 90"),
    ({"links": {"minimum_share": [0.5], "maximum_share": [0.2]}}, "links", 2, "minimum_share", "0.5 is above"),
    ({"storage": {"efficiency_in": [0.0]}}, "storage", 2, "efficiency_in", "battery: efficiency_in must be above 0"),
    ({"storage": {"extendable": [1], "hours": [4.0], "power_mw": [""]}}, "storage", 2, "power_mw", "without limit"),
    ({"storage": {"extendable": [1], "hours": [3.5]}}, "storage", 2, "energy_mwh", "MWh are stated, 3.5 h of"),
    ({"links": {"maximum_share": [-0.2]}}, "links", 2, "maximum_share", "must not be below 0"),
    ({"links": {"length_km": [40_000.0]}}, "links", 2, "loss_share", "1.214 of the energy is lost"),
    ({"lines": {"loss_share": [1.5]}}, "lines", 2, "loss_share", "must not be above 1"),
    # names
    ({"loads": {"load": ["town", "town"]}}, "loads", 3, "load", "load town, year 0 stands twice"),
    ({"buses": {"bus": ["A", "B", "B"]}}, "buses", 4, "bus", "bus B stands twice"),
    # years
    ({"imports": {"year": [2030]}}, "imports", 2, "year", "2030 ends no period (use 0, or state the periods"),
    # rules
    ({"rules": {"sense": [">="]}}, "rules", 2, "sense", "cap: emission_cap takes <="),
    ({"rules": {"unit": ["MW"]}}, "rules", 2, "unit", "cap: emission_cap takes tCO2e"),
    (
        {"rules": {"rule": ["renewable_share"], "sense": [">="], "unit": ["share"], "value": [80.0]}},
        "rules", 2, "value", "share 80 is above 1",
    ),
    (
        {"rules": {"rule": ["capacity_target"], "unit": ["MW"], "technology": ["hydro"]}},
        "rules", 2, "technology", "no generator or site is hydro (there are coal, wind)",
    ),
    ({"contingencies": {"line": ["CD"]}}, "contingencies", 2, "line", "CD is not in lines.line"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "table", "row", "column", "words"), BAD)
def test_one_message_says_what_is_wrong_and_where(tmp_path, changes, table, row, column, words):
    case = write_case(tmp_path / "case", **changes)
    with pytest.raises(InstanceError) as error:
        load(case)
    (fault,) = error.value.faults
    assert fault.where == str(case / "network" / f"{table}.csv")
    assert (fault.row, fault.column) == (row, column)
    assert words in str(fault)


def test_the_case_itself_is_sound(tmp_path):
    assert load(write_case(tmp_path / "case")).network is not None


def test_a_profile_states_every_snapshot(tmp_path):
    short = {"profile": ["windy", "windy", "shift"], "snapshot": ["day", "night", "day"], "value": [0.3, 0.6, 1.0]}
    case = write_case(tmp_path / "case")
    pd.DataFrame(short).to_csv(case / "network" / "profiles.csv", index=False)
    with pytest.raises(InstanceError, match="profile shift lacks snapshot night"):
        load(case)


def test_years_must_end_periods(tmp_path):
    with pytest.raises(InstanceError, match=r"2030 ends no period \(use 2025, 2035 or 0\)"):
        load(write_case(tmp_path / "case", PERIODS, imports={"year": [2030]}))


def test_transport_needs_neither_reactance_nor_voltage(tmp_path):
    bare = {"lines": {"reactance_ohm": [0.0]}, "buses": {"voltage_kv": [0.0] * 3}}
    assert load(write_case(tmp_path / "case", 'power_flow = "transport"\n', **bare)).network is not None


def test_the_horizon_may_be_another_or_go_unchecked(tmp_path):
    day = {"weight_h": [12.0, 12.0]}
    for number, settings in enumerate(("horizon_h = 24\n", "horizon_h = 0\n")):
        assert load(write_case(tmp_path / str(number), settings, snapshots=day)).network is not None


@pytest.mark.parametrize("table", ["buses", "snapshots"])
def test_a_network_has_buses_and_snapshots(tmp_path, table):
    case = write_case(tmp_path / "case", **{name: None for name in TABLES if name not in ("buses", "snapshots")})
    pd.DataFrame(columns=list(TABLES[table])).to_csv(case / "network" / f"{table}.csv", index=False)
    with pytest.raises(InstanceError, match="table is empty"):
        load(case)


def test_settings_are_checked(tmp_path):
    with pytest.raises(InstanceError, match=r"network\.power_flow"):
        load(write_case(tmp_path / "case", 'power_flow = "ac"\n'))


def joint(folder, settings="", **changes):
    """Return the bundled land with the network beside it."""
    case = write_case(folder / "case", **changes)
    tiny = library()["tiny"]
    shutil.copytree(tiny / "land", case / "land")
    text = (tiny / "instance.toml").read_text(encoding="utf-8") + "\n[network]\n" + settings
    (case / "instance.toml").write_text(text, encoding="utf-8")
    return case


ZONES = {"site": ["hill"], "zone": ["z9"], "share": [0.5]}


@pytest.mark.parametrize(
    ("settings", "changes", "words"),
    [
        ('money = "EUR"\n', {}, "beside land the money must be 10k CNY, not EUR"),
        ('facility_class = "airport"\n', {}, "airport is no class of the instance"),
        ("", {"sites": {"density_mw_per_km2": [3.0]}}, "site hill takes land and lies in no zone"),
        ("", {"sites": {"facility_ha_per_mw": [0.3]}}, "nothing says to which class"),
    ],
)
def test_beside_land_both_must_agree(tmp_path, settings, changes, words):
    with pytest.raises(InstanceError) as error:
        load(joint(tmp_path, settings, **changes))
    assert words in str(error.value)


def test_sites_lie_in_zones_of_the_land(tmp_path):
    case = joint(tmp_path)
    pd.DataFrame(ZONES).to_csv(case / "network" / "site_zones.csv", index=False)
    with pytest.raises(InstanceError, match=r"site_zones.csv, row 2, column zone: z9 is not in zones.zone"):
        load(case)


def test_a_site_has_no_more_of_a_zone_than_there_is(tmp_path):
    case = joint(tmp_path)
    pd.DataFrame({**ZONES, "share": [1.5]}).to_csv(case / "network" / "site_zones.csv", index=False)
    with pytest.raises(InstanceError, match=r"1.5 must not be above 1"):
        load(case)


def test_strips_are_no_larger_than_their_zone(tmp_path):
    case = joint(tmp_path)
    pd.DataFrame({"segment": ["s"], "length_km": [1.0]}).to_csv(case / "network" / "segments.csv", index=False)
    zone = load(library()["tiny"]).require_land().zones["zone"].iloc[0]
    strip = {"segment": ["s"], "zone": [zone], "area_ha": [1e6]}
    pd.DataFrame(strip).to_csv(case / "network" / "segment_zones.csv", index=False)
    with pytest.raises(InstanceError, match=f"segment s in zone {zone}: 1e\\+06 ha of strip"):
        load(case)
