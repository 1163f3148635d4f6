"""The table that maps raster values to classes: the shipped CORINE one, or a CSV beside the config."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from instances import schema
from instances.classes import load_groups, shipped_table
from instances.faults import Fault, InstanceError, raise_if_any
from instances.readers.raster.config import LandCover, inside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHIPPED = ("corine",)
COLUMNS = tuple(column.name for column in schema.table("land", "classes").columns)
_NEEDED = ("class", "scheme", "code", "name_zh", "name_en", "group")


def read_classes(folder: Path, config: LandCover) -> pd.DataFrame:
    """Return the class table indexed by raster value; an empty `class` refuses the value.

    Several values may map to one class. Raises InstanceError with every fault of the table.
    """
    if config.classes in SHIPPED:
        place, table = config.classes, shipped_table(config.classes)
    else:
        path = inside(folder, config.classes)
        place = str(path)
        try:
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        except (ValueError, UnicodeDecodeError) as error:
            raise InstanceError([Fault(place, f"cannot be read: {error}", "save it as CSV in UTF-8")]) from error
    raise_if_any(
        Fault(place, f"has no column {name}", "see docs/howto/aachen.md", column=name)
        for name in (config.key, *_NEEDED)
        if name not in table
    )
    raise_if_any(_faults(place, table, config.key))
    table.index = pd.Index(table[config.key].astype(float).astype(int), name="value")
    return table.reindex(columns=list(COLUMNS), fill_value="")


def _faults(place: str, table: pd.DataFrame, key: str) -> Iterator[Fault]:
    values = pd.to_numeric(table[key], errors="coerce")
    leaves = load_groups().leaves
    first: dict[str, tuple[str, ...]] = {}
    for row, (raw, value) in enumerate(zip(table[key], values, strict=True)):
        line = row + 2
        if pd.isna(value) or value != round(value):
            yield Fault(place, f"{raw!r} is no whole number", "give the raster value", line, key)
        elif (values == value).sum() > 1 and (values.iloc[:row] == value).any():
            yield Fault(place, f"value {raw} is listed twice", "keep one row", line, key)
        name, group = table["class"].iloc[row], table["group"].iloc[row]
        if not name:
            continue
        if group not in leaves:
            yield Fault(
                place, f"class {name}: {group!r} is no leaf group", f"one of {', '.join(leaves)}", line, "group"
            )
        about = tuple(table[column].iloc[row] for column in _NEEDED)
        if first.setdefault(name, about) != about:
            yield Fault(place, f"class {name} is described in two ways", "make its rows agree", line, "class")


def unmapped(table: pd.DataFrame, hectares: pd.Series, place: str) -> Iterator[Fault]:
    """Yield a fault for each raster value with land that the table does not list; `hectares` is by value."""
    for value, area in hectares[~hectares.index.isin(table.index)].items():
        hint = "add a row for it; an empty class refuses the land"
        yield Fault(place, f"raster value {value} ({area:,.4f} ha) is not in the class table", hint)


def used_classes(table: pd.DataFrame, values: pd.Index, also: tuple[str, ...]) -> pd.DataFrame:
    """Return the classes of the values that occur, and those that are wished besides."""
    chosen = table.index.isin(values) | table["class"].isin(also)
    held = table[chosen & (table["class"] != "").to_numpy()]
    return held.drop_duplicates("class").reset_index(drop=True)
