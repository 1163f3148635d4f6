"""PyPSA's CSV folder as an instance: nothing is lost, and what has no counterpart is refused by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.instance import load
from instances.readers.pypsa import import_pypsa

SHARED = Path(__file__).parents[4] / "shared" / "data" / "pypsa" / "ac-dc-meshed"

FILES = {
    "buses": {"name": ["N", "S"], "v_nom": [380.0, 380.0], "x": [8.0, 9.0], "y": [53.0, 50.0]},
    "carriers": {"name": ["coal", "wind"], "co2_emissions": [0.34, 0.0]},
    "snapshots": {
        "snapshot": ["2030-01-01 00:00", "2030-07-01 00:00"],
        "objective": [4000.0, 4760.0],
        "generators": [4380.0, 4380.0],
        "stores": [1.0, 2.0],
    },
    "generators": {
        "name": ["coal N", "wind S"],
        "bus": ["N", "S"],
        "carrier": ["coal", "wind"],
        "p_nom": [500.0, 10.0],
        "p_nom_extendable": ["False", "True"],
        "p_nom_max": ["inf", "900"],
        "efficiency": [0.4, 1.0],
        "marginal_cost": [30.0, 0.1],
        "capital_cost": [0.0, 5e4],
        "p_min_pu": [0.2, 0.0],
        "p_max_pu": [0.8, 1.0],
    },
    "generators-p_max_pu": {"snapshot": ["2030-01-01 00:00", "2030-07-01 00:00"], "wind S": [0.5, 0.25]},
    "lines": {"name": ["NS"], "bus0": ["N"], "bus1": ["S"], "x": [12.0], "r": [1.0], "s_nom": [300.0], "s_max_pu": 0.7},
    "links": {"name": ["dc"], "bus0": ["N"], "bus1": ["S"], "p_nom": [100.0], "efficiency": [0.97], "length": [600.0]},
    "loads": {"name": ["town"], "bus": ["S"]},
    "loads-p_set": {"snapshot": ["2030-01-01 00:00", "2030-07-01 00:00"], "town": [200.0, 50.0]},
    "storage_units": {
        "name": ["pump"], "bus": ["N"], "p_nom": [50.0], "max_hours": [6.0], "efficiency_store": [0.9],
        "cyclic_state_of_charge": ["True"],
    },
    "stores": {
        "name": ["cavern"], "bus": ["S"], "e_nom_extendable": ["True"], "e_nom_max": [800.0], "capital_cost": [3.0],
        "e_cyclic": ["True"],
    },
    "global_constraints": {"name": ["cap"], "sense": ["<="], "constant": [1e6]},
    "network": {"name": ["made"], "srid": [4326]},
}  # fmt: skip


def write_folder(folder: Path, **changes: dict[str, object]) -> Path:
    folder.mkdir()
    for name, columns in {**FILES, **changes}.items():
        held = {**FILES.get(name, {}), **columns}
        pd.DataFrame(held).to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture
def imported(tmp_path):
    study = import_pypsa(write_folder(tmp_path / "source"), tmp_path / "case", "case")
    return load(tmp_path / "case").require_network(), study


def test_weights_keep_their_three_meanings(imported):
    network, _ = imported
    assert network.weight_h.tolist() == [4380.0, 4380.0]
    assert network.cost_weight_h.tolist() == [4000.0, 4760.0]
    assert network.step_h.tolist() == [1.0, 2.0]
    assert network.settings.horizon_h == 8760


def test_generators(imported):
    network, _ = imported
    coal, wind = network["generators"].to_dict("records")
    assert coal["emission_tco2_per_mwh"] == pytest.approx(0.34 / 0.4)
    assert (coal["extendable"], coal["capacity_mw"], coal["minimum_share"]) == (0, 500.0, 0.25)
    assert (wind["extendable"], wind["maximum_mw"], wind["capital_cost"], wind["renewable"]) == (1, 900.0, 5e4, 1)
    assert network.curves(network["generators"]["profile"]).tolist() == [[0.8, 0.8], [0.5, 0.25]]


def test_lines_and_links(imported):
    network, _ = imported
    line, link = network["lines"].iloc[0], network["links"].iloc[0]
    assert (line["reactance_ohm"], line["capacity_mw"], line["maximum_share"]) == (12.0, 300.0, 0.7)
    assert network.link_efficiency.tolist() == [0.97]
    assert (link["minimum_share"], link["maximum_share"]) == (0.0, 1.0)


def test_demand_is_what_it_was(imported):
    network, _ = imported
    assert network.demand_mw(0).tolist() == [[0, 0], [200, 50]]


def test_storage_units_and_stores(imported):
    network, _ = imported
    pump, cavern = network["storage"].to_dict("records")
    assert (pump["power_mw"], pump["energy_mwh"], pump["hours"], pump["efficiency_in"]) == (50.0, 300.0, 6.0, 0.9)
    assert (cavern["power_mw"], cavern["maximum_mwh"], cavern["energy_cost"]) == (np.inf, 800.0, 3.0)


def test_a_co2_limit_is_an_emission_cap(imported):
    network, _ = imported
    (rule,) = network["rules"].to_dict("records")
    assert (rule["rule"], rule["sense"], rule["value"], rule["unit"]) == ("emission_cap", "<=", 1e6, "tCO2e")


def test_what_is_assumed_is_noted(imported):
    _, study = imported
    assert [note.en.split(":")[0] for note in study.notes] == [
        "PyPSA states no currency", "Taken as renewable by their names",
    ]  # fmt: skip


def test_components_that_are_off_are_left_out(tmp_path):
    source = write_folder(tmp_path / "source", links={"active": ["False"]})
    import_pypsa(source, tmp_path / "case", "case")
    assert load(tmp_path / "case").require_network()["links"].empty


def test_lines_between_dc_buses_divide_by_resistance(tmp_path):
    source = write_folder(tmp_path / "source", buses={"carrier": ["DC", "DC"]})
    import_pypsa(source, tmp_path / "case", "case")
    assert load(tmp_path / "case").require_network()["lines"]["reactance_ohm"].tolist() == [1.0]


def test_transformers_are_lines_in_ohm(tmp_path):
    wires = {"name": ["T"], "bus0": ["N"], "bus1": ["S"], "x": [0.1], "s_nom": [200.0], "tap_ratio": [1.05]}
    import_pypsa(write_folder(tmp_path / "source", transformers=wires), tmp_path / "case", "case")
    network = load(tmp_path / "case").require_network()
    assert network["lines"]["reactance_ohm"].iloc[1] == pytest.approx(0.1 * 1.05 / 200 * 380**2)


def test_a_type_goes_before_what_the_line_says(tmp_path):
    """Reactance of 0.301 ohm/km (Oeding and Oswald 2011), 40 km, two in parallel; x of the row is stale."""
    wires = {"type": ["Al/St 240/40 2-bundle 220.0"], "length": [40.0], "num_parallel": [2.0]}
    import_pypsa(write_folder(tmp_path / "source", lines=wires), tmp_path / "case", "case")
    assert load(tmp_path / "case").require_network()["lines"]["reactance_ohm"].tolist() == [pytest.approx(6.02)]


def test_types_of_the_folder_go_before_those_of_pypsa(tmp_path):
    own = {"name": ["Al/St 240/40 2-bundle 220.0"], "x_per_length": [0.5], "r_per_length": [0.1]}
    wires = {"type": own["name"], "length": [40.0]}
    import_pypsa(write_folder(tmp_path / "source", lines=wires, line_types=own), tmp_path / "case", "case")
    assert load(tmp_path / "case").require_network()["lines"]["reactance_ohm"].tolist() == [20.0]


def test_transformers_with_a_type(tmp_path):
    """Short-circuit voltage 12.2 %, its real part 0.25 %, 160 MVA, taps of 1.5 %."""
    wires = {"name": ["T"], "bus0": ["N"], "bus1": ["S"], "type": ["160 MVA 380/110 kV"], "tap_position": [-2]}
    import_pypsa(write_folder(tmp_path / "source", transformers=wires), tmp_path / "case", "case")
    line = load(tmp_path / "case").require_network()["lines"].iloc[1]
    assert line["capacity_mw"] == 160
    assert line["reactance_ohm"] == pytest.approx((0.122**2 - 0.0025**2) ** 0.5 / 160 * 0.97 * 380**2)


REFUSED = [
    ("generators", {"committable": ["True", "False"]}, "coal N: committable is 1; Sanqu has no counterpart"),
    ("generators", {"ramp_limit_up": ["0.3", ""]}, "coal N: ramp_limit_up is 0.3"),
    ("generators", {"p_nom_mod": [0, 50]}, "wind S: p_nom_mod is 50"),
    ("generators", {"sign": [-1, 1]}, "coal N: sign is -1"),
    ("generators", {"p_max_pu": [1.2, 1]}, "coal N: p_max_pu 1.2 lies outside 0 to 1"),
    ("generators", {"p_min_pu": [0.2, 0.3]}, "wind S: p_min_pu is not the same share of p_max_pu"),
    ("generators", {"p_nom_min": [0, 1000]}, "wind S: p_nom_min 1000 is above p_nom_max"),
    ("generators", {"marginal_cost": ["dear", 1]}, "coal N: marginal_cost 'dear' is not a number"),
    ("generators", {"bus": ["N", "E"]}, "wind S: bus 'E' is no bus of buses.csv"),
    ("generators", {"overnight_cost": ["", 900.0]}, "wind S: overnight_cost is 900"),
    ("loads", {"sign": [1]}, "town: sign is 1"),
    ("lines", {"x": [0.0]}, "NS: x must be above 0"),
    ("lines", {"v_ang_max": [30.0]}, "NS: v_ang_max is 30"),
    ("links", {"p_min_pu": [-1.0]}, "dc: efficiency 0.97 of a link that runs both ways"),
    ("links", {"bus2": ["N"]}, "dc: bus2 is a third bus"),
    ("links", {"efficiency": [3.0]}, "dc: efficiency 3 lies outside 0 to 1"),
    ("storage_units", {"cyclic_state_of_charge": ["False"]}, "pump: cyclic_state_of_charge is False"),
    ("storage_units", {"inflow": [5.0]}, "pump: inflow is 5"),
    ("stores", {"e_cyclic": ["False"]}, "cavern: e_cyclic is False"),
    ("stores", {"e_min_pu": [0.1]}, "cavern: e_min_pu is 0.1"),
    ("transformers", {"name": ["T"], "bus0": ["N"], "bus1": ["S"], "type": ["160 MVA"]}, "'160 MVA' is no standard"),
    (
        "transformers", {"name": ["T"], "bus0": ["N"], "bus1": ["S"], "type": ["40 MVA 110/20 kV"]},
        "shifts the phase by 150 degrees",
    ),
    ("lines", {"type": ["Al/St 240/40 2-bundle 220.0"]}, "NS: length must be above 0"),
    ("links", {"p_min_pu": [-1.0], "efficiency": [1.0], "marginal_cost": [2.0]}, "dc: marginal_cost 2 of a link that"),
    ("links", {"p_min_pu": [-1.0], "p_max_pu": [-0.2], "efficiency": [1.0]}, "dc: p_max_pu -0.2 is below 0 (swap"),
    ("buses", {"nom_max_wind": ["", 40.0]}, "S: nom_max_wind limits what is built at a bus"),
    ("generators-marginal_cost-pw", {"breakpoint": [0, 1]}, "holds a piecewise curve"),
    ("global_constraints", {"type": ["tech_capacity_expansion_limit"]}, "cap: type 'tech_capacity_expansion_limit'"),
    ("global_constraints", {"sense": ["=="]}, "cap: sense '==' has no counterpart"),
    ("investment_periods", {"period": [2030]}, "has rows; Sanqu has no counterpart"),
    ("generators-marginal_cost", {"snapshot": [0, 1], "coal N": [30.0, 40.0]}, "marginal_cost changes with the"),
    ("loads-p_set", {"town": [200.0, -50.0]}, "town: p_set is negative"),
    ("snapshots", {"generators": [8760, 0]}, "generators 0 must be above 0"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "columns", "words"), REFUSED)
def test_what_has_no_counterpart_is_refused_by_component_and_attribute(tmp_path, file, columns, words):
    with pytest.raises(InstanceError) as error:
        import_pypsa(write_folder(tmp_path / "source", **{file: columns}), tmp_path / "case", "case")
    assert words in str(error.value)
    assert str(tmp_path / "source") in error.value.faults[0].where


@pytest.mark.parametrize(
    ("file", "columns", "words"),
    [
        (
            "generators",
            {"p_nom": [-500.0, 10.0]},
            "generators.csv, row 2, column capacity_mw: -500.0 must not be below 0",
        ),
        ("links", {"p_nom": ["inf"]}, "links.csv, row 2, column capacity_mw: is empty"),
        ("loads", {"bus": ["E"]}, "load town: no supply reaches its island (buses E)"),
    ],
)
def test_a_network_that_could_not_be_used_is_not_taken(tmp_path, file, columns, words):
    changes = {"buses": {"name": ["N", "S", "E"], "v_nom": [380.0] * 3, "x": [0.0] * 3, "y": [0.0] * 3}, file: columns}
    with pytest.raises(InstanceError) as error:
        import_pypsa(write_folder(tmp_path / "source", **changes), tmp_path / "case", "case")
    (fault,) = error.value.faults
    assert words in fault.message
    assert fault.where == str(tmp_path / "source")


def test_curves_have_a_row_a_snapshot(tmp_path):
    source = write_folder(tmp_path / "source")
    pd.DataFrame({"snapshot": ["a"], "town": [1.0]}).to_csv(source / "loads-p_set.csv", index=False)
    with pytest.raises(InstanceError, match=r"loads-p_set.csv: has 1 rows, the network 2 snapshots"):
        import_pypsa(source, tmp_path / "case", "case")


def test_a_folder_without_a_network_is_refused(tmp_path):
    with pytest.raises(InstanceError, match="is no folder"):
        import_pypsa(tmp_path / "nowhere", tmp_path / "case", "case")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InstanceError, match="export_to_csv_folder"):
        import_pypsa(tmp_path / "empty", tmp_path / "case", "case")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the example network is not here")
def test_the_example_of_pypsa(tmp_path):
    shutil.copytree(SHARED, tmp_path / "source")
    import_pypsa(tmp_path / "source", tmp_path / "case", "case")
    network = load(tmp_path / "case").require_network()
    drawn = pd.read_csv(SHARED / "loads-p_set.csv", index_col=0)
    at = network["buses"]["bus"].tolist()
    np.testing.assert_allclose(network.demand_mw(0)[at.index("London")], drawn["London"], rtol=1e-12)
    extendable = pd.concat([network[name] for name in ("generators", "lines", "links")])
    constant = (extendable["capital_cost"] * extendable["capacity_mw"]).sum()
    assert constant == pytest.approx(21915277.518279, rel=1e-9)  # PyPSA's own objective_constant
    gas = network["generators"].set_index("generator")["emission_tco2_per_mwh"]
    assert gas["Frankfurt Gas"] == pytest.approx(0.24 / 0.3516658529)
    direct = network["lines"].set_index("line")["reactance_ohm"]
    assert direct["2"] == 0.2126041927  # the resistance of a DC line
