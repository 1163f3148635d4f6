r"""Ecological protection red line (生态保护红线).

.. math::

    x_{z,i,j,t} &= 0\ (i\ne j) && z\in\text{core} \\
    x_{z,i,j,t} &= 0\ (j\in\text{built, cropland, farm facilities}) && z\in\text{general}

In the core nothing changes. Elsewhere inside, no development: built land and cropland may not
grow, existing built land may leave, restoration is allowed. Source: 自然资发〔2022〕142号.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.rule import Permission

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.moves import Candidates


def bars(options: Candidates) -> NDArray[np.bool_]:
    """Return which changes the red line bars, (groups, classes)."""
    line = options.zone_column("red_line")
    developed = options.target_in("built") | options.target_in("cropland") | options.target_in("farm_facility")
    return (line == "core") | ((line == "general") & developed)


PERMISSION = Permission("red_line", "生态保护红线", bars)
