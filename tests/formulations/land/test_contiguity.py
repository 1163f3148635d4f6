"""New land that hangs together: what the graph holds, and zones that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from formulations.merge import merge
from instances.faults import InstanceError
from tests.build import draft, program_of, quota
from tests.grid import cells, edges

if TYPE_CHECKING:
    from formulations.patches import Patches

RULES = [quota("contiguity", 1, "built"), quota("minimum_patch", 25, "built")]


def patches(zones: dict[str, dict[str, Any]], moves: str = "crop>ind", **more: Any) -> tuple[Patches, ...]:
    options = {"quotas": RULES, "neighbours": edges(2, 3)} | more
    return program_of(draft(zones, moves, **options).instance()).patches


def test_the_graph_of_a_grid():
    zones = cells(2, 3, {"00": "ind", "12": "wood"})
    attached, large = patches(zones, "crop>ind crop>city crop>wood ind>crop ind>city", periods=(2030, 2040))
    assert (attached.rule, attached.attach, attached.least_ha) == ("contiguity", True, 0.0)
    assert (large.rule, large.attach, large.least_ha) == ("minimum_patch", False, 25.0)
    assert attached.anchor.tolist() == [True, False, False, False, False, False]
    assert sorted(attached.node.tolist()) == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4
    assert len(attached.left) == 7
    assert attached.area_ha.tolist() == [10.0] * 6
    assert attached.label["id"] == "contiguity_0"


def test_moves_stay_known_when_land_is_merged():
    zones = cells(2, 3) | {f"x{k}": {"wood": 5} for k in range(3)}
    program = program_of(draft(zones, "crop>ind wood>grass", quotas=RULES, neighbours=edges(2, 3)).instance())
    merged = merge(program).program
    assert merged.moves.n_groups == 7
    for one in merged.patches:
        assert (merged.moves.zone[one.index] == one.node).all()
        assert merged.moves.changes[one.index].all()


def test_a_region_has_its_own_cells():
    zones = cells(2, 3)
    for name, content in zones.items():
        content["region"] = "n" if name[0] == "0" else "s"
    regions = {"all": "", "n": "all", "s": "all"}
    (one,) = patches(zones, quotas=[quota("contiguity", 1, "built", region="n")], regions=regions)
    assert (sorted(one.node.tolist()), one.left.tolist(), one.right.tolist()) == ([0, 1, 2], [0, 1], [1, 2])


def test_a_lot_as_large_as_the_zone_is_a_whole_decision():
    """The move of the largest piece stands for the zone."""
    zones = {"00": {"crop": 3, "orch": 7, "min_lot_ha": 10}, "01": {"crop": 10, "min_lot_ha": 10}}
    (one,) = patches(zones, "crop>ind orch>ind", quotas=RULES[:1], neighbours=edges(1, 2))
    assert one.node.tolist() == [0, 1]
    program = program_of(draft(zones, "crop>ind orch>ind", quotas=RULES[:1], neighbours=edges(1, 2)).instance())
    assert program.move_name(int(one.index[0])) == "00: orch>ind 2030"


@pytest.mark.parametrize(
    ("zone", "off"),
    [
        ({"crop": 10}, ()),
        ({"crop": 10, "min_lot_ha": 9}, ()),
        ({"crop": 10, "min_lot_ha": 10}, ("minimum_lot",)),
        ({"crop": 6, "ind": 4, "min_lot_ha": 10}, ()),
        ({"crop": 10, "whole": 1}, ("whole_parcel",)),
    ],
    ids=["divisible", "smaller lot", "lots off", "built in part", "whole parcels off"],
)
def test_zones_that_may_enter_in_part_are_refused(zone, off):
    zones = {"a": {"crop": 10, "whole": 1}, "b": zone}
    instance = draft(zones, "crop>ind", quotas=RULES, neighbours={("a", "b"): 50}).instance()
    count = 2 if off == ("whole_parcel",) else 1
    with pytest.raises(InstanceError) as caught:
        program_of(instance, *off)
    (fault,) = caught.value.faults
    assert f"quota contiguity_0: contiguity needs zones that change as a whole, but {count} may become built" in str(
        fault
    )
    assert str(fault).split("in part: ")[1].split(" (")[0] == ("a, b" if count == 2 else "b")


def test_land_that_cannot_enter_may_be_divisible():
    zones = cells(1, 2) | {"x": {"wood": 5, "grass": 5}}
    (one,) = patches(zones, "crop>ind wood>grass", quotas=RULES[:1], neighbours=edges(1, 2))
    assert one.node.tolist() == [0, 1]
