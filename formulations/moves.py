"""Moves: the columns of the land block, and why the others do not exist.

A choice group is a piece of present land (zone, class); its moves are "stay" and "become class j
in period t" for every change that no permission rule forbids.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.rule import Permission
    from instances.land import Land

STAY = 0
"""Period of a move that changes nothing; periods of change count from 1."""


@dataclass(frozen=True)
class Candidates:
    """Every change that could be thought of: choice groups against classes.

    `zone`, `kind` and `area_ha` are (groups,); a permission rule answers with a mask that
    broadcasts to (groups, classes).
    """

    land: Land
    zone: NDArray[np.int64]
    kind: NDArray[np.int64]
    area_ha: NDArray[np.float64]

    def zone_column(self, name: str) -> NDArray[Any]:
        """Values of a column of the zones table as a (groups, 1) array."""
        return self.land.zones[name].to_numpy()[self.zone][:, None]

    def source_in(self, group: str) -> NDArray[np.bool_]:
        """Whether the present class belongs to the group, (groups, 1)."""
        return self.land.member(group)[self.kind][:, None]

    def target_in(self, group: str) -> NDArray[np.bool_]:
        """Whether the new class belongs to the group, (1, classes)."""
        return self.land.member(group)[None, :]


@dataclass(frozen=True)
class Governance:
    """Which restoration project governs a change, and how much of the group it may use.

    `project` is (groups, classes) with -1 where none does; `share` is the part of the zone that
    lies in the project.
    """

    project: NDArray[np.int32]
    share: NDArray[np.float64]


@dataclass(frozen=True)
class Moves:
    """The move table as arrays, ordered by choice group with the stay first.

    Attributes
    ----------
    zone, source, target, period
        Codes, (moves,); the period is 0 for a stay and counts from 1 otherwise.
    upper
        Greatest share of the group that may take the move, (moves,).
    whole
        Whether the share is 0 or 1, (moves,).
    project
        Restoration project that governs the move, -1 for none, (moves,).
    start
        First move of each group and one past the last, (groups + 1,).
    group_area_ha
        Hectares of each group, (groups,).
    forbidden
        Bit k set where permission rule k bars the change, (groups, classes).
    overlay
        What lies on the land, which then keeps its class: 0 for nothing, else a code of `Overlays.names`, (moves,).
    """

    zone: NDArray[np.int32]
    source: NDArray[np.int16]
    target: NDArray[np.int16]
    period: NDArray[np.int8]
    upper: NDArray[np.float64]
    whole: NDArray[np.bool_]
    project: NDArray[np.int32]
    start: NDArray[np.int64]
    group_area_ha: NDArray[np.float64]
    forbidden: NDArray[np.uint16]
    permissions: tuple[str, ...]
    overlay: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.zone)

    @property
    def n_groups(self) -> int:
        """Number of choice groups."""
        return len(self.group_area_ha)

    @cached_property
    def group(self) -> NDArray[np.int64]:
        """Choice group of each move, (moves,)."""
        return np.repeat(np.arange(self.n_groups), np.diff(self.start))

    def group_of(self, moves: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the choice group of some moves, (some,); unlike `group` it costs nothing for the others."""
        return np.searchsorted(self.start, moves, side="right") - 1

    def area_of(self, moves: NDArray[np.int64]) -> NDArray[np.float64]:
        """Hectares of the group of some moves, (some,)."""
        return self.group_area_ha[self.group_of(moves)]

    @cached_property
    def area_ha(self) -> NDArray[np.float64]:
        """Hectares of the group of each move, (moves,)."""
        return np.repeat(self.group_area_ha, np.diff(self.start))

    @cached_property
    def changes(self) -> NDArray[np.bool_]:
        """Whether each move departs from the present, (moves,)."""
        return self.period > STAY

    @cached_property
    def converts(self) -> NDArray[np.bool_]:
        """Whether each move brings land into another class, (moves,); land under an overlay keeps its own."""
        return self.changes if not self.overlay.any() else self.changes & (self.overlay == 0)

    def barred_by(self, group: int, target: int) -> tuple[str, ...]:
        """Names of the permission rules that bar the change of a group to a class."""
        bits = int(self.forbidden[group, target])
        return tuple(name for k, name in enumerate(self.permissions) if bits >> k & 1)


def no_overlay(count: int) -> NDArray[np.int16]:
    """Return the overlays of moves on which nothing lies, (moves,); takes no memory."""
    return np.broadcast_to(np.int16(0), count)


def candidates(land: Land) -> Candidates:
    """Return every pair of present land and class."""
    zone, kind, area = land.cover
    return Candidates(land, zone, kind, area)


def enumerate_moves(
    options: Candidates, permissions: Sequence[Permission], periods: int, governance: Governance | None
) -> Moves:
    """Make the columns: stays, and one move a period for each change that no rule bars."""
    groups, classes = len(options.zone), len(options.land.classes)
    forbidden = np.zeros((groups, classes), dtype=np.uint16)
    for bit, rule in enumerate(permissions):
        forbidden |= np.left_shift(np.broadcast_to(rule.bars(options), forbidden.shape).astype(np.uint16), bit)
    free = forbidden == 0
    free[np.arange(groups), options.kind] = False
    count = free.sum(axis=1) * periods
    start = np.concatenate([[0], np.cumsum(count + 1)])
    total = int(start[-1])
    changes = np.ones(total, dtype=bool)
    changes[start[:-1]] = False
    group, target = np.nonzero(free)
    group, target = np.repeat(group, periods), np.repeat(target, periods)
    of_group = np.repeat(np.arange(groups), count + 1)
    all_targets = options.kind[of_group].astype(np.int16)
    all_targets[changes] = target
    period = np.zeros(total, dtype=np.int8)
    period[changes] = np.tile(np.arange(1, periods + 1, dtype=np.int8), int(free.sum()))
    upper, project = np.ones(total), np.full(total, -1, dtype=np.int32)
    if governance is not None:
        project[changes] = governance.project[group, target]
        upper[changes] = np.where(project[changes] >= 0, governance.share[group, target], 1.0)
    whole = options.land.zones["whole"].to_numpy()[options.zone] == 1
    return Moves(
        zone=options.zone[of_group].astype(np.int32),
        source=options.kind[of_group].astype(np.int16),
        target=all_targets,
        period=period,
        upper=upper,
        whole=whole[of_group],
        project=project,
        start=start,
        group_area_ha=options.area_ha,
        forbidden=forbidden,
        permissions=tuple(rule.name for rule in permissions),
        overlay=no_overlay(total),
    )


def choices(upper: NDArray[np.float64], whole: bool) -> Moves:
    """Make the columns of things that are chosen, not land: a group each, of area 1, that takes one of its options.

    Parameters
    ----------
    upper
        Greatest share of each option, (groups, options); the first option is the stay.
    whole
        Whether a group takes one option as a whole.
    """
    groups, options = upper.shape
    target = np.tile(np.arange(options, dtype=np.int16), groups)
    return Moves(
        zone=np.repeat(np.arange(groups, dtype=np.int32), options),
        source=np.zeros(groups * options, dtype=np.int16),
        target=target,
        period=(target > 0).astype(np.int8),
        upper=upper.ravel(),
        whole=np.full(groups * options, whole),
        project=np.full(groups * options, -1, dtype=np.int32),
        start=np.arange(0, groups * options + 1, options, dtype=np.int64),
        group_area_ha=np.ones(groups),
        forbidden=np.zeros((groups, 0), dtype=np.uint16),
        permissions=(),
        overlay=no_overlay(groups * options),
    )
