"""Set planning quotas from what the witness reaches, with a margin, so that the witness keeps every one."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.synthetic.catalogue import BUILT, MADE, SYNTHETIC
from instances.synthetic.moves import STAY, Array, Projects, Witness, restores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from instances.synthetic.costs import Costs
    from instances.synthetic.landscape import Landscape
    from instances.synthetic.options import Options
    from instances.synthetic.regions import RegionTree

STOCK_MARGIN = 0.001
"""Slack of a bound on a stock, as a share of the stock ..."""
FLOW_MARGIN = 0.1
"""... and as a share of what the witness changes."""
CLAIM_MARGIN = 0.25
"""The same for claims, which bind every class of every region at once."""
LEAST_FLOW_HA = 1e-3

Row = tuple[str, str, float, str]
"""Sense, group, value, unit."""


@dataclass(frozen=True)
class Flows:
    """Areas by leaf region and class: what is there, and what the witness moves (region, from, to, period)."""

    stock: Array
    moved: Array
    groups: tuple[str, ...]
    names: tuple[str, ...]
    restoring: Array
    """Pairs (from, to) that restore nature."""

    def within(self, leaves: Array) -> Flows:
        """Return the flows of some leaf regions added up, as one region."""
        return Flows(
            self.stock[leaves].sum(axis=0, keepdims=True),
            self.moved[leaves].sum(axis=0, keepdims=True),
            self.groups,
            self.names,
            self.restoring,
        )

    def members(self, group: str) -> Array:
        """Mark the classes of a group, of the built land, or the class of that name."""
        if group == "built":
            return np.isin(self.groups, list(BUILT))
        return np.array([group in pair for pair in zip(self.groups, self.names, strict=True)])

    def present(self, group: str) -> float:
        """Return the present area of a group."""
        return float(self.stock[:, self.members(group)].sum())

    def entering(self, group: str) -> Array:
        """Return for each period the area that becomes the group and was not."""
        member = self.members(group)
        return self.moved[:, ~member][:, :, member].sum(axis=(0, 1, 2))

    def leaving(self, group: str) -> Array:
        """Return for each period the area that was the group and is no more."""
        member = self.members(group)
        return self.moved[:, member][:, :, ~member].sum(axis=(0, 1, 2))

    def grown(self, group: str) -> Array:
        """Return for each period by how much the group grows."""
        return self.entering(group) - self.leaving(group)

    def final(self, group: str) -> float:
        """Return the area of a group at the end."""
        return self.present(group) + float(self.grown(group).sum())

    def gross(self, group: str) -> float:
        """Return the area that enters or leaves a group."""
        return float(self.entering(group).sum() + self.leaving(group).sum())

    def restored(self) -> float:
        """Return the area of moves that restore nature."""
        return float(self.moved[:, self.restoring].sum())

    def redeveloped_share(self) -> float:
        """Return which share of all moves to built land came from built land."""
        built = self.members("built")
        arrivals = self.moved[:, :, built].sum()
        return float(self.moved[:, built][:, :, built].sum() / arrivals) if arrivals > 0 else 0.0


def witness_flows(land: Landscape, witness: Witness, options: Options) -> Flows:
    """Add the witness up by region, class and period."""
    regions, classes, periods = options.leaf_regions, len(land.types), options.periods
    region = land.region[land.cover_zone].astype(np.int64)
    stock = np.bincount(region * classes + land.cover_class, land.cover_area_ha, regions * classes)
    rows = np.flatnonzero(witness.to != STAY)
    key = (region[rows] * classes + land.cover_class[rows]) * classes + witness.to[rows]
    key = key * periods + witness.period[rows]
    moved = np.bincount(key, land.cover_area_ha[rows], regions * classes * classes * periods)
    return Flows(
        stock.reshape(regions, classes),
        moved.reshape(regions, classes, classes, periods),
        tuple(t.group for t in land.types),
        tuple(t.name for t in land.types),
        np.array([[a is not b and restores(a, b) for b in land.types] for a in land.types]),
    )


def _floor(value: float) -> float:
    """Round a lower bound down, never below zero."""
    return max(math.floor(value * 1e4) / 1e4, 0.0)


def _ceil(value: float) -> float:
    return math.ceil(value * 1e4) / 1e4


def _least_stock(flows: Flows, group: str, margin: float = FLOW_MARGIN) -> Row:
    final = flows.final(group)
    return ">=", group, _floor(final * (1 - STOCK_MARGIN) - margin * flows.gross(group)), "ha"


def _greatest_stock(flows: Flows, group: str, margin: float = FLOW_MARGIN) -> Row:
    final = flows.final(group)
    return "<=", group, _ceil(final * (1 + STOCK_MARGIN) + margin * flows.gross(group)), "ha"


def _least_flow(group: str, value: float) -> Row:
    return ">=", group, _floor((1 - FLOW_MARGIN) * value), "ha"


def _greatest_flow(group: str, value: float) -> Row:
    return "<=", group, _ceil((1 + FLOW_MARGIN) * value + LEAST_FLOW_HA), "ha"


def _regional(flows: Flows) -> Iterator[tuple[str, Row]]:
    """Yield the quotas a region may have, the most usual first; no two of them are the same."""
    land_area = float(flows.stock.sum())
    groups = sorted(set(flows.groups), key=flows.groups.index)
    growth = float(flows.grown("housing_urban").sum())
    if growth > LEAST_FLOW_HA:
        yield "growth_demand", _least_flow("housing_urban", growth)
    yield "construction_increment", _greatest_flow("built", float(flows.entering("built").sum()))
    yield "cropland_retention", (">=", "", _least_stock(flows, "cropland")[2], "ha")
    yield "floor", _least_stock(flows, "forest")
    yield "restoration_area", _least_flow("", flows.restored())
    yield "redevelopment_share", (">=", "built", _floor(0.9 * flows.redeveloped_share()), "share")
    yield "construction_total", _greatest_stock(flows, "built")
    yield "construction_intensity", ("<=", "built", _ceil(_greatest_stock(flows, "built")[2] / land_area), "share")
    yield "ceiling", _greatest_stock(flows, "orchard" if "orchard" in groups else "housing_urban")
    for group in groups:
        if group != "forest":
            yield "floor", _least_stock(flows, group)
    for group in groups:
        yield "loss_cap", _greatest_flow(group, float(flows.leaving(group).max()))
    for group in groups:
        yield "gain_cap", _greatest_flow(group, float(flows.entering(group).max()))
    for group in groups:
        if group != ("orchard" if "orchard" in groups else "housing_urban"):
            yield "ceiling", _greatest_stock(flows, group)


def _claims(flows: Flows) -> Iterator[tuple[str, Row]]:
    for name in flows.names:
        yield "floor", _least_stock(flows, name, CLAIM_MARGIN)
        yield "ceiling", _greatest_stock(flows, name, CLAIM_MARGIN)


def _root(flows: Flows, ends: list[int]) -> Iterator[tuple[str, int, Row]]:
    """Yield the quotas of the whole instance: what forces change and what limits it."""
    for group in ("housing_urban", "industry"):
        for end, reached in zip(ends, np.cumsum(flows.grown(group)), strict=True):
            if reached > LEAST_FLOW_HA:
                yield "growth_demand", end, _least_flow(group, float(reached))
    yield "construction_total", 0, _greatest_stock(flows, "built")
    yield "cropland_retention", 0, (">=", "", _least_stock(flows, "cropland")[2], "ha")
    yield "restoration_area", 0, _least_flow("", flows.restored())
    if "orchard" in flows.groups:  # their sink would else fill the land with orchards
        yield "ceiling", 0, _greatest_stock(flows, "orchard")
    yield "compensation", 0, ("==", "", 1.0, "1")
    yield "compensation_bank", 0, ("==", "", _opening_bank(flows), "ha")


def _opening_bank(flows: Flows) -> float:
    """Return the bank with which the witness's loss of cropland is made good in every period."""
    crop = flows.members("cropland")
    counted = np.where(flows.restoring[:, :, None], 0.0, flows.moved.sum(axis=0))
    loss = np.cumsum(counted[crop][:, ~crop].sum(axis=(0, 1)))
    gain = np.cumsum(flows.entering("cropland"))
    earlier = gain if len(gain) == 1 else np.concatenate([[0.0], gain[:-1]])
    return _ceil(1.02 * max(float((loss - earlier).max()), 0.0))


