"""Rules and objectives of choosing restoration sites, one file each."""

from __future__ import annotations

from formulations.restoration import (
    asymmetric_connectivity_penalty,
    boundary_penalty,
    budget,
    connectivity_penalty,
    contiguity,
    corridor,
    feature_contiguity,
    group_count,
    linear_constraint,
    linear_penalty,
    mandatory_allocation,
    maximum_branches,
    maximum_cover,
    maximum_features,
    maximum_reserves,
    maximum_utility,
    minimum_largest_shortfall,
    minimum_penalties,
    minimum_reserve,
    minimum_set,
    minimum_shortfall,
    neighbours,
    separate_areas,
    shortfall_limit,
    whole_group,
)

RULES = {
    rule.name: rule
    for rule in (
        feature_contiguity.RULE,  # its columns are the first family
        corridor.RULE,  # and these the next
        budget.RULE,
        linear_constraint.RULE,
        mandatory_allocation.RULE,
        group_count.RULE,
        whole_group.RULE,
        neighbours.RULE,
        shortfall_limit.RULE,
        contiguity.RULE,
        minimum_reserve.RULE,
        maximum_reserves.RULE,
        separate_areas.RULE,
        linear_penalty.RULE,
        boundary_penalty.RULE,
        connectivity_penalty.RULE,
        asymmetric_connectivity_penalty.RULE,
    )
}
"""Constraints and penalties by the name that the rules table gives them."""

GOALS = {
    goal.name: goal
    for goal in (
        minimum_set.GOAL,
        minimum_shortfall.GOAL,
        minimum_largest_shortfall.GOAL,
        maximum_utility.GOAL,
        maximum_cover.GOAL,
        maximum_features.GOAL,
        maximum_branches.GOAL,
        minimum_penalties.GOAL,
    )
}
"""Objectives by kind."""
