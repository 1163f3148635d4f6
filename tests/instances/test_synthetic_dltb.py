from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import Geod

from instances.readers.dltb import import_dltb
from instances.synthetic.dltb import Flaws, generate_dltb
from instances.synthetic.dltb.flaws import NO_FLAWS

PARCELS = 250
GEOD = Geod(a=6378137, rf=298.257222101)
MANY = Flaws(gaps=0.01, overlaps=0.01, crossed=0.01, empty_codes=0.005, duplicates=0.005)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return generate_dltb(tmp_path_factory.mktemp("clean") / "survey", PARCELS, 3, flaws=NO_FLAWS)


@pytest.fixture(scope="module")
def flawed(tmp_path_factory):
    return generate_dltb(tmp_path_factory.mktemp("flawed") / "survey", PARCELS, 3, flaws=MANY)


def table_of(folder, layer="DLTB"):
    return geopandas.read_file(folder / "survey.gpkg", layer=layer)


def imported(source, folder):
    folder.mkdir()
    return import_dltb(source, folder, source / "dltb.toml")


def line(made, stage, item):
    rows = made.account.table().query("stage == @stage and item == @item")
    return (int(rows["count"].sum()), float(rows["area_ha"].sum()))


def test_a_clean_survey_covers_its_regions_once(clean):
    parcels, towns = table_of(clean), table_of(clean, "XZQ")
    assert 0.9 * PARCELS < len(parcels) < 2 * PARCELS
    assert parcels.is_valid.all()
    whole = shapely.union_all(towns.geometry.to_numpy())
    assert parcels.area.sum() == pytest.approx(whole.area, rel=1e-6)
    assert shapely.union_all(parcels.geometry.to_numpy()).area == pytest.approx(whole.area, rel=1e-6)


def test_areas_of_the_tables_are_those_on_the_ellipsoid(clean):
    parcels = table_of(clean)
    degrees = parcels.to_crs(4490).geometry
    expected = [abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in degrees]
    assert parcels["TBMJ"].to_numpy() == pytest.approx(np.array(expected), rel=1e-5, abs=0.02)
    assert (parcels["TBDLMJ"] + parcels["KCMJ"]).to_numpy() == pytest.approx(parcels["TBMJ"].to_numpy(), abs=0.02)


def test_fields_keep_the_rules_of_the_standard(clean):
    parcels = table_of(clean)
    cropland = parcels["DLBM"].str.startswith("010")
    assert cropland.any()
    assert parcels["BSM"].is_unique
    assert parcels["ZLDWDM"].str.fullmatch(r"\d{19}").all()
    assert parcels.loc[cropland, "GDPDJB"].isin(list("12345")).all()
    assert parcels.loc[~cropland, "GDPDJB"].fillna("").eq("").all()
    assert (parcels.loc[~cropland, "KCMJ"] == 0).all()
    assert (parcels.loc[cropland & (parcels["KCMJ"] > 0), "KCDLBM"] == "1203").all()
    assert parcels["CZCSXM"].fillna("").isin(["", "201", "202", "203", "203A", "204", "205"]).all()
    assert {"201", "203"} <= set(parcels["CZCSXM"].dropna())
    assert parcels["DLBM"].str.endswith("K").any()


def test_roads_and_rivers_are_thin(clean):
    parcels = table_of(clean)
    strips = parcels[parcels["DLBM"].isin(["1003", "1006", "1101", "1107"])]
    width = 2 * strips.area / strips.length
    assert set(strips["DLBM"]) == {"1003", "1006", "1101", "1107"}
    assert (width < 41).all()


def test_the_same_seed_makes_the_same_survey(clean, tmp_path):
    again = generate_dltb(tmp_path / "again", PARCELS, 3, flaws=NO_FLAWS)
    pd.testing.assert_frame_equal(pd.DataFrame(table_of(again)), pd.DataFrame(table_of(clean)))
    other = generate_dltb(tmp_path / "other", PARCELS, 4, flaws=NO_FLAWS)
    assert not table_of(other)["TBMJ"].head(50).equals(table_of(clean)["TBMJ"].head(50))


