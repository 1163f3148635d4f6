r"""A case of MATPOWER as a network instance: `sanqu import matpower`.

One snapshot of an hour under linear power flow: the flow of a branch is its angle difference times
:math:`1 / (x \tau)` with reactance x and tap ratio :math:`\tau`, as MATPOWER's `makeBdc`. Candidates are the rows of
`mpc.ne_branch`, as PowerModels writes them; with candidates only their construction counts, as in PowerModels' problem
`tnep`. Equal candidates become one with several circuits.

Limits of angle differences act as limits of flow. A branch without a limit gets the total supply, which no lossless
flow exceeds.

Source: Zimmerman and Murillo-Sánchez, MATPOWER User's Manual 8.0; PowerModels.jl 0.21, network data format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.network.write import raise_if_unusable, write_network
from instances.readers.matpower_files import Case, Matrix, read_case
from instances.readers.notes import Imported, Note
from instances.settings import About, NetworkSettings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

BUS, TYPE, PD, GS, BASE_KV = 0, 1, 2, 4, 9
GEN_BUS, GEN_STATUS, PMAX, PMIN = 0, 7, 8, 9
FROM, TO, X, RATE_A, TAP, SHIFT, STATUS, ANGMIN, ANGMAX, COST = 0, 1, 3, 5, 8, 9, 10, 11, 12, 13
DC_STATUS, DC_PMIN, DC_PMAX, LOSS0, LOSS1 = 2, 9, 10, 15, 16
"""Places of columns in the case format, version 2; the last one of a branch in PowerModels' `ne_branch`."""

ISOLATED = 4
REFUSED = ("storage", "switch", "A", "N", "if", "reserves", "softlims")
"""Matrices of PowerModels, and user limits and costs of MATPOWER, that change the optimum and have no counterpart."""


@dataclass
class _Grid:
    """What every part of a case is read against."""

    case: Case
    base_mva: float
    voltage_kv: dict[int, float]
    supply_mw: float
    notes: list[Note] = field(default_factory=list)

    def known(self, matrix: Matrix, place: int, column: str) -> NDArray[np.int64]:
        """Return bus numbers of a column; raises InstanceError where one is no bus."""
        buses = matrix.column(place).astype(np.int64)
        for row in np.flatnonzero(~np.isin(buses, list(self.voltage_kv))):
            raise matrix.fault(int(row), column, f"bus {buses[row]} is not in mpc.bus")
        return buses


def import_matpower(source: Path, folder: Path, name: str) -> Imported:
    """Write a case as an instance; raises InstanceError with what is wrong in it."""
    study = read_matpower(source)
    about = About(name=name, title_en=name, title_zh=name, provenance=f"MATPOWER, {source.name}")
    write_network(folder, about, NetworkSettings(money="currency", horizon_h=1.0), study.tables)
    raise_if_unusable(folder, source)
    return study


def read_matpower(source: Path) -> Imported:
    """Read a case file.

    Raises
    ------
    InstanceError
        With the line of what cannot be read, or of what Sanqu has no counterpart for.
    """
    case = read_case(source)
    for name in REFUSED:
        if len(case.matrix(name)):
            raise case.matrix(name).fault(0, name, "has no counterpart in Sanqu", "delete the matrix")
    bus = case.matrix("bus")
    if not len(bus) or "baseMVA" not in case.scalars:
        missing = "mpc.bus" if not len(bus) else "mpc.baseMVA"
        raise InstanceError([Fault(str(source), f"{missing} is missing", "is it a MATPOWER case?")])
    base = case.scalars["baseMVA"]
    _check_buses(bus)
    voltage = {
        int(number): kv or np.sqrt(base) for number, kv in zip(bus.column(BUS), bus.column(BASE_KV), strict=True)
    }
    grid = _Grid(case, base, voltage, _supply(case))
    candidates = _candidates(grid)
    links, lost = _links(grid)
    tables = {
        "buses": pd.DataFrame({"bus": list(voltage), "voltage_kv": list(voltage.values())}),
        "snapshots": pd.DataFrame({"snapshot": ["case"], "weight_h": [1.0]}),
        "generators": pd.concat([_generators(grid, with_costs=candidates.empty), _fed_in(grid)], ignore_index=True),
        "lines": _lines(grid),
        "candidates": candidates,
        "links": links,
        "loads": pd.concat([_loads(grid), lost], ignore_index=True),
    }
    if len(candidates):
        note = "As in PowerModels' tnep only construction counts: costs of generation are left out."
        grid.notes.append(Note("与 PowerModels 的 tnep 一致，只计建设成本，发电成本未读入。", note))
    return Imported({name: table for name, table in tables.items() if len(table)}, tuple(grid.notes))


