"""What a prioritisation works on: planning units, management zones and what they hold, as arrays.

A variable is a unit in a management zone; variables are unit-major: unit x zones + zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from instances.faults import Fault, InstanceError
from instances.land import codes_of
from instances.restoration import split_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from instances.settings import Prioritisation

EVERY = "*"
"""Stands for all management zones together, or for each feature or group."""

COST = "cost"
"""The layer that is the cost of a unit; where no layer is called so, the cost of the units table."""


@dataclass(frozen=True)
class Pairs:
    """Values of pairs of units, (pairs,): codes of both units, and the value from the first to the second."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]


@dataclass(frozen=True)
class Targets:
    """Targets in the unit of the amounts, (targets,).

    Attributes
    ----------
    name, feature
        Words for each, and the code of its feature.
    rows
        What each variable adds, (targets, variables).
    sense
        `>=`, `<=` or `==`.
    value
        The amount; `whole` is what all units hold, in every management zone that counts.
    """

    name: pd.Series
    feature: NDArray[np.int64]
    rows: sp.csr_array
    sense: NDArray[np.str_]
    value: NDArray[np.float64]
    whole: NDArray[np.float64]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True)
class Sites:
    """The restoration tables as arrays over units, management zones and features."""

    tables: Mapping[str, pd.DataFrame]
    settings: Prioritisation

    @cached_property
    def units(self) -> pd.Series:
        """Names of the units, (units,)."""
        return self.tables["units"]["unit"]

    @cached_property
    def zones(self) -> pd.Series:
        """Names of the management zones; one without a name where the table is empty, (zones,)."""
        names = self.tables["management_zones"]["management_zone"].astype(str)
        return names.reset_index(drop=True) if len(names) else pd.Series([""])

    @property
    def n_units(self) -> int:
        """Number of planning units."""
        return len(self.units)

    @property
    def n_zones(self) -> int:
        """Number of management zones, 1 at least."""
        return len(self.zones)

    @property
    def n(self) -> int:
        """Number of variables: units x management zones."""
        return self.n_units * self.n_zones

    @property
    def features(self) -> pd.DataFrame:
        """The features table."""
        return self.tables["features"]

    def unit_codes(self, names: pd.Series) -> NDArray[np.int64]:
        """Return the codes of units, (rows,)."""
        return codes_of(names, self.units)

    def zone_code(self, name: str) -> int:
        """Return the code of a management zone; raises InstanceError where there is none."""
        found = np.flatnonzero(self.zones.to_numpy() == name)
        if not len(found):
            known = ", ".join(map(repr, self.zones))
            raise InstanceError([Fault("restoration", f"no management zone is called {name!r}", f"known are {known}")])
        return int(found[0])

    def in_zones(self, names: str) -> NDArray[np.bool_]:
        """Whether each variable lies in the management zones named (`*` = all, else separated by ;), (variables,)."""
        if names in (EVERY, ""):
            return np.ones(self.n, dtype=bool)
        inside = np.zeros(self.n_zones, dtype=bool)
        inside[[self.zone_code(name) for name in split_names(names)]] = True
        return np.tile(inside, self.n_units)

    def spread(self, table: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the variables that a table by unit and management zone speaks of, and the row of each.

        A row without a management zone speaks of all of them.
        """
        unit, names = self.unit_codes(table["unit"]), table["management_zone"].astype(str)
        every = (names == "").to_numpy()
        if self.n_zones == 1 and every.all():
            return unit, np.arange(len(table))
        row_all, row_one = np.flatnonzero(every), np.flatnonzero(~every)
        of_all = (unit[row_all][:, None] * self.n_zones + np.arange(self.n_zones)).ravel()
        of_one = unit[row_one] * self.n_zones + codes_of(names.iloc[row_one], self.zones)
        return np.concatenate([of_all, of_one]), np.concatenate([np.repeat(row_all, self.n_zones), row_one])

    def layer(self, name: str) -> NDArray[np.float64]:
        """Return the values of a layer, (variables,), 0 where it says nothing.

        `cost` and `area_ha` fall back to the units table; `one` is 1 for each. Raises InstanceError for others.
        """
        table = self.tables["layers"]
        mine = table[table["layer"].astype(str) == name]
        if len(mine):
            variable, row = self.spread(mine)
            stated = self.tables["units"][COST].to_numpy(dtype=float) if name == COST else np.zeros(self.n_units)
            values = np.repeat(stated, self.n_zones)
            values[variable] = mine["value"].to_numpy(dtype=float)[row]
            return values
        if name in (COST, "area_ha"):
            return np.repeat(self.tables["units"][name].to_numpy(dtype=float), self.n_zones)
        if name == "one":
            return np.ones(self.n)
        known = ", ".join([COST, "area_ha", "one", *sorted(set(table["layer"].astype(str)) - {COST})])
        raise InstanceError([Fault("restoration/layers", f"no layer is called {name!r}", f"known are {known}")])

    @cached_property
    def cost(self) -> NDArray[np.float64]:
        """Cost of each variable, (variables,)."""
        return self.layer(COST)

    @cached_property
    def limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Least and greatest share of each variable, (variables,) each.

        A unit that is locked in has no bound of its own here but must be chosen (`locked_in`); one locked out is 0.
        """
        lower, upper = np.zeros(self.n), np.full(self.n, self.most_share)
        table = self.tables["bounds"]
        if len(table):
            variable, row = self.spread(table)
            lower[variable] = table["lower"].to_numpy()[row]
            upper[variable] = np.minimum(table["upper"].to_numpy()[row], self.most_share)
        upper[np.repeat(self.status == "locked_out", self.n_zones)] = 0.0
        if self.n_zones == 1:
            lower[self.locked_in] = np.maximum(lower[self.locked_in], 1.0)
            upper[self.locked_in] = np.maximum(upper[self.locked_in], 1.0)
        return lower, upper

    @property
    def most_share(self) -> float:
        """Greatest share of a unit that is not locked in."""
        return self.settings.upper_limit if self.settings.decision == "semicontinuous" else 1.0

    @cached_property
    def status(self) -> NDArray[np.str_]:
        """Status of each unit, (units,)."""
        return self.tables["units"]["status"].to_numpy(dtype=str)

    @property
    def locked_in(self) -> NDArray[np.bool_]:
        """Whether each unit must be chosen, (units,)."""
        return self.status == "locked_in"

    @cached_property
    def amounts(self) -> sp.csr_array:
        """Amount of each feature that each variable holds, (features, variables)."""
        table = self.tables["amounts"]
        variable, row = self.spread(table)
        feature = codes_of(table["feature"], self.features["feature"])
        entries = (table["amount"].to_numpy(dtype=float)[row], (feature[row], variable))
        return sp.csr_array(sp.coo_array(entries, shape=(len(self.features), self.n)))

    @cached_property
    def targets(self) -> Targets:
        """All targets: one a feature with a target above 0, then those of the targets table."""
        features, table = self.features, self.tables["targets"]
        own = np.flatnonzero(features["target"].to_numpy(dtype=float) != 0)
        names = [features["feature"].astype(str).iloc[own], table["target"].astype(str)]
        feature = np.concatenate([own, codes_of(table["feature"], features["feature"]) if len(table) else own[:0]])
        zones = [EVERY] * len(own) + list(table["management_zones"].astype(str))
        rows = sp.csr_array(self.amounts[feature])
        for place, zone in enumerate(zones):
            if zone not in (EVERY, "") and self.n_zones > 1:
                part = slice(rows.indptr[place], rows.indptr[place + 1])
                rows.data[part] *= self.in_zones(zone)[rows.indices[part]]
        whole = np.asarray(rows @ np.ones(self.n))
        kind = np.array([*features["target_kind"].iloc[own], *table["kind"]], dtype=str)
        stated = np.array([*features["target"].iloc[own], *table["value"]], dtype=float)
        return Targets(
            name=pd.concat(names, ignore_index=True),
            feature=feature,
            rows=rows,
            sense=np.array([*[">="] * len(own), *table["sense"]], dtype=str),
            value=np.where(kind == "relative", stated * whole, stated),
            whole=whole,
            weight=np.array([*features["weight"].iloc[own], *table["weight"]], dtype=float),
        )

    @cached_property
    def borders(self) -> Pairs:
        """Shared borders of two units, each pair once."""
        table = self.tables["boundary"]
        inner = table[table["unit_a"].astype(str) != table["unit_b"].astype(str)]
        return self._pairs(inner, "length_m")

    @cached_property
    def outer(self) -> NDArray[np.float64]:
        """Border of each unit that it shares with none, (units,)."""
        table = self.tables["boundary"]
        mine = table[table["unit_a"].astype(str) == table["unit_b"].astype(str)]
        found = np.zeros(self.n_units)
        np.add.at(found, self.unit_codes(mine["unit_a"]), mine["length_m"].to_numpy(dtype=float))
        return found

    def connectivity(self, layer: str) -> Pairs:
        """Return the connectivity of a layer as stated: from the first unit to the second.

        Raises InstanceError where there is none. A layer `adjacency` that no row names is 1 for each shared border.
        """
        table = self.tables["connectivity"]
        mine = table[table["layer"].astype(str) == layer]
        if len(mine):
            return self._pairs(mine, "value")
        if layer == "adjacency":
            return Pairs(self.borders.left, self.borders.right, np.ones(len(self.borders.left)))
        known = ", ".join(sorted({"adjacency", *table["layer"].astype(str)}))
        raise InstanceError([Fault("restoration/connectivity", f"no layer is called {layer!r}", f"known are {known}")])

    def _pairs(self, table: pd.DataFrame, column: str) -> Pairs:
        left, right = (self.unit_codes(table[name]).astype(np.int32) for name in ("unit_a", "unit_b"))
        return Pairs(left, right, table[column].to_numpy(dtype=float))

    def zone_weights(self, layer: str) -> NDArray[np.float64]:
        """Return the weight of each pair of management zones, (zones, zones); by default each only with itself."""
        table = self.tables["zone_pairs"]
        mine = table[table["layer"].astype(str) == layer]
        if not len(mine):
            return np.eye(self.n_zones)
        weights = np.zeros((self.n_zones, self.n_zones))
        names = (mine["zone_a"].astype(str), mine["zone_b"].astype(str))
        weights[codes_of(names[0], self.zones), codes_of(names[1], self.zones)] = mine["value"]
        return weights

    @cached_property
    def groups(self) -> dict[str, NDArray[np.int64]]:
        """Codes of the units of each group."""
        table = self.tables["unit_groups"]
        codes = self.unit_codes(table["unit"])
        return {str(name): codes[place] for name, place in table.groupby("group", sort=True).indices.items()}
