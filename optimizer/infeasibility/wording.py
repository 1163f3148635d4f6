"""A clash in words and amounts, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.program import USER, is_user
from formulations.restoration.in_land import SITE
from optimizer.results.terms import Lang, term

if TYPE_CHECKING:
    from optimizer.infeasibility.explanation import Clash, Explanation, RuleRef, Withheld

MOST_NAMES = 4
"""Zones or projects that are named; the others are counted."""

MOST_ALIKE = 3
"""Quotas of one rule that are told one by one; of more only the first, with their number."""

MOST_TOLD = 5
"""Quotas, or groups of alike ones, that a clash names, those that take part with most first; others are counted."""

ALL = 0.999
"""Part of a shortfall from which it counts as closed."""

PEAK = "peak"
"""Rule whose limit is another year's inventory, not a figure."""

SUBJECTS = {
    "transition_matrix": "the transition matrix",
    "red_line": "the ecological red line",
    "permanent_farmland": "permanent basic farmland",
    "slope": "the slope ban",
    "urban_boundary": "the urban development boundary",
    "construction_total": "the cap on all construction land",
    "construction_increment": "the increment of construction land",
    "construction_intensity": "the cap on development intensity",
    "redevelopment_share": "the redevelopment share",
    "compensation": "the requisition-compensation balance",
    "compensation_grade": "the compensation balance by grade",
    "linked_quota": "the linked quota",
    "floor": "the floor",
    "ceiling": "the ceiling",
    "loss_cap": "the cap on loss",
    "gain_cap": "the cap on gain",
    "restoration_area": "the restored area",
    "carbon_cap": "the carbon cap",
    "peak": "the peak of emissions",
    "budget": "the budget",
    "perimeter_limit": "the limit on borders",
    "contiguity": "the contiguity of new land",
    "minimum_patch": "the minimum patch of new land",
    "whole_parcel": "parcels that change as a whole",
    "minimum_lot": "minimum lots",
    "restoration_project": "restoration projects",
}