def _check_buses(bus: Matrix) -> None:
    """Raise InstanceError where a bus has no number of its own."""
    number = bus.column(BUS)
    for row in np.flatnonzero((number != np.round(number)) | ~np.isfinite(number)):
        raise bus.fault(int(row), "bus_i", f"bus {number[row]:g} is not a whole number")
    for row in np.flatnonzero(pd.Series(number).duplicated()):
        raise bus.fault(int(row), "bus_i", f"bus {number[row]:g} stands twice", "each number may occur once")


def _supply(case: Case) -> float:
    """Return what can be fed in at most, MW: by plant, by DC lines at their ends, and where demand is negative."""
    gen, dcline, bus = case.matrix("gen"), case.matrix("dcline"), case.matrix("bus")
    plant = gen.column(PMAX).clip(min=0).sum() if len(gen) else 0.0
    plant -= _drawn(bus).clip(max=0).sum() if len(bus) else 0.0
    if len(dcline):
        plant += np.maximum(np.abs(dcline.column(DC_PMIN)), np.abs(dcline.column(DC_PMAX))).sum()
    return float(plant)


def _drawn(bus: Matrix) -> Values:
    """Return MW drawn at each bus, with its shunt conductance at 1 p.u.; isolated buses draw nothing."""
    drawn = bus.column(PD) + bus.column(GS)
    for row in np.flatnonzero(~np.isfinite(drawn)):
        raise bus.fault(int(row), "Pd", f"{drawn[row]:g} MW is not a finite number")
    return np.where(bus.column(TYPE) == ISOLATED, 0.0, drawn)


def _loads(grid: _Grid) -> pd.DataFrame:
    """Return what is drawn at each bus."""
    bus = grid.case.matrix("bus")
    number, drawn = bus.column(BUS).astype(np.int64), _drawn(bus)
    held = drawn > 0
    names = [f"load {one}" for one in number[held]]
    return pd.DataFrame({"load": names, "bus": number[held], "peak_mw": drawn[held]})


def _fed_in(grid: _Grid) -> pd.DataFrame:
    """Return demand below zero as plant whose output is fixed."""
    bus = grid.case.matrix("bus")
    number, drawn = bus.column(BUS).astype(np.int64), _drawn(bus)
    held = drawn < 0
    if not held.any():
        return pd.DataFrame()
    names = [f"feed-in {one}" for one in number[held]]
    table = {"generator": names, "bus": number[held], "technology": "feed-in", "capacity_mw": -drawn[held]}
    return pd.DataFrame({**table, "marginal_cost": 0.0, "minimum_share": 1.0})


