"""How one plan differs from another: moves, carbon by component, cost, and what that does to every quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.followup.broken import KEPT, NEGLIGIBLE
from optimizer.results.ledger import PLAN_COMPONENTS, SUPPLY, by, ledger
from optimizer.results.rules import rules_table
from optimizer.results.solution import Solution, Termination

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.followup.given import Given

KEYS = ["rule", "rule_zh", "id", "region", "period", "group", "grade", "part", "sense", "bound", "unit", "source"]

CRUMB_HA = 1e-6
"""Hectares that count as none."""

SPECK = 1e-5
"""Amount, in the unit of a row, by which solvers may miss it."""


def changes_table(program: Program, shares: NDArray[np.float64]) -> pd.DataFrame:
    """Return what a plan changes: zone, from, to, period (end year), overlay, area_ha."""
    moves = program.moves
    area = shares[: len(moves)] * moves.area_ha
    used = np.flatnonzero(moves.changes & (area > CRUMB_HA))
    return _named(program, used, area[used])


def _named(program: Program, move: NDArray[np.int64], area: NDArray[np.float64]) -> pd.DataFrame:
    moves, names = program.moves, program.names
    classes = names.classes.to_numpy()
    return pd.DataFrame(
        {
            "zone": names.zones.to_numpy()[moves.zone[move]],
            "from": classes[moves.source[move]],
            "to": classes[moves.target[move]],
            "period": np.array([0, *names.periods])[moves.period[move]],
            "overlay": np.array(names.overlays, dtype=object)[moves.overlay[move]],
            "area_ha": area,
        }
    )


def moved(given: Given, old: NDArray[np.float64], new: NDArray[np.float64]) -> pd.DataFrame:
    """Return the changes of which one plan has more or less than another, with region, emissions and cost.

    `area_ha` is what the new plan has beyond the old; tCO2e and 10k CNY of that.
    """
    program = given.program
    moves = program.moves
    more = (new[: len(moves)] - old[: len(moves)]) * moves.area_ha
    rows = np.flatnonzero(moves.changes & (np.abs(more) > CRUMB_HA))
    table = _named(program, rows, more[rows])
    regions = given.block.land.regions["region"].astype(str).to_numpy()
    table.insert(1, "region", regions[program.names.regions[moves.zone[rows]]])
    table["emissions_tco2e"] = program.objectives["emissions"].per_ha[rows] * more[rows]
    table["cost_wanyuan"] = program.objectives["cost"].per_ha[rows] * more[rows]
    return table.sort_values("area_ha", ascending=False, key=np.abs, kind="stable").reset_index(drop=True)


def emissions_by_component(instance: Instance, program: Program, shares: NDArray[np.float64]) -> pd.Series:
    """Return cumulative tCO2e of a plan by component of the ledger.

    What the network supplies is what the ledger of land leaves of the objective "emissions".
    """
    sums = emissions_of(instance, changes_table(program, shares))
    if instance.network is not None:
        land = len(program.moves)
        sums[SUPPLY] = float(program.cost_of("emissions")[land:] @ shares[land:])
    return sums


def emissions_of(instance: Instance, table: pd.DataFrame) -> pd.Series:
    """Return cumulative tCO2e by component of the ledger of changes: zone, from, to, period, overlay, area_ha."""
    sums = by(ledger(instance, table), "component").set_index("component")["cumulative_tco2e"]
    return sums.reindex(list(PLAN_COMPONENTS)).fillna(0.0)


def quotas_between(program: Program, old: NDArray[np.float64], new: NDArray[np.float64]) -> pd.DataFrame:
    """Return every quota of which two plans leave another slack, or which one of them breaks.

    Beside the quota: value and slack in the old and in the new plan, and whether each breaks it. Areas of a project or
    lot are asked only where it is opened: in a plan that does not, value and slack are missing.
    """
    first, second = (rules_table(program, Solution(Termination.GIVEN_UP, "", shares=one)) for one in (old, new))
    given_up = first.index.difference(second.index)
    table = pd.concat([second, first.loc[given_up]])[KEYS].sort_index()
    nothing = KEPT * np.maximum(table["bound"].abs(), 1.0)
    for name, own in (("old", first), ("new", second)):
        for kind in ("value", "slack"):
            amount = own[kind].reindex(table.index)
            table[f"{kind}_{name}"] = amount.mask(amount.abs() <= nothing, 0.0)
        table[f"broken_{name}"] = (_short(own) > 0).reindex(table.index, fill_value=False)
    same = (table["value_new"] - table["value_old"]).abs() <= nothing
    told = table[~same | table["broken_new"] | table["broken_old"]]
    return told.sort_values("broken_new", ascending=False, kind="stable").reset_index(drop=True)


def broken(program: Program, shares: NDArray[np.float64]) -> pd.DataFrame:
    """Return the quotas that a plan breaks, with `short`: what is lacking, in the unit of each."""
    table = rules_table(program, Solution(Termination.GIVEN_UP, "", shares=shares))
    table["short"] = _short(table)
    return table.loc[table["short"] > 0, [*KEYS, "value", "short"]].reset_index(drop=True)


def _short(table: pd.DataFrame) -> pd.Series:
    """Return by how much each row is missed, 0 where it holds."""
    slack = table["slack"].where(table["sense"] != "==", -table["slack"].abs())
    size = np.maximum(np.maximum(table["bound"].abs(), table["value"].abs()), 1.0)
    return (-slack).where(-slack > np.maximum(NEGLIGIBLE * size, SPECK), 0.0)
