"""Chinese names of the rules of a Program: those on land, and in a joint study those on units and on a network."""

from __future__ import annotations

from formulations.land import RULE_NAMES_ZH
from formulations.program import ENERGY
from formulations.restoration import RULES, targets, unit_land
from formulations.restoration.in_land import SITE

STATED = (targets.NAME, "budget", "linear_constraint", "group_count", "shortfall_limit")
"""Rules on units each row of which is a line of the tables."""

NETWORK_ZH = {
    "emission_cap": "供电碳排放上限",
    "renewable_share": "可再生能源占比",
    "self_sufficiency": "电力自给率",
    "curtailment_cap": "弃电上限",
    "capacity_target": "装机目标",
    "import_cap": "外购电上限",
    "site_land": "场址用地",
}
"""Rules on a network each row of which a planner states or could relieve; the others are how a network works."""

OTHERS_ZH = {targets.NAME: "目标", unit_land.NAME: unit_land.NAME_ZH}


def name_zh(rule: str) -> str:
    """Return the Chinese name of a rule; one without a name is its own."""
    if rule in RULE_NAMES_ZH:
        return RULE_NAMES_ZH[rule]
    if rule.removeprefix(ENERGY) in NETWORK_ZH and rule.startswith(ENERGY):
        return f"电网：{NETWORK_ZH[rule.removeprefix(ENERGY)]}"
    bare = rule.removeprefix(SITE)
    name = RULES[bare].name_zh if bare in RULES else OTHERS_ZH.get(bare, rule)
    return f"修复选址：{name}" if bare != rule and name != rule else name


def ties_only(rule: str) -> bool:
    """Whether rows of a joint study only tie columns together, so that no planner states them."""
    if rule.startswith(SITE):
        return rule.removeprefix(SITE) not in STATED
    if rule.startswith(ENERGY):
        return rule.removeprefix(ENERGY) not in NETWORK_ZH
    return rule == unit_land.NAME
