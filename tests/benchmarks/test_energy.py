"""A small made network beside PyPSA: the same optimum, with and without the voltage law, and the same prices."""

from __future__ import annotations

import numpy as np
import pytest
from energy import made, to_pypsa

from formulations.energy.assemble import program_of
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.network.prices import nodal_prices
from optimizer.results.solution import SolveOptions


@pytest.mark.parametrize("power_flow", ["dc", "transport"])
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
    prices = nodal_prices(network, program, solution, SolveOptions())
    assert prices is not None
    theirs = peer.buses_t.marginal_price.reindex(columns=list(network["buses"]["bus"].astype(str))).to_numpy()
    assert np.quantile(np.abs(prices - theirs), 0.9) < 1e-4 * np.abs(theirs).max(), "prices may differ at ties only"
