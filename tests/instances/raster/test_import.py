"""Imports of a raster of twelve pixels, worked out by hand; a pixel is one hectare."""

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from instances.faults import InstanceError
from instances.instance import load

NATURE = 'name = "nature"\nfile = "nature.gpkg"\nrole = "red_line"'


def cover(study):
    frame = pd.read_parquet(study.folder / "instance" / "land" / "cover.parquet")
    return frame.pivot_table(index="zone", columns="class", values="area_ha", fill_value=0.0)


def test_every_hectare_is_accounted_for(study):
    report, zones = study.run()
    # 12 pixels: one without data, one whose class the table refuses, ten imported
    assert report.hectares("read") == pytest.approx(12)
    assert report.hectares("nodata") == pytest.approx(1)
    assert report.hectares("refused", "9") == pytest.approx(1)
    assert report.hectares("imported") == pytest.approx(10)
    classes = [report.hectares("class", name) for name in ("field", "wood", "town")]
    assert classes == pytest.approx([4, 4, 2])
    assert len(zones) == 10
    written = pd.read_csv(study.folder / "instance" / "import_report.csv", keep_default_na=False)
    assert written.loc[written["item"] == "imported", "area_ha"].item() == pytest.approx(10)


def test_the_instance_loads_with_default_tables(study):
    study.run()
    instance = load(study.folder / "instance")
    assert instance.settings.instance.crs == "EPSG:3035"
    assert set(instance.require_land().tables["factors"]["class"]) == {"field", "wood", "town"}
    assert len(instance.require_land().tables["transitions"]) == 3 * 2


def test_a_line_splits_pixels_exactly(study, rectangle):
    # covers the left column and a quarter of the second, over the upper one and a half rows
    study.shapes("nature.gpkg", [rectangle(0, 1.5, 1.25, 3)])
    study.overlay(NATURE)
    report, zones = study.run()
    assert report.hectares("line_exact", "red_line general") == pytest.approx(1.25 * 1.5)
    inside = zones[zones["red_line"] == "general"]["area_ha"].sort_values().to_list()
    assert inside == pytest.approx([0.125, 0.25, 0.5, 1.0])
    assert report.hectares("split") == pytest.approx(3)  # three pixels are cut, in two zones each
    assert zones["area_ha"].sum() == pytest.approx(10)
    assert np.allclose(zones.area / 1e4, zones["area_ha"], rtol=0, atol=1e-9)


def test_a_line_in_another_crs(study, rectangle):
    study.shapes("nature.gpkg", [rectangle(0, 1.5, 1.25, 3)], crs="EPSG:4326")
    study.overlay(NATURE)
    report, _ = study.run()
    assert report.hectares("line_exact", "red_line general") == pytest.approx(1.875, abs=1e-6)


def test_core_goes_before_general(study, rectangle):
    study.shapes("nature.gpkg", [rectangle(0, 2, 2, 3), rectangle(1, 2, 2, 3)], kind=["park", "reserve"])
    study.overlay(NATURE + '\nwhere = { kind = ["park"] }')
    study.overlay(NATURE.replace('"nature"', '"core"') + '\nlevel = "core"\nwhere = { kind = ["reserve"] }')
    _, zones = study.run()
    assert zones.groupby("red_line")["area_ha"].sum().to_dict() == pytest.approx({"": 8, "general": 1, "core": 1})


def test_coarse_cells_hold_several_classes(study):
    study.cells = "size_m = 200"
    _, zones = study.run()
    shares = cover(study)
    assert shares.loc["r0c0"].to_dict() == pytest.approx({"field": 4, "wood": 0, "town": 0})
    assert shares.loc["r0c1"].to_dict() == pytest.approx({"field": 0, "wood": 3, "town": 0})
    assert zones.loc["r1c0", "area_ha"] == pytest.approx(2)


def test_a_sliver_joins_the_largest_piece_of_its_cell(study, rectangle):
    study.cells = "size_m = 100\nsliver_ha = 0.05"
    study.shapes("nature.gpkg", [rectangle(0, 2, 1.04, 3)])
    study.overlay(NATURE)
    report, zones = study.run()
    # 0.04 ha of the second pixel are a sliver; the first pixel lies inside as a whole
    assert report.hectares("line_exact", "red_line general") == pytest.approx(1.04)
    assert report.hectares("sliver_merged") == pytest.approx(0.04)
    assert report.hectares("line_sliver", "red_line general") == pytest.approx(-0.04)
    assert report.hectares("line", "red_line general") == pytest.approx(1.0)
    assert len(zones) == 10


