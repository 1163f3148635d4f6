"""A network and the land it is planned with: what sites and corridors take, and the network's part of the figures.

Rows are cumulative over the periods. Capacity of a site is at most its density times the hectares under its overlay;
strips of open segments lie under the overlay of corridors, zone by zone; service buildings, foundations and tower feet
convert land near them, and land that sites and segments could both claim serves all of them together, once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged
from optimizer.results.audit.choices import Extra
from optimizer.results.audit.network.bound import BEGIN, Part, Priced, evaluate, price_rows, prices
from optimizer.results.audit.network.connections import connection_checks
from optimizer.results.audit.network.flows import flow_checks
from optimizer.results.audit.network.keeps import plan_checks
from optimizer.results.audit.network.plan import Values, read_written
from optimizer.results.audit.network.sums import Sums, sums_of
from optimizer.results.audit.network.tables import read_network
from optimizer.results.audit.network.whole import system_of

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.figures import Objective
    from optimizer.results.audit.flows import Changes
    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.network.whole import Parts
    from optimizer.results.audit.overlays import Overlays
    from optimizer.results.audit.prices import Prices
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables
    from optimizer.results.audit.worths import Worths

HA_PER_KM2 = 100.0
SITE, SEGMENT = "site_added", "segment_opening"
"""Columns that ask for land."""
REACH = "overlay_reach"
"""Rule that holds an overlay to what it reaches; pieces of land keep it by themselves when they are priced."""


@dataclass(frozen=True)
class Claim:
    """Rows of one rule: hectares that the land gives, at least those that members of the network ask for.

    `ask` is (rows, members) by family of columns, ha for a MW or an opening; `of_overlay` (overlays,) and `of_zone`
    (zones,) are the row that land under an overlay or land of a zone counts in, -1 for none. Where `converts`, it is
    land that changes to that class.
    """

    rule: str
    names: tuple[str, ...]
    ask: dict[str, np.ndarray]
    of_overlay: np.ndarray | None = None
    of_zone: np.ndarray | None = None
    converts: int = -1

    def rows(self, zone: np.ndarray, overlay: np.ndarray) -> np.ndarray:
        """Return the row that land counts in, -1 for none."""
        if self.converts >= 0:
            assert self.of_zone is not None
            return np.where(overlay == 0, self.of_zone[zone], -1)
        assert self.of_overlay is not None
        row = self.of_overlay[overlay]
        return row if self.of_zone is None else np.where(row >= 0, self.of_zone[zone], -1)


@dataclass(frozen=True)
class Energy:
    """The network of a joint study: its system, the values of the plan, and what it asks of the land."""

    land: LandTables
    overlays: Overlays
    parts: Parts
    values: Values

    @cached_property
    def sums(self) -> Sums:
        """What the network costs and emits."""
        return sums_of(self.parts, self.values)

    def emission_rates(self, period: int) -> np.ndarray:
        """Return what a unit of each column emits in a year of a period, (columns,), tCO2e/yr."""
        system = self.parts.system
        found = np.zeros(system.n_columns)
        for columns in system.columns.values():
            by_stage = columns.emissions.reshape(system.times.stages, -1)
            size = by_stage.shape[1]
            place = slice(columns.first + period * size, columns.first + (period + 1) * size)
            found[place] = by_stage[period] / system.network.lengths[period]
        return found

    def emitted(self, period: int) -> np.ndarray:
        """Return what each column emits in a year of a period in the plan, (columns,), tCO2e/yr."""
        return self.emission_rates(period) * self.values.all()

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What sites, strips and facilities ask of the land."""
        found = (self._sites(), self._strips(), self._facilities())
        return tuple(claim for claim in found if claim is not None)

    def _places(self, table: str, column: str, of: str) -> np.ndarray:
        """Return the place in table `of` that each row of a table names."""
        network = self.parts.system.network
        place = {name: k for k, name in enumerate(network[of][column])}
        unknown = [name for name in network[table][column] if name not in place]
        if unknown:
            raise network.error(table, f"{column} {unknown[0]!r} is not known")
        return np.array([place[name] for name in network[table][column]], dtype=np.int64)

    def _zones(self, table: str) -> np.ndarray:
        """Return the zone that each row of a table names."""
        network = self.parts.system.network
        names = {name: self.land.zones.names.code(name) for name in dict.fromkeys(network[table]["zone"])}
        if names and min(names.values()) < 0:
            raise network.error(table, "a zone is not known")
        return np.array([names[name] for name in network[table]["zone"]], dtype=np.int64)

    def _sites(self) -> Claim | None:
        table = self.parts.system.network["sites"]
        needing = np.flatnonzero(table["density_mw_per_km2"] > 0)
        if not len(needing):
            return None
        ask = np.zeros((len(needing), len(table)))
        ask[np.arange(len(needing)), needing] = HA_PER_KM2 / table["density_mw_per_km2"][needing]
        row = np.array([-1, *range(len(needing)), -1])
        return Claim("site_land", tuple(table["site"][needing]), {SITE: ask}, of_overlay=row)

    def _strips(self) -> Claim | None:
        table = self.parts.system.network["segment_zones"]
        if not len(table):
            return None
        crossed, row = np.unique(self._zones("segment_zones"), return_inverse=True)
        ask = np.zeros((len(crossed), len(self.parts.system.network["segments"])))
        np.add.at(ask, (row, self._places("segment_zones", "segment", "segments")), table["area_ha"])
        of_overlay = np.full(len(self.overlays.names), -1)
        of_overlay[-1] = 0
        of_zone = np.full(len(self.land.zones), -1)
        of_zone[crossed] = np.arange(len(crossed))
        names = tuple(self.land.zones.names.label(zone) for zone in crossed)
        return Claim("strip_land", names, {SEGMENT: ask}, of_overlay, of_zone)

    def _facilities(self) -> Claim | None:
        network = self.parts.system.network
        sites, segments, strips = network["sites"], network["segments"], network["segment_zones"]
        towers = np.zeros(len(segments))
        np.add.at(towers, self._places("segment_zones", "segment", "segments"), strips["tower_ha"])
        amount = np.concatenate([sites["facility_ha_per_mw"], towers])
        if not network.facility_class or not amount.any():
            return None
        graph: nx.Graph = nx.Graph()
        graph.add_nodes_from(range(len(amount)))
        for table, column, of, first in (
            ("site_zones", "site", "sites", 0),
            ("segment_zones", "segment", "segments", len(sites)),
        ):
            members = first + self._places(table, column, of)
            graph.add_edges_from((int(k), ("zone", int(z))) for k, z in zip(members, self._zones(table), strict=True))
        named = [*sites["site"], *segments["segment"]]
        of_zone = np.full(len(self.land.zones), -1)
        names: list[str] = []
        asks: list[np.ndarray] = []
        for group in nx.connected_components(graph):
            own = sorted(node for node in group if isinstance(node, int))
            if amount[own].any():
                of_zone[[node[1] for node in group if not isinstance(node, int)]] = len(names)
                names.append("+".join(named[k] for k in own[:3]))
                row = np.zeros(len(amount))
                row[own] = amount[own]
                asks.append(row)
        ask = {SITE: np.array(asks)[:, : len(sites)], SEGMENT: np.array(asks)[:, len(sites) :]}
        kind = self.land.class_names.code(network.facility_class)
        some = {name: of for name, of in ask.items() if of.any()}
        return Claim("facility_land", tuple(names), some, of_zone=of_zone, converts=kind)

    def checks(self, changes: Changes, under: Changes) -> list[Check]:
        """Check the network by itself, and what it takes of the land; rows are named by site, zone or members."""
        found = plan_checks(self.parts, self.values) + flow_checks(self.parts, self.values)
        found += connection_checks(self.parts, self.values)
        network = self.parts.system.network
        bare = (network["sites"]["facility_ha_per_mw"] > 0).any() and not network.facility_class
        words = "facilities convert land, and [network] facility_class says to which class"
        found.append(count_check("network.facility_class", "facility_land", "", int(bare), words, "settings"))
        return found + [self._claimed(claim, changes if claim.converts >= 0 else under) for claim in self.claims]

    def _claimed(self, claim: Claim, changes: Changes) -> Check:
        moves, years = changes.moves, self.parts.system.network.years
        row = claim.rows(moves.zone, moves.overlay)
        if claim.converts >= 0:
            row = np.where((moves.to == claim.converts) & (moves.source != claim.converts), row, -1)
        kept = row >= 0
        given = np.zeros((len(claim.names), len(years)))
        np.add.at(given, (row[kept], moves.period[kept]), moves.area_ha[kept])
        given = np.cumsum(given, axis=1)
        asked = np.zeros_like(given)
        for family, ask in claim.ask.items():
            asked += ask @ np.cumsum(self.values[family], axis=0).T
        off, room = asked - given, RELATIVE * np.maximum(np.maximum(asked, given), 1.0)
        at, period = np.unravel_index(int(np.argmax(off / room)), off.shape)
        bad = off[at, period] > room[at, period]
        subject = f"{claim.names[at]}, {years[int(period)]}" if bad else ""
        words = f"{given[at, period]:.9g} ha are there, {asked[at, period]:.9g} ha are asked for"
        name = f"network.{claim.rule}"
        return judged(name, claim.rule, subject, float(off[at, period]), float(room[at, period]), "ha", words)

    def added_to(self, own: Objective, settings: Settings) -> Objective:
        """Return the recomputed objective with the cost and emissions of the network: electricity counts here alone."""
        carbon, money = settings.weights
        sums, every = self.sums, self.values.all()
        terms = prices(self.parts.system, (carbon, money)) * every
        parts = {
            **own.parts,
            "emissions": own.parts["emissions"] + sums.emissions,
            "cost": own.parts["cost"] + sums.cost,
            "supply_emissions": sums.emissions,
            "supply_cost": sums.cost,
            **sums.years,
        }
        size = float(np.abs(terms).sum())
        return replace(own, value=own.value + float(terms.sum()), departures=own.departures + size, parts=parts)

    def price(self, land: Prices, worths: Worths) -> EnergyPrices:
        """Price the rows of the network and those between it and the land."""
        own = worths.take(worths.of_family(BEGIN))
        priced = price_rows(self.parts, own)
        priced.taken = np.zeros(self.parts.system.n_columns)
        for period, worth in enumerate(land.supply.tolist()):
            if worth:
                priced.taken += worth * self.emission_rates(period)
        found = replace(self.unpriced(), priced=priced)
        for claim in self.claims:
            rows = own.take(own.of(f"{BEGIN}{claim.rule}"))
            worth, unknown = self._worth(claim, rows)
            priced.unknown += unknown
            if not worth.any():
                continue
            for family, ask in claim.ask.items():
                columns = self.parts.system.columns[family]
                taken = -(ask.T @ worth).T
                priced.taken[columns.first : columns.first + len(columns)] += taken.ravel()
            found.claims.append((claim, worth))
        return found

    def unpriced(self) -> EnergyPrices:
        """Return prices at which no row is worth anything."""
        return EnergyPrices(self, Priced(np.zeros(self.parts.system.n_rows)), [])

    def _worth(self, claim: Claim, rows: Worths) -> tuple[np.ndarray, int]:
        """Return what a hectare of each row is worth if it is there from a period on, (rows, periods)."""
        years = self.parts.system.network.years
        worth, unknown = np.zeros((len(claim.names), len(years))), 0
        named = {name: k for k, name in enumerate(claim.names)}
        table = zip(rows.table.text("id"), rows.table.integers("period").tolist(), rows.worth.tolist(), strict=True)
        for name, year, value in table:
            if name not in named or year not in years:
                unknown += 1
            else:
                worth[named[name], years.index(year)] += max(value, 0.0)
        return np.cumsum(worth[:, ::-1], axis=1)[:, ::-1], unknown


