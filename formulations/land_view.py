"""The land as a user's Pyomo Block sees it: single moves, sums over many, opened projects.

A variable is made only for what is asked for; a sum over a million moves is one variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from formulations.land.restoration_project import FAMILY as PROJECTS
from formulations.pyomo_model import move_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program

MoveKey = tuple[str, str, str, int]
"""Zone, from, to, end year of the period; the year is 0 for what stays."""

Weight = Mapping[str, float] | str | float
"""Per hectare: one number, a number by zone (others 0), or a numeric column of the zones table."""


@dataclass(frozen=True)
class Proxy:
    """What a Pyomo variable stands for: a weighted sum of moves in ha, or one column of another family."""

    places: NDArray[np.int64]
    weights: NDArray[np.float64]
    family: str = ""


class LandView:
    """What `extra(block, land)` may ask of the land.

    `land.x[zone, from, to, period]` are hectares of a move, `land.project[name, period]` is 1 where a
    project opens; `total` and `stock` sum over many moves.
    """

    def __init__(self, program: Program, block: LandBlock, holder: pyo.Block) -> None:
        self.program, self._block = program, block
        holder.column = pyo.VarList()
        self._holder = holder
        self._known: dict[Any, Any] = {}
        self.seen: dict[int, Proxy] = {}
        self.priced: list[Any] = []
        self.x = MoveColumns(self)
        self.project = ProjectColumns(self)

    @property
    def periods(self) -> tuple[int, ...]:
        """End years of the periods."""
        return self.program.names.periods

    @property
    def zones(self) -> pd.DataFrame:
        """A copy of the zones table."""
        return self._block.land.zones.copy()

    def total(
        self,
        source: str | None = None,
        target: str | None = None,
        *,
        zone: str | None = None,
        region: str | None = None,
        period: int | None = None,
        until: int | None = None,
        weight: Weight = 1.0,
    ) -> Any:
        """Return the hectares that change from `source` to `target` (classes or groups), times `weight`.

        In a zone, a region and all below it, in a period (its end year) or up to one; everywhere and
        always where these are left out. What stays does not count. Unknown names raise ValueError.
        """
        chosen = self._chosen(source, target, zone, region, period, until)
        return self._sum(np.flatnonzero(chosen), np.ones(int(chosen.sum())), weight)

    def stock(self, group: str, *, region: str | None = None, until: int | None = None) -> Any:
        """Return the hectares of a class or group at the end of a period (the last one): present + won - lost."""
        block = self._block
        self._known_group(group)
        change = block.into(group).astype(float) - block.out_of(group)
        chosen = np.flatnonzero(self._chosen(None, None, None, region, None, until) & (change != 0))
        code = None if region is None else self._region(region)
        return block.land.present_ha(group, code) + self._sum(chosen, change[chosen], 1.0)

    def moves(
        self,
        source: str | None = None,
        target: str | None = None,
        *,
        zone: str | None = None,
        region: str | None = None,
        period: int | None = None,
        until: int | None = None,
    ) -> list[MoveKey]:
        """Return the keys of the changes that exist, chosen as in `total`."""
        chosen = self._chosen(source, target, zone, region, period, until)
        return move_keys(self.program, np.flatnonzero(chosen))

    def variable(self, key: Any, proxy: Proxy) -> Any:
        """Return the variable of a key, made when first asked for."""
        if key not in self._known:
            self._known[key] = self._holder.column.add()
            self.seen[id(self._known[key])] = proxy
        return self._known[key]

    def _sum(self, places: NDArray[np.int64], weights: NDArray[np.float64], weight: Weight) -> Any:
        per_zone = self._weights(weight)
        if per_zone is not None:
            weights = weights * per_zone[self.program.moves.zone[places]]
        return self.variable(("sum", len(self._known)), Proxy(places, weights))

    def _weights(self, weight: Weight) -> NDArray[np.float64] | None:
        zones = self._block.land.zones
        if isinstance(weight, str):
            if weight not in zones or not pd.api.types.is_numeric_dtype(zones[weight]):
                raise ValueError(f"the zones table has no numeric column {weight!r}")
            return np.asarray(zones[weight], dtype=float)
        if isinstance(weight, Mapping):
            unknown = sorted(set(map(str, weight)) - set(zones["zone"].astype(str)))
            if unknown:
                raise ValueError(f"no zone is called {', '.join(unknown[:5])}")
            by_name = {str(name): float(value) for name, value in weight.items()}
            return np.array([by_name.get(str(name), 0.0) for name in zones["zone"]])
        return None if weight == 1.0 else np.full(len(zones), float(weight))

    def _chosen(
        self,
        source: str | None,
        target: str | None,
        zone: str | None,
        region: str | None,
        period: int | None,
        until: int | None,
    ) -> NDArray[np.bool_]:
        block, moves = self._block, self.program.moves
        chosen = moves.converts.copy()
        if source is not None:
            chosen &= block.from_group(self._known_group(source))
        if target is not None:
            chosen &= block.to_group(self._known_group(target))
        if zone is not None:
            chosen &= moves.zone == self.zone_code(zone)
        if region is not None:
            chosen &= block.land.subtree[self._region(region)][block.region]
        if period is not None:
            chosen &= moves.period == self.period_code(period)
        if until is not None:
            chosen &= moves.period <= self.period_code(until)
        return chosen

    def _known_group(self, group: str) -> str:
        if not self._block.land.knows_group(group):
            raise ValueError(f"no class or group is called {group!r}")
        return group

    def _region(self, region: str) -> int:
        try:
            return self._block.land.region_code(region)
        except KeyError:
            raise ValueError(f"no region is called {region!r}") from None

    def zone_code(self, zone: object) -> int:
        """Return the code of a zone; raises ValueError where there is none."""
        code = self._zones.get(str(zone))
        if code is None:
            raise ValueError(f"no zone is called {zone!r}")
        return code

    def period_code(self, year: object) -> int:
        """Return the number of the period that ends in a year, 0 for the year 0; raises ValueError otherwise."""
        if year not in (0, *self.periods):
            raise ValueError(f"no period ends in {year!r}; they end in {', '.join(map(str, self.periods))}")
        return (0, *self.periods).index(int(str(year)))

    @cached_property
    def _zones(self) -> dict[str, int]:
        return {str(name): code for code, name in enumerate(self._block.land.zones["zone"].tolist())}


class MoveColumns(Mapping[MoveKey, Any]):
    """Hectares of single moves by (zone, from, to, end year); 0 and the same class for what stays."""

    def __init__(self, view: LandView) -> None:
        self._view = view

    def __getitem__(self, key: MoveKey) -> Any:
        move = self._find(key)
        if isinstance(move, str):
            raise KeyError(f"x[{', '.join(map(repr, key))}]: {move}")
        return self._view.variable(("move", move), Proxy(np.array([move]), np.ones(1)))

    def __contains__(self, key: object) -> bool:
        return not isinstance(self._find(key), str)

    def __iter__(self) -> Iterator[MoveKey]:
        program = self._view.program
        return iter(move_keys(program, np.arange(len(program.moves))))

    def __len__(self) -> int:
        return len(self._view.program.moves)

    def _find(self, key: object) -> int | str:
        """Return the move of a key, or why there is none."""
        if not isinstance(key, tuple) or len(key) != 4:
            return "a key is (zone, from, to, period)"
        view, moves = self._view, self._view.program.moves
        classes = self._classes
        source, target = (classes.get(str(name), -1) for name in key[1:3])
        try:
            zone, period = view.zone_code(key[0]), view.period_code(key[3])
        except ValueError as error:
            return str(error)
        if min(source, target) < 0:
            return f"no class is called {key[1] if source < 0 else key[2]!r}"
        group = int(np.searchsorted(self._groups, zone * len(classes) + source))
        if group == len(self._groups) or self._groups[group] != zone * len(classes) + source:
            return f"zone {key[0]} holds no {key[1]}"
        first, last = moves.start[group : group + 2]
        here = (moves.target[first:last] == target) & (moves.period[first:last] == period)
        if not here.any():
            barred = ", ".join(moves.barred_by(group, target))
            return f"this change is barred by {barred}" if barred else "what stays has period 0, a change an end year"
        return int(first + np.argmax(here))

    @cached_property
    def _classes(self) -> dict[str, int]:
        return {str(name): code for code, name in enumerate(self._view.program.names.classes)}

    @cached_property
    def _groups(self) -> NDArray[np.int64]:
        program = self._view.program
        stays = program.moves.start[:-1]
        return program.moves.zone[stays].astype(np.int64) * len(program.names.classes) + program.moves.source[stays]


class ProjectColumns:
    """Whether a restoration project opens in a period, by (name, end year): a 0/1 column."""

    def __init__(self, view: LandView) -> None:
        self._view = view

    def __getitem__(self, key: tuple[str, int]) -> Any:
        if key not in self._labels:
            raise KeyError(f"project[{key!r}]: there is no such project and period")
        place = self._labels.index(key)
        return self._view.variable((PROJECTS, place), Proxy(np.array([place]), np.ones(1), PROJECTS))

    def __contains__(self, key: object) -> bool:
        return key in self._labels

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(self._labels)

    @cached_property
    def _labels(self) -> list[tuple[str, int]]:
        found = [family.labels for family in self._view.program.columns if family.family == PROJECTS]
        return [(str(name), int(year)) for labels in found for name, year in labels.itertuples(index=False, name=None)]
