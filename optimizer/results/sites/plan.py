"""The selection as every tool reads it: unit, management_zone, amount."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.sites import Sites

SELECTION = "selection"
COLUMNS = ("unit", "management_zone", "amount")
SEEN = 1e-6
"""Share from which a unit counts as chosen."""


@dataclass(frozen=True)
class Selection:
    """Share of each unit in each management zone, (units, zones)."""

    sites: Sites
    share: NDArray[np.float64]

    @property
    def values(self) -> NDArray[np.float64]:
        """Value of each variable, (variables,)."""
        return self.share.ravel()

    @cached_property
    def taken(self) -> NDArray[np.float64]:
        """Share of each unit in all management zones together, (units,)."""
        return np.asarray(self.share.sum(axis=1))

    @property
    def chosen(self) -> NDArray[np.bool_]:
        """Whether each unit is chosen, (units,)."""
        return self.taken > SEEN

    @cached_property
    def zone(self) -> NDArray[np.int64]:
        """Management zone that takes most of each unit, -1 where it is not chosen, (units,)."""
        return np.where(self.chosen, self.share.argmax(axis=1), -1)

    def table(self) -> pd.DataFrame:
        """Return the table of the plan folder: one row a unit and management zone that is taken."""
        unit, zone = np.nonzero(self.share)
        return pd.DataFrame(
            {
                "unit": self.sites.units.astype(str).to_numpy()[unit],
                "management_zone": self.sites.zones.to_numpy()[zone],
                "amount": self.share[unit, zone],
            }
        )


def selection_of(sites: Sites, values: NDArray[np.float64]) -> Selection:
    """Return the selection that values of the variables, (variables,), stand for."""
    return Selection(sites, np.asarray(values, dtype=float).reshape(sites.n_units, sites.n_zones))


def write_selection(selection: Selection, folder: Path) -> None:
    """Write the selection as Parquet into a new folder."""
    folder.mkdir(parents=True)
    selection.table().to_parquet(folder / f"{SELECTION}.parquet", index=False)


def read_selection(sites: Sites, plan: Path) -> Selection:
    """Read a selection written by a solve, by hand or by another tool: a folder or a file, Parquet or CSV.

    A file needs `unit`; without `amount` a unit that is named is chosen, and a single management zone need not be
    named.

    Raises
    ------
    InstanceError
        Where there is no such file, or it names units and zones that are not there or shares that are no numbers.
    """
    path = _file(plan)
    table = _read(path)
    if "unit" not in table:
        raise InstanceError([Fault(str(path), "the column is missing", "a row names a unit", column="unit")])
    unit = sites.unit_codes(table["unit"].astype(str))
    zone = np.zeros(len(table), dtype=np.int64)
    if "management_zone" in table:
        names = table["management_zone"].fillna("").astype(str)
        zone = pd.Index(sites.zones).get_indexer(pd.Index(names))
        zone = np.where((zone < 0) & (sites.n_zones == 1) & (names == "").to_numpy(), 0, zone)
    elif sites.n_zones > 1:
        hint = "say in which management zone each unit is"
        raise InstanceError([Fault(str(path), "the column is missing", hint, column="management_zone")])
    amount = (
        pd.to_numeric(table["amount"], errors="coerce").to_numpy(float) if "amount" in table else np.ones(len(unit))
    )
    _refuse(path, table, unit, zone, amount)
    share = np.zeros((sites.n_units, sites.n_zones))
    np.add.at(share, (unit, zone), amount)
    return Selection(sites, share)


def joint_selection(instance: Instance, folder: Path) -> Selection | None:
    """Return the units that a solved land plan chooses; None where land is planned alone."""
    return read_selection(instance.require_sites(), folder) if instance.is_joint else None


def _file(plan: Path) -> Path:
    """Return the file of a selection in a plan, a folder of a solve or by itself."""
    if plan.is_file():
        return plan
    for folder in (plan / "plan", plan):
        for suffix in (".parquet", ".csv"):
            if (folder / f"{SELECTION}{suffix}").is_file():
                return folder / f"{SELECTION}{suffix}"
    raise InstanceError([Fault(str(plan), "holds no selection", "write selection.csv with the column unit")])


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype={"unit": str, "management_zone": str}, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "write it as CSV or Parquet")]) from error


def _refuse(
    path: Path, table: pd.DataFrame, unit: NDArray[np.int64], zone: NDArray[np.int64], amount: NDArray[np.float64]
) -> None:
    """Raise InstanceError for the first row of each kind that cannot be understood."""
    faults = []
    for column, wrong, message in (
        ("unit", unit < 0, "no unit is called so"),
        ("management_zone", zone < 0, "no management zone is called so"),
        ("amount", ~np.isfinite(amount), "is no number"),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            value = table[column].iloc[row] if column in table else ""
            faults.append(Fault(str(path), f"{value!r}: {message}", "", row + 2, column))
    if faults:
        raise InstanceError(faults)
