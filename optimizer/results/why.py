r"""Why a zone does what it does: what the plan does there, what else was open, and by how much it is worse.

A move is judged at the multipliers :math:`y` of the relaxation of the plan's own Program:

.. math:: p_m = c_m - \sum_r y_r\, a_{r,m}

per hectare. What an alternative is worse by is the difference of its price from the price of the move that
takes most of the piece; it splits into what the moves themselves emit or cost, and what each binding rule
adds. A whole decision elsewhere (a parcel, a lot, a project) may outweigh a price, so a difference can be
negative where there are any.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.boundary import FAMILY, is_boundary
from formulations.merge import merge
from formulations.program import INFINITY, Quota
from instances.faults import Fault, InstanceError
from optimizer.methods import choose, highs
from optimizer.progress import Silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.moves import Moves
    from formulations.program import Program
    from optimizer.results.solution import Solution, SolveOptions

NOTHING = 1e-6
"""A price below this, relative to the largest one of the piece, or such a part of its area counts as none."""

_Key = tuple[str, str, int, str]
"""From, to, end year and overlay of a move."""

NEAR = 4
"""Names that are offered in place of an unknown zone."""


@dataclass(frozen=True)
class Part:
    """What a rule adds to the price of an alternative beyond that of the chosen move, per ha."""

    rule: str
    id: str
    per_ha: float


@dataclass(frozen=True)
class Choice:
    """One move of a piece of land.

    Attributes
    ----------
    period
        End year; 0 for what stays.
    area_ha
        Hectares that take it in the plan.
    most_ha
        Hectares that may take it.
    emission, cost
        Of a hectare: tCO2e, 10k CNY.
    own
        What it emits or costs itself beyond the chosen move, in the unit of the objective per ha.
    rules
        What binding rules add to that, those that add most first.
    worse_by
        Sum of both; None where the relaxation gave no multipliers.
    project
        The restoration project that governs it.
    overlay
        Site or corridor whose array or strip lies on the land, which keeps its class; empty for none.
    """

    target: str
    period: int
    area_ha: float
    most_ha: float
    emission: float
    cost: float
    own: float
    rules: tuple[Part, ...]
    worse_by: float | None
    project: str = ""
    overlay: str = ""


@dataclass(frozen=True)
class Piece:
    """A piece of present land of the zone: its choices, the chosen one first, and what is barred by which rules."""

    source: str
    area_ha: float
    choices: tuple[Choice, ...]
    barred: dict[str, tuple[str, ...]]
    group: int

    @property
    def chosen(self) -> Choice:
        """The move that takes most of the land."""
        return self.choices[0]

    @property
    def does(self) -> tuple[Choice, ...]:
        """What the plan does with the piece, most land first."""
        return tuple(sorted((one for one in self.choices if one.area_ha > 0), key=lambda one: -one.area_ha))


def zone_code(block: LandBlock, zone: str) -> int:
    """Return the code of a zone; raises InstanceError with near names where there is none."""
    names = block.land.zones["zone"].astype(str)
    found = np.flatnonzero(names == zone)
    if len(found):
        return int(found[0])
    plain = dict(zip(names.str.casefold(), names, strict=True))
    near = [plain[name] for name in difflib.get_close_matches(zone.casefold(), plain, NEAR, 0.5)]
    hint = f"near are {', '.join(near)}" if near else f"such as {', '.join(names.head(NEAR))}"
    raise InstanceError([Fault("--zone", f"no zone is called {zone!r}", hint)])


def multipliers(program: Program, options: SolveOptions) -> NDArray[np.float64] | None:
    """Return the multiplier of every row in the relaxation, (rows,); None where it was not solved."""
    merged = merge(program)
    solver = highs.load(merged.program.matrix(), integers=False)
    highs.configure(solver, options, options.time_limit_s)
    duals = highs.run(solver).duals
    return None if duals is None else merged.expand_duals(duals)


def pieces_of(
    block: LandBlock, program: Program, duals: NDArray[np.float64] | None, planned: pd.DataFrame, zone: int
) -> tuple[Piece, ...]:
    """Return every piece of land of a zone; `planned` is the plan's moves table."""
    moves = program.moves
    groups = np.flatnonzero(moves.zone[moves.start[:-1]] == zone)
    areas = _planned(program, planned, zone)
    prices = _Prices.of(program, duals, groups)
    return tuple(_piece(block, program, prices, areas, int(group)) for group in groups)


