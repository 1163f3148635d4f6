"""The land block as rules see it: moves with their attributes, and helpers that make rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations import kernels
from formulations.program import INFINITY, Quota
from instances.land import DERIVED_GROUPS, codes_of
from instances.overlays import overlay_emissions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.moves import Moves
    from formulations.overlays import Overlays
    from formulations.program import Columns
    from instances.carbon import CarbonAccount
    from instances.land import Land
    from instances.network import Network
    from instances.restoration import Project
    from instances.settings import Settings
    from instances.sites import Sites


Record = Mapping[str, object]
"""One line of the quotas table."""


@dataclass(frozen=True)
class Sum:
    """What a row adds up: the moves of a layer in some periods (from 1), times a coefficient."""

    periods: tuple[int, ...]
    layer: int = 0
    coefficient: float = 1.0


@dataclass(frozen=True)
class Row:
    """One row of a quota family: a region, what it sums there, bounds and labels."""

    region: int
    sums: tuple[Sum, ...]
    lower: float
    upper: float
    label: Mapping[str, object]


@dataclass(frozen=True)
class LandBlock:
    """Everything a rule may ask of the land: tables, moves, carbon, projects."""

    land: Land
    settings: Settings
    moves: Moves
    carbon: CarbonAccount
    projects: tuple[Project, ...]
    rules_off: frozenset[str]
    sites: Sites | None = None
    """Planning units that are chosen with the land, with the rules that are on; None where land is planned alone."""
    network: Network | None = None
    """The energy network that is planned with the land; None where there is none."""
    overlays: Overlays | None = None
    """What of the network may lie on which land; None without a network."""
    grades: tuple[int, ...] = ()
    """Grades of cropland that are exchanged elsewhere, where the land is a part of more."""

    @cached_property
    def restores(self) -> NDArray[np.bool_]:
        """Whether each move is a restoration by the transition matrix, (moves,)."""
        return self.carbon.restores[self.moves.source, self.moves.target]

    @cached_property
    def cost_per_ha(self) -> NDArray[np.float64]:
        """Cost of each move, (moves,), 10k CNY/ha: transition x zone's cost factor + zone costs."""
        return cost_per_ha(self.land, self.moves)

    def emissions_per_ha(self, year: int) -> NDArray[np.float64]:
        """Emissions of each move to `year`, (moves,), tCO2e/ha."""
        return self._of_moves(self.carbon.per_ha(year), self.carbon.years_acting(year))

    def annual_per_ha(self, year: int) -> NDArray[np.float64]:
        """Emissions of each move in one year, (moves,), tCO2e/ha/yr; stocks that are lost once belong to no year."""
        years = self.carbon.years_acting(year) - self.carbon.years_acting(year - 1)
        return self._of_moves(self.carbon.annual_per_ha(year), years)

    def _of_moves(self, account: NDArray[np.float64], years: NDArray[np.float64]) -> NDArray[np.float64]:
        """Look up the account of each move, (moves,); see `overlay_emissions`."""
        sets, classes, _, periods = account.shape
        period = np.maximum(self.moves.period - 1, 0)
        per_pair = account.reshape(sets, classes * classes, periods)
        factor_set = self.carbon.factor_set[self.land.zone_region]
        emissions = per_pair[factor_set[self.moves.zone], self.pair, period]
        under = np.flatnonzero(self.moves.overlay)
        if len(under):
            assert self.network is not None
            assert self.overlays is not None
            table = self.network.tables["overlays"]
            account = overlay_emissions(self.carbon, table, self.overlays.technology, account, years)
            place = self.moves.overlay[under] - 1, factor_set[self.moves.zone[under]], self.moves.source[under]
            emissions[under] = account[*place, period[under]]
        return emissions

    def holds(self, region: int, project: Project) -> bool:
        """Whether a region holds all the land of a project."""
        zones = codes_of(pd.Series(list(project.zones)), self.land.zones["zone"])
        return bool(self.land.subtree[region][self.land.zone_region[zones]].all())

    @cached_property
    def region(self) -> NDArray[np.int32]:
        """Region code of each move, (moves,)."""
        return self.land.zone_region.astype(np.int32)[self.moves.zone]

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.settings.time.periods)

    def period_code(self, record: Record) -> int:
        """Return the period that a quota names by its end year, counting from 1; 0 means the last."""
        year = record["period"]
        return self.settings.time.periods.index(year) + 1 if year else self.n_periods

    def region_code(self, record: Record) -> int:
        """Code of the region that a quota names."""
        return self.land.region_code(str(record["region"]))

    def from_group(self, group: str) -> NDArray[np.bool_]:
        """Whether the present side of each move counts for the group, (moves,)."""
        if group in DERIVED_GROUPS:
            return self.land.present_member(group, self.moves.zone.astype(np.int64), self.moves.source.astype(np.int64))
        return self.land.member(group)[self.moves.source]

    def to_group(self, group: str) -> NDArray[np.bool_]:
        """Whether the new side of each move counts for the group, (moves,); stays count as they are."""
        counts = self.land.new_member(group)[self.moves.target]
        if group in DERIVED_GROUPS:
            return np.where(self.moves.converts, counts, self.from_group(group))
        return counts

    def into(self, group: str) -> NDArray[np.bool_]:
        """Whether each move brings land into the group from outside it, (moves,)."""
        if group in DERIVED_GROUPS:
            return self.moves.converts & self.to_group(group) & ~self.from_group(group)
        member = self.land.member(group)
        return (~member[:, None] & member[None, :]).ravel()[self.pair]

    def out_of(self, group: str) -> NDArray[np.bool_]:
        """Whether each move takes land out of the group, (moves,)."""
        if group in DERIVED_GROUPS:
            return self.moves.converts & self.from_group(group) & ~self.to_group(group)
        member = self.land.member(group)
        return (member[:, None] & ~member[None, :]).ravel()[self.pair]

    @cached_property
    def pair(self) -> NDArray[np.int32]:
        """Code of the present and the new class of each move together, (moves,): one look-up tells all."""
        return self.moves.source.astype(np.int32) * len(self.land.classes) + self.moves.target

    @cached_property
    def cell(self) -> NDArray[np.int32]:
        """Region and period of each move as one code, (moves,); of no meaning for stays."""
        first = (self.land.zone_region * self.n_periods - 1).astype(np.int32)
        return first[self.moves.zone] + self.moves.period

    @cached_property
    def _lines(self) -> list[Record]:
        return self.land.quotas.to_dict("records")  # type: ignore[return-value]

    def records(self, rule: str) -> list[Record]:
        """Return the quotas of a rule as records; none where the rule is switched off."""
        return [] if rule in self.rules_off else [line for line in self._lines if line["rule"] == rule]

    def records_by_group(self, rule: str) -> dict[str, list[Record]]:
        """Return the quotas of a rule, those of one group together."""
        by_group: dict[str, list[Record]] = {}
        for record in self.records(rule):
            by_group.setdefault(str(record["group"]), []).append(record)
        return by_group

    def quota(
        self,
        rule: str,
        weight: NDArray[Any],
        rows: Sequence[Row],
        unit: str,
        layer: NDArray[np.int8] | None = None,
        terms: Mapping[str, sp.csr_array] | None = None,
    ) -> Quota:
        """Make a family of rows that sum `weight` times hectares by layer, region and period.

        `weight` is (moves,), zero where a move does not count; `layer` (moves,) tells sums apart that
        a row takes over different periods or with different coefficients. Stays never count: what
        is there at present belongs to the bounds.
        """
        rollup = self._rollup(rows)
        index, kept, cell = self._entries(weight, layer, rollup)
        return Quota(
            rule=rule,
            index=index,
            weight=kept,
            cell=cell,
            rollup=rollup,
            lower=np.array([row.lower for row in rows]),
            upper=np.array([row.upper for row in rows]),
            labels=pd.DataFrame([dict(row.label) for row in rows]),
            unit=unit,
            terms=dict(terms or {}),
        )

    def _entries(
        self, weight: NDArray[Any], layer: NDArray[np.int8] | None, rollup: sp.csr_array
    ) -> tuple[NDArray[np.int32], NDArray[Any], NDArray[np.int32]]:
        """Return move, weight and cell of what counts in a cell that some row sums; weights of -1, 0, 1 stay small."""
        wanted = np.zeros(rollup.shape[1], dtype=bool)
        wanted[rollup.indices] = True
        weight = weight.astype(np.int8 if weight.dtype in (np.bool_, np.int8) else np.float64, copy=False)
        layer = np.zeros(1, dtype=np.int8) if layer is None else layer
        sizes = (layer, len(self.land.regions) * self.n_periods, wanted)
        count = kernels.count_entries(weight, self.moves.changes, self.cell, *sizes)
        index, cell = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
        kept = np.empty(count, dtype=weight.dtype)
        kernels.fill_entries(weight, self.moves.changes, self.cell, *sizes, index, kept, cell)
        return index, kept, cell

    def _rollup(self, rows: Sequence[Row]) -> sp.csr_array:
        """Return which (layer, region, period) cells each row sums, (rows, cells)."""
        layer_size = len(self.land.regions) * self.n_periods
        layers = 1 + max((part.layer for row in rows for part in row.sums), default=0)
        cells, values, lengths = [], [], []
        for row in rows:
            regions = np.flatnonzero(self.land.subtree[row.region]) * self.n_periods
            parts = [np.add.outer(regions, np.array(part.periods, dtype=np.int64) - 1).ravel() for part in row.sums]
            cells += [positions + part.layer * layer_size for positions, part in zip(parts, row.sums, strict=True)]
            values += [
                np.full(len(positions), part.coefficient) for positions, part in zip(parts, row.sums, strict=True)
            ]
            lengths.append(sum(map(len, parts)))
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        data = np.concatenate([np.zeros(0), *values])
        indices = np.concatenate([np.zeros(0, dtype=np.int64), *cells])
        return sp.csr_array((data, indices, starts), shape=(len(rows), layers * layer_size))

    def stock_quota(self, rule: str, group: str, records: Sequence[Record]) -> Quota:
        """Make rows that bound the area of a group at the end of periods: present + into - out of.

        The unit `share` is of the group's present area in the region.
        """
        weight = self.into(group).astype(np.int8) - self.out_of(group)
        rows = []
        for record in records:
            region, period = self.region_code(record), self.period_code(record)
            present = self.land.present_ha(group, region)
            value = number(record) * (present if record["unit"] == "share" else 1.0)
            lower, upper = bounds(str(record["sense"]), value, present)
            rows.append(Row(region, (Sum(self.up_to(period)),), lower, upper, self.label(record, period, base=present)))
        return self.quota(rule, weight, rows, "ha")

    def opened_by(
        self,
        rule: str,
        index: NDArray[np.int64],
        binary: NDArray[np.int64],
        columns: Columns,
        most: NDArray[np.float64],
    ) -> Quota:
        """Make one row a move that ties it to the binary that opens it: x <= min(its area, most) b.

        One row a move is tighter than one row a binary: the LP relaxation then opens as much of a
        project as the largest share it takes of any piece of land.
        """
        count = len(index)
        reach = np.minimum(self.moves.area_ha[index] * self.moves.upper[index], most[binary])
        entries = (-reach, binary, np.arange(count + 1))
        return Quota(
            rule=rule,
            index=index,
            weight=np.ones(count),
            cell=np.arange(count),
            rollup=sp.csr_array(sp.eye_array(count)),
            lower=np.full(count, -INFINITY),
            upper=np.zeros(count),
            labels=columns.labels.iloc[binary].assign(part="open").reset_index(drop=True),
            unit="ha",
            terms={columns.family: sp.csr_array(entries, shape=(count, len(columns)))},
        )

    def up_to(self, period: int) -> tuple[int, ...]:
        """Return the periods from the first to `period`."""
        return tuple(range(1, period + 1))

    def label(self, record: Record, period: int, **more: object) -> dict[str, object]:
        """Return the label of a row that stands for a quota."""
        return {
            "id": record["id"],
            "region": record["region"],
            "period": self.settings.time.periods[period - 1],
            "group": record["group"],
            "source": record["source"],
            "status": record["status"],
            **more,
        }


