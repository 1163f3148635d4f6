"""How much of each target can be held at most and at least, whatever else is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from instances.sites import Sites

SLACK = 1e-9
"""Relative difference that is rounding."""


@dataclass(frozen=True)
class Miss:
    """A target that cannot be met: asked for, what can be held, and what all units hold together."""

    sense: str
    asked: float
    held: float
    whole: float

    @property
    def by(self) -> float:
        """By how much the target is missed."""
        return abs(self.asked - self.held)

    @property
    def hint(self) -> str:
        """What to do."""
        if self.sense == "<=":
            return "raise the target or free units that are locked in"
        if self.asked > self.whole:
            return "lower the target or correct the amounts"
        return "lower the target or free units that are locked out"

    def words(self, unit: str) -> str:
        """Return what is wrong, in words."""
        unit = f" {unit}" if unit else ""
        if self.sense == "<=":
            return (
                f"at most {self.asked:,g}{unit} are allowed, units that are locked in hold {self.held:,g}: "
                f"{self.by:,g} too many"
            )
        holders = "all units" if self.asked > self.whole else "units that may be chosen"
        return f"{self.asked:,g}{unit} are asked for, {holders} hold {self.held:,g}: {self.by:,g} too few"


@dataclass(frozen=True)
class Reach:
    """The most and the least of each target that any choice of units holds, (targets,) each."""

    sites: Sites
    most: NDArray[np.float64]
    least: NDArray[np.float64]

    def misses(self) -> Iterator[tuple[int, Miss]]:
        """Yield the number of each target that cannot be met, with what is missing."""
        targets = self.sites.targets
        slack = SLACK * np.maximum(1.0, np.abs(targets.value))
        short = (targets.sense != "<=") & (targets.value > self.most + slack)
        over = (targets.sense != ">=") & (targets.value < self.least - slack)
        for number in np.flatnonzero(short | over):
            sense, held = (">=", self.most) if short[number] else ("<=", self.least)
            asked, whole = float(targets.value[number]), float(best_zone(self.sites, np.ones(self.sites.n))[number])
            yield int(number), Miss(sense, asked, float(held[number]), whole)


def reach(sites: Sites) -> Reach:
    """Return what can be held of each target; each unit gives its best management zone."""
    lower, upper = sites.limits
    return Reach(sites, best_zone(sites, upper), np.asarray(sites.targets.rows @ lower))


def best_zone(sites: Sites, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each target holds where each unit gives its best management zone up to a share, (targets,)."""
    rows = sites.targets.rows
    if sites.n_zones == 1:
        return np.asarray(rows @ share)
    target = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    cell = target * sites.n_units + rows.indices // sites.n_zones
    held = rows.data * share[rows.indices]
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    if not len(starts):
        return np.zeros(rows.shape[0])
    best = np.maximum.reduceat(held[order], starts)
    return np.bincount(target[order][starts], best, minlength=rows.shape[0]).astype(float)
