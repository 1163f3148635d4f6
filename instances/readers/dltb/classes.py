"""The classes of an imported survey: the codes as they stand, suffix K and A included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from instances.classes import THIRD_SURVEY, base_code, load_classes
from instances.faults import Fault, InstanceError
from instances.transitions import default_transitions

if TYPE_CHECKING:
    from collections.abc import Iterable

SUBTYPES = {
    "1104A": ("养殖坑塘", "aquaculture pond"),
    "1107A": ("干渠", "main canal"),
    "0810A": ("广场用地", "square"),
    "08H2A": ("高教用地", "higher education"),
}
"""Names of subtypes; another suffix A has the name of its class."""

NO_SUFFIX = {
    "allowed": 0,
    "cost_wanyuan_per_ha": 0.0,
    "restoration": 0,
    "condition": "",
    "reason": "The suffix records what the survey found; new land takes the class without it. 新增用地不带后缀",
    "source": "third survey work classification (V1)",
    "status": "assumed",
}
"""Why no land may become a class with a suffix."""


def class_table(codes: Iterable[str], more: Iterable[str]) -> pd.DataFrame:
    """Return `classes` for the codes present and some more; raises InstanceError where one of these is unknown.

    A class with suffix K (可调整, could return to cropland) is a class of its own, so that the transitions of
    the survey's reserve of cropland apply to it.
    """
    known = load_classes(THIRD_SURVEY).set_index("code")
    unknown = [code for code in more if base_code(code) not in known.index]
    if unknown:
        raise InstanceError(
            Fault("more_classes", f"{code!r} is no class of the third survey", "see instances/tables/classes.csv")
            for code in unknown
        )
    rows = []
    for code in sorted({*codes, *more}):
        name_zh, name_en, *rest = known.loc[base_code(code), ["name_zh", "name_en", "group", "setting", "color"]]
        rows.append((code, THIRD_SURVEY, code, *_names(code, str(name_zh), str(name_en)), *rest))
    columns = ["class", "scheme", "code", "name_zh", "name_en", "group", "setting", "color"]
    return pd.DataFrame(rows, columns=columns)


def transition_table(classes: pd.DataFrame) -> pd.DataFrame:
    """Return `transitions`: the defaults, but nothing becomes a class with a suffix.

    The suffix records what the survey found on the ground (K: former cropland, A: a use); new land takes the
    class without it.
    """
    table = default_transitions(classes)
    suffixed = table["to"].map(base_code) != table["to"]
    for column, value in NO_SUFFIX.items():
        table[column] = table[column].mask(suffixed, value)
    return table


def _names(code: str, name_zh: str, name_en: str) -> tuple[str, str]:
    if code in SUBTYPES:
        return SUBTYPES[code]
    if code.endswith("K"):
        return f"可调整{name_zh}", f"{name_en}, reversible to cropland"
    return name_zh, name_en
