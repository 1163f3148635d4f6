r"""Overlays on land that keeps its class: solar arrays, wind farms and corridor strips as variants of "stay".

A choice group (zone, class) that a site or a corridor reaches gets further moves: "stay, under overlay o from period
p on". The group's sum keeps every hectare to one of them, so no hectare is counted for two technologies. 光伏阵列、
风电场与输电走廊按叠加处理：地类不变，一公顷只承载一种叠加。

.. math::

    s_{z,i} + \sum_{j,p} x_{z,i,j,p} + \sum_{o,p} v_{z,i,o,p} = A_{z,i}, \qquad
    \sum_p v_{z,i,o,p} \le \sigma_{z,o} A_{z,i}, \qquad
    E_{i,o,p} = (1 - \kappa_{o,i})\, T_p\, \max(\varphi_i, 0)

:math:`A` (ha) land of class i in zone z, of which :math:`s` (ha) stays as it is, :math:`x` (ha) becomes class j and
:math:`v` (ha) bears overlay o from period p on; :math:`\sigma` (0..1) share of the zone that the site reaches, 1 for
the strip of corridors. :math:`E` (tCO2e/ha) what land under an overlay emits until the end of the span where yearly
sinks count (`flux`): :math:`\kappa` part of the sink that stays, :math:`T` (years) time under it, :math:`\varphi`
(tCO2/ha/yr) sink of the class. Where the table names another class (`as_class`: shrub under a line through forest), the
hectare counts as a move into that class instead. Table `overlays` says with its source which technology may lie on
which class, and whether inside the general red line or on permanent farmland; never in the core of the red line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.land import codes_of
from instances.overlays import CORRIDOR, overlay_names, permitted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.moves import Candidates, Moves
    from instances.land import Land


REACH = "energy:overlay_reach"
"""Rows that hold what a site takes of a piece of land over all periods."""


@dataclass(frozen=True)
class Overlays:
    """What may lie on which land.

    Attributes
    ----------
    names
        Names by code, which count from 1: the sites, then the corridors' strip.
    technology
        Technology of each name.
    group, overlay, upper
        Choice group, code and greatest share of the group of each pair that may be, (pairs,), ordered by group.
    """

    names: tuple[str, ...]
    technology: tuple[str, ...]
    group: NDArray[np.int64]
    overlay: NDArray[np.int16]
    upper: NDArray[np.float64]


def overlays_of(options: Candidates, tables: Mapping[str, pd.DataFrame]) -> Overlays:
    """Return the overlays that the network part offers on the choice groups of land."""
    names, technology = overlay_names(tables)
    reach = _reach(options.land, tables, names)
    groups = pd.DataFrame({"zone": options.zone, "group": np.arange(len(options.zone)), "kind": options.kind})
    pairs = groups.merge(reach, on="zone").sort_values(["group", "overlay"], kind="stable")
    allowed = permitted(options.land, tables["overlays"], technology)
    zone, kind, code = (pairs[name].to_numpy() for name in ("zone", "kind", "overlay"))
    kept = allowed(zone, kind, code - 1) & (pairs["share"].to_numpy() > 0)
    return Overlays(
        names=names,
        technology=technology,
        group=pairs["group"].to_numpy()[kept],
        overlay=code[kept].astype(np.int16),
        upper=np.minimum(pairs["share"].to_numpy()[kept], 1.0),
    )


def _reach(land: Land, tables: Mapping[str, pd.DataFrame], names: tuple[str, ...]) -> pd.DataFrame:
    """Return which overlay reaches which zone with what share of it: zone (code), overlay (code), share."""
    sites = tables["site_zones"]
    at_sites = pd.DataFrame(
        {
            "zone": codes_of(sites["zone"].astype(str), land.zones["zone"].astype(str)),
            "overlay": codes_of(sites["site"].astype(str), pd.Series(list(names), dtype=str)) + 1,
            "share": sites["share"].to_numpy(dtype=float),
        }
    )
    at_sites = at_sites[at_sites["overlay"] > 0]
    strips = tables["segment_zones"]
    zones = codes_of(pd.Series(strips["zone"].astype(str).unique()), land.zones["zone"].astype(str))
    along = pd.DataFrame({"zone": zones, "overlay": len(names), "share": 1.0})
    return pd.concat([at_sites, along] if len(strips) else [at_sites], ignore_index=True)


def with_overlays(moves: Moves, overlays: Overlays, periods: int) -> Moves:
    """Return the moves with a variant for each pair and period, after the others of its choice group.

    A parcel that changes as a whole is covered as a whole or not at all.
    """
    whole_group = moves.whole[moves.start[:-1]]
    kept = ~whole_group[overlays.group] | (overlays.upper >= 1.0 - 1e-9)
    group = np.repeat(overlays.group[kept], periods)
    at = moves.start[group + 1]
    first = moves.start[group]
    period = np.tile(np.arange(1, periods + 1, dtype=np.int8), int(kept.sum()))
    count = np.bincount(group, minlength=moves.n_groups)
    return replace(
        moves,
        zone=np.insert(moves.zone, at, moves.zone[first]),
        source=np.insert(moves.source, at, moves.source[first]),
        target=np.insert(moves.target, at, moves.source[first]),
        period=np.insert(moves.period, at, period),
        upper=np.insert(moves.upper, at, np.repeat(overlays.upper[kept], periods)),
        whole=np.insert(moves.whole, at, whole_group[group]),
        project=np.insert(moves.project, at, -1),
        overlay=np.insert(moves.overlay, at, np.repeat(overlays.overlay[kept], periods)),
        start=moves.start + np.concatenate([[0], np.cumsum(count)]),
    )


__all__ = ["CORRIDOR", "REACH", "Overlays", "overlays_of", "with_overlays"]
