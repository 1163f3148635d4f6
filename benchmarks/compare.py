"""Routes from an instance to a proven plan, side by side: objective, bound, gap, seconds and memory.

    python benchmarks/compare.py lp-5k whole-20k
    python benchmarks/compare.py --zones 50000 --regions 20 --quotas 10 --routes sanqu:direct,highs,linopy

Cases are those of `comparison/cases.csv` (`--list`), or one made of the generator's flags. Every run is a process of
its own. Writes `table.csv`, `table.md` and `figure.png` to `--out`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from comparison.cases import DEFAULTS, FLAGS, Case, named
from comparison.runner import PROTOTYPE, ROOT, Limits, compare
from comparison.tables import HEADER, line, markdown, write_csv
from routes import split

ROUTES = "sanqu:auto,sanqu:direct,sanqu:core,sanqu:decompose,highs,pyomo,linopy,floor,prototype"
RESULTS = ROOT / "results" / "benchmarks"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("cases", nargs="*", metavar="CASE", help="name of a case, see --list")
    made.add_argument("--list", action="store_true", help="print the cases and stop")
    add_limits(made, ROUTES)
    made.add_argument("--gap", type=float, help="gap asked of every route (default: that of the case, or 1e-4)")
    made.add_argument("--seeds", type=_numbers, default=[1], help="seeds of the generator and of HiGHS: 1,2,3")
    made.add_argument("--command", action="store_true", help="measure the whole command `sanqu solve` too")
    flags = made.add_argument_group("a case of your own, as for `sanqu new`")
    for name, kind in FLAGS.items():
        if kind is bool:
            flags.add_argument(f"--{name}", action="store_true")
        else:
            flags.add_argument(f"--{name}", type=kind, default=DEFAULTS.get(name))
    return made


def add_limits(made: argparse.ArgumentParser, routes: str) -> None:
    """Add what every program that runs routes may be told."""
    made.add_argument("--routes", type=_routes, default=_routes(routes), help=f"default {routes}")
    made.add_argument("--time-limit", type=float, default=100.0, help="seconds for each solve")
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--repeats", type=int, default=1, help="runs of each, the fastest is kept")
    made.add_argument("--out", type=Path, default=RESULTS, help="folder for table and figure")
    made.add_argument("--cache", type=Path, default=RESULTS / "instances", help="folder for made instances")
    made.add_argument("--prototype", type=Path, default=PROTOTYPE, help="program of the route `prototype`")


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _routes(text: str) -> list[str]:
    routes = [part.strip() for part in text.split(",") if part.strip()]
    for route in routes:
        try:
            split(route)
        except ValueError as fault:
            raise argparse.ArgumentTypeError(str(fault)) from fault
    return routes


def chosen(given: argparse.Namespace, made: argparse.ArgumentParser) -> list[Case]:
    """Return the cases that are asked for; ends the program where one is not known or none is given."""
    unknown = [name for name in given.cases if name not in named()]
    if unknown:
        made.error(f"no case is called {', '.join(unknown)}; known are {', '.join(named())}")
    cases = [named()[name] for name in given.cases]
    if given.zones is not None:
        cases.append(Case(f"made-{given.zones}", {name: getattr(given, name) for name in FLAGS}))
    if not cases:
        made.error("name a case, or give --zones")
    return cases


def limits(given: argparse.Namespace, gap: float | None = None) -> Limits:
    """Return the limits as told."""
    return Limits(gap, given.time_limit, given.threads, given.repeats, given.prototype)


def tell(record: dict[str, Any]) -> None:
    """Print a record as it comes."""
    print(line(record), flush=True)


def main() -> None:
    made = parser()
    given = made.parse_args()
    if given.list:
        for case in named().values():
            print(f"{case.name:15} gap {case.gap:g}  {case.command()}")
        return
    cases = chosen(given, made)
    routes = [*given.routes, *(["command:auto"] if given.command else [])]
    print("\n".join(HEADER))
    records = compare(cases, routes, given.seeds, limits(given, given.gap), given.cache.resolve(), tell)
    given.out.mkdir(parents=True, exist_ok=True)
    write_csv(records, given.out / "table.csv")
    (given.out / "table.md").write_text(markdown(records), encoding="utf-8")
    from comparison.plots import draw

    draw(records, given.out / "figure.png")
    print(f"\n{given.out}: table.csv, table.md, figure.png")


if __name__ == "__main__":
    main()
