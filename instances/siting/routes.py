r"""Least-cost routes over a grid, and distinct alternatives (最小费用路径与备选).

A route steps from the centre of a cell to one of the eight around it; a step of length d between cells with costs
:math:`c_1, c_2` a km costs :math:`d\,(c_1+c_2)/2`. A diagonal step needs both cells beside it open, so no strip clips a
shut corner. The first route of a pair is the cheapest there is (Dijkstra). Others are sought where cells along earlier
ones were made dearer, and kept where they cost little more and share little with them; one more follows what other
pairs have found, where sharing makes a step cheaper. Every route states its true cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.ndimage import distance_transform_edt
from scipy.sparse.csgraph import dijkstra

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from instances.siting.config import Lines

DEARER = 1.5
"""Factor on the cells of a route when the next one is sought."""

TRIES = 4
"""Searches for each alternative that is asked for."""

TIE = 1e-6
"""Relative difference of cost below which routes count as equally cheap."""

_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass(frozen=True)
class Steps:
    """The steps that a grid allows, each once.

    Attributes
    ----------
    shape
        Rows and columns of the grid.
    cell_km
        Height and width of a cell.
    left, right
        Cells that a step joins, (steps,).
    cost_per_km
        Cost a km of every cell, (cells,), NaN where shut.
    """

    shape: tuple[int, int]
    cell_km: tuple[float, float]
    left: NDArray[np.int64] = field(repr=False)
    right: NDArray[np.int64] = field(repr=False)
    cost_per_km: NDArray[np.float64] = field(repr=False)

    def km(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the length of steps between cells."""
        (row, column), (other_row, other_column) = (np.divmod(cells, self.shape[1]) for cells in (left, right))
        return np.hypot((row - other_row) * self.cell_km[0], (column - other_column) * self.cell_km[1])

    @property
    def cost(self) -> NDArray[np.float64]:
        """Cost of each step."""
        return self.priced(self.cost_per_km)

    def priced(self, per_km: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the cost of each step where cells have other costs."""
        return self.km(self.left, self.right) * (per_km[self.left] + per_km[self.right]) / 2

    def graph(self, cost: NDArray[np.float64]) -> sp.csr_array:
        """Return the steps as a matrix (cells, cells)."""
        n = len(self.cost_per_km)
        return sp.csr_array((cost, (self.left, self.right)), shape=(n, n))


@dataclass(frozen=True)
class Route:
    """A way between two cells: its cells in order, length and cost."""

    cells: NDArray[np.int64] = field(repr=False)
    km: float
    cost: float


def steps(cost_per_km: NDArray[np.float64], shut: NDArray[np.bool_], cell_m: tuple[float, float]) -> Steps:
    """Return the steps of a grid; `cell_m` is height and width of a cell."""
    rows, columns = shut.shape
    open_ = ~shut
    code = np.arange(rows * columns).reshape(rows, columns)
    found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for down, across in _STEPS:
        here = (slice(0, rows - down), slice(max(0, -across), columns - max(0, across)))
        there = (slice(down, rows), slice(max(0, across), columns - max(0, -across)))
        may = open_[here] & open_[there]
        if down and across:
            may &= open_[here[0], there[1]] & open_[there[0], here[1]]
        found.append((code[here][may], code[there][may]))
    left, right = (np.concatenate([one[side] for one in found]) for side in (0, 1))
    cell_km = (cell_m[0] / 1000, cell_m[1] / 1000)
    return Steps((rows, columns), cell_km, left, right, np.where(shut, np.nan, cost_per_km).ravel())


def costs_from(grid: Steps, sources: Sequence[int]) -> NDArray[np.float64]:
    """Return the cost of the cheapest route from each source to every cell, (sources, cells)."""
    return np.atleast_2d(dijkstra(grid.graph(grid.cost), directed=False, indices=np.array(sources)))


def cheapest(grid: Steps, start: int, end: int, cost: NDArray[np.float64] | None = None) -> Route | None:
    """Return the cheapest route by `cost` of the steps (default their own), with its true cost; None without one."""
    graph = grid.graph(grid.cost if cost is None else cost)
    # from the end: routes of several starts to one end are branches of one tree, and run together once they meet
    found: tuple[NDArray[np.float64], NDArray[np.int32]]
    found = dijkstra(graph, directed=False, indices=[end], return_predecessors=True)
    before = found[1][0]
    if before[start] < 0 and start != end:
        return None
    cells = [start]
    while cells[-1] != end:
        cells.append(int(before[cells[-1]]))
    return _route(grid, np.array(cells, dtype=np.int64))


def _route(grid: Steps, cells: NDArray[np.int64]) -> Route:
    km = grid.km(cells[:-1], cells[1:])
    per_km = grid.cost_per_km[cells]
    return Route(cells, float(km.sum()), float((km * (per_km[:-1] + per_km[1:]) / 2).sum()))


def ways(cells: NDArray[np.int64]) -> set[tuple[int, int]]:
    """Return the steps of a way, the lower cell first."""
    left, right = np.minimum(cells[:-1], cells[1:]), np.maximum(cells[:-1], cells[1:])
    return set(zip(left.tolist(), right.tolist(), strict=True))


def near(grid: Steps, route: Route, apart_m: float) -> NDArray[np.bool_]:
    """Return the cells whose centre lies within a distance of the centre of a cell of a route, (cells,)."""
    away = np.ones(grid.shape, dtype=bool)
    away.ravel()[route.cells] = False
    sampling = (grid.cell_km[0] * 1000, grid.cell_km[1] * 1000)
    return np.asarray(distance_transform_edt(away, sampling=sampling) <= apart_m).ravel()


def among(grid: Steps, some: set[tuple[int, int]]) -> NDArray[np.bool_]:
    """Return which steps of the grid are among some, (steps,)."""
    n = len(grid.cost_per_km)
    keys = np.array([low * n + high for low, high in some], dtype=np.int64)
    return np.isin(np.minimum(grid.left, grid.right) * n + np.maximum(grid.left, grid.right), keys)


def alternatives(
    grid: Steps, start: int, end: int, lines: Lines, names: str, taken: set[tuple[int, int]]
) -> list[Route]:
    """Return the cheapest route and distinct others, cheapest first.

    Of routes that cost the same, to a millionth, those along steps already `taken` are chosen. `names` says which pair
    it is in the message.

    Raises InstanceError where there is no route at all.
    """
    nudge = np.where(among(grid, taken), 1 - TIE, 1.0)
    first = cheapest(grid, start, end, grid.cost * nudge)
    if first is None:
        message = f"no route joins {names}: forbidden or missing land lies between them"
        raise InstanceError([Fault("routes", message, "move a bus, or give the crossing a price")])
    found, bands, factor = [first], [near(grid, first, lines.apart_m)], np.ones(len(grid.cost_per_km))
    band = bands[0]
    for _ in range(TRIES * (lines.alternatives - 1)):
        if len(found) >= lines.alternatives:
            break
        factor[band] *= DEARER
        other = cheapest(grid, start, end, nudge * grid.priced(grid.cost_per_km * factor))
        assert other is not None  # prices open and shut nothing
        band = near(grid, other, lines.apart_m)
        distinct = all(one[other.cells].mean() <= lines.overlap for one in bands)
        if distinct and other.cost <= lines.stretch * first.cost:
            found.append(other)
            bands.append(band)
    return sorted(found, key=lambda route: route.cost)


def along(
    grid: Steps, start: int, end: int, others: set[tuple[int, int]], saved: float, own: Sequence[Route]
) -> Route | None:
    """Return the route that is cheapest where steps that others use cost a share `saved` less; None if it is known."""
    if not others:
        return None
    route = cheapest(grid, start, end, grid.cost * np.where(among(grid, others), 1 - saved, 1.0))
    return None if route is None or any(ways(route.cells) == ways(one.cells) for one in own) else route
