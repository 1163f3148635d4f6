"""The coupled rows and the columns beside the land of all parts together.

Most rows speak of regions or all land: every part has them, with the same bounds, or the parts are not of one whole.
Rows of a project or a lot lie in one part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.land.minimum_lot import FAMILY as LOT
from formulations.land.restoration_project import FAMILY as PROJECT
from instances.faults import Fault, InstanceError
from optimizer.methods.decompose.master import Side
from optimizer.methods.decompose.oracle import Sizes
from optimizer.methods.decompose.setup import implied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optimizer.methods.decompose.parts.part import Told

OWN = (PROJECT, LOT)
"""Rules and families whose rows and columns lie in one part each."""

HINT = "make all parts by one `sanqu study split`"


@dataclass(frozen=True)
class CoupledRows:
    """The coupled rows of the whole: name and bounds of each, and the number of blocks."""

    names: tuple[str, ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    n_blocks: int

    @property
    def n_rows(self) -> int:
        """Number of coupled rows."""
        return len(self.lower)


@dataclass(frozen=True)
class Union:
    """All parts together.

    Attributes
    ----------
    rows
        The coupled rows.
    filled_by, pair_of
        For each part: where the rows that it fills and its (block, row) pairs stand among those of the whole.
    pair_block, pair_row, filled, sizes, dearest
        As in `Passes`.
    side
        The columns beside the land.
    groups, decides
        How many choice groups stand for the land, and whether some decide together.
    """

    rows: CoupledRows
    filled_by: tuple[NDArray[np.int64], ...]
    pair_of: tuple[NDArray[np.int64], ...]
    pair_block: NDArray[np.int64]
    pair_row: NDArray[np.int64]
    filled: NDArray[np.bool_]
    sizes: Sizes
    dearest: float
    side: Side
    groups: int
    decides: bool


def union(parts: Sequence[Told]) -> Union:
    """Put parts together; raises InstanceError where they do not belong to one whole."""
    names, row_of = _places([part.rows for part in parts], [part.rules for part in parts])
    columns, column_of = _places([part.columns for part in parts], [part.families for part in parts])
    lower, upper = (_agreed([getattr(p, side) for p in parts], row_of, names) for side in ("lower", "upper"))
    cost, least, most = (
        _agreed([getattr(p, side) for p in parts], column_of, columns) for side in ("cost", "least", "most")
    )
    terms = _terms(parts, row_of, column_of, (len(names), len(columns)))
    reach = np.zeros(len(names))
    for part, place in zip(parts, row_of, strict=True):
        np.maximum.at(reach, place, part.reach)
    land = sum(part.area_ha for part in parts) * reach
    pair_block, pair_row, pair_of = _pairs(parts, row_of, len(names))
    filled = np.zeros(len(names), dtype=bool)
    filled[pair_row] = True
    return Union(
        rows=CoupledRows(names, lower, upper, parts[0].n_blocks),
        filled_by=tuple(row[part.filled] for part, row in zip(parts, row_of, strict=True)),
        pair_of=pair_of,
        pair_block=pair_block,
        pair_row=pair_row,
        filled=filled,
        sizes=_sizes(parts, row_of, len(names)),
        dearest=sum(part.dearest for part in parts),
        side=Side(cost, terms, least, implied(land, lower, terms, least, most)),
        groups=sum(part.groups for part in parts),
        decides=any(part.decides for part in parts),
    )


def _places(
    names: Sequence[tuple[str, ...]], kinds: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], tuple[NDArray[np.int64], ...]]:
    """Return all names once, and where those of each part stand among them."""
    place: dict[str, int] = {}
    count: dict[str, int] = {}
    own: dict[str, bool] = {}
    for mine, kind in zip(names, kinds, strict=True):
        for name, one in zip(mine, kind, strict=True):
            place.setdefault(name, len(place))
            count[name] = count.get(name, 0) + 1
            own[name] = one in OWN
    wrong = [name for name in place if count[name] != (1 if own[name] else len(names))]
    if wrong:
        message = f"of {len(names)} parts {count[wrong[0]]} have {wrong[0]}"
        raise InstanceError([Fault("parts", message, HINT)])
    found = tuple(np.array([place[name] for name in mine], dtype=np.int64) for mine in names)
    return tuple(place), found


def _agreed(
    values: Sequence[NDArray[np.float64]], place: Sequence[NDArray[np.int64]], names: tuple[str, ...]
) -> NDArray[np.float64]:
    """Return what the parts say of each name; raises InstanceError where they differ."""
    said = np.full(len(names), np.nan)
    for value, where in zip(values, place, strict=True):
        new = np.isnan(said[where])
        differs = np.flatnonzero(~new & (said[where] != value))
        if len(differs):
            first = where[differs[0]]
            message = f"{names[first]}: one part says {said[first]:.17g}, another {value[differs[0]]:.17g}"
            raise InstanceError([Fault("parts", message, HINT)])
        said[where] = value
    return said


def _terms(
    parts: Sequence[Told],
    row_of: Sequence[NDArray[np.int64]],
    column_of: Sequence[NDArray[np.int64]],
    shape: tuple[int, int],
) -> sp.csc_array:
    """Return the coefficients of the columns beside the land, each as the first part with its row and column says."""
    data, rows, columns = [], [], []
    for number, (part, row, column) in enumerate(zip(parts, row_of, column_of, strict=True)):
        entries = sp.coo_array(part.terms)
        mine = np.array([family in OWN for family in part.families], dtype=bool)
        own_row = np.array([rule in OWN for rule in part.rules], dtype=bool)
        taken = np.ones(entries.nnz, dtype=bool) if not number else mine[entries.col] | own_row[entries.row]
        data.append(entries.data[taken])
        rows.append(row[entries.row[taken]])
        columns.append(column[entries.col[taken]])
    return sp.csc_array((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def _pairs(
    parts: Sequence[Told], row_of: Sequence[NDArray[np.int64]], n_rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[NDArray[np.int64], ...]]:
    """Return block and row of every pair that a part uses, and where the pairs of each part stand."""
    codes = [part.pair_block * n_rows + row[part.pair_row] for part, row in zip(parts, row_of, strict=True)]
    every = np.unique(np.concatenate(codes))
    return every // max(n_rows, 1), every % max(n_rows, 1), tuple(np.searchsorted(every, code) for code in codes)


def _sizes(parts: Sequence[Told], row_of: Sequence[NDArray[np.int64]], n_rows: int) -> Sizes:
    weight, local = np.zeros((2, n_rows)), np.zeros((2, n_rows))
    for part, row in zip(parts, row_of, strict=True):
        weight[:, row] += part.sizes.weight
        local[:, row] += part.sizes.local
    return Sizes(np.sum([part.sizes.cost for part in parts], axis=0), weight, local)
