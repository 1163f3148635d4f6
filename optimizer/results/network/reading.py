"""A network and its plan as arrays: what is decided by stage, what happens by stage and snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.network import Network

    Values = NDArray[np.float64]

FILE = "plan/network.parquet"
"""The network's part of a plan in the folder of a solve."""


@dataclass(frozen=True)
class NetworkPlan:
    """A network and the table of its plan (component, name, period, snapshot, quantity, value)."""

    network: Network
    table: pd.DataFrame = field(repr=False)

    @cached_property
    def _parts(self) -> dict[str, NDArray[np.int64]]:
        keys = self.table["component"].astype(str) + "|" + self.table["quantity"].astype(str)
        codes, names = pd.factorize(keys)
        order = np.argsort(codes, kind="stable").astype(np.int64)
        ends = np.cumsum(np.bincount(codes, minlength=len(names)))
        return dict(zip(names, np.split(order, ends[:-1]), strict=True)) if len(names) else {}

    @cached_property
    def snapshots(self) -> NDArray[np.object_]:
        """Names of the snapshots in the order of time, (snapshots,)."""
        return self.network["snapshots"]["snapshot"].astype(str).to_numpy(dtype=object)

    @cached_property
    def demand(self) -> Values:
        """MW drawn at each bus, (stages, snapshots, buses)."""
        return np.array([self.network.demand_mw(stage).T for stage in range(len(self.years))])

    @property
    def years(self) -> NDArray[np.float64]:
        """Years of each stage, by which its year counts, (stages,)."""
        return np.array(self.network.stage_lengths)

    def says(self, component: str, quantity: str) -> bool:
        """Whether the plan has such values."""
        return f"{component}|{quantity}" in self._parts

    def once(self, component: str, quantity: str, names: pd.Series) -> Values:
        """Return what has one value a stage, (stages, names); NaN where the plan does not say."""
        values = np.full((len(self.network.stage_years), len(names)), np.nan)
        rows, stage, name = self._placed(component, quantity, names)
        values[stage, name] = self.table["value"].to_numpy(dtype=float)[rows]
        return values

    def in_time(self, component: str, quantity: str, names: pd.Series) -> Values:
        """Return what has a value for every snapshot, (stages, snapshots, names); NaN where the plan does not say."""
        values = np.full((len(self.network.stage_years), len(self.snapshots), len(names)), np.nan)
        rows, stage, name = self._placed(component, quantity, names)
        at = pd.Index(self.snapshots).get_indexer(pd.Index(self.table["snapshot"].astype(str).to_numpy()[rows]))
        values[stage, at, name] = self.table["value"].to_numpy(dtype=float)[rows]
        return values

    def _placed(
        self, component: str, quantity: str, names: pd.Series
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return rows of a quantity with the places of their stage and name."""
        rows = self._parts.get(f"{component}|{quantity}", np.zeros(0, dtype=np.int64))
        said = self.table["name"].astype(str).to_numpy()[rows]
        name = pd.Index(names.astype(str)).get_indexer(pd.Index(said))
        stage = pd.Index(list(self.network.stage_years)).get_indexer(pd.Index(self.table["period"].to_numpy()[rows]))
        known = (name >= 0) & (stage >= 0)
        return rows[known], stage[known].astype(np.int64), name[known].astype(np.int64)


def read_network_plan(instance: Instance, folder: Path) -> NetworkPlan | None:
    """Return the network's part of a solved folder; None where the instance has no network or the folder no plan."""
    path = folder / FILE
    if instance.network is None or not path.is_file():
        return None
    return NetworkPlan(instance.network, pd.read_parquet(path))
