"""Emissions curves of plans: a hand-solved one, and that every curve adds up to the account of its plan."""

import json

import numpy as np
import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from instances.instance import load
from instances.scenarios.derive import Changes
from optimizer.results.start import read_values
from optimizer.studies.asked import Asked
from optimizer.studies.curve import curve, peak_of
from optimizer.studies.entries import PathwayEntry
from optimizer.studies.library import study_path
from optimizer.studies.models import Model, model_of
from optimizer.studies.pathway import run_pathway
from optimizer.studies.run import check_study
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from tests.build import build, quota

EXACT = Asked(method="direct", gap=0.0)
BASE = Scenario("base", "", "", "", Changes())
CITY = [
    {"item": "emissions", "region": "all", "year": year, "value": value, "unit": "tCO2"}
    for year, value in ((2020, 1000), (2030, 1100), (2040, 1150))
]
FACTORS = {
    ("wood", "sink"): 3,
    ("wood", "ramp_years"): 20,
    ("crop", "stock"): 60,
    ("crop", "soil_share"): 0.5,
    ("grass", "sink"): 1,
}


def planted(folder, **more):
    """10 ha of forest by 2030 at least, on cropland without further emissions of its own."""
    return build(
        folder,
        {"a": {"crop": 100, "grass": 40, "ind": 2}},
        {"crop>wood": {"restoration": 1, "cost": 2}, "crop>ind": {"cost": 1}},
        quotas=[
            quota("restoration_area", 10, period=2030),
            quota("growth_demand", 1, "industry", period=2030),
            quota("growth_demand", 4, "industry"),
        ],
        factors=FACTORS,
        context=CITY,
        periods=(2030, 2040),
        mode="flux",
        **more,
    )


def solved(folder, root):
    at = Runner(root)
    at.run([instance_task(BASE, folder, "hash"), solve_task(BASE, root, EXACT, "en", tables=False)])
    return at


def values(root):
    model = model_of(root / "instances/base")
    return model, read_values(model.program, root / "scenarios/base")


def test_a_curve_by_hand(tmp_path):
    """10 ha planted act from 2025: in their k-th year 10 x 3 x (k^2 - (k - 1)^2)/40 is taken up; grass takes up 40.

    Stocks: wood has none here, so its 10 ha lose 30 of vegetation at once and 30 of soil over 20 years, of which 15
    years lie in the span: 10 x (30 + 22.5). So do 1 to 4 ha of industry by 2030; what is built later loses 30 + 7.5.
    """
    planted(tmp_path / "land")
    solved(tmp_path / "land", tmp_path / "study")
    model, shares = values(tmp_path / "study")
    table = curve(model, shares).set_index("year")
    assert table["city_total"][2030] == pytest.approx(1100)
    assert table["city_total"][2035] == pytest.approx(np.sqrt(1100 * 1150))
    assert (table["present_sinks"] == -40).all()
    for year in range(2021, 2041):
        age = max(year - 2025, 0)
        taken = 10 * 3 * (age**2 - max(age - 1, 0) ** 2) / 40
        assert table["land_change"][year] == pytest.approx(-taken)
    moves = model.program.moves
    early = (shares[: len(moves)] * moves.area_ha)[model.block.into("built") & (moves.period == 1)].sum()
    assert table["one_off"][2030] == pytest.approx((10 + early) * 52.5)
    assert table["one_off"][2040] == pytest.approx((4 - early) * 37.5)
    assert table["one_off"].sum() == pytest.approx(table["one_off"][[2030, 2040]].sum())


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("existing", ["top_down", "bottom_up"])
def test_years_and_stocks_add_up_to_the_account(tmp_path, spread, existing):
    activity = [{"region": "all", "share": 1.0, "group": "industry"}] if existing == "bottom_up" else []
    planted(tmp_path / "land", existing_activity=existing, activity=activity)
    solved(tmp_path / "land", tmp_path / "study")
    model, shares = values(tmp_path / "study")
    table = curve(model, shares, spread)
    emissions = model.program.objectives["emissions"]
    total = model.program.cost_of("emissions") @ shares + emissions.constant
    assert table["cumulative"].iloc[-1] == pytest.approx(total, rel=1e-9)
    assert (table["annual"] + table["one_off"]).sum() == pytest.approx(total, rel=1e-9)


