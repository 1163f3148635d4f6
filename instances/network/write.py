"""Writing a network instance: `instance.toml` and one file a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from instances.toml_text import toml_value
from instances.write_sites import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {toml_value(value)}" for key, value in values.items()]
