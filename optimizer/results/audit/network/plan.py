"""What plan/network.parquet says, as values of the columns of a network; what is no value is a failed check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from optimizer.results.audit.check import Check, count_check
from optimizer.results.audit.files import Names, RawTable, read_table
from optimizer.results.audit.network.plant import STORAGE

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.network.system import Columns, Scope, System
    from optimizer.results.audit.network.tables import Network
    from optimizer.results.audit.network.whole import Parts

FILE = "network.parquet"
RULE = "network"

COMPONENTS = {
    "generator": "generators",
    "site": "sites",
    "storage": STORAGE,
    "line": "lines",
    "link": "links",
    "candidate": "candidates",
    "import": "imports",
    "bus": "buses",
    "segment": "segments",
    "corridor": "corridors",
    "rule": "rules",
}
"""Components of a plan, and the table that names them."""

QUANTITIES: dict[str, tuple[str, ...]] = {
    "generator": ("capacity_mw", "power_mw", "curtailed_mw"),
    "site": (
        "capacity_mw",
        "opened",
        "energy_mwh",
        "power_mw",
        "curtailed_mw",
        "charge_mw",
        "discharge_mw",
        "level_mwh",
        "area_ha",
    ),
    "storage": ("capacity_mw", "energy_mwh", "charge_mw", "discharge_mw", "level_mwh", "start_mwh"),
    "line": ("capacity_mw", "flow_mw", "flow_forward_mw", "flow_backward_mw", "loss_mw"),
    "link": ("capacity_mw", "flow_mw", "flow_forward_mw", "flow_backward_mw"),
    "candidate": ("circuits", "flow_mw", "flow_forward_mw", "flow_backward_mw", "loss_mw"),
    "import": ("power_mw",),
    "bus": ("price", "angle_rad"),
    "segment": ("opened", "area_ha"),
    "corridor": ("opened", "area_ha"),
    "rule": ("worth",),
}

BY_STAGE = ("capacity_mw", "opened", "energy_mwh", "circuits", "area_ha", "worth")
TOLD = ("price", "worth", "area_ha")
"""Quantities that no check depends on: prices are NaN where a snapshot counts no hours, worths where no limit holds."""


UNLIMITED = ("storage", "capacity_mw")
"""What may be infinite: the power of stores that have no limit of it."""


@dataclass
class Written:
    """The table of a plan by component and quantity: arrays (copies, members), NaN where nothing is written."""

    system: System
    found: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def of(self, component: str, quantity: str, members: tuple[str, ...] | list[str]) -> np.ndarray:
        """Return the values of some members, (copies, members); what is missing is noted and counts as 0."""
        place = {name: k for k, name in enumerate(self.names[component])}
        scope: Scope = "stage" if quantity in BY_STAGE else "hour"
        values = self.found.get((component, quantity))
        if values is None:
            values = np.full((self.system.times.copies(scope), len(place)), np.nan)
        values = values[:, [place[name] for name in members]]
        holes = np.argwhere(np.isnan(values))
        if len(holes):
            copy, k = holes[0]
            self.missing.append(f"{self.words(component, members[k], scope, int(copy))}: {quantity}")
        return np.where(np.isnan(values), 0.0, values)

    def stated(self, component: str, quantity: str) -> bool:
        """Tell whether the plan says anything of a quantity."""
        return (component, quantity) in self.found

    def words(self, component: str, name: str, scope: Scope, copy: int) -> str:
        """Return component, period and snapshot of a value."""
        return described(self.system, f"{component} {name}", scope, copy)


def described(system: System, what: str, scope: Scope, copy: int) -> str:
    """Return something with its period and snapshot, as far as it has them."""
    year, snapshot = system.times.where(scope, copy)
    return what + (f", {year}" if year else "") + (f", snapshot {snapshot}" if snapshot else "")


def component_names(network: Network) -> dict[str, list[str]]:
    """Return the names of the members of each component."""
    keys = {component: {"import": "bus", "rule": "id"}.get(component, component) for component in COMPONENTS}
    return {one: list(dict.fromkeys(network[table][keys[one]])) for one, table in COMPONENTS.items()}


def read_written(folder: Path, system: System) -> Written:
    """Read the table of a plan; one that is not there or lacks a column is an AuditInputError."""
    table = read_table(folder / FILE)
    written = Written(system, names=component_names(system.network))
    components, quantities = (Names(pa.array(sorted(one), pa.string())) for one in (COMPONENTS, _all_quantities()))
    component, quantity = table.codes("component", components), table.codes("quantity", quantities)
    stage, snapshot = _stages(table, system.network), _snapshots(table, system.network)
    value = table.numbers("value", finite=False)
    kind = np.where((component >= 0) & (quantity >= 0), component.astype(np.int64) * len(quantities) + quantity, -1)
    bad = {"known": int((kind < 0).sum()), "once": 0, "finite": 0}
    order = np.argsort(kind, kind="stable")
    order = order[kind[order] >= 0]
    for rows in np.split(order, np.flatnonzero(np.diff(kind[order])) + 1) if len(order) else []:
        of, what = components.label(component[rows[0]]), quantities.label(quantity[rows[0]])
        if what not in QUANTITIES[of]:
            bad["known"] += len(rows)
            continue
        _fill(written, table, rows, (of, what), (stage[rows], snapshot[rows], value[rows]), bad)
    words = {
        "known": "every row names a component, quantity, period and snapshot of the instance",
        "once": "every value is told once",
        "finite": "every value is a number",
    }
    written.checks += [count_check(f"{RULE}.{name}", "plan", "", bad[name], words[name]) for name in bad]
    return written


def _all_quantities() -> set[str]:
    return {quantity for some in QUANTITIES.values() for quantity in some}


def _stages(table: RawTable, network: Network) -> np.ndarray:
    """Return the stage of each row, -1 for a period that is none."""
    years, stage = table.numbers("period", finite=False), np.full(len(table), -1)
    for place, year in enumerate(network.years):
        stage[years == year] = place
    return stage


def _snapshots(table: RawTable, network: Network) -> np.ndarray:
    """Return the snapshot of each row: -1 for none, -2 for an unknown one."""
    code = table.codes("snapshot", Names(pa.array(["", *network.snapshots], pa.string())))
    return np.where(code < 0, -2, code - 1)


def _fill(
    written: Written,
    table: RawTable,
    rows: np.ndarray,
    key: tuple[str, str],
    of: tuple[np.ndarray, np.ndarray, np.ndarray],
    bad: dict[str, int],
) -> None:
    """Put rows of one component and quantity in their places."""
    stage, snapshot, value = of
    times = written.system.times
    names = written.names[key[0]]
    code = RawTable(table.path, table.data.take(rows)).codes("name", Names(pa.array(names, pa.string())))
    by_stage = key[1] in BY_STAGE
    good = (code >= 0) & (stage >= 0) & ((snapshot == -1) if by_stage else (snapshot >= 0))
    copy = stage if by_stage else stage * times.within["hour"] + snapshot
    shape = (times.copies("stage" if by_stage else "hour"), len(names))
    place = (copy * len(names) + code)[good]
    bad["known"] += int((~good).sum())
    bad["once"] += len(place) - len(np.unique(place))
    if key[1] not in TOLD:
        unlimited = np.isposinf(value[good]) & (key == UNLIMITED)
        bad["finite"] += int((~np.isfinite(value[good]) & ~unlimited).sum())
    values = np.full(shape[0] * shape[1], np.nan)
    values[place] = value[good]
    written.found[key] = values.reshape(shape)


class Values:
    """Values of the columns of a system by family, read from what a plan says."""

    def __init__(self, parts: Parts, written: Written) -> None:
        self.system, self.written, self._parts = parts.system, written, parts
        self._of: dict[str, np.ndarray] = {}
        for name, columns in self.system.columns.items():
            self._of[name] = self._read(name, columns)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the values of a family, (copies, members)."""
        return self._of[name]

    def all(self) -> np.ndarray:
        """Return the values of all columns, (columns,)."""
        return np.concatenate([np.zeros(0), *(self._of[name].ravel() for name in self.system.columns)])

    def circuits(self) -> np.ndarray:
        """Return circuits of each candidate so far, (stages, candidates)."""
        return self.written.of("candidate", "circuits", self.written.names["candidate"])

    def _read(self, name: str, columns: Columns) -> np.ndarray:
        component, _, rest = name.partition("_")
        if name.startswith("site_storage_"):
            rest = name.removeprefix("site_storage_")
        if name.endswith("_added"):
            return self._added(component, rest.removesuffix("added").rstrip("_"), columns)
        if name.endswith("_opening"):
            return _steps(self.written.of(component, "opened", columns.members))
        if component == "candidate":
            return self._of_circuits(rest, columns)
        if name == "storage_start":
            return self._starts(columns)
        unit = {"MWh": "mwh"}.get(columns.unit, "mw")
        return self.written.of(component, f"{rest}_{unit}", columns.members)

    def _starts(self, columns: Columns) -> np.ndarray:
        """Return the levels with which days begin, (days, members); they stand at the first snapshot of each day."""
        values = self.written.found.get(("storage", "start_mwh"))
        place = np.array([self.written.names["storage"].index(name) for name in columns.members])
        first = np.flatnonzero(self.system.times.is_first)
        if values is None or np.isnan(values[np.ix_(first, place)]).any():
            self.written.missing.append(f"storage {columns.members[0]}: start_mwh")
            return np.zeros((len(first), len(place)))
        return values[np.ix_(first, place)]

    def _added(self, component: str, rest: str, columns: Columns) -> np.ndarray:
        """Return what each stage adds: the capacity of a plan less what was there before."""
        network = self.system.network
        energy = rest.endswith("energy")
        total = self.written.of(component, "energy_mwh" if energy else "capacity_mw", columns.members)
        table = network[COMPONENTS[component]]
        held = {"site": None, "storage": "energy_mwh" if energy else "power_mw"}.get(component, "capacity_mw")
        place = {name: k for k, name in enumerate(table[component])}
        rows = [place[name] for name in columns.members]
        existing = np.zeros(len(rows)) if held is None else table[held][rows]
        return _steps(total, existing)

    def _of_circuits(self, rest: str, columns: Columns) -> np.ndarray:
        """Return what each circuit is or carries: parallel ones are alike, and stand in order."""
        circuits = self._parts.circuits
        assert circuits is not None
        count = self.circuits()[:, circuits.candidate]
        stands = np.clip(count - (circuits.number - 1), 0.0, 1.0)
        if rest == "circuits":
            return _steps(stands)
        place = [circuits.built.place(name) for name in columns.members]
        names = [self.written.names["candidate"][k] for k in circuits.candidate[place]]
        flow = self.written.of("candidate", f"{rest}_mw", names)
        stage = self.system.times.stage_of("hour")
        total = np.where(count > 0, count, 1.0)[stage][:, place]
        share = np.where(count > 0, stands, circuits.number == 1)[stage][:, place]  # a flow without circuits is kept
        return flow / total * share


def _steps(total: np.ndarray, existing: np.ndarray | float = 0.0) -> np.ndarray:
    """Return by how much each stage exceeds the one before."""
    before = np.vstack([np.zeros((1, total.shape[1])) + existing, total[:-1]])
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(before) & np.isinf(total), 0.0, total - before)
