"""Studies of corridors (生态廊道) by themselves: at least cost, or of most benefit under a budget.

With targets, several objectives or other rules a corridor is a matter of the Program, like all else. By itself it goes
to the engine for corridors: `minimum_set` with corridors (and linear penalties) only; or `maximum_utility` with one
budget, corridors and `contiguity`, where all core areas are locked in, so that what is chosen is one connected whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from formulations.restoration import linear_penalty, minimum_set
from formulations.restoration.assemble import Stage
from formulations.restoration.lines import layer, value
from formulations.restoration.rule import PENALTIES
from instances.corridors import RULE, beside, core_units, corridors, within_rings
from instances.sites import COST
from optimizer.engine_answer import EngineAnswer, plain_program, ref_of, with_selection
from optimizer.infeasibility.site_words import LOCKED_OUT, SiteClash, SiteExplanation, SiteRef
from optimizer.methods.corridors import (
    BudgetTooSmallError,
    DisconnectedCoresError,
    Network,
    budgeted,
    networks,
    node_graph,
    steiner,
)
from optimizer.results.solution import Solution, Termination

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from formulations.restoration.site_block import SiteBlock
    from instances.settings import SiteObjectiveKind
    from optimizer.methods.corridors import CorridorResult, NodeGraph
    from optimizer.results.solution import SolveOptions

NAME = "corridors"
CHEAP: SiteObjectiveKind = "minimum_set"
USEFUL: SiteObjectiveKind = "maximum_utility"
BESIDE_CHEAP = (RULE, linear_penalty.NAME)
BESIDE_USEFUL = (RULE, "contiguity", "budget")
BOUND_BY = {"dynamic programming": "recursion", "branch and cut": "separators"}
NO_PLAN = Solution(Termination.INFEASIBLE, NAME)
REASON = {
    "zh": "生态廊道：在单元图上按源地子集递推，或以分离割分支定界",
    "en": "corridors: recursion over sets of core areas, or branch and cut with separators",
}


def is_corridor(block: SiteBlock, method: str) -> bool:
    """Whether a study asks for corridors and nothing that the engine does not know; `method` must be left open."""
    settings, sites = block.sites.settings, block.sites
    plain = settings.decision == "binary" and not settings.cost_tie_break and sites.n_zones == 1
    plain = plain and method == "auto" and not len(sites.targets) and len(settings.objective) == 1
    if not plain or settings.objective[0].weight != 1.0 or not block.records(RULE):
        return False
    return _is_cheap(block) or _is_useful(block)


def _is_cheap(block: SiteBlock) -> bool:
    rules = set(block.sites.tables["rules"]["rule"])
    kind = block.sites.settings.objective[0].kind
    return kind == CHEAP and rules <= set(BESIDE_CHEAP) and bool((_price(block) >= 0).all())


def _is_useful(block: SiteBlock) -> bool:
    rules = block.sites.tables["rules"]
    asked = {name: rules[rules["rule"] == name] for name in BESIDE_USEFUL}
    if block.sites.settings.objective[0].kind != USEFUL or not set(rules["rule"]) <= set(BESIDE_USEFUL):
        return False
    single = len(asked["budget"]) == len(asked["contiguity"]) == 1 and not asked["contiguity"]["layer"].any()
    thin = not asked[RULE]["value"].any() and not asked[RULE]["layer"].any()
    held = bool(_held(block)[core_units(block.sites)].all())
    return single and thin and held and bool((_utility(block) >= 0).all() and (_spent(block) >= 0).all())


def solve_corridors(block: SiteBlock, options: SolveOptions) -> EngineAnswer:
    """Choose units that connect the core areas, with a bound; the study must be one that `is_corridor`."""
    return _cheapest(block, options) if _is_cheap(block) else _most_useful(block, options)


def _cheapest(block: SiteBlock, options: SolveOptions) -> EngineAnswer:
    """Return the least cost; what is locked in is there, and paid for whatever is connected."""
    stage = Stage(CHEAP, "minimise", {CHEAP: 1.0, PENALTIES: 1.0}, 0.0)
    program = stage.of(plain_program(block, (linear_penalty.NAME,), CHEAP))
    price, held = _price(block), _held(block)
    there = held | core_units(block.sites)
    graph = _graph(block, np.where(there, 0.0, price))
    wanted = corridors(block.sites)
    discs = {one.rings: within_rings(block.sites, one.rings) for one in wanted if one.rings}
    try:
        if len(wanted) == 1:
            result = steiner(graph, wanted[0].cores, discs.get(wanted[0].rings), options.gap, options.time_limit_s)
        else:
            required = [Network(one.id, one.cores, discs=discs.get(one.rings)) for one in wanted]
            result = networks(graph, required, options.gap, options.time_limit_s)
    except DisconnectedCoresError:
        return EngineAnswer(stage, program, NO_PLAN, REASON, _cut_off(block))
    if result is None:
        return EngineAnswer(stage, program, Solution(Termination.TIME_LIMIT, NAME), REASON)
    selected = np.zeros(block.sites.n_units, dtype=bool)
    selected[result.nodes] = True
    selected = (selected & ~there) | held
    paid = float(price[held].sum())
    figures = (float(price[selected].sum()), result.bound + paid, max(options.gap, 1e-9))
    return EngineAnswer(
        stage, program, _solution(block, program, selected, figures, result, options.time_limit_s), REASON
    )


def _most_useful(block: SiteBlock, options: SolveOptions) -> EngineAnswer:
    """Return the most utility that one connected whole has which holds what is locked in, within the budget."""
    stage = Stage(USEFUL, "maximise", {USEFUL: -1.0, PENALTIES: 1.0}, 0.0)
    program = stage.of(plain_program(block, ("budget",), USEFUL))
    graph = _graph(block, _spent(block))
    (budget,) = block.records("budget")
    given = graph, _pieces(block, _held(block)), _utility(block), value(budget)
    try:
        result = budgeted(*given, gap=options.gap, time_limit_s=options.time_limit_s)
    except DisconnectedCoresError:
        return EngineAnswer(stage, program, NO_PLAN, REASON, _cut_off(block))
    except BudgetTooSmallError as error:
        others = tuple(ref_of(row, "") for rule in (RULE, "contiguity") for row in block.records(rule))
        clash = SiteClash(ref_of(budget, "<="), error.needed - error.budget, others)
        return EngineAnswer(stage, program, NO_PLAN, REASON, SiteExplanation((clash,)))
    if result is None:
        return EngineAnswer(stage, program, Solution(Termination.TIME_LIMIT, NAME), REASON)
    selected = np.zeros(block.sites.n_units, dtype=bool)
    selected[result.nodes] = True
    figures = (-result.utility, -result.bound, max(options.gap, 1e-9))
    return EngineAnswer(
        stage, program, _solution(block, program, selected, figures, result, options.time_limit_s), REASON
    )


def _solution(
    block: SiteBlock,
    program: Program,
    selected: NDArray[np.bool_],
    figures: tuple[float, float, float],
    result: CorridorResult,
    time_limit_s: float,
) -> Solution:
    """Return what the engine found; a search that ended with a gap and time left was given up."""
    found = with_selection(block, program, selected, figures, method=NAME, bound_by=BOUND_BY[result.method])
    ended_early = found.termination is Termination.TIME_LIMIT and result.seconds < time_limit_s
    return replace(found, termination=Termination.GIVEN_UP) if ended_early else found


def _cut_off(block: SiteBlock) -> SiteExplanation:
    """Say that what is locked out leaves no corridor as wide as asked."""
    shut = int(((block.limits[1] <= 0) & ~core_units(block.sites)).sum())
    refs = [*(ref_of(row, "") for row in block.records(RULE)), SiteRef(LOCKED_OUT, count=shut)]
    return SiteExplanation((SiteClash(conflicting=tuple(refs)),))


def _price(block: SiteBlock) -> NDArray[np.float64]:
    """Return what choosing each unit adds to what is minimised, (units,)."""
    price = minimum_set.build(block).linear[CHEAP].copy()
    for record in block.records(linear_penalty.NAME):
        price += value(record) * layer(block, record)
    for record in block.records(RULE):
        price += layer(block, record) if record["layer"] else 0.0
    return price


def _spent(block: SiteBlock) -> NDArray[np.float64]:
    """Return what each unit takes of the budget, (units,)."""
    (record,) = block.records("budget")
    return layer(block, record, COST)


def _utility(block: SiteBlock) -> NDArray[np.float64]:
    """Return what each unit holds of all features, weighed, (units,)."""
    weight = block.sites.features["weight"].to_numpy(dtype=float)
    return np.asarray(block.sites.amounts.T @ weight)


def _held(block: SiteBlock) -> NDArray[np.bool_]:
    """Return whether each unit must be chosen, (units,)."""
    return block.out_upper <= 0


def _graph(block: SiteBlock, price: NDArray[np.float64]) -> NodeGraph:
    """Return the graph of units; those that may not be chosen, and are no core area, are not for sale."""
    closed = (block.limits[1] <= 0) & ~core_units(block.sites)
    return node_graph(np.where(closed, np.inf, price), *beside(block.sites))


def _pieces(block: SiteBlock, units: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the connected pieces of some units."""
    left, right = beside(block.sites)
    both = units[left] & units[right]
    graph = sp.coo_array((np.ones(int(both.sum())), (left[both], right[both])), shape=(len(units), len(units)))
    label = connected_components(graph, directed=False)[1]
    return [np.flatnonzero(units & (label == one)) for one in np.unique(label[units])]
