r"""Restoration projects as blocks: opened in one period or never, with all the land that they may change.

At prices, a project that opens in period t shifts land of its zones from their cheapest other use into its own
classes. The cost of shifting a share of one group is convex and piecewise linear (its cheapest governed move
replaces its dearest other move first), so the best area within [m, M] takes pieces in the order of gain per hectare:

.. math:: \varphi_p = \min\Bigl(f,\ \min_t\ f + d_t + \min_{m \le \sum_s h_s z_s \le M} \sum_s \sigma_s h_s z_s\Bigr),
    \qquad 0 \le z_s \le 1

f: every group at its cheapest other use; :math:`d_t`: priced fixed cost; :math:`\sigma_s, h_s`: slope (cost per
hectare) and hectares of piece s. Exact for land that changes in part. Groups that change as a whole are one piece
each: the answer is exact unless the window cuts one of them, and then a lower bound (their fractional relaxation).

The rows `least`, `most`, `open` and `once` are private; prerequisites (`after`) tie projects and stay priced.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.land.restoration_project import FAMILY
from optimizer.methods.decompose.block import Answers, Blocks, moves_of_groups, whole_shares
from optimizer.methods.decompose.kernels_projects import evaluate_projects, pieces
from optimizer.methods.decompose.threads import share_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.moves import Moves
    from formulations.program import Program, Quota

DRAWN = 1e12
"""Cost that decides when a project opens, whatever else it saves."""


@dataclass(frozen=True)
class ProjectBlocks(Blocks):
    """One block a restoration project, see `Blocks`.

    Attributes
    ----------
    first_move
        Where each group begins in `moves`, (groups + 1,).
    slot
        Period (from 0) in which a move needs the project opened, -1 for other moves, (moves,).
    limit
        Greatest share of each move, (moves,).
    area, whole
        Hectares of each group and whether it changes as a whole, (groups,).
    least, most
        Least and greatest area, (projects, periods), ha.
    """

    first_move: NDArray[np.int64]
    slot: NDArray[np.int8]
    limit: NDArray[np.float64]
    area: NDArray[np.float64]
    whole: NDArray[np.bool_]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    _room: int = field(init=False)

    def __post_init__(self) -> None:
        room = pieces(self.first_group, self.first_move, self.slot, self.limit, self.least.shape[1])
        object.__setattr__(self, "_room", room)

    def evaluate(
        self, priced_moves: NDArray[np.float64], priced_binaries: NDArray[np.float64], threads: int = 1
    ) -> Answers:
        """Return the cheapest answer of every project at priced costs of shares and openings.

        `priced_moves` is (moves,), `priced_binaries` (columns,), periods of one project together.
        """
        count, periods = self.least.shape
        value, exact = np.empty(count), np.empty(count, dtype=np.bool_)
        share, opened, regret = np.zeros(len(self.moves)), np.zeros(self.least.shape), np.empty(self.least.shape)
        land = self.first_group, self.first_move, self.slot, self.limit, self.area, self.whole, self.least, self.most
        charges, result = priced_binaries.reshape(count, periods), (value, exact, share, opened, regret)

        def work(first: int, last: int) -> None:
            evaluate_projects(first, last, priced_moves, charges, land, self._room, result)

        share_runs(work, self.first_move[self.first_group], threads)
        taken = np.flatnonzero(share)
        return Answers(value, (self.moves[taken], share[taken]), opened.ravel(), regret.ravel(), exact)

    def alternatives(
        self, priced_moves: NDArray[np.float64], priced_binaries: NDArray[np.float64], threads: int = 1
    ) -> tuple[Answers, ...]:
        """Return the cheapest answers with every project opened in each period in turn, then with none.

        A project that cannot be opened in a period answers as it would without that.
        """
        count, periods = self.least.shape
        draw = np.concatenate([-DRAWN * np.eye(periods), [np.full(periods, DRAWN)]])
        return tuple(self.evaluate(priced_moves, priced_binaries + np.tile(to, count), threads) for to in draw)


def project_blocks(program: Program) -> ProjectBlocks | None:
    """Return the restoration projects of a Program as blocks, None where there are none.

    Of projects that share a choice group the first is kept; a project that shares one with a project kept is
    released. A project that governs no move is a block without land.
    """
    families = [family for family in program.columns if family.family == FAMILY]
    if not families:
        return None
    periods = len(program.names.periods)
    count = len(families[0]) // periods
    parts = _parts(program)
    areas = program.quotas[parts["least"]]
    project = (areas.cell // periods).astype(np.int64)
    member, group = _members(project, program.moves.group[areas.index])
    kept = _keep(member, group, count)
    if not len(group):
        return None
    inside = kept[member]
    groups, owner = group[inside], member[inside]
    first_group = np.append(np.searchsorted(owner, np.flatnonzero(kept)), len(owner))
    columns = np.arange(len(families[0])).reshape(count, periods)
    unit, offset = groups[np.minimum(first_group[:-1], len(groups) - 1)], program.offsets[FAMILY]
    bounds = -np.asarray(areas.terms[FAMILY].sum(axis=1)).reshape(2, count, periods)
    return ProjectBlocks(
        groups=groups,
        columns=columns[kept].ravel() + offset,
        private_rows=_private_rows(program, parts, kept, periods),
        unit=unit,
        unit_of_column=np.repeat(unit, periods),
        released=columns[~kept].ravel() + offset,
        first_group=first_group,
        first_column=np.arange(kept.sum() + 1) * periods,
        least=bounds[0][kept],
        most=bounds[1][kept],
        **_land(program.moves, groups, areas, kept[project], periods, bounds[1].ravel()),
    )


def _parts(program: Program) -> dict[str, int]:
    """Return the number of the family of rows by the part that its first row is."""
    return {quota.labels["part"].iloc[0]: number for number, quota in enumerate(program.quotas) if quota.rule == FAMILY}


def _members(project: NDArray[np.int64], group: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each pair of a project and a group it governs moves of once, by project."""
    order = np.argsort(project, kind="stable")
    project, group = project[order], group[order]
    new = np.ones(len(group), dtype=bool)
    new[1:] = (np.diff(group) != 0) | (np.diff(project) != 0)
    return project[new], group[new]


