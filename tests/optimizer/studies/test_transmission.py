"""Handing quotas down: two counties by hand, and five levels from the nation to its townships."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from instances.faults import InstanceError
from instances.instance import load
from instances.quota_levels import AMOUNTS, CAPS, FLOORS, SIGNED, level_warnings
from instances.scenarios.derive import Changes
from optimizer.results.audit import audit
from optimizer.studies.asked import Asked
from optimizer.studies.entries import TransmissionEntry
from optimizer.studies.models import Model
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from optimizer.studies.transmission import rows_of, run_transmission, split_of
from tests.build import build, draft, outcome, program_of, quota
from tests.end_to_end.random_instances import make
from tests.seeds import first_of

EXACT = Asked(method="direct", gap=0.0)
BASE = Scenario("base", "", "", "", Changes())
MOVES = {"bare>ind": {"cost": 1}, "crop>ind": {"cost": 5}}


def solved(folder, root):
    """Return a runner that has solved the instance as a study's base."""
    at = Runner(root)
    at.run([instance_task(BASE, folder, "hash"), solve_task(BASE, root, EXACT, "en", tables=False)])
    return at


def counties(folder, *quotas):
    """Return an instance of two counties: industry is cheap on bare land, 30 ha in the north and 5 in the south."""
    zones = {"a": {"region": "n", "bare": 30, "crop": 50}, "b": {"region": "s", "bare": 5, "crop": 50}}
    return build(folder, zones, MOVES, quotas=quotas, regions={"all": "", "n": "all", "s": "all"})


def test_two_counties_by_hand(tmp_path):
    """24 ha are asked; halves of the cap force 7 ha of cropland in the south: 12 + 5 + 7 x 5 = 52 against 24.

    Free, all 24 lie on bare land; 6 of the cap of 30 are left, 3 for each county.
    """
    counties(
        tmp_path / "land",
        quota("growth_demand", 24, "industry"),
        quota("construction_increment", 30),
        quota("construction_increment", 12, region="n"),
        quota("construction_increment", 18, region="s"),
    )
    at = solved(tmp_path / "land", tmp_path / "study")
    entry = TransmissionEntry(name="t", rule="construction_increment")
    told = run_transmission(entry, BASE, EXACT, tmp_path / "study", at)
    assert (told["given_objective"], told["free_objective"]) == (pytest.approx(52), pytest.approx(24))
    assert (told["split_objective"], told["cut"]) == (pytest.approx(24), 0.0)
    assert (told["saving"], told["saving_least"], told["saving_greatest"]) == pytest.approx((28, 28, 28))
    split = pd.read_csv(tmp_path / "study/transmission/t/split/split.csv").set_index("region")
    assert split["given"].to_dict() == {"n": 12, "s": 18}
    assert split["used"].sum() == pytest.approx(24)
    assert split["extra"].tolist() == pytest.approx([3, 3])
    assert split["split"].sum() == pytest.approx(30)
    rows = pd.read_csv(tmp_path / "study/transmission/t/split/quotas.csv")
    assert rows[["rule", "region", "sense", "unit", "status"]].to_numpy().tolist() == [
        ["construction_increment", "n", "<=", "ha", "computed"],
        ["construction_increment", "s", "<=", "ha", "computed"],
    ]
    plan = tmp_path / "study/scenarios/base.t.split"
    assert audit(tmp_path / "study/instances/base.t.split", plan).passed
    assert json.loads((tmp_path / "study/transmission/t/result/result.json").read_text())["saving"] == pytest.approx(28)


def test_a_target_is_handed_down_without_what_is_reached_beyond_it(tmp_path):
    """4 ha of growth of the whole; the north reaches all (bare land there is cheapest), the south nothing."""
    zones = {"a": {"region": "n", "bare": 30}, "b": {"region": "s", "crop": 50}}
    build(
        tmp_path / "land",
        zones,
        MOVES,
        quotas=[
            quota("growth_demand", 4, "industry"),
            quota("growth_demand", 1, "industry", region="n"),
            quota("growth_demand", 2, "industry", region="s"),
            quota("linked_quota", 5, region="n"),  # columns beside the moves
        ],
        regions={"all": "", "n": "all", "s": "all"},
    )
    at = solved(tmp_path / "land", tmp_path / "study")
    entry = TransmissionEntry(name="t", rule="growth_demand", group="industry")
    told = run_transmission(entry, BASE, EXACT, tmp_path / "study", at)
    assert told["saving"] == pytest.approx(2 + 2 * 5 - 4)
    split = pd.read_csv(tmp_path / "study/transmission/t/split/split.csv").set_index("region")
    assert split["split"].to_dict() == pytest.approx({"n": 4, "s": 0})


