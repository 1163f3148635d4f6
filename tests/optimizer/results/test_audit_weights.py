"""Every weight that enters a figure: a perturbed table no longer agrees with summary.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from optimizer.results.audit import audit
from tests.optimizer.results.audit_instance import Case, hand_case

if TYPE_CHECKING:
    from pathlib import Path

OBJECTIVE, CONSTANT = "summary.objective", "summary.objective_constant"
FACTOR_CASES = [
    ("new sink of forest", "fore", "B", "sink", "flux", {OBJECTIVE, CONSTANT}),
    ("the row for * is overridden where forest stands", "fore", "*", "sink", "flux", set()),
    ("a sink from water earns nothing but its present land does", "wet", "*", "sink", "flux", {CONSTANT}),
    ("lost sink of orchard", "orch", "*", "sink", "flux", {OBJECTIVE, CONSTANT}),
    ("lost sink of ponds", "pond", "*", "sink", "flux", {OBJECTIVE, CONSTANT}),
    ("source of cropland, given for the city", "crop", "C", "sink", "flux", {OBJECTIVE, CONSTANT}),
    ("stock mode counts no sink", "crop", "C", "sink", "stock", set()),
    ("stock lost from cropland", "crop", "*", "stock", "flux", {OBJECTIVE}),
    ("stock lost from orchard", "orch", "*", "stock", "flux", {OBJECTIVE}),
    ("stock left under industry", "ind", "*", "stock", "flux", {OBJECTIVE}),
    ("stock left under housing", "hou", "*", "stock", "flux", {OBJECTIVE}),
    ("stock gained by forest", "fore", "*", "stock", "stock", {OBJECTIVE}),
    ("stock before restoration", "bare", "*", "stock", "stock", {OBJECTIVE}),
    ("wetland from water gains no stock", "wet", "*", "stock", "stock", set()),
    ("soil of forest", "fore", "*", "soil_share", "stock", set()),
    ("ramp of forest", "fore", "*", "ramp_years", "flux", {OBJECTIVE}),
    ("embodied carbon of industry", "ind", "*", "embodied", "flux", {OBJECTIVE}),
    ("embodied carbon of housing", "hou", "*", "embodied", "flux", {OBJECTIVE}),
    ("timber enters no figure", "fore", "*", "volume", "flux", set()),
]


def missed(case: Case, folder: Path) -> set[str]:
    """Return the figures of the summary that the audit no longer agrees with."""
    return {check.name for check in audit(*case.write(folder)).failed} & {OBJECTIVE, CONSTANT}


def with_figures(case: Case, folder: Path, **options: Any) -> Case:
    """Let summary.json state what the unperturbed instance gives under these options."""
    case.off("carbon_cap")
    case.summary["options"] = options
    figures = audit(*case.write(folder)).figures
    case.summary |= {name: figures[name] for name in ("objective", "objective_constant")}
    return case


def grow(case: Case, table: str, column: str, by: float = 1.01, **where: object) -> None:
    """Multiply the cells of the matching rows."""
    frame = case.tables[table]
    rows = frame.index == frame.index
    for name, wanted in where.items():
        rows = rows & (frame[name.rstrip("_")] == wanted)
    assert rows.any()
    frame[column] = frame[column].astype(float)
    frame.loc[rows, column] *= by


@pytest.mark.parametrize(
    ("cls", "region", "factor", "mode", "caught"),
    [case[1:] for case in FACTOR_CASES],
    ids=[case[0] for case in FACTOR_CASES],
)
def test_factors(cls: str, region: str, factor: str, mode: str, caught: set[str], tmp_path: Path) -> None:
    case = with_figures(hand_case(), tmp_path / "before", mode=mode)
    grow(case, "factors", "value", class_=cls, region=region, factor=factor)
    assert missed(case, tmp_path) == caught


def test_soil_share_of_one_class_where_soil_is_lost_slowly(tmp_path: Path) -> None:
    case = hand_case()
    case.put("factors", "class", "crop", factor="soil_share")
    case = with_figures(case, tmp_path / "before")
    grow(case, "factors", "value", factor="soil_share")
    assert missed(case, tmp_path) == {OBJECTIVE}


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        pytest.param("soil_share", "flux", id="share of soil where factors give none"),
        pytest.param("soil_loss_years", "flux", id="soil is lost over these years"),
        pytest.param("gain_years", "stock", id="gains build up over these years"),
    ],
)
def test_parameters(name: str, mode: str, tmp_path: Path) -> None:
    case = with_figures(hand_case(), tmp_path / "before", mode=mode)
    grow(case, "parameters", "value", parameter=name)
    assert missed(case, tmp_path) == {OBJECTIVE}


@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        pytest.param("transitions", "cost_wanyuan_per_ha", {"from": "ind", "to": "hou"}, id="cost of the change"),
        pytest.param("zones", "cost_factor", {"zone": "z12"}, id="factor of the zone"),
        pytest.param("zone_costs", "cost_wanyuan_per_ha", {"zone": "z1"}, id="cost of the place"),
        pytest.param("zone_costs", "cost_wanyuan_per_ha", {"zone": "z10"}, id="benefit of the place"),
        pytest.param("projects", "cost_wanyuan", {"project": "P2"}, id="fixed cost of an open project"),
    ],
)
@pytest.mark.parametrize("objective", ["cost", "weighted"])
def test_costs(table: str, column: str, where: dict[str, str], objective: str, tmp_path: Path) -> None:
    case = hand_case()
    case.settings["objective"] |= {"cost_weight": 3.0}
    case = with_figures(case, tmp_path / "before", objective=objective)
    grow(case, table, column, **where)
    assert missed(case, tmp_path) == {OBJECTIVE}


def test_a_closed_project_costs_nothing(tmp_path: Path) -> None:
    case = with_figures(hand_case(), tmp_path / "before", objective="cost")
    grow(case, "projects", "cost_wanyuan", project="P3")
    assert missed(case, tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "caught"),
    [("emission_weight", {OBJECTIVE, CONSTANT}), ("cost_weight", {OBJECTIVE})],
)
def test_objective_weights(name: str, caught: set[str], tmp_path: Path) -> None:
    case = hand_case()
    case.settings["objective"] = {"kind": "weighted", "emission_weight": 0.5, "cost_weight": 2.0}
    case = with_figures(case, tmp_path / "before")
    case.settings["objective"][name] *= 1.01
    assert missed(case, tmp_path) == caught


@pytest.mark.parametrize("existing", ["top_down", "bottom_up"])
@pytest.mark.parametrize(
    ("item", "year"),
    [
        ("population", 2020),
        ("population", 2040),
        ("gdp_per_capita", 2025),
        ("gdp_per_capita", 2035),
        ("carbon_intensity", 2020),
        ("carbon_intensity", 2040),
    ],
)
def test_context(item: str, year: int, existing: str, tmp_path: Path) -> None:
    case = hand_case()
    case.settings["carbon"]["existing_activity"] = existing
    case = with_figures(case, tmp_path / "before")
    grow(case, "context", "value", item=item, year=year)
    found = missed(case, tmp_path)
    if existing == "top_down":
        assert found == {CONSTANT}
    else:
        assert found
        assert found == {OBJECTIVE, CONSTANT} or (item, year) in {("population", 2040), ("gdp_per_capita", 2035)}


@pytest.mark.parametrize("row", range(4), ids=["industry", "living in A", "living in B", "transport"])
def test_activity_shares_set_the_added_activity(row: int, tmp_path: Path) -> None:
    case = hand_case()
    case.settings["carbon"]["existing_activity"] = "bottom_up"
    case = with_figures(case, tmp_path / "before")
    case.tables["activity"].loc[row, "share"] += 0.01
    assert missed(case, tmp_path) == {OBJECTIVE}


@pytest.mark.parametrize("quota", ["growth_industry", "growth_2030", "growth"])
def test_reference_growth_sets_the_added_activity(quota: str, tmp_path: Path) -> None:
    case = hand_case()
    case.settings["carbon"]["existing_activity"] = "bottom_up"
    case = with_figures(case, tmp_path / "before")
    grow(case, "quotas", "value", by=0.99, id=quota)
    assert missed(case, tmp_path) == {OBJECTIVE}


def test_activity_share_of_a_district_moves_its_cap(tmp_path: Path) -> None:
    case = hand_case()
    case.tables["activity"].loc[0, "share"] = 0.401
    failed = {check.name: check.subject.split(":")[0] for check in audit(*case.write(tmp_path)).failed}
    assert failed["carbon_cap"] in {"cap", "cap_a"}


def test_restoration_flag_gives_the_gain(tmp_path: Path) -> None:
    case = with_figures(hand_case(), tmp_path / "before", mode="stock")
    case.put("transitions", "restoration", 0, **{"from": "bare", "to": "fore"})
    assert missed(case, tmp_path) == {OBJECTIVE}


def test_embodied_carbon_can_be_left_out(tmp_path: Path) -> None:
    case = with_figures(hand_case(), tmp_path / "before")
    case.settings["carbon"]["embodied"] = False
    assert missed(case, tmp_path) == {OBJECTIVE}
