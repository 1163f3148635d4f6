"""What hundreds of tests ask for again, done once in a process for the same content.

They read `tiny`, copies of it in which one table differs, or the case of their own file, and paint its figures. What
was read without a fault before is read no second time where all bytes are the same; each new content is read, checked
and painted by the code of the product.
"""

from __future__ import annotations

import hashlib
import pickle
from functools import cache
from typing import TYPE_CHECKING, Any

from typer import testing

from instances import instance
from instances.readers.folder import find_table
from optimizer.report import maps, pictures
from optimizer.results.audit import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa
    import pytest

    from instances.faults import Fault
    from instances.schema import Table
    from instances.settings import Settings
    from optimizer.report.drawing import Drawing
    from optimizer.report.maps import Canvas

MOST_BYTES = 4_000_000
"""Size of a file beyond which its content is not kept."""

_read, _crosscheck = instance.read_table, instance.crosscheck
_png, _paint = pictures.png, maps.Canvas.paint
_tables: dict[Any, pd.DataFrame] = {}
_sound: set[str] = set()
_painted: dict[bytes, bytes] = {}


def read_table(folder: Path, table: Table) -> tuple[pd.DataFrame, list[Fault]]:
    """Read a table, or return a copy of what the same bytes gave; links are always looked at."""
    path = find_table(folder, table)
    if path is None or path.is_symlink() or path.parent.is_symlink() or path.stat().st_size > MOST_BYTES:
        return _read(folder, table)
    key = table, path.suffix, hashlib.sha256(path.read_bytes()).digest()
    if key in _tables:
        return _tables[key].copy(), []
    frame, faults = _read(folder, table)
    if not faults:
        _tables[key] = frame.copy()
    return frame, faults


def crosscheck(folder: Path, settings: Settings, parts: Any, whole: pd.DataFrame | None = None) -> Iterable[Fault]:
    """Check the tables of a folder against each other, where no folder of the same content was found sound."""
    content = instance.hash_folder(folder)
    if whole is not None or content not in _sound:
        faults = list(_crosscheck(folder, settings, parts, whole))
        if faults or whole is not None:
            return faults
        _sound.add(content)
    return ()


def png(drawing: Drawing) -> bytes:
    """Paint a drawing, or return the picture of one that is the same."""
    key = hashlib.sha256(pickle.dumps(drawing)).digest()
    if key not in _painted:
        _painted[key] = _png(drawing)
    return _painted[key]


def paint(canvas: Canvas, colors: Any) -> bytes:
    """Paint a map, or return the picture of one that is the same."""
    shown = canvas.geometry, canvas.region, canvas.aspect, canvas.metres, colors
    key = hashlib.sha256(pickle.dumps(shown)).digest()
    if key not in _painted:
        _painted[key] = _paint(canvas, colors)
    return _painted[key]


def reader(read: Callable[[Path], pa.Table]) -> Callable[[Path], pa.Table]:
    """Return a reader of the audit that returns what the same bytes gave before; Arrow tables never change."""
    known: dict[Any, pa.Table] = {}

    def read_once(path: Path) -> pa.Table:
        if path.stat().st_size > MOST_BYTES:
            return read(path)
        key = path.stem, hashlib.sha256(path.read_bytes()).digest()
        if key not in known:
            known[key] = read(path)
        return known[key]

    return read_once


def done_once(patch: pytest.MonkeyPatch) -> None:
    """Let the product use what stands here."""
    patch.setattr(instance, "read_table", read_table)
    patch.setattr(instance, "crosscheck", crosscheck)
    patch.setattr(pictures, "png", png)
    patch.setattr(maps.Canvas, "paint", paint)
    patch.setattr(testing, "_get_command", cache(testing._get_command))  # noqa: SLF001 -- built anew for each call
    for suffix, read in list(files._READERS.items()):  # noqa: SLF001 -- nothing else leads to all that the audit reads
        patch.setitem(files._READERS, suffix, reader(read))  # noqa: SLF001
