"""Import of a third-survey database, from files to a checked instance folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from instances.faults import Fault, raise_if_any
from instances.instance import load
from instances.readers.dltb import crs as systems
from instances.readers.dltb import layers, lines
from instances.readers.dltb.account import BALANCE, Account
from instances.readers.dltb.compare import difference_table, note_gaps
from instances.readers.dltb.config import read_config
from instances.readers.dltb.parcels import Parcels, check_plausible, read_parcels
from instances.readers.dltb.pieces import whole_parcels
from instances.readers.dltb.regions import region_names, region_table
from instances.readers.dltb.write import write_instance
from instances.readers.dltb.zones import build_zones

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from pyproj import CRS

    from instances.readers.dltb.config import Config


@dataclass(frozen=True)
class Imported:
    """What an import made: number of zones, the account, and areas of tables and polygons by class."""

    zones: int
    account: Account
    differences: pd.DataFrame


def import_dltb(
    source: Path,
    folder: Path,
    config_path: Path | None = None,
    name: str = "dltb",
    stage: Callable[[str], None] = lambda _: None,
) -> Imported:
    """Import a survey database into a folder that exists and is empty, and check the instance that it makes.

    Parameters
    ----------
    source
        Folder, .gdb, .gpkg or .shp.
    folder
        Where the instance is written.
    config_path
        `dltb.toml`, see `instances.readers.dltb.config`; None takes the defaults.
    name
        Name of the instance where the configuration has none.
    stage
        Told the name of each stage as it begins.

    Raises
    ------
    InstanceError
        With every fault found, as far as one can look.
    """
    config = read_config(config_path)
    stage("read")
    found = layers.locate(source, config)
    account = Account()
    layer = layers.read(found["DLTB"], config)
    account.add("noted", "encoding", 0, 0.0, f"text of DLTB 文字编码: {layer.encoding}")
    stage("repair")
    parcels, crs = _in_metres(read_parcels(layer, config, account), layer.crs)
    ellipsoidal = systems.ellipsoidal_area_m2(parcels.shapes, crs)
    raise_if_any(check_plausible(parcels, float(ellipsoidal.sum()) / 1e4))
    regions = layers.read(found["XZQ"], config) if "XZQ" in found else None
    if regions is not None:
        note_gaps(ellipsoidal, regions, crs, account)
    stage("split")
    root = source if source.is_dir() and source.suffix.lower() != ".gdb" else source.parent
    pieces = lines.cut(whole_parcels(parcels.shapes), parcels, found, root, config, crs, account)
    stage("zones")
    zones = build_zones(pieces, parcels, config)
    tree = region_table(parcels.table["unit"], config.zones.region, region_names(regions, parcels.table, config))
    account.add("kept", "zones", len(zones.zones), zones.cover["area_ha"].sum(), "cover of all zones 全部空间单元")
    raise_if_any(_too_much_lost(account, config, str(found["DLTB"])))
    differences = difference_table(parcels, ellipsoidal)
    stage("write")
    write_instance(folder, name, config, zones, tree, crs, account, differences)
    stage("check")
    load(folder)
    return Imported(len(zones.zones), account, differences)


def _in_metres(parcels: Parcels, crs: CRS) -> tuple[Parcels, CRS]:
    """Return the parcels in a projected system."""
    bounds = shapely.total_bounds(parcels.shapes)
    longitude = float((bounds[0] + bounds[2]) / 2)
    target = systems.working_system(crs, longitude if np.isfinite(longitude) else 105.0)
    return Parcels(parcels.table, systems.transform(parcels.shapes, crs, target), parcels.place), target


def _too_much_lost(account: Account, config: Config, place: str) -> list[Fault]:
    faults = []
    share = account.total("refused") / max(account.total("read"), 1e-12)
    if share > config.repair.max_refused_share:
        reasons = account.table().query("stage == 'refused'")[["item", "area_ha"]].to_dict("records")
        words = ", ".join(f"{row['item']} {row['area_ha']:,.2f} ha" for row in reasons)
        message = f"{share:.2%} of the hectares cannot be used: {words}"
        faults.append(Fault(place, message, "mend the database, or raise [repair] max_refused_share"))
    if account.imbalance > BALANCE:
        faults.append(Fault(place, f"hectares do not add up: {account.imbalance:.1e} of all are unaccounted for"))
    return faults
