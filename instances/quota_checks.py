"""Checks of quotas: form of each (sense, unit, period, group), and quotas that make no sense together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault
from instances.land import DERIVED_GROUPS
from instances.neighbours import NEIGHBOUR_RULES
from instances.places import line_of
from instances.quota_levels import SIGNED, cap_faults
from instances.row_faults import MOST_TOLD, row_faults

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    import pandas as pd

    from instances.land import Land
    from instances.settings import Settings

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
    "carbon_cap": (("<=",), ("tCO2e", "tCO2e/yr")),
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


def quota_faults(place: str, land: Land, settings: Settings) -> Iterator[Fault]:
    """Find quotas that their rule does not understand, or that contradict each other; `place` is their table.

    Rules that are switched off contradict nothing.
    """
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
        if record["value"] < 0 and record["rule"] not in SIGNED:
            yield Fault(place, f"{name}: {record['value']:g} must not be negative", "", line, "value")
        if record["rule"] in NEIGHBOUR_RULES:
            yield from _lie_of_land(place, record, settings, line)
    yield from _stated_twice(place, land, settings)
    yield from _nested_linked(place, land, settings)
    yield from _idle_banks(place, land, settings)
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

    def twice(row: int) -> str:
        record = land.quotas.iloc[row]
        return f"{record['id']}: growth of {record['group']} in {record['region']} is stated twice"

    def idle(row: int) -> str:
        record = land.quotas.iloc[row]
        return f"{record['id']}: growth of {record['group']} carries no activity under bottom_up"

    rows = table.loc[table.duplicated(key), "row"].to_numpy()
    yield from row_faults(place, rows, twice, "delete one of the rows", "id")
    yield from _overlapping_growth(place, land, table)
    rows = table.loc[table["group"].isin(DERIVED_GROUPS), "row"].to_numpy()
    yield from row_faults(place, rows, idle, "state it by group of the tree, or use top_down", "group")


def _overlapping_growth(place: str, land: Land, growth: pd.DataFrame) -> Iterator[Fault]:
    """Find growth stated for a region or group and again for a part of it."""
    stated = list(growth.drop_duplicates(["region", "group"]).to_dict("records"))
    regions = np.array([land.region_code(str(record["region"])) for record in stated], dtype=np.int64)
    kinds = np.array([land.new_member(str(record["group"])) for record in stated], dtype=float)
    kinds = kinds.reshape(len(stated), len(land.classes))
    held = land.subtree[np.ix_(regions, regions)]
    shared = (kinds @ kinds.T) > 0
    for first, second in np.argwhere(np.triu(shared & (held | held.T), k=1))[:MOST_TOLD]:
        ids = f"{stated[first]['id']} and {stated[second]['id']}"
        message = f"{ids}: part of one growth lies in the other, and bottom_up would count it twice"
        hint = "state growth at one level of regions and of groups, or use top_down"
        yield Fault(place, message, hint, line_of(place, int(stated[second]["row"])), "id")


def _idle_banks(place: str, land: Land, settings: Settings) -> Iterator[Fault]:
    """Find banks that no compensation quota draws on: it would be the same region's, of the same kind."""
    if "compensation_bank" in settings.instance.rules_off:
        return
    table = land.quotas
    for graded, rule in ((False, "compensation"), (True, "compensation_grade")):
        served = set(table.loc[table["rule"] == rule, "region"].astype(str))
        banks = table[(table["rule"] == "compensation_bank") & ((table["grade"] > 0) == graded)]
        for row, record in zip(banks.index, banks.to_dict("records"), strict=True):
            if str(record["region"]) not in served:
                message = f"quota {record['id']}: no {rule} of {record['region']} draws on this bank"
                yield Fault(place, message, f"state bank and {rule} for the same region", line_of(place, row), "region")


def _nested_linked(place: str, land: Land, settings: Settings) -> Iterator[Fault]:
    """One reclaimed hectare would serve two linked quotas where their regions lie in each other."""
    if "linked_quota" in settings.instance.rules_off:
        return
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
    stocks = {"floor", "ceiling", "cropland_retention", "construction_total"} - set(settings.instance.rules_off)
    table = table[table["rule"].isin(stocks)]
    if table["sense"].nunique() < 2:
        return
    fixed = {"cropland_retention": "cropland", "construction_total": "built"}
    table = table.assign(group=table["rule"].map(fixed).fillna(table["group"]))
    for key, rows in table.groupby(["region", "group", "period", "unit"]):
        low = rows.loc[rows["sense"] == ">=", "value"].max()
        high = rows.loc[rows["sense"] == "<=", "value"].min()
        if low > high:
            ids = ", ".join(rows["id"].astype(str))
            message = f"{ids}: {key[1]} in {key[0]} by {key[2]} must be at least {low:g} and at most {high:g} {key[3]}"
            yield Fault(place, message, "correct one of them", column="value")