def _keep(member: NDArray[np.int64], group: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Return which projects are blocks, (projects,): in their order, those that share no group with one kept."""
    kept = np.ones(count, dtype=bool)
    shared = np.bincount(group)[group] > 1
    taken: set[int] = set()
    for project in np.unique(member[shared]):
        mine = set(group[shared & (member == project)].tolist())
        kept[project] = taken.isdisjoint(mine)
        if kept[project]:
            taken |= mine
    return kept


def _land(
    moves: Moves,
    groups: NDArray[np.int64],
    areas: Quota,
    kept: NDArray[np.bool_],
    periods: int,
    most: NDArray[np.float64],
) -> dict[str, NDArray[Any]]:
    """Return what the blocks know of their land; `kept` marks the governed moves of the blocks."""
    slot_of_move = np.full(len(moves), -1, dtype=np.int8)
    governed, binary = areas.index[kept], areas.cell[kept]
    slot_of_move[governed] = binary % periods
    upper = moves.upper.copy()
    upper[governed] = np.minimum(upper[governed], most[binary] / moves.area_ha[governed])
    columns, first_move = moves_of_groups(moves, groups)
    return {
        "moves": columns,
        "first_move": first_move,
        "slot": slot_of_move[columns],
        "limit": whole_shares(upper[columns], moves.whole[columns]),
        "area": moves.group_area_ha[groups],
        "whole": moves.whole[moves.start[groups]],
    }


def _private_rows(program: Program, parts: dict[str, int], kept: NDArray[np.bool_], periods: int) -> NDArray[np.int64]:
    """Return the rows that lie within one block: all but prerequisites."""
    starts, binaries = program.row_starts, np.repeat(kept, periods)
    opened, order = program.quotas[parts["open"]], program.quotas[parts["once"]]
    terms = order.terms[FAMILY]
    once = np.flatnonzero(order.labels["part"].to_numpy() == "once")
    project = terms.indices[terms.indptr[once]] // periods
    within = (
        (parts["least"], np.flatnonzero(np.tile(binaries, 2))),
        (parts["open"], np.flatnonzero(binaries[opened.terms[FAMILY].indices])),
        (parts["once"], once[kept[project]]),
    )
    return np.concatenate([starts[number] + rows for number, rows in within])
