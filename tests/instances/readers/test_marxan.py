"""Marxan's files give the tables that others read from them, and what is wrong in them is said in their names."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from instances.faults import InstanceError
from instances.instance import load
from instances.readers.marxan import read_marxan
from optimizer.cli import app
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve

SHARED = Path(__file__).parents[4] / "shared" / "data" / "marxan"
FILES = {
    "input.dat": "BLM 2\nINPUTDIR input\nPUNAME pu.dat\nSPECNAME spec.dat\nPUVSPRNAME puvspr.dat\n"
    "BOUNDNAME bound.dat\n",
    "pu.dat": "id,cost,status,xloc,yloc\n1,5,0,10,20\n2,4,2,30,20\n3,3,3,50,20\n",
    "spec.dat": "id,target,spf,name\n7,3,1,heron\n8,0,1,reed\n",
    "puvspr.dat": "species,pu,amount\n7,1,2\n7,2,2\n8,3,1.5\n",
    "bound.dat": "id1,id2,boundary\n1,1,3\n1,2,1\n2,3,1\n",
}


def write(folder, **changed):
    """Write Marxan's files; names are those of the files without `.dat`."""
    for name, text in (FILES | {f"{key}.dat": value for key, value in changed.items()}).items():
        path = folder / ("" if name == "input.dat" else "input") / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def same_as_the_plain_case(study):
    units = study.tables["units"].astype({"unit": str})
    assert units["unit"].tolist() == ["1", "2", "3"]
    assert units["cost"].tolist() == [5, 4, 3]
    assert units["status"].tolist() == ["free", "locked_in", "locked_out"]
    assert study.tables["features"]["target"].tolist() == [3, 0]
    assert study.tables["features"]["name_en"].tolist() == ["heron", "reed"]
    amounts = study.tables["amounts"].sort_values(["feature", "unit"])
    assert amounts.astype(str).values.tolist() == [["1", "7", "2.0"], ["2", "7", "2.0"], ["3", "8", "1.5"]]
    assert study.tables["boundary"]["length_m"].tolist() == [3, 1, 1]
    assert study.tables["rules"][["rule", "value", "factor"]].values.tolist() == [["boundary_penalty", 2, 1]]


SHUFFLED = {
    "plain": {},
    "tabs": {key: FILES[f"{key}.dat"].replace(",", "\t") for key in ("pu", "spec", "puvspr", "bound")},
    "blanks": {key: FILES[f"{key}.dat"].replace(",", "  ") for key in ("pu", "spec", "puvspr", "bound")},
    "quoted capitals, BOM, Windows lines": {
        "pu": '\ufeff"ID","COST","Status","xloc","yloc"\r\n1,5,0,10,20\r\n2,4,2,30,20\r\n3,3,3,50,20\r\n',
    },
    "other order": {"puvspr": "AMOUNT,PU,SPECIES\n1.5,3,8\n2,1,7\n2,2,7\n"},
    "one column a species": {"puvspr": "pu,7,8\n1,2,0\n2,2,0\n3,0,1.5\n"},
    "backslash": {"input": FILES["input.dat"].replace("INPUTDIR input", "INPUTDIR .\\input\\")},
}


@pytest.mark.parametrize("changed", SHUFFLED.values(), ids=SHUFFLED)
def test_the_same_data_in_other_forms(tmp_path, changed):
    same_as_the_plain_case(read_marxan(write(tmp_path, **changed)))


def test_a_share_counts_before_an_amount(tmp_path):
    spec = "id prop target\n7 0.5 99\n8 0 -1\n"
    table = read_marxan(write(tmp_path, spec=spec)).tables["features"]
    assert table[["target", "target_kind"]].values.tolist() == [[0.5, "relative"], [0.0, "absolute"]]


def test_names_in_gbk(tmp_path):
    spec = "id,target,name\n7,3,鹭\n8,0,芦苇\n".encode("gbk")
    assert read_marxan(write(tmp_path, spec=spec)).tables["features"]["name_zh"].tolist() == ["鹭", "芦苇"]


def test_fields_that_are_left_out_are_noted(tmp_path):
    spec = "id,target,spf,name,target2,sepnum,targetocc\n7,3,1,heron,0,3,2\n8,0,1,reed,0,0,0\n"
    notes = " ".join(note.en for note in read_marxan(write(tmp_path, spec=spec)).notes)
    assert "spec.dat: columns that are left out: sepnum, targetocc." in notes
    assert "SPF" in notes


