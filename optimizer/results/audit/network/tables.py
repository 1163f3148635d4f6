"""The raw tables of a network, read from disk: text and numbers with their defaults, nothing derived."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.results.audit.files import AuditInputError, find_table, read_toml, shipped_table
from optimizer.results.audit.settings import OBJECTIVES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Text = dict[str, str | None]
Number = dict[str, float | None]

_PLANT: Number = {"extendable": 0.0, "minimum_mw": 0.0, "maximum_mw": np.inf, "capital_cost": 0.0}

COLUMNS: dict[str, tuple[Text, Number]] = {
    "buses": ({"bus": None}, {"voltage_kv": 0.0}),
    "snapshots": (
        {"snapshot": None, "day": ""},
        {"weight_h": None, "cost_weight_h": 0.0, "step_h": 1.0, "order": 0.0},
    ),
    "profiles": ({"profile": None, "snapshot": None}, {"value": None}),
    "generators": (
        {"generator": None, "bus": None, "technology": None, "profile": ""},
        _PLANT
        | {
            "capacity_mw": None,
            "marginal_cost": 0.0,
            "emission_tco2_per_mwh": 0.0,
            "minimum_share": 0.0,
            "renewable": 0.0,
        },
    ),
    "lines": (
        {"line": None, "from_bus": None, "to_bus": None},
        _PLANT
        | {
            "capacity_mw": None,
            "reactance_ohm": 0.0,
            "resistance_ohm": 0.0,
            "circuits": 1.0,
            "maximum_share": 1.0,
            "loss_share": 0.0,
        },
    ),
    "links": (
        {"link": None, "from_bus": None, "to_bus": None},
        _PLANT
        | {
            "capacity_mw": None,
            "minimum_share": 0.0,
            "maximum_share": 1.0,
            "loss_share": 0.0,
            "loss_per_1000km": 0.0,
            "length_km": 0.0,
            "marginal_cost": 0.0,
        },
    ),
    "candidates": (
        {"candidate": None, "from_bus": None, "to_bus": None, "corridor": ""},
        {
            "reactance_ohm": 0.0,
            "resistance_ohm": 0.0,
            "capacity_mw": None,
            "loss_share": 0.0,
            "cost": None,
            "max_additions": 1.0,
            "first_year": 0.0,
            "marginal_cost": 0.0,
        },
    ),
    "sites": (
        {"site": None, "technology": None, "bus": None, "profile": ""},
        {
            "potential_mw": None,
            "minimum_mw": 0.0,
            "fixed_cost": 0.0,
            "capital_cost": 0.0,
            "marginal_cost": 0.0,
            "density_mw_per_km2": 0.0,
            "facility_ha_per_mw": 0.0,
            "hours": 0.0,
            "energy_cost": 0.0,
            "efficiency": 1.0,
        },
    ),
    "site_zones": ({"site": None, "zone": None}, {"share": 1.0}),
    "storage": (
        {"storage": None, "bus": None},
        _PLANT
        | {
            "power_mw": np.inf,
            "energy_mwh": None,
            "efficiency_in": 1.0,
            "efficiency_out": 1.0,
            "standing_loss": 0.0,
            "seasonal": 0.0,
            "minimum_mwh": 0.0,
            "maximum_mwh": np.inf,
            "hours": 0.0,
            "energy_cost": 0.0,
            "marginal_cost": 0.0,
        },
    ),
    "loads": ({"load": None, "bus": None, "profile": ""}, {"peak_mw": None, "year": 0.0}),
    "imports": ({"bus": None}, {"year": 0.0, "capacity_mw": None, "emission_tco2_per_mwh": None, "price": 0.0}),
    "corridors": ({"corridor": None, "segment": None}, {}),
    "segments": ({"segment": None}, {"cost": 0.0}),
    "segment_zones": ({"segment": None, "zone": None}, {"area_ha": None, "tower_ha": 0.0}),
    "connections": ({"connection": None, "bus": None}, {"first_year": 0.0}),
    "contingencies": ({"contingency": None, "line": None}, {}),
    "rules": ({"id": None, "rule": None, "technology": "", "sense": None, "unit": None}, {"year": 0.0, "value": None}),
}
"""Columns of text and of numbers by table, each with what counts where it is empty (None: it must be there)."""


DIVISORS = {("storage", "efficiency_out")}
"""Figures that are divided by: the format lets them be 0, no plan could."""


@dataclass(frozen=True)
class Table:
    """One raw table: arrays (rows,) of text and of numbers by column."""

    name: str
    columns: Mapping[str, np.ndarray] = field(repr=False)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> np.ndarray:
        """Return a column."""
        return self.columns[column]

    def take(self, rows: np.ndarray) -> Table:
        """Return some rows, by mask or place."""
        return Table(self.name, {name: values[rows] for name, values in self.columns.items()})


@dataclass(frozen=True)
class Network:
    """Raw tables by name, in the order of their files (snapshots in the order of time), and what the study asks.

    `years` are the end years of the stages (0: no time is stated), `lengths` their years; `weights` those of emissions
    and of cost in what is minimised.
    """

    folder: Path
    tables: Mapping[str, Table] = field(repr=False)
    direct_current: bool
    money: str
    facility_class: str
    loss_segments: int
    years: tuple[int, ...]
    lengths: tuple[float, ...]
    weights: tuple[float, float]
    rules_off: frozenset[str]

    def __getitem__(self, name: str) -> Table:
        """Return a table."""
        return self.tables[name]

    def error(self, table: str, problem: str) -> AuditInputError:
        """Return an error that names a table."""
        return AuditInputError(self.folder / table, problem)

    @cached_property
    def snapshots(self) -> list[str]:
        """Names of the snapshots in the order of time."""
        return list(self["snapshots"]["snapshot"])

    @cached_property
    def cost_h(self) -> np.ndarray:
        """Hours by which costs count, (snapshots,)."""
        own = self["snapshots"]["cost_weight_h"]
        return np.where(own > 0, own, self["snapshots"]["weight_h"])

    @cached_property
    def day(self) -> np.ndarray:
        """Day of each snapshot, counted as they come, (snapshots,)."""
        named: dict[str, int] = {}
        return np.array([named.setdefault(name, len(named)) for name in self["snapshots"]["day"]], dtype=np.int64)

    @cached_property
    def bus(self) -> dict[str, int]:
        """Place of each bus."""
        return {name: k for k, name in enumerate(self["buses"]["bus"])}

    def at_bus(self, table: Table, column: str = "bus") -> np.ndarray:
        """Return the place of the bus that each row names, (rows,).

        Raises AuditInputError for a bus that is not known.
        """
        unknown = [name for name in table[column] if name not in self.bus]
        if unknown:
            raise self.error(table.name, f"bus {unknown[0]!r} is not known")
        return np.array([self.bus[name] for name in table[column]], dtype=np.int64)

    @cached_property
    def _curves(self) -> dict[str, np.ndarray]:
        table, place = self["profiles"], {name: k for k, name in enumerate(self.snapshots)}
        found: dict[str, np.ndarray] = {}
        for name, snapshot, value in zip(table["profile"], table["snapshot"], table["value"], strict=True):
            if snapshot not in place:
                raise self.error("profiles", f"snapshot {snapshot!r} is not known")
            found.setdefault(name, np.full(len(place), np.nan))[place[snapshot]] = value
        return found

    def curves(self, table: Table) -> np.ndarray:
        """Return the curve of each row, (snapshots, rows); ones where none is named."""
        curves = np.ones((len(self.snapshots), len(table)))
        for k, name in enumerate(table["profile"]):
            if name:
                if name not in self._curves or np.isnan(self._curves[name]).any():
                    raise self.error("profiles", f"profile {name!r} lacks values")
                curves[:, k] = self._curves[name]
        return curves

    def in_stage(self, name: str, key: str, stage: int) -> Table:
        """Return the rows of a table with years that hold in a stage: those of its year, else those of year 0."""
        table, year = self[name], self.years[stage]
        own = table["year"] == year
        general = (table["year"] == 0) & ~np.isin(table[key], table[key][own])
        return table.take(own | general)

    def demand(self, stage: int) -> np.ndarray:
        """Return what is drawn, (snapshots, buses), MW."""
        loads = self.in_stage("loads", "load", stage)
        drawn = np.zeros((len(self.snapshots), len(self.bus)))
        np.add.at(drawn.T, self.at_bus(loads), (self.curves(loads) * loads["peak_mw"]).T)
        return drawn

    def susceptance(self, table: Table) -> np.ndarray:
        """Return MW a radian of one circuit, V^2/x with the voltage of its first bus; 0 without reactance, (rows,)."""
        voltage, reactance = self["buses"]["voltage_kv"][self.at_bus(table, "from_bus")], table["reactance_ohm"]
        return np.array([v * v / x if x > 0 else 0.0 for v, x in zip(voltage, reactance, strict=True)])


def _table(folder: Path, name: str) -> Table:
    text, number = COLUMNS[name]
    raw = find_table(folder, name, required=name in ("buses", "snapshots"))
    if raw is None:
        empty: dict[str, np.ndarray] = {column: np.zeros(0, dtype=object) for column in text}
        return Table(name, empty | {column: np.zeros(0) for column in number})
    columns = {column: np.array(raw.text(column, default), dtype=object) for column, default in text.items()}
    for column, default in number.items():
        values = raw.numbers(column, default, finite=False)
        if np.isnan(values).any():
            raise raw.error(f"row {int(np.argmax(np.isnan(values))) + 1}: column {column} has no number")
        if (wrong := _wrong(name, column, values, default)).any():
            row = int(np.argmax(wrong))
            raise raw.error(f"row {row + 1}: column {column} is {values[row]:g}, which the format does not allow")
        columns[column] = values
    return Table(name, columns)


def _wrong(table: str, column: str, values: np.ndarray, default: float | None) -> np.ndarray:
    """Tell which figures no instance may have: beyond their limits, or without end where an empty cell is not."""
    least, most = _limits()[table, column]
    wrong = (values < least) | (values > most) | (np.isinf(values) & (default != np.inf))
    return wrong | (values == 0) if (table, column) in DIVISORS else wrong


@cache
def _limits() -> dict[tuple[str, str], tuple[float, float]]:
    """Return the least and the greatest figure of each column, by table and column, as the format states them."""
    table = shipped_table("fields")
    least, most = table.numbers("minimum", -np.inf, finite=False), table.numbers("maximum", np.inf, finite=False)
    own = zip(table.text("part"), table.text("table"), table.text("column"), least, most, strict=True)
    return {(name, column): (low, high) for part, name, column, low, high in own if part == "network"}


def read_network(instance: Path, options: dict[str, Any]) -> Network:
    """Read the network of an instance; `options` of the solve switch rules off and may override the objective.

    Raises AuditInputError for a power flow that is not known, and for figures that the format does not allow.
    """
    file, folder = instance / "instance.toml", instance / "network"
    raw = read_toml(file)
    tables = {name: _table(folder, name) for name in COLUMNS}
    order = np.argsort(tables["snapshots"]["order"], kind="stable")
    tables["snapshots"] = tables["snapshots"].take(order)
    stated = raw.get("network") or {}
    flow = stated.get("power_flow", "dc")
    if flow not in ("dc", "transport"):
        raise AuditInputError(file, f"power_flow is {flow!r}, dc or transport was expected")
    years, lengths = _stages(file, raw)
    off = [*(raw.get("instance") or {}).get("rules_off", ()), *(options.get("rules_off") or ())]
    return Network(
        folder=folder,
        tables=tables,
        direct_current=flow == "dc",
        money=str(stated.get("money", "10k CNY")),
        facility_class=str(stated.get("facility_class", "")),
        loss_segments=int(stated.get("loss_segments", 3)),
        years=years,
        lengths=lengths,
        weights=_weights(file, raw, options),
        rules_off=frozenset(map(str, off)),
    )


def _stages(file: Path, raw: dict[str, Any]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    if "time" not in raw:
        return (0,), (1.0,)
    years, base = raw["time"].get("periods"), (raw.get("carbon") or {}).get("base_year")
    if not isinstance(years, list) or not all(type(year) is int for year in (base, *years)):
        raise AuditInputError(file, "[carbon] base_year and [time] periods must be whole years")
    return tuple(years), tuple(float(end - start) for start, end in zip([base, *years], years, strict=False))


def _weights(file: Path, raw: dict[str, Any], options: dict[str, Any]) -> tuple[float, float]:
    """Return the weights of emissions and of cost; a study that states no objective minimises cost."""
    if "objective" not in raw:
        return 0.0, 1.0
    stated = raw["objective"]
    kind = options.get("objective") or stated.get("kind", "emissions")
    if kind not in OBJECTIVES:
        raise AuditInputError(file, f"objective is {kind!r}, one of {', '.join(OBJECTIVES)} was expected")
    weighted = (float(stated.get("emission_weight", 1.0)), float(stated.get("cost_weight", 0.0)))
    return {"emissions": (1.0, 0.0), "cost": (0.0, 1.0)}.get(kind, weighted)
