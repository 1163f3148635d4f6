"""The audit's own arithmetic against figures worked out by hand (see audit_instance)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from optimizer.results.audit import AuditReport, audit
from tests.optimizer.results.audit_instance import (
    ACTIVITY,
    COST,
    FLUX,
    MAGNITUDES,
    SINKS,
    STOCK,
    Case,
    hand_case,
    summary_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def run(case: Case, tmp_path: Path) -> AuditReport:
    return audit(*case.write(tmp_path))


def added() -> tuple[float, float]:
    """Work out the bottom-up constant and the added activity of the plan, tCO2.

    E0 = 200 000 t/yr; densities: industry 0.4 E0/30 ha, housing 0.5 E0/90 ha, built 0.1 E0/120 ha. Reference
    growth: industry 9 ha from 2024, housing 7 ha by 2030 and 11 ha by 2040, built the sum of both.
    """
    base = 200_000.0
    industry, housing, built = 0.4 * base / 30, 0.5 * base / 90, 0.1 * base / 120
    demand = {2024: (9, 0), 2030: (9, 7), 2040: (9, 11)}
    rate = {}
    for year, (ind, hou) in demand.items():
        more = base - base * 2 ** (-(year - 2020) / 20)
        rate[year] = more / (industry * ind + housing * hou + built * (ind + hou))
    since_2024 = 2 * rate[2024] + 6 * rate[2030] + 10 * rate[2040]
    since_2030 = 3 * rate[2030] + 10 * rate[2040]
    since_2040 = 5 * rate[2040]
    arrivals = since_2024 * 10 * (industry + built)
    arrivals += since_2030 * (5 * housing + 3 * (housing + built)) + since_2040 * 4 * (housing + built)
    ratio = 2 ** (-1 / 20)
    return base * ratio * 0.5 / (1 - ratio), arrivals


def test_the_valid_plan_passes_every_rule(tmp_path: Path) -> None:
    report = run(hand_case(), tmp_path)
    assert report.lines() == []
    assert report.passed
    assert report.figures["objective"] == pytest.approx(FLUX, rel=1e-12)
    assert report.figures["objective_constant"] == pytest.approx(ACTIVITY + SINKS, rel=1e-12)
    assert report.figures["cost"] == pytest.approx(COST, rel=1e-12)
    assert report.figures["departures"] == pytest.approx(MAGNITUDES, rel=1e-12)
    found = report.to_dict()
    assert (found["passed"], found["failed"], found["checks"]) == (True, 0, len(report.checks))
    assert {"compensation_grade", "linked_quota", "carbon_cap", "restoration_project"} <= set(found["rules"])


def test_ledger_terms_by_hand(tmp_path: Path) -> None:
    figures = run(hand_case(), tmp_path).figures
    # m1 46*10, m7 14.4*8, m9 20*4
    assert figures["loss"] == pytest.approx(460 + 115.2 + 80)
    # m5 5*10, m6 -2.5*6, m7 14.3*8
    assert figures["lost_sink"] == pytest.approx(50 - 15 + 114.4)
    # m2 9*12, m4 -35.2*20, m6 -5.5*6, m7 6.5*8
    assert figures["new_sink"] == pytest.approx(108 - 704 - 33 + 52)
    # m1 40*10, m3 30*5, m8 30*3, m9 30*4
    assert figures["embodied"] == pytest.approx(400 + 150 + 90 + 120)
    assert figures["gain"] == 0
    assert figures["added"] == 0


@pytest.mark.parametrize("existing", ["top_down", "bottom_up"])
@pytest.mark.parametrize(("mode", "land"), [("flux", FLUX), ("stock", STOCK)])
def test_modes_and_existing_activity(mode: str, land: float, existing: str, tmp_path: Path) -> None:
    case = hand_case()
    case.settings["carbon"] |= {"mode": mode, "existing_activity": existing}
    case.off("carbon_cap")
    activity, more = (ACTIVITY, 0.0) if existing == "top_down" else added()
    constant = activity + (SINKS if mode == "flux" else 0.0)
    report_departures = (MAGNITUDES if mode == "flux" else 860 + 150 + 2340 + 180 + 115.2 + 90 + 200) + more
    case.summary = summary_of(land + more, constant, report_departures)
    assert run(case, tmp_path).lines() == []


@pytest.mark.parametrize(
    ("kind", "objective", "constant", "departures"),
    [
        ("cost", COST, 0.0, COST),
        # 0.5 x 987.6 + 2 x 621; magnitudes move by move 660+174+275+272+85+12+188.8+141+196, projects 300
        ("weighted", 1735.8, 0.5 * (ACTIVITY + SINKS), 2303.8),
    ],
)
def test_other_objectives(kind: str, objective: float, constant: float, departures: float, tmp_path: Path) -> None:
    case = hand_case()
    case.settings["objective"] = {"kind": kind, "emission_weight": 0.5, "cost_weight": 2.0}
    case.summary = summary_of(objective, constant, departures)
    assert run(case, tmp_path).lines() == []


def test_options_override_mode_and_objective_and_add_rules_off(tmp_path: Path) -> None:
    case = hand_case()
    case.off("carbon_cap")
    case.summary = summary_of(STOCK, ACTIVITY, 860 + 150 + 2340 + 180 + 115.2 + 90 + 200)
    case.summary["options"] |= {"mode": "stock", "objective": None, "rules_off": ["slope"]}
    case.move("z11", "vil", "crop", 2030, 0.0)
    assert run(case, tmp_path).lines() == []


def test_emissions_of_the_context_where_kaya_is_absent(tmp_path: Path) -> None:
    case = hand_case()
    case.tables["context"] = pd.DataFrame(
        {"item": "emissions", "region": "C", "year": [2020, 2040], "value": 20.0, "unit": "1e4 tCO2"}
    )
    assert run(case, tmp_path).lines() == []


def test_shipped_parameters_where_the_instance_has_none(tmp_path: Path) -> None:
    case = hand_case()
    case.tables["parameters"] = case.tables["parameters"].iloc[:1]
    assert run(case, tmp_path).lines() == []


def test_single_period_gains_count_at_once(tmp_path: Path) -> None:
    case = hand_case()
    case.settings["time"]["periods"] = [2040]
    case.moves.loc[case.moves["period"] > 0, "period"] = 2040
    case.linked["period"] = 2040
    case.opened["period"] = 2040
    quotas = case.tables["quotas"]
    case.tables["quotas"] = quotas[quotas["period"] == 0]
    case.put("quotas", "value", 0.0, id="bank_a")
    case.put("quotas", "value", 2.0, id="bank_a5")
    case.off("carbon_cap")
    # losses 14 - 6 = 8 > bank 0 + gains 12 - 6 = 6 by quantity; 8 <= 2 + 6 by grade; 20 ha of the cap left
    names = {check.name: check.amount for check in run(case, tmp_path).failed if check.rule != "summary"}
    assert names == {"compensation": pytest.approx(2.0)}
