"""Multipliers on rows after outages, where circuits may be built: by hand, and against every build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from formulations.energy.assemble import assemble_network
from instances.instance import load
from instances.network.write import write_network
from instances.settings import About, NetworkSettings
from optimizer.methods import highs
from optimizer.results.audit.network.bound import evaluate, price_rows
from optimizer.results.audit.network.tables import read_network
from optimizer.results.audit.network.whole import system_of
from optimizer.results.audit.worths import read_worths
from optimizer.results.multipliers import write_multipliers
from tests.formulations.energy.networks import TWO, tables_of
from tests.formulations.energy.test_contingency_builds import OUTAGES, best, made, tables
from tests.optimizer.results.audit.network.cases import staged, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.formulations.energy.networks import Table

PAIR: dict[str, Table] = {
    "buses": TWO,
    "lines": {
        "line": ["l"], "from_bus": ["a"], "to_bus": ["b"], "reactance_ohm": [1], "capacity_mw": [30], "circuits": [2],
    },
    "candidates": {
        "candidate": ["c"], "from_bus": ["a"], "to_bus": ["b"], "reactance_ohm": [1], "capacity_mw": [30],
        "cost": [100],
    },
    "generators": {
        "generator": ["cheap", "dear"], "bus": ["a", "b"], "technology": ["coal", "gas"], "capacity_mw": [100, 100],
        "marginal_cost": [1, 9],
    },
    "loads": {"load": ["l"], "bus": ["b"], "peak_mw": [50]},
    "contingencies": {"contingency": ["n"], "line": ["l"]},
}  # fmt: skip


def written(folder: Path, given: dict[str, Table]) -> Path:
    """Write an instance."""
    settings = NetworkSettings(money="cost", power_flow="dc", horizon_h=1.0)
    write_network(folder, About(name="made", title_en="made", title_zh="made"), settings, tables_of(**given))
    return folder


def relaxed(instance: Path, to: Path) -> float:
    """Write the multipliers of the relaxation to a folder; returns its optimum."""
    program = assemble_network(load(instance))
    answer = highs.run(highs.load(program.matrix(), integers=False))
    assert answer.duals is not None
    assert answer.values is not None
    to.mkdir()
    write_multipliers(program, answer.duals, to)
    return float(program.cost @ answer.values)


def proven(instance: Path, of: Path, objective: float) -> float:
    """Return what the multipliers in a folder prove, all of which must name a row."""
    worths, network = read_worths(of), read_network(instance, {})
    assert worths is not None
    parts = system_of(network)
    priced = price_rows(parts, worths)
    assert priced.unknown == 0
    return evaluate(parts, priced, network.weights, objective).value


def test_a_pair_by_hand(tmp_path: Path) -> None:
    """One of two circuits of 30 MW fails, 50 MW are drawn: 20 MW need 2/3 of a further circuit, for 100.

    Each of these saves 8 at the dear plant and costs 100/30 of a circuit, so the relaxation costs 50 + 200/3. Rows
    before the outage, whose two circuits carry all, prove no more than 50.
    """
    instance = written(tmp_path / "in", PAIR)
    assert relaxed(instance, tmp_path / "plan") == pytest.approx(50 + 200 / 3)
    assert proven(instance, tmp_path / "plan", 150.0) == pytest.approx(50 + 200 / 3)
    path = tmp_path / "plan" / "multipliers.parquet"
    table = pd.read_parquet(path)
    table[~table["rule"].str.startswith("energy:outage_")].to_parquet(path, index=False)
    assert proven(instance, tmp_path / "plan", 150.0) <= 50 + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_five_buses_against_every_build(tmp_path: Path, seed: int) -> None:
    """The relaxation's multipliers prove its optimum; disturbed, never more than the best of all builds."""
    of = made(seed)
    instance, optimum = written(tmp_path / "in", tables(of, OUTAGES)), best(of, OUTAGES)
    least = relaxed(instance, tmp_path / "plan")
    assert proven(instance, tmp_path / "plan", optimum) == pytest.approx(least, rel=1e-9)
    path, random = tmp_path / "plan" / "multipliers.parquet", np.random.default_rng(seed)
    table = pd.read_parquet(path)
    assert table["rule"].str.startswith("energy:outage_").any()
    for size in (0.01, 0.3, 2.0):
        worth = table["worth"] * (1.0 + size * random.normal(size=len(table)))
        table.assign(worth=worth).to_parquet(path, index=False)
        assert proven(instance, tmp_path / "plan", optimum) <= optimum * (1 + 1e-9)


def test_stages_losses_and_lines_that_grow(tmp_path: Path) -> None:
    """Two stages, resistance, a line whose capacity is chosen, parallel circuits: every outage of every line."""
    given = staged()
    given["lines"][0] |= {"extendable": 1, "minimum_mw": 20.0, "maximum_mw": 150.0, "capital_cost": 3.0}
    given["contingencies"] = [{"contingency": f"n {k}", "line": row["line"]} for k, row in enumerate(given["lines"])]
    instance = write(tmp_path / "in", given, (2030, 2040))
    least = relaxed(instance, tmp_path / "plan")
    rules = set(pd.read_parquet(tmp_path / "plan" / "multipliers.parquet")["rule"])
    assert len({rule for rule in rules if rule.startswith("energy:outage_")}) >= 4
    assert proven(instance, tmp_path / "plan", 2 * least) == pytest.approx(least, rel=1e-9)
