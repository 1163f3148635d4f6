"""Present cover of the Weihai instance: published totals by class, spread over the zones by proportional fitting.

The eight published totals (third survey, facts 2) are split into classes by assumed shares;
`SPLITS` holds each share with its reason, and each goes into `context` with status assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from instances.library.weihai_geography import LAND_AREA_HA, Noise
from instances.library.weihai_zones import FARMLAND_PURITY, WHOLE_PARCELS

WANMU_HA = 10_000.0 / 15.0
"""One 万亩 in hectares: 1 mu = 1/15 ha."""

PUBLISHED_WANMU = {
    "cropland": 246.44,
    "orchard": 100.86,
    "forest": 219.97,
    "grass": 16.54,
    "wetland": 21.50,
    "settlement_mining": 121.29,
    "transport": 24.64,
    "water": 80.39,
}
"""Third-survey areas (bulletin of 2022-01-13, V6), 万亩."""


@dataclass(frozen=True)
class Split:
    """Share of a published total given to one class, with the reason."""

    total: str
    code: str
    share: float
    why: str


_R = "assumed; no published split at hand"
SPLITS = (
    Split("cropland", "0102", 0.42, f"irrigated land on the plains, {_R}"),
    Split("cropland", "0103", 0.58, f"dry land, {_R}"),
    Split("orchard", "02", 1.0, "published total, undivided"),
    Split("forest", "0301", 0.80, f"mostly arbor, {_R}"),
    Split("forest", "0305", 0.05, f"shrub, {_R}"),
    Split("forest", "0307", 0.15, f"other forest, {_R}"),
    Split("grass", "04", 1.0, "published total, undivided"),
    Split("wetland", "1105", 0.95, "share that reproduces the printed sink of 120 kt (facts 2)"),
    Split("wetland", "0603", 0.03, "salt pans; the remainder of 5 % reproduces the printed sink, its split is assumed"),
    Split("wetland", "1108", 0.02, "marsh; the remainder of 5 % reproduces the printed sink, its split is assumed"),
    Split("settlement_mining", "05H1", 0.050, f"shops and offices, {_R}"),
    Split("settlement_mining", "0601", 0.225, f"industry, {_R}"),
    Split("settlement_mining", "0602", 0.032, f"mining, {_R}"),
    Split("settlement_mining", "0701", 0.160, f"urban housing, {_R}"),
    Split("settlement_mining", "0702", 0.390, f"rural homesteads, {_R}"),
    Split("settlement_mining", "08H1", 0.024, f"government, {_R}"),
    Split("settlement_mining", "08H2", 0.050, f"education and health, {_R}"),
    Split("settlement_mining", "0810", 0.041, f"parks, {_R}"),
    Split("settlement_mining", "09", 0.028, f"special, {_R}"),
    Split("transport", "1003", 1.0, "published total, undivided (farm roads are inside it and cannot be told apart)"),
    Split(
        "water",
        "1101",
        0.29,
        "share that reproduces the printed sink of 80 kt with rivers at 0.67 and the rest at 0.30",
    ),
    Split("water", "1103", 0.33, f"reservoirs; reservoirs and ponds share one factor, {_R}"),
    Split("water", "1104", 0.38, f"ponds; reservoirs and ponds share one factor, {_R}"),
    Split("rest", "1202", 0.30, f"farm facilities, {_R}"),
    Split("rest", "1206", 0.70, f"bare soil, standing for 1204-1207, {_R}"),
)

SEEDS: dict[str, dict[str, float]] = {
    "core": {
        "0701": 28,
        "0601": 22,
        "05H1": 9,
        "08H1": 4,
        "08H2": 8,
        "0810": 9,
        "1003": 10,
        "0103": 5,
        "02": 1,
        "1101": 1,
        "0301": 2,
    },
    "fringe": {
        "0601": 22,
        "0701": 9,
        "0702": 9,
        "1003": 7,
        "0103": 14,
        "02": 10,
        "0301": 7,
        "0307": 4,
        "1104": 3,
        "08H2": 2,
        "0810": 2,
    },
    "town": {
        "0701": 18,
        "0702": 16,
        "0601": 20,
        "05H1": 6,
        "08H1": 4,
        "08H2": 6,
        "1003": 8,
        "0103": 10,
        "02": 6,
        "0810": 2,
    },
    "plain": {
        "0702": 16,
        "02": 17,
        "0103": 9,
        "0102": 8,
        "0301": 15,
        "0307": 5,
        "1104": 10,
        "1003": 5,
        "1202": 2,
        "0601": 2,
        "04": 1,
        "1206": 2,
        "09": 0.6,
    },
    "hill": {
        "02": 24,
        "0301": 30,
        "0307": 8,
        "0305": 3,
        "0103": 8,
        "0702": 9,
        "1104": 5,
        "1003": 3,
        "04": 3,
        "1206": 3,
        "0602": 1,
        "09": 0.6,
    },
    "mountain": {
        "0301": 60,
        "0307": 9,
        "0305": 6,
        "04": 6,
        "1206": 4,
        "02": 5,
        "0103": 2.5,
        "0702": 1,
        "1003": 1,
        "0602": 0.6,
    },
    "coast": {
        "0702": 12,
        "02": 8,
        "0301": 14,
        "0103": 7,
        "0102": 3,
        "1104": 18,
        "0603": 2,
        "1108": 1,
        "1003": 4,
        "0601": 3,
        "04": 4,
        "09": 2,
        "1206": 3,
    },
    "tidal": {"1105": 84, "0603": 3, "1104": 4, "1206": 2, "1108": 1.5},
    "reservoir": {"1103": 90, "0301": 4, "1108": 1, "04": 3},
}
"""Relative amounts of the classes by kind of place, before they are fitted to the totals (made)."""

WHOLE_CLASS = {"mining": "0602", "hamlet": "0702", "ponds": "1104"}
FARMLAND_REST = {"0307": 0.35, "1104": 0.30, "1202": 0.35}
RIVER_SEED = 26.0
RARE = ("1108", "0603")
RARE_ZONES = 0.15
"""Classes that are gathered in few zones (made): spread thin they would be crumbs."""
RED_LINE_DAMPING = 0.08
"""Built land and cropland are rarer inside the red line (made)."""
SMALLEST_SHARE = 0.03
MOST_CLASSES = 5
CRUMB_HA = 0.01


def class_totals() -> dict[str, float]:
    """Return the hectares of every class in the whole of Weihai; together they are the published land area."""
    published = {name: wanmu * WANMU_HA for name, wanmu in PUBLISHED_WANMU.items()}
    published["rest"] = LAND_AREA_HA - sum(published.values())
    return {split.code: split.share * published[split.total] for split in SPLITS}


def make_cover(generator: np.random.Generator, zones: pd.DataFrame) -> pd.DataFrame:
    """Return (zone, class, area_ha): every zone's polygon area divided among one to five classes."""
    totals = class_totals()
    codes = list(totals)
    wanted = np.array([totals[code] for code in codes]) * zones["_area_ha"].sum() / LAND_AREA_HA
    seeds = _seed_matrix(generator, zones, codes)
    fixed = zones["character"].isin(("farmland", *WHOLE_PARCELS)).to_numpy()
    areas = zones["_area_ha"].to_numpy()
    held = np.where(fixed[:, None], seeds, 0.0)
    free = ~fixed
    rest = wanted - held.sum(axis=0)
    fitted = fit(seeds[free] * areas[free, None], areas[free], rest)
    for _ in range(2):
        fitted = fit(thinned(fitted, areas[free]), areas[free], rest)
    held[free] = fitted
    return _table(zones, codes, held)


