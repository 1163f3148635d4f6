"""The tree of regions, read from the unit codes: county (6 digits), township (9), village (12).

行政区层级，由坐落单位代码得出。
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from instances.readers.dltb import fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from instances.readers.dltb.config import Config
    from instances.readers.dltb.layers import Layer

DIGITS = {"province": 2, "city": 4, "county": 6, "township": 9, "village": 12}
ROOT = "china"


def trimmed(code: str) -> str:
    """Return a region code without the zeros that fill it up: 371002001000 -> 371002001, 371002000000 -> 371002."""
    for digits in reversed(DIGITS.values()):
        if len(code) >= digits and set(code[digits:]) <= {"0"} and not _filled(code[:digits]):
            return code[:digits]
    return code


def _filled(code: str) -> bool:
    """Whether the last part of a code at some level is all zeros, so that it names the level above."""
    above = max((digits for digits in DIGITS.values() if digits < len(code)), default=0)
    return set(code[above:]) <= {"0"}


def region_names(layer: Layer | None, parcels: pd.DataFrame, config: Config) -> dict[str, str]:
    """Return names by code: of villages from the parcels, of all regions from layer XZQ."""
    villages = parcels[parcels["unit_name"] != ""].drop_duplicates("unit")
    names = dict(zip(villages["unit"], villages["unit_name"], strict=True))
    if layer is not None:
        code, name = fields.find(layer, config, "XZQDM"), fields.find(layer, config, "XZQMC")
        if code and name:
            codes = fields.codes(layer.table[code], 6).map(trimmed)
            names.update(zip(codes, fields.text(layer.table[name]), strict=True))
    return names


def region_table(units: Iterable[str], level: str, names: dict[str, str]) -> pd.DataFrame:
    """Return `regions`: the leaves at `level` and all above them up to the one that holds all."""
    leaves = sorted({unit[: DIGITS[level]] for unit in units})
    above = [name for name, digits in DIGITS.items() if digits <= DIGITS[level]]
    top = next((name for name in reversed(above) if len({leaf[: DIGITS[name]] for leaf in leaves}) == 1), "")
    chosen = [name for name in above if not top or DIGITS[name] >= DIGITS[top]]
    rows = [] if top else [(ROOT, "", "national", "全国", "China")]
    parent_of_top = "" if top else ROOT
    for position, name in enumerate(chosen):
        for code in sorted({leaf[: DIGITS[name]] for leaf in leaves}):
            parent = code[: DIGITS[chosen[position - 1]]] if position else parent_of_top
            title = names.get(code, code)
            rows.append((code, parent, name, title, title))
    return pd.DataFrame(rows, columns=["region", "parent", "level", "name_zh", "name_en"])
