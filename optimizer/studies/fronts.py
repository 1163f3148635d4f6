r"""Pareto fronts (帕累托前沿): plans of which none is better in one goal without being worse in another.

Two goals: the ends first, each goal by itself and then the other; then the widest gap between neighbours is halved
again and again along the goal in which it is wider (:math:`\varepsilon`-constraint), so that points lie evenly in the
space of both goals, scaled to the ends. Where the middle leads back to a known point, a limit just below the worse end
leads to its next neighbour; where that is known too, the gap is empty.
Three goals: a grid of limits of the second and third between the ends of all three; the scales of three goals come from
the ends and may be too narrow. Every point carries a value and a bound for each goal (`optimizer.studies.goals`).

The knee is the point furthest from the line (or plane) through the ends, on the side of the better plans.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, permutations, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.results.start import read_values, write_start
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

    from numpy.typing import NDArray

    from optimizer.studies.asked import Asked
    from optimizer.studies.file import FrontEntry
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

FRONTS = "fronts"
"""Folder of a study."""

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
    begun = asked.options(read_values(model.program, start))
    reached = in_order(model, goals, limits, begun, asked.method)
    if reached is None:
        return {"status": "infeasible", "limits": dict(limits)}
    audited = write_audited(model, reached.shares, folder)
    write_start(model.program, reached.shares, None, folder)
    found = {"status": "optimal", "limits": dict(limits), **record(goals, reached), **audited.record()}
    found["units"] = {one.name: one.measure.unit for one in goals}
    write_json(folder / "point.json", found)
    return found


def run_front(entry: FrontEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Find the points of a front, write their table, and return it; see `front_table` for its columns."""
    front = Front(entry, scenario.name, asked, root.absolute(), at, [])
    names = entry.objectives
    ends = front.run([front.task(order, {}) for order in _orders(names)])
    if all(point is not None for point in ends):
        (_between if len(names) == 2 else _on_a_grid)(front)
    table = front_table(front.points, names)
    at.run([_table_task(front, table)])
    return table


