"""Trees of least cost: SteinLib's optima, and made graphs against a second formulation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from instances.instance import load
from instances.network.write import write_network
from instances.readers.steinlib import import_steinlib
from instances.settings import About, NetworkSettings
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.audit import audit
from optimizer.results.solution import SolveOptions
from optimizer.solve import solve
from optimizer.solve_network import network_program
from optimizer.steiner_study import solve_trees, tree_program
from optimizer.study import StudyOptions
from tests.formulations.energy.networks import tables_of

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "steiner"
EXACT = SolveOptions(gap=0.0, threads=1)


def made(folder: Path, seed: int, nodes: int, edges: int, terminals: int) -> tuple[Path, np.ndarray, np.ndarray]:
    """Write a random graph that hangs together, whole costs of 1 to 10; returns folder, edges and terminals."""
    random = np.random.default_rng(seed)
    order = random.permutation(nodes)
    cost = {tuple(sorted((int(order[k]), int(order[random.integers(k)])))): 0 for k in range(1, nodes)}
    while len(cost) < edges:
        one, two = random.integers(nodes, size=2)
        if one != two:
            cost.setdefault(tuple(sorted((int(one), int(two)))), 0)
    rows = np.array([(*pair, random.integers(1, 11)) for pair in cost])
    ends = random.choice(nodes, terminals, replace=False)
    given: dict[str, dict[str, list[Any]]] = {
        "buses": {"bus": [f"b{k}" for k in range(nodes)]},
        "candidates": {
            "candidate": [f"k{k}" for k in range(edges)],
            "from_bus": [f"b{k}" for k in rows[:, 0]],
            "to_bus": [f"b{k}" for k in rows[:, 1]],
            "capacity_mw": [0.0] * edges,
            "cost": rows[:, 2].tolist(),
        },
        "connections": {"connection": ["c"] * terminals, "bus": [f"b{k}" for k in ends]},
    }
    settings = NetworkSettings(money="cost", power_flow="transport", horizon_h=1.0)
    write_network(folder, About(name="made", title_en="made", title_zh="made"), settings, tables_of(**given))
    return folder, rows, ends


def by_single_flow(edges: np.ndarray, nodes: int, terminals: np.ndarray) -> float:
    """Return the least cost by one flow that leaves a unit at each terminal, over edges that are paid (HiGHS)."""
    count, others = len(edges), len(terminals) - 1
    arcs = np.concatenate([edges[:, :2], edges[:, 1::-1]])
    number = np.arange(2 * count)
    flow = sp.csr_array(
        (
            np.concatenate([-np.ones(2 * count), np.ones(2 * count)]),
            (np.concatenate([arcs[:, 0], arcs[:, 1]]), np.concatenate([number, number])),
        ),
        shape=(nodes, 2 * count),
    )
    left = np.zeros(nodes)
    left[terminals] = 1.0
    left[terminals[0]] = -others
    within = sp.hstack([sp.eye_array(2 * count), sp.vstack([-others * sp.eye_array(count)] * 2)])
    balance = sp.hstack([flow, sp.csr_array((nodes, count))])
    answer = milp(
        np.concatenate([np.zeros(2 * count), edges[:, 2]]),
        constraints=[LinearConstraint(balance, left, left), LinearConstraint(within, -np.inf, 0.0)],
        integrality=np.concatenate([np.zeros(2 * count), np.ones(count)]),
        bounds=Bounds(0.0, np.concatenate([np.full(2 * count, others), np.ones(count)])),
        options={"mip_rel_gap": 0.0},
    )
    return float(answer.fun)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here")
@pytest.mark.parametrize(("name", "least"), [("b01", 82), ("b02", 83), ("b03", 138)])
def test_steinlib(tmp_path: Path, name: str, least: int) -> None:
    """The published optima, proven and audited."""
    import_steinlib(SHARED / f"{name}.stp", tmp_path / "in", name)
    outcome = solve(tmp_path / "in", tmp_path / "out", StudyOptions(solve=EXACT, tables=False))
    summary = outcome.summary
    assert (summary["objective"], summary["bound"], summary["status"]) == (least, least, "optimal")
    assert summary["method"] == "steiner"
    assert outcome.audit_passed, outcome.failures
    assert audit(tmp_path / "in", tmp_path / "out").figures["objective"] == least


@pytest.mark.parametrize("seed", range(4))
def test_small_against_a_second_formulation(tmp_path: Path, seed: int) -> None:
    """Engine, the study's own Program and one flow over paid edges agree."""
    folder, edges, terminals = made(tmp_path / "in", seed, 25, 45, 9)
    instance = load(folder)
    program = tree_program(instance, "auto")
    assert program is not None
    engine = solve_trees(instance.require_network(), program, EXACT)
    least = by_single_flow(edges, 25, terminals)
    assert engine.objective == engine.bound == pytest.approx(least)
    whole = direct.solve(network_program(instance, StudyOptions()), EXACT, Silent())
    assert whole.objective == pytest.approx(least)


@pytest.mark.parametrize("seed", range(5))
def test_fifty_terminals(tmp_path: Path, seed: int) -> None:
    """100 nodes, 200 edges, 50 terminals are proven."""
    instance = load(made(tmp_path / "in", seed, 100, 200, 50)[0])
    program = tree_program(instance, "auto")
    assert program is not None
    engine = solve_trees(instance.require_network(), program, EXACT)
    assert engine.objective == engine.bound


def test_what_else_a_study_asks_for_keeps_it_from_the_engine(tmp_path: Path) -> None:
    """A load, an asked method or a corridor: the Program as a whole; plant that costs nothing when idle: the engine."""
    folder, *_ = made(tmp_path / "in", 1, 10, 15, 4)
    plant = {"generator": ["g"], "bus": ["b0"], "technology": ["coal"], "capacity_mw": [5.0], "marginal_cost": [3.0]}
    part = folder / "network"
    (part / "generators.csv").write_text("\n".join(",".join(map(str, row)) for row in zip(
        *([name, *column] for name, column in plant.items()), strict=True)))  # fmt: skip
    assert tree_program(load(folder), "auto") is not None
    assert tree_program(load(folder), "direct") is None
    (part / "loads.csv").write_text("load,bus,peak_mw\nl,b0,2\n")
    assert tree_program(load(folder), "auto") is None
