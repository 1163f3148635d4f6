"""Corridors (生态廊道) that rules ask for: core areas, width, and which units are next to each other.

A unit lets a corridor through where it and all units within so many rings of neighbours are chosen or core. The units
of all core areas are there, whether they are chosen or not; a core area is one whole, even in several parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from instances.restoration import split_names
from instances.sites import EVERY

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from instances.sites import Sites

RULE = "corridor"


@dataclass(frozen=True)
class Corridor:
    """One line of the rules table.

    Attributes
    ----------
    id, names
        Of the line, and of its core areas.
    cores
        Codes of the units of each core area.
    rings
        Rings of neighbours on either side of the line.
    layer
        Layer that counts for each chosen unit beside its cost; empty for none.
    inside
        Whether each variable may be part of it, by management zone, (variables,).
    """

    id: str
    names: tuple[str, ...]
    cores: tuple[NDArray[np.int64], ...]
    rings: int
    layer: str
    inside: NDArray[np.bool_]

    def core(self, units: int) -> NDArray[np.bool_]:
        """Whether each unit belongs to a core area, (units,)."""
        found = np.zeros(units, dtype=bool)
        found[np.concatenate(self.cores)] = True
        return found

    def parts(self) -> list[tuple[str, NDArray[np.int64]]]:
        """Return name and units of the core areas, those that share units put together."""
        names, cores = list(self.names), list(self.cores)
        place = 0
        while place < len(cores):
            met = [other for other in range(place + 1, len(cores)) if np.intersect1d(cores[place], cores[other]).size]
            for other in reversed(met):
                cores[place] = np.union1d(cores[place], cores.pop(other))
                names[place] = f"{names[place]};{names.pop(other)}"
            place += not met
        return list(zip(names, cores, strict=True))


def corridors(sites: Sites) -> tuple[Corridor, ...]:
    """Return the corridors that the rules ask for, in order."""
    table = sites.tables["rules"]
    return tuple(_of(sites, row) for row in table[table["rule"] == RULE].to_dict("records"))


def _of(sites: Sites, row: Mapping[Hashable, object]) -> Corridor:
    names = split_names(str(row["group"]))
    names = tuple(sorted(sites.groups)) if names == (EVERY,) else names
    return Corridor(
        id=str(row["id"]),
        names=names,
        cores=tuple(sites.groups[name] for name in names),
        rings=int(float(str(row["value"]))),
        layer=str(row["layer"]),
        inside=sites.in_zones(str(row["management_zone"])),
    )


def core_units(sites: Sites) -> NDArray[np.bool_]:
    """Return whether each unit belongs to a core area of any corridor, (units,)."""
    found = np.zeros(sites.n_units, dtype=bool)
    for corridor in corridors(sites):
        found |= corridor.core(sites.n_units)
    return found


def beside(sites: Sites) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of units that share a border of some length, each once."""
    borders = sites.borders
    real = (borders.value > 0) & (borders.left != borders.right)
    return borders.left[real].astype(np.int64), borders.right[real].astype(np.int64)


def within_rings(sites: Sites, rings: int) -> sp.csr_array:
    """Return which units lie within so many rings of neighbours of each, itself among them, (units, units)."""
    left, right = beside(sites)
    ends = np.concatenate([left, right]), np.concatenate([right, left])
    one = sp.csr_array(sp.eye_array(sites.n_units))
    step = sp.csr_array((np.ones(len(ends[0])), ends), shape=one.shape) + one
    reach = one
    for _ in range(rings):
        reach = sp.csr_array(reach @ step)
        reach.data[:] = 1.0
    return reach
