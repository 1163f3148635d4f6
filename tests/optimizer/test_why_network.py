"""`sanqu why` of a zone on which sites, a strip or a facility may lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from instances.instance import load
from optimizer.results.solution import SolveOptions
from optimizer.results.why import forced, multipliers, pieces_of, solved, zone_code
from optimizer.results.why_network import network_lines, overlay_words
from optimizer.results.why_words import Writer
from tests.optimizer.results.audit.network.joint_land import joint
from tests.optimizer.results.audit.network.joint_land import solved as planned

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder, out, _ = planned(tmp_path_factory.mktemp("why"), joint(line=True, objective="cost"))
    return folder, out


def test_a_zone_tells_which_sites_and_strips_reach_it(folders: tuple[Path, Path]) -> None:
    folder, out = folders
    block = land_block(load(folder))
    table = pd.read_parquet(out / "plan" / "network.parquet")
    capacity = table[(table["component"] == "site") & (table["quantity"] == "capacity_mw") & (table["period"] == 2040)]
    built = capacity.set_index("name")["value"]["farm"]
    site, strip = network_lines(block, zone_code(block, "c"), table, "en")
    assert site.startswith("The wind site farm reaches 70 % of it; it could have 30 MW")
    assert (f"builds {built:,.6g} MW" in site) == (built > 1e-6)
    assert strip.startswith("The strip of segment s (east) takes 8 ha, its towers 0.1 ha")
    assert network_lines(block, zone_code(block, "b"), None, "zh") == [
        "光伏场址 pv 可用其 50 %，可开发 40 MW，方案未用。"
    ]


def test_a_strip_is_a_choice_with_a_price_and_not_another_class(folders: tuple[Path, Path]) -> None:
    """Where costs alone are minimised a strip on grass costs nothing; wood under it is none that stays either."""
    folder, out = folders
    block = land_block(load(folder))
    program = assemble(block)
    duals = multipliers(program, SolveOptions())
    moves = pd.read_parquet(out / "plan" / "moves.parquet")
    (piece,) = pieces_of(block, program, duals, moves, zone_code(block, "c"))
    names = {one.overlay for one in piece.choices}
    assert names == {"", "farm", "corridor"}
    assert sum(one.area_ha for one in piece.choices) == pytest.approx(40)
    assert all(one.target == "grass" for one in piece.choices if one.overlay)
    writer = Writer(block, program, zone_code(block, "c"), {}, "zh")
    words = writer.move(next(one for one in piece.choices if one.overlay == "farm"))
    assert words.endswith("前承载风电场址 farm（地类不变）")
    assert overlay_words(block, "corridor", "en") == "corridor strip"


def test_a_zone_made_to_bear_a_site_is_solved_anew(folders: tuple[Path, Path]) -> None:
    """The part of b in reach is 8 ha: so much is held under the field, and the best plan costs no less."""
    folder, out = folders
    block = land_block(load(folder))
    program = assemble(block)
    moves = pd.read_parquet(out / "plan" / "moves.parquet")
    pieces = pieces_of(block, program, None, moves, zone_code(block, "b"))
    asked = forced(program, pieces, "pv", 2040)
    assert asked.quotas[-1].lower == pytest.approx([8])
    free, held = solved(program, SolveOptions(gap=1e-6)), solved(asked, SolveOptions(gap=1e-6))
    assert held.objective is not None
    assert free.objective is not None
    assert held.objective >= free.objective - 1e-6
