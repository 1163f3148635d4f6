"""A scenario as an instance folder: unchanged tables are copied, changed ones written, settings edited in place.

So everything that reads an instance reads a scenario: solve, check, audit, why, report. The hash of a scenario is that
of its contents, whatever led to them.

情景即实例文件夹：未改动的表照抄，改动的表重写，设置在原文件上修改。
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import tomlkit
from tomlkit.exceptions import TOMLKitError

from instances import schema
from instances.faults import Fault, InstanceError
from instances.readers.borders import shared_borders
from instances.readers.folder import find_table, read_geometry, read_table
from instances.readers.geometry import has_polygons
from instances.scenarios.edit import edited, read_raw, write_raw
from instances.scenarios.lines import inside, moved
from instances.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from instances.scenarios.changes import Change, LineMove
    from instances.schema import Table

SETTINGS = "instance.toml"

LARGE = 2**24
"""Bytes from which a table that is not changed is linked."""


@dataclass(frozen=True)
class Changes:
    """Everything that makes one instance from another, in the order in which it is done.

    Attributes
    ----------
    settings
        `section.key`: value, as in `carbon.mode`.
    rules_off, rules_on
        Rules that are switched off, and on again, by name.
    tables
        Changes of tables.
    lines
        Control lines that are moved, before any table is changed.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    rules_off: tuple[str, ...] = ()
    rules_on: tuple[str, ...] = ()
    tables: tuple[Change, ...] = ()
    lines: tuple[LineMove, ...] = ()

    def then(self, later: Changes) -> Changes:
        """Return both, one after the other; of settings and rules the later word counts."""
        off = [rule for rule in self.rules_off if rule not in later.rules_on]
        on = [rule for rule in self.rules_on if rule not in later.rules_off]
        return Changes(
            {**self.settings, **later.settings},
            tuple(dict.fromkeys((*off, *later.rules_off))),
            tuple(dict.fromkeys((*on, *later.rules_on))),
            (*self.tables, *later.tables),
            (*self.lines, *later.lines),
        )

    def words(self) -> tuple[str, ...]:
        """Return what is changed, a line each."""
        return (
            *(f"{key} = {value}" for key, value in self.settings.items()),
            *(f"rules_off: {rule}" for rule in self.rules_off),
            *(f"rules_on: {rule}" for rule in self.rules_on),
            *(move.words() for move in self.lines),
            *(change.words() for change in self.tables),
        )


def derive(base: Path, target: Path, changes: Changes, name: str = "") -> None:
    """Write the instance that `changes` make of the one in `base` into a new folder `target`, under a name of its own.

    Raises InstanceError for changes that cannot be made; whether the result is sound says `instances.instance.load`.
    """
    target.mkdir(parents=True, exist_ok=True)
    _write_settings(base / SETTINGS, target / SETTINGS, changes, name)
    touched = _touched(base, changes)
    for part, tables in schema.tables().items():
        for table in tables:
            source = find_table(base, table) if (base / part).is_dir() else None
            key = f"{part}/{table.name}"
            if key in touched:
                write_raw(touched[key], target, table)
            elif source is not None:
                _copy(source, target / part / source.name)


def _touched(base: Path, changes: Changes) -> dict[str, pd.DataFrame]:
    """Return the tables that changes make anew, by `part/table`."""
    found: dict[str, pd.DataFrame] = {}
    if changes.lines:
        found["land/zones"] = _with_lines(base, changes.lines)
    for key in dict.fromkeys(change.table for change in changes.tables):
        mine = [change for change in changes.tables if change.table == key]
        table = mine[0].declared
        frame = found.get(key)
        place = str(find_table(base, table) or base / key)
        found[key] = edited(_raw(base, table) if frame is None else frame, mine, place)
    return found


def _raw(base: Path, table: Table) -> pd.DataFrame:
    """Return a table as it is written; one that is not there has no rows, and all columns."""
    path = find_table(base, table) if (base / table.part).is_dir() else None
    if path is None:
        return pd.DataFrame({column.name: pd.Series(dtype=str) for column in table.columns})
    return read_raw(path, table)


