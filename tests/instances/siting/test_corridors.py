"""Corridors through the made world: forbidden land stays untouched, prices are paid, and trunks are chosen."""

import itertools

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from instances.faults import InstanceError
from instances.instance import load
from instances.siting.config import RouteConfig, read_config
from instances.siting.friction import piece_multipliers, surface
from instances.siting.ground import read_ground
from instances.siting.run import route
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from optimizer.solve_network import network_program
from optimizer.study import StudyOptions
from tests.instances.siting.conftest import GROUND, RED_LINE, SOUTH, STEP, WEST, box, write_layer, write_raster

PAIR = '[[pair]]\nfrom_bus = "{}"\nto_bus = "{}"\nvoltage_class = "110"\n'
PAIRS = PAIR.format("north", "hub") + PAIR.format("south", "hub")
LINES = "[lines]\nalternatives = 2\napart_m = 100\noverlap = 0.9\nstretch = 3\n"
PRICED = '[[crossing]]\nrole = "red_line"\nrule = "priced"\nprice_per_km = 1000\n'
FORBIDDEN = '[[crossing]]\nrole = "red_line"\nrule = "forbidden"\n'


def made(instance, path, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    return route(load(instance), path.parent, path, out), out


def test_friction_by_class_and_slope(config):
    path = config(GROUND + PAIRS + "[friction]\ngrass = 3.0\n")
    parsed = read_config(path, RouteConfig)
    ground = read_ground(path.parent, path.parent, parsed, None)
    place = {name: code for code, name in enumerate(ground.classes["class"])}
    kind = ground.area_ha.argmax(axis=1)
    found = piece_multipliers(ground, parsed)
    for name, value in {"field": 1.0, "wood": 2.25, "town": 1.59, "grass": 3.0}.items():
        assert (found[kind == place[name]] == value).all()


def test_the_price_falls_on_the_share_that_lies_inside(config):
    path = config(GROUND + RED_LINE + PRICED + PAIRS)
    parsed = read_config(path, RouteConfig)
    found = surface(read_ground(path.parent, path.parent, parsed, None), parsed)
    assert found.price_per_km[3].tolist() == pytest.approx([0, 0, 500, 1000, 0, 0, 0, 0])


def test_a_priced_crossing_is_paid_and_told(config, grid, tmp_path):
    report, _ = made(grid, config(GROUND + RED_LINE + PRICED + PAIRS + LINES), tmp_path)
    segments, candidates = report.corridors.segments, report.corridors.candidates
    assert any("red_line" in text for text in segments["crossings"])
    # a strip of 150 m is crossed by every route: half of it priced at the edge cell, at least 0.15 km
    alone = candidates.set_index("candidate")["route_cost"]
    chains = report.corridors.corridors.merge(segments, on="segment").groupby("corridor")["cost"].sum()
    circuits = candidates.set_index("candidate")["cost"]
    pd.testing.assert_series_equal(chains + circuits, alone, check_names=False, check_index=False)
    assert (alone > 0.15 * 1000).all()


def test_strips_keep_off_forbidden_land(config, grid, world, tmp_path):
    (world / "red.gpkg").unlink()
    write_layer(world / "red.gpkg", box(2.5, 1.3, 4, 7))
    _, out = made(grid, config(GROUND + RED_LINE + FORBIDDEN + PAIRS + LINES), tmp_path)
    strips = geopandas.read_file(out / "routes.gpkg", layer="strips")
    assert shapely.intersection(strips.union_all(), box(2.5, 1.3, 4, 7)).area == 0


def test_the_zones_under_strips(config, land, tmp_path):
    report, out = made(land, config(GROUND + RED_LINE + PRICED + PAIRS + LINES), tmp_path)
    table = load(out).require_network()["segment_zones"]
    zones = geopandas.read_parquet(out / "land" / "zones.parquet")
    strips = report.corridors.strips
    lines = report.corridors.segments
    union = shapely.union_all(shapely.buffer(lines.geometry.to_numpy(), 12.5, cap_style="flat", join_style="mitre"))
    assert strips.area.sum() / 1e4 == pytest.approx(union.area / 1e4)
    exact = geopandas.overlay(
        geopandas.GeoDataFrame(geometry=[union], crs=zones.crs), zones[["zone", "geometry"]], how="intersection"
    )
    by_zone = exact.assign(ha=exact.area / 1e4).groupby("zone")["ha"].sum()
    found = table.groupby("zone")["area_ha"].sum()
    pd.testing.assert_series_equal(found, by_zone[by_zone > 1e-9], check_names=False, rtol=1e-9)
    feet = strips.set_index("segment")["tower_ha"]
    assert table.groupby("segment")["tower_ha"].sum().to_dict() == pytest.approx(feet.to_dict())
    assert (table["tower_ha"] <= table["area_ha"]).all()
    overlays = load(out).require_network()["overlays"]
    assert overlays["in_red_line"].all()


def test_a_trunk_by_hand(config, grid, world, tmp_path):
    """Two buses at the ends of a cross-bar of 0.4 km and one at the foot of a stem of 0.5 km; all else is shut.

    A line costs 506 a km on grass, half of it shared: 0.7 km each way apart, diagonals over the corner being shut;
    together the stem of 0.5 km is opened once.
    """
    (world / "red.gpkg").unlink()
    edges = [box(0, 0, 3, 5), box(4, 0, 8, 5), box(6, 5, 8, 6), box(0, 5, 1, 6)]
    write_layer(world / "red.gpkg", *(shapely.buffer(one, -13) for one in edges))
    cover = np.full((6, 8), 4, dtype=np.uint8)
    write_raster(world / "cover.tif", cover)
    places = {"hub": (3.5, 0.5), "north": (1.5, 5.5), "south": (5.5, 5.5)}
    rows = [f"{name},110,{WEST + x * STEP},{SOUTH + y * STEP}" for name, (x, y) in places.items()]
    (grid / "network" / "buses.csv").write_text("\n".join(["bus,voltage_kv,x_m,y_m", *rows]) + "\n", encoding="utf-8")
    report, out = made(grid, config(GROUND + RED_LINE + FORBIDDEN + PAIRS + "[lines]\nalternatives = 1\n"), tmp_path)
    costs = report.corridors.candidates["route_cost"].tolist()
    assert costs == pytest.approx([506 * 0.7] * 2)
    solution = direct.solve(network_program(load(out), StudyOptions()), SolveOptions(gap=0), Silent())
    assert solution.objective == pytest.approx(2 * 506 * 0.7 - 0.5 * 506 * 0.5)


def test_lines_of_two_voltages_on_one_segment(config, grid, tmp_path):
    """Alone each pays what its route costs, together they save the shared half of the cheaper one; widest strip."""
    both = PAIR.format("north", "hub") + PAIR.format("north", "hub").replace("110", "500")
    report, _ = made(grid, config(GROUND + both + "[lines]\nalternatives = 1\n"), tmp_path)
    corridors = report.corridors
    segments = corridors.segments.set_index("segment")
    alone = corridors.corridors.assign(cost=segments["cost"].reindex(corridors.corridors["segment"]).to_numpy())
    opening = alone.groupby("corridor")["cost"].sum().reindex(corridors.candidates["corridor"]).to_numpy()
    table = corridors.candidates.set_index("corridor")
    assert (opening + table["cost"]).tolist() == pytest.approx(table["route_cost"].tolist())
    classes = corridors.corridors.assign(of=table["voltage_class"].reindex(corridors.corridors["corridor"]).to_numpy())
    shared = segments[classes.groupby("segment")["of"].nunique().reindex(segments.index) == 2]
    assert len(shared)
    assert (shared["width_m"] == 75).all()
    # half of what a km of 110 kV costs, on grass, field or wood; a km of 500 kV shares more than twice that
    per_km = shared["cost"] / shared["length_km"]
    assert per_km.between(506 / 2 - 1e-9, 506 / 2 * 2.25 + 1e-9).all()


def test_zones_as_ground(config, land, tmp_path):
    text = PRICED + PAIRS + LINES.replace("[lines]\n", "[lines]\ncell_m = 50\n")
    report, _ = made(land, config(text), tmp_path)
    assert (report.corridors.candidates["length_km"] > 0.7).all()
    assert report.outside_ha == pytest.approx(0, abs=1e-6)


def test_the_solve_finds_the_cheapest_trunk(config, grid, tmp_path):
    report, out = made(grid, config(GROUND + RED_LINE + PRICED + PAIRS + LINES), tmp_path)
    program = network_program(load(out), StudyOptions())
    solution = direct.solve(program, SolveOptions(gap=0), Silent())
    corridors = report.corridors
    cost = corridors.segments.set_index("segment")["cost"]
    chain = corridors.corridors.groupby("corridor")["segment"].agg(set)
    table = corridors.candidates.set_index("candidate")
    options = [table.index[table["from_bus"] == bus] for bus in ("north", "south")]
    best = min(
        cost[list(chain[one] | chain[other])].sum() + table["cost"][[one, other]].sum()
        for one, other in itertools.product(*options)
    )
    assert solution.objective == pytest.approx(best, rel=1e-9)
    alone = sum(table["route_cost"][names].min() for names in options)
    assert best < alone


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GROUND, "nothing to join"),
        (GROUND + PAIR.format("north", "moon"), "moon is no bus of the instance"),
        (GROUND + PAIR.format("north", "north"), "lie in the same cell"),
        (GROUND + PAIRS + PRICED, "no layer has the role 'red_line'"),
        (GROUND + PAIRS.replace("110", "111"), "no voltage class '111'"),
        (GROUND + PAIRS + '[[voltage]]\nvoltage_class = "10"\nwidth_m = 12\n', "lacks capacity_mw"),
        (GROUND + PAIRS + "[friction]\nmoor = 2\n", "no class or group 'moor'"),
        (GROUND + PAIRS + "[friction]\ngrass = 0\n", "friction of grass must be above 0"),
        (GROUND + RED_LINE + FORBIDDEN + PAIRS, "no route joins north and hub"),
        (GROUND + RED_LINE + PAIRS, "the role 'red_line' of red.gpkg is not used"),
        (GROUND + RED_LINE + FORBIDDEN + "price_per_km = 3\n" + PAIRS, "a forbidden one has none"),
        (GROUND + RED_LINE + PRICED.replace("1000", "0") + PAIRS, "needs price_per_km above 0"),
        (GROUND + PAIRS + 2 * '[[voltage]]\nvoltage_class = "110"\nwidth_m = 9\n', "stated twice"),
        (GROUND + PAIRS + "[friction]\ngrass = inf\n", "finite"),
        (GROUND + '[sites]\nvoltage_class = "110"\n', "there are none of one kind"),
        (GROUND + PAIRS + PAIR.format("hub", "north"), "a pair is named twice"),
        (GROUND + RED_LINE + PRICED + FORBIDDEN + PAIRS, "two crossings are of one role"),
        (PAIRS, "give .lines. cell_m"),
    ],
)
def test_configs_that_cannot_be_met(config, grid, tmp_path, text, words):
    with pytest.raises(InstanceError, match=words):
        made(grid, config(text), tmp_path)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (20.0, 0.5, "bus hub lies outside the raster"),
        (3.5, 0.5, r"bus hub lies in or beside land where no line may run \(red_line\)"),
    ],
)
def test_buses_where_no_line_can_start(config, grid, tmp_path, x, y, words):
    table = pd.read_csv(grid / "network" / "buses.csv")
    table.loc[table["bus"] == "hub", ["x_m", "y_m"]] = [WEST + x * STEP, SOUTH + y * STEP]
    table.to_csv(grid / "network" / "buses.csv", index=False)
    with pytest.raises(InstanceError, match=words):
        made(grid, config(GROUND + RED_LINE + FORBIDDEN + PAIRS), tmp_path)


