"""Every plan of six units, judged by the audit's own arithmetic."""

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
from tests.six_units import rule, six

if TYPE_CHECKING:
    from pathlib import Path

    from tests.six_units import SiteDraft


def utility(budget: float) -> SiteDraft:
    """Return the six units without targets, of which as much as possible is held within a budget."""
    draft = six(rule("budget", budget), objectives=[{"kind": "maximum_utility"}])
    draft.tables["features"] = [one | {"target": 0} for one in draft.tables["features"]]
    return draft


def every_plan(folder: Path) -> dict[str, float]:
    """Return the objective of every plan that holds, by its units as in "126"."""
    settings, sites = read_settings(folder, {}), read_sites(folder, 1.0)
    found = {}
    for size in range(7):
        for some in combinations(range(6), size):
            share = np.zeros((6, 1))
            share[list(some)] = 1
            books = Books(sites, settings, Selection(share, ()))
            if all(check.passed for check in checks_of(books)):
                found["".join(str(k + 1) for k in some)] = recompute(books).value
    return found
