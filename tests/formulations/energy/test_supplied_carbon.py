"""Caps and the peak of land with a network: what it supplies counts in each stage, by hand, and audited.

Stages 2020 to 2030 to 2040. Load 10 MW, then 12; coal costs 1 a MW and stage and emits 1 t a MWh; sun costs 5 a MW.
The city total and the land stay level, so coal may not feed more than 10 MW in the second stage: 2 MW of sun.
"""

import json

import pytest

from instances.faults import InstanceError
from instances.instance import load
from optimizer.infeasibility.explain import without_network
from optimizer.progress import Silent
from optimizer.results.audit import audit
from optimizer.results.solution import SolveOptions
from optimizer.results.start import read_values
from optimizer.solve import StudyOptions, solve_into
from optimizer.studies.curve import curve
from optimizer.studies.models import model_of
from tests.build import program_of, quota, rows_of
from tests.joint_cases import HOURS, joint, may, plant, solar

TABLES = {
    "loads": [
        {"load": "l", "bus": "n", "peak_mw": 10, "year": 2030},
        {"load": "l", "bus": "n", "peak_mw": 12, "year": 2040},
    ],
    "generators": [plant(1, emission_tco2_per_mwh=1.0)],
    "sites": [solar(capital_cost=5)],
    "site_zones": [{"site": "pv", "zone": "a"}],
    "overlays": may("solar", "grass", sink_kept=0.5),
}


def written(folder, *quotas, grass_sink=0.0, region="all"):
    made = joint(
        {"a": {"grass": 100, "region": region}},
        "",
        TABLES,
        quotas=quotas,
        regions={"all": "", "n": "all"},
        factors={("grass", "sink"): grass_sink},
        periods=(2030, 2040),
        mode="flux",
        objective="cost",
    )
    return made.write(folder)


def solved(tmp_path, *quotas, method="direct", **more):
    instance = written(tmp_path / "instance", *quotas, **more)
    out = tmp_path / "out"
    out.mkdir()
    options = StudyOptions(SolveOptions(gap=1e-7, threads=1), method, tables=False, keep_start=True)
    solve_into(instance, out, out, options, Silent())
    return instance, out, json.loads((out / "summary.json").read_text())


@pytest.mark.parametrize("method", ["direct", "core", "decompose"])
def test_supply_of_two_stages_is_compared(tmp_path, method):
    instance, out, summary = solved(tmp_path, quota("peak", 0, period=2030), method=method)
    assert summary["objective"] == pytest.approx(10 + 10 + 2 * 5)
    report = audit(instance, out)
    assert report.passed, [str(one) for one in report.failed]


def test_without_the_rule_coal_feeds_all(tmp_path):
    _, _, summary = solved(tmp_path)
    assert summary["objective"] == pytest.approx(22)


def test_arrays_that_shade_grass_count_as_land(tmp_path):
    """A ha under arrays loses 0.5 x 1752 t a year; laid out by 2030 it lacks them in both years, so nothing changes.

    That is what the plan of least cost does: arrays may lie on land before they are built, and sun is needed for 2 MW.
    """
    instance, out, summary = solved(tmp_path, quota("peak", 0, period=2030), grass_sink=1752.0)
    (row,) = rows_of(load(instance), "peak")
    of_land = {name: value for name, value in row.terms.items() if name.startswith("a ")}
    assert of_land == {"a grass>grass 2040": pytest.approx(100 * 876)}
    assert summary["objective"] == pytest.approx(30)
    assert audit(instance, out).passed


def test_a_plan_that_burns_more_is_caught(tmp_path):
    """The plan made without the rule emits 2 MW x 8760 h more in 2040 than in 2030."""
    _, out, _ = solved(tmp_path)
    ruled = written(tmp_path / "ruled", quota("peak", 0, period=2030))
    (found,) = [check for check in audit(ruled, out).failed if check.rule == "peak"]
    assert found.amount == pytest.approx(2 * HOURS)


def test_the_curve_has_the_supply_of_each_stage(tmp_path):
    instance, out, _ = solved(tmp_path, quota("peak", 0.1, period=2030))
    model = model_of(instance)
    table = curve(model, read_values(model.program, out)).set_index("year")
    assert table["supply"][2025] == pytest.approx(10 * HOURS)
    assert table["supply"][2036] == pytest.approx(9 * HOURS)
    assert table["annual"].sum() == pytest.approx(190 * HOURS)


@pytest.mark.parametrize("method", ["direct", "core", "decompose"])
@pytest.mark.parametrize(
    "cap",
    [
        quota("carbon_cap", 11 * HOURS, unit="tCO2e/yr"),
        quota("carbon_cap", 9 * HOURS, unit="tCO2e/yr", period=2030),
        quota("carbon_cap", 90 * HOURS, period=2030),
        quota("carbon_cap", 200 * HOURS),
    ],
)
def test_caps_count_what_is_supplied(tmp_path, method, cap):
    """Coal alone burns 10 and 12 MW, 220 in twenty years; each cap asks for 1 MW of sun, which is built at once.

    It costs 5 whenever it is built and saves 1 of coal in each stage: 9 + 11 + 5.
    """
    instance, out, summary = solved(tmp_path, cap, method=method)
    assert summary["objective"] == pytest.approx(25)
    report = audit(instance, out)
    assert report.passed, [str(one) for one in report.failed]


@pytest.mark.parametrize(
    ("cap", "beyond"),
    [(quota("carbon_cap", 11 * HOURS, unit="tCO2e/yr"), HOURS), (quota("carbon_cap", 205 * HOURS), 15 * HOURS)],
)
def test_a_plan_that_burns_more_than_the_cap_is_caught(tmp_path, cap, beyond):
    """The plan made without a cap burns 10 and 12 MW: 12 in 2040, 220 in all."""
    _, out, _ = solved(tmp_path)
    (found,) = [check for check in audit(written(tmp_path / "ruled", cap), out).failed if check.rule == "carbon_cap"]
    assert found.amount == pytest.approx(beyond)


def test_what_is_supplied_belongs_to_no_part(tmp_path):
    """The cap of the whole counts the network; that of the part its land alone, and stays when the network goes."""
    caps = (quota("carbon_cap", 300 * HOURS), quota("carbon_cap", 1, region="n"))
    instance = load(written(tmp_path, *caps, region="n"))
    whole, part = rows_of(instance, "carbon_cap")
    assert {name.split(" ")[0] for name in whole.terms} == {"energy:generator_power"}
    assert part.terms == {}
    (kept,) = [one for one in without_network(program_of(instance)).quotas if one.rule == "carbon_cap"]
    assert kept.labels["region"].tolist() == ["n"]


@pytest.mark.parametrize(
    "row",
    [quota("peak", 0, period=2030, region="n"), quota("carbon_cap", 5, period=2030, region="n", unit="tCO2e/yr")],
)
def test_years_of_a_part_are_refused(tmp_path, row):
    with pytest.raises(InstanceError, match="supplies all as a whole"):
        load(written(tmp_path, row, region="n"))
