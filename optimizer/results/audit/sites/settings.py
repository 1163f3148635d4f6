"""What instance.toml says of a prioritisation, and which rules are switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.results.audit.files import AuditInputError, read_toml

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    "minimum_set": 1.0,
    "minimum_shortfall": 1.0,
    "minimum_largest_shortfall": 1.0,
    "minimum_penalties": 1.0,
    "maximum_utility": -1.0,
    "maximum_cover": -1.0,
    "maximum_features": -1.0,
    "maximum_branches": -1.0,
    "maximum_mesh": -1.0,
    "maximum_iic": -1.0,
    "maximum_largest_patch": -1.0,
    "minimum_patches": 1.0,
    "minimum_restoration": 1.0,
}
"""Objectives, and the sign by which they count in what is minimised."""
DECISIONS = ("binary", "proportion", "semicontinuous")
COMBINE = ("weighted", "hierarchical")


@dataclass(frozen=True)
class Aim:
    """One objective: its kind, weight, and the part of its value that it may lose to those after it."""

    kind: str
    weight: float
    tolerance: float


@dataclass(frozen=True)
class SiteSettings:
    """Objectives and kind of decision of one solve."""

    aims: tuple[Aim, ...]
    combine: str
    decision: str
    least_share: float
    upper_limit: float
    cost_tie_break: float
    rules_off: frozenset[str]

    def weight(self, aim: Aim) -> float:
        """Return how much an objective counts; taken in order each counts alone."""
        return aim.weight if self.combine == "weighted" else 1.0

    @property
    def last(self) -> tuple[Aim, ...]:
        """The objectives that the objective of the summary is made of."""
        return self.aims if self.combine == "weighted" else self.aims[-1:]


def _number(file: Path, holder: dict[str, Any], name: str, default: float) -> float:
    value = holder.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AuditInputError(file, f"[restoration] {name} is {value!r}, a number was expected")
    return float(value)


def _one_of(file: Path, holder: dict[str, Any], name: str, values: tuple[str, ...]) -> str:
    value = holder.get(name, values[0])
    if value not in values:
        raise AuditInputError(file, f"[restoration] {name} is {value!r}, one of {', '.join(values)} was expected")
    return str(value)


def _aims(file: Path, stated: Any) -> tuple[Aim, ...]:
    if not isinstance(stated, list) or not stated or not all(isinstance(one, dict) for one in stated):
        raise AuditInputError(file, "[[restoration.objective]] must be one table at least")
    return tuple(
        Aim(
            _one_of(file, {"kind": None, **one}, "kind", tuple(KINDS)),
            *(_number(file, one, name, default) for name, default in (("weight", 1.0), ("tolerance", 0.0))),
        )
        for one in stated
    )


def read_settings(instance: Path, options: dict[str, Any]) -> SiteSettings:
    """Read instance.toml; `options` of the solve switch further rules off.

    Raises AuditInputError where nothing says what to choose for.
    """
    file = instance / "instance.toml"
    raw = read_toml(file)
    stated = raw.get("restoration")
    if not isinstance(stated, dict):
        raise AuditInputError(file, "[restoration] must say what to choose for")
    off = [*(raw.get("instance") or {}).get("rules_off", ()), *(options.get("rules_off") or ())]
    decision = _one_of(file, stated, "decision", DECISIONS)
    return SiteSettings(
        aims=_aims(file, stated.get("objective", [{"kind": "minimum_set"}])),
        combine=_one_of(file, stated, "combine", COMBINE),
        decision=decision,
        least_share=_number(file, stated, "least_share", 0.0),
        upper_limit=_number(file, stated, "upper_limit", 1.0) if decision == "semicontinuous" else 1.0,
        cost_tie_break=_number(file, stated, "cost_tie_break", 0.0),
        rules_off=frozenset(map(str, off)),
    )
