"""Corrections of drawn plans against every plan that changes as few zones, written down one by one."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from instances.faults import InstanceError
from optimizer.followup.correct import correct
from optimizer.followup.correct_files import write_correction
from optimizer.followup.given import given_plan
from optimizer.results.solution import SolveOptions
from tests import build
from tests.optimizer.followup import cases

EXACT = SolveOptions(gap=1e-9, threads=1)

KINDS = ("crop", "ind", "grass")


def parcels(folder, seed):
    """Seven whole parcels of crop or bare land, and a plan drawn at random; crop, industry and grass are asked for."""
    random = np.random.default_rng(seed)
    areas = random.integers(1, 9, 7).astype(float)
    kinds = random.choice(["crop", "bare"], 7)
    zones = {
        f"z{k}": {kind: area, "whole": 1, "grade": 5} for k, (kind, area) in enumerate(zip(kinds, areas, strict=True))
    }
    costs = {f"{a}>{b}": float(random.integers(1, 9)) for a in ("crop", "bare") for b in KINDS if a != b}
    quotas = [
        build.quota("cropland_retention", 12.0),
        build.quota("growth_demand", 8.0, "industry"),
        build.quota("floor", 5.0, "grass"),
    ]
    build.build(folder / "case", zones, {pair: {"cost": cost} for pair, cost in costs.items()}, quotas=quotas)
    options = {name: [next(k for k in zone if k in build.CLASSES)] for name, zone in zones.items()}
    for name, zone in zones.items():
        options[name] += [kind for kind in KINDS if kind not in zone]
    plan = {name: str(random.choice(options[name])) for name in zones}
    changes = {
        f"{name} {options[name][0]}>{to} 2030": zone[options[name][0]]
        for (name, zone), to in zip(zones.items(), plan.values(), strict=True)
        if to != options[name][0]
    }
    return zones, options, costs, plan, cases.drawn(folder / "plan", changes)


def judged(zones, options, costs, plan):
    """Sum of relative shortfalls, and cost, of a plan by hand."""
    areas = {name: zone[options[name][0]] for name, zone in zones.items()}
    made = {kind: sum(areas[name] for name, to in plan.items() if to == kind) for kind in KINDS}
    short = sum(max(asked - made[kind], 0.0) / asked for kind, asked in (("crop", 12.0), ("ind", 8.0), ("grass", 5.0)))
    cost = sum(costs[f"{options[name][0]}>{to}"] * areas[name] for name, to in plan.items() if to != options[name][0])
    return round(short, 9), cost


def best(zones, options, costs, plan, swaps):
    """The least of all plans that differ in `swaps` zones or fewer."""
    found = [judged(zones, options, costs, plan)]
    for count in range(1, swaps + 1):
        for names in combinations(zones, count):
            for chosen in product(*(options[name] for name in names)):
                found.append(judged(zones, options, costs, plan | dict(zip(names, chosen, strict=True))))
    return min(found)


@pytest.mark.parametrize("swaps", [0, 1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_few_swaps_break_and_cost_least(tmp_path, seed, swaps):
    zones, options, costs, plan, folder = parcels(tmp_path, seed)
    given = given_plan(tmp_path / "case", folder)
    found = correct(given, swaps, EXACT)
    short, cost = best(zones, options, costs, plan, swaps)
    assert found.drawn.total == pytest.approx(judged(zones, options, costs, plan)[0], abs=1e-6)
    assert found.short == pytest.approx(short, abs=1e-6)
    assert float(given.program.cost @ found.values) == pytest.approx(cost, rel=1e-6)
    assert found.proven
    assert found.least_short == pytest.approx(short, abs=1e-6)
    assert len(found.steps) <= swaps
    if len(found.steps):
        assert found.steps["short_after"].iloc[-1] == pytest.approx(short, abs=1e-6)


def test_a_barred_change_is_taken_back_and_its_quota_made_good(tmp_path):
    """Permanent farmland and a field were built on, nothing was reclaimed: taking both back costs least."""
    changes = {"kept crop>ind 2030": 2.0, "field crop>ind 2030": 3.0}
    given = cases.plan(tmp_path, changes)
    (tmp_path / "out").mkdir()
    found = correct(given, 2, EXACT)
    lines, tables, failures = write_correction(tmp_path / "out", given, found, 2, "en")
    assert found.short == pytest.approx(0.0, abs=1e-9)
    assert found.barred_ha == pytest.approx(2.0)
    assert found.left_ha == pytest.approx(0.0, abs=1e-9)
    assert failures == []
    assert set(found.steps["zone"]) == {0, 1}
    told = next(table for title, table in tables if "drawn" in title)
    assert any("farmland" in str(rule) for rule in told["rule"])
    assert "Proven" in lines[-1]
    assert (tmp_path / "out" / "corrected" / "report.html").is_file()


def test_a_sound_plan_is_made_cheaper(tmp_path):
    """Grass at 7 was reclaimed for 2 ha of field; one changed zone can give the field back; two take the village."""
    given = cases.plan(
        tmp_path,
        {"meadow grass>crop 2030": 2.0, "field crop>ind 2030": 2.0},
    )
    found = correct(given, 1, EXACT)
    assert found.drawn.total == 0
    assert float(given.program.cost @ found.values) == pytest.approx(14.0)  # the field stays, the meadow is reclaimed
    both = correct(given, 2, EXACT)
    assert float(given.program.cost @ both.values) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"field crop>ind 2030": 11.0}, "11 ha change of 10 ha"),
        ({"nowhere crop>ind 2030": 1.0}, "nowhere"),
        ({"field crop>gold 2030": 1.0}, "gold"),
        ({"field bare>crop 2030": 1.0}, "holds no bare"),
        ({"field crop>ind 2031": 1.0}, "2031"),
        ({"field crop>ind 2030": -1.0}, "below 0"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused(tmp_path, change, message):
    with pytest.raises(InstanceError, match=message):
        cases.plan(tmp_path, change)


def test_a_folder_without_moves_is_refused(tmp_path):
    cases.compensated(tmp_path / "case")
    (tmp_path / "plan").mkdir()
    with pytest.raises(InstanceError, match="holds no moves"):
        given_plan(tmp_path / "case", tmp_path / "plan")
    (tmp_path / "plan" / "moves.csv").write_text("zone,from\na,b\n", encoding="utf-8")
    with pytest.raises(InstanceError, match="no column to, period, area_ha"):
        given_plan(tmp_path / "case", tmp_path / "plan")
