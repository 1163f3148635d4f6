"""Sections of the page on pathways and on quotas that are handed down, from tables made by hand."""

import json

import pandas as pd

from optimizer.studies.compare.gather import Analysis, gather
from optimizer.studies.compare.measures_sections import ledger_part, pathway_part, transmission_part
from optimizer.studies.compare.sections import other_accounts
from optimizer.studies.compare.table import sheets
from optimizer.studies.compare.tables import scenario_table
from optimizer.studies.entries import PathwayEntry, TransmissionEntry
from optimizer.studies.file import LedgerEntry
from tests.optimizer.studies.compare.by_hand import view


def test_the_interval_of_a_difference_takes_the_bounds_of_both(folder):
    row = scenario_table(gather(folder)).table.set_index("scenario").loc["less"]
    # less lies in [120, 150], as-is in [190, 200]
    assert row[["difference", "difference_least", "difference_greatest"]].tolist() == [-50.0, -80.0, -40.0]


def test_a_value_of_another_account_is_told(folder):
    path = folder / "study.toml"
    path.write_text(path.read_text() + 'settings = { "carbon.mode" = "stock", "time.periods" = [2040] }\n')
    (line,) = other_accounts(view(folder, "en"))
    assert line.startswith("less: carbon.mode differ from those of the reference")


def test_what_an_earlier_run_left_says_nothing(folder):
    bad, needs = {"zh": "太差", "en": "too bad"}, {"zh": "front/f：需要它", "en": "front/f: needs it"}
    study = gather(folder, {"scenarios/as-is": (), "front/f": (needs,), "scenarios/less": (bad,)})
    assert [one.has_plan for one in study.outcomes] == [True, False]  # although its folder holds a plan
    assert study.outcomes[1].faults == (bad,)
    assert (study.undone("zh"), study.undone("en")) == (("front/f：需要它",), ("front/f: needs it",))


def test_a_pathway_has_a_curve_a_scenario_and_years_without_spaces(folder):
    place = folder / "pathway" / "curve" / "table"
    place.mkdir(parents=True)
    years = range(2026, 2036)
    rows = [
        (name, year, 100.0 - (year - 2030) ** 2 * k) for name, k in (("as-is", 1.0), ("less", 2.0)) for year in years
    ]
    pd.DataFrame(rows, columns=["scenario", "year", "annual"]).to_parquet(place / "curve.parquet")
    facts = {"peak_year": 2030, "peak_annual": 100.0, "end_annual": 75.0, "falls_after": False, "cumulative": 800.0}
    facts |= {"falls_by_period": True}
    peaks = pd.DataFrame(
        [{"scenario": "as-is", **facts, "zero_year": None}, {"scenario": "less", **facts, "zero_year": 2035}]
    )
    peaks.to_parquet(place / "peaks.parquet")
    part = pathway_part(Analysis("pathway", PathwayEntry(name="curve"), place), view(folder, "zh"))
    assert part.charts[0].count("<polyline") == 2
    assert ">2030<" in part.charts[0]
    assert [cell.value for cell in part.grids[0].rows[1]][:6] == ["less", "2030", "100", "是", "否", "2035"]
    assert part.grids[0].rows[0][5].value == "\u2013"


def test_a_quota_that_is_handed_down_tells_what_the_split_saves(folder):
    place = folder / "transmission" / "kept" / "split"
    place.mkdir(parents=True)
    split = {
        "region": ["north"],
        "parent": ["tiny"],
        "level": ["county"],
        "used": [20.0],
        "given": [25.0],
        "split": [22.0],
    }
    pd.DataFrame(split).to_parquet(place / "split.parquet")
    (place.parent / "result").mkdir()
    told = {"given_objective": 200.0, "free_objective": 170.0, "saving": 30.0}
    told |= {"saving_least": 25.0, "saving_greatest": 35.0}
    (place.parent / "result" / "result.json").write_text(json.dumps(told), encoding="utf-8")
    entry = TransmissionEntry(name="kept", rule="cropland_retention")
    one = Analysis("transmission", entry, place)
    assert "saves" not in transmission_part(one, view(folder, "en")).about  # an earlier run left it
    manifest = {"tasks": {name: {"state": "done"} for name in ("scenarios/as-is", "transmission/kept/result")}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    part = transmission_part(one, view(folder, "en"))
    assert "saves 30 t CO₂e against those given (proven between 25 and 35)" in part.about
    assert "under this split" not in part.about
    assert [cell.value for cell in part.grids[0].rows[0]] == ["north", "tiny", "county", "20", "25", "22"]
    assert "cut to fit" not in part.about
    told |= {"cut": 3.0, "split_objective": 180.0}
    (place.parent / "result" / "result.json").write_text(json.dumps(told), encoding="utf-8")
    part = transmission_part(one, view(folder, "en"))
    assert "cut to fit: 180 t CO₂e, 170 uncut" in part.about
    (place.parent / "result" / "result.json").write_text(json.dumps(told | {"cut": 0.0}), encoding="utf-8")
    part = transmission_part(one, view(folder, "en"))
    assert "Solved again under this split: 180 t CO₂e; without quotas below: 170 t CO₂e." in part.about


def test_the_scenario_sheet_has_a_head_for_every_column(folder):
    (sheet,) = sheets([scenario_table(gather(folder))])
    assert all(head.zh or head.en for head in sheet.heads)


def test_a_scenario_that_a_ledger_lacks_is_told_in_the_language_of_the_page(folder):
    place = folder / "ledgers" / "l"
    place.mkdir(parents=True)
    line = {"kind": "step", "title_zh": "措施", "title_en": "measure", "figure": "objective"}
    line["lacking"] = "less: infeasible"
    nothing = dict.fromkeys(("amount", "least", "greatest"), float("nan"))
    pd.DataFrame([line | nothing]).to_parquet(place / "ledger.parquet")
    one = Analysis("ledger", LedgerEntry(name="l", measures=("m",)), place)
    assert ledger_part(one, view(folder, "zh")).grids[0].rows[0][2].note == "less: 无可行方案"
    assert ledger_part(one, view(folder, "en")).grids[0].rows[0][2].note == "less: infeasible"