def _planned(program: Program, planned: pd.DataFrame, zone: int) -> dict[_Key, float]:
    """Return hectares by from, to, end year and overlay in one zone of the plan."""
    name = str(program.names.zones.iloc[zone])
    own = planned[planned["zone"].astype(str) == name]
    under = own["overlay"].astype(str) if "overlay" in own else [""] * len(own)
    keys = zip(own["from"].astype(str), own["to"].astype(str), own["period"].astype(int), under, strict=True)
    areas: dict[_Key, float] = {}
    for key, area in zip(keys, own["area_ha"], strict=True):
        areas[key] = areas.get(key, 0.0) + float(area)
    return areas


@dataclass(frozen=True)
class _Prices:
    """What rules add to the price of moves: `by_row` (quota rows, moves of some groups), per ha."""

    moves: NDArray[np.int64]
    own: NDArray[np.float64]
    by_row: sp.csc_array
    known: bool

    @classmethod
    def of(cls, program: Program, duals: NDArray[np.float64] | None, groups: NDArray[np.int64]) -> _Prices:
        moves = program.moves
        chosen = np.concatenate([np.arange(moves.start[g], moves.start[g + 1]) for g in groups.tolist()])
        per_ha = sp.diags_array(1.0 / moves.area_ha[chosen])
        worth = np.zeros(program.n_rows - moves.n_groups) if duals is None else duals[moves.n_groups :]
        rows = program.quota_matrix()[:, chosen]
        return cls(
            moves=chosen,
            own=program.cost[chosen] / moves.area_ha[chosen],
            by_row=sp.csc_array(sp.diags_array(-worth) @ rows @ per_ha),
            known=duals is not None,
        )


def _piece(block: LandBlock, program: Program, prices: _Prices, areas: dict[_Key, float], group: int) -> Piece:
    moves, names = program.moves, program.names
    classes, years = names.classes.astype(str).tolist(), (0, *names.periods)
    first, last = int(moves.start[group]), int(moves.start[group + 1])
    source = classes[int(moves.source[first])]
    targets = [classes[int(code)] for code in moves.target[first:last]]
    periods = [int(years[code]) for code in moves.period[first:last]]
    under = [names.overlays[int(code)] for code in moves.overlay[first:last]]
    keys = zip(targets, periods, under, strict=True)
    area = np.array([areas.get((source, *key), 0.0) for key in keys])
    area[area < NOTHING * moves.group_area_ha[group]] = 0.0
    chosen = int(np.argmax(area))
    place = np.searchsorted(prices.moves, first) + np.arange(last - first)
    emissions, cost = (program.objectives[name].per_ha[first:last] for name in ("emissions", "cost"))
    parts = _parts(program, prices, place, chosen)
    own = prices.own[place] - prices.own[place[chosen]]
    total = own + np.array([sum(part.per_ha for part in added) for added in parts])
    noise = NOTHING * max(float(np.abs(prices.own[place]).max()), *(abs(p.per_ha) for added in parts for p in added), 1)
    choices = [
        Choice(
            target=targets[k],
            period=periods[k],
            area_ha=float(area[k]),
            most_ha=float(moves.upper[first + k] * moves.area_ha[first + k]),
            emission=float(emissions[k]),
            cost=float(cost[k]),
            own=float(own[k]) if abs(own[k]) > noise else 0.0,
            rules=tuple(part for part in parts[k] if abs(part.per_ha) > noise),
            worse_by=(float(total[k]) if abs(total[k]) > noise else 0.0) if prices.known else None,
            project=_project(block, moves, first + k),
            overlay=under[k],
        )
        for k in range(last - first)
    ]
    others = [choice for k, choice in enumerate(choices) if k != chosen]
    others.sort(key=lambda one: (one.worse_by or 0.0, one.period))
    barred = {
        name: moves.barred_by(group, code)
        for code, name in enumerate(classes)
        if code != moves.source[first] and moves.forbidden[group, code]
    }
    return Piece(source, float(moves.group_area_ha[group]), (choices[chosen], *others), barred, group)