def test_an_import_of_a_clean_survey_refuses_nothing(clean, tmp_path):
    made = imported(clean, tmp_path / "made")
    parcels = table_of(clean)
    assert made.account.total("refused") == 0
    assert made.account.total("kept") == pytest.approx((parcels["TBDLMJ"] + parcels["KCMJ"]).sum() / 1e4, rel=1e-12)
    assert line(made, "repaired", "invalid polygons") == (0, 0.0)


def test_an_import_finds_every_flaw_that_was_made(clean, flawed, tmp_path):
    made = imported(flawed, tmp_path / "made")
    count = len(table_of(clean))
    wanted = {name: max(1, round(share * count)) for name, share in vars(MANY).items()}
    assert line(made, "repaired", "invalid polygons")[0] == wanted["crossed"]
    assert line(made, "refused", "empty class code")[0] == wanted["empty_codes"]
    assert line(made, "refused", "duplicates")[0] == wanted["duplicates"]
    assert line(made, "refused", "overlaps")[0] >= wanted["overlaps"]
    assert line(made, "read", "DLTB")[0] == count - wanted["gaps"] + wanted["duplicates"]
    assert made.account.imbalance < 1e-9
    gone = set(table_of(clean)["BSM"]) - set(table_of(flawed)["BSM"])
    assert len(gone) == wanted["gaps"]


def test_hectares_by_class_are_those_of_the_tables(flawed, tmp_path):
    made = imported(flawed, tmp_path / "made")
    parcels = table_of(flawed)
    cover = pd.read_parquet(tmp_path / "made/land/cover.parquet").groupby("class")["area_ha"].sum()
    ridges = parcels.loc[parcels["DLBM"].fillna("") != "", "KCMJ"].sum() / 1e4
    lost = made.account.total("refused")
    assert cover["1203"] <= ridges
    assert cover["1203"] == pytest.approx(ridges, abs=lost)
    assert cover.sum() == pytest.approx((parcels["TBDLMJ"] + parcels["KCMJ"]).sum() / 1e4 - lost, rel=1e-12)


@pytest.mark.parametrize("driver", ["ESRI Shapefile", "OpenFileGDB"])
def test_every_format_gives_the_same_zones(clean, tmp_path, driver):
    source = generate_dltb(tmp_path / "survey", PARCELS, 3, driver=driver, flaws=NO_FLAWS)
    one, other = imported(clean, tmp_path / "one"), imported(source, tmp_path / "other")
    assert other.zones == pytest.approx(one.zones, rel=0.01)  # a .gdb rounds to 0.1 mm, which turns a few slivers
    cover = [pd.read_parquet(tmp_path / name / "land/cover.parquet") for name in ("one", "other")]
    sums = [table.groupby("class")["area_ha"].sum() for table in cover]
    pd.testing.assert_series_equal(*sums, rtol=1e-9)


def test_shapefiles_are_gbk(tmp_path):
    source = generate_dltb(tmp_path / "survey", 100, 1, driver="ESRI Shapefile")
    assert (source / "DLTB.cpg").read_text().strip() in ("GBK", "CP936")
    assert "合成县第1镇第1村".encode("gbk") in (source / "DLTB.dbf").read_bytes()
    assert pyogrio.read_info(source / "DLTB.shp")["crs"].endswith("4529")


@pytest.mark.parametrize(("parcels", "seed", "word"), [(10, 0, "parcels"), (10**9, 0, "parcels"), (200, -1, "seed")])
def test_options_out_of_range(tmp_path, parcels, seed, word):
    with pytest.raises(ValueError, match=word):
        generate_dltb(tmp_path / "survey", parcels, seed)
    assert not list(tmp_path.iterdir())


def test_shares_of_flaws_are_shares():
    with pytest.raises(ValueError, match="gaps"):
        Flaws(gaps=0.5)


def test_an_existing_folder_is_refused(tmp_path):
    with pytest.raises(FileExistsError):
        generate_dltb(tmp_path, 200, 0)
