"""A plan's moves as arrays of codes, the common start of every result table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.land import codes_of
from instances.overlays import overlay_names

if TYPE_CHECKING:
    from instances.instance import Instance
    from instances.land import Bools, Floats, Ints, Land


@dataclass(frozen=True)
class CodedMoves:
    """Moves with labels replaced by positions in the instance's tables.

    Attributes
    ----------
    zone, source, target
        Codes, (moves,).
    period
        0 for a stay, else the number of the planning period from 1, (moves,).
    area_ha
        Hectares, (moves,).
    overlay
        What lies on land that keeps its class: 0 for nothing, else the place in `overlay_names` from 1, (moves,).
    """

    land: Land
    zone: Ints
    source: Ints
    target: Ints
    period: Ints
    area_ha: Floats
    overlay: Ints

    @cached_property
    def changes(self) -> Bools:
        """Whether each move departs from the present, (moves,)."""
        return (self.period > 0) & (self.source != self.target) & (self.area_ha > 0)

    @cached_property
    def region(self) -> Ints:
        """Region of each move, (moves,)."""
        return self.land.zone_region[self.zone]

    def take(self, chosen: Ints) -> CodedMoves:
        """Return the moves at the given positions."""
        return CodedMoves(
            land=self.land,
            zone=self.zone[chosen],
            source=self.source[chosen],
            target=self.target[chosen],
            period=self.period[chosen],
            area_ha=self.area_ha[chosen],
            overlay=self.overlay[chosen],
        )

    def class_areas(self, *, after: bool) -> Floats:
        """Return hectares by region and class before or after the plan, (regions, classes)."""
        kind = self.target if after else self.source
        count = len(self.land.classes)
        key = self.region * count + kind
        sums = np.bincount(key, weights=self.area_ha, minlength=len(self.land.regions) * count)
        return sums.astype(float).reshape(-1, count)

    def zone_areas(self, *, after: bool, changed_only: bool = False) -> Floats:
        """Return hectares by zone and class before or after the plan, (zones, classes)."""
        shape = (len(self.land.zones), len(self.land.classes))
        weight = np.where(self.changes, self.area_ha, 0.0) if changed_only else self.area_ha
        key = self.zone * shape[1] + (self.target if after else self.source)
        return np.bincount(key, weights=weight, minlength=shape[0] * shape[1]).astype(float).reshape(shape)

    def flows(self) -> pd.DataFrame:
        """Return changed hectares summed by codes: region, source, target, period, area_ha."""
        keep = self.changes
        columns = {"region": self.region, "source": self.source, "target": self.target, "period": self.period}
        frame = pd.DataFrame({name: values[keep] for name, values in columns.items()} | {"area_ha": self.area_ha[keep]})
        return frame.groupby(list(columns), as_index=False, sort=True)[["area_ha"]].sum()


def _codes(values: pd.Series, keys: pd.Series) -> Ints:
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = codes_of(pd.Series(values.cat.categories), keys)
        return categories[values.cat.codes.to_numpy()]
    return codes_of(values, keys)


def _known(values: pd.Series, keys: pd.Series, what: str) -> Ints:
    codes = _codes(values, keys)
    if (codes < 0).any():
        raise ValueError(f"moves: {what} {values.iloc[int(np.argmax(codes < 0))]!r} is not in the instance")
    return codes


def _periods(years: pd.Series, ends: tuple[int, ...]) -> Ints:
    year = years.to_numpy(dtype=np.int64)
    number = np.searchsorted(np.array(ends), year) + 1
    number[year == 0] = 0
    known = np.array([0, *ends, -1])[np.minimum(number, len(ends) + 1)] == year
    if not known.all():
        raise ValueError(f"moves: {year[~known][0]} ends no period; the periods end in {', '.join(map(str, ends))}")
    return number.astype(np.int64)


def _overlays(instance: Instance, moves: pd.DataFrame) -> Ints:
    """Return the codes of what lies on land that keeps its class."""
    if instance.network is None or "overlay" not in moves:
        return np.zeros(len(moves), dtype=np.int64)
    names, _ = overlay_names(instance.network.tables)
    return _known(moves["overlay"].astype(str), pd.Series(["", *names], dtype=object), "overlay")


def code_moves(instance: Instance, moves: pd.DataFrame) -> CodedMoves:
    """Code a plan's moves; raises ValueError for labels the instance does not have, or a missing area."""
    land = instance.require_land()
    area = moves["area_ha"].to_numpy(dtype=float)
    if not np.isfinite(area).all():
        raise ValueError("moves: area_ha has a missing or infinite value")
    return CodedMoves(
        land=land,
        zone=_known(moves["zone"], land.zones["zone"], "zone"),
        source=_known(moves["from"].astype(str), land.classes["class"].astype(str), "class"),
        target=_known(moves["to"].astype(str), land.classes["class"].astype(str), "class"),
        period=_periods(moves["period"], instance.settings.time.periods),
        area_ha=area,
        overlay=_overlays(instance, moves),
    )
