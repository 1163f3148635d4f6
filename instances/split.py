"""Cutting an instance into parts that fit a machine each: folders with some of the zones and all other tables.

Zones follow each other region by region, in the order of the regions table, and are cut into runs of the same length;
so few regions lie in two parts. Zones of projects that share land or wait for each other stay together. Tables of
zones are read and written in batches: memory holds the zone ids and a batch, never the tables. A census of present
areas (`instances.census`) stands beside the parts. 实例分块。
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from instances import schema
from instances.census import NAME, counted, together
from instances.faults import Fault, InstanceError, raise_if_any
from instances.land import codes_of
from instances.neighbours import needs_neighbours
from instances.readers.folder import find_table, read_table
from instances.readers.guards import UNREADABLE, leads_out
from instances.restoration import split_names
from instances.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.schema import Table

BATCH = 1 << 18
"""Rows of a table in memory at a time."""

BY_ZONE = ("zones", "cover", "zone_costs")
"""Tables of the land with rows of zones."""

PROJECT_TABLES = ("units", "unit_zone", "projects")

SETTINGS = "instance.toml"


@dataclass(frozen=True)
class Cut:
    """Where the zones go.

    Attributes
    ----------
    start
        Place of each region's first zone among all, region by region, (regions + 1,).
    parts
        Number of parts.
    together
        Zones that projects hold together: id as text to number of the set.
    first
        Place of the first zone of each set.
    """

    start: NDArray[np.int64]
    parts: int
    together: dict[str, int]
    first: NDArray[np.int64]

    def of(self, place: NDArray[np.int64], ids: pd.Series) -> NDArray[np.int32]:
        """Return the part of some zones, given their places among all."""
        if self.together:
            group = ids.astype(str).map(self.together)
            tied = group.notna().to_numpy()
            place = place.copy()
            place[tied] = self.first[group[tied].to_numpy(dtype=np.int64)]
        return (place * self.parts // self.start[-1]).astype(np.int32)


def split(source: Path, target: Path, parts: int) -> list[Path]:
    """Write `parts` instances below `target`, an empty folder, with their census; return their folders.

    Raises InstanceError where what ties the land lies across any cut: a network, planning units chosen with the land,
    rules on borders.
    """
    _refuse(source)
    regions, faults = read_table(source, schema.table("land", "regions"))
    raise_if_any(faults)
    tables = _project_tables(source)
    sets = _tied(tables) if tables else []
    cut = _plan(source, regions, parts, sets)
    folders = [target / f"part-{number:04d}" for number in range(parts)]
    ids, part = _write_zones(source, folders, cut, regions)
    for name in BY_ZONE[1:]:
        _write_rows(source, folders, schema.table("land", name), ids, part)
    folders = [folder for folder in folders if folder.exists()]
    for folder in folders:
        _copy_others(source, folder)
    if tables:
        homes = [target / f"part-{number:04d}" for number in cut.first * cut.parts // cut.start[-1]]
        _write_projects(tables, {name: home for (names, _), home in zip(sets, homes, strict=True) for name in names})
    together(map(counted, folders)).to_parquet(target / NAME, index=False)
    return folders


def _refuse(source: Path) -> None:
    """Raise InstanceError where the land of parts would not be independent."""
    settings = read_settings(source / SETTINGS)
    quotas, faults = read_table(source, schema.table("land", "quotas"))
    raise_if_any(faults)
    rules = ", ".join(needs_neighbours(quotas, settings))
    reasons = (
        ((source / "network").is_dir(), "a network ties all land together", "split the land without network/"),
        (settings.restoration is not None, "planning units are chosen over all land", "plan them apart"),
        (bool(rules), f"borders matter across any cut: {rules}", "switch these rules off"),
    )
    raise_if_any(Fault(str(source), f"cannot be split: {reason}", hint) for applies, reason, hint in reasons if applies)


def _project_tables(source: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of restoration projects; none where there are no projects."""
    if not (source / "restoration").is_dir():
        return {}
    tables = {}
    for name in PROJECT_TABLES:
        tables[name], faults = read_table(source, schema.table("restoration", name))
        raise_if_any(faults)
    return tables if len(tables["projects"]) else {}


