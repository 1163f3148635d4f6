"""Grids of cells as planning units: arrays, CSV files and GeoTIFF, and what cannot be used."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from instances.faults import InstanceError
from instances.grids import corridor_problem, landscape_problem, read_grid

HABITAT = [[1, 0, np.nan], [0, 0, 1]]


def test_cells_become_units_with_borders():
    sites = landscape_problem(HABITAT, locked_out=[[0, 1, 0], [0, 0, 0]], cell_size=(200, 100)).sites()
    units = sites.tables["units"]
    assert units["unit"].tolist() == ["r1c1", "r1c2", "r2c1", "r2c2", "r2c3"]
    assert units["area_ha"].unique().tolist() == [2.0]
    assert units.loc[3, ["x", "y"]].tolist() == [300, -150]
    assert sites.layer("habitat").tolist() == [1, 0, 0, 0, 1]
    assert (sites.status == "locked_out").tolist() == [True, True, False, False, True]
    lengths = {(sites.units[a], sites.units[b]): c for a, b, c in zip(*vars(sites.borders).values(), strict=True)}
    assert lengths == {("r1c1", "r1c2"): 100, ("r2c1", "r2c2"): 100, ("r2c2", "r2c3"): 100} | {
        ("r1c1", "r2c1"): 200,
        ("r1c2", "r2c2"): 200,
    }
    assert sites.outer.tolist() == [300, 300, 300, 200, 500]


def test_files(tmp_path):
    np.savetxt(tmp_path / "habitat.csv", [[1, 0], [0, 1]], delimiter=",")
    assert read_grid(tmp_path / "habitat.csv").values.tolist() == [[1, 0], [0, 1]]
    place = rasterio.transform.from_origin(500_000, 4_000_000, 30, 20)
    shape = {"height": 2, "width": 2, "count": 1, "dtype": "float32", "nodata": -9}
    with rasterio.open(
        tmp_path / "habitat.tif", "w", driver="GTiff", crs="EPSG:4550", transform=place, **shape
    ) as file:
        file.write(np.array([[1, 0], [-9, 1]], dtype="float32"), 1)
    sites = landscape_problem(tmp_path / "habitat.tif", restorable=[[0, 3], [9, 0]]).sites()
    units = sites.tables["units"]
    assert units.loc[0, ["area_ha", "x", "y"]].tolist() == pytest.approx([0.06, 500_015, 3_999_990])
    assert sites.layer("restorable").tolist() == [0, 3, 0]


def test_cells_without_a_way_are_locked_out():
    problem = corridor_problem([[1, np.inf, 2]], {"a": [[1, 0, 0]], "b": [[1, 0, 0]]}, cell_size=100, rings=2)
    sites = problem.sites()
    assert sites.cost.tolist() == [1, 0, 2]
    assert sites.status.tolist() == ["free", "locked_out", "free"]
    assert sites.tables["rules"][["rule", "group", "value"]].iloc[0].tolist() == ["corridor", "a;b", 2]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda _: landscape_problem(HABITAT), "give cell_size"),
        (lambda _: landscape_problem([1, 0]), "give rows and columns"),
        (lambda _: landscape_problem(HABITAT, restorable=[[1, 2]], cell_size=1), "1x2, not 2x3"),
        (lambda folder: read_grid(folder / "none.csv"), "cannot be read as a grid"),
    ],
)
def test_what_cannot_be_used(tmp_path, call, says):
    with pytest.raises(InstanceError, match=says):
        call(tmp_path)
