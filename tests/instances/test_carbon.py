"""Crop 300 tCO2/ha, half in soil; forest 500; industry 100. One period 2020 to 2040, so T = 10 years.

Vegetation crop 150, forest 250, industry 50; soil the same.
"""

import pytest

from instances.carbon import CarbonAccount
from tests.build import CLASSES, build

STOCKS = {("crop", "stock"): 300, ("wood", "stock"): 500, ("ind", "stock"): 100}
HALF = {(name, "soil_share"): 0.5 for name in CLASSES}
MOVES = {"crop>ind": {}, "crop>wood": {"restoration": 1}, "crop>grass": {}, "pond>wood": {}, "wood>crop": {}}
ZONES = {"a": {"region": "n", "crop": 10, "wood": 4}, "b": {"region": "s", "wood": 6}}
REGIONS = {"all": "", "n": "all", "s": "all"}


def account(folder, factors=None, **more):
    options = {"periods": (2040,), "regions": REGIONS} | more
    instance = build(folder, ZONES, MOVES, factors=STOCKS | HALF | (factors or {}), **options)
    return CarbonAccount(instance.require_land(), instance.settings)


def per_ha(carbon, move, year=2040, period=1, region="n"):
    names = list(CLASSES)
    source, target = (names.index(name) for name in move.split(">"))
    parts = carbon.components(year)
    place = carbon.factor_set[carbon.land.region_code(region)], source, target, period - 1
    return {name: float(part[place]) for name, part in parts.items() if part[place]}


@pytest.mark.parametrize(
    ("move", "parts"),
    [
        ("crop>ind", {"stock_loss": 100 + 100 * 10 / 20}),  # biomass at once, soil over 20 years
        ("crop>wood", {"stock_gain": -(100 + 100) * 10 / 20}),  # a restoration is credited, over 20 years
        ("grass>wood", {}),  # the matrix does not mark it as a restoration
        ("ind>crop", {}),  # cropland never earns a gain
        ("crop>crop", {}),
    ],
)
def test_stock_mode(tmp_path, move, parts):
    assert per_ha(account(tmp_path), move) == pytest.approx(parts)


@pytest.mark.parametrize(
    ("move", "sinks", "parts"),
    [
        ("crop>wood", {"crop": 1, "wood": 3}, {"lost_sink": 10, "new_sink": -3 * 10**2 / (2 * 20)}),
        ("wood>ind", {"wood": 3, "ind": 2}, {"lost_sink": 30}),  # built land earns no sink
        ("pond>wood", {"pond": 1, "wood": 3}, {"lost_sink": 10}),  # nothing is credited out of water
        ("crop>wood", {"crop": -1}, {"lost_sink": -10}),  # the end of a source, credited
        ("crop>ind", {"crop": -1}, {}),  # the end of a source, not credited
        ("crop>ind", {"ind": -2}, {"new_sink": 20}),  # a new source always counts
        ("bare>grass", {"grass": 2}, {"new_sink": -20}),  # without a ramp the sink is whole at once
    ],
)
def test_flux_mode(tmp_path, move, sinks, parts):
    factors = {(name, "sink"): value for name, value in sinks.items()} | {("wood", "ramp_years"): 20}
    found = per_ha(account(tmp_path, factors, mode="flux"), move)
    found.pop("stock_loss", None)
    assert found == pytest.approx(parts)


@pytest.mark.parametrize(("ramp", "sink"), [(0, 10), (4, 8), (10, 5), (20, 2.5), (40, 1.25)])
def test_a_new_sink_ramps_with_age(tmp_path, ramp, sink):
    """After T = 10 years: T^2/2R while younger than R, T - R/2 from then on."""
    carbon = account(tmp_path, {("wood", "sink"): 1, ("wood", "ramp_years"): ramp}, mode="flux")
    assert per_ha(carbon, "bare>wood")["new_sink"] == pytest.approx(-sink)


def test_to_an_earlier_year_a_move_acts_for_fewer_years(tmp_path):
    """A move of (2020, 2030] acts from 2025, so 5 years to 2030; one of the next period not yet."""
    carbon = account(tmp_path, periods=(2030, 2040))
    assert per_ha(carbon, "crop>ind", year=2030)["stock_loss"] == 100 + 100 * 5 / 20
    assert per_ha(carbon, "crop>ind", year=2030, period=2) == {}


def test_soil_is_lost_no_more_than_once(tmp_path):
    carbon = account(tmp_path, base_year=1980)
    assert per_ha(carbon, "crop>ind")["stock_loss"] == 200


@pytest.mark.parametrize(("embodied", "parts"), [(True, {"embodied": 30}), (False, {})])
def test_embodied_carbon_is_an_option(tmp_path, embodied, parts):
    carbon = account(tmp_path, {("ind", "embodied"): 30, ("wood", "embodied"): 9}, embodied=embodied)
    assert per_ha(carbon, "bare>city") == {}
    assert per_ha(carbon, "vil>ind") == parts
    assert "embodied" not in per_ha(carbon, "bare>wood")  # only built land is constructed


@pytest.mark.parametrize(
    ("factors", "north", "south"),
    [
        ({("wood", "sink"): 1, ("wood", "sink", "n"): 2}, 2, 1),  # a county overrides all
        ({("wood", "sink", "all"): 3, ("wood", "sink", "s"): 4}, 3, 4),  # and its parent
        ({("wood", "sink", "n"): 2}, 2, 0),  # absent counts as zero
    ],
)
def test_the_most_specific_region_holds(tmp_path, factors, north, south):
    carbon = account(tmp_path, factors, mode="flux")
    found = [per_ha(carbon, "bare>wood", region=region).get("new_sink", 0.0) for region in ("n", "s")]
    assert found == pytest.approx([-10 * north, -10 * south])


def test_carbon_is_turned_into_carbon_dioxide(tmp_path):
    carbon = account(tmp_path)
    carbon.land.tables["factors"].loc[lambda rows: rows["class"] == "crop", "unit"] = "tC/ha"
    assert carbon.factor("stock")[0, 0] == pytest.approx(300 * 44 / 12)


def test_soil_share_and_years_are_parameters(tmp_path):
    options = {"parameters": {"soil_share": 0.25, "soil_loss_years": 40}, "periods": (2040,)}
    instance = build(tmp_path, ZONES, MOVES, factors=STOCKS, regions=REGIONS, **options)
    carbon = CarbonAccount(instance.require_land(), instance.settings)
    assert per_ha(carbon, "crop>ind")["stock_loss"] == pytest.approx(150 + 50 * 10 / 40)


@pytest.mark.parametrize(("region", "constant"), [("all", -600), ("n", -240), ("s", -360)])
def test_present_sinks_are_the_constant(tmp_path, region, constant):
    """10 ha of forest take up 3 tCO2/ha/yr for 20 years, 4 of them in n."""
    carbon = account(tmp_path, {("wood", "sink"): 3}, mode="flux")
    assert carbon.constant(carbon.land.region_code(region), 2040) == pytest.approx(constant)


def test_stock_mode_counts_no_present_sinks(tmp_path):
    carbon = account(tmp_path, {("wood", "sink"): 3}, mode="stock")
    assert carbon.constant(carbon.land.root, 2040) == 0
