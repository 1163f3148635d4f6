"""Land with a power network: `decompose` beside HiGHS on the whole, same made instance, same gap.

    python benchmarks/joint.py --zones 20000 --buses 12 --methods decompose direct --gap 1e-3 --limit 1800
    python benchmarks/joint.py --zones 200000 --weihai --methods decompose --gap 1e-3

With `--weihai` the network is that of the bundled Weihai, laid on made land (`weihai_network.py`).
Seconds are processor time of one thread, without reading and building, which are given apart.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from weihai_network import weihai_on_made

from formulations.assemble import assemble, land_block
from instances.instance import load
from instances.synthetic import generate
from optimizer.methods import METHODS
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions


def main() -> None:
    """Make an instance, solve it by each method, print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, default=20_000)
    parser.add_argument("--buses", type=int, default=12)
    parser.add_argument("--weihai", action="store_true", help="the network of Weihai instead of a made one")
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--periods", type=int, default=3)
    parser.add_argument("--regions", type=int, default=8)
    parser.add_argument("--quotas", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", nargs="+", default=["decompose"], choices=sorted(METHODS))
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--limit", type=float, default=float("inf"), help="seconds of wall clock for each method")
    asked = parser.parse_args()
    sizes = {name: getattr(asked, name) for name in ("regions", "quotas", "periods")}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "made"
        if asked.weihai:
            made = weihai_on_made(place, asked.zones, asked.seed, **sizes)
        else:
            made = generate(place, asked.zones, asked.seed, network=asked.buses, hours=asked.hours, **sizes)
        began = time.process_time()
        program = assemble(land_block(load(made)))
    beside = program.n_columns - len(program.moves)
    print(f"read and built in {time.process_time() - began:.1f} s: {len(program.moves):,} moves, {beside:,} columns")
    options = SolveOptions(gap=asked.gap, time_limit_s=asked.limit, threads=1, seed=asked.seed)
    for method in asked.methods:
        began = time.process_time()
        found = METHODS[method](program, options, Silent())
        spent = time.process_time() - began
        values = [found.objective, found.bound, found.gap]
        words = " ".join("-" if value is None else f"{value:.8g}" for value in values)
        print(f"{method:10} {spent:8.1f} s  {words}  {found.bound_by} {found.status(asked.gap)}", flush=True)


if __name__ == "__main__":
    main()
