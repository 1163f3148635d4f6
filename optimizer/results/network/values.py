"""Values of the network's columns by family, and capacities as they add up over the stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formulations.energy.template import ENERGY

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from formulations.program import Columns, Program
    from instances.network import Network


@dataclass(frozen=True)
class NetworkValues:
    """Values of a Program's columns (columns,) as a network reads them: by stage, snapshot and member."""

    network: Network
    program: Program
    shares: NDArray[np.float64]

    def family(self, name: str) -> Columns | None:
        """Return a family of columns, None where the Program has none of it."""
        return next((one for one in self.program.columns if one.family == ENERGY + name), None)

    def of(self, name: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return members and values (copies, members) of a family; none where the Program has none of it."""
        family = self.family(name)
        if family is None:
            return (), np.zeros((0, 0))
        start = self.program.offsets[family.family]
        values = self.shares[start : start + len(family)]
        labels = family.labels
        first = (labels["period"] == labels["period"].iloc[0]) & (labels["snapshot"] == labels["snapshot"].iloc[0])
        members = tuple(labels["name"][first])
        return members, values.reshape(-1, len(members))

    def so_far(self, name: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return members and sums (stages, members) of a family of additions up to each stage."""
        members, values = self.of(name)
        return members, np.cumsum(values, axis=0) if len(members) else values

    def capacity(self, kind: str, names: pd.Series, existing: pd.Series) -> NDArray[np.float64]:
        """Return capacity by stage, (stages, rows): what exists and what `kind` adds so far."""
        members, added = self.so_far(kind + "_added")
        place = {name: k for k, name in enumerate(names.astype(str))}
        total = np.tile(existing.to_numpy(dtype=float), (len(self.network.stage_years), 1))
        for k, member in enumerate(members):
            if member in place:
                total[:, place[member]] += added[:, k]
        return total

    def by_hour(self, by_stage: NDArray[np.float64]) -> NDArray[np.float64]:
        """Repeat values by stage (stages, ...) for every snapshot: (hours, ...)."""
        return np.repeat(by_stage, self.network.n_snapshots, axis=0)
