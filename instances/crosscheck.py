"""Checks between tables: references, areas that add up, changes and factors that make sense."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from instances import schema
from instances.classes import base_code, load_classes, schemes
from instances.faults import Fault
from instances.joint_checks import joint_faults
from instances.land import DERIVED_GROUPS, Land, codes_of
from instances.neighbours import neighbour_faults
from instances.network import Network
from instances.network.checks import network_faults
from instances.network.land_checks import network_land_faults
from instances.peak_checks import peak_faults
from instances.places import line_of, place_of
from instances.project_checks import project_faults
from instances.quota_checks import quota_faults
from instances.row_faults import row_faults
from instances.site_checks import site_faults

if TYPE_CHECKING:
    from pathlib import Path

    from instances.settings import Settings

Tables = Mapping[str, pd.DataFrame]
AREA_TOLERANCE = 1e-4
"""Relative difference allowed between a zone's stated area and the sum of its cover."""

COLOR = re.compile(r"#[0-9A-Fa-f]{6}")

EXPECTED_UNITS = {
    "sink": ("tC/ha/yr", "tCO2/ha/yr"),
    "stock": ("tC/ha", "tCO2/ha"),
    "embodied": ("tC/ha", "tCO2/ha"),
    "soil_share": ("1",),
    "ramp_years": ("yr",),
    "volume": ("m3/ha",),
}


def crosscheck(
    folder: Path, settings: Settings, parts: Mapping[str, Tables | None], whole: pd.DataFrame | None = None
) -> list[Fault]:
    """Return every fault that lies between tables; the tables themselves have been checked.

    `whole` is the census of all land where the zones are a part of it.
    """
    faults = list(references(folder, parts))
    if faults:
        return faults
    land = parts["land"]
    if land is not None:
        faults += _tree(folder, land)
        if faults:
            return faults
        model = Land(land, whole=whole)
        for check in (_classes, _areas, _whole, _transitions, _factors, _activity):
            faults += check(folder, model)
        faults += neighbour_faults(place_of(folder, "land", "neighbours"), model)
        if not faults:
            faults += quota_faults(place_of(folder, "land", "quotas"), model, settings)
            faults += peak_faults(place_of(folder, "land", "quotas"), model, settings, parts["network"] is not None)
    if parts["restoration"] is not None:
        faults += project_faults(folder, parts["restoration"], land)
        faults += site_faults(folder, parts["restoration"], settings.restoration)
        if land is not None and settings.restoration is not None:
            faults += joint_faults(folder, parts["restoration"], settings.restoration)
    if parts["network"] is not None:
        network = Network.of(parts["network"], settings)
        faults += network_faults(folder, network)
        if land is not None:
            faults += network_land_faults(folder, network, Land(land))
    return faults


def references(folder: Path, parts: Mapping[str, Tables | None]) -> Iterator[Fault]:
    """Find values that name nothing, between those tables that are there."""
    owners = {table.name: part for part, tables in schema.tables().items() for table in tables}
    for part, tables in parts.items():
        if tables is None:
            continue
        for table in schema.tables()[part]:
            for column in table.columns if table.name in tables else ():
                if not column.refers_to:
                    continue
                name, key = column.refers_to.split(".")
                holder = parts[owners[name]]
                if holder is not None and name in holder and _holds_any(owners[name], name, holder[name]):
                    known = holder[name][key]
                    if schema.table(owners[name], name).key != (key,):
                        known = known.drop_duplicates()
                    yield from _dangling(
                        place_of(folder, part, table.name), tables[table.name][column.name], known, column
                    )


def _holds_any(part: str, name: str, frame: pd.DataFrame) -> bool:
    """Whether a table has rows, or need not have any; that one lacks them is told once, not by all that name it."""
    return len(frame) > 0 or schema.table(part, name).optional


def _dangling(place: str, values: pd.Series, keys: pd.Series, column: schema.Column) -> Iterator[Fault]:
    unknown = np.flatnonzero(codes_of(values, keys) < 0)
    if len(unknown):
        unknown = unknown[(values.iloc[unknown].astype(str) != "").to_numpy()]

    def words(row: int) -> str:
        return f"{values.iloc[row]!s} is not in {column.refers_to}"

    hint, rest = "add it there or correct it here", f"not in {column.refers_to}"
    yield from row_faults(place, unknown, words, hint, column.name, rest)


def _tree(folder: Path, tables: Tables) -> Iterator[Fault]:
    place = place_of(folder, "land", "regions")
    regions = tables["regions"]
    if empty := [name for name in ("regions", "zones", "classes") if tables[name].empty]:
        yield Fault(place_of(folder, "land", empty[0]), "table is empty", "an instance needs at least one row")
        return
    roots = regions.loc[regions["parent"].astype(str) == "", "region"]
    if len(roots) != 1:
        names = ", ".join(map(str, roots)) or "none"
        yield Fault(place, f"must have exactly one region without a parent, found {names}", column="parent")
    links = regions[regions["parent"].astype(str) != ""]
    graph = nx.DiGraph(list(zip(links["parent"].astype(str), links["region"].astype(str), strict=True)))
    if not nx.is_directed_acyclic_graph(graph):
        ring = " > ".join(edge[0] for edge in nx.find_cycle(graph))
        yield Fault(place, f"regions lie in each other: {ring}", "a region's parent must not lie below it")


