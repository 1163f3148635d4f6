"""From moves in memory to a model loaded in HiGHS, against a bare `passModel` of the same matrix.

    python benchmarks/load_model.py [ZONES]

Both run in one process, alternating, on a made instance; 185,000 zones give about a million columns.
Prints the median seconds of each and their ratio.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from formulations.assemble import assemble, land_block
from instances.instance import load
from instances.synthetic import generate
from optimizer.methods import highs

REPEATS = 5


def main(zones: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = generate(Path(scratch) / "made", zones, seed=1, regions=20, whole=1.0)
        block = land_block(load(folder))
    ready = assemble(block).matrix()
    ours, bare = [], []
    for _ in range(REPEATS):
        began = time.perf_counter()
        highs.load(assemble(block).matrix())
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        highs.load(ready)
        bare.append(time.perf_counter() - began)
    rows, columns = ready.rows.shape
    print(f"{columns:,} columns, {rows:,} rows, {ready.rows.nnz:,} entries")
    print(f"moves to loaded model {statistics.median(ours):.3f} s, bare passModel {statistics.median(bare):.3f} s")
    print(f"ratio {statistics.median(ours) / statistics.median(bare):.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 185_000)
