"""The land part of an instance: its tables, and the same facts as arrays of codes.

Rules, carbon and results work on the arrays; labels come back only when something is printed.
Zone, class and region codes are positions in the `zones`, `classes` and `regions` tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from instances.classes import GroupTree, load_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

URBAN_KINDS = ("city", "town")
RURAL_KINDS = ("village",)
DERIVED_GROUPS = ("built_urban", "built_rural")
"""Groups told by the zone (CZCSXM) as well as by the class; see `Land.present_member`."""


def codes_of(values: pd.Series, keys: pd.Series) -> Ints:
    """Return the position of each value in `keys`, -1 where it is not there.

    Whole-number ids written as text on one side (CSV) and as integers on the other (Parquet) match.
    """
    if not len(values):  # most optional tables are absent
        return np.zeros(0, dtype=np.int64)
    index = pd.Index(keys)
    if pd.api.types.is_integer_dtype(index) != pd.api.types.is_integer_dtype(values):
        index, values = index.astype(str), values.astype(str)
    if isinstance(index.dtype, pd.StringDtype) and index.dtype == values.dtype:
        # By Arrow the texts stay where they are; get_indexer makes an object of each, ten times slower.
        known = pa.array(index)
        if len(pc.unique(known)) == len(known):
            return pc.index_in(pa.array(values), value_set=known).fill_null(-1).to_numpy().astype(np.int64)
    return index.get_indexer(pd.Index(values)).astype(np.int64)


@dataclass(frozen=True)
class Land:
    """Zones, what covers them, and everything rules ask of them.

    Attributes
    ----------
    tables
        The validated tables by name, as in `instances.schema`.
    groups
        The tree of class groups that rules refer to.
    whole
        Where these zones are a part of more land: the census of all of it (`instances.census`), so that present areas
        are those of the whole; None where the zones are all there is.
    """

    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    groups: GroupTree = field(default_factory=load_groups, repr=False)
    whole: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def zones(self) -> pd.DataFrame:
        """The zones table."""
        return self.tables["zones"]

    @property
    def classes(self) -> pd.DataFrame:
        """The classes table."""
        return self.tables["classes"]

    @property
    def regions(self) -> pd.DataFrame:
        """The regions table."""
        return self.tables["regions"]

    @property
    def quotas(self) -> pd.DataFrame:
        """The quotas table."""
        return self.tables["quotas"]

    @cached_property
    def zone_region(self) -> Ints:
        """Region code of each zone, (zones,)."""
        return codes_of(self.zones["region"], self.regions["region"])

    @cached_property
    def subtree(self) -> Bools:
        """Whether region r lies in region g (itself included), (g, r)."""
        parents = codes_of(self.regions["parent"], self.regions["region"])
        inside = np.eye(len(parents), dtype=bool)
        above = parents.copy()
        while (above >= 0).any():
            rows = np.flatnonzero(above >= 0)
            inside[above[rows], rows] = True
            above[rows] = parents[above[rows]]
        return inside

    @cached_property
    def cover(self) -> tuple[Ints, Ints, Floats]:
        """Zone code, class code and hectares of every piece of land with area, ordered by zone and class."""
        table = self.tables["cover"]
        area = table["area_ha"].to_numpy()
        zone = codes_of(table["zone"], self.zones["zone"])
        kind = codes_of(table["class"], self.classes["class"])
        present = area > 0
        zone, kind, area = zone[present], kind[present], area[present]
        key = zone * len(self.classes) + kind
        if (np.diff(key) < 0).any():
            order = np.argsort(key, kind="stable")
            zone, kind, area = zone[order], kind[order], area[order]
        return zone, kind, area

    @cached_property
    def zone_area_ha(self) -> Floats:
        """Land area of each zone, (zones,) in ha."""
        zone, _, area = self.cover
        return np.bincount(zone, weights=area, minlength=len(self.zones)).astype(float)

    @cached_property
    def class_area_ha(self) -> Floats:
        """Present hectares by region and class, each region without those below it, (regions, classes)."""
        region, kind, area = self._pieces
        count = len(self.classes)
        sums = np.bincount(region * count + kind, weights=area, minlength=len(self.regions) * count)
        return sums.astype(float).reshape(-1, count)

    @cached_property
    def _pieces(self) -> tuple[Ints, Ints, Floats]:
        """Region code, class code and hectares of all present land, piece by piece or as counted in the census."""
        if self.whole is None:
            zone, kind, area = self.cover
            return self.zone_region[zone], kind, area
        region = codes_of(self.whole["region"], self.regions["region"])
        return region, codes_of(self.whole["class"], self.classes["class"]), self.whole["area_ha"].to_numpy()

    def region_area_ha(self, region: int) -> float:
        """Land area of a region and all below it, ha."""
        return float(self.class_area_ha[self.subtree[region]].sum())

    def member(self, group: str) -> Bools:
        """Whether each class belongs to a group of the tree, or else is the class of that name, (classes,)."""
        if group not in self._members:
            if self.groups.is_node(group):
                held = self.classes["group"].isin(self.groups.leaves_of(group)).to_numpy()
            else:
                held = (self.classes["class"].astype(str) == group).to_numpy()
            held.flags.writeable = False
            self._members[group] = held
        return self._members[group]

    @cached_property
    def _members(self) -> dict[str, Bools]:
        """What `member` has found: rules ask for the same few groups again and again."""
        return {}

    def new_member(self, group: str) -> Bools:
        """Whether new land of each class counts for the group, (classes,).

        For `built_urban` and `built_rural` the setting of the class decides.
        """
        if group in DERIVED_GROUPS:
            return self.member("built") & (self.classes["setting"] == group.removeprefix("built_")).to_numpy()
        return self.member(group)

    def present_member(self, group: str, zone: Ints, kind: Ints) -> Bools:
        """Whether present land of class `kind` in `zone` counts for the group, elementwise.

        Present built land is urban or rural by the zone's `built_kind` (CZCSXM) where that is given,
        else by the setting of its class.
        """
        if group not in DERIVED_GROUPS:
            return self.member(group)[kind]
        stated, of_kind = _by_kind(self.zones["built_kind"], group)
        return self._derived(group, kind, stated[zone], of_kind[zone])

    def _derived(self, group: str, kind: Ints, stated: Bools, of_kind: Bools) -> Bools:
        """Whether present land counts for a group that the kind of built land tells where it is stated, elementwise."""
        return self.member("built")[kind] & np.where(stated, of_kind, self.new_member(group)[kind])

    @cached_property
    def neighbours(self) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
        """Zone codes of each pair that shares a border, (pairs,) twice, and the length of the border, m."""
        table = self.tables["neighbours"]
        first = codes_of(table["zone_a"], self.zones["zone"]).astype(np.int32)
        second = codes_of(table["zone_b"], self.zones["zone"]).astype(np.int32)
        return first, second, table["length_m"].to_numpy(dtype=float)

    def present_ha(self, group: str, region: int | None = None) -> float:
        """Return the present area of a group in a region and all below it, or everywhere, ha."""
        if group not in DERIVED_GROUPS:
            inside = slice(None) if region is None else self.subtree[region]
            return float(self.class_area_ha[inside][:, self.member(group)].sum())
        place, kind, area = self._pieces
        if self.whole is None:
            counts = self.present_member(group, self.cover[0], kind)
        else:
            counts = self._derived(group, kind, *_by_kind(self.whole["built_kind"], group))
        if region is not None:
            counts = counts & self.subtree[region][place]
        return float(area[counts].sum())

    def region_code(self, region: str) -> int:
        """Code of a region; raises KeyError where it is unknown."""
        found = np.flatnonzero(self.regions["region"].astype(str) == str(region))
        if not len(found):
            raise KeyError(f"unknown region {region!r}")
        return int(found[0])

    @cached_property
    def root(self) -> int:
        """Code of the root region."""
        return int(np.flatnonzero(codes_of(self.regions["parent"], self.regions["region"]) < 0)[0])

    def knows_group(self, group: str) -> bool:
        """Whether a quota may name the group."""
        return group in DERIVED_GROUPS or self.groups.is_node(group) or group in set(self.classes["class"].astype(str))


def _by_kind(built_kind: pd.Series, group: str) -> tuple[Bools, Bools]:
    """Return where a kind of built land is stated, and where it is one of a derived group."""
    kinds = URBAN_KINDS if group == "built_urban" else RURAL_KINDS
    return (built_kind != "").to_numpy(), built_kind.isin(kinds).to_numpy()
