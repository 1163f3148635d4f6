"""Studies of landscape indices (景观指数): from rules and objective to a landscape, its limits and an answer.

Habitat of today is the layer `habitat`, areas are those of the units, in ha. Two sums may be limited: one from below
and above (`restored_area`, or the cost where it is minimised), another from above (`budget`, or `restored_area`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from formulations.restoration.assemble import Stage
from formulations.restoration.rule import PENALTIES
from instances.faults import Fault, InstanceError, raise_if_any
from instances.sites import COST
from optimizer.engine_answer import EngineAnswer, plain_program, ref_of, with_selection
from optimizer.infeasibility.site_words import SiteClash, SiteExplanation
from optimizer.methods.landscape import Limits, Objective, choose_restoration
from optimizer.results.sites.indices import landscape_of
from optimizer.results.solution import Solution, Termination

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formulations.program import Program
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock
    from instances.sites import Sites
    from optimizer.methods.landscape import Landscape, LandscapeResult
    from optimizer.results.solution import SolveOptions

NAME = "landscape"
AREA = "area_ha"
INDICES = {
    "maximum_mesh": Objective.MESH,
    "maximum_iic": Objective.IIC,
    "maximum_largest_patch": Objective.LARGEST_PATCH,
    "minimum_patches": Objective.PATCHES,
    "minimum_restoration": Objective.RESTORED,
}
"""Objectives that only this kind of study has."""
OBJECTIVES = {**INDICES, "minimum_set": Objective.RESTORED}
OWN_RULES = ("restored_area", "diameter", "least_mesh", "least_iic", "least_largest_patch", "most_patches")
"""Rules that only this kind of study has."""
RULES = (*OWN_RULES, "budget", "contiguity", "maximum_reserves")
SUMS = {"restored_area": AREA, "budget": COST}
"""Rules on a sum over what is chosen, and the layer each sums where it names none."""
REASON = {"zh": "景观指数：在景观图上分支定界", "en": "landscape indices: search over the graph of the landscape"}
MOST_SECONDS = 3.0
"""Time for each rule in telling which of them leaves no plan."""
HINT = "solve them apart"


def is_landscape(block: SiteBlock) -> bool:
    """Whether objective or rules ask for landscape indices."""
    kinds = {goal.kind for goal in block.sites.settings.objective}
    return bool(kinds & set(INDICES)) or any(block.records(rule) for rule in OWN_RULES)


def landscape_faults(block: SiteBlock) -> Iterator[Fault]:
    """Find what a study of landscape indices asks for and their search does not know; nothing in other studies."""
    if is_landscape(block):
        yield from _Study(block).faults()


def solve_landscape(block: SiteBlock, options: SolveOptions) -> EngineAnswer:
    """Choose units so that an index is best, with a bound.

    Raises InstanceError where the study asks for what the search does not know, or limits contradict each other.
    """
    study = _Study(block)
    raise_if_any(study.faults())
    study.limits.check(study.landscape)
    stage = Stage(study.kind, "maximise" if study.objective.maximise else "minimise", {PENALTIES: 1.0}, 0.0)
    program = stage.of(plain_program(block, ("budget",), "minimum_penalties"))
    try:
        found = choose_restoration(study.landscape, study.objective, study.limits, options.gap, options.time_limit_s)
    except InstanceError:
        return EngineAnswer(stage, program, Solution(Termination.INFEASIBLE, NAME), REASON, _clash(study))
    if found.selected is None:
        return EngineAnswer(stage, program, Solution(Termination.TIME_LIMIT, NAME), REASON)
    return EngineAnswer(stage, program, _solution(study, found, options, program), REASON)


def _solution(study: _Study, found: LandscapeResult, options: SolveOptions, program: Program) -> Solution:
    sign = -1.0 if study.objective.maximise else 1.0
    assert found.selected is not None
    figures = (sign * found.value, sign * found.bound, max(options.gap, 1e-9))
    return with_selection(study.block, program, found.selected, figures, method=NAME, bound_by=NAME)


def _clash(study: _Study) -> SiteExplanation:
    """Say which limits cannot all hold: those each of which leaves a plan when it goes, if they clash by themselves."""
    began = time.perf_counter()
    names = [str(row["id"]) for row in study.records]
    needed = [name for name in names if _holds(replace(study, left_out=frozenset({name})))]
    others = frozenset(names) - set(needed)
    proven = not others or _holds(replace(study, left_out=others)) is False
    told = [row for row in study.records if not proven or str(row["id"]) in needed]
    refs = tuple(ref_of(row, _sense(row)) for row in told)
    clash = SiteClash(conflicting=refs, irreducible=proven)
    return SiteExplanation((clash,), proven=proven, seconds=time.perf_counter() - began)


def _sense(row: Record) -> str:
    """Return the sense of a limit; contiguity has no bound."""
    rule = str(row["rule"])
    if rule == "contiguity":
        return ""
    return str(row["sense"]) if rule == "restored_area" else ">=" if rule.startswith("least") else "<="


def _holds(study: _Study) -> bool | None:
    """Whether some selection keeps the limits that are not left out; None where none was found in time."""
    try:
        study.limits.check(study.landscape)
        found = choose_restoration(study.landscape, study.objective, study.limits, 1e9, MOST_SECONDS)
    except InstanceError:
        return False
    return True if found.selected is not None else None


class Sum(NamedTuple):
    """A limit on a sum over what is chosen."""

    layer: str
    sense: str
    value: float


@dataclass(frozen=True)
class _Study:
    """Objective, landscape and limits of a block; `left_out` names rules that do not count."""

    block: SiteBlock
    left_out: frozenset[str] = frozenset()

    @property
    def sites(self) -> Sites:
        return self.block.sites

    @property
    def kind(self) -> str:
        return self.sites.settings.objective[0].kind

    @property
    def objective(self) -> Objective:
        return OBJECTIVES[self.kind]

    @cached_property
    def records(self) -> list[Record]:
        return [row for rule in RULES for row in self.block.records(rule) if row["id"] not in self.left_out]

    @cached_property
    def sums(self) -> list[Sum]:
        """The limits on sums."""
        rows = [row for row in self.records if row["rule"] in SUMS]
        return [
            Sum(str(row["layer"]) or SUMS[str(row["rule"])], str(row["sense"]), float(str(row["value"])))
            for row in rows
        ]

    @cached_property
    def main(self) -> str:
        """The layer whose sum is minimised, or limited from below."""
        if self.kind == "minimum_set":
            return COST
        stated = [str(row["layer"]) or AREA for row in self.records if row["rule"] == "restored_area"]
        below = [one.layer for one in self.sums if one.sense == ">="]
        return next(iter([*below, *stated]), AREA)

    def faults(self) -> Iterator[Fault]:
        """Find what a search over landscapes cannot take into account."""
        settings, sites = self.sites.settings, self.sites
        place = "restoration/rules"
        if len(settings.objective) > 1 or self.kind not in OBJECTIVES:
            kinds = ", ".join(goal.kind for goal in settings.objective)
            message = f"objective {kinds} cannot be combined with landscape indices"
            yield Fault("restoration", message, f"state one of {', '.join(OBJECTIVES)}")
        if settings.decision != "binary" or sites.n_zones > 1 or settings.cost_tie_break:
            message = "landscape indices need units that are taken whole, one management zone and no cost_tie_break"
            yield Fault("restoration", message, 'set [restoration] decision = "binary"')
        if len(sites.targets):
            names = ", ".join(map(str, sites.targets.name.iloc[:5]))
            yield Fault("restoration", f"targets ({names}) cannot be combined with landscape indices", HINT)
        for name in dict.fromkeys(sites.tables["rules"]["rule"]):
            if name not in RULES:
                yield Fault(place, f"rule {name} cannot be combined with landscape indices", HINT)
        if self.kind == "maximum_iic" and not self.block.records("least_iic"):
            message = "maximum_iic needs the distance up to which patches are linked"
            yield Fault(place, message, "add a rule least_iic with value 0 and the distance, in m, as its factor")
        far = self.kind == "maximum_iic" or any(self.block.records(rule) for rule in ("least_iic", "diameter"))
        if (
            far
            and sites.n_units > 1
            and not np.ptp(sites.tables["units"][["x", "y"]].to_numpy(dtype=float), axis=0).any()
        ):
            yield Fault(
                "restoration/units", "distances are asked for, and all units have the same centre", "state x, y"
            )
        distances = {float(str(row["factor"])) for row in self.block.records("least_iic")}
        if len(distances) > 1:
            yield Fault(place, "rows of least_iic differ in their distance", "give all the same factor")
        for rule in ("contiguity", "maximum_reserves"):
            if any(row["layer"] for row in self.block.records(rule)):
                yield Fault(place, f"{rule} with a layer cannot be combined with landscape indices", HINT)
        others = {one.layer for one in self.sums} - {self.main}
        below = {one.layer for one in self.sums if one.sense == ">="} - {self.main}
        restored = {str(row["layer"]) or AREA for row in self.block.records("restored_area")}
        if self.kind == "minimum_restoration" and len(restored) > 1:
            yield Fault(
                place, f"minimum_restoration: rows of restored_area name {', '.join(sorted(restored))}", "name one"
            )
        if len(others) > 1 or below:
            message = f"sums of {', '.join(sorted(others | {self.main}))} are limited; a study of landscape indices "
            message += "limits one layer from below and above, and another from above"
            yield Fault(place, message, "leave one out")

    @cached_property
    def landscape(self) -> Landscape:
        """The units as a landscape."""
        return landscape_of(self.sites)

    @cached_property
    def limits(self) -> Limits:
        """The limits that rules and status of units set."""
        main, other = self._of_sum(True), self._of_sum(False)
        layers = [one.layer for one in self.sums if one.layer != self.main]
        pieces = [1 for row in self.records if row["rule"] == "contiguity"]
        pieces += [int(value) for value in self._values("maximum_reserves")]
        distances = [float(str(row["factor"])) for row in self.records if row["rule"] == "least_iic"]
        return Limits(
            restored=self.sites.layer(self.main),
            least_restored=max((one.value for one in main if one.sense == ">="), default=0.0),
            most_restored=min((one.value for one in main if one.sense == "<="), default=np.inf),
            cost=self.sites.layer(layers[0]) if layers else None,
            budget=min((one.value for one in other), default=np.inf),
            most_components=min(pieces, default=None),
            diameter=min(self._values("diameter"), default=np.inf),
            locked_out=self.block.limits[1] <= 0,
            locked_in=self._locked_in,
            least_mesh=max(self._values("least_mesh"), default=0.0),
            least_iic=max(self._values("least_iic"), default=0.0),
            least_largest=max(self._values("least_largest_patch"), default=0.0),
            most_patches=min(map(int, self._values("most_patches")), default=None),
            iic_distance=min(distances, default=None),
        )

    @property
    def _locked_in(self) -> np.ndarray | None:
        must = self.block.out_upper <= 0
        return must if must.any() else None

    def _of_sum(self, main: bool) -> list[Sum]:
        return [one for one in self.sums if (one.layer == self.main) == main]

    def _values(self, rule: str) -> list[float]:
        return [float(str(row["value"])) for row in self.records if row["rule"] == rule]
