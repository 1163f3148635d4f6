"""What indicators are computed from: areas before and after, changes, and context by region and year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.carbon import CarbonAccount
from instances.classes import THIRD_SURVEY, load_classes, survey_codes
from instances.demand import KAYA_ITEMS, interpolate
from instances.land import codes_of
from optimizer.results import ledger
from optimizer.results.coded import CodedMoves, code_moves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from instances.instance import Instance
    from instances.land import Bools, Floats, Land


@dataclass(frozen=True)
class Series:
    """A context item of a region by year."""

    years: Floats
    values: Floats
    unit: str


def context_series(table: pd.DataFrame) -> dict[tuple[str, str], Series]:
    """Return the context table by item and region."""
    ordered = table.sort_values("year")
    return {
        (str(item), str(region)): Series(
            rows["year"].to_numpy(dtype=float), rows["value"].to_numpy(dtype=float), str(rows["unit"].iloc[0])
        )
        for (item, region), rows in ordered.groupby(["item", "region"])
    }


@dataclass(frozen=True)
class Facts:
    """Facts about one region and all below it under a plan.

    Attributes
    ----------
    coded
        The moves in the region.
    rows
        The carbon ledger of the region, always of annual fluxes.
    figures
        Context by item and region.
    """

    instance: Instance
    carbon: CarbonAccount
    coded: CodedMoves
    rows: pd.DataFrame
    figures: Mapping[tuple[str, str], Series]
    region: int

    @property
    def land(self) -> Land:
        """The land part."""
        return self.coded.land

    @property
    def base_year(self) -> int:
        """Year of the present."""
        return self.instance.settings.carbon.base_year

    @property
    def end_year(self) -> int:
        """Year of the plan's end."""
        return self.instance.settings.carbon.end_year

    def year(self, after: bool) -> int:
        """Year of the present, or of the end."""
        return self.end_year if after else self.base_year

    @cached_property
    def _areas(self) -> tuple[Floats, Floats]:
        return self.coded.class_areas(after=False).sum(axis=0), self.coded.class_areas(after=True).sum(axis=0)

    def area(self, classes: Bools, after: bool) -> float:
        """Return the hectares of the classes marked."""
        return float(self._areas[after][classes].sum())

    def group(self, name: str, after: bool) -> float:
        """Hectares of a group."""
        return self.area(self.land.member(name), after)

    @cached_property
    def land_ha(self) -> float:
        """Hectares of the region."""
        return float(self._areas[0].sum())

    def changed(self, counted: Bools) -> float:
        """Sum the changed hectares of the moves marked."""
        return float(self.coded.area_ha[self.coded.changes & counted].sum())

    def between(self, source: Bools, target: Bools) -> float:
        """Sum the changed hectares from the classes marked to the classes marked."""
        return self.changed(source[self.coded.source] & target[self.coded.target])

    def member_ha(self, group: str, after: bool) -> float:
        """Hectares of a group told by zone and class (`built_urban`): what stays, and what comes if `after`."""
        coded, land = self.coded, self.land
        present = land.present_member(group, coded.zone, coded.source)
        counts = np.where(coded.changes, land.new_member(group)[coded.target], present) if after else present
        return float(coded.area_ha[counts].sum())

    def coded_as(self, codes: tuple[str, ...], broader: str) -> Bools | None:
        """Mark the classes of the given third-survey codes, (classes,).

        None where the instance has `broader` undivided, or land of their groups without a survey code.
        """
        chains = [
            _survey_codes(scheme, str(code))
            for scheme, code in zip(self.land.classes["scheme"], self.land.classes["code"], strict=True)
        ]
        present = self._areas[0] + self._areas[1] > 0
        if any(chain[:1] == (broader,) and held for chain, held in zip(chains, present, strict=True)):
            return None
        uncoded = np.array([not chain for chain in chains])
        if (uncoded & self.land.classes["group"].isin(_survey_groups(codes)).to_numpy(dtype=bool) & present).any():
            return None
        return np.array([bool(set(chain) & set(codes)) for chain in chains])

    def within(self, column: str) -> Bools:
        """Mark the moves in zones whose flag (or text) is set, (moves,)."""
        values = self.land.zones[column].iloc[self.coded.zone]
        held = values != 0 if pd.api.types.is_numeric_dtype(values) else values != ""
        return held.to_numpy(dtype=bool)

    def context(self, item: str, year: int) -> float | None:
        """Return a context figure, interpolated geometrically and held beyond its years; None where there is none."""
        found = self.series(item)
        if found is None:
            return None
        if (found.values <= 0).any():
            return float(np.interp(year, found.years, found.values))
        return float(interpolate(found.years, found.values, np.array([float(year)]))[0])

    def series(self, item: str) -> Series | None:
        """Return a context item of this very region."""
        return self.figures.get((item, str(self.land.regions["region"].iloc[self.region])))

    def gdp(self, year: int) -> float | None:
        """GDP in 10^8 CNY: the context's `gdp`, else population x GDP per person."""
        own = self.series("gdp")
        if own is not None:
            return (self.context("gdp", year) or 0.0) * (1e-4 if own.unit == "10k CNY" else 1.0)
        population, each = self.context("population", year), self.context("gdp_per_capita", year)
        return None if population is None or each is None else population * each

    @cached_property
    def first_year(self) -> int:
        """First year for which activity and GDP are known, at most the base year."""
        found = [self.series(item) for item in KAYA_ITEMS]
        return min(self.base_year, *(self.base_year if one is None else int(one.years[0]) for one in found))

    def annual(self, components: tuple[str, ...], after: bool) -> float:
        """Emissions of components in the base or the end year, tCO2e/yr."""
        rows = self.rows[self.rows["component"].isin(components)]
        return float(rows["end_annual" if after else "present_annual"].sum())

    @cached_property
    def restores(self) -> Bools:
        """Whether each move is one that restores nature, (moves,)."""
        return self.carbon.restores[self.coded.source, self.coded.target]

    @cached_property
    def sink(self) -> Floats:
        """Full-grown sink of what each move leads to, (moves,), tCO2/ha/yr."""
        return self.carbon.factor("sink")[self.carbon.factor_set[self.coded.region], self.coded.target]

    def volume(self, after: bool) -> float | None:
        """Return the timber volume in m3; None where no class has the factor `volume`."""
        table = self.land.tables["factors"]
        table = table[table["factor"] == "volume"]
        if table.empty:
            return None
        coded, subtree = self.coded, self.land.subtree
        each = np.zeros((len(self.land.regions), len(self.land.classes)))
        region = codes_of(table["region"].astype(str), self.land.regions["region"].astype(str))
        kind = codes_of(table["class"], self.land.classes["class"])
        breadth = np.where(region < 0, np.inf, subtree[region].sum(axis=1))
        for row in np.argsort(-breadth, kind="stable"):
            inside = slice(None) if region[row] < 0 else subtree[region[row]]
            each[inside, kind[row]] = table["value"].iloc[row]
        return float((coded.class_areas(after=after) * each).sum())


