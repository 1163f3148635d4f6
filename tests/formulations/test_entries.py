"""Entries of quota families: which moves count in which cell, against a plain loop; in small types."""

import numpy as np
import pytest

from formulations.assemble import assemble, land_block
from formulations.block import Row, Sum
from instances.instance import load


@pytest.fixture(scope="module")
def block():
    return land_block(load("weihai"))


def expected(block, weight, layer, wanted):
    size = len(block.land.regions) * block.n_periods
    zone_region = block.land.zone_region
    for move, (zone, period) in enumerate(zip(block.moves.zone, block.moves.period, strict=True)):
        if period > 0 and weight[move]:
            cell = zone_region[zone] * block.n_periods + period - 1 + layer[move] * size
            if cell in wanted:
                yield move, weight[move], cell


@pytest.mark.parametrize("kind", [np.bool_, np.int8, np.float64])
@pytest.mark.parametrize("layered", [False, True])
def test_entries_by_a_plain_loop(block, kind, layered):
    rng = np.random.default_rng(5)
    count = len(block.moves)
    weight = rng.integers(0 if kind == np.bool_ else -1, 2, count).astype(kind)
    layer = rng.integers(0, 3, count).astype(np.int8)  # layer 2 is summed by no row
    leaf = int(np.flatnonzero(block.land.subtree.sum(axis=1) == 1)[0])
    sums = (Sum((1,), 0), Sum((1,), 1, -0.5)) if layered else (Sum((1,)),)
    quota = block.quota("floor", weight, [Row(leaf, sums, 0.0, 1.0, {})], "ha", layer=layer if layered else None)
    wanted = set(quota.rollup.indices.tolist())
    rows = list(expected(block, weight, layer if layered else np.zeros(count, dtype=int), wanted))
    assert len(rows) > 10
    assert list(zip(quota.index.tolist(), quota.weight.tolist(), quota.cell.tolist(), strict=True)) == rows


def test_entries_are_small(block):
    """Nine bytes an entry where a hectare counts as a hectare: large families have a hundred million."""
    for quota in assemble(block).quotas:
        if quota.rule in ("floor", "ceiling", "growth_demand", "compensation", "restoration_area"):
            assert (quota.index.dtype, quota.cell.dtype) == (np.int32, np.int32)
            assert quota.weight.dtype == np.int8
