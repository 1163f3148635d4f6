"""The bundled studies: each can be read, names its figures, and means rows that are there."""

import re

import pytest
from typer.testing import CliRunner

from optimizer.cli import app
from optimizer.studies.file import read_study
from optimizer.studies.library import bundled
from optimizer.studies.run import check_study, open_study, run_study

STUDIES = sorted(bundled())
OF_ENERGY = ["weihai-pathways", "weihai-renewable"]
FIVE = ["weihai-carbon", "weihai-measures", "weihai-red-line", *OF_ENERGY]


def test_the_five_are_there():
    assert set(FIVE) <= set(STUDIES)


@pytest.mark.parametrize("name", STUDIES)
def test_titles_stand_in_both_languages_and_every_scenario_has_words(name):
    study = open_study(bundled()[name])
    file = study.file
    entries = [file.study, *file.scenario, *file.measure, *file.ledger]
    assert [entry.name for entry in entries if not entry.title_zh or not entry.title_en] == []
    assert file.study.name == name
    assert study.reference.name == file.scenario[0].name or file.study.reference


@pytest.mark.parametrize("name", FIVE)
def test_the_file_says_how_well_its_figures_are_founded(name):
    text = bundled()[name].read_text(encoding="utf-8")
    assert re.search(r"^#.*assumed", text, re.MULTILINE)
    assert text.startswith("#")


@pytest.mark.parametrize("name", OF_ENERGY)
def test_every_scenario_of_energy_can_be_read(name):
    table = check_study(bundled()[name], "en")
    assert len(table) == len(read_study(bundled()[name]).scenario)
    assert (table["changes"] != "").sum() == len(table) - 1  # the first is the base


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in STUDIES if name not in OF_ENERGY])
def test_every_scenario_of_land_can_be_read(name):
    assert len(check_study(bundled()[name], "en")) == len(open_study(bundled()[name]).scenarios)


def test_the_command_lists_them():
    result = CliRunner().invoke(app, ["study", "list", "--lang", "en"])
    assert result.exit_code == 0
    assert all(name in result.output for name in STUDIES)


@pytest.mark.long
def test_all_renewable_is_out_of_reach_of_the_present_sites_and_needs_storage(tmp_path):
    ended = run_study(bundled()["weihai-renewable"], tmp_path / "out", "en", workers=1)
    records = {name.removeprefix("scenarios/"): one.record for name, one in ended.items() if "scenarios/" in name}
    status = {name: record["status"] for name, record in records.items()}
    assert status.pop("present-sites") == "infeasible"
    assert status.pop("no-storage") == "infeasible"
    assert "49.21 % is within reach" in " ".join(records["present-sites"]["explanation"]["en"])
    assert "at summer_18" in " ".join(records["no-storage"]["explanation"]["en"])
    solved = [records[name] for name, one in status.items() if one == "optimal"]
    assert all(record["audit_passed"] for record in solved)
    assert status["day-storage"] == status["season-storage"] == status["season-storage-tight"] == "optimal"
    assert status["day-storage-tight"] == "infeasible"
    day, season = records["day-storage"], records["season-storage"]
    assert season["bound"] <= day["objective"] + 1e-6  # more is allowed
