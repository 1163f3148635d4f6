"""Study files: what they may say, and one clear message for each thing wrong."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from instances.faults import InstanceError
from optimizer.cli import app
from optimizer.studies.file import StudyFile, StudySection, read_study
from optimizer.studies.run import check_study

HEAD = '[study]\nname = "s"\nbase = "tiny"\n'
A = '[[scenario]]\nname = "a"\n'
CHANGE = f'{HEAD}{A}[[scenario.change]]\ntable = "land/quotas"\n'
LONG = "减" * 50
SINKS = '[[robust]]\nname = "r"\nuncertain = [{ factor = "sink", low = 0.5, high = 2 }]\n'
MEASURE = '[[measure]]\nname = "m"\n'


def written(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("", "column study", "is missing"),
        (HEAD, "study.toml", "asks for nothing; add [[scenario]]"),
        (f"{HEAD}[[scenarios]]\n", "column scenarios", "did you mean scenario?"),
        (f"{HEAD}gapp = 1\n{A}", "column study.gapp", "did you mean gap?"),
        (f'{HEAD}{A}frm = "b"\n', "column scenario.a.frm", "did you mean from?"),
        (f'{CHANGE}colum = "value"\nscale = 1\n', "column scenario.a.change.1.colum", "did you mean column?"),
        (f'{HEAD}{A}[[scenario.change]]\ntable = "land/quota"\n', "scenario.a.change.1.table", "is no table"),
        (f'{CHANGE}column = "valu"\nscale = 1\n', "scenario a", "column valu: there is no such column (known are id"),
        (f'{CHANGE}where = {{ iid = "x" }}\ndrop = true\n', "scenario a", "column iid: there is no such column"),
        (f'{CHANGE}where = {{ id = "x" }}\ndrop = true\n', "scenario a", "no row is meant by [land/quotas [id=x]"),
        (f'{CHANGE}column = "rule"\nscale = 2\n', "scenario a", "'growth_demand' is no number"),
        (f'{CHANGE}column = "value"\n', "column scenario.a.change.1", "needs exactly one of set, scale"),
        (f'{HEAD}{A}from = "b"\n', "column scenario.a.from", "no scenario is called b (known are a)"),
        (f'{HEAD}{A}measures = ["m"]\n', "column scenario.a.measures", "no measure is called m (known are none)"),
        (f'{HEAD}{A}from = "a"\n', "column scenario.from", "start from each other: a from a"),
        (f"{HEAD}{A}{A}", "study.toml", "two of [[scenario]] are called a"),
        (f'{HEAD}{A}[[scenario]]\nname = "A"\n', "study.toml", "two of [[scenario]] are called A, a"),
        ('[study]\nname = "s"\nbase = "nowhere"\n' + A, "column study.base", "there is no instance nowhere"),
        (f'{HEAD}reference = "z"\n{A}', "column study.reference", "no scenario is called z"),
        (f'{HEAD}gap = "x"\n{A}', "column study.gap", "must be a number"),
        (f'{HEAD}{A}measures = "m"\n', "column scenario.a.measures", "is written as a text, but must be a list"),
        (f'{HEAD}[scenario]\nname = "a"\n', "column scenario", "is written as one table, but must be a list"),
        (f'[[study]]\nname = "s"\n{A}', "column study", "is written as a list, but must be a table"),
        (f'{HEAD}[[scenario]]\nname = "../a"\n', "name", "must be of letters, digits"),
        (f'{HEAD}{A}rules_off = ["flor"]\n', "scenario a", "no rule is called flor (known are red_line"),
        (f'{HEAD}{A}settings = {{ mode = "stock" }}\n', "scenario a", "write section.key"),
        (f'{HEAD}{A}[scenario.settings.carbon]\nmode = "flux"\n', "scenario.a.settings", 'write "carbon.mode" = ...'),
        (f'{HEAD}{A}line = [{{ line = "redline", by = 0.1 }}]\n', "scenario.a.line.1.line", "must be 'red_line'"),
        (f'{HEAD}{MEASURE}[[ledger]]\nname = "l"\nmeasures = ["m", "m"]\n', "ledger.l.measures", "each measure stands"),
        (
            f'{HEAD}[[scenario]]\nname = "l.1-m"\n{MEASURE}[[ledger]]\nname = "l"\nmeasures = ["m"]\n',
            "column ledger.l",
            "needs the name l.1-m",
        ),
        (
            f'{HEAD}{A}[[front]]\nname = "f"\nscenario = "q"\nobjectives = ["emissions", "cost"]\n',
            "column front.f",
            "no scenario is called q",
        ),
        (f"{HEAD}[[scenario\n", "study.toml", "not a readable TOML file"),
        (f'{CHANGE}column = "value"\nset = [1, 2]\n', "column scenario.a.change.1.set", "must be a number, a text, or"),
        (f'{CHANGE}column = "value"\nscale = "0.5"\n', "column scenario.a.change.1.scale", "must be a number (see"),
        (f"{CHANGE}where = {{ id = 2020-01-01 }}\ndrop = true\n", "change.1.where.id", "or a list of these"),
        (f"{CHANGE.replace('quotas', 'classes')}drop = true\n", "land/classes", "table is empty"),
        (f'{HEAD}{A}rules_on = ["flor"]\n', "scenario a", "no rule is called flor (known are red_line"),
        (f'{HEAD}[[scenario]]\nname = "a\\n"\n', "column scenario.1.name", "must be of letters, digits"),
        (f'{HEAD}{A}[[front]]\nname = "f"\nobjectives = ["cost", "most:cost"]\n', "front.f", "stands once in a front"),
        (
            f'{HEAD}{A}[[robust]]\nname = "r"\nuncertain = [{{ factor = "sink", low = 2, high = 3 }}]\n',
            "column robust.r.uncertain.1",
            "low must not be above 1",
        ),
        (
            f'{HEAD}{A}[[robust]]\nname = "r"\nuncertain = [{{ factor = "sonk", low = 0.5, high = 3 }}]\n',
            "column robust.r",
            "no factor sonk of class *",
        ),
        (
            f'{HEAD.replace("tiny", "weihai-restoration")}{A}[[pathway]]\nname = "p"\n',
            "column pathway.p",
            "the annual inventory is one of land, and the instance has none",
        ),
        (f"{HEAD.rstrip()}\ngap = inf\n{A}", "column study.gap", "must be a finite number"),
        (f'{HEAD}{A}[[ranges]]\nname = "r"\nmeasures = ["most:cost"]\n', "ranges.r.measures", "leave most: out"),
        (f'{HEAD}{A}[[worth]]\nname = "w"\nwhere = {{ id = "*" }}\ncurve = [inf]\n', "worth.w", "numbers from 0 up"),
        (f"{HEAD}{A}{SINKS}budgets = [nan]\n", "robust.r.budgets", "numbers from 0 up"),
        (f'{HEAD}{A}{SINKS}plans = ["b"]\n', "robust.r", "there is no plan b (a folder, or one of a)"),
        (
            f'{HEAD}{A}[[transmission]]\nname = "t"\nrule = "cropland_retention"\nlevels = ["city"]\n',
            "transmission.t",
            "no region of tiny is of level city (known are county)",
        ),
        (
            f'{HEAD}[[measure]]\nname = "{LONG}"\n[[ledger]]\nname = "{LONG}"\nmeasures = ["{LONG}"]\n',
            f"scenario {LONG}.1-{LONG}",
            "the name is too long for a folder",
        ),
    ],
)
def test_one_message_says_where_and_what(tmp_path, text, where, message):
    with pytest.raises(InstanceError) as raised:
        check_study(written(tmp_path, text))
    assert len(raised.value.faults) == 1
    told = str(raised.value)
    assert where in told
    assert message in told
    assert ".new." not in told  # folders that are gone when it is read


def test_all_faults_are_told_at_once(tmp_path):
    text = f'{HEAD}gap = -1\nmethod = "magic"\n{A}frm = "b"\n'
    with pytest.raises(InstanceError) as raised:
        read_study(written(tmp_path, text))
    assert [fault.column for fault in raised.value.faults] == ["study.method", "study.gap", "scenario.a.frm"]


def test_what_a_scenario_takes_over_is_told_once(tmp_path):
    text = f'{CHANGE}where = {{ id = "x" }}\ndrop = true\n[[scenario]]\nname = "b"\nfrom = "a"\n'
    with pytest.raises(InstanceError) as raised:
        check_study(written(tmp_path, text))
    assert len(raised.value.faults) == 1


def test_check_says_what_each_scenario_changes_itself(tmp_path):
    text = f"""{CHANGE}where = {{ id = "retention" }}
