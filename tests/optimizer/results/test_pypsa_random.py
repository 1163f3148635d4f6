"""Random networks of PyPSA: imported, solved, exported, each time with the objective of PyPSA's own `optimize()`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from formulations.energy.assemble import assemble_network
from instances.instance import load
from instances.readers.pypsa import import_pypsa
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.network.plan import network_table, write_network
from optimizer.results.network.prices import marginals
from optimizer.results.pypsa import pypsa_tables, write_pypsa
from optimizer.results.solution import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pypsa = pytest.importorskip("pypsa")
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

INF = float("inf")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


class Made:
    """A network with everything that is taken, of a seed."""

    def __init__(self, seed: int) -> None:
        self.draw, self.network = np.random.default_rng(seed), pypsa.Network()
        self.hours, self.buses = int(self.draw.integers(2, 6)), int(self.draw.integers(2, 6))
        self.network.set_snapshots(pd.RangeIndex(self.hours))
        for weight in ("objective", "generators"):
            self.network.snapshot_weightings[weight] = self.draw.integers(1, 5, self.hours).astype(float)
        self.network.snapshot_weightings["stores"] = float(self.draw.integers(1, 4))
        for carrier, burnt in (("coal", 0.34), ("gas", 0.2), ("wind", 0.0), ("AC", 0.0)):
            self.network.add("Carrier", carrier, co2_emissions=burnt)
        for bus in range(self.buses):
            self.network.add("Bus", f"b{bus}", v_nom=220.0, carrier="AC")
            self.network.add("Generator", f"shed {bus}", bus=f"b{bus}", p_nom=1e4, marginal_cost=1000.0)
            self.network.add("Load", f"d{bus}", bus=f"b{bus}", p_set=self.curve(0, 100))
        for bus in range(1, self.buses):
            self.wire(f"w{bus}", int(self.draw.integers(bus)), bus)
        for extra in range(int(self.draw.integers(4))):
            self.wire(f"x{extra}", *self.draw.choice(self.buses, 2, replace=False))
        for plant in range(int(self.draw.integers(2, 6))):
            self.plant(f"g{plant}")
        for store in range(int(self.draw.integers(3))):
            self.store(f"s{store}")
        cap = float(self.draw.integers(20, 400))
        kind = {"type": "primary_energy", "carrier_attribute": "co2_emissions", "sense": "<="}
        self.network.add("GlobalConstraint", "co2", **kind, constant=cap)

    def one(self, *of: Any) -> Any:
        return of[int(self.draw.integers(len(of)))]

    def curve(self, low: float, high: float) -> pd.Series:
        return pd.Series(self.draw.uniform(low, high, self.hours).round(3), index=self.network.snapshots)

    def size(self, name: str, most: float) -> dict[str, Any]:
        sizes = {name: float(self.draw.integers(most)), f"{name}_extendable": self.one(True, False)}
        return {**sizes, f"{name}_max": self.one(INF, 4 * most), "capital_cost": float(self.draw.integers(60))}

    def wire(self, name: str, start: int, end: int) -> None:
        ends = {"bus0": f"b{start}", "bus1": f"b{end}"}
        kind = self.one("line", "transformer", "one way", "both ways")
        if kind == "line":
            more = {"x": float(self.draw.uniform(0.1, 2)), "s_max_pu": self.one(1.0, 0.7)}
            self.network.add("Line", name, **ends, **more, **self.size("s_nom", 80))
        elif kind == "transformer":
            more = {"x": float(self.draw.uniform(0.05, 0.3)), "tap_ratio": self.one(1.0, 0.95)}
            self.network.add("Transformer", name, **ends, **more, s_nom=float(self.draw.integers(20, 80)))
        elif kind == "one way":
            more = {"efficiency": self.one(1.0, 0.95), "p_min_pu": self.one(0.0, 0.1), "marginal_cost": 1.5}
            self.network.add("Link", name, **ends, **more, **self.size("p_nom", 60))
        else:
            self.network.add("Link", name, **ends, p_min_pu=-1.0, p_max_pu=self.one(1.0, 0.8), **self.size("p_nom", 60))

    def plant(self, name: str) -> None:
        carrier = self.one("coal", "gas", "wind")
        shares = {"p_max_pu": self.curve(0, 1)} if carrier == "wind" else {"p_min_pu": self.one(0.0, 0.2)}
        more = {"marginal_cost": float(self.draw.integers(60)), "efficiency": self.one(1.0, 0.4), **shares}
        self.network.add("Generator", name, bus=self.bus(), carrier=carrier, **more, **self.size("p_nom", 120))

    def store(self, name: str) -> None:
        more = {"bus": self.bus(), "standing_loss": self.one(0.0, 0.01)}
        if self.one(True, False):
            self.network.add("Store", name, **more, e_cyclic=True, **self.size("e_nom", 40))
            return
        more |= {"efficiency_store": 0.9, "max_hours": self.one(1.0, 6.0), "cyclic_state_of_charge": True}
        self.network.add("StorageUnit", name, **more, **self.size("p_nom", 40))

    def bus(self) -> str:
        return f"b{self.draw.integers(self.buses)}"


def optimum(network: Any) -> float:
    """Return the objective that PyPSA finds, NaN where there is none."""
    options = {"solver_options": {"output_flag": False}, "log_to_console": False}
    status, _ = network.optimize(solver_name="highs", **options)
    return float(network.objective) if status == "ok" else float("nan")


def solved(case: Path, plan: Path) -> float:
    """Solve an instance and write its plan; returns the objective, NaN where there is none."""
    instance = load(case)
    program, options = assemble_network(instance), SolveOptions(gap=1e-9, threads=1)
    solution = direct.solve(program, options, Silent())
    if solution.shares is None:
        return float("nan")
    (plan / "plan").mkdir(parents=True)
    network = instance.require_network()
    margin = marginals(network, program, solution, options)
    write_network(network_table(network, program, solution.shares, margin), plan / "plan")
    return float(solution.objective)


@pytest.mark.parametrize("seed", range(12))
def test_there_and_back_with_the_same_optimum(tmp_path: Path, seed: int) -> None:
    network = Made(seed).network
    network.export_to_csv_folder(str(tmp_path / "in"))
    known = optimum(network)
    import_pypsa(tmp_path / "in", tmp_path / "case", "case")
    ours = solved(tmp_path / "case", tmp_path / "plan")
    assert ours == pytest.approx(known, rel=1e-6, nan_ok=True)
    if np.isnan(known):
        return
    tables = pypsa_tables(load(tmp_path / "case"), tmp_path / "plan")
    (tmp_path / "out").mkdir()
    write_pypsa(tmp_path / "out", tables)
    again = pypsa.Network(str(tmp_path / "out"))
    assert optimum(again) == pytest.approx(known, rel=1e-6)
    fixed = pypsa.Network(str(tmp_path / "out"))
    chosen = sum(
        table.loc[table[f"{size}_extendable"], "capital_cost"] @ table.loc[table[f"{size}_extendable"], f"{size}_opt"]
        for table, size in (
            (fixed.generators, "p_nom"), (fixed.lines, "s_nom"), (fixed.links, "p_nom"),
            (fixed.storage_units, "p_nom"), (fixed.stores, "e_nom"),
        )
    )  # fmt: skip
    fixed.optimize.fix_optimal_capacities()
    assert optimum(fixed) + chosen == pytest.approx(known + again.objective_constant, rel=1e-6)
