"""Importance of the units of a plan by every measure, as one table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from instances.faults import InstanceError
from optimizer.results.sites.plan import read_selection
from optimizer.sites.ferrier import ferrier
from optimizer.sites.model import model_of
from optimizer.sites.rank import rank
from optimizer.sites.replacement import replacement
from optimizer.sites.richness import rescaled, richness
from optimizer.sites.source import refuse_joint

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from optimizer.progress import Progress
    from optimizer.results.sites.plan import Selection
    from optimizer.results.solution import SolveOptions

Measure = Literal["replacement", "rarity", "ferrier", "rank"]
KINDS: tuple[Measure, ...] = get_args(Measure)
ALL = "all"

FOR_REPLACEMENT = 0.7
"""Part of the time for replacement costs where all measures are asked for; the rest is for ranks."""


NOT_JOINT = "lock the unit out and solve again: the difference is its replacement cost; rarity, ferrier and rank work"


@dataclass(frozen=True)
class Importance:
    """`table` has one row a unit; `by_target` the Ferrier scores (unit, target, feature, score) where they were asked.

    `left_out` says in words which measures are not defined here.
    """

    table: pd.DataFrame
    by_target: pd.DataFrame | None = None
    left_out: tuple[str, ...] = field(default=())


def importance(
    instance: Instance,
    plan: Path,
    kind: Measure | Literal["all"],
    options: SolveOptions,
    progress: Progress,
    most: int = 200,
    steps: int = 5,
) -> Importance:
    """Return the importance of each unit of a plan; units that are not chosen have 0.

    Of all measures together those that are not defined for the study are left out; one that is asked for by itself
    raises InstanceError.

    Parameters
    ----------
    most, steps
        Units whose replacement cost is solved anew, and steps of the rank.
    """
    selection = read_selection(instance.require_sites(), plan)
    table = pd.DataFrame({"unit": selection.sites.units.astype(str).to_numpy()})
    by_target, left_out = None, []
    part = FOR_REPLACEMENT if kind == ALL else 1.0
    first = replace(options, time_limit_s=part * options.time_limit_s)
    rest = replace(options, time_limit_s=(1 - part or 1.0) * options.time_limit_s)
    for measure in KINDS if kind == ALL else (kind,):
        progress.stage(measure)
        try:
            if measure == "replacement":
                refuse_joint(instance, NOT_JOINT)
                table = table.join(_replacement(instance, selection, plan, first, progress, most))
            elif measure == "rarity":
                table = table.join(_rarity(selection))
            elif measure == "ferrier":
                by_target, total = _ferrier(selection)
                table = table.assign(ferrier=total)
            else:
                table = table.assign(rank=rank(instance, selection, rest, progress, steps))
        except InstanceError as error:
            if kind != ALL:
                raise
            left_out += [str(fault) for fault in error.faults]
    return Importance(table, by_target, tuple(left_out))


def _replacement(
    instance: Instance, selection: Selection, plan: Path, options: SolveOptions, progress: Progress, most: int
) -> pd.DataFrame:
    model = model_of(instance)
    found = replacement(model, selection, options, progress, most, _proven(instance, plan, model.sign))
    return pd.DataFrame(
        {
            "replacement": found.value,
            "replacement_lower": found.lower,
            "replacement_upper": found.upper,
            "replacement_exact": found.exact.astype(int),
            "replacement_kept": found.kept,
        }
    )


def _rarity(selection: Selection) -> pd.DataFrame:
    raw = (richness(selection.sites).reshape(selection.share.shape) * (selection.share > 0)).sum(axis=1)
    return pd.DataFrame({"rarity": rescaled(raw, selection.chosen), "rarity_raw": raw})


def _ferrier(selection: Selection) -> tuple[pd.DataFrame, np.ndarray]:
    scores, sites = ferrier(selection), selection.sites
    target, unit = scores.tocoo().coords
    table = pd.DataFrame(
        {
            "unit": sites.units.astype(str).to_numpy()[unit],
            "target": sites.targets.name.to_numpy()[target],
            "feature": sites.features["feature"].astype(str).to_numpy()[sites.targets.feature[target]],
            "score": scores.tocoo().data,
        }
    )
    return table, np.asarray(scores.sum(axis=0)).ravel()


def _proven(instance: Instance, plan: Path, sign: float) -> float:
    """Return the bound that the solve of a plan states for the same instance and rules, minus infinity without one."""
    try:
        summary = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return -np.inf
    same = summary.get("instance_hash") == instance.hash
    off = set((summary.get("options") or {}).get("rules_off") or ()) == set(instance.settings.instance.rules_off)
    return sign * float(summary["bound"]) if same and off and summary.get("bound") is not None else -np.inf
