"""What a study file may ask of a scenario, a section each: fronts, alternatives, ranges, uncertainty, worth, pathways.

情景研究文件的分析部分：每一节一个模型。
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from instances.quota_levels import CAPS, FLOORS
from instances.scenarios.changes import Values, known_table

if TYPE_CHECKING:
    from pathlib import Path

NAME = r"^\w[\w.-]*$"
"""Names become folders: letters (Chinese too), digits, `_`, `-` and `.`."""

MOST = "most:"
"""A goal that is to be as large as it goes begins so."""

Differ = Literal["land", "decisions"]
"""In what alternatives differ."""


def called(plan: str) -> str:
    """Return how a plan is called that is named by a scenario or a folder: by the last part of its path."""
    return plan.replace("\\", "/").rstrip("/").rpartition("/")[2] or plan


class Entry(BaseModel):
    """A section of a study file: frozen, and without keys that are not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Titled(Entry):
    """Something that has a name, and titles in both languages (the name where one is not given)."""

    name: str = Field(pattern=NAME, max_length=60)
    title_zh: str = ""
    title_en: str = ""

    def title(self, lang: str) -> str:
        """Return the title in a language."""
        return (self.title_zh if lang == "zh" else self.title_en) or self.name


class FrontEntry(Titled):
    """A front: goals (measures; `most:NAME` for those that are to be large) of a scenario, and how many points."""

    scenario: str = ""
    objectives: tuple[str, ...] = Field(min_length=2, max_length=3)
    points: int = Field(default=7, ge=2, le=200)

    @field_validator("objectives")
    @classmethod
    def _each_once(cls, objectives: tuple[str, ...]) -> tuple[str, ...]:
        if len({name.removeprefix(MOST) for name in objectives}) < len(objectives):
            raise ValueError("each goal stands once in a front")
        return objectives


class AlternativesEntry(Titled):
    """Plans that differ most from each other, each within a part of the best, relative to what gaps are relative to.

    Attributes
    ----------
    differ
        In what they differ: `land`, or `decisions` on sites, circuits and projects.
    probe
        How many of the choices that all of them share are asked, each by a solve of its own, whether every plan within
        the limit makes them.
    """

    scenario: str = ""
    within: float = Field(default=0.01, gt=0, le=10)
    number: int = Field(default=5, ge=1, le=200)
    differ: Differ = "land"
    probe: int = Field(default=0, ge=0, le=10_000)


class RangesEntry(Titled):
    """The least and the greatest that measures can be in plans within a part of the best."""

    scenario: str = ""
    within: float = Field(default=0.01, ge=0, le=10)
    measures: tuple[str, ...] = Field(min_length=1)

    @field_validator("measures")
    @classmethod
    def _both_ends(cls, measures: tuple[str, ...]) -> tuple[str, ...]:
        if any(name.startswith(MOST) for name in measures):
            raise ValueError(f"both ends of a measure are found; leave {MOST} out")
        return measures


class Ranged(Entry):
    """Numbers of a table that are uncertain: each is its value times a scale from `low` to `high`."""

    low: float = Field(ge=0, allow_inf_nan=False)
    high: float = Field(ge=0, allow_inf_nan=False)
    source: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Ranged:
        if not self.low <= 1.0 <= self.high:
            raise ValueError("low must not be above 1, nor high below: the value of the table is the nominal one")
        return self


class UncertainEntry(Ranged):
    """Rows of the table of factors that are uncertain; `factor`, `class` and `region` may hold `*` and `?`."""

    factor: str
    kind: str = Field(default="*", alias="class")
    region: str = "*"


class DemandEntry(Ranged):
    """Growth demands (rows `growth_demand` of land/quotas) that are uncertain; `id` may hold `*` and `?`."""

    id: str


