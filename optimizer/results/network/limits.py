r"""Limits on the network as a whole against what the plan reaches, by rule and stage, and what they are worth.

The worth of a limit is by how much the objective rises for one more unit of it, whole decisions fixed as in the plan:
the multiplier of its row times what a unit is there, :math:`D` MWh for a share of load, the MWh that could be given for
a share curtailed. A limit of a year holds in each of the :math:`Y` years of a stage, so that the price of a tonne is
the worth over :math:`Y`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.rule_names import name_zh
from optimizer.results.network.figures import stores, supply
from optimizer.results.rules import NO_WORTH, SLACK_WORTH

if TYPE_CHECKING:
    from collections.abc import Container

    from optimizer.results.network.figures import Stores, Supply
    from optimizer.results.network.reading import NetworkPlan

TOLERANCE = 1e-6
"""Part of a limit by which it may be missed."""


def limits(plan: NetworkPlan, feeds: Supply, holds: Stores) -> pd.DataFrame:
    """Return each limit in each stage that it holds in, with what is reached and its worth.

    Columns: id, rule, technology, period, sense, bound, reached, unit, worth (of all years of the period),
    worth_a_year, holds, source; worths are NaN where no multiplier is known.
    """
    years, stated = plan.network.stage_years, plan.network["rules"]
    worth = plan.once("rule", "worth", stated["id"])
    rows = [
        {
            "id": str(rule["id"]),
            "rule": str(rule["rule"]),
            "technology": str(rule["technology"]),
            "period": year,
            "sense": str(rule["sense"]),
            "bound": float(rule["value"]),
            "reached": _reached(plan, feeds, holds, rule, stage),
            "unit": str(rule["unit"]),
            "worth": float(worth[stage, place]) * _unit(plan, feeds, rule, stage),
            "years": float(plan.years[stage]),
        }
        for place, rule in enumerate(stated.to_dict("records"))
        for stage, year in enumerate(years)
        if rule["year"] in (0, year)
    ]
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows)
    table["worth_a_year"] = table["worth"] / table.pop("years")
    room = TOLERANCE * np.maximum(table["bound"].abs(), 1.0)
    over = (table["sense"] != ">=") & (table["reached"] > table["bound"] + room)
    under = (table["sense"] != "<=") & (table["reached"] < table["bound"] - room)
    return table.assign(holds=~(over | under), source=_sources(plan, table["id"]))


def _sources(plan: NetworkPlan, ids: pd.Series) -> pd.Series:
    rules = plan.network["rules"]
    return ids.map(pd.Series(rules["source"].astype(str).to_numpy(), index=rules["id"].astype(str)))


def _unit(plan: NetworkPlan, feeds: Supply, rule: dict[Any, Any], stage: int) -> float:
    """Return by what a unit of a limit moves its row: MWh of a share, 1 where the limit is an amount."""
    if rule["unit"] != "share":
        return 1.0
    hours = plan.network.weight_h
    if rule["rule"] != "curtailment_cap":
        return float(hours @ plan.demand[stage].sum(axis=1))
    renewable = feeds.units["renewable"].to_numpy(dtype=bool)
    return float((hours @ (feeds.power[stage] + feeds.curtailed[stage]))[renewable].sum())


def stated_rules(rules: pd.DataFrame, plan: NetworkPlan) -> pd.DataFrame:
    """Return the table of rules of a joint study with limits on the network as the planner states them.

    The rows of a Program count MWh, may turn a limit round, and leave out what stands already.
    """
    feeds, own = supply(plan), plan.network["rules"].set_index("id", drop=False)
    kinds = {f"energy:{rule}" for rule in own["rule"]}
    mine = rules["rule"].isin(kinds)
    if not mine.any():
        return rules
    worth: dict[tuple[str, int], float] = {}
    for row in rules[mine].to_dict("records"):
        name, end = limit_of(str(row["id"]), set(own.index))
        rule, year = own.loc[name].to_dict(), int(row["period"])
        sign = 1.0 if row["sense"] == (end or rule["sense"]) else -1.0
        unit = _unit(plan, feeds, rule, plan.network.stage_years.index(year))
        worth[name, year] = worth.get((name, year), 0.0) + sign * unit * float(row["worth"])
    goal = str(rules.loc[mine, "worth_unit"].iloc[0]).split("/")[0]
    table = limits(plan, feeds, stores(plan))
    less = table["sense"] == "<="
    slack = (table["bound"] - table["reached"]).where(less, table["reached"] - table["bound"])
    size = table[["bound", "reached"]].abs().max(axis=1).clip(lower=1e-6)
    binding = slack.abs() <= TOLERANCE * size
    worths = [worth.get(key, np.nan) for key in zip(table["id"], table["period"], strict=True)]
    told = table.assign(
        rule="energy:" + table["rule"],
        value=table["reached"],
        slack=slack,
        worth=worths,
        worth_unit=goal + "/" + table["unit"],
        worth_by=np.where(binding | (np.abs(worths) < NO_WORTH), "", SLACK_WORTH),
        binding=binding,
    )
    told["rule_zh"] = told["rule"].map(name_zh)
    told = told.assign(status="stated", **dict.fromkeys(("region", "group", "grade", "part"), ""))
    return pd.concat([rules[~mine], told[list(rules.columns)]], ignore_index=True)


def limit_of(name: str, known: Container[str]) -> tuple[str, str]:
    """Return the id in `rules` of a row of the Program, and the sense of one of the two rows of an equality."""
    for end, sense in ((" least", ">="), (" most", "<=")):
        if name not in known and name.endswith(end):
            return name.removesuffix(end), sense
    return name, ""


def _reached(plan: NetworkPlan, feeds: Supply, holds: Stores, rule: dict[Any, Any], stage: int) -> float:
    """Return what the plan has of a rule in a stage, in the unit of the rule."""
    hours = plan.network.weight_h
    energy = hours @ feeds.power[stage]
    load = float(hours @ plan.demand[stage].sum(axis=1))
    kind = feeds.units["component"].to_numpy()
    renewable = feeds.units["renewable"].to_numpy(dtype=bool)
    share = rule["unit"] == "share"
    match rule["rule"]:
        case "emission_cap":
            return float(energy @ feeds.factor[stage])
        case "renewable_share":
            return float(energy[renewable].sum()) / load if load else np.nan
        case "self_sufficiency":
            return float(energy[kind != "import"].sum()) / load if load else np.nan
        case "curtailment_cap":
            lost = float((hours @ feeds.curtailed[stage])[renewable].sum())
            could = float(energy[renewable].sum()) + lost
            return lost / could if share and could else lost
        case "import_cap":
            bought = float(energy[kind == "import"].sum())
            return bought / load if share and load else bought
        case _:
            return _capacity(feeds, holds, str(rule["technology"]), stage)


def _capacity(feeds: Supply, holds: Stores, technology: str, stage: int) -> float:
    """Return MW of a technology, of every one where none is named; imports are none."""
    total = 0.0
    for units, capacity in ((feeds.units, feeds.capacity), (holds.units, holds.capacity)):
        of = (units["component"] != "import").to_numpy()
        if technology:
            of = of & (units["technology"] == technology).to_numpy()
        total += float(capacity[stage, of].sum())
    return total
