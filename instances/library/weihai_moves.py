"""Classes and transitions of the Weihai instance: the shipped defaults, and what a hilly coast needs besides."""

from __future__ import annotations

import pandas as pd

from instances.classes import GBT2023, THIRD_SURVEY, load_classes
from instances.library.weihai_cover import SPLITS
from instances.transitions import default_transitions

_RIVER = "A river is not made by a change of class, except where an old bed lies in a stream zone."
_MARSH = "New marsh needs water and works: only at the listed river-corridor sites."
_MINE = "Mines are restored at the listed mine sites, by project."
_MINE_SOIL = "Soil on closed mines is not taken for food crops here."

ENERGY_CLASS = "1303"
"""Power supply land (供电用地): service buildings, foundations and tower feet; there is none at present."""

_PLANT = "Foundations, buildings and tower feet of the energy plan, near its sites and lines only; paid with the plant."
PLANT_ON = ("1206", "04", "1202", "0301", "0305", "0307")
"""Classes that may become power supply land (assumed); never cropland, whose loss would have to be made up for."""

EDITS: tuple[tuple[str, str, int, float, int, str, str], ...] = (
    (
        "1104",
        "1105",
        1,
        20.0,
        0,
        "coast_site",
        "Shore ponds may be opened to the tide; no stock gain is credited out of water.",
    ),
    ("0603", "1105", 1, 18.0, 1, "coast_site", "Abandoned salt pans may become tidal flat again."),
    ("1206", "1105", 1, 12.0, 1, "coast_site", "Bare filled shore may become tidal flat again."),
    (
        "1104",
        "1108",
        1,
        10.0,
        0,
        "river_site",
        "Ponds in a river corridor may become marsh; no stock gain is credited out of water.",
    ),
    ("1206", "1108", 1, 15.0, 1, "river_site", _MARSH),
    ("0602", "1108", 0, 0.0, 0, "", _MARSH),
    ("0702", "1108", 0, 0.0, 0, "", _MARSH),
    ("0602", "0301", 1, 60.0, 1, "mine_site", _MINE),
    ("0602", "04", 1, 60.0, 1, "mine_site", _MINE),
    ("0602", "0305", 0, 0.0, 0, "", _MINE),
    ("0602", "0307", 0, 0.0, 0, "", _MINE),
    ("0602", "0102", 0, 0.0, 0, "", _MINE_SOIL),
    ("0602", "0103", 0, 0.0, 0, "", _MINE_SOIL),
    ("1206", "1101", 1, 15.0, 1, "stream", _RIVER),
    ("0602", "1101", 0, 0.0, 0, "", _RIVER),
    ("0702", "1101", 1, 75.0, 1, "stream", _RIVER),
    ("0102", "1101", 0, 0.0, 0, "", _RIVER),
    ("0103", "1101", 0, 0.0, 0, "", _RIVER),
    *((code, ENERGY_CLASS, 1, 0.0, 0, "energy_site", _PLANT) for code in PLANT_ON),
)
"""From, to, allowed, cost (10k CNY/ha), restoration, condition, reason; they replace the default rows."""


def classes() -> pd.DataFrame:
    """Return the classes of the instance, named by their codes: the third survey's, and power supply land."""
    codes = [split.code for split in SPLITS]
    shipped = load_classes(THIRD_SURVEY).set_index("code").loc[codes].reset_index()
    columns = ["scheme", "code", "name_zh", "name_en", "group", "setting", "color"]
    table = shipped.assign(scheme=THIRD_SURVEY)[columns]
    table.insert(0, "class", codes)
    return pd.concat([table, _power_supply(columns)], ignore_index=True)


def _power_supply(columns: list[str]) -> pd.DataFrame:
    """Return the class of energy plant; in the group of special uses, so that it houses no public services."""
    shipped = load_classes(GBT2023).set_index("code").loc[[ENERGY_CLASS]].reset_index()
    row = shipped.assign(scheme=GBT2023, group="special")[columns]
    row.insert(0, "class", ENERGY_CLASS)
    return row


def transitions(table: pd.DataFrame) -> pd.DataFrame:
    """Return the default transitions between the classes of `table`, with `EDITS` in place."""
    rows = default_transitions(table).set_index(["from", "to"])
    for old, new, allowed, cost, restoration, condition, reason in EDITS:
        source = "set for Weihai in instances/library/weihai_moves.py; cost assumed"
        rows.loc[(old, new)] = pd.Series(
            {
                "allowed": allowed,
                "cost_wanyuan_per_ha": cost,
                "restoration": restoration,
                "condition": condition,
                "reason": reason,
                "source": source,
                "status": "assumed",
            }
        )
    return rows.reset_index()