def amount(value: float, unit: str, lang: Lang) -> str:
    """Return a figure with thousands separators, three significant digits or more, and its unit."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if unit == "1":
        return text
    name = term("unit", unit, lang)
    return f"{text} {name}" if lang == "en" else f"{text}{name}"


def sentence(clash: Clash, explanation: Explanation, lang: Lang) -> str:
    """Return one clash as a sentence."""
    return _Writer(explanation, lang).sentence(clash)


def headline(clash: Clash, explanation: Explanation, lang: Lang) -> str:
    """Return which quota lacks how much, without what it clashes with."""
    return _Writer(explanation, lang).head(clash)


class _Writer:
    def __init__(self, explanation: Explanation, lang: Lang) -> None:
        self.explanation, self.lang = explanation, lang

    def sentence(self, clash: Clash) -> str:
        parts = [self.head(clash)]
        if clash.conflicting:
            parts.append(self._against(clash))
        elif not clash.withheld:
            parts.append(self._say("现有用地与允许的转换无法满足", "the land and its permitted changes do not suffice"))
        if clash.withheld:
            parts.append(self._kept(clash))
        if not self.explanation.proven:
            parts.append(self._say("时限内未证明为最小缺口", "not proven to be the least within the time limit"))
        return self._say("；", "; ").join(parts) + self._say("。", ".")

    def _say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def _rule(self, rule: str) -> str:
        if is_user(rule):
            return self._say("用户约束", "the user's constraint ") + rule.removeprefix(USER)
        return term("rule", rule, "zh") if self.lang == "zh" else SUBJECTS.get(rule, term("rule", rule, "en"))

    def _region(self, region: str) -> str:
        return self.explanation.names.regions.get(region, (region, region))[self.lang == "en"]

    def _group(self, group: str) -> str:
        named = self.explanation.names.classes.get(group)
        return named[self.lang == "en"] if named else term("group", group, self.lang)

    def _bound(self, rule: str, bound: float, unit: str) -> str:
        if rule == "redevelopment_share":
            return f"{100 * bound:g}" + self._say("%", " %")
        return amount(bound, unit, self.lang)

    def head(self, clash: Clash) -> str:
        """Return which quota lacks how much."""
        place, lack = self._region(clash.region), amount(clash.shortfall, clash.unit, self.lang)
        named = f" {clash.id}" if is_user(clash.rule) or clash.rule.startswith(SITE) else ""
        rule, bound = self._rule(clash.rule) + named, self._bound(clash.rule, clash.bound, clash.unit)
        group = self._group(clash.group) if clash.group else ""
        least = clash.sense == ">="
        if clash.rule == PEAK:
            return self._say(
                f"{place}{clash.period}年：{rule}要求年排放比上一期末下降，超出{lack}",
                f"{place} in {clash.period}: {rule} asks for a fall since the period before; {lack} too much",
            )
        if self.lang == "zh":
            of = f"（{group}）" if group else ""
            return f"{place}至{clash.period}年：{rule}{of}{bound}" + (f"缺{lack}" if least else f"超出{lack}")
        of = f" for {group}" if group else ""
        return f"{place} by {clash.period}: {rule}{of} of {bound} " + (
            f"lacks {lack}" if least else f"is exceeded by {lack}"
        )

    def _against(self, clash: Clash) -> str:
        of_rule: dict[str, list[RuleRef]] = {}
        for one in clash.conflicting:
            of_rule.setdefault(one.rule, []).append(one)
        quotas = [alike for alike in of_rule.values() if alike[0].bound is not None]
        decisions = [alike for alike in of_rule.values() if alike[0].bound is None]
        others = [text for alike in quotas for text in self._alike(alike, clash)]
        more = len(others) - MOST_TOLD
        others = others[:MOST_TOLD] + [text for alike in decisions for text in self._alike(alike, clash)]
        if more > 0:
            others.append(self._say(f"另{more}项规则", f"{more} more rules"))
        if self.lang == "zh":
            return "与" + "、".join(others) + "冲突"
        joined = others[0] if len(others) == 1 else ", ".join(others[:-1]) + " and " + others[-1]
        return f"it clashes with {joined}"

    def _alike(self, alike: list[RuleRef], clash: Clash) -> list[str]:
        """Return quotas of one rule: each in its turn where they are few, else the first with their number."""
        if len(alike) <= MOST_ALIKE:
            return [self._other(one, clash) for one in alike]
        first, *facts = alike[0].rule, *self._facts(alike[0], clash)
        listed = self._say("，", ", ").join(facts)
        return [
            self._rule(first)
            + self._say(f"（{len(alike)}项，如{listed}）", f" ({len(alike)} quotas, such as {listed})")
        ]

    def _other(self, other: RuleRef, clash: Clash) -> str:
        facts = self._facts(other, clash)
        if not facts:
            return self._rule(other.rule)
        return self._rule(other.rule) + self._say("（" + "，".join(facts) + "）", " (" + ", ".join(facts) + ")")

    def _facts(self, other: RuleRef, clash: Clash) -> list[str]:
        facts = []
        if other.region and other.region != clash.region:
            facts.append(self._region(other.region))
        if other.group:
            facts.append(self._group(other.group))
        if other.bound is not None and other.rule != PEAK:
            facts.append(self._bound(other.rule, other.bound, other.unit))
        if other.period and other.period != clash.period:
            facts.append(self._say(f"至{other.period}年", f"by {other.period}"))
        if other.names:
            more = len(other.names) - MOST_NAMES
            listed = self._say("、", ", ").join(other.names[:MOST_NAMES])
            facts.append(listed + (self._say(f"等{len(other.names)}处", f" and {more} more") if more > 0 else ""))
        if other.instead:
            give = amount(other.instead, other.unit, self.lang)
            facts.append(self._say(f"或由其让出{give}", f"or it gives way by {give}"))
        return facts

    def _kept(self, clash: Clash) -> str:
        told = [self._one_kept(one, clash, first=not k) for k, one in enumerate(clash.withheld)]
        return self._say("，", ", ").join(told)

    def _one_kept(self, one: Withheld, clash: Clash, first: bool) -> str:
        joint = not one.area_ha
        area = amount(one.jointly_ha if joint else one.area_ha, "ha", self.lang)
        notes = []
        if joint:
            notes.append(self._say("与另一规则共同", "together with another rule"))
        if one.relief is not None and one.relief > ALL * clash.shortfall:
            notes.append(self._say("放开即可补足", "lifting it would close the gap"))
        elif one.relief:
            relief = amount(one.relief, clash.unit, self.lang)
            notes.append(self._say(f"放开可减少{relief}", f"lifting it would give {relief}"))
        note = self._say("（" + "，".join(notes) + "）", " (" + ", ".join(notes) + ")") if notes else ""
        verb = self._say("占住", " withholds " if first else " ")
        return f"{self._rule(one.rule)}{verb}{area}{note}"
