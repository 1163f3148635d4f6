"""Random quotas, their values cut to fit a random plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.build import quota
from tests.end_to_end.reference import Study

if TYPE_CHECKING:
    import random

    from tests.build import Draft, Record

REGIONS = {"all": "", "north": "all", "south": "all", "hill": "south"}
LINKED = (("vil", "crop"), ("crop", "city"))
"""Changes that the linked quota ties: villages reclaimed, cropland built on."""

GROUPS = ("cropland", "orchard", "forest", "grass", "wetland", "unused", "ecological", "crop")
BUILT = ("industry", "housing", "housing_urban", "transport", "built", "built_urban", "built_rural", "city")
QUOTAS = {
    "cropland_retention": 0.25,
    "compensation": 0.5,
    "compensation_grade": 0.3,
    "linked_quota": 0.45,
    "construction_total": 0.25,
    "construction_increment": 0.4,
    "construction_intensity": 0.25,
    "growth_demand": 0.9,
    "redevelopment_share": 0.3,
    "floor": 0.3,
    "ceiling": 0.3,
    "loss_cap": 0.3,
    "gain_cap": 0.3,
    "restoration_area": 0.4,
    "carbon_cap": 0.35,
    "budget": 0.4,
}
"""Chance that a rule has quotas in an instance."""


def _plan(rng: random.Random, study: Study) -> dict[tuple, float]:
    """Return hectares of some permitted moves that no project governs; lots and whole zones are kept."""
    plan = {}
    for key, area in study.area.items():
        free = [m for m in study.moves if m[1:3] == key and (m[1], m[3]) not in study.governed]
        if free and rng.random() < 0.7 and area >= study.lot(key[0]):
            tied = [m for m in free if m[2:4] in LINKED]
            chosen = rng.choice(tied if tied and rng.random() < 0.8 else free)
            full = study.whole(key[0]) or study.lot(key[0])
            plan[chosen] = area if full else area * rng.uniform(0.3, 1.0)
    return plan


def add_quotas(rng: random.Random, made: Draft, whole: bool, linked: bool) -> dict[tuple, float]:
    """Set the quotas, and return the plan that they were cut to."""
    study = Study(made.settings, made.tables)
    plan = _plan(rng, study)
    ends = made.settings["time"]["periods"]
    rows: list[Record] = []
    bottom_up = made.settings["carbon"]["existing_activity"] == "bottom_up"
    if bottom_up:
        group = made.tables["activity"][0]["group"]
        rows.append(quota("growth_demand", 0.1, group, period=ends[0]))
    if linked:
        rows.append(quota("growth_demand", 0.0, "housing_urban", "north"))
    for rule, chance in QUOTAS.items():
        if linked and rule in ("linked_quota", "construction_increment"):
            rows.append(quota(rule, 0.0, region="north"))
            continue
        if rng.random() >= chance or (whole and rule == "linked_quota"):
            continue
        for _ in range(rng.choice((1, 1, 2))):
            rows += _drawn(rng, rule, ends, rows)
    if bottom_up:
        rows = _growth_once(rows)
    for number, row in enumerate(rows):
        row |= {"id": f"q{number}", "source": "made", "status": "made"}
    made.tables["quotas"] = rows
    tight = 0.3 if rng.random() < 0.25 else 0.02
    for row in rows:
        if row["rule"] in ("compensation", "compensation_grade"):
            _fill_bank(made, row, plan, rows)
        elif row["rule"] == "redevelopment_share":
            row["value"] = _redeveloped(made, row, plan)
        elif row["rule"] == "linked_quota":
            row["value"] = rng.choice((2.0, 5.0, 20.0))
        elif not row["value"] and row["rule"] != "compensation_bank":
            _fit(rng, made, row, plan, tight)
        if row["rule"] == "construction_increment" and any(other["rule"] == "linked_quota" for other in rows):
            row["value"] *= rng.choice((0.5, 0.8, 1.0))
    return plan


def _growth_once(rows: list[Record]) -> list[Record]:
    """Keep growth of the first row's group and region: bottom_up takes it for a reference, and other may lie in it."""
    first = (rows[0]["region"], rows[0]["group"])
    return [row for row in rows if row["rule"] != "growth_demand" or (row["region"], row["group"]) == first]


