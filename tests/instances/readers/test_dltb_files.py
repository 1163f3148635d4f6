from __future__ import annotations

import pandas as pd
import pyogrio
import pytest

from instances.faults import InstanceError
from tests.instances.readers.dltb_case import CRS, ROWS, cover, layer, parcels, run, square, write, zones

AREAS = {("a", "0103"): 0.9, ("a", "1203"): 0.1, ("b", "0702"): 2.0, ("c", "0201K"): 0.8, ("d", "0701"): 1.0}


def shapefile(folder, encoding, keep_cpg):
    folder.mkdir()
    pyogrio.write_dataframe(parcels(), folder / "DLTB.shp", encoding=encoding)
    if not keep_cpg:
        (folder / "DLTB.cpg").unlink()
    return folder


def village_names(folder):
    regions = pd.read_csv(folder / "land/regions.csv", dtype=str)
    return sorted(regions.loc[regions["level"] == "village", "name_zh"])


@pytest.mark.parametrize(
    ("encoding", "keep_cpg", "stated"),
    [
        ("GBK", True, "auto"),  # the .cpg file says it
        ("GBK", False, "auto"),  # not UTF-8, so GB18030
        ("UTF-8", False, "auto"),  # all of it is UTF-8
        ("GBK", False, "GBK"),  # the configuration says it
        ("GBK", True, "GB18030"),  # and comes before the .cpg file
    ],
)
def test_shapefiles_in_either_code_page(tmp_path, encoding, keep_cpg, stated):
    source = shapefile(tmp_path / "survey", encoding, keep_cpg)
    run(source, tmp_path / "made", f'[source]\nencoding = "{stated}"\n[zones]\nregion = "village"')
    assert village_names(tmp_path / "made") == ["第一村", "第三村", "第二村"]
    assert cover(tmp_path / "made") == pytest.approx(AREAS)


@pytest.mark.parametrize(("driver", "name"), [("OpenFileGDB", "county.gdb"), ("GPKG", "county.gpkg")])
@pytest.mark.parametrize("direct", [True, False], ids=["the database", "its folder"])
def test_databases(tmp_path, driver, name, direct):
    folder = tmp_path / "survey"
    folder.mkdir()
    options = {"driver": driver, "geometry_type": "MultiPolygon", "promote_to_multi": True}
    frame = parcels().astype({"GDDB": "int32"})
    pyogrio.write_dataframe(frame, folder / name, layer="dltb", **options)
    farmland = layer([square(0, 0, 30, 100)]).astype({"BSM": "int32"})
    pyogrio.write_dataframe(farmland, folder / name, layer="YJJBNTTB", **options)
    run(folder / name if direct else folder, tmp_path / "made")
    table = zones(tmp_path / "made")
    assert table["farmland"].to_dict() == {"a-1": 1, "a-2": 0, "b": 0, "c": 0, "d": 0}


def test_local_names_of_fields_are_mapped_and_case_does_not_matter(tmp_path):
    frame = parcels().rename(columns={"DLBM": "dl_code", "TBDLMJ": "MJ_NET", "KCMJ": "kcmj", "ZLDWDM": "CUN"})
    toml = '[fields]\nDLBM = "DL_CODE"\nTBDLMJ = "mj_net"\nZLDWDM = "CUN"'
    run(write(tmp_path / "survey", DLTB=frame), tmp_path / "made", toml)
    assert cover(tmp_path / "made") == pytest.approx(AREAS)


def test_codes_that_were_stored_as_numbers_get_their_zeros_back(tmp_path):
    frame = parcels(rows=(ROWS[0], ROWS[1]))
    frame["DLBM"], frame["KCDLBM"], frame["CZCSXM"] = [103, 702], [1203, 0], [0, 203]
    frame["ZLDWDM"] = [371002001201, 371002001201]
    run(write(tmp_path / "survey", DLTB=frame), tmp_path / "made")
    assert set(cover(tmp_path / "made")) == {("a", "0103"), ("a", "1203"), ("b", "0702")}
    assert zones(tmp_path / "made")["built_kind"].to_dict() == {"a": "", "b": "village"}


def test_layers_may_be_stated(tmp_path):
    source = write(tmp_path / "survey", old=layer([square(0, 0, 1, 1)]), parcels_2023=parcels())
    run(source, tmp_path / "made", '[layers]\nDLTB = "survey.gpkg|parcels_2023"')
    assert cover(tmp_path / "made") == pytest.approx(AREAS)


def changed(**columns):
    frame = parcels()
    for name, values in columns.items():
        frame[name] = values
    return frame


