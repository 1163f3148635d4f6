"""Outages of single circuits, by hand and beside PyPSA."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.energy.assemble import program_of
from instances.faults import InstanceError
from tests.formulations.energy.networks import TWO, network_of, plant, solved, triangle
from tests.seeds import first_of


def test_outage_leaves_the_rest_within_limits() -> None:
    """If ac fails all power goes the long way (100 MW); if ab fails all of it goes over ac: 60 MW from a."""
    outages = {"contingency": ["1"], "line": ["ac"]}
    # Without outage 90 MW come from a; losing ac sends all 90 over ab and bc, which hold 100.
    assert triangle("dc", contingencies=outages)[1].objective == pytest.approx(90 + 300)
    outages = {"contingency": ["1", "2"], "line": ["ac", "ab"]}
    assert triangle("dc", contingencies=outages)[1].objective == pytest.approx(60 + 600)


def test_outage_of_one_of_two_circuits() -> None:
    """Between two buses two circuits of 50 MW carry 50 MW safely, not 100."""
    network = network_of(
        buses=TWO,
        generators=plant(generator=["cheap", "dear"], bus=["a", "b"], capacity_mw=[500, 500], marginal_cost=[1, 10]),
        loads={"load": ["l"], "bus": ["b"], "peak_mw": [80]},
        lines={
            "line": ["x"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [50],
            "circuits": [2],
        },
        contingencies={"contingency": ["1"], "line": ["x"]},
    )
    assert solved(network)[1].objective == pytest.approx(50 + 30 * 10)


@pytest.mark.parametrize(("capacity", "cost"), [(100, 50 + 80), (60, 50 + 60 + 20 * 10), (4, 800)])
def test_outage_beside_a_candidate(capacity: float, cost: float) -> None:
    """A line that may fail carries nothing unless a circuit stands beside it that can take over all."""
    network = network_of(
        buses=TWO,
        generators=plant(generator=["cheap", "dear"], bus=["a", "b"], capacity_mw=[500, 500], marginal_cost=[1, 10]),
        loads={"load": ["l"], "bus": ["b"], "peak_mw": [80]},
        lines={"line": ["x"], "from_bus": ["a"], "to_bus": ["b"], "reactance_ohm": [1], "capacity_mw": [100]},
        candidates={
            "candidate": ["y"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [capacity],
            "cost": [50],
        },
        contingencies={"contingency": ["1"], "line": ["x"]},
    )
    assert solved(network)[1].objective == pytest.approx(cost)


def test_outage_that_cuts_the_network_is_refused() -> None:
    """Nothing stands in for the only circuit."""
    network = network_of(
        buses=TWO,
        lines={"line": ["x"], "from_bus": ["a"], "to_bus": ["b"], "reactance_ohm": [1], "capacity_mw": [50]},
        contingencies={"contingency": ["1"], "line": ["x"]},
    )
    with pytest.raises(InstanceError, match="nothing stands in"):
        program_of(network, {"cost": 1.0})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", first_of(range(3), 1))
def test_same_as_pypsa(seed: int) -> None:
    """Six buses, three snapshots, every second line may fail: PyPSA's security-constrained optimum."""
    pypsa = pytest.importorskip("pypsa")
    random = np.random.default_rng(seed)
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3), (1, 4)]
    x, size = random.uniform(5, 30, 8).round(2), random.uniform(40, 90, 8).round(0)
    load, price = random.uniform(20, 70, (3, 6)).round(1), random.uniform(1, 30, 6).round(1)
    buses, snapshots, lines = [f"b{k}" for k in range(6)], ["t1", "t2", "t3"], [f"l{k}" for k in range(8)]
    peer = pypsa.Network()
    peer.set_snapshots(snapshots)
    peer.add("Bus", buses, v_nom=110.0)
    for k, bus in enumerate(buses):
        peer.add("Generator", f"g{k}", bus=bus, p_nom=150.0, marginal_cost=price[k])
        peer.add("Load", f"d{k}", bus=bus, p_set=load[:, k])
    for k, (i, j) in enumerate(pairs):
        peer.add("Line", lines[k], bus0=buses[i], bus1=buses[j], x=x[k], r=0.01, s_nom=size[k])
    failing = lines[::2]
    peer.optimize.optimize_security_constrained(branch_outages=failing, solver_name="highs", log_to_console=False)
    given = {
        "buses": {"bus": buses, "voltage_kv": [110.0] * 6},
        "snapshots": {"snapshot": snapshots, "weight_h": [1.0] * 3},
        "profiles": {
            "profile": [f"p{k}" for k in range(6) for _ in snapshots],
            "snapshot": snapshots * 6,
            "value": list((load / load.max(axis=0)).T.ravel()),
        },
        "generators": plant(
            generator=[f"g{k}" for k in range(6)], bus=buses, capacity_mw=[150.0] * 6, marginal_cost=list(price)
        ),
        "loads": {
            "load": buses,
            "bus": buses,
            "peak_mw": list(load.max(axis=0)),
            "profile": [f"p{k}" for k in range(6)],
        },
        "lines": {
            "line": lines,
            "from_bus": [buses[i] for i, _ in pairs],
            "to_bus": [buses[j] for _, j in pairs],
            "reactance_ohm": list(x),
            "capacity_mw": list(size),
        },
    }
    secure = solved(network_of(**given, contingencies={"contingency": failing, "line": failing}))[1]
    assert secure.objective == pytest.approx(float(peer.model.objective.value), rel=1e-7)
    assert secure.objective > solved(network_of(**given))[1].objective + 1e-3