def test_a_bus_without_land_cover(config, grid, world, tmp_path):
    from tests.instances.siting.conftest import COVER, write_raster

    values = COVER.copy()
    values[5, 7] = 255
    write_raster(world / "cover.tif", values)
    with pytest.raises(InstanceError, match="bus hub lies where the land cover has no land"):
        made(grid, config(GROUND + PAIRS), tmp_path)


def test_cells_that_are_too_small(config, land, tmp_path):
    with pytest.raises(InstanceError, match="choose larger cells"):
        made(land, config(PAIRS + "[lines]\ncell_m = 0.1\n"), tmp_path)


def test_a_class_under_strips_that_is_unknown(config, land, tmp_path):
    with pytest.raises(InstanceError, match="no class moor"):
        made(land, config(GROUND + PAIRS + '[strip_class]\nforest = "moor"\n'), tmp_path)


def test_layers_hold_what_the_tables_say(config, grid, tmp_path):
    report, out = made(grid, config(GROUND + PAIRS + LINES), tmp_path)
    layers = {name: geopandas.read_file(out / "routes.gpkg", layer=name) for name in ("segments", "corridors")}
    assert np.allclose(layers["segments"].length / 1000, layers["segments"]["length_km"])
    assert layers["segments"]["corridor"].str.contains("north-hub-1").any()
    lengths = layers["corridors"].set_index("corridor").length / 1000
    assert lengths.to_dict() == pytest.approx(report.corridors.candidates.set_index("corridor")["length_km"].to_dict())
