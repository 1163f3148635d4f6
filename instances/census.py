"""How much land there is of what, region by region: what the parts of a large instance must know of the whole.

Quotas may speak of present areas: a floor as a share of the forest there is, a cap on built land. A part that knew its
own zones alone would bound something else. So present hectares are summed by region, class and kind of built land
once; the census of several parts is the sum of theirs. 现状面积汇总。
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from instances import schema
from instances.faults import Fault, InstanceError, raise_if_any
from instances.land import Land
from instances.readers.folder import read_table
from instances.readers.guards import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEY = ["region", "class", "built_kind"]

NAME = "census.parquet"


def counted(folder: Path) -> pd.DataFrame:
    """Return the census of an instance folder: region, class, built_kind, area_ha; raises InstanceError."""
    tables = {}
    for name in ("zones", "cover", "regions", "classes"):
        tables[name], faults = read_table(folder, schema.table("land", name))
        raise_if_any(faults)
    land = Land(tables)
    zone, kind, area = land.cover
    if len(zone) and (zone.min() < 0 or kind.min() < 0):
        raise InstanceError([Fault(str(folder), "cover names zones or classes that are not there")])
    zones = land.zones
    frame = pd.DataFrame(
        {
            "region": zones["region"].astype(str).to_numpy()[zone],
            "class": land.classes["class"].astype(str).to_numpy()[kind],
            "built_kind": zones["built_kind"].astype(str).to_numpy()[zone],
            "area_ha": area,
        }
    )
    return together([frame])


def together(censuses: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the sum of censuses."""
    every = pd.concat(list(censuses), ignore_index=True)
    return every.groupby(KEY)[["area_ha"]].sum().reset_index()


def read_census(path: Path) -> pd.DataFrame:
    """Read a census from disk; raises InstanceError where it is none."""
    try:
        frame = pd.read_parquet(path)
        return frame[[*KEY, "area_ha"]].astype(dict.fromkeys(KEY, "str") | {"area_ha": "float64"})
    except (*UNREADABLE, KeyError) as error:
        hint = "make the parts anew by `sanqu study split`"
        raise InstanceError([Fault(str(path), "is no census of parts", hint)]) from error
