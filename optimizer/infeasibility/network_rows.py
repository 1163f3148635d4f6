"""Rows of a network, alone or with land, that may give way in an explanation, and what they say when they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.energy.balance import RULE as BALANCE
from formulations.energy.shares import RULES
from formulations.energy.template import ENERGY
from optimizer.infeasibility.explanation import Clash, Explanation, Names
from optimizer.infeasibility.network_words import SHARE, Apart, Kind, Limit, Power, Said
from optimizer.infeasibility.rows import is_quota
from optimizer.infeasibility.wording import headline
from optimizer.results.network.limits import limit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from formulations.block import LandBlock
    from formulations.program import Program, Quota
    from instances.network import Network
    from optimizer.infeasibility.network_words import Told

CONNECTION = "connection"
POWER = "power"
"""Group of all loads together."""

SIZES = {SHARE: 1.0, "MWh": 1.0, "tCO2e": 0.1}
"""What missing a limit of some unit is measured against at least, for each MWh of the year's load."""


@dataclass(frozen=True)
class Row:
    """A row that may give way.

    Attributes
    ----------
    row
        Its place in the Program.
    group
        What gives way as one: all loads, a limit in a stage, a connection, a line of the quotas table.
    label
        What the Program says of it.
    bound, size, price
        Its bound, what a shortfall is measured against, and what a unit of shortfall weighs.
    most
        Greatest shortfall: no bus goes without more than it draws.
    flipped
        Whether the row states its limit the other way round.
    """

    row: int
    kind: Kind
    group: str
    rule: str
    label: Mapping[Any, Any]
    unit: str
    sense: str
    bound: float
    size: float
    price: float
    most: float = np.inf
    flipped: bool = False


def rows_of(network: Network, program: Program, block: LandBlock | None) -> Iterator[Row]:
    """Yield the rows that may give way; of land only where it is planned with the network."""
    for quota, start in zip(program.quotas, program.row_starts[:-1].tolist(), strict=True):
        name = quota.rule.removeprefix(ENERGY)
        if quota.rule == ENERGY + BALANCE:
            yield from _loads(network, quota, start)
        elif quota.rule.startswith(ENERGY) and name in RULES:
            yield from _limits(network, quota, start)
        elif quota.rule == ENERGY + CONNECTION:
            yield from _connections(quota, start)
        elif block is not None and not quota.rule.startswith(ENERGY):
            yield from _quotas(quota, start)


def _bound(quota: Quota, place: int) -> tuple[str, float]:
    low, high = float(quota.lower[place]), float(quota.upper[place])
    if low == high:
        return "==", low
    return (">=", low) if np.isfinite(low) else ("<=", high)


def _loads(network: Network, quota: Quota, start: int) -> Iterator[Row]:
    hours = dict(zip(network["snapshots"]["snapshot"].astype(str), network.weight_h.tolist(), strict=True))
    years = dict(zip(network.stage_years, (year_mwh(network, k) for k in range(len(network.stage_years))), strict=True))
    drawn = [network.demand_mw(stage) for stage in range(len(network.stage_years))]
    bus, when = (
        pd.Index(network[table][key].astype(str)) for table, key in (("buses", "bus"), ("snapshots", "snapshot"))
    )
    for place, label in enumerate(quota.labels.to_dict("records")):
        stage = network.stage_years.index(int(label["period"]))
        most = float(drawn[stage][bus.get_loc(str(label["id"])), when.get_loc(str(label["snapshot"]))])
        weight = max(hours[str(label["snapshot"])], 1e-3) / max(years[int(label["period"])], 1.0)
        sense, bound = _bound(quota, place)
        yield Row(start + place, "power", POWER, BALANCE, label, "MW", sense, bound, abs(bound), weight, most)


def year_mwh(network: Network, stage: int) -> float:
    """Return the load of the year of a stage, MWh."""
    return float(network.demand_mw(stage).sum(axis=0) @ network.weight_h)


def _limits(network: Network, quota: Quota, start: int) -> Iterator[Row]:
    stated: dict[str, dict[Any, Any]] = {str(one["id"]): one for one in network["rules"].to_dict("records")}
    for place, label in enumerate(quota.labels.to_dict("records")):
        sense, bound = _bound(quota, place)
        if not np.isfinite(bound):
            continue
        name, end = limit_of(str(label["id"]), stated)
        own = stated[name]
        year = year_mwh(network, network.stage_years.index(int(label["period"])))
        size = max(abs(float(own["value"])), SIZES.get(str(own["unit"]), 0.0) * year, 1.0)
        rule, flipped = quota.rule.removeprefix(ENERGY), sense != (end or own["sense"])
        group, said = f"{name} {label['period']}", {**label, "id": name}
        yield Row(start + place, "limit", group, rule, said, quota.unit, sense, bound, size, 1 / size, flipped=flipped)


def _connections(quota: Quota, start: int) -> Iterator[Row]:
    for place, label in enumerate(quota.labels.to_dict("records")):
        sense, bound = _bound(quota, place)
        if bound:
            group = f"{label['id']} {label['period']}"
            yield Row(start + place, "connection", group, CONNECTION, label, "1", sense, bound, 1.0, 1.0)


