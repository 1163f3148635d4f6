"""Known clashes on `tiny` (docs/tiny.md), amounts worked out by hand in the comments.

Cropland 50 ha (N1 10, N2 20, S1 12, S2 8); built 18 (urban 5 + 5, village 8); grass 19, forest 30, bare 19.
New urban land, north: N1 crop 10, N3 grass 6 and bare 2; south: S1 crop 12 and grass 3, S5 bare 3.
New cropland: N3 bare 2, N5 village 8, S3 bare 5. A shortfall counts relative to its bound: where two quotas
of a clash could give way by the same hectares, the larger one does.
"""

from __future__ import annotations

import json

import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from instances.instance import load
from instances.synthetic import generate
from optimizer.infeasibility import explain
from optimizer.infeasibility.wording import amount
from optimizer.results.solution import SolveOptions
from tests.optimizer.infeasible_instances import explanation_of, quota_table, tiny_with
from tests.optimizer.results.audit_instance import hand_case

# quotas | rule that lacks, region, shortfall | (rule, region, what it would have to give way instead)
CLASSES = [
    pytest.param(
        # cropland reaches 50 + 15 = 65; of 13 ha urban 6 stand on grass, each of the other 7 takes crop or its gain
        """cropland_retention tiny - >= 60 ha
           growth_demand north housing_urban >= 13 ha""",
        ("cropland_retention", "tiny", 2.0),
        {("growth_demand", "north", 2.0)},
        id="retention against growth",
    ),
    pytest.param(
        # 10 + 6 + 2 = 18 at most
        "growth_demand north housing_urban >= 30 ha",
        ("growth_demand", "north", 12.0),
        set(),
        id="growth against the urban boundary",
    ),
    pytest.param(
        # forest + 15: grass of N3 gives 6 (no change of ecological land), 9 are new; grass of S1 may go (3)
        """floor tiny forest >= 45 ha
           ceiling tiny ecological <= 52 ha""",
        ("ceiling", "tiny", 49 + 9 - 3 - 52.0),
        {("floor", "tiny", 3.0)},
        id="floor against ceiling of other groups",
    ),
    pytest.param(
        # 16 ha urban: 6 without crop, 10 on crop; new cropland in the south 5
        """growth_demand south housing_urban >= 16 ha
           compensation south - == 1 1""",
        ("growth_demand", "south", 5.0),
        {("compensation", "south", 5.0)},
        id="compensation without potential",
    ),
    pytest.param(
        # N5 is outside the boundary, so the 13 ha are all new built land
        """growth_demand north housing_urban >= 13 ha
           construction_increment north built <= 10 ha""",
        ("growth_demand", "north", 3.0),
        {("construction_increment", "north", 3.0)},
        id="increment against demand",
    ),
    pytest.param(
        # increment 10 + linked quota 2 (village of N5 reclaimed) = 12
        """growth_demand north housing_urban >= 13 ha
           construction_increment north built <= 10 ha
           linked_quota north - <= 2 ha""",
        ("growth_demand", "north", 1.0),
        {("construction_increment", "north", 1.0), ("linked_quota", "north", 1.0)},
        id="increment and linked quota against demand",
    ),
    pytest.param(
        # land of the south 48 ha, 0.2 of it 9.6; built 5 + 6 = 11
        """growth_demand south housing_urban >= 6 ha
           construction_intensity south built <= 0.2 share""",
        ("construction_intensity", "south", 1.4),
        {("growth_demand", "south", 1.4)},
        id="intensity",
    ),
    pytest.param(
        # built 18 + 13 - 8 (village) = 23
        """growth_demand north housing_urban >= 13 ha
           construction_total tiny built <= 20 ha""",
        ("construction_total", "tiny", 3.0),
        {("growth_demand", "north", 3.0)},
        id="total of construction land",
    ),
    pytest.param(
        # 8 ha without crop + 2 of crop
        """growth_demand north housing_urban >= 13 ha
           loss_cap north cropland <= 2 ha""",
        ("growth_demand", "north", 3.0),
        {("loss_cap", "north", 3.0)},
        id="cap on loss against growth",
    ),
    pytest.param(
        """growth_demand north housing_urban >= 13 ha
           gain_cap north housing <= 10 ha""",
        ("growth_demand", "north", 3.0),
        {("gain_cap", "north", 3.0)},
        id="cap on gain against growth",
    ),
    pytest.param(
        # S5 bare 3 emit nothing, S1 crop 90 t/ha: 270; p1 takes up 8 x 20 = 160; present sinks 13 ha x 20 years = 260
        # 270 - 160 - 260 = -150 against -250: 100 t too much, or 100 / 90 ha too many
        """growth_demand south housing_urban >= 6 ha
           carbon_cap south - <= -250 tCO2e""",
        ("growth_demand", "south", 100 / 90),
        {("carbon_cap", "south", 100.0)},
        id="carbon cap",
    ),
    pytest.param(
        # nothing built in the south may change: none of 6 ha is redeveloped, half should be: 0.5 x 6 = 3
        """growth_demand south housing_urban >= 6 ha
           redevelopment_share south built >= 0.5 share""",
        ("growth_demand", "south", 6.0),
        {("redevelopment_share", "south", 3.0)},
        id="redevelopment",
    ),
    pytest.param(
        # village 8 ha: floor 5 leaves 3 to reclaim, with N3 2 and S3 5: 50 + 10
        """cropland_retention tiny - >= 62 ha
           floor north housing_rural >= 5 ha""",
        ("cropland_retention", "tiny", 2.0),
        {("floor", "north", 2.0)},
        id="retention against village floor",
    ),
    pytest.param(
        # cropland of the south: 20 + 5 in all
        """cropland_retention south - >= 26.5 ha""",
        ("cropland_retention", "south", 1.5),
        set(),
        id="retention beyond the land",
    ),
]


