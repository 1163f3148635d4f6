"""Landscape indices of a selection (景观指数), before and after: where a layer tells what is habitat today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.corridors import beside
from optimizer.methods.landscape import Landscape, diameter, iic, largest_patch, mesh, number_of_patches

if TYPE_CHECKING:
    from instances.sites import Sites
    from optimizer.results.sites.plan import Selection

TABLE = "indices"
HABITAT, AREA = "habitat", "area_ha"
COLUMNS = ("index", "unit", "before", "after")


def landscape_of(sites: Sites) -> Landscape:
    """Return the units as a landscape in ha and m; raises InstanceError without habitat or areas."""
    units = sites.tables["units"]
    left, right = beside(sites)
    return Landscape(
        area=units[AREA].to_numpy(dtype=float),
        habitat=sites.layer(HABITAT).reshape(sites.n_units, -1)[:, 0] > 0,
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        points=units[["x", "y"]].to_numpy(dtype=float),
    )


def has_habitat(sites: Sites) -> bool:
    """Whether the tables tell what is habitat today, who is next to whom, and areas."""
    layers, area = sites.tables["layers"]["layer"], sites.tables["units"][AREA].to_numpy(dtype=float)
    return bool((layers == HABITAT).any()) and len(sites.borders.left) > 0 and bool((area > 0).all())


def indices(selection: Selection) -> pd.DataFrame:
    """Return one row an index: its name, unit, and its values today and with what is chosen; empty without habitat."""
    sites = selection.sites
    if not has_habitat(sites):
        return pd.DataFrame(columns=list(COLUMNS))
    land = landscape_of(sites)
    today, then = land.habitat, land.habitat | selection.chosen
    rows = [
        ("habitat", "ha", *(float(land.area[held].sum()) for held in (today, then))),
        ("mesh", "ha", *(mesh(land, held) for held in (today, then))),
        ("largest_patch", "ha", *(largest_patch(land, held) for held in (today, then))),
        ("patches", "", *(float(number_of_patches(land, held)) for held in (today, then))),
    ]
    rules = sites.tables["rules"]
    linked = rules.loc[rules["rule"] == "least_iic", "factor"].to_numpy(dtype=float)
    if len(linked):
        rows.append(("iic", "", *(iic(land, float(linked[0]), held) for held in (today, then))))
    rows.append(("diameter", "m", np.nan, diameter(land, selection.chosen)))
    return pd.DataFrame(rows, columns=list(COLUMNS))
