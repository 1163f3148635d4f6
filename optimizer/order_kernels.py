# mypy: disallow-untyped-defs=False, disable-error-code="untyped-decorator"
"""The order of numbers, compiled once for all loops that ask for it: a sort takes longer to compile than most loops."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def rising(values):
    """Return the places of numbers (float64, contiguous) in ascending order, (numbers,)."""
    return np.argsort(values)