def _generators(grid: _Grid, with_costs: bool) -> pd.DataFrame:
    gen = grid.case.matrix("gen")
    if not len(gen):
        return pd.DataFrame()
    bus = grid.known(gen, GEN_BUS, "bus")
    most, least = gen.column(PMAX), gen.column(PMIN)
    for row in np.flatnonzero(np.isinf(most) | np.isinf(least)):
        raise gen.fault(int(row), "Pmax", "Pmin or Pmax is not a finite number", "write what the plant can feed in")
    kind = grid.case.matrix("bus").column(TYPE)
    isolated = set(grid.case.matrix("bus").column(BUS)[kind == ISOLATED].astype(np.int64).tolist())
    held = (gen.column(GEN_STATUS) > 0) & (most > 0) & ~np.isin(bus, list(isolated))
    for row in np.flatnonzero((gen.column(GEN_STATUS) > 0) & ((least < 0) | (least > np.maximum(most, 0)))):
        message = f"Pmin {least[row]:g} lies outside 0 to Pmax {most[row]:g}"
        raise gen.fault(int(row), "Pmin", message, "write what is drawn as a load")
    fuel = grid.case.texts.get("genfuel", ())
    names = fuel if len(fuel) == len(gen) else ("generator",) * len(gen)
    cost = _linear_costs(grid, "gencost", held) if with_costs else np.zeros(len(gen))
    return pd.DataFrame(
        {
            "generator": [f"G{row + 1}" for row in np.flatnonzero(held)],
            "bus": bus[held],
            "technology": np.array(names, dtype=object)[held],
            "capacity_mw": most[held],
            "marginal_cost": cost[held],
            "minimum_share": (least[held] / most[held]),
        }
    )


def _linear_costs(grid: _Grid, name: str, held: NDArray[np.bool_]) -> Values:
    """Return money a MWh by row; costs that are not linear are refused, fixed ones left out."""
    matrix, count = grid.case.matrix(name), len(held)
    if not len(matrix):
        return np.zeros(count)
    if len(matrix) < count:
        raise matrix.fault(len(matrix) - 1, name, f"is the last of {len(matrix)} rows for {count}", "state a row each")
    costs, fixed = np.zeros(count), False
    for row in np.flatnonzero(held):
        model, terms = matrix.rows[row, 0], int(matrix.rows[row, 3])
        terms_stated = matrix.rows[row, 4 : 4 + terms]
        if model != 2 or (terms > 2 and np.any(terms_stated[:-2] != 0)):
            kind = "piecewise" if model != 2 else "not linear"
            raise matrix.fault(int(row), name, f"is {kind}; costs are linear in Sanqu", "replace it by one cost a MWh")
        costs[row] = terms_stated[-2] if terms >= 2 else 0.0
        fixed |= bool(terms >= 1 and terms_stated[-1] != 0)
    if fixed:
        grid.notes.append(Note(f"{name} 的固定成本未读入。", f"Fixed costs of {name} are left out."))
    return costs


def _circuits(grid: _Grid, name: str) -> tuple[Matrix, NDArray[np.bool_], dict[str, NDArray[np.generic]]]:
    """Return a matrix of branches, which of them are in service, and their electrical columns."""
    matrix = grid.case.matrix(name)
    ends = {"from_bus": grid.known(matrix, FROM, "fbus"), "to_bus": grid.known(matrix, TO, "tbus")}
    held = matrix.column(STATUS, 1.0) > 0
    tap = matrix.column(TAP, 0.0)
    share = matrix.column(X) * np.where(tap == 0, 1.0, tap)
    for row in np.flatnonzero(held & (share <= 0)):
        raise matrix.fault(int(row), "x", f"reactance {matrix.column(X)[row]:g} must be above 0", "merge its buses")
    for row in np.flatnonzero(held & (matrix.column(SHIFT, 0.0) != 0)):
        raise matrix.fault(int(row), "angle", "phase shifters have no counterpart in Sanqu", "set the shift to 0")
    volts = np.array([grid.voltage_kv[int(bus)] for bus in ends["from_bus"]])
    limit = _limits(grid, matrix, held, share)
    return matrix, held, {**ends, "reactance_ohm": share * volts**2 / grid.base_mva, "capacity_mw": limit}


def _limits(grid: _Grid, matrix: Matrix, held: NDArray[np.bool_], share: Values) -> Values:
    """Return MW by branch: its rating, or what its greatest angle difference lets through, whichever is less."""
    rate = matrix.column(RATE_A)
    low, high = matrix.column(ANGMIN, -360.0), matrix.column(ANGMAX, 360.0)
    free = ((low <= -360) | (low == 0)) & ((high >= 360) | (high == 0))
    for row in np.flatnonzero(held & ~free & (low != -high)):
        message = f"angle limits {low[row]:g} and {high[row]:g} differ"
        raise matrix.fault(int(row), "angmin", message, "state the same limit both ways, or none")
    angle = np.divide(grid.base_mva * np.deg2rad(high), share, out=np.full(len(rate), np.inf), where=share > 0)
    limit = np.where((rate > 0) & np.isfinite(rate), rate, grid.supply_mw)
    return np.where(free, limit, np.minimum(limit, angle))


