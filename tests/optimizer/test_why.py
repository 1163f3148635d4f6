"""`sanqu why` on tiny: every price was worked out by hand in docs/tiny.md."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from formulations.assemble import assemble, land_block
from instances.instance import load
from optimizer.cli import app
from optimizer.results.solution import SolveOptions
from optimizer.results.why import multipliers, pieces_of, zone_code
from optimizer.results.why_barred import barred
from optimizer.solve import StudyOptions, solve
from tests.build import build, quota


@pytest.fixture(scope="module")
def asked(solved):
    """Return a function: the pieces of a zone by present class."""
    block = land_block(load("tiny"))
    program = assemble(block)
    duals = multipliers(program, SolveOptions())
    moves = pd.read_parquet(solved / "plan/moves.parquet")

    def ask(zone):
        return {piece.source: piece for piece in pieces_of(block, program, duals, moves, zone_code(block, zone))}

    return ask


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize(
    ("zone", "source", "chosen", "others"),
    [
        ("N1", "crop", "urban", {"crop": 10}),  # rent: 130 - 90 - 20 - 10
        ("N3", "bare", "urban", {"crop": 130 - 30, "forest": 130 - 20, "bare": 130}),
        ("N3", "grass", "forest", {"urban": 0, "grass": 10}),  # both on the margin
        ("N5", "village", "crop", {"village": 0, "grass": 30 - 5}),  # floor 30 against retention 20 and bank 10
        ("S1", "crop", "crop", {"urban": 0}),
        ("S1", "grass", "grass", {"urban": 0}),
        ("S2", "crop", "forest", {"crop": 0}),
        ("S3", "bare", "crop", {"bare": 30}),
        ("S5", "bare", "urban", {"bare": 120}),
        ("N6", "bare", "forest", {"bare": 20}),
    ],
)
def test_alternatives_are_worse_by_what_the_page_says(asked, zone, source, chosen, others):
    piece = asked(zone)[source]
    assert piece.chosen.target == chosen
    assert {one.target: one.worse_by for one in piece.choices[1:]} == pytest.approx(others)


def test_a_price_splits_into_its_own_emission_and_each_rule(asked):
    stay = asked("N1")["crop"].choices[1]
    assert stay.own == pytest.approx(-90)
    assert {(part.rule, part.id): part.per_ha for part in stay.rules} == pytest.approx(
        {
            ("growth_demand", "growth-north"): 130,
            ("cropland_retention", "retention"): -20,
            ("compensation", "compensation"): -10,
        }
    )


def test_what_the_plan_does(asked):
    grass = asked("N3")["grass"]
    assert [(one.target, one.period, round(one.area_ha, 6), one.emission) for one in grass.does] == [
        ("forest", 2040, 5.0, pytest.approx(-10)),
        ("urban", 2040, 1.0, pytest.approx(120)),
    ]


def test_a_projects_move_says_so_and_is_limited(asked):
    forest = next(one for one in asked("S6")["bare"].choices if one.target == "forest")
    assert (forest.project, forest.most_ha, forest.area_ha) == ("p1", 1.0, 1.0)


@pytest.mark.parametrize(
    ("zone", "source", "expected"),
    [
        ("N2", "crop", ("permanent_farmland", "farmland = 1", "urban", "自然资发〔2021〕166号")),
        ("N4", "bare", ("red_line", "red_line = general", "urban", "自然资发〔2022〕142号")),
        ("S4", "grass", ("red_line", "red_line = core", "forest", "自然资发〔2022〕142号")),
        ("N6", "bare", ("slope", "slope_class = 5", "crop", "水土保持法 art. 20")),
        ("N5", "village", ("urban_boundary", "boundary = 0", "urban", "193号")),
        ("S1", "grass", ("transition_matrix", "needs afforestable = 1 (planting)", "forest", "docs/tiny.md, made")),
        ("S5", "bare", ("transition_matrix", "potential_grade = 0", "crop", "docs/tiny.md, made")),
        ("N1", "crop", ("transition_matrix", "the transitions table does not offer it", "bare", "transitions")),
    ],
)
def test_the_rule_that_bars_a_change_its_trigger_and_source(asked, zone, source, expected):
    block = land_block(load("tiny"))
    rule, fact, target, stated = expected
    piece = asked(zone)[source]
    found = [
        one
        for one in barred(block, zone_code(block, zone), source, piece.barred, "en")
        if one.rule == rule and target in one.classes
    ]
    assert len(found) == 1
    assert found[0].fact.startswith(fact)
    assert found[0].source.startswith(stated)


def test_the_command_in_both_languages(solved):
    code, output = run("why", "tiny", solved, "--zone", "N1", "--lang", "en")
    assert code == 0
    assert "10 ha becomes Urban housing (urban) by 2040: emits 900 tCO2e" in output
    assert "Next best: stays, worse by 10" in output
    code, output = run("why", "tiny", solved, "--zone", "N2")
    assert code == 0
    assert "永久基本农田" in output
    assert "farmland = 1" in output


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"no table")])
def test_without_written_multipliers_the_relaxation_is_solved_again(solved, tmp_path, spoil):
    copy = Path(shutil.copytree(solved, tmp_path / "copy"))
    asked = ("--zone", "N3", "--lang", "en")
    before = run("why", "tiny", copy, *asked)
    spoil(copy / "plan/multipliers.parquet")
    assert run("why", "tiny", copy, *asked) == before
    assert "worse by 100 " in before[1]


def test_forcing_gives_the_true_difference(solved):
    """N3's bare land to crop: 260 for grass built on instead, 30 saved at S1, 20 at S2, whose project is then full."""
    code, output = run("why", "tiny", solved, "--zone", "N3", "--force-to", "crop", "--lang", "en")
    assert code == 0
    assert "the objective rises by 210.00" in output


