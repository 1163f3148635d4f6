"""Hectares of the made world that each criterion takes, counted by hand."""

import math

import numpy as np
import pytest
import rasterio
from pyproj import Geod

from instances.faults import InstanceError
from instances.instance import load
from instances.siting.config import PotentialConfig, read_config
from instances.siting.eligibility import criteria, eligible
from instances.siting.ground import read_ground
from tests.instances.siting.conftest import COVER, GROUND, RED_LINE, box, write_layer, write_raster

SOLAR = '[[technology]]\nname = "solar"\n'
WIND = '[[technology]]\nname = "wind"\n'


def account(path, instance=None):
    config = read_config(path, PotentialConfig)
    ground = read_ground(path.parent, path.parent, config, instance)
    return eligible(ground, criteria(config.technology[0])).account.set_index("criterion")


def test_classes_take_their_hectares(config):
    table = account(config(GROUND + SOLAR))
    assert table["alone_ha"][["cropland", "forest", "built"]].tolist() == pytest.approx([8, 4, 4])
    assert table["left_ha"].iloc[-1] == pytest.approx(32)


def test_a_role_without_a_layer_is_told_and_takes_nothing(config):
    table = account(config(GROUND + SOLAR))
    assert table["alone_ha"][["red_line", "farmland", "slope", "far_from_road"]].isna().all()


def test_a_layer_is_cut_exactly(config):
    table = account(config(GROUND + RED_LINE + SOLAR))
    # columns 2.5 to 4 of six rows, all of it grass
    assert table.loc["red_line", ["alone_ha", "in_order_ha", "left_ha"]].tolist() == pytest.approx([9, 9, 23])


def test_a_setback_widens_a_layer(config):
    own = '[[technology.criterion]]\ncriterion = "margin"\nkind = "layer"\nof = "red_line"\nvalue = 50\n'
    table = account(config(GROUND + RED_LINE + SOLAR + own))
    # columns 2 to 4.5; what the line left of it is half a column of grass and half a column of wood and field
    assert table.loc["margin", ["alone_ha", "in_order_ha", "left_ha"]].tolist() == pytest.approx([15, 3, 20])


def test_homes_keep_wind_away(config):
    table = account(config(GROUND + WIND + "values = { near_homes = 100 }\n"))
    corner = 16 / 2 * math.sin(math.pi / 32)  # quarter circle of 16 segments
    assert table.loc["near_homes", "alone_ha"] == pytest.approx(4 + 2 + 2 + corner)
    assert table.loc["near_homes", "in_order_ha"] == pytest.approx(2 + 2 + corner)


def test_homes_beyond_the_outline_count(config, world):
    write_layer(world / "outline.gpkg", box(0, 2, 8, 6))
    outline = 'outline = { file = "outline.gpkg" }\n'
    table = account(config(outline + GROUND + WIND + "values = { near_homes = 100 }\n"))
    corner = 16 / 2 * math.sin(math.pi / 32)
    assert table.loc["near_homes", "alone_ha"] == pytest.approx(2 + corner)


def test_land_far_from_roads_drops_out(config, world):
    write_layer(world / "roads.gpkg", box(6, -1, 6, 7).boundary)
    roads = '[[layer]]\nrole = "roads"\nfile = "roads.gpkg"\n'
    table = account(config(GROUND + roads + SOLAR + "values = { far_from_road = 250 }\n"))
    assert table.loc["far_from_road", "alone_ha"] == pytest.approx(6 * 3.5)


def test_steep_land_drops_out(config, world):
    rise = np.array([40, 40, 40, 40, 40, 50, 60, 70], dtype=np.float32)
    write_raster(world / "height.tif", np.tile(rise, (6, 1)))
    # 10 m over 100 m are 5.7 degrees, in columns 5 to 7; half of that in column 4
    text = 'elevation = { file = "height.tif" }\n' + GROUND + SOLAR
    assert account(config(text)).loc["slope", "alone_ha"] == 0
    assert account(config(text + "values = { slope = 5 }\n")).loc["slope", "alone_ha"] == pytest.approx(18)


def test_the_zones_of_an_instance_give_the_same(config, land):
    table = account(config(SOLAR), load(land))
    assert table["alone_ha"][["cropland", "forest", "built", "red_line"]].tolist() == pytest.approx([8, 4, 4, 9])
    assert table.loc["red_line", "left_ha"] == pytest.approx(23)