def cost_per_ha(land: Land, moves: Moves) -> NDArray[np.float64]:
    """Return the cost of each move, (moves,), 10k CNY/ha; stays cost nothing."""
    table, classes = land.tables["transitions"], land.classes["class"]
    change = np.zeros((len(classes), len(classes)))
    change[codes_of(table["from"], classes), codes_of(table["to"], classes)] = table["cost_wanyuan_per_ha"]
    cost = change[moves.source, moves.target] * land.zones["cost_factor"].to_numpy()[moves.zone]
    local = land.tables["zone_costs"]
    if len(local):
        extra = np.zeros(len(land.zones) * len(classes))  # a look-up is several times faster than a search
        place = codes_of(local["zone"], land.zones["zone"]) * len(classes) + codes_of(local["to"], classes)
        extra[place] = local["cost_wanyuan_per_ha"].to_numpy()
        cost += extra[moves.zone.astype(np.int64) * len(classes) + moves.target]
    cost[~moves.converts] = 0.0
    return cost


def number(record: Record) -> float:
    """Return the value of a quota."""
    return float(record["value"])  # type: ignore[arg-type]


def bounds(sense: str, value: float, shift: float = 0.0) -> tuple[float, float]:
    """Return lower and upper bound of `expression sense value` after moving `shift` to the right."""
    limit = value - shift
    if sense == ">=":
        return limit, INFINITY
    if sense == "<=":
        return -INFINITY, limit
    return limit, limit
