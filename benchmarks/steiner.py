"""Trees of least cost over candidates, and designs with fixed charges: processor seconds, plan and proven bound.

    python benchmarks/steiner.py [--steinlib ../shared/data/steiner] [--seeds 5]

Trees: SteinLib files, where a folder of them is given, and random graphs that hang together with whole costs of 1 to
10, by the engine that `sanqu solve` takes. Designs: buses on a plane, ten loads, two sources, candidates at a fixed
cost and one per MWh by length, by HiGHS on the whole Program with a gap of 1e-6. One thread; the second of two runs
counts for trees, so that kernels are loaded.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.instance import load
from instances.network.write import write_network
from instances.readers.steinlib import import_steinlib
from instances.settings import About, NetworkSettings
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from optimizer.solve_network import network_program
from optimizer.steiner_study import solve_trees, tree_program
from optimizer.study import StudyOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.results.solution import Solution

SIZES = ((100, 200, 50), (1_000, 2_000, 100), (1_000, 2_000, 300))
"""Nodes, edges and terminals of made graphs."""
NODES, EDGES, LOADS = 30, 70, 10
"""Of networks to be designed."""
CAPACITIES = (6.0, 12.0, 100.0)
LIMIT_S = 300.0


def graph(nodes: int, edges: int, terminals: int, seed: int) -> dict[str, pd.DataFrame]:
    """Return the tables of a random graph that hangs together."""
    random = np.random.default_rng(seed)
    order = random.permutation(nodes)
    pairs = {tuple(sorted((int(order[k]), int(order[random.integers(k)])))) for k in range(1, nodes)}
    while len(pairs) < edges:
        one, two = random.integers(nodes, size=2)
        if one != two:
            pairs.add(tuple(sorted((int(one), int(two)))))
    ends = np.array(sorted(pairs))
    return {
        "buses": _buses(nodes),
        "snapshots": pd.DataFrame({"snapshot": ["design"], "weight_h": [1.0]}),
        "candidates": _candidates(ends, 0.0, random.integers(1, 11, edges).astype(float)),
        "connections": pd.DataFrame(
            {"connection": "tree", "bus": [f"b{k}" for k in random.choice(nodes, terminals, replace=False)]}
        ),
    }


def design(seed: int, capacity: float) -> dict[str, pd.DataFrame]:
    """Return the tables of a network to be designed: the shortest pairs of buses, two sources of 70 % of the load."""
    random = np.random.default_rng(seed)
    place = random.random((NODES, 2)) * 100.0
    apart = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    order = np.argsort(place[:, 0])
    nearest = [order[:k][np.argmin(apart[order[k], order[:k]])] for k in range(1, NODES)]
    pairs = {tuple(sorted((int(one), int(two)))) for one, two in zip(order[1:], nearest, strict=True)}
    for flat in np.argsort(apart, axis=None).tolist():
        one, two = divmod(flat, NODES)
        if one < two and len(pairs) < EDGES:
            pairs.add((one, two))
    ends = np.array(sorted(pairs))
    length = apart[ends[:, 0], ends[:, 1]]
    chosen = [f"b{k}" for k in random.choice(NODES, LOADS + 2, replace=False)]
    peak = random.integers(1, 6, LOADS).astype(float)
    plant = {"generator": ["g1", "g2"], "bus": chosen[:2], "technology": "plant", "capacity_mw": 0.7 * peak.sum()}
    return {
        "buses": _buses(NODES),
        "snapshots": pd.DataFrame({"snapshot": ["peak"], "weight_h": [1.0]}),
        "generators": pd.DataFrame(plant),
        "loads": pd.DataFrame({"load": chosen[2:], "bus": chosen[2:], "peak_mw": peak}),
        "candidates": _candidates(ends, capacity, 5.0 * length).assign(marginal_cost=0.1 * length, max_additions=2),
    }


def _buses(count: int) -> pd.DataFrame:
    return pd.DataFrame({"bus": [f"b{k}" for k in range(count)]})


def _candidates(ends: np.ndarray, capacity: float, cost: np.ndarray) -> pd.DataFrame:
    named = {"candidate": [f"k{k}" for k in range(len(ends))], "capacity_mw": capacity, "cost": cost}
    return pd.DataFrame({**named, "from_bus": [f"b{k}" for k in ends[:, 0]], "to_bus": [f"b{k}" for k in ends[:, 1]]})


def tree(folder: Path) -> tuple[Solution, float]:
    """Return the answer of the engine and processor seconds, from the instance to the tree."""
    instance = load(folder)
    began = time.process_time()
    program = tree_program(instance, "auto")
    assert program is not None
    options = SolveOptions(gap=0.0, threads=1, time_limit_s=LIMIT_S)
    return solve_trees(instance.require_network(), program, options), time.process_time() - began


def whole(folder: Path) -> tuple[Solution, float]:
    """Return the answer of HiGHS on the whole Program and processor seconds."""
    instance = load(folder)
    began = time.process_time()
    program = network_program(instance, StudyOptions())
    answer = direct.solve(program, SolveOptions(gap=1e-6, threads=1, time_limit_s=LIMIT_S), Silent())
    return answer, time.process_time() - began


def cases(steinlib: Path | None, seeds: int, folder: Path) -> Iterator[tuple[str, Path, bool]]:
    """Write every case and yield its name, its folder and whether it is a tree."""
    about = About(name="made", title_en="made", title_zh="made")
    settings = NetworkSettings(money="cost", power_flow="transport", horizon_h=1.0)
    for file in sorted(steinlib.glob("*.stp")) if steinlib else ():
        import_steinlib(file, folder / file.stem, file.stem)
        yield file.stem, folder / file.stem, True
    for size in SIZES:
        for seed in range(seeds):
            name = "tree {:,} nodes, {:,} edges, {} terminals, seed {}".format(*size, seed)
            write_network(folder / name, about, settings, graph(*size, seed))
            yield name, folder / name, True
    for capacity in CAPACITIES:
        for seed in range(seeds):
            name = f"design 30 buses, 70 candidates of {capacity:g} MW, seed {seed}"
            write_network(folder / name, about, settings, design(seed, capacity))
            yield name, folder / name, False


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steinlib", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    print("| case | plan | bound | processor s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        first = True
        for name, path, is_tree in cases(asked.steinlib, asked.seeds, Path(folder)):
            if is_tree and first:
                tree(path)
                first = False
            answer, seconds = tree(path) if is_tree else whole(path)
            print(f"| {name} | {answer.objective} | {answer.bound} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
