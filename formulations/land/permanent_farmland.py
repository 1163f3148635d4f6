r"""Permanent basic farmland (永久基本农田): its cropland stays cropland.

.. math:: x_{z,i,j,t} = 0 \quad z\in\text{farmland},\ i\in\text{cropland},\ j\notin\text{cropland}

Orchard, forest, grass and farm facilities are barred as well as built land. Source:
自然资发〔2021〕166号; 永久基本农田保护 regulation in force 2025-10-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.rule import Permission

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.moves import Candidates


def bars(options: Candidates) -> NDArray[np.bool_]:
    """Return which changes permanent basic farmland bars, (groups, classes)."""
    inside = options.zone_column("farmland") == 1
    return inside & options.source_in("cropland") & ~options.target_in("cropland")


PERMISSION = Permission("permanent_farmland", "永久基本农田", bars)
