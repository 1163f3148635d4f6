"""Routes side by side on a small instance: they agree on the optimum within the gap, and what is missing says so."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from routes import split
from routes.task import Task
from routes.worker import outcome, violation

from optimizer.methods import METHODS

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
GAP = 1e-4
SMALL = 1e-6
"""Part of the cost moved that solver tolerances may account for."""

pytestmark = pytest.mark.long

EXACT = ("highs", "pyomo", "sanqu:direct")
"""Routes that search until the asked gap is proven; others may end with the gap they have."""


def run(out, *words):
    """Run the program as a user does, and return the lines of its table."""
    command = [sys.executable, "-W", "error", str(BENCHMARKS / "compare.py"), *words]
    command += ["--out", str(out), "--cache", str(out)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    with (out / "table.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    out = tmp_path_factory.mktemp("mixed")
    methods = [f"sanqu:{method}" for method in METHODS]
    linopy = ["linopy"] if importlib.util.find_spec("linopy") else []
    routes = [*methods, "highs", "pyomo", *linopy, "floor"]
    flags = ["--zones", "200", "--regions", "2", "--quotas", "2", "--whole", "0.5", "--time-limit", "20"]
    lines = run(out, *flags, "--gap", str(GAP), "--routes", ",".join(routes))
    assert [line["route"] for line in lines] == routes
    return out, {line["route"]: line for line in lines}


def test_all_routes_agree_on_the_objective_within_the_gap(table):
    plans = {route: line for route, line in table[1].items() if line["objective"]}
    assert {*EXACT, *(f"sanqu:{method}" for method in METHODS)} <= set(plans)
    best = min(float(line["objective"]) for line in plans.values())
    for route, line in plans.items():
        objective, bound, base, gap = (float(line[name]) for name in ("objective", "bound", "base", "gap"))
        assert gap == pytest.approx(abs(objective - bound) / base), route
        assert line["status"] == ("optimal" if gap <= GAP else "feasible"), route
        assert gap <= GAP or route not in EXACT, route
        assert objective - best <= gap * base + SMALL * base, route
        # A bound that is valid lies below every plan of every route.
        assert bound <= best + SMALL * base, route
        assert max(float(line["violation"]), float(line["split"])) < 1e-5, route


def test_what_was_measured_is_there(table):
    for route in ("highs", "sanqu:direct", "floor"):
        line = table[1][route]
        assert float(line["solve_s"]) > 0.0
        assert float(line["total_s"]) == pytest.approx(float(line["build_s"]) + float(line["solve_s"]))
        assert 50.0 < float(line["peak_mb"]) < 4000.0
    assert (table[0] / "figure.png").stat().st_size > 10_000
    assert "| made-200 | `highs` |" in (table[0] / "table.md").read_text(encoding="utf-8")


def test_the_relaxation_moves_about_as_much_cost_as_the_plan(table):
    folder = next(path for path in table[0].glob("made-200-*") if path.is_dir())
    base = importlib.import_module("routes.relaxation").base(Task(str(folder), "", 200, GAP, 20.0))
    assert base == pytest.approx(float(table[1]["sanqu:direct"]["base"]), rel=0.05)


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ("sanqu:none", "there is no method none"),
        ("prototype", "the program is not there (--prototype FILE)"),
        ("linopy", "linopy is not installed: pip install -e '.[bench]'"),
        ("pyomo", "not tried beyond 50,000 zones: one object a column"),
    ],
)
def test_what_cannot_run_says_why(monkeypatch, tmp_path, route, reason):
    monkeypatch.setitem(sys.modules, "linopy", None)
    monkeypatch.delitem(sys.modules, "routes.linopy", raising=False)
    task = Task(str(tmp_path), split(route)[1], 50_001, GAP, 1.0, prototype="nowhere.py")
    assert outcome(route, task) == {"status": "skipped", "note": reason}


def test_a_route_that_does_not_exist_is_refused():
    assert split("sanqu:core") == ("sanqu", "core")
    with pytest.raises(ValueError, match="there is no route 'scip'"):
        split("scip")


def test_violation_is_the_furthest_outside():
    import numpy as np
    import scipy.sparse as sp

    from formulations.program import Matrix

    matrix = Matrix(
        rows=sp.csr_array([[1.0, 1.0], [2.0, 0.0]]),
        row_lower=np.array([1.0, -np.inf]),
        row_upper=np.array([1.0, 0.5]),
        lower=np.zeros(2),
        upper=np.ones(2),
        cost=np.zeros(2),
        integer=np.array([True, False]),
    )
    # The second row is 2 x 0.4 = 0.8, 0.3 above its bound; the first column is 0.4 from whole.
    found = violation(matrix, np.array([0.4, 0.6]))
    assert found == {"violation": pytest.approx(0.3), "split": pytest.approx(0.4)}
