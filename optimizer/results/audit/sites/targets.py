"""What a selection holds of each feature, against the targets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import Check, row_check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimizer.results.audit.sites.plan import Selection
    from optimizer.results.audit.sites.settings import SiteSettings
    from optimizer.results.audit.sites.tables import SiteTables, Target

SOFT = frozenset({"minimum_shortfall", "minimum_largest_shortfall", "maximum_features", "maximum_branches"})
"""Objectives that measure how far targets are met; without one of them targets are limits."""


@dataclass(frozen=True)
class Held:
    """Amounts held by feature and management zone, (features, zones), and the sum of their |terms|.

    `connected` holds what counts for targets of features whose units must hang together, by name of the target.
    """

    sites: SiteTables
    amount: np.ndarray
    size: np.ndarray
    connected: Mapping[str, float]

    @classmethod
    def of(cls, sites: SiteTables, plan: Selection, connected: Mapping[str, float]) -> Held:
        """Add up what a selection holds."""
        amounts, shape = sites.amounts, (len(sites.features), sites.shape[1])
        terms = amounts.value * plan.share[amounts.unit, amounts.zone]
        place = amounts.feature * shape[1] + amounts.zone
        sums = [np.bincount(place, part, minlength=shape[0] * shape[1]) for part in (terms, np.abs(terms))]
        return cls(sites, sums[0].astype(float).reshape(shape), sums[1].astype(float).reshape(shape), connected)

    def of_target(self, target: Target) -> float:
        """Return what counts for a target."""
        if target.name in self.connected:
            return self.connected[target.name]
        return float(self.amount[target.feature][target.zones].sum())

    def scale(self, target: Target) -> float:
        """Return the size of what adds up to a target."""
        return float(self.size[target.feature][target.zones].sum())

    @cached_property
    def shortfalls(self) -> np.ndarray:
        """Part of each target that is missing, of those that ask for a least amount, (targets,); 0 for the others."""
        return np.array([self._short(target) for target in self.sites.targets], dtype=float)

    def _short(self, target: Target) -> float:
        if target.sense == "<=":
            return 0.0
        return max(target.value - self.of_target(target), 0.0) / (abs(target.value) or 1.0)

    def met(self, target: Target) -> bool:
        """Whether a target is met."""
        return check_of(self, target).passed


def check_of(held: Held, target: Target) -> Check:
    """Judge one target."""
    return row_check(
        "target", "target", target.name, held.of_target(target), target.sense, target.value, held.scale(target), ""
    )


def target_checks(settings: SiteSettings, held: Held) -> list[Check]:
    """Judge every target; where the objectives measure how far they are met, only what must not be exceeded."""
    if not {aim.kind for aim in settings.aims} & SOFT:
        return [check_of(held, target) for target in held.sites.targets]
    most = [replace(target, sense="<=") for target in held.sites.targets if target.sense != ">="]
    return [check_of(held, target) for target in most]


def largest_shortfall(held: Held, features: frozenset[int] | None = None) -> float:
    """Return the largest weighted part of a target that is missing, of some features or of all."""
    weights = [
        target.weight if features is None or target.feature in features else 0.0 for target in held.sites.targets
    ]
    return float((np.array(weights) * held.shortfalls).max(initial=0.0))
