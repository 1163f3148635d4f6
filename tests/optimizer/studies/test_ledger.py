"""Ledgers of measures, against the plans worked out by hand in docs/tiny.md."""

import json

import numpy as np
import pandas as pd
import pytest

from optimizer.studies.file import LedgerEntry, MeasureEntry
from optimizer.studies.ledger import Account, ledger_lines, ledger_table
from optimizer.studies.run import run_study

STUDY = """
[study]
name = "by-hand"
base = "tiny"
gap = 0.0

[[scenario]]
name = "as-is"

[[measure]]
name = "village"
title_zh = "村庄整理"
title_en = "villages give way"
[[measure.change]]
table = "land/quotas"
where = { id = "village-floor" }
column = "value"
add = -1.0

[[measure]]
name = "less-growth"
title_en = "less growth"
[[measure.change]]
table = "land/quotas"
where = { id = "growth-north" }
column = "value"
add = -1.0

[[ledger]]
name = "both"
measures = ["village", "less-growth"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("ledger")
    (root / "study.toml").write_text(STUDY, encoding="utf-8")
    run_study(root / "study.toml", root / "out", "en", workers=1)
    return root / "out"


@pytest.fixture(scope="module")
def table(folder):
    return pd.read_parquet(folder / "ledgers" / "both" / "ledger.parquet")


def of(table, kind, figure, measure=""):
    row = table[(table["kind"] == kind) & (table["figure"] == figure) & (table["measure"] == measure)]
    return row[["amount", "least", "greatest"]].iloc[0].to_numpy()


def test_what_each_measure_saves_is_what_its_rule_is_worth(table):
    # docs/tiny.md: a hectare less of the village floor saves 30, of growth in the north 130
    assert of(table, "start", "objective") == pytest.approx([990] * 3)
    assert of(table, "start", "total") == pytest.approx([990 - 2780] * 3)
    assert of(table, "step", "objective", "village") == pytest.approx([-30] * 3)
    assert of(table, "alone", "objective", "village") == pytest.approx([-30] * 3)
    assert of(table, "alone", "objective", "less-growth") == pytest.approx([-130] * 3)


def test_measures_that_do_not_meet_add_up(table):
    assert of(table, "step", "objective", "less-growth") == pytest.approx([-130] * 3)
    assert of(table, "sum", "objective") == pytest.approx([-160] * 3)
    assert of(table, "together", "total") == pytest.approx([-160] * 3)
    assert of(table, "interaction", "objective") == pytest.approx([0] * 3, abs=1e-9)


def test_components_are_those_of_the_plans_found(table):
    # north: the hectare of grass that was built on is planted: 110 of stock not lost, 10 of sink lost all the same
    step = of(table, "alone", "ledger:stock_loss", "less-growth")
    assert step[0] == pytest.approx(-110)
    assert np.isnan(step[1:].astype(float)).all()
    assert of(table, "alone", "ledger:lost_sink", "less-growth")[0] == pytest.approx(0, abs=1e-9)
    assert of(table, "alone", "ledger:new_sink", "less-growth")[0] == pytest.approx(-20)
    parts = ["ledger:stock_loss", "ledger:lost_sink", "ledger:new_sink"]
    assert sum(of(table, "together", part)[0] for part in parts) == pytest.approx(-160)


def test_the_ledger_stands_as_csv_and_says_whose_it_is(folder, table):
    read = pd.read_csv(folder / "ledgers" / "both" / "ledger.csv", keep_default_na=False)
    assert len(read) == len(table)
    assert set(read.loc[read["measure"] == "village", "title_zh"]) == {"村庄整理"}
    assert set(read.loc[read["measure"] == "less-growth", "title_zh"]) == {"less-growth"}  # none is given
    stated = json.loads((folder / "ledgers" / "both" / "result.json").read_text(encoding="utf-8"))
    assert stated == {"measures": 2, "without_plan": {}}


def lines():
    measures = {name: MeasureEntry(name=name) for name in ("a", "b")}
    return ledger_lines(LedgerEntry(name="l", measures=("a", "b")), "now", measures)


def account(value, bound):
    ends = (min(value, bound), max(value, bound))
    return Account("optimal", {"objective": (value, "t")}, {"objective": ends})


def test_ends_take_values_and_bounds_by_sign():
    names = ("now", "l.1-a", "l.2-b", "l.only-b")
    proven = [(100.0, 98.0), (90.0, 89.0), (70.0, 66.0), (85.0, 80.0)]
    table = ledger_table(lines(), {name: account(*one) for name, one in zip(names, proven, strict=True)})
    assert of(table, "step", "objective", "b") == pytest.approx([70 - 90, 66 - 90, 70 - 89])
    assert of(table, "alone", "objective", "b") == pytest.approx([85 - 100, 80 - 100, 85 - 98])
    assert of(table, "together", "objective") == pytest.approx([70 - 100, 66 - 100, 70 - 98])
    assert of(table, "sum", "objective") == pytest.approx([-25, 89 + 80 - 200, 90 + 85 - 196])
    # together less the sum of each alone: z2 - z1 - zb + z0, in which the start counts once
    assert of(table, "interaction", "objective") == pytest.approx([70 - 90 - 85 + 100, 66 - 175 + 98, 70 - 169 + 100])


def test_a_measure_without_a_plan_has_no_effect_to_tell():
    names = ("now", "l.1-a", "l.only-b")
    accounts = {name: account(1.0, 1.0) for name in names} | {"l.2-b": Account("infeasible")}
    table = ledger_table(lines(), accounts)
    assert np.isnan(of(table, "together", "objective").astype(float)).all()
    assert set(table.loc[table["kind"] == "together", "lacking"]) == {"l.2-b: infeasible"}
    assert of(table, "alone", "objective", "b")[0] == 0


def test_one_measure_alone_does_not_interact():
    entry = LedgerEntry(name="l", measures=("a",))
    last = ledger_lines(entry, "now", {"a": MeasureEntry(name="a")})[-1]
    assert (last.kind, last.weights) == ("interaction", {})


@pytest.mark.long
def test_a_step_may_follow_one_that_no_plan_meets(tmp_path):
    text = STUDY.replace("add = -1.0", "add = 100.0", 1).replace('"village-floor"', '"growth-south"')
    text = text.replace('"growth-north"', '"growth-south"').replace("add = -1.0", "set = 6")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    ended = run_study(tmp_path / "study.toml", tmp_path / "out", "en", workers=1)
    assert ended["scenarios/both.1-village"].record["status"] == "infeasible"
    assert ended["scenarios/both.2-less-growth"].record["objective"] == pytest.approx(990)
    table = pd.read_parquet(tmp_path / "out" / "ledgers" / "both" / "ledger.parquet")
    assert of(table, "together", "objective") == pytest.approx([0] * 3, abs=1e-9)
    assert np.isnan(of(table, "step", "objective", "less-growth").astype(float)).all()
