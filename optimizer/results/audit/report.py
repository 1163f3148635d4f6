"""The audit's report: every check, what failed in words, and the figures recomputed on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.results.audit.check import Check


@dataclass(frozen=True)
class AuditReport:
    """All checks of one plan; `figures` holds the recomputed objective, constants and ledger (tCO2e, 10k CNY, ha)."""

    checks: tuple[Check, ...]
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that the plan does not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def passed(self) -> bool:
        """Whether every check holds; a report without checks proves nothing."""
        return bool(self.checks) and not self.failed

    def lines(self) -> list[str]:
        """Return one line of words for each failure: rule, region, period, amount, unit."""
        return [check.line() for check in self.failed]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return by rule how many checks were made and how many failed."""
        made = Counter(check.rule for check in self.checks)
        failed = Counter(check.rule for check in self.failed)
        return {rule: {"checks": number, "failed": failed[rule]} for rule, number in made.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return the report for audit.json; `checks` and `failed` are the counts that summary.json repeats."""
        return {
            "passed": self.passed,
            "checks": len(self.checks),
            "failed": len(self.failed),
            "rules": self.counts(),
            "failures": [check.to_dict() for check in self.failed],
            "figures": dict(self.figures),
            "list": [check.to_dict() for check in self.checks],
        }
