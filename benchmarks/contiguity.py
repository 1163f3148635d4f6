"""How long it takes where new built land must lie together: `contiguity` and `minimum_patch` on a made grid.

    python benchmarks/contiguity.py --patch 0.5 10 --gap 1e-2 1e-3
    python benchmarks/contiguity.py --patch 3 --gap 1e-2 --growth 4

Zones of `sanqu new --whole 1 --neighbours`; new built land must touch what is built, and no patch of it may be smaller
than `--patch` hectares. Prints a row for each patch and gap: proven gap, seconds of the clock and of the processor.
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
from optimizer.methods import choose
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions

FORM = {"period": 0, "group": "built", "grade": 0, "source": "made", "status": "made"}
RULES = (("contiguity", "==", "1"), ("minimum_patch", ">=", "ha"))


def together(folder: Path, patch: float, growth: float) -> None:
    """Ask of an instance that new built land lies together, in patches of so many hectares at least."""
    path = folder / "land" / "quotas.csv"
    table = pd.read_csv(path, keep_default_na=False)
    table.loc[table["rule"] == "growth_demand", "value"] *= growth
    regions = pd.read_csv(folder / "land" / "regions.csv", dtype=str, keep_default_na=False)
    root = regions.loc[regions["parent"] == "", "region"].iloc[0]
    own = [
        {"id": rule, "rule": rule, "region": root, "sense": sense, "value": value, "unit": unit, **FORM}
        for (rule, sense, unit), value in zip(RULES, (1.0, patch), strict=True)
    ]
    pd.concat([table, pd.DataFrame(own)], ignore_index=True).to_csv(path, index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, default=10_000)
    parser.add_argument("--patch", type=float, nargs="+", default=[0.5, 10.0], help="hectares")
    parser.add_argument("--gap", type=float, nargs="+", default=[1e-2, 1e-3])
    parser.add_argument("--growth", type=float, default=1.0, help="factor on the demands for growth")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for each solve")
    given = parser.parse_args()
    print("patch, ha | gap asked | gap proven | wall s | processor s | ended")
    for patch in given.patch:
        with tempfile.TemporaryDirectory() as place:
            folder = generate(Path(place) / "made", given.zones, 1, whole=1.0, neighbours=True)
            together(folder, patch, given.growth)
            program = assemble(land_block(load(folder)))
        for gap in given.gap:
            options = SolveOptions(gap=gap, time_limit_s=given.limit, threads=1)
            wall, processor = time.perf_counter(), time.process_time()
            found = choose("auto", program)(program, options, Silent())
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            proven = "no plan" if found.gap is None else f"{found.gap:.2g}"
            print(f"{patch:g} | {gap:g} | {proven} | {wall:.1f} | {processor:.1f} | {found.termination.value}")


if __name__ == "__main__":
    main()
