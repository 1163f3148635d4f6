"""Small instances for tests: a few dicts become an instance, its Program reads back in words.

    instance_of({"a": {"crop": 10, "grade": 4}}, "crop>ind", quotas=[quota("floor", 6, "cropland")])

A zone mixes classes (hectares) and columns of the zones table. Zones lie in region `all`, inside the urban
boundary, on land that new cropland suits (grade 5) unless they say otherwise; the objective is cost. A move
is written `zone from>to year` throughout.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.assemble import assemble, land_block
from instances import schema
from instances.instance import Instance, load
from instances.land import Land
from instances.network import Network
from instances.quota_checks import QUOTA_FORM
from instances.restoration import Restoration
from instances.settings import Settings
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.solution import Solution, SolveOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from formulations.program import Program

CLASSES = {
    "crop": ("cropland", ""),
    "paddy": ("cropland", ""),
    "orch": ("orchard", ""),
    "shed": ("farm_facility", ""),
    "wood": ("forest", ""),
    "grass": ("grass", ""),
    "marsh": ("wetland", ""),
    "pond": ("water", ""),
    "ind": ("industry", "urban"),
    "city": ("housing_urban", "urban"),
    "vil": ("housing_rural", "rural"),
    "road": ("transport", "linear"),
    "bare": ("unused", ""),
}
"""Class: group and setting."""

WORDS = {"source": "made", "status": "made", "reason": "made", "name_zh": "名", "name_en": "name", "level": "county"}
"""What tables ask for and tests do not."""

KINDS = {"number": "float64", "integer": "int64", "flag": "int8"}
"""Types of columns by kind; others are text."""

Record = dict[str, Any]


def write_csv(path: Path, names: Sequence[str], records: Iterable[Record]) -> None:
    """Write records as CSV; what they leave out is an empty cell. For a few rows pandas takes ten times as long."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


@dataclass
class Draft:
    """An instance before it is written: settings, and records by table.

    Tables of the network are called `network/NAME`: others have names like theirs.
    """

    settings: dict[str, Record]
    tables: dict[str, list[Record]] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write instance.toml and one CSV a table."""
        lines = []
        for section, values in self.settings.items():
            lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "instance.toml").write_text("\n".join(lines), encoding="utf-8")
        for part, tables in schema.tables().items():
            for table in tables:
                records = self._records(part, table)
                if records or (part == "land" and not table.optional):
                    (folder / part).mkdir(exist_ok=True)
                    names = dict.fromkeys(name for record in records for name in record)
                    path = folder / part / f"{table.name}.csv"
                    write_csv(path, [*names] or [column.name for column in table.columns], records)
        return folder

    def load(self, folder: Path) -> Instance:
        """Write and read back, with every check of the reader."""
        return load(self.write(folder))

    def instance(self) -> Instance:
        """Return the instance without touching the disk: the reader's checks cost more than small solves."""
        settings = Settings.model_validate(self.settings)
        land, restoration, network = (self._part(part) for part in ("land", "restoration", "network"))
        return Instance(
            Path(),
            settings,
            Land(land) if land else None,
            Restoration(restoration) if restoration else None,
            Network.of(network, settings).in_order() if network else None,
            "",
        )

    def _part(self, part: str) -> dict[str, pd.DataFrame] | None:
        """Return the tables of a part, None where no table has records."""
        records = {table: self._records(part, table) for table in schema.tables()[part]}
        if not any(records.values()):
            return None
        return {table.name: _framed(table, rows) if rows else _empty(table).copy() for table, rows in records.items()}

    def _records(self, part: str, table: schema.Table) -> list[Record]:
        return self.tables.get(f"network/{table.name}" if part == "network" else table.name, [])


def _framed(table: schema.Table, records: list[Record]) -> pd.DataFrame:
    """Return a table with every column of the schema in its type; others, which conditions name, are text."""
    columns = {
        column.name: pd.Series(
            [record.get(column.name, column.default) for record in records], dtype=KINDS.get(column.kind, "str")
        )
        for column in table.columns
    }
    others = dict.fromkeys(name for record in records for name in record if name not in columns)
    for name in others:
        columns[name] = pd.Series([str(record.get(name, "")) for record in records], dtype="str")
    return pd.DataFrame(columns)


@cache
def _empty(table: schema.Table) -> pd.DataFrame:
    return _framed(table, [])


def quota(
    rule: str, value: float, group: str = "", region: str = "all", period: int = 0, unit: str = "", grade: int = 0
) -> Record:
    """Return a row of the quotas table; sense and unit as the rule takes them."""
    senses, units = QUOTA_FORM[rule]
    return {
        "rule": rule,
        "region": region,
        "period": period,
        "group": group,
        "grade": grade,
        "sense": senses[0],
        "value": value,
        "unit": unit or units[0],
    }


