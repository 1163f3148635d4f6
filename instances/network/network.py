"""The network as the formulations read it: tables, codes of buses, curves as a matrix, stages in time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.land import codes_of
from instances.settings import NetworkSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from instances.settings import Settings

EVERY_YEAR = 0
"""Year of a row that holds for each stage without a row of its own, and of the one stage where no time is stated."""


@dataclass(frozen=True)
class Network:
    """The validated tables of the network part, by name, and what every formulation asks of them.

    Attributes
    ----------
    tables
        Tables by name as in `instances.schema`; those of an instance have their snapshots in the order of time. A
        limit that is not stated is infinite.
    settings
        Section `[network]` of the instance.
    stage_years
        End year of each planning period; without periods one stage, of year 0.
    stage_lengths
        Years of each stage, by which costs and emissions of its year count; 1 without periods.
    """

    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    settings: NetworkSettings = field(default_factory=NetworkSettings)
    stage_years: tuple[int, ...] = (EVERY_YEAR,)
    stage_lengths: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, tables: Mapping[str, pd.DataFrame], settings: Settings) -> Network:
        """Return the network of an instance: stages are its periods, one where it states no `[time]`."""
        if "time" not in settings.model_fields_set:
            return cls(tables, settings.network)
        years = settings.time.periods
        lengths = tuple(float(end - start) for start, end in zip(settings.starts, years, strict=True))
        return cls(tables, settings.network, years, lengths)

    def in_order(self) -> Network:
        """Return the network with its snapshots in the order of time."""
        snapshots = self.tables["snapshots"].sort_values("order", kind="stable").reset_index(drop=True)
        return replace(self, tables={**self.tables, "snapshots": snapshots})

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table by name."""
        return self.tables[name]

    @property
    def n_buses(self) -> int:
        """Number of buses."""
        return len(self.tables["buses"])

    @property
    def n_snapshots(self) -> int:
        """Number of snapshots."""
        return len(self.tables["snapshots"])

    def bus_codes(self, buses: pd.Series) -> NDArray[np.int64]:
        """Return the row of each bus in table `buses`, (values,)."""
        return codes_of(buses, self.tables["buses"]["bus"])

    @cached_property
    def voltage_kv(self) -> NDArray[np.float64]:
        """Nominal voltage by bus (buses,), kV."""
        return self.tables["buses"]["voltage_kv"].to_numpy(dtype=float)

    def susceptance(self, table: str) -> NDArray[np.float64]:
        """Return MW of flow a radian, by row of `lines` or `candidates`, for one circuit.

        V^2/x with the voltage of `from_bus`; 0 where the reactance is 0 (transport).
        """
        frame = self.tables[table]
        reactance = frame["reactance_ohm"].to_numpy(dtype=float)
        squared = self.voltage_kv[self.bus_codes(frame["from_bus"])] ** 2
        return np.divide(squared, reactance, out=np.zeros(len(frame)), where=reactance > 0)

    def loss_curve(self, table: str) -> NDArray[np.float64]:
        """Return the part of the square of a circuit's flow that is lost, 1/MW, (rows of `lines` or `candidates`,).

        R/V^2 with the voltage of `from_bus`; 0 without resistance.
        """
        frame = self.tables[table]
        resistance = frame["resistance_ohm"].to_numpy(dtype=float)
        squared = self.voltage_kv[self.bus_codes(frame["from_bus"])] ** 2
        return np.divide(resistance, squared, out=np.zeros(len(frame)), where=resistance > 0)

    @cached_property
    def link_efficiency(self) -> NDArray[np.float64]:
        """Share of the energy sent that arrives, by link (links,), in either direction."""
        links = self.tables["links"]
        lost = links["loss_share"] + links["loss_per_1000km"] * links["length_km"] / 1000
        return 1 - lost.to_numpy(dtype=float)

    @cached_property
    def weight_h(self) -> NDArray[np.float64]:
        """Hours of the year that each snapshot stands for (snapshots,), by which energy and emissions count."""
        return self.tables["snapshots"]["weight_h"].to_numpy(dtype=float)

    @cached_property
    def cost_weight_h(self) -> NDArray[np.float64]:
        """Hours by which the costs of each snapshot count (snapshots,)."""
        stated = self.tables["snapshots"]["cost_weight_h"].to_numpy(dtype=float)
        return np.where(stated > 0, stated, self.weight_h)

    @cached_property
    def step_h(self) -> NDArray[np.float64]:
        """Hours that each snapshot lasts (snapshots,), in which storage charges."""
        return self.tables["snapshots"]["step_h"].to_numpy(dtype=float)

    @cached_property
    def day_codes(self) -> NDArray[np.int64]:
        """Representative day of each snapshot (snapshots,), numbered as they come."""
        return pd.factorize(self.tables["snapshots"]["day"].astype(str))[0].astype(np.int64)

    @cached_property
    def _curves(self) -> tuple[pd.Index, NDArray[np.float64]]:
        table = self.tables["profiles"]
        code, names = pd.factorize(table["profile"].astype(str))
        curves = np.zeros((len(names), self.n_snapshots))
        curves[code, codes_of(table["snapshot"], self.tables["snapshots"]["snapshot"])] = table["value"]
        return pd.Index(names), curves

    def curves(self, profiles: pd.Series) -> NDArray[np.float64]:
        """Return the curve of each row (rows, snapshots), between 0 and 1; 1 throughout where none is named."""
        names, curves = self._curves
        table = np.vstack([curves, np.ones(self.n_snapshots)])
        return table[names.get_indexer(pd.Index(profiles.astype(str)))]  # not found is -1, the last row

    def at_stage(self, table: str, stage: int) -> pd.DataFrame:
        """Return the rows of a table with years (`loads`, `imports`) that hold in a stage, by its place.

        A row of the stage's year goes before the row of year 0; the index is that of the table.
        """
        frame = self.tables[table]
        own = frame[frame["year"] == self.stage_years[stage]]
        key = "load" if table == "loads" else "bus"
        general = frame[(frame["year"] == EVERY_YEAR) & ~frame[key].isin(own[key])]
        return pd.concat([own, general]).sort_index() if self.stage_years[stage] != EVERY_YEAR else own

    def demand_mw(self, stage: int) -> NDArray[np.float64]:
        """Return what is drawn at each bus (buses, snapshots), MW, in a stage by its place."""
        loads = self.at_stage("loads", stage)
        drawn = loads["peak_mw"].to_numpy(dtype=float)[:, None] * self.curves(loads["profile"])
        demand = np.zeros((self.n_buses, self.n_snapshots))
        np.add.at(demand, self.bus_codes(loads["bus"]), drawn)
        return demand
