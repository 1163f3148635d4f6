"""Programs with borders by minimum cuts, against every selection of small grids, `direct` and the audit."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

from formulations.assemble import assemble, land_block
from instances.instance import load
from instances.synthetic import generate
from optimizer import show
from optimizer.methods import decompose, direct
from optimizer.methods.boundary import program as borders
from optimizer.methods.boundary.graph import Graph, graph_of
from optimizer.methods.highs import dual_bound
from optimizer.progress import Silent
from optimizer.results.solution import Solution, SolveOptions, Termination, departure_base
from optimizer.solve import StudyOptions
from optimizer.solve import solve as solve_folder
from tests.build import Draft, draft, program_of, quota
from tests.grid import CELL_HA, cells, edges, perimeter_km
from tests.seeds import first_of

if TYPE_CHECKING:
    from pathlib import Path

    from formulations.program import Program
    from instances.instance import Instance

EXACT = SolveOptions(gap=1e-9, threads=1)


def by_cuts(program: Program, options: SolveOptions = EXACT) -> Solution:
    return decompose.solve(program, options, Silent())


def proven_by(program: Program, duals: np.ndarray) -> float:
    """The bound of multipliers of the quotas, with the least priced cost of each group of land as its own."""
    matrix, count = program.matrix(), program.moves.n_groups
    duals = np.concatenate([np.zeros(count), duals[count:]])
    priced = (matrix.cost - matrix.rows.T @ duals)[: len(program.moves)]
    duals[:count] = np.minimum.reduceat(priced, program.moves.start[:-1])
    return dual_bound(matrix, duals)


def agrees(program: Program) -> Solution:
    """Solve both ways; what cuts return is a plan of the Program, and its numbers are those of that plan."""
    found, known = by_cuts(program), direct.solve(program, EXACT, Silent())
    assert (found.shares is None) == (known.shares is None)
    if found.shares is None:
        assert found.termination is Termination.INFEASIBLE
        return found
    matrix, scale = program.matrix(), 1e-7
    held = matrix.rows @ found.shares
    assert (held >= matrix.row_lower - scale).all()
    assert (held <= matrix.row_upper + scale).all()
    assert found.objective == pytest.approx(known.objective, rel=1e-7, abs=1e-7)
    assert found.objective == pytest.approx(float(matrix.cost @ found.shares))
    assert found.base == pytest.approx(departure_base(program, found.shares))
    assert found.bound is not None
    assert found.bound <= known.objective + 1e-6
    assert found.termination is Termination.GAP_PROVEN
    if found.bound_by == "dual":
        assert proven_by(program, found.duals) == pytest.approx(found.bound, rel=1e-9, abs=1e-7)
    return found


def penalty(value: float, group: str = "built", **more: Any) -> dict[str, Any]:
    return quota("compactness", value, group, unit="10k CNY/km", **more)


def limit(value: float, group: str = "built") -> dict[str, Any]:
    return quota("perimeter_limit", value, group)


def grid(*quotas: dict[str, Any], **more: Any) -> Instance:
    return grid_draft(*quotas, **more).instance()


def grid_draft(*quotas: dict[str, Any], seed: int = 0, moves: str = "crop>ind", **more: Any) -> Draft:
    rng = np.random.default_rng(seed)
    costs = {(name, "ind"): float(cost) for name, cost in zip(cells(3, 3), rng.uniform(0, 6, 9), strict=True)}
    held = more.pop("held", {"00": "ind", "12": "ind"} if seed % 2 else {})
    own = {"neighbours": edges(3, 3), "zone_costs": costs} | more
    return draft(cells(3, 3, held), moves, quotas=quotas, **own)


@pytest.mark.parametrize("rate", [0.0, 5.0, 40.0, 300.0])
@pytest.mark.parametrize("seed", range(3))
def test_penalties(seed, rate):
    found = agrees(program_of(grid(quota("growth_demand", 40, "industry"), penalty(rate), seed=seed)))
    assert found.method == "decompose" or found.notes


@pytest.mark.parametrize("seed", range(4))
def test_every_selection_of_a_grid_with_a_limit(seed):
    rng = np.random.default_rng(seed)
    table = edges(3, 3)
    costs = {(name, "ind"): float(cost) for name, cost in zip(cells(3, 3), rng.uniform(0, 6, 9), strict=True)}
    held = {"00", "12"} if seed % 2 else set()
    most, rate, least = 0.8, float(rng.uniform(0, 60)), 3
    free = [name for name in cells(3, 3) if name not in held]
    best = np.inf
    for count in range(least, len(free) + 1):
        for chosen in combinations(free, count):
            border = perimeter_km(table, held | set(chosen))
            if border <= most + 1e-9:
                paid = sum(CELL_HA * (1 + costs[name, "ind"]) for name in chosen)
                best = min(best, paid + rate * (border - perimeter_km(table, held)))
    found = agrees(
        program_of(grid(quota("growth_demand", CELL_HA * least, "industry"), penalty(rate), limit(most), seed=seed))
    )
    assert found.objective == pytest.approx(best)


def test_two_periods_and_land_off_the_border():
    """Wood is no built land: whether crop becomes wood is chosen on one side of every cut."""
    quotas = [
        quota("growth_demand", 20, "industry", period=2030),
        quota("growth_demand", 40, "industry"),
        quota("floor", 20, "forest"),
        penalty(30),
    ]
    agrees(program_of(grid(*quotas, moves="crop>ind crop>wood wood>crop", periods=(2030, 2040), seed=3)))


def test_what_leaves_the_group_and_zones_without_choice():
    held = {"11": "ind", "01": "road", "10": "pond"}
    agrees(program_of(grid(penalty(900), moves="ind>crop crop>ind", held=held, seed=2)))


def test_zones_of_several_classes_that_never_change_are_fixed_nodes():
    zones = cells(2, 2) | {"x": {"pond": 6, "marsh": 4}}
    table = edges(2, 2) | {("00", "x"): 100.0}
    instance = draft(zones, "crop>ind", quotas=[quota("growth_demand", 20, "industry"), penalty(10)], neighbours=table)
    program = program_of(instance.instance())
    assert isinstance(graph_of(program), Graph)
    agrees(program)


def test_divisible_zones_keep_the_bound_of_multipliers():
    zones = {name: content | {"whole": 0} for name, content in cells(3, 3).items()}
    for demand in (40, 35):
        instance = draft(
            zones, "crop>ind", quotas=[quota("growth_demand", demand, "industry"), penalty(30)], neighbours=edges(3, 3)
        )
        agrees(program_of(instance.instance()))


@pytest.mark.long
def test_a_better_plan_of_the_solver_is_proven_by_multipliers(tmp_path):
    """Cuts alone come within 3 % or so; the plan is HiGHS's, and multipliers prove what is asked of it."""
    program = assemble(land_block(load(made(tmp_path / "made", 2000))))
    options = SolveOptions(gap=6e-3, threads=1)
    found = by_cuts(program, options)
    assert "multipliers and cuts did not prove" in found.notes[0]["en"]
    assert (found.bound_by, found.termination) == ("dual", Termination.GAP_PROVEN)
    assert found.objective - found.bound <= options.gap * found.base
    assert proven_by(program, found.duals) == pytest.approx(found.bound, rel=1e-9)


