"""The written selection as shares by unit and management zone; rows that cannot be read as such are failed checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from optimizer.results.audit.check import Check, count_check
from optimizer.results.audit.files import Names, need_table

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.sites.tables import SiteTables

SELECTION = "selection"
SEEN = 1e-6
"""Share from which a unit counts as chosen."""


@dataclass(frozen=True)
class Selection:
    """Share of each unit in each management zone, (units, zones), and the checks of the file it came from."""

    share: np.ndarray
    checks: tuple[Check, ...]

    @property
    def taken(self) -> np.ndarray:
        """Share of each unit in all management zones together, (units,)."""
        return np.asarray(self.share.sum(axis=1))

    def chosen(self, zones: np.ndarray | None = None) -> np.ndarray:
        """Return whether each unit is chosen (in some management zones, (zones,)), (units,)."""
        share = self.share if zones is None else self.share[:, zones]
        return np.asarray(share.sum(axis=1) > SEEN)


def read_selection(folder: Path, sites: SiteTables) -> Selection:
    """Read a selection: unit, and where they are needed management_zone and amount (1 where none is written)."""
    table = need_table(folder, SELECTION)
    unit = table.codes("unit", sites.units).astype(np.int64)
    zone = np.zeros(len(unit), dtype=np.int64)
    if table.has("management_zone"):
        zone = table.codes("management_zone", sites.zones).astype(np.int64)
        if sites.shape[1] == 1:  # one management zone need not be named
            zone[table.codes("management_zone", Names(pa.array([""]))) == 0] = 0
    amount = table.numbers("amount", finite=False) if table.has("amount") else np.ones(len(unit))
    known, finite = (unit >= 0) & (zone >= 0), np.isfinite(amount)
    good = known & finite
    share = np.zeros(sites.shape)
    np.add.at(share, (unit[good], zone[good]), amount[good])
    place = unit[good] * sites.shape[1] + zone[good]
    checks = (
        count_check("selection.known", "selection", "", int((~known).sum()), "every unit and zone must be known"),
        count_check("selection.finite", "selection", "", int((~finite).sum()), "every amount must be a number"),
        count_check(
            "selection.once", "selection", "", len(place) - len(np.unique(place)), "a unit stands once in a zone"
        ),
    )
    return Selection(share, checks)
