"""Small restoration instances for tests: six units on a grid of two rows, and whatever tables a test adds.

    1 2 3
    4 5 6

Borders are 10 m long, the outer edge of a unit is what is left of its 40 m. Costs are 1 to 6; feature `a` lies in units
1, 2 and 3 (2 each), feature `b` in 3, 5 and 6 (1, 2 and 3).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]

BORDERS = ("12", "23", "45", "56", "14", "25", "36")
AMOUNTS = {"a": {"1": 2, "2": 2, "3": 2}, "b": {"3": 1, "5": 2, "6": 3}}


def units(**changes: Record) -> list[Record]:
    """Return the units; `u3={"status": "locked_in"}` changes a row."""
    return [
        {"unit": str(k), "cost": k, "area_ha": 10, "x": (k - 1) % 3 * 100, "y": -((k - 1) // 3) * 100}
        | changes.get(f"u{k}", {})
        for k in range(1, 7)
    ]


def boundary() -> list[Record]:
    """Return the shared borders and the outer edges."""
    inner = [{"unit_a": pair[0], "unit_b": pair[1], "length_m": 10} for pair in BORDERS]
    outer = {str(k): 40 - 10 * sum(str(k) in pair for pair in BORDERS) for k in range(1, 7)}
    return inner + [{"unit_a": name, "unit_b": name, "length_m": length} for name, length in outer.items() if length]


def rule(name: str, value: float = 0, **columns: Any) -> Record:
    """Return a row of the rules table."""
    return {"id": columns.pop("id", name), "rule": name, "value": value, **columns}


@dataclass
class SiteDraft:
    """A restoration instance before it is written."""

    restoration: Record = field(default_factory=dict)
    objectives: list[Record] = field(default_factory=list)
    tables: dict[str, list[Record]] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write instance.toml and a CSV a table."""
        lines = ["[instance]", 'name = "six"', 'title_zh = "六个单元"', 'title_en = "Six units"', "[restoration]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in self.restoration.items()]
        for objective in self.objectives:
            lines += ["[[restoration.objective]]", *(f"{key} = {json.dumps(one)}" for key, one in objective.items())]
        part = folder / "restoration"
        part.mkdir(parents=True)
        (folder / "instance.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name, records in self.tables.items():
            if records:
                pd.DataFrame(records, dtype=object).to_csv(part / f"{name}.csv", index=False)
        return folder


def six(*rules: Record, objectives: list[Record] | None = None, **tables: list[Record]) -> SiteDraft:
    """Return the six units with targets of 4 of `a` and 3 of `b`; tables given replace the usual ones."""
    features = [
        {"feature": "a", "name_zh": "甲", "name_en": "first", "target": 4, "weight": 1},
        {"feature": "b", "name_zh": "乙", "name_en": "second", "target": 3, "weight": 2},
    ]
    amounts = [
        {"feature": feature, "unit": unit, "amount": amount}
        for feature, held in AMOUNTS.items()
        for unit, amount in held.items()
    ]
    usual = {
        "units": units(),
        "features": features,
        "amounts": amounts,
        "boundary": boundary(),
        "unit_groups": [{"group": "west", "unit": unit} for unit in "14"]
        + [{"group": "east", "unit": unit} for unit in "36"],
        "rules": list(rules),
    }
    return SiteDraft({}, objectives or [], usual | tables)


def write_selection(folder: Path, shares: dict[str, Any]) -> Path:
    """Write a bare selection by hand: unit (or `unit@zone`) and share."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, share in shares.items():
        unit, _, zone = name.partition("@")
        rows.append({"unit": unit, "amount": share} | ({"management_zone": zone} if zone else {}))
    pd.DataFrame(rows).to_csv(folder / "selection.csv", index=False)
    return folder