def test_period_0_and_the_last_year_are_the_same(tmp_path):
    """The city states its cap for the end, the counties theirs for 2030, which is the end: both give way."""
    counties(
        tmp_path / "land",
        quota("growth_demand", 24, "industry"),
        quota("construction_increment", 30),
        quota("construction_increment", 12, region="n", period=2030),
        quota("construction_increment", 18, region="s", period=2030),
    )
    at = solved(tmp_path / "land", tmp_path / "study")
    entry = TransmissionEntry(name="t", rule="construction_increment")
    told = run_transmission(entry, BASE, EXACT, tmp_path / "study", at)
    assert (told["free_objective"], told["split_objective"]) == pytest.approx((24, 24))


def test_a_region_below_its_target_of_zero_gets_none(tmp_path):
    """10 ha of net growth; the south loses the 5 ha of industry it has, so the north grows by 15 and has to give way.

    Nothing below zero can be asked of the south; it gets no row, and the plan stays as cheap: 15 - 5 x 3 = 0.
    """
    zones = {"a": {"region": "n", "bare": 30}, "b": {"region": "s", "ind": 5}}
    build(
        tmp_path / "land",
        zones,
        {"bare>ind": {"cost": 1}, "ind>bare": {"cost": -3}},
        quotas=[quota("growth_demand", 10, "industry")],
        regions={"all": "", "n": "all", "s": "all"},
    )
    at = solved(tmp_path / "land", tmp_path / "study")
    entry = TransmissionEntry(name="t", rule="growth_demand", group="industry")
    told = run_transmission(entry, BASE, EXACT, tmp_path / "study", at)
    assert (told["free_objective"], told["split_objective"]) == pytest.approx((0, 0), abs=1e-6)
    split = pd.read_csv(tmp_path / "study/transmission/t/split/split.csv").set_index("region")
    assert split["used"].to_dict() == pytest.approx({"n": 15, "s": -5})
    assert pd.read_csv(tmp_path / "study/transmission/t/split/quotas.csv")["region"].tolist() == ["n"]


def test_caps_fit_the_whole_though_land_beside_the_parts_takes_up_carbon(tmp_path):
    """Parks of the city itself take up 100 t; its two counties fell 3 ha of forest each, 50 t a hectare.

    So they use 300 of a cap of 210, of which 200 are used; their parts are cut to 105 each, which lets 2.1 ha go:
    7 ha of industry cost 6 + 5 free, and 4.2 + 2.8 x 5 = 18.2 under the split.
    """
    zones = {
        "park": {"region": "all", "grass": 5},
        "a": {"region": "n", "wood": 3, "bare": 20},
        "b": {"region": "s", "wood": 3, "bare": 20},
    }
    build(
        tmp_path / "land",
        zones,
        {"wood>ind": {"cost": 1}, "bare>ind": {"cost": 5}},
        quotas=[quota("growth_demand", 7, "industry"), quota("carbon_cap", 210)],
        factors={("wood", "stock"): 50, ("wood", "soil_share"): 0, ("grass", "sink"): 2},
        regions={"all": "", "n": "all", "s": "all"},
        mode="flux",
    )
    at = solved(tmp_path / "land", tmp_path / "study")
    told = run_transmission(TransmissionEntry(name="t", rule="carbon_cap"), BASE, EXACT, tmp_path / "study", at)
    assert (told["free_objective"], told["split_objective"], told["cut"]) == pytest.approx((11, 18.2, 90))
    split = pd.read_csv(tmp_path / "study/transmission/t/split/split.csv").set_index("region")
    assert split["used"].to_dict() == pytest.approx({"n": 150, "s": 150})
    assert split["split"].to_dict() == pytest.approx({"n": 105, "s": 105})


