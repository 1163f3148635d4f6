"""A look at an instance before it is solved: areas, rules, scaling, targets beyond reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.boundary import is_boundary
from formulations.land import RULE_NAMES_ZH
from formulations.rule_names import name_zh, ties_only
from optimizer.results.rules import INTERNAL_PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program, Quota

WIDE_RANGE = 1e9
"""Largest over smallest coefficient above which solvers lose digits."""


@dataclass(frozen=True)
class Profile:
    """Tables for printing.

    Attributes
    ----------
    size
        quantity, value.
    areas
        group, zones, area_ha, share, may_change_ha: present land, and what some rule lets change.
    rules
        rule, rule_zh, rows: quota rows by rule; `barred_ha` for permissions: land on which the rule bars
        some change that the matrix would allow.
    scaling
        quantity, smallest, largest.
    beyond
        rule, id, region, period, bound, reach, unit: rows that no plan can meet, whatever the other rules.
    """

    size: pd.DataFrame
    areas: pd.DataFrame
    rules: pd.DataFrame
    scaling: pd.DataFrame
    beyond: pd.DataFrame

    @property
    def badly_scaled(self) -> bool:
        """Whether some coefficients lie too far apart."""
        return bool((self.scaling["largest"] / self.scaling["smallest"] > WIDE_RANGE).any())


def profile(block: LandBlock, program: Program) -> Profile:
    """Return the profile of an instance."""
    return Profile(
        size=_size(block, program),
        areas=_areas(block),
        rules=_rules(block, program),
        scaling=_scaling(program),
        beyond=beyond_reach(program),
    )


def _size(block: LandBlock, program: Program) -> pd.DataFrame:
    rows = {
        "zones": len(block.land.zones),
        "regions": len(block.land.regions),
        "classes": len(block.land.classes),
        "periods": block.n_periods,
        "moves": len(program.moves),
        "rows": program.n_rows,
        "columns": program.n_columns,
        "whole-number columns": int(program.integer.sum()),
    }
    return pd.DataFrame({"quantity": list(rows), "value": list(rows.values())})


def _areas(block: LandBlock) -> pd.DataFrame:
    zone, kind, area = block.land.cover
    group = block.land.classes["group"].to_numpy()[kind]
    free = np.diff(block.moves.start) > 1
    table = pd.DataFrame({"group": group, "zone": zone, "area_ha": area, "may_change_ha": area * free})
    result = table.groupby("group").agg(
        zones=("zone", "nunique"), area_ha=("area_ha", "sum"), may_change_ha=("may_change_ha", "sum")
    )
    result.insert(2, "share", result["area_ha"] / area.sum())
    return result.reset_index().sort_values("area_ha", ascending=False, ignore_index=True)


def _rules(block: LandBlock, program: Program) -> pd.DataFrame:
    moves = block.moves
    area = moves.group_area_ha[:, None]
    allowed_by_matrix = (moves.forbidden & 1) == 0
    rows = []
    for bit, name in enumerate(moves.permissions):
        barred = ((moves.forbidden >> bit) & 1).astype(bool)
        if name != "transition_matrix":
            barred = barred & allowed_by_matrix
        touched = barred.copy()
        touched[np.arange(moves.n_groups), moves.source[moves.start[:-1]]] = False
        rows.append((name, RULE_NAMES_ZH[name], 0, float((area[:, 0] * touched.any(axis=1)).sum())))
    counts: dict[str, int] = {}
    for quota in program.quotas:
        counts[quota.rule] = counts.get(quota.rule, 0) + int((~_internal(quota)).sum())
    rows += [(name, name_zh(name), count, np.nan) for name, count in counts.items() if count]
    if moves.whole.any():
        held = float(moves.group_area_ha[moves.whole[moves.start[:-1]]].sum())
        rows.append(("whole_parcel", RULE_NAMES_ZH["whole_parcel"], 0, held))
    return pd.DataFrame(rows, columns=["rule", "rule_zh", "rows", "barred_ha"])


def _internal(quota: Quota) -> NDArray[np.bool_]:
    if "part" not in quota.labels:
        return np.full(len(quota), is_boundary(quota.rule) or ties_only(quota.rule))
    return quota.labels["part"].isin(INTERNAL_PARTS).to_numpy()


def _scaling(program: Program) -> pd.DataFrame:
    matrix = program.matrix()
    bounds = np.concatenate([matrix.row_lower, matrix.row_upper])
    parts = {
        "areas of choice groups, ha": program.moves.group_area_ha,
        "coefficients": matrix.rows.data,
        "costs": matrix.cost,
        "bounds": bounds[np.isfinite(bounds)],
    }
    rows = []
    for name, values in parts.items():
        sizes = np.abs(values[values != 0])
        if len(sizes):
            rows.append((name, float(sizes.min()), float(sizes.max())))
    return pd.DataFrame(rows, columns=["quantity", "smallest", "largest"])


def beyond_reach(program: Program) -> pd.DataFrame:
    """Return the quota rows that no plan can meet even if every other row were dropped.

    The reach of a row is exact: each choice group gives the most (or least) it can.
    """
    columns = ["rule", "id", "region", "period", "sense", "bound", "reach", "unit"]
    found = [row for quota in program.quotas for row in _beyond(program, quota)]
    return pd.DataFrame(found, columns=columns)


def _beyond(program: Program, quota: Quota) -> list[tuple[object, ...]]:
    if quota.terms:
        return []
    rows = quota.land_matrix(program.moves.area_ha)
    found: list[tuple[object, ...]] = []
    for number in range(len(quota)):
        first, last = rows.indptr[number : number + 2]
        columns, values = rows.indices[first:last], rows.data[first:last]
        most, least = _extremes(program, columns, values)
        lower, upper = quota.lower[number], quota.upper[number]
        slack = 1e-6 * max(abs(lower) if np.isfinite(lower) else 0.0, abs(upper) if np.isfinite(upper) else 0.0, 1.0)
        label = quota.labels.iloc[number].to_dict()
        base = float(label.get("base", 0.0) or 0.0)
        tags = (quota.rule, label.get("id", ""), label.get("region", ""), label.get("period", ""))
        if lower > most + slack:
            found.append((*tags, ">=", lower + base, most + base, quota.unit))
        if upper < least - slack:
            found.append((*tags, "<=", upper + base, least + base, quota.unit))
    return found


def _extremes(program: Program, columns: NDArray[np.int32], values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the greatest and least value of a row over all plans (each group takes one move)."""
    if not len(columns):
        return 0.0, 0.0
    order = np.argsort(program.moves.group[columns], kind="stable")
    group, value = program.moves.group[columns][order], (values * program.moves.upper[columns])[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    most = np.maximum(np.maximum.reduceat(value, starts), 0.0).sum()
    least = np.minimum(np.minimum.reduceat(value, starts), 0.0).sum()
    return float(most), float(least)