def _quotas(quota: Quota, start: int) -> Iterator[Row]:
    for place in np.flatnonzero(is_quota(quota)).tolist():
        sense, bound = _bound(quota, place)
        if np.isfinite(bound):
            label = {str(name): value for name, value in quota.labels.iloc[place].items() if value == value}
            size = max(abs(bound + float(str(label.get("base", 0.0)))), 1.0)
            group = f"{quota.rule} {label['id']}"
            yield Row(start + place, "quota", group, quota.rule, label, quota.unit, sense, bound, size, 1 / size)


def told(
    network: Network,
    lacking: Mapping[str, list[tuple[Row, float]]],
    block: LandBlock | None,
    *,
    whole: bool = False,
) -> list[Told]:
    """Return what groups of rows say that give way, limits first; `whole` sums loads over the buses."""
    found: list[Told] = []
    for given in lacking.values():
        if not given:
            continue
        kind = given[0][0].kind
        if kind == "limit":
            found.insert(0, _limit(network, given))
        elif kind == "connection":
            found += [_apart(network, row) for row, _ in given]
        elif kind == "quota":
            found.append(_quota(max(given, key=lambda one: abs(one[1])), block))
        else:
            found += _power(network, given, whole)
    return found


def _power(network: Network, given: list[tuple[Row, float]], whole: bool) -> list[Power]:
    """Return what lacks, and what is too much, by bus and stage, the most energy first."""
    hours = dict(zip(network["snapshots"]["snapshot"].astype(str), network.weight_h.tolist(), strict=True))
    parts: dict[tuple[str, int, bool], dict[str, float]] = {}
    for row, value in given:
        key = "" if whole else str(row.label["id"]), int(str(row.label["period"])), value < 0
        at = parts.setdefault(key, {})
        when = str(row.label["snapshot"])
        at[when] = at.get(when, 0.0) + abs(value)
    found = []
    for (bus, period, surplus), at in parts.items():
        worst = max(at, key=lambda when: at[when])
        energy = sum(hours[when] * value for when, value in at.items())
        found.append(Power(bus, period, at[worst], worst, energy, len(at), surplus))
    return sorted(found, key=lambda one: -one.mwh)


def _limit(network: Network, given: list[tuple[Row, float]]) -> Limit:
    """Return a limit with what is within reach of it, in the unit of its row of the table."""
    row = given[0][0]
    own = next(one for one in network["rules"].to_dict("records") if str(one["id"]) == str(row.label["id"]))
    period = int(str(row.label["period"]))
    # A row that falls short would need more of its body: of a limit that is turned round, less.
    missing = sum(value * (-1.0 if one.flipped else 1.0) for one, value in given)
    bound, unit = float(own["value"]), str(own["unit"])
    if unit == SHARE:
        missing /= _whole(network, row.rule, network.stage_years.index(period))
    technology = str(own["technology"])
    return Limit(row.rule, str(row.label["id"]), period, str(own["sense"]), bound, bound - missing, unit, technology)


def _whole(network: Network, rule: str, stage: int) -> float:
    """Return the MWh that a share is of: load, or for curtailment the most that renewable plant could give."""
    if rule != "curtailment_cap":
        return max(year_mwh(network, stage), 1e-9)
    generators, sites = network["generators"], network["sites"]
    some, fields = generators[generators["renewable"] == 1], sites[sites["technology"] != "storage"]
    most = np.where(some["extendable"] == 1, some["maximum_mw"], some["capacity_mw"])
    most = np.concatenate([np.where(np.isfinite(most), most, some["capacity_mw"]), fields["potential_mw"]])
    curves = np.vstack([network.curves(some["profile"]), network.curves(fields["profile"])])
    return max(float(most @ (curves @ network.weight_h)), 1e-9)


def _apart(network: Network, row: Row) -> Apart:
    """Return the connection and bus of a row, whose label is both names and the place where it stands."""
    label, table = str(row.label["id"]), network["connections"]
    for connection, buses in table.groupby("connection", sort=False)["bus"]:
        for bus in buses:
            if label.startswith(f"{connection} {bus} "):
                return Apart(str(connection), str(bus), str(buses.iloc[0]), int(str(row.label["period"])))
    return Apart(label, "", "", int(str(row.label["period"])))


def _quota(given: tuple[Row, float], block: LandBlock | None) -> Said:
    """Return a line of the quotas table with what it lacks, in the words of explanations of land."""
    row, value = given
    assert block is not None
    base = float(str(row.label.get("base", 0.0)))
    clash = Clash(
        id=str(row.label["id"]),
        rule=row.rule,
        region=str(row.label.get("region", "")),
        period=int(str(row.label.get("period", 0) or 0)),
        group=str(row.label.get("group", "")),
        unit=row.unit,
        bound=row.bound + base,
        sense=">=" if value > 0 else "<=",
        shortfall=abs(value),
    )
    explanation = Explanation(names=Names.of(block.land))
    return Said(headline(clash, explanation, "zh"), headline(clash, explanation, "en"))
