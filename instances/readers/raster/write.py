"""An import written as an instance folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import geopandas
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from instances.factors import SINK_SETS, default_factors
from instances.faults import Fault, InstanceError, raise_if_any
from instances.readers.raster.config import Config, inside
from instances.readers.raster.vectors import from_pixels
from instances.toml_text import toml_value
from instances.transitions import default_transitions

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from instances.readers.raster.grid import Grid


def target_crs(config: Config, grid: Grid) -> CRS:
    """Return the CRS of the zones: the one of the config, or else the raster's.

    Raises InstanceError where that is not known.
    """
    try:
        return CRS.from_user_input(config.cells.crs) if config.cells.crs else grid.crs
    except CRSError as error:
        raise InstanceError([Fault("config", f"unknown CRS: {error}", column="cells.crs")]) from error


def crs_name(crs: CRS) -> str:
    """Return the short name of a CRS, its WKT where it has none."""
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else crs.to_wkt()


def write_zones(folder: Path, table: pd.DataFrame, shapes: NDArray[np.object_], grid: Grid, crs: CRS) -> None:
    """Write `land/zones.parquet`; shapes are in pixel coordinates."""
    geometry = geopandas.GeoSeries(from_pixels(shapes, grid.transform), crs=grid.crs)
    if crs != grid.crs:
        geometry = geometry.to_crs(crs)
    geopandas.GeoDataFrame(table, geometry=geometry.to_numpy(), crs=crs).to_parquet(folder / "land" / "zones.parquet")


def write_regions(folder: Path, config: Config, parts: tuple[str, ...]) -> None:
    """Write `land/regions.csv`: the root and the regions below it."""
    root = config.region
    rows = [(root.region, "", root.level, root.name_zh or root.region, root.name_en or root.region)]
    rows += [(name, root.region, root.part_level, name, name) for name in parts]
    columns = ["region", "parent", "level", "name_zh", "name_en"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "land" / "regions.csv", index=False)


def write_tables(folder: Path, beside: Path, config: Config, classes: pd.DataFrame) -> None:
    """Write the classes, the shipped transitions and factors for them, and the tables that the config names."""
    land = folder / "land"
    classes.to_csv(land / "classes.csv", index=False)
    if config.sinks not in SINK_SETS:
        raise InstanceError([Fault("config", f"no set of sinks {config.sinks!r}", f"one of {', '.join(SINK_SETS)}")])
    if "transitions" not in config.tables:
        conditioned(default_transitions(classes), config).to_csv(land / "transitions.csv", index=False)
    if "factors" not in config.tables:
        default_factors(classes, config.sinks).to_csv(land / "factors.csv", index=False)
    for table, name in config.tables.items():
        source = inside(beside, name)
        if source.suffix not in (".csv", ".parquet"):
            raise InstanceError([Fault(str(source), "is neither CSV nor Parquet", column=f"tables.{table}")])
        shutil.copyfile(source, land / f"{table}{source.suffix}")


def conditioned(transitions: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Return the transitions with the config's conditions on what is allowed and has no condition yet."""
    out = transitions.copy()
    known = set(out["to"])
    raise_if_any(
        Fault("config", f"no class {name!r}", f"one of {', '.join(sorted(known))}", column=f"condition.{number}.to")
        for number, condition in enumerate(config.condition)
        for name in condition.to
        if name not in known
    )
    for condition in config.condition:
        rows = out["to"].isin(condition.to) & (out["allowed"] == 1) & (out["condition"] == "")
        out.loc[rows, ["condition", "source", "status"]] = [condition.column, "set in the import's config", "assumed"]
    return out


def write_settings(folder: Path, raw: dict[str, Any], crs: CRS) -> None:
    """Write `instance.toml` from the sections of the config that are its own."""
    sections = {name: dict(raw[name]) for name in ("instance", "carbon", "time", "objective") if name in raw}
    sections["instance"].setdefault("crs", crs_name(crs))
    lines = []
    for name, section in sections.items():
        lines += [f"[{name}]", *(f"{key} = {toml_value(value)}" for key, value in section.items()), ""]
    (folder / "instance.toml").write_text("\n".join(lines), encoding="utf-8")
