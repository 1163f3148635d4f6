"""A network as a named Pyomo model: every row has its name, and it solves to the same optimum."""

from __future__ import annotations

from itertools import pairwise

import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.factory import SolverFactory

from formulations.energy.assemble import program_of
from formulations.pyomo_model import to_pyomo
from instances.network import Network
from instances.settings import NetworkSettings
from instances.synthetic.network import NetworkOptions, made_network
from tests.formulations.energy.networks import optimum, tables_of, triangle


@pytest.mark.parametrize("candidates", [0, 5])
def test_same_optimum(candidates: int) -> None:
    """Made networks of six buses, two days of four hours, with circuits or capacity to build."""
    options = NetworkOptions(buses=6, days=2, hours=4, candidates=candidates, extendable=not candidates, seed=3)
    made = made_network(options).items()
    tables = {name: table.astype(object).where(table.notna(), None).to_dict("list") for name, table in made}
    network = Network(tables_of(**tables), NetworkSettings())
    program = program_of(network, {"cost": 1.0})
    model = to_pyomo(program)
    SolverFactory("highs").solve(model, rel_gap=0.0, threads=1)
    assert pyo.value(model.objective) == pytest.approx(optimum(program), rel=1e-6)
    balance = model.rules.component("energy:balance")
    assert ("b1", 0, "d1h1") in balance
    assert len(balance) == 6 * 8


def test_pyomo_interface_of_old() -> None:
    """The Program as a Pyomo model, solved through Pyomo's own interface."""
    program, solution = triangle("dc")
    model = program.to_pyomo()
    pyo.SolverFactory("appsi_highs").solve(model)
    assert pyo.value(model.objective) == pytest.approx(solution.objective)
    assert all(a != b for a, b in pairwise(program.explain(row) for row in range(program.n_rows)))
