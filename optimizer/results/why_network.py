"""What a network has to do with one zone: sites that reach it, strips that cross it, what they take and convert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.overlays import CORRIDOR
from optimizer.results.network.reading import NetworkPlan
from optimizer.results.terms import term

if TYPE_CHECKING:
    import pandas as pd

    from formulations.block import LandBlock
    from optimizer.results.terms import Lang

LEAST = 1e-6
"""MW or part of an opening below which nothing is built."""


def overlay_words(block: LandBlock, name: str, lang: Lang) -> str:
    """Return what lies on land under an overlay: a site with its technology, or the strip of a corridor."""
    assert block.overlays is not None
    kind = block.overlays.technology[block.overlays.names.index(name)]
    technology = term("technology", kind, lang)
    if name == CORRIDOR:
        return technology
    return f"{technology}场址 {name}" if lang == "zh" else f"{technology} site {name}"


def network_lines(block: LandBlock, zone: int, table: pd.DataFrame | None, lang: Lang) -> list[str]:
    """Return a sentence for each site that reaches a zone and each segment that crosses it.

    `table` is `plan/network.parquet`; None where the folder has none.
    """
    if block.network is None:
        return []
    network, name = block.network, str(block.land.zones["zone"].iloc[zone])
    plan = None if table is None else NetworkPlan(network, table)
    return [*_sites(block, plan, name, lang), *_segments(block, plan, name, lang)]


def _sites(block: LandBlock, plan: NetworkPlan | None, zone: str, lang: Lang) -> list[str]:
    assert block.network is not None
    sites, reach = block.network["sites"], block.network["site_zones"]
    told = []
    share = reach[reach["zone"].astype(str) == zone].groupby("site", sort=False)["share"].sum()
    for site, part in share.items():
        at = int(np.flatnonzero(sites["site"] == site)[0])
        row = sites.iloc[at]
        built = 0.0 if plan is None else float(np.nan_to_num(plan.once("site", "capacity_mw", sites["site"]))[-1, at])
        what = term("technology", row["technology"], lang)
        potential, reached = f"{row['potential_mw']:,.6g}", f"{100 * min(float(part), 1.0):.3g} %"
        if lang == "zh":
            state = f"方案建 {built:,.6g} MW" if built > LEAST else "方案未用"
            told.append(f"{what}场址 {site} 可用其 {reached}，可开发 {potential} MW，{state}。")
        else:
            state = f"the plan builds {built:,.6g} MW" if built > LEAST else "the plan does not use it"
            told.append(f"The {what} site {site} reaches {reached} of it; it could have {potential} MW, {state}.")
    return told


def _segments(block: LandBlock, plan: NetworkPlan | None, zone: str, lang: Lang) -> list[str]:
    assert block.network is not None
    network = block.network
    crossed, segments = network["segment_zones"], network["segments"]
    own = crossed[crossed["zone"].astype(str) == zone]
    opened = (
        np.zeros(len(segments))
        if plan is None
        else np.nan_to_num(plan.once("segment", "opened", segments["segment"]))[-1]
    )
    told = []
    for row in own.to_dict("records"):
        at = int(np.flatnonzero(segments["segment"].astype(str) == str(row["segment"]))[0])
        of = network["corridors"].loc[network["corridors"]["segment"] == row["segment"], "corridor"].astype(str)
        ways, area, feet = ", ".join(dict.fromkeys(of)), f"{row['area_ha']:,.4g}", f"{row['tower_ha']:,.3g}"
        if lang == "zh":
            state = "方案已开辟" if opened[at] > LEAST else "方案未开辟"
            told.append(f"走廊区段 {row['segment']}（{ways}）的走廊带占 {area} 公顷，塔基 {feet} 公顷，{state}。")
        else:
            state = "opened in the plan" if opened[at] > LEAST else "not opened in the plan"
            told.append(
                f"The strip of segment {row['segment']} ({ways}) takes {area} ha, its towers {feet} ha; {state}."
            )
    return told
