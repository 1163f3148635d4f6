"""Networks written for PyPSA, and round trips through PyPSA itself (a development extra)."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from instances.faults import InstanceError
from instances.instance import load
from instances.readers.pypsa import import_pypsa
from optimizer.cli import app
from optimizer.results.pypsa import COLUMNS, pypsa_tables, write_pypsa
from tests.instances.network_case import write_case

SHARED = Path(__file__).parents[4] / "shared" / "data" / "pypsa" / "ac-dc-meshed"


def write_plan(folder, rows=()):
    """Write a plan, by hand; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(list(rows), columns=list(COLUMNS)).astype({"value": float, "period": int})
    table.to_parquet(folder / "network.parquet")
    return folder


LOSSLESS = {"links": {"loss_share": [0.0], "loss_per_1000km": [0.0]}, "contingencies": None}

ROWS = [
    ("generator", "wind B", 0, "", "capacity_mw", 250.0),
    ("generator", "wind B", 0, "night", "power_mw", 120.0),
    ("generator", "wind B", 0, "day", "power_mw", 70.0),
    ("site", "hill", 0, "", "capacity_mw", 90.0),
    ("candidate", "AC", 0, "", "circuits", 2.0),
    ("candidate", "AC", 0, "night", "flow_mw", 130.0),
    ("candidate", "AC", 0, "day", "flow_mw", 140.0),
    ("candidate", "BC", 0, "", "circuits", 0.0),
    ("candidate", "BC", 0, "day", "flow_mw", 0.0),
    ("storage", "battery", 0, "night", "charge_mw", 8.0),
    ("storage", "battery", 0, "day", "discharge_mw", 7.0),
    ("import", "A", 0, "day", "power_mw", 20.0),
    ("bus", "B", 0, "day", "price", 0.03),
]


@pytest.fixture
def written(tmp_path):
    instance = load(write_case(tmp_path / "case", **LOSSLESS))
    return pypsa_tables(instance, write_plan(tmp_path / "plan", ROWS))


def test_capacities_of_the_plan_are_p_nom_opt(written):
    plant = written["generators"].set_index("name")
    assert plant.loc["wind B", ["p_nom", "p_nom_opt", "p_nom_max"]].tolist() == [100.0, 250.0, 400.0]
    assert plant.loc["hill", "p_nom_opt"] == 90.0
    assert plant.loc["import A", "p_nom"] == 50.0
    assert plant.loc["coal A", "p_nom_opt"] == 300.0  # the plan says nothing: what is there


def test_circuits_that_are_built_are_lines_of_their_own(written):
    lines = written["lines"].set_index("name")
    assert lines.loc["AC", ["s_nom", "x"]].tolist() == [200.0, 10.0]  # two of 100 MW and 20 ohm
    assert "BC" not in lines.index
    assert "BC" not in set(written["links"]["name"])
    assert written["lines-p0"]["AC"].tolist() == [130.0, 140.0]


def test_what_happens_stands_in_the_order_of_time(written):
    assert written["generators-p"].index.tolist() == ["night", "day"]
    assert written["generators-p"]["wind B"].tolist() == [120.0, 70.0]
    assert written["storage_units-p"]["battery"].tolist() == [-8.0, 7.0]
    assert written["buses-marginal_price"]["B"].tolist()[1] == 0.03


def test_sites_that_are_opened_or_not_are_fixed_at_the_plan(tmp_path):
    instance = load(write_case(tmp_path / "case", **LOSSLESS, sites={"fixed_cost": [7.0]}))
    plant = pypsa_tables(instance, write_plan(tmp_path / "plan", ROWS))["generators"].set_index("name")
    assert plant.loc["hill", ["p_nom", "p_nom_extendable"]].tolist() == [90.0, False]


def test_emissions_are_those_of_carriers(written):
    carriers = written["carriers"].set_index("name")["co2_emissions"]
    assert carriers["import"] == 0.5366
    assert (written["global_constraints"]["type"] == "primary_energy").all()


@pytest.mark.parametrize(
    ("settings", "changes", "words"),
    [
        ("", {"lines": {"loss_share": [0.02]}, **LOSSLESS}, "line AB: PyPSA has no losses in both directions"),
        ("", {"links": {"minimum_share": [-1.0]}}, "link dc: PyPSA has no losses in both directions"),
        (
            "", {"rules": {"rule": ["import_cap"], "unit": ["MWh"]}, **LOSSLESS}, "rule cap: PyPSA has no import_cap",
        ),
        (
            "", {**LOSSLESS, "links": {**LOSSLESS["links"], "minimum_share": [-1.0], "marginal_cost": [2.0]}},
            "link dc: PyPSA has no cost of flow in both directions",
        ),
        ("", {**LOSSLESS, "snapshots": {"day": ["a", "b"]}}, "storage closes each representative day"),
        ("", {"links": LOSSLESS["links"]}, "PyPSA's folder holds no outages"),
        (
            "\n[carbon]\nbase_year = 2020\nend_year = 2035\n[time]\nperiods = [2025, 2035]\n", LOSSLESS,
            "PyPSA's folder holds one period",
        ),
    ],
)  # fmt: skip
def test_what_pypsa_does_not_have_is_refused(tmp_path, settings, changes, words):
    instance = load(write_case(tmp_path / "case", settings, **changes))
    with pytest.raises(InstanceError, match=words):
        pypsa_tables(instance, write_plan(tmp_path / "plan"))


