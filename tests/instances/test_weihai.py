"""The bundled Weihai instance: published totals, zones that agree with their cover, references, determinism."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pytest

from instances.instance import Instance, load
from instances.library.build_weihai import HOME, build
from instances.library.weihai_context import KAYA, PUBLISHED_EMISSIONS, activity, kaya_t
from instances.library.weihai_cover import PUBLISHED_WANMU, SPLITS, WANMU_HA, class_totals, fit
from instances.library.weihai_geography import DISTRICT_SHARE, LAND_AREA_HA

if TYPE_CHECKING:
    from pathlib import Path

TONNES_CO2_PER_TONNE_C = 44.0 / 12.0


@pytest.fixture(scope="module")
def weihai() -> Instance:
    return load("weihai")


@pytest.fixture(scope="module")
def zones() -> geopandas.GeoDataFrame:
    return geopandas.read_parquet(HOME / "land" / "zones.parquet")


def _table(name: str, part: str = "land") -> pd.DataFrame:
    return pd.read_csv(HOME / part / f"{name}.csv", dtype={"class": str, "from": str, "to": str}, keep_default_na=False)


def _class_areas() -> pd.Series:
    return _table("cover").groupby("class")["area_ha"].sum()


def _sink_wan_t(codes: list[str]) -> float:
    """Annual sink of some classes in 1e4 tCO2, by the shipped factors."""
    factors = _table("factors")
    sink = factors[factors["factor"] == "sink"].set_index("class")["value"]
    areas = _class_areas()
    return float((sink[codes] * areas[codes]).sum()) * TONNES_CO2_PER_TONNE_C / 1e4


@pytest.mark.parametrize("total", PUBLISHED_WANMU)
def test_published_totals_are_met(total: str) -> None:
    codes = [split.code for split in SPLITS if split.total == total]
    assert _class_areas()[codes].sum() == pytest.approx(PUBLISHED_WANMU[total] * WANMU_HA, rel=1e-3)


def test_every_class_total_is_met() -> None:
    wanted = pd.Series(class_totals())
    assert set(_class_areas().index) == set(wanted.index)  # power supply land is there in the plan only
    np.testing.assert_allclose(_class_areas()[wanted.index], wanted, rtol=1e-3)


def test_class_totals_add_to_the_land_area() -> None:
    assert sum(class_totals().values()) == pytest.approx(LAND_AREA_HA)
    rest = LAND_AREA_HA - sum(PUBLISHED_WANMU.values()) * WANMU_HA
    assert rest == pytest.approx(25_280, abs=1)


@pytest.mark.parametrize("total", sorted({split.total for split in SPLITS}))
def test_splits_of_a_total_add_to_one(total: str) -> None:
    assert sum(split.share for split in SPLITS if split.total == total) == pytest.approx(1.0, abs=1e-12)


def test_zone_areas_agree_with_cover_and_geometry(zones: geopandas.GeoDataFrame) -> None:
    held = _table("cover").groupby("zone")["area_ha"].sum()[zones["zone"]].to_numpy()
    np.testing.assert_allclose(held, zones.geometry.area / 1e4, rtol=1e-6)
    np.testing.assert_allclose(held, zones["area_ha"], rtol=1e-9)
    assert zones.geometry.area.sum() / 1e4 == pytest.approx(LAND_AREA_HA, rel=1e-6)


def test_zones_do_not_overlap(zones: geopandas.GeoDataFrame) -> None:
    assert zones.geometry.is_valid.all()
    assert zones.union_all().area == pytest.approx(zones.geometry.area.sum(), rel=1e-6)


def test_size_and_districts(zones: geopandas.GeoDataFrame) -> None:
    assert 2_300 <= len(zones) <= 2_700
    share = zones.groupby("region")["area_ha"].sum() / zones["area_ha"].sum()
    np.testing.assert_allclose(share[list(DISTRICT_SHARE)], list(DISTRICT_SHARE.values()), atol=0.005)


def test_classes_in_a_zone() -> None:
    cover = _table("cover")
    assert cover.groupby("zone").size().between(1, 6).all()
    assert cover["area_ha"].min() >= 0.01


def test_permanent_farmland_is_cropland_outside_the_other_lines(zones: geopandas.GeoDataFrame) -> None:
    cover = _table("cover").merge(zones[["zone", "farmland", "area_ha"]], on="zone", suffixes=("", "_zone"))
    crops = cover[cover["class"].isin(("0102", "0103"))]
    protected = crops[crops["farmland"] == 1]
    assert 0.80 <= protected["area_ha"].sum() / crops["area_ha"].sum() <= 0.85
    inside = zones[zones["farmland"] == 1]
    assert (protected.groupby("zone")["area_ha"].sum()[inside["zone"]].to_numpy() / inside["area_ha"] > 0.9).all()
    assert ((inside["red_line"] == "") & (inside["boundary"] == 0)).all()
    assert (inside["slope_class"] < 5).all()


def test_red_line_and_boundary(zones: geopandas.GeoDataFrame) -> None:
    share = zones.groupby("red_line")["area_ha"].sum() / zones["area_ha"].sum()
    assert 0.12 <= share["core"] + share["general"] <= 0.18
    assert not ((zones["red_line"] != "") & (zones["boundary"] == 1)).any()
    cover = _table("cover").merge(zones[["zone", "boundary"]], on="zone")
    housing = cover[cover["class"] == "0701"]
    assert housing.loc[housing["boundary"] == 1, "area_ha"].sum() > 0.9 * housing["area_ha"].sum()


def test_whole_zones_hold_one_class(zones: geopandas.GeoDataFrame) -> None:
    whole = zones.loc[zones["whole"] == 1, "zone"]
    assert len(whole) >= 35
    assert (_table("cover").groupby("zone").size()[whole] == 1).all()
    assert (zones["min_lot_ha"] > 0).sum() == 60


def test_grades(zones: geopandas.GeoDataFrame) -> None:
    farmed = zones["zone"].isin(_table("cover").query("`class` in ('0102', '0103')")["zone"])
    assert ((zones["grade"] > 0) == farmed).all()
    assert (zones.loc[zones["slope_class"] == 5, "potential_grade"] == 0).all()


@pytest.mark.parametrize(
    ("codes", "wan_t", "tolerance"),
    [
        (["02"], 51.8, 0.1),
        (["1105", "0603", "1108"], 12.0, 0.1),
        (["1101", "1103", "1104"], 8.0, 0.1),
    ],
    ids=["orchard", "wetland", "water"],
)
def test_sinks_reproduce_the_printed_ones(codes: list[str], wan_t: float, tolerance: float) -> None:
    assert _sink_wan_t(codes) == pytest.approx(wan_t, abs=tolerance)


def test_forest_sink_stays_below_the_printed_one() -> None:
    printed = _table("context").query("item == 'published_sink:forest'")["value"].astype(float).item()
    assert printed == 82
    assert _sink_wan_t(["0301", "0305", "0307"]) <= 46.8


def test_outlook() -> None:
    assert kaya_t(2017) == pytest.approx(282.24 * 9.90 * 1.25 * 1e4)
    assert kaya_t(2035) == pytest.approx(2_886.4e4, rel=1e-4)
    for year, printed in PUBLISHED_EMISSIONS.items():
        assert kaya_t(year) / 1e4 == pytest.approx(printed, rel=0.011)
    assert kaya_t(2050) == kaya_t(2035)
    assert set(KAYA) <= set(_table("context")["item"])


def test_activity_shares_add_to_one() -> None:
    table = _table("activity")
    assert table["share"].sum() == pytest.approx(1.0, abs=1e-9)
    assert (table["share"] > 0).all()
    by_power = table.loc[table["scope"] == 2, "share"].sum()
    assert by_power == pytest.approx(0.466 * 0.6, abs=1e-6)  # heat, the rest, is made in the city


def test_activity_follows_the_area_of_the_group() -> None:
    """Industry lies in one district only: all its share goes there."""
    codes = {"0601": "industry", "1003": "transport", "05H1": "commerce", "08H2": "public"}
    zones = pd.DataFrame({"zone": ["a", "b", "c", "d"], "region": ["huancui", "wendeng", "rongcheng", "rushan"]})
    everywhere = [(zone, code, 1.0) for zone in "abcd" for code in ("1003", "05H1", "08H2")]
    industry = [(zone, "0601", 1.0 if zone == "b" else 0.0) for zone in "abcd"]
    cover = pd.DataFrame(everywhere + industry, columns=["zone", "class", "area_ha"])
    table = activity(cover, zones, pd.Series(codes))
    rows = table[(table["group"] == "industry") & (table["share"] > 1e-6)]
    assert set(rows["region"]) == {"wendeng"}


def test_child_caps_stay_within_the_city(weihai: Instance) -> None:
    caps = weihai.require_land().quotas.query("rule == 'carbon_cap'")
    for _year, rows in caps.groupby("period"):
        city = rows.loc[rows["region"] == "weihai", "value"].item()
        assert rows.loc[rows["region"] != "weihai", "value"].sum() <= city + 1e-6


def test_bank_by_grade_adds_to_the_bank(weihai: Instance) -> None:
    bank = weihai.require_land().quotas.query("rule == 'compensation_bank'")
    for _region, rows in bank.groupby("region"):
        by_grade = rows.loc[rows["grade"] > 0, "value"].sum()
        assert by_grade == pytest.approx(rows.loc[rows["grade"] == 0, "value"].item(), abs=1e-6)


def test_every_leaf_of_built_land_has_a_floor(weihai: Instance) -> None:
    land = weihai.require_land()
    present = set(land.classes["group"]) & set(land.groups.leaves_of("built"))
    floors = set(land.quotas.query("rule == 'floor' and region == 'weihai'")["group"])
    assert present <= floors


def test_every_value_has_a_source_and_a_status() -> None:
    for name in ("factors", "quotas", "context", "activity", "indicators", "transitions"):
        table = _table(name)
        assert (table["source"] != "").all()
        assert table["status"].isin(("published", "computed", "recalled", "assumed", "made")).all()


def test_sink_target_is_an_indicator_and_no_rule() -> None:
    target = _table("indicators").query("code == 'sink_total'")
    assert float(target["value"].item()) == 191
    assert not _table("quotas")["id"].str.contains("sink").any()


def test_projects(weihai: Instance) -> None:
    projects = _table("projects", "restoration")
    members = _table("unit_zone", "restoration")
    assert len(projects) == 12
    assert not members["zone"].duplicated().any()
    assert (projects["min_area_ha"] < projects["max_area_ha"]).all()
    core = weihai.require_land().zones.query("red_line == 'core'")["zone"]
    assert not members["zone"].isin(core).any()


def test_geography_is_labelled_synthetic(weihai: Instance) -> None:
    assert weihai.settings.instance.synthetic_geography
    assert "synthetic" in (HOME / "README.md").read_text(encoding="utf-8")


def test_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in HOME.rglob("*") if path.is_file()) < 3_000_000


PARTS = ("", "-land", "-restoration", "-energy")
"""The joint study and the studies of its parts, by what follows the name."""


def test_building_anew_gives_the_same_files(tmp_path: Path) -> None:
    build(tmp_path / "weihai")
    for part in PARTS:
        shipped, made = HOME.with_name(f"weihai{part}"), tmp_path / f"weihai{part}"
        texts = [path for path in sorted(shipped.rglob("*")) if path.suffix in (".csv", ".toml", ".md")]
        assert len(texts) >= 6
        for path in texts:
            assert (made / path.relative_to(shipped)).read_bytes() == path.read_bytes(), path
        for path in shipped.rglob("*.parquet"):
            again, old = (geopandas.read_parquet(file) for file in (made / path.relative_to(shipped), path))
            assert again.geometry.geom_equals_exact(old.geometry, 0.0).all()
            pd.testing.assert_frame_equal(again.drop(columns="geometry"), old.drop(columns="geometry"))


def test_the_study_without_energy_is_the_same_land() -> None:
    """It has no class of power supply land; what is there at present is the same."""
    land = load("weihai-land").require_land()
    assert "1303" not in set(land.classes["class"])
    for name in ("cover", "quotas", "activity", "context"):
        other = HOME.with_name("weihai-land") / "land" / f"{name}.csv"
        assert other.read_bytes() == (HOME / "land" / f"{name}.csv").read_bytes()


def test_fit_meets_rows_and_columns() -> None:
    fitted = fit(np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([4.0, 6.0]), np.array([5.0, 5.0]))
    np.testing.assert_allclose(fitted.sum(axis=0), [5.0, 5.0])
    np.testing.assert_allclose(fitted.sum(axis=1), [4.0, 6.0])
