"""What the gate tells: tables with names of zones, classes and rules, and figures for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.followup.differences import changes_table, emissions_by_component, moved, quotas_between
from optimizer.results.why_barred import barred as reasons

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.followup.gate import Decision
    from optimizer.followup.given import Given
    from optimizer.followup.overlay import Taken
    from optimizer.followup.project import Project
    from optimizer.results.terms import Lang

WAYS = ("alone", "compensated", "adapted")

ROUNDING = 1e-8
"""Part of a component, or of what land or network bring to a sum, by which solvers may differ."""


@dataclass(frozen=True)
class GateTables:
    """Tables of a decision, and `figures` that sum it up."""

    land: pd.DataFrame
    barred: pd.DataFrame
    displaced: pd.DataFrame
    quotas: pd.DataFrame
    carbon: pd.DataFrame
    compensation: pd.DataFrame
    adapted: pd.DataFrame
    figures: dict[str, Any]

    def all(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {
            name: getattr(self, name)
            for name in ("land", "barred", "displaced", "quotas", "carbon", "compensation", "adapted")
        }


def gate_tables(project: Project, taken: Taken, found: Decision, lang: Lang) -> GateTables:
    """Return everything that the gate found, in tables."""
    given, none = found.given, found.base
    carbon, figures = _carbon(found)
    compensated = none if found.compensated is None else found.compensated
    adapted = none if found.adapted is None else found.adapted
    return GateTables(
        land=_land(given, project, taken),
        barred=_barred(given, project, found, lang),
        displaced=_displaced(given, found),
        quotas=quotas_between(given.program, found.base, found.alone),
        carbon=carbon,
        compensation=moved(given, found.base if found.compensated is None else found.alone, compensated),
        adapted=moved(given, found.base, adapted),
        figures=figures,
    )


def _land(given: Given, project: Project, taken: Taken) -> pd.DataFrame:
    """Return the land that the project takes, piece by piece."""
    program, land = given.program, given.block.land
    first = program.moves.start[taken.group]
    zone, kind = program.moves.zone[first], program.moves.source[first]
    names = program.names.classes.to_numpy()
    return pd.DataFrame(
        {
            "zone": program.names.zones.to_numpy()[zone],
            "region": land.regions["region"].astype(str).to_numpy()[land.zone_region[zone]],
            "from": names[kind],
            "to": names[project.use],
            "converts": kind != project.use,
            "area_ha": taken.area_ha,
        }
    )


def _barred(given: Given, project: Project, found: Decision, lang: Lang) -> pd.DataFrame:
    """Return the land that may not take the use: one line a piece and rule, with what triggers it and its source."""
    program, rows = given.program, []
    moves, names = program.moves, program.names
    use = str(names.classes.iloc[project.use])
    told: dict[tuple[Any, ...], tuple[str, str]] = {}
    for line in found.barred.to_dict("records"):
        first, area = moves.start[int(line["group"])], float(line["area_ha"])
        zone, kind = int(moves.zone[first]), str(names.classes.iloc[moves.source[first]])
        rules = tuple(name for k, name in enumerate(moves.permissions) if int(line["bits"]) >> k & 1)
        for rule in rules:
            key = (rule, kind, *_traits(given, zone))
            if key not in told:
                one = reasons(given.block, zone, kind, {use: (rule,)}, lang)[0]
                told[key] = one.fact, one.source
            rows.append((rule, names.zones.iloc[zone], kind, area, *told[key]))
        if not rules:
            rule = "whole_parcel" if line["whole"] else "restoration_project"
            held = moves.group_area_ha[int(line["group"])]
            fact = f"{held:.6g} ha" if line["whole"] else f"<= {line['most_ha']:.6g} ha"
            rows.append((rule, names.zones.iloc[zone], kind, area, fact, "zones" if line["whole"] else "projects"))
    return pd.DataFrame(rows, columns=["rule", "zone", "from", "area_ha", "fact", "source"])


def _traits(given: Given, zone: int) -> tuple[Any, ...]:
    """Return what of a zone decides what is barred; zones alike in it have the same reasons."""
    zones = given.block.land.zones
    flags = [name for name in zones if name not in ("zone", "region", "area_ha", "cost_factor", "geometry")]
    return tuple(zones[flags].iloc[zone].tolist())


def _displaced(given: Given, found: Decision) -> pd.DataFrame:
    lost = np.zeros(len(given.program.moves))
    lost[found.displaced["move"]] = found.displaced["area_ha"]
    shares = lost / given.program.moves.area_ha
    return changes_table(given.program, shares)


def _carbon(found: Decision) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the difference from the plan by component, for each way the project may go ahead, and the totals.

    Of barred land no cost is told: the transition matrix prices no barred change.
    """
    instance, program = found.given.model.instance, found.given.program
    land = len(program.moves)
    base = emissions_by_component(instance, program, found.base)
    columns: dict[str, NDArray[np.float64]] = {}
    figures: dict[str, Any] = {}
    for way in WAYS:
        shares = getattr(found, way)
        if shares is None:
            figures[way] = None
            continue
        own = emissions_by_component(instance, program, shares)
        columns[way] = np.where(np.abs(own - base) > ROUNDING * np.maximum(base.abs(), 1.0), own - base, 0.0)
        cost = _more(program.cost_of("cost"), found.base, shares, land)
        objective = _more(program.cost, found.base, shares, land)
        figures[way] = {
            "emissions_tco2e": float(columns[way].sum()),
            "cost_wanyuan": None if len(found.barred) else cost,
            "objective": None if len(found.barred) else objective,
        }
    table = pd.DataFrame({"component": base.index, **columns})
    used = (table.drop(columns="component") != 0).any(axis=1)
    return table[used].reset_index(drop=True), figures


def _more(weights: NDArray[np.float64], old: NDArray[np.float64], new: NDArray[np.float64], land: int) -> float:
    """Return by how much a sum over columns is more in the new plan; 0 where it is rounding.

    Moves, the first `land` columns, and the others are told apart: rounding of a network would hide a small project.
    """
    value = 0.0
    for part in (slice(0, land), slice(land, None)):
        change = float(weights[part] @ (new - old)[part])
        size = max(float(np.abs(weights * old)[part].sum()), 1.0)
        value += change if abs(change) > ROUNDING * size else 0.0
    return value
