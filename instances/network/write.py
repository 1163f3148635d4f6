"""Writing a network instance: `instance.toml` and one file a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from instances.faults import Fault, InstanceError
from instances.instance import load
from instances.toml_text import toml_value
from instances.write_sites import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from instances.settings import About, NetworkSettings


def write_network(folder: Path, about: About, settings: NetworkSettings, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write a network alone, to be planned at least cost; limits that are infinite are left empty."""
    lines = ["[instance]", *_lines(about.model_dump(exclude_defaults=True)), "", "[objective]", 'kind = "cost"']
    lines += ["", "[network]", *_lines(settings.model_dump())]
    part = folder / "network"
    part.mkdir(parents=True, exist_ok=True)
    (folder / "instance.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, frame in tables.items():
        if len(frame):
            write_table(part, name, frame.replace(np.inf, np.nan))


def raise_if_unusable(folder: Path, source: Path) -> None:
    """Raise InstanceError, in the name of the source, where the network that was written of it cannot be used."""
    try:
        load(folder)
    except InstanceError as error:
        raise InstanceError([_of_source(fault, folder, source) for fault in error.faults]) from error


def _of_source(fault: Fault, folder: Path, source: Path) -> Fault:
    table = Path(fault.where).relative_to(folder).as_posix()
    row = "" if fault.row is None else f", row {fault.row}"
    column = f", column {fault.column}" if fault.column else ""
    return Fault(str(source), f"would give {table}{row}{column}: {fault.message}", fault.hint)


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {toml_value(value)}" for key, value in values.items()]