class RobustEntry(Titled):
    """Plans that are best against the worst that some uncertain factors and demands can do, for several budgets.

    Attributes
    ----------
    uncertain, demand
        Factors and growth demands that are uncertain.
    plans
        Further plans that are held against the same factors: scenarios of the study, or folders of plans (from where
        the study file lies).
    """

    scenario: str = ""
    uncertain: tuple[UncertainEntry, ...] = ()
    demand: tuple[DemandEntry, ...] = ()
    budgets: tuple[float, ...] = (0.0, 1.0, 2.0)
    plans: tuple[str, ...] = ()
    samples: int = Field(default=1000, ge=1, le=100_000)
    seed: int = Field(default=0, ge=0)

    @field_validator("budgets")
    @classmethod
    def _sound(cls, budgets: tuple[float, ...]) -> tuple[float, ...]:
        sound = all(0 <= budget < math.inf for budget in budgets)
        if not sound or len({f"{budget:g}" for budget in budgets}) < len(budgets):
            raise ValueError("budgets are numbers from 0 up, and each stands once")
        return budgets

    @field_validator("plans")
    @classmethod
    def _found(cls, plans: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        folder: Path | None = info.context
        if folder is None:
            return plans
        return tuple(str(folder / plan) if (folder / plan).is_dir() else plan for plan in plans)

    @model_validator(mode="after")
    def _asks_something(self) -> RobustEntry:
        if not self.budgets and not self.plans:
            raise ValueError("give budgets, or plans")
        if not self.uncertain and not self.demand:
            raise ValueError("say what is uncertain: factors, by uncertain, or growth demand, by demand")
        names = [*(f"{budget:g}" for budget in self.budgets), *map(called, self.plans)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two plans are called {', '.join(twice)}")
        return self


class ScaleEntry(Entry):
    """Rows of the table of factors that a case takes at another scale; names may hold `*` and `?`."""

    factor: str
    kind: str = Field(default="*", alias="class")
    region: str = "*"
    scale: float = Field(ge=0, allow_inf_nan=False)


class DemandScale(Entry):
    """Growth demands that a case takes at another scale; `id` may hold `*` and `?`."""

    id: str
    scale: float = Field(ge=0, allow_inf_nan=False)


class CaseEntry(Titled):
    """A state of the world: factors and growth demands at other scales."""

    scale: tuple[ScaleEntry, ...] = ()
    demand: tuple[DemandScale, ...] = ()


class RegretEntry(Titled):
    """The plan whose greatest regret over some states of the world is least."""

    scenario: str = ""
    case: tuple[CaseEntry, ...] = Field(min_length=2)

    @field_validator("case")
    @classmethod
    def _told_apart(cls, case: tuple[CaseEntry, ...]) -> tuple[CaseEntry, ...]:
        names = [one.name.casefold() for one in case]
        if len(set(names)) < len(names):
            raise ValueError("two cases have one name")
        if taken := sorted(set(names) & {"table", "plan", "nominal", "minimax", "greatest"}):
            raise ValueError(f"a case cannot be called {', '.join(taken)}")
        return case


class WorthEntry(Titled):
    """What one more unit of a limit saves or costs, by solving again with the limit scaled, and the curve over a range.

    Attributes
    ----------
    table, column, where
        The limits: numbers of a table, rows as in a change.
    step
        Part by which a limit is shifted either way for the slopes at the scenario itself.
    curve
        Further scales at which each limit is solved.
    line
        Control lines that are moved by `step` and by the curve instead.
    """

    scenario: str = ""
    table: str = "land/quotas"
    column: str = "value"
    where: dict[str, Values] = Field(default_factory=dict)
    step: float = Field(default=0.01, gt=0, lt=1)
    curve: tuple[float, ...] = ()
    line: tuple[Literal["red_line", "farmland", "boundary"], ...] = ()

    @field_validator("table")
    @classmethod
    def _known(cls, table: str) -> str:
        return known_table(table)

    @model_validator(mode="after")
    def _aimed(self) -> WorthEntry:
        if not self.where and not self.line:
            raise ValueError("name the limits by where, or the control lines by line")
        if not all(0 <= scale < math.inf for scale in self.curve):
            raise ValueError("scales of the curve are numbers from 0 up")
        return self


class PathwayEntry(Titled):
    """The emissions curve year by year of a scenario, of all where none is named.

    One-off stocks stand beside it in the last year of each period, or are spread over the years in which they go.
    """

    scenario: str = ""
    spread: bool = False


class TransmissionEntry(Titled):
    """A quota of a region that is handed down to the regions below it, so that nothing is lost.

    Attributes
    ----------
    rule, region, group, period
        The quota that is handed down, as its row of land/quotas has them; the region at the top where none is named.
    unit
        Its unit, where the region has the quota in several.
    levels
        Levels of regions that get a part; all below where none are named.
    """

    scenario: str = ""
    rule: str
    region: str = ""
    group: str = ""
    period: int = Field(default=0, ge=0)
    unit: str = ""
    levels: tuple[str, ...] = ()

    @field_validator("rule")
    @classmethod
    def _adds_up(cls, rule: str) -> str:
        if rule not in (*CAPS, *FLOORS):
            raise ValueError(f"{rule!r} does not add up over regions; one of {', '.join((*CAPS, *FLOORS))}")
        return rule
