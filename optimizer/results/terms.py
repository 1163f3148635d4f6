"""Names in Chinese and English of what results are made of: components, sectors, rules, units (术语对照)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Literal

import pandas as pd

from instances.classes import shipped_table

Lang = Literal["zh", "en"]
_USER, _SITE = "user:", "site:"


@lru_cache
def _terms() -> dict[tuple[str, str], tuple[str, str]]:
    with files("optimizer.results").joinpath("terms.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype=str, keep_default_na=False)
    known = {(row["kind"], row["key"]): (row["zh"], row["en"]) for row in table.to_dict("records")}
    for row in shipped_table("groups").to_dict("records"):
        known["group", row["group"]] = (row["name_zh"], row["name_en"])
    return known


def term(kind: str, key: object, lang: Lang) -> str:
    """Return the name of a key of some kind (component, sector, end_use, rule, unit, group, ...).

    A land end use is a group of classes; `user:name` is the user's own constraint of that name, `site:name` a rule
    on the planning units of a joint study. An unknown key is its own name, underscores made spaces.
    """
    if str(key).startswith(_USER):
        return f"{term(kind, 'user', lang)} {str(key).removeprefix(_USER)}"
    if str(key).startswith(_SITE):
        return f"{term(kind, 'site', lang)} {term(kind, str(key).removeprefix(_SITE), lang)}"
    known = _terms()
    kinds = (kind, "group") if kind == "end_use" else (kind,)
    for one in kinds:
        if (one, str(key)) in known:
            return known[one, str(key)][lang == "en"]
    return str(key).replace("_", " ")
