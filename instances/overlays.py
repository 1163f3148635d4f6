r"""What may lie on land that keeps its class, and what that does to its carbon.

Table `overlays` of the network part says for each technology and class whether it may, which part :math:`\kappa` of
the class's yearly sink stays under it, and as which class k the land counts from then on (trees under a line become
shrub). With :math:`T` years from the middle of the period to the end year,

.. math:: E = \text{account}(i \to k)\ \text{where k is given, else}\ (1-\kappa)\,T\,\varphi_i^{+}
    \quad(\text{flux mode; 0 in stock mode}).

Arrays keep the class of their land (自然资办发〔2023〕12号); facilities convert land and are moves like others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from instances.land import codes_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from instances.carbon import CarbonAccount
    from instances.land import Land

CORRIDOR = "corridor"
"""Technology and name of the strip under and beside a line."""

Allowed = Callable[["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]"], "NDArray[np.bool_]"]


def overlay_names(tables: Mapping[str, pd.DataFrame]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names and technologies of the overlays by code: sites that need land, then the corridors' strip."""
    sites = tables["sites"]
    on_land = sites[sites["density_mw_per_km2"] > 0]
    return (*on_land["site"].astype(str), CORRIDOR), (*on_land["technology"].astype(str), CORRIDOR)


def _by_class(land: Land, table: pd.DataFrame, technology: tuple[str, ...], column: str, absent: float) -> NDArray:
    """Return a number of the overlays table by overlay and class, (overlays, classes)."""
    values = np.full((len(technology), len(land.classes)), absent)
    kind = codes_of(table["class"].astype(str), land.classes["class"].astype(str))
    for place, name in enumerate(technology):
        rows = (table["technology"] == name).to_numpy()
        values[place, kind[rows]] = table[column].to_numpy(dtype=float)[rows]
    return values


def permitted(land: Land, table: pd.DataFrame, technology: tuple[str, ...]) -> Allowed:
    """Return a function that tells whether overlays (from 0) may lie on classes of zones.

    Land in the core of the red line bears none; in the rest of it, and in permanent basic farmland, those that the
    table lets.
    """
    allowed, general, farmed = (
        _by_class(land, table, technology, column, 0.0) > 0 for column in ("allowed", "in_red_line", "in_farmland")
    )
    line = land.zones["red_line"].to_numpy()
    farmland = land.zones["farmland"].to_numpy() == 1

    def may(zone: NDArray[np.int64], kind: NDArray[np.int64], overlay: NDArray[np.int64]) -> NDArray[np.bool_]:
        barred = (line[zone] == "core") | ((line[zone] == "general") & ~general[overlay, kind])
        return allowed[overlay, kind] & ~barred & (~farmland[zone] | farmed[overlay, kind])

    return may


def overlay_emissions(
    carbon: CarbonAccount, table: pd.DataFrame, technology: tuple[str, ...], account: NDArray, years: NDArray
) -> NDArray:
    """Return what a hectare under an overlay emits, (overlays, sets, classes, periods), tCO2e/ha.

    `account` is what changes of class emit, as `CarbonAccount.per_ha` gives it; `years` are the years that the overlay
    of each period acts in the span of that account, (periods,).
    """
    land = carbon.land
    sink = np.maximum(carbon.factor("sink"), 0.0)
    flux = carbon.settings.carbon.mode == "flux"
    lost = 1.0 - _by_class(land, table, technology, "sink_kept", 1.0)
    result = lost[:, None, :, None] * sink[None, :, :, None] * years * flux
    becomes = codes_of(table["as_class"].astype(str), land.classes["class"].astype(str))
    kind = codes_of(table["class"].astype(str), land.classes["class"].astype(str))
    for place, name in enumerate(technology):
        for row in np.flatnonzero((table["technology"] == name).to_numpy() & (becomes >= 0)):
            result[place, :, kind[row], :] = account[:, kind[row], becomes[row], :]
    return result
