from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely

from instances.faults import InstanceError
from instances.readers.dltb.pieces import merged_layer, tiled
from tests.instances.readers.dltb_case import CRS, SOUTH, WEST, cover, entry, layer, parcels, run, square, write, zones


def test_a_line_divides_the_hectares_of_the_tables_by_share_of_the_polygon(tmp_path):
    # 30 m of the 100 m of a: 0.3 of 0.9 ha cropland and of 0.1 ha ridges; 60 m of b: 0.6 of 2 ha
    lines = {
        "YJJBNTTB": layer([square(-50, -50, 30, 150)]),
        "CZKFBJ": layer([square(140, -50, 250, 150)]),
    }
    made = run(write(tmp_path / "survey", DLTB=parcels(), **lines), tmp_path / "made")
    table = zones(tmp_path / "made")
    assert table["farmland"].to_dict() == {"a-1": 1, "a-2": 0, "b-1": 0, "b-2": 0, "c-1": 0, "c-2": 0, "d": 0}
    inside = table[table["boundary"] == 1]["area_ha"].sort_values().to_list()
    assert inside == pytest.approx([0.4, 1.2])  # c: 50 m of 100 m of 0.8 ha; b: 60 m of 2 ha
    assert cover(tmp_path / "made")["a-1", "0103"] == pytest.approx(0.27)
    assert cover(tmp_path / "made")["a-1", "1203"] == pytest.approx(0.03)
    assert cover(tmp_path / "made")["a-2", "0103"] == pytest.approx(0.63)
    assert entry(made, "split", "farmland") == (1, pytest.approx(1.0))
    assert entry(made, "split", "boundary") == (2, pytest.approx(2.8))
    assert made.account.imbalance < 1e-12


def test_two_lines_that_cross_in_one_parcel_make_four_zones(tmp_path):
    lines = {"YJJBNTTB": layer([square(0, 0, 40, 100)]), "CZKFBJ": layer([square(0, 0, 100, 50)])}
    run(write(tmp_path / "survey", DLTB=parcels(), **lines), tmp_path / "made")
    parts = zones(tmp_path / "made").filter(like="a-", axis=0)
    found = {(row.farmland, row.boundary): row.area_ha for row in parts.itertuples()}
    assert found == pytest.approx({(1, 1): 0.2, (1, 0): 0.2, (0, 1): 0.3, (0, 0): 0.3})
    assert shapely.area(parts.geometry.to_numpy()) == pytest.approx(np.array(parts["area_ha"]) * 1e4)


def test_a_hole_and_an_island_are_cut_out(tmp_path):
    ring = square(10, 10, 90, 90).difference(square(30, 30, 70, 70))
    run(write(tmp_path / "survey", DLTB=parcels(), YJJBNTTB=layer([ring])), tmp_path / "made")
    parts = zones(tmp_path / "made").filter(like="a-", axis=0)
    assert parts.set_index("farmland")["area_ha"].to_dict() == pytest.approx({1: 0.48, 0: 0.52})


@pytest.mark.parametrize(
    ("line", "toml", "farmland", "hectares"),
    [
        # half a metre on the side of a: 0.5 of 100 m, 0.005 of 1 ha, narrower than 1 m
        (square(-50, -50, 0.5, 150), "", {"a": 0, "b": 0, "c": 0, "d": 0}, 0.005),
        # a line that misses the last half metre takes the whole parcel
        (square(-50, -50, 99.5, 150), "", {"a": 1, "b": 0, "c": 0, "d": 0}, 0.005),
        # 9 m x 9 m is wide enough, but smaller than 100 m2
        (square(0, 0, 9, 9), "", {"a": 0, "b": 0, "c": 0, "d": 0}, 0.0081),
        # with a finer rule both are cut
        (square(-50, -50, 0.5, 150), "[slivers]\narea_m2 = 1\nwidth_m = 0.1", {"a-1": 1, "a-2": 0}, None),
        (square(0, 0, 9, 9), "[slivers]\narea_m2 = 80", {"a-1": 1, "a-2": 0}, None),
    ],
    ids=["narrow strip", "narrow rest", "small corner", "narrow strip allowed", "small corner allowed"],
)
def test_slivers_stay_with_the_rest_of_their_parcel(tmp_path, line, toml, farmland, hectares):
    made = run(write(tmp_path / "survey", DLTB=parcels(), YJJBNTTB=layer([line])), tmp_path / "made", toml)
    found = zones(tmp_path / "made")["farmland"].to_dict()
    assert {name: found[name] for name in farmland} == farmland
    assert entry(made, "merged", "farmland") == ((1, pytest.approx(hectares)) if hectares else (0, 0.0))


