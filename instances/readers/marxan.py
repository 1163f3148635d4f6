r"""Marxan's data as a restoration instance: `sanqu import marxan`.

Marxan minimises :math:`\sum_i c_i x_i + \mathrm{BLM} \, (\sum_i b_{ii} x_i + \sum_{i<j} b_{ij} |x_i - x_j|)` and pays
a penalty (SPF) for targets that are missed. Here targets are met; the boundary is the rule `boundary_penalty` with
edge factor 1.

Source: Marxan user manual 1.8.10; Serra, Kockel, Game, Grantham, Possingham, McGowan (2020), Marxan User Manual.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError, raise_if_any
from instances.readers.marxan_files import file_of, need, number_of, numbers, read_columns, read_parameters
from instances.readers.notes import Imported, Note
from instances.settings import About, Prioritisation
from instances.site_tables import checked_tables
from instances.write_sites import write_settings, write_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STATUS = {0: "free", 1: "free", 2: "locked_in", 3: "locked_out"}
COLUMNS = {
    "units": {"unit": "id", "x": "xloc", "y": "yloc"},
    "features": {"feature": "id"},
    "amounts": {"unit": "pu", "feature": "species"},
    "boundary": {"unit_a": "id1", "unit_b": "id2", "length_m": "boundary"},
}
"""What columns of the instance are called in Marxan's files."""

KNOWN = {"units": {"id", "cost", "status", "xloc", "yloc"}, "features": {"id", "name", "prop", "target", "spf"}}


def import_marxan(source: Path, folder: Path, name: str) -> Imported:
    """Write Marxan's data as an instance; raises InstanceError with what is wrong in Marxan's files."""
    study = read_marxan(source)
    write_settings(folder, About(name=name, title_en=name, title_zh=name, provenance="Marxan"), Prioritisation())
    write_tables(folder, study.tables)
    return study


def read_marxan(source: Path) -> Imported:
    """Read the folder that holds `input.dat`, or that file.

    Raises
    ------
    InstanceError
        With every fault, in the files and columns of Marxan.
    """
    path = source if source.is_file() else source / "input.dat"
    parameters = read_parameters(path)
    notes = [
        Note(
            "Marxan 允许以 SPF 罚分换取未达标；此处目标为硬约束，SPF 不计入。",
            "Marxan lets targets be missed for a penalty (SPF); here every target is met, and SPF is left out.",
        )
    ]
    places: dict[str, Path] = {}
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for table, (name, default, read) in FILES.items():
        if not default and not parameters.get(name):
            continue
        try:
            places[table] = file_of(parameters, name, default, path)
            tables[table] = read(places[table], notes)
        except InstanceError as error:  # an INPUTDIR that leads elsewhere is told once, not for each file
            faults += [one for one in error.faults if one.where not in {str(path)} & {other.where for other in faults}]
    try:
        _settings(parameters, path, tables, notes)
    except InstanceError as error:
        faults += error.faults
    raise_if_any(faults)
    _check(path.parent, tables, places)
    return Imported(tables, tuple(notes))


def _settings(parameters: Mapping[str, str], path: Path, tables: dict[str, pd.DataFrame], notes: list[Note]) -> None:
    """Add the boundary penalty that `input.dat` asks for, and note what it asks for besides."""
    penalty = number_of(parameters, "BLM", path)
    if penalty < 0:
        raise InstanceError([Fault(str(path), f"BLM {penalty:g} must not be negative", "0 switches it off")])
    if penalty > 0 and not parameters.get("BOUNDNAME"):
        message = f"BLM is {penalty:g}, but BOUNDNAME names no file"
        raise InstanceError([Fault(str(path), message, "add BOUNDNAME, or set BLM to 0")])
    if penalty > 0:
        tables["rules"] = _rule(penalty)
    if number_of(parameters, "COSTTHRESH", path) > 0:
        notes.append(
            Note("COSTTHRESH 未读入；如需上限，请添加 budget 规则。", "COSTTHRESH is left out; add a budget rule.")
        )


def _units(path: Path, notes: list[Note]) -> pd.DataFrame:
    frame = read_columns(path)
    need(path, frame, "id")
    _left_out(path, frame, KNOWN["units"], notes)
    status = numbers(path, frame, "status") if "status" in frame else pd.Series(0, index=frame.index)
    odd = np.flatnonzero(~status.isin(list(STATUS)))
    if len(odd):
        message = f"status {frame['status'].iloc[odd[0]]} is not known"
        hint = "0 or 1 free, 2 locked in, 3 locked out"
        raise InstanceError([Fault(str(path), message, hint, int(odd[0]) + 2, "status")])
    if "cost" not in frame:
        notes.append(Note("pu.dat 无 cost 列：各单元成本为 1。", f"{path.name} has no cost: each unit costs 1."))
    table = {"unit": frame["id"], "cost": numbers(path, frame, "cost") if "cost" in frame else 1.0}
    table["status"] = status.map(STATUS)
    for name, column in (("x", "xloc"), ("y", "yloc")):
        if column in frame:
            table[name] = numbers(path, frame, column)
    return pd.DataFrame(table)


