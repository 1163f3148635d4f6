"""Rules on how chosen units lie: neighbours, connection, reserves, separate areas and corridors (own graphs)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx
import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged
from optimizer.results.audit.sites.decisions import named
from optimizer.results.audit.sites.plan import SEEN
from optimizer.results.audit.sites.tables import ADJACENCY, AREA, Pairs, once

if TYPE_CHECKING:
    from optimizer.results.audit.sites.books import Books
    from optimizer.results.audit.sites.tables import Rule, SiteTables, Target


TOGETHER = "feature_contiguity"
"""Rule by which only connected units count for the targets of a feature."""


@dataclass(frozen=True)
class Lattice:
    """Which variables hang together: the neighbours of units, and the management zones that are looked at together.

    `tied` tells which pairs of management zones connect, (zones, zones); `sets` are the zones, (zones,) each, that
    these ties put together.
    """

    pairs: Pairs
    tied: np.ndarray
    sets: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, sites: SiteTables, rule: Rule, layer: str) -> Lattice | None:
        """Return what a rule looks at by a layer of neighbours; None where it names something that is not there."""
        pairs, inside = sites.connected(layer), sites.zones_of(rule.zone)
        if pairs is None or inside is None:
            return None
        pairs = once(pairs)
        real = (pairs.value != 0) & (pairs.left != pairs.right)
        pairs = Pairs(pairs.left[real], pairs.right[real], pairs.value[real])
        weights = sites.pair_weights(layer or ADJACENCY) != 0
        tied = (weights | weights.T) & np.outer(inside, inside)
        linked: networkx.Graph = networkx.from_numpy_array(tied.astype(int))
        parts = [sorted(part) for part in networkx.connected_components(linked)]
        sets = [np.isin(np.arange(len(inside)), part) & inside for part in parts]
        return cls(pairs, tied, tuple(zones for zones in sets if zones.any()))

    def areas(self, share: np.ndarray, zones: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the connected areas of what is chosen in some management zones: units and zones of each."""
        chosen = (share > SEEN) & zones
        graph: networkx.Graph = networkx.Graph()
        graph.add_nodes_from(zip(*(codes.tolist() for codes in np.nonzero(chosen)), strict=True))
        for zone, other in np.argwhere(self.tied & np.outer(zones, zones)):
            both = chosen[self.pairs.left, zone] & chosen[self.pairs.right, other]
            ends = (self.pairs.left[both].tolist(), self.pairs.right[both].tolist())
            graph.add_edges_from(((i, int(zone)), (j, int(other))) for i, j in zip(*ends, strict=True))
        found = [np.array(sorted(part)) for part in networkx.connected_components(graph)]
        return [(part[:, 0], part[:, 1]) for part in found]

    def counts(self, share: np.ndarray) -> list[int]:
        """Return the number of connected areas in each set of management zones."""
        return [len(self.areas(share, zones)) for zones in self.sets]


def neighbours(books: Books, rule: Rule) -> list[Check]:
    """Check that each chosen unit has enough chosen neighbours."""
    sites, share = books.sites, books.plan.share
    lattice, zones = Lattice.of(sites, rule, rule.layer), sites.zones_of(rule.zone)
    if lattice is None or zones is None:
        return [books.unknown(rule)]
    count = sites.shape[0]
    weights = sites.pair_weights(rule.layer or ADJACENCY) != 0
    lacking = np.zeros(count, dtype=bool)
    for zone in np.flatnonzero(zones):
        around, free = share[:, weights[zone]].sum(axis=1), (sites.upper[:, weights[zone]] > 0).any(axis=1)
        near = _around(lattice.pairs, around)
        there = _around(lattice.pairs, free.astype(float))
        asked = np.minimum(rule.value, there) if rule.factor else np.full(count, rule.value)
        lacking |= asked * share[:, zone] - near > RELATIVE * max(rule.value, 1.0)
    words = named(sites, lacking, f"chosen units have {rule.value:g} chosen neighbours", "have too few neighbours")
    return [count_check(rule.rule, rule.rule, rule.id, int(lacking.sum()), words, "units")]


def _around(pairs: Pairs, value: np.ndarray) -> np.ndarray:
    """Return the sum of a value, (units,), over the neighbours of each unit."""
    ends, others = np.concatenate([pairs.left, pairs.right]), np.concatenate([pairs.right, pairs.left])
    return np.asarray(np.bincount(ends, value[others], minlength=len(value)))


def contiguity(books: Books, rule: Rule) -> list[Check]:
    """Check that all chosen units are connected, in each set of management zones."""
    lattice = Lattice.of(books.sites, rule, rule.layer)
    if lattice is None:
        return [books.unknown(rule)]
    return [_at_most(rule, max(lattice.counts(books.plan.share), default=0), 1.0)]


def maximum_reserves(books: Books, rule: Rule) -> list[Check]:
    """Check how many connected reserves there are, those of all management zones together."""
    lattice = Lattice.of(books.sites, rule, rule.layer)
    if lattice is None:
        return [books.unknown(rule)]
    return [_at_most(rule, sum(lattice.counts(books.plan.share)), rule.value)]


def _at_most(rule: Rule, count: int, most: float) -> Check:
    words = f"{count} connected areas, at most {most:g} asked"
    return judged(rule.rule, rule.rule, rule.id, count - most, RELATIVE, "areas", words)


