"""What `sanqu why` says, in Chinese and English: sentences about a piece of land, and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from formulations.program import is_user
from optimizer.results.rules import objective_unit
from optimizer.results.terms import Lang, term
from optimizer.results.why_barred import barred
from optimizer.results.why_network import overlay_words

if TYPE_CHECKING:
    from formulations.block import LandBlock
    from formulations.program import Program
    from optimizer.results.why import Choice, Part, Piece

MOST_PARTS = 4
"""Rules that are told in a line; smaller ones are summed."""


@dataclass(frozen=True)
class Sheet:
    """A table with its title."""

    title: str
    frame: pd.DataFrame


@dataclass(frozen=True)
class Writer:
    """Words for one zone of a plan; `opened` are the projects that the plan opens, with their end years."""

    block: LandBlock
    program: Program
    zone: int
    opened: dict[str, int]
    lang: Lang

    def say(self, zh: str, en: str) -> str:
        """Return the words of the language."""
        return zh if self.lang == "zh" else en

    @property
    def unit(self) -> str:
        """Unit of the objective."""
        return term("unit", objective_unit(self.program), self.lang)

    def name(self, kind: str) -> str:
        """Return the name of a class, with its id."""
        table = self.block.land.classes
        row = table[table["class"].astype(str) == kind].iloc[0]
        named = str(row["name_zh"] if self.lang == "zh" else row["name_en"])
        return named if not named or named == kind else self.say(f"{named}（{kind}）", f"{named} ({kind})")

    def target(self, name: str) -> str:
        """Return that the zone is made a class, or bears a site or the strip of a corridor, in words."""
        overlays = self.block.overlays
        if overlays is not None and name in overlays.names:
            what = overlay_words(self.block, name, self.lang)
            return self.say(f"承载{what}", f"Bearing {what}")
        return self.say(f"转为{self.name(name)}", f"Made {self.name(name)}")

    def head(self) -> str:
        """Return the zone, its region and its control lines."""
        row = self.block.land.zones.iloc[self.zone]
        lines = [name for name in ("farmland", "boundary") if row[name] == 1]
        lines += [f"red_line = {row['red_line']}"] if row["red_line"] else []
        lines += [f"slope_class = {row['slope_class']}"] if row["slope_class"] else []
        facts = ", ".join(lines) or self.say("不在任何控制线内", "inside no control line")
        return self.say(
            f"空间单元 {row['zone']}，区域 {row['region']}；{facts}",
            f"Zone {row['zone']}, region {row['region']}; {facts}",
        )

    def decisions(self) -> list[str]:
        """Return what makes the zone's changes whole decisions."""
        row, off = self.block.land.zones.iloc[self.zone], self.block.rules_off
        told = []
        if row["whole"] == 1 and "whole_parcel" not in off:
            told.append(
                self.say(
                    "整块转换：每个地类要么全部转换，要么不转；价差只是松弛问题的参考。",
                    "It changes as a whole or not at all; prices of the relaxation only guide such a choice.",
                )
            )
        if row["min_lot_ha"] > 0 and "minimum_lot" not in off:
            lot = f"{row['min_lot_ha']:g}"
            told.append(
                self.say(
                    f"最小转换面积：转换不少于 {lot} 公顷，否则不转。",
                    f"A change takes at least {lot} ha or is not done.",
                )
            )
        return told

    def projects(self, pieces: tuple[Piece, ...]) -> list[str]:
        """Return the restoration projects that govern changes of the zone."""
        names = dict.fromkeys(one.project for piece in pieces for one in piece.choices if one.project)
        told = []
        for name in names:
            year = self.opened.get(name)
            if year is None:
                told.append(
                    self.say(
                        f"生态修复工程 {name} 未实施，由它管辖的转换都不发生。",
                        f"Project {name} is not opened, so none of its changes happens.",
                    )
                )
            else:
                told.append(self.say(f"生态修复工程 {name} 于 {year} 年前实施。", f"Project {name} opens by {year}."))
        return told

    def move(self, choice: Choice) -> str:
        """Return a move in words."""
        if not choice.period:
            return self.say("维持现状", "stays")
        if choice.overlay:
            what, year = overlay_words(self.block, choice.overlay, self.lang), choice.period
            return self.say(f"{year} 年前承载{what}（地类不变）", f"bears {what} by {year} and keeps its class")
        target = self.name(choice.target)
        return self.say(f"{choice.period} 年前转为{target}", f"becomes {target} by {choice.period}")

    def sentences(self, piece: Piece) -> list[str]:
        """Return what the plan does with a piece, and how the best of what it leaves aside compares."""
        told = [self._does(one) for one in piece.does]
        unused = [one for one in piece.choices if one.area_ha == 0 and one.worse_by is not None]
        if not unused:
            return (
                [*told, self.say("没有其他可行的转换。", "Nothing else is open.")] if len(piece.choices) == 1 else told
            )
        return [*told, self._compared(min(unused, key=lambda one: one.worse_by or 0.0))]

    def _does(self, one: Choice) -> str:
        what, area = self.move(one), _number(one.area_ha)
        if not one.period:
            return self.say(f"{area} 公顷，{what}。", f"{area} ha {what}.")
        carbon, money = _number(one.emission * one.area_ha), _number(one.cost * one.area_ha)
        return self.say(
            f"{area} 公顷，{what}：排放 {carbon} tCO2e，费用 {money} 万元。",
            f"{area} ha {what}: emits {carbon} tCO2e, costs {money} x 10k CNY.",
        )

    def _compared(self, one: Choice) -> str:
        what, by = self.move(one), _number(abs(one.worse_by or 0.0))
        because = self.because(one)
        if not one.worse_by:
            return self.say(f"次优：{what}，同样好（{because}）。", f"Next best: {what}, equally good ({because}).")
        worse = one.worse_by > 0
        verdict = self.say("差" if worse else "按松弛价格优", "worse" if worse else "better at the relaxation's prices")
        if self.lang == "zh":
            return f"次优：{what}，每公顷{verdict} {by} {self.unit}（{because}）。"
        return f"Next best: {what}, {verdict} by {by} {self.unit}/ha ({because})."

    def because(self, one: Choice) -> str:
        """Return the split of a price difference: own part, then rule by rule."""
        told = [self.say("自身", "itself") + f" {one.own:+,.6g}"] if one.own or not one.rules else []
        told += [f"{self.rule(part)} {part.per_ha:+,.6g}" for part in one.rules[:MOST_PARTS]]
        rest = sum(part.per_ha for part in one.rules[MOST_PARTS:])
        if len(one.rules) > MOST_PARTS:
            told.append(self.say("其余规则", "other rules") + f" {rest:+,.6g}")
        return self.say("，", ", ").join(told)

    def rule(self, part: Part) -> str:
        """Return a rule with the id of its quota."""
        named = part.rule if is_user(part.rule) else term("rule", part.rule, self.lang)
        return f"{named} {part.id}".strip()

    def sheets(self, piece: Piece, everything: bool) -> list[Sheet]:
        """Return the table of choices, the best period of each class unless all are asked for, and what is barred."""
        title = f"{self.name(piece.source)}, {_number(piece.area_ha)} {self.say('公顷', 'ha')}"
        rows = [self._row(piece, one) for one in _told(piece, everything)]
        return [Sheet(title, pd.DataFrame(rows)), *self._barred(piece)]

    def _becomes(self, one: Choice) -> str:
        if one.overlay:
            return self.say("承载", "bears ") + overlay_words(self.block, one.overlay, self.lang)
        return self.name(one.target) if one.period else self.say("维持现状", "stays")

    def _row(self, piece: Piece, one: Choice) -> dict[str, object]:
        note = "" if one is piece.chosen else self.because(one)
        if one.project:
            note = f"{one.project}; {note}" if note else one.project
        if one.period and one.most_ha < piece.area_ha:
            most, used = _number(one.most_ha), one.area_ha >= one.most_ha
            full = self.say("，已用满", ", all used") if used else ""
            limit = self.say(f"至多 {most} 公顷", f"at most {most} ha") + full
            note = f"{note}; {limit}" if note else limit
        return {
            self.say("转为", "becomes"): self._becomes(one),
            self.say("年份", "by"): one.period or "",
            self.say("方案 公顷", "plan ha"): one.area_ha,
            self.say("排放 tCO2e/公顷", "tCO2e/ha"): one.emission,
            self.say("费用 万元/公顷", "10k CNY/ha"): one.cost,
            self.say(f"差 {self.unit}/公顷", f"worse by {self.unit}/ha"): one.worse_by,
            self.say("原因", "because"): note,
        }

    def _barred(self, piece: Piece) -> list[Sheet]:
        found = barred(self.block, self.zone, piece.source, piece.barred, self.lang)
        if not found:
            return []
        rows = [
            {
                self.say("规则", "rule"): term("rule", one.rule, self.lang),
                self.say("依据", "because"): one.fact,
                self.say("来源", "source"): one.source,
                self.say("不得转为", "may not become"): ", ".join(one.classes),
            }
            for one in found
        ]
        return [Sheet(self.say("被规则禁止", "Barred by rules"), pd.DataFrame(rows))]


def _told(piece: Piece, everything: bool) -> list[Choice]:
    if everything:
        return list(piece.choices)
    seen: set[tuple[str, bool]] = set()
    told = []
    for one in piece.choices:
        key = (one.overlay or one.target, one.period == 0)
        if one.area_ha > 0 or key not in seen:
            told.append(one)
        seen.add(key)
    return told


def _number(value: float) -> str:
    return f"{value + 0.0:,.2f}".rstrip("0").rstrip(".")
