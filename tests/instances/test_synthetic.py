"""Made instances: the same for a seed, whole tables, valid references, and feasible by a plan checked by hand."""

from __future__ import annotations

import time
import tomllib
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pytest

from instances import schema
from instances.instance import load
from instances.synthetic import Options, draw, generate
from tests.seeds import first_of

if TYPE_CHECKING:
    from pathlib import Path

BUILT = {"urban_housing", "rural_housing", "industry", "commerce", "mining", "public", "park", "road", "special"}
CROPLAND = {"cropland", "paddy", "irrigated"}
TOLERANCE = 1e-6
RICH = {"classes": 9, "regions": 12, "quotas": 14, "claims": True, "projects": 6, "periods": 3}

CASES = [
    pytest.param(1, {}, id="one zone"),
    pytest.param(2, {"whole": 1.0}, id="two whole zones"),
    pytest.param(10, {"projects": 10, "claims": True}, id="ten zones, a project each"),
    pytest.param(10, {"classes": 3, "quotas": 9, "periods": 2}, id="three classes"),
    pytest.param(700, {}, id="plain"),
    pytest.param(2500, {"whole": 1.0, "claims": True}, id="whole with claims"),
    pytest.param(2500, RICH, id="everything"),
    pytest.param(1500, {**RICH, "classes": 20, "whole": 0.4}, id="all classes, some whole"),
]


def _read(folder: Path, part: str, name: str) -> pd.DataFrame:
    parquet = folder / part / f"{name}.parquet"
    if parquet.exists():
        names = [column for column in pd.read_parquet(parquet).columns if column != "geometry"]
        return pd.read_parquet(parquet, columns=names)
    return pd.read_csv(folder / part / f"{name}.csv", keep_default_na=False, dtype={"code": str})


def _land(folder: Path) -> dict[str, pd.DataFrame]:
    names = ("zones", "cover", "classes", "transitions", "factors", "quotas", "regions", "zone_costs")
    return {name: _read(folder, "land", name) for name in names}


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _same_land(left: Path, right: Path) -> bool:
    ours, theirs = _contents(left / "land"), _contents(right / "land")
    return ours == theirs


def test_same_seed_same_files(tmp_path: Path) -> None:
    one = generate(tmp_path / "a" / "made", zones=400, seed=5, **RICH)
    two = generate(tmp_path / "b" / "made", zones=400, seed=5, **RICH)
    assert _contents(one) == _contents(two)


def test_other_seed_other_land(tmp_path: Path) -> None:
    one = generate(tmp_path / "a", zones=400, seed=5)
    two = generate(tmp_path / "b", zones=400, seed=6)
    assert not _same_land(one, two)


def test_existing_folder_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="exists"):
        generate(tmp_path / "made", zones=10, seed=1)
    assert (tmp_path / "made" / "mine.txt").read_text() == "keep"


