"""Alternatives, ranges and what is proven of all plans, against all plans of whole parcels."""

import json

import numpy as np
import pandas as pd
import pytest

from instances.scenarios.derive import Changes
from optimizer.results.solution import departure_base
from optimizer.results.start import read_multipliers, read_values
from optimizer.studies.alternatives import run_alternatives
from optimizer.studies.asked import Asked
from optimizer.studies.entries import AlternativesEntry, RangesEntry
from optimizer.studies.goals import goal
from optimizer.studies.models import model_of
from optimizer.studies.near import limit_of
from optimizer.studies.proven_use import proven_use
from optimizer.studies.ranges import run_ranges
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from tests.build import draft, quota
from tests.optimizer.studies.whole_parcels import every_plan, write_parcels
from tests.seeds import first_of
from tests.six_units import six

EXACT = Asked(gap=0.0)
BASE = Scenario("base", "", "", "", Changes())
WITHIN = 0.3


@pytest.fixture(params=first_of(range(3), 2))
def solved(tmp_path, request):
    """A study whose base is solved: root, runner, model, all plans, and those within the limit."""
    folder, root = write_parcels(tmp_path / "land", request.param), tmp_path / "study"
    at = Runner(root)
    at.run([instance_task(BASE, folder, "hash"), solve_task(BASE, root, EXACT, "en", tables=False)])
    model = model_of(folder)
    plans = every_plan(model.program)
    best = read_values(model.program, root / "scenarios" / "base")
    limit = limit_of(model.program, best, WITHIN)
    return root, at, model, plans[plans @ model.program.cost <= limit + 1e-6], best


def differ(one, other, area):
    """Hectares that two whole plans decide differently."""
    return float((area * np.abs(one - other)).sum() / 2)


def test_each_alternative_is_as_far_from_those_before_as_any_plan_can_be(solved):
    root, at, model, near, best = solved
    run_alternatives(AlternativesEntry(name="a", within=WITHIN, number=3), BASE, EXACT, root, at)
    area, known = model.program.moves.area_ha, [best]
    for number in range(1, 4):
        folder = root / "alternatives" / "a" / "plans" / f"{number:03d}"
        told = json.loads((folder / "alternative.json").read_text())
        true = max(min(differ(plan, other, area) for other in known) for plan in near)
        assert told["distance"] == pytest.approx(true, abs=1e-6)
        assert told["distance_bound"] == pytest.approx(true, abs=1e-6)
        assert told["differs"] == pytest.approx(true, abs=1e-6)
        assert told["audit_passed"]
        known.append(read_values(model.program, folder))
        assert float(model.program.cost @ known[-1]) <= told["limit"] + 1e-6


def test_shares_of_plans_are_frequencies(solved):
    root, at, model, _, best = solved
    run_alternatives(AlternativesEntry(name="a", within=WITHIN, number=2), BASE, EXACT, root, at)
    folders = [root / "alternatives" / "a" / "plans" / name for name in ("001", "002")]
    plans = [best, *(read_values(model.program, folder) for folder in folders)]
    table = pd.read_parquet(root / "alternatives" / "a" / "table" / "zones.parquet").set_index("zone")
    stays = model.program.moves.start[:-1]
    changed = np.mean([plan[stays] < 0.5 for plan in plans], axis=0)
    assert table["share_of_plans"].to_numpy() == pytest.approx(changed)


def test_what_is_proven_holds_for_every_plan_within_the_limit(solved):
    root, _, model, near, best = solved
    multipliers = read_multipliers(model.program, root / "scenarios" / "base")
    for within in (0.01, 0.1, WITHIN):
        limit = limit_of(model.program, best, within)
        use = proven_use(model.program, multipliers, limit)
        kept = near[near @ model.program.cost <= limit + 1e-9]
        assert len(kept)
        assert (kept >= use.least - 1e-6).all()
        assert (kept <= use.most + 1e-6).all()
        assert use.bound <= float(model.program.cost @ best) + 1e-6


def test_something_is_proven_where_little_may_be_lost(solved):
    root, _, model, _, best = solved
    multipliers = read_multipliers(model.program, root / "scenarios" / "base")
    use = proven_use(model.program, multipliers, float(model.program.cost @ best))
    assert (use.most < model.program.moves.upper).any()


def test_ranges_are_those_of_all_plans(solved):
    root, at, model, near, _ = solved
    names = ("area:forest", "cost", "changed")
    table = run_ranges(RangesEntry(name="r", within=WITHIN, measures=names), BASE, EXACT, root, at)
    for name, row in zip(names, table.to_dict("records"), strict=True):
        one = goal(model, name)
        values = [one.told(one.of(plan)) for plan in near]
        assert row["least"] == pytest.approx(min(values), abs=1e-6)
        assert row["greatest"] == pytest.approx(max(values), abs=1e-6)
        assert row["least_bound"] == pytest.approx(min(values), abs=1e-6)
        assert row["greatest_bound"] == pytest.approx(max(values), abs=1e-6)


