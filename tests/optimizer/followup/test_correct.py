"""Corrections of drawn plans against every plan that changes as few zones, written down one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from instances.faults import InstanceError
from optimizer.followup import correct as correction
from optimizer.followup import few
from optimizer.followup.broken import Meter
from optimizer.followup.correct import correct
from optimizer.followup.correct_files import write_correction
from optimizer.followup.given import given_plan
from optimizer.followup.swaps import Swaps
from optimizer.infeasibility.rows import QuotaRows
from optimizer.methods import highs
from optimizer.results.solution import SolveOptions
from tests import build
from tests.optimizer.followup import cases
from tests.seeds import first_of

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
@pytest.mark.parametrize("seed", first_of(range(5), 2))
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
    assert found.changed <= swaps
    if found.changed:
        assert found.steps["short_after"].iloc[-1] == pytest.approx(short, abs=1e-6)


@pytest.mark.parametrize("swaps", [1, 2, 3])
@pytest.mark.parametrize("seed", first_of(range(5, 10), 2))
def test_zones_that_come_in_one_by_one_lead_to_the_same(tmp_path, monkeypatch, seed, swaps):
    """One zone offered at first, a few more each turn: prices tell when no other can matter."""
    for name, value in (("ROUND", 1), ("FEW", 1), ("TIMES", 2)):
        monkeypatch.setattr(few, name, value)
    zones, options, costs, plan, folder = parcels(tmp_path, seed)
    given = given_plan(tmp_path / "case", folder)
    found = correct(given, swaps, EXACT)
    short, cost = best(zones, options, costs, plan, swaps)
    assert found.short == pytest.approx(short, abs=1e-6)
    assert float(given.program.cost @ found.values) == pytest.approx(cost, rel=1e-6)
    assert found.proven
    assert found.bound == pytest.approx(cost, rel=1e-6)


def mixed(folder, seed):
    """Twelve zones of several classes that may be split, some under permanent farmland, and a plan drawn at random."""
    random = np.random.default_rng(seed)
    zones = {
        f"z{k}": {kind: float(random.integers(1, 9)) for kind in ("crop", "bare", "vil")}
        | {"grade": 5, "farmland": int(random.random() < 0.3), "built_kind": "village"}
        for k in range(12)
    }
    pairs = [f"{a}>{b}" for a in ("crop", "bare", "vil") for b in KINDS if a != b]
    quotas = [
        build.quota("cropland_retention", 60.0),
        build.quota("growth_demand", 20.0, "industry"),
        build.quota("floor", 15.0, "grass"),
    ]
    moves = {pair: {"cost": float(random.integers(1, 9))} for pair in pairs}
    build.build(folder / "case", zones, moves, quotas=quotas)
    changes = {}
    for name, zone in zones.items():
        for kind in ("crop", "bare", "vil"):
            to = str(random.choice(["crop", "ind", "grass"]))
            if to != kind and random.random() < 0.5:
                changes[f"{name} {kind}>{to} 2030"] = float(random.integers(1, int(zone[kind]) + 1))
    return given_plan(folder / "case", cases.drawn(folder / "plan", changes))


def plainly(given, swaps):
    """Least shortfall, then least cost, as one program of scipy with a column for each share, in other words."""
    program = given.program
    moves, matrix = program.moves, program.matrix()
    count, zones, rows = len(moves), len(program.names.zones), program.n_rows - moves.n_groups
    assert program.n_columns == count
    assert np.isinf(matrix.row_upper[moves.n_groups :]).all()
    quota, lower = matrix.rows[moves.n_groups :].toarray(), matrix.row_lower[moves.n_groups :]
    one = np.zeros((moves.n_groups, count))
    one[moves.group, np.arange(count)] = 1.0
    drawn = np.where(moves.changes, given.shares, 0.0)
    drawn[moves.start[:-1]] = 1.0 - one @ drawn
    held = np.hstack([np.eye(count), np.zeros((count, zones + rows))])
    held[np.arange(count), count + moves.zone] = drawn
    limits = [
        LinearConstraint(np.hstack([one, np.zeros((len(one), zones + rows))]), 1, 1),
        LinearConstraint(held, drawn - 1e-12, np.inf),
        LinearConstraint(np.r_[np.zeros(count), np.ones(zones), np.zeros(rows)][None, :], 0, swaps),
        LinearConstraint(np.hstack([quota, np.zeros((rows, zones)), np.diag(QuotaRows.of(program).scale)]), lower),
    ]
    whole = np.r_[np.zeros(count), np.ones(zones), np.zeros(rows)]
    bounds = Bounds(0, np.r_[np.ones(count + zones), np.full(rows, np.inf)])
    short = np.r_[np.zeros(count + zones), np.ones(rows)]
    first = milp(short, constraints=limits, integrality=whole, bounds=bounds)
    limits.append(LinearConstraint(short[None, :], 0, first.fun + 1e-7))
    cost = np.r_[program.cost, np.zeros(zones + rows)]
    return first.fun, milp(cost, constraints=limits, integrality=whole, bounds=bounds).fun


@pytest.mark.parametrize("swaps", [1, 3, 5])
@pytest.mark.parametrize("seed", first_of(range(4), 2))
def test_shares_of_zones_agree_with_one_plain_program(tmp_path, monkeypatch, seed, swaps):
    monkeypatch.setattr(few, "ROUND", 2)
    monkeypatch.setattr(few, "FEW", 2)
    given = mixed(tmp_path, seed)
    found = correct(given, swaps, EXACT)
    short, cost = plainly(given, swaps)
    assert found.short == pytest.approx(short, abs=1e-5)
    assert float(given.program.cost @ found.values) == pytest.approx(cost, rel=1e-5, abs=1e-4)
    assert found.proven


def test_zones_are_told_apart_by_what_they_could_bring(tmp_path):
    """4 of 20 ha of cropland lack: the field can give 4 back, waste bring 2, the village 3, the meadow all of it."""
    given = cases.plan(tmp_path, {"field crop>ind 2030": 4.0}, quotas=[build.quota("cropland_retention", 20.0)])
    meter = Meter(QuotaRows.of(given.program), EXACT)
    drawn = meter.measure(given.shares)
    model = Swaps.of(given.program, meter.rounded(drawn), drawn, 1)
    names = given.program.names.zones[model.zones]
    found = dict(zip(names, model.helps, strict=True))
    assert found == pytest.approx({"field": 0.2, "kept": 0.0, "waste": 0.1, "village": 0.15, "meadow": 0.2}, abs=1e-6)


def test_best_among_zones_is_said_of_those_of_both_solves(tmp_path, monkeypatch):
    """Breaking less is proven among zones 0 and 1, the objective among 1, 2 and 3: both only for zone 1."""
    *_, folder = parcels(tmp_path, 0)
    given = given_plan(tmp_path / "case", folder)
    masks = iter([[0, 1], [1, 2, 3]])

    def solved(swaps, cost, start, *_):
        among = np.isin(np.arange(len(swaps.zones)), next(masks))
        return few.Least(start, float(cost @ start), -np.inf, False, among)

    monkeypatch.setattr(correction, "least", solved)
    assert correct(given, 2, EXACT).among == 1


def test_without_time_the_plan_stays_and_nothing_is_claimed(tmp_path):
    *_, folder = parcels(tmp_path, 0)
    given = given_plan(tmp_path / "case", folder)
    found = correct(given, 2, replace(EXACT, time_limit_s=0.0))
    assert not found.proven
    assert found.bound is None
    assert found.values == pytest.approx(found.drawn.values)


def test_what_is_measured_in_part_is_not_believed(monkeypatch, tmp_path):
    """HiGHS stops with some values, not the least: what a plan breaks is then unknown."""
    given = given_plan("tiny", cases.drawn(tmp_path, {}))
    meter = Meter(QuotaRows.of(given.program), EXACT)
    assert meter.measure(given.shares).total > 0
    run = highs.run
    monkeypatch.setattr(highs, "run", lambda solver: replace(run(solver), status=highs.Status.kTimeLimit))
    with pytest.raises(InstanceError, match="no time"):
        meter.measure(given.shares)


def test_a_barred_change_is_taken_back_and_its_quota_made_good(tmp_path):
    """Permanent farmland and a field were built on, nothing was reclaimed: giving back the first is no swap."""
    changes = {"kept crop>ind 2030": 2.0, "field crop>ind 2030": 3.0}
    given = cases.plan(tmp_path, changes)
    (tmp_path / "out").mkdir()
    found = correct(given, 1, EXACT)
    told = write_correction(tmp_path / "out", given, found, 1, "en")
    assert found.short == pytest.approx(0.0, abs=1e-9)
    assert found.odd_ha.sum() == pytest.approx(2.0)
    assert told.failures == []
    assert found.steps["zone"].tolist() == [-1, 0]
    checks = next(table for title, table in told.tables if "drawn" in title)
    assert any("farmland" in str(rule) for rule in checks["rule"])
    assert "Proven" in told.lines[-1]
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
        ({"field crop>ind 0": 1.0}, "changes in period 0"),
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
