"""Every hectare that is read, split, merged or refused.

面积账：读入、切分、合并、剔除的每一公顷。
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

BALANCE = 1e-9
"""Relative difference allowed between the hectares read and those kept and refused."""


@dataclass(frozen=True)
class Entry:
    """One line of the account: `count` records or parts, `area_ha` of the survey's tables."""

    stage: str
    item: str
    count: int
    area_ha: float
    rule: str


@dataclass(frozen=True)
class Account:
    """The lines in the order of the import, and the records that were refused."""

    entries: list[Entry] = field(default_factory=list)
    refusals: list[pd.DataFrame] = field(default_factory=list)

    def add(self, stage: str, item: str, count: int, area_ha: float, rule: str) -> None:
        """Add a line."""
        self.entries.append(Entry(stage, item, int(count), float(area_ha), rule))

    def refuse(self, item: str, records: pd.DataFrame, rule: str) -> None:
        """Refuse hectares: `records` has columns row, bsm, area_ha; nothing is noted where it is empty."""
        if len(records):
            self.add("refused", item, len(records), records["area_ha"].sum(), rule)
            self.refusals.append(records.assign(reason=item))

    def total(self, stage: str) -> float:
        """Return the hectares of a stage."""
        return sum(entry.area_ha for entry in self.entries if entry.stage == stage)

    def table(self) -> pd.DataFrame:
        """Return the lines as a table."""
        return pd.DataFrame([vars(entry) for entry in self.entries])

    def refused(self) -> pd.DataFrame:
        """Return the refused records: row, bsm, area_ha, reason."""
        empty = pd.DataFrame({"row": [], "bsm": [], "area_ha": [], "reason": []})
        return pd.concat(self.refusals, ignore_index=True) if self.refusals else empty

    @property
    def imbalance(self) -> float:
        """Hectares read that are neither kept nor refused, relative to all."""
        read = self.total("read")
        return abs(read - self.total("kept") - self.total("refused")) / max(read, 1.0)
