"""What an import reads otherwise than the program that the data are from, or not at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """Something worth knowing of an import, in both languages."""

    zh: str
    en: str
