"""The most that linked quota and its cropland could be (增减挂钩): all land that may be given back or built on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.flows import counted_grade
from optimizer.results.audit.tables import WORST_GRADE

if TYPE_CHECKING:
    from optimizer.results.audit.choices import Pieces
    from optimizer.results.audit.lines import Books


class Linkable:
    """Area by region and grade that may be reclaimed or built on, ha, gathered piece by piece."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._rows = books.land.rows("linked_quota") if books.settings.on("linked_quota") else ()
        self._area = np.zeros((len(books.land.regions), WORST_GRADE + 1, 2))

    def add(self, pieces: Pieces) -> None:
        """Count pieces that have a change of the kind; those of one chunk have one present class."""
        if not self._rows or not len(pieces.place):
            return
        land, zones = self._books.land, self._books.land.zones
        source, kind = int(land.cover.key[pieces.place[0]] % land.cover.classes), zones.kind[pieces.zone]
        free = np.isfinite(pieces.price).any(axis=2)
        cropland, built = land.groups.node("cropland"), land.groups.node("built")
        rural = land.groups.find("built_rural").present[kind, source] & free[:, cropland[pieces.to]].any(axis=1)
        taken = cropland[source] & free[:, built[pieces.to]].any(axis=1)
        for number, (chosen, grade) in enumerate(((rural, zones.potential_grade), (taken, zones.grade))):
            zone = pieces.zone[chosen]
            np.add.at(
                self._area[:, :, number], (zones.region[zone], counted_grade(grade[zone])), pieces.area_ha[chosen]
            )

    def most(self) -> np.ndarray:
        """Return the most of each linked column, (regions, 1, grades, L or LC), ha."""
        most = np.zeros((self._area.shape[0], 1, *self._area.shape[1:]))
        for row in self._rows:
            most[row.region, 0] = self._area[self._books.land.regions.subtree(row.region)].sum(axis=0)
        return most
