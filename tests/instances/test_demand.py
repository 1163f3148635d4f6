import pytest

from instances.carbon import CarbonAccount
from instances.demand import Demand
from instances.faults import InstanceError
from tests.build import CLASSES, build, quota

UNITS = {"population": "10k", "gdp_per_capita": "10k CNY", "carbon_intensity": "t/10k CNY", "emissions": "1e4 tCO2"}
WEIHAI = {
    "population": {2020: 282.24, 2035: 320},
    "gdp_per_capita": {2020: 9.90, 2035: 22},
    "carbon_intensity": {2020: 1.25, 2035: 0.41},
}
ZONES = {"a": {"ind": 10, "city": 20, "vil": 20, "crop": 100}}
INDUSTRY = [{"region": "all", "group": "industry", "share": 1.0}]


def context(series):
    return [
        {"item": item, "region": "all", "year": year, "value": value, "unit": UNITS[item]}
        for item, years in series.items()
        for year, value in years.items()
    ]


def make(folder, series, *, base_year=2020, periods=(2035,), **more):
    options = {"context": context(series), "base_year": base_year, "periods": periods} | more
    return build(folder, ZONES, "crop>ind crop>city ind>city vil>ind city>ind", **options)


def demand(folder, series, **more):
    instance = make(folder, series, **more)
    return Demand(instance.require_land(), instance.settings)


@pytest.mark.parametrize(("year", "emissions"), [(2020, 3492.7), (2035, 2886.4)])
def test_kaya_of_weihai(tmp_path, year, emissions):
    assert demand(tmp_path, WEIHAI).kaya(year) / 1e4 == pytest.approx(emissions, abs=0.05)


@pytest.mark.parametrize(
    ("year", "value"),
    [(2020, 100), (2025, 200), (2030, 400), (2015, 100), (2040, 400)],  # held beyond the anchors
)
def test_growth_is_constant_between_anchors(tmp_path, year, value):
    found = demand(tmp_path, {"emissions": {2020: 100, 2030: 400}}, periods=(2030,)).kaya(year)
    assert found == pytest.approx(value * 1e4)


def test_without_facts_there_is_no_activity(tmp_path):
    assert demand(tmp_path, {}).existing(2035) == 0


def test_top_down_sums_the_years_after_the_base_year(tmp_path):
    """2021, 2022 and 2023 at 1e4 t each; the base year is not counted."""
    assert demand(tmp_path, {"emissions": {2020: 1}}, periods=(2023,)).existing(2023) == pytest.approx(3e4)


def test_bottom_up_holds_activity_at_each_year_s_intensity(tmp_path):
    """Intensity halves every year: 1/2 + 1/4 of the base year's 1e4 t."""
    series = {"population": {2020: 1}, "gdp_per_capita": {2020: 1, 2022: 16}, "carbon_intensity": {2020: 1, 2022: 0.25}}
    grow = [quota("growth_demand", 2, "industry")]
    found = demand(tmp_path, series, periods=(2022,), existing_activity="bottom_up", activity=INDUSTRY, quotas=grow)
    assert found.existing(2022) == pytest.approx(0.75e4)


def added(instance, move, year, period=1):
    source, target = (list(CLASSES).index(name) for name in move.split(">"))
    account = CarbonAccount(instance.require_land(), instance.settings)
    return account.components(year)["added_activity"][0, source, target, period - 1]


GROWING = {"emissions": {2020: 1, 2030: 3}}
BOTTOM_UP = {"existing_activity": "bottom_up", "periods": (2030,)}


def test_reference_growth_gives_the_projection(tmp_path):
    """4 ha of industry carry the 2e4 t/yr that are missing in 2030: 5000 t/ha/yr, for 5 of the 10 years."""
    quotas = [quota("growth_demand", 4, "industry")]
    instance = make(tmp_path, GROWING, activity=INDUSTRY, quotas=quotas, **BOTTOM_UP)
    assert added(instance, "crop>ind", 2030) == pytest.approx(5000 * 5)


@pytest.mark.parametrize(
    ("move", "adds"),
    [
        ("crop>ind", 1.0),
        ("vil>ind", 1.0),  # the same whether greenfield or redeveloped
        ("ind>city", 0.0),  # demolition saves nothing, and housing carries no activity here
    ],
)
def test_what_joins_the_group_adds(tmp_path, move, adds):
    quotas = [quota("growth_demand", 4, "industry")]
    instance = make(tmp_path, GROWING, activity=INDUSTRY, quotas=quotas, **BOTTOM_UP)
    assert added(instance, move, 2030) == pytest.approx(25_000 * adds)


def test_a_change_adds_what_each_group_that_it_joins_carries(tmp_path):
    """Industry carries half on 10 ha and built land the other half on 50: a rebuilt home joins industry only.

    Densities 500 and 100 t/ha/yr; growth of 4 ha of industry counts for both groups.
    """
    halves = [{"region": "all", "group": group, "share": 0.5} for group in ("industry", "built")]
    instance = make(tmp_path, GROWING, activity=halves, quotas=[quota("growth_demand", 4, "industry")], **BOTTOM_UP)
    scale = 2e4 / (500 * 4 + 100 * 4)
    assert added(instance, "crop>ind", 2030) == pytest.approx(scale * 600 * 5)
    assert added(instance, "city>ind", 2030) == pytest.approx(scale * 500 * 5)
    assert added(instance, "crop>city", 2030) == pytest.approx(scale * 100 * 5)


def test_each_period_s_years_have_their_own_scale(tmp_path):
    """1e4 t/yr to 2030 and as much again to 2040; growth 4 ha by 2030, 8 by 2040: 2500 t/ha/yr in both."""
    series = {"emissions": {2020: 1, 2030: 2, 2040: 3}}
    quotas = [quota("growth_demand", 4, "industry", period=2030), quota("growth_demand", 8, "industry")]
    instance = make(
        tmp_path, series, activity=INDUSTRY, quotas=quotas, existing_activity="bottom_up", periods=(2030, 2040)
    )
    assert added(instance, "crop>ind", 2030) == pytest.approx(2500 * 5)
    assert added(instance, "crop>ind", 2040) == pytest.approx(2500 * 15)
    assert added(instance, "crop>ind", 2040, period=2) == pytest.approx(2500 * 5)


@pytest.mark.parametrize(
    ("series", "more", "words"),
    [
        (GROWING, {"quotas": []}, "no growth demand up to 2030"),  # nothing carries what is missing
        (GROWING, {"activity": [{"region": "all", "group": "mining", "share": 1.0}]}, "no land of group mining"),
        ({"emissions": {2020: 0}}, {}, "must be positive"),  # growth at a constant rate needs a start
    ],
)
def test_what_cannot_be_projected_is_refused(tmp_path, series, more, words):
    options = {"activity": INDUSTRY, "quotas": [quota("growth_demand", 4, "industry")]} | BOTTOM_UP | more
    with pytest.raises(InstanceError, match=words):
        added(make(tmp_path, series, **options), "crop>ind", 2030)


def test_a_unit_that_is_none_of_the_item_is_refused(tmp_path):
    rows = [{"item": "emissions", "region": "all", "year": 2020, "value": 1, "unit": "Mt"}]
    instance = build(tmp_path, ZONES, context=rows)
    with pytest.raises(InstanceError, match="'Mt' is no unit of it"):
        Demand(instance.require_land(), instance.settings).existing(2030)
