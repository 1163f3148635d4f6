"""Cases of MATPOWER and PowerModels as instances; expected figures are worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.instance import load
from instances.readers.matpower import import_matpower

CASE = """% three buses; the third is off
function mpc = made
mpc.version = '2';   % text with a % sign: '50%'
mpc.baseMVA = 100.0;
mpc.bus = [ % bus_i type Pd Qd Gs Bs area Vm Va baseKV zone Vmax Vmin
	1	3	0	0	0	0	1	1	0	230	1	1.1	0.9;
	2	1	150	20	5	0	1	1	0	230	1	1.1	0.9
	7	4	40	0	0	0	1	1	0	230	1	1.1	0.9;
];
mpc.gen = [
	1	0	0	0	0	1	100	1	200	50;
	2	0	0	0	0	1	100	0	900	0;
];
mpc.gencost = [
	2	0	0	3	0	14	0;
	2	0	0	3	0	15	0;
];
mpc.genfuel = {
	'coal';
	'gas';
};
mpc.branch = [
	1	2	0.01	0.08	0.02	80	80	80	0	0	1	-360	360;
	1	2	0.01	0.10	0.02	0	0	0	0.96	0	1	-30	30;
	2	7	0.01	0.10	0.02	50	0	0	0	0	0	-360	360;
];
mpc.dcline = [
	1	2	1	10	8.9	0	0	1	1	10	100	0	0	0	0	1	0.01;
];
"""

CANDIDATES = """%column_names% f_bus t_bus r x b rate_a rb rc tap shift br_status angmin angmax construction_cost
mpc.ne_branch = [
	1	2	0.01	0.2	0.02	60	0	0	0	0	1	-360	360	7;
	1	2	0.01	0.2	0.02	60	0	0	0	0	1	-360	360	7;
	1	2	0.01	0.2	0.02	90	0	0	0	0	1	-360	360	9;
];
"""


def read(folder, text):
    path = folder / "made.m"
    path.write_text(text, encoding="utf-8")
    study = import_matpower(path, folder / "case", "case")
    return load(folder / "case").require_network(), study


def test_branches_become_lines_in_ohm(tmp_path):
    network, _ = read(tmp_path, CASE)
    lines = network["lines"].set_index("line")
    assert list(lines.index) == ["1-2", "1-2 (2)"]  # the third one is off
    assert lines["reactance_ohm"].tolist() == pytest.approx([0.08 * 529, 0.10 * 0.96 * 529])
    np.testing.assert_allclose(network.susceptance("lines"), [100 / 0.08, 100 / 0.096])


@pytest.mark.parametrize(
    ("limits", "capacity"),
    [
        ("-30	30", 100 / 0.096 * np.deg2rad(30)),
        ("-2	2", 100 / 0.096 * np.deg2rad(2)),
        ("-360	360", 1100 + 100),  # all plant and the DC line
        ("0	0", 1100 + 100),
    ],
)
def test_a_branch_without_rating_is_limited_by_its_angle_or_the_supply(tmp_path, limits, capacity):
    network, _ = read(tmp_path, CASE.replace("-30	30", limits))
    assert network["lines"]["capacity_mw"].tolist() == pytest.approx([80.0, capacity])


def test_plant_in_service_with_linear_costs(tmp_path):
    network, _ = read(tmp_path, CASE)
    (plant,) = network["generators"].to_dict("records")
    assert (plant["generator"], plant["technology"], plant["marginal_cost"]) == ("G1", "coal", 14.0)
    assert (plant["capacity_mw"], plant["minimum_share"]) == (200.0, 0.25)


def test_demand_counts_shunts_and_constant_losses_of_dc_lines(tmp_path):
    network, _ = read(tmp_path, CASE)
    assert network.demand_mw(0)[:, 0].tolist() == [0.0, 150 + 5 + 1, 0.0]  # the isolated bus draws nothing


def test_dc_lines_become_links(tmp_path):
    network, _ = read(tmp_path, CASE)
    (link,) = network["links"].to_dict("records")
    assert (link["capacity_mw"], link["minimum_share"], link["maximum_share"]) == (100.0, 0.1, 1.0)
    assert link["loss_share"] == 0.01


def test_equal_candidates_become_one_and_costs_of_generation_go(tmp_path):
    network, study = read(tmp_path, CASE + CANDIDATES)
    table = network["candidates"]
    assert table["max_additions"].tolist() == [2, 1]
    assert table["cost"].tolist() == [7.0, 9.0]
    assert table["candidate"].tolist() == ["1-2", "1-2 (2)"]
    assert network["generators"]["marginal_cost"].tolist() == [0.0]
    assert "only construction counts" in study.notes[0].en


def test_a_case_without_voltage_is_read_per_unit(tmp_path):
    network, _ = read(tmp_path, CASE.replace("	230	", "	0	"))
    np.testing.assert_allclose(network.susceptance("lines"), [100 / 0.08, 100 / 0.096])


def test_demand_below_zero_is_plant_that_must_run(tmp_path):
    network, _ = read(
        tmp_path, CASE.replace("	150	20	5", "	-150	20	5").replace("-30	30", "0	0")
    )
    fed = network["generators"].set_index("generator").loc["feed-in 2"]
    assert (fed["capacity_mw"], fed["minimum_share"], fed["marginal_cost"]) == (145.0, 1.0, 0.0)
    assert network.demand_mw(0)[:, 0].tolist() == [0.0, 1.0, 0.0]  # the constant loss of the DC line
    assert network["lines"]["capacity_mw"].max() == 1100 + 100 + 145


def written_otherwise() -> str:
    """Return the case with comments, dots and several statements on a line, without semicolons."""
    text = CASE.replace("mpc.version = '2';", "mpc.version = '2'; mpc.note = 'a;b'; %{ no block").replace(
        "	2	1	150	20	5	0	1", "	2, 1, 150, 20 ... the rest follows\n	5	0	1"
    )
    text = text.replace(
        "	80	80	80	0	0	1	-360	360;", "	80	80	80	0	0	1	-360	360"
    ).replace("];", "]")
    rows = "mpc.areas = [ 1 2; 3 4 ]; mpc.bounds = [];\n%{\nmpc.gen(1, 9) = 0;\n%}\n"
    return text.replace("mpc.gencost", rows + "mpc.gencost")


def test_the_same_case_written_otherwise_is_the_same(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    network, _ = read(tmp_path / "one", CASE)
    other, _ = read(tmp_path / "other", written_otherwise())
    for name, table in network.tables.items():
        pd.testing.assert_frame_equal(table, other[name])


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("0.01	0.08", "0.01	-0.08", 23, "mpc.branch row 1: reactance -0.08 must be above 0"),
        ("0.01	0.08", "0.01	0", 23, "mpc.branch row 1: reactance 0 must be above 0"),
        ("0.96	0	1", "0.96	5	1", 24, "phase shifters have no counterpart"),
        ("-30	30", "-30	60", 24, "angle limits -30 and 60 differ"),
        ("	1	2	0.01	0.08", "	1	9	0.01	0.08", 23, "bus 9 is not in mpc.bus"),
        (
            "2	0	0	3	0	14	0",
            "2	0	0	3	0.1	14	0",
            15,
            "mpc.gencost row 1: is not linear",
        ),
        ("2	0	0	3	0	14	0", "1	0	0	3	0	14	0", 15, "mpc.gencost row 1: is piecewise"),
        ("200	50", "200	-50", 11, "Pmin -50 lies outside 0 to Pmax 200"),
        ("10	100	0", "-100	-10	0", 28, "mpc.dcline row 1: Pmax -10 is below 0"),
        ("	7	4	40", "	2	4	40", 8, "mpc.bus row 3: bus 2 stands twice"),
        ("	7	4	40", "	7.5	4	40", 8, "mpc.bus row 3: bus 7.5 is not a whole number"),
        ("0.01	0.08", "0.01	NaN", 23, "mpc.branch: the row holds NaN"),
        ("200	50", "Inf	50", 11, "Pmin or Pmax is not a finite number"),
        ("mpc.genfuel", "mpc.gen(:, 9) = mpc.gen(:, 9) / 1e3;\nmpc.genfuel", 18, "holds code, not data"),
        ("14	0;", "14;", 16, "the row has 7 cells, the first one 6"),
        ("0.01	0.08", "1/100	0.08", 23, "holds code, not data"),
        ("\n];\nmpc.gen = ", "\nmpc.gen = ", 5, "a bracket is opened and never closed"),
        ("10	100	0", "-10	100	0", 28, "mpc.dcline row 1: losses of a line that runs both ways"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, old, new, line, words):
    assert old in CASE
    with pytest.raises(InstanceError) as error:
        read(tmp_path, CASE.replace(old, new))
    (fault,) = error.value.faults
    assert words in fault.message
    assert fault.row == line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "mpc.bus is missing"),
        (CASE.replace("mpc.baseMVA = 100.0;", ""), "mpc.baseMVA is missing"),
        (CASE + "mpc.storage = [1 2 3];\n", "has no counterpart in Sanqu"),
        (CASE + CANDIDATES.replace("	7;", "	-7;"), "construction_cost"),
    ],
)
def test_cases_that_are_refused(tmp_path, text, words):
    with pytest.raises(InstanceError) as error:
        read(tmp_path, text)
    assert words in str(error.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(InstanceError, match="file is missing"):
        import_matpower(tmp_path / "none.m", tmp_path / "case", "case")
