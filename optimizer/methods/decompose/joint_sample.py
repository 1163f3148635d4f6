"""First prices of land and a network together: an LP over the whole network and a sample of the land.

More of the sample are groups that fill a row which few can fill: facilities near one site, strips in one zone. What the
sample cannot keep is made up for at a high price.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.pooled import STRIP_LAND
from formulations.program import ENERGY
from optimizer.methods.decompose.bundle import typical_prices
from optimizer.methods.decompose.open_matrix import Open, open_matrix
from optimizer.methods.decompose.passes import Passes
from optimizer.methods.decompose.pieces import together

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.methods.decompose.bundle import Raised
    from optimizer.methods.decompose.setup import Setup
    from optimizer.methods.highs import Answer

SAMPLE = 10_000
"""Standing groups in the sample that the first prices come from."""

FOR_A_ROW = 40
"""Groups in the sample for each row of a site, its facilities or strips of a zone, where there are so many."""

COUPLED = (ENERGY + "site_land", ENERGY + "facility_land", STRIP_LAND)

EVEN = 0.5
"""Where between two groups of a sample the first one stands."""

DEAR = 1e3
"""Price of what a row of a sample lacks, as a multiple of typical prices."""


def sampled_prices(
    setup: Setup, passes: Passes, best: Raised, solved: Callable[[Matrix], Answer]
) -> NDArray[np.float64]:
    """Return multipliers of an LP over the network and a sample of the land; those of `best` where it has none.

    `solved` solves a relaxation.
    """
    groups, pricing, program = passes.groups, setup.pricing, setup.pricing.program
    rate = _rates(setup, passes)
    kept = np.flatnonzero(np.diff(np.floor(np.cumsum(rate) + EVEN), prepend=0.0))
    small = Passes(pricing, groups.some(kept, 1.0 / rate[kept]), (), passes.threads)
    count = len(small.groups)
    pieces = together(small, np.ones(count, dtype=bool), np.ones(len(small.groups.moves), dtype=bool))
    pieces = replace(pieces, area=small.groups.area, whole=np.zeros(count, dtype=bool))
    follows = np.zeros(program.n_columns)
    for answer in best.at.answers:
        follows[answer.moves[0]] = answer.moves[1]
    matrix = open_matrix(small, Open(program, pieces, setup.side_columns, ()), follows)
    found = solved(elastic(passes, matrix, count, np.zeros(pricing.n_rows), DEAR))
    return best.y if found.duals is None else found.duals[count : count + pricing.n_rows]


def _rates(setup: Setup, passes: Passes) -> NDArray[np.float64]:
    """Return the part of the standing groups that the sample holds, group by group."""
    groups, program = passes.groups, setup.pricing.program
    rate = np.full(len(groups), min(SAMPLE / max(len(groups), 1), 1.0))
    for quota in program.quotas:
        if quota.rule not in COUPLED:
            continue
        owner = groups.member_of[program.moves.group_of(np.asarray(quota.index, dtype=np.int64))]
        pairs = np.unique(np.stack([owner, quota.cell])[:, owner >= 0], axis=1)
        able = np.bincount(pairs[1], minlength=quota.rollup.shape[1])
        np.maximum.at(rate, pairs[0], np.minimum(FOR_A_ROW / able[pairs[1]], 1.0))
    return rate


def elastic(passes: Passes, matrix: Matrix, first: int, y: NDArray[np.float64], reach: float) -> Matrix:
    """Return the matrix with columns that make up for what rows of land lack or have too much of.

    They cost what keeps multipliers within `reach` times what is typical, or `y` itself where that is more, of `y`.
    Coupled rows begin at row `first`.
    """
    rows = np.flatnonzero(passes.filled)
    far, count = reach * np.maximum(typical_prices(passes), np.abs(y))[rows], len(rows)
    entries = (np.repeat([1.0, -1.0], count), (first + np.tile(rows, 2), np.arange(2 * count)))
    more = sp.csr_array(entries, shape=(matrix.rows.shape[0], 2 * count))
    return replace(
        matrix,
        rows=sp.csr_array(sp.hstack([matrix.rows, more], format="csr")),
        lower=np.concatenate([matrix.lower, np.zeros(2 * count)]),
        upper=np.concatenate([matrix.upper, np.full(2 * count, np.inf)]),
        cost=np.concatenate([matrix.cost, far + y[rows], far - y[rows]]),
        integer=np.concatenate([matrix.integer, np.zeros(2 * count, dtype=bool)]),
    )
