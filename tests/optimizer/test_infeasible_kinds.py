"""Further known clashes, in land, time and whole numbers; amounts worked out by hand in the comments.

The land of `tiny` is told at the head of `test_infeasibility`. Of quotas that could give way by the same
hectares the one with the larger bound does.
"""

from __future__ import annotations

import pytest

from optimizer.infeasibility import Clash, Explanation, RuleRef
from tests.build import build, quota
from tests.optimizer.infeasible_instances import explanation_of, tiny_with

# quotas | rule that lacks, region, shortfall | (rule, region): what it would have to give way instead
LAND = [
    pytest.param(
        # N3 grass 6 and bare 2, N4 bare 3, N6 bare 4, village of N5 8, project p1 at most 8: 31
        "restoration_area tiny - >= 40 ha",
        ("restoration_area", "tiny", 9.0),
        {},
        id="restoration beyond the land",
    ),
    pytest.param(
        # cropland 20 + 5 of S3 - S2; 22 leaves 3 of S2, with S6 1: 4 of 6 ha
        """restoration_area south - >= 6 ha
           cropland_retention south - >= 22 ha""",
        ("cropland_retention", "south", 2.0),
        {("restoration_area", "south"): 2.0},
        id="restoration against retention",
    ),
    pytest.param(
        # nothing is or becomes water
        "floor tiny water >= 5 ha",
        ("floor", "tiny", 5.0),
        {},
        id="a group without land",
    ),
    pytest.param(
        # the 30 ha of N4 may not leave forest
        "ceiling tiny forest <= 20 ha",
        ("ceiling", "tiny", 10.0),
        {},
        id="ceiling below what must stay",
    ),
    pytest.param(
        # bare 19 gives 1, the village 8: 50 + 9
        """floor tiny unused >= 18 ha
           cropland_retention tiny - >= 60 ha""",
        ("cropland_retention", "tiny", 1.0),
        {("floor", "tiny"): 1.0},
        id="retention against bare land",
    ),
    pytest.param(
        # without bare land N3 grass 6 + village 8 = 14; a tenth of 19 ha may go: 15.9
        """restoration_area north - >= 17 ha
           loss_cap tiny unused <= 0.1 share""",
        ("restoration_area", "north", 1.1),
        {("loss_cap", "tiny"): 1.1},
        id="restoration against a cap on loss above it",
    ),
    pytest.param(
        # 18 + 13 + 6 - 8 (village) = 29
        """growth_demand north housing_urban >= 13 ha
           growth_demand south housing_urban >= 6 ha
           construction_total tiny built <= 25 ha""",
        ("construction_total", "tiny", 4.0),
        {("growth_demand", "north"): 4.0, ("growth_demand", "south"): 4.0},
        id="two demands against a common total",
    ),
    pytest.param(
        # 18 in the north, 18 in the south
        "growth_demand tiny housing_urban >= 40 ha",
        ("growth_demand", "tiny", 4.0),
        {},
        id="demand of both counties beyond the land",
    ),
    pytest.param(
        # p1 8 x 20, N3 6 x 10 + 2 x 20, N4 3 x 20, N6 4 x 20, village 8 x 5: -440; present sinks -2780
        "carbon_cap tiny - <= -3300 tCO2e",
        ("carbon_cap", "tiny", 80.0),
        {},
        id="carbon cap beyond the land",
    ),
    pytest.param(
        # without new forest the village 8, with it 2 more
        """restoration_area tiny - >= 18 ha
           gain_cap tiny forest <= 2 ha""",
        ("restoration_area", "tiny", 8.0),
        {("gain_cap", "tiny"): 8.0},
        id="restoration against a cap on gain",
    ),
    pytest.param(
        # 0.1 x 136 = 13.6; urban 10 + village 5 = 15
        """construction_intensity tiny built <= 0.1 share
           floor north housing_rural >= 5 ha""",
        ("construction_intensity", "tiny", 1.4),
        {("floor", "north"): 1.4},
        id="intensity against the village",
    ),
    pytest.param(
        # of the village 2 ha may be reclaimed, so 10 + 2 ha are built
        """growth_demand north housing_urban >= 13 ha
           construction_increment north built <= 10 ha
           linked_quota north - <= 4 ha
           floor north housing_rural >= 6 ha""",
        ("growth_demand", "north", 1.0),
        {("construction_increment", "north"): 1.0, ("floor", "north"): 1.0},
        id="linked quota without villages to reclaim",
    ),
    pytest.param(
        # 16 ha urban: 10 on crop; new cropland 5, bank 2
        """growth_demand south housing_urban >= 16 ha
           compensation south - == 1 1
           compensation_bank south - == 2 ha""",
        ("growth_demand", "south", 3.0),
        {("compensation", "south"): 3.0},
        id="compensation with a bank",
    ),
    pytest.param(
        # 30 + N3 2 + N5 8
        "cropland_retention north - >= 41 ha",
        ("cropland_retention", "north", 1.0),
        {},
        id="retention beyond the north",
    ),
    pytest.param(
        # 6 ha without crop, 10 more on crop of N1 and S1: 50 + 15 - 10 = 55
        """cropland_retention tiny - >= 56 ha
           growth_demand north housing_urban >= 13 ha
           growth_demand south housing_urban >= 11 ha""",
        ("cropland_retention", "tiny", 3.0),
        {("growth_demand", "north"): 3.0, ("growth_demand", "south"): 3.0},
        id="retention of both against growth of each",
    ),
]


