"""Chinese names of the rules of a Program: those on land, and in a joint study those on planning units."""

from __future__ import annotations

from formulations.land import RULE_NAMES_ZH
from formulations.restoration import RULES, targets, unit_land
from formulations.restoration.in_land import SITE

STATED = (targets.NAME, "budget", "linear_constraint", "group_count", "shortfall_limit")
"""Rules on units each row of which is a line of the tables."""

OTHERS_ZH = {targets.NAME: "目标", unit_land.NAME: unit_land.NAME_ZH}


def name_zh(rule: str) -> str:
    """Return the Chinese name of a rule; one without a name is its own."""
    if rule in RULE_NAMES_ZH:
        return RULE_NAMES_ZH[rule]
    bare = rule.removeprefix(SITE)
    name = RULES[bare].name_zh if bare in RULES else OTHERS_ZH.get(bare, rule)
    return f"修复选址：{name}" if bare != rule and name != rule else name


def ties_only(rule: str) -> bool:
    """Whether rows of a joint study only tie columns together, so that no planner states them."""
    if rule.startswith(SITE):
        return rule.removeprefix(SITE) not in STATED
    return rule == unit_land.NAME
