r"""Land of which only a part may lie under an overlay, as pieces that may as a whole or not at all.

A group of which shares :math:`\sigma_o` lie in sites o takes at most these shares under them, over all periods. With
the sites laid out one after another on a circle of length 1, piece k is reached by the sites whose arcs hold it, and

.. math:: \Bigl|\bigcup_{o \in S} \text{arc}_o\Bigr| = \min\Bigl(1, \sum_{o \in S} \sigma_o\Bigr)
    \quad\text{for every set } S \text{ of sites}

where they add up to 1 at most, or are two: then pieces and shares allow the same plans, answers to prices are the
cheapest move of each piece, and the rows that hold shares over periods hold by themselves. Where three and more sites
overlap in a group it stays one piece, and its shares become rows that are priced. Shares of restoration projects stay
as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.overlays import REACH
from formulations.program import INFINITY, Quota

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.moves import Moves
    from formulations.program import Program
    from optimizer.results.solution import Solution

EDGE = 1e-9
"""Shares below this are none."""


@dataclass(frozen=True)
class Partial:
    """A Program with groups taken to pieces.

    Attributes
    ----------
    program
        The Program of the pieces; beside those of groups, the rows of the original come first.
    origin
        Move of the original that each move stands for, (moves,).
    part
        Part of its group that the piece of each move is, (moves,).
    """

    program: Program
    original: Program
    origin: NDArray[np.int64]
    part: NDArray[np.float64]

    def shares(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return columns of the original for columns of the pieces."""
        count = len(self.origin)
        land = np.bincount(self.origin, shares[:count] * self.part, minlength=len(self.original.moves))
        return np.concatenate([land, shares[count:]])

    def multipliers(self, given: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        """Return multipliers of the pieces' rows for some of the original; None where they do not fit."""
        if given is None or len(given) != self.original.n_rows:
            return None
        values = np.zeros(self.program.n_rows)
        first = self.program.moves.n_groups
        values[first : first + self._shared] = given[self.original.moves.n_groups :]
        return values

    @property
    def _shared(self) -> int:
        return sum(map(len, self.original.quotas))

    def solution(self, found: Solution) -> Solution:
        """Return the Solution of the original."""
        duals = None
        if found.duals is not None:
            first = self.program.moves.n_groups
            shared = found.duals[first : first + self._shared]
            duals = np.concatenate([np.zeros(self.original.moves.n_groups), shared])
        return replace(found, shares=None if found.shares is None else self.shares(found.shares), duals=duals)


def in_pieces(program: Program) -> Partial | None:
    """Take the groups of a Program of which overlays may have a part to pieces; None where there are none."""
    moves = program.moves
    partial = (moves.overlay > 0) & (moves.upper > 0) & (moves.upper < 1.0 - EDGE) & ~moves.whole
    if not partial.any():
        return None
    groups = np.unique(moves.group_of(np.flatnonzero(partial)))
    cut = {int(group): pieces for group in groups if (pieces := _pieces(moves, int(group))) is not None}
    if not cut:
        return None
    origin, start, part = _laid_out(moves, cut)
    area = moves.group_area_ha[moves.group_of(origin[start[:-1]])] * part[start[:-1]]
    whole_upper = np.where(np.isin(moves.group_of(origin), list(cut)) & partial[origin], 1.0, moves.upper[origin])
    small = replace(
        moves,
        zone=moves.zone[origin],
        source=moves.source[origin],
        target=moves.target[origin],
        period=moves.period[origin],
        upper=whole_upper,
        whole=moves.whole[origin],
        project=moves.project[origin],
        overlay=moves.overlay[origin],
        start=start,
        group_area_ha=area,
        forbidden=moves.forbidden[moves.group_of(origin[start[:-1]])],
    )
    order = np.argsort(origin, kind="stable")
    first = np.searchsorted(origin[order], np.arange(len(moves) + 1))
    quotas = [_spread(quota, order, first, moves, cut) for quota in program.quotas]
    quotas += _priced(program, order, first, [group for group in cut if len(cut[group]) == 1])
    objectives = {name: replace(kind, per_ha=kind.per_ha[origin]) for name, kind in program.objectives.items()}
    return Partial(replace(program, moves=small, quotas=tuple(quotas), objectives=objectives), program, origin, part)


def _pieces(moves: Moves, group: int) -> list[tuple[float, frozenset[int]]] | None:
    """Return the pieces of a group, each with its part and the overlays that reach a part only and hold it.

    One piece, which all of them hold, where several would allow less than the shares do; None for shares of projects,
    and where an overlay reaches another part in another period, as beside a plan that is held.
    """
    span = slice(int(moves.start[group]), int(moves.start[group + 1]))
    codes, upper = moves.overlay[span], moves.upper[span]
    if ((upper < 1.0 - EDGE) & (upper > 0) & (codes == 0)).any():
        return None
    reach = {int(code): upper[(codes == code) & (upper > 0)] for code in np.unique(codes[upper > 0])}
    if any(np.ptp(limits) > EDGE for code, limits in reach.items() if code):
        return None
    share = {code: float(limits[0]) for code, limits in reach.items() if code and limits[0] < 1.0 - EDGE}
    if sum(share.values()) > 1.0 + EDGE and len(share) > 2:
        return [(1.0, frozenset(share))]
    arcs: list[tuple[float, float, int]] = []
    at = 0.0
    for code, size in share.items():
        arcs.append((at, min(at + size, 1.0), code))
        if at + size > 1.0 + EDGE:
            arcs.append((0.0, at + size - 1.0, code))
        at = (at + size) % 1.0
    cuts = np.unique(np.round([0.0, 1.0, *(end for arc in arcs for end in arc[:2])], 12))
    pieces = []
    for low, high in pairwise(cuts):
        if high - low > EDGE:
            middle = (low + high) / 2
            pieces.append((float(high - low), frozenset(code for a, b, code in arcs if a < middle < b)))
    total = sum(part for part, _ in pieces)
    return [(part / total, held) for part, held in pieces]


def _laid_out(
    moves: Moves, cut: dict[int, list[tuple[float, frozenset[int]]]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the original of each move of the pieces, where each piece starts, and its part of its group."""
    origins: list[NDArray[np.int64]] = []
    lengths: list[NDArray[np.int64]] = []
    parts: list[NDArray[np.float64]] = []
    done = 0
    for group in [*sorted(cut), moves.n_groups]:
        between = np.arange(moves.start[done], moves.start[group])
        origins.append(between)
        lengths.append(np.diff(moves.start[done : group + 1]))
        parts.append(np.ones(len(between)))
        if group == moves.n_groups:
            break
        every = np.arange(moves.start[group], moves.start[group + 1])
        for part, held in cut[group]:
            able = (moves.upper[every] >= 1.0 - EDGE) | np.isin(moves.overlay[every], list(held))
            origins.append(every[able])
            lengths.append(np.array([able.sum()]))
            parts.append(np.full(int(able.sum()), part))
        done = group + 1
    start = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return np.concatenate(origins), start, np.concatenate(parts)


def _spread(
    quota: Quota,
    order: NDArray[np.int64],
    first: NDArray[np.int64],
    moves: Moves,
    cut: dict[int, list[tuple[float, frozenset[int]]]],
) -> Quota:
    """Return a family over the pieces; rows that hold shares of groups in pieces ask for nothing any more."""
    index, weight, cell, lower, upper = quota.index, quota.weight, quota.cell, quota.lower, quota.upper
    if quota.rule == REACH:
        loose = np.isin(moves.group_of(np.asarray(index, dtype=np.int64)), list(cut))
        free = np.zeros(quota.rollup.shape[1], dtype=bool)
        free[cell[loose]] = True
        free = abs(quota.rollup) @ free.astype(float) > 0
        lower, upper = np.where(free, -INFINITY, lower), np.where(free, INFINITY, upper)
        index, weight, cell = index[~loose], weight[~loose], cell[~loose]
    length = (first[index + 1] - first[index]).astype(np.int64)
    ends = np.cumsum(length)
    run = np.repeat(first[index] - (ends - length), length) + np.arange(ends[-1] if len(ends) else 0)
    return replace(
        quota,
        index=order[run],
        weight=np.repeat(weight, length),
        cell=np.repeat(cell, length),
        lower=lower,
        upper=upper,
    )


def _priced(program: Program, order: NDArray[np.int64], first: NDArray[np.int64], groups: list[int]) -> list[Quota]:
    """Return rows that hold the shares of groups that stay one piece."""
    moves = program.moves
    entries: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    limits: list[float] = []
    names: list[str] = []
    for group in groups:
        span = np.arange(moves.start[group], moves.start[group + 1])
        codes = moves.overlay[span]
        for code in np.unique(codes[(codes > 0) & (moves.upper[span] < 1.0 - EDGE)]):
            some = order[first[span[codes == code]]]
            entries.append((some, np.full(len(some), len(limits))))
            limits.append(float(moves.upper[span[codes == code][0]] * moves.group_area_ha[group]))
            names.append(f"{program.names.zones.iloc[moves.zone[span[0]]]} {program.names.overlays[code]}")
    if not entries:
        return []
    count = len(limits)
    index = np.concatenate([some for some, _ in entries])
    return [
        Quota(
            rule=REACH,
            index=index,
            weight=np.ones(len(index)),
            cell=np.concatenate([row for _, row in entries]),
            rollup=sp.csr_array(sp.eye_array(count)),
            lower=np.full(count, -INFINITY),
            upper=np.array(limits),
            labels=pd.DataFrame({"id": names}),
            unit="ha",
        )
    ]
