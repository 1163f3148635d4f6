from __future__ import annotations

import pandas as pd
import pytest
import shapely

from instances.faults import InstanceError
from tests.instances.readers.dltb_case import (
    ROWS,
    SOUTH,
    WEST,
    cover,
    entry,
    layer,
    parcels,
    run,
    square,
    squares,
    write,
    zones,
)

ALL = "[repair]\nmax_refused_share = 1.0"


def refused(folder):
    table = pd.read_csv(folder / "import/refused.csv")
    return list(table[["row", "bsm", "area_ha", "reason"]].itertuples(index=False, name=None))


def test_records_without_a_class_are_refused(tmp_path):
    frame = parcels()
    frame["DLBM"] = ["0103", "", "0201K", None]
    made = run(write(tmp_path / "survey", DLTB=frame), tmp_path / "made", ALL)
    assert entry(made, "refused", "empty class code") == (2, pytest.approx(3.0))
    assert entry(made, "kept", "zones") == (2, pytest.approx(1.8))
    assert refused(tmp_path / "made") == [
        (2, "b", 2.0, "empty class code"),
        (4, "d", 1.0, "empty class code"),
    ]


def test_records_without_a_unit_are_refused_and_the_owner_stands_in_for_the_place(tmp_path):
    frame = parcels()
    frame["ZLDWDM"] = ["371002001201", "", "3710", None]
    frame["QSDWDM"] = ["", "371002002201", "", "x"]
    made = run(write(tmp_path / "survey", DLTB=frame), tmp_path / "made", ALL)
    assert entry(made, "refused", "no unit code") == (2, pytest.approx(1.8))
    assert zones(tmp_path / "made")["region"].to_dict() == {"a": "371002001", "b": "371002002"}


def test_records_without_a_polygon_or_area_are_refused(tmp_path):
    shapes = [*squares(2), None, shapely.Polygon()]
    frame = parcels(shapes)
    frame.loc[1, "TBDLMJ"] = 0.0
    made = run(write(tmp_path / "survey", DLTB=frame), tmp_path / "made", ALL)
    assert entry(made, "refused", "no polygon") == (2, pytest.approx(1.8))
    assert entry(made, "refused", "no area") == (1, 0.0)
    assert made.account.imbalance < 1e-12


def test_the_first_of_two_records_with_one_polygon_counts(tmp_path):
    shapes = squares(4)
    shapes[3] = shapely.reverse(shapes[1])  # the same ground, drawn the other way round
    made = run(write(tmp_path / "survey", DLTB=parcels(shapes)), tmp_path / "made", ALL)
    assert entry(made, "refused", "duplicates") == (1, pytest.approx(1.0))
    assert sorted({zone for zone, _ in cover(tmp_path / "made")}) == ["a", "b", "c"]


def test_land_that_two_records_claim_stays_with_the_earlier(tmp_path):
    shapes = squares(4)
    shapes[1] = square(90, 0, 200, 100)  # 10 m of a: 10 / 110 of 2 ha
    made = run(write(tmp_path / "survey", DLTB=parcels(shapes)), tmp_path / "made", ALL)
    assert entry(made, "refused", "overlaps") == (1, pytest.approx(2.0 / 11))
    assert cover(tmp_path / "made")["b", "0702"] == pytest.approx(2.0 * 10 / 11)
    assert cover(tmp_path / "made")["a", "0103"] == pytest.approx(0.9)
    table = zones(tmp_path / "made")
    assert table.loc["b", "geometry"].area == pytest.approx(10_000)
    assert not shapely.overlaps(table.loc["a", "geometry"], table.loc["b", "geometry"])


def test_a_parcel_inside_another_keeps_nothing_when_it_comes_later(tmp_path):
    shapes = squares(4)
    shapes[3] = square(120, 20, 160, 60)
    made = run(write(tmp_path / "survey", DLTB=parcels(shapes)), tmp_path / "made", ALL)
    assert entry(made, "refused", "overlaps") == (1, pytest.approx(1.0))
    assert "d" not in zones(tmp_path / "made").index


