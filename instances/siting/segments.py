r"""Routes merged into one graph: steps that the same routes use, in line, are one segment (合并为共用区段).

Lines that share a segment share its strip and the part of the cost that a second circuit does not pay again. With
:math:`\rho` that part, a segment costs :math:`\rho \sum d\,b\,m + \sum d\,\pi`: what lines of all voltage classes that
use it share, so that of the cheapest one, and the approval of crossings, paid once. A circuit of a route costs the
rest, so that a line of any class that stands alone pays exactly what its route costs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from instances.siting.routes import ways

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from instances.siting.routes import Route

Step = tuple[int, int]


@dataclass(frozen=True)
class Segment:
    """A piece of routes: its name, its cells in order, and the routes that use it."""

    name: str
    cells: NDArray[np.int64] = field(repr=False)
    routes: tuple[str, ...]


def merged(routes: Mapping[str, Route]) -> list[Segment]:
    """Return the segments of routes by name: no step lies in two, and each route is a chain of whole segments."""
    users: dict[Step, list[str]] = defaultdict(list)
    for name, route in routes.items():
        for step in sorted(ways(route.cells)):
            users[step].append(name)
    beside: dict[int, list[Step]] = defaultdict(list)
    for step in users:
        for cell in step:
            beside[cell].append(step)
    ends = {int(cell) for route in routes.values() for cell in (route.cells[0], route.cells[-1])}
    joints = {cell for cell, at in beside.items() if len(at) != 2 or users[at[0]] != users[at[1]]} | ends
    found, seen = [], set[Step]()
    for cell in sorted(joints):
        for step in sorted(beside[cell]):
            if step in seen:
                continue
            chain = _chain(cell, step, beside, joints)
            seen |= ways(np.array(chain))
            found.append((chain, tuple(users[step])))
    digits = max(3, len(str(len(found))))
    return [
        Segment(f"s{number:0{digits}d}", np.array(chain, dtype=np.int64), names)
        for number, (chain, names) in enumerate(found, start=1)
    ]


def _chain(cell: int, step: Step, beside: Mapping[int, list[Step]], joints: set[int]) -> list[int]:
    """Follow steps from a joint to the next one."""
    chain = [cell]
    while True:
        cell = step[0] + step[1] - cell
        chain.append(cell)
        if cell in joints:
            return chain
        step = next(other for other in beside[cell] if other != step)


def of_routes(segments: list[Segment]) -> dict[str, list[str]]:
    """Return the segments of each route."""
    found: dict[str, list[str]] = defaultdict(list)
    for segment in segments:
        for name in segment.routes:
            found[name].append(segment.name)
    return dict(found)
