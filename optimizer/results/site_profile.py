"""A look at a prioritisation before it is solved: size, targets beyond reach, useless units, scaling.

求解前检查。Nothing is solved: what a target can hold under a budget is bounded by a knapsack over shares of units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from instances.site_reach import SLACK, best_zone, reach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.sites import Sites

WIDE_RANGE = 1e6
"""Largest over smallest number above which units should be changed."""

EXAMPLES = 5
"""Units that are named where many are alike."""


@dataclass(frozen=True)
class SiteProfile:
    """Tables for printing.

    Attributes
    ----------
    size
        quantity, value.
    beyond
        target, sense, asked, reach, missing, because: targets that no choice meets, whatever the other rules.
    useless
        reason, units, cost, examples.
    rare
        feature, unit: features that one unit alone holds.
    scaling
        quantity, smallest, largest, ratio.
    """

    TABLES: ClassVar[tuple[str, ...]] = ("size", "beyond", "useless", "rare", "scaling")
    size: pd.DataFrame
    beyond: pd.DataFrame
    useless: pd.DataFrame
    rare: pd.DataFrame
    scaling: pd.DataFrame
    all_locked: bool

    @property
    def badly_scaled(self) -> bool:
        """Whether some numbers lie too far apart."""
        return bool((self.scaling["ratio"] > WIDE_RANGE).any())


def site_profile(sites: Sites) -> SiteProfile:
    """Return the profile of a prioritisation."""
    free = _free(sites)
    return SiteProfile(
        size=_size(sites, free),
        beyond=beyond(sites),
        useless=_useless(sites, free),
        rare=_rare(sites),
        scaling=_scaling(sites),
        all_locked=not free.any(),
    )


def _free(sites: Sites) -> NDArray[np.bool_]:
    """Whether each unit may be chosen or left, (units,)."""
    lower, upper = (limit.reshape(sites.n_units, sites.n_zones) for limit in sites.limits)
    return np.asarray((upper > lower).any(axis=1) & ~(sites.locked_in & (sites.n_zones == 1)))


def _size(sites: Sites, free: NDArray[np.bool_]) -> pd.DataFrame:
    tables = sites.tables
    rows = {
        "planning units": sites.n_units,
        "management zones": sites.n_zones,
        "features": len(sites.features),
        "amounts": len(tables["amounts"]),
        "targets": len(sites.targets),
        "borders": len(tables["boundary"]),
        "rules": len(tables["rules"]),
        "units locked in": int(sites.locked_in.sum()),
        "units locked out": int((sites.status == "locked_out").sum()),
        "units that may be chosen or left": int(free.sum()),
    }
    return pd.DataFrame({"quantity": list(rows), "value": list(rows.values())})


def beyond(sites: Sites) -> pd.DataFrame:
    """Return the targets that cannot be met by what may be chosen, or by what a budget buys."""
    columns = ["target", "sense", "asked", "reach", "missing", "because"]
    found = {}
    names = sites.targets.name
    for number, miss in reach(sites).misses():
        because = "units" if miss.asked > miss.whole else "locked units"
        found[number] = (names.iloc[number], miss.sense, miss.asked, miss.held, miss.by, because)
    for record in sites.tables["rules"].query("rule == 'budget'").to_dict("records"):
        most = under_budget(sites, str(record["layer"]), float(record["value"]), str(record["management_zone"]))
        value = sites.targets.value
        short = (sites.targets.sense != "<=") & (value > most + SLACK * np.maximum(1.0, value))
        for place in np.flatnonzero(short).tolist():
            row = (names.iloc[place], ">=", value[place], most[place], value[place] - most[place], str(record["id"]))
            found.setdefault(place, row)
    return pd.DataFrame([found[number] for number in sorted(found)], columns=columns)


def under_budget(sites: Sites, layer: str, budget: float, zones: str) -> NDArray[np.float64]:
    r"""Return the most of each target that a budget can buy by itself, (targets,).

    .. math:: \max \sum_j a_j x_j \quad \sum_j c_j x_j \le B, \; 0 \le x_j \le u_j

    solved by taking variables in order of :math:`a_j / c_j`; what must be chosen is paid for first, and negative
    costs add to the budget. A bound from above: shares of units, and of several management zones, are allowed.
    """
    lower, upper = sites.limits
    cost = np.where(sites.in_zones(zones), sites.layer(layer or "cost"), 0.0)
    left = budget - cost @ lower + np.maximum(-cost, 0.0) @ (upper - lower)
    rows = sites.targets.rows
    most = np.asarray(rows @ lower)
    for number in range(rows.shape[0]):
        part = slice(rows.indptr[number], rows.indptr[number + 1])
        variable, amount = rows.indices[part], rows.data[part]
        price, share = np.maximum(cost[variable], 0.0), (upper - lower)[variable]
        order = np.argsort(price / amount, kind="stable")
        paid = np.cumsum((price * share)[order])
        before = np.concatenate([[0.0], paid[:-1]])
        bought = np.clip((max(left, 0.0) - before) / np.where(paid > before, paid - before, 1.0), 0.0, 1.0)
        bought = np.where(paid > before, bought, 1.0)
        most[number] += (amount * share)[order] @ bought
    return np.minimum(most, best_zone(sites, upper))


def _useless(sites: Sites, free: NDArray[np.bool_]) -> pd.DataFrame:
    """Return units that add to no target, and units that cost more than another that holds the same."""
    rows = sites.targets.rows
    cost = sites.cost.reshape(sites.n_units, sites.n_zones).min(axis=1)
    idle = (
        free & (_by_unit(sites, np.asarray(abs(rows).sum(axis=0), dtype=float).ravel()) == 0) & (len(sites.targets) > 0)
    )
    found = [("adds to no target", idle)]
    if sites.n_zones == 1 and len(sites.targets):
        # Units that hold the same have the same random sum; others share one with probability 0.
        key = np.asarray(rows.T @ np.random.default_rng(0).random(rows.shape[0]))
        least = pd.Series(np.where(free, cost, np.inf)).groupby(key).transform("min").to_numpy()
        found.append(("dearer than a unit that holds the same", free & ~idle & (cost > least)))
    kept = []
    for reason, which in found:
        places = np.flatnonzero(which)
        if len(places):
            examples = ", ".join(map(str, sites.units.iloc[places[:EXAMPLES]]))
            kept.append((reason, len(places), float(cost[places].sum()), examples))
    return pd.DataFrame(kept, columns=["reason", "units", "cost", "examples"])


def _by_unit(sites: Sites, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.reshape(sites.n_units, sites.n_zones).sum(axis=1)


def _rare(sites: Sites) -> pd.DataFrame:
    held = sites.amounts.tocoo()
    real = held.data != 0
    cell = np.unique(held.row[real].astype(np.int64) * sites.n_units + held.col[real] // sites.n_zones)
    feature, unit = np.divmod(cell, sites.n_units)
    alone = np.bincount(feature, minlength=len(sites.features))[feature] == 1
    names = sites.features["feature"].iloc[feature[alone]].astype(str).to_numpy()
    return pd.DataFrame({"feature": names, "unit": sites.units.iloc[unit[alone]].to_numpy()})


def _scaling(sites: Sites) -> pd.DataFrame:
    parts = {"amounts": sites.amounts.data, "costs": sites.cost, "targets": sites.targets.value}
    penalties = sites.tables["rules"].query("rule == 'boundary_penalty'")["value"].to_numpy(dtype=float)
    lengths = np.concatenate([sites.borders.value, sites.outer])
    if len(penalties):
        typical = [np.median(np.abs(values[values != 0])) for values in (sites.cost, lengths) if np.any(values)]
        if len(typical) == 2:
            parts["boundary penalty of a border and cost of a unit"] = np.array([*(penalties * typical[1]), typical[0]])
    rows = []
    for name, values in parts.items():
        sizes = np.abs(values[values != 0])
        if len(sizes):
            low, high = float(sizes.min()), float(sizes.max())
            rows.append((name, low, high, high / low))
    return pd.DataFrame(rows, columns=["quantity", "smallest", "largest", "ratio"])
