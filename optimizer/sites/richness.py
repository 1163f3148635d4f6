r"""Rarity-weighted richness (稀有度加权丰富度): how much of what is rare a unit holds.

.. math:: \sum_f \frac{r_{f,i}}{\max_k r_{f,k} \cdot \sum_k r_{f,k}}

over all units, those locked out included. Source: Williams et al. 1996, as prioritizr's
`eval_rare_richness_importance`, which rescales the scores of the chosen units to 0.01 .. 1 (`rescaled`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.sites import Sites

LEAST = 0.01
"""Score to which the least is rescaled."""


def richness(sites: Sites) -> NDArray[np.float64]:
    """Return the score of each variable, (variables,), whether it is chosen or not."""
    amounts = sites.amounts
    whole = np.asarray(amounts.sum(axis=1)).ravel()
    greatest = np.asarray(amounts.max(axis=1).todense()).ravel() if amounts.shape[1] else whole
    scale = whole * greatest
    return np.asarray(np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0) @ amounts)


def rescaled(scores: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return scores of what is chosen, stretched to 0.01 .. 1; zeros and infinite ones stay, all others are 0."""
    found = np.where(chosen, scores, 0.0)
    stretched = chosen & np.isfinite(scores) & (np.abs(scores) > 1e-10)
    if stretched.any():
        low, high = scores[stretched].min(), scores[stretched].max()
        part = (scores[stretched] - low) / (high - low) if high > low else np.ones(int(stretched.sum()))
        found[stretched] = LEAST + (1 - LEAST) * part
    return found
