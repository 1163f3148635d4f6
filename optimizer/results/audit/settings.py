"""What instance.toml says, and what the options of the solve changed in it (--without, --mode, --objective)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.results.audit.files import AuditInputError, read_toml

if TYPE_CHECKING:
    from pathlib import Path

MODES = ("flux", "stock")
ACTIVITIES = ("top_down", "bottom_up")
OBJECTIVES = ("emissions", "cost", "weighted")
ALWAYS_ON = frozenset({"transition_matrix"})


@dataclass(frozen=True)
class Settings:
    """Span, periods, accounting and objective of one solve; years are calendar years."""

    base_year: int
    end_year: int
    periods: tuple[int, ...]
    mode: str
    existing_activity: str
    embodied: bool
    marine: bool
    objective: str
    emission_weight: float
    cost_weight: float
    rules_off: frozenset[str]

    @property
    def starts(self) -> tuple[int, ...]:
        """Year after which each period begins."""
        return (self.base_year, *self.periods[:-1])

    @property
    def middles(self) -> tuple[float, ...]:
        """Year from which a move of each period acts."""
        return tuple((start + end) / 2 for start, end in zip(self.starts, self.periods, strict=True))

    @property
    def weights(self) -> tuple[float, float]:
        """Weight of emissions (tCO2e) and of cost (10k CNY) in what is minimised."""
        return {"emissions": (1.0, 0.0), "cost": (0.0, 1.0)}.get(
            self.objective, (self.emission_weight, self.cost_weight)
        )

    def on(self, rule: str) -> bool:
        """Tell whether a rule is in force."""
        return rule in ALWAYS_ON or rule not in self.rules_off


def _one_of(file: Path, name: str, value: Any, values: tuple[str, ...]) -> str:
    if value not in values:
        raise AuditInputError(file, f"{name} is {value!r}, one of {', '.join(values)} was expected")
    return str(value)


def _rules(file: Path, holder: dict[str, Any]) -> set[str]:
    rules = holder.get("rules_off") or ()
    if isinstance(rules, str) or not isinstance(rules, list | tuple):
        raise AuditInputError(file, f"rules_off is {rules!r}, a list of rules was expected")
    return {str(rule) for rule in rules}


def _section(file: Path, raw: dict[str, Any], name: str) -> dict[str, Any]:
    section = raw.get(name, {})
    if not isinstance(section, dict):
        raise AuditInputError(file, f"[{name}] must be a table")
    return section


def _span(file: Path, raw: dict[str, Any]) -> tuple[int, int, tuple[int, ...]]:
    carbon, periods = _section(file, raw, "carbon"), _section(file, raw, "time").get("periods")
    base, end = carbon.get("base_year"), carbon.get("end_year")
    if not isinstance(periods, list) or not all(type(year) is int for year in (base, end, *periods)):
        raise AuditInputError(file, "[carbon] base_year and end_year and [time] periods must be whole years")
    years = [base, *periods]
    if not periods or years != sorted(set(years)) or periods[-1] != end:
        raise AuditInputError(file, "[time] periods must ascend from after base_year to end_year")
    return years[0], periods[-1], tuple(periods)


def _number(file: Path, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AuditInputError(file, f"{name} is {value!r}, a number was expected")
    return float(value)


def read_settings(instance: Path, options: dict[str, Any]) -> Settings:
    """Read instance.toml; options that are not null override mode and objective and switch further rules off."""
    file = instance / "instance.toml"
    raw = read_toml(file)
    carbon, objective = _section(file, raw, "carbon"), _section(file, raw, "objective")
    base_year, end_year, periods = _span(file, raw)

    def weight(name: str, default: float) -> float:
        chosen = options.get(name)
        return _number(file, name, objective.get(name, default) if chosen is None else chosen)

    return Settings(
        base_year=base_year,
        end_year=end_year,
        periods=periods,
        mode=_one_of(file, "mode", options.get("mode") or carbon.get("mode", "flux"), MODES),
        existing_activity=_one_of(file, "existing_activity", carbon.get("existing_activity", "top_down"), ACTIVITIES),
        embodied=bool(carbon.get("embodied", False)),
        marine=bool(carbon.get("marine", False)),
        objective=_one_of(
            file, "objective", options.get("objective") or objective.get("kind", "emissions"), OBJECTIVES
        ),
        emission_weight=weight("emission_weight", 1.0),
        cost_weight=weight("cost_weight", 0.0),
        rules_off=frozenset(_rules(file, _section(file, raw, "instance")) | _rules(file, options)),
    )
