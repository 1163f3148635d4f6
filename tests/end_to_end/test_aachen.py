"""A real region from files to an audited plan, against areas computed by other code."""

import json
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.mask
from typer.testing import CliRunner

from optimizer.cli import app

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "aachen"
CONFIG = ROOT / "docs" / "howto" / "aachen" / "aachen.toml"
RASTER = DATA / "clc-aachen_clipped.tif"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the data of Aachen are not at {DATA}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("aachen") / "aachen"
    run = CliRunner().invoke(app, ["import", "raster", str(DATA), str(target), "--config", str(CONFIG), "--lang", "en"])
    assert run.exit_code == 0, run.output
    assert "Where every hectare went" in run.output
    return target


@pytest.fixture(scope="module")
def account(folder):
    table = pd.read_csv(folder / "import_report.csv", keep_default_na=False)
    return table.set_index(["item", "of"])["area_ha"]


@pytest.fixture(scope="module")
def zones(folder):
    return geopandas.read_parquet(folder / "land" / "zones.parquet")


@pytest.fixture(scope="module")
def outline():
    return geopandas.read_file(DATA / "aachenShapefile.shp", columns=[]).to_crs("EPSG:3035")


def test_the_account_balances(account, zones):
    with rasterio.open(RASTER) as source:
        read = source.width * source.height * source.res[0] * source.res[1] / 1e4
    assert account["read", ""] == pytest.approx(read, rel=1e-9)
    left = account.loc[["outside", "nodata", "imported"]].sum()
    assert left == pytest.approx(read, rel=1e-9)
    assert account.loc["class"].sum() == pytest.approx(account["imported", ""], rel=1e-9)
    assert account.loc[["uncut", "split"]].sum() == pytest.approx(account["imported", ""], rel=1e-9)
    assert zones["area_ha"].sum() == pytest.approx(account["imported", ""], rel=1e-9)


def test_the_outline_is_cut_exactly(account, outline, zones):
    assert account["imported", ""] == pytest.approx(outline.area.sum() / 1e4, rel=1e-9)
    assert len(zones) > 70_000
    assert np.allclose(zones.area / 1e4, zones["area_ha"], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("line", "file", "kind"),
    [
        ("red_line general", "Natura2000_aachenClipped.shp", None),
        ("red_line core", "CDDA_aachenClipped.shp", "Nature Reserve"),
        ("retirement", "CDDA_aachenClipped.shp", "Landscape Protection Area"),
    ],
)
def test_lines_hold_what_an_overlay_by_geopandas_gives(account, outline, zones, line, file, kind):
    sites = geopandas.read_file(DATA / file, encoding="UTF-8")
    if kind:
        sites = sites[sites["DESIGNATE"] == kind]
    sites = sites.dissolve()[["geometry"]]
    exact = geopandas.overlay(sites, outline, how="intersection").area.sum() / 1e4
    assert account["line_exact", line] == pytest.approx(exact, rel=1e-9)
    assert account["line", line] == pytest.approx(exact + account["line_sliver", line], rel=1e-9)
    assert abs(account["line_sliver", line]) < 0.001 * exact
    if line == "retirement":
        assert zones.loc[zones["retirement"] == 1, "area_ha"].sum() == pytest.approx(account["line", line])
    if line == "red_line core":
        assert zones.loc[zones["red_line"] == "core", "area_ha"].sum() == pytest.approx(account["line", line])


def test_classes_hold_what_counting_subpixels_gives(account, outline):
    # an independent count: pixels of 10 m whose centre lies inside the outline
    with rasterio.open(RASTER) as source:
        fine = source.read(1).repeat(10, axis=0).repeat(10, axis=1)
        transform = source.transform * rasterio.Affine.scale(0.1)
    inside = rasterio.features.geometry_mask(outline.geometry, fine.shape, transform, invert=True)
    counted = np.bincount(fine[inside], minlength=45) / 100
    assert account["class", "112"] == pytest.approx(counted[2], rel=1e-3)  # discontinuous urban fabric
    assert account["class", "211"] == pytest.approx(counted[12], rel=1e-3)  # arable land
    assert account["class", "312"] == pytest.approx(counted[24], rel=1e-3)  # coniferous forest


def test_the_plan_is_proven_and_audited(folder, tmp_path):
    out = tmp_path / "plan"
    run = CliRunner().invoke(app, ["solve", str(folder), "--out", str(out), "--lang", "en"])
    assert run.exit_code == 0, run.output
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "optimal"
    assert summary["gap"] <= 1e-4
    assert summary["audit"]["passed"]
    moves = pd.read_parquet(out / "plan" / "moves.parquet")
    zones = geopandas.read_parquet(folder / "land" / "zones.parquet").set_index("zone")
    changed = moves[moves["from"] != moves["to"]]
    assert changed["area_ha"].sum() > 500
    assert not (zones.loc[changed["zone"], "red_line"] == "core").any()
    built = changed[changed["to"].isin(["111", "112", "121"])]
    assert (zones.loc[built["zone"], "road_distance_m"] <= 250).all()
    homes = changed[changed["to"].isin(["111", "112"])]["area_ha"].sum()
    assert homes >= 600 - 1e-6