def minimum_reserve(books: Books, rule: Rule) -> list[Check]:
    """Check that every connected reserve is large enough."""
    layer, lattice = books.sites.layer(rule.layer or AREA), Lattice.of(books.sites, rule, ADJACENCY)
    if layer is None or lattice is None:
        return [books.unknown(rule)]
    each = layer * books.plan.share
    least, small = rule.value, np.zeros(books.sites.shape[0], dtype=bool)
    for zones in lattice.sets:
        for units, zone in lattice.areas(books.plan.share, zones):
            size = float(each[units, zone].sum())
            least = min(least, size)
            small[units] |= size < rule.value * (1 - RELATIVE)
    words = named(books.sites, small, f"every reserve has {rule.value:g}", f"lie in reserves below {rule.value:g}")
    tolerance = RELATIVE * max(rule.value, 1.0)
    return [judged(rule.rule, rule.rule, rule.id, rule.value - least, tolerance, rule.layer or AREA, words)]


def separate_areas(books: Books, rule: Rule) -> list[Check]:
    """Check how many separate areas, of all management zones, hold a good part of the target of each feature."""
    features, lattice = books.features(rule), Lattice.of(books.sites, rule, rule.layer)
    if features is None or lattice is None:
        return [books.unknown(rule)]
    checks = []
    for target in books.targets_of(features):
        amount = books.sites.amounts.by_variable(target.feature, books.sites.shape) * books.plan.share * target.zones
        least = rule.factor * target.value * (1 - RELATIVE)
        areas = [area for zones in lattice.sets for area in lattice.areas(books.plan.share, zones)]
        count = sum(float(amount[units, zone].sum()) >= least for units, zone in areas)
        words = f"{count} areas hold {rule.factor:g} of the target of {target.name}, {rule.value:g} asked"
        subject = f"{rule.id}: {target.name}"
        checks.append(judged(rule.rule, rule.rule, subject, rule.value - count, RELATIVE, "areas", words))
    return checks


def feature_contiguity(books: Books, rule: Rule) -> list[Check]:
    """Say what connected units hold of each feature: only they count for its targets, judged by themselves."""
    features = books.features(rule)
    if features is None or Lattice.of(books.sites, rule, rule.layer) is None:
        return [books.unknown(rule)]
    return [
        judged(
            rule.rule,
            rule.rule,
            f"{rule.id}: {target.name}",
            0.0,
            0.0,
            "",
            f"connected units hold {books.held.of_target(target):.9g} of {target.name}",
        )
        for target in books.targets_of(features)
    ]


def connected_amount(sites: SiteTables, share: np.ndarray, target: Target, rule: Rule) -> float:
    """Return the most that connected units hold towards a target, over every set of management zones."""
    lattice = Lattice.of(sites, rule, rule.layer)
    if lattice is None:
        return 0.0
    amount = sites.amounts.by_variable(target.feature, sites.shape) * share * target.zones
    best = [
        max((float(amount[units, zone].sum()) for units, zone in lattice.areas(share, zones)), default=0.0)
        for zones in lattice.sets
    ]
    return float(sum(best))


def corridor(books: Books, rule: Rule) -> list[Check]:
    """Check that the core areas named are connected through chosen units, by a line with its width on either side.

    A unit carries the line where all within `value` rings of neighbours of it are chosen or core; a core is one node.
    The core areas of all corridors are there.
    """
    sites = books.sites
    groups, zones = sites.groups_named(rule.group), sites.zones_of(rule.zone)
    if groups is None or zones is None or (rule.layer and sites.layer(rule.layer) is None):
        return [books.unknown(rule)]
    core, every = np.zeros(sites.shape[0], dtype=bool), np.zeros(sites.shape[0], dtype=bool)
    core[np.concatenate(list(groups.values()))] = True
    for other in books.rules:
        named_by = sites.groups_named(other.group) if other.rule == rule.rule else None
        every[[unit for units in (named_by or {}).values() for unit in units.tolist()]] = True
    real = sites.borders.value > 0
    borders = Pairs(sites.borders.left[real], sites.borders.right[real], sites.borders.value[real])
    line = books.plan.chosen(zones) | every
    for _ in range(round(rule.value)):
        line &= _all_around(borders, line)
    graph = _graph(borders, line | core)
    for units in groups.values():
        networkx.add_path(graph, units.tolist())
    apart = len({min(networkx.node_connected_component(graph, int(units[0]))) for units in groups.values()}) - 1
    words = "the core areas are connected" if not apart else f"{apart} core areas are cut off"
    return [count_check(rule.rule, rule.rule, rule.id, apart, words, "areas")]


def _all_around(pairs: Pairs, chosen: np.ndarray) -> np.ndarray:
    """Return the units all of whose neighbours are chosen, (units,)."""
    found = np.ones(len(chosen), dtype=bool)
    found[pairs.left[~chosen[pairs.right]]] = False
    found[pairs.right[~chosen[pairs.left]]] = False
    return found


def _graph(pairs: Pairs, chosen: np.ndarray) -> networkx.Graph:
    """Return chosen units, (units,), and the borders between them."""
    graph: networkx.Graph = networkx.Graph()
    graph.add_nodes_from(np.flatnonzero(chosen).tolist())
    inside = chosen[pairs.left] & chosen[pairs.right]
    graph.add_edges_from(zip(pairs.left[inside].tolist(), pairs.right[inside].tolist(), strict=True))
    return graph
