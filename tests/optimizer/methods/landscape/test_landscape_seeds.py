"""Parts that the search begins with: every selection lies in exactly one."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from optimizer.methods.landscape.board import make_board
from optimizer.methods.landscape.seeds import seeded
from tests.optimizer.methods.landscape.landscape_cases import keeps, random_case


@pytest.mark.parametrize(
    "kept", [{"diameter": 2.3}, {"most_components": 1, "most_restored": 9.0}, {"most_components": 1, "budget": 1.5}]
)
def test_every_selection_lies_in_one_part(kept):
    landscape, limits = random_case(2)
    limits = replace(limits, **kept)
    board = make_board(landscape, limits, with_links=False)
    components = limits.most_components or board.nodes
    parts = list(seeded(board, limits.most_restored, limits.budget, components, limits.diameter))
    assert len(parts) == len(board.unit)
    for bits in itertools.product((False, True), repeat=len(board.unit)):
        selected = np.zeros(landscape.units, bool)
        selected[board.unit[np.array(bits, bool)]] = True
        if not selected.any() or not keeps(landscape, limits, selected):
            continue
        nodes = set(board.patches + np.flatnonzero(bits))
        holding = [f for f, state in parts if nodes <= set(f) and set(f[state == 1]) <= nodes]
        assert len(holding) == 1


def test_selections_that_may_lie_far_apart_have_no_parts():
    landscape, limits = random_case(2)
    board = make_board(landscape, limits, with_links=False)
    assert seeded(board, 9.0, np.inf, 2, np.inf) is None
    assert seeded(board, np.inf, np.inf, 1, np.inf) is None
