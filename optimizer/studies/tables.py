"""What a run of a study came to, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from optimizer.studies.solving import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimizer.studies.tasks import Ended

AUDIT: dict[bool | None, str] = {True: "passed", False: "failed", None: ""}
"""What a record says of the audit of its plan, in a word."""


def scenario_lines(ended: Mapping[str, Ended]) -> pd.DataFrame:
    """Return one row a scenario: how its solve ended, objective, bound, gap, audit, and whether it was kept."""
    return pd.DataFrame(
        {
            "scenario": name.removeprefix(f"{SCENARIOS}/"),
            "status": one.record.get("status", "failed"),
            "objective": one.record.get("objective"),
            "unit": one.record.get("objective_unit", ""),
            "bound": one.record.get("bound"),
            "gap": one.record.get("gap"),
            "audit": AUDIT[one.record.get("audit_passed")],
            "seconds": (one.record.get("seconds") or {}).get("total"),
            "kept": "*" if one.kept else "",
        }
        for name, one in ended.items()
        if name.startswith(f"{SCENARIOS}/")
    )
