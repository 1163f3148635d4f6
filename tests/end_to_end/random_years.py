"""Random emissions of a city over the years, and quotas on single years: a peak, and a cap on an inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.build import quota
from tests.end_to_end.random_quotas import REGIONS, done
from tests.end_to_end.reference import Study

if TYPE_CHECKING:
    import random

    from tests.build import Draft, Record


def add_context(rng: random.Random, made: Draft, present: set[str]) -> None:
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
    held = [group for group in ("industry", "housing", "built") if any(lies_in(name, group) for name in present)]
    regions = ("north", "south", "hill")
    shares = [0.25] * 4
    for number, share in enumerate(shares if held else []):
        row = {"end_use": f"use{number}", "sector": "energy", "scope": 1, "region": rng.choice(regions), "share": share}
        made.tables["activity"].append(row | {"group": rng.choice(held), "source": "made", "status": "made"})
    grows = any(row["to"] in ("ind", "city") and row["allowed"] for row in made.tables["transitions"])
    if held and grows and rng.random() < 0.5:
        made.settings["carbon"]["existing_activity"] = "bottom_up"


def lies_in(name: str, group: str) -> bool:
    return (group in ("built", "housing") and name in ("vil", "city")) or (
        group in ("built", "industry") and name == "ind"
    )


def add_years(rng: random.Random, made: Draft, plan: dict[tuple, float]) -> None:
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
        row["value"] = round(done(terms, plan) + constant + rng.choice((0.0, 0.0, 3.0, 20.0)) + 0.001, 3)
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
        land.append(done(terms, plan) + constant - before.activity(year) * part)
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
