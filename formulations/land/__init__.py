"""The land rules, one file each; the order here is the order of reports.

To add a rule, write its file and name it in one of these tuples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.land import (
    budget,
    carbon_cap,
    ceiling,
    change_cap,
    compactness,
    compensation,
    compensation_grade,
    construction_increment,
    construction_intensity,
    construction_total,
    contiguity,
    cropland_retention,
    floor,
    growth_demand,
    linked_quota,
    minimum_lot,
    peak,
    permanent_farmland,
    red_line,
    redevelopment_share,
    restoration_area,
    restoration_project,
    slope,
    transition_matrix,
    urban_boundary,
)

if TYPE_CHECKING:
    from formulations.rule import Permission, Rule

PERMISSIONS: tuple[Permission, ...] = (
    transition_matrix.PERMISSION,
    red_line.PERMISSION,
    permanent_farmland.PERMISSION,
    slope.PERMISSION,
    urban_boundary.PERMISSION,
)

RULES: tuple[Rule, ...] = (
    cropland_retention.RULE,
    compensation.RULE,
    compensation_grade.RULE,
    linked_quota.RULE,
    construction_total.RULE,
    construction_increment.RULE,
    construction_intensity.RULE,
    growth_demand.RULE,
    redevelopment_share.RULE,
    floor.RULE,
    ceiling.RULE,
    change_cap.LOSS_RULE,
    change_cap.GAIN_RULE,
    restoration_area.RULE,
    restoration_project.RULE,
    minimum_lot.RULE,
    carbon_cap.RULE,
    peak.RULE,
    budget.RULE,
    compactness.PENALTY_RULE,
    compactness.LIMIT_RULE,
    contiguity.CONTIGUITY_RULE,
    contiguity.MINIMUM_PATCH_RULE,
)

WHOLE_PARCEL = "whole_parcel"
"""Whole zones change as a whole (整块转换); enforced by the columns themselves, see `formulations.moves`."""

OPTIONAL_RULES: tuple[str, ...] = (
    *(rule.name for rule in PERMISSIONS if rule.optional),
    *(rule.name for rule in RULES),
    "compensation_bank",
    WHOLE_PARCEL,
)
"""Every name that `--without` and `rules_off` understand."""

RULE_NAMES_ZH = {
    **{rule.name: rule.name_zh for rule in PERMISSIONS},
    **{rule.name: rule.name_zh for rule in RULES},
    WHOLE_PARCEL: "整块转换",
}
"""Chinese name of every rule."""
