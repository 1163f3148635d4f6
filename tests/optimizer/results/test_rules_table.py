"""rules.csv: bound, value, slack and worth of every quota, from small cases worked by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from optimizer.results.rules import rules_table
from tests.build import build, outcome, program_of, quota

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def table_of(tmp_path: Path, zones: dict, quotas: list) -> pd.DataFrame:
    instance = build(tmp_path, zones, "crop>ind wood>ind", quotas=quotas)
    program = program_of(instance)
    return rules_table(program, outcome(instance, program).solution).set_index("rule")


def test_bounds_values_and_worth_by_hand(tmp_path: Path):
    """Each hectare of industry costs 1; 7 ha are asked, cropland keeps 3 of 10, so 0 is spare and 7 moves."""
    rules = table_of(tmp_path, {"a": {"crop": 10}}, [quota("growth_demand", 7, "industry"), quota("floor", 3, "crop")])
    growth, floor = rules.loc["growth_demand"], rules.loc["floor"]
    assert (growth["sense"], growth["bound"], growth["value"], growth["slack"]) == (">=", 7, pytest.approx(7), 0)
    assert growth["worth"] == pytest.approx(1)
    assert growth["binding"]
    assert (floor["bound"], floor["value"]) == (3, pytest.approx(3))


def test_a_lower_bound_with_a_unit_to_spare_is_worth_nothing(tmp_path: Path):
    """Two whole zones of 9 and 6 ha; 7 ha are asked, so the one of 9 goes: 8 ha would change nothing."""
    zones = {"a": {"crop": 9, "whole": 1}, "b": {"wood": 6, "whole": 1}}
    growth = table_of(tmp_path, zones, [quota("growth_demand", 7, "industry")]).loc["growth_demand"]
    assert growth["value"] == pytest.approx(9)
    assert growth["slack"] == pytest.approx(2)
    assert growth["worth"] == 0
    assert not growth["binding"]
