"""Losses by the square of the flow: by hand, against PyPSA's tangents, and where energy would be thrown away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from formulations.energy.assemble import program_of
from instances.faults import InstanceError
from tests.formulations.energy.networks import network_of, optimum, solved, values
from tests.seeds import first_of

if TYPE_CHECKING:
    from instances.network import Network

OHM, KV = 4.0, 100.0
"""A line that loses 4/100^2 = 0.0004 of a MW squared."""


def two_buses(load: float = 50.0, segments: int = 2, **line: list[float]) -> Network:
    """Return cheap plant at a, dear plant and load at b, one line of 100 MW between."""
    network = network_of(
        "dc",
        buses={"bus": ["a", "b"], "voltage_kv": [KV, KV]},
        generators={
            "generator": ["cheap", "dear"],
            "bus": ["a", "b"],
            "technology": ["gas", "gas"],
            "capacity_mw": [500, 500],
            "marginal_cost": [1.0, 10.0],
        },
        loads={"load": ["town"], "bus": ["b"], "peak_mw": [load]},
        lines={
            "line": ["ab"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [10.0],
            "capacity_mw": [100.0],
            "resistance_ohm": [OHM],
            **line,
        },
    )
    return replace(network, settings=network.settings.model_copy(update={"loss_segments": segments}))


@pytest.mark.parametrize(
    ("load", "flow", "loss"),
    [
        # f - w/2 = 50; the tangent at 50 MW: w = 0.04 f - 1, so 0.98 f = 49.5.
        (50.0, 49.5 / 0.98, 0.04 * 49.5 / 0.98 - 1.0),
        # The tangent at 100 MW: w = 0.08 f - 4, so 0.96 f = 88.
        (90.0, 88.0 / 0.96, 0.08 * 88.0 / 0.96 - 4.0),
        # Below half of what the first tangent touches nothing is lost.
        (20.0, 20.0, 0.0),
    ],
)
def test_by_hand(load: float, flow: float, loss: float) -> None:
    """One line, two tangents: half of the loss is drawn at either end."""
    program, solution = solved(two_buses(load))
    assert values(program, solution, "line_flow")["ab", 0, "t1"] == pytest.approx(flow)
    assert values(program, solution, "line_loss")["ab", 0, "t1"] == pytest.approx(loss)
    assert values(program, solution, "generator_power")["cheap", 0, "t1"] == pytest.approx(flow + loss / 2)
    assert solution.gap == pytest.approx(0, abs=1e-9)


def test_flow_and_loss_fill_the_line() -> None:
    """f + w = 100 with w = 0.08 f - 4: f = 104/1.08; the rest comes from the dear plant."""
    program, solution = solved(two_buses(200.0))
    flow = 104.0 / 1.08
    assert values(program, solution, "line_flow")["ab", 0, "t1"] == pytest.approx(flow)
    dear = 200.0 - flow + (100.0 - flow) / 2
    assert values(program, solution, "generator_power")["dear", 0, "t1"] == pytest.approx(dear)


def test_two_circuits_lose_half() -> None:
    """Two circuits of half the capacity lose as one of half the resistance."""
    two = two_buses(90.0, circuits=[2], capacity_mw=[50.0])
    one = two_buses(90.0, resistance_ohm=[OHM / 2])
    assert optimum(program_of(two, {"cost": 1.0})) == pytest.approx(optimum(program_of(one, {"cost": 1.0})))


def test_circuit_that_is_built_loses_as_a_line_does() -> None:
    """A candidate that costs nothing in place of the line."""
    line = two_buses(90.0)
    table = line["lines"]
    network = network_of(
        "dc",
        **{name: line[name].to_dict("list") for name in ("buses", "generators", "loads")},
        candidates={
            "candidate": ["ab"],
            **{name: list(table[name]) for name in ("from_bus", "to_bus", "reactance_ohm", "capacity_mw")},
            "resistance_ohm": [OHM],
            "cost": [0.0],
        },
    )
    network = replace(network, settings=line.settings)
    assert solved(network)[1].objective == pytest.approx(optimum(program_of(line, {"cost": 1.0})))


def test_energy_is_thrown_away_only_where_it_is_worth_less_than_nothing() -> None:
    """Plant that must give 60 MW to a load of 57.5: the line takes 2.5 MW, where the tangent says 1.35."""
    network = two_buses(57.5)
    plant = network["generators"].assign(minimum_share=[0.0, 0.0], capacity_mw=[60.0, 500.0])
    fixed = replace(network, tables={**network.tables, "generators": plant.assign(minimum_share=[1.0, 0.0])})
    program, solution = solved(fixed)
    lost = values(program, solution, "line_loss")["ab", 0, "t1"]
    assert lost == pytest.approx(2.5)
    free = replace(network, tables={**network.tables, "generators": plant})
    program, solution = solved(free)
    lost, flow = (values(program, solution, name)["ab", 0, "t1"] for name in ("line_loss", "line_flow"))
    assert lost == pytest.approx(max(0.04 * flow - 1.0, 0.08 * flow - 4.0))


def test_without_a_limit_there_are_no_tangents() -> None:
    """A line of any capacity cannot have a resistance."""
    network = two_buses(extendable=[1], maximum_mw=[np.inf])
    with pytest.raises(InstanceError, match="no greatest capacity"):
        program_of(network, {"cost": 1.0})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("extendable", [False, True])
@pytest.mark.parametrize("segments", first_of([2, 5], 1))
def test_same_as_pypsa(segments: int, extendable: bool) -> None:
    """A meshed network of six buses and three snapshots; PyPSA's own optimum, without its constant."""
    pypsa = pytest.importorskip("pypsa")
    random = np.random.default_rng(segments)
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3), (1, 4)]
    x, r = random.uniform(5, 30, 8).round(2), random.uniform(1, 8, 8).round(2)
    size = random.uniform(60, 120, 8).round(0)
    load, price = random.uniform(20, 70, (3, 6)).round(1), random.uniform(1, 30, 6).round(1)
    buses, snapshots = [f"b{k}" for k in range(6)], ["t1", "t2", "t3"]
    peer = pypsa.Network()
    peer.set_snapshots(snapshots)
    peer.add("Bus", buses, v_nom=110.0)
    for k, bus in enumerate(buses):
        peer.add("Generator", f"g{k}", bus=bus, p_nom=150.0, marginal_cost=price[k])
        peer.add("Load", f"d{k}", bus=bus, p_set=load[:, k])
    grows = {"s_nom_extendable": True, "s_nom_min": 20.0, "s_nom_max": 200.0, "capital_cost": 3.0} if extendable else {}
    for k, (i, j) in enumerate(pairs):
        peer.add("Line", f"l{k}", bus0=buses[i], bus1=buses[j], x=x[k], r=r[k], s_nom=size[k], s_max_pu=0.9, **grows)
    losses = {"mode": "tangents", "segments": segments}
    peer.optimize(solver_name="highs", transmission_losses=losses, log_to_console=False)
    network = network_of(
        "dc",
        buses={"bus": buses, "voltage_kv": [110.0] * 6},
        snapshots={"snapshot": snapshots, "weight_h": [1.0] * 3},
        profiles={
            "profile": [f"p{k}" for k in range(6) for _ in snapshots],
            "snapshot": snapshots * 6,
            "value": list((load / load.max(axis=0)).T.ravel()),
        },
        generators={
            "generator": [f"g{k}" for k in range(6)],
            "bus": buses,
            "technology": ["gas"] * 6,
            "capacity_mw": [150.0] * 6,
            "marginal_cost": list(price),
        },
        loads={"load": buses, "bus": buses, "peak_mw": list(load.max(axis=0)), "profile": [f"p{k}" for k in range(6)]},
        lines={
            "line": [f"l{k}" for k in range(8)],
            "from_bus": [buses[i] for i, _ in pairs],
            "to_bus": [buses[j] for _, j in pairs],
            "reactance_ohm": list(x),
            "resistance_ohm": list(r),
            "capacity_mw": list(size),
            "maximum_share": [0.9] * 8,
            "extendable": [int(extendable)] * 8,
            "minimum_mw": [20.0] * 8,
            "maximum_mw": [200.0] * 8,
            "capital_cost": [3.0] * 8,
        },
    )
    network = replace(network, settings=network.settings.model_copy(update={"loss_segments": segments}))
    program, solution = solved(network)
    assert solution.objective == pytest.approx(float(peer.model.objective.value), rel=1e-7, abs=1e-4)
    assert sum(values(program, solution, "line_loss").values()) > 1.0
