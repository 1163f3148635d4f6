r"""Permitted change: the transition matrix (地类转换规则).

.. math:: x_{z,i,j,t} = 0 \quad\text{where } (i,j)\notin M \text{ or the condition of } (i,j) \text{ is false in } z

:math:`M` are the rows of `transitions` with ``allowed = 1``; a condition names a 0/1 column of
`zones` (land that may be retired, land that carries forest). New cropland also needs a site that
can reach some grade. Source: 用途转换规则 as the instance's table states, row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.rule import Permission
from instances.land import codes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.moves import Candidates


def bars(options: Candidates) -> NDArray[np.bool_]:
    """Return which changes the matrix does not permit, (groups, classes)."""
    table, classes = options.land.tables["transitions"], options.land.classes["class"]
    table = table[table["allowed"] == 1]
    source, target = codes_of(table["from"], classes), codes_of(table["to"], classes)
    permitted = np.zeros((len(classes), len(classes)), dtype=bool)
    permitted[source, target] = True
    barred = ~permitted[options.kind]
    for name in sorted(set(table["condition"]) - {""}):
        needed = np.zeros_like(permitted)
        rows = (table["condition"] == name).to_numpy()
        needed[source[rows], target[rows]] = True
        met = options.zone_column(name).astype(float) == 1  # a column that the schema does not name is text in a CSV
        barred |= needed[options.kind] & ~met
    unfit = options.zone_column("potential_grade") < 1
    return barred | (unfit & options.target_in("cropland") & ~options.source_in("cropland"))


PERMISSION = Permission("transition_matrix", "地类转换规则", bars, optional=False)
