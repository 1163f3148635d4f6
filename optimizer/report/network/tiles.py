"""Key figures of a network plan: only those that its tables give a meaning, so that a tree tells nothing of supply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.report.sections import Tile
from optimizer.report.text import number, percent, significant, small
from optimizer.results.network.rows import year_mwh
from optimizer.results.terms import term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.report.network.view import NetworkView


def tiles(view: NetworkView, summary: dict[str, Any]) -> tuple[Tile, ...]:
    """Return what is minimised, what is built, and of the last year the share of renewables and what supply emits.

    Renewables are told where there is plant of theirs, emissions where there is that or a factor.
    """
    unit = term("unit", str(summary.get("objective_unit") or ""), view.lang)
    gap = view.t("tile_no_gap") if summary.get("gap") == 0 else view.t("tile_gap_remark", gap=small(summary.get("gap")))
    goal = Tile(view.t(f"tile_{view.goal}"), significant(summary.get("objective"), 6), unit, gap)
    return (goal, *_built(view), *_supplied(view))


def _built(view: NetworkView) -> Iterator[Tile]:
    """Yield the plant that is added, with the circuits built; circuits by themselves where no plant can be added."""
    network = view.plan.network
    circuits = (view.wires.units["component"] == "candidate").to_numpy()
    built = number(float(view.wires.circuits[-1, circuits].sum()), 0)
    grows = any((network[name]["extendable"] == 1).any() for name in ("generators", "storage"))
    if grows or len(network["sites"]):
        table = view.tables["capacity"]
        added = float(table.loc[table["period"] == network.stage_years[-1], "added_mw"].clip(lower=0).sum())
        remark = view.t("tile_added_remark", circuits=built) if circuits.any() else ""
        yield Tile(view.t("tile_added"), significant(added, 5), "MW", remark)
    elif circuits.any():
        offered = number(int(network["candidates"]["max_additions"].sum()), 0)
        yield Tile(view.t("tile_circuits"), built, "", view.t("tile_circuits_remark", offered=offered))


def _supplied(view: NetworkView) -> Iterator[Tile]:
    """Yield what feeds the load in the last year: the share of renewables, and emissions."""
    plan, feeds = view.plan, view.supply
    clean = feeds.units["renewable"].to_numpy(dtype=bool)
    load = float(year_mwh(plan, view.load)[-1])
    year = view.stage_name(-1)
    of_year = f" · {view.t('tile_year', year=year)}" if year else ""
    energy, lost = (year_mwh(plan, one)[-1] for one in (feeds.power, feeds.curtailed))
    if clean.any() and load > 0:
        could = float(energy[clean].sum() + lost[clean].sum())
        curtailed = view.t(
            "tile_clean_remark", share=percent(float(lost[clean].sum()) / could if could > 0 else 0.0, 1)
        )
        yield Tile(view.t("tile_clean") + of_year, percent(float(energy[clean].sum()) / load, 1), "", curtailed)
    if clean.any() or np.any(feeds.factor[-1] != 0):
        emitted = float(energy @ feeds.factor[-1])
        each = view.t("tile_supply_remark", factor=significant(emitted / load, 3)) if load > 0 else ""
        unit = term("unit", "tCO2e/yr", view.lang)
        yield Tile(view.t("tile_supply") + of_year, significant(emitted, 5), unit, each)