def facts_by_region(instance: Instance, moves: pd.DataFrame) -> list[Facts]:
    """Return facts of the root region first, then of every other region that holds land."""
    land, coded = instance.require_land(), code_moves(instance, moves)
    flux = instance.settings.carbon.model_copy(update={"mode": "flux"})
    rows = ledger.rows_of(instance, instance.settings.model_copy(update={"carbon": flux}), coded)
    carbon = CarbonAccount.of(instance)
    figures = context_series(land.tables["context"])
    found = [Facts(instance, carbon, coded, rows, figures, land.root)]
    names = land.regions["region"].astype(str).to_numpy()
    ledgers = dict(iter(rows.groupby("region")))
    order = np.argsort(coded.region, kind="stable")
    starts = np.searchsorted(coded.region[order], np.arange(len(names) + 1))
    for region in range(len(names)):
        own = order[starts[region] : starts[region + 1]]
        if region != land.root and len(own):
            ledger_rows = ledgers.get(names[region], rows[:0])
            found.append(Facts(instance, carbon, coded.take(own), ledger_rows, figures, region))
    return found


@lru_cache
def _survey_groups(codes: tuple[str, ...]) -> frozenset[str]:
    classes = load_classes(THIRD_SURVEY)
    return frozenset(classes.loc[classes["code"].isin(codes), "group"])


@lru_cache
def _survey_codes(scheme: str, code: str) -> tuple[str, ...]:
    return survey_codes(scheme, code)