def _seed_matrix(generator: np.random.Generator, zones: pd.DataFrame, codes: list[str]) -> np.ndarray:
    column = {code: k for k, code in enumerate(codes)}
    points = zones[["_x", "_y"]].to_numpy()
    local = np.column_stack([np.exp(0.7 * Noise(generator, 7_000.0)(points)) for _ in codes])
    local *= np.exp(generator.normal(0.0, 0.45, local.shape))
    seeds = np.zeros((len(zones), len(codes)))
    kinds = zones["character"].to_numpy()
    areas = zones["_area_ha"].to_numpy()
    for kind, weights in SEEDS.items():
        rows = kinds == kind
        for code, weight in weights.items():
            seeds[rows, column[code]] = weight
    damped = (zones["red_line"] != "").to_numpy() & ~np.isin(kinds, list(WHOLE_PARCELS))
    lowered = [column[c] for c in codes if c[:2] in ("01", "05", "06", "07", "08", "10") and c not in ("0603",)]
    seeds[np.ix_(np.flatnonzero(damped), np.array(lowered))] *= RED_LINE_DAMPING
    seeds[(zones["stream"] == 1).to_numpy() & ~np.isin(kinds, ("tidal", "reservoir")), column["1101"]] += RIVER_SEED
    for code in RARE:
        seeds[:, column[code]] *= np.where(generator.random(len(zones)) < RARE_ZONES, 1.0 / RARE_ZONES, 0.0)
    seeds *= local
    farmland = kinds == "farmland"
    irrigated = 1.0 / (
        1.0 + np.exp(4.0 * (zones["_height"].to_numpy() - 0.16) - 0.9 * np.log(local[:, column["0102"]]))
    )
    seeds[farmland] = 0.0
    seeds[farmland, column["0102"]] = (areas * FARMLAND_PURITY * irrigated)[farmland]
    seeds[farmland, column["0103"]] = (areas * FARMLAND_PURITY * (1.0 - irrigated))[farmland]
    for code, share in FARMLAND_REST.items():
        seeds[farmland, column[code]] = (areas * (1.0 - FARMLAND_PURITY) * share)[farmland]
    for kind, code in WHOLE_CLASS.items():
        rows = kinds == kind
        seeds[rows] = 0.0
        seeds[rows, column[code]] = areas[rows]
    return seeds


