"""The optimum that `docs/tiny.md` works out, checked by a linear programme written from the page, not the tables.

Numbers below are those of the page. They use neither `instances.carbon` nor any table of the
instance, so that a wrong table, a wrong page and a wrong account cannot agree by accident.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib import resources
from itertools import product
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from instances.instance import load
from instances.library import build_tiny

if TYPE_CHECKING:
    from pathlib import Path

MODES = ("flux", "stock")
YEARS = 20
ACTS = 10
VEGETATION = {"crop": 60, "forest": 300, "grass": 80, "urban": 0, "village": 0, "bare": 0}
SOIL = {"crop": 240, "forest": 300, "grass": 240, "urban": 180, "village": 180, "bare": 120}
SINK = {"crop": 0, "forest": 4, "grass": 1, "urban": 0, "village": 0, "bare": 0}
RESTORES = {("crop", "forest"), ("grass", "forest"), ("bare", "forest"), ("village", "grass")}
AREA = {
    ("N1", "crop"): 10, ("N2", "crop"): 20, ("N3", "grass"): 6, ("N3", "bare"): 2, ("N4", "forest"): 30,
    ("N4", "bare"): 3, ("N5", "village"): 8, ("N6", "bare"): 4, ("S1", "crop"): 12, ("S1", "grass"): 3,
    ("S2", "crop"): 8, ("S3", "bare"): 5, ("S4", "grass"): 10, ("S5", "bare"): 3, ("S6", "bare"): 2,
}  # fmt: skip
FREE_MOVES = (
    "N1 crop urban", "N3 grass urban", "N3 grass forest", "N3 bare urban", "N3 bare crop", "N3 bare forest",
    "N4 bare forest", "N5 village crop", "N5 village grass", "N6 bare forest", "S1 crop urban", "S1 grass urban",
    "S3 bare crop", "S5 bare urban",
)  # fmt: skip
GOVERNED_MOVES = {"S2 crop forest": 8.0, "S6 bare forest": 1.0}
BARRED = {
    "permanent farmland": ("N2 crop urban",),
    "red line, general": ("N4 bare urban", "N4 bare crop", "N4 forest urban"),
    "red line, core": ("S4 grass urban", "S4 grass forest"),
    "slope": ("N6 bare crop",),
    "urban boundary": ("N5 village urban", "N6 bare urban", "S2 crop urban", "S3 bare urban", "S6 bare urban"),
    "potential grade": ("S5 bare crop", "S6 bare crop"),
    "condition": (
        "N1 crop forest", "N2 crop forest", "S1 crop forest", "S1 grass forest", "S3 bare forest", "S5 bare forest",
    ),
}  # fmt: skip
PER_HA = {
    "flux": {
        "crop urban": 90, "grass urban": 120, "forest urban": 400, "village urban": 0, "bare urban": 0,
        "village crop": 0, "bare crop": 0,
        "crop forest": -20, "grass forest": -10, "bare forest": -20, "village grass": -5,
    },
    "stock": {
        "crop urban": 90, "grass urban": 110, "forest urban": 360, "village urban": 0, "bare urban": 0,
        "village crop": 0, "bare crop": 0,
        "crop forest": -150, "grass forest": -140, "bare forest": -240, "village grass": -70,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """Right-hand sides of the page, to be moved one at a time."""

    growth_north: float = 13
    growth_south: float = 6
    retention: float = 43
    bank: float = 1
    village_floor: float = 2
    project_open: bool = True
    also_allowed: tuple[str, ...] = ()


def _emission(before: str, after: str, mode: str) -> float:
    """Return tCO2e per hectare by the formulas of the page."""
    half = ACTS / 20
    loss = max(VEGETATION[before] - VEGETATION[after], 0) + half * max(SOIL[before] - SOIL[after], 0)
    credit = after in ("forest", "grass")
    if mode == "flux":
        return loss + ACTS * SINK[before] - (ACTS - 10 / 2) * SINK[after] * credit
    gain = half * (max(VEGETATION[after] - VEGETATION[before], 0) + max(SOIL[after] - SOIL[before], 0))
    return loss - gain * ((before, after) in RESTORES)


def _solve(mode: str, rules: Rules = Rules(), cost: np.ndarray | None = None) -> tuple[float, dict[str, float]]:
    names = [*FREE_MOVES, *GOVERNED_MOVES, *rules.also_allowed]
    parts = [name.split() for name in names]
    if cost is None:
        cost = np.array([PER_HA[mode][f"{i} {j}"] for _, i, j in parts], dtype=float)
    upper = [
        rules.project_open * GOVERNED_MOVES[n] if n in GOVERNED_MOVES else AREA[n.split()[0], n.split()[1]]
        for n in names
    ]
    at_most: list[tuple[list[float], float]] = []
    for (zone, held), area in AREA.items():
        at_most.append(([float((z, i) == (zone, held)) for z, i, _ in parts], area))
    for county, demand in (("N", rules.growth_north), ("S", rules.growth_south)):
        at_most.append(([-float(z[0] == county and j == "urban") for z, _, j in parts], -demand))
    change = [(j == "crop") - float(i == "crop") for _, i, j in parts]
    at_most.append(([-c for c in change], 50 - rules.retention))
    exempt = [(i, j) in RESTORES for _, i, j in parts]
    at_most.append(([0.0 if e else -c for c, e in zip(change, exempt, strict=True)], rules.bank))
    at_most.append(([float(i == "village") for _, i, _ in parts], 8 - rules.village_floor))
    governed = [float(n in GOVERNED_MOVES) for n in names]
    at_most.append((governed, 8.0 * rules.project_open))
    at_most.append(([-g for g in governed], -4.0 * rules.project_open))
    matrix, bounds = zip(*at_most, strict=True)
    result = linprog(cost, A_ub=np.array(matrix), b_ub=np.array(bounds), bounds=[(0, u) for u in upper])
    if result.status == 2:
        return math.inf, {}
    assert result.status == 0, result.message
    return result.fun, dict(zip(names, result.x, strict=True))


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    text = resources.files("instances.library").joinpath("tiny", "expected.json").read_text("utf-8")
    return json.loads(text)["modes"]


def _by_name(moves: list[dict[str, Any]]) -> dict[str, float]:
    return {f"{m['zone']} {m['from']} {m['to']}": m["area_ha"] for m in moves}


@pytest.mark.parametrize("mode", MODES)
def test_emissions_per_hectare_follow_the_formulas(mode: str) -> None:
    for pair, value in PER_HA[mode].items():
        before, after = pair.split()
        assert _emission(before, after, mode) == pytest.approx(value), pair


@pytest.mark.parametrize("mode", MODES)
def test_optimum(mode: str, expected: dict[str, Any]) -> None:
    optimum, moves = _solve(mode)
    shut, _ = _solve(mode, Rules(project_open=False))
    assert optimum == pytest.approx(expected[mode]["objective"])
    assert optimum < shut
    wanted = _by_name(expected[mode]["moves"])
    assert {name: area for name, area in moves.items() if area > 1e-9} == pytest.approx(wanted)


@pytest.mark.parametrize("mode", MODES)
def test_objective_is_the_sum_of_the_moves(mode: str, expected: dict[str, Any]) -> None:
    moves = expected[mode]["moves"]
    total = sum(PER_HA[mode][f"{m['from']} {m['to']}"] * m["area_ha"] for m in moves)
    assert total == pytest.approx(expected[mode]["objective"])


@pytest.mark.parametrize("mode", MODES)
def test_optimum_is_unique(mode: str, expected: dict[str, Any]) -> None:
    """Each move is pushed up and down at the least cost: none can change without loss."""
    wanted = _by_name(expected[mode]["moves"])
    names = [*FREE_MOVES, *GOVERNED_MOVES]
    base = np.array([PER_HA[mode][name.split(" ", 1)[1]] for name in names], dtype=float)
    for k, push in product(range(len(names)), (1e-3, -1e-3)):
        tilted = base.copy()
        tilted[k] += push
        _, moves = _solve(mode, cost=tilted)
        assert {n: a for n, a in moves.items() if a > 1e-9} == pytest.approx(wanted), (names[k], push)


@pytest.mark.parametrize(
    ("rules", "gain"),
    [
        pytest.param(Rules(retention=42), 20, id="cropland retention"),
        pytest.param(Rules(bank=2), 10, id="compensation"),
        pytest.param(Rules(village_floor=1), 30, id="village floor"),
        pytest.param(Rules(growth_north=12), 130, id="growth, north"),
        pytest.param(Rules(growth_south=5), 120, id="growth, south"),
        pytest.param(Rules(project_open=False), -140, id="restoration project shut"),
        pytest.param(Rules(also_allowed=("N2 crop urban",)), 10, id="permanent farmland"),
        pytest.param(Rules(also_allowed=("N4 bare urban",)), 300, id="red line, general"),
        pytest.param(Rules(also_allowed=("S4 grass forest",)), 100, id="red line, core"),
        pytest.param(Rules(also_allowed=("N6 bare crop",)), 10, id="slope"),
        pytest.param(Rules(also_allowed=("N5 village urban",)), 550, id="urban boundary"),
    ],
)
def test_each_rule_matters(rules: Rules, gain: float) -> None:
    """Moving or lifting one rule changes the optimum by what the page says."""
    assert _solve("flux")[0] - _solve("flux", rules)[0] == pytest.approx(gain)


def test_constant(expected: dict[str, Any]) -> None:
    held = sum(SINK[held] * area for (_, held), area in AREA.items())
    assert held == 139
    assert expected["flux"]["constant"] == -held * YEARS
    assert expected["stock"]["constant"] == 0


def test_tables_say_what_the_page_says() -> None:
    tables = load("tiny").require_land().tables
    cover = tables["cover"].set_index(["zone", "class"])["area_ha"].to_dict()
    assert cover == {**AREA, ("N1", "urban"): 5, ("S1", "urban"): 5}
    factor = tables["factors"].pivot(index="class", columns="factor", values="value")
    for name, row in factor.iterrows():
        assert row["stock"] * row["soil_share"] == pytest.approx(SOIL[name])
        assert row["stock"] * (1 - row["soil_share"]) == pytest.approx(VEGETATION[name])
        assert row["sink"] == SINK[name]
    pairs = set(zip(tables["transitions"]["from"], tables["transitions"]["to"], strict=True))
    assert pairs == {tuple(pair.split()) for pair in PER_HA["flux"]}
    offered = {f"{zone} {i} {j}" for (zone, held), (i, j) in product(AREA, pairs) if held == i}
    assert offered == {*FREE_MOVES, *GOVERNED_MOVES, *(name for names in BARRED.values() for name in names)}


def test_committed_folder_is_what_the_script_builds(tmp_path: Path) -> None:
    build_tiny.build(tmp_path)
    built = [path for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert len(built) == 13
    for path in built:
        committed = build_tiny.FOLDER / path.relative_to(tmp_path)
        if path.suffix == ".parquet":
            ours, theirs = geopandas.read_parquet(path), geopandas.read_parquet(committed)
            pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(theirs))
        else:
            assert path.read_bytes() == committed.read_bytes(), path.name
