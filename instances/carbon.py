r"""The carbon account of land: what a hectare that changes emits, tCO2e, positive = emission.

For a move from class i to class j that acts for T years (from the middle of its period to the
end year), with stock :math:`C` split into vegetation :math:`V=(1-s)C` and soil :math:`S=sC`, and
yearly uptake :math:`\varphi`:

.. math::

    \text{loss} &= (V_i-V_j)^+ + (S_i-S_j)^+\min(T/20, 1) \\
    \text{gain} &= \left[(V_j-V_i)^+ + (S_j-S_i)^+\right]\min(T/20, 1)\quad\text{restoration moves only} \\
    E_\text{stock} &= \text{loss}-\text{gain} \\
    E_\text{flux} &= \text{loss} + T\varphi_i - \rho(T)\varphi_j,\qquad
    \rho(T) = \begin{cases}T^2/2R & T<R\\ T-R/2 & T\ge R\end{cases}

The two modes exclude each other. A move into built land or cropland, or out of water, is never
credited: neither a gain, nor a new sink, nor the end of a source. 碳核算：储量法与通量法互斥。
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from instances.demand import Demand
from instances.factors import default_parameters
from instances.land import codes_of

if TYPE_CHECKING:
    from instances.instance import Instance
    from instances.land import Bools, Floats, Ints, Land
    from instances.settings import Settings

TONNES_CO2_PER_TONNE_C = 44.0 / 12.0
COMPONENTS = ("stock_loss", "stock_gain", "lost_sink", "new_sink", "embodied", "added_activity")
"""Parts of the account of a move, each with its sign."""
YEARLY = ("lost_sink", "new_sink", "added_activity")
"""Parts that act year by year; the others are losses and gains of stock, which count once."""


@dataclass(frozen=True)
class CarbonAccount:
    """Emissions per hectare of every change, by factor set, source, target and period."""

    land: Land
    settings: Settings
    supplied: bool = False
    """Whether a network supplies the electricity, which then counts there: once."""

    @classmethod
    def of(cls, instance: Instance) -> CarbonAccount:
        """Return the account of an instance; raises InstanceError where it has no land."""
        return cls(instance.require_land(), instance.settings, instance.network is not None)

    @cached_property
    def demand(self) -> Demand:
        """The projection of activity."""
        return Demand(self.land, self.settings, self.supplied)

    @cached_property
    def parameters(self) -> dict[str, float]:
        """Scalars: the instance's, else the shipped ones."""
        own = self.land.tables["parameters"]
        values = default_parameters().set_index("parameter")["value"].to_dict()
        return values | own.set_index("parameter")["value"].to_dict()

    @cached_property
    def _regional(self) -> tuple[Ints, dict[str, Floats]]:
        """Factor set of each region, and each factor as (sets, classes)."""
        table, regions = self.land.tables["factors"], self.land.regions["region"].astype(str)
        per_carbon = table["unit"].str.startswith("tC/").to_numpy()
        value = table["value"].to_numpy() * np.where(per_carbon, TONNES_CO2_PER_TONNE_C, 1.0)
        kind = codes_of(table["class"], self.land.classes["class"])
        region = codes_of(table["region"].astype(str), regions)
        breadth = np.where(region < 0, np.inf, self.land.subtree[region].sum(axis=1))
        listed: dict[str, list[tuple[int, int, float]]] = {
            factor: [] for factor in ("sink", "stock", "soil_share", "ramp_years", "embodied")
        }
        names = table["factor"].tolist()
        for row in np.argsort(-breadth, kind="stable"):  # those of narrower regions come later and hold
            if names[row] in listed:
                listed[names[row]].append((region[row], kind[row], value[row]))
        arrays = {factor: self._by_region(factor, rows) for factor, rows in listed.items()}
        stacked = np.hstack(list(arrays.values()))
        _, first, sets = np.unique(stacked, axis=0, return_index=True, return_inverse=True)
        return sets.ravel().astype(np.int64), {factor: array[first] for factor, array in arrays.items()}

    def _by_region(self, factor: str, rows: list[tuple[int, int, float]]) -> Floats:
        """Return a factor by region and class, (regions, classes), from its rows: region (-1: all), class, value."""
        default = self.parameters["soil_share"] if factor == "soil_share" else 0.0
        result = np.full((len(self.land.regions), len(self.land.classes)), default)
        for region, kind, value in rows:
            result[slice(None) if region < 0 else self.land.subtree[region], kind] = value
        if not self.settings.carbon.marine and factor in ("sink", "stock"):
            result[:, self.land.member("marine")] = 0.0
        return result

    @property
    def factor_set(self) -> Ints:
        """Factor set of each region, (regions,)."""
        return self._regional[0]

    def factor(self, name: str) -> Floats:
        """Return a factor by set and class, (sets, classes): sink in tCO2/ha/yr, stock in tCO2/ha."""
        return self._regional[1][name]

    @cached_property
    def restores(self) -> Bools:
        """Whether a change is a restoration that may be credited with a gain of stock, (classes, classes)."""
        return self._transition_flag("restoration")

    def _transition_flag(self, name: str) -> Bools:
        table, classes = self.land.tables["transitions"], self.land.classes["class"]
        flags = np.zeros((len(classes), len(classes)), dtype=bool)
        flags[codes_of(table["from"], classes), codes_of(table["to"], classes)] = table[name].to_numpy() == 1
        return flags

    @cached_property
    def credited(self) -> Bools:
        """Whether a change may be credited at all, (classes, classes)."""
        barred = self.land.member("built") | self.land.member("cropland")
        return ~self.land.member("water")[:, None] & ~barred[None, :]

    def years_acting(self, year: float) -> Floats:
        """Years from the middle of each period to `year`, (periods,)."""
        return np.maximum(year - np.array(self.settings.midpoints), 0.0)

    def components(self, year: float) -> dict[str, Floats]:
        """Return the signed parts of the account to `year`, each (sets, from, to, periods), tCO2e/ha.

        Only the parts that the accounting mode counts are non-zero.
        """
        years = self.years_acting(year)
        flux = self.settings.carbon.mode == "flux"
        started = years > 0
        parts = self._stocks(years) | self._sinks(years) | self._construction(year)
        if flux:
            parts["stock_gain"] = np.zeros_like(parts["stock_gain"])
        else:
            parts["lost_sink"] = np.zeros_like(parts["lost_sink"])
            parts["new_sink"] = np.zeros_like(parts["new_sink"])
        changes = ~np.eye(len(self.land.classes), dtype=bool)[None, :, :, None]
        return {name: parts[name] * changes * started for name in COMPONENTS}

    def _stocks(self, years: Floats) -> dict[str, Floats]:
        stock, soil_share = self.factor("stock"), self.factor("soil_share")
        vegetation, soil = (1 - soil_share) * stock, soil_share * stock
        plant = (vegetation[:, :, None] - vegetation[:, None, :])[..., None]
        ground = (soil[:, :, None] - soil[:, None, :])[..., None]
        lost = np.minimum(years / self.parameters["soil_loss_years"], 1.0)
        gained = np.minimum(years / self.parameters["gain_years"], 1.0)
        credit = (self.restores & self.credited)[None, :, :, None]
        return {
            "stock_loss": np.maximum(plant, 0) + np.maximum(ground, 0) * lost,
            "stock_gain": -(np.maximum(-plant, 0) + np.maximum(-ground, 0)) * gained * credit,
        }

    def _sinks(self, years: Floats) -> dict[str, Floats]:
        sink, ramp = self.factor("sink"), self.factor("ramp_years")[..., None]
        young = years**2 / (2 * np.where(ramp > 0, ramp, 1.0))
        grown = np.where(years < ramp, young, years - ramp / 2)
        new = np.where(sink[..., None] > 0, grown, years) * sink[..., None]
        credit = self.credited[None, :, :, None]
        before = (sink[..., None] * years)[:, :, None, :]
        after = new[:, None, :, :]
        return {
            "lost_sink": np.where((before >= 0) | credit, before, 0.0),
            "new_sink": -np.where((after < 0) | credit, after, 0.0),
        }

    def _construction(self, year: float) -> dict[str, Floats]:
        periods = len(self.settings.time.periods)
        count = len(self.land.classes)
        embodied = np.zeros((len(self.factor("embodied")), count, count, periods))
        if self.settings.carbon.embodied:
            embodied += (self.factor("embodied") * self.land.member("built"))[:, None, :, None]
        return {"embodied": embodied, "added_activity": np.broadcast_to(self.demand.added_per_ha(year), embodied.shape)}

    def per_ha(self, year: float) -> Floats:
        """Return the whole account of a change to `year`, (sets, from, to, periods), tCO2e/ha."""
        return np.sum(list(self.components(year).values()), axis=0)

    def annual_per_ha(self, year: int) -> Floats:
        """Return what a change adds to the inventory of one year, (sets, from, to, periods), tCO2e/ha/yr.

        Sinks and activity of the year alone: summed over years they give the account without its stocks.
        """
        now, before = self.components(year), self.components(year - 1)
        return np.sum([now[name] - before[name] for name in YEARLY], axis=0)

    def present_uptake(self, regions: Bools) -> Floats:
        """Return the yearly uptake of present land by class in the regions marked, (classes,), tCO2/yr."""
        uptake: Floats = self.factor("sink")[self.factor_set] * self.land.class_area_ha
        return uptake[regions].sum(axis=0)

    def activity_share(self, regions: Bools) -> float:
        """Share of the whole activity that is counted in the regions marked."""
        table = self.demand.activity
        if self.land.tables["activity"].empty:
            return float(regions[self.land.root])
        region = codes_of(table["region"], self.land.regions["region"])
        return float(table["share"].to_numpy()[regions[region]].sum())

    def constant(self, region: int, year: int) -> float:
        """Return emissions to `year` that no decision changes, in a region and all below it, tCO2e."""
        inside = self.land.subtree[region]
        activity = self.demand.existing(year) * self.activity_share(inside)
        if self.settings.carbon.mode == "stock":
            return activity
        years = year - self.settings.carbon.base_year
        return activity - float(self.present_uptake(inside).sum()) * years

    def annual_constant(self, region: int, year: int) -> float:
        """Return emissions of one year that no decision changes, in a region and all below it, tCO2e/yr."""
        inside = self.land.subtree[region]
        activity = self.demand.existing_in(year) * self.activity_share(inside)
        sinks = 0.0 if self.settings.carbon.mode == "stock" else float(self.present_uptake(inside).sum())
        return activity - sinks
