"""Where plans agree and differ: what each scenario changes, zone by zone, what all of them do alike, and what some do.

Of the area that scenario s moves from one class to another in a zone, the least over all scenarios is common to all
plans. What the plan that changes most of a zone changes beyond that is changed in some of them only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimizer.studies.compare.gather import Outcome

SEEN = 1e-6
"""Part of a zone's area from which it counts as changed."""

NONE, ALL_ALIKE, ALL_DIFFER, SOME = "none", "all_alike", "all_differ", "some"
"""How scenarios agree on a zone: none changes it; all do, to the same class or not; some do."""

_KEYS = ["zone", "from", "to"]


@dataclass(frozen=True)
class ZoneChanges:
    """What plans change: `pairs` has a row a zone, from and to, a column of hectares a scenario; `total` the areas."""

    pairs: pd.DataFrame
    total: pd.Series

    @property
    def names(self) -> list[str]:
        """Scenarios."""
        return list(self.pairs.columns)

    @cached_property
    def zones(self) -> pd.DataFrame:
        """One row a zone that some scenario changes: how many do, the class that all of these gain most, agreement."""
        changed = self.pairs.groupby(level="zone", sort=False).sum()
        total = self.total.reindex(changed.index)
        seen = changed.to_numpy() > SEEN * total.to_numpy()[:, None]
        gained = self._gained(changed.index)
        count = seen.sum(axis=1)
        first = gained[np.arange(len(gained)), seen.argmax(axis=1)] if len(gained) else np.array([], dtype=object)
        alike = ((gained == first[:, None]) | ~seen).all(axis=1)
        everywhere = count == len(self.names)
        verdict = np.where(everywhere, np.where(alike, ALL_ALIKE, ALL_DIFFER), SOME)
        table = pd.DataFrame({"area_ha": total, "changed_in": count, "gained": np.where(alike, first, "")})
        table["common_ha"] = self._common.groupby(level="zone", sort=False).sum()
        table["differing_ha"] = changed.max(axis=1) - table["common_ha"]
        table["agreement"] = np.where(count > 0, verdict, NONE)
        return table[count > 0].reset_index()

    @property
    def _common(self) -> pd.Series:
        return self.pairs.min(axis=1)

    def _gained(self, order: pd.Index) -> np.ndarray:
        """Return the class that each scenario gains most in each zone, (zones, scenarios)."""
        by_class = self.pairs.groupby(level=["zone", "to"], sort=False).sum()
        found = [by_class[name].groupby(level="zone", sort=False).idxmax().reindex(order) for name in self.names]
        return np.array([[place[1] for place in column] for column in found], dtype=object).T

    def transitions(self) -> pd.DataFrame:
        """Return one row a from and to: hectares of each scenario, common to all, and in some only, zone by zone."""
        pairs = self.pairs.groupby(level=["from", "to"], sort=False).sum()
        pairs["common_ha"] = self._common.groupby(level=["from", "to"], sort=False).sum()
        beyond = self.pairs.max(axis=1) - self._common
        pairs["differing_ha"] = beyond.groupby(level=["from", "to"], sort=False).sum()
        return pairs.sort_values(self.names[0], ascending=False, kind="stable").reset_index()

    def agreement(self) -> pd.DataFrame:
        """Return zones, their area, and hectares changed alike and in some only, by how scenarios agree on them."""
        columns = ["area_ha", "common_ha", "differing_ha"]
        sums = (
            self.zones.groupby("agreement")[columns].sum().reindex([ALL_ALIKE, ALL_DIFFER, SOME, NONE], fill_value=0.0)
        )
        counts = self.zones["agreement"].value_counts().reindex(sums.index, fill_value=0)
        counts[NONE] = len(self.total) - len(self.zones)
        sums.loc[NONE, "area_ha"] = float(self.total.sum()) - float(self.zones["area_ha"].sum())
        sums.insert(0, "zones", counts)
        return sums.reset_index()

    def gains(self, name: str) -> pd.DataFrame:
        """Return what zones gain in a scenario: zone, to, area_ha."""
        own = self.pairs[name].groupby(level=["zone", "to"], sort=False).sum()
        return own[own > 0].rename("area_ha").reset_index()


def zone_changes(outcomes: Sequence[Outcome]) -> ZoneChanges | None:
    """Return what the plans of scenarios change; None where none of them plans land."""
    parts, total = {}, pd.Series(dtype=float)
    for one in outcomes:
        path = one.folder / "plan" / "moves.parquet"
        if not one.has_plan or not path.is_file():
            continue
        moves = pd.read_parquet(path, columns=["zone", "from", "to", "period", "area_ha"])
        moves[_KEYS] = moves[_KEYS].astype(str)
        own = moves.groupby("zone", sort=False)["area_ha"].sum()
        total = own if total.empty else pd.concat([total, own[~own.index.isin(total.index)]])
        changes = moves[(moves["period"] > 0) & (moves["from"] != moves["to"]) & (moves["area_ha"] > 0)]
        parts[one.name] = changes.groupby(_KEYS, sort=False)["area_ha"].sum()
    if not parts:
        return None
    pairs = pd.concat(parts, axis=1, sort=False).fillna(0.0)
    pairs.index = pairs.index.set_names(_KEYS)
    return ZoneChanges(pairs, total)
