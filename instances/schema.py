"""Every table of an instance, column by column: the one source of validation and documentation.

The declarations themselves are data: `tables/layout.csv` names the tables of each part with their
keys, `tables/fields.csv` their columns with unit, range and meaning. `validate` checks against them,
`docs/instance-format.md` is generated from them.

三区实例的全部数据表：字段、单位、取值与说明都只在这两张表里定义一次。
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

KINDS = ("id", "text", "number", "integer", "flag")
"""What a column holds; a flag is 0 or 1, an id is a name or a whole number."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    default
        Taken where an optional column is absent or empty.
    values
        What a text may be; empty for any.
    refers_to
        `table.column` in which every non-empty value must be found.
    """

    name: str
    kind: str
    unit: str
    required: bool
    default: str | float
    values: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    refers_to: str
    about: str
    about_zh: str


@dataclass(frozen=True)
class Table:
    """One table of a part; an optional one may be absent and is then empty."""

    part: str
    name: str
    key: tuple[str, ...]
    optional: bool
    geometry: bool
    about: str
    about_zh: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return the column called `name`; raises KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")


def _rows(name: str) -> list[dict[str, str]]:
    with files("instances.tables").joinpath(f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _number(text: str) -> float | None:
    return float(text) if text else None


def _column(row: dict[str, str]) -> Column:
    kind = row["kind"]
    textual = kind in ("id", "text")
    default: str | float = row["default"] if textual else float(row["default"] or 0)
    return Column(
        name=row["column"],
        kind=kind,
        unit=row["unit"],
        required=row["required"] == "1",
        default=default if textual or kind == "number" else int(default),
        values=_split(row["values"]),
        minimum=_number(row["minimum"]),
        maximum=_number(row["maximum"]),
        refers_to=row["refers_to"],
        about=row["about"],
        about_zh=row["about_zh"],
    )


@lru_cache(maxsize=1)
def tables() -> dict[str, tuple[Table, ...]]:
    """Return the parts in reading order, each with its tables."""
    fields = _rows("fields")
    parts: dict[str, list[Table]] = {}
    for row in _rows("layout"):
        part, name = row["part"], row["table"]
        table = Table(
            part=part,
            name=name,
            key=_split(row["key"]),
            optional=row["optional"] == "1",
            geometry=row["geometry"] == "1",
            about=row["about"],
            about_zh=row["about_zh"],
            columns=tuple(_column(field) for field in fields if (field["part"], field["table"]) == (part, name)),
        )
        parts.setdefault(part, []).append(table)
    return {part: tuple(members) for part, members in parts.items()}


def table(part: str, name: str) -> Table:
    """Return a table of a part; raises KeyError where there is none."""
    for candidate in tables()[part]:
        if candidate.name == name:
            return candidate
    raise KeyError(f"part {part} has no table {name}")
