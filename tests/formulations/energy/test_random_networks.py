"""Random networks of everything: the optimum is that of a program written out plainly from the rows of the tables."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.energy.assemble import program_of
from instances.faults import InstanceError
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from tests.formulations.energy.plain_model import least
from tests.formulations.energy.random_networks import made, network_from


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_is_that_of_the_plain_program(seed: int) -> None:
    """Costs or emissions and costs; where nothing is possible both say so, outages without a law are refused."""
    study = made(seed)
    network = network_from(study)
    if study.rows("contingencies") and not study.dc:
        with pytest.raises(InstanceError, match="no fixed law"):
            program_of(network, {"cost": 1.0})
        return
    program = program_of(network, {"cost": study.weights[0], "emissions": study.weights[1]})
    solution = direct.solve(program, SolveOptions(gap=1e-9, threads=1), Silent())
    found = np.inf if solution.objective is None else solution.objective
    assert found == pytest.approx(least(study), rel=1e-7)
