"""The bound of `decompose` over parts of the land on a local cluster, beside one process.

    python benchmarks/partitioned.py --zones 1000000 --parts 1 2 4 8 --workers 2

Makes an instance, splits it, and prints for each number of parts: processor seconds to split, wall seconds to load,
wall seconds of a pass and processor seconds of all workers, bytes of arrays that a pass moves, peak memory of the
largest worker and of the client, and how far the bound at the same multipliers, and the best bound that both find,
differ from those of one process.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

PASSES = 5
"""Passes that are timed, at the best multipliers."""


def peak_mb() -> float:
    """Return the peak memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def held_mb() -> float:
    """Return the memory that this process holds now, MB."""
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


def make(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Make the instance."""
    from instances.synthetic import generate

    sizes = {name: getattr(given, name) for name in ("regions", "quotas", "periods", "whole")}
    generate(folder / "whole", given.zones, given.seed, **sizes)
    return {}


def cut(folder: Path, count: int) -> dict[str, Any]:
    """Split the instance."""
    from instances.split import split

    target = folder / f"parts{count}"
    target.mkdir()
    began = time.process_time()
    split(folder / "whole", target, count)
    return {"split_s": time.process_time() - began, "split_mb": peak_mb()}


def alone(folder: Path, gap: float) -> dict[str, Any]:
    """Raise the bound in one process, and keep the multipliers by name of row."""
    from formulations.assemble import assemble, land_block
    from instances.instance import load
    from optimizer.methods.decompose.alike import alike
    from optimizer.methods.decompose.bundle import Bundle
    from optimizer.methods.decompose.parts.part import row_names
    from optimizer.methods.decompose.passes import Passes
    from optimizer.methods.decompose.sampling import approach, sampled
    from optimizer.methods.decompose.setup import set_up

    program = assemble(land_block(load(folder / "whole")))
    setup = set_up(program, 1)
    passes = Passes(setup.pricing, alike(setup.pricing, setup.free, 1), setup.blocks, 1)
    bundle = Bundle(passes, setup.side)
    few = sampled(passes)
    if few is not None:
        approach(bundle, few, setup.side, lambda best: 0.2 * gap * best.at.moved, float("inf"))
    best = bundle.raise_to(lambda best: 0.2 * gap * best.at.moved, float("inf"))
    began = time.process_time()
    for _ in range(PASSES):
        passes(best.y)
    names = row_names(program, setup.pricing.rows)[0]
    found = {"y": dict(zip(names, best.y.tolist(), strict=True)), "bound": best.bound, "passes": best.passes}
    return found | {
        "pass_cpu_s": (time.process_time() - began) / PASSES,
        "client_mb": peak_mb(),
        "moves": len(program.moves),
    }


def together(folder: Path, count: int, workers: int, gap: float, expected: dict[str, Any]) -> dict[str, Any]:
    """Raise the bound over parts on a local cluster."""
    from distributed import Client, LocalCluster

    from instances.census import NAME
    from optimizer.methods.decompose.bundle import Bundle
    from optimizer.methods.decompose.parts import parts_below, raised
    from optimizer.methods.decompose.parts.passes import Crew, PartedPasses

    place = folder / f"parts{count}"
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        began = time.perf_counter()
        passes = PartedPasses.over(Crew(client), parts_below(place), place / NAME)
        loaded = time.perf_counter() - began
        y = np.array([expected["y"][name] for name in passes.pricing.names])
        bundle = Bundle(passes, passes.whole.side)
        same = bundle.value(y, passes(y))
        began = time.perf_counter()
        before = passes.crew.sent, passes.crew.received
        spent = sum(client.run(time.process_time).values())
        for _ in range(PASSES):
            passes(y)
        a_pass = (time.perf_counter() - began) / PASSES
        spent = sum(client.run(time.process_time).values()) - spent
        sent, received = passes.crew.sent - before[0], passes.crew.received - before[1]
        best, sampled, _ = raised(passes, gap, float("inf"))
        worker_mb = max(client.run(peak_mb).values())
        kept_mb = max(client.run(held_mb).values())
    return {
        "load_s": loaded,
        "pass_s": a_pass,
        "pass_cpu_s": spent / PASSES,
        "sent": sent / PASSES,
        "received": received / PASSES,
        "rows": passes.pricing.n_rows,
        "pairs": len(passes.pair_row),
        "groups": passes.whole.groups,
        "worker_mb": worker_mb,
        "kept_mb": kept_mb,
        "client_mb": peak_mb(),
        "same": abs(same - expected["bound"]) / abs(expected["bound"]),
        "best": abs(best.bound - expected["bound"]) / abs(expected["bound"]),
        "passes": best.passes,
        "sampled": sampled,
    }


def apart(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Run in a process of its own, so that peak memory is that of the work alone."""
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        box = manager.dict()
        process = context.Process(target=_into, args=(box, work, arguments))
        process.start()
        process.join()
        return dict(box)


def _into(box: Any, work: Callable[..., dict[str, Any]], arguments: tuple[Any, ...]) -> None:
    box.update(work(*arguments))


def main() -> None:
    """Make, split, and print a line for each number of parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, default=1_000_000)
    parser.add_argument("--parts", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--regions", type=int, default=50)
    parser.add_argument("--quotas", type=int, default=3)
    parser.add_argument("--periods", type=int, default=1)
    parser.add_argument("--whole", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gap", type=float, default=1e-4)
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart(make, folder, given)
        expected = apart(alone, folder, given.gap)
        print(json.dumps({key: value for key, value in expected.items() if key != "y"}), flush=True)
        for count in given.parts:
            facts = {"parts": count, **apart(cut, folder, count)}
            facts |= apart(together, folder, count, given.workers, given.gap, expected)
            print(json.dumps({key: float(f"{value:.4g}") for key, value in facts.items()}), flush=True)


if __name__ == "__main__":
    main()