def test_a_sliver_at_the_edge_joins_the_cell_beside_it(study, rectangle):
    study.cells = "size_m = 100\nsliver_ha = 0.05"
    study.shapes("outline.gpkg", [rectangle(0, 2, 1.04, 3)])
    study.region = 'outline = { file = "outline.gpkg" }'
    report, zones = study.run()
    assert report.hectares("outside", "outline") == pytest.approx(12 - 1.04)
    assert zones["area_ha"].to_list() == pytest.approx([1.04])


def test_zone_polygons_take_the_place_of_cells(study, rectangle):
    study.cells = '[cells.polygons]\nfile = "villages.gpkg"\nid = "name"'
    study.shapes("villages.gpkg", [rectangle(0, 0, 1.5, 3), rectangle(1, 0, 3, 3)], name=["east", "west"])
    report, zones = study.run()
    # the second overlaps the first by 0.5 x 3 pixels, which the first keeps
    assert zones["area_ha"].to_dict() == pytest.approx({"east": 4.5, "west": 4.5})
    assert report.hectares("overlap", "polygons") == pytest.approx(1.5)
    assert report.hectares("outside", "cell") == pytest.approx(3)
    assert cover(study).loc["east"].to_dict() == pytest.approx({"field": 3.0, "wood": 0.0, "town": 1.5})


def test_regions_split_cells(study, rectangle):
    study.region = 'parts = { file = "parts.gpkg", id = "name" }'
    study.shapes("parts.gpkg", [rectangle(0, 0, 1.5, 3), rectangle(1.5, 0, 4, 3)], name=["a", "b"])
    _, zones = study.run()
    assert zones.groupby("region")["area_ha"].sum().to_dict() == pytest.approx({"a": 4.5, "b": 5.5})
    assert load(study.folder / "instance").require_land().regions["parent"].to_list() == ["", "made", "made"]


def test_zones_in_another_crs_keep_their_hectares(study):
    study.cells = 'size_m = 100\ncrs = "EPSG:25832"'
    _, zones = study.run()
    assert zones.crs.to_epsg() == 25832
    assert zones["area_ha"].sum() == pytest.approx(10)
    assert zones.area.sum() / 1e4 == pytest.approx(10, rel=5e-3)


def test_invalid_shapes_are_repaired_and_counted(study, rectangle):
    left, low, right, high = rectangle(0, 1, 2, 3).bounds
    bow = shapely.Polygon([(left, low), (right, high), (right, low), (left, high)])
    study.shapes("nature.gpkg", [bow, shapely.Polygon()])
    study.overlay(NATURE)
    report, _ = study.run()
    assert report.hectares("line_exact", "red_line general") == pytest.approx(2)  # two triangles of 2 x 1 / 2
    counts = {line[0]: line[3] for line in report.lines if line[1] == "nature"}
    assert counts == {"repaired": 1, "empty": 1}


def test_a_raster_overlay_gives_a_flag(study, raster_file):
    flags = np.zeros((3, 4), dtype=np.uint8)
    flags[0, :2] = 7
    raster_file(study.folder / "farm.tif", flags)
    study.overlay('name = "farm"\nfile = "farm.tif"\nrole = "farmland"\nvalues = [7]')
    _, zones = study.run()
    assert zones.loc[zones["farmland"] == 1].index.to_list() == ["r0c0", "r0c1"]


def test_the_raster_itself_may_be_the_source(study):
    (study.folder / "cover.tif").rename(study.folder / "other.tif")
    report, _ = study.run(study.folder / "other.tif")
    assert report.hectares("imported") == pytest.approx(10)


def test_degrees_are_measured_on_the_ellipsoid(study, raster_file):
    step = 0.001
    corner = rasterio.transform.from_origin(6.0, 51.0, step, step)
    raster_file(study.folder / "cover.tif", np.array([[1, 2]], dtype=np.uint8), crs="EPSG:4326", transform=corner)
    study.cells = "size_pixels = 1"
    report, _ = study.run()
    # 111.2665 m by 70.194 m at 51 degrees north on WGS 84, from tables of lengths of a degree
    assert report.hectares("imported") == pytest.approx(2 * 111.2665 * 70.194 / 1e4, rel=1e-3)


