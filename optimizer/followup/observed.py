"""Land as it was observed in a year: a table of hectares by zone and class (实测地类)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.land import codes_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.land import Land

COLUMNS = ("zone", "class", "area_ha")

OFF = 1e-4
"""Part of a zone by which its observed land may differ from its area, as for the cover of an instance."""

MOST_TOLD = 5
"""Zones or rows that are told of one by one."""


@dataclass(frozen=True)
class Observed:
    """Observed hectares by zone and class, (zones, classes), scaled to each zone's area; zones not seen hold 0.

    `seen` says which zones were observed, (zones,); `done` is the number of periods that have ended by the year,
    `current` the number (from 1) of the period that the year lies in.
    """

    area_ha: NDArray[np.float64]
    seen: NDArray[np.bool_]
    year: int
    done: int
    current: int


def read_observed(path: Path, instance: Instance, year: int) -> Observed:
    """Read observed land; raises InstanceError with every fault found."""
    land, ends = instance.require_land(), instance.settings.time.periods
    base = instance.settings.carbon.base_year
    if not base < year <= ends[-1]:
        hint = f"a year from {base + 1} to {ends[-1]}"
        raise InstanceError([Fault("--year", f"{year} is no year of the plan", hint)])
    table = _table(path)
    zone = codes_of(table["zone"], land.zones["zone"])
    kind = codes_of(table["class"].astype(str), land.classes["class"].astype(str))
    faults = [*_unknown(path, table, zone, "zone"), *_unknown(path, table, kind, "class")]
    area = pd.to_numeric(table["area_ha"], errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(area) | (area < 0)
    for row in np.flatnonzero(bad)[:MOST_TOLD]:
        faults.append(
            Fault(str(path), f"{str(table['area_ha'].iloc[row])!r} is no area", "hectares", int(row) + 2, "area_ha")
        )
    if faults:
        raise InstanceError(faults)
    shape = len(land.zones), len(land.classes)
    sums = np.bincount(zone * shape[1] + kind, weights=area, minlength=shape[0] * shape[1]).reshape(shape)
    seen = np.zeros(shape[0], dtype=bool)
    seen[zone] = True
    return Observed(
        area_ha=_scaled(path, land, sums.astype(float), seen),
        seen=seen,
        year=year,
        done=int(np.searchsorted(ends, year, side="right")),
        current=1 + int(np.searchsorted(ends, year)),
    )


def _table(path: Path) -> pd.DataFrame:
    if path.suffix not in (".csv", ".parquet"):
        hint = "zone, class, area_ha as CSV or Parquet"
        raise InstanceError([Fault(str(path), "is neither .csv nor .parquet", hint)])
    try:
        if path.suffix == ".csv":
            table = pd.read_csv(path, dtype={"zone": str, "class": str}, keep_default_na=False, encoding="utf-8-sig")
        else:
            table = pd.read_parquet(path)
    except (OSError, ValueError, UnicodeError) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "zone, class, area_ha")]) from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InstanceError([Fault(str(path), f"has no column {', '.join(missing)}", "zone, class, area_ha")])
    if table.empty:
        raise InstanceError([Fault(str(path), "has no rows", "the zones that were observed")])
    return table


def _unknown(path: Path, table: pd.DataFrame, codes: NDArray[np.int64], column: str) -> list[Fault]:
    return [
        Fault(str(path), f"{table[column].iloc[row]!r} is not in the instance", "", int(row) + 2, column)
        for row in np.flatnonzero(codes < 0)[:MOST_TOLD]
    ]


def _scaled(path: Path, land: Land, sums: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return areas that add up to each zone's; raises InstanceError where they are off by more than rounding."""
    stated, own = land.zone_area_ha, sums.sum(axis=1)
    off = seen & (np.abs(own - stated) > OFF * np.maximum(stated, 1.0))
    if off.any():
        names = land.zones["zone"]
        faults = [
            Fault(str(path), f"zone {names.iloc[row]}: {own[row]:,.6g} ha observed, it has {stated[row]:,.6g} ha")
            for row in np.flatnonzero(off)[:MOST_TOLD]
        ]
        more = int(off.sum()) - MOST_TOLD
        faults += [Fault(str(path), f"{more:,} more zones do not add up", "name every class of a zone")] * (more > 0)
        raise InstanceError(faults)
    factor = np.divide(stated, own, out=np.ones(len(own)), where=own > 0)
    return sums * factor[:, None]