def _features(path: Path, notes: list[Note]) -> pd.DataFrame:
    """Return features; where a share (prop) is stated it counts, as in Marxan."""
    frame = read_columns(path)
    need(path, frame, "id")
    if "prop" not in frame and "target" not in frame:
        need(path, frame, "target")
    _left_out(path, frame, KNOWN["features"], notes)
    share = numbers(path, frame, "prop") if "prop" in frame else pd.Series(0.0, index=frame.index)
    amount = numbers(path, frame, "target") if "target" in frame else pd.Series(0.0, index=frame.index)
    name = frame.get("name", frame["id"])
    return pd.DataFrame(
        {
            "feature": frame["id"],
            "name_zh": name,
            "name_en": name,
            "target": share.where(share > 0, amount.clip(lower=0)),
            "target_kind": np.where(share > 0, "relative", "absolute"),
            "source": f"Marxan {path.name}",
        }
    )


def _amounts(path: Path, notes: list[Note]) -> pd.DataFrame:
    """Return amounts from the long form (species, pu, amount) or from one column a species."""
    frame = read_columns(path)
    if "species" not in frame and "amount" not in frame and frame.columns[0] in ("pu", "id", "puid"):
        wide = frame.rename(columns={frame.columns[0]: "pu"})
        for name in wide.columns[1:]:
            wide[name] = numbers(path, wide, name)
        long = wide.melt("pu", var_name="species", value_name="amount")
        long = long[long["amount"] != 0]
        return pd.DataFrame({"unit": long["pu"], "feature": long["species"], "amount": long["amount"]})
    need(path, frame, "species", "pu", "amount")
    return pd.DataFrame({"unit": frame["pu"], "feature": frame["species"], "amount": numbers(path, frame, "amount")})


def _boundary(path: Path, notes: list[Note]) -> pd.DataFrame:
    frame = read_columns(path)
    need(path, frame, "id1", "id2", "boundary")
    return pd.DataFrame({"unit_a": frame["id1"], "unit_b": frame["id2"], "length_m": numbers(path, frame, "boundary")})


FILES: dict[str, tuple[str, str, Callable[[Path, list[Note]], pd.DataFrame]]] = {
    "units": ("PUNAME", "pu.dat", _units),
    "features": ("SPECNAME", "spec.dat", _features),
    "amounts": ("PUVSPRNAME", "puvspr.dat", _amounts),
    "boundary": ("BOUNDNAME", "", _boundary),
}
"""Parameter that names the file of each table, the name where it is not set, and what reads it."""


def _rule(penalty: float) -> pd.DataFrame:
    row = {"id": "blm", "rule": "boundary_penalty", "value": penalty, "factor": 1.0, "source": "Marxan BLM"}
    return pd.DataFrame([row])


def _left_out(path: Path, frame: pd.DataFrame, known: set[str], notes: list[Note]) -> None:
    """Note columns that are not read, where any row uses them."""
    used = [name for name in frame.columns if name not in known and not frame[name].isin(["", "0", "-1"]).all()]
    if used:
        names = ", ".join(used)
        notes.append(Note(f"{path.name} 的列未读入：{names}。", f"{path.name}: columns that are left out: {names}."))


def _check(folder: Path, tables: Mapping[str, pd.DataFrame], places: Mapping[str, Path]) -> None:
    """Raise what is wrong between the tables, in the names of Marxan's files."""
    try:
        checked_tables(folder, tables, Prioritisation())
    except InstanceError as error:
        raise InstanceError([_in_marxan(fault, places) for fault in error.faults]) from error


def _in_marxan(fault: Fault, places: Mapping[str, Path]) -> Fault:
    table = Path(fault.where).name
    if table not in places:
        return fault
    column = COLUMNS[table].get(fault.column, fault.column)
    row = None if fault.row is None else fault.row + 1  # the header is line 1
    message = fault.message
    for key, name in (("units.unit", "units"), ("features.feature", "features")):
        message = message.replace(f"is not in {key}", f"is not in {places[name].name}")
    return replace(fault, where=str(places[table]), message=message, row=row, column=column)