def test_no_plan_at_all():
    found = agrees(program_of(grid(quota("growth_demand", 100, "industry"), penalty(10))))
    assert "solved by direct" in found.notes[0]["en"]


@pytest.mark.parametrize(
    ("instance", "why"),
    [
        (
            draft(
                {"a": {"crop": 6, "ind": 4}, "b": {"crop": 20}},
                "crop>ind",
                quotas=[quota("growth_demand", 8, "industry"), penalty(1000)],
                neighbours={("a", "b"): 100},
            ).instance(),
            "several classes",
        ),
    ],
)
def test_what_a_graph_does_not_say_goes_to_direct(instance, why):
    program = program_of(instance)
    assert why in str(graph_of(program))
    found = agrees(program)
    assert found.method == "direct"
    assert why in found.notes[0]["en"]


def made(folder: Path, zones: int, **more: Any) -> Path:
    sizes = {"seed": 1, "classes": 7, "regions": 4, "quotas": 0, "claims": False, "projects": 0, "periods": 1} | more
    return generate(folder, zones, *sizes.values(), 1.0, True, 20.0)


@pytest.mark.parametrize("seed", range(4))
def test_branching_where_that_pays(seed, monkeypatch):
    monkeypatch.setattr(borders, "SMALL", 0)
    quotas = [quota("growth_demand", 40, "industry"), penalty(40.0), limit(0.8)]
    found = agrees(program_of(grid(*quotas, seed=seed)))
    assert found.method == "decompose"


