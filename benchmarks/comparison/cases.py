"""Cases: made instances by name, with the gap that is asked of every route."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE = Path(__file__).with_name("cases.csv")

FLAGS: Mapping[str, type] = {
    "zones": int,
    "classes": int,
    "regions": int,
    "quotas": int,
    "claims": bool,
    "projects": int,
    "periods": int,
    "whole": float,
    "compactness": float,
}
"""What the generator is told (`instances.synthetic.Options`), and of which type."""


DEFAULTS: Mapping[str, Any] = {
    "classes": 7,
    "regions": 4,
    "quotas": 0,
    "projects": 0,
    "periods": 1,
    "whole": 0.0,
    "compactness": 0.0,
}
"""What the generator assumes."""


@dataclass(frozen=True)
class Case:
    """A made instance: what the generator is told, and the gap asked."""

    name: str
    flags: Mapping[str, Any] = field(default_factory=dict)
    gap: float = 1e-4

    @property
    def zones(self) -> int:
        """Number of zones."""
        return int(self.flags["zones"])

    def command(self) -> str:
        """Return the flags as `sanqu new` takes them, those at their default left out."""
        told = []
        for name, value in self.flags.items():
            if value is True:
                told.append(f"--{name}")
            elif value is not False and value != DEFAULTS.get(name):
                told.append(f"--{name} {value:g}" if isinstance(value, float) else f"--{name} {value}")
        return " ".join(told)


@cache
def named() -> dict[str, Case]:
    """Return the cases of the table by name."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: _case(row) for row in csv.DictReader(file)}


def _case(row: Mapping[str, str]) -> Case:
    flags = {name: kind(int(row[name])) if kind is bool else kind(row[name]) for name, kind in FLAGS.items()}
    return Case(row["name"], flags, float(row["gap"]))
