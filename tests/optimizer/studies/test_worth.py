"""Worths of limits on the bundled instance that is worked out by hand (docs/tiny.md)."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.instance import resolve
from instances.scenarios.derive import Changes
from optimizer.studies.asked import Asked
from optimizer.studies.entries import WorthEntry
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from optimizer.studies.worth import Limit, limits_of, run_worth, worth_table
from tests.build import draft, quota
from tests.optimizer.studies.whole_parcels import FACTORS, TRANSITIONS
from tests.seeds import first_of
from tests.six_units import AMOUNTS, rule, six

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


def test_a_ratio_has_no_multiplier_though_its_row_has_a_bound_of_the_same_size(study):
    """docs/tiny.md: 12 ha lost, 11 won and 1 in the bank, each hectare worth 10 t: a ratio of 1 more counts 11 more."""
    root, at = study
    table = run_worth(WorthEntry(name="c", where={"rule": "compensation"}, step=0.05), BASE, EXACT, root, at)
    assert table["slope"].tolist() == pytest.approx([-110.0, -110.0])
    assert table["multiplier"].isna().all()


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
    assert table["status"].tolist() == ["left_out"] * 2
    assert table["slope"].isna().all()


def test_a_solve_that_broke_down_is_not_said_to_be_left_out():
    own = {"objective": 1.0, "bound": 1.0}
    table = worth_table({"q": Limit({"id": "q"}, 5.0, "ha")}, (0.9, 1.1), {}, own, 0.1)
    assert table["status"].tolist() == ["failed"] * 2
    assert table["unit"].tolist() == ["ha"] * 2
    assert table["slope"].isna().all()


def test_a_line_that_cannot_move_on_one_side_is_told_beside_what_the_other_side_is_worth(tmp_path):
    """The line holds all zones but one: a half less can be had, a half more cannot."""
    zones = {f"z{k}": {"crop": 10} | ({"red_line": "general"} if k < 3 else {}) for k in range(4)}
    near = {(f"z{k}", f"z{k + 1}"): 100.0 for k in range(3)}
    made = draft(zones, "crop>ind", quotas=[quota("floor", 5.0, "industry")], neighbours=near)
    root, at = solved(tmp_path, made)
    run_worth(WorthEntry(name="w", line=("red_line",), step=0.6), BASE, EXACT, root, at)
    table = pd.read_csv(root / "worth" / "w" / "worth.csv").set_index("scale")
    assert table["status"].tolist() == ["optimal", "failed"]
    assert table["reached"].iloc[0] == 10.0
    assert table["slope"].isna().tolist() == [False, True]


def of_sites(tmp_path, **targets):
    """Solve six units, of which `a` and `b` are to hold some: in shares, or whole."""
    made = six(
        features=[{"feature": "a", "target": targets["a"]}, {"feature": "b", "target": 0}],
        targets=[{"target": "half", "feature": "b", "kind": "relative", "value": targets["b"]}],
    )
    made.restoration["decision"] = targets["decision"]
    return solved(tmp_path, made)


def worths_of_sites(root, at, step):
    """Worths of both targets: the one of a feature, and the one of the table of targets."""
    own = run_worth(
        WorthEntry(name="a", table="restoration/features", column="target", where={"feature": "a"}, step=step),
        BASE,
        EXACT,
        root,
        at,
    )
    more = run_worth(
        WorthEntry(name="b", table="restoration/targets", where={"target": "half"}, step=step), BASE, EXACT, root, at
    )
    return own, more


def test_the_worth_of_targets_of_sites_is_their_multiplier_where_shares_are_chosen(tmp_path):
    """5 of `a` take 1, 3 and a half of 2: 1 for each more. 2.5 of 6 of `b` take 3 and a half of 6: 2 for each more."""
    root, at = of_sites(tmp_path, a=5, b=2.5 / 6, decision="proportion")
    own, more = worths_of_sites(root, at, 0.01)
    assert at.ended["scenarios/base"].record["objective"] == pytest.approx(1 + 2 / 2 + 3 + 6 / 2)
    assert own["slope"].tolist() == pytest.approx([1.0, 1.0])
    assert own["multiplier"].tolist() == pytest.approx([1.0, 1.0])
    assert more["unit"].tolist() == ["share", "share"]
    assert more["slope"].tolist() == pytest.approx([12.0, 12.0])  # a share is one of 6
    assert more["multiplier"].tolist() == pytest.approx([12.0, 12.0])


def test_the_worth_of_targets_of_sites_is_that_of_all_choices_of_whole_units(tmp_path):
    """Every choice of units is written down: the least cost at each target, and the differences."""
    root, at = of_sites(tmp_path, a=4, b=0.5, decision="binary")
    own, more = worths_of_sites(root, at, 0.4)

    def least(a, b):
        held = [
            (sum(map(int, chosen)), *(sum(AMOUNTS[name].get(unit, 0) for unit in chosen) for name in "ab"))
            for number in range(7)
            for chosen in combinations("123456", number)
        ]
        return min(cost for cost, of_a, of_b in held if of_a >= a - 1e-9 and of_b >= b - 1e-9)

    now = least(4, 3)
    assert own["objective"].tolist() == pytest.approx([least(2.4, 3), least(5.6, 3)])
    assert own["slope"].tolist() == pytest.approx([(least(2.4, 3) - now) / -1.6, (least(5.6, 3) - now) / 1.6])
    assert more["objective"].tolist() == pytest.approx([least(4, 1.8), least(4, 4.2)])
    assert more["slope"].tolist() == pytest.approx([(least(4, 1.8) - now) / -0.2, (least(4, 4.2) - now) / 0.2])


def test_the_worth_of_a_most_is_in_the_sense_of_the_study(tmp_path):
    """With 5 to spend 1 and 2 and two thirds of 3 hold the most of `a`; the next yuan holds 2 / 3 more."""
    spend = {"features": [{"feature": "a", "target": 0, "weight": 1}, {"feature": "b", "target": 0, "weight": 0}]}
    made = six(rule("budget", 5), objectives=[{"kind": "maximum_utility"}], **spend)
    made.restoration["decision"] = "proportion"
    root, at = solved(tmp_path, made)
    entry = WorthEntry(name="w", table="restoration/rules", where={"rule": "budget"}, step=0.01)
    table = run_worth(entry, BASE, EXACT, root, at)
    assert at.ended["scenarios/base"].record["objective"] == pytest.approx(2 + 2 + 2 * 2 / 3)
    assert table["slope"].tolist() == pytest.approx([2 / 3, 2 / 3])
    assert table["multiplier"].tolist() == pytest.approx([2 / 3, 2 / 3])
    assert (table["slope_least"] <= table["slope_greatest"]).all()


def test_limits_that_are_not_there_are_told():
    with pytest.raises(InstanceError, match="no limit is meant"):
        limits_of(WorthEntry(name="w", where={"rule": "nothing"}), resolve("tiny"))
