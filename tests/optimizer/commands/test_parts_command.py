"""`sanqu study split` and `sanqu study bound` from the command line."""

import json

import pytest
from typer.testing import CliRunner

from instances.synthetic import generate
from optimizer.cli import app
from tests.build import draft, quota

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def run(*words):
    return CliRunner().invoke(app, list(map(str, words)))


def test_split_and_bound(tmp_path):
    """An instance whose least cost is known: 6 ha of new industry at 1 each, wherever they lie."""
    zones = {f"z{k}": {"grass": 4.0} for k in range(6)}
    draft(zones, "grass>ind", quotas=[quota("growth_demand", 6, "industry")]).write(tmp_path / "whole")
    assert run("study", "split", tmp_path / "whole", tmp_path / "parts", "--parts", 3, "--lang", "en").exit_code == 0
    assert len(list((tmp_path / "parts").glob("part-*"))) == 3
    again = run("study", "split", tmp_path / "whole", tmp_path / "parts", "--parts", 2)
    assert again.exit_code == 2
    found = run(
        "study", "bound", tmp_path / "parts", "--workers", 2, "--out", tmp_path / "found" / "bound.json", "--lang", "en"
    )
    assert found.exit_code == 0, found.output
    stated = json.loads((tmp_path / "found" / "bound.json").read_text(encoding="utf-8"))
    assert stated["bound"] == pytest.approx(6.0, rel=1e-9)
    assert [row["rule"] for row in stated["rows"]] == ["growth_demand"]
    assert stated["rows"][0]["multiplier"] == pytest.approx(1.0, rel=1e-6)


def test_a_folder_without_parts_is_refused(tmp_path):
    generate(tmp_path / "whole", 50, 1)
    found = run("study", "bound", tmp_path / "whole", "--workers", 2)
    assert found.exit_code == 2
    assert "study split" in " ".join(found.output.split())
