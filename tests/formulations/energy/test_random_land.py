"""Random studies of land and network: the optimum is that of a program written out plainly; the audit agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from instances.instance import load
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.audit import audit
from optimizer.results.solution import SolveOptions
from tests.formulations.energy.random_land import draft_of, made
from tests.optimizer.results.audit.network.joint_land import written
from tests.seeds import first_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", first_of(range(10), 5))
def test_the_optimum_is_that_of_the_plain_program(tmp_path: Path, seed: int) -> None:
    """Arrays, strips, facilities, parcels that change as a whole, control lines; cost, emissions or both."""
    study = made(seed)
    instance = load(draft_of(study).write(tmp_path / "instance"))
    program = assemble(land_block(instance))
    solution = direct.solve(program, SolveOptions(gap=1e-9, threads=1), Silent())
    least = study.least()
    if solution.objective is None:
        assert np.isinf(least)
        return
    assert solution.objective == pytest.approx(least, rel=1e-7)
    written(tmp_path / "out", instance, program, solution)
    report = audit(tmp_path / "instance", tmp_path / "out")
    assert report.passed, report.lines()
    # Stays, changes, arrays and strips together are the land that is there: no hectare serves two of them.
    moves = pd.read_parquet(tmp_path / "out" / "plan" / "moves.parquet")
    for (zone, kind), area in moves.groupby(["zone", "from"])["area_ha"].sum().items():
        assert area == pytest.approx(study.zones[zone][kind], abs=1e-6)
