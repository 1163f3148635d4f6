"""What the page says of the audit, rule by rule."""

import pytest

from optimizer.report.sections import audit_counts

RULES = ("floor", "plan", "site:locked_in", "site:boundary_penalty", "user:north")


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("zh", ["保有量下限", "方案文件", "修复选址 锁定选入", "修复选址 边界惩罚", "用户约束 north"]),
        (
            "en",
            [
                "floor",
                "files of the plan",
                "sites: locked in",
                "sites: boundary penalty",
                "constraints of the user north",
            ],
        ),
    ],
)
def test_rules_are_named_in_the_language_of_the_page(lang, names):
    counts = audit_counts({"rules": {rule: {"checks": 2, "failed": 0} for rule in RULES}}, lang)
    assert [one.rule for one in counts] == names
    assert all(one.passed for one in counts)
