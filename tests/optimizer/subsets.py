"""Every subset of six units, judged by the audit's own arithmetic: the best that any of them reaches."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.sites.books import Books
from optimizer.results.audit.sites.objective import recompute
from optimizer.results.audit.sites.plan import Selection
from optimizer.results.audit.sites.run import checks_of
from optimizer.results.audit.sites.settings import read_settings
from optimizer.results.audit.sites.tables import read_sites

if TYPE_CHECKING:
    from pathlib import Path


def best_of_all(folder: Path) -> float | None:
    """Return the best objective of a selection that passes every check; None where none does."""
    settings, sites = read_settings(folder, {}), read_sites(folder, 1.0)
    found = []
    for size in range(7):
        for some in combinations(range(6), size):
            share = np.zeros((6, 1))
            share[list(some)] = 1
            books = Books(sites, settings, Selection(share, ()))
            if all(check.passed for check in checks_of(books)):
                found.append(recompute(books))
    if not found:
        return None
    return (max if found[0].maximise else min)(one.value for one in found)
