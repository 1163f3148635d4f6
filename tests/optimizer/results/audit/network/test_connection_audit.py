"""The audit of connections: plans that leave buses apart are caught, and multipliers on their rows are priced."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from formulations.energy.assemble import assemble_network
from instances.instance import load
from optimizer.methods import highs
from optimizer.results.audit import audit
from optimizer.results.audit.network.bound import evaluate, price_rows
from optimizer.results.audit.network.tables import read_network
from optimizer.results.audit.network.whole import system_of
from optimizer.results.audit.worths import read_worths
from optimizer.results.multipliers import write_multipliers
from optimizer.solve import solve
from optimizer.study import StudyOptions

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {
    "buses": "bus\na\nb\nc\nd\ne\n",
    "snapshots": "snapshot,weight_h\nt,1\n",
    "generators": "generator,bus,technology,capacity_mw\ng,a,coal,9\n",
    "loads": "load,bus,peak_mw\nl,d,2\n",
    "lines": "line,from_bus,to_bus,capacity_mw\nab,a,b,5\n",
    "candidates": "candidate,from_bus,to_bus,capacity_mw,cost,marginal_cost,max_additions\n"
    "bc,b,c,3,4,0,1\nad,a,d,3,3,0.5,2\ncd,c,d,3,2,0,1\nbe,b,e,3,7,0,1\nde,d,e,3,6,0,1\n",
    "connections": "connection,bus,first_year\nx,b,0\nx,d,2040\nx,e,2040\ny,a,0\ny,c,0\n",
}
SETTINGS = (
    '[instance]\nname = "c"\n[objective]\nkind = "cost"\n[network]\npower_flow = "transport"\nhorizon_h = 1\n'
    "[carbon]\nbase_year = 2020\nend_year = 2040\n[time]\nperiods = [2030, 2040]\n"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an instance `in` of two connections and two stages, and its results `out`."""
    folder = tmp_path_factory.mktemp("connections")
    (folder / "in" / "network").mkdir(parents=True)
    (folder / "in" / "instance.toml").write_text(SETTINGS)
    for name, text in TABLES.items():
        (folder / "in" / "network" / f"{name}.csv").write_text(text)
    outcome = solve(folder / "in", folder / "out", StudyOptions(tables=False))
    assert outcome.summary["status"] == "optimal"
    assert outcome.audit_passed, outcome.failures
    return folder


def test_optimum(made: Path) -> None:
    """Joining c costs 4, then cd 2 brings the load over b and c for nothing; e joins by de, 6."""
    summary = json.loads((made / "out" / "summary.json").read_text())
    assert summary["objective"] == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("candidate", "subject", "words"),
    [("bc", "y, 2030", "from bus a to bus c"), ("de", "x, 2040", "from bus b to bus e")],
)
def test_a_circuit_taken_away_is_missed(made: Path, tmp_path: Path, candidate: str, subject: str, words: str) -> None:
    """The connection, the period and the bus are named."""
    shutil.copytree(made / "out", tmp_path / "out")
    path = tmp_path / "out" / "plan" / "network.parquet"
    plan = pd.read_parquet(path)
    plan.loc[(plan["name"] == candidate) & (plan["quantity"] == "circuits"), "value"] = 0.0
    plan.to_parquet(path, index=False)
    failed = [check for check in audit(made / "in", tmp_path / "out").failed if check.rule == "connection"]
    assert subject in {check.subject for check in failed}
    assert any(words in check.message for check in failed)


def test_a_line_that_carries_nothing_joins_nothing(made: Path, tmp_path: Path) -> None:
    """Without the line between a and b the plan does not join a and c."""
    shutil.copytree(made / "in", tmp_path / "in")
    table = tmp_path / "in" / "network" / "lines.csv"
    table.write_text(table.read_text().replace("ab,a,b,5", "ab,a,b,0"))
    failed = [check for check in audit(tmp_path / "in", made / "out").failed if check.rule == "connection"]
    assert {check.subject for check in failed} == {"y, 2030", "y, 2040"}


def test_multipliers_are_evaluated_anew(made: Path, tmp_path: Path) -> None:
    """Multipliers of the relaxation prove the relaxation's own optimum, row by row from the raw tables."""
    program = assemble_network(load(made / "in"))
    answer = highs.run(highs.load(program.matrix(), integers=False))
    assert answer.duals is not None
    assert answer.values is not None
    least = float(program.cost @ answer.values)
    (tmp_path / "plan").mkdir()
    write_multipliers(program, answer.duals, tmp_path)
    worths = read_worths(tmp_path)
    assert worths is not None
    parts = system_of(read_network(made / "in", {}))
    priced = price_rows(parts, worths)
    assert priced.unknown == 0
    assert np.count_nonzero(priced.worth) > 0
    assert evaluate(parts, priced, (0.0, 1.0), 100.0).value == pytest.approx(least)
