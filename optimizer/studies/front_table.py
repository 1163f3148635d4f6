r"""What the points of a front say together: which are not dominated, how far apart, what may lie between, the knee.

Every point brings two facts for all plans (:math:`f` what is minimised, :math:`\varepsilon` its limits, :math:`v` its
values, :math:`B` its bounds; of two goals in the order 1, 2):

.. math:: f_2 \le \varepsilon_2 \Rightarrow f_1 \ge B_1, \qquad f_1 \le v_1 \Rightarrow f_2 \ge B_2

A plan between two neighbours a and b (:math:`a_1 < b_1`, :math:`a_2 > b_2`) that adds to the front has :math:`f_1 <
b_1` and :math:`f_2 < a_2`. A fact that reaches over the gap, :math:`\varepsilon_2 \ge a_2` (or :math:`v_1 \ge b_1`),
says that it betters b in the first goal (a in the second) by no more than :math:`b_1 - B_1` (:math:`a_2 - B_2`).

The knee is the point furthest from the line (or plane) through the ends, on the side of the better plans.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SAME = 1e-6
"""Part of the distance between the ends that counts as none."""

NEXT = 1e-5
"""Part of it by which a limit below a point leads to the next one."""


@dataclass(frozen=True)
class Point:
    """A point of a front: what is minimised of each goal, by how much no plan is better, and where its plan lies."""

    folder: str
    values: Mapping[str, float]
    proven: Mapping[str, float]
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Scale:
    """The ends of a front, (ends, goals): the best value of each goal, and how far the worst is from it, (goals,)."""

    names: tuple[str, ...]
    ends: NDArray[np.float64]

    @classmethod
    def of(cls, ends: Sequence[Point], names: Sequence[str]) -> Scale:
        """Return the scale that ends span."""
        return cls(tuple(names), np.array([[point.values[name] for name in names] for point in ends]))

    @property
    def width(self) -> NDArray[np.float64]:
        """How far the worst end is from the best in each goal, (goals,)."""
        return np.maximum(np.ptp(self.ends, axis=0), SAME)

    def place(self, points: Sequence[Point]) -> NDArray[np.float64]:
        """Return where points lie, 0 the best end and 1 the worst in each goal, (points, goals)."""
        values = np.array([[point.values[name] for name in self.names] for point in points])
        return np.asarray((values.reshape(-1, len(self.names)) - self.ends.min(axis=0)) / self.width)

    def depth(self, points: Sequence[Point]) -> NDArray[np.float64]:
        """Return how far points lie from the line or plane through the ends, better ones above 0, (points,)."""
        ends = (self.ends - self.ends.min(axis=0)) / self.width
        across, *_ = np.linalg.lstsq(ends, np.ones(len(ends)), rcond=None)
        size = float(np.linalg.norm(across))
        return np.asarray((1.0 - self.place(points) @ across) / size) if size > 0 else np.zeros(len(points))


def on_front(points: Sequence[Point], scale: Scale) -> list[Point]:
    """Return the points that make up the front: no two alike, none dominated."""
    distinct: list[Point] = []
    placed = scale.place(points)
    for number, point in enumerate(points):
        earlier = [placed[points.index(other)] for other in distinct]
        if not any(np.abs(placed[number] - other).max() <= SAME for other in earlier):
            distinct.append(point)
    placed = scale.place(distinct)
    better = [((placed <= own + SAME).all(axis=1) & (placed < own - SAME).any(axis=1)).any() for own in placed]
    return [point for point, beaten in zip(distinct, better, strict=True) if not beaten]


def may_lie_between(a: Point, b: Point, points: Sequence[Point], scale: Scale) -> float:
    """Return the most, as a part of the ends' distance, by which a plan between neighbours a and b betters them.

    0 stands for less than twice `NEXT`. `points` are all that were found, on the front or not; of the neighbours `a` is
    the better in the first goal.
    """
    first, second = scale.names
    width = dict(zip(scale.names, scale.width.tolist(), strict=True))
    most = 1.0
    for point in points:
        for goal, other, reaches, left in (
            (first, second, a.values[second], b.values[first]),
            (second, first, b.values[first], a.values[second]),
        ):
            told = point.told["order"].index(goal)
            limit = point.told["limits"].get(other, np.inf) if told == 0 else point.values[other]
            if limit >= reaches - 2 * NEXT * width[other]:
                most = min(most, (left - point.proven[goal]) / width[goal])
    return most if most > 2 * NEXT else 0.0


def front_table(points: Sequence[Point], ends: Sequence[Point], names: Sequence[str]) -> pd.DataFrame:
    """Return one row a point that no other dominates: folder, value and bound of each goal, gap, depth, knee, between.

    No plan is better in every goal at once by more than the value less the bound of each. `between` (two goals) is
    what `may_lie_between` says of a point and the next.
    """
    if not points:
        return pd.DataFrame(columns=["point", *names, "knee"])
    scale = Scale.of(ends, names)
    kept = sorted(on_front(points, scale), key=lambda point: point.values[names[0]])
    depth = scale.depth(kept)
    rows = []
    for number, point in enumerate(kept):
        row: dict[str, Any] = {"point": point.folder.rpartition("/")[2], "folder": point.folder}
        for name in names:
            row |= {name: point.told["values"][name], f"{name} bound": point.told["bounds"][name]}
        row |= {"gap": max(point.told["gaps"].values()), "depth": float(depth[number])}
        row |= {"knee": int(number == depth.argmax() and depth[number] > SAME), "audit": point.told["audit_passed"]}
        rows.append(row)
    table = pd.DataFrame(rows)
    if len(names) == 2:
        table["between"] = [*(may_lie_between(a, b, points, scale) for a, b in pairwise(kept)), np.nan]
    return table