def test_without_a_plan_there_is_nothing_to_write(tmp_path):
    instance = load(write_case(tmp_path / "case", **LOSSLESS))
    with pytest.raises(InstanceError, match=r"has no plan/network\.parquet"):
        pypsa_tables(instance, tmp_path)


def test_the_commands(tmp_path):
    case = write_case(tmp_path / "case", **LOSSLESS)
    plan, made, back = write_plan(tmp_path / "plan", ROWS), tmp_path / "made", tmp_path / "back"
    for arguments in (["export", "pypsa", case, plan, made], ["import", "pypsa", made, back, "--lang", "en"]):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
    assert load(back).require_network()["candidates"].empty
    result = CliRunner().invoke(app, ["check", str(back), "--lang", "en"])
    assert result.exit_code == 0
    assert "peak load" in result.output


# --- round trips through PyPSA -----------------------------------------------------------------------------


def optimum(network):
    """Return PyPSA's objective."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network.optimize(solver_name="highs", log_to_console=False, include_objective_constant=True)
            return network.objective
    finally:
        logging.disable(logging.NOTSET)


def pypsa_network(folder=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pypsa

        return pypsa.Network() if folder is None else pypsa.Network(str(folder))


def there_and_back(network, folder):
    """Return a network that went out of PyPSA, through an instance, and back."""
    source, case, back = folder / "source", folder / "case", folder / "back"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.export_to_csv_folder(str(source))
    import_pypsa(source, case, "case")
    back.mkdir()
    write_pypsa(back, pypsa_tables(load(case), write_plan(folder / "plan")))
    return pypsa_network(back)


def made_by_pypsa():
    """Return a network with everything that has a counterpart."""
    n = pypsa_network()
    n.set_snapshots(pd.date_range("2030-01-01", periods=6, freq="4h"))
    n.snapshot_weightings.loc[:, :] = np.array([[100.0, 4.0, 90.0]] * 6)
    n.add("Carrier", ["coal", "wind"], co2_emissions=[0.34, 0.0])
    n.add("Bus", ["N", "S", "E"], v_nom=[220.0, 220.0, 380.0])
    wind = np.array([0.9, 0.7, 0.1, 0.2, 0.5, 0.8])
    n.add("Generator", "wind", bus="N", carrier="wind", p_nom=20, p_nom_extendable=True, p_nom_max=700,
          capital_cost=900.0, marginal_cost=0.1, p_max_pu=wind)  # fmt: skip
    n.add("Generator", "must", bus="E", carrier="wind", p_nom=30, p_min_pu=0.5 * wind, p_max_pu=wind)
    n.add("Generator", "coal", bus="S", carrier="coal", p_nom=500, efficiency=0.42, marginal_cost=25.0, p_min_pu=0.1)
    n.add("Line", "NS", bus0="N", bus1="S", x=10.0, s_nom=120, s_max_pu=0.8)
    n.add("Line", "NE", bus0="N", bus1="E", x=14.0, s_nom=80, s_nom_extendable=True, s_nom_max=300, capital_cost=40.0)
    n.add("Transformer", "SE", bus0="S", bus1="E", x=0.12, s_nom=150, tap_ratio=1.02)
    n.add("Link", "dc", bus0="N", bus1="S", p_nom=60, efficiency=0.95, marginal_cost=0.2)
    n.add("StorageUnit", "pump", bus="S", p_nom=10, p_nom_extendable=True, p_nom_max=200, max_hours=6,
          efficiency_store=0.9, efficiency_dispatch=0.88, standing_loss=0.001, capital_cost=200.0,
          cyclic_state_of_charge=True, marginal_cost=0.05)  # fmt: skip
    n.add("Store", "cavern", bus="E", e_nom_extendable=True, e_nom_max=500, e_cyclic=True, capital_cost=2.0)
    n.add("Load", "town", bus="S", p_set=np.array([200.0, 220, 300, 280, 240, 210]))
    n.add("Load", "mill", bus="E", p_set=60.0)
    n.add("GlobalConstraint", "cap", type="primary_energy", sense="<=", constant=45_000.0)
    return n


@pytest.mark.long
def test_a_network_made_by_pypsa_has_the_same_optimum_afterwards(tmp_path):
    pytest.importorskip("pypsa")
    n = made_by_pypsa()
    there = there_and_back(n, tmp_path)
    assert optimum(there) == pytest.approx(optimum(n), rel=1e-6)
    assert n.model.constraints["GlobalConstraint-cap"].dual.item() != 0  # the cap was felt


@pytest.mark.skipif(not SHARED.is_dir(), reason="the example network is not here")
def test_the_example_has_its_published_optimum_afterwards(tmp_path):
    pytest.importorskip("pypsa")
    there = there_and_back(pypsa_network(SHARED), tmp_path)
    assert optimum(there) == pytest.approx(-3474256.04055, rel=1e-6)