def _parts(program: Program, prices: _Prices, place: NDArray[np.int64], chosen: int) -> list[tuple[Part, ...]]:
    """Return for each move what every quota adds beyond the chosen move, most first."""
    entries = sp.coo_array(prices.by_row[:, place])
    labels = {int(row): _quota_name(program, int(row)) for row in np.unique(entries.row)}
    sums: list[dict[tuple[str, str], float]] = [{} for _ in place]
    for row, move, value in zip(entries.row.tolist(), entries.col.tolist(), entries.data.tolist(), strict=True):
        sums[move][labels[row]] = sums[move].get(labels[row], 0.0) + value
    reference = sums[chosen]
    found = []
    for own in sums:
        keys = dict.fromkeys([*own, *reference])
        parts = [Part(*key, own.get(key, 0.0) - reference.get(key, 0.0)) for key in keys]
        found.append(tuple(sorted(parts, key=lambda part: -abs(part.per_ha))))
    return found


def _quota_name(program: Program, row: int) -> tuple[str, str]:
    rule, label, _ = program.row_label(program.moves.n_groups + row)
    if is_boundary(rule):
        return FAMILY.rstrip(":"), rule.removeprefix(FAMILY)
    name = next((label[key] for key in ("id", "project", "zone") if label.get(key) not in (None, "")), "")
    return rule, str(name)


def _project(block: LandBlock, moves: Moves, move: int) -> str:
    number = int(moves.project[move])
    return "" if number < 0 else block.projects[number].name


def forced(program: Program, pieces: tuple[Piece, ...], target: str, period: int | None) -> Program:
    """Return the Program in which the pieces become `target`, or bear that overlay, as far as they may.

    In a period or in any.

    Raises InstanceError where no piece may become it.
    """
    moves, years = program.moves, (0, *program.names.periods)
    classes = program.names.classes.astype(str).tolist()

    def named(move: int) -> str:
        return program.names.overlays[moves.overlay[move]] or classes[moves.target[move]]

    index: list[int] = []
    cell: list[int] = []
    least: list[float] = []
    for piece in pieces:
        held = range(int(moves.start[piece.group]), int(moves.start[piece.group + 1]))
        wanted = [m for m in held if named(m) == target and period in (None, years[moves.period[m]])]
        if wanted and piece.source != target:
            index += wanted
            cell += [len(least)] * len(wanted)
            least.append(max(float(moves.upper[m] * moves.area_ha[m]) for m in wanted))
    if not index:
        known = sorted({one.overlay or one.target for piece in pieces for one in piece.choices if one.period})
        hint = f"open are {', '.join(known)}" if known else "nothing else is open"
        when = "" if period is None else f" in the period that ends in {period}"
        raise InstanceError([Fault("--force-to", f"the zone may not become {target!r}{when}", hint)])
    row = Quota(
        rule="forced",
        index=np.array(index, dtype=np.int64),
        weight=np.ones(len(index)),
        cell=np.array(cell, dtype=np.int64),
        rollup=sp.csr_array(sp.eye_array(len(least))),
        lower=np.array(least),
        upper=np.full(len(least), INFINITY),
        labels=pd.DataFrame({"id": [target] * len(least)}),
        unit="ha",
    )
    return replace(program, quotas=(*program.quotas, row))


def solved(program: Program, options: SolveOptions) -> Solution:
    """Solve a Program anew, by the method that suits it."""
    return choose("auto", program)(program, options, Silent())