def test_of_several_units_one_is_named(tmp_path):
    """A cap on the span and one on the year 2030: without a unit nobody knows which; the other one stays."""
    zones = {"a": {"region": "n", "wood": 30}, "b": {"region": "s", "wood": 30}}
    caps = {"all": (600, 12), "n": (150, 6), "s": (450, 6)}
    build(
        tmp_path / "land",
        zones,
        {"wood>ind": {"cost": 1}, "wood>bare": {"cost": 9}},
        quotas=[
            quota("growth_demand", 6, "industry"),
            *(quota("carbon_cap", cap, region=region) for region, (cap, _) in caps.items()),
            *(quota("carbon_cap", cap, region=region, unit="tCO2e/yr") for region, (_, cap) in caps.items()),
        ],
        factors={("wood", "stock"): 50, ("wood", "soil_share"): 0, ("wood", "sink"): 2, ("bare", "sink"): 1},
        regions={"all": "", "n": "all", "s": "all"},
        mode="flux",
    )
    at = solved(tmp_path / "land", tmp_path / "study")
    with pytest.raises(InstanceError, match="cannot be shared out"):
        run_transmission(TransmissionEntry(name="t", rule="carbon_cap"), BASE, EXACT, tmp_path / "study", at)
    entry = TransmissionEntry(name="t", rule="carbon_cap", unit="tCO2e")
    run_transmission(entry, BASE, EXACT, tmp_path / "study", at)
    shown = load(tmp_path / "study/instances/base.t.split").require_land().quotas
    yearly = shown[shown["unit"] == "tCO2e/yr"]
    assert yearly.set_index("region")["value"].to_dict() == {"all": 12, "n": 6, "s": 6}
    assert shown[shown["unit"] == "tCO2e"]["id"].tolist() == ["carbon_cap_1", "t_n", "t_s"]


LEVELS = {"nation": "national", "prov": "province", "city": "city", "north": "county", "south": "county"}
TOWNS = {"n1": "north", "n2": "north", "s1": "south", "s2": "south"}


def five_levels(folder, *quotas):
    """Return a nation of one province, one city, two counties and two townships each; forest falls to industry."""
    zones = {town: {"region": town, "wood": 10 * k, "bare": 4 * k} for k, town in enumerate(TOWNS, start=1)}
    made = draft(
        zones,
        {"wood>ind": {"cost": 1}, "bare>ind": {"cost": 2}},
        quotas=quotas,
        factors={("wood", "stock"): 100, ("wood", "soil_share"): 0},
        regions={"nation": "", "prov": "nation", "city": "prov", "north": "city", "south": "city", **TOWNS},
        periods=(2040,),
        mode="flux",
    )
    for row in made.tables["regions"]:
        row["level"] = LEVELS.get(row["region"], "township")
    return made.write(folder)


def test_five_levels_from_nation_to_township(tmp_path):
    """A carbon cap of 900 t lets 9 ha of forest go, however it is divided; 12 ha of industry, so 3 on bare land.

    The given caps let only 2 + 1 + 2 + 1 ha go: 6 + 6 x 2 = 18 against 9 + 3 x 2 = 15.
    """
    given = {"n1": 200, "n2": 100, "s1": 200, "s2": 100, "north": 300, "south": 300}
    caps = [quota("carbon_cap", value, region=region) for region, value in given.items()]
    folder = five_levels(
        tmp_path / "land",
        quota("growth_demand", 12, "industry", region="nation"),
        quota("carbon_cap", 900, region="nation"),
        *caps,
    )
    at = solved(folder, tmp_path / "study")
    told = run_transmission(TransmissionEntry(name="t", rule="carbon_cap"), BASE, EXACT, tmp_path / "study", at)
    assert (told["given_objective"], told["free_objective"], told["split_objective"]) == pytest.approx((18, 15, 15))
    split = pd.read_csv(tmp_path / "study/transmission/t/split/split.csv").set_index("region")
    assert split["level"].value_counts().to_dict() == {
        "township": 4, "county": 2, "province": 1, "city": 1
    }  # fmt: skip
    assert split["parent"]["s2"] == "south"
    for above, parts in split.groupby("parent"):
        whole = 900 if above == "nation" else split["split"][above]
        assert parts["split"].sum() == pytest.approx(whole)
    shown = tmp_path / "study/instances/base.t.split"
    assert level_warnings(shown, load(shown).require_land(), load(shown).settings) == []


