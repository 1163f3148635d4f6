r"""Contiguity (连片布局): new land of a group hangs together (`contiguity`, `minimum_patch`).

`contiguity`: every zone that becomes land of the group is connected, through zones that become or are such land, to
land that is of the group at present. No zone leaps ahead of the edge of town.

`minimum_patch`: every connected patch of zones that become land of the group has at least :math:`a` ha.

.. math::

    u_z &\le \sum_{y\in C} u_y && C \text{ separates zone } z \text{ from present land of the group} \\
    \sum_{z\in S} u_z &\le |S| - 1 + \sum_{y\in\delta S} u_y
    && S \text{ connected, less than } a \text{ ha},\ \delta S \text{ its neighbours}

u is 1 where a zone becomes land of the group, over zones that may.

Both speak of whole decisions: a zone that changes as a whole, or whose least lot is the zone itself. Others that may
come into the group are refused. Zones are neighbours where they share a border (table `neighbours`). Land counts by
where it is present at the start and new at the end, whatever the period. The rules are no rows: methods add separating
rows where a plan violates them. They carry no worth. Source: the instance's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.block import number
from formulations.land import minimum_lot
from formulations.patches import Patches
from formulations.rule import Part, Rule
from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock, Record

CONTIGUITY, MINIMUM_PATCH = "contiguity", "minimum_patch"

WHOLE = 1e-9
"""Part of a zone that may lack where it counts as whole."""

FIRST_ZONES = 5
"""Zones that a refusal names."""


def build_contiguity(block: LandBlock) -> Part:
    """Return the patches of each `contiguity` quota; raises InstanceError where zones may change in part."""
    return Part(patches=tuple(_patches(block, record, 0.0, attach=True) for record in block.records(CONTIGUITY)))


def build_minimum_patch(block: LandBlock) -> Part:
    """Return the patches of each `minimum_patch` quota; raises InstanceError where zones may change in part."""
    records = block.records(MINIMUM_PATCH)
    return Part(patches=tuple(_patches(block, record, number(record), attach=False) for record in records))


def _patches(block: LandBlock, record: Record, least_ha: float, *, attach: bool) -> Patches:
    land, moves, group = block.land, block.moves, str(record["group"])
    inside = land.subtree[block.region_code(record)][land.zone_region]
    zone, kind, area = land.cover
    present = np.bincount(zone, np.where(land.present_member(group, zone, kind), area, 0.0), minlength=len(land.zones))
    enters = block.into(group) & (moves.upper >= 1 - WHOLE) & inside[moves.zone]
    _refuse_parts(block, record, block.into(group) & inside[moves.zone], present > 0)
    index = np.flatnonzero(enters & _largest_piece(block)[moves.group])
    left, right, _ = land.neighbours
    both = inside[left] & inside[right]
    return Patches(
        rule=str(record["rule"]),
        label=block.label(record, block.n_periods),
        index=index,
        node=moves.zone[index].astype(np.int32),
        anchor=inside & (present > 0) & (present >= land.zone_area_ha * (1 - WHOLE)),
        area_ha=land.zone_area_ha,
        left=left[both],
        right=right[both],
        least_ha=least_ha,
        attach=attach,
    )


def _largest_piece(block: LandBlock) -> NDArray[np.bool_]:
    """Tell the largest choice group of each zone, (groups,); where zones change whole it stands for the others."""
    zone, area = block.moves.zone[block.moves.start[:-1]], block.moves.group_area_ha
    order = np.lexsort((-area, zone))
    chosen = np.zeros(len(zone), dtype=bool)
    chosen[order[np.flatnonzero(np.diff(zone[order], prepend=-1))]] = True
    return chosen


def _refuse_parts(block: LandBlock, record: Record, enters: NDArray[np.bool_], held: NDArray[np.bool_]) -> None:
    """Raise InstanceError where a zone could come into the group in part, or holds some of it already."""
    land, moves = block.land, block.moves
    lots = minimum_lot.FAMILY not in block.rules_off
    covered = lots & (land.zones["min_lot_ha"].to_numpy() >= land.zone_area_ha * (1 - WHOLE))
    partial = enters & ~(moves.whole | covered[moves.zone]) | enters & held[moves.zone]
    zones = np.unique(moves.zone[partial])
    if not len(zones):
        return
    names = ", ".join(map(str, land.zones["zone"].iloc[zones[:FIRST_ZONES]]))
    more = ", ..." if len(zones) > FIRST_ZONES else ""
    message = (
        f"quota {record['id']}: {record['rule']} needs zones that change as a whole, but {len(zones):,} may become "
        f"{record['group']} in part: {names}{more}"
    )
    hint = "set whole = 1 where a zone holds one class, or min_lot_ha to the area of the zone"
    raise InstanceError([Fault("quotas", message, hint)])


CONTIGUITY_RULE = Rule(CONTIGUITY, "连片布局", build_contiguity)
MINIMUM_PATCH_RULE = Rule(MINIMUM_PATCH, "最小地块规模", build_minimum_patch)
