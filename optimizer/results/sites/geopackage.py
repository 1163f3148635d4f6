"""plan.gpkg of a study of sites: the planning units and which of them are chosen, with a style for QGIS."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pyogrio

from instances.corridors import corridors
from optimizer.results.colors import BLANK
from optimizer.results.qgis_styles import Category, LayerStyle, write_styles
from optimizer.results.sites.colors import zone_colors, zone_names
from optimizer.results.sites.corridors import TABLE, corridor_lines

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.sites.plan import Selection

LAYER = "units"


def write_site_geopackage(path: Path, selection: Selection, shapes: geopandas.GeoSeries | None) -> None:
    """Write the layer `units`, and lines of `corridors` if any; nothing where no one knows where units lie."""
    if shapes is None:
        return
    sites = selection.sites
    units, zones = sites.tables["units"], sites.zones.to_numpy()
    table = pd.DataFrame(
        {
            "unit": units["unit"].astype(str),
            "chosen": np.where(selection.chosen, np.where(selection.zone >= 0, zones[selection.zone], ""), "-"),
            "amount": selection.taken,
            "status": units["status"].astype(str),
            "cost": (sites.cost.reshape(sites.n_units, sites.n_zones) * selection.share).sum(axis=1),
            "area_ha": units["area_ha"].to_numpy(dtype=float),
        }
    )
    frame = geopandas.GeoDataFrame(table, geometry=shapes.to_numpy(), crs=shapes.crs)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")  # a grid in no reference system has none to give
        pyogrio.write_dataframe(frame, path, layer=LAYER, driver="GPKG", use_arrow=True)
        if len(corridors(sites)):
            pyogrio.write_dataframe(corridor_lines(selection, shapes), path, layer=TABLE, driver="GPKG", append=True)
    names = [
        " ".join(dict.fromkeys(pair)) for pair in zip(zone_names(sites, "zh"), zone_names(sites, "en"), strict=True)
    ]
    categories = [
        Category(str(code), name, color) for code, name, color in zip(zones, names, zone_colors(sites), strict=True)
    ]
    categories.append(Category("-", "未选 not chosen", BLANK))
    write_styles(path, [LayerStyle(LAYER, "chosen", "选中单元 chosen units", categories)])
