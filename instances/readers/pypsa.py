"""A network of PyPSA, from its CSV folder, as a network instance: `sanqu import pypsa`.

Least cost under linear power flow, as `n.optimize()` solves it: the objective is PyPSA's, the capital cost of present
extendable capacity being its constant. What has no counterpart is refused by component and attribute.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from instances.faults import Fault, InstanceError
from instances.network.write import raise_if_unusable, write_network
from instances.readers import pypsa_parts as read
from instances.readers.notes import Imported, Note
from instances.readers.pypsa_files import PypsaFolder
from instances.settings import About, NetworkSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REFUSED = ("processes", "investment_periods", "scenarios")
"""Tables that must have no rows: what they stand for has no counterpart."""


@dataclass(frozen=True)
class PypsaStudy(Imported):
    """The network part with its settings."""

    about: About
    settings: NetworkSettings


def import_pypsa(source: Path, folder: Path, name: str) -> PypsaStudy:
    """Write PyPSA's CSV folder as an instance; raises InstanceError with what has no counterpart."""
    study = read_pypsa(source, name)
    write_network(folder, study.about, study.settings, study.tables)
    raise_if_unusable(folder, source)
    return study


def read_pypsa(source: Path, name: str) -> PypsaStudy:
    """Read a folder that PyPSA's `export_to_csv_folder` wrote.

    Raises
    ------
    InstanceError
        In the files and attributes of PyPSA: what cannot be read, and what Sanqu has no counterpart for.
    """
    if not source.is_dir():
        hint = "name the folder that n.export_to_csv_folder wrote"
        raise InstanceError([Fault(str(source), "is no folder", hint)])
    files = PypsaFolder(source)
    for table in REFUSED:
        if len(files.table(table)):
            raise InstanceError([Fault(str(files.path(table)), "has rows; Sanqu has no counterpart for them")])
    for path in sorted(source.glob("*-pw.csv")):
        raise InstanceError([Fault(str(path), "holds a piecewise curve; Sanqu has no counterpart for it")])
    snapshots = _snapshots(files)
    parts = read.Parts(len(snapshots))
    bus, carriers = files.component("buses"), files.component("carriers")
    carbon = dict(zip(carriers.names, carriers.numbers("co2_emissions", 0.0), strict=True))
    wires = [
        read.lines(files.component("lines"), parts, bus),
        read.transformers(files.component("transformers"), parts, bus),
    ]
    held = [
        read.storage_units(files.component("storage_units"), parts),
        read.stores(files.component("stores"), parts),
    ]
    tables = {
        "buses": read.buses(bus),
        "generators": read.generators(files.component("generators"), parts, carbon),
        "lines": _together(files, "lines", "transformers", wires),
        "links": read.links(files.component("links"), parts),
        "storage": _together(files, "storage_units", "stores", held),
        "loads": read.loads(files.component("loads"), parts),
        "snapshots": snapshots,
        "rules": read.rules(files, files.component("global_constraints")),
    }
    tables["profiles"] = parts.table(snapshots["snapshot"])
    _known_buses(files, tables, set(bus.names))
    about = About(name=name, title_en=name, title_zh=name, crs=_crs(files), provenance=f"PyPSA, {source.name}")
    settings = NetworkSettings(money="currency", horizon_h=float(snapshots["weight_h"].sum()))
    stated = {key: table for key, table in tables.items() if len(table)}
    return PypsaStudy(stated, _notes(tables), about, settings)


def _snapshots(files: PypsaFolder) -> pd.DataFrame:
    """Return snapshots with PyPSA's three weights: of costs, of energy, and of steps of storage."""
    found = files.component("snapshots")
    if not len(found):
        return pd.DataFrame({"snapshot": ["now"], "weight_h": 1.0, "cost_weight_h": 1.0, "step_h": 1.0})
    label = "snapshot" if "snapshot" in found.frame else "name"
    weights = {attribute: found.numbers(attribute, 1.0) for attribute in ("generators", "objective", "stores")}
    for attribute, values in weights.items():
        for row in np.flatnonzero(values <= 0):
            raise found.fault(int(row), attribute, f"{values[row]:g} must be above 0", "leave the snapshot out")
    table = {"snapshot": found.frame[label], "weight_h": weights["generators"]}
    return pd.DataFrame({**table, "cost_weight_h": weights["objective"], "step_h": weights["stores"]})


def _together(files: PypsaFolder, first: str, second: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return two components as one table; their names must differ."""
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    for name in table.iloc[:, 0][table.iloc[:, 0].duplicated()]:
        message = f"{name} is also the name of one of {first}"
        raise InstanceError([Fault(str(files.path(second)), message, "rename one", column="name")])
    return table


def _known_buses(files: PypsaFolder, tables: Mapping[str, pd.DataFrame], known: set[str]) -> None:
    """Raise what names no bus, in PyPSA's words."""
    for table, frame in tables.items():
        for column in [name for name in ("bus", "from_bus", "to_bus") if name in frame and table != "buses"]:
            unknown = frame[~frame[column].isin(known)]
            for component, bus in zip(unknown.iloc[:, 0].astype(str), unknown[column].astype(str), strict=True):
                attribute = {"bus": "bus", "from_bus": "bus0", "to_bus": "bus1"}[column]
                message = f"{component}: {attribute} {bus!r} is no bus of buses.csv"
                raise InstanceError([Fault(str(files.folder), message, "add it there", column=attribute)])


def _crs(files: PypsaFolder) -> str:
    """Return the reference system of the coordinates as an authority's code, nothing where none is stated."""
    network = files.table("network")
    if len(network) and "srid" in network and network["srid"].iloc[0]:
        return f"EPSG:{network['srid'].iloc[0]}"
    path = files.folder / "crs.json"
    try:
        authority = CRS.from_user_input(json.loads(path.read_text(encoding="utf-8"))["_crs"]).to_authority()
    except (OSError, ValueError, KeyError, TypeError, CRSError):
        return ""
    return ":".join(authority) if authority else ""


def _notes(tables: Mapping[str, pd.DataFrame]) -> tuple[Note, ...]:
    """Say what PyPSA does not state and the instance does."""
    notes = [
        Note(
            "PyPSA 不注明货币：[network] money 写作 currency，请改为实际单位。",
            "PyPSA states no currency: [network] money says currency; write what it is.",
        )
    ]
    green = sorted(set(tables["generators"].loc[tables["generators"]["renewable"] == 1, "technology"]))
    if green:
        names = ", ".join(green)
        notes.append(Note(f"按名称计为可再生能源：{names}。", f"Taken as renewable by their names: {names}."))
    return tuple(notes)
