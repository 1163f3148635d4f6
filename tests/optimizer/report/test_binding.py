import pandas as pd
import pytest

from optimizer.report.binding import MOST_OF_A_RULE, binding_rules, worth_words


@pytest.mark.parametrize(
    ("sense", "unit", "worth", "zh", "en"),
    [
        (
            ">=",
            "ha",
            2.0068,
            "每放宽 1 公顷，净排放再降 2.01\u00a0tCO₂e",
            "each ha of relief lowers net emissions by 2.01\u00a0tCO₂e",
        ),
        (
            "<=",
            "10k CNY",
            -0.056,
            "每放宽 1 万元，净排放再降 0.056\u00a0tCO₂e",
            "each 10k CNY of relief lowers net emissions by 0.056\u00a0tCO₂e",
        ),
        (
            "==",
            "ha",
            -3.0,
            "限值每增 1 公顷，净排放变化 −3\u00a0tCO₂e",
            "each ha more changes net emissions by −3\u00a0tCO₂e",
        ),
        (">=", "ha", 0.0, "单独放宽没有用", "relief alone gains nothing"),
        (">=", "ha", None, "–", "–"),
    ],
)
def test_what_a_worth_means(weihai, report, sense, unit, worth, zh, en):
    assert worth_words(sense, unit, worth, report(weihai, "zh")) == zh
    assert worth_words(sense, unit, worth, report(weihai, "en")) == en


def test_worth_of_a_cost_study_is_money(weihai, report):
    given = report(weihai, "en", objective_unit="10k CNY")
    assert worth_words("<=", "ha", -5.0, given) == "each ha of relief lowers the cost by 5\u00a010k CNY"
    weighted = report(weihai, "en", objective_unit="weighted")
    assert worth_words("<=", "ha", -5.0, weighted) == "each ha of relief lowers the objective by 5"


def test_grades_are_told_apart(weihai, report):
    given = report(weihai, "zh")
    given.rules["grade"] = ["3.0", ""]
    given.rules.loc[0, "group"] = ""
    assert binding_rules(given).table.rows[0][3] == "等级 3"


def test_the_dearest_rows_of_each_rule(weihai, report):
    given = report(weihai, "en")
    row = given.rules.iloc[0].to_dict()
    many = [row | {"rule": "growth_demand", "id": f"g{k}", "worth": 10.0 + k} for k in range(9)]
    rules = pd.DataFrame([*many, row | {"rule": "budget", "id": "money", "worth": -0.01}])
    found = binding_rules(type(given)(**{**vars_of(given), "rules": rules}))
    ids = [cells[-1] for cells in found.table.rows]
    assert ids == [f"g{k}" for k in range(8, 8 - MOST_OF_A_RULE, -1)] + ["money"]
    assert found.more.startswith("3 further rows")


def vars_of(given):
    return {name: getattr(given, name) for name in given.__dataclass_fields__}