def _with_lines(base: Path, moves: tuple[LineMove, ...]) -> pd.DataFrame:
    """Return the table of zones with its control lines moved."""
    table = schema.table("land", "zones")
    path = find_table(base, table)
    if path is None:
        raise InstanceError([Fault(str(base), "a control line is moved, but there is no land", "drop the line")])
    frame, place = read_raw(path, table), str(path)
    for one in ("region", *(move.line for move in moves)):
        if one not in frame:
            raise InstanceError(
                [Fault(place, "the column is missing", "a line that is moved must be stated", column=one)]
            )
    area = _areas(base, frame)
    borders = _borders(base, path)
    for move in moves:
        meant = _in_region(base, frame, move)
        chosen = np.flatnonzero(meant)
        part = frame.iloc[chosen].reset_index(drop=True)
        column = moved(part, area[chosen], borders, move, place)
        values = frame[move.line].copy()
        values.iloc[chosen] = column.to_numpy()
        frame[move.line] = values
    return frame


def area_inside(base: Path, line: str) -> float:
    """Return the hectares inside a control line of an instance; raises InstanceError where zones do not state it."""
    table = schema.table("land", "zones")
    path = find_table(base, table)
    if path is None:
        raise InstanceError([Fault(str(base), "there is no land", "control lines are of land")])
    frame = read_raw(path, table)
    if line not in frame:
        hint = "a line that is moved must be stated"
        raise InstanceError([Fault(str(path), "the column is missing", hint, column=line)])
    return float(_areas(base, frame)[inside(frame[line], line)].sum())


def _areas(base: Path, zones: pd.DataFrame) -> Any:
    cover, _ = read_table(base, schema.table("land", "cover"))
    by_zone = cover.groupby(cover["zone"].astype(str))["area_ha"].sum()
    return zones["zone"].astype(str).map(by_zone).fillna(0.0).to_numpy()


def _borders(base: Path, zones: Path) -> pd.DataFrame:
    """Return which zones share a border: as stated, else as measured in their polygons."""
    stated = schema.table("land", "neighbours")
    if find_table(base, stated) is not None:
        return read_table(base, stated)[0]
    table = schema.table("land", "zones")
    if not has_polygons(zones, table):
        hint = "add land/neighbours.csv, or store the zones with polygons"
        raise InstanceError([Fault(str(zones), "which zones share a border is not known", hint)])
    return shared_borders(read_geometry(base, table))


def _in_region(base: Path, zones: pd.DataFrame, move: LineMove) -> Any:
    """Return which zones a move may concern: those of its region and the regions within, (zones,)."""
    if not move.region:
        return np.ones(len(zones), dtype=bool)
    regions, _ = read_table(base, schema.table("land", "regions"))
    parent = dict(zip(regions["region"].astype(str), regions["parent"].astype(str), strict=True))
    if move.region not in parent:
        raise InstanceError([Fault(str(base), f"no region is called {move.region}", f"known are {', '.join(parent)}")])
    within = {move.region}
    while more := {region for region, above in parent.items() if above in within} - within:
        within |= more
    return zones["region"].astype(str).isin(within).to_numpy()


def _write_settings(source: Path, target: Path, changes: Changes, name: str) -> None:
    """Write `instance.toml` with settings edited in place, comments and order kept; raises InstanceError if unfit."""
    try:
        document = tomlkit.parse(source.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, TOMLKitError):
        read_settings(source)  # says what is wrong with it
        raise
    about: Any = document.setdefault("instance", tomlkit.table())
    if name:
        about["name"] = name
    off = [*about.get("rules_off", ()), *changes.rules_off]
    kept = [rule for rule in dict.fromkeys(map(str, off)) if rule not in changes.rules_on]
    if changes.rules_off or changes.rules_on:
        about["rules_off"] = kept
    for key, value in changes.settings.items():
        section, _, entry = key.partition(".")
        if not (section and entry):
            raise InstanceError([Fault(str(source), f"{key!r} is no setting", "write section.key, as carbon.mode")])
        part: Any = document.setdefault(section, tomlkit.table())
        part[entry] = value
    target.write_text(tomlkit.dumps(document), encoding="utf-8")
    read_settings(target)


def _copy(source: Path, target: Path) -> None:
    """Copy a table; a large one, which nobody edits by hand, gets a second name where the file system has such."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.stat().st_size > LARGE:
        with suppress(OSError):
            os.link(source.resolve(), target)
            return
    shutil.copyfile(source, target)
