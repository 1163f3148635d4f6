"""A land-cover raster with overlays made into an instance: `sanqu import raster`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError, raise_if_any
from instances.instance import check_written
from instances.readers.raster import terrain, write
from instances.readers.raster.account import ImportReport, Ledger, close
from instances.readers.raster.classes import read_classes, unmapped, used_classes
from instances.readers.raster.config import Config, inside, read_config
from instances.readers.raster.grid import Grid, read_grid
from instances.readers.raster.layers import Sources, line_of, read_sources
from instances.readers.raster.split import Pieces, cut, lay, whole_pixels
from instances.readers.raster.zones import Zones, gather, outlines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

DEFAULT_CONFIG = "raster.toml"
REPORT = "import_report.csv"


def import_raster(source: Path, folder: Path, config_path: Path | None = None) -> ImportReport:
    """Import into an existing empty folder and return the account of every hectare.

    Parameters
    ----------
    source
        Folder below which the config's data files lie, or the land-cover raster itself: its folder is
        then that folder, and it takes the place of the config's `land_cover.file`.
    config_path
        The config; without it, `raster.toml` in the source folder. Tables lie beside it.

    Raises
    ------
    InstanceError
        With every fault of the config, or of the files, or of the instance that they make.
    """
    base = source if source.is_dir() else source.parent
    if not source.exists():
        raise InstanceError([Fault(str(source), "does not exist", "name a folder or a raster")])
    path = config_path or base / DEFAULT_CONFIG
    config, raw = read_config(path)
    file = config.land_cover.file if source.is_dir() else source.name
    raster = inside(base, file)
    grid = read_grid(raster, config.land_cover)
    ledger = Ledger()
    faults = _faults_beside(path.parent, config, grid)
    try:
        sources = read_sources(base, config, grid, ledger)
    except InstanceError as error:
        raise InstanceError([*faults, *error.faults]) from error
    raise_if_any(faults)
    table = read_classes(path.parent, config.land_cover)
    pieces = _area(grid, sources, ledger)
    pieces = _classed(pieces, grid, table, str(raster), ledger)
    pieces = _cells(pieces, grid, config)
    pieces = _lines(pieces, grid, config, sources, ledger)
    report = _write(folder, path.parent, config, raw, grid, table, sources, pieces, ledger)
    report.write(folder / REPORT)
    check_written(folder)
    return report


def _faults_beside(beside: Path, config: Config, grid: Grid) -> list[Fault]:
    """Return what is wrong with class table, tables and cells, to be told with the faults of the overlays."""
    faults: list[Fault] = []
    steps: list[Callable[[], object]] = [lambda: read_classes(beside, config.land_cover)]
    steps += [partial(inside, beside, name) for name in config.tables.values()]
    if not config.cells.polygons:
        steps.append(lambda: _pixels_across(grid, config))
    for step in steps:
        try:
            step()
        except InstanceError as error:
            faults += error.faults
    return faults


def _hectares(pieces: Pieces, grid: Grid) -> NDArray[np.float64]:
    return pieces.share * grid.area_ha.ravel()[pieces.pixel]


def _area(grid: Grid, sources: Sources, ledger: Ledger) -> Pieces:
    """Keep what lies inside outline, regions and zone polygons."""
    pieces = whole_pixels(grid.value.size)
    ledger.add("read", "", grid.area_ha.sum(), grid.value.size)
    bounds = {
        "outline": sources.outline,
        "region": sources.regions.shapes if sources.regions else None,
        "cell": sources.polygons.shapes if sources.polygons else None,
    }
    for name, shapes in bounds.items():
        if shapes is None:
            continue
        pieces = cut(pieces, name, lay(shapes, grid.shape), grid.shape[1])
        away = pieces.codes[name] == 0
        ledger.add("outside", name, _hectares(pieces.take(away), grid).sum(), len(np.unique(pieces.pixel[away])))
        pieces = pieces.take(~away)
    if "region" not in pieces.codes:
        pieces = pieces.with_code("region", np.ones(len(pieces.pixel), dtype=np.int64))
    return replace(pieces, codes={name: code for name, code in pieces.codes.items() if name != "outline"})


def _classed(pieces: Pieces, grid: Grid, table: pd.DataFrame, place: str, ledger: Ledger) -> Pieces:
    """Keep land with data whose class is imported; a value that the table does not list is a fault."""
    known = grid.known.ravel()[pieces.pixel]
    hectares = _hectares(pieces, grid)
    ledger.add("nodata", "", hectares[~known].sum(), len(np.unique(pieces.pixel[~known])))
    value = grid.value.ravel()[pieces.pixel]
    by_value = pd.Series(hectares[known]).groupby(value[known]).sum()
    raise_if_any(unmapped(table, by_value, place))
    if by_value.empty:
        raise InstanceError([Fault(place, "has no land inside the area", "correct outline, regions or CRS")])
    names = table["class"]
    refused = known & np.isin(value, names.index[names == ""])
    for code in np.unique(value[refused]):
        mine = refused & (value == code)
        ledger.add("refused", str(code), hectares[mine].sum(), len(np.unique(pieces.pixel[mine])))
    kept = known & ~refused
    if not kept.any():
        raise InstanceError([Fault(place, "has no land left: the class table refuses all of it")])
    ledger.add("imported", "", hectares[kept].sum(), len(np.unique(pieces.pixel[kept])))
    for name, area in by_value.groupby(names.reindex(by_value.index).to_numpy()).sum().items():
        if name:
            ledger.add("class", str(name), area, 0)
    return pieces.take(kept)


def _cells(pieces: Pieces, grid: Grid, config: Config) -> Pieces:
    """Give each piece its cell, unless zone polygons are the cells."""
    if "cell" in pieces.codes:
        return pieces
    side = _pixels_across(grid, config)
    row, column = np.divmod(pieces.pixel, grid.shape[1])
    return pieces.with_code("cell", (row // side) * grid.shape[1] + column // side)


def _pixels_across(grid: Grid, config: Config) -> int:
    side = config.cells.size_pixels or _side(grid, float(config.cells.size_m or 0))
    if side > max(grid.shape):
        given = "size_pixels" if config.cells.size_pixels else "size_m"
        message = f"a cell of {side:,} pixels is larger than the raster of {grid.shape[1]:,} x {grid.shape[0]:,}"
        raise InstanceError([Fault("config", message, "choose smaller cells", column=f"cells.{given}")])
    return side


def _side(grid: Grid, size_m: float) -> int:
    """Pixels along the side of a cell; a cell holds whole pixels."""
    if grid.crs.is_geographic:
        hint = "give size_pixels, or warp the raster to a CRS in metres"
        raise InstanceError(
            [Fault("config", "size_m means nothing on a raster in degrees", hint, column="cells.size_m")]
        )
    metre = grid.crs.axis_info[0].unit_conversion_factor
    across, along = grid.transform.a * metre, -grid.transform.e * metre
    side = round(size_m / across)
    if side < 1 or abs(side * across - size_m) > 1e-6 * size_m or abs(side * along - size_m) > 1e-6 * size_m:
        message = f"{size_m:g} m is no whole number of pixels of {across:g} x {along:g} m"
        raise InstanceError([Fault("config", message, "choose a multiple of the pixel", column="cells.size_m")])
    return side


def _lines(pieces: Pieces, grid: Grid, config: Config, sources: Sources, ledger: Ledger) -> Pieces:
    """Cut by the control lines; a line without a hectare is a fault unless the config expects it."""
    faults = []
    may_be_empty = _optional(config)
    for line in dict.fromkeys((*sources.lines, *sources.flags)):
        if line in sources.lines:
            pieces = cut(pieces, line, lay(sources.lines[line], grid.shape), grid.shape[1])
        flag = sources.flags[line][pieces.pixel] if line in sources.flags else 0
        pieces = pieces.with_code(line, np.maximum(pieces.codes.get(line, np.zeros(1, dtype=np.int64)), flag))
        area = float(_hectares(pieces, grid)[pieces.codes[line] > 0].sum())
        if not area and line not in may_be_empty:
            faults.append(Fault(f"overlay {line}", "lies outside the area", "check its CRS, or set may_be_empty"))
        ledger.add("line_exact", line, area, 0)
    raise_if_any(faults)
    return pieces if sources.slope is None else _sloped(pieces, grid, config, sources.slope, ledger)


def _optional(config: Config) -> set[str]:
    return {line_of(overlay) for overlay in config.overlay if overlay.may_be_empty}


def _sloped(pieces: Pieces, grid: Grid, config: Config, slope: NDArray[np.float64], ledger: Ledger) -> Pieces:
    classes = terrain.slope_class(slope)[pieces.pixel]
    missing = classes == 0
    if missing.any():
        dem = next(overlay for overlay in config.overlay if overlay.role == "dem")
        area = float(_hectares(pieces, grid)[missing].sum())
        if dem.missing_slope_class is None:
            hint = "give a DEM of the whole area, or set missing_slope_class"
            raise InstanceError([Fault(dem.file, f"has no elevation for {area:,.4f} ha of the area", hint)])
        ledger.add("slope_filled", dem.name, area, len(np.unique(pieces.pixel[missing])))
        classes = np.where(missing, dem.missing_slope_class, classes)
    return pieces.with_code("slope_class", classes)


def _zone_table(
    config: Config, grid: Grid, sources: Sources, pieces: Pieces, zones: Zones, hectares: NDArray[np.float64]
) -> pd.DataFrame:
    codes = zones.codes
    regions = sources.regions.names if sources.regions else (config.region.region,)
    names = _cell_names(codes["cell"].to_numpy(), grid, sources)
    suffix = np.where(codes["rank"] > 1, "_" + codes["rank"].astype(str), "")
    table = pd.DataFrame({"zone": names + suffix, "region": np.array(regions, dtype=object)[codes["region"] - 1]})
    core, general = (codes.get(f"red_line {level}", pd.Series(0, codes.index)) for level in ("core", "general"))
    table["red_line"] = np.select([core > 0, general > 0], ["core", "general"], "")
    for line in codes.columns.drop(["cell", "region", "rank", "area_ha"]):
        if not line.startswith("red_line "):
            table[line] = codes[line].to_numpy()
    for column, values in config.zone_by_slope.items():
        slope = table["slope_class"].to_numpy() if "slope_class" in table else np.ones(len(table), dtype=int)
        table[column] = np.array(values)[slope - 1]
    for column, value in config.zone_values.items():
        table[column] = value
    for column, features in sources.roads.items():
        pixel, which = np.unique(pieces.pixel, return_inverse=True)
        weighted = terrain.distance_m(features, grid, pixel)[which] * hectares
        table[column] = np.bincount(zones.member, weights=weighted) / np.bincount(zones.member, weights=hectares)
    for overlay in config.overlay:
        if overlay.within_m is not None:
            table[f"near_{overlay.name}"] = (table[overlay.target] <= overlay.within_m).astype(int)
    return table.assign(area_ha=np.bincount(zones.member, weights=hectares))


def _cell_names(cell: NDArray[np.int64], grid: Grid, sources: Sources) -> NDArray[np.object_]:
    if sources.polygons:
        return np.array(sources.polygons.names, dtype=object)[cell - 1]
    row, column = np.divmod(cell, grid.shape[1])
    return ("r" + pd.Series(row).astype(str) + "c" + pd.Series(column).astype(str)).to_numpy(dtype=object)


def _write(
    folder: Path,
    beside: Path,
    config: Config,
    raw: dict,
    grid: Grid,
    table: pd.DataFrame,
    sources: Sources,
    pieces: Pieces,
    ledger: Ledger,
) -> ImportReport:
    hectares = _hectares(pieces, grid)
    zones = gather(pieces, hectares, config.cells.sliver_ha, 0 if sources.polygons else grid.shape[1])
    crs = write.target_crs(config, grid)
    zone_table = _zone_table(config, grid, sources, pieces, zones, hectares)
    value = grid.value.ravel()[pieces.pixel]
    kind = table["class"].reindex(value).to_numpy()
    cover = (
        pd.DataFrame({"place": zones.member, "class": kind, "area_ha": hectares})
        .groupby(["place", "class"], as_index=False)["area_ha"]
        .sum()
    )
    cover.insert(0, "zone", zone_table["zone"].to_numpy()[cover.pop("place")])
    classes = used_classes(table, pd.Index(np.unique(value)), config.land_cover.also)
    (folder / "land").mkdir()
    write.write_zones(folder, zone_table, outlines(pieces, zones, grid.shape[1]), grid, crs)
    cover.to_parquet(folder / "land" / "cover.parquet", index=False)
    write.write_regions(folder, config, sources.regions.names if sources.regions else ())
    write.write_tables(folder, beside, config, classes)
    write.write_settings(folder, raw, crs)
    _account_zones(ledger, pieces, zones, hectares)
    return close(ledger, len(zone_table), float(cover["area_ha"].sum()))


def _account_zones(ledger: Ledger, pieces: Pieces, zones: Zones, hectares: NDArray[np.float64]) -> None:
    """Add what was split and merged, and what slivers did to each control line."""
    many = zones.codes.groupby("cell")["rank"].transform("max").to_numpy() > 1
    area = zones.codes["area_ha"].to_numpy()
    ledger.add("uncut", "", area[~many].sum(), int((~many).sum()))
    ledger.add("split", "", area[many].sum(), int(many.sum()))
    ledger.add("sliver_merged", "", hectares[zones.merged].sum(), int(zones.merged.sum()))
    ledger.add("sliver_kept", "", area[zones.kept_slivers].sum(), int(zones.kept_slivers.sum()))
    lines = [of for item, of, *_ in ledger.lines if item == "line_exact"]
    for line in lines:
        inside_zone = zones.codes[line].to_numpy() > 0
        exact = hectares[pieces.codes[line] > 0].sum()
        ledger.add("line_sliver", line, area[inside_zone].sum() - exact, 0)
        ledger.add("line", line, area[inside_zone].sum(), int(inside_zone.sum()))
