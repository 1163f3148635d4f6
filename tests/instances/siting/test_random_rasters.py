"""Random rasters against plain arithmetic: pixels counted by numpy and scipy, shapes by shapely, routes by networkx."""

import itertools

import networkx as nx
import numpy as np
import pytest
import scipy.ndimage
import shapely

from instances.instance import load
from instances.siting.config import PotentialConfig, RouteConfig, read_config
from instances.siting.ground import read_ground
from instances.siting.potential import find_potential
from instances.siting.run import route
from tests.instances.siting.conftest import GROUND, RED_LINE, SOUTH, STEP, WEST, box, write_layer, write_raster
from tests.seeds import first_of

SIDE = 20
FIELD, WOOD, TOWN, GRASS = 1, 2, 3, 4
MULTIPLIER = {FIELD: 1.0, WOOD: 2.25, TOWN: 1.59, GRASS: 1.0}
"""Shipped multipliers: cropland, forest, built land, all else."""

OWN = '[[technology.criterion]]\ncriterion = "{}"\nkind = "{}"\nof = "{}"\nvalue = {}\n'


def pixels(hit):
    """Return the union of some pixels."""
    rows, columns = np.nonzero(hit)
    return shapely.union_all([box(c, SIDE - 1 - r, c + 1, SIDE - r) for r, c in zip(rows, columns, strict=True)])


@pytest.fixture(params=first_of(range(5), 3))
def made(request, world):
    """Return random land cover, and the pixels of a red line laid along pixel borders."""
    rng = np.random.default_rng(request.param)
    cover = rng.choice([FIELD, WOOD, TOWN, GRASS], (SIDE, SIDE), p=[0.15, 0.15, 0.02, 0.68]).astype(np.uint8)
    cover[3, :4], cover[15, 12:] = TOWN, GRASS
    red = np.zeros((SIDE, SIDE), dtype=bool)
    for _ in range(3):
        row, column = rng.integers(0, SIDE - 4, 2)
        red[row : row + rng.integers(1, 5), column : column + rng.integers(1, 5)] = True
    write_raster(world / "cover.tif", cover)
    write_layer(world / "red.gpkg", pixels(red))
    return cover, red


def found(path):
    config = read_config(path, PotentialConfig)
    return find_potential(read_ground(path.parent, path.parent, config, None), config, exclusive=True)


def test_pixels_that_are_left(made, config):
    cover, red = made
    text = GROUND + RED_LINE + '[[technology]]\nname = "solar"\nvalues = { least_area = 6 }\n'
    potential = found(config(text))
    account = potential.account.set_index("criterion")
    left = np.ones(cover.shape, dtype=bool)
    for name, barred in (
        ("cropland", cover == FIELD),
        ("forest", cover == WOOD),
        ("built", cover == TOWN),
        ("red_line", red),
    ):
        expected = [barred.sum(), (barred & left).sum(), (left & ~barred).sum()]
        assert account.loc[name, ["alone_ha", "in_order_ha", "left_ha"]].tolist() == pytest.approx(expected, abs=1e-9)
        left &= ~barred
    label, _ = scipy.ndimage.label(left)  # four neighbours
    size = np.bincount(label[left])
    assert sorted(potential.sites["area_ha"]) == pytest.approx(sorted(size[size >= 6].tolist()))
    assert sorted(potential.sites["potential_mw"]) == pytest.approx(sorted((size[size >= 6] * 0.35).tolist()))
    assert account["in_order_ha"].sum() + account["left_ha"].iloc[-1] == pytest.approx(SIDE * SIDE, abs=1e-9)


def test_setbacks_and_distances_are_those_of_shapely(made, config, world):
    cover, red = made
    road = shapely.LineString([(WEST - 10, SOUTH + 300), (WEST + 900, SOUTH + 1450), (WEST + 1500, SOUTH + 1700)])
    write_layer(world / "roads.gpkg", road)
    text = GROUND + RED_LINE + '[[layer]]\nrole = "roads"\nfile = "roads.gpkg"\n[[technology]]\nname = "wind"\n'
    text += "values = { near_homes = 130, far_from_road = 700, red_line = 35, least_area = 0 }\n"
    account = found(config(text)).account.set_index("criterion")
    whole = pixels(np.ones(cover.shape, dtype=bool))

    def near(shape, metres):
        parts = shapely.get_parts(shape)
        return shapely.union_all(shapely.buffer(parts, metres, quad_segs=16)).intersection(whole)

    homes, line = near(pixels(cover == TOWN), 130), near(pixels(red), 35)
    far = whole.difference(shapely.buffer(road, 700, quad_segs=16))
    for name, shape in {"near_homes": homes, "red_line": line, "far_from_road": far}.items():
        assert account.loc[name, "alone_ha"] == pytest.approx(shape.area / 1e4, rel=1e-9), name
    left = whole.difference(shapely.union_all([homes, line, far]))
    assert account["left_ha"].iloc[-1] == pytest.approx(left.area / 1e4, rel=1e-9)


