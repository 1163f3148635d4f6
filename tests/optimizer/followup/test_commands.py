"""`sanqu gate`, `correct` and `monitor` as a user runs them: exit codes, files, words in both languages."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from shapely.geometry import box, mapping
from typer.testing import CliRunner

from instances.instance import load
from optimizer.cli import app
from tests.optimizer.followup import cases


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def project(path, shape, **properties):
    crs = {"type": "name", "properties": {"name": "EPSG:4550"}}
    path.write_text(
        json.dumps({"type": "Feature", "crs": crs, "properties": properties, "geometry": mapping(shape)}),
        encoding="utf-8",
    )
    return path


def test_gate_says_yes_to_what_is_planned(solved, tmp_path):
    """S1's plan builds on 2 ha of crop."""
    works = project(tmp_path / "works.geojson", box(520200, 4120000, 520240, 4120500), use="urban", **{"from": "crop"})
    answer = run("gate", "tiny", solved, works, "--out", tmp_path / "out", "--lang", "en")
    assert answer.exit_code == 0, answer.output
    assert "Admissible" in answer.output
    told = json.loads((tmp_path / "out" / "gate.json").read_text(encoding="utf-8"))
    assert told["verdict"] == "admissible"
    assert told["marginal"]["alone"]["emissions_tco2e"] == 0
    assert told["audit"]["compensated"]["audit_passed"]
    assert (tmp_path / "out" / "gate.gpkg").is_file()


def test_gate_says_no_on_permanent_farmland(solved, tmp_path):
    works = project(tmp_path / "works.geojson", box(520400, 4120500, 520450, 4120900), use="urban")
    answer = run("gate", "tiny", solved, works)
    assert answer.exit_code == 3
    assert "永久基本农田" in answer.output
    assert "180.00" in answer.output  # 2 ha of crop to urban, 90 each


def test_gate_names_what_lacks(solved, tmp_path):
    """11 ha of S1's crop leave nothing to meet growth in the north with."""
    shape = box(520000, 4120000, 520220, 4120500)
    works = project(tmp_path / "works.geojson", shape, use="urban", **{"from": "crop"})
    answer = run("gate", "tiny", solved, works, "--lang", "en")
    assert answer.exit_code == 3
    assert "lacks" in answer.output


def test_bad_input_is_told_in_a_line(solved, tmp_path):
    answer = run("gate", "tiny", solved, tmp_path / "nothing.geojson")
    assert answer.exit_code == 2
    answer = run("gate", "weihai-restoration", solved, tmp_path / "nothing.geojson")
    assert answer.exit_code == 2
    answer = run(
        "monitor", "tiny", solved, "--observed", tmp_path / "none.csv", "--year", 2030, "--out", tmp_path / "x"
    )
    assert answer.exit_code == 2
    assert not (tmp_path / "x").exists()


def test_correct_mends_a_drawn_plan(solved, tmp_path):
    """The solved plan without S3's reclaimed cropland, and with permanent farmland built on: one zone mends it."""
    moves = pd.read_parquet(solved / "plan" / "moves.parquet")
    kept = moves[(moves["from"] != moves["to"]) & (moves["zone"] != "S3")]
    changes = {
        f"{row['zone']} {row['from']}>{row['to']} {row['period']}": row["area_ha"] for row in kept.to_dict("records")
    }
    drawn = cases.drawn(tmp_path / "drawn", changes | {"N2 crop>urban 2040": 1.5})
    answer = run("correct", "tiny", drawn, "--swaps", 1, "--out", tmp_path / "out", "--lang", "en")
    assert answer.exit_code == 0, answer.output
    told = json.loads((tmp_path / "out" / "correction.json").read_text(encoding="utf-8"))
    assert told["objective"] == pytest.approx(990.0)
    assert told["changed_zones"] == 1
    assert told["given_back_ha"] == pytest.approx(1.5)
    assert told["audit"]["audit_passed"]


def test_monitor_reads_what_was_observed(solved, tmp_path):
    cover = load("tiny").require_land().tables["cover"][["zone", "class", "area_ha"]]
    cover.to_csv(tmp_path / "cover.csv", index=False)
    answer = run(
        "monitor", "tiny", solved, "--observed", tmp_path / "cover.csv", "--year", 2030, "--out", tmp_path / "out"
    )
    assert answer.exit_code == 0, answer.output
    told = json.loads((tmp_path / "out" / "monitoring.json").read_text(encoding="utf-8"))
    assert told["drift_ha"] == 0
    assert told["objective"] == pytest.approx(990.0)
