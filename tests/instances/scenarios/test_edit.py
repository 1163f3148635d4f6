import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.scenarios.changes import Change
from instances.scenarios.edit import edited, read_raw

TEXT = pd.DataFrame(
    {
        "id": ["a_1", "a_2", "b_1"],
        "rule": ["budget", "budget", "floor"],
        "region": ["n", "s", "n"],
        "period": ["2030", "2035", "0"],
        "value": ["100", "200.50", "7"],
    }
)
NUMBERS = pd.DataFrame({"zone": ["x", "y"], "whole": [0, 1], "cost_factor": [0.5, 2.0]})


def quotas(**asked):
    return Change(table="land/quotas", **asked)


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ({}, ["200.0", "401.0", "14.0"]),
        ({"rule": "budget"}, ["200.0", "401.0", "7"]),
        ({"id": "a_*"}, ["200.0", "401.0", "7"]),
        ({"id": ["a_1", "b_1"]}, ["200.0", "200.50", "14.0"]),
        ({"period": 2035}, ["100", "401.0", "7"]),
        ({"period": "2035"}, ["100", "401.0", "7"]),
        ({"rule": "budget", "region": "n"}, ["200.0", "200.50", "7"]),
    ],
)
def test_only_the_rows_that_are_meant_change_and_all_others_stay_as_written(where, values):
    after = edited(TEXT, [quotas(where=where, column="value", scale=2)], "quotas.csv")
    assert after["value"].tolist() == values
    assert after.drop(columns="value").equals(TEXT.drop(columns="value"))


def test_values_are_set_and_shifted():
    set_ = edited(TEXT, [quotas(where={"id": "a_1"}, column="rule", set="floor")], "q")
    assert set_["rule"].tolist() == ["floor", "budget", "floor"]
    assert edited(TEXT, [quotas(where={"id": "b_1"}, column="value", add=-0.5)], "q")["value"].tolist()[2] == "6.5"


def test_changes_follow_each_other():
    twice = [quotas(where={"id": "b_1"}, column="value", add=1), quotas(where={"id": "b_1"}, column="value", scale=3)]
    assert edited(TEXT, twice, "q")["value"].tolist()[2] == "24.0"


def test_rows_are_dropped_and_added():
    assert edited(TEXT, [quotas(where={"rule": "budget"}, drop=True)], "q")["id"].tolist() == ["b_1"]
    more = edited(TEXT, [quotas(append=({"id": "c", "rule": "floor", "value": 3.5},))], "q")
    assert more.iloc[3].tolist() == ["c", "floor", "", "", "3.5"]


def test_numbers_stay_whole_where_they_can():
    change = Change(table="land/zones", where={"zone": "y"}, column="whole", set=0)
    assert edited(NUMBERS, [change], "z")["whole"].tolist() == [0, 0]
    assert edited(NUMBERS, [change], "z")["whole"].dtype == NUMBERS["whole"].dtype
    scaled = edited(NUMBERS, [Change(table="land/zones", column="cost_factor", scale=3)], "z")
    assert scaled["cost_factor"].tolist() == [1.5, 6.0]


def test_what_is_too_large_for_a_small_kind_stays_what_it_is():
    """257 in eight bits would be 1, a flag that nobody set; the checks of the instance refuse 257."""
    small = NUMBERS.assign(whole=NUMBERS["whole"].astype("int8"))
    change = Change(table="land/zones", where={"zone": "y"}, column="whole", set=257)
    assert edited(small, [change], "z")["whole"].tolist() == [0, 257]


def test_an_optional_column_that_is_absent_begins_at_its_default():
    added = edited(NUMBERS, [Change(table="land/zones", where={"zone": "x"}, column="slope_class", set=5)], "z")
    assert added["slope_class"].tolist() == [5, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (quotas(where={"id": "zzz"}, column="value", scale=2), "no row is meant"),
        (quotas(where={"idd": "a"}, column="value", scale=2), "no such column"),
        (quotas(column="valeu", scale=2), "no such column"),
        (quotas(column="rule", scale=2), "is no number"),
        (quotas(append=({"idd": "a"},)), "a row that is added has idd"),
    ],
)
def test_a_change_that_cannot_be_made_is_a_fault(change, message):
    with pytest.raises(InstanceError, match=message):
        edited(TEXT, [change], "quotas.csv")


def test_the_row_of_a_cell_that_is_no_number_is_told():
    frame = TEXT.assign(value=["1", "x", "3"])
    with pytest.raises(InstanceError, match="row 3, column value: 'x' is no number"):
        edited(frame, [quotas(column="value", scale=2)], "quotas.csv")


def test_only_the_star_and_the_question_mark_stand_for_other_letters():
    frame = TEXT.assign(id=["a[1]", "a1", "a.1"])

    def meant(pattern):
        after = edited(frame, [quotas(where={"id": pattern}, column="value", set="x")], "q")
        return (after["value"] == "x").tolist()

    assert meant("a[1]") == [True, False, False]
    assert meant("a[*") == [True, False, False]
    assert meant("a?1*") == [True, False, True]


def test_a_limit_that_is_absent_stays_none_where_it_is_not_set():
    # the default of maximum_mw is no limit, which is written as an empty cell
    change = Change(table="network/generators", where={"generator": "a"}, column="maximum_mw", set=50)
    text = pd.DataFrame({"generator": ["a", "b"]}, dtype=str)
    assert edited(text, [change], "g")["maximum_mw"].tolist() == ["50", ""]
    numbers = edited(text.assign(capacity_mw=[1.0, 2.0]), [change], "g")["maximum_mw"]
    assert numbers.iloc[0] == 50
    assert pd.isna(numbers.iloc[1])


def test_a_text_is_no_number_in_columns_that_hold_numbers():
    with pytest.raises(InstanceError, match="column cost_factor: holds numbers, and 'much' is none"):
        edited(NUMBERS, [Change(table="land/zones", column="cost_factor", set="much")], "z")
    with pytest.raises(InstanceError, match="column cost_factor: holds numbers, and a row that is added has a text"):
        edited(NUMBERS, [Change(table="land/zones", append=({"zone": "z", "cost_factor": "much"},))], "z")


def test_names_that_look_like_numbers_are_added_as_names():
    assert edited(NUMBERS, [Change(table="land/zones", append=({"zone": 7},))], "z")["zone"].tolist() == ["x", "y", "7"]


def test_coded_columns_are_read_as_what_they_stand_for(tmp_path):
    path = tmp_path / "zones.parquet"
    NUMBERS.assign(region=pd.Categorical(["n", "s"])).to_parquet(path)
    change = Change(table="land/zones", where={"region": "n"}, column="region", set="west")
    table = change.declared
    assert edited(read_raw(path, table), [change], "z")["region"].tolist() == ["west", "s"]


def test_a_star_that_a_row_holds_means_that_row():
    factors = pd.DataFrame({"region": ["*", "n", "n*"], "value": ["1", "2", "3"]})

    def doubled(region):
        change = Change(table="land/factors", where={"region": region}, column="value", scale=2)
        return edited(factors, [change], "f")["value"].tolist()

    assert doubled("*") == ["2.0", "2", "3"]
    assert doubled("n*") == ["1", "2", "6.0"]
    assert doubled("?*") == ["2.0", "4.0", "6.0"]