def _tied(tables: dict[str, pd.DataFrame]) -> list[tuple[list[str], list[str]]]:
    """Return projects that share zones or wait for each other, set by set, each with the zones of all."""
    pairs = tables["unit_zone"]
    zones_of = pairs.groupby(pairs["unit"].astype(str))["zone"].agg(lambda zones: list(zones.astype(str))).to_dict()
    graph: nx.Graph[tuple[str, str]] = nx.Graph()
    for record in tables["projects"].to_dict("records"):
        me = ("project", str(record["project"]))
        graph.add_node(me)
        graph.add_edges_from((me, ("project", name)) for name in split_names(str(record["prerequisites"])))
        for unit in split_names(str(record["members"])):
            graph.add_edges_from((me, ("zone", zone)) for zone in zones_of.get(unit, ()))
    sets = nx.connected_components(graph)
    return [tuple([n for k, n in sorted(one) if k == kind] for kind in ("project", "zone")) for one in sets]  # type: ignore[misc]


def _plan(source: Path, regions: pd.DataFrame, parts: int, sets: list[tuple[list[str], list[str]]]) -> Cut:
    """Count the zones of every region and decide where they go."""
    count = np.zeros(len(regions), dtype=np.int64)
    tied = {zone: number for number, (_, zones) in enumerate(sets) for zone in zones}
    met: list[tuple[int, int, int]] = []  # set, region, rank of a zone
    for batch in _batches(source, schema.table("land", "zones")):
        region, rank = _ranked(batch, regions, count)
        if tied:
            group = _column(batch, "zone").astype(str).map(tied)
            rows = np.flatnonzero(group.notna())
            met += [(int(group.iloc[k]), int(region[k]), int(rank[k])) for k in rows]
    start = np.concatenate([[0], np.cumsum(count)])
    if not 1 <= parts <= start[-1]:
        raise InstanceError([Fault("--parts", f"{parts} parts of {start[-1]:,} zones", "at least one zone a part")])
    first = np.full(len(sets), start[-1] - 1)
    for number, region_, rank_ in met:
        first[number] = min(first[number], start[region_] + rank_)
    return Cut(start, parts, tied, first)


