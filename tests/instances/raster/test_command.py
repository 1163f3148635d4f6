"""`sanqu import raster` as it is typed: exit codes, words, and nothing half-written."""

import pytest
from typer.testing import CliRunner

from optimizer.cli import app


@pytest.fixture
def files(study):
    (study.folder / "raster.toml").write_text(study.config(), encoding="utf-8")
    return study.folder


def run(*words):
    return CliRunner().invoke(app, ["import", "raster", *map(str, words)])


def test_it_prints_the_account_and_what_to_do_next(files):
    done = run(files, files / "out", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "refused by the class table" in done.output
    assert "10 zones in" in done.output
    assert (files / "out" / "import_report.csv").is_file()


def test_it_speaks_chinese(files):
    done = run(files, files / "out")
    assert done.exit_code == 0
    assert "导入面积账" in done.output


def test_an_existing_folder_is_refused_unless_forced(files):
    (files / "out").mkdir()
    (files / "out" / "mine.txt").write_text("keep", encoding="utf-8")
    done = run(files, files / "out", "--lang", "en")
    assert done.exit_code == 2
    assert "exists already" in done.output
    assert (files / "out" / "mine.txt").is_file()
    assert run(files, files / "out", "--force").exit_code == 0
    assert not (files / "out" / "mine.txt").exists()


def test_a_bad_input_leaves_nothing_behind(files):
    (files / "cover.tif").write_bytes(b"no raster")
    before = sorted(files.iterdir())
    done = run(files, files / "out")
    assert done.exit_code == 2
    assert "cannot be read as a raster" in done.output
    assert sorted(files.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere", "out"), "does not exist"),
        ((".", "out", "--config", "nowhere.toml"), "file is missing"),
    ],
)
def test_what_is_not_there(files, monkeypatch, words, message):
    monkeypatch.chdir(files)
    done = run(*words)
    assert done.exit_code == 2
    assert message in done.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('name = "made"', "name = "), "not a readable TOML file"),
        (("end_year = 2035", "end_year = 2010"), "end_year must lie after base_year"),
        (("periods = [2035]", "periods = [2030]"), "the last of [time] periods must equal"),
        (('file = "cover.tif"', 'file = "../cover.tif"'), "lies outside"),
        (('file = "cover.tif"', 'file = "cover.tif"\nband = 2'), "has 1 bands, not 2"),
        (('file = "cover.tif"', 'file = "cover.tif"\nmax_pixels = 11'), "claims 4 x 3 = 12 pixels, over 11"),
        (('region = "made"', 'region = "made"\n[tables]\nquota = "q.csv"'), "the tables are quotas"),
        (('region = "made"', 'region = "made"\n[tables]\nquotas = "q.csv"'), "q.csv: file is missing"),
        (('region = "made"', 'region = "made"\n[zone_values]\nslope_class = 2'), "filled twice: slope_class"),
        (('region = "made"', 'region = "made"\n[zone_values]\nfarmland = 2'), "must be 0 or 1"),
    ],
)
def test_faults_of_the_config(files, change, message):
    config = files / "raster.toml"
    text = config.read_text(encoding="utf-8")
    assert change[0] in text
    config.write_text(text.replace(*change), encoding="utf-8")
    done = run(files, files / "out")
    assert done.exit_code == 2, done.output
    assert message in " ".join(done.output.split())
    assert not (files / "out").exists()
