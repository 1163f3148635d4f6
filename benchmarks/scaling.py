"""How solve time grows with the number of zones: an exponent fitted by least squares on logarithms.

    python benchmarks/scaling.py whole-1m --routes sanqu:auto,highs --sizes 10000,30000,100000

The case gives everything but the size. Writes `growth.csv` and `growth.png` to `--out` and prints, for each route,
`seconds = factor x zones^exponent`. A run that does not reach the asked gap is shown and left out of the fit.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

from compare import add_limits, limits, tell
from comparison.cases import named
from comparison.runner import compare, resized
from comparison.tables import HEADER, write_csv

ROUTES = "sanqu:auto,floor"
SIZES = (10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000)


def fit(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Return factor and exponent of the power law nearest to (zones, seconds) on logarithms.

    Raises ValueError where there are not two sizes.
    """
    if len({zones for zones, _ in points}) < 2:
        raise ValueError("an exponent needs two sizes")
    x = [math.log(zones) for zones, _ in points]
    y = [math.log(seconds) for _, seconds in points]
    middle, height = sum(x) / len(x), sum(y) / len(y)
    exponent = sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)
    return math.exp(height - exponent * middle), exponent


def proven(records: list[dict[str, Any]], route: str) -> list[tuple[int, float]]:
    """Return zones and solve seconds of a route's runs that did what was asked."""
    mine = [record for record in records if record["route"] == route and record["status"] in ("optimal", "read")]
    return [(record["zones"], record["solve_s"]) for record in mine]


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("case", nargs="?", default="whole-1m", choices=list(named()), metavar="CASE")
    made.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=list(SIZES))
    add_limits(made, ROUTES)
    given = made.parse_args()
    cases = [resized(named()[given.case], zones) for zones in given.sizes]
    print("\n".join(HEADER))
    records = compare(cases, given.routes, [1], limits(given), given.cache.resolve(), tell)
    held = {route: proven(records, route) for route in given.routes}
    fits = {route: fit(points) for route, points in held.items() if len({zones for zones, _ in points}) > 1}
    for route, (factor, exponent) in fits.items():
        print(f"{route}: {factor:.3g} s x zones^{exponent:.3f}")
    given.out.mkdir(parents=True, exist_ok=True)
    write_csv(records, given.out / "growth.csv")
    from comparison.plots import draw_growth

    draw_growth(records, fits, given.out / "growth.png")


if __name__ == "__main__":
    main()