@pytest.mark.parametrize(("quotas", "lacks", "conflicts"), CLASSES)
def test_names_rule_region_and_amount(tmp_path, quotas, lacks, conflicts):
    explanation = explanation_of(tiny_with(tmp_path, quotas))
    assert not explanation.whole_numbers
    assert explanation.proven
    [clash] = explanation.clashes
    assert (clash.rule, clash.region) == lacks[:2]
    assert clash.shortfall == pytest.approx(lacks[2])
    assert clash.period == 2040
    assert clash.irreducible
    told = {(one.rule, one.region): one.instead for one in clash.conflicting if one.bound is not None}
    assert told == {(rule, region): pytest.approx(instead) for rule, region, instead in conflicts}


def test_grade(tmp_path):
    # 8 ha urban without crop, 5 on crop of grade 5; new cropland is of grade 6 or worse, the bank holds 2 ha of grade 5
    quotas = """growth_demand north housing_urban >= 13 ha
                compensation_grade north - == 1 1
                compensation_bank north - == 2 ha 5"""
    [clash] = explanation_of(tiny_with(tmp_path, quotas)).clashes
    assert (clash.rule, clash.region, clash.shortfall) == ("growth_demand", "north", pytest.approx(3.0))
    assert [(one.rule, one.bound, one.instead) for one in clash.conflicting] == [
        ("compensation_grade", 2.0, pytest.approx(3.0))
    ]


def test_restoration_against_budget(tmp_path):
    # 20 (10k CNY) buy 10 ha at 2 each; the project costs 500
    quotas = """restoration_area tiny - >= 12 ha
                budget tiny - <= 20 10kCNY"""
    [clash] = explanation_of(tiny_with(tmp_path, quotas, restoration_cost=2.0)).clashes
    assert (clash.rule, clash.shortfall, clash.bound) == ("restoration_area", pytest.approx(2.0), 12.0)
    [budget] = clash.conflicting
    assert (budget.rule, budget.unit, budget.instead) == ("budget", "10k CNY", pytest.approx(4.0))


WHOLE = """cropland_retention south - >= 22 ha
           floor south unused >= 8 ha"""


