"""From an instance to its Program: which rules are on, which moves exist, which rows bind them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.block import LandBlock
from formulations.land import OPTIONAL_RULES, PERMISSIONS, RULES, WHOLE_PARCEL
from formulations.land.restoration_project import FAMILY as RESTORATION_PROJECT
from formulations.land.restoration_project import governance
from formulations.moves import candidates, enumerate_moves
from formulations.overlays import overlays_of, with_overlays
from formulations.program import Names, Objective, Program
from formulations.restoration.in_land import SITE, selection_part
from instances.carbon import CarbonAccount
from instances.site_rules import RULE_FORMS
from instances.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from formulations.rule import Part, Permission
    from instances.instance import Instance
    from instances.settings import Settings


def rules_off(instance: Instance, without: Iterable[str] = ()) -> frozenset[str]:
    """Return the rules switched off by the instance or by name; raises InstanceError for unknown names.

    Rules on planning units that are chosen with the land are called `site:RULE`.
    """
    of_sites = (f"{SITE}{name}" for name in RULE_FORMS if instance.is_joint)
    return instance.rules_off(without, [*OPTIONAL_RULES, *of_sites])


def land_block(instance: Instance, without: Iterable[str] = (), granted: NDArray[np.bool_] | None = None) -> LandBlock:
    """Return the land block of an instance: its moves and what rules ask of them.

    `granted` are changes that no permission rule bars, (groups, classes): to see what quotas would say of them.
    """
    land, off = instance.require_land(), rules_off(instance, without)
    options = candidates(land)
    permissions = [_granting(rule, granted) for rule in PERMISSIONS if rule.name not in off]
    projects = instance.restoration.projects if instance.restoration and RESTORATION_PROJECT not in off else ()
    periods = len(instance.settings.time.periods)
    moves = enumerate_moves(options, permissions, periods, governance(options, projects))
    if WHOLE_PARCEL in off:
        moves = replace(moves, whole=np.zeros(len(moves), dtype=bool))
    overlays = None if instance.network is None else overlays_of(options, instance.network.tables)
    if overlays is not None:
        moves = with_overlays(moves, overlays, periods)
    carbon = CarbonAccount.of(instance)
    sites = _sites(instance, off)
    return LandBlock(land, instance.settings, moves, carbon, projects, off, sites, instance.network, overlays)


def _granting(rule: Permission, granted: NDArray[np.bool_] | None) -> Permission:
    """Return a permission rule that does not bar what is granted."""
    return rule if granted is None else replace(rule, bars=lambda options: rule.bars(options) & ~granted)


def _sites(instance: Instance, off: frozenset[str]) -> Sites | None:
    """Return the planning units of a joint study with the rules that are on."""
    if not instance.is_joint:
        return None
    sites = instance.require_sites()
    rules = sites.tables["rules"]
    kept = rules[~(SITE + rules["rule"].astype(str)).isin(off)].reset_index(drop=True)
    return Sites({**sites.tables, "rules": kept}, sites.settings)


def assemble(block: LandBlock) -> Program:
    """Return the Program of a land block: the parts of every rule, and the objectives."""
    parts = [] if block.sites is None else [selection_part(block, block.sites)]
    parts += [rule.build(block) for rule in RULES if rule.name not in block.rules_off]
    parts = _with_energy(block, parts)
    end_year = block.settings.carbon.end_year
    constant = block.carbon.constant(block.land.root, end_year)
    return Program(
        moves=block.moves,
        columns=tuple(columns for part in parts for columns in part.columns),
        quotas=tuple(quota for part in parts for quota in part.quotas if len(quota)),
        objectives={
            "emissions": Objective("emissions", block.emissions_per_ha(end_year), "tCO2e", constant),
            "cost": Objective("cost", block.cost_per_ha, "10k CNY"),
        },
        minimise=_weights(block.settings),
        names=Names(
            zones=block.land.zones["zone"],
            classes=block.land.classes["class"],
            periods=block.settings.time.periods,
            regions=block.land.zone_region.astype(np.int32),
            overlays=("",) if block.overlays is None else ("", *block.overlays.names),
        ),
        boundaries=tuple(boundary for part in parts for boundary in part.boundaries),
        patches=tuple(patches for part in parts for patches in part.patches),
        connected=tuple(connected for part in parts for connected in part.connected),
    )


def _with_energy(block: LandBlock, parts: list[Part]) -> list[Part]:
    """Return the parts with those of the network that is planned with the land; else Pyomo is not loaded.

    Rows on the carbon of the whole area count what the network emits.
    """
    if block.network is None:
        return parts
    from formulations.energy.assemble import energy_part
    from formulations.energy.land_coupling import land_coupling
    from formulations.energy.supplied_carbon import with_supply

    energy = energy_part(block.network)
    root = str(block.land.regions["region"].iloc[block.land.root])
    supplied = [
        replace(one, quotas=tuple(with_supply(one.quotas, energy.columns, block.network, root))) for one in parts
    ]
    return [*supplied, energy, replace(energy, columns=(), quotas=land_coupling(block, energy.columns))]


def _weights(settings: Settings) -> dict[str, float]:
    chosen = settings.objective
    if chosen.kind == "weighted":
        return {"emissions": chosen.emission_weight, "cost": chosen.cost_weight}
    return {chosen.kind: 1.0}
