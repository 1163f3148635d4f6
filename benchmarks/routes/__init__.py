"""Routes from an instance to a plan with a bound, one file each; `worker.py` runs one in a process of its own.

A route is a module with `run(task) -> Answer`; what follows a colon in its name goes to the task (`sanqu:core`).
"""

from __future__ import annotations

NAMES = ("sanqu", "highs", "pyomo", "linopy", "floor", "prototype", "command")
"""Every route; the modules are imported only when they run, since each needs its own libraries."""

NEED_BASE = ("highs", "pyomo", "linopy")
"""Routes that are told the gap in absolute terms, and so need to know what the relative gap is relative to."""


def split(route: str) -> tuple[str, str]:
    """Return module and argument of a route; raises ValueError where there is no such route."""
    name, _, argument = route.partition(":")
    if name not in NAMES:
        raise ValueError(f"there is no route {name!r}; known are {', '.join(NAMES)}")
    return name, argument
