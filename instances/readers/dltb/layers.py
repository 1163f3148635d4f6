"""Finding and reading the layers of a survey database: Shapefile, File Geodatabase, GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from instances.faults import Fault, InstanceError
from instances.readers.dltb import crs as systems
from instances.readers.guards import raise_if_cut_off

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from instances.readers.dltb.config import Config

LAYERS = {
    "DLTB": "parcels 地类图斑",
    "XZQ": "administrative regions 行政区",
    "YJJBNTTB": "permanent basic farmland 永久基本农田",
    "STBHHX": "ecological red line 生态保护红线",
    "CZKFBJ": "urban development boundary 城镇开发边界",
    "PDT": "slope classes 坡度图",
}
DATABASES = (".gdb", ".gpkg")
MAX_RECORDS = 20_000_000
"""More than any county has; a header that claims more is not believed."""
LEGACY = "gb18030"
"""Holds GBK and GB2312; read where the text is not UTF-8."""
_TRUNCATED = 3
"""Bytes at the end of a text that may belong to a character cut off by the width of its field."""


@dataclass(frozen=True)
class Place:
    """A layer of a file."""

    path: Path
    layer: str

    def __str__(self) -> str:
        return str(self.path) if self.path.suffix.lower() == ".shp" else f"{self.path}, layer {self.layer}"


@dataclass(frozen=True)
class Layer:
    """Attributes and shapes of a layer, in the system that its coordinates are really in."""

    place: Place
    table: pd.DataFrame
    shapes: NDArray[Any]
    crs: CRS
    encoding: str


def locate(source: Path, config: Config) -> dict[str, Place]:
    """Return where each layer lies; raises InstanceError where DLTB or a layer that the configuration names is not.

    A layer that is not stated is looked for by its name: NAME.shp or NAME.gpkg in the folder, then in each
    database of the folder; in a database itself, among its layers. Upper and lower case are alike.
    """
    if not source.exists():
        raise InstanceError([Fault(str(source), "does not exist", "name a folder, a .gdb, a .gpkg or a .shp")])
    faults = [
        Fault("[layers]", f"{name!r} is not known", f"one of {', '.join(LAYERS)}")
        for name in config.layers
        if name not in LAYERS
    ]
    found: dict[str, Place] = {}
    inside = _inventory(source)
    for name in LAYERS:
        if name in config.layers:
            try:
                found[name] = _stated(source, name, config.layers[name])
            except InstanceError as error:
                faults += error.faults
        elif name in inside:
            found[name] = inside[name]
    if "DLTB" not in found and not faults:
        held = ", ".join(sorted(inside)) or "none"
        hint = f"layers found: {held}; state it under [layers] of the configuration"
        faults.append(Fault(str(source), "has no layer DLTB", hint))
    if faults:
        raise InstanceError(faults)
    return found


def _inventory(source: Path) -> dict[str, Place]:
    files = [source]
    if source.is_dir() and source.suffix.lower() != ".gdb":
        held = sorted(source.iterdir())
        files = [p for p in held if p.suffix.lower() == ".shp"] + [p for p in held if p.suffix.lower() in DATABASES]
    found: dict[str, Place] = {}
    for path in files:
        names = [path.stem] if path.suffix.lower() == ".shp" else _layer_names(path)
        for name in names:
            if name.upper() in LAYERS:
                found.setdefault(name.upper(), Place(path, name))
    return found


def _layer_names(path: Path) -> list[str]:
    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except pyogrio.errors.DataSourceError as error:
        hint = "a Shapefile, File Geodatabase or GeoPackage that is whole"
        raise InstanceError([Fault(str(path), f"cannot be opened: {error}", hint)]) from error


def _stated(source: Path, name: str, text: str) -> Place:
    file, _, layer = text.partition("|")
    root = source if source.is_dir() and source.suffix.lower() != ".gdb" else source.parent
    path = Path(file) if Path(file).is_absolute() else (root / file).resolve()
    if not Path(file).is_absolute() and not path.is_relative_to(root.resolve()):
        raise InstanceError([Fault("[layers]", f"{file} leads out of {root}", "state an absolute path", column=name)])
    if not path.exists():
        raise InstanceError([Fault("[layers]", f"{path} does not exist", "state the file of the layer", column=name)])
    names = [path.stem] if path.suffix.lower() == ".shp" else _layer_names(path)
    wanted = layer or next((n for n in names if n.upper() == name), names[0] if len(names) == 1 else "")
    if wanted not in names:
        hint = f"its layers are {', '.join(names) or 'none'}"
        raise InstanceError([Fault(str(path), f"has no layer {wanted or name}", hint, column=name)])
    return Place(path, wanted)


def read(place: Place, config: Config) -> Layer:
    """Read a layer; raises InstanceError where it cannot be read, or its system is not CGCS2000."""
    raise_if_cut_off(place.path)
    try:
        claimed = pyogrio.read_info(place.path, layer=place.layer, force_feature_count=False)["features"]
        if claimed > MAX_RECORDS:
            hint = f"at most {MAX_RECORDS:,} are read"
            raise InstanceError([Fault(str(place), f"header claims {claimed:,} records", hint)])
        encoding = _encoding(place, config)
        meta, _, wkb, columns = pyogrio.raw.read(place.path, layer=place.layer, encoding=encoding, force_2d=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError, RuntimeError) as error:
        hint = "check that all files of the layer are there and whole"
        raise InstanceError([Fault(str(place), f"cannot be read: {error}", hint)]) from error
    except UnicodeDecodeError as error:
        hint = "state [source] encoding, such as GBK or UTF-8"
        raise InstanceError([Fault(str(place), f"text is not {error.encoding}", hint)]) from error
    if wkb is None:
        raise InstanceError([Fault(str(place), "has no geometry", "export it with its polygons")])
    table = pd.DataFrame(dict(zip(meta["fields"], columns, strict=True)))
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    crs = _system(place, meta["crs"], shapes, config)
    return Layer(place, table, shapes, crs, encoding or "as the file says")


def _system(place: Place, stated: str | None, shapes: NDArray[Any], config: Config) -> CRS:
    text = stated or config.source.crs
    if not text:
        hint = "add the .prj file, or state [source] crs, such as EPSG:4529"
        raise InstanceError([Fault(str(place), "names no reference system", hint)])
    crs = systems.parse(text, str(place))
    systems.require_cgcs2000(crs, str(place))
    west = shapely.bounds(shapes)[:, 0]
    west = west[np.isfinite(west)]
    return systems.with_prefix_of(crs, float(np.median(west)) if len(west) else np.nan)


def _encoding(place: Place, config: Config) -> str | None:
    """Return the code page of a Shapefile; None where the file itself says it.

    The configuration comes first, then the .cpg file; without either, the text is read as UTF-8 where all
    of it is UTF-8, and else as GB18030, which holds GBK. Databases are always Unicode.
    """
    if place.path.suffix.lower() != ".shp":
        return None
    if config.source.encoding != "auto":
        try:
            "".encode(config.source.encoding)
        except LookupError as error:
            hint = "auto, GBK or UTF-8"
            raise InstanceError(
                [Fault("[source]", f"{config.source.encoding!r} is no code page", hint, column="encoding")]
            ) from error
        return config.source.encoding
    if any(place.path.with_suffix(suffix).is_file() for suffix in (".cpg", ".CPG")):
        return None
    _, _, _, columns = pyogrio.raw.read(place.path, encoding="ISO-8859-1", read_geometry=False)
    texts = {text for column in columns if column.dtype == object for text in pd.unique(column) if text}
    return "utf-8" if all(_is_utf8(str(text).encode("latin-1")) for text in texts) else LEGACY


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and len(raw) - error.start <= _TRUNCATED
    return True
