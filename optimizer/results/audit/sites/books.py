"""What rules are read against: the tables, the selection, what it holds and what penalties add."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import Check, count_check
from optimizer.results.audit.sites.lie import TOGETHER, connected_amount
from optimizer.results.audit.sites.penalties import ADDED
from optimizer.results.audit.sites.tables import EVERY, STATUS
from optimizer.results.audit.sites.targets import SOFT, Held

if TYPE_CHECKING:
    from optimizer.results.audit.sites.penalties import Terms
    from optimizer.results.audit.sites.plan import Selection
    from optimizer.results.audit.sites.settings import SiteSettings
    from optimizer.results.audit.sites.tables import Rule, SiteTables, Target


@dataclass(frozen=True)
class Books:
    """Tables, settings and selection of one plan."""

    sites: SiteTables
    settings: SiteSettings
    plan: Selection

    @cached_property
    def held(self) -> Held:
        """What the selection holds of each feature."""
        return Held.of(self.sites, self.plan, self._connected())

    def _connected(self) -> dict[str, float]:
        """Return what counts for the targets of features whose units must hang together."""
        found: dict[str, float] = {}
        for rule in self.rules:
            if rule.rule != TOGETHER:
                continue
            for target in self.targets_of(self.features(rule) or frozenset()):
                amount = connected_amount(self.sites, self.plan.share, target, rule)
                found[target.name] = min(found.get(target.name, amount), amount)
        return found

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are in force."""
        return tuple(rule for rule in self.sites.rules if rule.rule not in self.settings.rules_off)

    @cached_property
    def terms(self) -> dict[str, Terms]:
        """What each penalty adds to what is minimised and its size, by the id of its rule."""
        found = {
            rule.id: ADDED[rule.rule](self.sites, self.plan.share, rule) for rule in self.rules if rule.rule in ADDED
        }
        return {name: terms for name, terms in found.items() if terms is not None}

    @property
    def penalties(self) -> dict[str, float]:
        """What each penalty adds to what is minimised."""
        return {name: value for name, (value, _) in self.terms.items()}

    @cached_property
    def features_together(self) -> frozenset[int]:
        """Features with targets whose units must hang together."""
        targeted = {target.feature for target in self.sites.targets}
        named = [self.features(rule) or frozenset() for rule in self.rules if rule.rule == TOGETHER]
        return frozenset().union(*named) & targeted

    @property
    def soft(self) -> bool:
        """Whether the objectives measure how far targets are met."""
        return bool({aim.kind for aim in self.settings.aims} & SOFT)

    @cached_property
    def upper(self) -> np.ndarray:
        """Greatest share of each unit in each management zone, (units, zones); 0 or 1 where it is taken whole."""
        single = (self._locked_in & (self.sites.shape[1] == 1))[:, None]
        upper = np.where(single, np.maximum(self.sites.upper, 1.0), self.sites.upper)
        return np.floor(upper + 1e-9) if self.settings.decision == "binary" else upper

    @cached_property
    def least_taken(self) -> np.ndarray:
        """Least share of each unit in all management zones together, (units,)."""
        every = any(rule.rule == "mandatory_allocation" for rule in self.rules)
        lower = np.ceil(self.sites.lower - 1e-9) if self.settings.decision == "binary" else self.sites.lower
        return np.where(self._locked_in | every, 1.0, np.clip(lower.sum(axis=1), 0.0, 1.0))

    @property
    def _locked_in(self) -> np.ndarray:
        return np.asarray(self.sites.status == STATUS.index("locked_in"))

    def least_held(self, target: Target) -> float:
        """Return the least that any choice can hold towards a target: 0 where no amount is negative."""
        amounts = self.sites.amounts
        mine = (amounts.feature == target.feature) & target.zones[amounts.zone]
        return float(np.minimum(amounts.value[mine], 0.0).sum())

    def most_missing(self, target: Target) -> float:
        """Return the largest part of a target that any choice can miss."""
        return max((target.value - self.least_held(target)) / (abs(target.value) or 1.0), 0.0)

    def features(self, rule: Rule) -> frozenset[int] | None:
        """Return the features that a rule is about (`*`: each), None where one is unknown."""
        if rule.feature in (EVERY, ""):
            return frozenset(range(len(self.sites.features)))
        code = self.sites.features.code(rule.feature)
        return None if code < 0 else frozenset({code})

    def targets_of(self, features: frozenset[int]) -> tuple[Target, ...]:
        """Return the targets that ask for a least amount of some features."""
        return tuple(target for target in self.sites.targets if target.feature in features and target.sense != "<=")

    def unknown(self, rule: Rule) -> Check:
        """Return the check that a rule fails which names what is not there."""
        words = f"rule {rule.id} names a layer, group, feature or management zone that is not there"
        return count_check(f"{rule.rule}.known", rule.rule, rule.id, 1, words, "rules")
