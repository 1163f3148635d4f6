import pytest
from pydantic import ValidationError

from instances.scenarios.changes import Change, LineMove
from instances.scenarios.derive import Changes

QUOTAS = {"table": "land/quotas"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"table": "land/quota", "drop": True}, "is no table"),
        ({"table": "quotas", "drop": True}, "is no table"),  # the part is missing
        (QUOTAS, "needs exactly one of"),
        (QUOTAS | {"column": "value", "set": 1, "scale": 2}, "needs exactly one of"),
        (QUOTAS | {"scale": 2}, "column goes with"),
        (QUOTAS | {"column": "value", "drop": True}, "column goes with"),
        (QUOTAS | {"where": {"id": "a"}, "append": [{"id": "b"}]}, "append adds others"),
        (QUOTAS | {"column": "value", "scale": float("nan")}, "finite"),
        (QUOTAS | {"colum": "value", "scale": 2}, "Extra inputs"),
    ],
)
def test_a_change_that_says_too_little_or_too_much_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        Change.model_validate(given)


def test_a_change_says_what_it_does():
    change = Change(table="land/quotas", where={"rule": "budget"}, column="value", scale=1.1)
    assert (change.action, change.words()) == ("scale", "land/quotas [rule=budget]: value × 1.1")
    assert Change(table="land/quotas", drop=True).words() == "land/quotas [every row]: - all of them"


def test_zero_is_a_value_to_set():
    assert Change(table="land/quotas", column="value", set=0).action == "set"
    assert Change(table="land/quotas", column="value", scale=0.0).action == "scale"


def test_a_line_cannot_lose_all_its_land():
    with pytest.raises(ValidationError, match="greater than -1"):
        LineMove(line="red_line", by=-1)


def test_the_later_word_counts():
    first = Changes({"carbon.mode": "stock", "objective.kind": "cost"}, rules_off=("budget", "floor"))
    later = Changes({"carbon.mode": "flux"}, rules_on=("floor",), rules_off=("slope",))
    both = first.then(later)
    assert both.settings == {"carbon.mode": "flux", "objective.kind": "cost"}
    assert both.rules_off == ("budget", "slope")
    assert both.rules_on == ("floor",)
    assert both.then(Changes(rules_off=("floor",))).rules_on == ()
