import tomllib

import geopandas
import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.instance import load, resolve
from instances.scenarios.changes import Change, LineMove
from instances.scenarios.derive import Changes, derive


def made(tmp_path, **changes):
    target = tmp_path / "made"
    derive(resolve("tiny"), target, Changes(**changes), "made")
    return target


def test_without_changes_only_the_name_differs(tmp_path):
    base, folder = resolve("tiny"), made(tmp_path)
    for path in sorted(base.glob("land/*")) + sorted(base.glob("restoration/*")):
        assert (folder / path.relative_to(base)).read_bytes() == path.read_bytes()
    before, after = (tomllib.loads((one / "instance.toml").read_text()) for one in (base, folder))
    assert after["instance"].pop("name") == "made"
    assert before["instance"].pop("name") == "tiny"
    assert before == after


def test_settings_rules_and_tables_change_and_comments_stay(tmp_path):
    base = tmp_path / "base"
    derive(resolve("tiny"), base, Changes(rules_off=("slope", "budget")), "base")
    text = (base / "instance.toml").read_text()
    (base / "instance.toml").write_text(f"# kept\n{text}")
    change = Change(table="land/quotas", where={"id": "growth-north"}, column="value", scale=0.5)
    derive(base, tmp_path / "next", Changes({"carbon.mode": "stock"}, ("floor",), ("slope",), (change,)), "next")
    assert (tmp_path / "next" / "instance.toml").read_text().startswith("# kept")
    instance = load(tmp_path / "next")
    assert instance.settings.carbon.mode == "stock"
    assert instance.settings.instance.rules_off == ("budget", "floor")
    quotas = instance.require_land().tables["quotas"].set_index("id")["value"]
    assert quotas["growth-north"] == 6.5
    assert quotas["growth-south"] == 6


def test_polygons_stay_with_their_zones(tmp_path):
    change = Change(table="land/zones", where={"region": "north"}, column="cost_factor", set=1.5)
    folder = made(tmp_path, tables=(change,))
    before, after = (geopandas.read_parquet(one / "land" / "zones.parquet") for one in (resolve("tiny"), folder))
    assert after.geometry.geom_equals(before.geometry).all()
    assert after.crs == before.crs
    assert (after["cost_factor"] == 1.5).equals(after["region"] == "north")


def test_a_table_that_was_not_there_is_begun(tmp_path):
    row = {
        "code": "A-01",
        "region": "tiny",
        "year": 2040,
        "value": 1.0,
        "unit": "ha",
        "source": "made",
        "status": "made",
    }
    folder = made(tmp_path, tables=(Change(table="land/indicators", append=(row,)),))
    assert load(folder).require_land().tables["indicators"]["code"].tolist() == ["A-01"]


def test_a_change_of_the_result_does_not_reach_the_base(tmp_path):
    folder = made(tmp_path)
    before = (resolve("tiny") / "land" / "quotas.csv").read_bytes()
    with (folder / "land" / "quotas.csv").open("a") as stream:
        stream.write("more")
    assert (resolve("tiny") / "land" / "quotas.csv").read_bytes() == before


def test_the_same_changes_make_the_same_instance(tmp_path):
    line = LineMove(line="red_line", by=0.05)
    for name in ("one", "other"):
        derive(resolve("weihai-land"), tmp_path / name, Changes(lines=(line,)), "moved")
    one, other = (load(tmp_path / name) for name in ("one", "other"))
    assert one.hash == other.hash
    base = load("weihai-land")
    area = base.require_land().tables["cover"].groupby("zone")["area_ha"].sum()
    inside = [
        area[loaded.require_land().zones.loc[loaded.require_land().zones["red_line"] != "", "zone"]].sum()
        for loaded in (base, one)
    ]
    assert inside[1] / inside[0] == pytest.approx(1.05, abs=5e-4)
    stays = base.require_land().zones["red_line"] == "core"
    assert (one.require_land().zones.loc[stays, "red_line"] == "core").all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": {"carbon.mod": "stock"}}, "column carbon.mod: is not known"),
        ({"settings": {"mode": "stock"}}, "write section.key"),
        ({"settings": {"carbon.mode": "other"}}, "column carbon.mode"),
        ({"lines": (LineMove(line="red_line", by=0.1, region="nowhere"),)}, "no region is called nowhere"),
        ({"tables": (Change(table="land/quotas", where={"id": "x"}, drop=True),)}, "no row is meant"),
    ],
)
def test_changes_that_cannot_be_made_are_told(tmp_path, changes, message):
    with pytest.raises(InstanceError, match=message):
        made(tmp_path, **changes)


def test_a_study_of_sites_has_no_control_lines(tmp_path):
    with pytest.raises(InstanceError, match="there is no land"):
        derive(resolve("weihai-restoration"), tmp_path / "x", Changes(lines=(LineMove(line="boundary", by=0.1),)))


def test_the_frame_of_a_csv_is_not_touched_elsewhere(tmp_path):
    change = Change(table="land/quotas", where={"id": "retention"}, column="value", set=42)
    folder = made(tmp_path, tables=(change,))
    before, after = (
        pd.read_csv(one / "land" / "quotas.csv", dtype=str, keep_default_na=False) for one in (resolve("tiny"), folder)
    )
    assert after.loc[after["id"] == "retention", "value"].item() == "42"
    assert after[after["id"] != "retention"].equals(before[before["id"] != "retention"])
