"""Checks of a prioritisation: units, features, targets, borders and bounds that make sense together.

选址数据检查。Faults make an instance unusable; what is odd but can be solved is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault
from instances.land import codes_of
from instances.places import line_of, place_of
from instances.restoration import split_names
from instances.row_faults import MOST_TOLD, row_faults
from instances.settings import Prioritisation
from instances.site_reach import reach
from instances.site_rule_checks import rule_faults
from instances.sites import EVERY, Sites

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Tables = Mapping[str, pd.DataFrame]

ROUNDING = 1e-9
"""Share of a unit that is rounding."""
SOFT = frozenset({"minimum_shortfall", "minimum_largest_shortfall", "maximum_features", "maximum_branches"})
"""Objectives that measure how far targets are met; with none of them every target must be met."""


def site_faults(folder: Path, tables: Tables, settings: Prioritisation | None) -> list[Fault]:
    """Return what makes a prioritisation unusable; the tables have been checked one by one, and what they refer to."""
    if tables["units"].empty:
        place = place_of(folder, "restoration", "units")
        return [Fault(place, "table is empty", "an instance needs at least one planning unit")]
    sites = Sites(tables, settings or Prioritisation())
    faults: list[Fault] = []
    for check in CHECKS:
        faults += check(folder, sites)
    faults += rule_faults(place_of(folder, "restoration", "rules"), sites)
    if not faults and settings is not None and not any(one.kind in SOFT for one in settings.objective):
        faults += beyond_reach(folder, sites)
    return faults


def site_warnings(folder: Path, sites: Sites) -> list[Fault]:
    """Return what is odd: targets beyond what exists where a shortfall is allowed."""
    return beyond_reach(folder, sites)


def _amounts(folder: Path, sites: Sites) -> Iterator[Fault]:
    place, table = place_of(folder, "restoration", "amounts"), sites.tables["amounts"]
    amount = table["amount"].to_numpy(dtype=float)

    def words(row: int) -> str:
        return f"amount {amount[row]:g} of {table['feature'].iloc[row]} must not be negative"

    hint = "state harm as a layer with a linear_penalty or linear_constraint"
    yield from row_faults(place, np.flatnonzero(amount < 0), words, hint, "amount", "negative amounts")


def _absent_features(folder: Path, sites: Sites) -> Iterator[Fault]:
    place, table = place_of(folder, "restoration", "features"), sites.tables["amounts"]
    held = table.loc[table["amount"].to_numpy(dtype=float) != 0, "feature"]
    code = codes_of(held, sites.features["feature"])
    absent = np.flatnonzero(np.bincount(code, minlength=len(sites.features)) == 0)

    def words(row: int) -> str:
        return f"feature {sites.features['feature'].iloc[row]} occurs in no unit"

    yield from row_faults(
        place, absent, words, "add its amounts or delete it", "feature", "features that occur in no unit"
    )


def _bounds(folder: Path, sites: Sites) -> Iterator[Fault]:
    """Find bounds that leave nothing between them, or that the status of the unit denies."""
    place, table = place_of(folder, "restoration", "bounds"), sites.tables["bounds"]
    if table.empty:
        return
    lower, upper = (table[name].to_numpy(dtype=float) for name in ("lower", "upper"))
    if sites.settings.decision == "semicontinuous":
        upper = np.minimum(upper, sites.settings.upper_limit)

    def crossed(row: int) -> str:
        return f"unit {table['unit'].iloc[row]}: lower {lower[row]:g} is above upper {upper[row]:g}"

    yield from row_faults(place, np.flatnonzero(lower > upper), crossed, "correct one", "lower", "lower above upper")

    def between(row: int) -> str:
        return f"unit {table['unit'].iloc[row]}: no share from {lower[row]:g} to {upper[row]:g} can be decided"

    empty, hint = _no_share_between(sites.settings, lower, upper)
    yield from row_faults(place, np.flatnonzero(empty), between, hint, "upper", "bounds without a share between them")
    unit = sites.unit_codes(table["unit"])

    def both(row: int) -> str:
        return f"unit {table['unit'].iloc[row]} is locked out in units, but must be chosen by {lower[row]:g} here"

    out = np.flatnonzero((sites.status[unit] == "locked_out") & (lower > 0))
    yield from row_faults(place, out, both, "correct its status or its bound", "lower", "units locked out and in")
    variable, row = sites.spread(table)
    most, least = np.ones(sites.n), np.zeros(sites.n)
    most[variable], least[variable] = table["upper"].to_numpy(dtype=float)[row], lower[row]
    if sites.settings.decision == "binary":
        most = np.floor(most + ROUNDING)
    room = most.reshape(sites.n_units, -1).sum(axis=1)
    barred = sites.locked_in & (room < 1 - ROUNDING)

    def shut(row: int) -> str:
        name, part = table["unit"].iloc[row], room[unit[row]]
        some = f"only a share of {part:g} may be chosen here" if part > 0 else "may not be chosen here"
        return f"unit {name} is locked in in units, but {some}"

    yield from row_faults(
        place, np.flatnonzero(barred[unit]), shut, "correct its status or its bound", "upper", "locked in and out"
    )
    full = least.reshape(sites.n_units, -1).sum(axis=1) > 1 + ROUNDING

    def crowded(row: int) -> str:
        return f"unit {table['unit'].iloc[row]}: the lower bounds of its management zones add to more than 1"

    over = np.flatnonzero(full[unit] & ~pd.Series(unit).duplicated().to_numpy() & (lower <= upper))
    yield from row_faults(place, over, crowded, "lower them", "lower", "lower bounds that add to more than 1")


def _no_share_between(
    settings: Prioritisation, lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], str]:
    """Return which bounds, (bounds,), hold no share that may be decided although one is not above the other."""
    if settings.decision == "binary":
        return (lower <= upper) & (np.ceil(lower - ROUNDING) > np.floor(upper + ROUNDING)), "a whole unit is 0 or 1"
    if settings.decision == "semicontinuous":
        empty = (lower <= upper) & (lower > 0) & (upper < settings.least_share - ROUNDING)
        return empty, f"a share is 0, or least_share {settings.least_share:g} and more"
    return np.zeros(len(lower), dtype=bool), ""


def _said_for_all(folder: Path, sites: Sites) -> Iterator[Fault]:
    """Find values said for all management zones of a unit, and again for one of them."""
    for name, key in (("amounts", ["unit", "feature"]), ("layers", ["layer", "unit"]), ("bounds", ["unit"])):
        table = sites.tables[name]
        every = (table["management_zone"] == "").to_numpy()
        if not every.any() or every.all():
            continue
        general = pd.MultiIndex.from_frame(table.loc[every, key])
        again = np.flatnonzero(~every & pd.MultiIndex.from_frame(table[key]).isin(general))
        place = place_of(folder, "restoration", name)

        def words(row: int, table: pd.DataFrame = table, key: list[str] = key) -> str:
            said = ", ".join(f"{column} {table[column].iloc[row]}" for column in key)
            return f"{said} is stated for all management zones, and again for {table['management_zone'].iloc[row]}"

        yield from row_faults(place, again, words, "state each once", "management_zone", "stated twice")


def _borders(folder: Path, sites: Sites) -> Iterator[Fault]:
    """Find borders that are stated in both orders; equal lengths would count twice, others are not symmetric."""
    place, table = place_of(folder, "restoration", "boundary"), sites.tables["boundary"]
    if table.empty:
        return
    one, two = sites.unit_codes(table["unit_a"]), sites.unit_codes(table["unit_b"])
    pair = np.minimum(one, two) * sites.n_units + np.maximum(one, two)
    order = np.argsort(pair, kind="stable")
    repeat = np.flatnonzero(pair[order][1:] == pair[order][:-1])
    first = dict(zip(order[repeat + 1].tolist(), order[repeat].tolist(), strict=True))
    length = table["length_m"].to_numpy(dtype=float)

    def words(row: int) -> str:
        names = f"{table['unit_a'].iloc[row]} and {table['unit_b'].iloc[row]}"
        if length[row] == length[first[row]]:
            return f"the border of {names} is stated in both orders"
        return f"the boundary is not symmetric: {names} share {length[first[row]]:g} one way, {length[row]:g} the other"

    rows = np.array(sorted(first), dtype=np.int64)
    yield from row_faults(place, rows, words, "state each pair once", "unit_b", "borders stated in both orders")


def _zones(folder: Path, sites: Sites) -> Iterator[Fault]:
    """Find management zones that no other table names: nothing would tell them from not choosing a unit."""
    names = sites.tables["management_zones"]["management_zone"].astype(str)
    place = place_of(folder, "restoration", "management_zones")
    if names.empty:
        return
    said: set[str] = set()
    for table in ("amounts", "layers", "bounds"):
        said |= set(sites.tables[table]["management_zone"].astype(str).unique())
    for table, column in (("targets", "management_zones"), ("rules", "management_zone")):
        for text in sites.tables[table][column].astype(str).unique():
            said |= set(split_names(text)) - {EVERY}
    for row, name in enumerate(names):
        if "" not in said and name not in said:
            hint = "add its amounts and cost, or delete it"
            yield Fault(place, f"management zone {name} is empty: no table names it", hint, line_of(place, row))
    closed = sites.limits[1].reshape(sites.n_units, -1).max(axis=0) <= 0
    for shut in np.flatnonzero(closed):
        message = f"management zone {names.iloc[shut]} is empty: no unit may be chosen for it"
        yield Fault(place, message, "correct bounds or status, or delete it", line_of(place, int(shut)))


def _targets(folder: Path, sites: Sites) -> Iterator[Fault]:
    known = set(sites.zones)
    place, table = place_of(folder, "restoration", "targets"), sites.tables["targets"]
    for row, text in enumerate(table["management_zones"].astype(str)):
        for name in split_names(text):
            if name not in known | {EVERY}:
                message = f"target {table['target'].iloc[row]}: {name} is not in management_zones.management_zone"
                yield Fault(place, message, "or use *", line_of(place, row), "management_zones")
    for name, column, key in (("features", "target", "feature"), ("targets", "value", "target")):
        place, table = place_of(folder, "restoration", name), sites.tables[name]
        values = table[column].to_numpy(dtype=float)

        def words(row: int, table: pd.DataFrame = table, key: str = key, values: NDArray[np.float64] = values) -> str:
            return f"target {values[row]:g} of {table[key].iloc[row]} must not be negative"

        yield from row_faults(place, np.flatnonzero(values < 0), words, "", column, "negative targets")


def _branches(folder: Path, sites: Sites) -> Iterator[Fault]:
    place, table = place_of(folder, "restoration", "branches"), sites.tables["branches"]
    stated = table.groupby("branch")["weight"].transform("first").to_numpy()

    def words(row: int) -> str:
        return f"branch {table['branch'].iloc[row]} has weight {stated[row]:g} and weight {table['weight'].iloc[row]:g}"

    unlike = np.flatnonzero(table["weight"].to_numpy() != stated)
    yield from row_faults(place, unlike, words, "give each row of a branch the same", "weight", "weights that differ")


def _weights(folder: Path, sites: Sites) -> Iterator[Fault]:
    """Find negative weights where objectives measure how far targets are met: missing them would be rewarded."""
    if not any(one.kind in SOFT for one in sites.settings.objective):
        return
    for name, key in (("features", "feature"), ("targets", "target")):
        place, table = place_of(folder, "restoration", name), sites.tables[name]
        weight = table["weight"].to_numpy(dtype=float)

        def words(row: int, table: pd.DataFrame = table, key: str = key, weight: NDArray[np.float64] = weight) -> str:
            return f"weight {weight[row]:g} of {table[key].iloc[row]} must not be negative"

        hint = "a target that is not to be met has weight 0"
        yield from row_faults(place, np.flatnonzero(weight < 0), words, hint, "weight", "negative weights")


def _zone_pairs(folder: Path, sites: Sites) -> Iterator[Fault]:
    """Find weights of layers that nothing is called, and weights that depend on an order that has no meaning."""
    place, table = place_of(folder, "restoration", "zone_pairs"), sites.tables["zone_pairs"]
    named = table["layer"].astype(str)
    known = {"boundary", "adjacency", *sites.tables["connectivity"]["layer"].astype(str)}

    def unknown(row: int) -> str:
        return f"{named.iloc[row]} is neither boundary nor a layer of connectivity"

    lost = np.flatnonzero(~named.isin(known))
    yield from row_faults(place, lost, unknown, f"known are {', '.join(sorted(known))}", "layer", "unknown layers")
    rules = sites.tables["rules"]
    both = {"boundary", *rules.loc[rules["rule"] == "connectivity_penalty", "layer"].astype(str)}
    pairs = list(zip(named, table["zone_a"].astype(str), table["zone_b"].astype(str), strict=True))
    weight = dict(zip(pairs, table["value"].to_numpy(dtype=float), strict=True))

    def unlike(row: int) -> str:
        layer, one, two = pairs[row]
        other = weight.get((layer, two, one), 0.0)
        return f"{layer}: weight {weight[pairs[row]]:g} of {one} with {two}, but {other:g} of {two} with {one}"

    odd = [
        row
        for row, (layer, one, two) in enumerate(pairs)
        if layer in both and weight[layer, one, two] != weight.get((layer, two, one), 0.0)
        and ((layer, two, one) not in weight or one < two)
    ]  # fmt: skip
    hint = "state the same weight in both orders"
    yield from row_faults(place, np.array(odd, dtype=np.int64), unlike, hint, "value", "weights that are not symmetric")


NEEDS_TARGETS = frozenset({"minimum_shortfall", "minimum_largest_shortfall", "maximum_features"})


def _objectives(folder: Path, sites: Sites) -> Iterator[Fault]:
    """Find objectives that have nothing to measure: every choice would be as good."""
    kinds = {one.kind for one in sites.settings.objective}
    file = str(folder / "instance.toml")
    for kind in sorted(kinds & NEEDS_TARGETS) if not len(sites.targets) else ():
        message = f"{kind} measures how far targets are met, and there is none"
        yield Fault(file, message, "give features a target", column="restoration.objective")
    if "maximum_branches" in kinds and sites.tables["branches"].empty:
        message = "maximum_branches counts the branches of a tree of features, and there is none"
        yield Fault(file, message, "add table branches", column="restoration.objective")
    penalties = sites.tables["rules"]["rule"].astype(str).str.endswith("_penalty")
    if kinds == {"minimum_penalties"} and not penalties.any():
        message = "minimum_penalties has no penalty to minimise"
        yield Fault(file, message, "add a penalty to table rules", column="restoration.objective")


CHECKS = (
    _amounts,
    _absent_features,
    _bounds,
    _said_for_all,
    _borders,
    _zones,
    _targets,
    _branches,
    _weights,
    _zone_pairs,
    _objectives,
)


def beyond_reach(folder: Path, sites: Sites) -> list[Fault]:
    """Return targets that no choice of units can meet, and by how much."""
    found = []
    own = int((sites.features["target"].to_numpy(dtype=float) != 0).sum())
    rows = np.concatenate(
        [np.flatnonzero(sites.features["target"].to_numpy(dtype=float) != 0), np.arange(len(sites.targets) - own)]
    )
    unit = sites.features["unit_of_amount"].astype(str).to_numpy()[sites.targets.feature]
    for number, miss in reach(sites).misses():
        table = "features" if number < own else "targets"
        place = place_of(folder, "restoration", table)
        message = f"target {sites.targets.name.iloc[number]}: {miss.words(unit[number])}"
        column = "target" if number < own else "value"
        found.append(Fault(place, message, miss.hint, line_of(place, int(rows[number])), column))
    return found[:MOST_TOLD]
