r"""The emissions curve (排放曲线): the annual inventory of a plan, year by year, and one-off stocks beside it.

.. math:: A_y = c_y + \sum_m f_m(y)\, a_m u_m + s_y

:math:`c` the city total less the uptake of present land, :math:`f` (tCO2e/ha/yr) the sinks of the year that a move has
lost and won, by its age, and the activity that it carries, :math:`s` what the network emits in a year of its stage.
Over all years A and the one-off stocks add up to the cumulative account of the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program
    from optimizer.studies.models import Model

PARTS = ("city_total", "present_sinks", "land_change", "supply")
"""What the inventory of a year adds up, tCO2e/yr."""

ROUND_OFF = 1e-12
"""Part of what adds up below which a stock is what rounding leaves."""

COLUMNS = ("year", "period", *PARTS, "annual", "one_off", "cumulative")
"""Columns of the table of a curve."""


def curve(model: Model, shares: NDArray[np.float64], spread: bool = False) -> pd.DataFrame:
    """Return the curve of a plan, one row a year of the span.

    `period` is the end year of the period that a year lies in. `one_off` (tCO2e) are stocks lost, gained and embodied:
    of each period in its last year, or where `spread`, in the years in which the account lets them go. `cumulative`
    (tCO2e) is what was emitted since the base year, stocks included. Raises InstanceError where there is no land.
    """
    if model.block is None:
        hint = "leave [[pathway]] out, or add the land part"
        zh = "年度清单以用地为基础（请去掉 [[pathway]]，或加上用地部分）"
        raise InstanceError([Fault(str(model.instance.folder), "the annual inventory is one of land", hint, zh=zh)])
    block = model.block
    area = shares[: len(block.moves)] * block.moves.area_ha
    span = range(block.settings.carbon.base_year + 1, block.settings.carbon.end_year + 1)
    city, sinks = _constants(block, span)
    rates = {year: block.annual_per_ha(year) for year in span}
    change = np.array([float(rates[year] @ area) for year in span])
    table = pd.DataFrame({"year": list(span), "city_total": city, "present_sinks": sinks, "land_change": change})
    ends = np.array(block.settings.time.periods)
    table["period"] = ends[np.searchsorted(ends, table["year"])]
    table["supply"] = _supply(model.program, shares, block, span)
    table["annual"] = table[list(PARTS)].sum(axis=1)
    stocks = _spread(block, area, change, span) if spread else _at_ends(block, area, rates)
    noise = ROUND_OFF * float(np.abs(change).sum() + np.abs(list(stocks.values())).sum())
    table["one_off"] = [value if abs(value := stocks.get(year, 0.0)) > noise else 0.0 for year in span]
    table["cumulative"] = (table["annual"] + table["one_off"]).cumsum()
    return table[list(COLUMNS)]


def _constants(block: LandBlock, span: range) -> tuple[list[float], list[float]]:
    """Return the city total of each year and the uptake of present land, as emissions, tCO2e/yr."""
    carbon, root = block.carbon, block.land.root
    inside = block.land.subtree[root]
    share = carbon.activity_share(inside)
    city = [carbon.demand.existing_in(year) * share for year in span]
    return city, [carbon.annual_constant(root, year) - one for year, one in zip(span, city, strict=True)]


def _supply(program: Program, shares: NDArray[np.float64], block: LandBlock, span: range) -> NDArray[np.float64]:
    """Return what the network emits in each year: that of the stage that the year lies in, tCO2e/yr."""
    ends = np.array(block.settings.time.periods)
    lengths = np.diff([block.settings.carbon.base_year, *ends])
    by_stage = np.zeros(len(ends))
    for family in program.columns if block.network is not None else ():
        emitted = family.cost.get("emissions")
        if emitted is not None and emitted.any():
            first = program.offsets[family.family]
            stage = np.searchsorted(ends, family.labels["period"].to_numpy(dtype=np.int64))
            np.add.at(by_stage, stage, emitted * shares[first : first + len(family)])
    return (by_stage / lengths)[np.searchsorted(ends, np.array(span))]


def _at_ends(block: LandBlock, area: NDArray[np.float64], rates: dict[int, NDArray[np.float64]]) -> dict[int, float]:
    """Return the stocks of the moves of each period, by its last year."""
    once = (block.emissions_per_ha(block.settings.carbon.end_year) - np.sum(list(rates.values()), axis=0)) * area
    return {
        end: float(once[block.moves.period == period].sum())
        for period, end in enumerate(block.settings.time.periods, start=1)
    }


def _spread(block: LandBlock, area: NDArray[np.float64], change: NDArray[np.float64], span: range) -> dict[int, float]:
    """Return the stocks by the year in which the account lets them go."""
    so_far = np.array([float(block.emissions_per_ha(year) @ area) for year in span])
    once = np.diff(so_far - np.cumsum(change), prepend=0.0)
    return dict(zip(span, once.tolist(), strict=True))


def peak_of(table: pd.DataFrame) -> dict[str, float | int | bool | None]:
    """Return when a curve first peaks, how high, whether it never rises after, and when it first reaches zero.

    `falls_after`: in no year after the peak is it above the year before; `falls_by_period`: at no end of a period above
    that of the period before, as the rule `peak` compares it. What rounding leaves counts as none.
    """
    annual, years = table["annual"].to_numpy(), table["year"].to_numpy()
    noise = 1e-9 * max(float(np.abs(annual).max()), 1.0)
    top = int(np.argmax(annual >= annual.max() - noise))
    after = np.diff(annual[top:])
    at_ends = np.diff(annual[top:][(years == table["period"])[top:]])
    zero = years[annual <= noise]
    return {
        "peak_year": int(years[top]),
        "peak_annual": float(annual[top]),
        "end_annual": float(annual[-1]),
        "falls_after": bool((after <= noise).all()),
        "falls_by_period": bool((at_ends <= noise).all()),
        "zero_year": int(zero[0]) if len(zero) else None,
        "one_off": float(table["one_off"].sum()),
        "cumulative": float(table["cumulative"].iloc[-1]),
    }
