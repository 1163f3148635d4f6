"""An instance: a folder (or a bundled name) read, checked and frozen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from instances import schema
from instances.crosscheck import crosscheck, references
from instances.faults import Fault, InstanceError, raise_if_any
from instances.land import Land, codes_of
from instances.neighbours import needs_neighbours
from instances.network import Network
from instances.readers.borders import shared_borders
from instances.readers.folder import find_table, read_geometry, read_table
from instances.readers.geometry import crs_faults, has_polygons
from instances.readers.guards import leads_out
from instances.restoration import Restoration
from instances.settings import Settings, read_settings
from instances.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas
    import pandas as pd


@dataclass(frozen=True)
class Instance:
    """Everything that is given; parts that the folder does not have are None."""

    folder: Path
    settings: Settings
    land: Land | None
    restoration: Restoration | None
    network: Network | None
    hash: str

    @property
    def is_joint(self) -> bool:
        """Whether restoration sites are chosen inside the land plan."""
        return self.land is not None and self.restoration is not None and self.settings.restoration is not None

    def require_land(self) -> Land:
        """Return the land part; raises InstanceError where the instance has none."""
        if self.land is None:
            raise InstanceError([Fault(str(self.folder), "the instance has no land part", "add a land/ folder")])
        return self.land

    def require_sites(self) -> Sites:
        """Return planning units and what they hold; raises InstanceError where nothing says what to choose."""
        if self.restoration is None:
            hint = "add a restoration/ folder"
            raise InstanceError([Fault(str(self.folder), "the instance has no restoration part", hint)])
        if self.settings.restoration is None:
            place = str(self.folder / "instance.toml")
            raise InstanceError([Fault(place, "section is missing", "say what to choose for", column="restoration")])
        return Sites(self.restoration.tables, self.settings.restoration)

    def require_network(self) -> Network:
        """Return the network part; raises InstanceError where the instance has none."""
        if self.network is None:
            raise InstanceError([Fault(str(self.folder), "the instance has no network part", "add a network/ folder")])
        return self.network

    def rules_off(self, without: Iterable[str], known: Iterable[str]) -> frozenset[str]:
        """Return the rules switched off in its settings or by name; raises InstanceError for one that is not known."""
        names, every = frozenset(self.settings.instance.rules_off) | frozenset(without), list(known)
        unknown = sorted(names - set(every))
        if unknown:
            hint = f"known are {', '.join(every)}"
            raise InstanceError([Fault("rules switched off", f"no rule is called {', '.join(unknown)}", hint)])
        return names

    def zone_geometry(self) -> geopandas.GeoDataFrame:
        """Read the polygons of the zones (zone, geometry) from disk, in the order of the zones table."""
        shapes = read_geometry(self.folder, schema.table("land", "zones"))
        order = codes_of(self.require_land().zones["zone"], shapes["zone"])
        if np.array_equal(order, np.arange(len(shapes))):
            return shapes
        return shapes.iloc[order].reset_index(drop=True)

    def measured_neighbours(self) -> pd.DataFrame | None:
        """Return zones that share a border as measured in the polygons; None where a table states them or none ask."""
        table = self.require_land().tables["neighbours"]
        stated = find_table(self.folder, schema.table("land", "neighbours")) is not None
        return None if stated or table.empty else table

    def has_geometry(self) -> bool:
        """Whether the zones are stored with polygons."""
        zones = schema.table("land", "zones")
        path = find_table(self.folder, zones)
        return path is not None and has_polygons(path, zones)


def library() -> dict[str, Path]:
    """Return the bundled instances by name."""
    root = Path(str(resources.files("instances.library")))
    return {path.parent.name: path.parent for path in sorted(root.glob("*/instance.toml"))}


def resolve(source: str | Path) -> Path:
    """Return the folder that `source` names: a path, or the name of a bundled instance.

    A folder that has the name of a bundled instance counts only if it holds an instance.

    Raises InstanceError where it is neither.
    """
    path = Path(source)
    bundled = library()
    if (path / "instance.toml").is_file() or (path.is_dir() and str(source) not in bundled):
        return path
    if str(source) in bundled:
        return bundled[str(source)]
    names = ", ".join(bundled)
    if path.is_file():
        hint = "an instance is a folder with an instance.toml; unpack an archive first"
        raise InstanceError([Fault(str(source), "is a file, not a folder", hint)])
    raise InstanceError([Fault(str(source), "is neither a folder nor a bundled instance", f"bundled are: {names}")])


def hash_folder(folder: Path) -> str:
    """Return a SHA-256 over names and contents of the instance's own files."""
    digest = hashlib.sha256()
    files = [folder / "instance.toml"]
    for part in schema.tables():
        files += [p for p in (folder / part).glob("*") if p.suffix in (".csv", ".parquet", ".gpkg")]
    for path in sorted(p for p in files if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _read_part(folder: Path, part: str, faults: list[Fault]) -> tuple[dict[str, pd.DataFrame], set[str]] | None:
    """Return the tables of a part, and which of them are sound; None where the part is not there."""
    if not (folder / part).is_dir():
        return None
    tables, sound = {}, set()
    for table in schema.tables()[part]:
        try:
            tables[table.name], found = read_table(folder, table)
        except InstanceError as error:
            found = list(error.faults)
        faults += found
        if not found:
            sound.add(table.name)
    return tables, sound


def _read_settings(folder: Path, faults: list[Fault]) -> Settings | None:
    path = folder / "instance.toml"
    outside = leads_out(path, folder)
    try:
        if outside is None:
            return read_settings(path)
        faults.append(outside)
    except InstanceError as error:
        faults += error.faults
    return None


def _with_neighbours(folder: Path, land: dict[str, pd.DataFrame], settings: Settings) -> dict[str, pd.DataFrame]:
    """Compute the neighbours from the polygons where a rule needs them and no table states them.

    Raises InstanceError where there are no polygons either.
    """
    neighbours, zones = schema.table("land", "neighbours"), schema.table("land", "zones")
    rules = needs_neighbours(land["quotas"], settings)
    if not rules or find_table(folder, neighbours) is not None:
        return land
    path = find_table(folder, zones)
    if path is None or not has_polygons(path, zones):
        message = f"table is missing: which zones share a border decides {', '.join(rules)}"
        hint = "add neighbours.csv or .parquet (zone_a, zone_b, length_m), or store the zones with polygons"
        raise InstanceError([Fault(str(folder / "land" / "neighbours"), message, hint)])
    return {**land, "neighbours": shared_borders(read_geometry(folder, zones))}


def load(source: str | Path, whole: pd.DataFrame | None = None) -> Instance:
    """Read and check an instance; raises InstanceError with every fault found.

    `whole` is the census of all land (`instances.census`) where the zones are a part of it.
    """
    folder = resolve(source)
    faults: list[Fault] = []
    settings = _read_settings(folder, faults)
    read = {part: _read_part(folder, part, faults) for part in schema.tables()}
    parts = {part: content and content[0] for part, content in read.items()}
    if not any(parts.values()):
        faults.append(Fault(str(folder), "has none of land/, restoration/, network/", "an instance has at least one"))
    sound = {part: content and {name: content[0][name] for name in content[1]} for part, content in read.items()}
    if settings is not None:
        faults += crs_faults(folder, settings.instance.crs, {part: set(tables or ()) for part, tables in sound.items()})
    if faults or settings is None:
        raise InstanceError(faults + list(references(folder, sound)))
    if parts["land"] is not None:
        place = str(folder / "instance.toml")
        raise_if_any(Fault(place, "section is missing", "land needs it", column=name) for name in settings.missing())
    raise_if_any(crosscheck(folder, settings, parts, whole))
    if parts["land"] is not None:
        parts["land"] = _with_neighbours(folder, parts["land"], settings)
    land, restoration, network = (parts[name] for name in ("land", "restoration", "network"))
    return Instance(
        folder=folder,
        settings=settings,
        land=Land(land, whole=whole) if land else None,
        restoration=Restoration(restoration) if restoration else None,
        network=Network.of(network, settings).in_order() if network else None,
        hash=hash_folder(folder),
    )


def check_written(folder: Path) -> None:
    """Read what was written to a folder that is still a temporary one; raises InstanceError that names its tables."""
    try:
        load(folder)
    except InstanceError as error:
        raise InstanceError(
            replace(fault, where=fault.where.replace(str(folder), "the instance")) for fault in error.faults
        ) from error
