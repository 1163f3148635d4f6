"""The CSV folder of PyPSA: a table of each component, and one of each attribute that changes with the snapshot.

Columns that a file does not have stand for PyPSA's defaults. Every fault names the file, the line and the column.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.readers.guards import MAX_CSV_BYTES, leads_out

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TRUE, FALSE = ("true", "1", "1.0"), ("false", "0", "0.0", "")


@dataclass(frozen=True)
class PypsaFolder:
    """A folder as PyPSA's `export_to_csv_folder` writes it."""

    folder: Path

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self.folder / f"{name}.csv").is_file()

    def path(self, name: str) -> Path:
        """Return where a file lies."""
        return self.folder / f"{name}.csv"

    def table(self, name: str) -> pd.DataFrame:
        """Return a file as text, empty where there is none; raises InstanceError where it cannot be read."""
        path = self.path(name)
        if not path.is_file():
            return pd.DataFrame()
        outside = leads_out(path, self.folder)
        if outside is not None:
            raise InstanceError([outside])
        if path.stat().st_size > MAX_CSV_BYTES:
            raise InstanceError([Fault(str(path), "is larger than 4 GiB", "is this the right file?")])
        try:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning, csv.Error) as error:
            text = " ".join(str(error).split())
            raise InstanceError([Fault(str(path), f"cannot be read: {text}", "export the network again")]) from error
        except UnicodeDecodeError as error:
            raise InstanceError([Fault(str(path), "is not UTF-8", "save it as UTF-8")]) from error
        return frame

    def component(self, name: str) -> Component:
        """Return a component by its list name: `generators`, `lines`, ..."""
        frame = self.table(name)
        if frame.empty:
            return Component(self, name, pd.DataFrame({"name": pd.Series(dtype=str)}))
        if "name" not in frame:
            frame = frame.rename(columns={frame.columns[0]: "name"})
        twice = np.flatnonzero(frame["name"].duplicated())
        if len(twice):
            message = f"{frame['name'].iloc[twice[0]]} stands twice"
            raise InstanceError([Fault(str(self.path(name)), message, "rename one", int(twice[0]) + 2, "name")])
        return Component(self, name, frame)


@dataclass(frozen=True)
class Component:
    """One table of a network, with what changes in time beside it."""

    source: PypsaFolder
    name: str
    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def place(self) -> str:
        """The file."""
        return str(self.source.path(self.name))

    @property
    def names(self) -> pd.Series:
        """Names of the rows."""
        return self.frame["name"]

    def without(self, gone: NDArray[np.bool_]) -> Component:
        """Return the component without some rows."""
        return Component(self.source, self.name, self.frame[~gone])

    def line(self, row: int) -> int:
        """Return the line of the file that a row stands in; the header is line 1."""
        return int(self.frame.index[row]) + 2

    def fault(self, row: int, attribute: str, message: str, hint: str = "") -> InstanceError:
        """Return what is wrong with an attribute of a row, named in full."""
        text = f"{self.names.iloc[row]}: {attribute} {message}"
        return InstanceError([Fault(self.place, text, hint, self.line(row), attribute)])

    def text(self, attribute: str, default: str = "") -> pd.Series:
        """Return an attribute as text, the default where it is not stated."""
        if attribute not in self.frame:
            return pd.Series(default, index=self.frame.index, dtype=str)
        return self.frame[attribute].where(self.frame[attribute] != "", default)

    def numbers(self, attribute: str, default: float) -> NDArray[np.float64]:
        """Return an attribute by row (rows,), the default where it is not stated; raises InstanceError."""
        if attribute not in self.frame:
            return np.full(len(self.frame), default)
        text = self.frame[attribute]
        values = pd.to_numeric(text.where(text != "", "nan"), errors="coerce").to_numpy(dtype=float)
        wrong = np.flatnonzero(np.isnan(values) & ~text.str.lower().isin(["", "nan"]).to_numpy())
        if len(wrong):
            raise self.fault(int(wrong[0]), attribute, f"{text.iloc[wrong[0]]!r} is not a number")
        return np.where(np.isnan(values), default, values)

    def flags(self, attribute: str, default: bool = False) -> NDArray[np.bool_]:
        """Return an attribute as truth values (rows,); raises InstanceError."""
        text = self.text(attribute, str(default)).str.lower()
        wrong = np.flatnonzero(~text.isin([*TRUE, *FALSE]))
        if len(wrong):
            raise self.fault(int(wrong[0]), attribute, f"{text.iloc[wrong[0]]!r} is neither True nor False")
        return text.isin(TRUE).to_numpy()

    def series(self, attribute: str, default: float, snapshots: int) -> NDArray[np.float64]:
        """Return an attribute in time (rows, snapshots), constant where it has no file or no column there.

        Raises
        ------
        InstanceError
            Where the file has another number of rows, names no component, or holds what is no number.
        """
        values = np.repeat(self.numbers(attribute, default)[:, None], snapshots, axis=1)
        name = f"{self.name}-{attribute}"
        frame = self.source.table(name).iloc[:, 1:]
        place = str(self.source.path(name))
        if not frame.empty and len(frame) != snapshots:
            message = f"has {len(frame):,} rows, the network {snapshots:,} snapshots"
            raise InstanceError([Fault(place, message, "export the network again")])
        position = pd.Index(self.names)
        for column in frame.columns:
            if column not in position:
                continue  # switched off, or not a component of the network
            stated = pd.to_numeric(frame[column].where(frame[column] != "", "nan"), errors="coerce")
            wrong = np.flatnonzero(stated.isna())
            if len(wrong):
                message = f"{frame[column].iloc[wrong[0]]!r} is not a number"
                raise InstanceError([Fault(place, message, "", int(wrong[0]) + 2, str(column))])
            values[position.get_loc(column)] = stated.to_numpy(dtype=float)
        return values

    def constant(self, attribute: str, default: float, snapshots: int) -> NDArray[np.float64]:
        """Return an attribute by row (rows,) that must not change in time; raises InstanceError where it does."""
        values = self.series(attribute, default, snapshots)
        changing = np.flatnonzero(np.ptp(values, axis=1) > 0) if values.size else np.empty(0, dtype=np.int64)
        if len(changing):
            hint = "Sanqu takes one value for all snapshots; average it, or split the component"
            raise self.fault(int(changing[0]), attribute, "changes with the snapshot", hint)
        return values[:, 0] if snapshots else self.numbers(attribute, default)
