"""Control lines that a route crosses (穿越的管控线): `ROLE AMOUNT UNIT; ...` as amounts, summed, and in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optimizer.results.terms import term

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optimizer.results.terms import Lang

ONE = re.compile(r"(.+?) ([0-9.]+(?:e[+-]?[0-9]+)?) (km|ha)")
"""A role of control lines with the km or hectares inside it; other text stands as it is."""

_Amounts = dict[tuple[str, str], float | None]
"""Amounts by role and unit; None with no unit for text that states none."""


def summed(texts: Iterable[str]) -> str:
    """Return what several segments cross together."""
    return "; ".join(
        role if amount is None else f"{role} {amount:.4g} {unit}" for (role, unit), amount in _amounts(texts).items()
    )


def crossing_words(text: str, lang: Lang) -> str:
    """Return what is crossed in words of a language; empty for nothing."""
    told = []
    for (role, unit), amount in _amounts([text]).items():
        name = term("control_line", role, lang)
        told.append(name if amount is None else f"{name} {amount:.4g} {term('unit', unit, lang)}")
    return ("；" if lang == "zh" else "; ").join(told)


def _amounts(texts: Iterable[str]) -> _Amounts:
    found: _Amounts = {}
    for part in (part.strip() for text in texts for part in str(text).split(";")):
        if (told := ONE.fullmatch(part)) is not None:
            key = told[1], told[3]
            found[key] = (found.get(key) or 0.0) + float(told[2])
        elif part:
            found[part, ""] = None
    return found
