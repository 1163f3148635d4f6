"""What is said of an infeasible Program: which rules clash, by how much, and which land is withheld."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from instances.land import Land
    from optimizer.results.terms import Lang

Method = Literal["", "iis", "deletion"]
"""How the rules in conflict were found: thinned by HiGHS's IIS, or by a deletion filter alone."""


@dataclass(frozen=True)
class RuleRef:
    """A rule that takes part in a clash.

    Attributes
    ----------
    bound
        In `unit`; for `redevelopment_share` a share. None for rules that are not a quota (projects, lots,
        whole parcels, the ties of the linked quota).
    instead
        How far this quota alone would have to give way in place of the one that lacks, in `unit`; None
        where that would not do or was not worked out.
    names
        Projects, or zones, where the rule binds single decisions.
    """

    rule: str
    region: str = ""
    period: int = 0
    group: str = ""
    unit: str = ""
    sense: str = ""
    bound: float | None = None
    instead: float | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Withheld:
    """Land that would lessen the shortfall if a permission rule did not bar its change.

    Attributes
    ----------
    area_ha
        Land that this rule alone keeps.
    jointly_ha
        Land that it keeps together with one other rule.
    relief
        How far the shortfall falls without the rule, in the clash's unit, as far as the rules in conflict
        go; None where it was not worked out.
    """

    rule: str
    area_ha: float
    jointly_ha: float = 0.0
    relief: float | None = None


@dataclass(frozen=True)
class Clash:
    """A quota that cannot be kept, what it lacks, and what it clashes with.

    `shortfall` is the least relaxation, in `unit`; `bound` is as in the quotas table but in `unit`
    (for `redevelopment_share` a share).
    """

    id: str
    rule: str
    region: str
    period: int
    group: str
    unit: str
    bound: float
    sense: str
    shortfall: float
    conflicting: tuple[RuleRef, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    irreducible: bool = True
    method: Method = ""

    @classmethod
    def of(cls, id: str, own: RuleRef, shortfall: float, **more: Any) -> Clash:
        """Return the clash of a quota, given as other clashes refer to it; `more` are further fields."""
        bound = own.bound or 0.0
        where = own.rule, own.region, own.period, own.group, own.unit
        return cls(id, *where, bound, own.sense, shortfall, **more)


@dataclass(frozen=True)
class Names:
    """Names of regions and classes by language; groups and rules have theirs in `optimizer.results.terms`."""

    regions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, land: Land) -> Names:
        """Return the names of a region's land."""

        def both(table: str, key: str) -> dict[str, tuple[str, str]]:
            frame = land.tables[table]
            return {
                str(name): (str(zh), str(en))
                for name, zh, en in zip(frame[key], frame["name_zh"], frame["name_en"], strict=True)
            }

        return cls(both("regions", "region"), both("classes", "class"))


@dataclass(frozen=True)
class Explanation:
    """Why no plan meets every rule; no clashes where one does.

    Attributes
    ----------
    whole_numbers
        Whether only whole numbers (projects, lots, whole parcels) stand in the way.
    proven
        Whether the relaxation is proven least; else time ran out, and shortfalls are upper estimates or, with no
        clashes, nothing is known.
    certain
        Whether it is proven that there is no plan, where there are clashes.
    """

    clashes: tuple[Clash, ...] = ()
    whole_numbers: bool = False
    proven: bool = True
    certain: bool = True
    seconds: float = 0.0
    names: Names = field(default_factory=Names, repr=False)

    def __bool__(self) -> bool:
        return bool(self.clashes)

    def lines(self, lang: Lang = "en") -> list[str]:
        """Return one sentence with amounts for each clash."""
        from optimizer.infeasibility.wording import sentence

        return [sentence(clash, self, lang) for clash in self.clashes]

    def to_dict(self) -> dict[str, object]:
        """Return plain values for summary.json."""
        return {
            "clashes": [asdict(clash) for clash in self.clashes],
            "whole_numbers": self.whole_numbers,
            "proven": self.proven,
            "certain": self.certain,
            "seconds": self.seconds,
        }
