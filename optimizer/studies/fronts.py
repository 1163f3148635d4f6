r"""Pareto fronts (帕累托前沿): plans of which none is better in one goal without being worse in another.

Two goals: the ends first, each goal by itself and then the other; then the widest gap between neighbours is halved
again and again along the goal in which it is wider (:math:`\varepsilon`-constraint), so that points lie evenly in the
space of both goals, scaled to the ends. Where the middle leads back to a known point, a limit just below the worse end
leads to its next neighbour; where that is known too, the gap is left, and what its solve proves of it is told.
Three goals: limits of the second and third between the ends of all three, each as far as may be from the points known,
those passed over that a plan found already answers; the scales of three goals come from the ends and may be too narrow.
Every point carries a value and a bound for each goal (`optimizer.studies.goals`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise, permutations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.results.start import write_start
from optimizer.studies.front_table import NEXT, SAME, Point, Scale, front_table, on_front
from optimizer.studies.goals import goal, in_order, record
from optimizer.studies.models import model_of
from optimizer.studies.plans import write_audited
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from optimizer.studies.asked import Asked
    from optimizer.studies.entries import FrontEntry
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

FRONTS = "fronts"
"""Folder of a study."""

FINE, AT_ONCE, TRIES = 4, 4, 4
"""Of three goals: limits tried along a goal for each point along it, solves side by side, most solves a point."""


@dataclass
class Front:
    """A front while it is made: `points` are in the order in which they were found."""

    entry: FrontEntry
    scenario: str
    asked: Asked
    root: Path
    at: Runner
    points: list[Point]
    made: int = 0

    def task(self, order: Sequence[str], limits: Mapping[str, float], start: str = "") -> Task:
        """Return the task of one point: goals in an order, under limits, begun from the plan of another point."""
        scenario = self.scenario
        before = start or f"{SCENARIOS}/{scenario}"
        asked = self.asked
        goals = {"order": list(order), "limits": dict(limits)}
        arguments = {"instance": self.root / INSTANCES / scenario, "start": self.root / before, "asked": asked, **goals}
        folder = f"{FRONTS}/{self.entry.name}/points/{self.made:03d}"
        self.made += 1
        return Task(folder, write_point, arguments, goals | asked.stated(), (f"{INSTANCES}/{scenario}", before))

    def run(self, tasks: Sequence[Task]) -> list[Point | None]:
        """Do tasks and return their points; None where no plan keeps the limits, or the task failed."""
        ended = self.at.run(tasks)
        found: list[Point | None] = []
        for task in tasks:
            told = ended[task.folder].record
            found.append(Point(task.folder, told["minimised"], told["proven"], told) if "minimised" in told else None)
        self.points += [point for point in found if point is not None]
        return found


def write_point(
    folder: Path, instance: Path, start: Path, asked: Asked, order: Sequence[str], limits: Mapping[str, float]
) -> dict[str, Any]:
    """Take the goals of a point in order, write its plan and audit it."""
    model = model_of(instance)
    goals = [goal(model, name) for name in order]
    begun = asked.options(model.kept(start))
    reached = in_order(model, goals, limits, begun, asked.method)
    if reached is None:
        return {"status": "infeasible", "limits": dict(limits)}
    audited = write_audited(model, reached.shares, folder)
    write_start(model.program, reached.shares, None, folder)
    asked_for = {"order": list(order), "limits": dict(limits)}
    found = {**asked_for, **record(goals, reached), **audited.record()}
    found["units"] = {one.name: one.measure.unit for one in goals}
    write_json(folder / "point.json", found)
    return found


def run_front(entry: FrontEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Find the points of a front, write their table, and return it; see `front_table` for its columns."""
    front = Front(entry, scenario.name, asked, root.absolute(), at, [])
    names = entry.objectives
    ends = [point for point in front.run([front.task(order, {}) for order in _orders(names)]) if point is not None]
    if len(ends) == len(names):
        (_between if len(names) == 2 else _spread_out)(front, Scale.of(ends, names))
    table = front_table(front.points, ends, names)
    at.run([_table_task(front, table, len(names) - len(ends))])
    return table