def test_stocks_that_are_spread_fall_due_as_the_account_has_them(tmp_path):
    """Of 10 ha planted in 2025: 300 of vegetation with the first year after it, 15 of soil in each year to 2040."""
    planted(tmp_path / "land")
    solved(tmp_path / "land", tmp_path / "study")
    model, shares = values(tmp_path / "study")
    area = shares[: len(model.program.moves)] * model.program.moves.area_ha
    only = np.where(model.block.into("forest"), area, 0.0)
    stays = model.program.moves.start[:-1]
    held = np.zeros(model.program.n_columns)
    held[: len(area)] = only / np.maximum(model.program.moves.area_ha, 1e-12)
    held[stays] = 1.0
    table = curve(model, held, spread=True).set_index("year")
    assert table["one_off"][2026] == pytest.approx(300 + 15)
    assert (table["one_off"].loc[2027:] - 15).abs().max() < 1e-9
    assert table["one_off"].loc[:2025].sum() == 0


def test_what_is_said_of_a_peak():
    table = pd.DataFrame(
        {
            "year": [2021, 2022, 2023, 2024],
            "period": [2022, 2022, 2024, 2024],
            "annual": [5.0, 7.0, 6.0, -1.0],
            "one_off": [0.0, 0.0, 0.0, 3.0],
            "cumulative": [5.0, 12.0, 18.0, 20.0],
        }
    )
    told = peak_of(table)
    assert (told["peak_year"], told["peak_annual"], told["falls_after"], told["zero_year"]) == (2022, 7.0, True, 2024)
    assert told["falls_by_period"]
    between = peak_of(table.assign(annual=[5.0, 7.0, 2.0, 6.0]))
    assert (between["falls_after"], between["falls_by_period"]) == (False, True)
    assert not peak_of(table.assign(annual=[8.0, 5.0, 5.0, 6.0]))["falls_by_period"]


def test_tables_of_a_study(tmp_path):
    planted(tmp_path / "land")
    at = solved(tmp_path / "land", tmp_path / "study")
    peaks = run_pathway(PathwayEntry(name="curves"), BASE, EXACT, tmp_path / "study", at)
    assert peaks["scenario"].tolist() == ["base"]
    assert peaks["peak_year"].tolist() == [2040]
    folder = tmp_path / "study/pathway/curves"
    assert len(pd.read_csv(folder / "table/curve.csv")) == 20
    assert json.loads((folder / "table/result.json").read_text())["scenarios"][0]["peak_year"] == 2040
    assert (folder / "base/curve.parquet").is_file()


def test_restorations_and_builds_cannot_be_undone(tmp_path):
    """Land that changed in the first period has no way back: each hectare has one change in the span, whatever pays.

    Forest is asked for by 2030 and would be dearer to keep than to give back; by 2040 it is there as well.
    """
    instance = build(
        tmp_path,
        {"a": {"crop": 10}},
        {
            "crop>wood": {"restoration": 1, "cost": 2},
            "wood>crop": {"cost": -5},
            "crop>ind": {"cost": 1},
            "ind>crop": {"cost": -9},
        },
        quotas=[quota("restoration_area", 4, period=2030), quota("growth_demand", 3, "industry", period=2030)],
        periods=(2030, 2040),
    )
    block = land_block(instance)
    program = assemble(block)
    moves = program.moves
    crop = moves.source == 0
    assert not np.any(moves.changes & ~crop)  # what is forest or industry later was cropland in the group
    model = Model(load(instance.folder), program, block)
    shares = model.solve(program, EXACT.options()).require_shares()
    area = shares[: len(moves)] * moves.area_ha
    assert area[block.restores & (moves.period == 1)].sum() == pytest.approx(4)
    assert area[block.into("built") & (moves.period == 1)].sum() == pytest.approx(3)
    by_end = area[moves.changes].sum()
    assert by_end == pytest.approx(7)


def test_the_bundled_pathway_has_its_stages():
    found = check_study(study_path("weihai-2060"), "en")
    assert found["scenario"].tolist() == ["outlook", "stages", "plateau", "plateau-peak", "plateau-height"]


def test_what_a_solver_rounds_neither_moves_the_peak_nor_hides_neutrality():
    """A plateau from 2021 on has its peak in 2021, whichever year the last digits favour; a cap of 0 is met at 1e-8."""
    table = pd.DataFrame({"year": [2021, 2022, 2023], "period": [2021, 2022, 2023], "one_off": 0.0, "cumulative": 0.0})
    level = peak_of(table.assign(annual=[3e7, 3e7 + 1e-6, 1e-8]))
    assert (level["peak_year"], level["falls_after"], level["zero_year"]) == (2021, True, 2023)