WRONG = {
    "missing file": ({"input": "INPUTDIR input\nPUNAME units.dat\n"}, "units.dat: file is missing"),
    "a folder elsewhere": (
        {"input": "INPUTDIR ../../data\n"},
        "input.dat: INPUTDIR and PUNAME lead out of its folder",
    ),
    "BLM that is no number": (
        {"input": FILES["input.dat"].replace("BLM 2", "BLM two")},
        "BLM 'two' is not a number",
    ),
    "BLM below 0": ({"input": FILES["input.dat"].replace("BLM 2", "BLM -2")}, "BLM -2 must not be negative"),
    "BLM nan": ({"input": FILES["input.dat"].replace("BLM 2", "BLM nan")}, "BLM 'nan' is not a number"),
    "BLM without boundary": (
        {"input": "BLM 2\nINPUTDIR input\n"},
        "BLM is 2, but BOUNDNAME names no file (add BOUNDNAME, or set BLM to 0)",
    ),
    "missing column": (
        {"puvspr": "species,unit,amount\n7,1,2\n"},
        "puvspr.dat, column pu: column is missing (columns present: species, unit, amount)",
    ),
    "no target": ({"spec": "id,spf\n7,1\n"}, "spec.dat, column target: column is missing"),
    "odd separator": (
        {"pu": "id;cost\n1;2\n"},
        "pu.dat, row 1: columns must be separated by tabs, commas or blanks; its first line has ';'",
    ),
    "rows separated otherwise": (
        {"pu": "id,cost,status\n1\t2\t0\n"},
        "pu.dat, row 2: the row has 1 cell, the header 3 names (separate the cells with commas",
    ),
    "too many cells": ({"pu": "id,cost\n1,2\n2,3,4\n"}, "pu.dat, row 3: the row has 3 cells, the header 2 names"),
    "too many cells in the first row": (
        {"pu": "id,cost\n1,2,4\n2,3\n"},
        "pu.dat, row 2: the row has 3 cells, the header 2 names",
    ),
    "names with blanks between blanks": (
        {"spec": "id target name\n7 3 big bird\n8 2 fern\n"},
        "spec.dat, row 2: the row has 4 cells, the header 3 names",
    ),
    "empty file": ({"bound": ""}, "bound.dat: is empty"),
    "decimal comma": (
        {"pu": "id\tcost\n1\t2,5\n2\t3\n"},
        "pu.dat, row 2, column cost: '2,5' is not a number (decimals are written with a point)",
    ),
    "status": ({"pu": "id,cost,status\n1,2,4\n"}, "pu.dat, row 2, column status: status 4 is not known"),
    "unit twice": ({"pu": "id,cost\n1,2\n2,1\n3,1\n1,4\n"}, "pu.dat, row 5, column id: unit 1 stands twice"),
    "unknown unit": ({"puvspr": "species,pu,amount\n7,9,2\n"}, "puvspr.dat, row 2, column pu: 9 is not in pu.dat"),
    "unknown species": (
        {"puvspr": FILES["puvspr.dat"] + "5,1,1\n"},
        "puvspr.dat, row 5, column species: 5 is not in spec.dat",
    ),
    "negative amount": (
        {"puvspr": FILES["puvspr.dat"] + "8,1,-1\n"},
        "puvspr.dat, row 5, column amount: amount -1 of 8 must not be negative",
    ),
    "species nowhere": (
        {"spec": FILES["spec.dat"] + "9,1,1,moss\n"},
        "spec.dat, row 4, column id: feature 9 occurs in no unit",
    ),
    "target too high": (
        {"spec": FILES["spec.dat"].replace("7,3", "7,30")},
        "spec.dat, row 2, column target: target 7: 30 are asked for, all units hold 4: 26 too few",
    ),
    "boundary twice": (
        {"bound": FILES["bound.dat"] + "2,1,5\n"},
        "bound.dat, row 5, column id2: the boundary is not symmetric: 2 and 1 share 1 one way, 5 the other",
    ),
}


