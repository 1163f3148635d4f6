r"""Where network and land meet 能源与用地耦合: sites and corridors take the land that the plan leaves them.

Rows are cumulative over periods :math:`p`; :math:`x_{m,q}` are hectares of moves of period q, :math:`K` capacity (MW),
:math:`o_e` 1 where segment e is open:

.. math::

    K_{s,p} &\le \tfrac{d_s}{100} \sum_{q\le p} \sum_{m\,\text{under}\,s} x_{m,q}
        &&\text{(site_land; } d_s \text{ MW/km}^2) \\
    \sum_{q\le p} \sum_{m \in z\,\text{under a strip}} x_{m,q} &\ge \sum_e a_{e,z} o_{e,p} &&\text{(strip_land)} \\
    \sum_{q\le p} \sum_{m \in C\,\text{to facilities}} x_{m,q}
        &\ge \sum_{s\in C} f_s K_{s,p} + \sum_{e \in C} \tau_e o_{e,p} &&\text{(facility_land)} \\
    \sum_q x_{m,q} &\le \sigma\,A &&\text{(overlay_reach)}

:math:`a_{e,z}` ha of the strip of segment e in zone z, strips of segments that meet being merged beforehand;
:math:`C` sites and segments that share zones, so that no converted hectare serves two of them; :math:`\sigma` the share
of the zone that a site reaches, where it is below 1; :math:`d` (MW/km2) density, :math:`f` (ha/MW) and :math:`\tau`
(ha) land that facilities and tower feet convert. Arrays and strips leave the class of their land; service buildings,
foundations and tower feet convert it (自然资办发〔2023〕12号). The multiplier of a row is what one more hectare there
would save, over all periods from its own on; zero: land is not what lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from formulations.energy.template import ENERGY
from formulations.overlays import REACH
from formulations.program import INFINITY, Quota
from instances.land import codes_of
from instances.overlays import CORRIDOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Columns

SITE, SEGMENT = ENERGY + "site_added", ENERGY + "segment_opening"
"""Families of columns that ask for land: MW added by stage and site, segments opened by stage."""

HA_PER_KM2 = 100.0


class _Coupling:
    """Moves, sites and segments of one joint study, and how rows are made of them."""

    def __init__(self, block: LandBlock, columns: Sequence[Columns]) -> None:
        assert block.network is not None
        assert block.overlays is not None
        self.block, self.overlays, self.tables = block, block.overlays, block.network.tables
        self.widths = {family.family: len(family) for family in columns}
        self.periods = block.n_periods
        self.zone_names = block.land.zones["zone"].astype(str)
        region = str(block.land.regions["region"].iloc[block.land.root])
        self.common = {"region": region, "group": "", "source": "network", "status": "stated"}

    def codes(self, table: str, column: str, names: pd.Series) -> NDArray[np.int64]:
        """Return the places in `names` of a column of a table of the network."""
        return codes_of(self.tables[table][column].astype(str), names.astype(str).reset_index(drop=True))

    def names(self, table: str, column: str) -> pd.Series:
        """Return the names of the members of a table of the network."""
        return self.tables[table][column].astype(str).reset_index(drop=True)

    def rows(
        self,
        rule: str,
        index: NDArray[np.int64],
        weight: NDArray[np.float64],
        row: NDArray[np.int64],
        labels: pd.DataFrame,
        demand: Mapping[str, sp.csr_array],
    ) -> Quota:
        """Make rows `sum weight x moves so far - demand >= 0` for every period; `demand` is (rows, members)."""
        moves, count = self.block.moves, len(labels)
        cells = row * self.periods + moves.period[index] - 1
        so_far = sp.csr_array(np.tri(self.periods))
        rollup = sp.csr_array(sp.kron(sp.eye_array(count), so_far, format="csr"))
        years = self.block.settings.time.periods
        terms = {}
        for family, matrix in demand.items():
            by_stage = sp.coo_array(
                sp.kron(-matrix, so_far)
            )  # members are the outer index here, stages the outer one there
            member, stage = np.divmod(by_stage.col, self.periods)
            place = stage * matrix.shape[1] + member
            shape = (count * self.periods, self.widths[family])
            terms[family] = sp.csr_array((by_stage.data, (by_stage.row, place)), shape=shape)
        repeated = labels.loc[np.repeat(np.arange(count), self.periods)].reset_index(drop=True)
        return Quota(
            rule=ENERGY + rule,
            index=index.astype(np.int64),
            weight=weight,
            cell=cells.astype(np.int64),
            rollup=rollup,
            lower=np.zeros(count * self.periods),
            upper=np.full(count * self.periods, INFINITY),
            labels=repeated.assign(period=np.tile(np.array(years), count), **self.common),
            unit="ha",
            terms=terms,
        )


def land_coupling(block: LandBlock, columns: Sequence[Columns]) -> tuple[Quota, ...]:
    """Return the rows that tie a network to the land it is planned with; `columns` are those of the network."""
    coupling = _Coupling(block, columns)
    found = [_site_land(coupling), _strip_land(coupling), _facility_land(coupling), _reach(coupling)]
    return tuple(quota for quota in found if quota is not None)


def _site_land(of: _Coupling) -> Quota | None:
    """Capacity of a site needs land under its overlay, in ha for each MW."""
    sites = of.names("sites", "site")
    density = of.tables["sites"]["density_mw_per_km2"].to_numpy(dtype=float)
    on_land = np.flatnonzero(density > 0)
    if not len(on_land):
        return None
    moves = of.block.moves
    index = np.flatnonzero((moves.overlay > 0) & (moves.overlay <= len(on_land)))
    need = sp.csr_array(
        (HA_PER_KM2 / density[on_land], (np.arange(len(on_land)), on_land)), shape=(len(on_land), len(sites))
    )
    labels = pd.DataFrame({"id": sites.to_numpy()[on_land]})
    row = moves.overlay[index].astype(np.int64) - 1
    return of.rows("site_land", index, np.ones(len(index)), row, labels, {SITE: need})


def _strip_land(of: _Coupling) -> Quota | None:
    """Open segments need their strips in every zone they cross."""
    table = of.tables["segment_zones"]
    if table.empty:
        return None
    segments, zones = of.names("segments", "segment"), of.zone_names
    zone = of.codes("segment_zones", "zone", zones)
    crossed, row = np.unique(zone, return_inverse=True)
    strip = sp.csr_array(
        (table["area_ha"].to_numpy(dtype=float), (row, of.codes("segment_zones", "segment", segments))),
        shape=(len(crossed), len(segments)),
    )
    moves = of.block.moves
    index = np.flatnonzero(moves.overlay == of.overlays.names.index(CORRIDOR) + 1)
    labels = pd.DataFrame({"id": zones.to_numpy()[crossed]})
    place = np.searchsorted(crossed, moves.zone[index])
    return of.rows("strip_land", index, np.ones(len(index)), place, labels, {SEGMENT: strip})


def _facility_land(of: _Coupling) -> Quota | None:
    """Service buildings, foundations and tower feet convert land near them to the class of facilities."""
    assert of.block.network is not None
    facility = of.block.network.settings.facility_class
    sites, segments = of.names("sites", "site"), of.names("segments", "segment")
    per_mw = of.tables["sites"]["facility_ha_per_mw"].to_numpy(dtype=float)
    feet = of.tables["segment_zones"].groupby(of.names("segment_zones", "segment"))["tower_ha"].sum()
    towers = feet.reindex(segments).fillna(0.0).to_numpy(dtype=float)
    if not facility or not (per_mw.any() or towers.any()):
        return None
    cluster, of_zone = _clusters(of, sites, segments)
    needing = np.unique(cluster[np.concatenate([per_mw, towers]) > 0])
    row_of = np.full(int(cluster.max(initial=0)) + 1, -1)
    row_of[needing] = np.arange(len(needing))
    moves = of.block.moves
    kind = int(codes_of(pd.Series([facility]), of.block.land.classes["class"].astype(str))[0])
    near = np.append(row_of, -1)[of_zone[moves.zone]]
    index = np.flatnonzero(moves.converts & (moves.target == kind) & (near >= 0))
    count = len(needing)
    demand = {}
    for family, amount, own in (
        (SITE, per_mw, cluster[: len(sites)]),
        (SEGMENT, towers, cluster[len(sites) :]),
    ):
        if amount.any():
            asks = np.flatnonzero(amount > 0)
            demand[family] = sp.csr_array((amount[asks], (row_of[own[asks]], asks)), shape=(count, len(amount)))
    members = pd.Series([*sites, *segments], dtype=object)
    labels = pd.DataFrame({"id": ["+".join(members[cluster == one].astype(str)[:3]) for one in needing]})
    return of.rows("facility_land", index, np.ones(len(index)), near[index], labels, demand)


def _clusters(of: _Coupling, sites: pd.Series, segments: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cluster of each site and segment, and of each zone (-1: none), zones shared being what ties them."""
    zones, members = len(of.zone_names), len(sites) + len(segments)
    member = np.concatenate(
        [of.codes("site_zones", "site", sites), len(sites) + of.codes("segment_zones", "segment", segments)]
    )
    zone = np.concatenate([of.codes(name, "zone", of.zone_names) for name in ("site_zones", "segment_zones")])
    size = members + zones
    graph = sp.csr_array((np.ones(len(member)), (member, members + zone)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    of_zone = np.full(zones, -1)
    of_zone[zone] = label[members + zone]
    return label[:members].astype(np.int64), of_zone


def _reach(of: _Coupling) -> Quota | None:
    """Hold what a site takes of a piece of land, over all periods, to what lies in it."""
    moves = of.block.moves
    index = np.flatnonzero((moves.overlay > 0) & (moves.upper < 1.0))
    if of.periods == 1 or not len(index):
        return None
    group = moves.group_of(index)
    key = group * (len(of.overlays.names) + 1) + moves.overlay[index]
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    some = index[first]
    count = len(some)
    names = [of.block.land.zones["zone"].iloc[zone] for zone in moves.zone[some]]
    under = [of.overlays.names[code - 1] for code in moves.overlay[some]]
    labels = pd.DataFrame({"id": [f"{zone} {name}" for zone, name in zip(names, under, strict=True)]})
    return Quota(
        rule=REACH,
        index=index,
        weight=np.ones(len(index)),
        cell=row.astype(np.int64),
        rollup=sp.csr_array(sp.eye_array(count)),
        lower=np.full(count, -INFINITY),
        upper=moves.upper[some] * moves.area_of(some),
        labels=labels.assign(period=of.block.settings.time.periods[-1], **of.common),
        unit="ha",
    )
