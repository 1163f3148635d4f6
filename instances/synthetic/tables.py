"""Turn the drawn arrays into the tables of an instance."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from instances.synthetic import moves
from instances.synthetic.catalogue import MADE, SYNTHETIC
from instances.synthetic.options import BASE_YEAR, END_YEAR

if TYPE_CHECKING:
    from instances.synthetic.costs import Costs
    from instances.synthetic.landscape import Landscape
    from instances.synthetic.regions import RegionTree

RED_LINES = ("", "core", "general")
BUILT_KINDS = ("", "city", "town", "village")
ACTIVITY_TCO2_PER_HA = 900.0
"""Emissions of the base year for each hectare of urban housing, to set the size of the city."""
INTENSITY = {BASE_YEAR: 1.25, END_YEAR: 0.45}
GDP_PER_CAPITA = {BASE_YEAR: 9.0, END_YEAR: 18.0}
GROWTH_OF_POPULATION = 1.08


def words(codes: np.ndarray, names: tuple[str, ...]) -> pa.Array:
    """Return the names that codes stand for, as text and without a Python object for each."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names)).cast(pa.string())


def zones_table(land: Landscape, tree: RegionTree, costs: Costs, start: int, stop: int) -> pa.Table:
    """Return `zones` without geometry for the zones `start` to `stop`."""
    part = slice(start, stop)
    flags = ("farmland", "boundary", "retirement", "afforestable", "whole")
    columns = {
        "zone": pa.array(np.arange(start + 1, stop + 1)),
        "region": words(land.region[part], tree.leaves),
        "red_line": words(land.red_line[part], RED_LINES),
        "slope_class": pa.array(land.slope_class[part]),
        "grade": pa.array(land.grade[part]),
        "potential_grade": pa.array(land.potential_grade[part]),
        "built_kind": words(land.built_kind[part], BUILT_KINDS),
        "cost_factor": pa.array(costs.factor[part]),
    }
    columns.update({name: pa.array(getattr(land, name)[part].astype(np.int8)) for name in flags})
    return pa.table(columns)


def cover_table(land: Landscape) -> pa.Table:
    """Return `cover`."""
    return pa.table(
        {
            "zone": pa.array(land.cover_zone.astype(np.int64) + 1),
            "class": words(land.cover_class, tuple(t.name for t in land.types)),
            "area_ha": pa.array(land.cover_area_ha),
        }
    )


def neighbours_table(land: Landscape) -> pa.Table:
    """Return `neighbours`: the cells to the east and to the north of each cell, and the side they share."""
    zone = np.arange(land.zones)
    row, column = np.divmod(zone, land.columns)
    east = zone[(column + 1 < land.columns) & (zone + 1 < land.zones)]
    north = zone[zone + land.columns < land.zones]
    length = np.concatenate([np.diff(land.y_m)[row[east]], np.diff(land.x_m)[column[north]]])
    return pa.table(
        {
            "zone_a": pa.array(np.concatenate([east, north]) + 1),
            "zone_b": pa.array(np.concatenate([east + 1, north + land.columns]) + 1),
            "length_m": pa.array(np.round(length, 2)),
        }
    )


def zone_costs_table(land: Landscape, costs: Costs) -> pa.Table:
    """Return `zone_costs`: only the places where the class may come to lie."""
    parts = []
    for after, values in costs.by_place.items():
        zone = np.flatnonzero(~np.isnan(values))
        to = words(np.full(len(zone), after), tuple(t.name for t in land.types))
        parts.append(pa.table({"zone": zone + 1, "to": to, "cost_wanyuan_per_ha": values[zone]}))
    return pa.concat_tables(parts)


def classes_table(land: Landscape) -> pd.DataFrame:
    """Return `classes`."""
    return pd.DataFrame(
        {
            "class": [t.name for t in land.types],
            "scheme": "third_survey",
            "code": [t.code for t in land.types],
            "name_zh": [t.name_zh for t in land.types],
            "name_en": [t.name_en for t in land.types],
            "group": [t.group for t in land.types],
            "setting": [t.setting for t in land.types],
            "color": [t.color for t in land.types],
        }
    )


def transitions_table(land: Landscape, costs: Costs) -> pd.DataFrame:
    """Return `transitions`: every pair, the barred ones with the reason."""
    records = []
    for (i, before), (j, after) in product(enumerate(land.types), repeat=2):
        if i == j:
            continue
        reason = moves.refusal(before, after)
        records.append(
            {
                "from": before.name,
                "to": after.name,
                "allowed": int(not reason),
                "cost_wanyuan_per_ha": costs.by_pair[i, j],
                "restoration": int(not reason and moves.restores(before, after)),
                "condition": "" if reason else moves.condition(after),
                "reason": reason or "allowed in made instances",
                "source": SYNTHETIC,
                "status": MADE,
            }
        )
    return pd.DataFrame.from_records(records)


def factors_table(land: Landscape, tree: RegionTree, rng: np.random.Generator) -> pd.DataFrame:
    """Return `factors`: one row for all regions, and for each leaf its own sink and stock, up to a fifth off."""
    records = []
    for t in land.types:
        own = {
            "sink": (t.sink, "tC/ha/yr"),
            "stock": (t.stock, "tC/ha"),
            "ramp_years": (t.ramp_years, "yr"),
        }
        records += [(t.name, "*", factor, *value) for factor, value in own.items()]
        for leaf, factor in product(tree.leaves, ("sink", "stock")):
            value, unit = own[factor]
            records.append((t.name, leaf, factor, round(value * rng.uniform(0.8, 1.2), 5), unit))
    table = pd.DataFrame.from_records(records, columns=["class", "region", "factor", "value", "unit"])
    return table.assign(source=SYNTHETIC, status=MADE)


def context_table(land: Landscape, tree: RegionTree) -> pd.DataFrame:
    """Return `context`: a KAYA projection for a city of the size drawn."""
    housing = land.cover_area_ha[land.cover_class == land.class_of("urban_housing")].sum()
    base = ACTIVITY_TCO2_PER_HA * max(housing, 1.0) / 1e4 / GDP_PER_CAPITA[BASE_YEAR] / INTENSITY[BASE_YEAR]
    population = {BASE_YEAR: base, END_YEAR: base * GROWTH_OF_POPULATION}
    items = (
        ("population", population, "10k"),
        ("gdp_per_capita", GDP_PER_CAPITA, "10k CNY"),
        ("carbon_intensity", INTENSITY, "t/10k CNY"),
    )
    records = [
        (item, tree.names[0], year, round(value, 6), unit)
        for item, by_year, unit in items
        for year, value in by_year.items()
    ]
    table = pd.DataFrame.from_records(records, columns=["item", "region", "year", "value", "unit"])
    return table.assign(source=SYNTHETIC, status=MADE)


def activity_table(land: Landscape, tree: RegionTree) -> pd.DataFrame:
    """Return `activity`: emissions follow the urban housing of each leaf region."""
    rows = land.cover_class == land.class_of("urban_housing")
    area = np.bincount(land.region[land.cover_zone[rows]], land.cover_area_ha[rows], len(tree.leaves))
    share = area / area.sum() if area.sum() > 0 else np.full(len(area), 1 / len(area))
    return pd.DataFrame(
        {
            "end_use": "living",
            "sector": "energy",
            "scope": 1,
            "region": tree.leaves,
            "share": share,
            "group": "housing_urban",
            "source": SYNTHETIC,
            "status": MADE,
        }
    )