def fit(table: np.ndarray, rows: np.ndarray, columns: np.ndarray, rounds: int = 400) -> np.ndarray:
    """Scale `table` by rows and columns in turn until both sums are met (iterative proportional fitting).

    Row sums hold exactly at the end; column sums as well as the zeros of the table allow.
    """
    table = table.copy()
    for _ in range(rounds):
        table *= columns / np.maximum(table.sum(axis=0), 1e-12)
        table *= (rows / np.maximum(table.sum(axis=1), 1e-12))[:, None]
    return table


def thinned(table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Drop classes that are too small a part of their zone, and all but the largest few."""
    share = table / rows[:, None]
    rank = np.argsort(np.argsort(-share, axis=1, kind="stable"), axis=1)
    keep = ((share >= SMALLEST_SHARE) & (rank < MOST_CLASSES)) | (rank == 0)
    return np.where(keep, table, 0.0)


def _table(zones: pd.DataFrame, codes: list[str], held: np.ndarray) -> pd.DataFrame:
    """Round to 1e-6 ha, drop crumbs, and give what is left over to the largest class of the zone."""
    rounded = np.round(np.where(held < CRUMB_HA, 0.0, held), 6)
    largest = rounded.argmax(axis=1)
    line = np.arange(len(rounded))
    rounded[line, largest] += zones["_area_ha"].to_numpy() - rounded.sum(axis=1)
    zone, code = np.nonzero(rounded > 0)
    return pd.DataFrame(
        {
            "zone": zones["zone"].to_numpy()[zone],
            "class": np.array(codes)[code],
            "area_ha": np.round(rounded[zone, code], 6),
        }
    )
