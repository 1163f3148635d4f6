"""Handing quotas down: two counties by hand, and five levels from the nation to its townships."""

import json

import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.instance import load
from instances.quota_levels import level_warnings
from instances.scenarios.derive import Changes
from optimizer.results.audit import audit
from optimizer.studies.asked import Asked
from optimizer.studies.file import TransmissionEntry
from optimizer.studies.runners import Runner
from optimizer.studies.scenarios import Scenario
from optimizer.studies.solving import instance_task, solve_task
from optimizer.studies.transmission import run_transmission
from tests.build import build, draft, quota

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
    assert told["split_objective"] == pytest.approx(24)
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
