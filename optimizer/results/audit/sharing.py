"""Projects that ask for the same land: only the first of them can be decided as a block of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.choices import permits
from optimizer.results.audit.prices import pairs_of
from optimizer.results.audit.worths import PROJECTS

if TYPE_CHECKING:
    from optimizer.results.audit.lines import Books


def sharing(books: Books, released: np.ndarray) -> np.ndarray:
    """Return which projects share a piece of land with an earlier one that is a block; `released` are no blocks."""
    found = np.zeros(len(books.projects), dtype=bool)
    if not books.settings.on(PROJECTS) or not len(books.projects):
        return found
    project, piece = _claims(books)
    kept = ~released[project]
    project, piece = project[kept], piece[kept]
    shared = np.bincount(piece)[piece] > 1
    taken: set[int] = set()
    for one in np.unique(project[shared]):
        own = set(piece[shared & (project == one)].tolist())
        found[one] = not taken.isdisjoint(own)
        if not found[one]:
            taken |= own
    return found


def _claims(books: Books) -> tuple[np.ndarray, np.ndarray]:
    """Return project and place in the cover, each pair once, in zones that several projects may change."""
    land, projects = books.land, books.projects
    owned = np.unique(np.stack([projects.key // land.cover.classes, projects.owner]), axis=1)[0]
    several = np.bincount(owned, minlength=len(land.zones)) > 1
    zone, cls = np.divmod(land.cover.key, land.cover.classes)
    places, pairs = np.flatnonzero(several[zone] & (land.cover.area_ha > 0)), pairs_of(land)
    claims = [np.zeros((2, 0), dtype=np.int64)]
    for source in np.unique(cls[places]):
        own, to = places[cls[places] == source], pairs.to[pairs.of(int(source))]
        stopped, project, _ = permits(books, own, zone[own], int(source), to)
        row, column = np.nonzero(~stopped & (project >= 0))
        claims.append(np.unique(np.stack([project[row, column], own[row]]), axis=1))
    project, place = np.concatenate(claims, axis=1)
    return project, place