def test_levels_that_get_a_part_may_be_named(tmp_path):
    folder = five_levels(
        tmp_path / "land",
        quota("growth_demand", 12, "industry", region="nation"),
        quota("construction_increment", 20, region="nation"),
    )
    at = solved(folder, tmp_path / "study")
    entry = TransmissionEntry(name="t", rule="construction_increment", levels=("township",))
    run_transmission(entry, BASE, EXACT, tmp_path / "study", at)
    split = pd.read_csv(tmp_path / "study/transmission/t/split/split.csv")
    assert split["parent"].unique().tolist() == ["nation"]
    assert split["split"].sum() == pytest.approx(20)
    assert split["extra"].tolist() == pytest.approx([2] * 4)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (TransmissionEntry(name="t", rule="budget"), "has no quota budget"),
        (TransmissionEntry(name="t", rule="growth_demand", group="built"), "has no quota growth_demand of built"),
        (TransmissionEntry(name="t", rule="floor", group="cropland"), "cannot be shared out"),
    ],
)
def test_what_cannot_be_handed_down_is_refused(tmp_path, entry, words):
    counties(tmp_path / "land", quota("growth_demand", 4, "industry"), quota("floor", 0.5, "cropland", unit="share"))
    at = solved(tmp_path / "land", tmp_path / "study")
    with pytest.raises(InstanceError, match=words):
        run_transmission(entry, BASE, EXACT, tmp_path / "study", at)


def handed_at_random(seed):
    """Yield quotas of the whole, or of a district, of a random instance, with the entry that hands each down."""
    made = make(seed)
    for row in made.tables["quotas"]:
        adds_up = row["rule"] in (*CAPS, *FLOORS) and row["unit"] in AMOUNTS
        reference = row["rule"] == "growth_demand" and made.settings["carbon"]["existing_activity"] == "bottom_up"
        if adds_up and not reference and row["region"] in ("all", "south"):
            names = ("rule", "region", "group", "period", "unit")
            yield made, row, TransmissionEntry(name="t", **{name: row[name] for name in names})


@pytest.mark.parametrize("seed", first_of([7, 8, 12, 13, 15, 49, 50], 3))
def test_random_quotas_handed_down_cost_nothing_and_fit(seed):
    """Every split is as cheap as none at all; parts of caps add up to no more than the whole. None of these is cut."""
    handed = 0
    for made, row, entry in handed_at_random(seed):
        instance = made.instance()
        try:
            above, given = rows_of(entry, instance)
        except InstanceError:  # stated twice
            continue
        quotas = [one for one in made.tables["quotas"] if one["id"] not in {old["id"] for old in given}]
        free = replace(made, tables=made.tables | {"quotas": quotas}).instance()
        block = land_block(free)
        program = assemble(block)
        found = outcome(free, program)
        if found.objective is None or not block.records(row["rule"]):
            continue
        table = split_of(Model(free, program, block), found.solution.require_shares(), entry, above)
        parts = dict(zip(table["region"], table["split"], strict=True))
        new = [row | {"id": f"t_{name}", "region": name, "value": value} for name, value in parts.items()]
        new = [one for one in new if one["value"] >= 0 or one["rule"] in SIGNED]
        split = replace(made, tables=made.tables | {"quotas": quotas + new}).instance()
        assert outcome(split, program_of(split)).objective == pytest.approx(found.objective, rel=1e-5, abs=1e-5), row
        for above_, below in table.groupby("parent") if row["rule"] in CAPS else ():
            assert below["split"].sum() <= (parts | {row["region"]: row["value"]})[above_] + 1e-6, row
        handed += 1
    assert handed
