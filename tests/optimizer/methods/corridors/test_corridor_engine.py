import numpy as np
import pytest

from optimizer.methods.corridors import (
    BudgetTooSmallError,
    CorridorError,
    DisconnectedCoresError,
    Network,
    budgeted,
    discs,
    networks,
    node_graph,
    resistance_graph,
    steiner,
    step_graph,
)
from tests.optimizer.methods.corridors.corridor_cases import DATA, cheapest, expected, grid, most_useful, published

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the published corridors are not at {DATA}")


def line_graph(cost):
    return node_graph(np.array(cost, dtype=float), np.arange(len(cost) - 1), np.arange(1, len(cost)))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cores", [2, 3, 4])
def test_both_methods_find_the_least_cost_of_every_choice(seed, cores):
    graph, areas = grid(3, 4, seed, cores)
    best = cheapest(graph, [Network("one", areas)])
    assert steiner(graph, areas).cost == best
    cut = networks(graph, [Network("one", areas)], gap=0.0)
    assert cut.cost == best
    assert cut.bound == pytest.approx(best, rel=1e-6)


def test_cuts_agree_with_the_recursion_on_a_larger_grid():
    graph, areas = grid(25, 25, 1, 8)
    tree, cut = steiner(graph, areas), networks(graph, [Network("one", areas)], gap=0.0)
    assert tree.method == "dynamic programming"
    assert cut.method == "branch and cut"
    assert cut.cost == tree.cost


def test_core_area_is_one_whole_even_in_two_parts():
    graph = line_graph([0, 5, 0, 7, 0])
    result = steiner(graph, [np.array([0, 2]), np.array([4])])
    assert result.nodes.tolist() == [0, 2, 3, 4]
    assert result.cost == 7


def test_core_areas_that_share_a_node_are_connected():
    graph = line_graph([1, 2, 4])
    result = steiner(graph, [np.array([0, 1]), np.array([1, 2])])
    assert result.cost == 7
    assert networks(graph, [Network("one", [np.array([0, 1]), np.array([1, 2])])]).cost == 7


def test_core_node_not_for_sale_is_held_for_nothing():
    assert steiner(line_graph([np.inf, 3, np.inf]), [np.array([0]), np.array([2])]).cost == 3


@pytest.mark.parametrize("seed", range(4))
def test_two_networks_share_what_they_buy(seed):
    graph, areas = grid(3, 4, seed, 4)
    allowed = np.ones(12, dtype=bool)
    allowed[np.random.default_rng(seed).choice(12, 2, replace=False)] = False
    pair = [Network("blue", areas[:2]), Network("green", areas[2:], allowed=allowed)]
    for core in areas[2:]:
        allowed[core] = True
    try:
        result = networks(graph, pair, gap=0.0)
    except DisconnectedCoresError:
        assert cheapest(graph, pair) == np.inf
        return
    assert result.cost == cheapest(graph, pair)


@pytest.mark.parametrize("seed", range(4))
def test_wide_corridor_buys_every_node_within_its_width(seed):
    graph, _ = grid(3, 4, seed, 2)
    areas = [np.array([0]), np.array([11])]
    network = Network("wide", areas, discs=discs((3, 4), 1))
    result = steiner(graph, areas, discs=discs((3, 4), 1))
    assert result.cost == cheapest(graph, [network])
    assert result.gap <= 1e-6


def test_wide_corridor_keeps_clear_of_closed_nodes():
    cost = np.ones((5, 4))
    cost[1, 2] = np.inf
    graph = resistance_graph(cost, neighbours=4)
    result = steiner(graph, [np.arange(0, 20, 4), np.arange(3, 20, 4)], discs=discs((5, 4), 1))
    # rows 3 or 4 only: the line at row 4 buys rows 3 and 4 of the two columns between
    assert result.cost == 10 + 4


@pytest.mark.parametrize("seed", range(6))
def test_most_utility_under_a_budget_is_that_of_every_choice(seed):
    graph, areas = grid(3, 4, seed, 3)
    utility = np.random.default_rng(seed).integers(0, 30, 12).astype(float)
    least = steiner(graph, areas).cost
    for budget in (least, 1.3 * least, 2 * least):
        result = budgeted(graph, areas, utility, budget, gap=0.0)
        assert result.utility == most_useful(graph, areas, utility, budget)
        assert result.cost <= budget
        assert result.gap <= 1e-6


