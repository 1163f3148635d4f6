"""Worths of limits on the bundled instance that is worked out by hand (docs/tiny.md)."""

import numpy as np
import pytest

from instances.faults import InstanceError
from instances.instance import resolve
from instances.scenarios.derive import Changes
from optimizer.studies.asked import Asked
from optimizer.studies.file import WorthEntry
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from optimizer.studies.worth import Limit, limits_of, run_worth, worth_table
from tests.build import draft, quota
from tests.optimizer.studies.whole_parcels import FACTORS, TRANSITIONS
from tests.seeds import first_of

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


def solved(tmp_path, made):
    root = tmp_path / "study"
    at = Runner(root)
    at.run([instance_task(BASE, made.write(tmp_path / "land"), "hash"), solve_task(BASE, root, EXACT, "en")])
    return root, at


@pytest.mark.parametrize("seed", first_of(range(2), 1))
def test_multipliers_of_land_in_shares_lie_between_the_slopes_on_both_sides(tmp_path, seed):
    """The least cost is convex in a limit: below it the slope is at most the multiplier, above it at least."""
    random = np.random.default_rng(seed)
    zones = {
        f"z{k}": {"crop": float(random.integers(4, 12)), "grass": 5.0, "cost_factor": float(random.integers(2, 9)) / 4}
        for k in range(4)
    }
    limits = [quota("floor", 9.3, "industry"), quota("floor", 7.7, "forest"), quota("cropland_retention", 20.5)]
    limits += [quota("ceiling", 0.705, "grass", unit="share"), quota("budget", 140.0)]
    made = draft(zones, TRANSITIONS, quotas=limits, factors=FACTORS, mode="flux", objective="emissions")
    root, at = solved(tmp_path, made)
    table = run_worth(WorthEntry(name="w", where={"id": "*"}, step=0.01), BASE, EXACT, root, at)
    assert (table["status"] == "optimal").all()
    for _, part in table.groupby("limit"):
        below, above = part[part["scale"] < 1].iloc[0], part[part["scale"] > 1].iloc[0]
        room = 1e-6 * max(abs(below["multiplier"]), 1.0)
        assert below["slope"] <= below["multiplier"] + room
        assert above["slope"] >= above["multiplier"] - room
        assert below["slope_least"] - room <= below["slope"] <= below["slope_greatest"] + room
    assert (table["multiplier"].abs() > 1.0).sum() >= 2


def test_the_worth_of_a_cap_is_a_carbon_price(tmp_path):
    """Acting 5 of 20 years, a hectare of grass to wood takes up 62.5 t for 1, one of crop 50 t for 3.

    800 t take all 10 ha of grass and 3.5 ha of crop, where a ton costs 3 / 50.
    """
    moves = {"grass>wood": {"cost": 1.0, "restoration": 1}, "crop>wood": {"cost": 3.0, "restoration": 1}}
    factors = {("grass", "stock"): 250.0, ("crop", "stock"): 300.0, ("wood", "stock"): 500.0}
    cap = [quota("carbon_cap", -800.0)]
    made = draft({"a": {"grass": 10}, "b": {"crop": 10}}, moves, quotas=cap, factors=factors)
    root, at = solved(tmp_path, made)
    table = run_worth(WorthEntry(name="w", where={"rule": "carbon_cap"}, step=0.02), BASE, EXACT, root, at)
    assert table["objective"].tolist() == pytest.approx([10 + 3 * (784 - 625) / 50, 10 + 3 * (816 - 625) / 50])
    assert table["slope"].tolist() == pytest.approx([-0.06, -0.06])
    assert table["multiplier"].tolist() == pytest.approx([-0.06, -0.06])


def test_the_worth_of_a_control_line_is_that_of_the_hectares_it_gains(tmp_path):
    """25 ha of industry on zones of 10 ha, those further right the dearer: the line takes the next, or leaves one."""
    price = [9.0, 0.5, 1.0, 2.0, 3.0, 4.0]
    zones = {
        f"z{k}": {"crop": 10, "cost_factor": cost} | ({"red_line": "general"} if k < 2 else {})
        for k, cost in enumerate(price)
    }
    made = draft(
        zones,
        "crop>ind",
        quotas=[quota("floor", 25.0, "industry")],
        neighbours={(f"z{k}", f"z{k + 1}"): 100.0 for k in range(5)},
    )
    root, at = solved(tmp_path, made)
    table = run_worth(WorthEntry(name="w", line=("red_line",), step=0.4), BASE, EXACT, root, at)
    assert table["value"].tolist() == [20.0, 20.0]
    assert table["reached"].tolist() == [10.0, 30.0]  # zones move whole: 8 ha are asked, 10 ha go
    assert table["objective"].tolist() == pytest.approx([5 + 10 + 10, 20 + 30 + 20])
    assert table["slope"].tolist() == pytest.approx([(25 - 45) / -10, (70 - 45) / 10])


def test_a_cell_that_is_no_number_is_told(tmp_path):
    made = draft({"a": {"crop": 10}}, "crop>ind", quotas=[quota("floor", 5.0, "industry")])
    entry = WorthEntry(name="w", where={"rule": "floor"}, column="group")
    with pytest.raises(InstanceError, match="'industry' of floor_0 is no number"):
        limits_of(entry, made.write(tmp_path / "land"))


def test_the_ends_of_a_slope_are_what_both_bounds_allow():
    own = {"objective": 100.0, "bound": 99.0, "status": "optimal"}
    then = {"objective": 112.0, "bound": 110.0, "status": "optimal"}
    table = worth_table({"q": Limit({"id": "q"}, 50.0)}, (1.1,), {("q", 1.1): then}, own, 0.1)
    assert table.loc[0, ["slope", "slope_least", "slope_greatest"]].tolist() == pytest.approx([2.4, 2.0, 2.6])
    less = worth_table({"q": Limit({"id": "q"}, 50.0)}, (0.9,), {("q", 0.9): then}, own, 0.1)
    assert less.loc[0, ["slope_least", "slope_greatest"]].tolist() == pytest.approx([-2.6, -2.0])


def test_a_limit_of_zero_is_left_out_and_told():
    own = {"objective": 1.0, "bound": 1.0}
    table = worth_table({"q": Limit({"id": "q"}, 0.0)}, (0.9, 1.1), {}, own, 0.1)
    assert table["status"].tolist() == ["left out: it is 0"] * 2
    assert table["slope"].isna().all()


def test_limits_that_are_not_there_are_told():
    with pytest.raises(InstanceError, match="no limit is meant"):
        limits_of(WorthEntry(name="w", where={"rule": "nothing"}), resolve("tiny"))
