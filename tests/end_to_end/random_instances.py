"""Small random instances over every rule, alike for the same seed.

Quotas are cut to fit a random plan, so that most instances have a plan and many rows bind; some are then
tightened until they need not. Every third instance is made of whole zones only, few enough to try out.
"""

from __future__ import annotations

import math
import random

from tests.build import CLASSES, Draft, Record, draft, quota
from tests.end_to_end.reference import Study
from tests.end_to_end.reference_optimum import options

ENDS = (2026, 2030, 2040)
INNER = ("north", "south")
REGIONS = {"all": "", "north": "all", "south": "all", "hill": "south"}
GROUPS = ("cropland", "orchard", "forest", "grass", "wetland", "unused", "ecological", "crop")
BUILT = ("industry", "housing", "housing_urban", "transport", "built", "built_urban", "built_rural", "city")
BORDERED = ("built", "built", "built_urban", "cropland", "ecological", "forest", "restored")
ECOLOGICAL = ("wood", "grass", "marsh", "pond")
LINKED = (("vil", "crop"), ("crop", "city"))
MOST_COMBINATIONS = 20_000
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
    _context(rng, made, present)
    if whole:
        _shrink(made)
    plan = _quotas(rng, made, whole, linked)
    _of_years(random.Random(f"{seed} years"), made, plan)
    _lie_of_land(random.Random(f"{seed} lie of land"), made, plan, whole and together)
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


def _context(rng: random.Random, made: Draft, present: set[str]) -> None:
    """KAYA factors or a series of emissions, who emits it, and now and then added activity with its growth."""
    if rng.random() < 0.4:
        return
    words = {"region": "all", "source": "made", "status": "made"}
    items = [("population", "10k", 3.0), ("gdp_per_capita", "10k CNY", 2.0), ("carbon_intensity", "t/10k CNY", 0.01)]
    if rng.random() < 0.3:
        items = [("emissions", "1e4 tCO2", 0.06)]
    for item, unit, value in items:
        for year, growth in ((2018, 1.0), (2027, rng.uniform(1.0, 1.2)), (2040, rng.uniform(1.2, 1.5))):
            made.tables["context"].append({"item": item, "unit": unit, "year": year, "value": value * growth, **words})
    held = [group for group in ("industry", "housing", "built") if any(_in(name, group) for name in present)]
    regions = ("north", "south", "hill")
    shares = [0.25] * 4
    for number, share in enumerate(shares if held else []):
        row = {"end_use": f"use{number}", "sector": "energy", "scope": 1, "region": rng.choice(regions), "share": share}
        made.tables["activity"].append(row | {"group": rng.choice(held), "source": "made", "status": "made"})
    grows = any(row["to"] in ("ind", "city") and row["allowed"] for row in made.tables["transitions"])
    if held and grows and rng.random() < 0.5:
        made.settings["carbon"]["existing_activity"] = "bottom_up"


def _in(name: str, group: str) -> bool:
    return (group in ("built", "housing") and name in ("vil", "city")) or (
        group in ("built", "industry") and name == "ind"
    )


def _shrink(made: Draft) -> None:
    """Drop zones until every combination of moves can be tried."""
    while math.prod(map(len, options(Study(made.settings, made.tables)))) > MOST_COMBINATIONS:
        last = made.tables["zones"].pop()["zone"]
        for table in ("cover", "zone_costs", "unit_zone"):
            made.tables[table] = [row for row in made.tables[table] if row["zone"] != last]
    classes = {row["class"] for row in made.tables["cover"]}
    kept = [row for row in made.tables["activity"] if any(_in(name, row["group"]) for name in classes)]
    made.tables["activity"] = [row | {"share": 1.0 / len(kept)} for row in kept]
    if not kept:
        made.settings["carbon"]["existing_activity"] = "top_down"


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


def _quotas(rng: random.Random, made: Draft, whole: bool, linked: bool) -> dict[tuple, float]:
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


