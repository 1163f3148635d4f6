"""The audit's own curve of the annual inventory, by hand; see `audit_instance` for the moves m1 to m9.

Sinks in the last year of each period, tCO2/yr. New cropland of m2 is a source of 12 x 0.5 = 6 in every year. By 2030 m4
is in its third year of ten: 20 x 4.4 x (9 - 4)/20 = 22 taken up; m7 gave up orchard, 8 x 1.1, for a source, 8 x 0.5:
12.8; together 6 - 22 + 12.8 = -3.2. By 2040 m4 is grown: 88; m5 gave up a pond, 10 x 1; m6, in its fifth year, ends a
source of 6 x 0.5 and takes up 6 x 4.4 x (25 - 16)/20 = 11.88: 6 - 88 + 12.8 + 10 - 3 - 11.88 = -74.08.
No decision changes 200 000 - 333 of the city: 199 673, 199 663.8 and 199 592.92.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from optimizer.progress import Silent
from optimizer.results.audit import audit
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve_into
from tests.build import build, quota
from tests.optimizer.results.audit_instance import Case, hand_case
from tests.optimizer.results.test_audit_rules import failed
from tests.optimizer.results.test_audit_weights import grow

if TYPE_CHECKING:
    from pathlib import Path

FALL = 9.2 / 199_673
"""Part by which the curve falls from 2024 to 2030."""


def case_with_peak(value: float, region: str = "C", period: int = 2024) -> Case:
    """Return the hand-made case with a peak by a year."""
    case = hand_case()
    quotas = case.tables["quotas"]
    row = {"id": "peak", "rule": "peak", "region": region, "period": period, "group": "", "grade": 0}
    quotas.loc[len(quotas)] = row | {"sense": ">=", "value": value, "unit": "share"}
    return case


@pytest.mark.parametrize(
    ("value", "period", "caught"),
    [
        (0.0, 2024, {}),
        (FALL - 1e-9, 2024, {}),
        (5e-5, 2024, {"peak.by_share": 5e-5 * 199_673 - 9.2}),
        (4e-4, 2030, {"peak.by_share": 4e-4 * 199_663.8 - 70.88}),
    ],
)
def test_the_curve_by_hand(value: float, period: int, caught: dict[str, float], tmp_path: Path) -> None:
    assert failed(case_with_peak(value, period=period), tmp_path) == pytest.approx(caught, abs=1e-6)


@pytest.mark.parametrize(("period", "annual"), [(2024, 199_673.0), (2030, 199_663.8), (0, 199_592.92)])
def test_the_cap_of_a_year_by_hand(period: int, annual: float, tmp_path: Path) -> None:
    for name, value, caught in (("kept", annual, {}), ("broken", annual - 0.5, {"carbon_cap": 0.5})):
        case = hand_case()
        row = {"id": "high", "rule": "carbon_cap", "region": "C", "period": period, "group": "", "grade": 0}
        quotas = case.tables["quotas"]
        quotas.loc[len(quotas)] = row | {"sense": "<=", "value": value, "unit": "tCO2e/yr"}
        assert failed(case, tmp_path / name) == pytest.approx(caught, abs=1e-6)


def test_caps_of_a_year_are_held_against_those_below(tmp_path: Path) -> None:
    case = hand_case()
    quotas = case.tables["quotas"]
    row = {"rule": "carbon_cap", "period": 2030, "group": "", "grade": 0, "sense": "<=", "unit": "tCO2e/yr"}
    quotas.loc[len(quotas)] = row | {"id": "whole", "region": "C", "value": 200_000.0}
    quotas.loc[len(quotas)] = row | {"id": "part", "region": "A", "value": 200_100.0}
    assert failed(case, tmp_path) == pytest.approx({"carbon_cap.nested": 100.0})


def test_of_two_caps_of_one_region_the_lower_counts(tmp_path: Path) -> None:
    case = hand_case()
    quotas = case.tables["quotas"]
    row = {"rule": "carbon_cap", "period": 2030, "group": "", "grade": 0, "sense": "<=", "unit": "tCO2e/yr"}
    for name, region, value in (
        ("whole", "C", 250_000.0),
        ("tight", "A", 190_000.0),
        ("loose", "A", 260_000.0),
        ("own", "C", 240_000.0),
    ):
        quotas.loc[len(quotas)] = row | {"id": name, "region": region, "value": value}
    assert failed(case, tmp_path / "kept") == {}
    case.put("quotas", "value", 240_070.0, id="tight")
    assert failed(case, tmp_path / "broken") == pytest.approx({"carbon_cap.nested": 70.0})


def test_trees_planted_a_period_later_do_not_turn_the_curve_in_time(tmp_path: Path) -> None:
    """Without m4 the inventory of 2030 is 18.8 - 6 = 12.8 above that of 2024."""
    case = case_with_peak(0.0)
    case.retime("z7", "fore", 2040)
    assert failed(case, tmp_path)["peak"] == pytest.approx(12.8)


def test_a_district_has_its_own_curve(tmp_path: Path) -> None:
    """A: only m2, 6 t a year from 2024 on: level. B: -9.2 of 0.3 x 200 000 - 423 by 2030."""
    assert failed(case_with_peak(0.0, "A"), tmp_path / "a") == {}
    share = hand_case().tables["activity"].query("region == 'B'")["share"].sum()
    own = share * 200_000 - 423
    found = failed(case_with_peak(10 / own, "B"), tmp_path / "b")
    assert found == pytest.approx({"peak.by_share": 0.8}, abs=1e-6)


@pytest.mark.parametrize(
    ("where", "by"),
    [
        ({"class_": "fore", "region": "B", "factor": "sink"}, 0.99),
        ({"class_": "fore", "factor": "ramp_years"}, 1.01),
        ({"class_": "orch", "factor": "sink"}, 1.01),
        ({"class_": "crop", "region": "C", "factor": "sink"}, 1.01),
    ],
)
def test_every_weight_counts(where: dict[str, str], by: float, tmp_path: Path) -> None:
    case = case_with_peak(FALL - 1e-12)
    assert failed(case, tmp_path / "before") == {}
    grow(case, "factors", "value", by, **where)
    case.off("carbon_cap")
    assert set(failed(case, tmp_path / "after")) == {"peak.by_share"}


def test_the_city_total_of_each_year_counts(tmp_path: Path) -> None:
    """A city that grows by a thousandth from 2024 on to 2040 does not fall."""
    case = case_with_peak(0.0)
    case.off("carbon_cap")
    grow(case, "context", "value", 1.001, item="carbon_intensity", year=2040)
    assert set(failed(case, tmp_path)) == {"peak"}


def test_a_plan_is_not_held_to_a_rule_that_is_off(tmp_path: Path) -> None:
    case = case_with_peak(0.5)
    case.off("peak")
    assert failed(case, tmp_path) == {}


@pytest.mark.parametrize("method", ["direct", "decompose"])
@pytest.mark.parametrize("existing", ["top_down", "bottom_up"])
def test_solved_plans_pass_with_their_bounds(method: str, existing: str, tmp_path: Path) -> None:
    """Planting must turn a growing city; the bound of `decompose` is evaluated from its multipliers."""
    city = [
        {"item": "emissions", "region": "all", "year": year, "value": value, "unit": "tCO2"}
        for year, value in ((2020, 1000), (2040, 1200))
    ]
    instance = build(
        tmp_path / "instance",
        {"a": {"crop": 100, "grass": 40, "ind": 10}, "b": {"crop": 60, "bare": 30}},
        {"crop>wood": {"restoration": 1, "cost": 2}, "grass>ind": {"cost": 1}, "bare>ind": {"cost": 3}},
        quotas=[
            quota("peak", 0.01, period=2030),
            quota("growth_demand", 12, "industry"),
            quota("growth_demand", 5, "industry", period=2030),
        ],
        factors={("wood", "sink"): 4, ("wood", "ramp_years"): 20, ("grass", "sink"): 1},
        context=city,
        activity=[{"region": "all", "share": 1.0, "group": "industry"}] if existing == "bottom_up" else [],
        periods=(2030, 2040),
        mode="flux",
        existing_activity=existing,
    )
    out = tmp_path / "out"
    out.mkdir()
    options = StudyOptions(SolveOptions(gap=1e-6, threads=1), method, tables=False)
    solve_into(tmp_path / "instance", out, out, options, Silent())
    summary = json.loads((out / "summary.json").read_text())
    report = audit(instance.folder, out)
    assert summary["status"] == "optimal"
    assert report.passed, [str(check) for check in report.failed]
    if method == "decompose":
        assert summary["bound_by"] == "dual"
