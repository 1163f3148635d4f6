"""Every rule: one spoilt plan (or tightened quota) is caught by exactly the right check."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from optimizer.results.audit import audit
from tests.optimizer.results.audit_instance import Case, hand_case

if TYPE_CHECKING:
    from pathlib import Path

Spoil = Callable[[Case], None]


def failed(case: Case, folder: Path) -> dict[str, float]:
    """Return the failed checks other than the figures of the summary, with their amounts."""
    return {check.name: check.amount for check in audit(*case.write(folder)).failed if check.rule != "summary"}


def _add(zone: str, source: str, to: str, area: float, overlay: str = "", period: int = 0) -> Spoil:
    def spoil(case: Case) -> None:
        case.moves.loc[len(case.moves)] = [zone, source, to, period, overlay, area]

    return spoil


def _set(column: str, value: object, row: int) -> Spoil:
    def spoil(case: Case) -> None:
        case.moves[column] = case.moves[column].astype(object if isinstance(value, str) else float)
        case.moves.loc[row, column] = value
        if column == "area_ha":
            case.moves[column] = case.moves[column].astype(float)

    return spoil


def _split(case: Case) -> None:
    row = case.moves.index[case.moves["to"] == "ind"][-1]
    case.moves.loc[row, "area_ha"] -= 1
    case.moves.loc[len(case.moves)] = ["z1", "crop", "ind", 2024, "", 1.0]


def _open(project: str, period: int) -> Spoil:
    def spoil(case: Case) -> None:
        case.opened.loc[len(case.opened)] = [project, period]

    return spoil


def _forget_stay(case: Case) -> None:
    case.moves = case.moves.drop(index=5)


def _close_p2(case: Case) -> None:
    case.opened = case.opened.drop(index=1)


DATA_CASES = [
    ("a zone that is not there", _add("z99", "crop", "crop", 1.0), {"moves.known"}),
    ("a class that is not there", _add("z1", "lake", "crop", 1.0), {"moves.known"}),
    ("a target class that is not there", _add("z1", "crop", "lake", 0.0, period=2030), {"moves.known"}),
    ("a year that ends no period", _set("period", 2031, 20), {"moves.period"}),
    ("a stay with a period", _set("period", 2030, 5), {"moves.period"}),
    ("a change without a period", _set("period", 0, 20), {"moves.period"}),
    ("an overlay on land", _set("overlay", "solar", 5), {"moves.overlay"}),
    ("an area that is no number", _set("area_ha", float("nan"), 5), {"moves.finite", "balance"}),
    ("an endless area", _set("area_ha", float("inf"), 5), {"moves.finite", "balance"}),
    ("a negative stay", lambda case: case.move("z12", "bare", "hou", 2030, 11.0), {"moves.negative"}),
    ("a stay too small", _set("area_ha", 59.0, 5), {"balance"}),
    ("a stay too small by the thousandth part", _set("area_ha", 59.94, 5), {"balance"}),
    ("land that is in no row", _forget_stay, {"balance"}),
    ("land that the zone does not have", _add("z5", "crop", "crop", 3.0), {"balance.present"}),
    ("a stay written twice", _add("z5", "fore", "fore", 0.0), {"balance.duplicate"}),
    ("a change written twice", _split, {"balance.duplicate"}),
    ("a project that is not there", _open("P9", 2030), {"projects.known"}),
    ("a project in no period", _open("P3", 0), {"projects.known"}),
]


@pytest.mark.parametrize(("spoil", "caught"), [c[1:] for c in DATA_CASES], ids=[c[0] for c in DATA_CASES])
def test_plan_data(spoil: Spoil, caught: set[str], tmp_path: Path) -> None:
    case = hand_case()
    case.without_quotas()
    spoil(case)
    assert set(failed(case, tmp_path)) == caught


def _moves(*row: object) -> Spoil:
    return lambda case: case.move(*row)  # type: ignore[arg-type]


def _early(case: Case) -> None:
    case.retime("z8", "wet", 2024)
    case.opened.loc[case.opened["project"] == "P2", "period"] = 2024


def _small_p1(case: Case) -> None:
    case.put("projects", "min_area_ha", 0, project="P1")
    _open("P1", 2040)(case)


def _wide_p2(case: Case) -> None:
    case.put("projects", "max_area_ha", 30, project="P2")
    case.move("z8", "pond", "wet", 2040, 16.0)


def _locked(case: Case) -> None:
    case.move("z11", "vil", "fore", 2030, 2.0)
    _open("P3", 2030)(case)


def _mixed(case: Case) -> None:
    case.put("zones", "whole", 1, zone="z4")
    case.move("z4", "ind", "hou", 2030, 0.0)


RULE_CASES = [
    (
        "forest to bare soil is not in the matrix",
        "transition_matrix",
        _moves("z5", "fore", "bare", 2030, 1.0),
        "transition_matrix",
    ),
    (
        "a pair that the matrix leaves out",
        "transition_matrix",
        _moves("z4", "hou", "ind", 2030, 1.0),
        "transition_matrix",
    ),
    ("not fit for forest", "transition_matrix", _moves("z12", "bare", "fore", 2030, 1.0), "transition_condition"),
    (
        "no cropland can be made here",
        "transition_matrix",
        lambda case: case.put("zones", "potential_grade", 0, zone="z3"),
        "potential_grade",
    ),
    ("core of the red line", "red_line", _moves("z6", "wet", "fore", 2030, 1.0), "red_line"),
    ("building inside the red line", "red_line", _moves("z5", "fore", "ind", 2030, 1.0), "red_line"),
    (
        "new cropland inside the red line",
        "red_line",
        lambda case: case.put("zones", "red_line", "general", zone="z10"),
        "red_line",
    ),
    ("permanent farmland built on", "permanent_farmland", _moves("z2", "crop", "hou", 2030, 1.0), "permanent_farmland"),
    ("cropland above 25 degrees", "slope", _moves("z11", "vil", "crop", 2030, 1.0), "slope"),
    ("urban land outside the boundary", "urban_boundary", _moves("z9", "crop", "hou", 2030, 1.0), "urban_boundary"),
    ("half a parcel", "whole_parcel", _moves("z7", "bare", "fore", 2030, 15.0), "whole_parcel"),
    ("a whole zone of two classes", "whole_parcel", _mixed, "whole_parcel.one_class"),
    ("a lot too small", "minimum_lot", _moves("z10", "orch", "crop", 2030, 3.0), "minimum_lot"),
    (
        "a second lot too small",
        "minimum_lot",
        _moves("z10", "orch", "crop", 2040, 3.0),
        "minimum_lot",
    ),
    (
        "changes of a project that is not open",
        "restoration_project",
        _close_p2,
        "restoration_project.open",
    ),
    (
        "changes in another period than the project's",
        "restoration_project",
        lambda case: case.move("z8", "pond", "wet", 2030, 1.0),
        "restoration_project.open",
    ),
    (
        "a project below its least area",
        "restoration_project",
        _moves("z8", "pond", "wet", 2040, 4.0),
        "restoration_project.minimum",
    ),
    (
        "a project above its greatest area",
        "restoration_project",
        _moves("z8", "pond", "wet", 2040, 13.0),
        "restoration_project.maximum",
    ),
    ("more than the unit's share of the zone", "restoration_project", _wide_p2, "restoration_project.share"),
    ("a project opened twice", "restoration_project", _small_p1, "restoration_project.once"),
    ("a project ahead of its prerequisite", "restoration_project", _early, "restoration_project.prerequisite"),
    ("a project on a locked-out unit", "restoration_project", _locked, "restoration_project.locked_out"),
]


@pytest.mark.parametrize(("rule", "spoil", "caught"), [c[1:] for c in RULE_CASES], ids=[c[0] for c in RULE_CASES])
def test_rules_on_single_changes(rule: str, spoil: Spoil, caught: str, tmp_path: Path) -> None:
    case = hand_case()
    case.without_quotas()
    spoil(case)
    assert set(failed(case, tmp_path / "on")) == {caught}
    case.off(rule)
    assert set(failed(case, tmp_path / "off")) == ({caught} if rule == "transition_matrix" else set())
    case.off()
    case.summary["options"]["rules_off"] = [rule]
    assert set(failed(case, tmp_path / "option")) == ({caught} if rule == "transition_matrix" else set())


QUOTA_CASES = [
    ("cropland of A is 180 - 14 + 12 = 178", "retention", 178.5, {"cropland_retention": 0.5}),
    ("forest of B is 60 + 26 = 86, asked 1.45 x 60", "floor_forest", 1.45, {"floor": 1.0}),
    ("villages of A keep 40 - 12 = 28", "floor_rural", 29, {"floor": 1.0}),
    ("orchard is 32, allowed 0.75 x 40", "ceiling_orchard", 0.75, {"ceiling": 2.0}),
    ("built land is 120 + 17 - 12 = 125", "total", 124, {"construction_total": 1.0}),
    ("built land of B is 33, allowed 0.11 x 290", "intensity", 0.11, {"construction_intensity": 1.1}),
    ("10 newly built by 2024, allowed 3.5 + linked 6", "increment_2024", 3.5, {"construction_increment": 0.5}),
    ("14 newly built, allowed 7 + linked 6", "increment", 7, {"construction_increment": 1.0}),
    ("10 for industry", "growth_industry", 11, {"growth_demand": 1.0}),
    ("5 + 3 for housing by 2030", "growth_2030", 9, {"growth_demand": 1.0}),
    ("5 + 3 + 4 for housing", "growth", 13, {"growth_demand": 1.0}),
    ("5 of 22 on built land", "redevelopment", 0.25, {"redevelopment_share": 0.5}),
    ("5 of 12 for housing on built land", "redevelopment_hou", 0.45, {"redevelopment_share": 0.4}),
    ("10 of 180 leave cropland in 2024", "loss", 0.05, {"loss_cap": 1.0}),
    ("20 become forest in 2030", "gain", 19, {"gain_cap": 1.0}),
    ("20 + 10 + 6 restored", "restored", 37, {"restoration_area": 1.0}),
    ("3 994 327.6 of the city, below its parts", "cap", 3994300, {"carbon_cap": 27.6, "carbon_cap.nested": 80.0}),
    ("1 997 668 of the city by 2030", "cap_2030", 1997600, {"carbon_cap": 68.0}),
    ("2 803 118 of A", "cap_a", 2803100, {"carbon_cap": 18.0}),
    ("1 191 209.6 of B", "cap_b", 1191200, {"carbon_cap": 9.6}),
    ("caps of A and B add up to more than the city's", "cap_a", 2803250, {"carbon_cap.nested": 80.0}),
    ("621 spent", "budget", 620, {"budget": 1.0}),
    ("387 + project 100 spent by 2030", "budget_2030", 480, {"budget": 7.0}),
    ("148 + projects 150 spent in B", "budget_b", 297, {"budget": 1.0}),
    ("projects 150 + 40 + 30", "budget_projects", 219, {"budget": 1.0}),
    ("losses 8 > bank 4.5 + 0.5 x (12 - 6) in 2040", "compensation_a", 0.5, {"compensation": 0.5}),
    ("losses 4 > bank 3 in 2024, before any gain", "bank_a", 3, {"compensation": 1.0}),
    ("grade 5: losses 4 > bank 3 in 2024", "bank_a5", 3, {"compensation_grade": 1.0}),
    ("6 of the linked quota used", "linked", 5, {"linked_quota.total": 1.0}),
]


@pytest.mark.parametrize(("quota", "value", "caught"), [c[1:] for c in QUOTA_CASES], ids=[c[0] for c in QUOTA_CASES])
def test_tightened_quotas_by_hand(quota: str, value: float, caught: dict[str, float], tmp_path: Path) -> None:
    case = hand_case()
    case.put("quotas", "value", value, id=quota)
    assert failed(case, tmp_path / "on") == pytest.approx(caught, abs=1e-6)
    case.off(*{name.split(".")[0] for name in caught})
    case.tables["quotas"] = case.tables["quotas"][~case.tables["quotas"]["rule"].isin(["construction_increment"])]
    linked = "linked_quota.total" in caught
    if not linked:
        assert failed(case, tmp_path / "off") == {}


LINKED_CASES = [
    (
        "without its rows nothing is linked",
        ("drop",),
        (),
        {"construction_increment", "compensation", "compensation_grade"},
    ),
    ("given back as grade 4, used as grade 3", ("quota_ha", 3), ("compensation_grade",), {"linked_quota.reclaimed"}),
    (
        "more used than was given back",
        ("more",),
        ("compensation", "compensation_grade", "linked_quota.total"),
        {"linked_quota.reclaimed", "linked_quota.total"},
    ),
    ("more cropland than quota", ("cropland_ha", 7.0), (), {"linked_quota.cropland", "linked_quota.grade"}),
    ("cropland better than what was given back", ("grade",), ("compensation_grade",), {"linked_quota.grade"}),
    ("cropland that nobody built on", ("late",), ("compensation", "compensation_grade"), {"linked_quota.taken"}),
    ("a region without the quota", ("region",), (), {"linked.known"}),
    ("a grade that is none", ("nograde",), (), {"linked.known"}),
    ("a negative quota", ("negative",), (), {"linked.quota.negative", "linked_quota.cropland", "linked_quota.grade"}),
    (
        "no number",
        ("nan",),
        ("construction_increment", "compensation", "compensation_grade"),
        {"linked.quota.finite", "linked_quota.cropland", "linked_quota.grade"},
    ),
]


def _spoil_linked(case: Case, how: tuple[object, ...]) -> None:
    linked = case.linked
    if how[0] == "drop":
        case.linked = linked.iloc[:0]
    elif how[0] == "quota_ha":
        linked.loc[0, "grade"] = how[1]
    elif how[0] == "more":
        linked.loc[0, "quota_ha"] = 13.0
    elif how[0] == "cropland_ha":
        linked.loc[1, "cropland_ha"] = how[1]
    elif how[0] == "grade":
        case.put("zones", "potential_grade", 6, zone="z3")
        linked.loc[0, "grade"] = 6
    elif how[0] == "late":
        linked.loc[1, "period"] = 2030
    else:
        row = {"region": ["B", 2024, 4, 1.0, 0.0], "nograde": ["A", 2024, 0, 1.0, 0.0]}
        row |= {"negative": ["A", 2024, 7, -0.5, 0.0], "nan": ["A", 2024, 4, np.nan, 0.0]}
        if how[0] == "nan":
            linked.loc[0, "quota_ha"] = np.nan
        else:
            case.linked = pd.concat([linked, pd.DataFrame([row[str(how[0])]], columns=linked.columns)])


@pytest.mark.parametrize(("how", "off", "caught"), [c[1:] for c in LINKED_CASES], ids=[c[0] for c in LINKED_CASES])
def test_linked_quota(how: tuple[object, ...], off: tuple[str, ...], caught: set[str], tmp_path: Path) -> None:
    case = hand_case()
    _spoil_linked(case, how)
    case.off(*off)
    assert set(failed(case, tmp_path)) == caught


def test_a_locked_out_unit_leaves_the_rest_of_its_project(tmp_path: Path) -> None:
    case = hand_case()
    case.without_quotas()
    case.put("projects", "members", "U1;U3", project="P1")
    case.tables["projects"] = case.tables["projects"].iloc[:2]
    assert failed(case, tmp_path / "free unit") == {}
    case.move("z11", "vil", "fore", 2030, 2.0)
    assert failed(case, tmp_path / "locked unit") == {"restoration_project.locked_out": pytest.approx(2.0, abs=1e-4)}


def test_messages_name_rule_region_period_amount_unit(tmp_path: Path) -> None:
    case = hand_case()
    case.put("quotas", "value", 178.5, id="retention")
    (line,) = audit(*case.write(tmp_path)).lines()
    for word in ("耕地保有量", "cropland_retention", "region A", "2040", "0.5 ha"):
        assert word in line


def test_forbidden_change_is_named_by_zone(tmp_path: Path) -> None:
    case = hand_case()
    case.without_quotas()
    case.move("z6", "wet", "fore", 2030, 1.0)
    lines = [line for line in audit(*case.write(tmp_path)).lines() if "red_line" in line]
    assert len(lines) == 1
    for word in ("生态保护红线", "zone z6", "region B", "2030", "wet to fore", "ha"):
        assert word in lines[0]


def test_noise_below_the_tolerance_passes(tmp_path: Path) -> None:
    case = hand_case()
    case.move("z6", "wet", "fore", 2030, 1e-7)
    case.moves.loc[5, "area_ha"] += 1e-7
    assert failed(case, tmp_path) == {}
