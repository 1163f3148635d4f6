r"""Units and land (修复单元与用地): land of a unit is restored only where the unit is chosen, and then in good part.

.. math::

    \sum_{j,t \in \text{restoration}} x_{z,i,j,t} &\le
        A^0_{z,i} \Bigl[\bigl(1 - \sum_u s_{u,z}\bigr)^+ + \sum_u s_{u,z}\, x_u\Bigr]
        && \forall z \text{ of a unit}, i \\
    \sum_{z \in Z_u}\sum_{i,j,t \in \text{restoration}} x_{z,i,j,t} &\ge
        \rho \sum_{z \in Z_u} R_z\, x_u && \forall u \\
    \sum_{i,j,t \in \text{restoration}} x_{z,i,j,t} &\ge
        \rho \sum_u s_{u,z} R_z\, x_u && \forall z \text{ of units in part}

:math:`x_u = \sum_m x_{u,m}`: share of unit u that is chosen, over its management zones; s: share of a zone that lies
in a unit (table `unit_zone`); :math:`Z_u`: zones that lie in u as a whole; :math:`R_z`: present land of a zone that a
permitted move which the transition matrix marks as restoration may change, ha; :math:`\rho`: `[restoration]
restored_part`, the least part of it that a chosen unit restores, 1 by default; with 0 units only bound. A zone that
lies in a unit in part, or in several, answers by itself, for a restored hectare counts for one unit only. Land in no
unit is restored as without units. Source: the instance's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Quota
from instances.land import codes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from instances.sites import Sites

NAME = "unit_land"

NAME_ZH = "修复单元"

SELECTION = "selection"
"""Family of the columns that choose units."""

SLACK = 1e-9
"""Share by which a zone may miss to lie in a unit as a whole."""


@dataclass(frozen=True)
class _Ties:
    """Restoring moves on land of units, (k,), the piece of land of each, and shares of zones, (zones, units).

    `group` are the choice groups that are pieces, (pieces,); `whole` tells zones that lie in one unit, (zones,).
    """

    moves: NDArray[np.int64]
    piece: NDArray[np.int64]
    group: NDArray[np.int64]
    zone: NDArray[np.int64]
    area_ha: NDArray[np.float64]
    share: sp.csr_array
    whole: NDArray[np.bool_]


def unit_land(block: LandBlock, sites: Sites) -> tuple[Quota, ...]:
    """Return the rows that tie the moves of land to the columns that choose units."""
    ties = _ties(block, sites)
    if not len(ties.group):
        return ()
    spread = sp.csr_array(sp.kron(sp.eye_array(sites.n_units), np.ones((1, sites.n_zones)), format="csr"))
    rows = [_most(block, ties, spread)]
    part = sites.settings.restored_part
    if part > 0:
        rows += [_least_of_units(sites, ties, spread), _least_of_zones(block, ties, spread, part)]
    return tuple(quota for quota in rows if len(quota))


def held_units(block: LandBlock, sites: Sites, region: int) -> NDArray[np.bool_]:
    """Whether a region holds all the land of each unit, (units,); what has no land any region holds."""
    table = sites.tables["unit_zone"]
    zone, unit = codes_of(table["zone"], block.land.zones["zone"]), sites.unit_codes(table["unit"])
    outside = ~block.land.subtree[region][block.land.zone_region[zone]]
    return np.bincount(unit[outside], minlength=sites.n_units) == 0


def _ties(block: LandBlock, sites: Sites) -> _Ties:
    land, moves = block.land, block.moves
    table = sites.tables["unit_zone"]
    zone, unit = codes_of(table["zone"], land.zones["zone"]), sites.unit_codes(table["unit"])
    entries = (table["share"].to_numpy(dtype=float), (zone, unit))
    share = sp.csr_array(sp.coo_array(entries, shape=(len(land.zones), sites.n_units)))
    share.eliminate_zeros()
    count = np.diff(share.indptr)
    usable = (moves.upper > 0) & ~(moves.whole & (moves.upper < 1))
    restoring = np.flatnonzero(block.restores & moves.changes & usable & (count > 0)[moves.zone])
    group, piece = np.unique(moves.group_of(restoring), return_inverse=True)
    of_group = moves.zone[moves.start[group]].astype(np.int64)
    whole = (count == 1) & (np.asarray(share.sum(axis=1)) >= 1.0 - SLACK)
    return _Ties(restoring, piece, group, of_group, moves.group_area_ha[group], share, whole)


def _most(block: LandBlock, ties: _Ties, spread: sp.csr_array) -> Quota:
    """Return one row a piece of land: no more of it is restored than lies in chosen units, or in none."""
    share = ties.share[ties.zone]
    outside = np.maximum(1.0 - np.asarray(share.sum(axis=1)), 0.0)
    count = len(ties.group)
    stays = block.moves.start[ties.group]
    names = block.land.zones["zone"].take(ties.zone), block.land.classes["class"].take(block.moves.source[stays])
    labels = pd.DataFrame({"zone": names[0].to_numpy(), "from": names[1].to_numpy(), "part": "most"})
    taken = sp.csr_array(sp.diags_array(-ties.area_ha) @ share @ spread)
    upper = ties.area_ha * outside
    return _quota(ties.moves, ties.piece, np.full(count, -INFINITY), upper, labels, {SELECTION: taken})


def _least_of_units(sites: Sites, ties: _Ties, spread: sp.csr_array) -> Quota:
    """Return one row a unit with whole zones: it restores the least part of their land."""
    own = ties.whole[ties.zone]
    unit = np.full(len(ties.group), -1, dtype=np.int64)
    unit[own] = ties.share.indices[ties.share.indptr[ties.zone[own]]]
    least = np.bincount(unit[own], ties.area_ha[own], minlength=sites.n_units) * sites.settings.restored_part
    which = np.flatnonzero(least > 0)
    place = np.full(sites.n_units, -1)
    place[which] = np.arange(len(which))
    mine = np.flatnonzero(own[ties.piece])
    cell = place[unit[ties.piece[mine]]]
    labels = pd.DataFrame({"unit": sites.units.take(which).to_numpy(), "part": "least"})
    terms = sp.csr_array(sp.diags_array(-least) @ spread)[which]
    low, high = np.zeros(len(which)), np.full(len(which), INFINITY)
    return _quota(ties.moves[mine], cell, low, high, labels, {SELECTION: sp.csr_array(terms)})


def _least_of_zones(block: LandBlock, ties: _Ties, spread: sp.csr_array, part: float) -> Quota:
    """Return one row a zone that lies in units in part: the least part of what is in chosen ones is restored."""
    shared = ~ties.whole[ties.zone]
    zones, place = np.unique(ties.zone[shared], return_inverse=True)
    area = np.bincount(place, ties.area_ha[shared], minlength=len(zones))
    of_piece = np.full(len(ties.group), -1, dtype=np.int64)
    of_piece[shared] = place
    mine = np.flatnonzero(shared[ties.piece])
    labels = pd.DataFrame({"zone": block.land.zones["zone"].take(zones).to_numpy(), "part": "least"})
    terms = sp.csr_array(sp.diags_array(-part * area) @ ties.share[zones] @ spread)
    low, high = np.zeros(len(zones)), np.full(len(zones), INFINITY)
    return _quota(ties.moves[mine], of_piece[ties.piece[mine]], low, high, labels, {SELECTION: terms})


def _quota(
    moves: NDArray[np.int64],
    cell: NDArray[np.int64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    labels: pd.DataFrame,
    terms: dict[str, sp.csr_array],
) -> Quota:
    return Quota(
        rule=NAME,
        index=moves,
        weight=np.ones(len(moves)),
        cell=cell,
        rollup=sp.csr_array(sp.eye_array(len(lower))),
        lower=lower,
        upper=upper,
        labels=labels,
        unit="ha",
        terms=terms,
    )