def _orders(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the orders that lead to the ends: each goal first, the others after it."""
    if len(names) == 2:
        return list(permutations(names))
    return [(name, *(other for other in names if other != name)) for name in names]


def _between(front: Front, scale: Scale) -> None:
    """Halve the widest gaps between neighbours until there are as many points as asked for."""
    wanted = front.entry.points
    halved: set[tuple[str, str]] = set()
    left: set[tuple[str, str]] = set()
    while len(line := _line(front.points, scale)) < wanted:
        gaps = [_gap(a, b, scale) for a, b in pairwise(line) if (a.folder, b.folder) not in left]
        if not gaps:
            return
        gaps.sort(key=lambda gap: -gap[0])
        wide = [gap for gap in gaps if gap[0] > gaps[0][0] / 2][: wanted - len(line)]
        ends = [(a.folder, b.folder) for _, _, a, b in wide]
        tasks = [
            front.task(*_within(a, b, scale.names, axis, NEXT * scale.width[axis] if end in halved else None))
            for end, (_, axis, a, b) in zip(ends, wide, strict=True)
        ]
        found = front.run(tasks)
        known = _line(front.points, scale)
        led_back = {end for end, point in zip(ends, found, strict=True) if point not in known}
        left |= led_back & halved
        halved |= led_back


def _line(points: Sequence[Point], scale: Scale) -> list[Point]:
    """Return the points that make up the front, the best in the first goal first."""
    return sorted(on_front(points, scale), key=lambda point: point.values[scale.names[0]])


def _gap(a: Point, b: Point, scale: Scale) -> tuple[float, int, Point, Point]:
    """Return how far two neighbours are apart, and the goal in which they are furthest."""
    far = np.abs(np.subtract(*scale.place([a, b])))
    return float(np.hypot(*far)), int(far.argmax()), a, b


def _within(
    a: Point, b: Point, names: Sequence[str], axis: int, below: float | None
) -> tuple[tuple[str, ...], dict[str, float], str]:
    """Return the task of a point between two: order, limit, and the end that keeps the limit.

    The limit lies in the middle, or that much below the worse end.
    """
    held, free = names[axis], names[1 - axis]
    low, high = sorted((a.values[held], b.values[held]))
    keeps = a if a.values[held] == low else b
    return (free, held), {held: (low + high) / 2 if below is None else high - below}, keeps.folder


def _spread_out(front: Front, scale: Scale) -> None:
    """Take limits of the second and third goal, those furthest from what is known first, until points are enough."""
    wanted = front.entry.points
    side = FINE * math.ceil(math.sqrt(wanted))
    grid = np.array(list(product((np.arange(side) + 0.5) / side, repeat=2)))  # in parts of the ends' distance
    answered, empty = np.zeros(len(grid), dtype=bool), np.zeros((0, 2))
    while (lacking := wanted - len(line := on_front(front.points, scale))) > 0 and front.made < TRIES * wanted:
        known = np.vstack([scale.place(line)[:, 1:], empty])
        chosen = _furthest(grid, known, answered, min(lacking, AT_ONCE))
        if not chosen:
            return
        found = front.run([front.task(*_under(grid[one], scale)) for one in chosen])
        for limit, point in zip(grid[chosen], found, strict=True):
            # The plan of some limits is that of all limits between it and them; where they leave none, less does too.
            low = np.zeros(2) if point is None else scale.place([point])[0, 1:]
            answered |= ((grid >= low - SAME) & (grid <= limit + SAME)).all(axis=1)
            if point is None:
                empty = np.vstack([empty, limit])


def _furthest(
    grid: NDArray[np.float64], known: NDArray[np.float64], answered: NDArray[np.bool_], count: int
) -> list[int]:
    """Return which limits, (limits, 2), not answered yet, lie furthest from known ones and from each other."""
    far = np.linalg.norm(grid[:, None] - known[None], axis=2).min(axis=1)
    chosen: list[int] = []
    for _ in range(min(count, int((~answered).sum()))):
        chosen.append(int(np.where(answered, -1.0, far).argmax()))
        far = np.minimum(far, np.linalg.norm(grid - grid[chosen[-1]], axis=1))
    return chosen


def _under(limit: NDArray[np.float64], scale: Scale) -> tuple[tuple[str, ...], dict[str, float]]:
    """Return the order of goals and the limits of the second and third, which `limit` has in parts, (2,)."""
    values = scale.ends.min(axis=0)[1:] + limit * scale.width[1:]
    return scale.names, dict(zip(scale.names[1:], values.tolist(), strict=True))


def _table_task(front: Front, table: pd.DataFrame, missing: int) -> Task:
    """Return the task that writes the table of a front; `missing` ends were not found."""
    folder = f"{FRONTS}/{front.entry.name}/table"
    stated = {"rows": table.astype(str).to_dict("list"), "missing": missing}
    arguments = {"table": table, "entry": front.entry, "missing": missing}
    return Task(folder, write_table, arguments, stated, tuple(p.folder for p in front.points))


def write_table(folder: Path, table: pd.DataFrame, entry: FrontEntry, missing: int) -> dict[str, Any]:
    """Write the table of a front as CSV and Parquet."""
    write_both(folder, "front", table)
    found = {"name": entry.name, "objectives": list(entry.objectives), "points": len(table), "missing_ends": missing}
    write_json(folder / "result.json", found)
    return found
