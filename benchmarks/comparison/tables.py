"""Records as CSV (everything) and Markdown (what one reads).

`load` is how many programs wanted a processor when the run started: seconds measured beside others are longer,
processor seconds (of building and solving; of everything where a route runs a program) hardly.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Record = dict[str, Any]

FIELDS = (
    "case",
    "route",
    "seed",
    "zones",
    "columns",
    "rows",
    "integers",
    "threads",
    "gap_asked",
    "status",
    "objective",
    "bound",
    "gap",
    "base",
    "violation",
    "split",
    "build_s",
    "solve_s",
    "total_s",
    "processor_s",
    "load",
    "peak_mb",
    "note",
)

HEADER = (
    "| case | route | objective | bound | gap | outside | build s | solve s | together s | processor s | peak GB | |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|",
)


def write_csv(records: Sequence[Record], path: Path) -> None:
    """Write every field of every record; what is not known is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(records)


def markdown(records: Sequence[Record]) -> str:
    """Return the table for people."""
    return "\n".join([*HEADER, *map(line, records)]) + "\n"


def line(record: Record) -> str:
    """Return one line of the table; more than one seed is told in the case's name."""
    case = record["case"] + (f" (seed {record['seed']})" if record["seed"] != 1 else "")
    cells = (
        case,
        f"`{record['route']}`",
        _number(record.get("objective"), ",.4f"),
        _number(record.get("bound"), ",.4f"),
        _number(record.get("gap"), ".1e"),
        _number(_outside(record), ".1e"),
        _number(record.get("build_s"), ".2f"),
        _number(record.get("solve_s"), ".3g" if record.get("solve_s", 1) < 0.1 else ".2f"),
        _number(record.get("total_s"), ".2f"),
        _number(record.get("processor_s"), ".2f"),
        _number(record["peak_mb"] / 1e3 if record.get("peak_mb") else None, ".2f"),
        "; ".join(part for part in (_status(record), record.get("note", "")) if part).replace("|", "/"),
    )
    return f"| {' | '.join(cells)} |"


def _outside(record: Record) -> float | None:
    """Return the larger of the distances from a row and from a whole number."""
    known = [record[name] for name in ("violation", "split") if name in record]
    return max(known) if known else None


def _status(record: Record) -> str:
    """Return the status where it is not what was asked for."""
    return "" if record["status"] in ("optimal", "read") else f"**{record['status']}**"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
