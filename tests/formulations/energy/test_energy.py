"""Small networks whose least cost is worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from formulations.energy.assemble import program_of
from formulations.energy.kvl import independent_cycles
from instances.faults import InstanceError
from optimizer.methods import core, direct
from optimizer.results.network.plan import network_table
from optimizer.results.network.prices import nodal_prices
from optimizer.results.solution import SolveOptions, Termination
from tests.formulations.energy.networks import network_of, optimum, solved, values

TWO = {"bus": ["a", "b"], "voltage_kv": [10, 10]}
THREE = {"bus": ["a", "b", "c"], "voltage_kv": [10, 10, 10]}


def plant(**more: list) -> dict[str, list]:
    """Return one generator a name, dear enough to tell apart."""
    return {"technology": ["gas"] * len(more["generator"]), **more}


def test_merit_order_and_curtailment() -> None:
    """Wind of 80, then 30 MW, against a load of 50: 30 MW are curtailed, then 20 MW of gas run at 4 for 10 h."""
    network = network_of(
        buses={"bus": ["a"]},
        snapshots={"snapshot": ["t1", "t2"], "weight_h": [2, 10]},
        profiles={"profile": ["w", "w"], "snapshot": ["t1", "t2"], "value": [0.8, 0.3]},
        generators=plant(
            generator=["wind", "gas"],
            bus=["a", "a"],
            capacity_mw=[100, 100],
            marginal_cost=[0, 4],
            emission_tco2_per_mwh=[0, 0.5],
            profile=["w", ""],
            renewable=[1, 0],
        ),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [50]},
    )
    program, solution = solved(network)
    assert solution.objective == pytest.approx(20 * 4 * 10)
    table = network_table(
        network, program, solution.require_shares(), nodal_prices(network, program, solution, SolveOptions())
    )
    found = table.set_index(["component", "name", "snapshot", "quantity"])["value"]
    assert found["generator", "wind", "t1", "curtailed_mw"] == pytest.approx(30)
    assert found["bus", "a", "t1", "price"] == pytest.approx(0)
    assert found["bus", "a", "t2", "price"] == pytest.approx(4)
    assert float(program.cost_of("emissions") @ solution.require_shares()) == pytest.approx(20 * 0.5 * 10)
    assert not any(quota.rule != "energy:balance" for quota in program.quotas), "limits of what exists are no rows"


def test_least_output_of_one_fixes_it() -> None:
    """A plant that runs at its level feeds 40 of 50 MW although another would be cheaper."""
    network = network_of(
        buses={"bus": ["a"]},
        generators=plant(
            generator=["fixed", "cheap"],
            bus=["a", "a"],
            capacity_mw=[40, 100],
            marginal_cost=[9, 1],
            minimum_share=[1, 0],
        ),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [50]},
    )
    assert solved(network)[1].objective == pytest.approx(40 * 9 + 10 * 1)


def test_losses_fall_on_the_direction_of_flow() -> None:
    """100 MW through a link that loses a tenth need 111.1 MW, in either direction."""
    for start, end in (("a", "b"), ("b", "a")):
        network = network_of(
            buses=TWO,
            generators=plant(generator=["g"], bus=["a"], capacity_mw=[500], marginal_cost=[1]),
            loads={"load": ["l"], "bus": ["b"], "peak_mw": [100]},
            links={
                "link": ["x"],
                "from_bus": [start],
                "to_bus": [end],
                "capacity_mw": [200],
                "minimum_share": [-1],
                "loss_share": [0.04],
                "loss_per_1000km": [0.03],
                "length_km": [2000],
            },
        )
        assert solved(network)[1].objective == pytest.approx(100 / 0.9)


TRIANGLE = {
    "line": ["ab", "bc", "ac"],
    "from_bus": ["a", "b", "a"],
    "to_bus": ["b", "c", "c"],
    "reactance_ohm": [1, 1, 1],
    "capacity_mw": [100, 100, 60],
}


def triangle(power_flow: str, **more: dict[str, list]) -> tuple:
    """Return a cheap plant at a, a dear one at c, and 120 MW at c."""
    return solved(
        network_of(
            power_flow,
            buses=THREE,
            generators=plant(
                generator=["cheap", "dear"], bus=["a", "c"], capacity_mw=[500, 500], marginal_cost=[1, 10]
            ),
            loads={"load": ["l"], "bus": ["c"], "peak_mw": [120]},
            **{"lines": TRIANGLE, **more},
        )
    )


def test_voltage_law_splits_flow_two_to_one() -> None:
    """Two thirds go the direct way, limited to 60 MW: 90 MW come from a, 30 from c; as transport all come from a."""
    assert triangle("dc")[1].objective == pytest.approx(90 + 30 * 10)
    assert triangle("transport")[1].objective == pytest.approx(120)


def test_parallel_circuits_halve_reactance() -> None:
    """Two circuits on the long way: its reactance is 1, that of the direct way 1, so power splits evenly: 120 MW."""
    lines = {**TRIANGLE, "circuits": [2, 2, 1]}
    program, solution = triangle("dc", lines=lines)
    assert solution.objective == pytest.approx(120)
    assert values(program, solution, "line_flow")["ac", 0, "t1"] == pytest.approx(60)


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


def test_intraday_storage_ends_the_day_as_it_began() -> None:
    """A plant of 10 MW at 1, one at 20: 8 MWh bought at night give 8 x 0.9 x 0.9 by day, so 13.52 are dear ones."""
    network = network_of(
        buses={"bus": ["a"]},
        snapshots={"snapshot": ["n", "d"], "weight_h": [1, 1], "day": ["x", "x"]},
        profiles={"profile": ["p", "p"], "snapshot": ["n", "d"], "value": [0.08, 1]},
        generators=plant(generator=["cheap", "dear"], bus=["a", "a"], capacity_mw=[10, 50], marginal_cost=[1, 20]),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [25], "profile": ["p"]},
        storage={
            "storage": ["s"],
            "bus": ["a"],
            "power_mw": [50],
            "energy_mwh": [100],
            "efficiency_in": [0.9],
            "efficiency_out": [0.9],
        },
    )
    # Night: load 2, so 8 MW may be stored; day: load 25, 10 cheap, 8 x 0.81 from storage, the rest dear.
    assert solved(network)[1].objective == pytest.approx(10 + 10 + 20 * (25 - 10 - 8 * 0.81))


def seasons(seasonal: int, energy: float = 1e4, standing: float = 0.0) -> dict[str, dict[str, list]]:
    """Return a year of two days, 100 of summer then 50 of winter; sun shines in summer only, load is in winter."""
    return {
        "buses": {"bus": ["a"]},
        "snapshots": {"snapshot": ["s", "w"], "weight_h": [100, 50], "day": ["s", "w"], "order": [0, 1]},
        "profiles": {
            "profile": ["sun", "sun", "load", "load"],
            "snapshot": ["s", "w", "s", "w"],
            "value": [1, 0, 0, 1],
        },
        "generators": plant(
            generator=["sun", "gas"], bus=["a", "a"], capacity_mw=[10, 100], marginal_cost=[0, 5], profile=["sun", ""]
        ),
        "loads": {"load": ["l"], "bus": ["a"], "peak_mw": [30], "profile": ["load"]},
        "storage": {
            "storage": ["s"],
            "bus": ["a"],
            "power_mw": [100],
            "energy_mwh": [energy],
            "seasonal": [seasonal],
            "standing_loss": [standing],
        },
    }


def test_seasonal_storage_carries_summer_into_winter() -> None:
    """Of 1,500 MWh in winter 1,000 come from summer where there is room, 600 where there is less, else none."""
    assert solved(network_of(**seasons(0)))[1].objective == pytest.approx(5 * 1500)
    assert solved(network_of(**seasons(1)))[1].objective == pytest.approx(5 * 500)
    assert solved(network_of(**seasons(1, energy=600)))[1].objective == pytest.approx(5 * 900)


def test_seasonal_storage_loses_while_it_stands() -> None:
    """What one hundred summer hours store decays by a share an hour, and over the winter hours that draw on it."""
    loss = 0.01
    kept = 1 - loss
    full = 10 * (1 - kept**100) / (1 - kept)
    # Winter draws d each hour, ending at nothing: kept^50 full = d (1 - kept^50) / (1 - kept).
    drawn = kept**50 * full * (1 - kept) / (1 - kept**50)
    assert solved(network_of(**seasons(1, standing=loss)))[1].objective == pytest.approx(
        5 * 50 * (30 - drawn), rel=1e-6
    )


def test_capacity_is_built_where_it_pays() -> None:
    """Wind at 30 a MW saves 2 a MWh for 20 h: built to its limit, of which 10 MW exist."""
    given = {
        "buses": {"bus": ["a"]},
        "snapshots": {"snapshot": ["t"], "weight_h": [20]},
        "generators": plant(
            generator=["wind", "gas"],
            bus=["a", "a"],
            capacity_mw=[10, 100],
            extendable=[1, 0],
            maximum_mw=[35, None],
            capital_cost=[30, 0],
            marginal_cost=[0, 2],
        ),
        "loads": {"load": ["l"], "bus": ["a"], "peak_mw": [50]},
    }
    assert solved(network_of(**given))[1].objective == pytest.approx(25 * 30 + 15 * 2 * 20)
    # In two stages of 1 and 3 years it is built in the first, and runs four years.
    network = network_of(years=(2030, 2033), lengths=(1.0, 3.0), **given)
    program, solution = solved(network)
    assert solution.objective == pytest.approx(25 * 30 + 15 * 2 * 20 * 4)
    assert values(program, solution, "generator_added")["wind", 2030, ""] == pytest.approx(25)


def test_site_opens_only_where_it_pays() -> None:
    """A site of at least 20 MW, 100 to open and 1 a MW, saves 8 a MW: 20 MW at 30 of load, none at 10."""
    for load, expected in ((30.0, 100 + 30 + 0), (10.0, 80.0)):
        network = network_of(
            buses={"bus": ["a"]},
            snapshots={"snapshot": ["t"], "weight_h": [8]},
            generators=plant(generator=["gas"], bus=["a"], capacity_mw=[100], marginal_cost=[1]),
            loads={"load": ["l"], "bus": ["a"], "peak_mw": [load]},
            sites={
                "site": ["field"],
                "technology": ["solar"],
                "bus": ["a"],
                "potential_mw": [50],
                "minimum_mw": [20],
                "fixed_cost": [100],
                "capital_cost": [1],
            },
        )
        for method in (direct, core):
            assert solved(network, method=method)[1].objective == pytest.approx(expected)


def rule(name: str, sense: str, value: float, unit: str, technology: str = "") -> dict[str, list]:
    """Return the table of one rule."""
    given = {"id": ["r"], "rule": [name], "sense": [sense], "value": [value], "unit": [unit]}
    return {**given, "technology": [technology], "source": ["made"], "status": ["made"]}


@pytest.mark.parametrize(
    ("table", "cost"),
    [
        (None, 100 * 1.0),
        (rule("emission_cap", "<=", 50, "tCO2e"), 50 * 1 + 50 * 3),  # coal emits 1, imports 0
        (rule("renewable_share", ">=", 0.3, "share"), 70 * 1 + 30 * 4),
        (rule("renewable_share", "==", 0.3, "share"), 70 * 1 + 30 * 4),
        (rule("self_sufficiency", ">=", 1.0, "share"), 100 * 1),
        (rule("capacity_target", ">=", 25, "MW", "wind"), 100 * 1 + 15 * 7),
        (rule("import_cap", ">=", 20, "MWh"), 80 + 20 * 3),
        (rule("import_cap", ">=", 0.2, "share"), 80 + 20 * 3),
    ],
)
def test_rules(table: dict[str, list] | None, cost: float) -> None:
    """100 MWh by coal at 1, imports at 3, wind at 4 (10 MW exist, more cost 7 a MW); a rule each, by hand."""
    network = network_of(
        buses={"bus": ["a"]},
        generators=plant(
            generator=["coal", "wind"],
            bus=["a", "a"],
            capacity_mw=[200, 10],
            technology=["coal", "wind"],
            extendable=[0, 1],
            minimum_mw=[0, 10],
            capital_cost=[0, 7],
            marginal_cost=[1, 4],
            emission_tco2_per_mwh=[1, 0],
            renewable=[0, 1],
        ),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [100]},
        imports={"bus": ["a"], "capacity_mw": [90], "emission_tco2_per_mwh": [0], "price": [3]},
        **({} if table is None else {"rules": table}),
    )
    if table is not None and table["rule"] == ["renewable_share"]:
        cost += 20 * 7  # wind beyond the 10 MW that exist
    assert solved(network)[1].objective == pytest.approx(cost)


def test_curtailment_cap_limits_what_is_built() -> None:
    """A site must give 40 MW of capacity; only 30 find a load in the second hour, so storage or the cap decides."""
    network = network_of(
        buses={"bus": ["a"]},
        snapshots={"snapshot": ["t1", "t2"], "weight_h": [1, 1]},
        profiles={"profile": ["d", "d"], "snapshot": ["t1", "t2"], "value": [1, 0.5]},
        generators=plant(generator=["gas"], bus=["a"], capacity_mw=[100], marginal_cost=[9]),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [40], "profile": ["d"]},
        sites={"site": ["s"], "technology": ["wind"], "bus": ["a"], "potential_mw": [60], "capital_cost": [1]},
        rules=rule("curtailment_cap", "<=", 0.1, "share"),
    )
    # K MW give min(K, 40) + 20; of 2K at most a tenth is lost: K - 20 <= 0.2 K, K = 25; gas gives 15.
    assert solved(network)[1].objective == pytest.approx(25 + 15 * 9)


def test_shared_trunk_is_paid_once() -> None:
    """Two corridors share a trunk of 50; each has a branch of 10 and a circuit of 5: 80 for both, against 90 of gas."""
    network = network_of(
        "transport",
        buses=THREE,
        generators=plant(
            generator=["hydro", "gas b", "gas c"],
            bus=["a", "b", "c"],
            capacity_mw=[100, 100, 100],
            marginal_cost=[0, 4.5, 4.5],
        ),
        loads={"load": ["b", "c"], "bus": ["b", "c"], "peak_mw": [10, 10]},
        candidates={
            "candidate": ["ab", "ac"],
            "from_bus": ["a", "a"],
            "to_bus": ["b", "c"],
            "capacity_mw": [10, 10],
            "cost": [5, 5],
            "corridor": ["to b", "to c"],
        },
        corridors={"corridor": ["to b", "to b", "to c", "to c"], "segment": ["trunk", "b", "trunk", "c"]},
        segments={"segment": ["trunk", "b", "c"], "length_km": [9, 1, 1], "cost": [50, 10, 10]},
    )
    program, solution = solved(network)
    assert solution.objective == pytest.approx(50 + 2 * (10 + 5))
    assert values(program, solution, "segment_opening")["trunk", 0, ""] == 1


def test_cycles_are_independent_and_closed() -> None:
    """On a grid with parallel lines there are lines - buses + 1 cycles, each of which closes."""
    ends = [(5 * i + j, 5 * i + j + 1) for i in range(5) for j in range(4)]
    ends += [(5 * i + j, 5 * i + j + 5) for i in range(4) for j in range(5)] + [(1, 0), (6, 7)]
    cycles = independent_cycles(ends)
    table = np.zeros((len(cycles), len(ends)))
    incidence = np.zeros((len(ends), 25))
    for line, (start, end) in enumerate(ends):
        incidence[line, start], incidence[line, end] = 1, -1
    for number, cycle in enumerate(cycles):
        for line, sign in cycle:
            table[number, line] = sign
    assert np.linalg.matrix_rank(table) == len(cycles) == len(ends) - 25 + 1
    assert not (table @ incidence).any()
    assert all(len(cycle) <= 4 for cycle in cycles if len(cycle) != 2)


def test_unbounded_capacity_still_has_a_proven_bound() -> None:
    """Capacity without limit is limited by what a known plan costs: multipliers prove the bound."""
    network = network_of(
        buses=TWO,
        generators=plant(
            generator=["g"], bus=["a"], capacity_mw=[0], extendable=[1], capital_cost=[3], marginal_cost=[1]
        ),
        loads={"load": ["l"], "bus": ["b"], "peak_mw": [10]},
        lines={
            "line": ["x"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [0],
            "extendable": [1],
            "capital_cost": [2],
        },
    )
    program, solution = solved(network)
    assert solution.objective == pytest.approx(10 * (3 + 1 + 2))
    assert solution.bound == pytest.approx(60)
    assert solution.bound_by == "dual"
    assert solution.termination is Termination.GAP_PROVEN
    assert optimum(program) == pytest.approx(60)


def test_candidates_beside_unlimited_lines_are_refused() -> None:
    """No widest angle can be told where a line beside a candidate has no limit."""
    network = network_of(
        buses=TWO,
        lines={
            "line": ["x"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [5],
            "extendable": [1],
        },
        candidates={
            "candidate": ["y"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [5],
            "cost": [1],
        },
    )
    with pytest.raises(InstanceError, match="no greatest capacity"):
        program_of(network, {"cost": 1.0})


def test_pyomo_model_has_the_same_optimum() -> None:
    """The Program as a Pyomo model, solved through Pyomo's own interface."""
    import pyomo.environ as pyo

    program, solution = triangle("dc")
    model = program.to_pyomo()
    pyo.SolverFactory("appsi_highs").solve(model)
    assert pyo.value(model.objective) == pytest.approx(solution.objective)
    assert all(a != b for a, b in pairwise(program.explain(row) for row in range(program.n_rows)))
