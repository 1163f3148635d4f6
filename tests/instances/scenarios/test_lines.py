"""Lines on a row of ten zones of 10 ha each, or on a grid: which zones change sides is plain to see."""

import numpy as np
import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.scenarios.changes import LineMove
from instances.scenarios.lines import moved

TEN = 10


def row_of(values):
    zones = pd.DataFrame({"zone": [f"z{k}" for k in range(len(values))], "red_line": values})
    ends = range(len(values) - 1)
    borders = pd.DataFrame(
        {"zone_a": [f"z{k}" for k in ends], "zone_b": [f"z{k + 1}" for k in ends], "length_m": 100.0}
    )
    return zones, np.full(len(values), 10.0), borders


def after(values, by, area=None):
    zones, areas, borders = row_of(values)
    move = LineMove(line="red_line", by=by)
    return moved(zones, areas if area is None else np.array(area, dtype=float), borders, move, "zones.csv").tolist()


def test_a_line_grows_at_its_edge():
    inside = ["general"] * 4 + [""] * 6
    assert after(inside, 0.25) == ["general"] * 5 + [""] * 5
    assert after(inside, 0.5) == ["general"] * 6 + [""] * 4


def test_a_line_shrinks_at_its_edge_and_keeps_its_core():
    inside = ["core"] * 2 + ["general"] * 2 + [""] * 6
    assert after(inside, -0.25) == ["core"] * 2 + ["general"] + [""] * 7
    assert after(inside, -0.5) == ["core"] * 2 + [""] * 8
    with pytest.raises(InstanceError, match="only 20 of 30 ha"):
        after(inside, -0.75)


def test_a_step_smaller_than_half_a_zone_is_refused():
    inside = ["general"] * 4 + [""] * 6
    with pytest.raises(InstanceError, match="4 ha are less than half of each zone next to the line"):
        after(inside, 0.1)
    assert after(inside, 0.0) == inside
    assert after(inside, 0.13) == ["general"] * 5 + [""] * 5


@pytest.mark.parametrize("cells", [[1, 1, 0, 0], ["1", "1", "", "0"], [1.0, 1.0, None, 0.0]])
def test_flags_move_however_they_are_written(cells):
    zones, areas, borders = row_of(cells)
    zones = zones.rename(columns={"red_line": "farmland"})
    line = moved(zones, areas, borders, LineMove(line="farmland", by=0.5), "zones.csv")
    assert pd.to_numeric(line).fillna(0).tolist() == [1, 1, 1, 0]


def test_a_zone_that_overshoots_is_passed_over_for_one_that_fits():
    inside = ["", "general", "general", ""]
    assert after(inside, 0.5, [100, 10, 10, 10]) == ["", "general", "general", "general"]


def test_the_zone_with_most_of_its_border_inside_goes_first():
    """Zone d touches the line on two of its three sides, c on one of two."""
    zones = pd.DataFrame({"zone": list("abcde"), "red_line": ["general", "general", "", "", ""]})
    pairs = [("a", "b"), ("a", "d"), ("b", "d"), ("d", "e"), ("b", "c"), ("c", "e")]
    borders = pd.DataFrame(pairs, columns=["zone_a", "zone_b"]).assign(length_m=1.0)
    area = np.full(5, 10.0)
    one = moved(zones, area, borders, LineMove(line="red_line", by=0.5), "zones.csv")
    assert one.tolist() == ["general", "general", "", "general", ""]


def test_flags_move_as_numbers_and_as_text():
    zones, area, borders = row_of([1, 1, 0, 0])
    zones = zones.rename(columns={"red_line": "boundary"})
    move = LineMove(line="boundary", by=0.5)
    assert moved(zones, area, borders, move, "z").tolist() == [1, 1, 1, 0]
    text = zones.assign(boundary=zones["boundary"].astype(str))
    assert moved(text, area, borders, move, "z").tolist() == ["1", "1", "1", "0"]


def test_a_line_with_nothing_inside_cannot_move():
    with pytest.raises(InstanceError, match="no zone lies inside the line"):
        after([""] * TEN, 0.1)


def test_an_island_cannot_grow():
    zones, area, borders = row_of(["general", "", ""])
    with pytest.raises(InstanceError, match="only 0 of 10 ha lie next to the line"):
        moved(zones, area, borders.iloc[1:], LineMove(line="red_line", by=1.0), "zones.csv")
