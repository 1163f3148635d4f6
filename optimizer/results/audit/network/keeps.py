"""Whether a plan keeps the columns and rows of its network, and whether what it says hangs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged
from optimizer.results.audit.network.plan import BY_STAGE, COMPONENTS, RULE, described
from optimizer.results.audit.network.plant import STORAGE, chosen
from optimizer.results.audit.network.whole import RULES, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.results.audit.network.plan import Values
    from optimizer.results.audit.network.system import Scope
    from optimizer.results.audit.network.whole import Parts

NAMED = {"balance": "nodal_balance"}
"""Rules that are told under another name, since that of land has theirs."""
WHOLE = 1e-6
"""How far a whole number may lie from one."""


def plan_checks(parts: Parts, values: Values) -> list[Check]:
    """Check all columns, all rows and what a plan says beside them."""
    written = values.written
    checks = [*_columns(parts, values), *_rows(parts, values), *_known_rules(parts), *_said(parts, values)]
    lacking = written.missing[0] if written.missing else ""
    words = "every decision, power and level is written"
    missing = count_check(f"{RULE}.missing", "plan", lacking, len(written.missing), words, "quantities")
    return [*written.checks, missing, *checks]


def _columns(parts: Parts, values: Values) -> Iterator[Check]:
    """Check limits of every family of columns, its worst member named, and that whole numbers are whole."""
    system = parts.system
    for name, columns in system.columns.items():
        value = values[name]
        with np.errstate(invalid="ignore"):
            off = np.maximum(columns.lower - value, value - columns.upper)
        limits = np.maximum(_finite(columns.lower), _finite(columns.upper))
        yield _worst(parts, f"{name}.limits", name, columns, off, RELATIVE * np.maximum(limits, 1.0), value)
        if columns.whole:
            apart = np.abs(value - np.rint(value))
            yield _worst(parts, f"{name}.whole", name, columns, apart, np.full(apart.shape, WHOLE), value)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), np.abs(values), 0.0)


def _worst(
    parts: Parts, name: str, rule: str, family: object, off: np.ndarray, room: np.ndarray, value: np.ndarray
) -> Check:
    """Judge a family of columns or rows by the member that is worst for its room."""
    unit, scope, members = family.unit, family.scope, family.members  # type: ignore[attr-defined]
    named = f"{RULE}.{name}"
    if not off.size:
        return judged(named, rule, "", 0.0, 0.0, unit, "nothing to keep")
    off = np.where(np.isnan(off), np.inf, off)
    copy, k = np.unravel_index(int(np.argmax(off / room)), off.shape)
    excess, tolerance = float(off[copy, k]), float(room[copy, k])
    subject = described(parts.system, members[k], scope, int(copy)) if excess > tolerance else ""
    low, high = family.lower[copy, k], family.upper[copy, k]  # type: ignore[attr-defined]
    broken = int((off > room).sum())
    words = f"{value[copy, k]:.9g} {unit}, from {low:.9g} to {high:.9g} asked"
    words += f"; {broken:,} of {off.size:,} are broken" if broken > 1 else ""
    return judged(named, rule, subject, excess, tolerance, unit, words)


def _rows(parts: Parts, values: Values) -> Iterator[Check]:
    system = parts.system
    matrix, every = system.matrix(), values.all()
    total, size = matrix @ every, abs(matrix) @ np.abs(every)
    for rule, rows in system.rows.items():
        place = slice(rows.first, rows.first + len(rows))
        shape = rows.lower.shape
        value, scale = total[place].reshape(shape), size[place].reshape(shape)
        off = np.maximum(rows.lower - value, value - rows.upper)
        room = RELATIVE * np.maximum.reduce([_finite(rows.lower), _finite(rows.upper), scale, np.ones(shape)])
        yield _worst(parts, rule, NAMED.get(rule, rule), rows, off, room, value)


def _known_rules(parts: Parts) -> Iterator[Check]:
    for row in rules_of(parts.system.network):
        if row.rule not in RULES:
            words = f"rule {row.id}: the audit knows no rule {row.rule}, so nothing vouches for it"
            yield count_check("rule.unknown", row.rule, row.id, 1, words, "rules")


def _said(parts: Parts, values: Values) -> Iterator[Check]:
    """Check what follows from columns: fixed capacities, net flows, energy, curtailment and open corridors."""
    system, written = parts.system, values.written
    network = system.network
    for component, held in (("generator", "capacity_mw"), ("line", "capacity_mw"), ("link", "capacity_mw")):
        table = network[COMPONENTS[component]]
        table = table.take(~chosen(table))
        yield _same(parts, values, component, "capacity_mw", list(table[component]), table[held])
    stores = network["storage"]
    table = stores.take(~chosen(stores) | np.isinf(stores["power_mw"]))
    yield _same(parts, values, "storage", "capacity_mw", list(table["storage"]), table["power_mw"])
    table = stores.take(~chosen(stores))
    yield _same(parts, values, "storage", "energy_mwh", list(table["storage"]), table["energy_mwh"])
    for component in ("line", "link", "candidate"):
        if written.stated(component, "flow_forward_mw"):
            yield _net(parts, values, component)
    if parts.circuits is not None:
        yield _circuits(parts, values)
    yield from _energy(parts, values)
    yield from _curtailed(parts, values)
    yield from _corridors(parts, values)


def _same(
    parts: Parts, values: Values, component: str, quantity: str, names: list[str], own: np.ndarray | float
) -> Check:
    """Check that the plan says of some members what is recomputed, (copies, members) or one value for each."""
    said = values.written.of(component, quantity, names)
    own = np.broadcast_to(np.asarray(own, dtype=float), said.shape)
    with np.errstate(invalid="ignore"):
        off = np.where(said == own, 0.0, np.abs(said - own))
    name = f"{RULE}.{component}.{quantity}"
    if not off.size:
        return judged(name, RULE, "", 0.0, 0.0, "", "nothing to compare")
    room = RELATIVE * np.maximum(_finite(own), 1.0)
    copy, k = np.unravel_index(int(np.argmax(off / room)), off.shape)
    scope: Scope = "stage" if quantity in BY_STAGE else "hour"
    unit = "MWh" if quantity.endswith("mwh") else "MW" if quantity.endswith("mw") else "1"
    bad = off[copy, k] > room[copy, k]
    subject = described(parts.system, f"{component} {names[k]}", scope, int(copy)) if bad else ""
    words = f"{quantity} is said to be {said[copy, k]:.9g} {unit}, recomputed {own[copy, k]:.9g} {unit}"
    return judged(name, RULE, subject, float(off[copy, k]), float(room[copy, k]), unit, words)


def _net(parts: Parts, values: Values, component: str) -> Check:
    written = values.written
    held = written.found[component, "flow_forward_mw"]
    names = [name for k, name in enumerate(written.names[component]) if not np.isnan(held[:, k]).all()]
    forward, backward = (written.of(component, f"flow_{way}_mw", names) for way in ("forward", "backward"))
    return _same(parts, values, component, "flow_mw", names, forward - backward)


def _circuits(parts: Parts, values: Values) -> Check:
    """Check that as many circuits are said to stand as may be built."""
    assert parts.circuits is not None
    names = values.written.names["candidate"]
    stands = np.zeros((parts.system.times.stages, len(names)))
    np.add.at(stands.T, parts.circuits.candidate, np.cumsum(values["candidate_circuits"], axis=0).T)
    return _same(parts, values, "candidate", "circuits", names, stands)


def _energy(parts: Parts, values: Values) -> Iterator[Check]:
    """Check that energy is hours times power where the table says so."""
    network = parts.system.network
    sites, stores = network["sites"], network["storage"]
    by_hours = chosen(stores) & (stores["hours"] > 0) & np.isfinite(stores["power_mw"])
    for component, table in (
        ("site", sites.take((sites["technology"] == STORAGE) & (sites["hours"] > 0))),
        ("storage", stores.take(by_hours)),
    ):
        names = list(table[component])
        power = values.written.of(component, "capacity_mw", names)
        yield _same(parts, values, component, "energy_mwh", names, power * table["hours"])


def _curtailed(parts: Parts, values: Values) -> Iterator[Check]:
    """Check that what is curtailed is what was available and not taken."""
    system, written = parts.system, values.written
    stage = system.times.stage_of("hour")
    for component, table in (("generator", "generators"), ("site", "sites")):
        held = written.found.get((component, "curtailed_mw"))
        if held is None:
            continue
        said = ~np.isnan(held).all(axis=0)
        some = system.network[table].take(said)
        names = list(some[component])
        available = written.of(component, "capacity_mw", names)[stage] * system.times.in_stages(
            system.network.curves(some)
        )
        power = written.of(component, "power_mw", names)
        yield _same(parts, values, component, "curtailed_mw", names, np.maximum(available - power, 0.0))


def _corridors(parts: Parts, values: Values) -> Iterator[Check]:
    """Check that a corridor is said to be open where all its segments are."""
    network, written = parts.system.network, values.written
    if not written.stated("corridor", "opened"):
        return
    names, table = written.names["corridor"], network["corridors"]
    segments = [list(table["segment"][table["corridor"] == name]) for name in names]
    own = np.array([written.of("segment", "opened", some).min(axis=1) for some in segments]).T
    yield _same(parts, values, "corridor", "opened", names, own)