def _ranked(
    batch: pa.Table, regions: pd.DataFrame, count: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return region and place within the region of the zones of a batch; `count` are those before, and is raised."""
    region = codes_of(_column(batch, "region"), regions["region"])
    if len(region) and region.min() < 0:
        name = _column(batch, "region").iloc[int(region.argmin())]
        raise InstanceError([Fault("land/zones", f"{name} is not in regions.region", column="region")])
    rank = pd.Series(region).groupby(region).cumcount().to_numpy() + count[region]
    count += np.bincount(region, minlength=len(count))
    return region, rank


def _column(batch: pa.Table, name: str) -> pd.Series:
    column = batch.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.to_pandas()


def _batches(source: Path, table: Table) -> Iterator[pa.Table]:
    """Yield a table in batches, none where it is absent; raises InstanceError for what cannot be read so."""
    path = find_table(source, table)
    if path is None:
        return
    if path.suffix == ".gpkg":
        raise InstanceError([Fault(str(path), "a GeoPackage is not read in batches", "store it as Parquet")])
    fault = leads_out(path, source)
    raise_if_any([fault] if fault else [])
    batches = _csv(path) if path.suffix == ".csv" else _parquet(path)
    try:
        for batch in batches:
            raise_if_any(
                Fault(str(path), "column is missing", column.about, column=column.name)
                for column in table.columns
                if column.required and column.name not in batch.column_names
            )
            yield batch
    except InstanceError:
        raise
    except UNREADABLE as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "is it complete?")]) from error


def _csv(path: Path) -> Iterator[pa.Table]:
    with pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", chunksize=BATCH) as frames:
        for frame in frames:
            yield pa.Table.from_pandas(frame, preserve_index=False)


def _parquet(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            yield pa.Table.from_batches([batch])


def _write_zones(
    source: Path, folders: list[Path], cut: Cut, regions: pd.DataFrame
) -> tuple[pd.Index[Any], NDArray[np.int32]]:
    """Write the zones of every part; return ids and parts of all."""
    seen = np.zeros(len(regions), dtype=np.int64)
    ids, parts = [], []
    with _Writers(folders, "zones") as writers:
        for batch in _batches(source, schema.table("land", "zones")):
            region, rank = _ranked(batch, regions, seen)
            ids.append(_column(batch, "zone"))
            parts.append(cut.of(cut.start[region] + rank, ids[-1]))
            writers.write(batch, parts[-1])
    known = pd.Index(pd.concat(ids, ignore_index=True))
    if not known.is_unique:
        raise InstanceError([Fault("land/zones", f"{known[known.duplicated()][0]} stands twice", column="zone")])
    return known, np.concatenate(parts)


def _write_rows(source: Path, folders: list[Path], table: Table, ids: pd.Index[Any], part: NDArray[np.int32]) -> None:
    """Write a table of rows of zones, each row to the part of its zone."""
    whole_numbers = pd.api.types.is_integer_dtype(ids)
    with _Writers(folders, table.name) as writers:
        for batch in _batches(source, table):
            zone = _column(batch, "zone")
            if whole_numbers != pd.api.types.is_integer_dtype(zone):
                ids, zone, whole_numbers = ids.astype(str), zone.astype(str), False
            place = ids.get_indexer(pd.Index(zone))
            if (place < 0).any():
                name = zone.iloc[int(place.argmin())]
                raise InstanceError([Fault(f"land/{table.name}", f"{name} is not in zones.zone", column="zone")])
            writers.write(batch, part[place])


class _Writers:
    """The files of a table, one a part, opened when there is a row for them."""

    def __init__(self, folders: list[Path], name: str) -> None:
        self._paths = [folder / "land" / f"{name}.parquet" for folder in folders]
        self._open: dict[int, pq.ParquetWriter] = {}
        self._stack = ExitStack()

    def __enter__(self) -> _Writers:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, batch: pa.Table, part: NDArray[np.int32]) -> None:
        """Write each row of a batch to its part."""
        for number in np.unique(part):
            if number not in self._open:
                path = self._paths[number]
                path.parent.mkdir(parents=True, exist_ok=True)
                writer = pq.ParquetWriter(path, batch.schema, compression="zstd")
                self._open[number] = self._stack.enter_context(writer)
            self._open[number].write_table(batch.filter(pa.array(part == number)))


def _copy_others(source: Path, folder: Path) -> None:
    """Copy settings and the tables of the land that have no rows of zones; neighbours play no part."""
    shutil.copyfile(source / SETTINGS, folder / SETTINGS)
    for table in schema.tables()["land"]:
        path = None if table.name in (*BY_ZONE, "neighbours") else find_table(source, table)
        if path is not None:
            shutil.copyfile(path, folder / "land" / path.name)


def _write_projects(tables: dict[str, pd.DataFrame], home: dict[str, Path]) -> None:
    """Write the projects of every part with their units."""
    projects = tables["projects"]
    place = projects["project"].astype(str).map(home)
    for folder in dict.fromkeys(home.values()):
        mine = projects[place == folder]
        units = {unit for members in mine["members"].astype(str) for unit in split_names(members)}
        (folder / "restoration").mkdir()
        mine.to_parquet(folder / "restoration" / "projects.parquet", index=False)
        for name in ("units", "unit_zone"):
            table = tables[name]
            table[table["unit"].astype(str).isin(units)].to_parquet(
                folder / "restoration" / f"{name}.parquet", index=False
            )
