"""The 90 units of the shared data, whose figures and importance prioritizr computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.prioritisation import Problem
from optimizer.results.sites.plan import selection_of

if TYPE_CHECKING:
    from optimizer.results.sites.plan import Selection

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "prioritizr"
TARGETS = "add_locked_out_constraints__03.json"
"""A case on the same units, from which the targets are taken: a tenth of what 100 cells hold, ten of them no units."""


def scores() -> pd.DataFrame:
    """Return cost, amounts, the plan and its importance by prioritizr."""
    return pd.read_csv(DATA / "importance" / "sim90_importance.csv")


def expected() -> dict[str, float]:
    """Return figures of the plan by prioritizr."""
    return json.loads((DATA / "importance" / "sim90_expected.json").read_text(encoding="utf-8"))


def targets() -> np.ndarray:
    """Return the target of each feature."""
    case = json.loads((DATA / "cases" / TARGETS).read_text(encoding="utf-8"))
    return np.array([one["value"] for one in case["targets"]])


def problem(more: int = 0) -> Problem:
    """Return the study; `more` units that are locked out hold what the ten cells that are no units held."""
    table, asked = scores(), targets()
    amounts = table.filter(like="feature_").to_numpy()
    names = [*table["pu"].astype(str), *(f"x{k}" for k in range(more))]
    units = pd.DataFrame({"unit": names, "cost": [*table["cost"], *[1.0] * more]})
    if more:
        amounts = np.vstack([amounts, np.tile((asked / 0.1 - amounts.sum(axis=0)) / more, (more, 1))])
    stated = Problem(units, [f"f{k}" for k in range(1, 6)], amounts).targets(absolute=asked).minimum_set()
    return stated.locked_out(np.arange(len(names)) >= len(table)) if more else stated


def with_borders() -> Problem:
    """Return the study with borders, and neighbours as a layer of connectivity that states both directions.

    The file holds whole perimeters on its diagonal, of which outer edges are what no neighbour shares.
    """
    table = pd.read_csv(DATA / "importance" / "sim90_boundary.csv").astype({"i": str, "j": str})
    table.columns = ["unit_a", "unit_b", "length_m"]
    pairs = table[table["unit_a"] != table["unit_b"]]
    both = pd.concat([pairs, pairs.rename(columns={"unit_a": "unit_b", "unit_b": "unit_a"})])
    whole = table[table["unit_a"] == table["unit_b"]].set_index("unit_a")["length_m"]
    outer = (whole - both.groupby("unit_a")["length_m"].sum().reindex(whole.index, fill_value=0.0)).clip(lower=0)
    edges = pd.DataFrame({"unit_a": outer.index, "unit_b": outer.index, "length_m": outer.to_numpy()})
    stated = problem().boundary(pd.concat([pairs, edges]))
    near = both[["unit_a", "unit_b"]].assign(value=1.0)
    return stated.connectivity_penalty(0.0, "near", near, symmetric=False)


def plan(stated: Problem) -> Selection:
    """Return prioritizr's plan as a selection."""
    sites = stated.sites()
    chosen = np.zeros(sites.n_units)
    chosen[: len(scores())] = scores()["solution"]
    return selection_of(sites, chosen)
