"""Default carbon factors of the classes of an instance.

碳汇与碳储量默认系数。`tables/factors.csv` holds sets of sinks (`p1`: 陈可欣 et al. 2022 with the
unit settled as tC and misprints corrected; `p1_net`: the same with orchards net of harvest;
`hu2025`: Hu et al. 2025 by group) and one set of stocks, soil shares and ramps.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from instances.classes import GroupTree, check_classes, load_groups, shipped_table, survey_codes
from instances.schema import table

COLUMNS = tuple(column.name for column in table("land", "factors").columns)
SINK_SETS = {"p1": ("p1",), "p1_net": ("p1_net", "p1"), "hu2025": ("hu2025",)}
"""Sets of sinks by name, each with the sets of rows it is read from, the first one first."""

_DEFAULT = "default"


def factor_table() -> pd.DataFrame:
    """Return every shipped factor, `value` as a number in the row's unit."""
    rows = shipped_table("factors")
    return rows.assign(value=rows["value"].astype(float))


def corrections() -> pd.DataFrame:
    """Return the errors found in the papers; `corrected` is "" where no value is loaded for the printed one."""
    return shipped_table("corrections")


def default_parameters() -> pd.DataFrame:
    """Return the shipped scalars of the carbon account, with the columns of `schema.table("land", "parameters")`."""
    rows = shipped_table("parameters")
    return rows.assign(value=rows["value"].astype(float))


def default_factors(classes: pd.DataFrame, sinks: str = "p1") -> pd.DataFrame:
    """Return the default factors of the classes of an instance, for every region.

    A class takes the row of its third-survey code (classes of the 2023 guide by their exact
    counterpart), else of the code above it in the class table, else of its group, else of the
    group above.

    Parameters
    ----------
    classes
        Table `classes` of the instance: columns class, scheme, code, group (a leaf of the group tree).
    sinks
        Name of a set of sinks, see `SINK_SETS`.

    Returns
    -------
    pandas.DataFrame
        Columns of `schema.table("land", "factors")`, region `*`; sinks in tC/ha/yr with uptake positive, stocks
        in tC/ha, ramp_years in yr. A class for which nothing is shipped (the sea) has no row.

    Raises
    ------
    ValueError
        Where the set is unknown, a class is listed twice or its group is not a leaf.
    """
    if sinks not in SINK_SETS:
        raise ValueError(f"no set of sinks {sinks!r}; the sets are {', '.join(SINK_SETS)}")
    tree = load_groups()
    check_classes(classes, tree)
    sources = [_by_place(name) for name in (*SINK_SETS[sinks], _DEFAULT)]
    factors = list(dict.fromkeys(factor for source in sources for factor, _ in source))
    found = []
    for entry in classes.to_dict("records"):
        places = _places(entry["scheme"], entry["code"], entry["group"], tree)
        for factor in factors:
            row = _first(sources, factor, places)
            if row is not None:
                found.append({**row, "class": entry["class"], "region": "*"})
    return pd.DataFrame(found, columns=list(COLUMNS))


def _by_place(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of one set by factor and place, a place being a third-survey code or a group."""
    rows = factor_table()
    chosen: list[dict[Any, Any]] = rows[rows["set"] == name].to_dict("records")
    return {(row["factor"], row["code"] or row["group"]): row for row in chosen}


def _places(scheme: str, code: str, group: str, tree: GroupTree) -> tuple[str, ...]:
    """Return codes and groups whose factors suit the class, the closest first; the sea has none but its own."""
    groups = (group,) if group == "marine" else (group, *tree.ancestors(group))
    return (*survey_codes(scheme, code), *groups)


def _first(
    sources: list[dict[tuple[str, str], dict[str, Any]]], factor: str, places: tuple[str, ...]
) -> dict[str, Any] | None:
    for place in places:
        for source in sources:
            if (factor, place) in source:
                return source[factor, place]
    return None
