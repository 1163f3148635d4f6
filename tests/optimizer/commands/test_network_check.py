"""What `sanqu check` prints of a network: each figure under a head with its unit."""

from __future__ import annotations

from optimizer.commands.network_check import choice_table, supply_table
from tests.formulations.energy.networks import network_of

BUSES = {"bus": ["a", "b", "c"], "voltage_kv": [10, 10, 10]}
CANDIDATES = {
    "candidate": ["ab", "bc"],
    "from_bus": ["a", "b"],
    "to_bus": ["b", "c"],
    "capacity_mw": [5, 5],
    "cost": [3, 4],
    "max_additions": [1, 2],
}


def test_a_tree_has_circuits_and_buses_to_join_but_no_megawatts() -> None:
    network = network_of(
        "transport", buses=BUSES, candidates=CANDIDATES, connections={"connection": ["t", "t"], "bus": ["a", "c"]}
    )
    assert supply_table(network, "en").empty
    assert choice_table(network, "en").to_numpy().tolist() == [
        ["candidate circuits", "3"],
        ["buses to be connected", "2"],
    ]
    assert choice_table(network, "zh").to_numpy().tolist() == [["候选线路", "3 回"], ["须连通的节点", "2 个"]]


def test_supply_and_demand_are_in_megawatts() -> None:
    network = network_of(
        "transport", buses=BUSES, candidates=CANDIDATES, loads={"load": ["l"], "bus": ["a"], "peak_mw": [50]}
    )
    table = supply_table(network, "en").set_index("")["MW"]
    assert table.to_dict() == {"peak load": 50.0, "energy a year (MWh)": 50.0}
