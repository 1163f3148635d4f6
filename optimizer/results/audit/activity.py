"""Existing activity: the KAYA projection of the city, and what growth adds to it (bottom-up), in tCO2.

KAYA_y = population (10k) x GDP per head (10k CNY) x intensity (t/10k CNY) in 10k t. Each factor grows at a
constant rate between its anchor years and is held outside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.files import RawTable, find_table

if TYPE_CHECKING:
    from optimizer.results.audit.groups import Group
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables

_ITEMS = {
    "population": {"10k": 1.0},
    "gdp_per_capita": {"10k CNY": 1.0},
    "carbon_intensity": {"t/10k CNY": 1.0, "tCO2/10k CNY": 1.0},
    "emissions": {"1e4 tCO2": 1e4, "tCO2": 1.0, "1e4 tCO2e": 1e4, "tCO2e": 1.0},
}
BOUGHT = "2"
"""Scope of bought power and heat (范围二)."""
_KAYA = ("population", "gdp_per_capita", "carbon_intensity")


@dataclass(frozen=True)
class EndUse:
    """One activity group: share of the base-year emissions, present density tCO2/ha/yr."""

    group: Group
    share: float
    density: float


@dataclass(frozen=True)
class Activity:
    """`annual` and `kappa` (intensity against the base year) for base_year .. end_year; `rate` is lambda by period.

    `annual` is without bought power and heat (scope 2) where a network supplies them.
    """

    base_year: int
    annual: np.ndarray
    kappa: np.ndarray
    bottom_up: bool
    region_share: np.ndarray
    uses: tuple[EndUse, ...]
    rate: np.ndarray

    def total(self, year: int) -> float:
        """Return what no decision changes from after the base year to a year, tCO2, for the whole instance."""
        years = slice(1, year - self.base_year + 1)
        if self.bottom_up:
            return float((self.annual[0] * self.kappa[years]).sum())
        return float(self.annual[years].sum())


def _anchors(table: RawTable, root: str) -> dict[str, list[tuple[int, float]]]:
    anchors: dict[str, list[tuple[int, float]]] = {}
    columns = (
        table.text("item"),
        table.text("region"),
        table.integers("year"),
        table.numbers("value"),
        table.text("unit"),
    )
    for item, region, year, value, unit in zip(*columns, strict=True):
        if item not in _ITEMS or region != root:
            continue
        if unit not in _ITEMS[item]:
            raise table.error(f"item {item} in {unit!r}, one of {', '.join(_ITEMS[item])} was expected")
        if value <= 0:
            raise table.error(f"item {item} of {year} must be above 0")
        anchors.setdefault(item, []).append((int(year), float(value) * _ITEMS[item][unit]))
    return anchors


def geometric(anchors: list[tuple[int, float]], years: np.ndarray) -> np.ndarray:
    """Interpolate at constant growth between anchors; hold the outermost values beyond them."""
    known, values = zip(*sorted(anchors), strict=True)
    return np.exp(np.interp(years, known, np.log(values)))


def _annual(anchors: dict[str, list[tuple[int, float]]], years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return emissions of every year (tCO2) and intensity relative to the first year."""
    series = {item: geometric(points, years) for item, points in anchors.items()}
    intensity = series.get("carbon_intensity", np.ones(len(years)))
    kappa = intensity / intensity[0]
    if all(item in series for item in _KAYA):
        return np.prod([series[item] for item in _KAYA], axis=0) * 1e4, kappa
    return series.get("emissions", np.zeros(len(years))), kappa


def _shares(land: LandTables, *, supplied: bool) -> tuple[np.ndarray, dict[str, float], float]:
    """Return shares by region and by group, and the part of all emissions that they are shares of."""
    by_region, by_group = np.zeros(len(land.regions)), dict[str, float]()
    table = find_table(land.folder, "activity", required=False)
    if table is None:
        return by_region, by_group, 1.0
    regions, shares = table.known_codes("region", land.regions.names, "region"), table.numbers("share")
    bought = np.array([scope == BOUGHT for scope in table.text("scope")], dtype=bool) & supplied
    own = 1.0 - float(shares[bought].sum())
    shares = np.where(bought, 0.0, shares) / own
    np.add.at(by_region, regions, shares)
    for group, share in zip(table.text("group"), shares.tolist(), strict=True):
        by_group[group] = by_group.get(group, 0.0) + share
    return by_region, by_group, own


def _demand(land: LandTables, group: str, period: int) -> float:
    """Return the cumulative growth demand (ha) of a group and of what lies below it, latest rows up to a period."""
    latest: dict[tuple[int, str], tuple[int, float]] = {}
    for row in land.rows("growth_demand"):
        key = (row.region, row.group)
        if row.period <= period and land.groups.within(row.group, group) and latest.get(key, (-1, 0.0))[0] < row.period:
            latest[key] = (row.period, row.value)
    return sum(value for _, value in latest.values())


def _rates(
    land: LandTables, settings: Settings, annual: np.ndarray, kappa: np.ndarray, uses: tuple[EndUse, ...]
) -> np.ndarray:
    rates = np.zeros(len(settings.periods))
    for period, year in enumerate(settings.periods):
        grown = sum(use.density * _demand(land, use.group.name, period) for use in uses)
        at = year - settings.base_year
        if grown > 0:
            rates[period] = (annual[at] - kappa[at] * annual[0]) / grown
    return rates


def read_activity(land: LandTables, settings: Settings, present: np.ndarray, *, supplied: bool = False) -> Activity:
    """Read context and activity; `present` is the present area [region, built kind, class] in ha.

    `supplied` where a network supplies the electricity.
    """
    years = np.arange(settings.base_year, settings.end_year + 1)
    context = find_table(land.folder, "context", required=False)
    anchors = _anchors(context, land.regions.names.label(0)) if context is not None else {}
    annual, kappa = _annual(anchors, years)
    by_region, by_group, own = _shares(land, supplied=supplied)
    annual = annual * own
    uses = []
    for name, share in by_group.items():
        if share == 0:
            continue
        group = land.groups.find(name)
        area = float(present.sum(axis=0)[group.present].sum())
        uses.append(EndUse(group, share, annual[0] * share / area if area > 0 else 0.0))
    bottom_up = settings.existing_activity == "bottom_up"
    found = tuple(uses)
    rate = _rates(land, settings, annual, kappa, found) if bottom_up else np.zeros(len(settings.periods))
    return Activity(settings.base_year, annual, kappa, bottom_up, by_region, found, rate)