@pytest.mark.parametrize(("quotas", "lacks", "instead"), LAND)
def test_land(tmp_path, quotas, lacks, instead):
    explanation = explanation_of(tiny_with(tmp_path, quotas))
    assert not explanation.whole_numbers
    assert explanation.proven
    assert explanation.certain
    [clash] = explanation.clashes
    assert (clash.rule, clash.region) == lacks[:2]
    assert clash.shortfall == pytest.approx(lacks[2])
    told = {(one.rule, one.region): one.instead for one in clash.conflicting if one.bound is not None}
    assert told == {place: pytest.approx(amount) for place, amount in instead.items()}


SHUT = """growth_demand south housing_urban >= {growth} ha
          gain_cap south housing_urban <= 2 ha
          loss_cap south cropland <= 0 ha
          floor south grass >= 13 ha"""

WHOLE = [
    pytest.param(
        # p1 opens for 500 as a whole
        """restoration_area south - >= 2 ha
           budget tiny projects <= 300 10kCNY""",
        {},
        ("budget", "tiny", 200.0),
        {"restoration_area": (), "restoration_project": ("p1",)},
        id="budget against the cost of a project",
    ),
    pytest.param(
        # p1 takes 4 ha, of them 3 of S2: cropland 25 - 3
        """restoration_area south - >= 2 ha
           cropland_retention south - >= 23 ha""",
        {},
        ("cropland_retention", "south", 1.0),
        {"restoration_area": (), "restoration_project": ("p1",)},
        id="retention against the least area of a project",
    ),
    pytest.param(
        # S5 is 3 ha or none, crop may not go: 2 ha of grass
        SHUT.format(growth=2),
        {"S5": {"whole": 1}},
        ("floor", "south", 2.0),
        {"growth_demand": (), "gain_cap": (), "loss_cap": (), "whole_parcel": ("S5",)},
        id="whole parcel too large for a cap",
    ),
    pytest.param(
        # S5 gives 2.5 ha or none
        SHUT.format(growth=1),
        {"S5": {"min_lot_ha": 2.5}},
        ("floor", "south", 1.0),
        {"growth_demand": (), "gain_cap": (), "loss_cap": (), "minimum_lot": ("S5",)},
        id="minimum lot too large for a cap",
    ),
]


@pytest.mark.parametrize(("quotas", "zones", "lacks", "conflicts"), WHOLE)
def test_whole_numbers(tmp_path, quotas, zones, lacks, conflicts):
    explanation = explanation_of(tiny_with(tmp_path, quotas, zones))
    assert explanation.whole_numbers
    assert explanation.certain
    [clash] = explanation.clashes
    assert (clash.rule, clash.region, clash.shortfall) == (*lacks[:2], pytest.approx(lacks[2]))
    assert {one.rule: one.names for one in clash.conflicting} == conflicts