def test_what_is_left_does_not_depend_on_the_order(made, config, world):
    write_layer(world / "zone.gpkg", box(2.3, 1.1, 11.7, 9.9))
    own = [OWN.format("line", "layer", "red_line", 60), OWN.format("near wood", "near_class", "wood", 40)]
    own.append(OWN.format("far", "far", "works", 450))
    head = GROUND + RED_LINE + '[[layer]]\nrole = "works"\nfile = "zone.gpkg"\n[[technology]]\nname = "solar"\n'
    head += 'off = ["red_line"]\nvalues = { least_area = 0 }\n'
    left, alone = [], []
    for order in itertools.permutations(own):
        account = found(config(head + "".join(order))).account.set_index("criterion")
        left.append(account["left_ha"].iloc[-1])
        alone.append([account.loc[name, "alone_ha"] for name in ("line", "near wood", "far")])
        assert account["in_order_ha"].sum() + left[-1] == pytest.approx(SIDE * SIDE, rel=1e-12)
    assert left == pytest.approx([left[0]] * len(left), rel=1e-9)
    assert alone == pytest.approx(np.tile(alone[0], (len(alone), 1)), rel=1e-9)


def plain_graph(cost, shut):
    """Return the grid as a graph of km times cost; a diagonal step needs both cells beside it."""
    graph = nx.Graph()
    for r, c in np.ndindex(cost.shape):
        for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
            s, d = r + down, c + across
            if s >= SIDE or not 0 <= d < SIDE or shut[r, c] or shut[s, d]:
                continue
            if down and across and (shut[r, d] or shut[s, c]):
                continue
            graph.add_edge((r, c), (s, d), cost=np.hypot(down, across) * STEP / 1000 * (cost[r, c] + cost[s, d]) / 2)
    return graph


@pytest.mark.parametrize("rule", ["forbidden", "priced"])
def test_the_first_route_is_the_cheapest_there_is(made, config, grid, tmp_path, rule):
    cover, red = made
    ends = {"north": (1, 1), "hub": (18, 18)}
    for row, column in ends.values():
        red[row - 1 : row + 2, column - 1 : column + 2] = False
    write_layer(tmp_path / "layers" / "red.gpkg", pixels(red))
    place = {name: f"{WEST + STEP * (c + 0.5)},{SOUTH + STEP * (SIDE - r - 0.5)}" for name, (r, c) in ends.items()}
    table = "bus,voltage_kv,x_m,y_m\n" + "".join(f"{name},110,{at}\n" for name, at in place.items())
    table += f"south,110,{WEST + 50},{SOUTH + 50}\n"
    (grid / "network" / "buses.csv").write_text(table, encoding="utf-8")
    price = 400.0 if rule == "priced" else 0.0
    crossing = f'[[crossing]]\nrole = "red_line"\nrule = "{rule}"\n' + (f"price_per_km = {price}\n" if price else "")
    pair = '[[pair]]\nfrom_bus = "north"\nto_bus = "hub"\nvoltage_class = "110"\n'
    path = config(GROUND + RED_LINE + crossing + pair)
    out = tmp_path / "out"
    out.mkdir()
    report = route(load(grid), path.parent, path, out)
    multiplier = np.vectorize(MULTIPLIER.get)(cover)
    # half a strip of 25 m beside red land lies in the cell next to it
    shut = scipy.ndimage.binary_dilation(red, np.ones((3, 3))) if rule == "forbidden" else np.zeros_like(red)
    graph = plain_graph(506.0 * multiplier + price * red, shut)
    best = nx.dijkstra_path_length(graph, ends["north"], ends["hub"], weight="cost")
    costs = report.corridors.candidates["route_cost"]
    assert costs.iloc[0] == pytest.approx(best, rel=1e-9)
    assert (costs >= best * (1 - 1e-9)).all()
    assert read_config(path, RouteConfig).lines.stretch * best >= costs.iloc[:3].max() * (1 - 1e-9)
