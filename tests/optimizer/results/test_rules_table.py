"""rules.csv: bound, value, slack and worth of every quota, from small cases worked by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from formulations.rule_names import ties_only
from instances.instance import load
from optimizer.results.rules import DECISIONS, INTERNAL_PARTS, rules_table
from optimizer.results.solution import Solution, Termination
from tests.build import build, outcome, program_of, quota

if TYPE_CHECKING:
    from pathlib import Path


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


def test_values_are_those_of_the_matrix():
    """Sums by cell and the whole matrix are two ways to the same values."""
    program = assemble(land_block(load("weihai")))
    shares = np.random.default_rng(0).random(program.n_columns)
    table = rules_table(program, Solution(Termination.GAP_PROVEN, "none", shares))
    labels = pd.concat([quota.labels.assign(rule=quota.rule) for quota in program.quotas], ignore_index=True)
    labels["value"] = program.quota_matrix() @ shares + labels["base"].fillna(0.0).to_numpy(dtype=float)
    told = ~labels["rule"].map(ties_only)
    plain = labels[~labels["rule"].isin(DECISIONS) & ~labels["part"].isin(INTERNAL_PARTS) & told]
    both = table[~table["rule"].isin(DECISIONS)]
    assert len(both) == len(plain) > 50
    assert both[["rule", "id"]].to_numpy().tolist() == plain[["rule", "id"]].to_numpy().tolist()
    assert both["value"].to_numpy(dtype=float) == pytest.approx(plain["value"].to_numpy(), rel=1e-12, abs=1e-9)
