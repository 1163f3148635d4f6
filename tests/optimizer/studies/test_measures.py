import numpy as np
import pytest

from instances.faults import InstanceError
from optimizer.results.solution import SolveOptions
from optimizer.studies.goals import goal, in_order
from optimizer.studies.measures import known, measure
from optimizer.studies.models import model_of
from tests.build import draft, quota
from tests.grid import cells, edges

EXACT = SolveOptions(gap=0.0, threads=1)


def model(tmp_path, zones, moves, **more):
    return model_of(draft(zones, moves, **more).write(tmp_path / "land"))


def plan_of(made, *moves):
    """Return the plan in which some zones change as a whole, `zone source>target`, and all others stay."""
    program = made.program
    plan = np.zeros(program.n_columns)
    plan[program.moves.start[:-1]] = 1.0
    for move in moves:
        zone, pair = move.split()
        found = [k for k in range(len(program.moves)) if program.move_name(k).startswith(f"{zone}: {pair}")]
        plan[found[0]] = 1.0
        group = int(np.searchsorted(program.moves.start, found[0], side="right")) - 1
        plan[program.moves.start[group]] = 0.0
    return plan


def test_measures_of_land_are_hectares(tmp_path):
    zones = {"a": {"crop": 10}, "b": {"crop": 7}, "c": {"vil": 4}, "d": {"grass": 5}}
    moves = {"crop>ind": {}, "crop>wood": {"restoration": 1}, "vil>crop": {}, "grass>wood": {"restoration": 1}}
    made = model(tmp_path, zones, moves)
    plan = plan_of(made, "a crop>ind", "b crop>wood", "c vil>crop", "d grass>wood")
    by_hand = {"cropland_lost": 17, "changed": 26, "built": 10, "restored": 12, "area:cropland": -13, "area:forest": 12}
    for name, value in by_hand.items():
        assert measure(made, name).of(plan) == pytest.approx(value), name
    assert measure(made, "area:cropland").constant == 17
    assert goal(made, "area:cropland").told(-13.0) == pytest.approx(4.0)
    assert goal(made, "most:area:forest").told(-12.0) == pytest.approx(12.0)


def test_areas_of_a_region(tmp_path):
    zones = {"a": {"crop": 10, "region": "north"}, "b": {"crop": 7, "region": "south"}}
    made = model(tmp_path, zones, "crop>wood", regions={"all": "", "north": "all", "south": "all"})
    plan = plan_of(made, "a crop>wood", "b crop>wood")
    assert measure(made, "area:forest@north").of(plan) == pytest.approx(10)
    assert measure(made, "area:forest@all").of(plan) == pytest.approx(17)
    with pytest.raises(InstanceError, match="there is no measure 'area:forest@east'"):
        measure(made, "area:forest@east")


def test_borders_are_kilometres(tmp_path):
    quotas = [quota("compactness", 1.0, "built")]
    made = model(tmp_path, cells(2, 2, {"00": "ind"}), "crop>ind", quotas=quotas, neighbours=edges(2, 2))
    border = measure(made, "border")
    assert border.unit == "km"
    stays = plan_of(made)
    widths = made.program.boundaries[0].widths(stays)
    first = made.program.offsets[made.program.boundaries[0].family]
    stays[first : first + len(widths)] = widths
    assert border.of(stays) == pytest.approx(0.2)  # the built cell has two neighbours of 100 m


@pytest.mark.parametrize("name", ["nothing", "area:", "area:nothing", "border"])
def test_a_measure_that_is_not_there_is_told_with_those_that_are(tmp_path, name):
    made = model(tmp_path, {"a": {"crop": 10}}, "crop>wood")
    with pytest.raises(InstanceError, match="known are objective, emissions, cost"):
        measure(made, name)
    assert "cropland_lost" in known(made)


def test_goals_in_order_keep_what_came_before(tmp_path):
    """Two parcels; one must be built on. Cost takes the cheap one first; then nothing is left to choose."""
    zones = {"a": {"crop": 10, "whole": 1, "cost_factor": 2}, "b": {"grass": 10, "whole": 1, "cost_factor": 1}}
    made = model(tmp_path, zones, "crop>ind grass>ind", quotas=[quota("floor", 10, "industry")])
    first = in_order(made, [goal(made, "cost"), goal(made, "cropland_lost")], {}, EXACT)
    assert (first.values["cost"], first.values["cropland_lost"]) == pytest.approx((10.0, 0.0))
    other = in_order(made, [goal(made, "most:cropland_lost"), goal(made, "cost")], {}, EXACT)
    assert (other.values["most:cropland_lost"], other.values["cost"]) == pytest.approx((-10.0, 20.0))
    assert in_order(made, [goal(made, "cost")], {"cost": 9.0}, EXACT) is None
