r"""Ferrier scores (Ferrier 不可替代性): how likely a target is missed by a random plan of the same size without a unit.

With n units, p of them chosen, S and Q the sums of amounts and of their squares over all other units times n/(n - 1),
T the target, r the amount of the unit and :math:`\Phi^c` the upper tail of the normal distribution,

.. math::

    \sigma = \sqrt{Q - S^2/n^2},\quad
    a(n, p) = \sqrt{\min(p, n - p)}/p\ \text{(n - p where p > n/2)},\quad
    P(t, n, p) = \Phi^c\Bigl(\frac{t - S/n}{\sigma\, a(n, p)}\Bigr)

    P_{rem} = P(\tfrac{T}{p-1}, n-1, p-1),\quad P_{in} = P(\tfrac{T - r}{p-1}, n-1, p-1),\quad
    P_{out} = P(\tfrac{T}{p}, n-1, p),\quad
    \text{score} = \frac{(P_{in} - P_{rem})\, p/n}{P_{in}\, p/n + P_{out}\, (1 - p/n)}

:math:`P_{rem} = P_{out} = 0` where all other units together hold less than the target, :math:`P_{in} = 1` where the
unit alone holds it. Source: Ferrier, Pressey and Barrett 2000, with the terms as prioritizr 8 computes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.special import ndtr

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.sites import Sites
    from optimizer.results.sites.plan import Selection

FLAT = 1e-11
"""Spread below which a plan is certain to reach its mean."""


def ferrier(selection: Selection) -> sp.csr_array:
    """Return the score of each chosen unit for each target, (targets, units).

    Raises InstanceError where the score is not defined: several management zones, shares of units, other targets than
    `>=`, amounts below 0.
    """
    sites = selection.sites
    _refuse(sites)
    targets, chosen = sites.targets, selection.chosen
    size, count = float(chosen.sum()), float(sites.n_units)
    if size < 2:  # a plan that is one unit has no plan without it to be compared with
        return sp.csr_array((len(targets), sites.n_units))
    rows = targets.rows
    total = np.asarray(rows.sum(axis=1)).ravel()
    square = np.asarray(rows.multiply(rows).sum(axis=1)).ravel()
    entries = sp.csr_array(rows[:, np.flatnonzero(chosen)]).tocoo()
    target = np.asarray(entries.coords[0])
    of_each = [np.asarray(values, dtype=float)[target] for values in (total, square, targets.value)]
    scores = _scores(np.asarray(entries.data, dtype=float), *of_each, count=count, size=size)
    where = (target, np.flatnonzero(chosen)[entries.coords[1]])
    return sp.csr_array(sp.coo_array((scores, where), shape=(len(targets), sites.n_units)))


def _scores(
    held: NDArray[np.float64],
    total: NDArray[np.float64],
    square: NDArray[np.float64],
    target: NDArray[np.float64],
    *,
    count: float,
    size: float,
) -> NDArray[np.float64]:
    """Return the score of amounts, (k,), given sums over all units and the target of each."""
    scale = count / (count - 1)
    rest, rest_square = (total - held) * scale, (square - held**2) * scale
    mean = rest / count
    spread = np.sqrt(np.maximum(rest_square - (rest / count) ** 2, 0.0))
    enough = rest - held >= target
    removed = np.where(enough, _reached(target / (size - 1), mean, spread * _sampling(count - 1, size - 1)), 0.0)
    inside = _reached((target - held) / (size - 1), mean, spread * _sampling(count - 1, size - 1))
    inside = np.where(held >= target, 1.0, inside)
    outside = np.where(enough, _reached(target / size, mean, spread * _sampling(count - 1, size)), 0.0)
    none = inside + outside < 1e-15
    inside = np.where((inside < 1e-15) & (held > 1e-15), 1.0, inside)
    part = size / count
    below = inside * part + outside * (1 - part)
    return np.where(none | (below <= 0), 0.0, (inside - removed) * part / np.where(below > 0, below, 1.0))


def _sampling(count: float, size: float) -> float:
    """Return by how much the mean of a plan spreads, relative to that of single units."""
    return float(np.sqrt(max(count - size, 0.0) if size > count / 2 else size) / size)


def _reached(
    needed: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability that a mean amount is reached."""
    certain = np.where(mean < needed, 0.0, 1.0)
    loose = spread >= FLAT
    return np.where(loose, ndtr((mean - needed) / np.where(loose, spread, 1.0)), certain)


def _refuse(sites: Sites) -> None:
    targets = sites.targets
    for wrong, words in (
        (sites.n_zones > 1, "there are several management zones"),
        (not len(targets), "there are no targets"),
        ((targets.sense != ">=").any(), "a target is not of the sense >="),
        ((targets.rows.data < 0).any(), "an amount is below 0"),
    ):
        if wrong:
            raise InstanceError([Fault("restoration", f"Ferrier scores are not defined: {words}", "take another kind")])
