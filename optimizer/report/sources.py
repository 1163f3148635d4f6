"""What the result rests on: inputs that were not read in a published source, and corrected values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from instances.carbon import default_parameters
from instances.schema import table as schema_table
from optimizer.report.text import text
from optimizer.results.indicators import catalogue
from optimizer.results.terms import term

if TYPE_CHECKING:
    from instances.instance import Instance
    from optimizer.results.terms import Lang

_SHOWN = 2
"""Sources shown of each group of rows."""
_LONGEST = 220
_ORDER = {
    status: place for place, status in enumerate(reversed(schema_table("land", "quotas").column("status").values))
}


@dataclass(frozen=True)
class SourceRow:
    """Rows of one table, of one kind and status, with what was said of their source."""

    table: str
    what: str
    status: str
    status_name: str
    count: int
    source: str


def _listed(instance: Instance, lang: Lang) -> pd.DataFrame:
    """All rows with a status: table, what, status, source."""
    tables = instance.require_land().tables
    own = tables["parameters"]
    shipped = default_parameters()
    parameters = pd.concat([own, shipped[~shipped["parameter"].isin(own["parameter"])]], ignore_index=True)
    allowed = tables["transitions"]["allowed"].map(lambda flag: text(lang, "allowed" if flag == 1 else "barred"))
    context, known = tables["context"], catalogue()
    named = dict(zip(known["code"], known[f"name_{lang}"], strict=True))
    parts = {
        "factors": (tables["factors"], tables["factors"]["factor"].map(lambda key: term("factor", key, lang))),
        "parameters": (parameters, parameters["parameter"].map(lambda key: term("parameter", key, lang))),
        "quotas": (tables["quotas"], tables["quotas"]["rule"].map(lambda key: term("rule", key, lang))),
        "transitions": (tables["transitions"], allowed),
        "activity": (tables["activity"], tables["activity"]["end_use"].map(lambda key: term("end_use", key, lang))),
        "context": (context, context["item"].map(lambda key: term("context", str(key).split(":")[0], lang))),
        "indicators": (tables["indicators"], tables["indicators"]["code"].map(lambda code: named.get(code, code))),
    }
    if instance.restoration is not None:
        projects = instance.restoration.tables["projects"]
        parts["projects"] = (projects, pd.Series("", index=projects.index))
    frames = [
        pd.DataFrame({"table": name, "what": what, "status": table["status"], "source": table["source"]})
        for name, (table, what) in parts.items()
        if len(table)
    ]
    return pd.concat(frames, ignore_index=True)


def _sources(values: pd.Series, lang: Lang) -> str:
    unique = list(dict.fromkeys(value for value in values.astype(str) if value))
    shown = [value if len(value) <= _LONGEST else value[:_LONGEST] + "…" for value in unique[:_SHOWN]]
    more = len(unique) - _SHOWN
    return "; ".join(shown) + (" " + text(lang, "more_sources", more=more) if more > 0 else "")


def source_rows(instance: Instance, lang: Lang) -> list[SourceRow]:
    """Return inputs that are not `published`, grouped by table, kind and status, the weakest status first."""
    rows = _listed(instance, lang)
    rows = rows[rows["status"] != "published"]
    groups = rows.groupby(["table", "what", "status"], sort=False)
    found = [
        SourceRow(
            table=text(lang, f"table_{table}"),
            what=str(what),
            status=str(status),
            status_name=term("status", status, lang),
            count=len(group),
            source=_sources(group["source"], lang),
        )
        for (table, what, status), group in groups
    ]
    return sorted(found, key=lambda row: _ORDER.get(row.status, 0))


def corrected_rows(instance: Instance, lang: Lang) -> list[str]:
    """Return the factors whose printed value was corrected, one sentence each."""
    land = instance.require_land()
    table = land.tables["factors"]
    names = land.classes.set_index("class")[f"name_{lang}"]
    return [
        text(
            lang,
            "corrected_row",
            name=names.get(row["class"], row["class"]),
            factor=term("factor", row["factor"], lang),
            printed=row["printed"],
            value=f"{row['value']:g}",
            unit=row["unit"],
            note=row["note"],
        )
        for row in table[table["printed"].astype(str) != ""].to_dict("records")
    ]
