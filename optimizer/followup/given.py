"""A plan on disk as values of the columns of its own Program: one that was solved, or one that someone drew.

方案读入：求解所得或手工编制的方案，均化为模型变量取值。
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.assemble import assemble, land_block
from formulations.block import LandBlock  # noqa: TC001 - read by dataclasses
from instances.faults import Fault, InstanceError
from instances.instance import load
from optimizer.followup.held import carried
from optimizer.followup.planned_network import planned_network
from optimizer.results.coded import code_moves
from optimizer.results.extra import read_extra
from optimizer.solve import overridden
from optimizer.studies.models import Model
from optimizer.study import StudyOptions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.results.coded import CodedMoves

COLUMNS = ("zone", "from", "to", "period", "area_ha")

TABLES = ("moves.parquet", "moves.csv")
"""Names of the table of a plan, the one that is read first where both are there."""

CRUMB = 1e-9
"""Part of a choice group that counts as none."""

OVER = 1e-6
"""Part of a piece of land by which a plan may overdraw it: what rounding in a file does."""

CHANGED = 1e-6
"""Share of a choice group that counts as changed."""


@dataclass(frozen=True)
class Given:
    """A plan in terms of the model.

    Attributes
    ----------
    model
        Instance, Program and land block under the options that the plan was made with.
    folder
        Where moves.parquet or moves.csv lies.
    shares
        Share of each choice group that takes each move, (moves,); land of which the plan says nothing stays.
    outside
        Hectares on changes that no column stands for: group, target, period (from 1), area_ha.
    options
        What summary.json says was asked; empty for a bare table of moves.
    network
        What the plan builds of its network, as values of columns, (columns,); NaN for all else. See `planned_network`.
    bound
        Proven bound of the objective without the plan, as summary.json has it; None where it has none.
    """

    model: Model
    folder: Path
    shares: NDArray[np.float64]
    outside: pd.DataFrame
    options: dict[str, Any]
    network: NDArray[np.float64]
    bound: float | None = None

    @property
    def block(self) -> LandBlock:
        """The land block."""
        assert self.model.block is not None
        return self.model.block

    @property
    def program(self) -> Program:
        """The Program of the instance."""
        return self.model.program


def given_plan(source: str | Path, plandir: Path) -> Given:
    """Read a plan of an instance with land; raises InstanceError for what cannot be read or is of another instance."""
    folder, summary = _places(plandir)
    options = summary.get("options") or {}
    instance = overridden(load(source), StudyOptions(objective=options.get("objective"), mode=options.get("mode")))
    if instance.land is None:
        raise InstanceError([Fault(str(source), "has no land", "only plans of land are followed up")])
    if summary and summary.get("instance_hash") not in (None, instance.hash):
        hint = "name the instance as it was, or solve again"
        raise InstanceError([Fault(str(plandir), "the plan was made from other input than this instance", hint)])
    block = land_block(instance, options.get("rules_off") or ())
    program = assemble(block)
    program = read_extra(program, folder) if (folder / "moves.parquet").is_file() else program
    shares, outside = _shares(instance, program, moves_table(folder), str(plandir))
    bound = summary.get("bound")
    proven = float(bound) if isinstance(bound, int | float) else None
    network = planned_network(instance.network, program, folder)
    return Given(Model(instance, program, block=block), folder, shares, outside, options, network, proven)


def _places(plandir: Path) -> tuple[Path, dict[str, Any]]:
    """Return the folder of the tables, and the summary beside it, empty where there is none."""
    if plandir.name in TABLES:
        plandir = plandir.parent
    if not plandir.is_dir():
        hint = "name the folder of a solve, or one that holds moves.csv"
        raise InstanceError([Fault(str(plandir), "there is no such folder", hint)])
    folder = plandir / "plan" if (plandir / "plan").is_dir() else plandir
    for path in (plandir / "summary.json", folder.parent / "summary.json"):
        if path.is_file() and (path.parent == plandir or folder.name == "plan"):
            return folder, _json(path)
    return folder, {}


def _json(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "name the folder of a solve")]) from error
    if not isinstance(summary, dict) or not isinstance(summary.get("options"), dict):
        raise InstanceError([Fault(str(path), "is no summary of a solve", "name the folder of a solve")])
    return summary


def moves_table(folder: Path) -> pd.DataFrame:
    """Return moves.parquet or moves.csv (zone, from, to, period, area_ha and, if there, overlay)."""
    path = next((folder / name for name in TABLES if (folder / name).is_file()), None)
    if path is None:
        hint = "a plan has moves.parquet, or moves.csv with zone, from, to, period, area_ha"
        raise InstanceError([Fault(str(folder), "holds no moves", hint)])
    try:
        names = {name: str for name in ("zone", "from", "to", "overlay")}
        frame = (
            pd.read_parquet(path)
            if path.suffix == ".parquet"
            else pd.read_csv(path, dtype=names, keep_default_na=False, encoding="utf-8-sig")
        )
    except (OSError, ValueError, UnicodeError) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "save it again")]) from error
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise InstanceError([Fault(str(path), f"has no column {', '.join(missing)}", f"it needs {', '.join(COLUMNS)}")])
    for name in ("period", "area_ha"):
        numbers = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
        bad = ~np.isfinite(numbers) | ((numbers % 1 != 0) & (name == "period"))
        if bad.any():
            row = int(np.argmax(bad))
            raise InstanceError([Fault(str(path), f"{str(frame[name].iloc[row])!r} is no number", "", row + 2, name)])
        frame[name] = numbers
    if (frame["area_ha"] < 0).any():
        row = int(np.argmax((frame["area_ha"] < 0).to_numpy()))
        raise InstanceError([Fault(str(path), "is below 0", "give hectares", row + 2, "area_ha")])
    frame["period"] = frame["period"].astype(int)
    return frame


def _shares(
    instance: Instance, program: Program, table: pd.DataFrame, where: str
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Return the share of each move, and the hectares of changes that the Program does not have."""
    try:
        coded = code_moves(instance, table)
    except ValueError as error:
        raise InstanceError([Fault(where, str(error), "names are those of the instance")]) from error
    under = coded.overlay > 0
    undated = ((coded.source != coded.target) | under) & (coded.period == 0) & (coded.area_ha > 0)
    if undated.any():
        row = int(np.argmax(undated))
        words = f"{_zone(program, coded, row)} changes in period 0, which stands for what stays"
        raise InstanceError([Fault(where, words, f"its year: one of {', '.join(map(str, program.names.periods))}")])
    coded = coded.take(np.flatnonzero((coded.changes | under) & (coded.period > 0)))
    group = groups_of(program, coded.zone, coded.source)
    if (group < 0).any():
        row = int(np.argmax(group < 0))
        words = f"{_zone(program, coded, row)} holds no {program.names.classes.iloc[coded.source[row]]}"
        raise InstanceError([Fault(where, words, "a plan changes land that is there")])
    move = moves_of(program, group, coded.target, coded.period, coded.overlay)
    moves, known = program.moves, move >= 0
    hectares = np.bincount(move[known], weights=coded.area_ha[known], minlength=len(moves)).astype(float)
    taken = np.bincount(group, weights=coded.area_ha, minlength=moves.n_groups)
    over = taken > moves.group_area_ha * (1 + OVER) + OVER
    if over.any():
        one = int(np.argmax(over))
        first = int(moves.start[one])
        words = f"{taken[one]:.6g} ha change of {moves.group_area_ha[one]:.6g} ha: {program.move_name(first)}"
        raise InstanceError([Fault(where, words, "each hectare changes at most once")])
    shares = np.minimum(hectares / moves.area_ha, 1.0)
    shares[shares < CRUMB] = 0.0
    outside = pd.DataFrame(
        {
            "group": group[~known],
            "target": coded.target[~known],
            "period": coded.period[~known],
            "area_ha": coded.area_ha[~known],
        }
    )
    return with_stays(program, shares, outside), outside


