"""What a rule or an objective of a prioritisation is: a builder of rows, columns, graphs and linear costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from formulations.rule import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from formulations.restoration.site_block import SiteBlock

Record = Mapping[str, object]
"""One line of the rules table."""

PENALTIES = "penalties"
"""Objective that penalties add to."""


@dataclass(frozen=True)
class SitePart(Part):
    """What a rule contributes; `linear` holds coefficients of the variables, (variables,), by objective."""

    linear: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True)
class SiteRule:
    """A constraint or penalty; it is on where the rules table has lines of it."""

    name: str
    name_zh: str
    build: Callable[[SiteBlock], SitePart]


@dataclass(frozen=True)
class SiteGoal:
    """A kind of objective.

    `soft` goals measure how far targets are met; without one of them targets are limits.
    """

    name: str
    name_zh: str
    build: Callable[[SiteBlock], SitePart]
    maximise: bool = False
    soft: bool = False


def joined(parts: Sequence[SitePart]) -> SitePart:
    """Put parts together; linear costs of an objective add up."""
    linear: dict[str, NDArray[np.float64]] = {}
    for part in parts:
        for name, values in part.linear.items():
            linear[name] = linear[name] + values if name in linear else values
    return SitePart(
        columns=tuple(columns for part in parts for columns in part.columns),
        quotas=tuple(quota for part in parts for quota in part.quotas if len(quota)),
        boundaries=tuple(boundary for part in parts for boundary in part.boundaries),
        patches=tuple(patches for part in parts for patches in part.patches),
        connected=tuple(connected for part in parts for connected in part.connected),
        linear=linear,
    )
