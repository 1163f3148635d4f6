"""What an import read: tables, and notes on what it reads otherwise than the program that the data are from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True)
class Note:
    """Something worth knowing of an import, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Imported:
    """Tables of one part of an instance, and what was read otherwise or not at all."""

    tables: Mapping[str, pd.DataFrame]
    notes: tuple[Note, ...]
