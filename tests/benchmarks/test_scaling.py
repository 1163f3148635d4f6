"""The exponent of growth is that of a power law, and of the nearest one where there is noise."""

from __future__ import annotations

import numpy as np
import pytest
from scaling import fit


def test_a_power_law_is_found_again():
    sizes = (10_000, 50_000, 2_000_000)
    assert fit([(n, 3e-6 * n**1.07) for n in sizes]) == pytest.approx((3e-6, 1.07))


def test_the_fit_is_least_squares_on_logarithms():
    points = [(1_000, 0.2), (10_000, 1.1), (100_000, 14.0), (100_000, 12.0)]
    slope, height = np.polyfit(np.log([n for n, _ in points]), np.log([s for _, s in points]), 1)
    assert fit(points) == pytest.approx((np.exp(height), slope))


def test_one_size_has_no_exponent():
    with pytest.raises(ValueError, match="two sizes"):
        fit([(1_000, 1.0), (1_000, 2.0)])
