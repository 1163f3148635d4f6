r"""Uncertain factors (不确定性): rows of the table of factors, each scaled by a number that is known only as a range.

One row, one class and region, is one uncertain number that every move which uses it shares: a budget over single moves
would average away. What a row at scale s adds to the emissions of a hectare of each move is

.. math:: \delta_k(s)_m = e_m(F_k \leftarrow s F_k) - e_m(F)

which is linear in s for sinks and embodied carbon, and for stocks as long as no difference of stocks turns its sign.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from instances.carbon import CarbonAccount
    from optimizer.studies.file import CaseEntry, ScaleEntry, UncertainEntry
    from optimizer.studies.models import Model


@dataclass(frozen=True)
class Uncertain:
    """Rows of the table of factors that are uncertain: their places, and the range of the scale of each."""

    place: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.place)


def require_block(model: Model) -> LandBlock:
    """Return the land of a model; raises InstanceError where there is none, for factors are of land."""
    if model.block is None:
        hint = "uncertain factors are those of land"
        raise InstanceError([Fault(str(model.instance.folder), "the instance has no land", hint)])
    return model.block


def uncertain(block: LandBlock, entries: Sequence[UncertainEntry], place: str) -> Uncertain:
    """Return the rows that some entries mean, each once; the later entry counts. Raises InstanceError for none."""
    table = block.land.tables["factors"]
    found: dict[int, tuple[float, float]] = {}
    for entry in entries:
        rows = np.flatnonzero(_meant(table, entry))
        if not len(rows):
            hint = "see factors.csv of the instance"
            message = f"no factor {entry.factor} of class {entry.kind} in region {entry.region}"
            raise InstanceError([Fault(place, message, hint, column="uncertain")])
        found |= {int(row): (entry.low, entry.high) for row in rows}
    order = sorted(found)
    lines = [table.iloc[row] for row in order]
    return Uncertain(
        np.array(order, dtype=np.int64),
        np.array([found[row][0] for row in order]),
        np.array([found[row][1] for row in order]),
        tuple(f"{line['factor']} {line['class']} {line['region']}".removesuffix(" *") for line in lines),
    )


def in_case(block: LandBlock, case: CaseEntry, place: str) -> CarbonAccount:
    """Return the account of a state of the world; raises InstanceError where an entry means no factor."""
    table = block.land.tables["factors"]
    scale = np.ones(len(table))
    for entry in case.scale:
        rows = _meant(table, entry)
        if not rows.any():
            message = f"no factor {entry.factor} of class {entry.kind} in region {entry.region}"
            raise InstanceError([Fault(place, message, "see factors.csv of the instance", column=f"case {case.name}")])
        scale[rows] = entry.scale
    return scaled(block, np.arange(len(table)), scale)


def _meant(table: pd.DataFrame, entry: UncertainEntry | ScaleEntry) -> NDArray[np.bool_]:
    parts = {"factor": entry.factor, "class": entry.kind, "region": entry.region}
    chosen = np.ones(len(table), dtype=bool)
    for column, pattern in parts.items():
        if pattern != "*":
            words = table[column].astype(str)
            chosen &= words.map(lambda word, own=pattern: fnmatchcase(word, own)).to_numpy(dtype=bool)
    return chosen & (table["value"].to_numpy() != 0.0)


def scaled(block: LandBlock, rows: NDArray[np.int64], scale: NDArray[np.float64]) -> CarbonAccount:
    """Return the account with some rows of the factors scaled."""
    factors = block.land.tables["factors"].copy()
    values = factors["value"].to_numpy(dtype=float, copy=True)
    values[rows] *= scale
    factors["value"] = values
    land = replace(block.land, tables={**block.land.tables, "factors": factors})
    return replace(block.carbon, land=land)


def emissions(block: LandBlock, account: CarbonAccount) -> NDArray[np.float64]:
    """Return the emissions of each move, (moves,), tCO2e a share of its group, by another account."""
    other = replace(block, carbon=account)
    return other.emissions_per_ha(block.settings.carbon.end_year) * block.moves.area_ha


def deviations(block: LandBlock, found: Uncertain) -> Mapping[str, NDArray[np.float64]]:
    """Return what each row adds to the emissions of each move at the low and at the high end, (rows, moves)."""
    nominal = emissions(block, block.carbon)
    parts: dict[str, list[NDArray[np.float64]]] = {"low": [], "high": []}
    for number, row in enumerate(found.place):
        for end, scale in (("low", found.low[number]), ("high", found.high[number])):
            account = scaled(block, np.array([row]), np.array([scale]))
            parts[end].append(emissions(block, account) - nominal)
    return {end: np.array(rows).reshape(len(found), len(nominal)) for end, rows in parts.items()}
