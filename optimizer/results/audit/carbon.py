"""Carbon of a plan (碳账): emissions of every change per hectare, and the constant that no decision changes.

All figures are cumulative tCO2e over (base year, Y]; positive = emission. A change of period t acts from the
midpoint of t; with Y before the end of the span the same formulas hold for the years up to Y.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optimizer.results.audit.activity import Activity
    from optimizer.results.audit.factors import Factors
    from optimizer.results.audit.flows import Kinds
    from optimizer.results.audit.overlays import Overlays
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables


@dataclass(frozen=True)
class Account:
    """Everything the carbon account of one instance needs; `present` is the area [region, kind, class] in ha.

    `overlays` is None where nothing can lie on land that keeps its class.
    """

    land: LandTables
    settings: Settings
    factors: Factors
    activity: Activity
    present: np.ndarray
    overlays: Overlays | None = None

    def constant_parts(self, region: int, year: int) -> tuple[float, float]:
        """Return activity and present sinks of a region up to a year, tCO2e; the root takes all activity."""
        subtree = self.land.regions.subtree(region)
        share = (
            1.0 if region == 0 and not self.activity.region_share.any() else self.activity.region_share[subtree].sum()
        )
        activity = self.activity.total(year) * float(share)
        if self.settings.mode == "stock":
            return activity, 0.0
        area = self.present[subtree].sum(axis=1)
        sinks = float((area * self.factors.sink[:, subtree].T).sum())
        return activity, -sinks * (year - self.settings.base_year)

    def annual_constant(self, region: int, period: int) -> float:
        """Return what no decision changes in the inventory of the last year of a period, tCO2e/yr."""
        year = self.settings.periods[period]
        return sum(self.constant_parts(region, year)) - sum(self.constant_parts(region, year - 1))

    def constant_scale(self) -> float:
        """Return the sum of the magnitudes that add up to the constant, tCO2e."""
        area = self.present.sum(axis=1)
        sinks = float(np.abs(area * self.factors.sink.T).sum())
        return abs(self.activity.total(self.settings.end_year)) + sinks * (
            self.settings.end_year - self.settings.base_year
        )

    def _credit(self, flows: Kinds) -> np.ndarray:
        groups = self.land.groups
        barred_to = groups.node("built") | groups.node("cropland")
        return ~(barred_to[flows.to] | groups.node("water")[flows.source])

    def _stock(self, flows: Kinds, years: np.ndarray, credit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        stock, share = self.factors.stock, self.factors.soil_share
        before, after = (flows.source, flows.region), (flows.to, flows.region)
        soil = stock[before] * share[before] - stock[after] * share[after]
        plants = stock[before] * (1 - share[before]) - stock[after] * (1 - share[after])
        slow = np.minimum(years / self.factors.soil_loss_years, 1.0)
        loss = np.maximum(plants, 0.0) + np.maximum(soil, 0.0) * slow
        built_up = (np.maximum(-plants, 0.0) + np.maximum(-soil, 0.0)) * np.minimum(
            years / self.factors.gain_years, 1.0
        )
        return loss, np.where(flows.restoration & credit, built_up, 0.0)

    def _sinks(self, flows: Kinds, years: np.ndarray, credit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        old = self.factors.sink[flows.source, flows.region]
        new = self.factors.sink[flows.to, flows.region]
        ramp = self.factors.ramp_years[flows.to, flows.region]
        growing = years**2 / (2 * np.where(ramp > 0, ramp, 1.0))
        grown = np.where((ramp > 0) & (years < ramp), growing, years - ramp / 2)
        lost = np.where((old >= 0) | credit, years * old, 0.0)
        won = np.where(new < 0, years * new, np.where((new > 0) & credit, grown * new, 0.0))
        return lost, won

    def _added(self, flows: Kinds, year: int) -> np.ndarray:
        density = np.zeros(len(flows.region))
        for use in self.activity.uses:
            density += use.density * flows.into(use.group)
        worked = np.zeros(len(self.settings.periods))
        spans = list(zip(self.settings.starts, self.settings.middles, self.settings.periods, strict=True))
        for period, (_, middle, end) in enumerate(spans):
            worked[period] = self.activity.rate[period] * (end - middle)
            for later, (start, _, until) in enumerate(spans):
                if later > period and until <= year:
                    worked[period] += self.activity.rate[later] * (until - start)
        return density * worked[flows.period]

    def per_hectare(self, flows: Kinds, year: int) -> dict[str, np.ndarray]:
        """Return the terms of each flow up to a year, tCO2e/ha, signed; flows of later periods have none."""
        years = np.maximum(year - np.asarray(self.settings.middles)[flows.period], 0.0)
        if self.overlays is not None and flows.overlay.any():
            return self._under_overlays(flows, years, year)
        credit = self._credit(flows)
        loss, gain = self._stock(flows, years, credit)
        lost_sink, new_sink = self._sinks(flows, years, credit)
        none = np.zeros(len(years))
        stock_mode = self.settings.mode == "stock"
        built = self.land.groups.node("built")[flows.to]
        embodied = np.where(built, self.factors.embodied[flows.to, flows.region], 0.0)
        terms = {
            "loss": loss,
            "gain": -gain if stock_mode else none,
            "lost_sink": none if stock_mode else lost_sink,
            "new_sink": none if stock_mode else -new_sink,
            "embodied": embodied if self.settings.embodied else none,
            "added": self._added(flows, year) if self.activity.bottom_up else none,
        }
        made = np.asarray(self.settings.periods)[flows.period] <= year
        return {name: np.where(made, value, 0.0) for name, value in terms.items()}

    def _counted_as(self, flows: Kinds) -> tuple[Kinds, np.ndarray, np.ndarray]:
        """Return flows as the class that they count as, which of them keep theirs, and what sink these lose."""
        assert self.overlays is not None
        under = flows.overlay > 0
        becomes = np.where(under, self.overlays.counts_as[flows.overlay, flows.source], -1)
        to = np.where(becomes >= 0, becomes, flows.to)
        restoration = np.where(under, self.land.transitions.restoration[flows.source, to], flows.restoration)
        plain = replace(flows, to=to, restoration=restoration, overlay=np.zeros(len(to), dtype=np.int64))
        lost = 1.0 - self.overlays.kept[flows.overlay, flows.source]
        return plain, under & (becomes < 0), np.maximum(self.factors.sink[flows.source, flows.region], 0.0) * lost

    def annual_per_hectare(self, flows: Kinds, period: int) -> np.ndarray:
        """Return what each flow adds to the inventory of the last year of a period, tCO2e/ha/yr: sinks and activity."""
        end, middles = self.settings.periods[period], np.asarray(self.settings.middles)[flows.period]
        now, before = np.maximum(end - middles, 0.0), np.maximum(end - 1 - middles, 0.0)
        if self.overlays is not None and flows.overlay.any():
            plain, thinned, sink = self._counted_as(flows)
            own = sink * (now - before) * (self.settings.mode == "flux")
            return np.where(thinned, own, self.annual_per_hectare(plain, period))
        annual = np.zeros(len(now))
        if self.settings.mode == "flux":
            credit = self._credit(flows)
            lost, won = (a - b for a, b in zip(*(self._sinks(flows, t, credit) for t in (now, before)), strict=True))
            annual = annual + lost - won
        for use in self.activity.uses if self.activity.bottom_up else ():
            annual = annual + use.density * flows.into(use.group) * self.activity.rate[period] * (now - before)
        return np.where(flows.period <= period, annual, 0.0)

    def _under_overlays(self, flows: Kinds, years: np.ndarray, year: int) -> dict[str, np.ndarray]:
        """Return the terms where some flows lie under an overlay: as the class they count as, else the sink lost."""
        plain, thinned, sink = self._counted_as(flows)
        terms = self.per_hectare(plain, year)
        sink = sink * years
        sink = sink * (self.settings.mode == "flux") * (np.asarray(self.settings.periods)[flows.period] <= year)
        own = {name: np.where(thinned, 0.0, value) for name, value in terms.items()}
        return {**own, "lost_sink": np.where(thinned, sink, own["lost_sink"])}

    def emission_per_hectare(self, flows: Kinds, year: int) -> np.ndarray:
        """Return the emission of each flow up to a year, tCO2e/ha."""
        return np.sum(list(self.per_hectare(flows, year).values()), axis=0)