def audit_of(folder: Path) -> list[dict[str, Any]]:
    """Return the checks of the audit."""
    found: list[dict[str, Any]] = json.loads((folder / "audit.json").read_text(encoding="utf-8"))["list"]
    return found


@pytest.mark.parametrize("periods", first_of([2, 1], 1))
def test_a_made_instance_from_end_to_end(tmp_path, periods):
    source = made(tmp_path / "made", 1500, periods=periods)
    options = StudyOptions(method="decompose", solve=SolveOptions(gap=2e-2, threads=1), tables=False)
    summary = solve_folder(source, tmp_path / "plan", options).summary
    assert (summary["method"], summary["bound_by"], summary["status"]) == ("decompose", "dual", "optimal")
    assert summary["audit"]["passed"]
    assert {"bound", "bound.rows"} <= {check["name"] for check in audit_of(tmp_path / "plan")}
    assert (tmp_path / "plan" / "plan" / "multipliers.parquet").exists()
    program = assemble(land_block(load(source)))
    assert summary["bound"] <= direct.solve(program, SolveOptions(gap=1e-2), Silent()).objective


def test_a_bound_of_branches_is_told_apart(tmp_path, monkeypatch):
    """The limit leaves a duality gap that only branching closes."""
    monkeypatch.setattr(borders, "SMALL", 0)
    quotas = [quota("growth_demand", 40, "industry"), penalty(40.0), limit(0.6)]
    source = grid_draft(*quotas, seed=3).write(tmp_path / "grid")
    outcome = solve_folder(source, tmp_path / "plan", StudyOptions(method="decompose", solve=EXACT, tables=False))
    assert (outcome.summary["bound_by"], outcome.summary["audit"]["passed"]) == ("branch", True)
    (told,) = (check for check in audit_of(tmp_path / "plan") if check["name"] == "bound")
    assert "the search over branches" in told["message"]
    assert "the multipliers by themselves prove" in told["message"]


def test_the_same_seed_gives_the_same_plan(tmp_path):
    program = assemble(land_block(load(made(tmp_path / "made", 2000))))
    options = SolveOptions(gap=5e-2, threads=1)
    first = borders.solve(program, options, Silent())
    again = borders.solve(program, replace(options, multipliers=None), Silent())
    assert (first.method, first.bound) == ("decompose", again.bound)
    assert np.array_equal(first.require_shares(), again.require_shares())


def test_earlier_multipliers_are_a_start(tmp_path):
    program = assemble(land_block(load(made(tmp_path / "made", 2000))))
    options = SolveOptions(gap=5e-2, threads=1)
    first = borders.solve(program, options, Silent())
    again = borders.solve(program, replace(options, multipliers=first.duals), Silent())
    assert again.method == "decompose"
    assert again.bound >= first.bound - 1e-6


@pytest.mark.parametrize(("lang", "words"), [("zh", "说明"), ("en", "note")])
def test_why_it_went_to_direct_is_told(tmp_path, lang, words):
    """Two classes in a zone on the border: summary, screen and page say that HiGHS solved it, and why."""
    zones = {"a": {"crop": 6, "ind": 4}, "b": {"crop": 20}}
    quotas = [quota("growth_demand", 8, "industry"), penalty(1000)]
    source = draft(zones, "crop>ind", quotas=quotas, neighbours={("a", "b"): 100}).write(tmp_path / "two")
    outcome = solve_folder(source, tmp_path / "plan", StudyOptions(method="decompose", solve=EXACT, lang=lang))
    (note,) = outcome.summary["notes"]
    assert note == {
        "zh": "改由 direct 求解：边界上的单元含多个地类",
        "en": "solved by direct: zones on the border hold several classes",
    }
    console = Console(file=StringIO(), width=200)
    show.outcome(console, outcome, lang)
    printed = console.file.getvalue()
    assert words in printed
    assert note[lang] in printed
    assert note[lang] in (tmp_path / "plan" / "report.html").read_text(encoding="utf-8")