def quota_table(
    land: Landscape, witness: Witness, projects: Projects, costs: Costs, tree: RegionTree, options: Options
) -> pd.DataFrame:
    """Return `quotas`: the root's, those of inner regions, then `options.quotas` and the claims of each leaf.

    Raises ValueError for more quotas than there are kinds.
    """
    flows = witness_flows(land, witness, options)
    rows: list[tuple[str, str, int, Row]] = []
    root = tree.names[0]
    rows += [(rule, root, end, row) for rule, end, row in _root(flows, options.period_ends)]
    if options.projects:
        spent = _projects_cost(land, projects, witness, costs)
        rows.append(("budget", root, 0, ("<=", "projects", _ceil(1.02 * spent + 1), "10k CNY")))
    if options.compactness:
        rows.append(("compactness", root, 0, ("==", "built", options.compactness, "10k CNY/km")))
    for region, leaves in tree.inner():
        inside = flows.within(leaves)
        rows.append(("cropland_retention", region, 0, (">=", "", _least_stock(inside, "cropland")[2], "ha")))
        rows.append(("construction_total", region, 0, _greatest_stock(inside, "built")))
    for leaf, region in enumerate(tree.leaves):
        inside = flows.within(np.array([leaf]))
        offered = list(itertools.islice(_regional(inside), options.quotas))
        if len(offered) < options.quotas:
            raise ValueError(f"quotas must be 0 to {len(offered)} with {options.classes} classes")
        rows += [(rule, region, 0, row) for rule, row in offered]
        if options.claims:
            rows += [(f"claim {rule}", region, 0, row) for rule, row in _claims(inside)]
    return _table(rows)


def _table(rows: list[tuple[str, str, int, Row]]) -> pd.DataFrame:
    records = [
        {
            "id": "-".join(str(part) for part in (rule.replace(" ", "_"), region, group, end) if part),
            "rule": rule.removeprefix("claim "),
            "region": region,
            "period": end,
            "group": group,
            "grade": 0,
            "sense": sense,
            "value": value,
            "unit": unit,
            "source": SYNTHETIC,
            "status": MADE,
        }
        for rule, region, end, (sense, group, value, unit) in rows
    ]
    return pd.DataFrame.from_records(records)


def _projects_cost(land: Landscape, projects: Projects, witness: Witness, costs: Costs) -> float:
    """Return fixed costs of the open projects and the cost of their moves."""
    rows = np.flatnonzero(witness.governed)
    moves = costs.per_ha(land, rows, witness.to[rows]) @ land.cover_area_ha[rows]
    return float(projects.fixed_cost[witness.open_projects].sum() + moves)
