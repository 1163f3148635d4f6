"""When things happen: stages, days and hours of a network study, and how what is written once repeats over them.

A row or column of the hours has a copy for each stage and snapshot, one of the days for each stage and representative
day, one of the stages for each stage. A matrix (copies, copies) says which copies of one see which of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.network import Network

Scope = Literal["stage", "day", "hour"]


@dataclass(frozen=True)
class Calendar:
    """Stages, days and hours of a network; an hour is a snapshot in a stage."""

    network: Network

    @property
    def stages(self) -> int:
        """Number of planning periods."""
        return len(self.network.stage_years)

    @property
    def days(self) -> int:
        """Number of representative days."""
        return int(self.network.day_codes.max()) + 1

    def copies(self, scope: Scope) -> int:
        """Return how often what is written once for a scope repeats."""
        return self.stages * {"stage": 1, "day": self.days, "hour": self.network.n_snapshots}[scope]

    def stage_of(self, scope: Scope) -> NDArray[np.int64]:
        """Return the stage of each copy, (copies,)."""
        return np.repeat(np.arange(self.stages), self.copies(scope) // self.stages)

    def in_stages(self, by_snapshot: NDArray[Any]) -> NDArray[Any]:
        """Repeat values (snapshots, ...) in every stage: (hours, ...)."""
        return np.tile(by_snapshot, (self.stages, *(1,) * (by_snapshot.ndim - 1)))

    def now(self, scope: Scope, other: Scope) -> sp.csr_array:
        """Return which copy of `other` each copy of `scope` lies in, (copies, copies); `other` is no finer."""
        count = self.copies(scope)
        if scope == other:
            return sp.csr_array(sp.eye_array(count))
        place = self.stage_of(scope)
        if other == "day":
            place = place * self.days + np.tile(self.network.day_codes, self.stages)
        shape = (count, self.copies(other))
        return sp.csr_array((np.ones(count), (np.arange(count), place)), shape=shape)

    def so_far(self, scope: Scope) -> sp.csr_array:
        """Return the stages up to that of each copy, (copies, stages)."""
        return sp.csr_array(self.now(scope, "stage") @ np.tri(self.stages))

    @cached_property
    def yearly(self) -> sp.csr_array:
        """Hours of the year that each hour stands for in its stage, (stages, hours)."""
        weights = sp.diags_array(self.in_stages(self.network.weight_h))
        return sp.csr_array(self.now("hour", "stage").T @ weights)

    @cached_property
    def last_of_day(self) -> sp.csr_array:
        """Last hour of each day, (days, hours)."""
        last = np.array([np.flatnonzero(self.network.day_codes == day)[-1] for day in range(self.days)])
        return self._hours(last)

    def _hours(self, snapshot: NDArray[np.int64]) -> sp.csr_array:
        """Return a matrix (stages x len(snapshot), hours) that picks a snapshot in every stage."""
        count = self.network.n_snapshots
        place = (np.arange(self.stages)[:, None] * count + snapshot).ravel()
        return sp.csr_array(
            (np.ones(len(place)), (np.arange(len(place)), place)), shape=(len(place), count * self.stages)
        )

    @cached_property
    def before(self) -> sp.csr_array:
        """Hour before each within its day, the last before the first, (hours, hours)."""
        codes = self.network.day_codes
        previous = np.empty(len(codes), dtype=np.int64)
        for day in range(self.days):
            of_day = np.flatnonzero(codes == day)
            previous[of_day] = np.roll(of_day, 1)
        return self._hours(previous)

    @cached_property
    def first_of_day(self) -> NDArray[np.bool_]:
        """Whether each snapshot is the first of its day, (snapshots,)."""
        first = np.zeros(self.network.n_snapshots, dtype=bool)
        first[np.unique(self.network.day_codes, return_index=True)[1]] = True
        return first

    @property
    def year_cost_h(self) -> NDArray[np.float64]:
        """Hours by which operating costs of each hour count in the whole stage, (hours,)."""
        return np.outer(self.network.stage_lengths, self.network.cost_weight_h).ravel()

    @property
    def year_energy_h(self) -> NDArray[np.float64]:
        """Hours by which emissions of each hour count in the whole stage, (hours,)."""
        return np.outer(self.network.stage_lengths, self.network.weight_h).ravel()