@pytest.mark.parametrize(
    ("quotas", "lacks"),
    [
        (
            """cropland_retention south - >= 26.5 ha
               growth_demand north housing_urban >= 30 ha""",
            {("cropland_retention", "south"): 1.5, ("growth_demand", "north"): 12.0},
        ),
        (
            """ceiling tiny forest <= 20 ha
               cropland_retention north - >= 41 ha
               growth_demand south housing_urban >= 20 ha""",
            {("ceiling", "tiny"): 10.0, ("cropland_retention", "north"): 1.0, ("growth_demand", "south"): 2.0},
        ),
    ],
)
def test_independent_clashes(tmp_path, quotas, lacks):
    """Each is told by itself: none has a part in the other."""
    clashes = explanation_of(tiny_with(tmp_path, quotas)).clashes
    assert {(one.rule, one.region): one.shortfall for one in clashes} == {
        place: pytest.approx(amount) for place, amount in lacks.items()
    }
    assert not any(one.bound is not None for clash in clashes for one in clash.conflicting)


PERIODS = [
    pytest.param(
        # the 4 ha of bare land that becomes cropland by 2025 serves from 2030 on
        [quota("growth_demand", 4, "industry", period=2025), quota("compensation", 1)],
        {("growth_demand", 2025): 4.0},
        {("compensation", 2025): 4.0},
        id="compensation comes too late",
    ),
    pytest.param(
        # the cap of 2030 counts what was built by 2025
        [
            quota("growth_demand", 4, "industry", period=2025),
            quota("growth_demand", 8, "industry", period=2030),
            quota("construction_increment", 5, period=2025),
            quota("construction_increment", 6, period=2030),
        ],
        {("growth_demand", 2030): 2.0},
        {("construction_increment", 2030): 2.0},
        id="increment of the second period",
    ),
    pytest.param(
        # 10 ha of crop at most by 2025; wood 5 + bare 4 by 2030
        [quota("growth_demand", 12, "industry", period=2025), quota("floor", 10, "forest", period=2030)],
        {("growth_demand", 2025): 2.0, ("floor", 2030): 1.0},
        {},
        id="a clash in each period",
    ),
    pytest.param(
        # crop 10 - 6 by 2025, and none comes back: 4 by 2030, with bare land 8
        [quota("growth_demand", 6, "industry", period=2025), quota("cropland_retention", 9, period=2030)],
        {("cropland_retention", 2030): 1.0},
        {("growth_demand", 2025): 1.0},
        id="early growth against late retention",
    ),
]


@pytest.mark.parametrize(("quotas", "lacks", "instead"), PERIODS)
def test_periods(tmp_path, quotas, lacks, instead):
    zones = {"a": {"crop": 10, "bare": 4, "wood": 5}}
    numbered = [row | {"id": f"{row['rule']}-{number}"} for number, row in enumerate(quotas)]
    moves = {"crop>ind": {}, "bare>crop": {}, "bare>wood": {"restoration": 1}}
    clashes = explanation_of(build(tmp_path, zones, moves, quotas=numbered, periods=(2025, 2030))).clashes
    assert {(one.rule, one.period): one.shortfall for one in clashes} == {
        place: pytest.approx(amount) for place, amount in lacks.items()
    }
    told = {(one.rule, one.period): one.instead for clash in clashes for one in clash.conflicting}
    assert told == {place: pytest.approx(amount) for place, amount in instead.items()}


def test_many_quotas_are_counted():
    """Of seven kinds of quotas in conflict five are named, and what is decided as a whole always."""
    rules = ("floor", "ceiling", "loss_cap", "gain_cap", "construction_total", "budget", "carbon_cap")
    others = [RuleRef(rule, "a", 2030, unit="ha", sense="<=", bound=float(k)) for k, rule in enumerate(rules)]
    clash = Clash(
        id="g",
        rule="growth_demand",
        region="a",
        period=2030,
        group="industry",
        unit="ha",
        bound=9.0,
        sense=">=",
        shortfall=3.0,
        conflicting=(*others, RuleRef("whole_parcel", names=("z1",))),
    )
    explanation = Explanation((clash,))
    assert explanation.lines() == [
        "a by 2030: growth demand for industry of 9 ha lacks 3 ha; it clashes with the floor (0 ha), "
        "the ceiling (1 ha), the cap on loss (2 ha), the cap on gain (3 ha), the cap on all construction land (4 ha), "
        "parcels that change as a whole (z1) and 2 more rules."
    ]
    assert explanation.lines("zh")[0].endswith("（z1）、另2项规则冲突。")
