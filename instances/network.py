"""The network part: buses, plant, lines, sites, loads and corridors, as validated tables.

What the tables hold is written in `instances.schema`; the energy formulations read them from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True)
class Network:
    """The validated tables of the network part, by name."""

    tables: Mapping[str, pd.DataFrame] = field(repr=False)