def test_wide_corridor_under_a_budget():
    # along the upper edge the corridor is two cells wide: 6 cells; utility lies there only
    graph = resistance_graph(np.ones((5, 5)), neighbours=4)
    areas = [np.arange(0, 25, 5), np.arange(4, 25, 5)]
    utility = np.zeros((5, 5))
    utility[0] = 1.0
    result = budgeted(graph, areas, utility.ravel(), 10 + 6, discs=discs((5, 5), 1), gap=0.0)
    assert result.utility == 5
    assert result.cost == 16


def test_budget_below_the_least_cost_says_what_is_needed():
    with pytest.raises(BudgetTooSmallError, match="below 5, the least") as error:
        budgeted(line_graph([1, 3, 1]), [np.array([0]), np.array([2])], np.ones(3), 4.0)
    assert error.value.needed == 5


def test_disconnected_cores_are_named():
    graph = line_graph([0, 1, 0, np.inf, 0])
    with pytest.raises(DisconnectedCoresError, match=r"\{0, 1\}; \{2\}") as error:
        steiner(graph, [np.array([0]), np.array([2]), np.array([4])])
    assert error.value.components == ((0, 1), (2,))


@pytest.mark.parametrize(
    ("cores", "message"),
    [
        ([], "no core area"),
        ([np.array([], dtype=int)], "core area 0 has no nodes"),
        ([np.array([0]), np.array([9])], "core area 1 holds node 9, which does not exist"),
    ],
)
def test_bad_cores(cores, message):
    with pytest.raises(CorridorError, match=message):
        steiner(line_graph([1, 1, 1]), cores)


def test_bad_costs_links_and_utilities():
    with pytest.raises(CorridorError, match="node 1 has cost -1"):
        line_graph([1, -1])
    with pytest.raises(CorridorError, match="link 0 joins nodes 0 and 7"):
        node_graph(np.ones(2), np.array([0]), np.array([7]))
    with pytest.raises(CorridorError, match="utility is one number"):
        budgeted(line_graph([1, 1]), [np.array([0]), np.array([1])], np.array([1.0, np.nan]), 5.0)


def test_steps_cost_length_times_mean_resistance():
    resistance = np.array([[1.0, 9.0, 9.0], [9.0, 3.0, 9.0], [9.0, 9.0, 1.0]])
    result = steiner(step_graph(resistance, cell_size=10.0), [np.array([0]), np.array([8])])
    assert result.cost == pytest.approx(2 * 10 * np.sqrt(2) * 2)
    assert result.nodes[result.nodes < 9].tolist() == [0, 4, 8]


@needs_data
@pytest.mark.parametrize("case", ["grizzly40", "grizzly10"])
def test_published_least_cost(case):
    (wanted,) = [one for one in expected("expected.json") if one["case"] == case]
    graph, cores, _ = published(case)
    assert steiner(graph, cores).cost == wanted["published_min_steiner_cost"]
    cut = networks(graph, [Network("one", cores)], gap=0.0)
    assert cut.cost == wanted["published_min_steiner_cost"]
    assert cut.gap <= 1e-9


@needs_data
def test_published_utilities_under_a_budget():
    for case in expected("artificial/expected_max_utility_under_budget.json"):
        graph, cores, utility = published(f"artificial/{case['instance']}")
        result = budgeted(graph, cores, utility, case["budget"], gap=0.0)
        assert result.utility == case["utility"], case["instance"]
        assert result.gap <= 1e-9


@needs_data
def test_utility_at_the_published_least_cost_and_above():
    (case,) = [one for one in expected("expected.json") if one["case"] == "grizzly40"]
    graph, cores, utility = published("grizzly40")
    least = budgeted(graph, cores, utility, case["published_min_steiner_cost"], gap=0.0)
    assert least.utility == case["published_utility"]
    before = least.utility
    for budget in case["budgets"]:
        result = budgeted(graph, cores, utility, budget, gap=0.0)
        assert result.gap <= 1e-9
        assert result.cost <= budget
        assert result.utility >= before
        before = result.utility
