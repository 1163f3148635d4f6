"""A landscape on plain arrays: units with an area, who is next to whom, and which are habitat today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, InstanceError, raise_if_any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Landscape:
    """Units of land as the nodes of a graph.

    Parameters
    ----------
    area
        Area of each unit, (units,), above 0.
    habitat
        Whether a unit is habitat today, (units,).
    left, right
        Neighbouring units, (edges,), each pair once.
    points
        Centre of each unit, (units, 2), in the unit in which distances are given; None where no distance is asked.
    total_area
        Area of the landscape that indices refer to; None for the sum over the units.

    Raises
    ------
    InstanceError
        Where arrays do not fit together or a number is not allowed.
    """

    area: NDArray[np.float64]
    habitat: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    points: NDArray[np.float64] | None = None
    total_area: float | None = None

    def __post_init__(self) -> None:
        raise_if_any(self._faults())

    def _faults(self) -> Iterator[Fault]:
        units = len(self.area)
        if self.area.shape != (units,) or not (np.isfinite(self.area) & (self.area > 0)).all():
            yield Fault("landscape", "an area is not a number above 0", "leave out units without land", column="area")
        if self.habitat.shape != (units,) or self.habitat.dtype != np.bool_:
            yield Fault("landscape", f"habitat needs one yes or no for each of {units} units", column="habitat")
        if len(self.left) != len(self.right):
            yield Fault("landscape", "left and right differ in length", "give two units for each pair of neighbours")
        else:
            ends = np.concatenate([self.left, self.right])
            if len(ends) and (ends.min() < 0 or ends.max() >= units):
                yield Fault("landscape", f"a pair of neighbours names a unit outside 0 to {units - 1}")
            elif (self.left == self.right).any():
                yield Fault("landscape", "a unit is named as its own neighbour", "leave that pair out")
        if self.points is not None and (self.points.shape != (units, 2) or not np.isfinite(self.points).all()):
            yield Fault("landscape", "every unit needs a centre x, y", column="points")
        if self.total_area is not None and not self.total_area > 0:
            yield Fault("landscape", "the total area is not above 0", column="total_area")

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.area)

    @property
    def whole(self) -> float:
        """Area that indices refer to."""
        return float(self.area.sum()) if self.total_area is None else self.total_area

    def centres(self) -> NDArray[np.float64]:
        """Return the centre of each unit, (units, 2); raises InstanceError where there are none."""
        if self.points is None:
            raise InstanceError(
                [Fault("landscape", "distances are asked for, but units have no centres", "give points")]
            )
        return self.points


def grid_landscape(
    habitat: ArrayLike,
    inside: ArrayLike | None = None,
    cell_width: float = 1.0,
    cell_height: float | None = None,
    neighbours: int = 4,
) -> Landscape:
    """Return the landscape of a grid; its units are the inside cells, row by row.

    Parameters
    ----------
    habitat
        Whether a cell is habitat, (rows, columns).
    inside
        Whether a cell is part of the landscape, (rows, columns); None for all.
    cell_width, cell_height
        Size of a cell; height None for square cells.
    neighbours
        4 or 8.

    Raises
    ------
    InstanceError
        Where the grids differ in shape or `neighbours` is another number.
    """
    present = np.asarray(habitat, bool)
    land = np.ones(present.shape, bool) if inside is None else np.asarray(inside, bool)
    if present.ndim != 2 or present.shape != land.shape:
        raise InstanceError([Fault("landscape", f"habitat {present.shape} and inside {land.shape} are not one grid")])
    if neighbours not in (4, 8):
        raise InstanceError([Fault("landscape", f"{neighbours} neighbours a cell", "use 4 or 8")])
    height = cell_width if cell_height is None else cell_height
    unit = np.where(land, np.cumsum(land.ravel()).reshape(land.shape) - 1, -1)
    pairs = [(unit[:, :-1], unit[:, 1:]), (unit[:-1], unit[1:])]
    if neighbours == 8:
        pairs += [(unit[:-1, :-1], unit[1:, 1:]), (unit[:-1, 1:], unit[1:, :-1])]
    left = np.concatenate([a.ravel() for a, _ in pairs])
    right = np.concatenate([b.ravel() for _, b in pairs])
    both = (left >= 0) & (right >= 0)
    row, column = np.nonzero(land)
    return Landscape(
        area=np.full(len(row), cell_width * height),
        habitat=present[land],
        left=left[both].astype(np.int32),
        right=right[both].astype(np.int32),
        points=np.stack([column * cell_width, row * height], axis=1),
    )
