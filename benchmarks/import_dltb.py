"""Time and memory of `sanqu import dltb` on a made survey database.

    python benchmarks/import_dltb.py [PARCELS] [DRIVER]

makes a database of about PARCELS parcels (200,000) with four control layers, three of them overlays of a plan
and one of slopes, in a temporary folder, imports it in a process of its own, and prints seconds and peak memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORT = """
import sys
from pathlib import Path
from instances.readers.dltb import import_dltb
made = import_dltb(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[1]) / "dltb.toml")
print(made.account.table()[["stage", "item", "count", "area_ha"]].to_string())
print(f"imbalance {made.account.imbalance:.1e}, {made.zones:,} zones")
"""


def main() -> None:
    from instances.synthetic.dltb import generate_dltb

    parcels = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    driver = sys.argv[2] if len(sys.argv) > 2 else "GPKG"
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "made", Path(name) / "instance"
        target.mkdir()
        began = time.perf_counter()
        generate_dltb(source, parcels, 1, driver)  # type: ignore[arg-type]
        print(f"made in {time.perf_counter() - began:.1f} s")
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", IMPORT, str(source), str(target)], check=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(
            f"import: {time.perf_counter() - began:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor,"
            f" peak {used.ru_maxrss / 2**20:.2f} GiB"
        )


if __name__ == "__main__":
    main()
