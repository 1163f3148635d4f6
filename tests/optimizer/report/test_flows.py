import itertools

import pandas as pd
import pytest

from optimizer.report.drawing import Band, Box, Label, svg
from optimizer.report.flows import MOST, Names, flow_drawing

OF = Names({"a": "草", "b": "林", "c": "<城>"}, {"a": "#aaaaaa", "b": "#bbbbbb", "c": "#cccccc"})
LONG = pd.DataFrame(
    [("a", "a", 100.0), ("a", "b", 30.0), ("a", "c", 10.0), ("b", "c", 20.0)], columns=["from", "to", "area_ha"]
)


def kinds(drawing, kind):
    return [item for item in drawing.items if isinstance(item, kind)]


def test_heights_are_to_scale_and_stays_are_left_out():
    drawing = flow_drawing(LONG, OF, "zh")
    # 60 ha change and fill 420 points: 7 points a hectare
    assert [round(box.height, 6) for box in kinds(drawing, Box)] == [280, 140, 210, 210]
    bands = kinds(drawing, Band)
    assert [round(band.start[1] - band.start[0], 6) for band in bands] == [210, 70, 140]
    assert [round(band.end[1] - band.end[0], 6) for band in bands] == [210, 70, 140]
    assert [band.fill for band in bands] == ["#bbbbbb", "#cccccc", "#cccccc"]


def test_ribbons_fill_their_bars_without_overlap():
    drawing = flow_drawing(LONG, OF, "zh")
    left, right = kinds(drawing, Box)[:2], kinds(drawing, Box)[2:]
    for boxes, spans in (
        (left, [band.start for band in kinds(drawing, Band)]),
        (right, [band.end for band in kinds(drawing, Band)]),
    ):
        ordered = sorted(spans)
        assert all(before[1] <= after[0] + 1e-9 for before, after in itertools.pairwise(ordered))
        for box in boxes:
            inside = [b - a for a, b in spans if box.y - 1e-9 <= a and b <= box.y + box.height + 1e-9]
            assert sum(inside) == pytest.approx(box.height)


def test_labels_name_classes_with_hectares_in_either_language():
    assert [label.text for label in kinds(flow_drawing(LONG, OF, "zh"), Label)] == [
        "现状地类（共改变 60 公顷）",
        "规划地类",
        "草  40",
        "林  20",
        "林  30",
        "<城>  30",
    ]
    assert kinds(flow_drawing(LONG, OF, "en"), Label)[1].text == "Planned class"


def test_names_are_escaped_in_svg():
    drawn = svg(flow_drawing(LONG, OF, "zh"), alone=True)
    assert "<城>" not in drawn
    assert "&lt;城&gt;" in drawn


def test_nothing_changes():
    assert flow_drawing(LONG[:1], OF, "zh") is None


def test_small_classes_are_gathered_and_nothing_is_lost():
    rows = [(f"s{k:02}", "t", float(k + 1)) for k in range(20)]
    names = Names({f"s{k:02}": f"S{k}" for k in range(20)} | {"t": "T"}, {})
    drawing = flow_drawing(pd.DataFrame(rows, columns=["from", "to", "area_ha"]), names, "en")
    boxes = kinds(drawing, Box)
    assert len(boxes) == MOST + 1
    # the seven smallest: 1 + ... + 7 = 28 of 210 ha
    assert boxes[MOST - 1].height == pytest.approx(420 * 28 / 210)
    assert any(label.text == "other classes  28" for label in kinds(drawing, Label))
