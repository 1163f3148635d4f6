"""What a report shows, read again from a solved folder."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from instances.faults import Fault, InstanceError
from optimizer.report.page import ReportInput
from optimizer.results.rules import COLUMNS
from optimizer.results.sites.plan import joint_selection
from optimizer.results.tables import audit_of, network_plan, plan_tables

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from optimizer.results.terms import Lang

_NEEDED = ("summary.json", "rules.csv", "plan/moves.parquet")
HINT = "name the folder that `sanqu solve --out` wrote"


def read_report(instance: Instance, folder: Path, lang: Lang) -> ReportInput:
    """Return what the report of a solved folder shows, in a language.

    Transitions, indicators and ledger are computed anew from the moves; rules and proof are as written.

    Raises
    ------
    InstanceError
        Where files are missing or unreadable, hold no plan, or come from another instance.
    """
    summary = read_summary(instance, folder, _NEEDED)
    instance = _as_solved(instance, summary)
    try:
        moves = pd.read_parquet(folder / "plan" / "moves.parquet")
        rules = _rules(folder / "rules.csv")
        audit = audit_of(folder, summary)
        selection = joint_selection(instance, folder)
        network = network_plan(instance, folder)
        tables = plan_tables(instance, moves, network)
    except InstanceError:
        raise
    except (OSError, ValueError, KeyError) as error:
        raise InstanceError([Fault(str(folder), f"cannot be read: {error}", HINT)]) from error
    return ReportInput(
        instance=instance,
        summary=summary,
        moves=moves,
        rules=rules,
        audit=audit,
        lang=lang,
        selection=selection,
        network=network,
        **tables,
    )


def read_summary(instance: Instance, folder: Path, needed: tuple[str, ...]) -> dict[str, Any]:
    """Return the summary of a solved folder; raises InstanceError where needed files or the instance are others."""
    _present(folder, needed)
    summary = _json(folder / "summary.json")
    if summary.get("instance_hash") != instance.hash:
        fault = Fault(
            str(folder / "summary.json"),
            "this plan was solved from another instance, or the files of the instance have changed since",
        )
        raise InstanceError([replace(fault, hint="name the instance it was solved from, or solve anew")])
    return summary


def _present(folder: Path, needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if not (folder / name).is_file()]
    if not folder.is_dir():
        raise InstanceError([Fault(str(folder), "is not a folder", HINT)])
    if missing:
        raise InstanceError(
            [Fault(str(folder / name), "is missing: the folder holds no plan", HINT) for name in missing]
        )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InstanceError([Fault(str(path), f"is no JSON: {error}", HINT)]) from error
    if not isinstance(found, dict):
        raise InstanceError([Fault(str(path), "holds no summary", HINT)])
    return found


def _as_solved(instance: Instance, summary: dict[str, Any]) -> Instance:
    """Return the instance with the accounting mode that the solve was given."""
    mode = (summary.get("options") or {}).get("mode")
    settings = instance.settings
    if mode not in ("flux", "stock"):
        return instance
    changed = settings.model_copy(update={"carbon": settings.carbon.model_copy(update={"mode": mode})})
    return replace(instance, settings=changed)


def _rules(path: Path) -> pd.DataFrame:
    numbers = {"bound", "value", "slack", "worth"}
    texts = {name: str for name in COLUMNS if name not in numbers}
    table = pd.read_csv(
        path, encoding="utf-8-sig", dtype=texts, keep_default_na=False, na_values={name: [""] for name in numbers}
    )
    absent = [name for name in COLUMNS if name not in table]
    if absent:
        raise InstanceError([Fault(str(path), "the column is missing", HINT, column=name) for name in absent])
    return table.assign(binding=table["binding"] == "True")