def _lines(grid: _Grid) -> pd.DataFrame:
    if not len(grid.case.matrix("branch")):
        return pd.DataFrame()
    _, held, columns = _circuits(grid, "branch")
    table = pd.DataFrame(columns)[held].reset_index(drop=True)
    return table.assign(line=_names(table))


def _candidates(grid: _Grid) -> pd.DataFrame:
    """Return table `candidates`; equal ones are one with as many additions."""
    if not len(grid.case.matrix("ne_branch")):
        return pd.DataFrame()
    matrix, held, columns = _circuits(grid, "ne_branch")
    place = matrix.columns.index("construction_cost") if "construction_cost" in matrix.columns else COST
    cost = matrix.column(place)
    for row in np.flatnonzero(held & (cost < 0)):
        raise matrix.fault(int(row), "construction_cost", f"{cost[row]:g} must not be negative")
    table = pd.DataFrame({**columns, "cost": cost})[held]
    table = table.groupby(list(table.columns), sort=False).size().reset_index(name="max_additions")
    return table.assign(candidate=_names(table))


def _names(table: pd.DataFrame) -> list[str]:
    """Return `from-to` for each row, with a number where several join the same buses."""
    plain = table["from_bus"].astype(str) + "-" + table["to_bus"].astype(str)
    number = plain.groupby(plain).cumcount() + 1
    return [f"{name} ({place})" if place > 1 else name for name, place in zip(plain, number, strict=True)]


def _links(grid: _Grid) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return DC lines as links, and their constant losses as loads at the receiving end."""
    matrix = grid.case.matrix("dcline")
    held = matrix.column(DC_STATUS) > 0 if len(matrix) else np.empty(0, dtype=bool)
    if not held.any():
        return pd.DataFrame(), pd.DataFrame()
    low, high = matrix.column(DC_PMIN), matrix.column(DC_PMAX)
    size = np.maximum(np.abs(low), np.abs(high))
    constant, share = matrix.column(LOSS0, 0.0), matrix.column(LOSS1, 0.0)
    for row in np.flatnonzero(held & (high < 0)):
        message = f"Pmax {high[row]:g} is below 0: it always runs against its direction"
        raise matrix.fault(int(row), "pmax", message, "swap its buses")
    for row in np.flatnonzero(held & (low < 0) & (share != 0)):
        message = "losses of a line that runs both ways are those of one direction"
        raise matrix.fault(int(row), "loss1", message, "make two lines, one each way")
    for row in np.flatnonzero(held & ((share < 0) | (share >= 1) | (constant < 0) | (size <= 0) | (low > high))):
        raise matrix.fault(int(row), "loss1", "limits or losses make no sense", "Pmin <= Pmax, 0 <= loss1 < 1")
    table = pd.DataFrame(
        {
            "from_bus": grid.known(matrix, FROM, "fbus"),
            "to_bus": grid.known(matrix, TO, "tbus"),
            "capacity_mw": size,
            "minimum_share": low / np.where(size > 0, size, 1.0),
            "maximum_share": high / np.where(size > 0, size, 1.0),
            "loss_share": share,
        }
    )
    with_costs = not len(grid.case.matrix("ne_branch"))
    table["marginal_cost"] = _linear_costs(grid, "dclinecost", held) if with_costs else 0.0
    table = table[held].reset_index(drop=True)
    table["link"] = [f"dc {name}" for name in _names(table)]
    lost = pd.DataFrame({"load": "losses " + table["link"], "bus": table["to_bus"], "peak_mw": constant[held]})
    return table, lost[lost["peak_mw"] > 0]
