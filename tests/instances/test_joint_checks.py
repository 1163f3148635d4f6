import pytest

from instances.faults import InstanceError
from tests.formulations.restoration.joint_land import joint


def faults(made, folder):
    with pytest.raises(InstanceError) as raised:
        made.load(folder)
    return [str(fault) for fault in raised.value.faults]


def test_a_joint_study_has_no_objective_of_its_own(tmp_path):
    (fault,) = faults(joint(cost_tie_break=0.1), tmp_path)
    assert "the objective is that of the land" in fault
    assert "restoration.cost_tie_break" in fault


def test_units_must_not_overlap(tmp_path):
    (fault,) = faults(joint(units={"u1": {"a": 0.75}, "u2": {"a": 0.5}}), tmp_path)
    assert "zone a: the shares of its units add up to 1.25" in fault


def test_units_must_stand_somewhere(tmp_path):
    made = joint()
    made.tables["unit_zone"] = []
    (fault,) = faults(made, tmp_path)
    assert "say which zones each unit stands on" in fault
