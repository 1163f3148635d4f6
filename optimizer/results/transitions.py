"""Hectares from class to class (地类转移矩阵)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from optimizer.results.coded import code_moves

if TYPE_CHECKING:
    from instances.instance import Instance


def transitions(instance: Instance, moves: pd.DataFrame) -> pd.DataFrame:
    """Return hectares by present and planned class: from, to, area_ha; what stays has from = to."""
    coded = code_moves(instance, moves)
    names = coded.land.classes["class"].astype(str)
    codes = pd.DataFrame({"from": coded.source, "to": coded.target, "area_ha": coded.area_ha})
    summed = codes[codes["area_ha"] > 0].groupby(["from", "to"], as_index=False)["area_ha"].sum()
    labels = names.to_numpy()
    return summed.assign(**{side: labels[summed[side]] for side in ("from", "to")})


def matrix(instance: Instance, long: pd.DataFrame) -> pd.DataFrame:
    """Return the long table as a square: rows the present class, columns the planned one, in ha.

    Classes stand in the order of the instance's table; those that hold no land on either side are left out.
    """
    order = instance.require_land().classes["class"].astype(str)
    used = set(long["from"]) | set(long["to"])
    shown = [name for name in order if name in used]
    square = long.pivot_table(index="from", columns="to", values="area_ha", aggfunc="sum", fill_value=0.0)
    return square.reindex(index=shown, columns=shown, fill_value=0.0)
