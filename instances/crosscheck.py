"""Checks between tables: references, areas that add up, quotas that make sense together."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from instances import schema
from instances.classes import base_code, load_classes, schemes
from instances.faults import Fault
from instances.joint_checks import joint_faults
from instances.land import DERIVED_GROUPS, Land, codes_of
from instances.neighbours import NEIGHBOUR_RULES, neighbour_faults
from instances.network import Network
from instances.network.checks import network_faults
from instances.network.land_checks import network_land_faults
from instances.peak_checks import peak_faults
from instances.places import line_of, place_of
from instances.project_checks import project_faults
from instances.quota_levels import cap_faults
from instances.site_checks import site_faults

if TYPE_CHECKING:
    from pathlib import Path

    from instances.settings import Settings

Tables = Mapping[str, pd.DataFrame]
MAX_ROWS = 20
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
QUOTA_FORM = {
    "cropland_retention": ((">=",), ("ha",)),
    "compensation": (("==",), ("1",)),
    "compensation_grade": (("==",), ("1",)),
    "compensation_bank": (("<=", "==", ">="), ("ha",)),
    "linked_quota": (("<=",), ("ha",)),
    "construction_total": (("<=",), ("ha",)),
    "construction_increment": (("<=",), ("ha",)),
    "construction_intensity": (("<=",), ("share",)),
    "growth_demand": ((">=",), ("ha",)),
    "redevelopment_share": ((">=",), ("share",)),
    "floor": ((">=",), ("ha", "share")),
    "ceiling": (("<=",), ("ha", "share")),
    "loss_cap": (("<=",), ("ha", "share")),
    "gain_cap": (("<=",), ("ha", "share")),
    "restoration_area": ((">=",), ("ha",)),
    "carbon_cap": (("<=",), ("tCO2e",)),
    "peak": ((">=",), ("share",)),
    "budget": (("<=",), ("10k CNY",)),
    "compactness": (("==",), ("tCO2e/km", "10k CNY/km")),
    "perimeter_limit": (("<=",), ("km",)),
    "contiguity": (("==",), ("1",)),
    "minimum_patch": ((">=",), ("ha",)),
}
"""Senses and units that each rule understands."""

FIXED_GROUPS = {
    "cropland_retention": ("", "cropland"),
    "compensation": ("", "cropland"),
    "compensation_grade": ("", "cropland"),
    "compensation_bank": ("", "cropland"),
    "linked_quota": ("",),
    "construction_total": ("", "built"),
    "construction_increment": ("", "built"),
    "construction_intensity": ("", "built"),
    "restoration_area": ("",),
    "carbon_cap": ("",),
    "peak": ("",),
    "budget": ("", "projects"),
}
"""Rules that fix the group themselves, with what a quota of theirs may say."""

GROUPED = ("growth_demand", "floor", "ceiling", "loss_cap", "gain_cap", *NEIGHBOUR_RULES)
"""Rules whose quota must name a group."""

RESTORED = ("compactness", "perimeter_limit")
"""Rules whose quota may name restored land, `restored`."""


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
            faults += _quotas(folder, model, settings)
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
    empty = (values.astype(str) == "").to_numpy() if not pd.api.types.is_integer_dtype(values) else False
    unknown = np.flatnonzero((codes_of(values, keys) < 0) & ~np.asarray(empty))
    for row in unknown[:MAX_ROWS]:
        message = f"{values.iloc[row]!s} is not in {column.refers_to}"
        yield Fault(place, message, "add it there or correct it here", line_of(place, row), column.name)
    if len(unknown) > MAX_ROWS:
        yield Fault(place, f"{len(unknown) - MAX_ROWS:,} more rows are not in {column.refers_to}", column=column.name)


def _tree(folder: Path, tables: Tables) -> Iterator[Fault]:
    place = place_of(folder, "land", "regions")
    regions = tables["regions"]
    if regions.empty or tables["zones"].empty:
        empty = "regions" if regions.empty else "zones"
        yield Fault(place_of(folder, "land", empty), "table is empty", "an instance needs at least one row")
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
        if base_code(code) not in set(load_classes(scheme)["code"].astype(str)):
            hint = "keep leading zeros; see instances/tables/classes.csv"
            yield Fault(place, f"class {record['class']}: {code} is no code of {scheme}", hint, line, "code")
        return
    plain = re.sub(r"[^a-z0-9]", "", scheme.lower())
    for known in schemes():
        if plain == known.replace("_", ""):
            yield Fault(place, f"scheme {scheme!r} is not known", f"write {known}", line, "scheme")


def _areas(folder: Path, land: Land) -> Iterator[Fault]:
    place = place_of(folder, "land", "zones")
    stated = land.zones["area_ha"].to_numpy()
    summed = land.zone_area_ha
    off = np.flatnonzero((stated > 0) & (np.abs(stated - summed) > AREA_TOLERANCE * stated))
    for zone in off[:MAX_ROWS]:
        message = (
            f"zone {land.zones['zone'].iloc[zone]}: cover adds to {summed[zone]:.4f} ha, not {stated[zone]:.4f} ha"
        )
        yield Fault(place, message, "correct table cover or the area", line_of(place, zone), "area_ha")
    if len(off) > MAX_ROWS:
        yield Fault(place, f"{len(off) - MAX_ROWS:,} more zones whose cover does not add up", column="area_ha")
    if summed.sum() <= 0:
        yield Fault(place_of(folder, "land", "cover"), "there is no land: all areas are zero", column="area_ha")


def _whole(folder: Path, land: Land) -> Iterator[Fault]:
    place = place_of(folder, "land", "zones")
    zone, _, _ = land.cover
    held = np.bincount(zone, minlength=len(land.zones))
    mixed = np.flatnonzero((land.zones["whole"].to_numpy() == 1) & (held > 1))
    for row in mixed[:MAX_ROWS]:
        message = f"zone {land.zones['zone'].iloc[row]} changes as a whole but holds {held[row]} classes"
        yield Fault(place, message, "split the zone or set whole to 0", line_of(place, row), "whole")


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


def _quotas(folder: Path, land: Land, settings: Settings) -> Iterator[Fault]:
    place = place_of(folder, "land", "quotas")
    for row, record in enumerate(land.quotas.to_dict("records")):
        line = line_of(place, row)
        senses, units = QUOTA_FORM[record["rule"]]
        name = f"quota {record['id']}"
        if record["sense"] not in senses:
            yield Fault(place, f"{name}: {record['rule']} takes {' or '.join(senses)}", "", line, "sense")
        if record["unit"] not in units:
            yield Fault(place, f"{name}: {record['rule']} takes {' or '.join(units)}", "", line, "unit")
        if record["period"] not in (0, *settings.time.periods):
            ends = ", ".join(map(str, settings.time.periods))
            yield Fault(place, f"{name}: {record['period']} ends no period", f"use {ends} or 0", line, "period")
        group = record["group"]
        if record["rule"] in GROUPED and not group:
            yield Fault(place, f"{name}: {record['rule']} needs a group", "", line, "group")
        fixed = FIXED_GROUPS.get(record["rule"])
        if fixed is not None and group not in fixed:
            hint = "leave it empty"
            yield Fault(place, f"{name}: {record['rule']} counts no group {group!r}", hint, line, "group")
        elif fixed is None and group and not (land.knows_group(group) or _restored(record)):
            yield Fault(place, f"{name}: {group!r} is neither a group nor a class", "see groups.csv", line, "group")
        if record["value"] < 0 and record["rule"] != "carbon_cap":
            yield Fault(place, f"{name}: {record['value']:g} must not be negative", "", line, "value")
        if record["rule"] in NEIGHBOUR_RULES:
            yield from _lie_of_land(place, record, settings, line)
    yield from _stated_twice(place, land, settings)
    yield from _nested_linked(place, land)
    yield from _idle_banks(place, land)
    yield from _contradictions(place, land, settings)
    yield from cap_faults(place, land, settings)


def _restored(record: Mapping[Hashable, object]) -> bool:
    return record["group"] == "restored" and record["rule"] in RESTORED


def _lie_of_land(place: str, record: Mapping[Hashable, object], settings: Settings, line: int) -> Iterator[Fault]:
    """Check a quota on how land lies: it speaks of the end of the last period."""
    name, last = f"quota {record['id']}", settings.time.periods[-1]
    if record["period"] not in (0, last):
        message = f"{name}: {record['rule']} counts land when every period is over"
        yield Fault(place, message, f"use {last} or 0", line, "period")
    if record["rule"] == "contiguity" and record["value"] != 1:
        yield Fault(place, f"{name}: contiguity is on or not stated", "write 1, or delete the row", line, "value")


def _stated_twice(place: str, land: Land, settings: Settings) -> Iterator[Fault]:
    """Find growth demand stated twice where it is the reference growth, which must count each hectare once."""
    if settings.carbon.existing_activity != "bottom_up":
        return
    key = ["region", "period", "group"]
    table = land.quotas.reset_index(names="row")
    table = table[table["rule"] == "growth_demand"]
    for record in table[table.duplicated(key)].head(MAX_ROWS).to_dict("records"):
        message = f"{record['id']}: growth of {record['group']} in {record['region']} is stated twice"
        yield Fault(place, message, "delete one of the rows", line_of(place, int(record["row"])), "id")
    yield from _overlapping_growth(place, land, table)
    for record in table[table["group"].isin(DERIVED_GROUPS)].head(MAX_ROWS).to_dict("records"):
        message = f"{record['id']}: growth of {record['group']} carries no activity under bottom_up"
        hint = "state it by group of the tree, or use top_down"
        yield Fault(place, message, hint, line_of(place, int(record["row"])), "group")


def _overlapping_growth(place: str, land: Land, growth: pd.DataFrame) -> Iterator[Fault]:
    """Find growth stated for a region or group and again for a part of it."""
    stated = list(growth.drop_duplicates(["region", "group"]).to_dict("records"))
    regions = np.array([land.region_code(str(record["region"])) for record in stated], dtype=np.int64)
    kinds = np.array([land.new_member(str(record["group"])) for record in stated], dtype=float)
    kinds = kinds.reshape(len(stated), len(land.classes))
    held = land.subtree[np.ix_(regions, regions)]
    shared = (kinds @ kinds.T) > 0
    for first, second in np.argwhere(np.triu(shared & (held | held.T), k=1))[:MAX_ROWS]:
        ids = f"{stated[first]['id']} and {stated[second]['id']}"
        message = f"{ids}: part of one growth lies in the other, and bottom_up would count it twice"
        hint = "state growth at one level of regions and of groups, or use top_down"
        yield Fault(place, message, hint, line_of(place, int(stated[second]["row"])), "id")


def _idle_banks(place: str, land: Land) -> Iterator[Fault]:
    """Find banks that no compensation quota draws on: it would be the same region's, of the same kind."""
    table = land.quotas
    for graded, rule in ((False, "compensation"), (True, "compensation_grade")):
        served = set(table.loc[table["rule"] == rule, "region"].astype(str))
        banks = table[(table["rule"] == "compensation_bank") & ((table["grade"] > 0) == graded)]
        for row, record in zip(banks.index, banks.to_dict("records"), strict=True):
            if str(record["region"]) not in served:
                message = f"quota {record['id']}: no {rule} of {record['region']} draws on this bank"
                yield Fault(place, message, f"state bank and {rule} for the same region", line_of(place, row), "region")


