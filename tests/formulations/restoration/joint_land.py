"""A joint instance that is worked out by hand: three zones of bare land, two units, one feature.

Zone a (10 ha) is unit u1 (cost 3); half of zone b (6 ha) and all of zone c (4 ha) are unit u2 (cost 2). Planting a
hectare costs 1, and 5 ha of forest are asked for. Both units share a border of 1 m, u1 has 3 m of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.build import Draft, draft, quota

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ZONES = {"a": {"bare": 10}, "b": {"bare": 6}, "c": {"bare": 4}}
UNITS = {"u1": {"a": 1}, "u2": {"b": 0.5, "c": 1}}
COSTS = {"u1": 3.0, "u2": 2.0}
AMOUNTS = {"u1": 1.0, "u2": 2.0}


def joint(
    bird: float = 1.0,
    *,
    rules: Sequence[Mapping[str, Any]] = (),
    quotas: Sequence[Mapping[str, Any]] = (),
    zones: Sequence[str] = (),
    units: Mapping[str, Mapping[str, float]] | None = None,
    **settings: Any,
) -> Draft:
    """Return the draft; `bird` is the target, `settings` those of `[restoration]`, `zones` management zones."""
    stands = dict(units or UNITS)
    made = draft(
        ZONES,
        {"bare>wood": {"restoration": 1}},
        units=stands,
        quotas=[quota("floor", 5, "forest"), *map(dict, quotas)],
    )
    made.settings["restoration"] = {"decision": "binary"} | settings
    for row in made.tables["units"]:
        row["cost"] = COSTS[row["unit"]]
    made.tables["features"] = [{"feature": "bird", "target": bird}]
    made.tables["amounts"] = [{"unit": unit, "feature": "bird", "amount": AMOUNTS[unit]} for unit in stands]
    made.tables["management_zones"] = [{"management_zone": name} for name in zones]
    made.tables["boundary"] = [
        {"unit_a": "u1", "unit_b": "u2", "length_m": 1.0},
        {"unit_a": "u1", "unit_b": "u1", "length_m": 3.0},
    ]
    made.tables["rules"] = [{"id": f"{row['rule']}_1", **row} for row in rules]
    return made
