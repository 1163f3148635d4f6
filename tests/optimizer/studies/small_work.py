"""Work for tasks that takes no time: in a module of its own, for workers to find."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from instances.faults import Fault, InstanceError
from optimizer.studies.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


PATIENCE_S = 60.0


def write_sum(folder: Path, own: int, sources: Sequence[Path]) -> dict[str, Any]:
    """Add up a number and those of other folders."""
    total = own + sum(int((source / "sum.txt").read_text()) for source in sources)
    (folder / "sum.txt").write_text(str(total))
    return {"sum": total}


def refuse(folder: Path, **_: Any) -> dict[str, Any]:
    """Leave something half written, and refuse the input."""
    (folder / "half.txt").write_text("half")
    raise InstanceError([Fault("land/zones.csv", "is bad", "make it good", row=3)])


def crash(folder: Path, **_: Any) -> dict[str, Any]:
    """Leave something half written, and break down."""
    (folder / "half.txt").write_text("half")
    raise ZeroDivisionError("by accident")


def meet(folder: Path, others: Sequence[Path]) -> dict[str, Any]:
    """Say that it is there, and wait until others are: for tasks that are done at the same time."""
    (folder.parent / f"{folder.name.split('.')[1]}.there").touch()
    deadline = time.monotonic() + PATIENCE_S
    while lacking := [other for other in others if not other.exists()]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{lacking} never came")
        time.sleep(0.02)
    return {"met": [other.stem for other in others]}


def sum_task(root: Path, name: str, own: int, *after: str) -> Task:
    """Return the task of a sum over other tasks."""
    return Task(
        f"sums/{name}", write_sum, {"own": own, "sources": [root / one for one in after]}, {"own": own}, tuple(after)
    )


def chain(root: Path, first: int = 1) -> list[Task]:
    """Return three sums: a = first, b = a + 10, c = a + b + 100."""
    a, b = "sums/a", "sums/b"
    return [sum_task(root, "a", first), sum_task(root, "b", 10, a), sum_task(root, "c", 100, a, b)]
