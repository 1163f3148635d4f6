"""Crop 300 tCO2/ha, half in soil; forest 500; industry 100; forest takes up 3 tCO2/ha/yr and ramps over 20 years.

One period 2020 to 2040: a move acts for T = 10 years. crop>ind: vegetation 100 at once, soil 100 x 10/20: 150.
crop>wood, restoring: a gain of (100 + 100) x 10/20 = 100 in stock mode; in flux mode a sink of 3 x 10^2/40 = 7.5.
"""

import pytest

from instances.faults import InstanceError
from tests.build import draft, quota, rows_of, solve

FACTORS = {
    ("crop", "stock"): 300,
    ("wood", "stock"): 500,
    ("ind", "stock"): 100,
    ("wood", "sink"): 3,
    ("wood", "ramp_years"): 20,
    **{(name, "soil_share"): 0.5 for name in ("crop", "wood", "ind")},
}
ZONES = {"a": {"region": "n", "crop": 10, "wood": 4}, "b": {"region": "s", "crop": 20}}
REGIONS = {"all": "", "n": "all", "s": "all"}
MOVES = {"crop>ind": {}, "crop>wood": {"restoration": 1, "cost": 1}}


def drafted(*quotas, **more):
    options = {"periods": (2040,)} | more
    return draft(ZONES, MOVES, factors=FACTORS, regions=REGIONS, quotas=quotas, **options)


def make(*quotas, **more):
    return drafted(*quotas, **more).instance()


@pytest.mark.parametrize(
    ("mode", "terms", "constant"),
    [
        ("stock", {"a crop>ind": 1500, "a crop>wood": -1000, "b crop>ind": 3000, "b crop>wood": -2000}, 0),
        ("flux", {"a crop>ind": 1500, "a crop>wood": -75, "b crop>ind": 3000, "b crop>wood": -150}, -3 * 4 * 20),
    ],
)
def test_both_modes(mode, terms, constant):
    (row,) = rows_of(make(quota("carbon_cap", 500), mode=mode), "carbon_cap")
    assert row.terms == {f"{move} 2040": value for move, value in terms.items()}
    assert (row.lower, row.upper) == (-float("inf"), 500 - constant)


def test_a_county_has_its_own_land_and_constant():
    rows = rows_of(
        make(quota("carbon_cap", 90, region="n"), quota("carbon_cap", 70, region="s"), mode="flux"),
        "carbon_cap",
    )
    assert [row.upper for row in rows] == [90 + 240, 70]
    assert {name[0] for name in rows[1].terms} == {"b"}


def test_an_earlier_year_counts_what_was_emitted_by_then():
    """Moves of (2020, 2030] act from 2025: 5 years to 2030. crop>ind: 100 + 100 x 5/20 = 125; the sink 3 x 25/40."""
    caps = (quota("carbon_cap", 500, period=2030), quota("carbon_cap", 900))
    early, late = rows_of(make(*caps, mode="flux", periods=(2030, 2040)), "carbon_cap")
    assert early.terms["a crop>ind 2030"] == 1250
    assert early.terms["a crop>wood 2030"] == pytest.approx(-18.75)
    assert not any(name.endswith("2040") for name in early.terms)
    assert early.upper == 500 + 3 * 4 * 10
    assert late.terms["a crop>ind 2030"] == 1750  # 15 years: 100 + 75
    assert late.terms["a crop>ind 2040"] == 1250


def test_a_cap_on_a_single_year_counts_sinks_of_that_year():
    """In 2040 trees of (2020, 2030] are 15 years old: 3 x (225 - 196)/40 = 2.175; of (2030, 2040] 5: 0.675."""
    caps = (quota("carbon_cap", -14, unit="tCO2e/yr"), quota("carbon_cap", -12, period=2030, unit="tCO2e/yr"))
    late, early = rows_of(make(*caps, mode="flux", periods=(2030, 2040)), "carbon_cap")
    assert late.terms == {
        f"{zone} crop>wood {year}": pytest.approx(-area * rate)
        for zone, area in (("a", 10), ("b", 20))
        for year, rate in ((2030, 2.175), (2040, 0.675))
    }
    assert late.upper == -14 + 3 * 4
    assert early.terms == {"a crop>wood 2030": pytest.approx(-6.75), "b crop>wood 2030": pytest.approx(-13.5)}
    assert early.upper == 0


def test_neutral_by_a_year():
    """20 t a year of the city, 12 taken up at present: 8 more by 2040 is 8/2.175 ha planted by 2030."""
    city = [{"item": "emissions", "region": "all", "year": 2020, "value": 20, "unit": "tCO2"}]
    cap = quota("carbon_cap", 0, unit="tCO2e/yr")
    found = solve(make(cap, mode="flux", periods=(2030, 2040), context=city))
    assert found.objective == pytest.approx(8 / 2.175)


def test_caps_of_years_are_held_against_caps_of_years(tmp_path):
    span = (quota("carbon_cap", 100), quota("carbon_cap", 60, region="n"))
    year = (quota("carbon_cap", 50, unit="tCO2e/yr"), quota("carbon_cap", 51, region="n", unit="tCO2e/yr"))
    drafted(*span, year[0], mode="flux").load(tmp_path / "sound")
    with pytest.raises(InstanceError, match="add to 51 tCO2e/yr, above its 50"):
        drafted(*span, *year, mode="flux").load(tmp_path / "above")


def test_an_account_of_stocks_knows_no_years(tmp_path):
    with pytest.raises(InstanceError, match="no curve of years"):
        drafted(quota("carbon_cap", 5, unit="tCO2e/yr")).load(tmp_path)


def test_activity_is_part_of_a_region_s_constant():
    """1e4 tCO2 a year for 20 years, a quarter of it in n."""
    context = [{"item": "emissions", "region": "all", "year": 2020, "value": 1, "unit": "1e4 tCO2"}]
    shares = [{"region": "n", "group": "built", "share": 0.25}, {"region": "s", "group": "built", "share": 0.75}]
    instance = make(quota("carbon_cap", 60_000, region="n"), context=context, activity=shares)
    (row,) = rows_of(instance, "carbon_cap")
    assert row.upper == pytest.approx(60_000 - 50_000)


def test_children_above_their_parent_are_bad_input(tmp_path):
    caps = (quota("carbon_cap", 100), quota("carbon_cap", 60, region="n"), quota("carbon_cap", 50, region="s"))
    with pytest.raises(InstanceError, match="carbon caps of 2040 below all add to 110 tCO2e, above its 100"):
        drafted(*caps).load(tmp_path)


def test_growth_is_offset_by_planting_in_its_county():
    """4 ha of industry emit 600 (stock mode) against a cap of 200 in each county; planting a hectare takes 100.

    Each county takes 200/150 ha for nothing more; the other 4 - 8/3 = 4/3 ha emit 200, offset by 2 ha: 4 + 2 = 6.
    """
    caps = (quota("carbon_cap", 200, region="n"), quota("carbon_cap", 200, region="s"))
    instance = make(*caps, quota("growth_demand", 4, "industry"))
    assert solve(instance).objective == pytest.approx(6)
    assert solve(instance, "carbon_cap").objective == pytest.approx(4)
