r"""Targets (目标): what the chosen units must hold of each feature.

.. math:: h_t \ \{\ge, \le, =\}\ T_t

A relative target is a share of what all units hold. Where the objective measures how far targets are met (shortfall,
features reached), only the part :math:`h_t \le T_t` of targets with the sense <= or == remains a limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.program import INFINITY
from formulations.restoration.held import held_rows
from formulations.restoration.rule import SitePart, joined
from formulations.restoration.shortfall import floors
from formulations.restoration.used import used_features

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "target"


def build(block: SiteBlock) -> SitePart:
    """Return a row for each target, two where units must hang together: least and most count different units."""
    if len(used_features(block)):
        return joined([_floors(block), build_ceilings(block)])
    targets = block.sites.targets
    lower = np.where(targets.sense == "<=", -INFINITY, targets.value)
    upper = np.where(targets.sense == ">=", INFINITY, targets.value)
    return SitePart(quotas=(held_rows(block, NAME, np.arange(len(targets)), lower, upper),))


def build_ceilings(block: SiteBlock) -> SitePart:
    """Return a row for each target that must not be exceeded."""
    targets = block.sites.targets
    which = np.flatnonzero(targets.sense != ">=")
    none = np.full(len(which), -INFINITY)
    rows = held_rows(block, NAME, which, none, targets.value[which], all_chosen=True)
    return SitePart(quotas=(rows,) if len(which) else ())


def _floors(block: SiteBlock) -> SitePart:
    targets, which = block.sites.targets, floors(block)
    return SitePart(quotas=(held_rows(block, NAME, which, targets.value[which], np.full(len(which), INFINITY)),))