def _zone(program: Program, coded: CodedMoves, row: int) -> str:
    return f"zone {program.names.zones.iloc[coded.zone[row]]}"


def with_stays(
    program: Program, shares: NDArray[np.float64], outside: pd.DataFrame | None = None
) -> NDArray[np.float64]:
    """Return the shares with what no change takes as stay, (moves,)."""
    moves = program.moves
    stays = moves.start[:-1]
    shares = np.array(shares[: len(moves)])
    shares[stays] = 0.0
    rest = 1.0 - np.add.reduceat(shares, stays)
    if outside is not None and len(outside):
        lost = np.bincount(outside["group"], weights=outside["area_ha"], minlength=moves.n_groups)
        rest -= lost / moves.group_area_ha
    shares[stays] = np.where(rest > CRUMB, rest, 0.0)
    return shares


def groups_of(program: Program, zone: NDArray[np.integer], kind: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the choice group of each pair of zone and present class, -1 where the zone holds none of it."""
    moves, count = program.moves, len(program.names.classes)
    stays = moves.start[:-1]
    keys = moves.zone[stays].astype(np.int64) * count + moves.source[stays]
    wanted = zone.astype(np.int64) * count + kind
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    return np.where(keys[place] == wanted, place, -1) if len(keys) else np.full(len(wanted), -1)


def moves_of(
    program: Program,
    group: NDArray[np.integer],
    target: NDArray[np.integer],
    period: NDArray[np.integer],
    overlay: NDArray[np.integer] | None = None,
) -> NDArray[np.int64]:
    """Return the column of each change of a group in a period (from 1), -1 where there is none."""
    moves = program.moves
    sizes = (len(program.names.classes), max(len(program.names.periods), 1) + 1, len(program.names.overlays))
    under = np.zeros(len(group), dtype=np.int64) if overlay is None else overlay

    def key(*parts: NDArray[np.integer]) -> NDArray[np.int64]:
        code = parts[0].astype(np.int64)
        for part, size in zip(parts[1:], sizes, strict=True):
            code = code * size + part
        return code

    touched = np.zeros(moves.n_groups, dtype=bool)
    touched[group] = True
    inside = np.flatnonzero(np.repeat(touched, np.diff(moves.start)) & moves.changes)
    of_group = moves.group_of(inside)
    keys = key(of_group, moves.target[inside], moves.period[inside], moves.overlay[inside])
    order = np.argsort(keys, kind="stable")
    wanted = key(group, target, period, under)
    if not len(inside):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(keys[order], wanted), len(inside) - 1)
    found = order[place]
    return np.where(keys[found] == wanted, inside[found], -1)


def granting(given: Given, group: NDArray[np.integer], target: int) -> Given:
    """Return the plan under an instance in which some choice groups may become a class whatever rule bars it."""
    instance, block = given.model.instance, given.block
    granted = np.zeros((block.moves.n_groups, len(block.land.classes)), dtype=bool)
    granted[group, target] = True
    free = land_block(instance, given.options.get("rules_off") or (), granted)
    program = read_extra(assemble(free), given.folder)
    old = given.program.moves
    used = np.flatnonzero(old.changes & (given.shares > 0))
    move = moves_of(program, old.group_of(used), old.target[used], old.period[used], old.overlay[used])
    shares = np.zeros(len(program.moves))
    shares[move] = given.shares[used]
    network = carried(given.program, given.network, program)
    return replace(
        given, model=Model(instance, program, block=free), shares=with_stays(program, shares), network=network
    )


def at_odds(given: Given) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of a plan, (moves,), without what is at odds with the moves, and how much that is, (groups,).

    At odds is what lies on barred changes or beyond the reach of a project, and parcels that change as a whole where
    they change in part. Land at odds counts as if it stayed.
    """
    moves, shares = given.program.moves, given.shares.copy()
    odd = np.bincount(given.outside["group"], given.outside["area_ha"], moves.n_groups) / moves.group_area_ha
    over = np.flatnonzero(shares > moves.upper * (1 + CHANGED) + CHANGED)
    np.add.at(odd, moves.group_of(over), shares[over] - moves.upper[over])
    shares[over] = moves.upper[over]
    stays = moves.start[:-1]
    torn = moves.whole[stays] & (np.maximum.reduceat(shares, stays) < 1 - CHANGED)
    shares[np.repeat(torn, np.diff(moves.start))] = 0.0
    odd = np.where(torn, 1.0, np.minimum(odd, 1.0))
    odd = np.where(odd > CHANGED, odd, 0.0)
    shares[stays] += odd
    return shares, odd
