r"""Slope ban on new cropland (25度以上禁止开垦).

.. math:: x_{z,i,j,t} = 0 \quad \text{slope class}(z) = 5,\ i\notin\text{cropland},\ j\in\text{cropland}

Source: 水土保持法 art. 20 (no reclamation above 25 degrees); slope classes as GDPDJB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.rule import Permission

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.moves import Candidates

STEEP = 5
"""Slope class above 25 degrees."""


def bars(options: Candidates) -> NDArray[np.bool_]:
    """Return which changes the slope bars, (groups, classes)."""
    steep = options.zone_column("slope_class") == STEEP
    return steep & options.target_in("cropland") & ~options.source_in("cropland")


PERMISSION = Permission("slope", "坡度限制", bars)