def test_areas_on_the_ellipsoid(study, raster_file):
    # on the central meridian of a UTM zone lengths are 0.9996 of the true ones
    corner = rasterio.transform.from_origin(499_950, 5_600_000, 100, 100)
    raster_file(study.folder / "cover.tif", np.array([[1]], dtype=np.uint8), crs="EPSG:32632", transform=corner)
    config = study.config().replace('classes = "classes.csv"', 'classes = "classes.csv"\narea = "ellipsoid"')
    report, _ = study.run(config=config)
    assert report.hectares("imported") == pytest.approx(1 / 0.9996**2, rel=1e-6)


def refused(study):
    with pytest.raises(InstanceError) as caught:
        study.run()
    return caught.value.faults


def test_an_unmapped_value_is_a_fault_with_its_hectares(study):
    table = study.folder / "classes.csv"
    rows = [line for line in table.read_text(encoding="utf-8").splitlines() if not line.startswith("3")]
    table.write_text("\n".join(rows), encoding="utf-8")
    (fault,) = refused(study)
    assert "raster value 3 (2.0000 ha) is not in the class table" in str(fault)


@pytest.mark.parametrize(
    ("shape", "crs", "message"),
    [
        ((50, 50, 51, 51), "EPSG:3035", "lies outside the area"),  # a wrong CRS puts overlays far away
        ((0, 0, 1, 1), None, "has no coordinate system"),
    ],
)
def test_overlays_that_cannot_be_meant(study, rectangle, shape, crs, message):
    study.shapes("nature.gpkg", [rectangle(*shape)], crs=crs)
    study.overlay(NATURE)
    (fault,) = refused(study)
    assert message in str(fault)


def test_coordinates_that_do_not_fit_the_stated_crs(study, rectangle):
    study.shapes("nature.gpkg", [rectangle(0, 0, 1, 1)], crs=None)
    study.overlay(NATURE + '\ncrs = "EPSG:4326"')  # metres taken for degrees
    (fault,) = refused(study)
    assert "coordinates that the raster's CRS cannot express" in str(fault)


def test_an_overlay_may_be_expected_to_be_empty(study, rectangle):
    study.shapes("nature.gpkg", [rectangle(50, 50, 51, 51)])
    study.overlay(NATURE + "\nmay_be_empty = true")
    report, _ = study.run()
    assert report.hectares("line", "red_line general") == 0


def test_all_files_are_judged_at_once(study, rectangle):
    study.shapes("nature.gpkg", [rectangle(0, 0, 1, 1)], kind=["park"])
    (study.folder / "broken.gpkg").write_bytes(b"SQLite format 3\0 and no more")
    study.overlay(NATURE + '\nwhere = { sort = ["park"] }')
    study.overlay('name = "gone"\nfile = "gone.gpkg"\nrole = "boundary"')
    study.overlay('name = "broken"\nfile = "broken.gpkg"\nrole = "farmland"')
    study.overlay('name = "climbs"\nfile = "../climbs.gpkg"\nrole = "farmland"')
    text = "\n".join(map(str, refused(study)))
    assert "has no column sort" in text
    assert "gone.gpkg: file is missing" in text
    assert "broken.gpkg: cannot be read" in text
    assert "../climbs.gpkg: lies outside" in text


def test_a_header_that_claims_a_huge_size_is_refused_unread(study):
    path = study.folder / "cover.tif"
    options = {"driver": "GTiff", "count": 1, "dtype": "uint8", "sparse_ok": True, "crs": "EPSG:3035"}
    corner = rasterio.transform.from_origin(4e6, 3e6, 1, 1)
    with rasterio.open(path, "w", width=200_000, height=200_000, transform=corner, tiled=True, **options):
        pass
    assert path.stat().st_size < 30_000_000
    (fault,) = refused(study)
    assert "claims 200,000 x 200,000 = 40,000,000,000 pixels" in str(fault)


def test_an_overlay_that_is_cut_off_is_a_fault(study):
    shapes = geopandas.GeoSeries(
        [shapely.box(4e6, 3e6, 4.0001e6, 3.0001e6), shapely.box(4.0002e6, 3.0001e6, 4.0003e6, 3.0002e6)],
        crs="EPSG:3035",
    )
    geopandas.GeoDataFrame(geometry=shapes).to_file(study.folder / "nature.shp")
    path = study.folder / "nature.shp"
    path.write_bytes(path.read_bytes()[:-20])  # GDAL would read the second as an empty shape
    study.overlay('name = "nature"\nfile = "nature.shp"\nrole = "red_line"')
    (fault,) = refused(study)
    assert "nature.shp: is cut off" in str(fault)


