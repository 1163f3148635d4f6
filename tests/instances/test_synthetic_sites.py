"""Made prioritisations are what was asked for, and the same for a seed."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from instances.instance import load
from instances.synthetic.sites import SiteOptions, boundary, write_sites
from optimizer.cli import app


def test_size_share_and_seed(tmp_path):
    for name in ("one", "two"):
        write_sites(tmp_path / name, SiteOptions(1000, 7, seed=3, density=0.25), "made")
    one, two = load(tmp_path / "one"), load(tmp_path / "two")
    assert one.hash == two.hash
    sites = one.require_sites()
    assert (sites.n_units, len(sites.features)) == (1000, 7)
    assert np.diff(sites.amounts.indptr).tolist() == [250] * 7
    np.testing.assert_allclose(sites.targets.value, 0.2 * sites.targets.whole)


@pytest.mark.parametrize("units", [1, 7, 12, 16])
def test_every_cell_has_four_edges(units):
    table = boundary(SiteOptions(units, 1))
    own = table["unit_a"] == table["unit_b"]
    edges = np.zeros(units)
    for name in ("unit_a", "unit_b"):
        np.add.at(edges, table.loc[~own, name].to_numpy() - 1, 1)
    edges[table.loc[own, "unit_a"].to_numpy() - 1] += table.loc[own, "length_m"]
    assert edges.tolist() == [4.0] * units


def test_the_command(tmp_path):
    arguments = ["new-sites", str(tmp_path / "made"), "--units", "50", "--features", "3", "--boundary"]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0, run.output
    assert load(tmp_path / "made").require_sites().tables["rules"]["rule"].tolist() == ["boundary_penalty"]
    assert CliRunner().invoke(app, [*arguments, "--force", "--density", "2"]).exit_code == 2
