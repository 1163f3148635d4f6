"""Small random instances over every rule, alike for the same seed.

Quotas are cut to fit a random plan, so that most instances have a plan and many rows bind; some are then
tightened until they need not. Every third instance is made of whole zones only, few enough to try out.
"""

from __future__ import annotations

import math
import random

from tests.build import CLASSES, Draft, Record, draft
from tests.end_to_end.random_borders import add_borders
from tests.end_to_end.random_quotas import LINKED, QUOTAS, REGIONS, add_quotas
from tests.end_to_end.random_years import add_context, add_years, lies_in
from tests.end_to_end.reference import Study
from tests.end_to_end.reference_optimum import options

ENDS = (2026, 2030, 2040)
ECOLOGICAL = ("wood", "grass", "marsh", "pond")
MOST_COMBINATIONS = 20_000


def all_whole(seed: int) -> bool:
    """Whether every zone of the instance changes as a whole."""
    return seed % 3 == 0


def make(seed: int, together: bool = False) -> Draft:
    """Return the instance of a seed; `together` asks that new land hangs together where every zone is whole."""
    rng = random.Random(seed)
    whole = all_whole(seed)
    periods = sorted(rng.sample(ENDS, rng.choice((1, 1, 2, 2, 3))))
    linked = not whole and rng.random() < 0.3
    zones = _zones(rng, whole) | (_village(rng) if linked else {})
    present = {name for zone in zones.values() for name in zone if name in CLASSES}
    units, projects = _projects(rng, zones) if rng.random() < 0.5 else ({}, {})
    locked_out = ["u1"] if units and rng.random() < 0.15 else []
    made = draft(
        zones,
        _transitions(rng, present, linked),
        factors=_factors(rng),
        regions=REGIONS,
        units=units,
        projects=projects,
        locked_out=locked_out,
        zone_costs={
            (zone, name): round(rng.uniform(-3, 2), 2) for zone in zones for name in CLASSES if rng.random() < 0.08
        },
        parameters={"soil_share": 0.6, "gain_years": 15} if rng.random() < 0.3 else None,
        periods=periods,
        mode=rng.choice(("flux", "stock")),
        embodied=rng.random() < 0.4,
        objective=_objective(rng),
    )
    add_context(rng, made, present)
    if whole:
        _shrink(made)
    plan = add_quotas(rng, made, whole, linked)
    add_years(random.Random(f"{seed} years"), made, plan)
    add_borders(random.Random(f"{seed} lie of land"), made, plan, whole and together)
    if rng.random() < 0.15:
        made.settings["instance"]["rules_off"] = [rng.choice((*QUOTAS, "red_line", "slope", "whole_parcel"))]
        if whole:
            made.settings["instance"]["rules_off"] = [rng.choice(tuple(QUOTAS))]
    return made


def _objective(rng: random.Random) -> Record:
    kind = rng.choice(("emissions", "emissions", "cost", "weighted"))
    return (
        {"kind": kind, "emission_weight": 1.0, "cost_weight": rng.choice((1.0, 20.0))}
        if kind == "weighted"
        else {"kind": kind}
    )


def _zones(rng: random.Random, whole: bool) -> dict[str, Record]:
    zones: dict[str, Record] = {}
    for number in range(rng.randint(4, 6)):
        zone: Record = {
            "region": rng.choice(("north", "north", "south", "hill")),
            "red_line": rng.choice(("", "", "", "", "general", "core")),
            "farmland": int(rng.random() < 0.2),
            "boundary": int(rng.random() < 0.65),
            "slope_class": rng.choice((1, 3, 5)),
            "grade": rng.choice((0, 3, 5, 8)),
            "potential_grade": rng.choice((0, 4, 6, 9)),
            "built_kind": rng.choice(("", "", "city", "town", "village", "village", "mining")),
            "retirement": int(rng.random() < 0.5),
            "whole": int(whole or rng.random() < 0.2),
            "min_lot_ha": rng.choice((0.0, 0.0, 0.0, 3.0, 6.0)),
            "cost_factor": rng.choice((1.0, 1.5)),
        }
        held = 1 if zone["whole"] else rng.choice((1, 2, 2))
        likely = ("crop", "crop", "paddy", "vil", "vil", "bare", "grass", "wood", "ind", "city", "orch", "pond")
        for name in rng.sample(likely, held):
            zone[name] = float(rng.randint(2, 12))
        zones[f"z{number}"] = zone
    return zones


