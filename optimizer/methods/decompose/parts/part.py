"""A part of the land on a worker: loaded once, kept, and asked pass after pass.

Workers keep parts in their process. Where one is not there (the first time, or because the worker that held it is
gone), it is made again from its folder: the same tables give the same answers. Workers may outlive a run, and folders
may be written anew between runs: so a part is known by a stamp of its tables as well, and an old one is let go.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.assemble import assemble, land_block
from formulations.land.linked_quota import FAMILY as LINKED
from formulations.land.linked_quota import present_grades
from formulations.moves import choices
from instances.census import read_census
from instances.faults import Fault, InstanceError, raise_if_any
from instances.instance import load
from optimizer.methods.decompose.alike import alike
from optimizer.methods.decompose.passes import Passes
from optimizer.methods.decompose.setup import MOST_REGIONS, reach, set_up

if TYPE_CHECKING:
    import scipy.sparse as sp
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program
    from optimizer.methods.decompose.oracle import Sizes
    from optimizer.methods.decompose.setup import Setup

GRADED = (LINKED, "compensation_grade")
"""Rules with rows or columns by grade of cropland."""

COMPUTED = "base"
"""Label of a row that is no name: what there is at present."""


@dataclass(frozen=True)
class Place:
    """Where a part lies, and what it must know of the whole: the census, and the grades that are exchanged anywhere.

    `stamp` is of the tables that the run began with.
    """

    folder: str
    census: str
    grades: tuple[int, ...]
    stamp: str


@dataclass(frozen=True)
class Told:
    """What a part says of itself once.

    Attributes
    ----------
    rows, rules
        Name and rule of each coupled row, with `lower` and `upper` bounds; `reach`: what a hectare fills of it at most.
    columns, families
        Name and family of each column beside the land, with `cost`, `least` and `most`; `terms`: (rows, columns).
    filled, pair_block, pair_row, n_blocks
        As in `Passes`; blocks are those of the whole.
    area_ha, groups, decides
        Hectares of the part, and how many choice groups stand for it; `decides`: whether some decide together.
    """

    rows: tuple[str, ...]
    rules: tuple[str, ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    reach: NDArray[np.float64]
    columns: tuple[str, ...]
    families: tuple[str, ...]
    cost: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    terms: sp.csc_array
    filled: NDArray[np.bool_]
    pair_block: NDArray[np.int64]
    pair_row: NDArray[np.int64]
    n_blocks: int
    sizes: Sizes
    dearest: float
    area_ha: float
    groups: int
    decides: bool


@dataclass(frozen=True)
class Answer:
    """What a part answers to multipliers: as a `Pass`, without what is known of single groups; and who answered."""

    value: NDArray[np.float64]
    spent: NDArray[np.float64]
    usage: NDArray[np.float64]
    moved: float
    worker: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.value.nbytes + self.spent.nbytes + self.usage.nbytes


@dataclass
class Held:
    """A part that is held: its passes, samples of them, and what it says of itself."""

    passes: Passes
    told: Told
    samples: dict[int, Passes] = field(default_factory=dict)

    def answer(self, y: NDArray[np.float64], every: int) -> Answer:
        """Answer by all groups, or by every so many of them; `y` are multipliers of the rows that the part fills."""
        passes, multipliers = self.passes, np.zeros(len(self.told.filled))
        multipliers[self.told.filled] = y
        if every > 1:
            if every not in self.samples:
                groups = passes.groups.sample(every)
                self.samples[every] = Passes(passes.pricing, groups, (), passes.threads)
            passes = self.samples[every]
        found = passes(multipliers)
        return Answer(found.value, found.spent, found.usage, found.moved)


_blocks: dict[tuple[str, str], tuple[LandBlock, str]] = {}
_held: dict[Place, Held] = {}
_lock = Lock()


def begin(folder: str, census: str) -> tuple[tuple[int, ...], str]:
    """Return the grades of cropland that a part exchanges, none where no rule asks, and the stamp of its tables."""
    with _lock:
        block, stamp = _blocks[folder, census] = _read(folder, census)
        for place in [place for place in _held if place.folder == folder and place.stamp != stamp]:
            del _held[place]
    asked = any(block.records(rule) for rule in GRADED)
    return tuple(present_grades(block)) if asked else (), stamp


def tell(place: Place) -> Told:
    """Return what a part says of itself."""
    return _hold(place).told


def answer(place: Place, y: NDArray[np.float64], every: int = 1) -> Answer:
    """Return the answer of a part to multipliers of the rows that it fills, in their order."""
    return replace(_hold(place).answer(y, every), worker=_here())


def forget() -> None:
    """Let go of all parts that this process holds."""
    with _lock:
        _held.clear()
        _blocks.clear()


def _here() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:  # not on a worker
        return ""


def _read(folder: str, census: str) -> tuple[LandBlock, str]:
    """Return the land of a part, and a stamp of what is on disk."""
    instance = load(Path(folder), whole=read_census(Path(census)))
    return land_block(instance), f"{instance.hash} {hashlib.sha256(Path(census).read_bytes()).hexdigest()}"


def _hold(place: Place) -> Held:
    """Return a part, loaded where it is not there; raises InstanceError where its tables changed during the run."""
    with _lock:
        known = _blocks.pop((place.folder, place.census), None)
        if place not in _held:
            block, stamp = known or _read(place.folder, place.census)
            if stamp != place.stamp:
                raise InstanceError([Fault(place.folder, "was changed while its bound was sought", "start again")])
            _held[place] = _made(replace(block, grades=place.grades))
        return _held[place]


def _made(block: LandBlock) -> Held:
    """Build a part; raises InstanceError where its land does not decide by itself."""
    program = assemble(block)
    ties = program.boundaries or program.patches or program.connected or block.network is not None or block.sites
    place = str(block.land.regions["region"].iloc[block.land.root])
    raise_if_any([Fault(place, "what ties land together lies across parts", "see `sanqu study split`")] if ties else [])
    regions = np.flatnonzero(block.land.class_area_ha.sum(axis=1) > 0)
    setup = set_up(program, 1, regions)
    if setup.partly:
        message = "land outside projects may change in part only, which prices cannot hold"
        raise InstanceError([Fault(place, message, "solve it in one process")])
    passes = Passes(setup.pricing, alike(setup.pricing, setup.free, 1), setup.blocks, 1)
    told = _told(setup, passes, min(len(regions), MOST_REGIONS))
    return Held(passes if setup.blocks else _light(passes), told)


def _light(passes: Passes) -> Passes:
    """Return the passes without the Program, most of the memory: without blocks no pass looks at it again."""
    nothing = np.zeros(0)
    program = replace(
        passes.pricing.program, moves=choices(np.zeros((0, 1)), whole=False), columns=(), quotas=(), objectives={}
    )
    none = np.zeros(0, dtype=np.int32)
    passes.pricing = replace(passes.pricing, program=program, cost=nothing, kind=none, block=none)
    return passes


def _told(setup: Setup, passes: Passes, n_blocks: int) -> Told:
    pricing, side = setup.pricing, setup.side
    program = pricing.program
    rows, rules = row_names(program, pricing.rows)
    columns, families = _column_names(program, setup.side_columns)
    most = np.concatenate([np.zeros(0), *(family.upper for family in program.columns)])
    return Told(
        rows=rows,
        rules=rules,
        lower=pricing.lower,
        upper=pricing.upper,
        reach=reach(pricing),
        columns=columns,
        families=families,
        cost=side.cost,
        least=side.least,
        most=most[setup.side_columns - len(program.moves)],
        terms=side.terms,
        filled=passes.filled,
        pair_block=passes.pair_block,
        pair_row=passes.pair_row,
        n_blocks=n_blocks,
        sizes=passes.sizes,
        dearest=passes.dearest,
        area_ha=float(program.moves.group_area_ha.sum()),
        groups=len(passes.groups),
        decides=bool(passes.blocks),
    )


def row_names(program: Program, rows: NDArray[np.int64]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of quota rows that are the same in every part, and their rules."""
    names, rules = [], []
    for quota in program.quotas:
        labels = quota.labels.drop(columns=COMPUTED, errors="ignore").to_dict("records")
        names += [_name({"rule": quota.rule, **label, "unit": quota.unit}) for label in labels]
        rules += [quota.rule] * len(quota)
    return _numbered([names[row] for row in rows]), tuple(rules[row] for row in rows)


def _column_names(program: Program, columns: NDArray[np.int64]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names, families = [], []
    for family in program.columns:
        names += [_name({"family": family.family, **label}) for label in family.labels.to_dict("records")]
        families += [family.family] * len(family)
    places = columns - len(program.moves)
    return _numbered([names[place] for place in places]), tuple(families[place] for place in places)


def _name(label: dict[Any, Any]) -> str:
    return json.dumps({key: value for key, value in label.items() if value == value}, default=str, ensure_ascii=False)


def _numbered(names: list[str]) -> tuple[str, ...]:
    """Tell equal names apart by their order."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        count = seen[name] = seen.get(name, 0) + 1
        found.append(name if count == 1 else f"{name} #{count}")
    return tuple(found)