def _nested_linked(place: str, land: Land) -> Iterator[Fault]:
    """One reclaimed hectare would serve two linked quotas where their regions lie in each other."""
    rows = land.quotas[land.quotas["rule"] == "linked_quota"]
    codes = [land.region_code(region) for region in rows["region"].astype(str)]
    for first, upper in enumerate(codes):
        for second, lower in enumerate(codes):
            if first != second and land.subtree[upper, lower]:
                ids = f"{rows['id'].iloc[first]} and {rows['id'].iloc[second]}"
                hint = "state the linked quota at one level, once a region"
                yield Fault(place, f"linked quotas {ids} cover the same land", hint, column="region")


def _contradictions(place: str, land: Land, settings: Settings) -> Iterator[Fault]:
    """Find floors above the ceiling of the same stock, which no plan can meet."""
    table = land.quotas.assign(period=land.quotas["period"].replace(0, settings.time.periods[-1]))
    table = table[table["rule"].isin(["floor", "ceiling", "cropland_retention", "construction_total"])]
    fixed = {"cropland_retention": "cropland", "construction_total": "built"}
    table = table.assign(group=table["rule"].map(fixed).fillna(table["group"]))
    for key, rows in table.groupby(["region", "group", "period", "unit"]):
        low = rows.loc[rows["sense"] == ">=", "value"].max()
        high = rows.loc[rows["sense"] == "<=", "value"].min()
        if low > high:
            ids = ", ".join(rows["id"].astype(str))
            message = f"{ids}: {key[1]} in {key[0]} by {key[2]} must be at least {low:g} and at most {high:g} {key[3]}"
            yield Fault(place, message, "correct one of them", column="value")