def _orders(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the orders that lead to the ends: each goal first, the others after it."""
    if len(names) == 2:
        return list(permutations(names))
    return [(name, *(other for other in names if other != name)) for name in names]


def _scale(points: Sequence[Point], names: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the best value of each goal at the ends, and how far the worst is from it, (goals,)."""
    ends = np.array([[point.values[name] for name in names] for point in points[: len(names)]])
    best = ends.min(axis=0)
    return best, np.maximum(ends.max(axis=0) - best, SAME)


def _between(front: Front) -> None:
    """Halve the widest gaps between neighbours until there are as many points as asked for."""
    names = front.entry.objectives
    _, width = _scale(front.points, names)
    halved: set[tuple[str, str]] = set()
    empty: set[tuple[str, str]] = set()
    while len(line := sorted(_best(front.points, names), key=lambda one: one.values[names[0]])) < front.entry.points:
        gaps = [_gap(a, b, names, width) for a, b in pairwise(line) if (a.folder, b.folder) not in empty]
        if not gaps:
            return
        gaps.sort(key=lambda gap: -gap[0])
        wide = [gap for gap in gaps if gap[0] > gaps[0][0] / 2][: front.entry.points - len(line)]
        ends = [(a.folder, b.folder) for _, _, a, b in wide]
        tasks = [
            front.task(*_within(a, b, names, axis, NEXT * width[axis] if end in halved else None))
            for end, (_, axis, a, b) in zip(ends, wide, strict=True)
        ]
        found = front.run(tasks)
        known = _best(front.points, names)
        led_back = {end for end, point in zip(ends, found, strict=True) if point not in known}
        empty |= led_back & halved
        halved |= led_back


def _gap(a: Point, b: Point, names: Sequence[str], width: NDArray[np.float64]) -> tuple[float, int, Point, Point]:
    """Return how far two neighbours are apart, and the goal in which they are furthest."""
    far = np.array([abs(a.values[name] - b.values[name]) for name in names]) / width
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


def _on_a_grid(front: Front) -> None:
    """Take a grid of limits of all goals but the first."""
    names = front.entry.objectives
    best, width = _scale(front.points, names)
    steps = max(int(np.ceil(np.sqrt(front.entry.points))), 2)
    share = (np.arange(steps) + 0.5) / steps
    tasks = []
    for parts in product(share, repeat=len(names) - 1):
        limits = {
            name: float(best[k + 1] + part * width[k + 1])
            for k, (name, part) in enumerate(zip(names[1:], parts, strict=True))
        }
        tasks.append(front.task(names, limits))
    front.run(tasks)


def _distinct(points: Sequence[Point], names: Sequence[str]) -> list[Point]:
    """Return points without those that say the same as an earlier one."""
    _, width = _scale(points, names)
    found: list[Point] = []
    for point in points:
        if not any(_same(point, other, names, width) for other in found):
            found.append(point)
    return found


def _best(points: Sequence[Point], names: Sequence[str]) -> list[Point]:
    """Return the points that make up the front: no two alike, none dominated."""
    return _undominated(_distinct(points, names), names)


def _same(one: Point, other: Point, names: Sequence[str], width: NDArray[np.float64]) -> bool:
    far = np.array([abs(one.values[name] - other.values[name]) for name in names]) / width
    return bool(far.max() <= SAME)


def front_table(points: Sequence[Point], names: Sequence[str]) -> pd.DataFrame:
    """Return one row a point that no other dominates: folder, value and bound of each goal, gap, distance, knee.

    No plan is better in every goal at once by more than the value less the bound of each.
    """
    if not points:
        return pd.DataFrame(columns=["point", *names, "knee"])
    kept = _best(points, names)
    best, width = _scale(points, names)
    scaled = np.array([[(point.values[name] - best[k]) / width[k] for k, name in enumerate(names)] for point in kept])
    depth = (1.0 - scaled.sum(axis=1)) / np.sqrt(len(names))
    rows = []
    for number, point in enumerate(kept):
        row: dict[str, Any] = {"point": point.folder.rpartition("/")[2], "folder": point.folder}
        for name in names:
            row |= {name: point.told["values"][name], f"{name} bound": point.told["bounds"][name]}
        row |= {"gap": max(point.told["gaps"].values()), "depth": float(depth[number])}
        row |= {"knee": int(number == depth.argmax() and depth[number] > SAME), "audit": point.told["audit_passed"]}
        rows.append(row)
    return pd.DataFrame(rows).sort_values(names[0], ignore_index=True)


def _undominated(points: Sequence[Point], names: Sequence[str]) -> list[Point]:
    """Return the points that no other is at least as good as in every goal."""
    values = np.array([[point.values[name] for name in names] for point in points])
    _, width = _scale(points, names)
    scaled = values / width
    kept = []
    for place, own in enumerate(scaled):
        others = np.delete(scaled, place, axis=0)
        better = (others <= own + SAME).all(axis=1) & (others < own - SAME).any(axis=1)
        if not better.any():
            kept.append(points[place])
    return kept


def _table_task(front: Front, table: pd.DataFrame) -> Task:
    """Return the task that writes the table of a front."""
    folder = f"{FRONTS}/{front.entry.name}/table"
    stated = {"rows": table.astype(str).to_dict("list")}
    return Task(
        folder, write_table, {"table": table, "entry": front.entry}, stated, tuple(p.folder for p in front.points)
    )


def write_table(folder: Path, table: pd.DataFrame, entry: FrontEntry) -> dict[str, Any]:
    """Write the table of a front as CSV and Parquet."""
    write_both(folder, "front", table)
    found = {"name": entry.name, "objectives": list(entry.objectives), "points": len(table)}
    write_json(folder / "result.json", found)
    return found
