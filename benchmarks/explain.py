"""How long `sanqu explain` takes on made instances whose targets cannot be met.

    python benchmarks/explain.py --zones 100000

Growth demands of one region are multiplied by ten, which is more than its land and its increment of
construction land allow; with `--all` those of every region. With `--whole 1` every zone changes as a whole.
Prints seconds for reading, building and explaining, and the sentences.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

from formulations.assemble import assemble, land_block
from instances.instance import load
from instances.synthetic import generate
from optimizer.infeasibility import explain
from optimizer.results.solution import SolveOptions

EXCESS = 10.0
"""Factor on the growth demands."""


def spoil(folder: Path, every: bool) -> None:
    path = folder / "land" / "quotas.csv"
    table = pd.read_csv(path, keep_default_na=False)
    demands = table["rule"] == "growth_demand"
    if not every:
        demands &= table["region"] == table.loc[demands, "region"].iloc[0]
    table.loc[demands, "value"] *= EXCESS
    table.to_csv(path, index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, default=100_000)
    parser.add_argument("--regions", type=int, default=20)
    parser.add_argument("--quotas", type=int, default=6)
    parser.add_argument("--whole", type=float, default=0.0)
    parser.add_argument("--periods", type=int, default=2)
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sizes = {"regions": given.regions, "quotas": given.quotas, "whole": given.whole, "periods": given.periods}
        folder = generate(Path(place) / "made", given.zones, 1, projects=10, **sizes)
        spoil(folder, given.all)
        began = time.perf_counter()
        instance = load(folder)
        read = time.perf_counter()
        block = land_block(instance)
        program = assemble(block)
        built = time.perf_counter()
        found = explain(instance, block, program, SolveOptions(threads=1))
        done = time.perf_counter()
    print(f"read {read - began:.1f} s, build {built - read:.1f} s, explain {done - built:.1f} s")
    print(f"{len(program.moves):,} moves, {int(program.integer.sum()):,} whole-number columns, {program.n_rows:,} rows")
    print(f"proven: {found.proven}; only whole numbers in the way: {found.whole_numbers}")
    for line in found.lines():
        print("-", line)


if __name__ == "__main__":
    main()
