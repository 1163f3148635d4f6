"""Small random land of whole parcels, whose every plan can be written down."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from tests.build import draft, quota

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program

TRANSITIONS = {
    "crop>wood": {"cost": 3.0, "restoration": 1},
    "crop>ind": {"cost": 5.0},
    "grass>wood": {"cost": 1.0, "restoration": 1},
    "grass>ind": {"cost": 8.0},
}
FACTORS = {
    ("wood", "sink"): 4.0,
    ("grass", "sink"): 1.0,
    ("crop", "stock"): 300.0,
    ("grass", "stock"): 250.0,
    ("wood", "stock"): 500.0,
    ("ind", "stock"): 100.0,
}


def write_parcels(folder: Path, seed: int, parcels: int = 7) -> Path:
    """Write an instance of whole parcels, of which at least a quarter must become industry."""
    random = np.random.default_rng(seed)
    zones = {
        f"z{k}": {
            str(random.choice(["crop", "grass"])): float(random.integers(2, 12)),
            "whole": 1,
            "cost_factor": float(random.integers(2, 9)) / 4,
        }
        for k in range(parcels)
    }
    area = sum(next(iter(content.values())) for content in zones.values())
    quotas = [quota("floor", round(area / 4, 1), "industry"), quota("ceiling", round(area / 1.5, 1), "industry")]
    made = draft(zones, TRANSITIONS, quotas=quotas, factors=FACTORS, mode="flux", objective="emissions")
    return made.write(folder)


def every_plan(program: Program) -> NDArray[np.float64]:
    """Return all plans of whole parcels that keep every row, (plans, columns)."""
    matrix, moves = program.matrix(), program.moves
    choices = [range(a, b) for a, b in zip(moves.start[:-1], moves.start[1:], strict=True)]
    plans = np.zeros((int(np.prod([len(choice) for choice in choices])), program.n_columns))
    for number, taken in enumerate(product(*choices)):
        plans[number, list(taken)] = 1.0
    used = plans @ matrix.rows.toarray().T
    kept = ((used >= matrix.row_lower - 1e-9) & (used <= matrix.row_upper + 1e-9)).all(axis=1)
    return plans[kept & (plans <= matrix.upper + 1e-9).all(axis=1)]
