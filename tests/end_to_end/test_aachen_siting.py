"""Sites and lines in a real region, against overlays by geopandas and routes by networkx on the same layers."""

from pathlib import Path

import geopandas
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.features
import shapely

from instances.instance import load
from instances.siting.config import PotentialConfig, read_config
from instances.siting.eligibility import criteria, eligible
from instances.siting.ground import read_ground
from instances.siting.run import potential, route
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.network.plan import network_table
from optimizer.results.solution import SolveOptions
from optimizer.solve_network import network_program
from optimizer.study import StudyOptions

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "aachen"
PAGE = ROOT / "docs" / "howto" / "energy-siting"
RASTER = DATA / "clc-aachen_clipped.tif"
HOMES, BUILT, FORESTS = {1, 2}, set(range(1, 12)), {23, 24, 25, 29}
CROPS, WET, WATER = {*range(12, 15), *range(19, 23)}, set(range(35, 40)), {34, *range(40, 45)}
"""Values of the land cover: homes, built land, forest, cropland, wetland, water and sea."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the data of Aachen are not at {DATA}"),
]


def polygons(values):
    """Return the pixels of some classes as polygons, traced by GDAL."""
    with rasterio.open(RASTER) as source:
        hit = np.isin(source.read(1), sorted(values)).astype(np.uint8)
        shapes = rasterio.features.shapes(hit, mask=hit > 0, transform=source.transform)
        found = [shapely.geometry.shape(shape) for shape, _ in shapes]
    return geopandas.GeoDataFrame(geometry=found, crs="EPSG:3035")


def layer(name, kind=None):
    found = geopandas.read_file(DATA / name, encoding="UTF-8")
    found = found[found["DESIGNATE"] == kind] if kind else found
    return found[["geometry"]].to_crs("EPSG:3035")


def dissolved(frame, metres=0.0):
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    return geopandas.GeoDataFrame(
        geometry=[shapely.union_all(shapely.buffer(shapes, metres, quad_segs=16) if metres else shapes)],
        crs="EPSG:3035",
    )


def protected():
    names = (("Natura2000_aachenClipped.shp", None), ("CDDA_aachenClipped.shp", "Nature Reserve"))
    return pd.concat([layer(*one) for one in names], ignore_index=True)


@pytest.fixture(scope="module")
def region():
    return layer("aachenShapefile.shp")


@pytest.fixture(scope="module")
def ground():
    config = read_config(PAGE / "potential.toml", PotentialConfig)
    return read_ground(DATA, PAGE, config, None), config


def account(ground, name):
    found, config = ground
    technology = next(one for one in config.technology if one.name == name)
    table = criteria(technology)
    return eligible(found, table[table["criterion"] != "slope"]).account.set_index("criterion")


def test_land_for_solar_is_what_geopandas_finds(ground, region):
    table = account(ground, "solar")
    free = polygons(set(range(1, 45)) - BUILT - CROPS - FORESTS - WET - WATER)
    for frame in (layer("Natura2000_aachenClipped.shp"), layer("CDDA_aachenClipped.shp", "Nature Reserve")):
        free = geopandas.overlay(free, dissolved(frame), how="difference")
    free = geopandas.overlay(free, region, how="intersection")
    free = geopandas.overlay(free, dissolved(layer("aachenRoads.shp"), 2000), how="intersection")
    assert table["left_ha"].iloc[-1] == pytest.approx(free.area.sum() / 1e4, rel=1e-8)


def test_land_for_wind_is_what_geopandas_finds(ground, region):
    table = account(ground, "wind")
    homes = dissolved(polygons(HOMES), 500)
    near = geopandas.overlay(homes, region, how="intersection")
    assert table.loc["near_homes", "alone_ha"] == pytest.approx(near.area.sum() / 1e4, rel=1e-8)
    free = polygons(set(range(1, 45)) - BUILT - WET - WATER)
    for frame in (
        dissolved(layer("Natura2000_aachenClipped.shp")),
        dissolved(layer("CDDA_aachenClipped.shp", "Nature Reserve")),
        homes,
    ):
        free = geopandas.overlay(free, frame, how="difference")
    free = geopandas.overlay(free, region, how="intersection")
    free = geopandas.overlay(free, dissolved(layer("aachenRoads.shp"), 5000), how="intersection")
    assert table["left_ha"].iloc[-1] == pytest.approx(free.area.sum() / 1e4, rel=1e-8)


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sites")
    found = potential(load(PAGE / "grid"), DATA, PAGE / "potential.toml", folder)
    return found, folder


def test_sites_keep_apart_and_off_protected_land(sites):
    found, _ = sites
    assert found.sites.groupby("technology").size().to_dict() == {"solar": 12, "wind": 14}
    union = found.sites.union_all()
    assert union.area == pytest.approx(found.sites.area.sum(), rel=1e-9)
    assert np.allclose(found.sites.area / 1e4, found.sites["area_ha"], rtol=1e-9)
    assert shapely.intersection(union, dissolved(protected()).geometry[0]).area == pytest.approx(0, abs=1e-3)


@pytest.fixture(scope="module", params=["hard", "priced"])
def lines(request, sites, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    report = route(load(sites[1]), DATA, PAGE / f"route-{request.param}.toml", folder)
    return request.param, report, folder


def plain_graph(folder, name):
    """Return friction and prices on the grid as a graph of networkx."""
    with rasterio.open(folder / "friction.tif") as source:
        multiplier, price = source.read(1), source.read(2)
        place = source.transform
    cost = 506 * 0.071 * multiplier + price
    rows, columns = cost.shape
    if name == "hard":
        row, column = np.nonzero(np.isfinite(cost))
        west, north = place.c + 100 * column, place.f - 100 * row
        cells = shapely.box(west, north - 100, west + 100, north)
        shut = dissolved(protected(), 12.5).geometry[0]
        shapely.prepare(shut)
        touched = shapely.intersects(shut, cells)
        cost[row[touched], column[touched]] = np.nan
    graph = nx.Graph()
    for r, c in zip(*np.nonzero(np.isfinite(cost)), strict=True):
        for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
            s, d = r + down, c + across
            if s >= rows or not 0 <= d < columns or np.isnan(cost[s, d]):
                continue
            if down and across and (np.isnan(cost[r, d]) or np.isnan(cost[s, c])):
                continue
            graph.add_edge((r, c), (s, d), cost=0.1 * np.hypot(down, across) * (cost[r, c] + cost[s, d]) / 2)
    return graph, place


def test_routes_cost_what_networkx_finds(lines):
    name, report, folder = lines
    graph, place = plain_graph(folder, name)
    buses = pd.read_csv(folder / "network" / "buses.csv").set_index("bus")
    cell = {bus: (int((place.f - at.y_m) // 100), int((at.x_m - place.c) // 100)) for bus, at in buses.iterrows()}
    table = report.corridors.candidates
    found = table.groupby(["from_bus", "to_bus"])["route_cost"].min()
    for end, group in found.groupby("to_bus"):
        costs = nx.single_source_dijkstra_path_length(graph, cell[end], weight="cost")
        for (start, _), cost in group.items():
            assert cost == pytest.approx(costs[cell[start]], rel=2e-6)


def test_strips_keep_off_what_is_forbidden_and_say_what_they_cross(lines):
    name, report, _ = lines
    red = dissolved(layer("Natura2000_aachenClipped.shp")).geometry[0]
    shut = dissolved(protected()).geometry[0]
    strips, segments = report.corridors.strips, report.corridors.segments
    wide = shapely.buffer(segments.geometry.to_numpy(), 12.5, cap_style="flat", join_style="mitre")
    assert strips.area.sum() == pytest.approx(shapely.union_all(wide).area, rel=1e-9)
    crossed = shapely.length(shapely.intersection(segments.geometry.to_numpy(), red)).sum() / 1000
    if name == "hard":
        assert shapely.intersection(strips.union_all(), shut).area == 0
        return
    told = segments["crossings"].str.extract(r"red_line ([\d.]+) km")[0].astype(float).sum()
    assert crossed > 1
    assert told == pytest.approx(crossed, abs=0.001 * len(segments))


def test_the_plan_is_proven_and_uses_trunks(lines):
    _, report, folder = lines
    instance = load(folder)
    program = network_program(instance, StudyOptions())
    solution = direct.solve(program, SolveOptions(gap=1e-4), Silent())
    assert str(solution.status(1e-4)) == "optimal"
    plan = network_table(instance.require_network(), program, solution.require_shares(), None)
    built = plan[(plan["component"] == "candidate") & (plan["quantity"] == "circuits") & (plan["value"] > 0.5)]
    opened = plan[(plan["component"] == "segment") & (plan["quantity"] == "opened") & (plan["value"] > 0.5)]
    users = report.corridors.corridors
    users = users[users["corridor"].isin(built["name"])].groupby("segment").size()
    assert set(users.index) <= set(opened["name"])
    assert (users > 1).any()
