"""Studies after the solve of a joint study: what is of units alone is told, what needs the land plan is refused."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from optimizer.cli import app
from optimizer.sites.evaluation import evaluate
from optimizer.sites.source import load_sites, read_any
from tests.formulations.restoration.joint_land import joint

CHOSEN = "unit\nu1\n"


@pytest.fixture
def study(tmp_path):
    """Return the instance and a selection of u1: cost 3, 1 of the 3 birds, 1 m to u2 and 3 m of its own."""
    folder = joint(3.0, rules=[{"rule": "budget", "value": 2.5}]).write(tmp_path / "joint")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "selection.csv").write_text(CHOSEN)
    return folder, tmp_path / "mine"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    return result.exit_code, result.output


def test_a_selection_by_hand(study, tmp_path):
    instance = load_sites(study[0])
    found = evaluate(instance, read_any(instance.require_sites(), study[1]), tmp_path / "audit")
    overview = found.overview.iloc[0]
    assert (overview["units"], overview["cost"], overview["boundary"]) == (1, 3, 4)
    assert (overview["targets"], overview["targets_met"]) == (1, 0)
    assert overview["largest_shortfall"] == pytest.approx(2 / 3)
    assert "objective" not in overview
    assert not overview["feasible"]
    assert len(found.failures) == 2  # the target and the budget


def test_rules_on_units_may_be_switched_off(tmp_path):
    made = joint(1.0, rules=[{"rule": "budget", "value": 2.5}])
    made.settings["instance"] = {**made.settings.get("instance", {}), "rules_off": ["site:budget"]}
    instance = load_sites(made.write(tmp_path / "joint"))
    (tmp_path / "mine.csv").write_text(CHOSEN)
    found = evaluate(instance, read_any(instance.require_sites(), tmp_path / "mine.csv"), tmp_path / "audit")
    assert found.failures == ()


@pytest.mark.parametrize(("lang", "words"), [("zh", "联合方案"), ("en", "Joint study")])
def test_evaluate_says_that_it_is_of_units(study, lang, words):
    code, printed = run("evaluate", *study, "--lang", lang)
    assert code == 5
    assert words in printed


def test_importance_of_units_alone(study):
    """Bird amounts are 1 and 2: u1 has 1 / (2 * 3) of rarity, and is the whole plan."""
    code, printed = run("importance", *study, "--lang", "en")
    assert code == 0, printed
    assert "lock the unit out" in " ".join(printed.split())
    table = pd.read_csv(study[1] / "importance.csv")
    assert list(table.columns) == ["unit", "rarity", "rarity_raw", "ferrier", "rank"]
    assert table["rarity_raw"].tolist() == pytest.approx([1 / 6, 0])


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("importance", "--kind", "replacement"), "lock the unit out"),
        (("portfolio",), "lock units in or out"),
        (("curve",), "other values of `budget`"),
    ],
)
def test_what_needs_the_land_plan_says_what_to_do(study, command, words, tmp_path):
    plan = [study[1]] if command[0] == "importance" else ["--out", tmp_path / "out"]
    code, printed = run(command[0], study[0], *plan, *command[1:])
    assert code == 2
    assert words in " ".join(printed.split())
