"""Problems built in memory give the same arrays as the tables one would write by hand."""

from __future__ import annotations

import re
import time

import geopandas
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import shapely

from instances.faults import InstanceError
from instances.instance import load
from instances.prioritisation import Problem

COST = [4.0, 3.0, 2.0, 1.0]
HELD = np.array([[2.0, 0], [2, 0], [0, 2], [0, 3]])
CHAIN = sp.diags_array([[1.0, 1, 1], [1, 1, 1]], offsets=[-1, 1], shape=(4, 4))


def problem():
    return Problem(COST, ["bird", "fern"], HELD)


def squares(crs="EPSG:4550"):
    """Two squares of 100 m side by side, and a third above the first."""
    corners = [(0, 0), (100, 0), (0, 100)]
    shapes = [shapely.box(500_000 + x, 4_000_000 + y, 500_100 + x, 4_000_100 + y) for x, y in corners]
    return geopandas.GeoDataFrame({"unit": ["a", "b", "c"], "cost": [1.0, 2, 3]}, geometry=shapes, crs=crs)


def test_targets_and_amounts():
    sites = problem().targets(relative=0.5).sites()
    assert sites.amounts.toarray().tolist() == HELD.T.tolist()
    assert sites.targets.value.tolist() == [2.0, 2.5]
    assert sites.cost.tolist() == COST
    by_name = problem().targets(absolute={"fern": 3}).sites().targets
    assert by_name.value.tolist() == [3]
    assert by_name.name.tolist() == ["fern"]


@pytest.mark.parametrize(
    "amounts",
    [
        sp.csr_array(HELD),
        sp.coo_matrix(HELD),
        pd.DataFrame({"unit": [1, 2, 3, 4], "feature": ["bird", "bird", "fern", "fern"], "amount": [2, 2, 2, 3]}),
    ],
    ids=["csr", "coo", "frame"],
)
def test_amounts_in_other_forms(amounts):
    assert Problem(COST, ["bird", "fern"], amounts).sites().amounts.toarray().tolist() == HELD.T.tolist()


def test_each_call_leaves_the_problem_as_it_was():
    first = problem()
    second = first.targets(relative=0.5).locked_in([1]).budget(5).minimum_shortfall()
    assert len(first.sites().targets) == 0
    assert not first.sites().locked_in.any()
    assert first.sites().settings.objective[0].kind == "minimum_set"
    assert second.sites().settings.objective[0].kind == "minimum_shortfall"
    assert second.sites().locked_in.tolist() == [True, False, False, False]


def test_everything_is_written_and_read_back(tmp_path):
    made = (
        problem()
        .targets(relative=0.5)
        .target("bird", 4, "<=")
        .weights({"bird": 2, "fern": 1})
        .boundary_penalty(10, edge_factor=0.5, boundary=CHAIN)
        .connectivity_penalty(1, "wind", sp.csr_array(([3.0], ([0], [3])), shape=(4, 4)))
        .layer("noise", [1, 2, 3, 4])
        .rule("linear_penalty", layer="noise", value=2)
        .group("patch", [True, True, False, False])
        .rule("whole_group", group="patch")
        .locked_out([3])
        .budget(9)
        .minimum_shortfall(tolerance=0.1)
        .maximum_utility()
        .in_order()
    )
    read = load(made.write(tmp_path / "study")).require_sites()
    here = made.sites()
    assert read.settings == here.settings
    assert read.settings.combine == "hierarchical"
    for one, other in ((read, here),):
        assert one.amounts.toarray().tolist() == other.amounts.toarray().tolist()
        assert one.targets.value.tolist() == other.targets.value.tolist() == [2.0, 2.5, 4.0]
        assert one.targets.weight.tolist() == [2.0, 1.0, 1.0]
        assert one.borders.value.tolist() == other.borders.value.tolist() == [1.0, 1.0, 1.0]
        assert one.connectivity("wind").value.tolist() == [3.0]
        assert one.layer("noise").tolist() == [1.0, 2.0, 3.0, 4.0]
        assert one.groups["patch"].tolist() == [0, 1]
        assert one.status.tolist() == ["free", "free", "locked_out", "free"]
    assert read.tables["rules"]["rule"].tolist() == ["boundary_penalty", "connectivity_penalty", "linear_penalty",
                                                     "whole_group", "budget"]  # fmt: skip


def test_management_zones():
    sites = Problem(COST, ["bird", "fern"], {"strict": HELD, "soft": HELD / 2}).target("bird", 1, zones="soft").sites()
    assert sites.n_zones == 2
    assert sites.targets.whole.tolist() == [2.0]
    weights = pd.DataFrame([[1, 0.5], [0.5, 1]], index=["strict", "soft"], columns=["strict", "soft"])
    zoned = Problem(COST, ["bird", "fern"], {"strict": HELD, "soft": HELD / 2}).zone_weights("boundary", weights)
    assert zoned.sites().zone_weights("boundary").tolist() == [[1, 0.5], [0.5, 1]]


def test_polygons_give_area_centre_and_borders(tmp_path):
    made = Problem(squares(), ["bird"], np.ones((3, 1))).targets(relative=0.3).boundary_penalty(1)
    sites = made.sites()
    assert sites.layer("area_ha").tolist() == [1, 1, 1]
    assert sites.tables["units"]["x"].tolist() == [500_050, 500_150, 500_050]
    pairs = sites.borders
    assert sorted(zip(pairs.left.tolist(), pairs.right.tolist(), pairs.value.tolist(), strict=True)) == [
        (0, 1, 100), (0, 2, 100),
    ]  # fmt: skip
    assert sites.outer.tolist() == [200, 300, 300]
    read = load(made.write(tmp_path / "study"))
    assert read.settings.instance.crs == "EPSG:4550"
    assert read.require_sites().outer.tolist() == [200, 300, 300]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Problem(COST, ["bird"], HELD), "amounts: is 4x2, not 4x1"),
        (lambda: problem().boundary(np.triu(CHAIN.toarray())), "the matrix is not symmetric: 1 and 2 differ"),
        (lambda: problem().locked_in([9]), "no unit is called 9"),
        (lambda: problem().locked_in([1]).locked_out([1]), "unit 1 is both locked_in and locked_out"),
        (lambda: problem().targets(absolute={"moss": 1}), "no feature is called moss"),
        (lambda: problem().targets(), "takes one of relative and absolute"),
        (lambda: problem().targets(absolute=5).sites(), "target bird: 5 are asked for, all units hold 4: 1 too few"),
        (lambda: problem().boundary_penalty(1).sites(), "boundary_penalty needs to know which units share a border"),
    ],
)
def test_what_does_not_fit_is_refused(make, words):
    with pytest.raises(InstanceError, match=re.escape(words)):
        make()


def test_nothing_is_written_over(tmp_path):
    problem().write(tmp_path / "study")
    with pytest.raises(InstanceError, match="exists already"):
        problem().write(tmp_path / "study")


def test_a_large_sparse_problem_is_made_without_a_loop_over_units():
    units, features = 200_000, 100
    rng = np.random.default_rng(1)
    entries = (rng.random(5 * units), (np.repeat(np.arange(units), 5), rng.integers(0, features, 5 * units)))
    began = time.process_time()
    amounts = sp.csr_array(sp.coo_array(entries, shape=(units, features)))
    sites = Problem(rng.random(units), [f"f{k}" for k in range(features)], amounts).targets(relative=0.2).sites()
    assert time.process_time() - began < 10
    np.testing.assert_allclose(sites.targets.whole, np.asarray(amounts.sum(axis=0)).ravel())
