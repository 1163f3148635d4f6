"""A joint study without a plan names the rules on units that clash with those on land."""

import pytest

from formulations.assemble import assemble, land_block
from optimizer.infeasibility import explain
from optimizer.results.solution import SolveOptions
from tests.build import quota
from tests.formulations.restoration.joint_land import joint


@pytest.mark.parametrize(
    ("more", "lacking", "against"),
    [
        ({"rules": [{"rule": "budget", "value": 2.5}]}, "sites: target bird of 3 amount lacks", "sites: budget (2.5"),
        ({"quotas": [quota("budget", 8.5)]}, "sites: target bird of 3 amount lacks", "the budget (8.5 10k CNY"),
    ],
)
def test_rules_on_units_are_named(more, lacking, against):
    """Both units are asked for: they cost 5 and their 17 ha 17."""
    instance = joint(3.0, **more).instance()
    block = land_block(instance)
    (line,) = explain(instance, block, assemble(block), SolveOptions()).lines("en")
    assert lacking in line
    assert against in line
