"""Out-of-sample evaluation (样本外检验): what plans come to when the uncertain factors are drawn, and not as planned.

Any plan on disk can be asked: one that a study found, one that another solve wrote, one that someone drew. Its value
at the factors of the table is what its audit recomputes; scales are then drawn evenly between their ends, each row of
the factors by itself, and the account of its moves is made anew for every draw, so nothing is taken to be linear. The
same seed draws the same scales for every plan.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from optimizer.followup.given import COLUMNS, moves_table
from optimizer.results.audit import AuditInputError, audit
from optimizer.results.coded import CodedMoves, code_moves
from optimizer.studies.uncertainty import deviations, emissions, require_block, scaled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.moves import Moves
    from optimizer.studies.models import Model
    from optimizer.studies.uncertainty import Uncertain

KEPT = (".parquet", ".csv")
"""Files of a plan."""

LEFT = 1e-9
"""Hectares that count as none."""


@dataclass(frozen=True)
class Evaluated:
    """A plan on disk: what is minimised of it as its audit recomputes it, what that found wrong, and its changes."""

    value: float
    failures: tuple[str, ...]
    moves: CodedMoves


def copied(model: Model, source: Path, target: Path) -> Path:
    """Copy the tables of a plan (a folder of a solve, or of moves alone) to `target`; raises InstanceError for none.

    Land of which its moves say nothing stays.
    """
    source = source / "plan" if (source / "plan").is_dir() else source
    if not source.is_dir():
        hint, zh = "name a scenario or the folder of a plan", "没有这个方案（请写情景名，或方案所在的文件夹）"
        raise InstanceError([Fault(str(source), "there is no such plan", hint, zh=zh)])
    target.mkdir(parents=True)
    for path in source.iterdir():
        if path.is_file() and path.suffix in KEPT and path.stem != "moves":
            shutil.copyfile(path, target / path.name)
    moves = moves_table(source).astype({"zone": str, "from": str, "to": str})
    cover = model.instance.require_land().tables["cover"].astype({"zone": str, "class": str})
    taken = moves.groupby(["zone", "from"])["area_ha"].sum()
    there = cover.set_index(["zone", "class"])["area_ha"]
    rest = (there - taken.reindex(there.index).fillna(0.0)).to_numpy()
    left = cover[rest > LEFT].assign(period=0, area_ha=rest[rest > LEFT]).rename(columns={"class": "from"})
    stays = left.assign(to=left["from"])[list(COLUMNS)]
    table = pd.concat([moves, stays], ignore_index=True)
    if "overlay" in table:
        table["overlay"] = table["overlay"].fillna("")
    table.to_parquet(target / "moves.parquet", index=False)
    return target


def evaluated(model: Model, folder: Path) -> Evaluated:
    """Read and audit the tables of a plan of land; raises InstanceError where they cannot be read."""
    try:
        report = audit(model.instance.folder, folder)
        moves = code_moves(model.instance, moves_table(folder))
    except (AuditInputError, ValueError) as error:
        raise InstanceError([Fault(str(folder), str(error), "names are those of the instance")]) from error
    taken = np.flatnonzero(moves.changes | ((moves.overlay > 0) & (moves.period > 0)))
    return Evaluated(float(report.figures["objective"]), tuple(report.lines()), _by_region(moves.take(taken)))


def _by_region(moves: CodedMoves) -> CodedMoves:
    """Return moves with those alike in one region taken together: neither a factor nor a demand tells them apart."""
    kind = pd.factorize(moves.land.zones["built_kind"])[0][moves.zone]
    table = np.column_stack([moves.region, kind, moves.source, moves.target, moves.period, moves.overlay])
    _, first, owner = np.unique(table, axis=0, return_index=True, return_inverse=True)
    area = np.bincount(owner.ravel(), moves.area_ha, minlength=len(first)).astype(float)
    return replace(moves.take(first), area_ha=area)


@dataclass(frozen=True)
class Joined:
    """The changes of several plans as the land of one block, and whose each is, (moves,)."""

    block: LandBlock
    owner: NDArray[np.int64]
    plans: int

    @classmethod
    def of(cls, model: Model, plans: Sequence[Evaluated]) -> Joined:
        """Return the changes of some plans together."""
        block = require_block(model)
        names = ("zone", "source", "target", "period", "area_ha", "overlay")
        parts = {name: np.concatenate([getattr(plan.moves, name) for plan in plans]) for name in names}
        moves = CodedMoves(land=block.land, **parts)
        owner = np.repeat(np.arange(len(plans)), [len(plan.moves.zone) for plan in plans])
        # What a block asks of its moves to look up their account, coded moves have too.
        return cls(replace(block, moves=cast("Moves", moves)), owner, len(plans))

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a figure of all moves summed by plan, (plans,)."""
        return np.bincount(self.owner, values, minlength=self.plans).astype(float)

    def ends(self, found: Uncertain) -> Mapping[str, NDArray[np.float64]]:
        """Return what each uncertain number adds to the emissions of each plan at its ends, (numbers, plans)."""
        rows = deviations(self.block, found)
        sums = {end: [self.sums(row) for row in part] for end, part in rows.items()}
        return {end: np.array(own).reshape(len(found), self.plans) for end, own in sums.items()}


def sampled(joined: Joined, found: Uncertain, samples: int, seed: int) -> NDArray[np.float64]:
    """Return what every draw adds to the emissions of every plan, (plans, samples)."""
    block, added = joined.block, np.zeros((joined.plans, samples))
    if not len(found):
        return added
    nominal = emissions(block, block.carbon)
    for number, scale in enumerate(draws(found, samples, seed)):
        added[:, number] = joined.sums(emissions(block, scaled(block, found.place, scale)) - nominal)
    return added


def draws(found: Uncertain, samples: int, seed: int) -> NDArray[np.float64]:
    """Return scales drawn evenly between their ends, (samples, rows)."""
    random = np.random.default_rng(seed)
    return random.uniform(found.low, found.high, (samples, len(found)))
