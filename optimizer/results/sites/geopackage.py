"""plan.gpkg of a study of sites: the planning units and which of them are chosen, with a style for QGIS."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pyogrio

from instances.corridors import corridors
from optimizer.results.colors import BLANK
from optimizer.results.qgis_styles import Category, LayerStyle, write_styles
from optimizer.results.sites.colors import CORRIDORS, zone_colors, zone_names
from optimizer.results.sites.corridors import TABLE, corridor_lines

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.sites.plan import Selection

LAYER = "units"


def write_site_geopackage(path: Path, selection: Selection, shapes: geopandas.GeoSeries | None) -> None:
    """Write the layer `units`, and lines of `corridors` if any; nothing where no one knows where units lie."""
    if shapes is None:
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")  # a grid in no reference system has none to give
        write_units(path, selection, shapes)
    write_styles(path, site_styles(selection))


def write_units(path: Path, selection: Selection, shapes: geopandas.GeoSeries) -> None:
    """Add the layer `units`, and lines of `corridors` if any, without styles.

    Fields of `units`: unit; chosen (1 or 0); management_zone, where there are several; amount (share taken); status;
    cost (of the share taken; of the whole unit in its cheapest zone where it is not chosen); area_ha.
    """
    sites = selection.sites
    frame = geopandas.GeoDataFrame(_units(selection), geometry=shapes.to_numpy(), crs=shapes.crs)
    added = path.is_file()
    pyogrio.write_dataframe(frame, path, layer=LAYER, driver="GPKG", use_arrow=True, append=added)
    if len(corridors(sites)):
        pyogrio.write_dataframe(corridor_lines(selection, shapes), path, layer=TABLE, driver="GPKG", append=True)


def _units(selection: Selection) -> pd.DataFrame:
    sites = selection.sites
    units, zones = sites.tables["units"], sites.zones.to_numpy()
    cost = sites.cost.reshape(sites.n_units, sites.n_zones)
    columns = {"unit": units["unit"].astype(str), "chosen": selection.chosen.astype(np.int32)}
    if sites.n_zones > 1:
        columns["management_zone"] = np.where(selection.zone >= 0, zones[selection.zone], "")
    return pd.DataFrame(
        {
            **columns,
            "amount": selection.taken,
            "status": units["status"].astype(str),
            "cost": np.where(selection.chosen, (cost * selection.share).sum(axis=1), cost.min(axis=1)),
            "area_ha": units["area_ha"].to_numpy(dtype=float),
        }
    )


def site_styles(selection: Selection) -> list[LayerStyle]:
    """Return the styles of the layers that `write_units` adds."""
    return [_units_style(selection), *([_corridors_style(selection)] if len(corridors(selection.sites)) else [])]


def _corridors_style(selection: Selection) -> LayerStyle:
    """Return the style of the layer `corridors`: a colour for each."""
    names = [corridor.id for corridor in corridors(selection.sites)]
    categories = [Category(name, name, color) for name, color in zip(names, itertools.cycle(CORRIDORS))]
    return LayerStyle(TABLE, "corridor", "生态廊道 ecological corridors", categories, "line")


def _units_style(selection: Selection) -> LayerStyle:
    """Return the style of the layer `units`: chosen or not, by management zone where there are several."""
    sites = selection.sites
    pairs = zip(zone_names(sites, "zh"), zone_names(sites, "en"), strict=True)
    names = [" ".join(dict.fromkeys(pair)) for pair in pairs]
    several = sites.n_zones > 1
    values = [str(code) for code in sites.zones] if several else ["1"]
    categories = [
        Category(value, name, color) for value, name, color in zip(values, names, zone_colors(sites), strict=True)
    ]
    categories.append(Category("" if several else "0", "未选 not chosen", BLANK))
    column = "management_zone" if several else "chosen"
    return LayerStyle(LAYER, column, "选中单元 chosen units", categories)