@pytest.mark.parametrize(("changed", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_the_names_of_marxan(tmp_path, changed, words):
    with pytest.raises(InstanceError) as caught:
        read_marxan(write(tmp_path, **changed))
    assert len(caught.value.faults) == 1
    assert words in str(caught.value)


@pytest.mark.filterwarnings("default")
def test_cells_beyond_the_header_are_refused_where_warnings_are_not_errors(tmp_path):
    with pytest.raises(InstanceError, match="the row has 3 cells, the header 2 names"):
        read_marxan(write(tmp_path, pu="id,cost\n1,2,4\n2,3\n"))


def test_faults_of_several_files_are_told_together(tmp_path):
    wrong = {
        "pu": "id,cost\n1,x\n",
        "spec": "id,prop\n7,y\n",
        "puvspr": "species,amount\n7,1\n",
        "bound": "id1,id2\n1,2\n",
    }
    with pytest.raises(InstanceError) as caught:
        read_marxan(write(tmp_path, input=FILES["input.dat"].replace("BLM 2", "BLM two"), **wrong))
    told = [f"{Path(fault.where).name} {fault.column}" for fault in caught.value.faults]
    assert told == ["pu.dat cost", "spec.dat prop", "puvspr.dat pu", "bound.dat boundary", "input.dat "]


def test_import_and_export(tmp_path):
    source = tmp_path / "marxan"
    source.mkdir()
    run = CliRunner().invoke(app, ["import", "marxan", str(write(source)), str(tmp_path / "study"), "--lang", "en"])
    assert run.exit_code == 0, run.output
    assert "every target is met" in run.output
    sites = load(tmp_path / "study").require_sites()
    assert sites.targets.value.tolist() == [3]
    assert sites.outer.tolist() == [3, 0, 0]
    plan = tmp_path / "study-plan" / "plan"
    plan.mkdir(parents=True)
    chosen = {"unit": ["2", "1"], "management_zone": ["", ""], "amount": [1.0, 1.0]}
    pq.write_table(pa.table(chosen), plan / "selection.parquet")
    arguments = ["export", "marxan", str(tmp_path / "study"), str(tmp_path / "study-plan"), str(tmp_path / "out")]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0, run.output
    text = (tmp_path / "out" / "output_best.csv").read_text()
    assert text.split() == ["planning_unit,solution", "1,1", "2,1", "3,0"]


@pytest.mark.parametrize(
    ("unit", "amount", "words"),
    [("2", 0.4, "unit 2 is chosen to 0.4"), ("9", 1.0, "unit 9 is not in units.unit")],
)
def test_what_marxan_cannot_hold_is_refused(tmp_path, unit, amount, words):
    for name in ("marxan", "plan"):
        (tmp_path / name).mkdir()
    CliRunner().invoke(app, ["import", "marxan", str(write(tmp_path / "marxan")), str(tmp_path / "study")])
    pq.write_table(pa.table({"unit": [unit], "amount": [amount]}), tmp_path / "plan" / "selection.parquet")
    arguments = ["export", "marxan", str(tmp_path / "study"), str(tmp_path / "plan"), str(tmp_path / "out")]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 2
    assert words in run.output


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Marxan's example as an instance."""
    if not SHARED.is_dir():
        pytest.skip("the shared data are not here")
    folder = tmp_path_factory.mktemp("marxan") / "study"
    run = CliRunner().invoke(app, ["import", "marxan", str(SHARED), str(folder)])
    assert run.exit_code == 0, run.output
    return folder


def test_the_published_example(example):
    sites = load(example).require_sites()
    units = pd.read_csv(SHARED / "marxan_example_pu.csv")
    assert sites.n_units == json.loads((SHARED / "expected.json").read_text())["cases"][0]["n_pu"]
    np.testing.assert_allclose(sites.cost, units["cost"])
    assert sites.locked_in.tolist() == (units["locked_in"] == 1).tolist()
    assert (sites.status == "locked_out").tolist() == (units["locked_out"] == 1).tolist()
    targets = pd.read_csv(SHARED / "marxan_example_targets.csv")
    np.testing.assert_allclose(sites.targets.value, targets["value"], rtol=1e-9)
    amounts = pd.read_csv(SHARED / "marxan_example_rij.csv")
    held = sites.amounts.tocoo()
    ours = pd.DataFrame({"feature": held.row + 1, "pu": held.col + 1, "amount": held.data}).sort_values(
        ["feature", "pu"]
    )
    np.testing.assert_allclose(ours.to_numpy(), amounts.sort_values(["feature", "pu"]).to_numpy())


def test_the_published_example_is_solved_to_its_known_optimum(example, tmp_path):
    solved = solve_example(example, tmp_path, 0.0, gap=1e-9)
    assert solved["objective"] == pytest.approx(known("marxan_example")["objective"], rel=1e-9)


@pytest.mark.long
def test_the_published_example_under_a_small_boundary_penalty_is_solved_to_its_known_optimum(example, tmp_path):
    solved = solve_example(example, tmp_path, 0.0005, gap=1e-9)
    assert solved["objective"] == pytest.approx(known("marxan_example_blm00005")["objective"], rel=1e-9)


@pytest.mark.long
def test_the_published_example_under_a_large_boundary_penalty(example, tmp_path):
    """The best plan known lies above the bound, and what is found is as near to it as the gap asked for."""
    solved, best = solve_example(example, tmp_path, 1.0, gap=1e-3), known("marxan_example_blm1")["best_known"]
    assert solved["bound"] <= best * (1 + 1e-9)
    assert solved["gap"] <= 1e-3
    assert solved["objective"] <= best * (1 + 1e-3)


def known(case):
    return next(one for one in json.loads((SHARED / "expected.json").read_text())["cases"] if one["case"] == case)


def solve_example(example, folder, penalty, gap):
    """Set the BLM of Marxan's example and return the summary; the audit must pass."""
    shutil.copytree(example, folder / "study")
    table = next((folder / "study" / "restoration").glob("rules.*"))
    rules = pd.read_csv(table) if table.suffix == ".csv" else pd.read_parquet(table)
    table.unlink()
    rules.assign(value=penalty).to_csv(table.with_suffix(".csv"), index=False)
    outcome = solve(folder / "study", folder / "plan", StudyOptions(solve=SolveOptions(gap=gap), tables=False))
    assert outcome.audit_passed, outcome.failures
    return outcome.summary
