"""The whole network: balance at buses, limits of the table of rules, and the system put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.network.plant import STORAGE, add_generators, add_imports, add_sites, chosen
from optimizer.results.audit.network.stores import Flow, add_site_storage, add_storage
from optimizer.results.audit.network.system import System
from optimizer.results.audit.network.wires import Circuits, Wires, add_circuits, add_corridors, add_lines, add_links

if TYPE_CHECKING:
    from optimizer.results.audit.network.system import Columns
    from optimizer.results.audit.network.tables import Network

RULES = ("emission_cap", "renewable_share", "self_sufficiency", "curtailment_cap", "capacity_target", "import_cap")


@dataclass(frozen=True)
class Parts:
    """What a network is made of, as columns of its system; None where it has none."""

    system: System
    generators: Columns | None
    imports: Columns | None
    sites: Columns | None
    site_power: Columns | None
    stores: tuple[tuple[str, Flow], ...]
    lines: Wires
    links: Wires
    circuits: Circuits | None
    segments: Columns | None

    @property
    def wires(self) -> tuple[Wires, ...]:
        """All that carries power."""
        return self.lines, self.links, *(() if self.circuits is None else (self.circuits.wires,))


def system_of(network: Network) -> Parts:
    """Return the system of a network: all but the laws by which power divides (`laws`)."""
    system = System(network)
    generators, imports = add_generators(system), add_imports(system)
    sites = add_sites(system)
    stores = [("storage", add_storage(system))]
    stores.append(("sites", None if sites is None else add_site_storage(system, sites[0])))
    lines, links = add_lines(system), add_links(system)
    circuits = add_circuits(system)
    parts = Parts(
        system,
        generators,
        imports,
        None if sites is None else sites[0],
        None if sites is None else sites[1],
        tuple((name, flow) for name, flow in stores if flow is not None),
        lines,
        links,
        circuits,
        add_corridors(system, circuits),
    )
    _balance(parts)
    _rules(parts)
    return parts


def fed(parts: Parts) -> list[tuple[Columns, np.ndarray, np.ndarray]]:
    """Return what feeds in at buses or (below 0) draws there: columns, bus and coefficient of each member."""
    network, found = parts.system.network, []
    sites = network["sites"]
    plant = sites.take(sites["technology"] != STORAGE)
    for columns, table in ((parts.generators, network["generators"]), (parts.site_power, plant)):
        if columns is not None:
            found.append((columns, network.at_bus(table), np.ones(len(table))))
    if parts.imports is not None:
        at = np.array([network.bus[bus] for bus in parts.imports.members])
        found.append((parts.imports, at, np.ones(len(at))))
    for name, flow in parts.stores:
        table = network[name] if name == "storage" else sites.take(sites["technology"] == STORAGE)
        at = network.at_bus(table)
        found += [(flow.charge, at, -np.ones(len(at))), (flow.discharge, at, np.ones(len(at)))]
    for wires in parts.wires:
        for columns, start, end, loss, _ in wires.parts:
            found += [(columns, start, -np.ones(len(start))), (columns, end, 1.0 - loss)]
        if wires.lost is not None:
            lost = wires.lost.columns
            ends = np.array([wires.ends[name] for name in lost.members])
            found += [(lost, ends[:, side], np.full(len(ends), -0.5)) for side in (0, 1)]
    return found


def _balance(parts: Parts) -> None:
    system, network = parts.system, parts.system.network
    feeds = fed(parts)
    drawn = np.concatenate([network.demand(stage) for stage in range(system.times.stages)])
    touched = np.asarray(drawn.any(axis=0))
    for _, bus, _ in feeds:
        touched[bus] = True
    kept = np.flatnonzero(touched)
    row = np.full(len(network.bus), -1)
    row[kept] = np.arange(len(kept))
    names = list(network["buses"]["bus"][kept])
    rows = system.add_rows("balance", "hour", names, "MW", drawn[:, kept], drawn[:, kept])
    for columns, bus, value in feeds:
        rows.add(columns, row[bus], np.arange(len(bus)), value, system.times.now("hour", "hour"))


@dataclass(frozen=True)
class Rule:
    """One row of the table of rules."""

    id: str
    rule: str
    technology: str
    year: int
    sense: str
    value: float
    unit: str


def rules_of(network: Network) -> list[Rule]:
    """Return the rules that are on."""
    table = network["rules"]
    columns = (table[name] for name in ("id", "rule", "technology", "year", "sense", "value", "unit"))
    rows = [Rule(i, r, t, int(y), s, float(v), u) for i, r, t, y, s, v, u in zip(*columns, strict=True)]
    return [row for row in rows if row.rule not in network.rules_off]


def _rules(parts: Parts) -> None:
    """Add the rows of rules that are known, all rows of a rule together; an equality is a row for either side."""
    for rule in RULES:
        rows = [row for row in rules_of(parts.system.network) if row.rule == rule]
        sided = [
            (row, f"{row.id} {side}" if row.sense == "==" else row.id, sign)
            for row in rows
            for side, sign in (("least", -1.0), ("most", 1.0))
            if row.sense in ("==", "<=" if sign > 0 else ">=")
        ]
        if sided:
            _add_rule(parts, rule, sided)


def _add_rule(parts: Parts, rule: str, sided: list[tuple[Rule, str, float]]) -> None:
    system, network = parts.system, parts.system.network
    years = np.array(network.years)
    hours = network["snapshots"]["weight_h"]
    load = np.array([hours @ network.demand(stage).sum(axis=1) for stage in range(system.times.stages)])
    rows = system.add_rows(rule, "stage", [name for _, name, _ in sided], sided[0][0].unit)
    for k, (row, _, sign) in enumerate(sided):
        share = row.unit == "share" and rule != "curtailment_cap"
        value = row.value * load if share else np.full(len(years), row.value)
        value = value * (row.unit != "share") if rule == "curtailment_cap" else value
        fixed = _terms(parts, row, k, sign)
        holds = (years == row.year) | (row.year == 0)
        rows.upper[:, k] = np.where(holds, sign * (value - fixed), np.inf)


def _terms(parts: Parts, row: Rule, k: int, sign: float) -> float:
    """Add the terms of a row, as number k of its rule; return what is constant in them."""
    system, network, rows = parts.system, parts.system.network, parts.system.rows[row.rule]
    generators, power = network["generators"], parts.generators
    year = system.times.of_year()

    def add(columns: Columns | None, factor: np.ndarray) -> None:
        some = np.flatnonzero(factor)
        if columns is not None and len(some):
            rows.add(columns, [k] * len(some), some, sign * factor[some], year)

    def all_of(columns: Columns | None) -> np.ndarray:
        return np.ones(0 if columns is None else len(columns.members))

    if row.rule == "emission_cap":
        add(power, generators["emission_tco2_per_mwh"])
        _imported(parts, rows, k)
    elif row.rule == "import_cap":
        add(parts.imports, all_of(parts.imports))
    elif row.rule == "capacity_target":
        return _installed(parts, row, k, sign)
    elif row.rule == "self_sufficiency":
        add(power, all_of(power))
        add(parts.site_power, all_of(parts.site_power))
    else:
        green = (generators["renewable"] != 0).astype(float)
        way = -1.0 if row.rule == "curtailment_cap" else 1.0
        add(power, way * green)
        add(parts.site_power, way * all_of(parts.site_power))
        if row.rule == "curtailment_cap":
            return _available(parts, k, 1.0 - (row.value if row.unit == "share" else 0.0))
    return 0.0


def _imported(parts: Parts, rows: object, k: int) -> None:
    """Add emissions of imports at the factor of each stage's year."""
    system, imports = parts.system, parts.imports
    if imports is None:
        return
    network = system.network
    factors = np.zeros((system.times.stages, len(imports.members)))
    for stage in range(system.times.stages):
        table = network.in_stage("imports", "bus", stage)
        factors[stage, [imports.place(bus) for bus in table["bus"]]] = table["emission_tco2_per_mwh"]
    every = range(len(imports.members))
    rows.add(imports, [k] * len(imports.members), every, factors, system.times.of_year())  # type: ignore[attr-defined]


