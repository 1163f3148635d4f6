import numpy as np
import pytest

from optimizer.results.indicators import COLUMNS, COMPUTED, MEASURES, OUTSIDE, catalogue, indicators


@pytest.fixture
def rows(make, plan):
    return indicators(make(), plan).set_index(["code", "region"])


@pytest.mark.parametrize(
    ("code", "region", "present", "value"),
    [
        ("A-01", "all", 50, 48),  # 2 ha of the red line are built on
        ("B-23", "all", 40, 58),
        ("B-23", "n", 0, 20),
        ("cropland_area", "all", 100, 70),
        ("farmland_area", "all", 100, 70),
        ("A-28", "all", 40 / 150, 58 / 150),
        ("A-29", "all", 0, 20),
        ("A-17", "all", 10, 22),
        ("A-24", "all", np.nan, 0),  # nothing is redeveloped
        ("development_intensity", "s", 10 / 50, 12 / 50),
        ("A-31", "all", 10 / 100, 22 / 100),  # GDP is 10 x 10 = 100 x 10^8 CNY in both years
        ("A-32", "all", 0, 0),
        ("sink_total", "all", 0.012, (120 - 6 + 43.5) / 1e4),
        ("net_emissions", "all", 100 - 0.012, 100 - 0.01575),
        ("sink_share", "all", 120 / 1e6, 157.5 / 1e6),
        ("new_green_sink", "all", 0, 60 / 1e4),
        ("open_space_converted", "s", 0, 2),
        ("A-53", "all", 0, 0),
    ],
)
def test_values_by_hand(rows, code, region, present, value):
    row = rows.loc[(code, region)]
    assert row["present"] == pytest.approx(present, nan_ok=True)
    assert row["value"] == pytest.approx(value)
    assert row["status"] == COMPUTED


def test_gaps_are_negative_where_a_target_is_missed(rows):
    assert rows.loc[("B-23", "all"), "gap"] == pytest.approx(-2)
    assert rows.loc[("development_intensity", "all"), "target"] == pytest.approx(0.2)
    assert rows.loc[("development_intensity", "all"), "gap"] == pytest.approx(0.2 - 22 / 150)
    assert rows.loc[("A-28", "s"), "gap"] == pytest.approx(38 / 50 - 0.9)


@pytest.mark.parametrize("code", ["B-22", "A-21", "B-25", "B-27", "cluster_size", "commuting_time", "X-99"])
def test_what_cannot_be_computed_is_never_faked(rows, code):
    row = rows.loc[(code, "all")]
    assert row["status"] == OUTSIDE
    assert np.isnan(row["value"])
    assert np.isnan(row["gap"])


def test_targets_are_kept_without_a_value(rows):
    assert rows.loc[("commuting_time", "all"), "target"] == 30
    assert rows.loc[("X-99", "all"), "target"] == 1


def test_outside_data_when_given(make, plan):
    context = """item,region,year,value,unit,source,status
population,all,2020,10,10k,made,made
gdp_per_capita,all,2020,10,10k CNY,made,made
urban_population,all,2020,5,10k,made,made
energy_use,all,2020,60,1e4 tce,made,made
renewable_energy,all,2020,15,1e4 tce,made,made
"""
    factors = """class,region,factor,value,unit,source,status
arbor,*,volume,50,m3/ha,made,made
arbor,n,volume,80,m3/ha,made,made
"""
    rows = indicators(make(context=context, factors=factors), plan).set_index(["code", "region"])
    assert rows.loc[("A-21", "all"), ["present", "value"]].tolist() == pytest.approx([2, 4.4])
    assert rows.loc[("B-25", "all"), "value"] == pytest.approx(0.6)
    assert rows.loc[("B-27", "all"), "value"] == pytest.approx(0.25)
    assert rows.loc[("B-22", "all"), ["present", "value"]].tolist() == pytest.approx([0.2, (38 * 50 + 20 * 80) / 1e4])
    assert rows.loc[("net_emissions", "all"), "status"] == OUTSIDE  # no emissions given


def test_sinks_are_annual_in_stock_mode_too(make, plan):
    rows = indicators(make(mode="stock"), plan).set_index(["code", "region"])
    assert rows.loc[("sink_total", "all"), "value"] == pytest.approx(0.01575)


def test_undivided_forest_gives_no_coverage(make, plan):
    classes = """class,scheme,code,name_zh,name_en,group,setting
crop,third_survey,0103,旱地,dry cropland,cropland,
arbor,third_survey,03,林地,forest,forest,
fac,third_survey,0601,工业用地,industry,industry,urban
"""
    rows = indicators(make(classes=classes), plan).set_index(["code", "region"])
    assert rows.loc[("A-28", "all"), "status"] == OUTSIDE


def test_forest_without_a_survey_code_gives_no_coverage(make, plan):
    classes = """class,scheme,code,name_zh,name_en,group,setting
crop,third_survey,0103,旱地,dry cropland,cropland,
arbor,corine,311,阔叶林,broad-leaved forest,forest,
fac,third_survey,0601,工业用地,industry,industry,urban
"""
    rows = indicators(make(classes=classes), plan).set_index(["code", "region"])
    assert rows.loc[("A-28", "all"), "status"] == OUTSIDE


def test_catalogue_names_every_measure():
    assert set(MEASURES) <= set(catalogue()["code"])
    assert set(catalogue()["direction"]) == {1, -1}


def test_columns(make, plan):
    assert tuple(indicators(make(), plan).columns) == COLUMNS
