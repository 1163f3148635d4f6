"""The bound from multipliers, by the raw tables: against the matrix, the true optimum, hand calculation and forgery."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import optimizer.solve as study
from optimizer.results.audit import audit
from optimizer.results.multipliers import read_multipliers, write_multipliers
from tests.build import build, draft, outcome, program_of, quota
from tests.end_to_end.random_cases import drawn, optimum, posed
from tests.end_to_end.random_instances import make
from tests.optimizer.results.audit_bound import audited, lagrangian, random_multipliers
from tests.seeds import first_of

if TYPE_CHECKING:
    from pathlib import Path

DECISIONS = ("restoration_project", "minimum_lot")
BATCH = 10
BATCHES = range(0, 30, BATCH)
ROUND_OFF = 1e-9


@pytest.mark.parametrize("first", first_of(BATCHES, 1))
def test_any_multipliers_prove_no_less_than_the_matrix_and_no_more_than_the_optimum(first: int, tmp_path: Path):
    """Blocks and areas of linked quota only make it stronger than the plain relaxation; nothing makes it false."""
    wrong = []
    for seed in range(first, first + BATCH):
        drawn(seed).write(tmp_path / str(seed))
        program, least = posed(seed).program, optimum(seed)
        duals = random_multipliers(program, seed)
        for released in (True, False):
            for quota_rows, start in zip(program.quotas, program.row_starts, strict=False):
                if not released and quota_rows.rule in DECISIONS:
                    duals[start : start + len(quota_rows)] = 0.0
            found = audited(tmp_path / str(seed), program, duals, tmp_path / f"{seed}_plan")
            slack = ROUND_OFF * max(found.size, 1.0)
            if found.unknown or found.value < _finite(lagrangian(program, duals)) - slack:
                wrong.append((seed, released, found, lagrangian(program, duals)))
            if least is not None and found.value > least + 1e-6 * max(abs(least), 1.0):
                wrong.append((seed, released, found, "optimum", least))
    assert not wrong


def _finite(value: float) -> float:
    """A column without a limit makes the plain relaxation worthless."""
    return value if np.isfinite(value) else -np.inf


def _plain(seed: int):
    """Return a random instance without decisions and linked quota, whose bound is that of the matrix to the digit."""
    made = make(seed)
    for zone in made.tables["zones"]:
        zone["min_lot_ha"] = 0.0
    for table in ("units", "unit_zone", "projects"):
        made.tables[table] = []
    made.tables["quotas"] = [row for row in made.tables["quotas"] if row["rule"] != "linked_quota"]
    return made


@pytest.mark.parametrize("first", first_of(BATCHES, 1))
def test_without_decisions_it_is_that_of_the_matrix(first: int, tmp_path: Path):
    for seed in range(first, first + BATCH):
        made = _plain(seed)
        made.write(tmp_path / str(seed))
        program = program_of(made.instance())
        duals = random_multipliers(program, seed)
        found = audited(tmp_path / str(seed), program, duals, tmp_path / f"{seed}_plan")
        assert found.unknown == 0
        assert found.value == pytest.approx(lagrangian(program, duals), rel=1e-9, abs=1e-9 * max(found.size, 1.0)), seed


def test_by_hand(tmp_path: Path):
    """6 ha of industry at 3 each prove 6 x 3; at 3 a hectare of `a` (cost 1) saves 2, one of `b` (cost 4) nothing.

    10 ha of `a` at 1 - 3 = -2 are -20, `b` stays: 18 - 20 = -2, below the optimum of 6. At the right price of 1 the
    land is free and 6 x 1 = 6 is proven.
    """
    zones = {"a": {"bare": 10}, "b": {"bare": 10}}
    instance = build(
        tmp_path / "i",
        zones,
        "bare>ind",
        quotas=[quota("growth_demand", 6, "industry")],
        zone_costs={("b", "ind"): 3},
    )
    program = program_of(instance)
    for price, proven in ((3.0, -2.0), (1.0, 6.0), (-1.0, 0.0)):
        assert audited(tmp_path / "i", program, np.array([0.0, 0.0, price]), tmp_path / "p").value == pytest.approx(
            proven
        )


def test_multipliers_come_back_in_their_rows(tmp_path: Path):
    program = program_of(make(59).instance())
    duals = random_multipliers(program, 1)
    write_multipliers(program, duals, tmp_path)
    back = read_multipliers(program, tmp_path)
    assert back[program.moves.n_groups :] == pytest.approx(duals[program.moves.n_groups :], abs=0)
    table = pd.read_parquet(tmp_path / "multipliers.parquet")
    told = table.drop(columns=["row", "worth"])
    assert not told.duplicated().any()
    assert (table["worth"] != 0).all()
    other = program_of(make(58).instance())
    assert read_multipliers(other, tmp_path) is None


@pytest.fixture(scope="module")
def solved(tmp_path_factory) -> Path:
    """A plan of land that changes in part, with money, carbon, grades and two periods."""
    folder = tmp_path_factory.mktemp("solved")
    zones = {
        "a": {"crop": 20, "grade": 4, "potential_grade": 4, "region": "north"},
        "b": {"crop": 30, "grade": 8, "region": "south"},
        "c": {"bare": 25, "potential_grade": 6, "region": "north", "cost_factor": 1.5},
        "d": {"bare": 5, "grass": 15, "region": "south"},
    }
    moves = {
        "crop>ind": {"cost": 2.0},
        "bare>ind": {"cost": 30.0},
        "bare>crop": {"cost": 3.0},
        "grass>crop": {"cost": 4.0},
        "bare>wood": {"cost": 1.0, "restoration": 1},
    }
    quotas = [
        quota("growth_demand", 12, "industry", period=2030),
        quota("growth_demand", 4, "industry", "north", period=2030),
        quota("cropland_retention", 48, period=2040),
        quota("compensation_bank", 2.0, grade=4),
        quota("compensation_bank", 9.0, grade=8),
        quota("compensation_grade", 1.0),
        quota("restoration_area", 3),
        quota("budget", 200),
    ]
    made = draft(
        zones,
        moves,
        quotas=quotas,
        factors={("crop", "stock"): 80.0, ("wood", "stock"): 12.0, ("bare", "stock"): 10.0, ("ind", "embodied"): 30.0},
        regions={"all": "", "north": "all", "south": "all"},
        periods=(2030, 2040),
        embodied=True,
        objective={"kind": "weighted", "emission_weight": 1.0, "cost_weight": 5.0},
    )
    made.write(folder / "instance")
    done = study.solve(folder / "instance", folder / "plan", study.StudyOptions(tables=False))
    assert done.has_plan, done
    return folder


def copied(solved: Path, tmp_path: Path) -> tuple[Path, Path]:
    import shutil

    return (
        shutil.copytree(solved / "instance", tmp_path / "instance"),
        shutil.copytree(solved / "plan", tmp_path / "plan"),
    )


def bound_failures(instance: Path, plan: Path) -> set[str]:
    return {check.name for check in audit(instance, plan).failed if check.name.startswith("bound")}


def test_a_plan_of_direct_is_proven_by_its_multipliers(solved: Path):
    summary = json.loads((solved / "plan/summary.json").read_text())
    assert summary["bound_by"] == "dual"
    assert summary["audit"]["passed"]
    checks = {check.name: check for check in audit(solved / "instance", solved / "plan").checks}
    assert checks["bound"].passed
    assert "the multipliers prove" in checks["bound"].message
    assert summary["bound"] > 0


def _summary(plan: Path, **changes: object) -> None:
    path = plan / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_bound_claimed_too_high_is_caught(solved: Path, tmp_path: Path):
    instance, plan = copied(solved, tmp_path)
    summary = json.loads((plan / "summary.json").read_text())
    _summary(plan, bound=summary["bound"] * (1 + 1e-6), objective=summary["objective"])
    assert bound_failures(instance, plan) == {"bound"}
    _summary(plan, bound=summary["bound"] * (1 - 1e-3))
    assert bound_failures(instance, plan) == set()


def test_without_multipliers_nothing_is_proven(solved: Path, tmp_path: Path):
    instance, plan = copied(solved, tmp_path)
    (plan / "plan/multipliers.parquet").unlink()
    assert bound_failures(instance, plan) == {"bound.multipliers"}


@pytest.mark.parametrize("by", ["highs", "core", "master", None])
def test_whose_word_a_bound_is_is_said(by: str | None, solved: Path, tmp_path: Path):
    instance, plan = copied(solved, tmp_path)
    _summary(plan, bound_by=by)
    check = next(check for check in audit(instance, plan).checks if check.name == "bound")
    assert check.passed
    assert ("HiGHS" in check.message) == (by is not None)
    assert ("prove" in check.message.split(";")[-1]) == (by in ("core", "master"))


def test_each_multiplier_that_counts_is_needed(solved: Path, tmp_path: Path):
    """At the optimum multipliers are stationary on one side at most: a change by a tenth proves less, either way."""
    instance, plan = copied(solved, tmp_path)
    path = plan / "plan/multipliers.parquet"
    table = pd.read_parquet(path)
    rules = set()
    for row in range(len(table)):
        for factor in (0.9, 1.1):
            changed = table.copy()
            changed.loc[row, "worth"] *= factor
            changed.to_parquet(path, index=False)
            if bound_failures(instance, plan) == {"bound"}:
                rules.add(table.loc[row, "rule"])
    assert rules == {"growth_demand", "compensation_grade", "restoration_area", "cropland_retention"}


@pytest.mark.parametrize(
    ("column", "value"), [("id", "nobody"), ("period", 2031), ("part", "open"), ("grade", 2), ("rule", "invented")]
)
def test_a_multiplier_of_no_row_is_caught(column: str, value: object, solved: Path, tmp_path: Path):
    instance, plan = copied(solved, tmp_path)
    path = plan / "plan/multipliers.parquet"
    table = pd.read_parquet(path)
    table.loc[table["rule"] == "growth_demand", column] = value
    table.to_parquet(path, index=False)
    assert "bound.rows" in bound_failures(instance, plan)


def _edit(instance: Path, table: str, column: str, change) -> None:
    path = instance / "land" / f"{table}.csv"
    frame = pd.read_csv(path, keep_default_na=False)
    frame[column] = [change(row) for row in frame.to_dict("records")]
    frame.to_csv(path, index=False)


@pytest.mark.parametrize(
    ("table", "column", "change"),
    [
        ("quotas", "value", lambda row: row["value"] - (row["rule"] == "growth_demand")),
        ("quotas", "value", lambda row: row["value"] + (row["rule"] == "compensation_bank")),
        ("transitions", "cost_wanyuan_per_ha", lambda row: row["cost_wanyuan_per_ha"] - 0.5),
        ("factors", "value", lambda row: row["value"] * (1.01 if row["class"] == "wood" else 1.0)),
        ("zones", "grade", lambda row: 0),
        ("zones", "cost_factor", lambda row: 0.5),
    ],
    ids=["quota", "bank", "cost", "factor", "grade", "cost_factor"],
)
def test_tables_that_say_otherwise_prove_less(table: str, column: str, change, solved: Path, tmp_path: Path):
    instance, plan = copied(solved, tmp_path)
    _edit(instance, table, column, change)
    assert "bound" in bound_failures(instance, plan)


def test_a_permission_that_opens_land_proves_less(solved: Path, tmp_path: Path):
    """Free new industry on grass: no plan of the old matrix has it, so the old bound does not hold."""
    instance, plan = copied(solved, tmp_path)
    path = instance / "land/transitions.csv"
    frame = pd.read_csv(path, keep_default_na=False)
    more = frame[frame["from"] == "crop"].assign(**{"from": "grass", "cost_wanyuan_per_ha": 0.0})
    pd.concat([frame, more]).to_csv(path, index=False)
    assert "bound" in bound_failures(instance, plan)


def test_plans_of_random_instances_without_whole_numbers_pass(tmp_path: Path):
    """The claim is that of HiGHS's multipliers on merged land; the audit adds the same sums in another order."""
    seen = 0
    for seed in range(20):
        made = _plain(seed)
        for zone in made.tables["zones"]:
            zone["whole"] = 0
        made.write(tmp_path / str(seed))
        instance = made.instance()
        program = program_of(instance)
        solution = outcome(instance, program).solution
        if solution.shares is None:
            continue
        assert solution.bound_by == "dual"
        found = audited(tmp_path / str(seed), program, solution.duals, tmp_path / f"{seed}_plan")
        assert solution.bound <= found.value + 1e-9 * max(solution.base, 1.0), seed
        assert found.value <= solution.objective + 1e-6 * solution.base, seed
        seen += 1
    assert seen > 5
