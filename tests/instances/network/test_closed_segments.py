"""A strip larger than the land that may bear it: the segment stays closed, and the user hears of it."""

import pytest

from instances.instance import load
from instances.network.plausibility import network_warnings
from tests.joint_cases import joint, may

SEGMENTS = {
    "segments": [{"segment": "s", "length_km": 1}],
    "corridors": [{"corridor": "c", "segment": "s"}],
    "segment_zones": [{"segment": "s", "zone": "a", "area_ha": 4}],
}


def warned(folder, zone, overlays):
    joint({"a": zone}, "bare>wood", {**SEGMENTS, "overlays": overlays}).write(folder)
    instance = load(folder)
    return [str(fault) for fault in network_warnings(folder, instance.network, instance.land)]


def test_three_of_ten_hectares_do_not_bear_four(tmp_path):
    (warning,) = warned(tmp_path / "x", {"bare": 3, "city": 7}, may("corridor", "bare"))
    assert "segment s in zone a: 4 ha of strip, and 3 ha of land that may bear it; it stays closed" in warning


@pytest.mark.parametrize(
    ("zone", "overlays"),
    [({"bare": 4, "city": 6}, may("corridor", "bare")), ({"bare": 3, "crop": 7}, may("corridor", "bare", "crop"))],
)
def test_enough_land_is_no_warning(tmp_path, zone, overlays):
    assert warned(tmp_path / "x", zone, overlays) == []


def test_the_core_of_the_red_line_bears_none(tmp_path):
    zone = {"bare": 10, "red_line": "core"}
    (warning,) = warned(tmp_path / "x", zone, may("corridor", "bare", in_red_line=1))
    assert "4 ha of strip, and 0 ha of land" in warning