def test_forcing_what_no_plan_allows(solved):
    """Without N3 the north has 10 ha to build on, and 13 are asked for."""
    code, output = run("why", "tiny", solved, "--zone", "N3", "--force-to", "forest", "--lang", "en")
    assert code == 3
    assert "no plan meets every rule" in output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--zone", "n33"), "no zone is called 'n33' (near are N3)"),
        (("--zone", "N2", "--force-to", "urban"), "the zone may not become 'urban' (nothing else is open)"),
        (("--zone", "N1", "--force-to", "crop"), "the zone may not become 'crop' (open are urban)"),
    ],
)
def test_what_is_asked_wrongly_is_a_fault(solved, words, told):
    code, output = run("why", "tiny", solved, *words, "--lang", "en")
    assert code == 2
    assert told in output


def test_a_folder_without_a_plan_is_a_fault(solved, tmp_path):
    code, output = run("why", "tiny", tmp_path, "--zone", "N1")
    assert code == 2
    assert "cannot be read" in output
    copy = Path(shutil.copytree(solved, tmp_path / "copy"))
    summary = json.loads((copy / "summary.json").read_text(encoding="utf-8"))
    for change, told in (({"status": "infeasible"}, "there is no plan"), ({"instance_hash": "x"}, "other input")):
        (copy / "summary.json").write_text(json.dumps(summary | change), encoding="utf-8")
        code, output = run("why", "tiny", copy, "--zone", "N1")
        assert code == 2
        assert told in output


def test_whole_decisions_are_said(tmp_path):
    """A parcel that changes as a whole and a least lot; two hectares asked cost 5 in a, whole, or 2 x 1 in b."""
    zones = {"a": {"bare": 5.0, "whole": 1}, "b": {"bare": 4.0, "min_lot_ha": 2.0}}
    build(tmp_path / "made", zones, "bare>ind", quotas=[quota("growth_demand", 2, "industry")])
    assert solve(tmp_path / "made", tmp_path / "plan", StudyOptions(tables=False)).audit_passed
    code, output = run("why", tmp_path / "made", tmp_path / "plan", "--zone", "a", "--lang", "en")
    assert code == 0
    assert "It changes as a whole or not at all" in output
    assert "5 ha stays." in output
    code, output = run("why", tmp_path / "made", tmp_path / "plan", "--zone", "b", "--lang", "en")
    assert "A change takes at least 2 ha or is not done." in output
    assert "2 ha becomes name (ind) by 2030: emits 0 tCO2e, costs 2 x 10k CNY." in output
