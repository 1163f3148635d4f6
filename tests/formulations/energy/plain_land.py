"""Land planned with a network, written out plainly from the rows of its tables; nothing of it is the formulations'.

Each piece of land (a class in a zone) has a variable for each class it may become and each overlay it may bear, in each
period; the network is that of `plain_model`, circuits tried out one build after another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from tests.formulations.energy.plain_model import Model
from tests.formulations.energy.plain_study import INF, Row, Study, Terms


@dataclass(frozen=True)
class LandStudy:
    """Rows of land as `tests.build.draft` takes them, and the study of the network that is planned with it.

    `moves` are cost and restoration by pair of classes, `factors` tCO2 by class and factor (`stock`, `sink` a year),
    `floors` hectares of a class at the end; `study.weights` weigh cost and emissions of both.
    """

    zones: dict[str, dict[str, Any]]
    moves: dict[tuple[str, str], dict[str, Any]]
    factors: dict[tuple[str, str], float]
    floors: dict[str, float]
    study: Study
    base_year: int
    flux: bool
    facility: str = ""
    carbon: tuple[tuple[str, int, float], ...] = ()
    """Limits on the carbon of land and supply: `span` or `year` up to a stage, or the fall of a `peak` after it."""
    uncredited: tuple[str, ...] = ("crop", "ind", "city")
    """Classes into which no move is credited."""

    def least(self) -> float:
        """Return the least of what is minimised over all builds of circuits."""
        found = []
        for build in self.study.builds():
            model = Model(self.study, build)
            if model.write():
                _Land(self, model).write()
                found.append(model.linear.least() + model.constant)
        return min(found, default=INF)


@dataclass
class _Land:
    of: LandStudy
    model: Model
    changed: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    """Zone, class, new class, period and variable of each change."""
    under: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    """Zone, class, overlay (a site, or empty for a strip), period and variable of land that keeps its class."""
    counts_as: list[tuple[str, str, bool, float, int, int]] = field(default_factory=list)
    """Of every variable: class, class it counts as, whether restored, part of the sink that goes, period, variable."""

    def write(self) -> None:
        """Add land to the program of the network, and what the network asks of it."""
        self.starts = [self.of.base_year, *self.of.study.years[:-1]]
        for zone, content in self.of.zones.items():
            for kind, area in content.items():
                if kind in CLASSES:
                    self._piece(zone, content, kind, area)
        self._floors()
        self._sites()
        self._strips()
        self._facilities()
        self._carbon()

    def _years(self, p: int, last: int = -1) -> float:
        """Return how long a change of a period acts until the end of a stage."""
        return self.of.study.years[last] - (self.starts[p] + self.of.study.years[p]) / 2

    def _tonnes(self, source: str, to: str, p: int, restored: bool, last: int = -1) -> float:
        """Return what a hectare that counts as another class emits until the end of a stage."""

        def factor(kind: str, name: str) -> float:
            return self.of.factors.get((kind, name), 0.0)

        def parts(kind: str) -> tuple[float, float]:
            """Return what plants and soil hold."""
            stock, soil = factor(kind, "stock"), factor(kind, "soil_share")
            return stock * (1 - soil), stock * soil

        (plants, soil), (new_plants, new_soil) = parts(source), parts(to)
        years, credit = self._years(p, last), to not in self.of.uncredited
        slow = min(years / 20, 1.0)
        loss = max(plants - new_plants, 0.0) + max(soil - new_soil, 0.0) * slow
        gain = (max(new_plants - plants, 0.0) + max(new_soil - soil, 0.0)) * slow
        if self.of.flux:
            return loss + years * factor(source, "sink") - years * factor(to, "sink") * credit
        return loss - gain * (restored and credit)

    def _piece(self, zone: str, content: dict[str, Any], kind: str, area: float) -> None:
        money, carbon = self.of.study.weights
        whole = bool(content.get("whole", 0))
        terms: Terms = []
        for p in range(len(self.of.study.years)):
            for (source, to), move in self.of.moves.items():
                if source == kind:
                    restored = bool(move.get("restoration", 0))
                    price = money * move["cost"] + carbon * self._tonnes(kind, to, p, restored)
                    terms.append(self._share(area, price, whole))
                    self.changed.append((zone, kind, to, p, terms[-1][0]))
                    self.counts_as.append((kind, to, restored, 0.0, p, terms[-1][0]))
            for name, row, share in self._overlays(zone, content, kind):
                if whole and share < 1:
                    continue
                terms.append(self._share(area, carbon * self._thinned(kind, row, p), whole))
                self.under.append((zone, kind, name, p, terms[-1][0]))
                to, lost = row.get("as_class", "") or kind, 1.0 - row.get("sink_kept", 1.0)
                restored = bool(self.of.moves.get((kind, to), {}).get("restoration", 0))
                self.counts_as.append((kind, to, restored, lost, p, terms[-1][0]))
                if share < 1:
                    every = [(k, 1.0) for z, i, n, _, k in self.under if (z, i, n) == (zone, kind, name)]
                    self.model.linear.row(every, 0.0, share * area)
        if terms:
            self.model.linear.row([(k, 1.0) for k, _ in terms], 0.0, area)

    def _share(self, area: float, price: float, whole: bool) -> tuple[int, float]:
        """Return hectares as a variable: all or nothing of a parcel that changes as a whole."""
        linear = self.model.linear
        hectares = linear.variable(0.0, area, price)
        if whole:
            chosen = linear.variable(0.0, 1.0, whole=True)
            linear.row([(hectares, 1.0), (chosen, -area)], 0.0, 0.0)
        return hectares, 1.0

    def _overlays(self, zone: str, content: dict[str, Any], kind: str) -> list[tuple[str, Row, float]]:
        """Return what may lie on a piece of land: name, row of the table, share of the zone in reach."""
        found = []
        technology = {
            row["site"]: row["technology"] for row in self.of.study.rows("sites") if row.get("density_mw_per_km2")
        }
        reach = [
            (row["site"], technology[row["site"]], row.get("share", 1.0))
            for row in self.of.study.rows("site_zones")
            if row["zone"] == zone and row["site"] in technology
        ]
        if any(row["zone"] == zone for row in self.of.study.rows("segment_zones")):
            reach.append(("", "corridor", 1.0))
        for name, own, share in reach:
            for row in self.of.study.rows("overlays"):
                line = content.get("red_line", "")
                barred = line == "core" or (line == "general" and not row.get("in_red_line", 0))
                barred |= bool(content.get("farmland", 0)) and not row.get("in_farmland", 0)
                if (row["technology"], row["class"]) == (own, kind) and row.get("allowed", 1) and share and not barred:
                    found.append((name, row, share))
        return found

    def _thinned(self, kind: str, row: Row, p: int) -> float:
        """Return what a hectare under an overlay emits: as the class it counts as, or the sink that goes."""
        if row.get("as_class", ""):
            move = self.of.moves.get((kind, row["as_class"]), {})
            return self._tonnes(kind, row["as_class"], p, bool(move.get("restoration", 0)))
        sink = max(self.of.factors.get((kind, "sink"), 0.0), 0.0)
        return (1.0 - row.get("sink_kept", 1.0)) * sink * self._years(p) * self.of.flux

    def _floors(self) -> None:
        for kind, value in self.of.floors.items():
            present = sum(content.get(kind, 0.0) for content in self.of.zones.values())
            terms = [(k, 1.0) for *_, to, _, k in self.changed if to == kind]
            terms += [(k, -1.0) for _, source, _, _, k in self.changed if source == kind]
            self.model.linear.row(terms or [(self.model.linear.variable(0.0, 0.0), 1.0)], value - present, INF)

    def _asks(self, terms: Terms, given: Terms) -> None:
        """Ask for no more hectares than are given."""
        self.model.linear.row([*terms, *((k, -v) for k, v in given)], -INF, 0.0)

    def _sites(self) -> None:
        for row in self.of.study.rows("sites"):
            if row.get("density_mw_per_km2"):
                for p, capacity in enumerate(self.model.sites[row["site"]]):
                    given = [(k, 1.0) for _, _, name, q, k in self.under if name == row["site"] and q <= p]
                    self._asks([(k, v * 100.0 / row["density_mw_per_km2"]) for k, v in capacity], given)

    def _strips(self) -> None:
        strips = self.of.study.rows("segment_zones")
        for zone in dict.fromkeys(row["zone"] for row in strips):
            for p in range(len(self.of.study.years)):
                given = [(k, 1.0) for z, _, name, q, k in self.under if z == zone and name == "" and q <= p]
                terms = [
                    (k, v * row["area_ha"])
                    for row in strips
                    if row["zone"] == zone
                    for k, v in self.model.opened[row["segment"]][p]
                ]
                self._asks(terms, given)

    def _facilities(self) -> None:
        """Ask for converted land where sites and segments that share zones stand: no hectare serves two of them."""
        if not self.of.facility:
            return
        graph: nx.Graph = nx.Graph()
        for table, name in (("site_zones", "site"), ("segment_zones", "segment")):
            graph.add_edges_from(((name, row[name]), ("zone", row["zone"])) for row in self.of.study.rows(table))
        for group in nx.connected_components(graph):
            for p in range(len(self.of.study.years)):
                terms: Terms = []
                for row in self.of.study.rows("sites"):
                    if ("site", row["site"]) in group:
                        terms += [
                            (k, v * row.get("facility_ha_per_mw", 0.0)) for k, v in self.model.sites[row["site"]][p]
                        ]
                for row in self.of.study.rows("segment_zones"):
                    if ("segment", row["segment"]) in group:
                        terms += [(k, v * row.get("tower_ha", 0.0)) for k, v in self.model.opened[row["segment"]][p]]
                if any(v for _, v in terms):
                    given = [
                        (k, 1.0)
                        for zone, _, to, q, k in self.changed
                        if to == self.of.facility and q <= p and ("zone", zone) in group
                    ]
                    self._asks(terms, given)

    def _carbon(self) -> None:
        """Hold what land and supply emit up to a stage, or in its last year, and how that falls from stage to stage."""
        sinks = sum(
            area * self.of.factors.get((kind, "sink"), 0.0) * self.of.flux
            for content in self.of.zones.values()
            for kind, area in content.items()
            if kind in CLASSES
        )
        years = [end - self.of.base_year for end in self.of.study.years]
        for what, stage, value in self.of.carbon:
            if what == "span":
                self.model.linear.row(self._so_far(stage), -INF, value + sinks * years[stage])
            elif what == "year":
                self.model.linear.row(self._in_year(stage), -INF, value + sinks)
            else:
                for fall in {0.0, value}:
                    before = [(k, -(1.0 - fall) * v) for k, v in self._in_year(stage)]
                    self.model.linear.row([*self._in_year(stage + 1), *before], -INF, fall * sinks)

    def _supply(self, stage: int) -> Terms:
        """Return what the network emits in a year of a stage."""
        return [
            (one["power"][stage, t], one["tonnes"][stage] * snapshot["weight_h"])
            for one in self.model.plant
            for t, snapshot in enumerate(self.model.snapshots)
        ]

    def _so_far(self, stage: int) -> Terms:
        terms = [(k, v * self.of.study.lengths[p]) for p in range(stage + 1) for k, v in self._supply(p)]
        for kind, to, restored, lost, p, k in self.counts_as:
            if p <= stage and kind != to:
                terms.append((k, self._tonnes(kind, to, p, restored, stage)))
            elif p <= stage:
                terms.append((k, self._rate(kind, to, lost) * self._years(p, stage)))
        return terms

    def _in_year(self, stage: int) -> Terms:
        here = [(k, self._rate(kind, to, lost)) for kind, to, _, lost, p, k in self.counts_as if p <= stage]
        return [*self._supply(stage), *here]

    def _rate(self, kind: str, to: str, lost: float) -> float:
        """Return what a hectare emits in a year that counts as another class, or lies under an overlay."""
        sink = self.of.factors.get((kind, "sink"), 0.0) * self.of.flux
        new = self.of.factors.get((to, "sink"), 0.0) * self.of.flux * (to not in self.of.uncredited)
        return lost * sink if kind == to else sink - new


CLASSES = ("bare", "grass", "wood", "shrub", "crop", "marsh", "ind", "city")
