from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from instances.instance import load
from tests.instances.readers.dltb_case import ROWS, cover, entry, layer, parcels, run, square, squares, write, zones


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    root = tmp_path_factory.mktemp("areas")
    towns = layer(
        [square(0, 0, 300, 100), square(300, 0, 400, 100)],
        XZQDM=["371002001000", "371002002000"],
        XZQMC=["东镇", "西镇"],
    )
    made = run(write(root / "survey", DLTB=parcels(), XZQ=towns), root / "made")
    return made, root / "made"


def test_hectares_are_those_of_the_tables_and_ridges_are_a_class_of_their_own(imported):
    _, folder = imported
    assert cover(folder) == pytest.approx(
        {("a", "0103"): 0.9, ("a", "1203"): 0.1, ("b", "0702"): 2.0, ("c", "0201K"): 0.8, ("d", "0701"): 1.0}
    )


def test_the_account_balances(imported):
    made, _ = imported
    assert entry(made, "read", "DLTB") == (4, pytest.approx(4.8))
    assert made.account.imbalance < 1e-12


def test_areas_of_tables_and_polygons_stand_side_by_side(imported):
    made, _ = imported
    rows = made.differences.set_index("class")
    assert rows.loc["0702", "tables_ha"] == pytest.approx(2.0)
    assert rows.loc["0702", "plane_ha"] == pytest.approx(1.0)
    assert rows.loc["all", "plane_ha"] == pytest.approx(4.0)
    # 40 km west of the central meridian the plane is (x / R)^2 = 4e-5 too large
    assert rows.loc["all", "plane_excess_ppm"] == pytest.approx(1e6 * (40_000 / 6.38e6) ** 2, rel=0.02)


def test_attributes_of_the_survey_become_attributes_of_zones(imported):
    _, folder = imported
    table = zones(folder)
    assert table["built_kind"].to_dict() == {"a": "", "b": "village", "c": "", "d": "city"}
    assert table["slope_class"].to_dict() == {"a": 2, "b": 1, "c": 1, "d": 1}
    assert table["grade"].to_dict() == {"a": 6, "b": 0, "c": 0, "d": 0}
    # a alone has a grade: its village, then its county
    assert table["potential_grade"].to_dict() == {"a": 6, "b": 6, "c": 6, "d": 6}
    assert (table["whole"] == 0).all()


def test_regions_come_from_codes_and_names_from_xzq(imported):
    _, folder = imported
    regions = pd.read_csv(folder / "land/regions.csv", dtype=str, keep_default_na=False)
    assert regions[["region", "parent", "level", "name_zh"]].to_numpy().tolist() == [
        ["371002", "", "county", "371002"],
        ["371002001", "371002", "township", "东镇"],
        ["371002002", "371002", "township", "西镇"],
    ]
    assert zones(folder)["region"].to_dict() == {"a": "371002001", "b": "371002001", "c": "371002001", "d": "371002002"}


def test_the_instance_loads(imported):
    _, folder = imported
    land = load(folder).require_land()
    assert land.zone_area_ha == pytest.approx([1.0, 2.0, 0.8, 1.0])


def test_a_suffix_k_is_a_class_that_may_return_to_cropland(tmp_path):
    rows = (ROWS[0], (*ROWS[1][:1], "0301", *ROWS[1][2:]), (*ROWS[2][:1], "0301K", *ROWS[2][2:]))
    run(write(tmp_path / "survey", DLTB=parcels(rows=rows)), tmp_path / "made")
    moves = pd.read_csv(tmp_path / "made/land/transitions.csv", dtype=str).set_index(["from", "to"])["allowed"]
    assert moves["0301K", "0103"] == "1"
    assert moves["0301", "0103"] == "0"
    assert (moves[moves.index.get_level_values("to") == "0301K"] == "0").all()  # and nothing becomes one


@pytest.mark.parametrize("suffix", ["A", "K"])
def test_suffixes_keep_the_group_and_colour_of_their_class(tmp_path, suffix):
    rows = ((*ROWS[0][:1], f"1104{suffix}", *ROWS[0][2:]),)
    run(write(tmp_path / "survey", DLTB=parcels(rows=rows)), tmp_path / "made")
    classes = pd.read_csv(tmp_path / "made/land/classes.csv", dtype=str).set_index("class")
    assert classes.loc[f"1104{suffix}", "group"] == "water"
    assert classes.loc[f"1104{suffix}", "name_zh"] == {"A": "养殖坑塘", "K": "可调整坑塘水面"}[suffix]


def test_deducted_area_without_a_class_is_ridge(tmp_path):
    rows = ((*ROWS[0][:4], "", *ROWS[0][5:]),)
    run(write(tmp_path / "survey", DLTB=parcels(rows=rows)), tmp_path / "made")
    assert cover(tmp_path / "made") == pytest.approx({("a", "0103"): 0.9, ("a", "1203"): 0.1})


def test_zones_change_as_a_whole_only_where_asked_and_of_one_class(tmp_path):
    run(write(tmp_path / "survey", DLTB=parcels()), tmp_path / "made", "[zones]\nwhole = true")
    assert zones(tmp_path / "made")["whole"].to_dict() == {"a": 0, "b": 1, "c": 1, "d": 1}


def test_a_parcel_without_a_unique_identifier_is_named_by_its_row(tmp_path):
    frame = parcels(squares(3), ROWS[:3])
    frame["BSM"] = ["x", "x", ""]
    run(write(tmp_path / "survey", DLTB=frame), tmp_path / "made")
    assert list(zones(tmp_path / "made").index) == ["row1", "row2", "row3"]


def test_potential_grade_is_the_mean_by_area_rounded_to_the_worse_and_none_above_25_degrees(tmp_path):
    rows = (
        ("a", "0103", 0, 30_000.0, "", 0.0, "371002001201", "", "1", 4, ""),
        ("b", "0103", 0, 10_000.0, "", 0.0, "371002001201", "", "1", 7, ""),
        ("c", "1206", 0, 10_000.0, "", 0.0, "371002001201", "", "", 0, ""),
        ("d", "1206", 0, 10_000.0, "", 0.0, "371002001201", "", "5", 0, ""),
    )
    run(write(tmp_path / "survey", DLTB=parcels(rows=rows)), tmp_path / "made")
    grades = zones(tmp_path / "made")["potential_grade"]
    assert grades["c"] == np.ceil((3 * 4 + 1 * 7) / 4)
    assert grades["d"] == 0