def test_a_parcel_inside_another_cuts_a_hole_when_it_comes_first(tmp_path):
    shapes = [square(120, 20, 160, 60), *squares(4)[1:]]
    made = run(write(tmp_path / "survey", DLTB=parcels(shapes)), tmp_path / "made", ALL)
    # b loses 40 m x 40 m of its hectare: 0.16 of 2 ha
    assert entry(made, "refused", "overlaps") == (1, pytest.approx(0.32))
    assert zones(tmp_path / "made").loc["b", "geometry"].area == pytest.approx(8_400)


def test_overlaps_below_the_tolerance_are_left_alone(tmp_path):
    shapes = squares(4)
    shapes[1] = square(99.995, 0, 200, 100)  # half a square metre
    made = run(write(tmp_path / "survey", DLTB=parcels(shapes)), tmp_path / "made")
    assert not (made.account.table()["item"] == "overlaps").any()
    assert cover(tmp_path / "made")["b", "0702"] == pytest.approx(2.0)


def test_an_outline_that_crosses_itself_is_mended_and_keeps_its_hectares(tmp_path):
    shapes = squares(4)
    bow = [(0, 0), (100, 100), (100, 0), (0, 100)]
    shapes[0] = shapely.Polygon([(WEST + x, SOUTH + y) for x, y in bow])
    made = run(write(tmp_path / "survey", DLTB=parcels(shapes)), tmp_path / "made")
    assert entry(made, "repaired", "invalid polygons") == (1, pytest.approx(1.0))
    table = zones(tmp_path / "made")
    assert table.loc["a", "area_ha"] == pytest.approx(1.0)
    assert table.loc["a", "geometry"].is_valid
    assert table.loc["a", "geometry"].area == pytest.approx(5_000)


def test_gaps_are_measured_against_the_regions(tmp_path):
    regions = layer([square(0, 0, 500, 100)], XZQDM=["371002"], XZQMC=["县"])
    made = run(write(tmp_path / "survey", DLTB=parcels(), XZQ=regions), tmp_path / "made")
    count, gap = entry(made, "noted", "gaps")
    assert (count, gap) == (0, pytest.approx(1.0, rel=1e-4))
    assert entry(made, "kept", "zones")[1] == pytest.approx(4.8)  # no hectares are made up


def test_areas_that_do_not_add_up_are_noted(tmp_path):
    frame = parcels()
    frame["TBMJ"] = [10_500.0, 20_000, 8_000, 10_000]
    made = run(write(tmp_path / "survey", DLTB=frame), tmp_path / "made")
    assert entry(made, "noted", "areas that do not add up") == (1, pytest.approx(1.0))
    assert cover(tmp_path / "made")["a", "0103"] == pytest.approx(0.9)


def test_touching_parcels_with_unmatched_corners_are_no_overlap(tmp_path):
    shapes = [square(0, 0, 100, 100), square(100, 0, 200, 50), square(100, 50, 200, 100), square(200, 0, 300, 100)]
    made = run(write(tmp_path / "survey", DLTB=parcels(shapes, ROWS)), tmp_path / "made")
    assert made.account.total("refused") == 0


@pytest.mark.parametrize("empty", [shapely.Point(WEST, SOUTH), None], ids=["points", "no shapes"])
def test_a_survey_without_any_polygon_is_a_fault(tmp_path, empty):
    shapes = [empty] * 4
    with pytest.raises(InstanceError, match="no record can be used: no polygon 4"):
        run(write(tmp_path / "survey", DLTB=parcels(shapes)), tmp_path / "made", ALL)


def test_codes_that_the_standard_does_not_have_are_noted(tmp_path):
    rows = tuple((*row[:8], "9" if row[0] == "a" else row[8], row[9], "999" if row[0] == "d" else "") for row in ROWS)
    made = run(write(tmp_path / "survey", DLTB=parcels(rows=rows)), tmp_path / "made")
    assert entry(made, "noted", "unknown GDPDJB") == (1, pytest.approx(1.0))
    assert entry(made, "noted", "unknown CZCSXM") == (1, pytest.approx(1.0))


def test_a_fault_shows_the_number_as_the_file_has_it(tmp_path):
    rows = ((*ROWS[0][:3], -5.0, *ROWS[0][4:]), *ROWS[1:])
    with pytest.raises(InstanceError, match=r"column TBDLMJ: -5\.0 is not usable"):
        run(write(tmp_path / "survey", DLTB=parcels(rows=rows)), tmp_path / "made")
