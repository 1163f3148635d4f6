"""Rules on how land lies: a sound plan passes, and every spoilt plan or table is caught by the right check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from optimizer.results.audit import AuditInputError, audit
from tests.build import draft, program_of, quota
from tests.grid import CELL_HA, cells, edges, perimeter_km

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit import Check

TABLE = edges(4, 4)
HELD = {"00": "ind", "33": "ind"}
PENALTY = quota("compactness", 30, "built", unit="10k CNY/km")


def plan(chosen: dict[str, float], source: str = "crop", to: str = "ind", held: dict[str, str] = HELD) -> pd.DataFrame:
    """Return the moves of a 4 x 4 grid: hectares by zone that change, all else stays."""
    rows = []
    for name in cells(4, 4):
        kind = held.get(name, "crop")
        area = chosen.get(name, 0.0) if kind == source else 0.0
        if area < CELL_HA:
            rows.append((name, kind, kind, 0, "", CELL_HA - area))
        if area:
            rows.append((name, kind, to, 2030, "", area))
    return pd.DataFrame(rows, columns=["zone", "from", "to", "period", "overlay", "area_ha"])


def checks(
    folder: Path, moves: pd.DataFrame, *quotas: dict[str, Any], summary: dict[str, Any] | None = None, **more: Any
) -> dict[str, Check]:
    """Audit a plan of the grid; `more` goes to the draft."""
    zones, transitions = more.pop("zones", cells(4, 4, HELD)), more.pop("transitions", "crop>ind ind>crop")
    options = {"neighbours": TABLE} | more
    draft(zones, transitions, quotas=quotas, **options).write(folder / "instance")
    (folder / "plan/plan").mkdir(parents=True)
    moves.to_parquet(folder / "plan/plan/moves.parquet", index=False)
    if summary is not None:
        (folder / "plan/summary.json").write_text(json.dumps(summary), encoding="utf-8")
        return {check.name: check for check in audit(folder / "instance", folder / "plan").checks}
    return {check.name: check for check in audit(folder / "instance", folder / "plan/plan").checks}


def whole(*names: str) -> pd.DataFrame:
    return plan(dict.fromkeys(names, CELL_HA))


def failed(found: dict[str, Check]) -> set[str]:
    return {name for name, check in found.items() if not check.passed}


def test_a_border_is_measured(tmp_path):
    found = checks(tmp_path, whole("01", "10"), quota("perimeter_limit", 0.6, "built"), PENALTY)
    assert not failed(found)
    km = perimeter_km(TABLE, {"00", "33", "01", "10"})
    assert found["perimeter_limit"].message == f"{km:g} km, at most 0.6 km asked"
    assert found["compactness"].message.startswith(f"{km:g} km of border, 0.4 km at present")


def test_a_border_above_its_limit_is_caught(tmp_path):
    found = checks(tmp_path, whole("01", "22"), quota("perimeter_limit", 0.6, "built"))
    assert failed(found) == {"perimeter_limit"}
    assert found["perimeter_limit"].amount == pytest.approx(perimeter_km(TABLE, {"00", "33", "01", "22"}) - 0.6)


def test_a_border_by_shares(tmp_path):
    """Half a cell next to a whole one: half of one side is saved, half of two others come."""
    zones = {name: content | {"whole": 0} for name, content in cells(4, 4, HELD).items()}
    found = checks(tmp_path, plan({"01": 5.0}), quota("perimeter_limit", 0.4, "built"), zones=zones)
    assert found["perimeter_limit"].amount == pytest.approx(0.05)


def test_a_region_counts_its_own_edges(tmp_path):
    zones = cells(4, 4, HELD)
    for name, content in zones.items():
        content["region"] = "n" if name[0] == "0" else "s"
    regions = {"all": "", "n": "all", "s": "all"}
    rows = quota("perimeter_limit", 0.1, "built", region="n"), quota("perimeter_limit", 0.3, "built", region="s")
    found = checks(tmp_path, whole("01", "11"), *rows, zones=zones, regions=regions)
    assert found["perimeter_limit"].message.startswith(("0.1 km", "0.5 km"))
    assert failed(found) == {"perimeter_limit"}


def test_restored_land_has_its_own_border(tmp_path):
    """Wood that is there already shortens nothing."""
    held = {"00": "ind", "11": "wood"}
    spoilt = plan({"10": CELL_HA}, to="wood", held=held)
    row = quota("perimeter_limit", 0.2, "restored")
    found = checks(
        tmp_path, spoilt, row, zones=cells(4, 4, held), transitions={"crop>wood": {"restoration": 1}, "ind>wood": {}}
    )
    assert found["perimeter_limit"].message == "0.3 km, at most 0.2 km asked"


@pytest.mark.parametrize("objective", ["cost", "emissions", "weighted"])
def test_the_objective_holds_the_penalty(tmp_path, objective):
    """Two cells at 10: cost 20. The border grows from 0.4 to 0.6 km, four sides come and two go: 0.6 km depart."""
    chosen = {"kind": "weighted", "emission_weight": 3.0, "cost_weight": 0.5} if objective == "weighted" else objective
    value = {"cost": 20 + 30 * 0.2, "emissions": 10 * 0.2, "weighted": 3 * 2.0 + 0.5 * 26.0}[objective]
    size = {"cost": 20 + 30 * 0.6, "emissions": 10 * 0.6, "weighted": 3 * 6.0 + 0.5 * 38.0}[objective]
    summary = {"status": "feasible", "sense": "minimise", "objective": value, "objective_constant": 0.0}
    summary |= {"bound": value - 1, "gap_abs": 1.0, "gap": 1 / size, "options": {}}
    rows = PENALTY, quota("compactness", 10, "built", unit="tCO2e/km")
    assert not failed(checks(tmp_path / "good", whole("01", "10"), *rows, summary=summary, objective=chosen))
    wrong = summary | {"objective": value - 0.1, "gap_abs": 0.9, "gap": 0.9 / size}
    found = checks(tmp_path / "bad", whole("01", "10"), *rows, summary=wrong, objective=chosen)
    assert failed(found) == {"summary.objective"}


def test_scattered_zones_are_named(tmp_path):
    found = checks(tmp_path, whole("01", "02", "13", "20", "30"), quota("contiguity", 1, "built"))
    assert failed(found) == {"contiguity"}
    assert found["contiguity"].amount == 3
    assert found["contiguity"].message == "3 zones scattered: 13, 20, 30"


def test_land_that_leaves_still_counts_as_present(tmp_path):
    moves = whole("01", "02")
    moves.loc[moves["zone"] == "00", ["to", "period"]] = ["crop", 2030]
    assert not failed(checks(tmp_path, moves, quota("contiguity", 1, "built")))


def test_small_patches_are_named(tmp_path):
    """Patches of new land alone: 01 with 02, 32, and 20; present land makes none of them larger."""
    found = checks(tmp_path, whole("01", "02", "32", "20"), quota("minimum_patch", 20, "built"))
    assert failed(found) == {"minimum_patch"}
    assert found["minimum_patch"].amount == pytest.approx(10)
    assert found["minimum_patch"].message == "2 zones in patches below 20 ha: 20, 32"


def test_a_plan_without_new_land_is_sound(tmp_path):
    rows = quota("contiguity", 1, "built"), quota("minimum_patch", 30, "built")
    assert not failed(checks(tmp_path, plan({}), *rows))


def test_a_zone_in_part_is_caught(tmp_path):
    zones = cells(4, 4, HELD)
    zones["01"]["whole"] = 0
    found = checks(tmp_path, plan({"01": 4.0}), quota("contiguity", 1, "built"), zones=zones)
    assert failed(found) == {"contiguity.whole"}
    assert found["contiguity.whole"].message == "1 zones in part: 01"


def test_rules_that_are_off_are_not_judged(tmp_path):
    rows = quota("contiguity", 1, "built"), quota("perimeter_limit", 0.1, "built")
    found = checks(tmp_path, whole("22"), *rows, rules_off=["contiguity", "perimeter_limit"])
    assert not failed(found)
    assert "neighbours" not in found


@pytest.mark.parametrize("seed", range(5))
def test_random_patches_against_networkx(tmp_path, seed):
    rng = np.random.default_rng(seed)
    chosen = {name for name in cells(4, 4) if name not in HELD and rng.uniform() < 0.45}
    graph = nx.Graph(list(TABLE))
    reached = set().union(*(c for c in nx.connected_components(graph.subgraph(chosen | set(HELD))) if c & set(HELD)))
    least = [len(patch) * CELL_HA for patch in nx.connected_components(graph.subgraph(chosen))]
    rows = quota("contiguity", 1, "built"), quota("minimum_patch", 30, "built")
    found = checks(tmp_path, whole(*chosen), *rows)
    assert found["contiguity"].amount == len(chosen - reached)
    assert found["minimum_patch"].amount == pytest.approx(max(30 - min(least), 0))


@pytest.mark.parametrize(
    "pair", [{("01", "00"): 5.0}, {("00", "00"): 5.0}, {("00", "11"): 0.0}], ids=["twice", "itself", "no border"]
)
def test_a_spoilt_table_is_caught(tmp_path, pair):
    found = checks(tmp_path, whole("01"), quota("perimeter_limit", 9, "built"), neighbours=TABLE | pair)
    assert failed(found) == {"neighbours"}


def test_without_a_table_there_is_no_audit(tmp_path):
    with pytest.raises(AuditInputError, match="no table neighbours"):
        checks(tmp_path, whole("01"), quota("perimeter_limit", 9, "built"), neighbours={})


@pytest.mark.parametrize("crs", [4549, 4326])
def test_measured_borders_are_measured_again(tmp_path, crs):
    """Without a table the plan states the borders that it measured, and polygons vouch for them."""

    def audited(name: str, table: dict[tuple[str, str], float]) -> set[str]:
        folder = tmp_path / name
        (folder / "plan").mkdir(parents=True)
        made = draft(cells(4, 4, HELD), "crop>ind", quotas=[quota("perimeter_limit", 9, "built")])
        made.write(folder / "instance")
        zones = pd.read_csv(folder / "instance/land/zones.csv", dtype=str)
        west = [500_000 + 100 * int(zone[1]) for zone in zones["zone"]]
        south = [4_000_000 + 100 * int(zone[0]) for zone in zones["zone"]]
        shapes = shapely.box(west, south, np.add(west, 100), np.add(south, 100))
        geopandas.GeoDataFrame(zones, geometry=shapes, crs=4549).to_crs(crs).to_parquet(
            folder / "instance/land/zones.parquet"
        )
        (folder / "instance/land/zones.csv").unlink()
        whole("01").to_parquet(folder / "plan/moves.parquet", index=False)
        rows = [(a, b, metres) for (a, b), metres in table.items()]
        frame = pd.DataFrame(rows, columns=["zone_a", "zone_b", "length_m"])
        frame.to_parquet(folder / "plan/neighbours.parquet", index=False)
        report = audit(folder / "instance", folder / "plan")
        return {check.name for check in report.checks if not check.passed}

    assert audited("good", TABLE) == set()
    assert audited("longer", TABLE | {("00", "01"): 104.0}) == {"neighbours.measured"}
    assert audited("invented", TABLE | {("00", "11"): 5.0}) == {"neighbours.measured"}
    assert audited("missing", {pair: m for pair, m in TABLE.items() if pair != ("22", "23")}) == {"neighbours.measured"}


def test_the_program_and_the_audit_agree(tmp_path):
    """The same zones lie under the same graph for the model."""
    instance = draft(cells(4, 4, HELD), "crop>ind", quotas=[PENALTY], neighbours=TABLE).instance()
    border = program_of(instance).boundaries[0]
    assert float(border.present @ border.length_km) == pytest.approx(perimeter_km(TABLE, set(HELD)))
