"""The audit of selections: for every rule a good plan passes and a corrupted one is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from optimizer.results.audit import audit
from tests.six_units import SiteDraft, rule, six, units, write_selection

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit import AuditReport


def audited(tmp_path: Path, draft: SiteDraft, chosen: str | dict[str, Any]) -> AuditReport:
    """Audit a selection written by hand, "236" or shares by unit."""
    instance = draft.write(tmp_path / "instance")
    shares = dict.fromkeys(chosen, 1) if isinstance(chosen, str) else chosen
    return audit(instance, write_selection(tmp_path / "plan", shares))


def failing(report: AuditReport) -> set[str]:
    """Names of the rules whose checks failed."""
    return {check.rule for check in report.failed}


def test_a_good_plan_passes(tmp_path):
    report = audited(tmp_path, six(), "1235")
    assert report.passed, report.lines()
    assert report.figures["objective"] == 11
    assert report.figures["chosen"] == 4


COVER = [{"kind": "maximum_features"}]
"""An objective under which targets are no limits, so that rules stand alone."""

CASES = {
    "budget": (rule("budget", 6), "123", "124"),
    "budget of a layer": (rule("budget", 20, layer="area_ha"), "12", "123"),
    "linear_constraint": (rule("linear_constraint", 20, layer="area_ha", sense=">="), "12", "1"),
    "mandatory_allocation": (rule("mandatory_allocation"), "123456", "12345"),
    "group_count": (rule("group_count", 1, group="west"), "1235", "14"),
    "group_count of each": (rule("group_count", 1, group="*", sense=">="), "13", "12"),
    "whole_group": (rule("whole_group", group="west"), "14", "12"),
    "neighbours": (rule("neighbours", 2), "1245", "123"),
    "neighbours clamped": (rule("neighbours", 3, factor=1), "123456", "1245"),
    "contiguity": (rule("contiguity"), "1256", "13"),
    "minimum_reserve": (rule("minimum_reserve", 20), "1236", "126"),
    "maximum_reserves": (rule("maximum_reserves", 1), "123", "13"),
    "corridor": (rule("corridor", 0, group="west;east"), "2", "4"),
    "corridor with width": (rule("corridor", 1, group="west;east"), "25", "2"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_is_checked(tmp_path, case):
    row, good, bad = CASES[case]
    row.setdefault("factor", 0 if row["rule"] == "neighbours" else 1)
    passed = audited(tmp_path / "good", six(row, objectives=COVER), good)
    assert passed.passed, passed.lines()
    assert failing(audited(tmp_path / "bad", six(row, objectives=COVER), bad)) == {row["rule"]}


@pytest.mark.parametrize(
    ("row", "good", "bad"),
    [
        (rule("separate_areas", 2, feature="b", factor=0.3), "135", "12356"),
        (rule("shortfall_limit", 0.7), "125", "12"),
    ],
    ids=["separate_areas", "shortfall_limit"],
)
def test_a_rule_on_targets_is_checked(tmp_path, row, good, bad):
    shortfall = [{"kind": "minimum_shortfall"}]
    passed = audited(tmp_path / "good", six(row, objectives=shortfall), good)
    assert passed.passed, passed.lines()
    assert failing(audited(tmp_path / "bad", six(row, objectives=shortfall), bad)) == {row["rule"]}


@pytest.mark.parametrize(
    ("draft", "shares", "caught"),
    [
        (six(), "12", "target"),
        (six(targets=[{"target": "few b", "feature": "b", "sense": "<=", "value": 5}]), "12356", "target"),
        (six(), {"1": 1, "2": 0.5, "3": 1, "5": 1}, "decision"),
        (six(units=units(u4={"status": "locked_in"})), "1235", "locked_in"),
        (six(units=units(u1={"status": "locked_out"})), "1235", "locked_out"),
        (six(bounds=[{"unit": "4", "lower": 1, "upper": 1}]), "1235", "bounds"),
        (six(), {"1": 2, "2": 1, "3": 1, "5": 1}, "selection"),
        (six(), "12359", "selection"),
        (six(), {"1": float("nan"), "2": 1, "3": 1, "5": 1}, "selection"),
    ],
    ids=["target", "upper target", "decision", "in", "out", "bounds", "twice", "unknown unit", "not a number"],
)
def test_what_a_unit_may_be(tmp_path, draft, shares, caught):
    assert caught in failing(audited(tmp_path, draft, shares))


def test_only_connected_units_count_for_a_feature_that_must_hang_together(tmp_path):
    draft = six(rule("feature_contiguity", feature="a"))
    assert audited(tmp_path / "good", draft, "1256").passed
    assert failing(audited(tmp_path / "bad", draft, "1356")) == {"target"}  # 1 and 3 hold 4 of `a`, but apart


def test_semicontinuous_shares(tmp_path):
    draft = six(objectives=COVER)
    draft.restoration = {"decision": "semicontinuous", "least_share": 0.3, "upper_limit": 0.8}
    assert audited(tmp_path / "good", draft, {"1": 0.3, "2": 0.8}).passed
    assert failing(audited(tmp_path / "low", draft, {"1": 0.2})) == {"decision"}
    assert "decision" in failing(audited(tmp_path / "high", draft, {"1": 0.9}))


def test_a_unit_lies_in_one_management_zone(tmp_path):
    zones = [{"management_zone": name} for name in ("use", "keep")]
    draft = six(rule("budget", 3, management_zone="use"), objectives=COVER, management_zones=zones)
    good = audited(tmp_path / "good", draft, {"1@use": 1, "2@use": 1, "6@keep": 1})
    assert good.passed, good.lines()
    assert failing(audited(tmp_path / "dear", draft, {"1@use": 1, "3@use": 1})) == {"budget"}
    assert failing(audited(tmp_path / "twice", draft, {"1@use": 1, "1@keep": 1})) == {"selection"}


@pytest.mark.parametrize(
    ("row", "good", "bad"),
    [
        (rule("maximum_reserves", 1), ("3@use", "6@use"), ("3@use", "6@keep")),
        (rule("separate_areas", 2, feature="b", factor=0.3), ("3@use", "6@keep"), ("3@use", "6@use")),
        (rule("contiguity"), ("1@use", "6@keep"), ("1@use", "6@use")),
    ],
    ids=["reserves of all together", "areas of all together", "each by itself"],
)
def test_pieces_of_several_management_zones(tmp_path, row, good, bad):
    """3 and 6 share a border: one piece in one management zone, two in different ones."""
    zones = [{"management_zone": name} for name in ("use", "keep")]
    draft = six(row, objectives=[{"kind": "minimum_shortfall"}], management_zones=zones)
    passed = audited(tmp_path / "good", draft, dict.fromkeys(good, 1))
    assert passed.passed, passed.lines()
    assert failing(audited(tmp_path / "bad", draft, dict.fromkeys(bad, 1))) == {row["rule"]}


def test_a_rule_that_names_nothing_is_caught(tmp_path):
    for place, row in enumerate((rule("budget", 9, layer="gold"), rule("gravity"), rule("group_count", group="none"))):
        assert row["rule"] in failing(audited(tmp_path / str(place), six(row, objectives=COVER), "1"))


def test_a_rule_that_is_off_is_not_asked(tmp_path):
    draft = six(rule("budget", 1), objectives=COVER)
    folder = draft.write(tmp_path / "instance")
    text = (folder / "instance.toml").read_text(encoding="utf-8")
    (folder / "instance.toml").write_text(text.replace('name = "six"', 'name = "six"\nrules_off = ["budget"]'))
    assert audit(folder, write_selection(tmp_path / "plan", {"6": 1})).passed
