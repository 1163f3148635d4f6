"""What is said of a study of sites without a plan: what lacks, by how much, and what it clashes with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from optimizer.results.terms import term

if TYPE_CHECKING:
    from optimizer.results.terms import Lang

LOCKED_IN, LOCKED_OUT = "locked_in", "locked_out"

SENSES = {
    "zh": {">=": "至少", "<=": "至多", "==": "恰为"},
    "en": {">=": "at least", "<=": "at most", "==": "exactly"},
}


@dataclass(frozen=True)
class SiteRef:
    """A target, rule or kind of lock: its line of the tables and bound; `count` is the units that are locked."""

    rule: str
    id: str = ""
    sense: str = ""
    bound: float | None = None
    count: int = 0

    def words(self, lang: Lang) -> str:
        """Return it in words."""
        name = term("rule", self.rule, lang)
        if self.count:
            units = "units" if self.count > 1 else "unit"
            return f"{name} {self.count:,} 个单元" if lang == "zh" else f"{self.count:,} {units} {name}"
        text = f"{name} {self.id}" if self.id and self.id != self.rule else name
        if self.bound is None:
            return text
        asked = f"{SENSES[lang][self.sense]} {self.bound:,.10g}"
        return f"{text}（{asked}）" if lang == "zh" else f"{text} ({asked})"


@dataclass(frozen=True)
class SiteClash:
    """A target or limit that cannot be kept, what it lacks and what it clashes with.

    Without `lacking` the others cannot all hold whatever targets and limits ask for.
    """

    lacking: SiteRef | None = None
    shortfall: float = 0.0
    conflicting: tuple[SiteRef, ...] = ()
    irreducible: bool = True

    def line(self, lang: Lang) -> str:
        """Return one sentence with amounts."""
        between = "、" if lang == "zh" else ", "
        others = between.join(other.words(lang) for other in self.conflicting)
        if self.lacking is None:
            return f"以下规则不能同时满足：{others}。" if lang == "zh" else f"These cannot all hold: {others}."
        own, amount = self.lacking.words(lang), f"{self.shortfall:,.6g}"
        over = self.lacking.sense == "<="
        if lang == "zh":
            text = f"{own}{'超出' if over else '缺'} {amount}"
            return f"{text}，与其冲突的有：{others}。" if others else f"{text}：单独也无法达到。"
        text = f"{own} {'is exceeded by' if over else 'lacks'} {amount}"
        return f"{text}; it clashes with: {others}." if others else f"{text}: out of reach by itself."


@dataclass(frozen=True)
class SiteExplanation:
    """Why no selection meets every rule; no clashes where one does.

    `proven`: shortfalls are proven least. `certain`: it is proven that there is no plan.
    """

    clashes: tuple[SiteClash, ...] = ()
    proven: bool = True
    certain: bool = True
    seconds: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.clashes)

    def lines(self, lang: Lang = "en") -> list[str]:
        """Return one sentence with amounts for each clash."""
        return [clash.line(lang) for clash in self.clashes]

    def to_dict(self) -> dict[str, object]:
        """Return plain values for summary.json."""
        return {
            "clashes": [asdict(clash) for clash in self.clashes],
            "proven": self.proven,
            "certain": self.certain,
            "seconds": self.seconds,
        }
