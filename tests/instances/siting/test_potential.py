"""Sites of the made world: what is contiguous, large enough, and in which zones."""

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from instances.faults import InstanceError
from instances.instance import load
from instances.siting.run import potential
from tests.instances.siting.conftest import GROUND, RED_LINE, SOUTH, STEP, WEST, box, write_layer

SOLAR = '[[technology]]\nname = "solar"\n'
WIND = '[[technology]]\nname = "wind"\n'
NEAR = "values = { least_area = 5, near_homes = 0 }\n"


def made(instance, path, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    return potential(load(instance), path.parent, path, out), out


def test_small_patches_are_no_sites(config, grid, tmp_path):
    found, _ = made(grid, config(GROUND + SOLAR + "values = { least_area = 15 }\n"), tmp_path)
    # grass lies in patches of 20 and 12 ha; 35 MW/km2
    assert found.sites["area_ha"].tolist() == pytest.approx([20])
    assert found.sites["potential_mw"].tolist() == pytest.approx([7])
    last = found.account.iloc[-1]
    assert last["criterion"] == "least_area"
    assert last[["in_order_ha", "left_ha"]].tolist() == pytest.approx([12, 20])


def test_a_lattice_divides_large_patches(config, grid, tmp_path):
    found, _ = made(grid, config(GROUND + SOLAR + "values = { least_area = 3 }\nblock_m = 400\n"), tmp_path)
    # the lattice stands on multiples of 400 m: columns 0-3 and 4-7, rows 0-3 and 4-5 from the south
    assert sorted(found.sites["area_ha"]) == pytest.approx([4, 8, 8, 12])


def test_without_land_a_hectare_serves_the_first_technology(config, grid, tmp_path):
    found, _ = made(grid, config(GROUND + SOLAR + "values = { least_area = 15 }\n" + WIND + NEAR), tmp_path)
    one, other = (found.sites[found.sites["technology"] == name] for name in ("solar", "wind"))
    assert one.union_all().intersection(other.union_all()).area == pytest.approx(0, abs=1e-6)
    # 48 ha less 4 of town and 20 of the solar site
    assert other["area_ha"].sum() == pytest.approx(24)
    assert (found.sites["density_mw_per_km2"] == 0).all()


def test_technologies_of_two_runs_share_no_hectare(config, grid, tmp_path):
    _, out = made(grid, config(GROUND + SOLAR + "values = { least_area = 15 }\n"), tmp_path)
    again = tmp_path / "again"
    again.mkdir()
    wind = potential(load(out), tmp_path / "layers", config(GROUND + WIND + NEAR), again)
    assert wind.account.set_index("criterion").loc["earlier", "in_order_ha"] == pytest.approx(20)
    assert wind.sites["area_ha"].sum() == pytest.approx(24)
    drawn = geopandas.read_file(again / "potential.gpkg", layer="sites")
    assert drawn["technology"].value_counts().to_dict() == {"solar": 1, "wind": len(wind.sites)}
    assert drawn.union_all().area == pytest.approx(drawn.area.sum())


def test_beside_land_sites_compete_through_zones(config, land, tmp_path):
    found, out = made(land, config(GROUND + SOLAR + "values = { least_area = 15 }\n" + WIND + NEAR), tmp_path)
    shares = pd.read_csv(out / "network" / "site_zones.csv")
    zones = geopandas.read_parquet(out / "land" / "zones.parquet").set_index("zone")
    held = shares.assign(ha=shares["share"] * zones["area_ha"].reindex(shares["zone"]).to_numpy())
    expected = found.sites.set_index("site").area / 1e4
    pd.testing.assert_series_equal(held.groupby("site")["ha"].sum(), expected, check_names=False, rtol=1e-9)
    assert found.sites.groupby("technology")["area_ha"].sum().to_dict() == pytest.approx({"solar": 20, "wind": 44})


def test_overlays_name_the_classes_that_are_left(config, land, tmp_path):
    _, out = made(land, config(GROUND + SOLAR + "values = { least_area = 15 }\n" + WIND + NEAR), tmp_path)
    overlays = load(out).require_network()["overlays"]
    allowed = overlays.groupby("technology")["class"].agg(lambda names: "".join(sorted(name[0] for name in names)))
    assert allowed.to_dict() == {"solar": "g", "wind": "fgw"}
    assert not overlays["in_red_line"].any()


def test_sites_join_the_nearest_bus(config, grid, tmp_path):
    found, _ = made(grid, config(GROUND + SOLAR + "values = { least_area = 5 }\n"), tmp_path)
    # from polygon to bus: `north` and `south` lie in the left patch, `hub` in the right one
    assert found.sites["bus"].tolist()[1:] == ["hub"]


def test_sites_with_a_bus_of_their_own(config, grid, tmp_path):
    text = 'connect = "own"\nvoltage_kv = 35\n' + GROUND + RED_LINE + SOLAR + "values = { least_area = 12 }\n"
    found, out = made(grid, config(text), tmp_path)
    buses = load(out).require_network()["buses"].set_index("bus")
    assert found.sites["bus"].tolist() == ["solar001"]
    # the middle of the right patch of 2 x 6 pixels
    assert buses.loc["solar001", "x_m"] == pytest.approx(WEST + 7 * STEP, abs=1)
    again, second = tmp_path / "again", load(out)
    again.mkdir()
    potential(second, tmp_path / "layers", tmp_path / "layers" / "config.toml", again)
    pd.testing.assert_frame_equal(
        load(again).require_network()["sites"], second.require_network()["sites"], check_dtype=False
    )


def test_storage_needs_a_density(config, grid, tmp_path):
    with pytest.raises(InstanceError, match="no density of storage is known"):
        made(grid, config(GROUND + '[[technology]]\nname = "storage"\n'), tmp_path)


def test_storage_sites(config, grid, tmp_path):
    text = GROUND + '[[technology]]\nname = "storage"\nvalues = { density = 1000, least_area = 3 }\n'
    found, _ = made(grid, config(text), tmp_path)
    # grass of 20 ha with 4 ha of town beside it, and grass of 12 ha
    assert found.sites["potential_mw"].tolist() == pytest.approx([240, 120])


def test_a_site_outside_the_land(config, land, world, tmp_path):
    from tests.instances.siting.conftest import COVER, write_raster

    write_raster(world / "cover.tif", np.hstack([COVER, COVER]))
    with pytest.raises(InstanceError, match=r"site solar00\d lies outside the land"):
        made(land, config(GROUND + SOLAR), tmp_path)


def test_a_raster_that_does_not_cover_the_land(config, land, world, tmp_path):
    from tests.instances.siting.conftest import COVER, write_raster

    write_raster(world / "cover.tif", COVER, west=WEST + 400)
    with pytest.raises(InstanceError, match=r"cover.tif: does not cover the region: 50.00% of the land"):
        made(land, config(GROUND + SOLAR), tmp_path)


def test_technologies_without_land_are_told(config, grid, tmp_path):
    from optimizer.commands.siting import sites_table

    found, _ = made(grid, config(GROUND + SOLAR + "values = { least_area = 500 }\n" + WIND + NEAR), tmp_path)
    table = sites_table(found, "en").set_index("technology")
    assert table.loc["solar"].tolist() == [0, 0, 0]
    assert table.loc["wind", "sites"] > 0


@pytest.mark.parametrize(
    ("connect", "rows", "words"),
    [
        ("nearest", "hub,110,,\n", "bus hub has no coordinates"),
        ("own", f"solar001,110,{WEST},{SOUTH}\n", "bus solar001 has the name of a new site"),
    ],
)
def test_buses_that_cannot_be_used(config, grid, tmp_path, connect, rows, words):
    path = grid / "network" / "buses.csv"
    kept = "".join(line for line in path.read_text(encoding="utf-8").splitlines(True) if line[:3] != rows[:3])
    path.write_text(kept + rows, encoding="utf-8")
    with pytest.raises(InstanceError, match=words):
        made(grid, config(f'connect = "{connect}"\nvoltage_kv = 110\n' + GROUND + SOLAR), tmp_path)


def test_layers_that_nothing_looks_at_or_that_lie_elsewhere(config, grid, world, tmp_path):
    write_layer(world / "far.gpkg", box(5000, 5000, 5010, 5010))
    write_layer(world / "points.gpkg", shapely.Point(WEST + 100, SOUTH + 100))
    layer = '[[layer]]\nrole = "{}"\nfile = "{}.gpkg"\n'
    for role, file, words in (
        ("redline", "red", "the role 'redline' of red.gpkg is not used"),
        ("red_line", "far", "far.gpkg: lies wholly outside the region"),
        ("red_line", "points", "layers of role 'red_line' hold points or lines, which take no land"),
    ):
        with pytest.raises(InstanceError, match=words):
            made(grid, config(GROUND + layer.format(role, file) + SOLAR), tmp_path)
        (tmp_path / "out").rmdir()
    accepted = layer.format("red_line", "far") + "may_be_empty = true\n"
    found, _ = made(grid, config(GROUND + accepted + layer.format("red_line", "red") + SOLAR), tmp_path)
    assert found.account.set_index("criterion").loc["red_line", "alone_ha"] == pytest.approx(9)


def test_an_instance_that_does_not_say_where_its_buses_are(config, grid, tmp_path):
    text = (grid / "instance.toml").read_text(encoding="utf-8").replace('crs = "EPSG:3035"\n', "")
    (grid / "instance.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError, match="does not say in which reference system"):
        made(grid, config(GROUND + SOLAR), tmp_path)
