import pytest

from instances.carbon import COMPONENTS
from instances.schema import table
from optimizer.results.terms import term

QUOTAS = table("land", "quotas")


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("component", COMPONENTS),
        ("rule", QUOTAS.column("rule").values),
        ("status", QUOTAS.column("status").values),
        ("scope", (0, 1, 2, 3)),
    ],
)
def test_everything_has_a_chinese_and_an_english_name(kind, keys):
    for key in keys:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in term(kind, key, "zh"))
        assert term(kind, key, "en").isascii()


def test_land_end_uses_are_groups_and_unknown_keys_their_own_names():
    assert term("end_use", "forest", "zh") == "林地"
    assert term("rule", "my_rule", "en") == "my rule"


def test_constraints_of_the_user_keep_their_name():
    assert term("rule", "user:north_1", "zh") == "用户约束 north_1"
    assert term("rule", "user:north_1", "en") == "constraints of the user north_1"
