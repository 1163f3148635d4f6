r"""Uncertain factors (不确定性): rows of the table of factors, each scaled by a number that is known only as a range.

One row, one class and region, is one uncertain number that every move which uses it shares: a budget over single moves
would average away. What a row at scale s adds to the emissions of a hectare of each move is

.. math:: \delta_k(s)_m = e_m(F_k \leftarrow s F_k) - e_m(F)

which is linear in s, and adds up over rows, for sinks and embodied carbon, and for stocks as long as no difference of
two uncertain stocks turns its sign. What is not so is refused where a budget counts on it (`raise_if_not_linear`);
draws and states of the world make the account anew and need none of this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, InstanceError
from instances.land import codes_of
from instances.scenarios.edit import like

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program
    from instances.carbon import CarbonAccount
    from optimizer.studies.entries import CaseEntry, ScaleEntry, UncertainEntry
    from optimizer.studies.models import Model

LINEAR = ("sink", "stock", "embodied")
"""Factors that emissions are linear in."""

EMITTED = {"carbon_cap", "peak"}
"""Rules whose rows hold emissions."""

NONE = 1e-9
"""Stocks, tCO2/ha, that differ by no more are alike."""

OTHERWISE_ZH = "或改用 [[regret]]，或 budgets = [] 只作抽样"
"""What else may be asked, in Chinese."""


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
        hint, zh = "uncertain factors are those of land", "实例没有用地（不确定系数是用地的系数）"
        raise InstanceError([Fault(str(model.instance.folder), "the instance has no land", hint, zh=zh)])
    return model.block


def uncertain(block: LandBlock, entries: Sequence[UncertainEntry], place: str) -> Uncertain:
    """Return the rows that some entries mean, each once; the later entry counts. Raises InstanceError for none."""
    table = block.land.tables["factors"]
    found: dict[int, tuple[float, float]] = {}
    for entry in entries:
        found |= {int(row): (entry.low, entry.high) for row in _rows_of(table, entry, place, "uncertain")}
    order = sorted(found)
    lines = [table.iloc[row] for row in order]
    return Uncertain(
        np.array(order, dtype=np.int64),
        np.array([found[row][0] for row in order]),
        np.array([found[row][1] for row in order]),
        tuple(f"{line['factor']} {line['class']} {line['region']}".removesuffix(" *") for line in lines),
    )


def weight_of(model: Model) -> float:
    """Return the weight of emissions in what is minimised; raises InstanceError where factors change nothing in it."""
    weight = model.program.minimise.get("emissions", 0.0)
    if not weight:
        hint = "ask for a scenario that minimises emissions, or give them a weight"
        message = "what is minimised does not count emissions, so no factor changes it"
        zh = "目标不含排放，系数对其没有影响（请用以排放为目标的情景，或给排放一个权重）"
        raise InstanceError([Fault(str(model.instance.folder), message, hint, zh=zh)])
    return weight


def at_nominal(program: Program) -> list[str]:
    """Return the rules of a Program that hold emissions themselves: they stay at the factors of the table."""
    return sorted({quota.rule for quota in program.quotas} & EMITTED)


def raise_if_not_linear(block: LandBlock, found: Uncertain, place: str) -> None:
    """Raise InstanceError where what some rows add is not linear in their scales, or does not add up over rows."""
    table = block.land.tables["factors"]
    factor = table["factor"].astype(str).to_numpy()[found.place]
    for row, name in zip(found.place, factor, strict=True):
        if name not in LINEAR:
            message = f"{name} of {table['class'].iloc[row]} does not enter the account as a plain product"
            hint = f"a budget takes {', '.join(LINEAR)}; use [[regret]], or budgets = [] and draws"
            only = f"预算只适用于 {'、'.join(LINEAR)}；{OTHERWISE_ZH}"
            zh = f"{table['class'].iloc[row]} 的 {name} 不以乘积进入碳账（{only}）"
            raise InstanceError([Fault(place, message, hint, column="uncertain", zh=zh)])
    turned = _turned(block, found, factor == "stock")
    if turned:
        message = f"the stock of {turned[0]} may be above or below that of {turned[1]} within these ranges"
        hint = "narrow the ranges or take one of them as certain; use [[regret]], or budgets = [] and draws"
        zh = f"在这些区间内 {turned[0]} 的碳储量可能高于也可能低于 {turned[1]}（请缩小区间；{OTHERWISE_ZH}）"
        raise InstanceError([Fault(place, message, hint, column="uncertain", zh=zh)])


def _turned(block: LandBlock, found: Uncertain, stocks: NDArray[np.bool_]) -> tuple[str, str] | None:
    """Return two classes, both uncertain, of which land moves from one to the other and whose stocks may change order.

    Of vegetation and of soil, which lose and gain by themselves.
    """
    rows = found.place[stocks]
    if not len(rows):
        return None
    account = block.carbon
    low, high = (
        one.factor("stock")[one.factor_set]
        for one in (scaled(block, rows, found.low[stocks]), scaled(block, rows, found.high[stocks]))
    )
    soil = account.factor("soil_share")[account.factor_set]
    source, target = _pairs(block)
    for share in (1.0 - soil, soil):
        least, most = share * low, share * high
        lowest, highest = least[:, source] - most[:, target], most[:, source] - least[:, target]
        both = (most[:, source] > least[:, source]) & (most[:, target] > least[:, target])
        bad = (both & (lowest < -NONE) & (highest > NONE)).any(axis=0)
        if bad.any():
            names = block.land.classes["class"].astype(str).to_numpy()
            one = int(np.argmax(bad))
            return str(names[source[one]]), str(names[target[one]])
    return None


def _pairs(block: LandBlock) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the classes that land may go from and to, (pairs,): by moves, and by what overlays make of it."""
    count = len(block.land.classes)
    found = {int(pair) for pair in np.unique(block.pair[block.moves.converts])}
    if block.network is not None:
        table, classes = block.network.tables["overlays"], block.land.classes["class"].astype(str)
        kind, becomes = (codes_of(table[name].astype(str), classes) for name in ("class", "as_class"))
        found |= {int(a) * count + int(b) for a, b in zip(kind, becomes, strict=True) if b >= 0 and a != b}
    pairs = np.array(sorted(found), dtype=np.int64)
    return pairs // count, pairs % count