BAD = {
    "negative area": (changed(TBDLMJ=[-1.0, 1, 1, 1]), "", ["row 1, column TBDLMJ", "not negative"]),
    "no area": (changed(TBDLMJ=[1.0, None, 1, 1]), "", ["row 2, column TBDLMJ"]),
    "infinite area": (changed(KCMJ=[1.0, 0, float("inf"), 0]), "", ["row 3, column KCMJ"]),
    "unknown code": (changed(DLBM=["0103", "9999", "0201K", "8888"]), "", ["row 2, column DLBM", "row 4, column DLBM"]),
    "code of another level": (changed(DLBM=["01", "0702", "0201", "0701"]), "", ["'01' is not usable"]),
    "unknown deducted code": (changed(KCDLBM=["77", "", "", ""]), "", ["row 1, column KCDLBM"]),
    "two kinds at once": (changed(DLBM=["x", "0702", "0201", "0701"], TBDLMJ=[1.0, -5, 1, 1]), "", ["DLBM", "TBDLMJ"]),
    "no class field": (parcels().drop(columns="DLBM"), "", ["column DLBM", "地类编码", "the layer has"]),
    "no area field": (parcels().drop(columns="TBDLMJ"), "", ["column TBDLMJ"]),
    "no unit field": (parcels().drop(columns="ZLDWDM"), "", ["neither ZLDWDM nor QSDWDM"]),
    "mapped to nothing": (parcels(), '[fields]\nGDDB = "quality"', ["column quality", "field is missing"]),
    "no such standard field": (parcels(), '[fields]\nAREA = "TBMJ"', ["'AREA' is no field of DLTB"]),
    "areas in hectares": (changed(TBDLMJ=[0.9, 2, 0.8, 1], KCMJ=[0.1, 0, 0, 0]), "", ["must be in m2"]),
    "too much refused": (changed(DLBM=["", "0702", "0201", "0701"]), "", ["20.83%", "empty class code 1.00 ha"]),
    "another system": (parcels(crs="EPSG:32651"), "", ["reference system is WGS 84 / UTM zone 51N", "CGCS2000"]),
    "no system": (parcels(crs=None), "", ["names no reference system", "[source] crs"]),
    "unknown system": (parcels(crs=None), '[source]\ncrs = "EPSG:1"', ["no reference system"]),
    "misspelt key": (parcels(), "[zones]\nregoin = 1", ["zones.regoin"]),
    "years in disorder": (parcels(), "[instance]\nbase_year = 2040", ["must increase"]),
    "not TOML": (parcels(), "[zones", ["not a TOML file"]),
    "no such layer": (parcels(), '[layers]\nDLTB = "survey.gpkg|x"', ["has no layer x", "its layers are DLTB"]),
    "no such file": (parcels(), '[layers]\nPDT = "pdt.shp"', ["does not exist"]),
    "climbs out": (parcels(), '[layers]\nPDT = "../pdt.shp"', ["leads out of", "absolute path"]),
    "unknown layer": (parcels(), '[layers]\nROADS = "r.shp"', ["'ROADS' is not known"]),
    "unknown class wanted": (parcels(), 'more_classes = ["0999"]', ["'0999' is no class"]),
    "grid too fine": (parcels(), '[zones]\naggregate = "grid"\ngrid_m = 0.01', ["larger [zones] grid_m"]),
    "no DEM": (parcels(), '[slope]\ndem = "dem.tif"', ["does not exist"]),
}


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_is_told_in_words(tmp_path, name):
    frame, toml, words = BAD[name]
    source = write(tmp_path / "survey", DLTB=frame)
    with pytest.raises(InstanceError) as raised:
        run(source, tmp_path / "made", toml)
    for word in words:
        assert word in str(raised.value)


def test_a_source_without_parcels_names_what_it_has(tmp_path):
    source = write(tmp_path / "survey", XZQ=layer([square(0, 0, 1, 1)]))
    with pytest.raises(InstanceError, match=r"has no layer DLTB.*XZQ"):
        run(source, tmp_path / "made")


def test_a_source_that_is_not_there(tmp_path):
    with pytest.raises(InstanceError, match="does not exist"):
        run(tmp_path / "nowhere", tmp_path / "made")


def test_an_empty_layer(tmp_path):
    with pytest.raises(InstanceError, match="has no records"):
        run(write(tmp_path / "survey", DLTB=parcels().iloc[:0]), tmp_path / "made")


def test_a_database_that_was_cut_off(tmp_path):
    source = write(tmp_path / "survey", DLTB=parcels())
    whole = (source / "survey.gpkg").read_bytes()
    (source / "survey.gpkg").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InstanceError, match=r"survey\.gpkg"):
        run(source, tmp_path / "made")


def test_text_that_is_not_in_the_stated_code_page(tmp_path):
    source = shapefile(tmp_path / "survey", "GBK", keep_cpg=True)
    with pytest.raises(InstanceError, match=r"not utf-8.*encoding"):
        run(source, tmp_path / "made", '[source]\nencoding = "UTF-8"')


def test_a_code_page_that_does_not_exist(tmp_path):
    source = shapefile(tmp_path / "survey", "GBK", keep_cpg=True)
    with pytest.raises(InstanceError, match="no code page"):
        run(source, tmp_path / "made", '[source]\nencoding = "KBG"')


def test_a_layer_without_system_takes_the_stated_one(tmp_path):
    run(write(tmp_path / "survey", DLTB=parcels(crs=None)), tmp_path / "made", f'[source]\ncrs = "{CRS}"')
    assert cover(tmp_path / "made") == pytest.approx(AREAS)


@pytest.mark.parametrize("name", ["DLTB", "STBHHX"])
def test_a_shapefile_that_is_cut_off_is_a_fault(tmp_path, name):
    source = shapefile(tmp_path / "survey", "UTF-8", keep_cpg=True)
    pyogrio.write_dataframe(layer([square(0, 0, 50, 50), square(50, 50, 90, 90)]), source / "STBHHX.shp")
    path = source / f"{name}.shp"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InstanceError, match=rf"{name}\.shp: is cut off"):
        run(source, tmp_path / "made")
