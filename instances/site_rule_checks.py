"""Checks of the `rules` table: known rules, filled in as they are read, and corridors between what is connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from instances.faults import Fault
from instances.places import line_of
from instances.restoration import split_names
from instances.site_rules import RULE_FORMS, RuleForm
from instances.sites import COST, EVERY, Sites

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

BUILT_IN = {"values": (COST, "area_ha", "one"), "pairs": ("adjacency",)}
"""Layers that need no table."""


def rule_faults(place: str, sites: Sites) -> Iterator[Fault]:
    """Return what is wrong with the rows of the rules table."""
    known = _names(sites)
    for number, row in enumerate(sites.tables["rules"].to_dict("records")):
        line, name = line_of(place, number), f"rule {row['id']}"
        form = RULE_FORMS.get(str(row["rule"]))
        if form is None:
            hint = f"known are {', '.join(RULE_FORMS)}"
            yield Fault(place, f"{name}: {row['rule']!r} is no rule", hint, line, "rule")
            continue
        found = [*_filled(row, form), *_named(row, form, known), *_graph(row, form, sites)]
        if form.whole and sites.settings.decision != "binary":
            message = f"{row['rule']} needs units that are taken or left as a whole"
            found.append((message, 'set [restoration] decision = "binary"', "rule"))
        yield from (Fault(place, f"{name}: {message}", hint, line, column) for message, hint, column in found)
        if not found and row["rule"] == "corridor":
            for message, hint in _apart(sites, split_names(str(row["group"]))):
                yield Fault(place, f"{name}: {message}", hint, line, "group")


def _names(sites: Sites) -> dict[str, set[str]]:
    """Return what each column of a rule may name."""
    layers = {"values": "layers", "pairs": "connectivity"}
    return {
        "management_zone": set(sites.zones.astype(str)) - {""},
        "feature": set(sites.features["feature"].astype(str)),
        "group": set(sites.tables["unit_groups"]["group"].astype(str)),
        **{kind: set(sites.tables[table]["layer"].astype(str)) | set(BUILT_IN[kind]) for kind, table in layers.items()},
    }


def _filled(row: Mapping[Hashable, object], form: RuleForm) -> Iterator[tuple[str, str, str]]:
    """Find senses, values and factors that the rule does not take, and columns it misses."""
    value, factor = float(str(row["value"])), float(str(row["factor"]))
    if row["sense"] not in form.senses:
        yield f"{row['rule']} takes {' or '.join(form.senses)}", "", "sense"
    if form.least is not None and value < form.least:
        yield f"{value:g} must be at least {form.least:g}", "", "value"
    if form.most is not None and value > form.most:
        yield f"{value:g} must be at most {form.most:g}", "", "value"
    if form.counted and value % 1:
        yield f"{value:g} must be a whole number", "", "value"
    if form.share and not 0 <= factor <= 1:
        yield f"{factor:g} must lie between 0 and 1", "", "factor"
    for column in form.needs:
        if not str(row[column]):
            yield f"{row['rule']} needs a {column}", "", column


def _named(
    row: Mapping[Hashable, object], form: RuleForm, known: Mapping[str, set[str]]
) -> Iterator[tuple[str, str, str]]:
    """Find management zones, features, groups and layers that are not there."""
    where = {
        "management_zone": "management_zones.management_zone",
        "feature": "features.feature",
        "group": "unit_groups.group",
    }
    for column, table in where.items():
        for name in split_names(str(row[column])):
            if name not in known[column] | {EVERY}:
                yield f"{name} is not in {table}", "or use *", column
    layer = str(row["layer"])
    if layer and not form.layer:
        yield f"{row['rule']} reads no layer", "leave it empty", "layer"
    elif layer and layer not in known[form.layer]:
        table = "layers.layer" if form.layer == "values" else "connectivity.layer"
        yield f"{layer} is not in {table}", f"known are {', '.join(sorted(known[form.layer]))}", "layer"


def _graph(row: Mapping[Hashable, object], form: RuleForm, sites: Sites) -> Iterator[tuple[str, str, str]]:
    """Find rules that ask for neighbours where no table states any."""
    pairs = str(row["layer"]) if form.layer == "pairs" else ""
    asks = (form.borders and pairs in ("", "adjacency")) or pairs == "adjacency"
    if asks and sites.tables["boundary"].empty:
        yield f"{row['rule']} needs to know which units share a border", "add table boundary", "rule"
    if row["rule"] == "connectivity_penalty" and pairs:
        yield from _one_way(pairs, sites)


def _one_way(layer: str, sites: Sites) -> Iterator[tuple[str, str, str]]:
    """Find the first pair of units whose connectivity is another one each way, where it must be the same."""
    table = sites.tables["connectivity"]
    mine = table[table["layer"].astype(str) == layer]
    one, two = sites.unit_codes(mine["unit_a"]), sites.unit_codes(mine["unit_b"])
    pair = np.minimum(one, two) * sites.n_units + np.maximum(one, two)
    value = mine["value"].astype(float)
    unlike = np.flatnonzero((value != value.groupby(pair).transform("first")).to_numpy())
    if len(unlike):
        names = f"{mine['unit_a'].iloc[unlike[0]]} and {mine['unit_b'].iloc[unlike[0]]}"
        hint = "state each pair once, or use asymmetric_connectivity_penalty"
        yield f"{layer} is not symmetric: {names} differ", hint, "layer"


def _core_areas(sites: Sites) -> set[str]:
    """Return the groups that are core areas of any corridor; those that are not there are told by themselves."""
    table = sites.tables["rules"]
    cells = table.loc[table["rule"] == "corridor", "group"].astype(str)
    named = {name for cell in cells for name in split_names(cell)}
    return set(sites.groups) if EVERY in named else named & set(sites.groups)


def _apart(sites: Sites, cores: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Find core areas that no path of units joins to the first one; units that are locked out carry no path."""
    names = sorted(sites.groups) if cores == (EVERY,) else cores
    if len(names) < 2:
        yield "a corridor joins two core areas at least", "name them with ; between them"
        return
    may = sites.limits[1].reshape(sites.n_units, -1).max(axis=1) > 0
    for name in _core_areas(sites):
        may[sites.groups[name]] = True
    pairs = sites.borders
    free = may[pairs.left] & may[pairs.right] & (pairs.value > 0)
    left, right = [pairs.left[free]], [pairs.right[free]]
    for place, name in enumerate(names):
        left.append(np.full(len(sites.groups[name]), sites.n_units + place))
        right.append(sites.groups[name])
    ends = np.concatenate(left), np.concatenate(right)
    size = sites.n_units + len(names)
    graph = sp.coo_array((np.ones(len(ends[0])), ends), shape=(size, size))
    part = connected_components(graph, directed=False)[1][sites.n_units :]
    for other in np.flatnonzero(part != part[0]):
        hint = "join them in boundary, free units that are locked out, or ask for separate corridors"
        yield f"core areas {names[0]} and {names[other]} are disconnected: no path of units joins them", hint
