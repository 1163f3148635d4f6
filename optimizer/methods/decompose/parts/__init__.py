"""The bound of `decompose` over parts of the land, each on a worker of a Dask cluster.

No process holds more than its parts. The client holds the coupled rows, the cuts and the master: what grows with rows
and regions, never with zones. 分块求对偶界。
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from instances.census import NAME
from instances.faults import Fault, InstanceError
from optimizer.methods.decompose.bundle import Bundle
from optimizer.methods.decompose.parts.passes import Crew, PartedPasses
from optimizer.methods.decompose.sampling import LEAST_SAMPLE, PER_PAIR, WORTHWHILE, approach

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from distributed import Client
    from numpy.typing import NDArray

    from optimizer.methods.decompose.bundle import Raised

DUAL_PART = 0.2
"""Part of the asked gap that the bound may stay below its limit."""


@dataclass(frozen=True)
class PartedBound:
    """A bound over parts.

    Attributes
    ----------
    bound
        No plan of all parts together costs less, in the unit of the objective, constants left out.
    multipliers
        What proves it, (coupled rows,), with `rows`: the name of each.
    moved
        Sum of |cost| of the best answers, which gaps are relative to.
    passes
        Passes over all land; `sampled` are those over a sample beside.
    exhausted
        Whether nothing beyond the asked gap is left to gain.
    infeasible
        Whether the bound is above the cost of every plan: the quotas cannot all be kept.
    """

    bound: float
    multipliers: NDArray[np.float64]
    rows: tuple[str, ...]
    moved: float
    passes: int
    sampled: int
    exhausted: bool
    infeasible: bool
    seconds: float


def parts_below(folder: Path) -> list[Path]:
    """Return the parts of a split instance; raises InstanceError where there are none."""
    found = sorted(path.parent for path in folder.glob("part-*/instance.toml"))
    if not found or not (folder / NAME).is_file():
        hint = "make parts by `sanqu study split`"
        raise InstanceError([Fault(str(folder), f"holds no parts with a {NAME}", hint)])
    return found


def parted_bound(folder: Path, client: Client, gap: float = 1e-4, seconds: float = float("inf")) -> PartedBound:
    """Raise the bound over the parts below a folder until a fifth of the `gap` is left at most.

    Raises InstanceError where a part is unsound or the parts are not of one whole.
    """
    began = time.perf_counter()
    passes = PartedPasses.over(Crew(client), parts_below(folder), folder / NAME)
    best, sampled_passes, ceiling = raised(passes, gap, began + seconds)
    return PartedBound(
        bound=best.bound,
        multipliers=best.y,
        rows=passes.pricing.names,
        moved=best.at.moved,
        passes=best.passes,
        sampled=sampled_passes,
        exhausted=best.exhausted,
        infeasible=best.bound > ceiling,
        seconds=time.perf_counter() - began,
    )


def raised(passes: PartedPasses, gap: float, deadline: float) -> tuple[Raised, int, float]:
    """Raise the bound; return the best, the number of passes over a sample, and the cost that no plan exceeds."""

    def tolerance(best: Raised) -> float:
        return DUAL_PART * gap * max(best.at.moved, 1.0)

    bundle, small = Bundle(passes, passes.whole.side), None
    every = passes.whole.groups // max(LEAST_SAMPLE, PER_PAIR * len(passes.pair_row))
    if every >= WORTHWHILE and not passes.whole.decides:
        small = passes.sampled(every)
        approach(bundle, small, passes.whole.side, tolerance, deadline)
    best = bundle.raise_to(tolerance, deadline)
    return best, 0 if small is None else small.count, bundle.ceiling
