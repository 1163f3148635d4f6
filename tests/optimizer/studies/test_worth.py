"""Worths of limits on the bundled instance that is worked out by hand (docs/tiny.md)."""

import pytest

from instances.faults import InstanceError
from instances.instance import resolve
from instances.scenarios.derive import Changes
from optimizer.studies.asked import Asked
from optimizer.studies.file import WorthEntry
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from optimizer.studies.worth import limits_of, run_worth, worth_table

EXACT = Asked(gap=0.0)
BASE = Scenario("base", "", "", "", Changes())


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    root = tmp_path_factory.mktemp("worth") / "study"
    at = Runner(root)
    at.run([instance_task(BASE, resolve("tiny"), "hash"), solve_task(BASE, root, EXACT, "en")])
    return root, at


def test_slopes_agree_with_multipliers_where_nothing_whole_changes(study):
    """docs/tiny.md: a hectare more of growth costs 130 t in the north and 120 t in the south."""
    root, at = study
    table = run_worth(WorthEntry(name="w", where={"rule": "growth_demand"}), BASE, EXACT, root, at)
    near = table[table["near"]].groupby("limit")[["slope", "multiplier"]].mean()
    assert near.loc["growth-north"].tolist() == pytest.approx([130.0, 130.0], rel=1e-6)
    assert near.loc["growth-south"].tolist() == pytest.approx([120.0, 120.0], rel=1e-6)


def test_the_ends_of_a_slope_are_what_both_bounds_allow():
    own = {"objective": 100.0, "bound": 99.0, "status": "optimal"}
    then = {"objective": 112.0, "bound": 110.0, "status": "optimal"}
    table = worth_table({"q": ({"id": "q"}, 50.0)}, (1.1,), {("q", 1.1): then}, own, 0.1)
    assert table.loc[0, ["slope", "slope_least", "slope_greatest"]].tolist() == pytest.approx([2.4, 2.0, 2.6])
    less = worth_table({"q": ({"id": "q"}, 50.0)}, (0.9,), {("q", 0.9): then}, own, 0.1)
    assert less.loc[0, ["slope_least", "slope_greatest"]].tolist() == pytest.approx([-2.6, -2.0])


def test_a_limit_of_zero_is_left_out_and_told():
    own = {"objective": 1.0, "bound": 1.0}
    table = worth_table({"q": ({"id": "q"}, 0.0)}, (0.9, 1.1), {}, own, 0.1)
    assert table["status"].tolist() == ["left out: it is 0"] * 2
    assert table["slope"].isna().all()


def test_limits_that_are_not_there_are_told():
    with pytest.raises(InstanceError, match="no limit is meant"):
        limits_of(WorthEntry(name="w", where={"rule": "nothing"}), resolve("tiny"))