@pytest.mark.parametrize(
    ("quotas", "zones", "lacks", "conflicts"),
    [
        pytest.param(
            # p1 restores 4 ha or nothing; forest may reach 3
            """restoration_area south - >= 2 ha
               ceiling south forest <= 3 ha""",
            {},
            ("ceiling", 1.0),
            {"restoration_area": (), "restoration_project": ("p1",)},
            id="least area of a project",
        ),
        pytest.param(
            # S3 becomes cropland as a whole (5 ha, unused falls to 10 - 5) or not at all: cropland stays at 20
            WHOLE,
            {"S3": {"whole": 1}},
            ("cropland_retention", 2.0),
            {"floor": (), "whole_parcel": ("S3",)},
            id="whole parcel",
        ),
        pytest.param(
            # 4 ha at least: unused falls to 6
            WHOLE,
            {"S3": {"min_lot_ha": 4.0}},
            ("cropland_retention", 2.0),
            {"floor": (), "minimum_lot": ("S3",)},
            id="minimum lot",
        ),
    ],
)
def test_whole_numbers(tmp_path, quotas, zones, lacks, conflicts):
    explanation = explanation_of(tiny_with(tmp_path, quotas, zones))
    assert explanation.whole_numbers
    [clash] = explanation.clashes
    assert (clash.rule, clash.region, clash.shortfall) == (lacks[0], "south", pytest.approx(lacks[1]))
    assert {one.rule: one.names for one in clash.conflicting} == conflicts


def test_several_clashes(tmp_path):
    # 12 ha too many in the north as above; 18 ha at most in the south
    quotas = """growth_demand north housing_urban >= 30 ha
                growth_demand south housing_urban >= 20 ha"""
    clashes = explanation_of(tiny_with(tmp_path, quotas)).clashes
    assert [(one.region, one.shortfall) for one in clashes] == [
        ("north", pytest.approx(12.0)),
        ("south", pytest.approx(2.0)),
    ]


def test_few_rows_are_relaxed(tmp_path):
    # 2 ha too many: a quarter of the cap, or two fifths of one demand
    quotas = """growth_demand north housing_urban >= 5 ha
                growth_demand south housing_urban >= 5 ha
                construction_increment tiny built <= 8 ha"""
    [clash] = explanation_of(tiny_with(tmp_path, quotas)).clashes
    assert (clash.rule, clash.shortfall) == ("construction_increment", pytest.approx(2.0))
    assert {one.region for one in clash.conflicting} == {"north", "south"}


def test_withheld_land(tmp_path):
    # outside the boundary N5 8 + N6 4; in the red line N4 30 + 3; permanent farmland N2 20
    quotas = "growth_demand north housing_urban >= 30 ha"
    [clash] = explanation_of(tiny_with(tmp_path, quotas)).clashes
    kept = {one.rule: one for one in clash.withheld}
    assert {rule: one.area_ha for rule, one in kept.items()} == {
        "red_line": 33.0,
        "permanent_farmland": 20.0,
        "urban_boundary": 12.0,
    }
    assert [one.rule for one in clash.withheld] == ["red_line", "permanent_farmland", "urban_boundary"]
    assert all(one.relief == pytest.approx(12.0) for one in kept.values())


def test_land_withheld_by_the_slope_ban(tmp_path):
    # cropland 65 at most; N6 is steep and could carry 4 ha
    quotas = "cropland_retention tiny - >= 70 ha"
    [clash] = explanation_of(tiny_with(tmp_path, quotas)).clashes
    kept = {one.rule: one for one in clash.withheld}
    assert clash.shortfall == pytest.approx(5.0)
    assert (kept["slope"].area_ha, kept["slope"].relief) == (4.0, pytest.approx(4.0))
    # bare land of N4; its forest may not become cropland anyway
    assert (kept["red_line"].area_ha, kept["red_line"].relief) == (3.0, pytest.approx(3.0))


def test_jointly_withheld_land(tmp_path):
    # S6: steep and unfit; N2 outside the boundary: permanent farmland and the boundary keep it together
    quotas = "growth_demand north housing_urban >= 30 ha"
    instance = tiny_with(tmp_path, quotas, {"N2": {"boundary": 0}})
    [clash] = explanation_of(instance).clashes
    kept = {one.rule: one for one in clash.withheld}
    assert (kept["permanent_farmland"].area_ha, kept["permanent_farmland"].jointly_ha) == (0.0, 20.0)
    assert kept["urban_boundary"].jointly_ha == 20.0


