"""Landscape indices recomputed (own arithmetic): patches by union-find, links of patches by breadth-first search.

Habitat of today (layer `habitat`) and what is chosen hold habitat; units that share a border of some length lie in one
patch.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np
import shapely

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged, row_check
from optimizer.results.audit.sites.decisions import named
from optimizer.results.audit.sites.tables import AREA

if TYPE_CHECKING:
    from collections.abc import Callable

    from optimizer.results.audit.sites.books import Books
    from optimizer.results.audit.sites.penalties import Terms
    from optimizer.results.audit.sites.tables import Rule

HABITAT = "habitat"
INDICES = ("maximum_mesh", "maximum_iic", "maximum_largest_patch", "minimum_patches", "minimum_restoration")
LIMITS = ("restored_area", "diameter", "least_mesh", "least_iic", "least_largest_patch", "most_patches")
NEAR = 1e-9
"""Part of a distance by which rounding may exceed it."""


def habitat(books: Books) -> np.ndarray | None:
    """Return which units are habitat today, (units,); None where there is no layer of it."""
    layer = books.sites.layer(HABITAT)
    return None if layer is None else layer[:, 0] > 0


def _present(books: Books) -> np.ndarray:
    today = habitat(books)
    chosen = books.plan.chosen()
    return chosen if today is None else today | chosen


def _patches(books: Books, present: np.ndarray) -> list[list[int]]:
    """Return the units of each patch, by union-find over borders."""
    above = list(range(len(present)))

    def top(unit: int) -> int:
        while above[unit] != unit:
            above[unit] = above[above[unit]]
            unit = above[unit]
        return unit

    borders = books.sites.borders
    inside = present[borders.left] & present[borders.right] & (borders.value > 0)
    for one, two in zip(borders.left[inside].tolist(), borders.right[inside].tolist(), strict=True):
        above[top(one)] = top(two)
    found: dict[int, list[int]] = {}
    for unit in np.flatnonzero(present).tolist():
        found.setdefault(top(unit), []).append(unit)
    return list(found.values())


def _area(books: Books) -> np.ndarray:
    return np.asarray(books.sites.stated[AREA])


def _areas(books: Books) -> list[float]:
    area = _area(books)
    return [float(area[patch].sum()) for patch in _patches(books, _present(books))]


def _mesh(books: Books) -> float:
    return sum(one * one for one in _areas(books)) / float(_area(books).sum())


def _largest(books: Books) -> float:
    return max(_areas(books), default=0.0)


def _number(books: Books) -> float:
    return float(len(_areas(books)))


def _iic(books: Books, distance: float) -> float:
    """Return the sum over pairs of patches of both areas over 1 + the links between, relative to all land squared."""
    patches = _patches(books, _present(books))
    points, area = shapely.points(books.sites.centres), _area(books)
    owner = np.full(len(points), -1)
    for number, patch in enumerate(patches):
        owner[patch] = number
    held = np.flatnonzero(owner >= 0)
    ends = shapely.STRtree(points[held]).query(points[held], predicate="dwithin", distance=distance * (1 + NEAR))
    links: list[set[int]] = [set() for _ in patches]
    for one, two in owner[held][ends].T.tolist():
        links[one].add(two)
    size = [float(area[patch].sum()) for patch in patches]
    total = sum(
        size[start] * size[end] / (1 + steps) for start in range(len(patches)) for end, steps in _steps(links, start)
    )
    return total / float(area.sum()) ** 2


def _steps(links: list[set[int]], start: int) -> list[tuple[int, int]]:
    """Return the patches that links lead to from one, with their number."""
    seen, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        for other in sorted(links[here] - seen.keys()):
            seen[other] = seen[here] + 1
            queue.append(other)
    return list(seen.items())


def _across(books: Books) -> float:
    """Return the diameter of the smallest circle around the centres of chosen units, point by point."""
    points = books.sites.centres[books.plan.chosen()]
    points = np.random.default_rng(0).permutation(points)
    if not len(points):
        return 0.0
    circle = points[0], 0.0
    for i in range(1, len(points)):
        if not _covers(circle, points[i]):
            circle = _around(points[:i], points[i])
    return 2 * circle[1]


Circle = tuple[np.ndarray, float]


def _covers(circle: Circle, point: np.ndarray) -> bool:
    return float(np.hypot(*(point - circle[0]))) <= circle[1] * (1 + NEAR) + NEAR


def _around(points: np.ndarray, edge: np.ndarray) -> Circle:
    """Return the smallest circle around points that one more lies on."""
    circle = edge, 0.0
    for j, second in enumerate(points):
        if _covers(circle, second):
            continue
        circle = (edge + second) / 2, float(np.hypot(*(edge - second))) / 2
        for third in points[:j]:
            if not _covers(circle, third):
                circle = _through(edge, second, third)
    return circle


def _through(one: np.ndarray, two: np.ndarray, three: np.ndarray) -> Circle:
    """Return the circle through three points."""
    sides = 2 * np.array([two - one, three - one])
    centre = one + np.linalg.solve(sides, (sides**2).sum(axis=1) / 4)
    return centre, float(np.hypot(*(centre - one)))


def _distance(books: Books) -> float:
    """Return the distance up to which patches are linked, of the rules on connectivity."""
    return next((rule.factor for rule in books.rules if rule.rule == "least_iic"), 0.0)


def _restored(books: Books, layer: str) -> float:
    values = books.sites.layer(layer)
    return float("nan") if values is None else float((values * books.plan.share).sum())


def restored_layer(books: Books) -> str:
    """Return the layer that is restored where the least restoration is asked for."""
    return next((rule.layer for rule in books.rules if rule.rule == "restored_area" and rule.layer), AREA)


GOALS: dict[str, Callable[[Books], float]] = {
    "maximum_mesh": _mesh,
    "maximum_iic": lambda books: _iic(books, _distance(books)),
    "maximum_largest_patch": _largest,
    "minimum_patches": _number,
    "minimum_restoration": lambda books: _restored(books, restored_layer(books)),
}
"""Indices that are objectives."""

VALUES: dict[str, Callable[[Books, Rule], float]] = {
    "restored_area": lambda books, rule: _restored(books, rule.layer or AREA),
    "diameter": lambda books, rule: _across(books),
    "least_mesh": lambda books, rule: _mesh(books),
    "least_iic": lambda books, rule: _iic(books, rule.factor),
    "least_largest_patch": lambda books, rule: _largest(books),
    "most_patches": lambda books, rule: _number(books),
}
"""What each rule on indices limits."""


def goal(books: Books, kind: str) -> Terms:
    """Return an index, which is its own size."""
    value = GOALS[kind](books)
    return value, abs(value)


def is_landscape(books: Books) -> bool:
    """Whether objective or rules ask for landscape indices."""
    return any(aim.kind in INDICES for aim in books.settings.aims) or any(rule.rule in LIMITS for rule in books.rules)


def limit(books: Books, rule: Rule) -> list[Check]:
    """Check a rule on an index."""
    value = VALUES[rule.rule](books, rule)
    if value != value:
        return [books.unknown(rule)]
    sense = rule.sense if rule.rule == "restored_area" else ">=" if rule.rule.startswith("least") else "<="
    return [row_check(rule.rule, rule.rule, rule.id, value, sense, rule.value, abs(value), "")]


def reached(books: Books) -> dict[str, float]:
    """Return what the plan reaches of each rule on an index, by the id of the rule."""
    return {rule.id: VALUES[rule.rule](books, rule) for rule in books.rules if rule.rule in VALUES}


def habitat_checks(books: Books) -> list[Check]:
    """Check that there is a layer of habitat, and that none of it is chosen."""
    if not is_landscape(books):
        return []
    today = habitat(books)
    if today is None:
        return [count_check("habitat.layer", "selection", "", 1, "landscape indices need a layer habitat", "layers")]
    twice = today & books.plan.chosen()
    words = named(books.sites, twice, "no unit is chosen that is habitat already", "are habitat already")
    return [judged("habitat", "selection", "", float(twice.sum()), RELATIVE, "units", words)]