def test_the_red_line_has_a_core(tmp_path):
    lines = layer([square(100, 0, 200, 100), square(150, 0, 300, 100)], HXLX=["一般控制区", "核心保护区"])
    run(write(tmp_path / "survey", DLTB=parcels(), STBHHX=lines), tmp_path / "made")
    found = zones(tmp_path / "made")
    parts = {name: (row.red_line, round(row.area_ha, 6)) for name, row in found.iterrows()}
    # where the two overlap the core holds
    assert parts == {"a": ("", 1.0), "b-1": ("core", 1.0), "b-2": ("general", 1.0), "c": ("core", 0.8), "d": ("", 1.0)}


def test_a_red_line_without_the_field_is_general_and_the_account_says_so(tmp_path):
    made = run(write(tmp_path / "survey", DLTB=parcels(), STBHHX=layer([square(0, 0, 100, 100)])), tmp_path / "made")
    assert zones(tmp_path / "made")["red_line"].to_dict() == {"a": "general", "b": "", "c": "", "d": ""}
    assert entry(made, "noted", "STBHHX") == (0, 0.0)


def test_slope_comes_from_the_survey_for_cropland_and_from_the_layer_for_the_rest(tmp_path):
    slopes = layer([square(0, 0, 150, 100), square(150, 0, 250, 100)], PDJB=[5, 3])
    made = run(write(tmp_path / "survey", DLTB=parcels(), PDT=slopes), tmp_path / "made")
    found = {name: (row.slope_class, round(row.area_ha, 6)) for name, row in zones(tmp_path / "made").iterrows()}
    assert found == {"a": (2, 1.0), "b-1": (5, 1.0), "b-2": (3, 1.0), "c-1": (3, 0.4), "c-2": (1, 0.4), "d": (1, 1.0)}
    assert entry(made, "noted", "slope") == (2, pytest.approx(1.4))  # half of c and d have no slope


@pytest.mark.parametrize(("values", "words"), [([7], "is no slope class"), (["steep"], "is no slope class")])
def test_slope_classes_outside_the_standard(tmp_path, values, words):
    source = write(tmp_path / "survey", DLTB=parcels(), PDT=layer([square(0, 0, 9, 9)], PDJB=values))
    with pytest.raises(InstanceError, match=words):
        run(source, tmp_path / "made")


def test_a_slope_layer_without_the_field_says_what_it_has(tmp_path):
    source = write(tmp_path / "survey", DLTB=parcels(), PDT=layer([square(0, 0, 9, 9)], SLOPE=[1]))
    with pytest.raises(InstanceError, match=r"column PDJB: field is missing.*SLOPE"):
        run(source, tmp_path / "made")


def test_a_dem_gives_slope_classes(tmp_path):
    source = write(tmp_path / "survey", DLTB=parcels())
    # flat up to x = 200 m, then 0.2 m a metre, 11.3 degrees: class 3
    step, columns, rows = 10.0, 60, 30
    x = np.arange(columns) * step - 100
    height = np.broadcast_to(np.where(x > 200, 0.2 * (x - 200), 0.0), (rows, columns)).astype("float32")
    place = rasterio.transform.from_origin(WEST - 100, SOUTH + 200, step, step)
    options = {"width": columns, "height": rows, "count": 1, "dtype": "float32", "crs": CRS, "transform": place}
    with rasterio.open(source / "dem.tif", "w", driver="GTiff", **options) as file:
        file.write(height, 1)
    run(source, tmp_path / "made", '[slope]\ndem = "dem.tif"')
    table = zones(tmp_path / "made")
    assert table.loc["a", "slope_class"] == 2  # as surveyed
    assert table.loc["b", "slope_class"] == 1
    assert table.loc["d", "slope_class"] == 3


def test_overlays_that_lie_elsewhere_are_refused(tmp_path):
    source = write(tmp_path / "survey", DLTB=parcels(), CZKFBJ=layer([square(9000, 0, 9100, 100)]))
    with pytest.raises(InstanceError, match="CZKFBJ: nothing of the layer touches the parcels"):
        run(source, tmp_path / "made")


def test_invalid_overlays_are_mended(tmp_path):
    corners = [(0, 0), (30, 100), (30, 0), (0, 100)]
    bow = shapely.Polygon([(WEST + x, SOUTH + y) for x, y in corners])
    run(write(tmp_path / "survey", DLTB=parcels(), YJJBNTTB=layer([bow])), tmp_path / "made")
    parts = zones(tmp_path / "made").filter(like="a-", axis=0)
    # two triangles of base 30 m... the outline crosses at half its height: 2 x 30 x 50 / 2 m2
    assert parts.set_index("farmland")["area_ha"].to_dict() == pytest.approx({1: 0.15, 0: 0.85})


def test_large_polygons_are_tiled_without_loss():
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    star = shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * (1000 + 300 * np.cos(40 * angle))[:, None])
    tiles = tiled(np.array([star]))
    assert shapely.get_num_coordinates(tiles).max() <= 200
    assert shapely.area(tiles).sum() == pytest.approx(star.area, rel=1e-9)
    assert merged_layer(tiles)[0].area == pytest.approx(star.area, rel=1e-9)