def _classes(folder: Path, land: Land) -> Iterator[Fault]:
    place = place_of(folder, "land", "classes")
    leaves = set(land.groups.leaves_of("all"))
    for row, record in enumerate(land.classes.astype(str).to_dict("records")):
        name, group, line = record["class"], record["group"], line_of(place, row)
        if group not in leaves:
            hint = f"one of {', '.join(sorted(leaves))}"
            yield Fault(place, f"class {name}: {group!r} is not a leaf group", hint, line, "group")
        held = land.groups.leaves_of(name) if land.groups.is_node(name) else (group,)
        if held != (group,) or name in DERIVED_GROUPS:
            hint = "quotas could not tell them apart"
            yield Fault(place, f"class {name} has the name of a group", hint, line, "class")
        if record["color"] and not COLOR.fullmatch(record["color"]):
            yield Fault(place, f"class {name}: {record['color']!r} is no colour", "write #rrggbb", line, "color")
        yield from _scheme(place, record, line)


def _scheme(place: str, record: Mapping[Hashable, str], line: int) -> Iterator[Fault]:
    """Find codes that a shipped scheme does not have; a scheme of another name may have any."""
    scheme, code = record["scheme"], record["code"]
    if scheme in schemes():
        if base_code(code) not in _codes(scheme):
            hint = "keep leading zeros; see instances/tables/classes.csv"
            yield Fault(place, f"class {record['class']}: {code} is no code of {scheme}", hint, line, "code")
        return
    plain = re.sub(r"[^a-z0-9]", "", scheme.lower())
    for known in schemes():
        if plain == known.replace("_", ""):
            yield Fault(place, f"scheme {scheme!r} is not known", f"write {known}", line, "scheme")


@cache
def _codes(scheme: str) -> frozenset[str]:
    return frozenset(load_classes(scheme)["code"])


def _areas(folder: Path, land: Land) -> Iterator[Fault]:
    place = place_of(folder, "land", "zones")
    stated = land.zones["area_ha"].to_numpy()
    summed = land.zone_area_ha
    off = np.flatnonzero((stated > 0) & (np.abs(stated - summed) > AREA_TOLERANCE * stated))

    def words(zone: int) -> str:
        name = land.zones["zone"].iloc[zone]
        return f"zone {name}: cover adds to {summed[zone]:.4f} ha, not {stated[zone]:.4f} ha"

    hint = "correct table cover or the area"
    yield from row_faults(place, off, words, hint, "area_ha", "zones whose cover does not add up")
    if summed.sum() <= 0:
        yield Fault(place_of(folder, "land", "cover"), "there is no land: all areas are zero", column="area_ha")


def _whole(folder: Path, land: Land) -> Iterator[Fault]:
    place = place_of(folder, "land", "zones")
    zone, _, _ = land.cover
    held = np.bincount(zone, minlength=len(land.zones))
    mixed = np.flatnonzero((land.zones["whole"].to_numpy() == 1) & (held > 1))

    def words(row: int) -> str:
        return f"zone {land.zones['zone'].iloc[row]} changes as a whole but holds {held[row]} classes"

    yield from row_faults(place, mixed, words, "split the zone or set whole to 0", "whole")


def _transitions(folder: Path, land: Land) -> Iterator[Fault]:
    place = place_of(folder, "land", "transitions")
    table = land.tables["transitions"]
    ecological = land.member("ecological")
    water = land.member("water")
    source = codes_of(table["from"], land.classes["class"])
    target = codes_of(table["to"], land.classes["class"])
    for row, record in enumerate(table.to_dict("records")):
        line = line_of(place, row)
        pair = f"{record['from']} to {record['to']}"
        if source[row] == target[row]:
            yield Fault(place, f"{pair} is no change", "a class may always stay; delete the row", line, "to")
        condition = str(record["condition"])
        if condition and condition not in land.zones:
            yield Fault(place, f"{pair}: zones has no column {condition!r}", "add it as 0/1", line, "condition")
        elif condition and not pd.to_numeric(land.zones[condition], errors="coerce").isin([0, 1]).all():
            yield Fault(place, f"{pair}: column {condition!r} of zones is not 0 or 1 throughout", "", line, "condition")
        if record["restoration"] and (not ecological[target[row]] or water[source[row]]):
            hint = "a gain is credited only into forest, grass, wetland or water, and never out of water"
            yield Fault(place, f"{pair} cannot be a restoration", hint, line, "restoration")


def _factors(folder: Path, land: Land) -> Iterator[Fault]:
    place = place_of(folder, "land", "factors")
    table = land.tables["factors"]
    known = set(land.regions["region"].astype(str)) | {"*"}
    for row, record in enumerate(table.to_dict("records")):
        line = line_of(place, row)
        if str(record["region"]) not in known:
            yield Fault(place, f"{record['region']} is not in regions.region", "or use *", line, "region")
        units = EXPECTED_UNITS[record["factor"]]
        if record["unit"] not in units:
            hint = f"use {' or '.join(units)}"
            yield Fault(place, f"{record['unit']!r} is no unit of {record['factor']}", hint, line, "unit")
        if record["factor"] == "soil_share" and not 0 <= record["value"] <= 1:
            yield Fault(place, f"soil_share {record['value']:g} must lie between 0 and 1", "", line, "value")
        if record["factor"] in ("stock", "ramp_years", "embodied", "volume") and record["value"] < 0:
            yield Fault(place, f"{record['factor']} {record['value']:g} must not be negative", "", line, "value")


def _activity(folder: Path, land: Land) -> Iterator[Fault]:
    table = land.tables["activity"]
    place = place_of(folder, "land", "activity")
    total = float(table["share"].sum())
    if len(table) and abs(total - 1) > 1e-6:
        yield Fault(place, f"shares add to {total:.6f}, not 1", "scale them", column="share")
    for row, group in enumerate(table["group"]):
        if not land.groups.is_node(group):
            yield Fault(place, f"{group!r} is not a group", "see the group tree", line_of(place, row), "group")
