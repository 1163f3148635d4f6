"""`sanqu potential` and `sanqu route` from the command line, in both languages."""

import pytest
from typer.testing import CliRunner

from instances.instance import load
from optimizer.cli import app
from tests.instances.siting.conftest import GROUND, RED_LINE

SITES = 'connect = "own"\nvoltage_kv = 110\n' + GROUND + '[[technology]]\nname = "solar"\n'
LINES = (
    GROUND
    + RED_LINE
    + '[[crossing]]\nrole = "red_line"\nrule = "priced"\nprice_per_km = 9\n[sites]\nvoltage_class = "110"\n'
)
WORDS = {
    "zh": ("各条件排除的面积", "永久基本农田", "线路走廊", "条走廊共用"),
    "en": ("Hectares that each criterion takes", "permanent basic farmland", "Corridors", "in several corridors"),
}


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_layers_to_corridors(config, grid, world, tmp_path, lang):
    found = run("potential", grid, tmp_path / "sites", "--source", world, "--config", config(SITES), "--lang", lang)
    assert found.exit_code == 0, found.output
    lines = run(
        "route", tmp_path / "sites", tmp_path / "lines", "--source", world, "--config", config(LINES), "--lang", lang
    )
    assert lines.exit_code == 0, lines.output
    text = (found.output + lines.output).replace("\n", " ")
    assert all(word in text for word in WORDS[lang])
    network = load(tmp_path / "lines").require_network()
    assert set(network["candidates"]["corridor"]) == set(network["corridors"]["corridor"])
    assert (tmp_path / "lines" / "potential.csv").is_file()
    assert (tmp_path / "lines" / "routes.gpkg").is_file()


def test_a_fault_leaves_nothing_behind(config, grid, world, tmp_path):
    found = run("potential", grid, tmp_path / "sites", "--source", world, "--config", config(SITES + "x = 1\n"))
    assert found.exit_code == 2
    assert "misspelt" in found.output
    assert not (tmp_path / "sites").exists()