def test_degrees_are_measured_on_the_ellipsoid(config, world):
    (world / "cover.tif").unlink()
    about = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:4326", "width": 8, "height": 6}
    place = rasterio.transform.from_origin(122.0, 37.0, 0.001, 0.001)
    with rasterio.open(world / "cover.tif", "w", transform=place, **about) as out:
        out.write(COVER, 1)
    table = account(config(GROUND + WIND + "values = { near_homes = 100 }\n"))
    corners = [122.0, 122.008, 122.008, 122.0], [36.994, 36.994, 37.0, 37.0]
    whole = abs(Geod(ellps="WGS84").polygon_area_perimeter(*corners)[0]) / 1e4
    assert table["left_ha"].iloc[0] == pytest.approx(whole, rel=1e-6)
    # the town is 178 x 222 m, and 100 m to the north and east of it count too
    assert table.loc["near_homes", "in_order_ha"] == pytest.approx((178 * 100 + 222 * 100 + 7841) / 1e4, rel=0.01)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GROUND + SOLAR + 'off = ["moon"]\n', "no criterion 'moon' of solar"),
        (GROUND + SOLAR + "values = { cropland = 3 }\n", "'cropland' has no number"),
        (GROUND + SOLAR + "values = { slope = -3 }\n", "must not be below 0"),
        (GROUND + SOLAR + "values = { slope = 120 }\n", "slope = 120 is above 90"),
        (GROUND + SOLAR + "values = { slope = nan }\n", "finite"),
        (GROUND + SOLAR + 'off = ["slope"]\nvalues = { slope = 3 }\n', "both off and in values"),
        (
            GROUND + SOLAR + '[[technology.criterion]]\ncriterion = "x"\nkind = "class"\nof = "wood"\nvalue = 5\n',
            "'x' is of kind class and has no value",
        ),
        (
            GROUND + SOLAR + 2 * '[[technology.criterion]]\ncriterion = "x"\nkind = "class"\nof = "wood"\n',
            "'x' is stated twice",
        ),
        (
            GROUND + SOLAR + '[[technology.criterion]]\ncriterion = "x"\nkind = "layer"\nof = "moor"\n',
            "no layer has the role 'moor'",
        ),
        (
            GROUND + SOLAR + '[[technology.criterion]]\ncriterion = "x"\nkind = "far"\nof = "moor"\nsource = "law"\n',
            "no layer has the role 'moor'",
        ),
        (GROUND + SOLAR + "values = { slope = 3 }\n", "limits the slope, and there is no elevation"),
        (GROUND + SOLAR + "values = { far_from_road = 3 }\n", "no layer has the role 'roads'"),
        (
            GROUND + SOLAR + '[[technology.criterion]]\ncriterion = "x"\nkind = "class"\nof = "moor"\n',
            "no class or group 'moor'",
        ),
        (
            GROUND + SOLAR + '[[technology.criterion]]\ncriterion = "slope"\nkind = "class"\nof = "wood"\n',
            "'slope' is shipped",
        ),
        (GROUND + SOLAR + SOLAR, "a technology is named twice"),
        (GROUND + '[[technology]]\nname = "tidal"\n', "solar"),
        (SOLAR, "names no land_cover"),
        ('outline = { file = "red.gpkg" }\n' + SOLAR, "go with land_cover"),
    ],
)
def test_configs_that_cannot_be_meant(config, text, words):
    with pytest.raises(InstanceError, match=words):
        account(config(text))


def test_a_raster_that_does_not_cover_the_region(config, world):
    write_layer(world / "outline.gpkg", box(0, 0, 16, 6))
    with pytest.raises(InstanceError, match=r"does not cover the region: 50.00%"):
        account(config('outline = { file = "outline.gpkg" }\n' + GROUND + SOLAR))


def test_elevation_that_does_not_cover_the_region(config, world):
    write_raster(world / "height.tif", np.zeros((6, 4), dtype=np.float32))
    with pytest.raises(InstanceError, match="no elevation for"):
        account(config('elevation = { file = "height.tif" }\n' + GROUND + SOLAR))


def test_layers_in_other_reference_systems_are_reprojected(config, world):
    (world / "red.gpkg").unlink()
    write_layer(world / "red.gpkg", box(2.5, -1, 4, 7), crs="EPSG:4326")
    table = account(config(GROUND + RED_LINE + SOLAR))
    assert table.loc["red_line", "alone_ha"] == pytest.approx(9, rel=1e-5)


def test_a_value_without_a_class(config, world):
    lines = (world / "classes.csv").read_text(encoding="utf-8").splitlines()
    (world / "classes.csv").write_text("\n".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(InstanceError, match=r"raster value 4 \(32.0000 ha\) is not in the class table"):
        account(config(GROUND + SOLAR))
