r"""Present and future activity: the KAYA projection and what growth adds.

.. math:: E_y = P_y \cdot g_y \cdot c_y

population, GDP per person and carbon intensity, each growing at a constant rate between the
anchor years of the `context` table and held beyond them. 卡亚恒等式。
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    import pandas as pd

    from instances.land import Floats, Land
    from instances.settings import Settings

TONNES_PER_UNIT = 1e4
"""KAYA in 10k persons x 10k CNY x t/10k CNY is counted in 10k tonnes (万t)."""

KAYA_ITEMS = {"population": "10k", "gdp_per_capita": "10k CNY", "carbon_intensity": "t/10k CNY"}
BOUGHT = "2"
"""Scope of bought power and heat."""

EMISSION_UNITS = {"1e4 tCO2": 1e4, "tCO2": 1.0}


def interpolate(years: Floats, values: Floats, year: Floats) -> Floats:
    """Interpolate geometrically between anchors, held beyond the outermost, (years,); all values positive."""
    return np.exp(np.interp(year, years, np.log(values)))


@dataclass(frozen=True)
class Demand:
    """The yearly emissions of existing activity, and the factors of added activity."""

    land: Land
    settings: Settings
    supplied: bool = False
    """Whether a network supplies the electricity: then bought power and heat (scope 2) count there, not here."""

    @cached_property
    def activity(self) -> pd.DataFrame:
        """The table of activity, without what the network supplies."""
        table = self.land.tables["activity"]
        return table[table["scope"].astype(str) != BOUGHT] if self.supplied else table

    @cached_property
    def own_share(self) -> float:
        """Part of all emissions that the network does not supply."""
        table = self.land.tables["activity"]
        return 1.0 - float(table.loc[table["scope"].astype(str) == BOUGHT, "share"].sum()) if self.supplied else 1.0

    def _anchors(self, item: str) -> pd.DataFrame:
        context = self.land.tables["context"]
        if context.empty:
            return context
        root = str(self.land.regions["region"].iloc[self.land.root])
        rows = context[(context["item"] == item) & (context["region"].astype(str) == root)]
        if (rows["value"] <= 0).any():
            raise InstanceError([Fault("land/context", f"{item} must be positive in every year", column="value")])
        return rows.sort_values(["year", "value"])

    def _series(self, item: str, years: Floats, units: dict[str, float]) -> Floats | None:
        rows = self._anchors(item)
        if rows.empty:
            return None
        wrong = [unit for unit in rows["unit"] if unit not in units]
        if wrong:
            hint = f"use {' or '.join(units)}"
            raise InstanceError([Fault("land/context", f"{item}: {wrong[0]!r} is no unit of it", hint, column="unit")])
        values = rows["value"].to_numpy(dtype=float) * np.array([units[unit] for unit in rows["unit"]])
        return interpolate(rows["year"].to_numpy(dtype=float), values, years)

    def _factor(self, item: str, years: Floats) -> Floats | None:
        return self._series(item, years, {KAYA_ITEMS[item]: 1.0})

    @cached_property
    def is_kaya(self) -> bool:
        """Whether the context holds all three KAYA factors."""
        return all(len(self._anchors(item)) for item in KAYA_ITEMS)

    def kaya(self, year: float) -> float:
        """Return projected emissions of existing and added activity in one year, tCO2e."""
        return float(self.annual(np.array([float(year)]))[0])

    def annual(self, years: Floats) -> Floats:
        """Return projected emissions by year, tCO2e; zero where the context says nothing of them."""
        if self.is_kaya:
            product = np.full(len(years), TONNES_PER_UNIT)
            for item in KAYA_ITEMS:
                factor = self._factor(item, years)
                product = product * (1.0 if factor is None else factor)
            return product
        emissions = self._series("emissions", years, EMISSION_UNITS)
        return np.zeros(len(years)) if emissions is None else emissions

    def intensity_ratio(self, years: Floats) -> Floats:
        """Return carbon intensity relative to the base year, (years,); 1 where the context has no intensity."""
        base = np.array([float(self.settings.carbon.base_year)])
        now, then = self._factor("carbon_intensity", years), self._factor("carbon_intensity", base)
        return np.ones(len(years)) if now is None or then is None else now / then[0]

    def years_to(self, year: int) -> Floats:
        """Return the years counted from the base year (excluded) to `year`."""
        return np.arange(self.settings.carbon.base_year + 1, year + 1, dtype=float)

    def existing(self, year: int) -> float:
        """Return cumulative emissions of existing activity, bought power included, from the base year to `year`, tCO2e.

        `top_down`: the whole KAYA projection. `bottom_up`: the base year's activity at each year's
        intensity; what growth adds is charged to the land it takes (`added_per_ha`).
        """
        return float(self._existing(self.years_to(year)).sum())

    def existing_in(self, year: int) -> float:
        """Return emissions of existing activity in one year, tCO2e/yr; see `existing`."""
        return float(self._existing(np.array([float(year)]))[0])

    def _existing(self, years: Floats) -> Floats:
        if self.settings.carbon.existing_activity == "top_down":
            return self.annual(years)
        return self.kaya(self.settings.carbon.base_year) * self.intensity_ratio(years)

    @cached_property
    def densities(self) -> dict[str, float]:
        """Present emissions per hectare of each group that carries activity, tCO2e/ha/yr.

        Raises InstanceError for a group without land at present.
        """
        shares = self.activity.groupby("group")["share"].sum()
        base = self.kaya(self.settings.carbon.base_year)
        areas = {group: self.land.present_ha(group) for group in shares.index}
        empty = [group for group, area in areas.items() if area <= 0]
        if empty:
            message = f"no land of group {', '.join(empty)} carries its share of the emissions"
            raise InstanceError([Fault("land/activity", message, column="group")])
        return {str(group): base * share / areas[group] for group, share in shares.items()}

    def _reference_growth(self, group: str, period: int) -> float:
        """Hectares of growth demand for the group up to the end of a period (from 1)."""
        quotas = self.land.quotas[self.land.quotas["rule"] == "growth_demand"]
        ends = self.settings.time.periods
        year = quotas["period"].replace(0, ends[-1])
        below = set(self.land.groups.leaves_of(group))
        leaves = [self._leaves(name) for name in quotas["group"]]
        counted = np.array([bool(held) and held <= below for held in leaves], dtype=bool)
        rows = quotas.assign(year=year)[counted & (year <= ends[period - 1])]
        return float(rows.sort_values(["year", "value"]).groupby(["region", "group"])["value"].last().sum())

    def _leaves(self, name: str) -> set[str]:
        if self.land.groups.is_node(name):
            return set(self.land.groups.leaves_of(name))
        return set(self.land.classes.loc[self.land.classes["class"].astype(str) == name, "group"])

    @cached_property
    def scales(self) -> tuple[float, ...]:
        """Factor on the present density for added activity in each period.

        Chosen so that the reference growth (the growth demand quotas) gives KAYA in the last year
        of the period; raises InstanceError where there is no growth to carry it.
        """
        if self.settings.carbon.existing_activity == "top_down" or not len(self.land.tables["activity"]):
            return (0.0,) * len(self.settings.time.periods)
        base = self.kaya(self.settings.carbon.base_year)
        scales = []
        for period, end in enumerate(self.settings.time.periods, start=1):
            missing = self.kaya(end) - base * float(self.intensity_ratio(np.array([float(end)]))[0])
            missing *= self.own_share
            carried = sum(density * self._reference_growth(group, period) for group, density in self.densities.items())
            if carried <= 0 or missing < 0:
                message = (
                    f"bottom_up: no growth demand up to {end} carries the added activity of {missing:,.0f} tCO2e/yr"
                )
                raise InstanceError([Fault("land/quotas", message, "add growth_demand rows or use top_down")])
            scales.append(missing / carried)
        return tuple(scales)

    def added_per_ha(self, year: float) -> Floats:
        """Return cumulative emissions to `year` of a change that joins a group, (from, to, periods), tCO2e/ha.

        Zero under `top_down`. Groups may hold each other: a change adds what each group that it joins carries.
        """
        ends, starts, middles = self.settings.time.periods, self.settings.starts, self.settings.midpoints
        count = len(self.land.classes)
        density = np.zeros((count, count))
        if not any(self.scales):
            return np.zeros((count, count, len(ends)))
        for group, value in self.densities.items():
            inside = self.land.member(group)
            density += value * (~inside[:, None] & inside[None, :])
        years = [
            sum(
                scale * max(min(end, year) - max(start, middle), 0.0)
                for scale, start, end in zip(self.scales, starts, ends, strict=True)
            )
            for middle in middles
        ]
        return density[:, :, None] * np.array(years)