def _village(rng: random.Random) -> dict[str, Record]:
    """Return a village that may be reclaimed and cropland that may be built on, which the linked quota ties."""
    village = {"potential_grade": rng.choice((4, 6, 9)), "built_kind": rng.choice(("village", "")), "vil": 8.0}
    field = {"potential_grade": 0, "grade": rng.choice((0, 3, 5, 8)), "crop": 10.0}
    return {name: {"region": "north", "boundary": 1} | zone for name, zone in (("z0", village), ("z1", field))}


def _transitions(rng: random.Random, present: set[str], linked: bool) -> dict[str, Record]:
    listed: dict[str, Record] = {}
    for i in CLASSES:
        for j in CLASSES:
            tied = linked and (i, j) in LINKED
            if i == j or i not in present or (rng.random() < 0.55 and not tied):
                continue
            nature = j in ECOLOGICAL and i != "pond"
            listed[f"{i}>{j}"] = {
                "allowed": int(tied or rng.random() < 0.92),
                "cost": round(rng.uniform(-1, 4), 2),
                "restoration": int(nature and rng.random() < 0.7),
                "condition": "retirement" if rng.random() < 0.15 and not tied else "",
            }
    return listed


def _factors(rng: random.Random) -> dict[tuple[str, ...], float]:
    factors: dict[tuple[str, ...], float] = {}
    for name in CLASSES:
        factors[name, "stock"] = round(rng.uniform(0, 300), 1)
        factors[name, "sink"] = round(rng.uniform(-1, 5), 2)
        factors[name, "embodied"] = round(rng.uniform(0, 40), 1)
        if rng.random() < 0.5:
            factors[name, "ramp_years"] = float(rng.choice((0, 5, 12)))
        if rng.random() < 0.2:
            factors[name, "soil_share"] = round(rng.uniform(0, 1), 2)
        for region in ("north", "south", "hill"):
            if rng.random() < 0.15:
                factors[name, rng.choice(("sink", "stock")), region] = round(rng.uniform(0, 100), 1)
    return factors


def _projects(rng: random.Random, zones: dict[str, Record]) -> tuple[dict[str, Record], dict[str, Record]]:
    names = list(zones)
    rng.shuffle(names)
    cut = rng.randint(1, 3)
    units = {"u1": names[:cut], "u2": names[cut : cut + 2]}
    shares = {unit: {zone: rng.choice((1.0, 1.0, 0.5)) for zone in held} for unit, held in units.items()}
    projects = {
        name: {
            "members": unit,
            "to": rng.choice(("wood", "marsh", "wood;grass", "crop")),
            "min_area_ha": float(rng.choice((0, 2, 5))),
            "max_area_ha": float(rng.choice((8, 15))),
            "cost_wanyuan": float(rng.choice((0, 3, 10))),
            "prerequisites": "p1" if name == "p2" and rng.random() < 0.6 else "",
        }
        for name, unit in (("p1", "u1"), ("p2", "u2"))
    }
    return shares, projects


def _shrink(made: Draft) -> None:
    """Drop zones until every combination of moves can be tried."""
    while math.prod(map(len, options(Study(made.settings, made.tables)))) > MOST_COMBINATIONS:
        last = made.tables["zones"].pop()["zone"]
        for table in ("cover", "zone_costs", "unit_zone"):
            made.tables[table] = [row for row in made.tables[table] if row["zone"] != last]
    classes = {row["class"] for row in made.tables["cover"]}
    kept = [row for row in made.tables["activity"] if any(lies_in(name, row["group"]) for name in classes)]
    made.tables["activity"] = [row | {"share": 1.0 / len(kept)} for row in kept]
    if not kept:
        made.settings["carbon"]["existing_activity"] = "top_down"
