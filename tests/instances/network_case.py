"""A small network that may be broken: two buses with plant, one that two candidates reach, two snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.build import write_csv

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = '[instance]\nname = "case"\n\n[objective]\nkind = "cost"\n\n[network]\n'

TABLES = {
    "buses": {"bus": ["A", "B", "C"], "voltage_kv": [220.0] * 3, "x_m": [0.0, 1e4, 2e4]},
    "snapshots": {"snapshot": ["day", "night"], "weight_h": [4380.0] * 2, "order": [2, 1]},
    "generators": {
        "generator": ["coal A", "wind B"],
        "bus": ["A", "B"],
        "technology": ["coal", "wind"],
        "capacity_mw": [300.0, 100.0],
        "maximum_mw": ["", 400.0],
        "extendable": [0, 1],
        "profile": ["", "windy"],
    },
    "lines": {"line": ["AB"], "from_bus": ["A"], "to_bus": ["B"], "reactance_ohm": [48.4], "capacity_mw": [200.0]},
    "links": {
        "link": ["dc"], "from_bus": ["A"], "to_bus": ["B"], "capacity_mw": [50.0], "loss_share": [0.014],
        "loss_per_1000km": [0.03], "length_km": [500.0],
    },
    "candidates": {
        "candidate": ["AC", "BC"], "from_bus": ["A", "B"], "to_bus": ["C", "C"], "reactance_ohm": [20.0, 0.0],
        "capacity_mw": [100.0, 100.0], "cost": [10.0, 12.0], "max_additions": [2, 1],
    },
    "sites": {"site": ["hill"], "technology": ["wind"], "bus": ["C"], "potential_mw": [90.0], "profile": ["windy"]},
    "storage": {"storage": ["battery"], "bus": ["B"], "power_mw": [10.0], "energy_mwh": [40.0]},
    "loads": {"load": ["town", "mill"], "bus": ["C", "B"], "peak_mw": [150.0, 50.0], "profile": ["", "shift"]},
    "imports": {"bus": ["A"], "year": [0], "capacity_mw": [50.0], "emission_tco2_per_mwh": [0.5366]},
    "profiles": {
        "profile": ["windy", "windy", "shift", "shift"], "snapshot": ["day", "night"] * 2,
        "value": [0.3, 0.6, 1.0, 0.2],
    },
    "contingencies": {"contingency": ["out"], "line": ["AB"]},
    "rules": {
        "id": ["cap"], "rule": ["emission_cap"], "sense": ["<="], "value": [1e6], "unit": ["tCO2e"],
        "source": ["made"], "status": ["made"],
    },
}  # fmt: skip


def write_case(folder: Path, settings: str = "", **changes: dict[str, list[object]] | None) -> Path:
    """Write the network with some columns of its tables replaced, or without a table; returns its folder."""
    (folder / "network").mkdir(parents=True)
    (folder / "instance.toml").write_text(SETTINGS + settings, encoding="utf-8")
    for name, columns in TABLES.items():
        if name in changes and changes[name] is None:
            continue
        table = {**columns, **(changes.get(name) or {})}
        rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        write_csv(folder / "network" / f"{name}.csv", list(table), rows)
    return folder