def _installed(parts: Parts, row: Rule, k: int, sign: float) -> float:
    """Add capacity of a technology, of all where none is named; returns what exists (storage without limit is none)."""
    system, network, existing = parts.system, parts.system.network, 0.0
    for kind, table, technology, held in (
        ("generator", network["generators"], network["generators"]["technology"], "capacity_mw"),
        ("site", network["sites"], network["sites"]["technology"], None),
        ("storage_power", network["storage"], np.full(len(network["storage"]), STORAGE, dtype=object), "power_mw"),
    ):
        counted = (technology == row.technology) | (row.technology == "")
        if held is not None:
            existing += float(table[held][counted].sum())
        added = system.columns.get(f"{kind}_added")
        if added is None:
            continue
        key = "storage" if kind == "storage_power" else kind
        names = [name for name in table[key][counted] if name in added.members]
        place = [added.place(name) for name in names]
        rows = system.rows[row.rule]
        rows.add(added, [k] * len(place), place, sign * np.ones(len(place)), system.times.so_far("stage"))
    return existing


def _available(parts: Parts, k: int, factor: float) -> float:
    """Add a part of what renewable plant could give in a year; returns that of what exists."""
    system, network, existing = parts.system, parts.system.network, 0.0
    generators, sites = network["generators"], network["sites"]
    hours = network["snapshots"]["weight_h"]
    rows = system.rows["curtailment_cap"]
    for kind, table in (
        ("generator", generators.take(generators["renewable"] != 0)),
        ("site", sites.take(sites["technology"] != STORAGE)),
    ):
        if not len(table):
            continue
        offered = hours @ network.curves(table)
        if kind == "generator":
            existing += factor * float(offered @ table["capacity_mw"])
        added = system.columns.get(f"{kind}_added")
        chosen_ = np.ones(len(table), dtype=bool) if kind == "site" else chosen(table)
        if added is not None and chosen_.any():
            place = [added.place(name) for name in table[kind][chosen_]]
            rows.add(added, [k] * len(place), place, factor * offered[chosen_], system.times.so_far("stage"))
    return existing
