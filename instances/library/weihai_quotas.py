"""Planning quotas of the Weihai instance for 2025, 2030 and 2035.

Weihai's own control figures for 2035 are not among the published facts, so almost every value here
is assumed; `source` says from what. The population outlook is published and the growth follows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from instances.library.weihai_context import BASE_YEAR, END_YEAR, KAYA, P1, POPULATION_SHARE, ROOT, kaya_t
from instances.library.weihai_geography import DISTRICTS

PERIODS = (2025, 2030, 2035)

GROWTH_M2_PER_PERSON = {"housing_urban": 35.0, "industry": 20.0, "public": 6.5, "commerce": 6.0, "park": 10.0}
"""Land for each additional resident: assumed, in the range of GB 50137 (recalled)."""

_KEPT = "growth demand makes it grow; no less than at present by itself"
FLOORS = {
    "forest": (1.0, "no net loss of forest"),
    "wetland": (1.0, "no net loss of wetland"),
    "grass": (0.90, "grass may become forest within limits"),
    "water": (0.97, "ponds may be reclaimed within limits"),
    "orchard": (0.92, "orchards may return to cropland within limits"),
    "commerce": (1.0, _KEPT),
    "industry": (1.0, _KEPT),
    "mining": (0.80, "closed mines leave"),
    "housing_urban": (1.0, _KEPT),
    "housing_rural": (0.95, "keeps villages: without it an emissions-only plan empties them"),
    "public": (1.0, _KEPT),
    "park": (1.0, _KEPT),
    "special": (0.99, "not for this plan to change, but for a few sites"),
    "transport": (1.0, "no net loss of roads"),
}
"""Least stock by 2035 as a share of the present one, by group (assumed)."""

LOSS_CAPS = {
    "cropland": 0.010,
    "orchard": 0.030,
    "forest": 0.005,
    "grass": 0.040,
    "water": 0.012,
    "unused": 0.075,
    "farm_facility": 0.030,
    "industry": 0.010,
    "mining": 0.080,
    "housing_rural": 0.020,
    "commerce": 0.002,
    "public": 0.002,
    "housing_urban": 0.002,
    "park": 0.001,
}
"""Greatest share of the present stock that may leave a group in one period (assumed)."""

GAIN_CAPS = {"orchard": 0.001, "forest": 0.012, "grass": 0.030, "wetland": 0.030, "water": 0.005, "farm_facility": 0.02}
"""Greatest gain in one period as a share of the present stock (assumed); orchards are held, facts 2 trap (a)."""

OPENING_BANK_HA = {"huancui": 150.0, "wendeng": 110.0, "rongcheng": 130.0, "rushan": 90.0}
LINKED_QUOTA_HA = {"huancui": 220.0, "wendeng": 260.0, "rongcheng": 280.0, "rushan": 240.0}
INCREMENT_HA = {"huancui": 1_150.0, "wendeng": 560.0, "rongcheng": 720.0, "rushan": 460.0}
"""By 2035, cumulative: assumed."""

PERIOD_SHARE = {2025: 0.40, 2030: 0.70, 2035: 1.0}
"""Part of a 2035 quota that may be used by the end of each period (assumed)."""

MINING_CEILING = 0.90
INTENSITY_SHARE = 0.172
TOTAL_GROWTH_HA = 1_800.0
REDEVELOPMENT_SHARE = 0.25
RESTORATION_HA = 6_000.0
BUDGET_WANYUAN = 2_150_000.0
PROJECT_BUDGET_WANYUAN = 50_000.0
RETENTION_SHARE = 0.995
CARBON_SLACK = 1.1


@dataclass
class Stock:
    """Present hectares by group, class and district, and the constants of the carbon account."""

    by_group: pd.Series
    by_class: pd.Series
    cropland_grades: pd.Series
    district_activity: pd.Series
    sink_tco2: pd.Series
    """Annual uptake of the present land by district, tCO2/yr."""

    def of(self, group: str, region: str) -> float:
        """Return the hectares of a group in a district or in the city."""
        held = self.by_group.xs(group, level="group")
        return float(held.sum() if region == ROOT else held.get(region, 0.0))


@dataclass
class _Rows:
    rows: list[tuple[object, ...]] = field(default_factory=list)

    def add(
        self, name: str, rule: str, region: str, sense: str, value: float, unit: str, source: str, period: int = 0,
        group: str = "", grade: int = 0,
    ) -> None:  # fmt: skip
        """Add a quota; a source that names no publication is an assumption and says so."""
        source = source if source.startswith("computed") else f"assumed: {source}"
        status = "computed" if source.startswith("computed") else "assumed"
        self.rows.append((name, rule, region, period, group, grade, sense, value, unit, source, status))

    def frame(self) -> pd.DataFrame:
        columns = ["id", "rule", "region", "period", "group", "grade", "sense", "value", "unit", "source", "status"]
        return pd.DataFrame(self.rows, columns=columns)


def new_residents(year: int) -> float:
    """Return the residents added between the base year and `year`, on the published path from 2017 to 2035."""
    low, high = KAYA["population"][1][2017], KAYA["population"][1][2035]

    def people(at: int) -> float:
        return low * (high / low) ** ((at - 2017) / (2035 - 2017)) * 1.0e4

    return people(year) - people(BASE_YEAR)


def quotas(stock: Stock) -> pd.DataFrame:
    """Return every quota; the values hold together: children within parents, floors below stocks."""
    rows = _Rows()
    _cropland(rows, stock)
    _construction(rows, stock)
    _growth(rows)
    _floors_and_caps(rows)
    _restoration_and_money(rows)
    _carbon(rows, stock)
    return rows.frame()


def _cropland(rows: _Rows, stock: Stock) -> None:
    for region in (ROOT, *DISTRICTS):
        value = round(RETENTION_SHARE * stock.of("cropland", region), 1)
        why = f"{RETENTION_SHARE:.1%} of the present cropland"
        rows.add(f"retention_{region}", "cropland_retention", region, ">=", value, "ha", why)
    for region in DISTRICTS:
        law = "the quantity rule of 2024, factor 1"
        rows.add(f"compensation_{region}", "compensation", region, "==", 1.0, "1", law)
        rows.add(
            f"compensation_grade_{region}", "compensation_grade", region, "==", 1.0, "1", "grade by grade, factor 1"
        )
        bank = OPENING_BANK_HA[region]
        why = "a small opening bank, so that building may start before reclaiming"
        rows.add(f"bank_{region}", "compensation_bank", region, "<=", bank, "ha", why)
        present = stock.cropland_grades.xs(region, level="region").sort_index()
        parts = (bank * present / present.sum()).round(2)
        parts.iloc[0] += round(bank - parts.sum(), 2)
        for grade, area in parts.items():
            value = round(float(area), 2)
            why = "the opening bank, spread like the cropland present"
            rows.add(
                f"bank_{region}_g{grade}", "compensation_bank", region, "<=", value, "ha", why, grade=int(str(grade))
            )
        why = "linked quota from village consolidation"
        rows.add(f"linked_{region}", "linked_quota", region, "<=", LINKED_QUOTA_HA[region], "ha", why)


def _construction(rows: _Rows, stock: Stock) -> None:
    total = round(stock.of("built", ROOT) + TOTAL_GROWTH_HA)
    why = f"present built land and {TOTAL_GROWTH_HA:g} ha"
    rows.add("total_weihai", "construction_total", ROOT, "<=", total, "ha", why, group="built")
    for region in DISTRICTS:
        for period in PERIODS:
            value = round(INCREMENT_HA[region] * PERIOD_SHARE[period], 1)
            name = f"increment_{region}_{period}"
            why = "new built land, shared out by expected growth"
            rows.add(name, "construction_increment", region, "<=", value, "ha", why, period, "built")
    why = "a little above the present 16.8 % (facts 2, calibration)"
    rows.add("intensity_weihai", "construction_intensity", ROOT, "<=", INTENSITY_SHARE, "share", why, group="built")
    why = "a quarter of the new uses on land already built"
    rows.add(
        "redevelopment_weihai", "redevelopment_share", ROOT, ">=", REDEVELOPMENT_SHARE, "share", why, group="built"
    )


def _growth(rows: _Rows) -> None:
    for group, per_person in GROWTH_M2_PER_PERSON.items():
        for region in DISTRICTS:
            for period in PERIODS:
                people = new_residents(period) * POPULATION_SHARE[region]
                value = round(people * per_person / 1.0e4, 2)
                why = (
                    f"{per_person:g} m2 for each of {people:,.0f} new residents "
                    f"(outlook of {P1}; district share recalled)"
                )
                rows.add(
                    f"growth_{group}_{region}_{period}", "growth_demand", region, ">=", value, "ha", why, period, group
                )


def _floors_and_caps(rows: _Rows) -> None:
    for group, (share, why) in FLOORS.items():
        rows.add(f"floor_{group}", "floor", ROOT, ">=", share, "share", why, group=group)
    why = "mines to be closed by 2035 and given another use"
    rows.add("ceiling_mining", "ceiling", ROOT, "<=", MINING_CEILING, "share", why, group="mining")
    for region in DISTRICTS:
        share = FLOORS["housing_rural"][0] - 0.03
        why = "no district empties its villages"
        rows.add(f"floor_housing_rural_{region}", "floor", region, ">=", share, "share", why, group="housing_rural")
    for group, share in LOSS_CAPS.items():
        why = "greatest turnover of the group in one period"
        rows.add(f"loss_{group}", "loss_cap", ROOT, "<=", share, "share", why, group=group)
    for group, share in GAIN_CAPS.items():
        why = "greatest gain of the group in one period"
        rows.add(f"gain_{group}", "gain_cap", ROOT, "<=", share, "share", why, group=group)


def _restoration_and_money(rows: _Rows) -> None:
    why = "restored by 2035, about 1 % of the land"
    rows.add("restoration_weihai", "restoration_area", ROOT, ">=", RESTORATION_HA, "ha", why)
    for period in PERIODS:
        share = PERIOD_SHARE[period]
        name = f"budget_weihai_{period}"
        rows.add(name, "budget", ROOT, "<=", BUDGET_WANYUAN * share, "10k CNY", "all moves and projects", period)
    why = "restoration projects alone"
    rows.add("budget_projects", "budget", ROOT, "<=", PROJECT_BUDGET_WANYUAN, "10k CNY", why, group="projects")


def _carbon(rows: _Rows, stock: Stock) -> None:
    """Caps a tenth above projected activity, which hold in either mode; the city's is the sum of the districts'."""
    for period in PERIODS:
        years = range(BASE_YEAR + 1, period + 1)
        activity = sum(kaya_t(year) for year in years)
        caps = {region: round(CARBON_SLACK * activity * stock.district_activity[region], -3) for region in DISTRICTS}
        why = f"projected activity times {CARBON_SLACK:g}: loose, kept to show the rule"
        for region in DISTRICTS:
            rows.add(f"cap_{region}_{period}", "carbon_cap", region, "<=", caps[region], "tCO2e", why, period)
        total = sum(caps.values())
        rows.add(
            f"cap_weihai_{period}", "carbon_cap", ROOT, "<=", total, "tCO2e", f"sum of the districts; {why}", period
        )


assert PERIODS[-1] == END_YEAR
