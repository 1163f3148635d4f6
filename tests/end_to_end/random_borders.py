"""Random neighbours, and quotas on borders and on patches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.build import quota
from tests.end_to_end.random_quotas import REGIONS
from tests.end_to_end.reference import Study

if TYPE_CHECKING:
    import random

    from tests.build import Draft

BORDERED = ("built", "built", "built_urban", "cropland", "ecological", "forest", "restored")


def add_borders(rng: random.Random, made: Draft, plan: dict[tuple, float], together: bool) -> None:
    """Draw neighbours, and quotas on borders that the plan keeps or just fails to; on patches where asked."""
    names = [row["zone"] for row in made.tables["zones"]]
    if len(names) < 2:
        return
    pairs = [(a, b) for k, a in enumerate(names) for b in names[:k]]
    near = [pair for pair in pairs if rng.random() < (0.35 if together else 0.6)] or pairs[:1]
    made.tables["neighbours"] = [{"zone_a": a, "zone_b": b, "length_m": float(rng.randint(50, 500))} for a, b in near]
    rows = []
    money = made.settings["objective"]["kind"] == "cost"
    for rule, chance in (("compactness", 0.4), ("compactness", 0.15), ("perimeter_limit", 0.3)):
        if rng.random() < chance:
            unit = "" if rule != "compactness" else "10k CNY/km" if money else rng.choice(("tCO2e/km", "10k CNY/km"))
            value = rng.uniform(5, 60) if unit == "10k CNY/km" else rng.uniform(100, 3000)
            rows.append(quota(rule, round(value, 2), rng.choice(BORDERED), rng.choice(("all", *REGIONS)), unit=unit))
    for rule, chance in (("contiguity", 0.7), ("minimum_patch", 0.4)) if together else ():
        if rng.random() < chance:
            value = 1.0 if rule == "contiguity" else float(rng.randint(5, 15))
            rows.append(quota(rule, value, rng.choice(("built", "forest", "ecological", "cropland")), "all"))
    study = Study(made.settings, made.tables)
    for number, row in enumerate(rows):
        row |= {"id": f"lie{number}", "source": "made", "status": "made"}
        if row["rule"] == "perimeter_limit":
            most = study.border_km(row, plan) * rng.choice((1.0, 1.0, 1.2, 0.8 if rng.random() < 0.2 else 1.0))
            row["value"] = math.ceil(most * 1e4) / 1e4
    made.tables["quotas"] += rows
