"""A quota row as a rule in planning terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.program import is_user
from optimizer.infeasibility.explanation import RuleRef

if TYPE_CHECKING:
    from formulations.block import LandBlock
    from optimizer.infeasibility.rows import QuotaRows


def reference(rows: QuotaRows, block: LandBlock, row: int) -> RuleRef:
    """Return the rule that a row stands for, with its bound as the quotas table gives it, in the row's unit."""
    quota, place = rows.locate(row)
    label = rows.label(row)
    at_least = bool(np.isfinite(quota.lower[place]))
    bound = float(quota.lower[place] if at_least else quota.upper[place]) + float(str(label.get("base", 0.0)))
    if quota.rule == "redevelopment_share":
        bound = _stated(block, str(label["id"]))
    return RuleRef(
        rule=quota.rule,
        region=str(label["region"]),
        period=int(str(label["period"])),
        group=str(label.get("group", "")),
        unit=quota.unit,
        sense=">=" if at_least else "<=",
        bound=bound,
        names=(str(label["id"]),) if is_user(quota.rule) else (),
    )


def _stated(block: LandBlock, name: str) -> float:
    table = block.land.quotas
    return float(table.loc[table["id"].astype(str) == name, "value"].iloc[0])
