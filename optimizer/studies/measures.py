r"""Measures of a plan that are linear in the columns of its Program: what fronts, ranges and alternatives speak of.

.. math:: f(u, v) = \sum_m w_m u_m + \sum_k w_k v_k

`emissions` and `cost` are the objectives of the instance. Of land there are besides `cropland_lost` (cropland that
becomes another class, ha), `changed` (land that changes its class, ha), `built` (land that becomes built, ha),
`restored` (restoration moves, ha), `area:GROUP` and `area:GROUP@REGION` (area of a group at the end of the span, ha)
and `border` (the length of the borders that count, km).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, InstanceError
from optimizer.results.rules import objective_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program
    from optimizer.report.text import Lang
    from optimizer.studies.models import Model

AREA = "area:"

TITLES: dict[str, dict[Lang, str]] = {
    "emissions": {"zh": "净排放", "en": "net emissions"},
    "cost": {"zh": "成本", "en": "cost"},
    "objective": {"zh": "目标值", "en": "objective"},
    "cropland_lost": {"zh": "减少的耕地", "en": "cropland lost"},
    "changed": {"zh": "变更用地", "en": "land that changes"},
    "built": {"zh": "新增建设用地", "en": "land newly built on"},
    "restored": {"zh": "生态修复面积", "en": "land restored"},
    "border": {"zh": "边界长度", "en": "border"},
}


@dataclass(frozen=True)
class Measure:
    """A linear measure: its weight on every column, (columns,), and what no decision changes of it."""

    name: str
    unit: str
    weights: NDArray[np.float64]
    constant: float = 0.0

    def of(self, shares: NDArray[np.float64]) -> float:
        """Return what a plan comes to, without the constant."""
        return float(self.weights @ shares)


def measure(model: Model, name: str) -> Measure:
    """Return a measure by name; raises InstanceError where the instance has none of it."""
    program = model.program
    if name == "objective":
        return Measure(name, objective_unit(program), program.cost, program.constant)
    if name in program.objectives:
        objective = program.objectives[name]
        return Measure(name, objective.unit, program.cost_of(name), objective.constant)
    if name == "border" and program.boundaries:
        return _border(program)
    if model.block is not None:
        weight = _of_land(model.block, name)
        if weight is not None:
            per_move, constant = weight
            beside = np.zeros(program.n_columns - len(program.moves))
            return Measure(name, "ha", np.concatenate([per_move * program.moves.area_ha, beside]), constant)
    names = ", ".join(known(model))
    hint, zh = f"known are {names}", f"没有量 {name!r}（可用的有 {names}）"
    raise InstanceError([Fault(str(model.instance.folder), f"there is no measure {name!r}", hint, zh=zh)])


def known(model: Model) -> tuple[str, ...]:
    """Return the names of the measures that an instance has."""
    names = ["objective", *model.program.objectives]
    if model.program.boundaries:
        names.append("border")
    if model.block is not None:
        names += ["cropland_lost", "changed", "built", "restored"]
        names += [f"{AREA}{group}" for group in sorted(set(model.block.land.classes["group"].astype(str)))]
    return tuple(dict.fromkeys(names))


def _of_land(block: LandBlock, name: str) -> tuple[NDArray[np.float64], float] | None:
    """Return weights per hectare of each move, (moves,), and the constant; None for what is no measure of land."""
    if name == "cropland_lost":
        return block.out_of("cropland").astype(float), 0.0
    if name == "changed":
        return block.moves.converts.astype(float), 0.0
    if name == "built":
        return block.into("built").astype(float), 0.0
    if name == "restored":
        return (block.restores & block.moves.converts).astype(float), 0.0
    if name.startswith(AREA):
        return _area(block, name)
    return None


def _area(block: LandBlock, name: str) -> tuple[NDArray[np.float64], float] | None:
    """Return what each move adds to the area of a group in a region, and the present area; None for unknown names."""
    group, _, region = name.removeprefix(AREA).partition("@")
    codes = block.land.regions["region"].astype(str)
    place = block.land.root if not region else int(np.flatnonzero(codes == region)[0]) if region in set(codes) else -1
    if place < 0 or not block.land.member(group).any():
        return None
    inside = block.land.subtree[place][block.region]
    added = block.into(group).astype(float) - block.out_of(group)
    return added * inside, block.land.present_ha(group, place)


def _border(program: Program) -> Measure:
    """Return the length of all borders that count, beyond what they are at present."""
    weights = np.zeros(program.n_columns)
    present = 0.0
    for boundary in program.boundaries:
        first = program.offsets[boundary.family]
        weights[first : first + len(boundary)] = boundary.length_km
        present += float(boundary.length_km @ boundary.present)
    return Measure("border", "km", weights, -present)