@dataclass(frozen=True)
class EnergyPrices:
    """Multipliers on a network, and its claims on land with what a hectare is worth, (rows, periods)."""

    energy: Energy
    priced: Priced
    claims: list[tuple[Claim, np.ndarray]]

    def facilities(self, books: Books) -> list[Extra]:
        """Return the prices of changes that give land to facilities."""
        cover, found = books.land.cover, []
        zone, source = np.divmod(cover.key, cover.classes)
        for claim, worth in self.claims:
            if claim.converts < 0:
                continue
            row = claim.rows(zone, np.zeros(len(zone), dtype=np.int64))
            place = np.flatnonzero((row >= 0) & (source != claim.converts))
            count, periods = len(place), worth.shape[1]
            period = np.tile(np.arange(periods), count)
            to = np.full(count * periods, claim.converts)
            found.append(Extra(np.repeat(place, periods), to, period, -worth[row[place]].ravel()))
        return found

    def overlay(self, zone: np.ndarray, overlay: np.ndarray, period: np.ndarray) -> np.ndarray:
        """Return what a hectare under an overlay from a period on is worth to the network, (entries,)."""
        total = np.zeros(len(zone))
        for claim, worth in self.claims:
            if claim.converts < 0:
                row = claim.rows(zone, overlay)
                total += np.where(row >= 0, worth[row, period], 0.0)
        return total

    def least(self, weights: tuple[float, float], objective: float) -> Part:
        """Return what the multipliers prove of the network; see `evaluate`."""
        return evaluate(self.energy.parts, self.priced, weights, objective)


def read_energy(
    instance: Path, plan: Path, land: LandTables, overlays: Overlays | None, settings: Settings, options: dict[str, Any]
) -> Energy | None:
    """Read the network of a joint study and its plan; None where land is planned without one."""
    if overlays is None:
        return None
    network = read_network(instance, options)
    network = replace(network, weights=settings.weights, rules_off=settings.rules_off)
    parts = system_of(network)
    return Energy(land, overlays, parts, Values(parts, read_written(plan, parts.system)))