def test_a_truncated_raster_is_a_fault(study, raster_file):
    noise = np.random.default_rng(0).integers(1, 3, (400, 400)).astype(np.uint8)
    path = raster_file(study.folder / "cover.tif", noise)
    path.write_bytes(path.read_bytes()[:40_000])
    (fault,) = refused(study)
    assert "cover.tif: cannot be read as a raster" in str(fault)


@pytest.mark.parametrize("name", ["nature.zip", "nature.vrt"])
def test_archives_and_pointers_are_not_opened(study, name):
    (study.folder / name).write_bytes(b"PK")
    study.overlay(f'name = "nature"\nfile = "{name}"\nrole = "red_line"')
    (fault,) = refused(study)
    assert "are not read" in str(fault)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("size_m = 150", "is no whole number of pixels"),
        ("size_m = 100\nsize_pixels = 1", "give one of size_m, size_pixels and polygons"),
        ("size_m = nan", "finite number"),
        ("size_m = 100\nsliver = 1", "cells.sliver: is not known; misspelt?"),
        ("size_m = 1e300", "is larger than the raster"),
        ("size_pixels = 100000", "is larger than the raster"),
        ('size_m = 100\ncrs = "EPSG:1"', "unknown CRS"),
    ],
)
def test_cells_that_make_no_sense(study, cells, message):
    study.cells = cells
    (fault,) = refused(study)
    assert message in str(fault)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("2,wood", "two,wood"), "row 3, column value: 'two' is no whole number"),
        (("2,wood", "1,wood"), "row 3, column value: value 1 is listed twice"),
        ((",forest,", ",woods,"), "row 3, column group: class wood: 'woods' is no leaf group"),
        (("3,town,", "3,wood,"), "row 4, column class: class wood is described in two ways"),
        (("name_en", "name"), "column name_en: has no column name_en"),
    ],
)
def test_faults_of_the_class_table(study, change, message):
    table = study.folder / "classes.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    assert any(message in str(fault) for fault in refused(study))


def test_faults_of_cells_and_tables_are_told_at_once(study):
    study.cells = "size_m = 150"
    study.overlays += '[tables]\nquotas = "nope.csv"\nfactors = "none.csv"\n'
    told = [str(fault) for fault in refused(study)]
    assert [word in fault for word, fault in zip(("nope.csv", "none.csv", "whole number"), told, strict=True)] == [
        True
    ] * 3


def test_a_condition_on_a_class_that_is_not_there(study):
    study.overlays += '[[condition]]\nto = ["town", "twon"]\ncolumn = "near"\n[zone_values]\nnear = 1\n'
    (fault,) = refused(study)
    assert "condition.0.to: no class 'twon'" in str(fault)


def test_conditions_values_and_columns_by_slope(study):
    flat = np.zeros((60, 60), dtype=np.float32)
    corner = rasterio.transform.from_origin(3_999_000, 3_002_000, 50, 50)
    options = {"driver": "GTiff", "count": 1, "dtype": "float32", "width": 60, "height": 60}
    with rasterio.open(study.folder / "dem.tif", "w", transform=corner, crs="EPSG:3035", **options) as out:
        out.write(flat, 1)
    study.overlay('name = "dem"\nfile = "dem.tif"\nrole = "dem"')
    study.overlays += '[[condition]]\nto = ["town"]\ncolumn = "near"\n[zone_values]\nnear = 1\nafforestable = 1\n'
    study.overlays += "[zone_by_slope]\npotential_grade = [4, 5, 6, 0, 0]\n"
    _, zones = study.run()
    assert set(zones["potential_grade"]) == {4}
    assert set(zones["near"]) == {1}
    land = load(study.folder / "instance").require_land()
    rules = land.tables["transitions"].set_index(["from", "to"])
    assert rules.loc[("field", "town"), "condition"] == "near"
    assert rules.loc[("field", "wood"), "condition"] == "retirement"  # the shipped condition stays


def test_text_of_the_config_is_written_safely(study):
    title = r'title_en = "A \"quoted\" \\ title <b>&</b>\nand a line"'
    study.run(config=study.config().replace('name = "made"', f'name = "made"\n{title}', 1))
    about = load(study.folder / "instance").settings.instance
    assert about.title_en == 'A "quoted" \\ title <b>&</b>\nand a line'
