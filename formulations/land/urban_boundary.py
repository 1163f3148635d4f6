r"""Urban development boundary (城镇开发边界): new urban land lies inside it.

.. math:: x_{z,i,j,t} = 0 \quad z\notin\text{boundary},\ i \ne j,\ j\in\text{built with setting urban}

Outside only rural, linear (roads, rail, hydraulic works), energy and mining uses are allowed: the
classes whose `setting` says so. Source: 193号 (recalled), national territorial plan outline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.rule import Permission

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.moves import Candidates


def bars(options: Candidates) -> NDArray[np.bool_]:
    """Return which changes the boundary bars, (groups, classes)."""
    urban = options.land.new_member("built_urban")[None, :]
    return (options.zone_column("boundary") != 1) & urban


PERMISSION = Permission("urban_boundary", "城镇开发边界", bars)