def _drawn(rng: random.Random, rule: str, ends: list[int], before: list[Record]) -> list[Record]:
    """Return a quota whose value is still open."""
    region = rng.choice(("all", "all", *REGIONS))
    period = rng.choice((0, 0, *ends))
    unit, group = "", ""
    if rule in ("floor", "ceiling", "loss_cap", "gain_cap"):
        group, unit = rng.choice(GROUPS + BUILT), rng.choice(("ha", "share"))
    if rule in ("growth_demand", "redevelopment_share"):
        group = rng.choice(BUILT)
    if rule == "growth_demand" and any(
        (row["region"], row["group"], row["period"] or ends[-1]) == (region, group, period or ends[-1])
        for row in before
    ):
        return []  # which of the two the added activity of bottom_up goes by is nowhere said
    if rule == "budget":
        group = rng.choice(("", "projects"))
    again = [row for row in before if row["rule"] == rule]
    if rule in ("linked_quota", "carbon_cap") and again:
        return []
    if rule == "linked_quota":
        region = rng.choice(("all", "all", "north", "south"))
    linked = [row["region"] for row in before if row["rule"] == "linked_quota"]
    if rule == "construction_increment" and linked:
        region = linked[0]
    if rule in ("compensation", "compensation_grade"):
        region, period = rng.choice(("all", "all", "north", "south")), 0
        banks = [quota("compensation_bank", 0.0, region=region, grade=g) for g in ((4, 8) if "grade" in rule else (0,))]
        return [*(bank | {"value": float(rng.choice((0, 1, 3, 6)))} for bank in banks), quota(rule, 1.0, region=region)]
    if rule == "redevelopment_share":
        return [quota(rule, 0.0, group, region, period)]
    return [quota(rule, 0.0, group, region, period, unit)]


def done(terms: dict[tuple, float], plan: dict[tuple, float]) -> float:
    return sum(factor * plan.get(name, 0.0) for name, factor in terms.items())


def _fill_bank(made: Draft, row: Record, plan: dict[tuple, float], rows: list[Record]) -> None:
    """Bank what the plan lacks, in the best grade that the bank has."""
    missing = max(done(terms, plan) - high for terms, _, high in Study(made.settings, made.tables).quota_rows(row))
    graded = row["rule"] == "compensation_grade"
    for bank in rows:
        if bank["rule"] == "compensation_bank" and bank["region"] == row["region"] and (bank["grade"] > 0) == graded:
            bank["value"] += math.ceil(max(missing, 0.0) * 1e4) / 1e4
            return


def _redeveloped(made: Draft, row: Record, plan: dict[tuple, float]) -> float:
    study = Study(made.settings, made.tables)
    all_, none = (done(study.quota_rows(row | {"value": value})[0][0], plan) for value in (0.0, 1.0))
    return math.floor(all_ / (all_ - none) * 1e4) / 1e4 if all_ > none else 0.5


def _fit(rng: random.Random, made: Draft, row: Record, plan: dict[tuple, float], tight: float) -> None:
    """Set the value of a quota so that the plan keeps it, or just fails to."""
    study = Study(made.settings, made.tables)
    at = []
    for value in (0.0, 1.0):
        rows = study.quota_rows(row | {"value": value})
        at.append([low if row["sense"] == ">=" else high for _, low, high in rows])
    reached = [done(terms, plan) for terms, _, _ in rows]
    met = [(now - b0) / (b1 - b0) for now, b0, b1 in zip(reached, *at, strict=True) if b1 != b0]
    best = (min if row["sense"] == ">=" else max)(met, default=0.0)
    span = max(max((sum(abs(v) for v in terms.values()) for terms, _, _ in rows), default=1.0), 1.0)
    slack = (-0.15 if rng.random() < tight else rng.choice((0.0, 0.0, 0.2))) * (
        abs(best) if row["rule"] != "carbon_cap" else 0.1 * span
    )
    value = best - slack if row["sense"] == ">=" else best + slack
    if row["rule"] == "carbon_cap":
        row["value"] = round(value + 0.01, 4)
        return
    # Rounded away from the plan, which lies exactly on the bound.
    bottom_up = made.settings["carbon"]["existing_activity"] == "bottom_up"
    least = 0.1 if row["rule"] == "growth_demand" and bottom_up else 0.0
    row["value"] = max(math.floor(value * 1e4) / 1e4 if row["sense"] == ">=" else math.ceil(value * 1e4) / 1e4, least)