def in_case(block: LandBlock, case: CaseEntry, place: str) -> CarbonAccount:
    """Return the account of a state of the world; raises InstanceError where an entry means no factor."""
    table = block.land.tables["factors"]
    scale = np.ones(len(table))
    for entry in case.scale:
        scale[_rows_of(table, entry, place, f"case {case.name}")] = entry.scale
    return scaled(block, np.arange(len(table)), scale)


def _rows_of(table: pd.DataFrame, entry: UncertainEntry | ScaleEntry, place: str, column: str) -> NDArray[np.int64]:
    """Return the rows that an entry means; raises InstanceError for none."""
    rows = np.flatnonzero(meant(table, entry))
    if not len(rows):
        raise InstanceError([unknown_factor(entry, place, column)])
    return rows


def unknown_factor(entry: UncertainEntry | ScaleEntry, place: str, column: str) -> Fault:
    """Return the fault of an entry that means no row."""
    message = f"no factor {entry.factor} of class {entry.kind} in region {entry.region}"
    zh = f"没有地类 {entry.kind} 在区域 {entry.region} 的系数 {entry.factor}（见实例的 land/factors）"
    return Fault(place, message, "see land/factors of the instance", None, column, zh)


def meant(table: pd.DataFrame, entry: UncertainEntry | ScaleEntry) -> NDArray[np.bool_]:
    """Return which rows of the table of factors an entry means, (rows,); those that are 0 cannot be scaled."""
    parts = {"factor": entry.factor, "class": entry.kind, "region": entry.region}
    chosen = np.ones(len(table), dtype=bool)
    for column, pattern in parts.items():
        chosen &= like(table[column], pattern)
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
