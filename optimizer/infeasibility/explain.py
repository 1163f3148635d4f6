"""From an infeasible Program to its explanation: least relaxation, conflict of each row relaxed, land withheld."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.boundary import is_boundary
from formulations.land import WHOLE_PARCEL
from formulations.merge import merge
from formulations.program import ENERGY
from optimizer.infeasibility.conflict import linear_conflict, whole_conflict
from optimizer.infeasibility.explanation import Clash, Explanation, Names, RuleRef
from optimizer.infeasibility.layout import layout_clashes
from optimizer.infeasibility.references import reference
from optimizer.infeasibility.relaxation import Elastic, freely
from optimizer.infeasibility.rows import QuotaRows, bare, divisible, keys_of
from optimizer.infeasibility.withheld import Prices, withheld_land

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.infeasibility.conflict import Conflict
    from optimizer.infeasibility.network_words import NetworkExplanation
    from optimizer.infeasibility.relaxation import Relaxed
    from optimizer.infeasibility.rows import Key
    from optimizer.results.solution import SolveOptions

MOST_SECONDS = 50.0
"""An explanation takes no longer than this, whatever the time limit of the solve."""

MOST_WHOLE = 250_000
"""Whole-number columns up to which a clash of whole numbers alone is looked for: HiGHS overruns its time on more."""

FEW_PART = 0.3
"""Part of the time left for sparing rows of the relaxation."""

CONFLICT_PART = 0.7
"""Part of the time of a clash for finding the rules in conflict; the rest is for the land withheld."""

MOST_INSTEAD = 8
"""Rules in conflict for which it is worked out how far each alone would have to give way."""


def explain(
    instance: Instance, block: LandBlock, program: Program, options: SolveOptions
) -> Explanation | NetworkExplanation:
    """Say which rules clash, by how much, and which land is withheld; empty where a plan exists.

    Where a network is planned with the land, rules of land that surely clash by themselves are told of as without it.
    """
    if block.network is None:
        return explain_land(instance, block, program, options)
    from optimizer.infeasibility.network import explain_network  # Pyomo is loaded only where there is a network

    told = explain_land(instance, replace(block, network=None, overlays=None), without_network(program), options)
    return told if told and told.certain else explain_network(block.network, program, options, block)


def without_network(program: Program) -> Program:
    """Return the Program without the columns of its network and rows that count them: it asks nothing of the land."""
    return replace(
        program,
        columns=tuple(one for one in program.columns if not one.family.startswith(ENERGY)),
        quotas=tuple(
            quota
            for quota in program.quotas
            if not quota.rule.startswith(ENERGY) and not any(name.startswith(ENERGY) for name in quota.terms)
        ),
    )


def explain_land(instance: Instance, block: LandBlock, program: Program, options: SolveOptions) -> Explanation:
    """Say which rules of land clash, by how much, and which land is withheld; empty where a plan exists."""
    began = time.perf_counter()
    deadline = began + min(options.time_limit_s, MOST_SECONDS)
    names = Names.of(instance.require_land())
    program = bare(program)
    rows = QuotaRows.of(merge(divisible(program)).program)
    if not rows.relaxable.any():
        return Explanation(names=names, seconds=time.perf_counter() - began)
    case = _relax(rows, program, block, options, deadline)
    if case is not None and program.patches and not len(case.lacking):
        told = layout_clashes(program, block, options, deadline)
        return replace(told, names=names, seconds=time.perf_counter() - began)
    clashes = case.clashes() if case else []
    return Explanation(
        clashes=_one_a_quota(clashes),
        whole_numbers=bool(case and case.elastic.integers and clashes),
        proven=bool(case and case.found.proven),
        certain=bool(case and case.certain),
        seconds=time.perf_counter() - began,
        names=names,
    )


def _relax(rows: QuotaRows, program: Program, block: LandBlock, options: SolveOptions, deadline: float) -> _Case | None:
    """Relax the LP, and the mixed-integer model where the LP needs no relaxing; None where that takes too long."""
    elastic = Elastic.of(rows, options, deadline, integers=False)
    found = elastic.least(freely(rows.relaxable))
    if found is not None and not found.shortfall.any() and program.integer.any():
        rows = QuotaRows.of(merge(program).program)
        if rows.matrix.integer.sum() > MOST_WHOLE:
            return None
        elastic = Elastic.of(rows, options, deadline, integers=True)
        found = elastic.least(freely(rows.relaxable))
    if found is None:
        return None
    now = time.perf_counter()
    hurried = replace(elastic, deadline=now + FEW_PART * (deadline - now))
    return _Case(elastic, hurried.few(found), block, found.certain)


@dataclass(frozen=True)
class _Case:
    """A relaxed model, its least relaxation, and the block it came from."""

    elastic: Elastic
    found: Relaxed
    block: LandBlock
    certain: bool

    @property
    def rows(self) -> QuotaRows:
        return self.elastic.rows

    @property
    def lacking(self) -> NDArray[np.int64]:
        """The rows that give way, in the order of reports."""
        return np.flatnonzero(self.found.shortfall)

    def clashes(self) -> list[Clash]:
        """Explain each row that gives way; they share the time that is left."""
        told = []
        for place, row in enumerate(self.lacking):
            now = time.perf_counter()
            part = now + (self.elastic.deadline - now) / (len(self.lacking) - place)
            told.append(replace(self, elastic=replace(self.elastic, deadline=part)).clash(int(row)))
        return told

    def clash(self, row: int) -> Clash:
        """Explain one row that gives way."""
        now = time.perf_counter()
        hurried = replace(self.elastic, deadline=now + CONFLICT_PART * (self.elastic.deadline - now))
        conflict = (whole_conflict if hurried.integers else linear_conflict)(hurried, self.found, row)
        prices = self._prices(conflict, row)
        withheld = withheld_land(self.block, prices, self.elastic.options, self.elastic.deadline) if prices else ()
        own = self._reference(row)
        return Clash.of(
            str(self.rows.label(row)["id"]),
            own,
            float(self.found.shortfall[row]),
            conflicting=self._references(conflict, row, prices),
            withheld=withheld,
            irreducible=conflict.irreducible,
            method=conflict.method,
        )

    def _references(self, conflict: Conflict, row: int, prices: Prices | None) -> tuple[RuleRef, ...]:
        """Return the rules in conflict with a row, those that take part with most first, decisions last."""
        of = prices.of if prices else {}
        part = [-abs(of.get(self._key(int(other)), 0.0)) * self.rows.scale[other] for other in conflict.rows]
        found: dict[tuple[str, str], RuleRef] = {}
        own = str(self.rows.label(row)["id"])
        for other in conflict.rows[np.argsort(part, kind="stable")]:
            label = self.rows.label(int(other))
            place = (str(label["id"]), str(label["period"]))
            if place[0] != own and place not in found:
                found[place] = self._reference(int(other), row if len(found) < MOST_INSTEAD else None)
        decisions = ((rule, names) for rule, names in conflict.decisions.items() if not is_boundary(rule))
        return (*found.values(), *(self._decision(rule, names) for rule, names in decisions))

    def _decision(self, rule: str, names: tuple[str, ...]) -> RuleRef:
        if rule == "linked_quota":
            return RuleRef(rule, region=names[0] if names else "")
        if rule == WHOLE_PARCEL:
            zones = self.block.land.zones["zone"].astype(str).to_numpy()
            names = tuple(zones[int(code)] for code in names)
        return RuleRef(rule, names=names)

    def _reference(self, row: int, instead_of: int | None = None) -> RuleRef:
        own = reference(self.rows, self.block, row)
        return own if instead_of is None else replace(own, instead=self._instead(row, instead_of))

    def _instead(self, row: int, lacking: int) -> float | None:
        """Return how far a row alone would give way in place of the one that lacks, all else as relaxed."""
        if self.elastic.integers or time.perf_counter() > self.elastic.deadline:
            return None
        limit = self.found.shortfall.copy()
        limit[lacking], limit[row] = 0.0, np.inf
        priced = np.zeros(len(limit), dtype=bool)
        priced[row] = True
        least = self.elastic.least(limit, priced)
        return None if least is None else float(least.shortfall[row])

    def _prices(self, conflict: Conflict, row: int) -> Prices | None:
        """Return multipliers of the rows in conflict; with whole numbers the row that lacks stands alone."""
        lacking = self._key(row)
        if self.elastic.integers:
            sign = 1.0 if np.isfinite(self.rows.lower[row]) else -1.0
            return Prices(lacking, {lacking: sign}, {}, (), None)
        tied = np.flatnonzero(~self.rows.relaxable)
        ties = [k for k in tied if self.rows.locate(int(k))[0].rule in conflict.decisions]
        kept = np.sort(np.concatenate([conflict.rows, ties]).astype(np.int64))
        given = np.where(np.arange(len(self.rows)) == row, 0.0, self.found.shortfall)
        small = QuotaRows.of(self.rows.loosened(given).keep(kept))
        own = kept == row
        least = Elastic.of(small, self.elastic.options, self.elastic.deadline, integers=False).least(freely(own))
        if least is None or least.duals is None:
            return None
        of = {
            self._key(int(number)): float(dual)
            for number, dual in zip(kept, least.duals, strict=True)
            if self.rows.relaxable[number]
        }
        loosened = {self._key(int(other)): float(given[other]) for other in np.flatnonzero(given)}
        return Prices(lacking, of, loosened, tuple(conflict.decisions), float(least.shortfall[own].sum()))

    def _key(self, row: int) -> Key:
        quota, place = self.rows.locate(row)
        return keys_of(quota, [place])[0]


def _one_a_quota(clashes: list[Clash]) -> tuple[Clash, ...]:
    """Keep the largest shortfall of each quota: grades and periods of one quota lack the same land."""
    largest: dict[str, Clash] = {}
    for clash in clashes:
        if clash.id not in largest or clash.shortfall > largest[clash.id].shortfall:
            largest[clash.id] = clash
    return tuple(largest.values())
