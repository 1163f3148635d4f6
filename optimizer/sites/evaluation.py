r"""What any selection is worth: number, costs, borders, connectivity, representation, targets and reserves.

Borders count as prioritizr's `eval_boundary_summary` does with an edge factor e, connectivity as its
`eval_connectivity_summary` and `eval_asym_connectivity_summary`:

.. math:: \sum_{i<j} b_{ij} |x_i - x_j| + e \sum_i o_i x_i,\qquad \sum v_{ij} x_i x_j,\qquad \sum v_{ij} x_i (1 - x_j)

over pairs as the connectivity table states them: a layer that holds both directions counts both. Of a joint study this
is about the units: what the objective is, and whether rules on land hold, the land plan says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.results.audit import AuditReport, audit
from optimizer.results.audit.joint import unit_books
from optimizer.results.audit.sites.run import checks_of
from optimizer.results.sites.figures import costs, measures, pieces, representation
from optimizer.results.sites.plan import write_selection

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from instances.sites import Sites
    from optimizer.results.sites.plan import Selection

EDGE = "boundary_penalty"
"""Rule whose factor is the part of outer edges that counts."""

LEADING_OUT = "connectivity_out"
BOUNDARY = "boundary"


@dataclass(frozen=True)
class Evaluation:
    """What a selection is worth, as tables, and what the audit says of it.

    `overview` has one row, without an objective for a joint study; the others are those of a solve, and `reserves` one
    row a connected piece.
    """

    overview: pd.DataFrame
    costs: pd.DataFrame
    measures: pd.DataFrame
    representation: pd.DataFrame
    reserves: pd.DataFrame
    failures: tuple[str, ...]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by the name of their file."""
        return {
            "evaluation": self.overview,
            "costs": self.costs,
            "measures": self.measures,
            "representation": self.representation,
            "reserves": self.reserves,
        }


def evaluate(instance: Instance, selection: Selection, working: Path, edge_factor: float | None = None) -> Evaluation:
    """Evaluate a selection; `working` is an empty folder in which the audit reads it.

    `edge_factor` is by default that of the boundary penalty, 1 without one.
    """
    sites = selection.sites
    factor = edge_factor_of(sites) if edge_factor is None else edge_factor
    table, held, found = costs(selection), representation(selection), reserves(selection)
    write_selection(selection, working / "selection")
    report = _audited(instance, working / "selection")
    asked = held[held["target"] != ""]
    last = table.iloc[-1]
    overview: dict[str, Any] = {
        "units": int(selection.chosen.sum()),
        "share": float(selection.taken.sum()),
        "cost": float(last["cost"]),
        "area_ha": float(last["area_ha"]),
        **({"objective": float(report.figures["objective"])} if not instance.is_joint else {}),
        "targets": len(asked),
        "targets_met": int(asked["met"].astype(bool).sum()),
        "largest_shortfall": _largest_shortfall(asked),
        "reserves": len(found),
        "boundary": boundary_length(selection, factor),
        "edge_factor": factor,
        "feasible": report.passed,
    }
    more = pd.DataFrame([*_boundaries(selection, factor), *_leading_out(selection)], columns=_COLUMNS)
    return Evaluation(
        pd.DataFrame([overview]),
        table,
        pd.concat([part for part in (measures(selection), more) if len(part)] or [more], ignore_index=True),
        held,
        found,
        tuple(report.lines()),
    )


def _audited(instance: Instance, folder: Path) -> AuditReport:
    """Return the audit of a selection; of a joint study that of the units, without the land plan."""
    if not instance.is_joint:
        return audit(instance.folder, folder)
    return AuditReport(tuple(checks_of(unit_books(instance.folder, folder, {}))))


_COLUMNS = ["measure", "management_zone", "layer", "value"]


def edge_factor_of(sites: Sites) -> float:
    """Return the part of outer edges that the boundary penalty counts, 1 where there is none."""
    rules = sites.tables["rules"]
    factors = rules.loc[rules["rule"] == EDGE, "factor"]
    return float(factors.iloc[0]) if len(factors) else 1.0


def boundary_length(selection: Selection, factor: float) -> float:
    """Return the border of all management zones; `factor` is the part of outer edges that counts."""
    return float(sum(value for _, _, _, value in _boundaries(selection, factor)))


def _boundaries(selection: Selection, factor: float) -> list[tuple[str, str, str, float]]:
    sites, rows = selection.sites, []
    for zone, name in enumerate(sites.zones):
        share = selection.share[:, zone]
        between = np.abs(share[sites.borders.left] - share[sites.borders.right])
        rows.append((BOUNDARY, name, "", float(sites.borders.value @ between + factor * (sites.outer @ share))))
    return rows if len(sites.tables["boundary"]) else []


def _leading_out(selection: Selection) -> list[tuple[str, str, str, float]]:
    """Return the connectivity from what is chosen to what is not, by layer and management zone."""
    sites, rows = selection.sites, []
    for layer in dict.fromkeys(sites.tables["connectivity"]["layer"].astype(str)):
        pairs = sites.connectivity(layer)
        for zone, name in enumerate(sites.zones):
            share = selection.share[:, zone]
            value = float(pairs.value @ (share[pairs.left] * (1 - share[pairs.right])))
            rows.append((LEADING_OUT, name, layer, value))
    return rows


def reserves(selection: Selection) -> pd.DataFrame:
    """Return one row a connected piece of what is chosen, the largest first: number of units, area, cost."""
    sites = selection.sites
    part = pieces(sites.borders, selection.chosen)
    inside = part >= 0
    count = int(part.max(initial=-1)) + 1
    area = selection.taken * sites.tables["units"]["area_ha"].to_numpy(dtype=float)
    cost = (sites.cost * selection.values).reshape(selection.share.shape).sum(axis=1)
    table = pd.DataFrame(
        {
            "units": np.bincount(part[inside], minlength=count),
            "area_ha": np.bincount(part[inside], area[inside], minlength=count),
            "cost": np.bincount(part[inside], cost[inside], minlength=count),
        }
    )
    table = table.sort_values(["area_ha", "units"], ascending=False, kind="stable").reset_index(drop=True)
    return table.rename_axis("reserve").reset_index().assign(reserve=lambda frame: frame["reserve"] + 1)


def _largest_shortfall(asked: pd.DataFrame) -> float:
    """Return the largest shortfall relative to its target, 0 where all are met."""
    if asked.empty:
        return 0.0
    value = asked["value"].abs().to_numpy(dtype=float)
    return float((asked["shortfall"].to_numpy(dtype=float) / np.where(value > 0, value, 1.0)).max())
