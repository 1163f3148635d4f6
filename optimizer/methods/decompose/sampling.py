r"""Multipliers of very many groups found on a few of them.

The dual of a sample of the groups, each with the area of those left out, has nearly the same curvature as the whole
one, and its passes cost next to nothing. Corrected by what a pass over all groups uses more of each row,

.. math:: y_{k+1} = \arg\max_y\ L_S(y) - (A u(y_k) - A u_S(y_k))^T (y - y_k),

it leads to the multipliers of the whole in a handful of passes, as a Newton step would. The bound is always that of
a pass over all groups. 抽样定价.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.methods.decompose.bundle import Bundle
from optimizer.methods.decompose.passes import Passes

if TYPE_CHECKING:
    from collections.abc import Callable

    from optimizer.methods.decompose.bundle import Raised
    from optimizer.methods.decompose.master import Side
    from optimizer.methods.decompose.oracle import Oracle

LEAST_SAMPLE, PER_PAIR = 50_000, 200
"""Groups in a sample: so many, or so many for each pair of a block and a row that it touches."""

WORTHWHILE = 4
"""How many times as many groups there must be for a sample to pay."""

MOST_STEPS = 12

MOST_ROWS = 30
"""Rows beyond which steps overshoot: what the sample finds is then where the bundle begins."""

HALVINGS = 4
"""Times that a step which gained nothing is halved."""

NEAR = 0.02
"""Reach of the box around corrected multipliers."""


def sampled(passes: Passes) -> Passes | None:
    """Return passes over a sample of the groups; None where there are too few of them, or blocks decide together."""
    size = max(LEAST_SAMPLE, PER_PAIR * len(passes.pair_row))
    every = len(passes.groups) // size
    if every < WORTHWHILE or passes.blocks:
        return None
    return Passes(passes.pricing, passes.groups.sample(every), (), passes.threads)


def approach(
    bundle: Bundle, sample: Oracle, side: Side, tolerance: Callable[[Raised], float], deadline: float
) -> Raised:
    """Lead a bundle near its best multipliers by steps on a sample; it ends where a step gains less than tolerated."""
    small = Bundle(sample, side, bundle.best.y)
    raised = small.raise_to(tolerance, deadline)
    if not raised.exhausted:  # a sample may ask for what it cannot give
        return bundle.best
    y = raised.y
    bundle.visit(y)
    bundle.narrow(NEAR)
    if len(y) > MOST_ROWS:
        return bundle.best
    for _ in range(MOST_STEPS):
        center = bundle.best
        here = small.stand_at(center.y)
        small.shift(bundle.usage(center.at) - small.usage(here.at), NEAR)
        y = small.raise_to(tolerance, deadline).y
        found = bundle.visit(y)
        for _ in range(HALVINGS):
            if found.bound > center.bound:
                break
            y = (y + center.y) / 2
            found = bundle.visit(y)
        if found.bound - center.bound <= tolerance(found):
            break
    return bundle.best
