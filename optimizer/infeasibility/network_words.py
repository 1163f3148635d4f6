"""What is said of a network without a plan: what lacks at buses and limits, by how much, why, and what would do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from optimizer.results.terms import term

if TYPE_CHECKING:
    from optimizer.results.terms import Lang

SHARE = "share"
ASKED = {
    "zh": {">=": "要求不低于", "<=": "要求不超过", "==": "要求等于"},
    "en": {">=": "at least {bound} is asked", "<=": "at most {bound} is asked", "==": "{bound} is asked"},
}


class Told(Protocol):
    """A thing that is said in one clause, without a full stop."""

    def words(self, lang: Lang) -> str:
        """Return the clause."""


def amount(value: float, unit: str, lang: Lang) -> str:
    """Return a figure with its unit; energies of a GWh or more are in GWh, shares in per cent."""
    if unit == SHARE:
        return f"{100 * value:.4g} %"
    if unit == "MWh" and abs(value) >= 1e4:
        value, unit = value / 1e3, "GWh"
    return (
        f"{value:,.5g} {term('unit', unit, lang)}" if abs(value) < 1e4 else f"{value:,.0f} {term('unit', unit, lang)}"
    )


def in_year(period: int, lang: Lang) -> str:
    """Return the year of a stage with a separator behind it; empty where time is not stated."""
    return "" if not period else f"{period} 年，" if lang == "zh" else f"{period}: "


@dataclass(frozen=True)
class Power:
    """Power that is short at a bus, or with `surplus` too much: MW at its worst, MWh a year, snapshots."""

    bus: str
    period: int
    mw: float
    snapshot: str
    mwh: float
    snapshots: int
    surplus: bool = False

    def words(self, lang: Lang) -> str:
        """Return the clause; without a bus it is said of all of them."""
        most, year = amount(self.mw, "MW", lang), amount(self.mwh, "MWh", lang)
        if lang == "zh":
            what = "余电无法消纳" if self.surplus else "缺电" if self.bus else "少供电"
            where, times = f"节点 {self.bus} " if self.bus else "", f"{self.snapshots} 个时段"
            return f"{in_year(self.period, lang)}{where}{what}：最大 {most}（{self.snapshot}），全年 {year}，{times}"
        where = f"bus {self.bus}"
        what = "cannot take" if self.surplus else "is short of"
        times = f"{self.snapshots} snapshots" if self.snapshots > 1 else "1 snapshot"
        if not self.bus:
            return f"{in_year(self.period, lang)}up to {most} unserved (at {self.snapshot}), {year} a year, {times}"
        return f"{in_year(self.period, lang)}{where} {what} up to {most} (at {self.snapshot}), {year} a year, {times}"


@dataclass(frozen=True)
class Limit:
    """A row of `rules` that cannot be kept: its bound, and what is within reach of it; both in `unit`."""

    rule: str
    id: str
    period: int
    sense: str
    bound: float
    reached: float
    unit: str
    technology: str = ""

    def words(self, lang: Lang) -> str:
        """Return the clause."""
        name, bound = term("rule", self.rule, lang), amount(self.bound, self.unit, lang)
        if self.technology:
            name = f"{term('technology', self.technology, lang)}{'' if lang == 'zh' else ' '}{name}"
        reached, miss = amount(self.reached, self.unit, lang), amount(abs(self.reached - self.bound), self.unit, lang)
        under = self.reached < self.bound
        if lang == "zh":
            reach = f"最多可达 {reached}，差 {miss}" if under else f"至少为 {reached}，超出 {miss}"
            return f"{in_year(self.period, lang)}{name}（{self.id}）{ASKED[lang][self.sense]} {bound}，{reach}"
        asked = ASKED[lang][self.sense].format(bound=bound)
        reach = f"{reached} is within reach, {miss} short" if under else f"{reached} is the least, {miss} too much"
        return f"{in_year(self.period, lang)}{name} ({self.id}): {asked}, {reach}"


@dataclass(frozen=True)
class Apart:
    """A bus that cannot be joined to the others of its connection."""

    connection: str
    bus: str
    first: str
    period: int

    def words(self, lang: Lang) -> str:
        """Return the clause."""
        if lang == "zh":
            return f"{in_year(self.period, lang)}连接 {self.connection}：节点 {self.bus} 无法与 {self.first} 连通"
        what = f"bus {self.bus} cannot be joined to {self.first}"
        return f"{in_year(self.period, lang)}connection {self.connection}: {what}"


@dataclass(frozen=True)
class Said:
    """A clause that was put into words elsewhere."""

    zh: str
    en: str

    def words(self, lang: Lang) -> str:
        """Return the clause."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class NetworkExplanation:
    """Why a network, alone or with land, has no plan.

    Attributes
    ----------
    clashes
        What lacks in the plan that comes nearest, the largest first; `more` are left out.
    causes
        What stands behind it, where the tables tell: supply that can be built, lines into a bus, land of sites.
    instead
        Limits each of which alone could give way instead, with all else kept.
    proven, certain
        Whether what lacks is proven the least, and whether it is proven that no plan exists.
    """

    clashes: tuple[Told, ...] = ()
    causes: tuple[Told, ...] = ()
    instead: tuple[Told, ...] = ()
    more: int = 0
    proven: bool = True
    certain: bool = True

    def lines(self, lang: Lang) -> list[str]:
        """Return the explanation in sentences."""
        stop = "。" if lang == "zh" else "."
        found = [told.words(lang) + stop for told in self.clashes]
        if self.more:
            found.append(f"另有 {self.more} 处。" if lang == "zh" else f"And {self.more} more.")
        found += [("原因：" if lang == "zh" else "Because ") + told.words(lang) + stop for told in self.causes]
        if self.instead:
            zh = lang == "zh"
            head = (
                "其他要求不变，也可只放宽其中一项："
                if zh
                else "All else kept, any one of these could give way instead: "
            )
            found.append(head + ("；" if zh else "; ").join(one.words(lang) for one in self.instead) + stop)
        if self.clashes and not self.proven:
            unproven = "整数决策下的缺口可能更大，时限内未证明。"
            found.append(unproven if lang == "zh" else "With whole decisions more may lack: not proven in time.")
        return found

    def to_dict(self) -> dict[str, object]:
        """Return plain values for summary.json."""
        parts = {"lacking": self.clashes, "causes": self.causes, "instead": self.instead}
        told = {
            name: [{"kind": type(one).__name__.lower(), **asdict(one)} for one in some]  # type: ignore[call-overload]
            for name, some in parts.items()
        }
        return {**told, "more": self.more, "proven": self.proven, "certain": self.certain}


Kind = Literal["power", "limit", "connection", "quota"]
"""What a row that may give way stands for."""
