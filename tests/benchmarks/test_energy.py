"""A small made network beside PyPSA: the same optimum, with and without the voltage law, and the same prices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from energy import as_pypsa, imported, made, to_pypsa

from formulations.energy.assemble import program_of
from optimizer.methods import direct, highs
from optimizer.progress import Silent
from optimizer.results.network.prices import marginals
from optimizer.results.solution import SolveOptions
from tests.seeds import first_of

EXAMPLE = Path(__file__).parents[3] / "shared" / "data" / "pypsa" / "ac-dc-meshed"


@pytest.mark.parametrize("power_flow", first_of(["dc", "transport"], 1))
@pytest.mark.filterwarnings("ignore")
def test_same_as_pypsa(power_flow: str) -> None:
    """Lines, wind, sun and storage extended over 24 hours."""
    pytest.importorskip("pypsa")
    network = made(12, 24, power_flow, seed=5)
    peer = to_pypsa(network)
    peer.optimize(solver_name="highs", io_api="direct", log_to_console=False, output_flag=False)
    program = program_of(network, {"cost": 1.0})
    solution = direct.solve(program, SolveOptions(threads=1), Silent())
    assert solution.objective == pytest.approx(float(peer.model.objective.value), rel=1e-6)
    margin = marginals(network, program, solution, SolveOptions())
    assert margin is not None
    prices = margin.prices
    assert prices is not None
    theirs = peer.buses_t.marginal_price.reindex(columns=list(network["buses"]["bus"].astype(str))).to_numpy()
    assert np.quantile(np.abs(prices - theirs), 0.9) < 1e-4 * np.abs(theirs).max(), "prices may differ at ties only"


@pytest.mark.parametrize("power_flow", ["dc", "transport"])
@pytest.mark.skipif(not EXAMPLE.is_dir(), reason="the example network is not here")
@pytest.mark.filterwarnings("ignore")
def test_the_example_of_pypsa(power_flow: str) -> None:
    """PyPSA's objective of its example; with the voltage law it is the one published beside it."""
    pytest.importorskip("pypsa")
    peer = as_pypsa(EXAMPLE, power_flow)
    peer.optimize(solver_name="highs", io_api="direct", log_to_console=False, output_flag=False)
    program = program_of(imported(EXAMPLE, power_flow), {"cost": 1.0})
    solution = direct.solve(program, SolveOptions(threads=1), Silent())
    assert solution.objective == pytest.approx(float(peer.model.objective.value), rel=1e-8)
    assert solution.bound == pytest.approx(solution.objective, rel=1e-8)
    if power_flow == "dc":
        assert solution.objective == pytest.approx(-3474256.04055, rel=1e-9)


@pytest.mark.parametrize("factored", [0, 10**9])
def test_interior_points_end_as_simplex_does(monkeypatch: pytest.MonkeyPatch, factored: int) -> None:
    """Either kind of interior points, with crossover, has the optimum of simplex and proves it."""
    program = program_of(made(8, 24, "dc", seed=3), {"cost": 1.0})
    by_simplex = direct.solve(program, SolveOptions(threads=1), Silent())
    monkeypatch.setattr(highs, "MANY_NONZEROS", 0)
    monkeypatch.setattr(highs, "FACTORED_NONZEROS", factored)
    solution = direct.solve(program, SolveOptions(threads=1), Silent())
    assert solution.objective == pytest.approx(by_simplex.objective, rel=1e-9)
    assert solution.bound == pytest.approx(by_simplex.objective, rel=1e-9)
