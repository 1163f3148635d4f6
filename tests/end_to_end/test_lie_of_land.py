"""A study with polygons and no table of neighbours: measured, solved, audited, explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pytest
import shapely

from formulations.assemble import assemble, land_block
from instances.instance import load
from optimizer.results.profile import profile
from optimizer.results.solution import SolveOptions
from optimizer.results.why import multipliers, pieces_of
from optimizer.solve import StudyOptions, solve
from tests.build import draft, quota
from tests.grid import cells, edges

if TYPE_CHECKING:
    from pathlib import Path


def with_polygons(folder: Path, *quotas: dict, held: dict[str, str] | None = None) -> Path:
    """Write a 3 x 3 grid whose zones have polygons of 100 m instead of a table of neighbours."""
    draft(cells(3, 3, held), "crop>ind crop>wood", quotas=quotas).write(folder)
    zones = pd.read_csv(folder / "land/zones.csv", dtype=str)
    west = [500_000 + 100 * int(zone[1]) for zone in zones["zone"]]
    south = [4_000_000 + 100 * int(zone[0]) for zone in zones["zone"]]
    shapes = [shapely.box(x, y, x + 100, y + 100) for x, y in zip(west, south, strict=True)]
    geopandas.GeoDataFrame(zones, geometry=shapes, crs=4549).to_parquet(folder / "land/zones.parquet")
    (folder / "land/zones.csv").unlink()
    text = (folder / "instance.toml").read_text(encoding="utf-8")
    (folder / "instance.toml").write_text(text.replace("[instance]", '[instance]\ncrs = "EPSG:4549"'), "utf-8")
    return folder


def test_a_study_measures_borders_and_its_audit_measures_them_again(tmp_path):
    rows = quota("growth_demand", 40, "industry"), quota("compactness", 10, "built", unit="10k CNY/km")
    limited = *rows, quota("perimeter_limit", 1, "built")
    done = solve(with_polygons(tmp_path / "study", *limited), tmp_path / "plan", StudyOptions(method="direct"))
    assert done.audit_passed
    assert not done.failures
    assert done.summary["objective"] == pytest.approx(44)
    table = pd.read_parquet(tmp_path / "plan/plan/neighbours.parquet")
    assert len(table) == 12
    rules = pd.read_csv(tmp_path / "plan/rules.csv")
    row = rules[rules["rule"] == "perimeter_limit"].iloc[0]
    assert (row["rule_zh"], row["value"], row["slack"], row["unit"]) == ("边界长度上限", 0.4, 0.6, "km")
    assert set(rules["rule"]) == {"growth_demand", "perimeter_limit"}


def test_the_price_of_a_border_is_told_by_its_group(tmp_path):
    """Filling the hole saves 0.4 km at 100 and costs 10; leaving it crop is worse by 3 a hectare."""
    held = {name: "ind" for name in cells(3, 3) if name != "11"}
    made = draft(
        cells(3, 3, held),
        "crop>ind crop>wood",
        quotas=[quota("compactness", 100, "built", unit="10k CNY/km")],
        neighbours=edges(3, 3),
    )
    folder = made.write(tmp_path / "study")
    solve(folder, tmp_path / "plan", StudyOptions(method="direct", tables=False))
    block = land_block(load(folder))
    program = assemble(block)
    assert not profile(block, program).rules["rule"].str.startswith("boundary").any()
    planned = pd.read_parquet(tmp_path / "plan/plan/moves.parquet")
    (piece,) = pieces_of(block, program, multipliers(program, SolveOptions()), planned, 4)
    stay = next(choice for choice in piece.choices if not choice.period)
    assert stay.worse_by == pytest.approx(3)
    assert [(part.rule, part.id, part.per_ha) for part in stay.rules] == [("boundary", "built", pytest.approx(4))]


def test_a_limit_that_cannot_be_met_is_explained_without_its_technical_rows(tmp_path):
    zones = cells(2, 2, {"00": "ind"})
    for name in ("00", "11"):
        zones[name]["red_line"] = "core"
    rows = quota("growth_demand", 5, "industry"), quota("perimeter_limit", 0.1, "built")
    folder = draft(zones, "crop>ind", quotas=rows, neighbours=edges(2, 2)).write(tmp_path / "study")
    done = solve(folder, tmp_path / "plan", StudyOptions(method="direct", lang="en"))
    assert done.summary["status"] == "infeasible"
    (line,) = done.explanation["en"]
    assert "the limit on borders for built land of 0.1 km is exceeded by 0.1 km" in line
    assert "boundary" not in line
