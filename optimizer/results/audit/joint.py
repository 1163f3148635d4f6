"""Restoration sites inside a land plan: the selection, the rules on it, and what it asks of the land of its units.

Land of a piece may be restored as far as its zone lies in no unit, or in chosen ones; a chosen unit restores at least
a part of the land that could be restored. A zone that lies in units only in part, or in several, answers by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.results.audit.check import ABSOLUTE_HA, RELATIVE, Check, judged
from optimizer.results.audit.files import AuditInputError, find_table, read_toml
from optimizer.results.audit.permissions import barred
from optimizer.results.audit.sites.pair_prices import add_penalties
from optimizer.results.audit.sites.prices import Prices, Weights
from optimizer.results.audit.sites.run import checks_of, read_books
from optimizer.results.audit.worths import PROJECTS

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.figures import Objective
    from optimizer.results.audit.flows import Changes
    from optimizer.results.audit.restoration import Projects
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.sites.books import Books as SiteBooks
    from optimizer.results.audit.tables import LandTables

RULE, SITE, CORRIDOR = "unit_land", "site:", "corridor"
"""The rule that ties units to land, what rules on units begin with, and the rule whose layer is a resistance."""

PENALTY_UNITS = ("tCO2e", "10k CNY")
WHOLE = 1e-9
"""Share by which a zone may miss to lie in a unit as a whole."""


@dataclass(frozen=True)
class Ties:
    """Where units stand, one entry a unit and zone, and what could be restored.

    `inside` (zones,) is the part of a zone that lies in units, `own` (zones,) the unit that it lies in as a whole
    (-1: none), `restorable` (zones, classes) whether some permitted change of that land is a restoration.
    """

    unit: np.ndarray
    zone: np.ndarray
    share: np.ndarray
    inside: np.ndarray
    own: np.ndarray
    restorable: np.ndarray

    def chosen(self, taken: np.ndarray) -> np.ndarray:
        """Return the part of each zone that lies in chosen units, (zones,); `taken` is the share of each unit."""
        return np.bincount(self.zone, self.share * taken[self.unit], minlength=len(self.inside))


@dataclass(frozen=True)
class Joint:
    """The selection of a joint study, and where it stands; `part` is the least part of it that is restored."""

    land: LandTables
    books: SiteBooks
    ties: Ties
    part: float
    penalty_unit: str

    @cached_property
    def region(self) -> np.ndarray:
        """The smallest region that holds all land of each unit (-1: it has none), (units,)."""
        regions, found = self.land.regions, np.full(self.books.sites.shape[0], -1)
        for unit, zone in zip(self.ties.unit.tolist(), self.ties.zone.tolist(), strict=True):
            leaf, at = int(self.land.zones.region[zone]), int(found[unit])
            at = leaf if at < 0 else at
            while not at <= leaf < regions.end[at]:
                at = int(regions.parent[at])
            found[unit] = at
        return found

    def cost_inside(self, regions: slice) -> np.ndarray:
        """Return what each choice costs that counts for a region, (units, management zones), 10k CNY."""
        counted = (self.region < 0) | ((self.region >= regions.start) & (self.region < regions.stop))
        cost = self.books.sites.layer("cost")
        assert cost is not None
        return np.asarray(cost * counted[:, None])

    def weights(self, settings: Settings) -> tuple[float, float]:
        """Return how much the cost of units counts in the objective, and how much penalties."""
        carbon, money = settings.weights
        return money, carbon if self.penalty_unit == PENALTY_UNITS[0] else money

    def checks(self, changes: Changes) -> list[Check]:
        """Check the selection by itself, and against the land that is restored."""
        own = [
            replace(check, name=f"{SITE}{check.name}", rule=f"{SITE}{check.rule}") for check in checks_of(self.books)
        ]
        return [*own, *self._most(changes), *(self._least(changes) if self.part > 0 else [])]

    def _restored(self, changes: Changes) -> np.ndarray:
        """Return what is restored of each piece of land, (pieces,), ha."""
        moves, cover = changes.moves, self.land.cover
        counted = self.land.transitions.restoration[moves.source, moves.to]
        return np.bincount(changes.group, moves.area_ha * counted, minlength=len(cover.area_ha))

    def _most(self, changes: Changes) -> list[Check]:
        cover, restored = self.land.cover, self._restored(changes)
        zone = cover.key // cover.classes
        room = np.maximum(1.0 - self.ties.inside, 0.0) + self.ties.chosen(self.books.plan.taken)
        in_units = (self.ties.inside > 0)[zone]
        excess = np.where(in_units, restored - cover.area_ha * (room[zone] + RELATIVE), 0.0)
        worst = int(np.argmax(excess)) if len(excess) else -1
        amount = float(excess[worst]) if worst >= 0 else 0.0
        subject = f"zone {self.land.zones.names.label(zone[worst])}" if amount > ABSOLUTE_HA else ""
        words = "no land is restored that lies in units which are not chosen"
        return [judged(f"{RULE}.most", RULE, subject, amount, ABSOLUTE_HA, "ha", words)]

    def _least(self, changes: Changes) -> list[Check]:
        """Check what chosen units restore: over their whole zones together, and in each other zone."""
        ties, cover, taken = self.ties, self.land.cover, self.books.plan.taken
        zone = cover.key // cover.classes
        restored = np.bincount(zone, self._restored(changes), minlength=len(ties.inside))
        own = ties.own >= 0
        land = self.restorable_ha()
        units = len(taken)
        wanted = [
            self.part * np.bincount(ties.own[own], land[own], minlength=units) * taken,
            np.where(own, 0.0, self.part * land * ties.chosen(taken)),
        ]
        found = [np.bincount(ties.own[own], restored[own], minlength=units), restored]
        words = f"a chosen unit restores at least {self.part:g} of what it could"
        checks = []
        for name, what, least, area in zip(
            ("unit", "zone"), (self.books.sites.units, self.land.zones.names), wanted, found, strict=True
        ):
            missing = least - area - RELATIVE * np.maximum(least, 1.0)
            worst = int(np.argmax(missing))
            subject = f"{name} {what.label(worst)}" if missing[worst] > ABSOLUTE_HA else ""
            amount = float(missing[worst])
            checks.append(judged(f"{RULE}.least_{name}", RULE, subject, amount, ABSOLUTE_HA, "ha", words))
        return checks

    def restorable_ha(self) -> np.ndarray:
        """Return the present land of each zone that could be restored, (zones,), ha."""
        cover = self.land.cover
        zone, source = np.divmod(cover.key, cover.classes)
        counted = np.where(self.ties.restorable[zone, source], cover.area_ha, 0.0)
        return np.bincount(zone, counted, minlength=len(self.ties.inside))

    def costs(self, settings: Settings) -> Prices:
        """Return what each choice costs before penalties and before any row has a price; corridors meet resistance."""
        money, penalties = self.weights(settings)
        prices = Prices.of(self.books, Weights({"minimum_set": money}, penalties, 0.0))
        for rule in self.books.rules:
            layer = self.books.sites.layer(rule.layer) if rule.rule == CORRIDOR and rule.layer else None
            zones = self.books.sites.zones_of(rule.zone)
            if layer is not None and zones is not None:
                prices.unit += penalties * layer * zones
        return prices

    def added_to(self, own: Objective, settings: Settings) -> Objective:
        """Return the recomputed objective with the cost of units and the penalties on them."""
        share, money = self.books.plan.share, self.weights(settings)[0]
        prices = self.costs(settings)
        products = add_penalties(self.books, prices, self.weights(settings)[1])
        value, size = float((prices.unit * share).sum()), float(np.abs(prices.unit * share).sum())
        for pairs in products.values():
            terms = pairs.terms(share)
            value, size = value + float(terms.sum()), size + float(np.abs(terms).sum())
        cost = self.books.sites.layer("cost")
        assert cost is not None
        spent = float((cost * share).sum())
        parts = {**own.parts, "cost": own.parts["cost"] + spent, "unit_cost": spent, "penalties": value - money * spent}
        return replace(own, value=own.value + value, departures=own.departures + size, parts=parts)


def read_joint(
    instance: Path, plan: Path, land: LandTables, projects: Projects, settings: Settings, options: dict[str, Any]
) -> Joint | None:
    """Read the selection in a plan folder and where its units stand; None where land is planned alone.

    Raises AuditInputError where the settings do not say what to choose.
    """
    file = instance / "instance.toml"
    stated = read_toml(file).get("restoration")
    if not isinstance(stated, dict) or not (instance / "restoration").is_dir():
        return None
    books = unit_books(instance, plan, options)
    part, unit = stated.get("restored_part", 1.0), stated.get("penalty_unit", PENALTY_UNITS[0])
    if isinstance(part, bool) or not isinstance(part, int | float) or unit not in PENALTY_UNITS:
        raise AuditInputError(file, "[restoration] restored_part must be a number and penalty_unit a unit")
    return Joint(land, books, _ties(instance, books, land, projects, settings), float(part), str(unit))


def unit_books(instance: Path, plan: Path, options: dict[str, Any]) -> SiteBooks:
    """Read the units of a joint instance and a selection; rules on units are switched off as site:RULE."""
    books = read_books(instance, plan, options)
    off = frozenset(name.removeprefix(SITE) for name in books.settings.rules_off if name.startswith(SITE))
    return replace(books, settings=replace(books.settings, rules_off=off, aims=(), cost_tie_break=0.0))


def _ties(instance: Path, books: SiteBooks, land: LandTables, projects: Projects, settings: Settings) -> Ties:
    table, zones = find_table(instance / "restoration", "unit_zone", required=False), len(land.zones)
    unit = zone = np.zeros(0, dtype=np.int64)
    share = np.zeros(0)
    if table is not None:
        unit = table.known_codes("unit", books.sites.units, "unit").astype(np.int64)
        zone = table.known_codes("zone", land.zones.names, "zone").astype(np.int64)
        share = table.numbers("share", 1.0)
    stands = share > 0
    unit, zone, share = unit[stands], zone[stands], share[stands]
    inside = np.bincount(zone, share, minlength=zones)
    alone = (np.bincount(zone, minlength=zones) == 1) & (inside >= 1.0 - WHOLE)
    own = np.full(zones, -1)
    own[zone] = unit
    in_units = np.unique(zone)
    restorable = np.zeros((zones, land.cover.classes), dtype=bool)
    restorable[in_units] = _restorable(land, projects, settings, in_units)
    return Ties(unit, zone, share, inside, np.where(alone, own, -1), restorable)


def _restorable(land: LandTables, projects: Projects, settings: Settings, zone: np.ndarray) -> np.ndarray:
    """Return whether some permitted change of each class in some zones is a restoration, (zones, classes)."""
    classes = land.cover.classes
    found = np.zeros((len(zone), classes), dtype=bool)
    to, rows = np.arange(classes)[None, :], zone[:, None]
    whole = land.zones.whole[rows] & settings.on("whole_parcel")
    for source in range(classes):
        possible = land.transitions.restoration[source][None, :] & (to != source)
        if not possible.any():
            continue
        for _name, rule, mask, _why in barred(land, rows, np.array(source), to):
            if settings.on(rule):
                possible = possible & ~mask
        if settings.on(PROJECTS) and len(projects):
            _, share = projects.governing(rows, to, classes)
            possible = possible & (share > 0) & ~(whole & (share < 1))
        found[:, source] = possible.any(axis=1)
    return found