def test_what_all_plans_share_is_proven_by_a_solve_of_its_own_or_not_said(solved):
    root, at, model, near, _ = solved
    run_alternatives(AlternativesEntry(name="a", within=WITHIN, number=1, probe=99), BASE, EXACT, root, at)
    table = pd.read_parquet(root / "alternatives" / "a" / "table" / "zones.parquet").set_index("zone")
    stays = model.program.moves.start[:-1]
    changed = near[:, stays] < 0.5
    true = np.select([changed.all(axis=0), ~changed.any(axis=0)], ["must change", "cannot change"], "")
    assert table["verdict"].tolist() == true.tolist()
    assert set(table["by"]) <= {"", "multipliers", "solve", "another plan"}
    assert (table["by"][table["verdict"] != ""] != "another plan").all()


def test_of_land_in_shares_a_distance_of_nothing_is_not_said_to_prove_the_plan_unique(tmp_path):
    """4 ha or more of 10 ha become industry: more of it is another plan, but no other use of any land."""
    made = draft({"a": {"crop": 10}}, "crop>ind", quotas=[quota("floor", 4.0, "industry")])
    root = tmp_path / "study"
    at = Runner(root)
    solve = solve_task(BASE, root, EXACT, "en", tables=False)
    at.run([instance_task(BASE, made.write(tmp_path / "land"), "hash"), solve])
    run_alternatives(AlternativesEntry(name="a", within=0.5, number=1, probe=9), BASE, EXACT, root, at)
    told = json.loads((root / "alternatives" / "a" / "plans" / "001" / "alternative.json").read_text())
    assert (told["distance"], told["distance_bound"]) == pytest.approx((0.0, 0.0), abs=1e-9)
    table = pd.read_parquet(root / "alternatives" / "a" / "table" / "zones.parquet")
    assert table["verdict"].tolist() == ["must change"]
    assert table["least_proven_ha"].tolist() == pytest.approx([4.0])


def test_a_plan_that_is_found_again_counts_once(tmp_path):
    """Five plans lie within the limit and seven are asked for: shares are those of the five."""
    folder, root = write_parcels(tmp_path / "land", 0), tmp_path / "study"
    at = Runner(root)
    at.run([instance_task(BASE, folder, "hash"), solve_task(BASE, root, EXACT, "en", tables=False)])
    program = model_of(folder).program
    best, plans = read_values(program, root / "scenarios" / "base"), every_plan(program)
    least, _, above = np.unique((plans @ program.cost).round(6))[:3]
    near = plans[plans @ program.cost < above - 1.0]
    within = (above - 1.0 - least) / departure_base(program, best)
    run_alternatives(AlternativesEntry(name="a", within=within, number=6), BASE, EXACT, root, at)
    table = root / "alternatives" / "a" / "table"
    assert json.loads((table / "result.json").read_text())["plans"] == len(near) == 5
    changed = (near[:, program.moves.start[:-1]] < 0.5).mean(axis=0)
    assert pd.read_parquet(table / "zones.parquet")["share_of_plans"].to_numpy() == pytest.approx(changed)


def test_a_unit_that_is_chosen_in_part_is_not_said_to_be_impossible(tmp_path):
    """5 of `a` take units 1 and 2 and half of 3, for 4.5; for 4.59 unit 3 may be 0.5 to 0.59, and 4 up to 0.09 / 4."""
    made = six(features=[{"feature": "a", "target": 5}, {"feature": "b", "target": 0}])
    made.restoration["decision"] = "proportion"
    root = tmp_path / "study"
    at = Runner(root)
    solve = solve_task(BASE, root, EXACT, "en")
    at.run([instance_task(BASE, made.write(tmp_path / "sites"), "hash"), solve])
    run_alternatives(AlternativesEntry(name="a", within=0.02, number=1, probe=9), BASE, EXACT, root, at)
    table = pd.read_parquet(root / "alternatives" / "a" / "table" / "decisions.parquet").set_index("name")
    assert table.loc[["1", "2", "3"], "verdict"].tolist() == ["must"] * 3
    assert table.loc[["1", "2", "3"], "share_of_plans"].tolist() == [1.0] * 3
    assert table.loc[["4", "5", "6"], "verdict"].tolist() == [""] * 3
    told = json.loads((root / "alternatives" / "a" / "plans" / "001" / "alternative.json").read_text())
    assert told["unit"] == ""  # units have no hectares that the plan counts in
