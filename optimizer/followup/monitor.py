"""What is left of a plan once part of it has happened: drift, quotas at risk, and the best plan from here on (监测).

Decisions of periods that have ended are held, those of the current period may be added to, later ones are free. Of a
network nothing is observed: what it does in periods that have ended is held as planned. Land that was changed against a
rule is a fact: it becomes present land of an instance of its own, and every rule is asked of what is still to be
decided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.assemble import assemble, land_block
from instances import schema
from instances.instance import load
from instances.readers.folder import find_table
from instances.scenarios.changes import Change
from instances.scenarios.derive import Changes, derive
from instances.scenarios.edit import write_raw
from optimizer.followup.broken import NEGLIGIBLE, Meter
from optimizer.followup.differences import CRUMB_HA
from optimizer.followup.given import Given, groups_of, moves_of, with_stays
from optimizer.followup.happened import BARRED, EARLY, happened
from optimizer.followup.held import at_least, carried, fixed, frozen, until
from optimizer.followup.lacking import lacking
from optimizer.followup.replan import replanned
from optimizer.infeasibility.rows import QuotaRows
from optimizer.results.extra import read_extra
from optimizer.results.solution import Solution, Termination
from optimizer.solve import overridden
from optimizer.studies.models import Model
from optimizer.study import StudyOptions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.followup.observed import Observed
    from optimizer.results.solution import SolveOptions
    from optimizer.results.terms import Lang


@dataclass(frozen=True)
class Monitored:
    """What monitoring found.

    Attributes
    ----------
    plan
        Values of every column of the plan, (columns,), in terms of `before`.
    before, now
        The plan, and the same under the instance in which barred changes have become present land.
    flows
        What happened; see `happened`.
    so_far, onward
        Values of every column, (columns,), with what has happened and no more, and with the rest of the plan as it was
        written, as far as its land is still there. Both may break rules, and have the network of the plan.
    uprooted
        Hectares, (zones,), under arrays or strips of ended periods as planned, that are seen to be another class.
    solution
        The instance solved again from here on; `lacking` says in words why there is no plan.
    """

    plan: NDArray[np.float64]
    before: Given
    now: Given
    flows: pd.DataFrame
    so_far: NDArray[np.float64]
    onward: NDArray[np.float64]
    uprooted: NDArray[np.float64]
    solution: Solution
    lacking: tuple[str, ...] = ()


def monitor(
    given: Given, observed: Observed, folder: Path, options: SolveOptions, method: str = "auto", lang: Lang = "zh"
) -> Monitored:
    """Read observed land into a plan and solve again; an instance with barred changes goes to `folder`."""
    flows = happened(given, observed)
    barred = flows[flows["kind"] == BARRED]
    now = given if barred.empty else _with_facts(given, barred, folder)
    meter = Meter(QuotaRows.of(given.program), options)
    plan = meter.measure(given.shares, given.network).values
    network = carried(given.program, plan, now.program)
    moves, planned = given.program.moves, given.shares * given.program.moves.area_ha
    built = moves.period <= observed.done
    standing = np.where(built & moves.changes & ~moves.converts, planned, 0.0)
    taken = _with(now, given, _taken(now, flows[flows["kind"] != BARRED]), standing)
    onward = _with(now, given, taken, np.where(built, 0.0, planned - _early(given, flows)))
    uprooted = _uprooted(now, given, standing, taken)
    meter = meter if now is given else Meter(QuotaRows.of(now.program), options)
    so_far, later = (meter.measure(shares, network) for shares in (taken, onward))
    program = _held(meter.rounded(later).program, taken, network, observed, bool(uprooted.any()))
    begun = options if later.total > 0 else replace(options, start=later.values)
    solution = replanned(now.model, program, later.values, begun, method)
    words = lacking(now, program, options, lang) if solution.termination is Termination.INFEASIBLE else ()
    return Monitored(plan, given, now, flows, so_far.values, later.values, uprooted, solution, words)


def _held(
    program: Program, taken: NDArray[np.float64], network: NDArray[np.float64], observed: Observed, elsewhere: bool
) -> Program:
    """Return the Program with what has happened held, and periods that have ended closed.

    Arrays and strips of ended periods may lie `elsewhere` than planned where their land has gone: no land cover shows
    where they are.
    """
    moves = program.moves
    ended = (moves.converts if elsewhere else moves.changes) & (moves.period <= observed.done)
    return frozen(at_least(fixed(program, until(program, network, observed.done)), taken), taken, ended)


def _with_facts(given: Given, barred: pd.DataFrame, folder: Path) -> Given:
    """Return the plan under an instance whose present land holds the changes that no rule allows.

    A parcel that changed in part can no longer change as a whole.
    """
    instance, table = given.model.instance, _cover(given, barred)
    zones = given.block.land.zones
    torn = zones.loc[(zones["whole"] == 1) & zones["zone"].map(table["zone"].value_counts()).gt(1), "zone"]
    names = tuple(torn.astype(str))
    change = Change(table="land/zones", where={"zone": names}, column="whole", set=0)
    changes = Changes(tables=(change,) if names else ())
    derive(instance.folder, folder, changes, f"{instance.settings.instance.name}-observed")
    cover = schema.table("land", "cover")
    old = find_table(folder, cover)
    assert old is not None
    old.unlink()
    write_raw(table, folder, cover)
    options = StudyOptions(objective=given.options.get("objective"), mode=given.options.get("mode"))
    changed = overridden(load(folder), options)
    block = land_block(changed, given.options.get("rules_off") or ())
    program = read_extra(assemble(block), given.folder)
    model = Model(changed, program, block=block)
    empty = given.outside.iloc[:0]
    none = with_stays(program, np.zeros(len(program.moves)))
    network = carried(given.program, given.network, program)
    return replace(given, model=model, shares=none, outside=empty, network=network)


def _cover(given: Given, barred: pd.DataFrame) -> pd.DataFrame:
    """Return the present land with barred changes made."""
    land = given.block.land
    zone, kind, area = land.cover
    count = len(land.classes)
    cells = np.bincount(zone * count + kind, weights=area, minlength=len(land.zones) * count).astype(float)
    lost = (barred["zone"] * count + barred["source"]).to_numpy()
    won = (barred["zone"] * count + barred["target"]).to_numpy()
    np.add.at(cells, lost, -barred["area_ha"].to_numpy())
    np.add.at(cells, won, barred["area_ha"].to_numpy())
    held = np.flatnonzero(cells > 1e-9)
    return pd.DataFrame(
        {
            "zone": land.zones["zone"].to_numpy()[held // count],
            "class": land.classes["class"].to_numpy()[held % count],
            "area_ha": cells[held],
        }
    )


def _taken(now: Given, flows: pd.DataFrame) -> NDArray[np.float64]:
    """Return what has happened as shares of moves, (moves,); the rest stays.

    A parcel that changes only as a whole counts as changed once its change has begun.
    """
    program = now.program
    group = groups_of(program, flows["zone"].to_numpy(), flows["source"].to_numpy())
    move = moves_of(program, group, flows["target"].to_numpy(), flows["period"].to_numpy())
    moves = program.moves
    hectares = np.bincount(move, weights=flows["area_ha"], minlength=len(moves)) if len(flows) else 0.0
    shares = np.minimum(hectares / moves.area_ha, moves.upper)
    return with_stays(program, np.where(moves.whole, shares > 0, shares).astype(float))


def _early(given: Given, flows: pd.DataFrame) -> NDArray[np.float64]:
    """Return the hectares of each move of the plan that were done before its period, (moves,)."""
    early, count = flows[flows["kind"] == EARLY], len(given.program.moves)
    if early.empty:
        return np.zeros(count)
    zone, source, target, due = (early[name].to_numpy() for name in ("zone", "source", "target", "due"))
    move = moves_of(given.program, groups_of(given.program, zone, source), target, due)
    return np.bincount(move, early["area_ha"], count).astype(float)


def _uprooted(
    now: Given, given: Given, standing: NDArray[np.float64], taken: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the hectares by zone that arrays and strips, `standing` by moves of the plan, (moves,), have lost."""
    moves, zones = now.program.moves, len(now.program.names.zones)
    left = np.where(moves.changes & ~moves.converts, taken * moves.area_ha, 0.0)
    stood = np.bincount(given.program.moves.zone, standing, zones)
    gone = stood - np.bincount(moves.zone, left, zones)
    return np.where(gone > CRUMB_HA + NEGLIGIBLE * stood, gone, 0.0)


def _with(now: Given, given: Given, taken: NDArray[np.float64], planned: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what has happened with hectares of moves of the plan, (moves,), as far as their land has not gone.

    Those are what lies on land that keeps its class, which no land cover shows, and what the plan still has ahead.
    """
    old, new = given.program.moves, now.program.moves
    ahead = np.flatnonzero(old.changes & (planned > 0))
    group = groups_of(now.program, old.zone[ahead], old.source[ahead])
    there = group >= 0
    ahead, group = ahead[there], group[there]
    move = moves_of(now.program, group, old.target[ahead], old.period[ahead], old.overlay[ahead])
    known = move >= 0
    hectares = np.bincount(move[known], planned[ahead][known], len(new)).astype(float)
    wanted = np.maximum(hectares / new.area_ha - np.where(new.changes, taken, 0.0), 0.0)
    stays = new.start[:-1]
    total = np.add.reduceat(wanted, stays)
    part = np.divide(taken[stays], total, out=np.ones(len(stays)), where=total > 0)
    shares = np.where(new.changes, taken, 0.0) + wanted * np.repeat(np.minimum(part, 1.0), np.diff(new.start))
    return with_stays(now.program, np.minimum(shares, 1.0))
