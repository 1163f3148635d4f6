"""Where plans agree and differ, on four zones of 10 ha worked out by hand."""

import pandas as pd
import pytest

from optimizer.studies.compare.zones import ZoneChanges


def changes():
    """Plans p, q and r: zone a to forest in all, b to forest or urban, c in q only, d in none."""
    rows = {
        ("a", "crop", "forest"): (4.0, 6.0, 5.0),
        ("b", "crop", "forest"): (8.0, 0.0, 0.0),
        ("b", "crop", "urban"): (1.0, 9.0, 2.0),
        ("c", "bare", "forest"): (0.0, 3.0, 0.0),
    }
    index = pd.MultiIndex.from_tuples(rows, names=["zone", "from", "to"])
    pairs = pd.DataFrame(list(rows.values()), index=index, columns=["p", "q", "r"])
    return ZoneChanges(pairs, pd.Series(10.0, index=["a", "b", "c", "d"]))


def test_each_zone_tells_how_many_plans_change_it_and_whether_alike():
    zones = changes().zones.set_index("zone")
    assert zones["changed_in"].to_dict() == {"a": 3, "b": 3, "c": 1}
    assert zones["agreement"].to_dict() == {"a": "all_alike", "b": "all_differ", "c": "some"}
    assert zones["gained"].to_dict() == {"a": "forest", "b": "", "c": "forest"}


def test_common_to_all_is_the_least_and_the_rest_is_in_some_only():
    zones = changes().zones.set_index("zone")
    # b: all move at least 1 ha to urban; the plan that changes most of it changes 9 ha
    assert zones["common_ha"].to_dict() == {"a": 4.0, "b": 1.0, "c": 0.0}
    assert zones["differing_ha"].to_dict() == {"a": 2.0, "b": 8.0, "c": 3.0}


def test_the_summary_holds_every_zone_once():
    table = changes().agreement().set_index("agreement")
    assert table["zones"].to_dict() == {"all_alike": 1, "all_differ": 1, "some": 1, "none": 1}
    assert table["area_ha"].sum() == 40.0
    assert table.loc["none", "area_ha"] == 10.0
    assert table["common_ha"].sum() == 5.0


def test_transitions_add_up_over_zones():
    table = changes().transitions().set_index(["from", "to"])
    assert table.loc[("crop", "forest"), ["p", "q", "r", "common_ha", "differing_ha"]].tolist() == [12, 6, 5, 4, 10]
    assert table.loc[("crop", "urban"), ["common_ha", "differing_ha"]].tolist() == [1, 8]


def test_gains_of_a_plan():
    gains = changes().gains("p").set_index(["zone", "to"])["area_ha"]
    assert gains.to_dict() == {("a", "forest"): 4.0, ("b", "forest"): 8.0, ("b", "urban"): 1.0}


def test_a_speck_does_not_count_as_changed():
    whole = changes()
    whole.pairs.loc[("c", "bare", "forest"), "p"] = 1e-7
    assert whole.zones.set_index("zone").loc["c", "changed_in"] == pytest.approx(1)