def test_sentences(tmp_path):
    quotas = """growth_demand north housing_urban >= 13 ha
                construction_increment north built <= 10 ha"""  # the village of N5 would be redeveloped
    explanation = explanation_of(tiny_with(tmp_path, quotas))
    assert explanation.lines() == [
        "North by 2040: growth demand for urban housing of 13 ha lacks 3 ha; "
        "it clashes with the increment of construction land (built land, 10 ha, or it gives way by 3 ha); "
        "the urban development boundary withholds 8 ha (lifting it would close the gap)."
    ]
    assert explanation.lines("zh") == [
        "北县至2040年：增长需求（城镇住宅用地）13公顷缺3公顷；与新增建设用地（建设用地，10公顷，或由其让出3公顷）冲突；"
        "城镇开发边界占住8公顷（放开即可补足）。"
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (41_200.4, "41,200 ha"),
        (310.0, "310 ha"),
        (75.12, "75.1 ha"),
        (4.0, "4 ha"),
        (1.256, "1.26 ha"),
        (0.03, "0.03 ha"),
    ],
)
def test_amounts(value, text):
    assert amount(value, "ha", "en") == text


def test_an_amount_without_unit_is_bare():
    assert amount(0.5, "1", "en") == "0.5"
    assert amount(0.5, "1", "zh") == "0.5"


def test_plain_values(tmp_path):
    explanation = explanation_of(tiny_with(tmp_path, "growth_demand north housing_urban >= 30 ha"))
    plain = json.loads(json.dumps(explanation.to_dict()))
    assert plain["clashes"][0]["shortfall"] == pytest.approx(12.0)
    assert plain["clashes"][0]["withheld"][0]["rule"] == "red_line"


def test_a_feasible_instance_has_no_clash():
    explanation = explanation_of(load("tiny"))
    assert not explanation
    assert explanation.lines() == []
    assert explanation.proven


def test_without_quotas_there_is_nothing_to_relax(tmp_path):
    instance = tiny_with(tmp_path, "growth_demand north housing_urban >= 30 ha")
    block = land_block(instance, ("growth_demand",))
    assert not explain(instance, block, assemble(block), SolveOptions())


def test_periods(tmp_path):
    # industry in A comes from the crop of z1 only, of which 8 % of 180 ha may go in each period: 14.4 by 2024
    case = hand_case()
    case.tables["quotas"] = quota_table(
        """growth_demand A industry >= 20 ha
           loss_cap A crop <= 0.08 share"""
    )
    case.put("quotas", "period", 2024, rule="growth_demand")
    for table in case.tables.values():
        for column in ("source", "reason", "name_zh", "name_en"):
            table[column] = table.get(column, "test")
        table["status"] = table.get("status", "made")
    case.put("transitions", "restoration", 0, from_="pond")
    folder, _ = case.write(tmp_path)
    [clash] = explanation_of(load(folder)).clashes
    assert (clash.rule, clash.period, clash.shortfall) == ("growth_demand", 2024, pytest.approx(5.6))
    [cap] = clash.conflicting
    assert (cap.rule, cap.period, cap.bound, cap.instead) == (
        "loss_cap",
        2024,
        pytest.approx(14.4),
        pytest.approx(5.6),
    )


def test_made_instance_of_some_size(tmp_path):
    folder = generate(tmp_path / "made", zones=3000, seed=3, quotas=10, regions=8, projects=3, periods=3)
    path = next((folder / "land").glob("quotas.*"))
    table = pd.read_csv(path, keep_default_na=False)
    grown = (table["rule"] == "growth_demand") & (table["region"] == table["region"].iloc[0])
    table.loc[grown, "value"] *= 10
    table.to_csv(path, index=False)
    explanation = explanation_of(load(folder))
    assert explanation.seconds < 60
    assert {clash.rule for clash in explanation.clashes} == {"growth_demand"}
    assert "construction_increment" in {one.rule for clash in explanation.clashes for one in clash.conflicting}


def test_out_of_time(tmp_path):
    explanation = explanation_of(tiny_with(tmp_path, "growth_demand north housing_urban >= 30 ha"), seconds=0.0)
    assert explanation.clashes or not explanation.proven