def test_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("instances.synthetic.sample._write_land", full_disk)
    with pytest.raises(OSError, match="no space"):
        generate(tmp_path / "made", zones=10, seed=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({"zones": 0}, "zones must be", id="no land"),
        pytest.param({"zones": 5, "seed": -1}, "seed must be", id="negative seed"),
        pytest.param({"zones": 5, "classes": 2}, "classes must be", id="too few classes to plan with"),
        pytest.param({"zones": 5, "classes": 21}, "classes must be", id="more classes than the catalogue"),
        pytest.param({"zones": 5, "regions": 0}, "regions must be", id="no region"),
        pytest.param({"zones": 5, "quotas": -1}, "quotas must be", id="negative quotas"),
        pytest.param({"zones": 50, "quotas": 500}, "quotas must be", id="more quotas than kinds"),
        pytest.param({"zones": 5, "projects": 6}, "projects must be", id="more projects than zones"),
        pytest.param({"zones": 5, "periods": 16}, "periods must be", id="periods shorter than a year"),
        pytest.param({"zones": 5, "whole": 1.5}, "whole must be", id="share above one"),
    ],
)
def test_wrong_options(tmp_path: Path, options: dict[str, int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        generate(tmp_path / "made", **{"seed": 1, **options})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("zones", "flags"), CASES)
def test_reads_without_fault(tmp_path: Path, zones: int, flags: dict[str, object]) -> None:
    instance = load(generate(tmp_path / "made", zones=zones, seed=3, **flags))
    assert len(instance.require_land().zones) == zones
    assert (instance.restoration is not None) == bool(flags.get("projects"))


@pytest.mark.parametrize(("zones", "flags"), CASES)
def test_cover_adds_to_the_zone_and_to_its_geometry(tmp_path: Path, zones: int, flags: dict[str, object]) -> None:
    folder = generate(tmp_path / "made", zones=zones, seed=3, **flags)
    cover = _read(folder, "land", "cover")
    shapes = geopandas.read_parquet(folder / "land" / "zones.parquet")
    assert shapes.geometry.is_valid.all()
    assert shapes.crs.to_epsg() == 4550
    area = cover.groupby("zone")["area_ha"].sum()
    np.testing.assert_allclose(area.loc[shapes["zone"]], shapes.geometry.area / 1e4, rtol=1e-9)
    assert (cover["area_ha"] > 0).all()
    assert not cover.duplicated(["zone", "class"]).any()
    assert geopandas.GeoSeries(shapes.geometry).union_all().area == pytest.approx(shapes.geometry.area.sum())


def test_references_are_valid(tmp_path: Path) -> None:
    folder = generate(tmp_path / "made", zones=900, seed=3, **RICH)
    for part in ("land", "restoration"):
        for table in schema.tables()[part]:
            for column in table.columns:
                if column.refers_to:
                    _check_reference(folder, part, table.name, column)


def _check_reference(folder: Path, part: str, name: str, column: schema.Column) -> None:
    where, key = column.refers_to.split(".")
    home = "restoration" if where in {t.name for t in schema.tables()["restoration"]} else "land"
    if not list((folder / part).glob(f"{name}.*")):
        return
    values = _read(folder, part, name)[column.name]
    known = set(_read(folder, home, where)[key])
    assert set(values[values.astype(str) != ""]) <= known, f"{name}.{column.name}"


def test_every_source_says_synthetic(tmp_path: Path) -> None:
    folder = generate(tmp_path / "made", zones=300, seed=3, **RICH)
    for path in sorted(folder.rglob("*.csv")):
        table = pd.read_csv(path)
        if "status" in table:
            assert set(table["status"]) == {"made"}, path.name
            assert set(table["source"]) == {"synthetic"}, path.name
    assert tomllib.loads((folder / "instance.toml").read_text("utf-8"))["instance"]["synthetic_geography"] is True


def test_size_flags(tmp_path: Path) -> None:
    folder = generate(tmp_path / "made", zones=1000, seed=3, **RICH)
    land = _land(folder)
    assert len(land["zones"]) == 1000
    assert len(land["classes"]) == 9
    leaves = set(land["regions"]["region"]) - set(land["regions"]["parent"])
    assert len(leaves) == 12
    assert set(land["zones"]["region"]) == leaves
    assert tomllib.loads((folder / "instance.toml").read_text("utf-8"))["time"]["periods"] == [2025, 2030, 2035]
    assert len(_read(folder, "restoration", "projects")) == 6
    units = land["zones"].merge(_read(folder, "restoration", "unit_zone"))
    assert not units["zone"].duplicated().any()
    area = units.merge(land["cover"]).groupby("unit")["area_ha"].sum()
    stored = _read(folder, "restoration", "units").set_index("unit")["area_ha"]
    np.testing.assert_allclose(area, stored.loc[area.index])


def test_quotas_a_region(tmp_path: Path) -> None:
    folder = generate(tmp_path / "made", zones=1000, seed=3, regions=5, quotas=9)
    quotas = _land(folder)["quotas"]
    for leaf in range(1, 6):
        mine = quotas[quotas["region"] == f"r{leaf:04d}"]
        assert len(mine) == 9
        assert not mine.duplicated(["rule", "group"]).any()


def test_claims_give_each_class_a_floor_and_a_ceiling(tmp_path: Path) -> None:
    folder = generate(tmp_path / "made", zones=1000, seed=3, regions=5, claims=True)
    land = _land(folder)
    leaves = land["quotas"][land["quotas"]["region"] != "r0000"]
    for rule in ("floor", "ceiling"):
        rows = leaves[leaves["rule"] == rule]
        assert len(rows) == 5 * 7
        assert set(rows["group"]) == set(land["classes"]["class"])
    bounds = leaves.pivot(index=["region", "group"], columns="rule", values="value")
    assert (bounds["floor"] < bounds["ceiling"]).all()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_whole_zones_hold_one_class(tmp_path: Path, share: float) -> None:
    land = _land(generate(tmp_path / "made", zones=2000, seed=3, whole=share))
    pieces = land["cover"].groupby("zone").size()
    whole = land["zones"].set_index("zone")["whole"] == 1
    assert whole.mean() == pytest.approx(share)
    assert (pieces[whole] == 1).all()
    if share < 1:
        assert pieces[~whole].mean() == pytest.approx(2, abs=0.1)
        assert pieces.max() <= 3


def test_land_is_spatially_correlated() -> None:
    land = draw(Options(zones=10_000, seed=3, whole=1.0)).land
    grid = land.cover_class.reshape(100, 100)
    alike = (grid[:, 1:] == grid[:, :-1]).mean()
    by_chance = (np.bincount(land.cover_class) / land.zones) @ (np.bincount(land.cover_class) / land.zones)
    assert alike > 2 * by_chance


@pytest.mark.parametrize("seed", first_of([3, 4], 1))
@pytest.mark.parametrize(("zones", "flags"), CASES)
def test_witness_keeps_every_rule(tmp_path: Path, zones: int, flags: dict[str, object], seed: int) -> None:
    """Recompute every quota, permission and project of the hidden plan from the written tables alone."""
    folder = generate(tmp_path / "made", zones=zones, seed=seed, **flags)
    sample = draw(Options(zones=zones, seed=seed, **flags))
    check = _Check(folder, sample.witness_moves(), sample.witness_projects())
    check.moves_are_permitted()
    check.quotas_hold()
    if flags.get("projects"):
        check.projects_hold()


def test_growth_forces_change(tmp_path: Path) -> None:
    folder = generate(tmp_path / "made", zones=2000, seed=3, periods=3)
    quotas = _land(folder)["quotas"]
    growth = quotas[quotas["rule"] == "growth_demand"].sort_values("period")
    assert growth["period"].tolist() == [2025, 2030, 2035]
    assert growth["value"].is_monotonic_increasing
    assert growth["value"].min() > 0


def test_a_hundred_thousand_zones_in_seconds(tmp_path: Path) -> None:
    start = time.perf_counter()
    generate(tmp_path / "made", zones=100_000, seed=3, claims=True)
    assert time.perf_counter() - start < 5


class _Check:
    """A plan against the tables of a folder, in plain pandas."""

    def __init__(self, folder: Path, moves: pd.DataFrame, opened: pd.DataFrame) -> None:
        self.folder, self.opened = folder, opened
        self.land = _land(folder)
        zones = self.land["zones"]
        self.moves = moves.merge(zones, on="zone").merge(self.land["transitions"], on=["from", "to"])
        assert len(self.moves) == len(moves), "every move is a pair of the matrix"
        self.cover = self.land["cover"].merge(zones[["zone", "region"]], on="zone")
        self.group = self.land["classes"].set_index("class")["group"]
        regions = self.land["regions"]
        self.parent = dict(zip(regions["region"], regions["parent"], strict=True))
        self.periods = tomllib.loads((folder / "instance.toml").read_text("utf-8"))["time"]["periods"]
        self.governed = self._governed()
        self._within: dict[tuple[str, int], tuple[pd.DataFrame, pd.DataFrame]] = {}

    def _governed(self) -> pd.DataFrame:
        if not (self.folder / "restoration").exists():
            return self.moves.iloc[:0].assign(project="")
        projects = _read(self.folder, "restoration", "projects")
        members = projects.assign(unit=projects["members"].str.split(";")).explode("unit")[["project", "unit", "to"]]
        return self.moves.merge(_read(self.folder, "restoration", "unit_zone"), on="zone").merge(
            members, on=["unit", "to"]
        )

    def members(self, group: str) -> set[str]:
        if group == "built":
            return BUILT & set(self.group.index)
        return {name for name, leaf in self.group.items() if group in (name, leaf)}

    def under(self, region: str) -> set[str]:
        found = {region}
        while grown := {child for child, parent in self.parent.items() if parent in found} - found:
            found |= grown
        return found

    def within(self, region: str, last: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return moves until a year and the cover of a region; many quotas ask for the same."""
        if (region, last) not in self._within:
            leaves = self.under(region)
            moves = self.moves[["region", "period", "from", "to", "area_ha", "restoration"]]
            moves = moves[moves["region"].isin(leaves) & (moves["period"] <= last)]
            self._within[region, last] = moves, self.cover[self.cover["region"].isin(leaves)]
        return self._within[region, last]

    def moves_are_permitted(self) -> None:
        moves = self.moves
        assert (moves["allowed"] == 1).all()
        assert (moves["red_line"] != "core").all()
        into_built, into_crop = moves["to"].isin(BUILT), moves["to"].isin(CROPLAND)
        from_crop = moves["from"].isin(CROPLAND)
        assert not (moves["red_line"].eq("general") & (into_built | into_crop)).any()
        assert not (moves["farmland"].eq(1) & from_crop & ~into_crop).any()
        new_crop = into_crop & ~from_crop
        assert not (new_crop & (moves["slope_class"].eq(5) | moves["potential_grade"].eq(0))).any()
        urban = set(self.land["classes"].query("setting == 'urban'")["class"])
        assert not (moves["to"].isin(urban) & moves["boundary"].eq(0)).any()
        assert not (moves["condition"].eq("afforestable") & moves["afforestable"].eq(0)).any()
        present = self.land["cover"].rename(columns={"class": "from", "area_ha": "present_ha"})
        joined = moves.merge(present, on=["zone", "from"])
        assert len(joined) == len(moves)
        assert not moves.duplicated(["zone", "from"]).any()
        np.testing.assert_allclose(joined["area_ha"], joined["present_ha"])

    def quotas_hold(self) -> None:
        for quota in self.land["quotas"].itertuples():
            if quota.rule in ("compensation_bank", "compensation"):
                continue
            value = self.reached(quota)
            slack = value - quota.value if quota.sense == ">=" else quota.value - value
            assert slack >= -TOLERANCE, f"{quota.id}: {value} {quota.sense} {quota.value}"
        self.compensation_holds()

    def reached(self, quota: object) -> float:
        moves, cover = self.within(quota.region, quota.period or self.periods[-1])
        group = self.members("cropland" if quota.rule == "cropland_retention" else quota.group)
        into = moves[moves["to"].isin(group) & ~moves["from"].isin(group)]
        out = moves[moves["from"].isin(group) & ~moves["to"].isin(group)]
        stock = cover.loc[cover["class"].isin(group), "area_ha"].sum() + into["area_ha"].sum() - out["area_ha"].sum()
        if quota.rule in ("cropland_retention", "floor", "ceiling", "construction_total"):
            return stock
        if quota.rule == "construction_intensity":
            return stock / cover["area_ha"].sum()
        if quota.rule == "growth_demand":
            return into["area_ha"].sum() - out["area_ha"].sum()
        if quota.rule == "construction_increment":
            return into["area_ha"].sum()
        if quota.rule in ("loss_cap", "gain_cap"):
            flow = out if quota.rule == "loss_cap" else into
            return flow.groupby("period")["area_ha"].sum().max() if len(flow) else 0.0
        if quota.rule == "restoration_area":
            return moves.loc[moves["restoration"] == 1, "area_ha"].sum()
        if quota.rule == "redevelopment_share":
            arrivals = moves[moves["to"].isin(group)]
            old = arrivals.loc[arrivals["from"].isin(group), "area_ha"].sum()
            return old / arrivals["area_ha"].sum() if len(arrivals) else quota.value
        assert quota.rule == "budget"
        return self.project_cost()

    def project_cost(self) -> float:
        moves = self.governed.merge(self.land["zone_costs"], on=["zone", "to"], how="left", suffixes=("", "_place"))
        per_ha = moves["cost_wanyuan_per_ha"] * moves["cost_factor"] + moves["cost_wanyuan_per_ha_place"].fillna(0)
        fixed = _read(self.folder, "restoration", "projects").set_index("project")["cost_wanyuan"]
        return (per_ha * moves["area_ha"]).sum() + fixed.loc[self.opened["project"]].sum()

    def compensation_holds(self) -> None:
        quotas = self.land["quotas"].set_index("rule")["value"]
        crop = self.members("cropland")
        loss = self.moves[
            self.moves["from"].isin(crop) & ~self.moves["to"].isin(crop) & self.moves["restoration"].eq(0)
        ]
        gain = self.moves[self.moves["to"].isin(crop) & ~self.moves["from"].isin(crop)]
        for period in self.periods:
            earlier = gain["period"] <= period if len(self.periods) == 1 else gain["period"] < period
            lost = loss.loc[loss["period"] <= period, "area_ha"].sum()
            assert lost <= quotas["compensation_bank"] + gain.loc[earlier, "area_ha"].sum() + TOLERANCE

    def projects_hold(self) -> None:
        projects = _read(self.folder, "restoration", "projects").set_index("project")
        period = self.opened.set_index("project")["period"]
        assert len(period) > 0
        area = self.governed.groupby("project")["area_ha"].sum()
        assert set(area.index) <= set(period.index)
        assert (self.governed["period"] == self.governed["project"].map(period)).all()
        for project, opened in period.items():
            done = area.get(project, 0.0)
            row = projects.loc[project]
            assert row["min_area_ha"] - TOLERANCE <= done <= row["max_area_ha"] + TOLERANCE
            if row["prerequisites"]:
                assert period[row["prerequisites"]] <= opened
