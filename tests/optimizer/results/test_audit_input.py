"""Files that cannot be used: an error that names the file; other formats of the same tables read alike."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from shapely.geometry import box

import optimizer.results.audit as package
from optimizer.results.audit import AuditInputError, audit
from tests.optimizer.results.audit_instance import Case, hand_case

if TYPE_CHECKING:
    from collections.abc import Callable

MOVES, ZONES = "out/plan/moves.parquet", "instance/land/zones.csv"


def _drop_column(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns(["area_ha"]), path)


def _text(text: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(text, encoding="utf-8") and None


@pytest.mark.parametrize(
    ("file", "spoil"),
    [
        pytest.param(MOVES, Path.unlink, id="no moves"),
        pytest.param(MOVES, _text("not parquet"), id="moves are not Parquet"),
        pytest.param(MOVES, lambda path: path.write_bytes(path.read_bytes()[:300]), id="moves cut short"),
        pytest.param(MOVES, _drop_column, id="moves without area"),
        pytest.param("out/plan/projects.parquet", _text(""), id="empty projects file"),
        pytest.param("out/plan/linked.parquet", _text("x"), id="linked is not Parquet"),
        pytest.param("instance/instance.toml", Path.unlink, id="no instance.toml"),
        pytest.param("instance/instance.toml", _text("[carbon"), id="instance.toml is not TOML"),
        pytest.param("instance/instance.toml", _text("[carbon]\nbase_year = 2020\nend_year = 2030\n"), id="no periods"),
        pytest.param(
            "instance/instance.toml",
            _text("[carbon]\nbase_year = 2020\nend_year = 2030\n[time]\nperiods = 2030\n"),
            id="periods are not a list",
        ),
        pytest.param("instance/instance.toml", _text("carbon = 1"), id="a section is no table"),
        pytest.param(ZONES, _text(""), id="empty zones file"),
        pytest.param(ZONES, _text("zone,region\nz1,A,7\n"), id="ragged row"),
        pytest.param(ZONES, _text("zone,region\nz1,X\n"), id="unknown region"),
        pytest.param("instance/land/regions.csv", _text("region,parent\nC,\nA,A\nB,C\n"), id="circle in the tree"),
        pytest.param("instance/land/transitions.csv", _text("from,to,allowed\ncrop,sea,1\n"), id="unknown class"),
    ],
)
def test_unusable_files_are_named(file: str, spoil: Callable[[Path], None], tmp_path: Path) -> None:
    instance, out = hand_case().write(tmp_path)
    spoil(tmp_path / file)
    with pytest.raises(AuditInputError, match=Path(file).stem):
        audit(instance, out)


@pytest.mark.parametrize(
    ("table", "column", "value", "where"),
    [
        pytest.param("cover", "area_ha", -1.0, {"zone": "z5"}, id="negative area"),
        pytest.param("cover", "area_ha", np.nan, {"zone": "z5"}, id="no area"),
        pytest.param("classes", "group", "meadow", {"class": "wet"}, id="group outside the tree"),
        pytest.param("factors", "unit", "kg/m2", {"class": "wet", "factor": "stock"}, id="unit of a factor"),
        pytest.param("factors", "factor", "sinks", {"class": "wet", "factor": "stock"}, id="unknown factor"),
        pytest.param("factors", "region", "X", {"class": "wet", "factor": "stock"}, id="region of a factor"),
        pytest.param("context", "unit", "person", {"item": "population"}, id="unit of the context"),
        pytest.param("quotas", "period", 2031, {"id": "loss"}, id="period of a quota"),
        pytest.param("quotas", "group", "meadow", {"id": "loss"}, id="group of a quota"),
        pytest.param("quotas", "value", "many", {"id": "loss"}, id="value of a quota"),
        pytest.param("projects", "members", "U1;U9", {"project": "P2"}, id="unknown unit of a project"),
        pytest.param("zones", "red_line", "inner", {"zone": "z5"}, id="unknown kind of red line"),
    ],
)
def test_unusable_cells_are_named(
    table: str, column: str, value: object, where: dict[str, str], tmp_path: Path
) -> None:
    case = hand_case()
    case.put(table, column, value, **where)
    if table == "cover":
        case.tables[table][column] = case.tables[table][column].astype(float)
    with pytest.raises(AuditInputError, match="quotas" if column == "group" and table == "quotas" else table):
        audit(*case.write(tmp_path))


def test_a_rule_that_the_audit_does_not_know_fails(tmp_path: Path) -> None:
    case = hand_case()
    case.put("quotas", "rule", "rule", id="loss")
    report = audit(*case.write(tmp_path))
    assert [check.name for check in report.failed] == ["rule.unknown"]


def test_two_projects_for_one_place_are_refused(tmp_path: Path) -> None:
    case = hand_case()
    case.put("unit_zone", "zone", "z7", unit="U3")
    with pytest.raises(AuditInputError, match="two projects"):
        audit(*case.write(tmp_path))


@pytest.mark.parametrize("suffix", ["gpkg", "parquet"])
def test_zones_with_geometry(suffix: str, tmp_path: Path) -> None:
    case = hand_case()
    instance, out = case.write(tmp_path)
    zones = case.tables["zones"]
    squares = [box(place, 0, place + 1, 1) for place in range(len(zones))]
    frame = geopandas.GeoDataFrame(zones, geometry=squares, crs="EPSG:4550")
    path = instance / "land" / f"zones.{suffix}"
    (instance / "land" / "zones.csv").unlink()
    if suffix == "gpkg":
        frame.to_file(path, layer="zones", driver="GPKG")
    else:
        frame.to_parquet(path)
    assert audit(instance, out).lines() == []


def test_optional_columns_and_tables_may_be_absent(tmp_path: Path) -> None:
    case: Case = hand_case()
    instance, out = case.write(tmp_path)
    land = instance / "land"
    case.tables["zones"].loc[:, ["zone", "region"]].to_csv(land / "zones.csv", index=False)
    for name in ("quotas", "context", "activity", "zone_costs", "parameters"):
        (land / f"{name}.csv").unlink()
    for name in ("units", "unit_zone", "projects"):
        (instance / "restoration" / f"{name}.csv").unlink()
    stays = case.tables["cover"].assign(**{"from": lambda t: t["class"], "to": lambda t: t["class"], "period": 0})
    stays.to_parquet(out / "plan" / "moves.parquet")
    (out / "plan" / "projects.parquet").unlink()
    (out / "plan" / "linked.parquet").unlink()
    report = audit(instance, out / "plan")
    assert {check.rule for check in report.failed} == {"summary"}
    # nothing changes; sinks as before, no activity
    assert report.figures["objective"] == 0
    assert report.figures["objective_constant"] == pytest.approx(-6660)


def test_dictionary_columns_and_whole_number_names_read_alike(tmp_path: Path) -> None:
    case = hand_case()
    instance, out = case.write(tmp_path)
    case.moves.astype({"zone": "category", "from": "category", "to": "category"}).to_parquet(
        out / "plan" / "moves.parquet"
    )
    assert audit(instance, out).lines() == []


def test_imports_nothing_of_the_model_nor_of_the_instance_code() -> None:
    for file in Path(package.__file__).parent.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        names += [alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names]
        assert not {name.split(".")[0] for name in names} & {"formulations", "instances"}
        assert len(file.read_text(encoding="utf-8").splitlines()) < 400


def test_shuffled_rows_change_nothing(tmp_path: Path) -> None:
    case = hand_case()
    case.moves = case.moves.sample(frac=1.0, random_state=1)
    for name in ("cover", "zones", "factors", "quotas", "classes", "transitions"):
        case.tables[name] = pd.DataFrame(case.tables[name]).sample(frac=1.0, random_state=2)
    assert audit(*case.write(tmp_path)).lines() == []


def test_moves_drawn_by_hand_may_be_csv(tmp_path: Path) -> None:
    case = hand_case()
    instance, out = case.write(tmp_path)
    (out / "plan" / "moves.parquet").unlink()
    case.moves.to_csv(out / "plan" / "moves.csv", index=False, encoding="utf-8-sig")
    assert audit(instance, out).lines() == []
    less = case.moves.assign(area_ha=case.moves["area_ha"].where(case.moves.index > 0, 0.0))
    less.to_csv(out / "plan" / "moves.csv", index=False)
    assert "balance" in {check.rule for check in audit(instance, out).failed}
