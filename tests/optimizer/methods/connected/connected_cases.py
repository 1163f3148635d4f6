"""Random prioritisations whose chosen units must hang together, as rows of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tests.formulations.restoration.site_tables import Rows

STATUSES = {1: "locked_in", 2: "locked_out"}
"""Status of unit 2, by the remainder of the seed."""


def targets(amounts: Rows, share: float) -> Rows:
    """Return one target a feature: a share of what there is, rounded."""
    totals: dict[str, float] = {}
    for row in amounts:
        totals[row["feature"]] = totals.get(row["feature"], 0.0) + row["amount"]
    common = {"management_zones": "*", "sense": ">=", "kind": "absolute", "weight": 1.0}
    return [
        {"target": f"t{name}", "feature": name, "value": float(round(share * total)), **common}
        for name, total in sorted(totals.items())
    ]


def tables(units: Rows, amounts: Rows, edges: list[tuple[int, int]], share: float, rules: Rows) -> dict[str, Rows]:
    """Return the tables of units `u0`, `u1`, ... with targets of a share of each feature."""
    names = sorted({row["feature"] for row in amounts})
    return {
        "units": units,
        "features": [{"feature": name, "weight": 1.0} for name in names],
        "amounts": amounts,
        "targets": targets(amounts, share),
        "boundary": [{"unit_a": f"u{a}", "unit_b": f"u{b}", "length_m": 1.0} for a, b in edges],
        "rules": [dict(rule) for rule in rules],
    }


def graph_case(seed: int, rules: Rows, units: int = 8, features: int = 2) -> dict[str, Rows]:
    """Return a random graph with a few units, every fourth seed with a unit locked in, another with one locked out."""
    rng = np.random.default_rng(seed)
    own: Rows = [
        {
            "unit": f"u{i}",
            "cost": float(rng.integers(1, 9)),
            "area_ha": float(rng.integers(1, 3)),
            "status": STATUSES.get(seed % 4, "available") if i == 2 else "available",
        }
        for i in range(units)
    ]
    pairs = {(int(min(a, b)), int(max(a, b))) for a, b in rng.integers(0, units, (13, 2)) if a != b}
    amounts: Rows = [
        {"unit": f"u{i}", "feature": f"f{f}", "amount": float(rng.integers(1, 6)), "management_zone": ""}
        for f in range(features)
        for i in range(units)
        if rng.random() < 0.6
    ]
    return tables(own, amounts, sorted(pairs), 0.45, rules)


def grid_case(side: int, seed: int, rules: Rows, share: float = 0.2) -> dict[str, Rows]:
    """Return a square grid with three patchy features."""
    rng = np.random.default_rng(seed)
    index = np.arange(side * side).reshape(side, side)
    edges = [*zip(index[:, :-1].ravel(), index[:, 1:].ravel()), *zip(index[:-1].ravel(), index[1:].ravel())]  # noqa: B905
    units: Rows = [{"unit": f"u{i}", "cost": float(rng.integers(2, 9)), "area_ha": 1.0} for i in range(side * side)]
    amounts: Rows = []
    for name in ("f0", "f1", "f2"):
        place = rng.uniform(0, side, 2)
        apart = np.hypot(*(np.indices((side, side)) - place[:, None, None])).ravel()
        amounts += [
            {"unit": f"u{i}", "feature": name, "amount": float(amount), "management_zone": ""}
            for i, amount in enumerate(np.round(10 * np.exp(-apart / side * 2) * rng.uniform(0.5, 1.5, side * side)))
            if amount > 0
        ]
    return tables(units, amounts, [(int(a), int(b)) for a, b in edges], share, rules)


def by(rule: str, **more: Any) -> dict[str, Any]:
    """Return a line of the rules table."""
    return {"rule": rule, **more}
