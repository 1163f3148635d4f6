"""Every table and column of a network, spoilt one at a time: one fault with file, row and column, and never more."""

from __future__ import annotations

from itertools import zip_longest

import pandas as pd
import pytest

from instances import schema
from instances.faults import InstanceError
from instances.instance import load
from instances.readers.folder import read_table
from tests.instances.network_case import TABLES, write_case

MORE = {
    "corridors": {"corridor": ["K"], "segment": ["s1"]},
    "segments": {"segment": ["s1"], "length_km": ["3"]},
    "connections": {"connection": ["c", "c"], "bus": ["A", "C"]},
    "site_zones": {"site": ["hill"], "zone": ["z"]},
    "segment_zones": {"segment": ["s1"], "zone": ["z"], "area_ha": ["0.5"]},
    "overlays": {"technology": ["wind"], "class": ["crop"], "source": ["made"], "status": ["made"]},
}
PART = {table.name: table for table in schema.tables()["network"]}
NUMBERS = ("number", "integer", "flag")


def whole(table):
    """Return a table of the case with every column of the schema, as text."""
    held = {**TABLES, **MORE}[table.name]
    rows = len(next(iter(held.values())))
    stated = {column.name: held.get(column.name, [column.default] * rows) for column in table.columns}
    return pd.DataFrame({name: [str(value) for value in values] for name, values in stated.items()})


def found(folder, table, frame, text=""):
    """Return the faults of a table written as CSV, or of a text instead."""
    part = folder / "network"
    part.mkdir(exist_ok=True)
    (part / f"{table.name}.csv").write_text(text or frame.to_csv(index=False), encoding="utf-8")
    return read_table(folder, table)[1]


def spoilt(column):
    """Return what a cell of a column must not hold."""
    if column.kind in NUMBERS:
        yield from ("abc", "1,5", "5 MW", "-inf")
        yield from () if column.default == float("inf") else ("inf",)
        yield from () if column.minimum is None else (str(column.minimum - 1),)
        yield from () if column.maximum is None else (str(column.maximum + 1),)
        yield from ("1.5",) if column.kind != "number" else ()
    elif column.values:
        yield "nowhere"
    else:
        yield " x "
    if column.required:
        yield from ("", "  ")


@pytest.mark.parametrize("name", list(PART))
def test_a_spoilt_cell_is_one_fault(tmp_path, name):
    table = PART[name]
    assert found(tmp_path, table, whole(table)) == []
    for values in zip_longest(*(spoilt(column) for column in table.columns)):
        wrong = {column.name: value for column, value in zip(table.columns, values, strict=True) if value is not None}
        frame = whole(table)
        frame.loc[0, list(wrong)] = list(wrong.values())
        faults = found(tmp_path, table, frame)
        assert {fault.row for fault in faults} == {2}
        assert sorted(fault.column for fault in faults) == sorted(wrong)


@pytest.mark.parametrize("name", list(PART))
def test_a_wrong_column_is_one_fault(tmp_path, name):
    table = PART[name]
    told = found(tmp_path, table, whole(table).rename(columns=str.upper))
    assert sorted(fault.column for fault in told) == sorted(column.name.upper() for column in table.columns)
    assert all(f"did you mean {fault.column.lower()}?" in str(fault) for fault in told)
    needed = [column.name for column in table.columns if column.required]
    assert [
        fault.column for fault in found(tmp_path, table, whole(table).assign(remark="").drop(columns=needed))
    ] == needed
    assert found(tmp_path, table, whole(table).assign(remark="kept")) == []


@pytest.mark.parametrize("name", list(PART))
def test_rows_that_do_not_fit_are_one_fault(tmp_path, name):
    table = PART[name]
    frame = whole(table)
    plain = frame.to_csv(index=False)
    twice = found(tmp_path, table, pd.concat([frame, frame.iloc[:1]]))
    assert [fault.row for fault in twice] == [len(frame) + 2]
    assert "stands twice" in twice[0].message
    rows = plain.splitlines()
    (short,) = found(tmp_path, table, frame, "\n".join([rows[0], rows[1].rsplit(",", 1)[0], *rows[2:]]))
    assert (short.row, "cells, the header" in short.message) == (2, True)
    assert len(found(tmp_path, table, frame, plain.rstrip("\n") + ",9\n")) == 1
    (other,) = found(tmp_path, table, frame, plain.replace(",", ";"))
    assert "separated by semicolons" in other.message


def test_a_file_in_gbk_is_one_fault(tmp_path):
    case = write_case(tmp_path / "case")
    path = case / "network" / "generators.csv"
    path.write_bytes(path.read_text(encoding="utf-8").replace("coal A", "煤电一厂").encode("gbk"))
    with pytest.raises(InstanceError, match=r"generators\.csv, row 2: is not UTF-8; it looks like GBK"):
        load(case)


@pytest.mark.parametrize("name", ["buses", "snapshots"])
def test_an_empty_table_is_told_once_not_by_all_that_name_its_rows(tmp_path, name):
    case = write_case(tmp_path / "case")
    path = case / "network" / f"{name}.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(InstanceError) as error:
        load(case)
    assert [fault.message for fault in error.value.faults] == ["table is empty"]


def test_a_figure_that_no_solver_can_compute_with(tmp_path):
    with pytest.raises(InstanceError) as error:
        load(write_case(tmp_path / "case", generators={"maximum_mw": ["", 1e20]}))
    (fault,) = error.value.faults
    assert (fault.row, fault.column) == (3, "maximum_mw")
    assert "1e+20 is too large to compute with (leave the cell empty where there is no limit)" in str(fault)
