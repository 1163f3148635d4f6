"""The ledger of land with a network: strips and arrays, and supply, each once; together what the plan emits."""

from __future__ import annotations

import pandas as pd
import pytest

from instances.instance import load
from optimizer.results.ledger import ledger, objective
from optimizer.results.network.figures import supply
from optimizer.results.network.tables import supply_table
from optimizer.results.tables import network_plan
from optimizer.solve import StudyOptions, solve
from tests.joint_cases import HOURS, YEARS, joint, may, plant, solar


def test_ledger_adds_up_to_what_the_plan_emits(tmp_path):
    """5 ha of arrays on wood lose half of its sink of 2 tCO2/ha; coal feeds 1 of 3 MW at 0.8 t a MWh."""
    tables = {
        "loads": [{"load": "l", "bus": "n", "peak_mw": 3}],
        "generators": [plant(3, emission_tco2_per_mwh=0.8)],
        "sites": [solar(potential_mw=2)],
        "site_zones": [{"site": "pv", "zone": "a"}],
        "overlays": may("solar", "wood", sink_kept=0.5),
    }
    made = joint({"a": {"wood": 10}}, "", tables, factors={("wood", "sink"): 2.0}, mode="flux", objective="emissions")
    made.write(tmp_path / "made")
    outcome = solve(tmp_path / "made", tmp_path / "plan", StudyOptions(tables=False))
    assert not outcome.failures
    instance = load(tmp_path / "made")
    network = network_plan(instance, tmp_path / "plan")
    moves = pd.read_parquet(tmp_path / "plan" / "plan" / "moves.parquet")
    rows = ledger(instance, moves, supply_table(network, supply(network)))
    coal = 0.8 * HOURS * YEARS
    under = float(rows.loc[rows["component"] == "overlay", "cumulative_tco2e"].sum())
    assert rows.loc[rows["component"] == "supply", "cumulative_tco2e"].sum() == pytest.approx(coal)
    assert under > 0
    assert objective(rows) == pytest.approx(outcome.summary["objective"])
    assert objective(rows) == pytest.approx(coal + under)
