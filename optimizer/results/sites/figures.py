"""What a selection holds, costs and looks like: representation against targets, costs, borders and connectivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from instances.corridors import corridors
from instances.sites import COST
from optimizer.results.sites.corridors import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from instances.sites import Pairs, Sites
    from optimizer.results.sites.plan import Selection

MET = 1e-6
"""Part of a target by which it may be missed and still be met."""
AREA = "area_ha"
BORDER, OUTER, RESERVES, LARGEST, WITHIN = "border", "outer_border", "reserves", "largest_reserve", "connectivity"


def units_table(selection: Selection) -> pd.DataFrame:
    """Return the units that are taken, with what the units table says of them: one row a unit and management zone."""
    sites, table = selection.sites, selection.table()
    unit, zone = np.nonzero(selection.share)
    units = sites.tables["units"].iloc[unit].reset_index(drop=True)
    cost = sites.cost.reshape(sites.n_units, sites.n_zones)[unit, zone] * table["amount"]
    if len(corridors(sites)):
        table["corridor"] = names_of(selection)[unit]
    return table.assign(
        status=units["status"],
        cost=cost.to_numpy(),
        area_ha=units["area_ha"].to_numpy(dtype=float) * table["amount"],
        x=units["x"],
        y=units["y"],
    )


def representation(selection: Selection) -> pd.DataFrame:
    """Return one row a target, and one a feature without any: what is asked, held, missing and there at all."""
    sites = selection.sites
    targets, features = sites.targets, sites.features
    held = np.asarray(targets.rows @ selection.values)
    missing = np.where(targets.sense == "<=", held - targets.value, targets.value - held)
    missing = np.where(targets.sense == "==", np.abs(missing), np.maximum(missing, 0.0))
    met = missing <= MET * np.maximum(np.abs(targets.value), 1.0)
    asked = pd.DataFrame(
        {
            "target": targets.name.to_numpy(),
            "feature": features["feature"].astype(str).to_numpy()[targets.feature],
            "sense": targets.sense,
            "value": targets.value,
            "held": held,
            "shortfall": np.where(met, 0.0, missing),
            "whole": targets.whole,
            "weight": targets.weight,
            "met": met,
        }
    )
    others = np.setdiff1d(np.arange(len(features)), targets.feature)
    alone = pd.DataFrame(
        {
            "target": "",
            "feature": features["feature"].astype(str).to_numpy()[others],
            "sense": "",
            "value": np.nan,
            "held": np.asarray(sites.amounts[others] @ selection.values),
            "shortfall": np.nan,
            "whole": np.asarray(sites.amounts[others] @ np.ones(sites.n)),
            "weight": features["weight"].to_numpy(dtype=float)[others],
            "met": None,
        }
    )
    table = pd.concat([part for part in (asked, alone) if len(part)] or [asked], ignore_index=True)
    table["share"] = table["held"] / table["whole"].where(table["whole"] != 0)
    return _named(table, sites)


def _named(table: pd.DataFrame, sites: Sites) -> pd.DataFrame:
    """Add names and unit of each feature."""
    features = sites.features.set_index(sites.features["feature"].astype(str))
    names = {name: table["feature"].map(features[name]) for name in ("name_zh", "name_en", "unit_of_amount")}
    columns = ["target", "feature", "name_zh", "name_en", "unit_of_amount", "sense", "value", "held", "shortfall"]
    return table.assign(**names)[[*columns, "whole", "share", "weight", "met"]]


def costs(selection: Selection) -> pd.DataFrame:
    """Return units, area, cost and every layer of values by management zone, and their sum."""
    sites = selection.sites
    layers = [name for name in dict.fromkeys(sites.tables["layers"]["layer"].astype(str)) if name not in (COST, AREA)]
    rows = [_cost(selection, name, np.arange(sites.n_zones) == zone, layers) for zone, name in enumerate(sites.zones)]
    if sites.n_zones > 1:
        rows.append(_cost(selection, "*", np.ones(sites.n_zones, dtype=bool), layers))
    return pd.DataFrame(rows)


def _cost(selection: Selection, name: str, zones: np.ndarray, layers: list[str]) -> dict[str, object]:
    sites, share = selection.sites, selection.share * zones
    taken = share.sum(axis=1)
    return {
        "management_zone": name,
        "units": int((taken > MET).sum()),
        "share": float(taken.sum()),
        **{layer: float(sites.layer(layer) @ share.ravel()) for layer in (COST, AREA, *layers)},
    }


def measures(selection: Selection) -> pd.DataFrame:
    """Return lengths of the border, number and size of reserves, and connectivity within what is chosen."""
    rows = [*_border(selection), *_reserves(selection), *_links(selection)]
    return pd.DataFrame(rows, columns=["measure", "management_zone", "layer", "value"])


def _border(selection: Selection) -> Iterator[tuple[str, str, str, float]]:
    """Yield the border of each management zone with all else, and the part of it on the outer edge."""
    sites = selection.sites
    if not len(sites.tables["boundary"]):
        return
    for zone, name in enumerate(sites.zones):
        share = selection.share[:, zone]
        between = np.abs(share[sites.borders.left] - share[sites.borders.right])
        outer = float(sites.outer @ share)
        yield BORDER, name, "", float(sites.borders.value @ between) + outer
        yield OUTER, name, "", outer


def _reserves(selection: Selection) -> Iterator[tuple[str, str, str, float]]:
    """Yield number and greatest area of the connected reserves."""
    sites = selection.sites
    if not len(sites.borders.left):
        return
    part = pieces(sites.borders, selection.chosen)
    area = np.bincount(part[part >= 0], (selection.taken * sites.tables["units"][AREA].to_numpy(float))[part >= 0])
    yield RESERVES, "*", "", float(part.max(initial=-1) + 1)
    yield LARGEST, "*", "", float(area.max(initial=0.0))


def pieces(borders: Pairs, chosen: np.ndarray) -> np.ndarray:
    """Return the connected reserve of each unit, -1 for units that are not chosen, (units,)."""
    inside = chosen[borders.left] & chosen[borders.right]
    entries = (np.ones(int(inside.sum()), dtype=np.int8), (borders.left[inside], borders.right[inside]))
    graph = sp.coo_array(entries, shape=(len(chosen), len(chosen)))
    label = connected_components(graph.tocsr(), directed=False)[1]
    found = np.full(len(chosen), -1)
    found[chosen] = np.unique(label[chosen], return_inverse=True)[1]
    return found


def _links(selection: Selection) -> Iterator[tuple[str, str, str, float]]:
    """Yield the connectivity between units that are chosen, by layer and management zone."""
    sites = selection.sites
    for layer in dict.fromkeys(sites.tables["connectivity"]["layer"].astype(str)):
        pairs = sites.connectivity(layer)
        for zone, name in enumerate(sites.zones):
            share = selection.share[:, zone]
            yield WITHIN, name, layer, float(pairs.value @ (share[pairs.left] * share[pairs.right]))
