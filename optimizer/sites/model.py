"""The Program of a prioritisation that is solved again and again, with other limits of its units or more rows."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from formulations.restoration.assemble import Stage, assemble_sites, stages
from formulations.restoration.site_block import SiteBlock
from instances.faults import Fault, InstanceError
from instances.sites import Sites
from optimizer.methods import choose, direct
from optimizer.progress import Silent
from optimizer.results.sites.plan import selection_of
from optimizer.results.solution import Solution, SolveOptions, Termination

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from formulations.program import Program, Quota
    from instances.instance import Instance
    from optimizer.results.sites.plan import Selection

ROUND_OFF = 1e-9
"""Share by which what is fixed may be rounded."""


@dataclass(frozen=True)
class Model:
    """A prioritisation with one stage of objectives, and its Program."""

    block: SiteBlock
    program: Program
    stage: Stage

    @property
    def sites(self) -> Sites:
        """Units, features and amounts."""
        return self.block.sites

    @property
    def sign(self) -> float:
        """Sign by which what is minimised becomes what the study asks for."""
        return -1.0 if self.stage.sense == "maximise" else 1.0

    @cached_property
    def upper(self) -> NDArray[np.float64]:
        """Greatest share of each option of each unit, what is left out first, (units, zones + 1)."""
        return self.program.moves.upper.reshape(self.sites.n_units, self.sites.n_zones + 1)

    def fixed(self, share: NDArray[np.float64], units: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return limits that hold some units at their share, (units, zones) of all; the others stay free."""
        held = np.column_stack([1.0 - share.sum(axis=1), share])
        most = np.minimum(np.maximum(held, 0.0) + ROUND_OFF * (held > 0), self.upper)
        return np.where(units[:, None], most, self.upper)

    def without(self, upper: NDArray[np.float64], unit: int) -> NDArray[np.float64]:
        """Return limits in which a unit is left out; one that is locked in then has no option."""
        changed = upper.copy()
        changed[unit, 1:] = 0.0
        changed[unit, 0] = self.upper[unit, 0]
        return changed

    def solve(
        self,
        options: SolveOptions,
        upper: NDArray[np.float64] | None = None,
        rows: Sequence[Quota] = (),
        program: Program | None = None,
        method: str = "auto",
    ) -> Solution:
        """Solve with other limits, (units, zones + 1), and further rows; `program` replaces the Program."""
        asked = self.program if program is None else program
        if upper is not None:
            if (upper.sum(axis=1) < 1 - 1e-6).any():  # a unit without an option
                return Solution(Termination.INFEASIBLE, "limits")
            asked = replace(asked, moves=replace(asked.moves, upper=upper.ravel()))
        if rows:
            asked = replace(asked, quotas=(*asked.quotas, *rows))
        return choose(method, asked)(asked, options, Silent())

    def selection(self, solution: Solution) -> Selection:
        """Return the selection of a Solution; raises ValueError where there is none."""
        return selection_of(self.sites, solution.require_shares()[self.block.column])

    def value(self, selection: Selection, options: SolveOptions) -> Solution:
        """Return the Solution that a selection is; raises InstanceError where it breaks a rule."""
        every = np.ones(self.sites.n_units, dtype=bool)
        limits = self.fixed(selection.share, every)
        solution = self.solve(replace(options, gap=1e-9), limits, method=direct.NAME)
        if solution.objective is None:
            why = "the selection does not keep the rules of the instance"
            raise InstanceError([Fault("selection", why, "sanqu audit says which")])
        return solution


def model_of(instance: Instance, sites: Sites | None = None) -> Model:
    """Return the Model of an instance, or of changed sites of it.

    Raises InstanceError where objectives are taken in order: the studies compare values of one.
    """
    sites = _with_rules_off(instance, instance.require_sites()) if sites is None else sites
    block = SiteBlock(sites)
    found = stages(block)
    if len(found) > 1:
        why = "objectives are taken in order, and this study compares the values of one"
        raise InstanceError([Fault("instance.toml", why, 'set [restoration] combine = "weighted"')])
    return Model(block, assemble_sites(block), found[0])


def _with_rules_off(instance: Instance, sites: Sites) -> Sites:
    off = instance.settings.instance.rules_off
    rules = sites.tables["rules"]
    return with_rules(sites, rules[~rules["rule"].isin(off)].reset_index(drop=True)) if off else sites


def with_rules(sites: Sites, rules: pd.DataFrame) -> Sites:
    """Return sites with another rules table."""
    return Sites({**sites.tables, "rules": rules}, sites.settings)


LEAST_S = 1.0
"""Seconds without which a solve finds little; where time is short, fewer solves have them."""


@dataclass
class Time:
    """Seconds that a study may still take, shared evenly among the solves to come."""

    limit_s: float

    def __post_init__(self) -> None:
        """Begin."""
        self._until = time.perf_counter() + self.limit_s

    @property
    def left(self) -> float:
        """Seconds left."""
        return max(self._until - time.perf_counter(), 0.0)

    def share(self, solves: int) -> float:
        """Return the seconds of the next of some solves: enough to find something, as long as there are any left."""
        return min(max(self.left / max(solves, 1), LEAST_S), self.left)
