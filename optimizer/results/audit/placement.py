"""Rules on where land lies rather than how much there is: borders and patches, over zones that share a border."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.results.audit.boundary import COMPACTNESS, LIMIT, Penalties, border_checks
from optimizer.results.audit.contiguity import CONTIGUITY, MINIMUM_PATCH, contiguity_checks
from optimizer.results.audit.neighbours import read_neighbours

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.check import Check
    from optimizer.results.audit.lines import Books, Made

PLACED = frozenset({COMPACTNESS, LIMIT, CONTIGUITY, MINIMUM_PATCH})
"""Rules that no sum over changes can judge."""


def placement_checks(books: Books, made: Made, plan: Path) -> tuple[list[Check], Penalties]:
    """Check the rules on how land lies, and return what penalties add to the objective; `plan` is the plan's folder."""
    if not any(row.rule in PLACED and books.settings.on(row.rule) for row in books.land.quotas):
        return [], Penalties({}, {})
    neighbours, checks = read_neighbours(books.land, plan)
    borders, penalties = border_checks(books, made, neighbours)
    return [*checks, *borders, *contiguity_checks(books, made, neighbours)], penalties
