"""Land and energy in sequence on made land: nothing beats the joint plan, what was decided first stays, audits pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sequence import WAYS, Study, written
from staging import ROOM, Sorts, held

from formulations.assemble import land_block
from instances.instance import load
from instances.synthetic.options import Options
from instances.synthetic.sample import draw, write
from optimizer.results.solution import SolveOptions, Termination

if TYPE_CHECKING:
    from pathlib import Path

GAP = 1e-6


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("made")
    write(draw(Options(zones=120, seed=4, quotas=20, network=4, hours=2)), folder, "made")
    instance = load(folder)
    return Study(instance, land_block(instance), SolveOptions(gap=GAP, threads=1))


def test_land_first_is_no_better_than_the_joint_plan(study: Study, tmp_path: Path) -> None:
    joint, plan = (WAYS[name](study) for name in ("together", "land_first"))
    assert joint.bound is not None
    assert plan.objective is not None
    assert plan.objective >= joint.bound * (1 - 1e-9)
    assert written(study, plan, tmp_path / "plan").startswith("passed")


def test_energy_first_may_leave_no_plan(study: Study) -> None:
    """Plant takes land of the class that growth asks for, and what it took stays: the land plan has no way out."""
    assert WAYS["energy_first"](study).termination is Termination.INFEASIBLE


def test_held_land_keeps_its_shares(study: Study) -> None:
    program, sorts = study.program, Sorts.of(study.instance, study.program)
    values = study.land_alone.require_shares()
    again = study.solved(held(program, sorts.change | sorts.choice, values)).require_shares()
    assert np.abs(again - values)[sorts.change].max() <= ROOM + 1e-9
    assert not (sorts.change & sorts.energy).any()