def draft(
    zones: Mapping[str, Mapping[str, Any]],
    moves: str | Mapping[str, Mapping[str, Any]] = "",
    *,
    quotas: Sequence[Record] = (),
    factors: Mapping[tuple[str, ...], float] | None = None,
    regions: Mapping[str, str] | None = None,
    projects: Mapping[str, Mapping[str, Any]] | None = None,
    units: Mapping[str, Mapping[str, float]] | None = None,
    locked_out: Iterable[str] = (),
    zone_costs: Mapping[tuple[str, str], float] | None = None,
    parameters: Mapping[str, float] | None = None,
    context: Sequence[Record] = (),
    activity: Sequence[Record] = (),
    periods: Sequence[int] = (2030,),
    base_year: int = 2020,
    mode: str = "stock",
    existing_activity: str = "top_down",
    embodied: bool = False,
    objective: str | Mapping[str, Any] = "cost",
    rules_off: Sequence[str] = (),
    neighbours: Mapping[tuple[str, str], float] | None = None,
) -> Draft:
    """Return the draft of an instance; see the head of this file for the short forms."""
    chosen = {"kind": objective} if isinstance(objective, str) else dict(objective)
    listed = {pair: {} for pair in moves.split()} if isinstance(moves, str) else moves
    parents = dict(regions or {}) or {"all": ""}
    settings = {
        "instance": {"name": "test", "rules_off": list(rules_off)},
        "carbon": {
            "base_year": base_year,
            "end_year": periods[-1],
            "mode": mode,
            "existing_activity": existing_activity,
            "embodied": embodied,
        },
        "time": {"periods": list(periods)},
        "objective": chosen,
    }
    tables: dict[str, list[Record]] = {
        "regions": [{"region": region, "parent": parent} for region, parent in parents.items()],
        "classes": [
            {"class": name, "scheme": "test", "code": name, "group": group, "setting": setting}
            for name, (group, setting) in CLASSES.items()
        ],
        "zones": [_zone(name, content) for name, content in zones.items()],
        "cover": [
            {"zone": zone, "class": name, "area_ha": area}
            for zone, content in zones.items()
            for name, area in content.items()
            if name in CLASSES
        ],
        "transitions": [_transition(pair, more) for pair, more in listed.items()],
        "factors": [_factor(*key, value=value) for key, value in (factors or {}).items()],
        "quotas": [{"id": f"{row['rule']}_{number}", **row} for number, row in enumerate(quotas)],
        "parameters": [{"parameter": name, "value": value, "unit": "1"} for name, value in (parameters or {}).items()],
        "zone_costs": [
            {"zone": zone, "to": to, "cost_wanyuan_per_ha": cost} for (zone, to), cost in (zone_costs or {}).items()
        ],
        "context": list(context),
        "activity": [{"sector": "energy", "scope": 1, "end_use": f"use{k}", **row} for k, row in enumerate(activity)],
        "units": [
            {"unit": unit, "area_ha": 1.0, "status": "locked_out" if unit in locked_out else "free"}
            for unit in units or {}
        ],
        "unit_zone": [
            {"unit": unit, "zone": zone, "share": share}
            for unit, shares in (units or {}).items()
            for zone, share in shares.items()
        ],
        "neighbours": [{"zone_a": a, "zone_b": b, "length_m": m} for (a, b), m in (neighbours or {}).items()],
        "projects": [{"project": name, **_project(row)} for name, row in (projects or {}).items()],
    }
    for name, rows in tables.items():
        part = next(part for part, known in schema.tables().items() if name in [table.name for table in known])
        words = {c.name: WORDS[c.name] for c in schema.table(part, name).columns if c.name in WORDS and c.required}
        tables[name] = [words | row for row in rows]
    return Draft(settings, tables)


def _zone(name: str, content: Mapping[str, Any]) -> Record:
    own = {column: value for column, value in content.items() if column not in CLASSES}
    return {"zone": name, "region": "all", "boundary": 1, "potential_grade": 5} | own


def _transition(pair: str, more: Mapping[str, Any]) -> Record:
    source, target = pair.split(">")
    row = {"allowed": 1, "cost_wanyuan_per_ha": 1.0} | dict(more)
    if "cost" in row:
        row["cost_wanyuan_per_ha"] = row.pop("cost")
    return {"from": source, "to": target, **row}


def _factor(name: str, factor: str, region: str = "*", *, value: float) -> Record:
    units = {"sink": "tCO2/ha/yr", "stock": "tCO2/ha", "embodied": "tCO2/ha", "soil_share": "1", "ramp_years": "yr"}
    return {"class": name, "region": region, "factor": factor, "value": value, "unit": units[factor]}


