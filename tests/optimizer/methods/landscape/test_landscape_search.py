"""Units to restore: against trying all selections, and against published optima."""

from dataclasses import replace

import numpy as np
import pytest

from instances.faults import InstanceError
from optimizer.methods.landscape import Limits, Objective, choose_restoration, diameter, grid_landscape, mesh
from tests.optimizer.methods.landscape.landscape_cases import (
    DATA,
    brute_force,
    index,
    keeps,
    random_case,
    read_case,
)
from tests.seeds import first_of

PATIENCE = 600.0
"""Time that is more than enough, also where kernels are compiled on a busy machine."""


def limited(limits, variant, landscape):
    """The limits of one of several kinds of study."""
    most = 0.5 * limits.restored[limits.available(landscape)].sum()
    return {
        "area": replace(limits, least_restored=0.4 * most, most_restored=most),
        "one piece": replace(limits, least_restored=3.0, most_components=1, budget=2.0),
        "circle": replace(limits, least_restored=2.0, diameter=2.3, most_components=2),
        "indices": replace(limits, most_restored=1.3 * most, least_largest=0.35 * landscape.whole, most_patches=4),
        "connectivity": replace(limits, least_iic=0.25, least_mesh=0.2 * landscape.whole, budget=3.0),
    }[variant]


@pytest.mark.parametrize("variant", ["area", "one piece", "circle", "indices", "connectivity"])
@pytest.mark.parametrize("seed", first_of(range(4), 1))
def test_against_all_selections(variant, seed):
    landscape, limits = random_case(seed, neighbours=8 if seed == 3 else 4)
    limits = limited(limits, variant, landscape)
    expected = brute_force(landscape, limits, list(Objective))
    for objective, best in expected.items():
        if best is None:
            with pytest.raises(InstanceError, match="no selection keeps all the limits"):
                choose_restoration(landscape, objective, limits)
            continue
        found = choose_restoration(landscape, objective, limits, time_limit=PATIENCE)
        assert found.proven
        assert found.value == pytest.approx(best)
        assert found.bound == pytest.approx(best)
        assert keeps(landscape, limits, found.selected)
        assert index(landscape, objective, limits, found.selected) == pytest.approx(found.value)


def test_units_locked_in_are_selected():
    landscape, limits = random_case(7)
    locked_in = np.zeros(landscape.units, bool)
    locked_in[np.flatnonzero(limits.available(landscape))[[1, 4]]] = True
    limits = replace(limits, locked_in=locked_in, budget=2.5)
    found = choose_restoration(landscape, Objective.MESH, limits)
    assert found.selected[locked_in].all()
    assert found.value == pytest.approx(brute_force(landscape, limits, [Objective.MESH])[Objective.MESH])


def test_two_units_that_join_three_patches():
    """x . x . . x: with two cells the first gap and one more cell at most, 1 + 1 + 1 and one on: 4 and 1."""
    landscape = grid_landscape(np.array([[1, 0, 1, 0, 0, 1]], bool))
    found = choose_restoration(landscape, Objective.MESH, Limits(most_restored=2.0))
    assert found.value == pytest.approx((16 + 1) / 6)
    assert choose_restoration(landscape, Objective.PATCHES, Limits(most_restored=2.0)).value == 2
    joined = choose_restoration(landscape, Objective.RESTORED, Limits(most_patches=1))
    assert joined.value == 3
    assert joined.selected.tolist() == [False, True, False, True, True, False]


def test_restoring_nothing_may_be_best():
    landscape = grid_landscape(np.array([[1, 0, 0, 0, 1]], bool))
    found = choose_restoration(landscape, Objective.PATCHES, Limits(most_restored=1.0))
    assert (found.value, found.proven) == (2, True)


def test_stopped_search_gives_a_bound():
    rng = np.random.default_rng(1)
    landscape = grid_landscape(rng.random((30, 30)) < 0.4)
    limits = Limits(most_restored=25.0, least_restored=10.0)
    found = choose_restoration(landscape, Objective.MESH, limits, time_limit=0.5)
    assert not found.proven
    assert mesh(landscape) < found.value < found.bound
    assert found.gap == pytest.approx((found.bound - found.value) / found.value)
    assert keeps(landscape, limits, found.selected)


LAND = grid_landscape(np.array([[1, 0, 0, 0, 1]], bool))
ENDS = np.array([False, True, False, True, False])


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(restored=np.ones(4)), "4 values for 5 units"),
        (Limits(restored=np.full(5, -1.0)), "0 or more"),
        (Limits(cost=np.full(5, np.nan)), "0 or more"),
        (Limits(budget=3.0), "without costs"),
        (Limits(most_components=0), "fewer than one component"),
        (Limits(diameter=-1.0), "diameter below 0"),
        (Limits(least_iic=0.1), "without a distance"),
        (Limits(least_restored=2.0, most_restored=1.0), "at least 2 is to be restored but at most 1"),
        (Limits(least_restored=4.0), "all units that are free restore 3"),
        (Limits(least_restored=2.0, locked_out=ENDS), "all units that are free restore 1"),
        (Limits(locked_in=ENDS, locked_out=ENDS), "unit 1 is locked in"),
        (Limits(locked_in=ENDS, most_restored=1.0), "take 2 of at most 1"),
        (Limits(locked_in=ENDS, cost=np.ones(5), budget=1.5), "take 2 of at most 1.5"),
        (Limits(locked_in=ENDS, diameter=1.0), "2 across"),
        (Limits(least_restored=3.0, diameter=1.0), "no selection keeps all the limits"),
        (Limits(least_mesh=5.1), "no selection keeps all the limits"),
        (Limits(most_patches=1, most_restored=2.0), "no selection keeps all the limits"),
    ],
)
def test_limits_that_cannot_be_kept(limits, says):
    with pytest.raises(InstanceError, match=says):
        choose_restoration(LAND, Objective.MESH, limits)


def test_connectivity_needs_a_distance():
    with pytest.raises(InstanceError, match="iic_distance"):
        choose_restoration(LAND, Objective.IIC, Limits())


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the restoration cases are not at {DATA}")
@pytest.mark.parametrize(
    ("name", "least_ha", "most_ha", "diameter_m", "components"),
    [
        ("readme_maxmesh", 90, 220, 2400, None),
        ("test_maxmesh_1comp", 90, 110, 2700, 1),
        ("test_minrestore_1comp", 90, 110, 2700, 1),
    ],
)
def test_published_optima(name, least_ha, most_ha, diameter_m, components):
    landscape, limits, published, expected, coarse_ha = read_case(name)
    fine_ha = coarse_ha / 256
    limits = replace(
        limits,
        least_restored=least_ha / fine_ha,
        most_restored=most_ha / fine_ha,
        diameter=diameter_m,
        most_components=components,
    )
    assert keeps(landscape, limits, published)
    assert diameter(landscape, published) == pytest.approx(expected["diameter"])
    objective = Objective.RESTORED if name == "test_minrestore_1comp" else Objective.MESH
    found = choose_restoration(landscape, objective, limits)
    assert found.proven
    assert keeps(landscape, limits, found.selected)
    if objective is Objective.RESTORED:
        assert found.value == expected["min_restore_best"]
        return
    # Published in cells to four decimals, then turned into hectares.
    assert round(mesh(landscape), 4) * coarse_ha == pytest.approx(expected["mesh_initial"], abs=1e-6)
    assert round(found.value, 4) * coarse_ha == pytest.approx(expected["mesh_best"], abs=1e-6)
