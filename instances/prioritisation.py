"""A prioritisation in a few lines, from what a researcher holds in memory.

    Problem(units, features, amounts).targets(relative=0.2).minimum_set().boundary_penalty(10).write("study")

选址问题的构造接口。Each call returns a new problem; the one it was called on stays as it was.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import geopandas
import numpy as np
import pandas as pd

from instances.instance import Instance
from instances.land import codes_of
from instances.problem_tables import (
    amounts_table,
    boundary_table,
    connectivity_table,
    features_table,
    measured_boundary,
    units_table,
    wrong,
)
from instances.restoration import Restoration
from instances.settings import About, Prioritisation, Settings, SiteObjective, SiteObjectiveKind
from instances.site_rules import RULE_FORMS
from instances.site_tables import checked_tables
from instances.sites import COST, EVERY
from instances.write_sites import write_settings, write_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from instances.sites import Sites

    Units = ArrayLike | Sequence[object]

UNNAMED = Path("problem")
"""Stands for the folder in messages about a problem that was not written."""


class Problem:
    """Planning units, features, what the units hold, and what is asked of the choice.

    Parameters
    ----------
    units
        A frame with the columns of the units table (unit, cost, ...), with polygons or without, or an array of costs.
    features
        A frame with the columns of the features table, or names.
    amounts
        A long frame (unit, feature, amount), a matrix (units, features), dense or sparse, or a matrix by name of the
        management zone.
    """

    def __init__(
        self, units: pd.DataFrame | ArrayLike, features: pd.DataFrame | Sequence[str], amounts: object
    ) -> None:
        self._tables: dict[str, pd.DataFrame] = {"units": units_table(units), "features": features_table(features)}
        self._tables["amounts"] = amounts_table(amounts, self._units["unit"], self._features["feature"])
        if isinstance(amounts, dict):
            self._tables["management_zones"] = pd.DataFrame({"management_zone": list(amounts)})
        self._objectives: tuple[SiteObjective, ...] = ()
        self._settings: dict[str, Any] = {}

    @property
    def _units(self) -> pd.DataFrame:
        return self._tables["units"]

    @property
    def _features(self) -> pd.DataFrame:
        return self._tables["features"]

    def _with(self, name: str, frame: pd.DataFrame) -> Self:
        return self._changed(_tables=self._tables | {name: frame})

    def _changed(self, **attributes: object) -> Self:
        made = copy.copy(self)
        made.__dict__.update(attributes)
        return made

    def _add(self, name: str, frame: pd.DataFrame) -> Self:
        held = self._tables.get(name)
        return self._with(name, frame if held is None else pd.concat([held, frame], ignore_index=True))

    def _by_feature(self, values: float | Mapping[str, float] | ArrayLike) -> np.ndarray:
        names = self._features["feature"].astype(str)
        if isinstance(values, dict):
            unknown = sorted(set(map(str, values)) - set(names))
            if unknown:
                raise wrong("features", f"no feature is called {', '.join(unknown)}")
            return names.map({str(key): value for key, value in values.items()}).fillna(0.0).to_numpy(dtype=float)
        return np.broadcast_to(np.asarray(values, dtype=float), len(names)).copy()

    def targets(
        self,
        *,
        relative: float | Mapping[str, float] | ArrayLike | None = None,
        absolute: float | Mapping[str, float] | ArrayLike | None = None,
    ) -> Self:
        """Ask for a share of what all units hold of each feature, or for amounts; by name, by place, or one for all."""
        if (relative is None) == (absolute is None):
            raise wrong("targets", "takes one of relative and absolute")
        stated, kind = (absolute, "absolute") if relative is None else (relative, "relative")
        assert stated is not None
        return self._with("features", self._features.assign(target=self._by_feature(stated), target_kind=kind))

    def target(
        self,
        feature: str,
        value: float,
        sense: Literal[">=", "<=", "=="] = ">=",
        kind: Literal["absolute", "relative"] = "absolute",
        zones: str = EVERY,
    ) -> Self:
        """Ask for one thing more of a feature, over some management zones (separated by ;)."""
        number = len(self._tables.get("targets", ())) + 1
        row = {"target": f"t{number}", "feature": feature, "management_zones": zones}
        return self._add("targets", pd.DataFrame([row | {"sense": sense, "kind": kind, "value": value}]))

    def weights(self, weights: Mapping[str, float] | ArrayLike) -> Self:
        """Weigh features in shortfall, utility, cover and representation objectives."""
        return self._with("features", self._features.assign(weight=self._by_feature(weights)))

    def _objective(self, kind: SiteObjectiveKind, weight: float, tolerance: float) -> Self:
        goal = SiteObjective(kind=kind, weight=weight, tolerance=tolerance)
        return self._changed(_objectives=(*self._objectives, goal))

    def minimum_set(self, weight: float = 1.0, tolerance: float = 0.0) -> Self:
        """Meet every target at least cost."""
        return self._objective("minimum_set", weight, tolerance)

    def minimum_shortfall(self, weight: float = 1.0, tolerance: float = 0.0) -> Self:
        """Come as near to the targets as the budget allows, all shortfalls added up."""
        return self._objective("minimum_shortfall", weight, tolerance)

    def minimum_largest_shortfall(self, weight: float = 1.0, tolerance: float = 0.0) -> Self:
        """Make the largest shortfall as small as the budget allows."""
        return self._objective("minimum_largest_shortfall", weight, tolerance)

    def maximum_utility(self, weight: float = 1.0, tolerance: float = 0.0) -> Self:
        """Hold as much of everything as the budget allows."""
        return self._objective("maximum_utility", weight, tolerance)

    def maximum_cover(self, weight: float = 1.0, tolerance: float = 0.0) -> Self:
        """Hold as many features at least once as the budget allows."""
        return self._objective("maximum_cover", weight, tolerance)

    def maximum_features(self, weight: float = 1.0, tolerance: float = 0.0) -> Self:
        """Meet as many targets as the budget allows."""
        return self._objective("maximum_features", weight, tolerance)

    def maximum_branches(self, branches: pd.DataFrame, weight: float = 1.0, tolerance: float = 0.0) -> Self:
        """Hold as much of a tree of features as the budget allows; `branches` has branch, feature and weight."""
        goal = SiteObjective(kind="maximum_branches", weight=weight, tolerance=tolerance)
        return self._with("branches", branches)._changed(_objectives=(*self._objectives, goal))  # noqa: SLF001

    def minimum_penalties(self, weight: float = 1.0, tolerance: float = 0.0) -> Self:
        """Meet targets and budget with the least penalties."""
        return self._objective("minimum_penalties", weight, tolerance)

    def maximum_mesh(self) -> Self:
        """Make the effective mesh size of habitat as large as limits allow; layer `habitat` is 1 where it is now."""
        return self._objective("maximum_mesh", 1.0, 0.0)

    def maximum_iic(self, distance: float) -> Self:
        """Make the integral index of connectivity as large as limits allow; patches so near, in m, are linked."""
        goal = self._objective("maximum_iic", 1.0, 0.0)
        return goal.rule("least_iic", value=0.0, factor=distance)

    def maximum_largest_patch(self) -> Self:
        """Make the largest patch of habitat as large as limits allow."""
        return self._objective("maximum_largest_patch", 1.0, 0.0)

    def minimum_patches(self) -> Self:
        """Leave habitat in as few patches as limits allow."""
        return self._objective("minimum_patches", 1.0, 0.0)

    def minimum_restoration(self) -> Self:
        """Restore as little as limits allow."""
        return self._objective("minimum_restoration", 1.0, 0.0)

    def in_order(self) -> Self:
        """Take the objectives one after the other, each within its tolerance, instead of adding them up."""
        return self._set(combine="hierarchical")

    def proportion(self) -> Self:
        """Let any share of a unit be chosen."""
        return self._set(decision="proportion")

    def semicontinuous(self, least_share: float, upper_limit: float = 1.0) -> Self:
        """Let nothing of a unit be chosen, or a share between two limits."""
        return self._set(decision="semicontinuous", least_share=least_share, upper_limit=upper_limit)

    def _set(self, **settings: Any) -> Self:
        return self._changed(_settings=self._settings | settings)

    def locked_in(self, units: Units) -> Self:
        """Choose these units, by name or as one truth value a unit."""
        return self._status(units, "locked_in")

    def locked_out(self, units: Units) -> Self:
        """Never choose these units, by name or as one truth value a unit."""
        return self._status(units, "locked_out")

    def _status(self, units: Units, status: str) -> Self:
        place = self._places(units)
        now = self._units.get("status", pd.Series("free", index=self._units.index)).to_numpy(dtype=object, copy=True)
        both = place[(now[place] != "free") & (now[place] != status)]
        if len(both):
            raise wrong("units", f"unit {self._units['unit'].iloc[both[0]]} is both {now[both[0]]} and {status}")
        now[place] = status
        return self._with("units", self._units.assign(status=now))

    def _places(self, units: Units) -> np.ndarray:
        given = np.asarray(units)
        if given.dtype == bool:
            if len(given) != len(self._units):
                raise wrong("units", f"{len(given)} truth values for {len(self._units)} units")
            return np.flatnonzero(given)
        place = codes_of(pd.Series(given), self._units["unit"])
        if (place < 0).any():
            raise wrong("units", f"no unit is called {given[place < 0][0]}")
        return place

    def bounds(self, bounds: pd.DataFrame) -> Self:
        """Bound the share of units: unit, management_zone where there are several, lower, upper."""
        return self._add("bounds", bounds)

    def layer(self, name: str, values: ArrayLike, zone: str = "") -> Self:
        """Add values of the units that rules can name, (units,), for one management zone or for all."""
        columns = {"layer": name, "unit": self._units["unit"], "management_zone": zone}
        return self._add("layers", pd.DataFrame(columns | {"value": np.asarray(values, dtype=float)}))

    def group(self, name: str, units: Units) -> Self:
        """Name a group of units: a natural patch, a core area, alternatives."""
        members = self._units["unit"].iloc[self._places(units)].to_numpy()
        return self._add("unit_groups", pd.DataFrame({"group": name, "unit": members}))

    def zone_weights(self, layer: str, weights: pd.DataFrame) -> Self:
        """Weigh pairs of management zones in `boundary` or a connectivity layer; rows and columns name the zones."""
        pairs = weights.rename_axis("zone_a").reset_index().melt("zone_a", var_name="zone_b", value_name="value")
        return self._add("zone_pairs", pairs.assign(layer=layer))

    def rule(self, rule: str, **cells: object) -> Self:
        """Add a constraint or penalty of the rules table, with the cells of its row (value, layer, group, ...)."""
        number = len(self._tables.get("rules", ())) + 1
        return self._add("rules", pd.DataFrame([{"id": f"{rule}{number}", "rule": rule} | cells]))

    def budget(self, value: float, layer: str = COST, zone: str = EVERY) -> Self:
        """Spend at most a sum."""
        return self.rule("budget", value=value, layer=layer, management_zone=zone)

    def corridor(self, *cores: str, rings: int = 0, layer: str = "") -> Self:
        """Connect core areas, each a group, through chosen units; rings of neighbours on either side belong to it.

        A layer is added to what is minimised for each chosen unit.
        """
        return self.rule("corridor", group=";".join(cores), value=rings, layer=layer)

    def boundary(self, boundary: object) -> Self:
        """State borders: a frame (unit_a, unit_b, length_m) or a symmetric matrix with outer edges on its diagonal."""
        return self._with("boundary", boundary_table(boundary, self._units["unit"]))

    def boundary_penalty(self, value: float, edge_factor: float = 0.5, boundary: object = None) -> Self:
        """Add a penalty on the border of what is chosen; borders are measured where units are polygons."""
        stated = self if boundary is None else self.boundary(boundary)
        return stated.rule("boundary_penalty", value=value, factor=edge_factor)

    def connectivity_penalty(self, value: float, layer: str, connectivity: object, symmetric: bool = True) -> Self:
        """Reward chosen units that are well connected, or penalise connectivity that leads out where asymmetric."""
        table = connectivity_table(layer, connectivity, self._units["unit"], symmetric)
        name = "connectivity_penalty" if symmetric else "asymmetric_connectivity_penalty"
        return self._add("connectivity", table).rule(name, value=value, layer=layer)

    def _finished(self) -> dict[str, pd.DataFrame]:
        """Return the tables, with borders measured where a rule asks for them and nothing states them."""
        rules = self._tables.get("rules")
        asks = rules is not None and any(RULE_FORMS[name].borders for name in rules["rule"] if name in RULE_FORMS)
        if asks and "boundary" not in self._tables and isinstance(self._units, geopandas.GeoDataFrame):
            return self._tables | {"boundary": measured_boundary(self._units)}
        return dict(self._tables)

    def _prioritisation(self) -> Prioritisation:
        return Prioritisation(objective=self._objectives or (SiteObjective(kind="minimum_set"),), **self._settings)

    def _about(self, name: str) -> About:
        crs = getattr(self._units, "crs", None)
        return About(name=name, title_zh=name, title_en=name, crs="" if crs is None else crs.to_string())

    def instance(self, name: str = "problem") -> Instance:
        """Return the problem as an instance in memory; raises InstanceError with everything that is wrong."""
        settings = self._prioritisation()
        tables = {
            key: pd.DataFrame(frame).drop(columns="geometry", errors="ignore")
            for key, frame in self._finished().items()
        }
        restoration = Restoration(checked_tables(UNNAMED, tables, settings))
        return Instance(
            UNNAMED, Settings(instance=self._about(name), restoration=settings), None, restoration, None, hash=""
        )

    def sites(self) -> Sites:
        """Return units, features and amounts as arrays; raises InstanceError with everything that is wrong."""
        return self.instance().require_sites()

    def write(self, folder: str | Path, name: str = "") -> Path:
        """Check the problem and write it as an instance folder, which must not exist.

        Raises InstanceError with everything that is wrong, before anything is written.
        """
        folder = Path(folder)
        if folder.exists():
            raise wrong(str(folder), "exists already", "name another place")
        self.instance()
        write_settings(folder, self._about(name or folder.name), self._prioritisation())
        write_tables(folder, self._finished())
        return folder