def _project(row: Mapping[str, Any]) -> Record:
    plain = {"min_area_ha": 0.0, "max_area_ha": 1e3, "cost_wanyuan": 0.0, "prerequisites": ""}
    return plain | dict(row)


def instance_of(*content: Any, **more: Any) -> Instance:
    """Return an instance that lies in no folder, see `draft`: for tests of what is made of it."""
    return draft(*content, **more).instance()


def build(folder: Path, *content: Any, **more: Any) -> Instance:
    """Write an instance folder and read it, see `draft`."""
    return draft(*content, **more).load(folder)


@dataclass(frozen=True)
class RowView:
    """A row of the flattened matrix in words: its non-zero coefficients by column name, its bounds and label."""

    terms: dict[str, float]
    lower: float
    upper: float
    label: Record


def program_of(instance: Instance, *without: str) -> Program:
    """Return the Program with some rules switched off."""
    return assemble(land_block(instance, without))


def column_names(instance: Instance, program: Program) -> list[str]:
    """Return a name for every column: `zone from>to year` (year 0 for a stay), `family label...`."""
    land, moves = instance.require_land(), program.moves
    zones, classes = land.zones["zone"].tolist(), land.classes["class"].tolist()
    years = (0, *instance.settings.time.periods)
    names = [
        f"{zones[zone]} {classes[source]}>{classes[target]} {years[period]}"
        for zone, source, target, period in zip(moves.zone, moves.source, moves.target, moves.period, strict=True)
    ]
    for family in program.columns:
        names += [" ".join([family.family, *map(str, label)]) for label in family.labels.itertuples(index=False)]
    return names


def rows_of(instance: Instance, rule: str, *without: str) -> list[RowView]:
    """Return the rows of one rule as they stand in the flattened matrix, shares of areas turned into hectares."""
    program = program_of(instance, *without)
    matrix, names = program.matrix(), column_names(instance, program)
    views = []
    for quota_, start in zip(program.quotas, program.row_starts[:-1], strict=True):
        if quota_.rule != rule:
            continue
        for k, label in enumerate(quota_.labels.to_dict("records")):
            row = matrix.rows[[int(start) + k]]
            row.sum_duplicates()
            terms = {names[c]: round(float(v), 9) for c, v in zip(row.indices, row.data, strict=True) if v}
            bounds = float(matrix.row_lower[start + k]), float(matrix.row_upper[start + k])
            views.append(RowView(terms, *bounds, label))
    return views


def moves_of(instance: Instance, *without: str) -> set[str]:
    """Return the changes that exist, `zone from>to`, whatever the period."""
    program = program_of(instance, *without)
    names = column_names(instance, program)[: len(program.moves)]
    return {name.rsplit(" ", 1)[0] for name, change in zip(names, program.moves.changes, strict=True) if change}


def barred_by(instance: Instance, move: str) -> tuple[str, ...]:
    """Return the rules that bar a change, `zone from>to`."""
    land, moves = instance.require_land(), land_block(instance).moves
    zone, pair = move.split(" ")
    classes = land.classes["class"].tolist()
    source, target = (classes.index(name) for name in pair.split(">"))
    stays = moves.start[:-1]
    here = (moves.zone[stays] == land.zones["zone"].tolist().index(zone)) & (moves.source[stays] == source)
    return moves.barred_by(int(np.flatnonzero(here)[0]), target)


@dataclass(frozen=True)
class Outcome:
    """A solved instance: what changes in hectares by move, other columns by name, and the solution."""

    changes: dict[str, float]
    others: dict[str, float]
    objective: float | None
    solution: Solution


def solve(instance: Instance, *without: str, gap: float = 1e-9) -> Outcome:
    """Solve by the direct method."""
    return outcome(instance, program_of(instance, *without), gap)


def outcome(instance: Instance, program: Program, gap: float = 1e-9) -> Outcome:
    """Solve a Program of the instance by the direct method."""
    solution = direct.solve(program, SolveOptions(gap=gap, threads=1), Silent())
    if solution.shares is None:
        return Outcome({}, {}, None, solution)
    moves, names = program.moves, column_names(instance, program)
    count = len(moves)
    area = solution.shares[:count] * moves.area_ha
    changed = {names[k]: round(float(area[k]), 6) for k in np.flatnonzero(moves.changes & (area > 1e-7))}
    others = {names[count + k]: round(float(v), 6) for k, v in enumerate(solution.shares[count:]) if v > 1e-7}
    return Outcome(changed, others, solution.objective, solution)
