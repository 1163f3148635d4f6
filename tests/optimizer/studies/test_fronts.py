"""Fronts against all plans of whole parcels, written down one by one."""

import numpy as np
import pytest

from instances.scenarios.derive import Changes
from optimizer.studies.asked import Asked
from optimizer.studies.entries import FrontEntry
from optimizer.studies.front_table import Point, Scale
from optimizer.studies.fronts import run_front
from optimizer.studies.goals import goal
from optimizer.studies.models import model_of
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from tests.optimizer.studies.whole_parcels import every_plan, write_parcels

EXACT = Asked(gap=0.0)
BASE = Scenario("base", "", "", "", Changes())


def front(tmp_path, folder, objectives, points):
    root = tmp_path / "study"
    at = Runner(root)
    at.run([instance_task(BASE, folder, "hash"), solve_task(BASE, root, EXACT, "en", tables=False)])
    return run_front(FrontEntry(name="f", objectives=objectives, points=points), BASE, EXACT, root, at)


def undominated(values):
    """Return the rows of (plans, goals) that no other is at least as good as in every goal; each once."""
    values = np.unique(np.round(values, 6), axis=0)
    return np.array([own for own in values if not ((values <= own).all(axis=1) & (values < own).any(axis=1)).any()])


def true_front(folder, names):
    """Return what is minimised of every plan that no other dominates, (plans, goals)."""
    model = model_of(folder)
    goals = [goal(model, name) for name in names]
    return undominated(np.array([[one.of(plan) for one in goals] for plan in every_plan(model.program)]))


def test_where_enough_points_are_asked_for_the_whole_front_is_found(tmp_path):
    folder = write_parcels(tmp_path / "land", 0, parcels=4)
    true = true_front(folder, ("emissions", "cost"))
    table = front(tmp_path, folder, ("emissions", "cost"), len(true) + 4)
    assert np.sort(table[["emissions", "cost"]].to_numpy(), axis=0) == pytest.approx(np.sort(true, axis=0), rel=1e-6)
    assert table["audit"].all()
    assert table["between"].tolist()[:-1] == [0.0] * (len(table) - 1)  # proven: nothing is left out
    for name in ("emissions", "cost"):
        assert table[f"{name} bound"].to_numpy() == pytest.approx(table[name].to_numpy(), rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_point_of_two_goals_is_on_the_true_front(tmp_path, seed):
    folder = write_parcels(tmp_path / "land", seed)
    true = true_front(folder, ("emissions", "cost"))
    table = front(tmp_path, folder, ("emissions", "cost"), 6)
    assert len(table) == 6
    values = table[["emissions", "cost"]].to_numpy()
    for a, b, between in zip(values[:-1], values[1:], table["between"], strict=False):
        gained = np.where((true < [b[0] - 1e-3, a[1] - 1e-3]).all(axis=1)[:, None], ([b[0], a[1]] - true), 0.0)
        assert (gained / np.ptp(values, axis=0)).min(axis=1).max() <= between + 1e-6
    for own in table[["emissions", "cost"]].to_numpy():
        assert np.abs(true - own).max(axis=1).min() < 1e-4


def test_fewer_points_are_spread_over_the_front(tmp_path):
    folder = write_parcels(tmp_path / "land", 1, parcels=8)
    table = front(tmp_path, folder, ("emissions", "cost"), 5)
    values = table[["emissions", "cost"]].to_numpy()
    far = np.hypot(*np.diff((values - values.min(axis=0)) / np.ptp(values, axis=0), axis=0).T)
    assert len(table) == 5
    assert far.max() < 0.75  # the two ends are 1.41 apart
    assert table["knee"].sum() == 1
    depth = 1 - ((values - values.min(axis=0)) / np.ptp(values, axis=0)).sum(axis=1)
    assert int(depth.argmax()) == int(table["knee"].to_numpy().argmax())


def test_no_point_of_three_goals_is_dominated_by_any_plan(tmp_path):
    folder = write_parcels(tmp_path / "land", 2, parcels=6)
    names = ("emissions", "cost", "most:area:forest")
    model = model_of(folder)
    goals = [goal(model, name) for name in names]
    plans = every_plan(model.program)
    values = np.array([[one.told(one.of(plan)) for one in goals] for plan in plans])
    table = front(tmp_path, folder, names, 9)
    turned = np.array([1.0, 1.0, -1.0])
    assert len(table) == 9  # as many as are asked for
    for own in table[list(names)].to_numpy() * turned:
        better = (values * turned <= own + 1e-6).all(axis=1) & (values * turned < own - 1e-3).any(axis=1)
        assert not better.any()
    # no plan of the true front is far from all points
    true = undominated(values * turned)
    low, width = true.min(axis=0), np.ptp(true, axis=0)
    found, every = ((one - low) / width for one in (table[list(names)].to_numpy() * turned, true))
    away = np.linalg.norm(every[:, None] - found[None], axis=2).min(axis=1)
    assert away.max() < 0.5  # the ends are about 1.4 apart


def test_a_front_of_three_goals_with_few_points_is_found_whole_and_ends(tmp_path):
    folder = write_parcels(tmp_path / "land", 0, parcels=3)
    names = ("emissions", "cost", "built")
    true = true_front(folder, names)
    table = front(tmp_path, folder, names, len(true) + 5)
    found = table[list(names)].to_numpy()
    assert len(found) <= len(true)
    for own in found:
        assert np.abs(true - own).max(axis=1).min() < 1e-4
    assert len(found) >= 0.8 * len(true)


def test_goals_that_agree_make_one_point(tmp_path):
    folder = write_parcels(tmp_path / "land", 0, parcels=4)
    table = front(tmp_path, folder, ("built", "area:industry"), 5)
    assert len(table) == 1


def test_depth_is_measured_from_the_plane_through_three_ends():
    def point(*values):
        return Point("", dict(zip("abc", values, strict=True)), {}, {})

    ends = [point(0, 4, 2), point(4, 0, 2), point(4, 4, 0)]
    scale = Scale.of(ends, ("a", "b", "c"))
    assert scale.depth(ends) == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    # In parts of the ends' distance the plane is x + y + z = 2; (1/4, 1/4, 1/2) lies 1 / sqrt(3) below it.
    assert scale.depth([point(1, 1, 1)]) == pytest.approx([1 / np.sqrt(3)])