column = "value"
scale = 0.9
[[scenario]]
name = "b"
title_zh = "乙"
from = "a"
rules_off = ["slope"]
settings = {{ "carbon.mode" = "stock" }}
"""
    table = check_study(written(tmp_path, text), "zh").set_index("scenario")
    assert table.loc["a", "changes"] == "规划指标（编号 = retention）：数值 × 0.9"
    assert table.loc["b", "changes"].splitlines() == ["设置 carbon.mode = stock", "停用规则 坡度限制"]
    assert table.loc["b", ["called", "from"]].tolist() == ["乙", "a"]


def test_a_bad_study_file_ends_the_command_with_2(tmp_path):
    path = written(tmp_path, f'{HEAD}{A}from = "b"\n')
    for arguments in (["check", str(path)], ["run", str(path), "--out", str(tmp_path / "out")], ["check", "nowhere"]):
        result = CliRunner().invoke(app, ["study", *arguments])
        assert result.exit_code == 2
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("cut", range(0, 260, 7))
def test_a_file_that_was_cut_off_is_read_or_refused_with_words(tmp_path, cut):
    text = f'{CHANGE}where = {{ id = "retention" }}\ncolumn = "value"\nscale = 0.9\n{MEASURE}[[ledger]]\nname = "l"\n'
    text += 'measures = ["m"]\n'
    faults = faults_of(written(tmp_path, text[:cut]))
    assert all("study.toml" in str(fault) and fault.message for fault in faults)


def faults_of(path):
    """Return what is wrong with a file; nothing where it can be read."""
    try:
        read_study(path)
    except InstanceError as error:
        return error.faults
    return ()


def keys_of(model, seen):
    """Return every key that a table of the file may have, those of the tables in it too."""
    for name, field in model.model_fields.items():
        seen.add(field.alias or name)
        for inner in get_args(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                keys_of(inner, seen)
    return seen


def test_every_key_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "howto" / "studies.md").read_text(encoding="utf-8")
    plain = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`", plain))))
    assert sorted((keys_of(StudyFile, set()) | set(StudySection.model_fields)) - words) == []
