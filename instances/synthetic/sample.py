"""Draw a made instance and write its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from instances.synthetic import tables
from instances.synthetic.costs import Costs, draw_costs
from instances.synthetic.geoparquet import Corners, write_geoparquet
from instances.synthetic.joint import network_toml, write_joint
from instances.synthetic.landscape import Landscape, draw_landscape
from instances.synthetic.moves import STAY, Projects, Witness, draw_witness
from instances.synthetic.options import BASE_YEAR, END_YEAR, Options
from instances.synthetic.projects import draw_projects, project_names, project_table, unit_names, unit_zone_table
from instances.synthetic.quotas import quota_table
from instances.synthetic.regions import RegionTree, region_tree
from instances.synthetic.whole_folder import whole_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

CRS = "EPSG:4550"
ROWS_A_CHUNK = 500_000
EMISSION_WEIGHT = 1.0
COST_WEIGHT = 0.5


@dataclass(frozen=True)
class Sample:
    """Everything drawn for some options, with the hidden plan that proves it feasible."""

    options: Options
    land: Landscape
    tree: RegionTree
    projects: Projects
    costs: Costs
    witness: Witness

    def witness_moves(self) -> pd.DataFrame:
        """Return the moves of the hidden plan as (zone, from, to, period, area_ha), stays left out."""
        rows = np.flatnonzero(self.witness.to != STAY)
        names = np.array([t.name for t in self.land.types], dtype=object)
        return pd.DataFrame(
            {
                "zone": self.land.cover_zone[rows] + 1,
                "from": names[self.land.cover_class[rows]],
                "to": names[self.witness.to[rows]],
                "period": np.array(self.options.period_ends)[self.witness.period[rows]],
                "area_ha": self.land.cover_area_ha[rows],
            }
        )

    def witness_projects(self) -> pd.DataFrame:
        """Return the projects that the hidden plan opens as (project, period)."""
        opened = np.flatnonzero(self.witness.open_projects)
        ends = np.array(self.options.period_ends)
        return pd.DataFrame({"project": project_names(opened), "period": ends[self.witness.open_period[opened]]})


def draw(options: Options) -> Sample:
    """Draw an instance without writing it; the same options give the same sample."""
    land = draw_landscape(options)
    projects = draw_projects(land, options)
    return Sample(
        options=options,
        land=land,
        tree=region_tree(options.leaf_regions),
        projects=projects,
        costs=draw_costs(land, options),
        witness=draw_witness(land, projects, options),
    )


def generate(
    folder: Path,
    zones: int,
    seed: int,
    classes: int = 7,
    regions: int = 4,
    quotas: int = 0,
    claims: bool = False,
    projects: int = 0,
    periods: int = 1,
    whole: float = 0.0,
    neighbours: bool = False,
    compactness: float = 0.0,
    network: int = 0,
    hours: int = 24,
) -> Path:
    """Write a made instance to `folder`, whole or not at all.

    Parameters
    ----------
    folder
        Folder to make; it must not exist.
    zones, seed, classes, regions, quotas, claims, projects, periods, whole, neighbours, compactness, network, hours
        See `Options`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileExistsError
        Where the folder exists.
    ValueError
        Where an option is out of range.
    """
    sizes = (zones, seed, classes, regions, quotas, claims, projects, periods, whole)
    options = Options(*sizes, neighbours, compactness, network, hours)
    folder = Path(folder)
    with whole_folder(folder) as partial:
        write(draw(options), partial, folder.name)
    return folder


def write(sample: Sample, folder: Path, name: str) -> None:
    """Write every table of a sample into an empty folder."""
    (folder / "instance.toml").write_text(_toml(sample.options, name), encoding="utf-8")
    _write_land(sample, folder / "land")
    if sample.projects.count:
        _write_restoration(sample, folder / "restoration")
    if sample.options.network:
        write_joint(sample.land, sample.options, folder / "network")


def _write_land(sample: Sample, part: Path) -> None:
    part.mkdir()
    land, tree = sample.land, sample.tree
    write_geoparquet(part / "zones.parquet", _zone_chunks(sample), CRS)
    _parquet(tables.cover_table(land), part / "cover.parquet")
    _parquet(tables.zone_costs_table(land, sample.costs), part / "zone_costs.parquet")
    if sample.options.neighbours or sample.options.compactness:
        _parquet(tables.neighbours_table(land), part / "neighbours.parquet")
    small = {
        "classes": tables.classes_table(land),
        "transitions": tables.transitions_table(land, sample.costs),
        "factors": tables.factors_table(land, tree, np.random.default_rng([sample.options.seed, 5])),
        "quotas": quota_table(land, sample.witness, sample.projects, sample.costs, tree, sample.options),
        "regions": tree.table(),
        "context": tables.context_table(land, tree),
        "activity": tables.activity_table(land, tree),
    }
    for stem, table in small.items():
        table.to_csv(part / f"{stem}.csv", index=False, lineterminator="\n")


def _zone_chunks(sample: Sample) -> Iterator[tuple[pa.Table, Corners]]:
    zones = sample.land.zones
    for start in range(0, zones, ROWS_A_CHUNK):
        stop = min(start + ROWS_A_CHUNK, zones)
        table = tables.zones_table(sample.land, sample.tree, sample.costs, start, stop)
        yield table, sample.land.corners(start, stop)


def _write_restoration(sample: Sample, part: Path) -> None:
    part.mkdir()
    projects = sample.projects
    units = pa.table({"unit": unit_names(projects), "area_ha": projects.unit_area_ha})
    west, south, east, north = projects.unit_corners.T
    write_geoparquet(part / "units.parquet", [(units, (west, south, east, north))], CRS)
    _parquet(pa.Table.from_pandas(unit_zone_table(projects), preserve_index=False), part / "unit_zone.parquet")
    table = project_table(sample.land, projects, sample.witness)
    table.to_csv(part / "projects.csv", index=False, lineterminator="\n")


def _parquet(table: pa.Table, path: Path) -> None:
    text = [field.name for field in table.schema if pa.types.is_string(field.type)]
    pq.write_table(table.replace_schema_metadata(None), path, compression="zstd", use_dictionary=text)


def _toml(options: Options, name: str) -> str:
    flags = (
        f"--zones {options.zones} --seed {options.seed} --classes {options.classes} --regions {options.regions}"
        f" --quotas {options.quotas}{' --claims' * options.claims} --projects {options.projects}"
        f" --periods {options.periods} --whole {options.whole}{' --neighbours' * options.neighbours}"
        + (f" --compactness {options.compactness}" if options.compactness else "")
        + (f" --network {options.network} --hours {options.hours}" if options.network else "")
    )
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f"""[instance]
name = "{quoted}"
title_zh = "合成实例（{options.zones} 个空间单元）"
title_en = "Made instance of {options.zones} zones"
crs = "{CRS}"
provenance = "made by: sanqu new DIR {flags}"
synthetic_geography = true
rules_off = []

[carbon]
base_year = {BASE_YEAR}
end_year = {END_YEAR}
mode = "flux"
existing_activity = "top_down"
embodied = false

[time]
periods = {options.period_ends}

[objective]
kind = "weighted"
emission_weight = {EMISSION_WEIGHT}
cost_weight = {COST_WEIGHT}
{network_toml() if options.network else ""}"""
