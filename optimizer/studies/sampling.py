"""Out-of-sample evaluation (样本外检验): what plans come to when the uncertain factors are drawn, and not as planned.

Scales are drawn evenly between their ends, each row of the factors by itself; the account is made anew for every draw,
so nothing is taken to be linear. The same seed draws the same scales for every plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.studies.uncertainty import emissions, scaled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program
    from optimizer.studies.uncertainty import Uncertain


def sampled(
    block: LandBlock,
    program: Program,
    found: Uncertain,
    plans: Sequence[NDArray[np.float64]],
    samples: int,
    seed: int,
) -> NDArray[np.float64]:
    """Return what is minimised of every plan, each (columns,), under every draw, (plans, samples)."""
    weight = program.minimise.get("emissions", 0.0)
    scales = draws(found, samples, seed)
    base = np.array([float(program.cost @ plan) for plan in plans])
    count = len(program.moves)
    land = np.array([plan[:count] for plan in plans])
    nominal = emissions(block, block.carbon)
    added = np.empty((len(plans), samples))
    for number, scale in enumerate(scales):
        added[:, number] = land @ (emissions(block, scaled(block, found.place, scale)) - nominal)
    return np.asarray(base[:, None] + weight * added)


def draws(found: Uncertain, samples: int, seed: int) -> NDArray[np.float64]:
    """Return scales drawn evenly between their ends, (samples, rows)."""
    random = np.random.default_rng(seed)
    return random.uniform(found.low, found.high, (samples, len(found)))