def _of_years(rng: random.Random, made: Draft, plan: dict[tuple, float]) -> None:
    """Draw quotas on single years that the plan keeps or just fails to: a peak, and a cap on an inventory."""
    ends, top_down = made.settings["time"]["periods"], made.settings["carbon"]["existing_activity"] == "top_down"
    if made.settings["carbon"]["mode"] == "stock" or rng.random() < 0.25:
        return
    rows, region = [], rng.choice(tuple(REGIONS))
    if len(ends) > 1 and top_down:
        row = quota("peak", rng.choice((0.0, 0.02, 0.1)), region=region, period=rng.choice(ends[:-1]))
        _turning_city(rng, made, plan, row)
        rows.append(row)
    if rng.random() < 0.6:
        row = quota("carbon_cap", 0.0, region=rng.choice(tuple(REGIONS)), period=rng.choice(ends), unit="tCO2e/yr")
        terms, constant = Study(made.settings, made.tables).inventory(row["region"], row["period"])
        row["value"] = round(_done(terms, plan) + constant + rng.choice((0.0, 0.0, 3.0, 20.0)) + 0.001, 3)
        rows.append(row)
    words = {"source": "made", "status": "made"}
    made.tables["quotas"] += [row | words | {"id": f"year{k}"} for k, row in enumerate(rows)]


def _turning_city(rng: random.Random, made: Draft, plan: dict[tuple, float], peak: Record) -> None:
    """Give the city a total by which the plan's curve in a region just turns; caps move with what it adds up to."""
    ends, before = made.settings["time"]["periods"], Study(made.settings, made.tables)
    if not (part := _active(made, peak["region"])):
        peak["region"], part = "all", _active(made, "all")
    land = []
    for year in ends:
        terms, constant = before.inventory(peak["region"], year)
        land.append(_done(terms, plan) + constant - before.activity(year) * part)
    curve = [50.0 + 3.0 * max(map(abs, land))]
    for _ in ends[1:]:
        room = rng.choice((0.0, 0.0, 0.0, 2.0, -1.0 if rng.random() < 0.3 else 0.0))
        curve.append((1.0 - peak["value"]) * curve[-1] - room)
    total = [(here - own) / part - 0.001 * k for k, (here, own) in enumerate(zip(curve, land, strict=True))]
    words = {"item": "emissions", "region": "all", "unit": "tCO2", "source": "made", "status": "made"}
    years = {before.base: total[0]} | dict(zip(ends, total, strict=True))
    made.tables["context"] = [words | {"year": year, "value": round(value, 6)} for year, value in years.items()]
    after = Study(made.settings, made.tables)
    for row in made.tables["quotas"]:
        if row["rule"] == "carbon_cap":
            end = row["period"] or ends[-1]
            row["value"] += after.constant(row["region"], end) - before.constant(row["region"], end)


def _active(made: Draft, region: str) -> float:
    """Return the part of the city's activity in a region."""
    study = Study(made.settings, made.tables)
    shares = [row["share"] for row in made.tables["activity"] if study.inside(row["region"], region)]
    return sum(shares) if made.tables["activity"] else float(region == "all")


def _lie_of_land(rng: random.Random, made: Draft, plan: dict[tuple, float], together: bool) -> None:
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


def _done(terms: dict[tuple, float], plan: dict[tuple, float]) -> float:
    return sum(factor * plan.get(name, 0.0) for name, factor in terms.items())


def _fill_bank(made: Draft, row: Record, plan: dict[tuple, float], rows: list[Record]) -> None:
    """Bank what the plan lacks, in the best grade that the bank has."""
    missing = max(_done(terms, plan) - high for terms, _, high in Study(made.settings, made.tables).quota_rows(row))
    graded = row["rule"] == "compensation_grade"
    for bank in rows:
        if bank["rule"] == "compensation_bank" and bank["region"] == row["region"] and (bank["grade"] > 0) == graded:
            bank["value"] += math.ceil(max(missing, 0.0) * 1e4) / 1e4
            return


def _redeveloped(made: Draft, row: Record, plan: dict[tuple, float]) -> float:
    study = Study(made.settings, made.tables)
    all_, none = (_done(study.quota_rows(row | {"value": value})[0][0], plan) for value in (0.0, 1.0))
    return math.floor(all_ / (all_ - none) * 1e4) / 1e4 if all_ > none else 0.5


def _fit(rng: random.Random, made: Draft, row: Record, plan: dict[tuple, float], tight: float) -> None:
    """Set the value of a quota so that the plan keeps it, or just fails to."""
    study = Study(made.settings, made.tables)
    at = []
    for value in (0.0, 1.0):
        rows = study.quota_rows(row | {"value": value})
        at.append([low if row["sense"] == ">=" else high for _, low, high in rows])
    done = [_done(terms, plan) for terms, _, _ in rows]
    met = [(now - b0) / (b1 - b0) for now, b0, b1 in zip(done, *at, strict=True) if b1 != b0]
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
