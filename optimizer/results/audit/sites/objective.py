"""The objective recomputed, for every kind, with the penalties and the tie-break by cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.sites import landscape
from optimizer.results.audit.sites.plan import SEEN
from optimizer.results.audit.sites.settings import KINDS
from optimizer.results.audit.sites.targets import largest_shortfall

if TYPE_CHECKING:
    from collections.abc import Callable

    from optimizer.results.audit.sites.books import Books
    from optimizer.results.audit.sites.penalties import Terms
    from optimizer.results.audit.sites.settings import Aim
    from optimizer.results.audit.sites.tables import Target

PENALTIES_ALONE = "minimum_penalties"


@dataclass(frozen=True)
class Objective:
    """Value in the sense of the study, the sum of |terms| behind it, and its parts by name."""

    value: float
    size: float
    maximise: bool
    parts: dict[str, float]


def _cost(books: Books) -> Terms:
    cost = books.sites.layer("cost")
    assert cost is not None
    terms = cost * books.plan.share
    return float(terms.sum()), float(np.abs(terms).sum())


def _shortfall(books: Books) -> Terms:
    weights = np.array([target.weight for target in books.sites.targets])
    terms = weights * books.held.shortfalls
    return float(terms.sum()), float(np.abs(weights).sum())


def _largest(books: Books) -> Terms:
    weights = np.array([target.weight for target in books.sites.targets])
    return largest_shortfall(books.held), float(np.abs(weights).max(initial=0.0))


def _utility(books: Books) -> Terms:
    weights = books.sites.weight
    return (
        float(weights @ books.held.amount.sum(axis=1)),
        float(np.abs(weights) @ books.held.size.sum(axis=1)),
    )


def _cover(books: Books) -> Terms:
    """Return the weight of the features that chosen units hold at all, once for each management zone."""
    amounts, shape = books.sites.amounts, (len(books.sites.features), books.sites.shape[1])
    there = amounts.value > 0
    place = (amounts.feature * shape[1] + amounts.zone)[there]
    share = books.plan.share[amounts.unit[there], amounts.zone[there]]
    chosen = np.bincount(place, share, minlength=shape[0] * shape[1]).reshape(shape)
    covered = chosen >= 1.0 - SEEN
    return _gain(np.repeat(books.sites.weight, shape[1])[covered.ravel()])


def _features(books: Books) -> Terms:
    met = [target.weight for target in books.sites.targets if _reached(books, target)]
    return _gain(np.array(met))


def _branches(books: Books) -> Terms:
    """Return the weight of the branches that lead to a feature with a target that is met."""
    met = {target.feature for target in books.sites.targets if _reached(books, target)}
    return _gain(np.array([weight for weight, features in books.sites.branches.values() if features & met]))


def _reached(books: Books, target: Target) -> bool:
    """Whether a target counts as met: all that it asks for is held."""
    return target.sense == "<=" or books.held.met(replace(target, sense=">="))


def _gain(weights: np.ndarray) -> Terms:
    """Return the sum of what counts; nothing of a negative weight has to be counted."""
    value = float(np.maximum(weights, 0.0).sum())
    return value, value


def _nothing(books: Books) -> Terms:
    return 0.0, 0.0


_KINDS: dict[str, Callable[[Books], Terms]] = {
    "minimum_set": _cost,
    "minimum_shortfall": _shortfall,
    "minimum_largest_shortfall": _largest,
    "minimum_penalties": _nothing,
    "maximum_utility": _utility,
    "maximum_cover": _cover,
    "maximum_features": _features,
    "maximum_branches": _branches,
    **{kind: partial(landscape.goal, kind=kind) for kind in landscape.INDICES},
}


def recompute(books: Books, aims: tuple[Aim, ...] | None = None) -> Objective:
    """Recompute the weighted sum of objectives; by default of those that the objective of the summary is made of."""
    aims = books.settings.last if aims is None else aims
    signs = [KINDS[aim.kind] * books.settings.weight(aim) for aim in aims]
    found = [_KINDS[aim.kind](books) for aim in aims]
    minimised = sum(sign * value for sign, (value, _) in zip(signs, found, strict=True))
    size = sum(abs(sign) * one for sign, (_, one) in zip(signs, found, strict=True))
    parts = {aim.kind: value for aim, (value, _) in zip(aims, found, strict=True)}
    weight = _weight_of_penalties(books, aims)
    for name, (value, one) in books.terms.items():
        minimised, size = minimised + weight * value, size + abs(weight) * one
        parts[f"penalty.{name}"] = value
    tie = _tie_break(books)
    maximise = all(KINDS[aim.kind] < 0 for aim in aims)
    sense = -1.0 if maximise else 1.0
    cost, _ = _cost(books)
    value = sense * (minimised + tie)
    return Objective(value, size + abs(tie), maximise, {**parts, "cost": cost, "tie_break": tie})


def _weight_of_penalties(books: Books, aims: tuple[Aim, ...]) -> float:
    """Return how much penalties count: once beside the objectives, or as the objective that they are by themselves."""
    if all(aim.kind != PENALTIES_ALONE for aim in books.settings.aims):
        return 1.0
    return sum(books.settings.weight(aim) for aim in aims if aim.kind == PENALTIES_ALONE)


def _tie_break(books: Books) -> float:
    """Return what the cost adds so that of plans as good a cheap one is taken."""
    part = books.settings.cost_tie_break
    cost = books.sites.layer("cost")
    assert cost is not None
    whole = float(np.abs(cost).sum())
    return part * float((cost * books.plan.share).sum()) / whole if part and whole else 0.0
