"""Quotas handed down from level to level (指标五级传导): whether those of the parts fit into that of the whole.

Nation, province, city, county, township: what a region is given is compared with what the nearest regions below it that
have the same quota (rule, group, period and unit) are given together, whether or not levels lie between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from instances.faults import Fault
from instances.places import line_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from instances.land import Bools, Land
    from instances.settings import Settings

CAPS = (
    "carbon_cap",
    "construction_total",
    "construction_increment",
    "ceiling",
    "budget",
)
"""Rules whose limits of parts add up to that of the whole."""

SIGNED = ("carbon_cap",)
"""Rules whose limits may lie below zero: land takes up carbon."""

FLOORS = ("cropland_retention", "floor", "growth_demand", "restoration_area")
"""Rules whose targets of parts add up to that of the whole."""

AMOUNTS = ("ha", "tCO2e", "tCO2e/yr", "10k CNY")
"""Units that add up; shares do not."""

LEVELS = ("national", "province", "city", "county", "township", "village")
"""Levels from the widest; regions of other levels are not compared."""

KEY = ["rule", "group", "period", "unit"]


@dataclass(frozen=True)
class Handed:
    """One quota of a region, and the same quota of the nearest regions below it.

    `row` is the place of the region's quota in the table; `below` holds value by region; `whole` tells whether the
    regions below hold all the land of the region.
    """

    row: int
    region: str
    rule: str
    year: int
    unit: str
    words: str
    value: float
    below: dict[str, float]
    whole: bool

    @property
    def given(self) -> float:
        """What the regions below are given together."""
        return sum(self.below.values())

    @property
    def over(self) -> float:
        """By how much caps below exceed the region's own."""
        return self.given - self.value if self.rule in CAPS else 0.0

    @property
    def short(self) -> float:
        """By how much targets below, where they speak of all the land, stay behind the region's own."""
        return self.value - self.given if self.rule in FLOORS and self.whole else 0.0

    @property
    def tolerance(self) -> float:
        """Difference that rounding explains."""
        return 1e-9 * abs(self.value) + 1e-6


def handed_down(land: Land, settings: Settings) -> list[Handed]:
    """Return every quota that regions below have as well; of several of one region the one that binds counts.

    Rules that are switched off are left out.
    """
    table, rules = land.quotas.reset_index(names="row"), {*CAPS, *FLOORS} - set(settings.instance.rules_off)
    table = table[table["rule"].isin(rules) & table["unit"].isin(AMOUNTS)]
    if table["region"].nunique() < 2:
        return []
    table = table.assign(period=table["period"].replace(0, settings.time.periods[-1]))
    found: list[Handed] = []
    for key, rows in table.groupby(KEY, sort=False):
        binding = (
            rows.sort_values("value", ascending=key[0] in CAPS, kind="stable").drop_duplicates("region").sort_index()
        )
        found += _handed(land, key, binding)
    return sorted(found, key=lambda one: one.row)


def _handed(land: Land, key: tuple[Any, ...], rows: pd.DataFrame) -> Iterator[Handed]:
    """Compare the regions of one quota with the nearest ones below each."""
    codes = np.array([land.region_code(str(region)) for region in rows["region"]], dtype=np.int64)
    within = land.subtree[np.ix_(codes, codes)] & ~np.eye(len(codes), dtype=bool)
    values, names = rows["value"].to_numpy(dtype=float), rows["region"].astype(str).to_numpy()
    rule, group, period, unit = key
    for upper in np.flatnonzero(within.any(axis=1)):
        nearest = np.flatnonzero(within[upper] & ~(within[upper] @ within))
        below = {str(names[k]): float(values[k]) for k in nearest}
        words = f"{rule}{f' of {group}' if group else ''} by {period}, {unit}"
        row, held = int(rows["row"].iloc[upper]), _hold_all(land, codes[upper], codes[nearest])
        yield Handed(row, str(names[upper]), rule, int(period), unit, words, float(values[upper]), below, held)


def _hold_all(land: Land, region: int, parts: np.ndarray) -> bool:
    """Whether some regions hold all the land of a region."""
    inside: Bools = land.subtree[region] & ~land.subtree[parts].any(axis=0)
    return not bool(land.class_area_ha[inside].any())


def cap_faults(place: str, land: Land, settings: Settings) -> Iterator[Fault]:
    """Find carbon caps of parts that exceed that of the whole: a budget that is handed down must hold."""
    for one in handed_down(land, settings):
        if one.rule == "carbon_cap" and one.over > one.tolerance:
            caps = f"carbon caps of {one.year} below {one.region}"
            message = f"{caps} add to {one.given:,.0f} {one.unit}, above its {one.value:,.0f}"
            yield Fault(place, message, "lower the children or raise the parent", line_of(place, one.row), "value")


def level_warnings(folder: Path, land: Land, settings: Settings) -> list[Fault]:
    """Return what is odd about how quotas are handed down, and about the levels of regions; a plan may still exist."""
    place, found = place_of(folder, "land", "quotas"), []
    for one in handed_down(land, settings):
        told = f"{one.words}: {', '.join(one.below)} have {one.given:,.6g} together, {one.region} has {one.value:,.6g}"
        if one.over > one.tolerance and one.rule != "carbon_cap":
            hint = f"they cannot use {one.over:,.6g} of it; lower theirs or raise that of {one.region}"
            message = f"caps below exceed the cap above: {told}"
            found.append(Fault(place, message, hint, line_of(place, one.row), "value"))
        if one.short > one.tolerance:
            hint = f"{one.short:,.6g} are asked of {one.region} and of nobody below it; hand them down too"
            message = f"targets below stay behind the one above: {told}"
            found.append(Fault(place, message, hint, line_of(place, one.row), "value"))
    return found + list(_order(folder, land))


def _order(folder: Path, land: Land) -> Iterator[Fault]:
    """Find regions that do not lie a level below the region above them."""
    place, regions = place_of(folder, "land", "regions"), land.regions
    level = dict(zip(regions["region"].astype(str), regions["level"].astype(str), strict=True))
    for row, (region, parent) in enumerate(zip(level, regions["parent"].astype(str), strict=True)):
        above, own = level.get(parent, ""), level[region]
        if above in LEVELS and own in LEVELS and LEVELS.index(own) <= LEVELS.index(above):
            message = f"{region} ({own}) lies in {parent} ({above})"
            yield Fault(place, message, f"levels run {', '.join(LEVELS)}", line_of(place, row), "level")
